//! Applications and ApplicationSets of Argo CD. Knows nothing of what the values mean.

use crate::syntax::yaml::Node;

use super::super::{Input, join, telltales};
use super::release::{Base, Folder, Parameter, Release, Values};
use super::{at, items, text};

fn sources_of(spec: Node<'_>) -> Vec<Node<'_>> {
    let mut sources: Vec<Node<'_>> = spec.get("source").map(|e| e.value).into_iter().collect();
    sources.extend(items(spec, "sources"));
    sources
}

/// The applications of a set, as its template has them.
pub(super) fn of_set<'a>(input: &'a Input, name: &str, spec: Node<'a>) -> Vec<Release<'a>> {
    let template = spec.at(&["template", "spec"]).map(|entry| entry.value);
    let mut found = template.map(|it| releases(input, name, it)).unwrap_or_default();
    // Nobody knows what it says for each of them.
    let patch = spec.get("templatePatch");
    if let Some(patch) = patch.filter(|it| it.value.text().is_some_and(|it| it.contains("source")))
    {
        for release in &mut found {
            let name = "the `templatePatch`".to_owned();
            release.values.push(Values::Hidden { name, place: patch.key });
        }
    }
    found
}

pub(super) fn releases<'a>(input: &'a Input, name: &str, spec: Node<'a>) -> Vec<Release<'a>> {
    let release = |source: Node<'a>| {
        let is_chart = text(source, "chart") == Some(telltales::CHART);
        let helm = source.get("helm");
        let anchor = helm.map(|entry| entry.key).or(source.get("chart").map(|entry| entry.key));
        let mut release = Release::new(input, name, anchor);
        release.missing =
            if helm.is_some() { &["valuesObject"] } else { &["helm", "valuesObject"] };
        if is_chart {
            release.set_chart(at(source, "targetRevision"));
        }
        match (source.get("chart"), text(source, "path")) {
            (None, path) => release.folder = path.map(|path| Folder::new(path, Base::Root)),
            (Some(chart), _) => release.outer = Some(chart.value).filter(|_| !is_chart),
        }
        // It makes of the chart whatever it likes.
        release.values.extend(source.get("plugin").map(|plugin| {
            let name = "what the plugin of the source makes of it".to_owned();
            Values::Hidden { name, place: plugin.key }
        }));
        let Some(helm) = helm.map(|entry| entry.value) else {
            return (is_chart || release.folder.is_some()).then_some(release);
        };
        let is_needed = text(helm, "ignoreMissingValueFiles") != Some("true");
        for file in items(helm, "valueFiles") {
            let Some(path) = file.text() else { continue };
            // `$name/…` begins in another source of the application.
            let (path, base) = match path.strip_prefix('$') {
                Some(rest) => (rest.split_once('/').map_or(rest, |(_, path)| path), Base::Root),
                None if path.starts_with('/') => (path, Base::Root),
                None => (path, Base::Chart),
            };
            let path = path.to_owned();
            release.values.push(Values::File { path, place: file, is_needed, base });
        }
        // The one takes the place of the other.
        let inline = helm.get("valuesObject").or(helm.get("values"));
        release.inline = inline.map(|entry| entry.key);
        match (helm.get("valuesObject"), helm.get("values")) {
            (Some(object), _) => release.values.push(Values::Inline(object.value)),
            (None, Some(text)) => release.values.push(Values::Text(text.value)),
            (None, None) => {}
        }
        for item in items(helm, "parameters") {
            let is_text = text(item, "forceString") == Some("true");
            release.parameters.extend(Parameter::of(item, &["value"], is_text));
        }
        let files = items(helm, "fileParameters").into_iter();
        release.parameters.extend(files.filter_map(|item| Parameter::of(item, &[], true)));
        Some(release)
    };
    sources_of(spec).into_iter().filter_map(release).collect()
}

/// Values files that the sources of an application name, by their paths in the repository.
pub(super) fn rooted(root: Node<'_>) -> Vec<String> {
    let Some(spec) = at(root, "spec") else { return Vec::new() };
    let template = spec.at(&["template", "spec"]).map(|entry| entry.value);
    let sources = template.into_iter().chain([spec]).flat_map(sources_of);
    let files = sources.flat_map(|source| {
        let folder = text(source, "path").filter(|_| source.get("chart").is_none());
        let files = at(source, "helm").map(|helm| items(helm, "valueFiles")).unwrap_or_default();
        let path = |file: Node<'_>| {
            let path = file.text()?;
            match path.strip_prefix('$').and_then(|rest| rest.split_once('/')) {
                Some((_, path)) => Some(path.to_owned()),
                None => Some(join(&format!("{}/", folder?), path)),
            }
        };
        let own = folder.map(|folder| join(&format!("{folder}/"), "values.yaml"));
        own.into_iter().chain(files.into_iter().filter_map(path)).collect::<Vec<_>>()
    });
    files.filter(|path| !path.contains("{{")).collect()
}

/// Values files that the sources of an application name.
pub(super) fn files(root: Node<'_>) -> Vec<&str> {
    let Some(spec) = at(root, "spec") else { return Vec::new() };
    let template = spec.at(&["template", "spec"]).map(|entry| entry.value);
    let sources = template.into_iter().chain([spec]).flat_map(sources_of);
    let files =
        sources.filter_map(|source| at(source, "helm")).flat_map(|it| items(it, "valueFiles"));
    files.filter_map(|item| item.text()).collect()
}
