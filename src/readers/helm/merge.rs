//! Several values files as one, as Helm merges them: mappings key by key, anything else
//! replaced. Knows nothing of the chart.

use crate::source::SourceId;
use crate::syntax::yaml::{Node, Style};

/// What one file holds at a place.
#[derive(Clone, Copy)]
pub(super) struct Layer<'a> {
    pub node: Node<'a>,
    pub source: SourceId,
    /// The first of the layers that lie over it and that nobody can see.
    pub covered: Option<usize>,
    /// What stands in the node's place and only refers to it.
    pub via: Option<Node<'a>>,
}

impl<'a> Layer<'a> {
    /// Another node of the same layer.
    pub fn at(self, node: Node<'a>) -> Self {
        Layer { node, ..self }
    }
}

/// What layered values hold at a path.
pub(super) enum Found<'a> {
    /// No file says anything.
    Nothing,
    /// The strongest says null, which takes the chart's default away.
    Null(Layer<'a>, Node<'a>),
    /// A scalar or a list.
    Leaf(Layer<'a>, Node<'a>),
    /// Maps of several files, the weakest first, and the key of the weakest.
    Map(Vec<Layer<'a>>, Node<'a>, SourceId),
}

/// Looks a key up in layers, the strongest first, as Helm merges: maps are merged, anything
/// else replaces.
pub(super) fn step<'a>(layers: &[Layer<'a>], key: &str) -> Found<'a> {
    let mut maps: Vec<Layer<'a>> = Vec::new();
    let mut named = None;
    for layer in layers.iter().rev() {
        let Some(entry) = layer.node.get(key) else { continue };
        let inner = Layer { via: entry.via, ..layer.at(entry.value) };
        if entry.value.is_map() && !is_expression(entry.value) {
            // One would write what holds for all in the file that all share, and never in a list
            // of assignments.
            let is_file = entry.key.style() != Some(Style::Given);
            if named.is_none() || is_file {
                named = Some((entry.key, layer.source));
            }
            maps.push(inner);
        } else if maps.is_empty() {
            return if entry.value.is_null() {
                Found::Null(layer.at(entry.key), entry.key)
            } else {
                Found::Leaf(inner, entry.key)
            };
        } else {
            break;
        }
    }
    maps.reverse();
    match named {
        Some((key, source)) => Found::Map(maps, key, source),
        None => Found::Nothing,
    }
}

/// `{{ … }}` without quotes and `{Client ID}` are mappings to YAML, and values to people.
pub(in super::super) fn is_expression(node: Node<'_>) -> bool {
    node.is_flow()
        && !node.pairs().is_empty()
        && node.pairs().iter().all(|(key, value)| {
            // `{key: null}` is a mapping to people, too.
            key.is_map() || value.is_null() && value.text().is_none_or(str::is_empty)
        })
}
