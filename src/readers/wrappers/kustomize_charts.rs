//! The `helmCharts` of a kustomization. Knows nothing of what the values mean.

use crate::syntax::yaml::Node;

use super::super::{Input, telltales};
use super::release::{Base, Folder, Release, Values};
use super::{at, items, text};

/// Values files that the charts name.
pub(super) fn files(root: Node<'_>) -> Vec<&str> {
    let mut paths = Vec::new();
    for chart in items(root, "helmCharts") {
        paths.extend(text(chart, "valuesFile"));
        paths.extend(items(chart, "additionalValuesFiles").iter().filter_map(|item| item.text()));
    }
    paths
}

pub(super) fn releases<'a>(input: &'a Input, root: Node<'a>) -> Vec<Release<'a>> {
    let globals = at(root, "helmGlobals");
    let home = globals.and_then(|globals| text(globals, "chartHome")).unwrap_or("charts");
    items(root, "helmCharts").into_iter().map(|node| release(input, node, home)).collect()
}

/// The same as a document of its own, which a kustomization names among its generators.
pub(super) fn generator<'a>(input: &'a Input, root: Node<'a>) -> Release<'a> {
    release(input, root, text(root, "chartHome").unwrap_or("charts"))
}

fn release<'a>(input: &'a Input, node: Node<'a>, home: &str) -> Release<'a> {
    let file = |item: Node<'a>| {
        let path = item.text()?.to_owned();
        Some(Values::File { path, place: item, is_needed: true, base: Base::Wrapper })
    };
    let first = node.get("valuesFile").and_then(|entry| file(entry.value));
    let inline = node.get("valuesInline").map(|entry| Values::Inline(entry.value));
    let name = text(node, "releaseName").or(text(node, "name")).unwrap_or("");
    let mut release = Release::new(input, name, node.get("name").map(|entry| entry.key));
    release.missing = &["valuesInline"];
    release.inline = node.get("valuesInline").map(|entry| entry.key);
    release.values = match text(node, "valuesMerge") {
        Some("merge") => inline.into_iter().chain(first).collect(),
        Some("replace") if inline.is_some() => inline.into_iter().collect(),
        _ => first.into_iter().chain(inline).collect(),
    };
    release.values.extend(items(node, "additionalValuesFiles").into_iter().filter_map(file));
    match text(node, "name") {
        Some(telltales::CHART) => release.set_chart(at(node, "version")),
        Some(name) if node.get("repo").is_none() => {
            let path = format!("{home}/{name}");
            release.folder = Some(Folder { path, base: Base::Wrapper });
        }
        _ => release.outer = at(node, "name"),
    }
    release
}
