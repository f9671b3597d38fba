//! A chart of the user's own that takes the OpenMetadata chart in: under which key its values
//! stand, and whether it is switched on. Knows nothing of what they mean.

use crate::source::{SourceId, Sources};
use crate::syntax::yaml::Node;

use super::super::{Input, scalar};
use super::{Found, Layer, step};

/// The OpenMetadata chart among a chart's dependencies.
pub(in super::super) struct Umbrella {
    /// The key below which its values stand.
    pub key: String,
    /// It comes from where OpenMetadata publishes it, so whatever stands below the key is for it.
    is_certain: bool,
    /// Paths of switches; the first that is there decides.
    condition: Vec<String>,
}

/// The OpenMetadata charts that Chart.yaml names as dependencies.
pub(in super::super) fn umbrellas(charts: &[&Input], sources: &Sources) -> Vec<Umbrella> {
    // The lock file knows no aliases.
    let written = charts.iter().filter(|chart| sources.get(chart.source).name() == "Chart.yaml");
    let roots = written.filter_map(|chart| chart.tree()).flat_map(|tree| tree.documents());
    let items = roots.flat_map(|root| {
        root.get("dependencies").map(|entry| entry.value.items()).unwrap_or_default()
    });
    items.filter_map(|item| umbrella(item.resolved())).collect()
}

fn umbrella(item: Node<'_>) -> Option<Umbrella> {
    let text = |key: &str| item.get(key).and_then(|entry| entry.value.text());
    if text("name")? != "openmetadata" {
        return None;
    }
    let condition = text("condition").unwrap_or_default();
    Some(Umbrella {
        key: text("alias").unwrap_or("openmetadata").to_owned(),
        is_certain: text("repository").is_some_and(|place| place.contains("open-metadata")),
        condition: condition.split(',').map(|path| path.trim().to_owned()).collect(),
    })
}

impl Umbrella {
    /// Whether a document holds values for it.
    pub fn has_values_in(&self, root: Node<'_>) -> bool {
        self.is_certain
            && root.get(&self.key).is_some_and(|entry| {
                entry.value.is_map()
                    && entry.value.entries().iter().any(|inner| inner.key.text() != Some("enabled"))
            })
    }

    /// Whether layers of values, the weakest first, switch it off.
    pub fn is_off(&self, documents: &[(Node<'_>, SourceId)]) -> bool {
        let top: Vec<Layer<'_>> =
            documents.iter().map(|&(node, source)| Layer { node, source }).collect();
        let switches = self.condition.iter().filter_map(|path| {
            let mut layers = top.clone();
            let mut keys = path.split('.').peekable();
            while let Some(key) = keys.next() {
                match step(&layers, key) {
                    Found::Map(next, ..) => layers = next,
                    Found::Leaf(layer, _) if keys.peek().is_none() => {
                        return scalar::helm_bool(layer.node.resolved());
                    }
                    _ => return None,
                }
            }
            None
        });
        switches.into_iter().next() == Some(false)
    }
}
