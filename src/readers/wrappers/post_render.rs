//! What a HelmRelease's post-renderers do to the server's container once the chart is rendered.
//! Knows nothing of what its environment means.

use crate::deployment::environment::{Unseen, Variable};
use crate::deployment::evidence::{Mount, MountSource};
use crate::deployment::value::Fragment;
use crate::deployment::version::Confidence;
use crate::source::{SourceId, Span};
use crate::syntax::substitution::Dialect;
use crate::syntax::yaml::{self, Node, Tree};

use super::super::compose::Context;
use super::super::interpolation::Variables;
use super::super::manifests::{Operation, Part, Workload};
use super::super::{opaque, scalar};
use super::{CHART, Release, helm, items, text};

/// As much of the chart's Deployment as patches need to be applied to.
const RENDERED: &str =
    "kind: Deployment\nspec: {template: {spec: {containers: [{name: openmetadata}]}}}\n";

/// Ranks among the sources of the container's environment: the chart's `env` is below.
const ENV: u8 = 201;
const ENV_FROM: u8 = 100;
/// What a patch that is not followed may change.
const PATCH: u8 = u8::MAX;

/// A patch, and what it is for if it says so apart.
type Patch<'a> = (Option<Node<'a>>, Node<'a>);

/// The patches of all post-renderers, in order.
pub(super) fn patches(spec: Node<'_>) -> Vec<Patch<'_>> {
    let mut found = Vec::new();
    for renderer in items(spec, "postRenderers") {
        let Some(kustomize) = renderer.get("kustomize").map(|entry| entry.value) else { continue };
        let merges = items(kustomize, "patchesStrategicMerge");
        found.extend(merges.into_iter().map(|patch| (None, patch)));
        for key in ["patches", "patchesJson6902"] {
            for item in items(kustomize, key) {
                let target = item.get("target").map(|entry| entry.value);
                found.extend(item.get("patch").map(|patch| (target, patch.value)));
            }
        }
    }
    found
}

/// What the patches of a release leave in the server's container.
pub(super) fn of(context: &Context<'_>, release: &Release<'_>) -> helm::Rendered {
    let mut rendered = helm::Rendered::default();
    if release.patches.is_empty() {
        return rendered;
    }
    let home = release.input.source;
    let raw = &context.sources.get(home).text;
    let chart = yaml::parse(RENDERED);
    let Some(root) = chart.documents().next() else { return rendered };
    let texts: Vec<(Option<Node<'_>>, Tree)> = release
        .patches
        .iter()
        .filter(|(_, patch)| patch.text().is_some())
        .map(|(target, patch)| (*target, yaml::parse_scalar(raw, *patch)))
        .collect();
    let written = release.patches.iter().filter(|(_, patch)| patch.text().is_none()).copied();
    let parsed = texts
        .iter()
        .flat_map(|(target, tree)| tree.documents().map(move |document| (*target, document)));
    let mut workload = Workload::of(Part { node: root, source: home });
    let mut refused = Vec::new();
    for (target, patch) in written.chain(parsed) {
        if !is_for_server(target, patch, &release.name) {
            continue;
        }
        let part = Part { node: patch, source: home };
        if !patch.is_seq() {
            workload.merge(part);
            continue;
        }
        for item in patch.items() {
            let operation = Operation::of(Part { node: item.resolved(), source: home });
            if let Some(operation) = operation
                && workload.operate(&operation).is_err()
            {
                refused.push(operation.span);
            }
        }
    }
    let name = || "a patch of `postRenderers`".to_owned();
    for span in refused {
        rendered.unseen.push(Unseen { name: name(), span, rank: PATCH, prefix: String::new() });
    }
    let containers = workload.containers.iter();
    for container in containers.filter(|container| !container.is_init && container.name == CHART) {
        for from in &container.env_from {
            let prefix = from.text("prefix").unwrap_or("").to_owned();
            let span = from.span();
            rendered.unseen.push(Unseen { name: name(), span, rank: ENV_FROM, prefix });
        }
        for item in &container.env {
            rendered.variables.extend(variable(context, item.entry, home));
        }
        for mount in &container.mounts {
            let Some(path) = mount.get("mountPath") else { continue };
            let volume = mount.text("name").unwrap_or("").to_owned();
            rendered.mounts.extend(path.node.text().map(|target| Mount {
                target: target.to_owned(),
                from: MountSource::Unseen(volume.clone()),
                span: path.span(),
                mode: None,
            }));
        }
    }
    rendered
}

/// Whether a patch is for the chart's Deployment, which is called like the chart or the release.
fn is_for_server(target: Option<Node<'_>>, patch: Node<'_>, release: &str) -> bool {
    let metadata = patch.get("metadata").map(|entry| entry.value);
    let (kind, name) = match target {
        Some(target) => (text(target, "kind"), text(target, "name")),
        None => (text(patch, "kind"), metadata.and_then(|metadata| text(metadata, "name"))),
    };
    let is_called = |name: &str| {
        let is_pattern = name.contains(['*', '.', '(', '[', '|', '+', '?']);
        is_pattern || name == release || name.contains(CHART)
    };
    kind.is_none_or(|kind| kind == "Deployment") && name.is_none_or(is_called)
}

fn variable(context: &Context<'_>, entry: Part<'_>, home: SourceId) -> Option<(String, Variable)> {
    let name = entry.get("name")?;
    let place = name.span();
    let text = match entry.get("value") {
        Some(value) => {
            let raw = &context.sources.get(home).text;
            let written = scalar::text(home, raw, value.node);
            let whole = Span::new(home, value.node.resolved().range());
            match opaque::reference(written.expose()) {
                Some(_) => scalar::marked(written, whole),
                None if written.expose().contains("$(") => Fragment::unknown("$(…)", whole),
                None => {
                    let variables = Variables::none(context.catalogue);
                    variables.expand(&written, whole, Dialect::Dropwizard).0
                }
            }
        }
        None => Fragment::unknown("valueFrom", place),
    };
    let steps = Vec::new();
    let confidence = Confidence::High;
    let variable = Variable { text, items: None, place, steps, confidence, rank: ENV };
    Some((name.node.text()?.to_owned(), variable))
}
