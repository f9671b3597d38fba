//! Tasks of Ansible that install a chart: values in the task, and files below them.

use crate::syntax::yaml::Node;

use super::super::{Input, telltales};
use super::release::{Base, Release, Values};
use super::{at, items, text};

/// The names of the module.
const MODULES: [&str; 3] = ["kubernetes.core.helm", "community.kubernetes.helm", "helm"];
/// Keys of plays and blocks below which tasks stand.
const LISTS: [&str; 7] =
    ["tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always"];
/// Nobody nests blocks deeper.
const MAX_DEPTH: usize = 8;

/// Whether the document has such a task.
pub(super) fn recognises(root: Node<'_>) -> bool {
    root.is_seq() && !tasks(root).is_empty()
}

/// What the tasks tell the module, for OpenMetadata's chart.
fn tasks(root: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    collect(root, 0, &mut found);
    found
}

fn collect<'a>(list: Node<'a>, depth: usize, found: &mut Vec<Node<'a>>) {
    if depth > MAX_DEPTH {
        return;
    }
    for item in list.items().into_iter().map(Node::resolved) {
        let told = MODULES.iter().find_map(|module| at(item, module)).map(Node::resolved);
        found.extend(told.filter(|told| is_installed(*told)));
        for inner in LISTS.iter().filter_map(|key| at(item, key)) {
            collect(inner.resolved(), depth + 1, found);
        }
    }
}

fn is_installed(told: Node<'_>) -> bool {
    let names_it = |chart: &str| telltales::is_chart(chart);
    let state = text(told, "state").or(text(told, "release_state"));
    text(told, "chart_ref").is_some_and(names_it) && state != Some("absent")
        // An expression stands for values that are written elsewhere.
        && values(told).is_none_or(|(_, values)| values.is_map())
}

fn values(told: Node<'_>) -> Option<(Node<'_>, Node<'_>)> {
    let entry = told.get("values").or_else(|| told.get("release_values"))?;
    Some((entry.key, entry.value.resolved()))
}

/// Values files that the tasks name.
pub(super) fn files(root: Node<'_>) -> Vec<&str> {
    let named = tasks(root).into_iter().flat_map(|told| items(told, "values_files"));
    named.filter_map(|item| item.text()).filter(|path| is_plain(path)).collect()
}

/// Whether a path leads to a file beside the task, and not to one of the machine's.
fn is_plain(path: &str) -> bool {
    !path.starts_with(['/', '~']) && !path.contains("{{")
}

pub(super) fn releases<'a>(input: &'a Input, root: Node<'a>) -> Vec<Release<'a>> {
    let release = |told: Node<'a>| {
        let name = text(told, "name").or(text(told, "release_name")).unwrap_or("");
        let mut release = Release::new(input, name, told.get("chart_ref").map(|entry| entry.key));
        release.set_chart(at(told, "chart_version"));
        release.missing = &["values"];
        let mut layers = Vec::new();
        for place in items(told, "values_files") {
            match place.text() {
                Some(path) if is_plain(path) => {
                    let path = path.to_owned();
                    layers.push(Values::File { path, place, is_needed: true, base: Base::Wrapper });
                }
                _ => {
                    let name = "one of the task's `values_files`".to_owned();
                    layers.push(Values::Hidden { name, place });
                }
            }
        }
        if let Some((key, values)) = values(told) {
            release.inline = Some(key);
            layers.push(Values::Inline(values));
        }
        if let Some(set) = told.get("set_values") {
            layers.push(Values::Hidden { name: "`set_values`".to_owned(), place: set.key });
        }
        release.values = layers;
        release
    };
    tasks(root).into_iter().map(release).collect()
}
