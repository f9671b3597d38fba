//! What OpenMetadata's things are called, from `rules/telltales.yaml`. Knows nothing of the files
//! in which the names stand.

const PRODUCT: &[&str] = include!(concat!(env!("OUT_DIR"), "/product-names.rs"));
const OPERATIONS: &[&str] = include!(concat!(env!("OUT_DIR"), "/operations.rs"));

/// Name of the server's chart, which is that of its Service, too.
pub(super) const CHART: &str = include!(concat!(env!("OUT_DIR"), "/server-chart.rs"));
/// Name of the chart with what stands beside the server.
pub(super) const DEPENDENCIES: &str = include!(concat!(env!("OUT_DIR"), "/dependencies-chart.rs"));

/// The folder in which the server's image works.
pub(super) const IMAGE_FOLDER: &str = include!(concat!(env!("OUT_DIR"), "/image-folder.rs"));
/// How the path of its folder of configuration ends.
const CONF: &str = include!(concat!(env!("OUT_DIR"), "/image-conf.rs"));
/// The name of the server's configuration.
pub(super) const CONFIGURATION: &str =
    include!(concat!(env!("OUT_DIR"), "/image-configuration.rs"));
/// The script that the image's start script reads: what it exports wins over the container's
/// environment.
pub(super) const START_SCRIPT: &str = include!(concat!(env!("OUT_DIR"), "/image-start-script.rs"));

/// One of these stands in every text that configures OpenMetadata's client.
pub(super) const CLIENT_MARKS: &[&str] = include!(concat!(env!("OUT_DIR"), "/client-marks.rs"));
/// What the client's provider is called.
pub(super) const PROVIDER_KEYS: &[&str] =
    include!(concat!(env!("OUT_DIR"), "/client-provider-keys.rs"));
/// How the provider without sign-in is written, as text and in Python.
pub(super) const NOBODY: &[&str] = include!(concat!(env!("OUT_DIR"), "/client-nobody.rs"));

/// Whether a path is that of the image's folder of configuration.
pub(super) fn is_conf(path: &str) -> bool {
    path.trim_end_matches('/').ends_with(CONF)
}

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
