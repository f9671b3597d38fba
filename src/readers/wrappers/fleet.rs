//! Bundles of Rancher's Fleet: `fleet.yaml` with the values of a chart, and what is laid over them for
//! some clusters.

use crate::source::mask::public_value;
use crate::syntax::yaml::Node;

use super::super::{Input, telltales};
use super::release::{Base, Folder, Held, Release, Values};
use super::{at, items, text};

/// Whether the document says how Fleet installs a chart.
pub(super) fn recognises(root: Node<'_>) -> bool {
    const SAYS: [&str; 5] = ["chart", "releaseName", "values", "valuesFiles", "valuesFrom"];
    // What has a kind is no bundle, and the chart's own values know no key of this name.
    let is_other = ["kind", "apiVersion", "openmetadata"].iter().any(|key| root.get(key).is_some());
    let helm = root.get("helm").filter(|_| !is_other);
    helm.is_some_and(|helm| SAYS.iter().any(|key| helm.value.get(key).is_some()))
}

/// Values files that the bundle names.
pub(super) fn files(root: Node<'_>) -> Vec<&str> {
    let found = layers(root).flat_map(|helm| items(helm, "valuesFiles"));
    found.filter_map(|item| item.text()).collect()
}

/// What the document says about Helm: for all clusters, then for some.
fn layers(root: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let customised = items(root, "targetCustomizations").into_iter();
    std::iter::once(root)
        .filter(|root| recognises(*root))
        .chain(customised)
        .filter_map(|node| Some(node.get("helm")?.value))
}

/// One release for each set of clusters with values of its own; without such, one for all.
pub(super) fn releases<'a>(input: &'a Input, root: Node<'a>) -> Vec<Release<'a>> {
    let Some(base) = root.get("helm") else { return Vec::new() };
    let customised: Vec<(Node<'a>, Node<'a>)> = items(root, "targetCustomizations")
        .into_iter()
        .filter_map(|target| Some((target, target.get("helm")?.value)))
        .filter(|(_, helm)| !values(*helm).is_empty() || !held(*helm).is_empty())
        .collect();
    let release = |name: &str, over: Option<Node<'a>>| {
        let layers: Vec<Node<'a>> = [base.value].into_iter().chain(over).collect();
        let last = |key: &str| layers.iter().rev().find_map(|helm| at(*helm, key));
        let mut release = Release::new(input, name, Some(base.key));
        let chart = last("chart").and_then(|chart| chart.text());
        if chart.is_some_and(telltales::is_chart) {
            release.set_chart(last("version"));
        }
        // Without a name the chart stands beside the document.
        let folder = match chart {
            None => Some("."),
            Some(chart) => Some(chart).filter(|chart| chart.starts_with('.')),
        };
        release.folder = folder.map(|path| Folder::new(path, Base::Wrapper));
        release.outer = last("chart").filter(|_| !release.is_chart && folder.is_none());
        release.missing = &["values"];
        release.inline = base.value.get("values").map(|entry| entry.key);
        // What comes from the cluster is laid over all that the bundle brings along.
        release.values = layers.iter().flat_map(|helm| values(*helm)).collect();
        release.values.extend(layers.iter().flat_map(|helm| held(*helm)));
        release
    };
    let name = text(base.value, "releaseName").or(text(root, "name")).unwrap_or("");
    if customised.is_empty() {
        return vec![release(name, None)];
    }
    let each = customised.into_iter().map(|(target, helm)| {
        let name = format!("{name}@{}", public_value(text(target, "name").unwrap_or_default()));
        release(&name, Some(helm))
    });
    each.collect()
}

/// Files are laid over what stands in the document.
fn values<'a>(helm: Node<'a>) -> Vec<Values<'a>> {
    let files = items(helm, "valuesFiles").into_iter().filter_map(|place| {
        let path = place.text()?.to_owned();
        Some(Values::File { path, place, is_needed: true, base: Base::Wrapper })
    });
    let inline = helm.get("values").map(|entry| Values::Inline(entry.value));
    inline.into_iter().chain(files).collect()
}

fn held<'a>(helm: Node<'a>) -> Vec<Values<'a>> {
    items(helm, "valuesFrom").into_iter().flat_map(Held::by_key).map(Values::Held).collect()
}
