//! Wrappers of which only so much is known that they name the chart, and values beside it: those
//! of Skaffold, Garden, Pulumi, Plural, of pipelines, and charts of applications. What else speaks
//! of values there may hold anything. Knows nothing of what the values mean.

use crate::syntax::yaml::{Entry, Node};

use super::super::{Input, telltales};
use super::release::{Base, Parameter, Release, Values};
use super::{at, text};

/// Nobody nests the like deeper.
const MAX_DEPTH: usize = 12;
/// Mappings and lists of one document that are looked at.
const MOST_LOOKED_AT: usize = 20_000;

/// Where the chart is named, by itself or with more about it.
const CHARTS: [&str; 4] = ["chart", "remoteChart", "chartName", "chart_name"];
/// Where values stand, or the path of a file.
const INLINE: [&str; 5] = ["overrides", "values", "valuesObject", "valuesInline", "helmValues"];
/// Where files are named.
const FILES: [&str; 6] =
    ["valuesFiles", "valueFiles", "values_files", "value_files", "valuesFile", "valueFile"];
/// Where single values stand, by their paths.
const SET: [&str; 4] = ["set", "setValues", "setValueTemplates", "setString"];
/// What in a mapping may hold the rest of what is said of an application.
const PARTS: [&str; 3] = ["source", "helm", "spec"];

/// Whether the document has such a wrapper.
pub(super) fn recognises(root: Node<'_>) -> bool {
    !wrappers(root).is_empty()
}

/// Files that such wrappers name.
pub(super) fn files(root: Node<'_>) -> Vec<&str> {
    let all = wrappers(root).into_iter().flat_map(|wrapper| wrapper.parts());
    let named = all.flat_map(|part| {
        let single = at(part, "values").into_iter();
        FILES.iter().filter_map(move |key| at(part, key)).flat_map(listed).chain(single)
    });
    named.filter_map(|item| item.text()).filter(|path| is_path(path)).collect()
}

pub(super) fn releases<'a>(input: &'a Input, root: Node<'a>) -> Vec<Release<'a>> {
    wrappers(root).into_iter().map(|wrapper| wrapper.release(input)).collect()
}

struct Wrapper<'a> {
    /// The key below which it stands.
    key: Option<Node<'a>>,
    node: Node<'a>,
}

/// The outermost mappings that name the chart and have values.
fn wrappers(root: Node<'_>) -> Vec<Wrapper<'_>> {
    let mut found = Vec::new();
    let mut open = vec![(Wrapper { key: None, node: root }, 0)];
    let mut seen = 0;
    while let Some((wrapper, depth)) = open.pop() {
        seen += 1;
        if depth > MAX_DEPTH || seen > MOST_LOOKED_AT {
            continue;
        }
        let node = wrapper.node.resolved();
        if node.is_map() && wrapper.chart().is_some() && wrapper.has_values() {
            found.push(wrapper);
            continue;
        }
        let items = node.items().into_iter().map(|node| Wrapper { key: None, node });
        let entries = node.entries().into_iter();
        let entries = entries.map(|it| Wrapper { key: Some(it.key), node: it.value });
        open.extend(items.chain(entries).map(|inner| (inner, depth + 1)));
    }
    found.reverse();
    found
}

impl<'a> Wrapper<'a> {
    /// The mapping, and those in it that say more of the same.
    fn parts(&self) -> Vec<Node<'a>> {
        let own = self.node.resolved();
        let mut parts = vec![own];
        for part in PARTS.iter().filter_map(|key| at(own, key)) {
            parts.push(part);
            parts.extend(at(part, "helm"));
        }
        parts
    }

    fn chart(&self) -> Option<Entry<'a>> {
        let is_ours = |entry: &Entry<'a>| {
            let names = [Some(entry.value), at(entry.value, "name"), at(entry.value, "chart")];
            let names = names.into_iter().flatten().filter_map(Node::text);
            names.into_iter().any(telltales::is_chart)
        };
        let parts = self.parts().into_iter();
        let entries = parts.flat_map(|part| CHARTS.iter().filter_map(move |key| part.get(key)));
        entries.into_iter().find(is_ours)
    }

    fn has_values(&self) -> bool {
        self.parts().iter().any(|part| {
            let mut keys = INLINE.iter().chain(&FILES).chain(&SET);
            keys.any(|key| part.get(key).is_some())
        })
    }

    fn release(&self, input: &'a Input) -> Release<'a> {
        let parts = self.parts();
        let own = self.node.resolved();
        let name = ["releaseName", "release_name", "name"].iter().find_map(|key| text(own, key));
        let name = name.or(self.key.and_then(Node::text)).unwrap_or("");
        let chart = self.chart();
        let mut release = Release::new(input, name, chart.map(|entry| entry.key));
        let version = |node: Node<'a>| {
            ["version", "chartVersion", "targetRevision"].iter().find_map(|key| at(node, key))
        };
        let within = chart.and_then(|entry| version(entry.value));
        release.set_chart(within.or_else(|| parts.iter().find_map(|part| version(*part))));
        release.missing = &["values"];
        let get = |key: &'static str| parts.iter().filter_map(move |part| part.get(key));
        for entry in INLINE[..1].iter().flat_map(|key| get(key)) {
            release.values.push(Values::Inline(entry.value));
        }
        for item in FILES.iter().flat_map(|key| get(key)).flat_map(|entry| listed(entry.value)) {
            release.values.push(file(item));
        }
        for entry in INLINE[1..].iter().flat_map(|key| get(key)) {
            let layer = match entry.value.text() {
                None => Values::Inline(entry.value),
                Some(text) if is_path(text) => file(entry.value),
                Some(_) => Values::Text(entry.value),
            };
            release.inline = Some(entry.key).filter(|_| matches!(layer, Values::Inline(_)));
            release.values.push(layer);
        }
        for key in SET {
            let is_text = key == "setString";
            for set in get(key).map(|entry| entry.value) {
                let one = |(name, value)| Parameter { name, value: Some(value), is_text };
                release.parameters.extend(set.pairs().into_iter().map(one));
                let items = set.items().into_iter().map(Node::resolved);
                release.parameters.extend(
                    items.filter_map(|item| Parameter::of(item, &["value", "values"], is_text)),
                );
            }
        }
        for entry in parts.iter().flat_map(|part| part.entries()) {
            let Some(key) = entry.key.text() else { continue };
            let is_known = INLINE.contains(&key) || FILES.contains(&key) || SET.contains(&key);
            let lower = key.to_ascii_lowercase();
            let sets = key.strip_prefix("set").is_some_and(|rest| {
                rest.starts_with(|c: char| c.is_ascii_uppercase() || matches!(c, '_' | '-'))
            });
            if !is_known && (lower.contains("value") || sets) {
                let name = format!("`{key}` of the chart");
                release.values.push(Values::Hidden { name, place: entry.key });
            }
        }
        release
    }
}

/// The items of a list, or the one that stands alone.
fn listed(node: Node<'_>) -> Vec<Node<'_>> {
    let node = node.resolved();
    if node.is_seq() { node.items().into_iter().map(Node::resolved).collect() } else { vec![node] }
}

fn file(place: Node<'_>) -> Values<'_> {
    match place.text() {
        Some(path) => {
            let path = path.to_owned();
            Values::File { path, place, is_needed: true, base: Base::Wrapper }
        }
        None => Values::Hidden { name: "a values file".to_owned(), place },
    }
}

/// Whether a text is the path of a file, and holds no values itself.
fn is_path(text: &str) -> bool {
    let text = text.trim();
    !text.contains('\n') && (text.ends_with(".yaml") || text.ends_with(".yml"))
}
