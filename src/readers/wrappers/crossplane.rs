//! Releases of Crossplane's Helm provider, alone or within a Composition.

use crate::syntax::yaml::Node;

use super::super::{Input, telltales};
use super::release::{Held, Parameter, Release, Values};
use super::{at, items, text};

/// The Releases that a document is or composes.
pub(super) fn releases_in(root: Node<'_>) -> Vec<Node<'_>> {
    let is_release = |node: &Node<'_>| {
        let group = text(*node, "apiVersion").unwrap_or("").split('/').next().unwrap_or("");
        let is_ours = group.starts_with("helm.") && group.ends_with("crossplane.io");
        is_ours && text(*node, "kind") == Some("Release")
    };
    if text(root, "kind") != Some("Composition") {
        return vec![root].into_iter().filter(is_release).collect();
    }
    let Some(spec) = root.get("spec").map(|entry| entry.value) else { return Vec::new() };
    let mut composed = items(spec, "resources");
    // A pipeline hands the same list to its function.
    for step in items(spec, "pipeline") {
        composed.extend(step.get("input").map(|e| items(e.value, "resources")).unwrap_or_default());
    }
    let bases = composed.into_iter().filter_map(|resource| at(resource, "base"));
    bases.filter(is_release).collect()
}

pub(super) fn releases<'a>(input: &'a Input, root: Node<'a>) -> Vec<Release<'a>> {
    releases_in(root).into_iter().filter_map(|node| release(input, root, node)).collect()
}

fn release<'a>(input: &'a Input, root: Node<'a>, node: Node<'a>) -> Option<Release<'a>> {
    let spec = node.at(&["spec", "forProvider"])?.value;
    let chart = spec.get("chart");
    let named = [node, root].into_iter().find_map(|node| text(at(node, "metadata")?, "name"));
    let mut release = Release::new(input, named.unwrap_or(""), chart.map(|entry| entry.key));
    if let Some(chart) = chart.map(|entry| entry.value) {
        let is_ours = ["name", "url"].iter().filter_map(|key| text(chart, key)).any(|name| {
            let file = name.rsplit('/').next().unwrap_or("");
            telltales::is_chart(file)
                || file.ends_with(".tgz") && telltales::packaged(file).is_some()
        });
        if is_ours {
            release.set_chart(at(chart, "version"));
        } else {
            release.outer = at(chart, "name").or(at(chart, "url"));
        }
    }
    release.missing = &["values"];
    release.inline = spec.get("values").map(|entry| entry.key);
    release.values =
        items(spec, "valuesFrom").into_iter().flat_map(Held::by_key).map(Values::Held).collect();
    release.values.extend(spec.get("values").map(|entry| Values::Inline(entry.value)));
    let set = items(spec, "set").into_iter();
    release.parameters.extend(set.filter_map(|item| Parameter::of(item, &["value"], false)));
    Some(release)
}
