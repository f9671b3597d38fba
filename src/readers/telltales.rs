//! What OpenMetadata's things are called, from `rules/telltales.yaml`. Knows nothing of the files
//! in which the names stand.

const PRODUCT: &[&str] = include!(concat!(env!("OUT_DIR"), "/product-names.rs"));
const OPERATIONS: &[&str] = include!(concat!(env!("OUT_DIR"), "/operations.rs"));

/// Name of the server's chart, which is that of its Service, too.
pub(super) const CHART: &str = include!(concat!(env!("OUT_DIR"), "/server-chart.rs"));
/// Name of the chart with what stands beside the server.
pub(super) const DEPENDENCIES: &str = include!(concat!(env!("OUT_DIR"), "/dependencies-chart.rs"));

/// Whether the text names OpenMetadata.
pub(super) fn names_product(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    PRODUCT.iter().any(|name| text.contains(name))
}

/// Whether a chart's name, with its repository or without, is that of the server's.
pub(super) fn is_chart(name: &str) -> bool {
    name.rsplit('/').next() == Some(CHART)
}

/// The version in the name of the chart's package: `openmetadata-1.13.1`.
pub(super) fn packaged(name: &str) -> Option<&str> {
    let version = name.strip_prefix(CHART)?.strip_prefix('-')?;
    version.starts_with(|first: char| first.is_ascii_digit()).then_some(version)
}

/// Whether a command runs one of the server's operations, not the server.
pub(super) fn is_operation(command: &str) -> bool {
    OPERATIONS.iter().any(|word| command.contains(word))
}
