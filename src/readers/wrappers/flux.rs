//! HelmReleases of Flux. Knows nothing of what the values mean.

use crate::syntax::yaml::{Node, Tree};

use super::super::compose::Context;
use super::super::{Input, Role, join, telltales};
use super::release::{Base, Folder, Held, Release, Values};
use super::{at, items, post_render, text};

pub(super) fn release<'a>(
    context: &Context<'a>,
    input: &'a Input,
    name: &str,
    spec: Node<'a>,
) -> Release<'a> {
    let chart = spec.at(&["chart", "spec"]).map(|entry| entry.value);
    let named = chart.and_then(|chart| text(chart, "chart"));
    let anchor = spec.get("chart").or(spec.get("chartRef")).map(|entry| entry.key);
    let mut release = Release::new(input, name, anchor);
    if named.is_some_and(telltales::is_chart) {
        release.set_chart(chart.and_then(|chart| at(chart, "version")));
    }
    let reference = spec.get("chartRef").map(|entry| entry.value);
    if let Some(reference) = reference {
        match referred(context, reference) {
            Some((chart, pinned)) if telltales::is_chart(&chart) => release.set_chart(pinned),
            // It is in the cluster, and called like the chart.
            None if text(reference, "name").is_some_and(telltales::is_chart) => {
                release.set_chart(None);
            }
            _ => release.outer = at(reference, "name"),
        }
    }
    // A chart of a Git repository stands in a folder.
    let is_folder = named.is_some_and(|name| name.contains('/'));
    release.folder = named.filter(|_| is_folder).map(|path| Folder::new(path, Base::Root));
    let outer = chart.and_then(|chart| at(chart, "chart"));
    release.outer = outer.or(release.outer).filter(|_| !is_folder && !release.is_chart);
    // They take the place of the chart's own.
    let files = chart.map(|chart| items(chart, "valuesFiles")).unwrap_or_default();
    let is_needed =
        chart.is_none_or(|chart| text(chart, "ignoreMissingValuesFiles") != Some("true"));
    release.brings_own = files.is_empty();
    let base = if is_folder { Base::Root } else { Base::Chart };
    release.values.extend(files.into_iter().filter_map(|place| {
        Some(Values::File { path: place.text()?.to_owned(), place, is_needed, base })
    }));
    for from in items(spec, "valuesFrom") {
        let Some(name) = from.get("name") else { continue };
        release.values.push(Values::Held(Held {
            is_secret: text(from, "kind") == Some("Secret"),
            place: name.value,
            name: name.value.text().unwrap_or_default().to_owned(),
            key: text(from, "valuesKey").unwrap_or("values.yaml").to_owned(),
            target: from.get("targetPath").map(|entry| entry.value),
        }));
    }
    release.missing = &["values"];
    release.inline = spec.get("values").map(|entry| entry.key);
    release.values.extend(spec.get("values").map(|entry| Values::Inline(entry.value)));
    release.patches = post_render::of_renderers(input.source, spec);
    release
}

/// The chart that a HelmRelease refers to: a HelmChart, or an artifact in a registry.
fn referred<'a>(context: &Context<'a>, reference: Node<'a>) -> Option<(String, Option<Node<'a>>)> {
    let (kind, name) = (text(reference, "kind")?, text(reference, "name")?);
    let inputs = context.inputs.iter().filter(|input| input.role == Role::Manifests);
    let mut roots = inputs.filter_map(Input::tree).flat_map(Tree::documents);
    let is_it = |root: &Node<'a>| {
        let called = root.get("metadata").and_then(|entry| text(entry.value, "name"));
        text(*root, "kind") == Some(kind) && called == Some(name)
    };
    let spec = roots.find(is_it).and_then(|root| at(root, "spec"))?;
    Some(match kind {
        "HelmChart" => (text(spec, "chart")?.to_owned(), at(spec, "version")),
        _ => {
            let tag = at(spec, "ref").and_then(|it| at(it, "tag").or(at(it, "semver")));
            (text(spec, "url")?.trim_end_matches('/').to_owned(), tag)
        }
    })
}

/// Values files of a chart in a Git repository, by their paths there.
pub(super) fn rooted(root: Node<'_>) -> Vec<String> {
    let chart = root.at(&["spec", "chart", "spec"]).map(|entry| entry.value);
    let Some(chart) = chart.filter(|_| text(root, "kind") == Some("HelmRelease")) else {
        return Vec::new();
    };
    let Some(folder) = text(chart, "chart").filter(|name| name.contains('/')) else {
        return Vec::new();
    };
    let own = join(&format!("{folder}/"), "values.yaml");
    let files = items(chart, "valuesFiles").into_iter().filter_map(|file| file.text());
    files.map(|path| join("", path)).chain([own]).collect()
}
