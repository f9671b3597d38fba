//! A chart of the user's own that takes the OpenMetadata chart in, or takes in one that does: under
//! which key its values stand, and whether it is switched on. Knows nothing of what they mean.

use std::collections::HashMap;

use crate::source::{SourceId, Sources};
use crate::syntax::yaml::Node;

use super::super::compose::Context;
use super::super::{Input, Role, join, scalar, telltales};
use super::{Found, Layer, document, is_values_name, step};

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
    let name = item.get("name").and_then(|entry| entry.value.text());
    name.filter(|name| *name == telltales::CHART).and_then(|_| dependency(item))
}

/// A chart among another's dependencies.
fn dependency(item: Node<'_>) -> Option<Umbrella> {
    let text = |key: &str| item.get(key).and_then(|entry| entry.value.text());
    let condition = text("condition").unwrap_or_default();
    Some(Umbrella {
        key: text("alias").or(text("name"))?.to_owned(),
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
        let top: Vec<Layer<'_>> = documents
            .iter()
            .map(|&(node, source)| Layer { node, source, covered: None, via: None })
            .collect();
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

/// Nobody takes charts in deeper.
const MAX_DEPTH: usize = 8;
/// Sets of values of the charts above that are told apart.
const MOST_ABOVE: usize = 200;

/// The charts of the same repository among a chart's dependencies, with their folders as seen from
/// its own.
pub(in super::super) fn locals(chart: &Input) -> Vec<(Umbrella, String)> {
    let roots = chart.tree().into_iter().flat_map(|tree| tree.documents());
    let items = roots.flat_map(|root| {
        root.get("dependencies").map(|entry| entry.value.items()).unwrap_or_default()
    });
    let local = |item: Node<'_>| {
        let text = |key: &str| item.get(key).and_then(|entry| entry.value.text());
        // Without a place of its own it is one that was copied in.
        let path = text("repository").and_then(|place| place.strip_prefix("file://"));
        let copied = || format!("charts/{}", text("name").unwrap_or_default());
        Some((dependency(item)?, path.map_or_else(copied, str::to_owned)))
    };
    items.filter_map(|item| local(item.resolved())).collect()
}

/// Charts that take in others of the same repository, by the folder of the inner one.
#[derive(Default)]
pub(in super::super) struct Parents<'a> {
    by_folder: HashMap<String, Parent<'a>>,
}

struct Parent<'a> {
    folder: &'a str,
    place: Umbrella,
}

/// Values of an outer chart for an inner one, the weakest first, with their files.
pub(in super::super) struct Above<'a> {
    pub files: Vec<&'a Input>,
    pub layers: Vec<(Node<'a>, SourceId)>,
}

impl<'a> Parents<'a> {
    pub fn of(context: &Context<'a>) -> Self {
        let mut by_folder = HashMap::new();
        for chart in context.inputs.iter().filter(|input| input.role == Role::Chart) {
            let source = context.sources.get(chart.source);
            if source.name() != "Chart.yaml" {
                continue;
            }
            for (place, path) in locals(chart) {
                let inner = join(source.folder(), &path);
                let parent = Parent { folder: source.folder(), place };
                by_folder.entry(format!("{inner}/")).or_insert(parent);
            }
        }
        Parents { by_folder }
    }

    /// What the outer chart lays over the values of a chart in this folder: once, or once for
    /// each of its own overlays. None where nothing lays anything over them.
    pub fn above(&self, context: &Context<'a>, folder: &str) -> Option<Vec<Above<'a>>> {
        self.above_at(context, folder, 0)
    }

    fn above_at(
        &self,
        context: &Context<'a>,
        folder: &str,
        depth: usize,
    ) -> Option<Vec<Above<'a>>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let Parent { folder, place } = self.by_folder.get(folder)?;
        let values = context.inputs.in_folder(folder).filter(|input| input.role == Role::Values);
        let (mut bases, mut overlays) = (Vec::new(), Vec::new());
        for input in values {
            let Some(root) = input.tree().and_then(document) else { continue };
            let name = context.sources.get(input.source).name();
            match name {
                "values.yaml" | "values.yml" => bases.push((input, root)),
                _ if is_values_name(&name.to_ascii_lowercase()) => overlays.push((input, root)),
                _ => {}
            }
        }
        overlays.retain(|(_, root)| root.get(&place.key).is_some());
        let stacks: Vec<Vec<(&'a Input, Node<'a>)>> = match overlays.is_empty() {
            true => vec![bases],
            false => {
                let over = |overlay| bases.iter().copied().chain([overlay]).collect();
                overlays.into_iter().map(over).collect()
            }
        };
        // Charts that take in the outer one say more of it.
        let higher = self
            .above_at(context, folder, depth + 1)
            .unwrap_or_else(|| vec![Above { files: Vec::new(), layers: Vec::new() }]);
        let whole = |stack: &Vec<(&'a Input, Node<'a>)>, higher: &Above<'a>| {
            let own = stack.iter().map(|(input, root)| (*root, input.source));
            let files = stack.iter().map(|(input, _)| *input).chain(higher.files.iter().copied());
            Above { files: files.collect(), layers: own.chain(higher.layers.clone()).collect() }
        };
        let all = stacks.iter().flat_map(|stack| higher.iter().map(move |it| whole(stack, it)));
        let all: Vec<Above<'a>> = all.take(MOST_ABOVE).collect();
        let inner = |above: &Above<'a>| {
            let layers = above.layers.iter();
            let layers = layers.filter_map(|(root, id)| Some((root.get(&place.key)?.value, *id)));
            let layers = layers.filter(|(node, _)| node.is_map()).collect();
            Above { files: above.files.clone(), layers }
        };
        if all.iter().all(|above| inner(above).layers.is_empty()) {
            return None;
        }
        Some(all.iter().filter(|above| !place.is_off(&above.layers)).map(inner).collect())
    }
}
