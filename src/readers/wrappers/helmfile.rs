//! Releases of a helmfile. Knows nothing of what the values mean.

use crate::syntax::yaml::Node;

use super::super::{Input, telltales};
use super::release::{Base, Folder, Parameter, Release, Values};
use super::{at, items, text};

/// Values files that the releases name.
pub(super) fn files(root: Node<'_>) -> Vec<&str> {
    let values = items(root, "releases").into_iter().flat_map(|release| items(release, "values"));
    values.filter_map(|item| item.text()).collect()
}

pub(super) fn releases<'a>(input: &'a Input, root: Node<'a>) -> Vec<Release<'a>> {
    items(root, "releases").into_iter().map(|node| release(input, node)).collect()
}

fn release<'a>(input: &'a Input, node: Node<'a>) -> Release<'a> {
    let is_chart = text(node, "chart").is_some_and(telltales::is_chart);
    let anchor = node.get("chart").map(|entry| entry.key);
    let mut release = Release::new(input, text(node, "name").unwrap_or(""), anchor);
    if is_chart {
        release.set_chart(at(node, "version"));
    }
    release.folder = text(node, "chart")
        .filter(|chart| chart.starts_with('.'))
        .map(|path| Folder::new(path, Base::Wrapper));
    release.outer = at(node, "chart").filter(|_| !is_chart && release.folder.is_none());
    let is_needed = text(node, "missingFileHandler").is_none_or(|handler| handler == "Error");
    // What `secrets` names is decrypted with sops and laid over the values.
    for item in items(node, "values").into_iter().chain(items(node, "secrets")) {
        release.values.push(match item.text() {
            Some(path) => {
                let path = path.to_owned();
                Values::File { path, place: item, is_needed, base: Base::Wrapper }
            }
            None => Values::Inline(item),
        });
    }
    for (list, is_text) in [("set", false), ("setString", true)] {
        let found = items(node, list).into_iter();
        let keys = ["value", "values"];
        release.parameters.extend(found.filter_map(|item| Parameter::of(item, &keys, is_text)));
    }
    release
}
