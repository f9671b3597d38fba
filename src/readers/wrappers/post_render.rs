//! What patches do to the server's container once the chart is rendered: those of a HelmRelease's
//! post-renderers, and of a kustomization with charts. Knows nothing of what its environment means.

use crate::deployment::environment::{Lack, Unseen, Variable};
use crate::deployment::evidence::{Mount, MountSource};
use crate::deployment::value::Fragment;
use crate::deployment::version::Confidence;
use crate::source::{SourceId, Span};
use crate::syntax::substitution::Dialect;
use crate::syntax::yaml::{self, Node, Tree};

use super::super::compose::Context;
use super::super::interpolation::Variables;
use super::super::manifests::{Operation, Part, Workload};
use super::super::{helm, join, opaque, scalar, telltales};
use super::release::Release;
use super::{items, text};

/// As much of the chart's Deployment as patches need to be applied to.
const RENDERED: &str =
    "kind: Deployment\nspec: {template: {spec: {containers: [{name: openmetadata}]}}}\n";

/// Ranks among the sources of the container's environment: the chart's `env` is below.
const ENV: u8 = 201;
const ENV_FROM: u8 = 100;
/// What a patch that is not followed may change.
const PATCH: u8 = u8::MAX;

/// What a patch that is not followed is called.
const PATCHED: &str = "a patch of what the chart renders";

impl helm::Rendered {
    /// Patches that are not followed may have changed anything.
    pub(super) fn hide(&mut self, places: &[Span]) {
        let unseen = |span: &Span| Unseen {
            name: PATCHED.into(),
            span: *span,
            rank: PATCH,
            prefix: String::new(),
            lack: Lack::NotFollowed,
        };
        self.unseen.extend(places.iter().map(unseen));
    }
}

/// A patch as it is named.
#[derive(Clone, Copy)]
pub(super) struct Patch<'a> {
    /// What it is for, if it says so apart.
    pub target: Option<Node<'a>>,
    /// Itself, as a text or not, or the path of its file.
    pub written: Part<'a>,
}

impl Patch<'_> {
    /// A text of one line without braces is no patch.
    fn path(&self) -> Option<&str> {
        self.written.node.text().filter(|text| !text.trim_end().contains(['\n', '{']))
    }
}

/// The patches of all post-renderers of a file, in order.
pub(super) fn of_renderers(source: SourceId, spec: Node<'_>) -> Vec<Patch<'_>> {
    let mut found = Vec::new();
    for renderer in items(spec, "postRenderers") {
        let Some(kustomize) = renderer.get("kustomize").map(|entry| entry.value) else { continue };
        let mut add = |target, node| {
            found.push(Patch { target, written: Part { node, source } });
        };
        for node in items(kustomize, "patchesStrategicMerge") {
            add(None, node);
        }
        for key in ["patches", "patchesJson6902"] {
            for item in items(kustomize, key) {
                let target = item.get("target").map(|entry| entry.value);
                item.get("patch").into_iter().for_each(|patch| add(target, patch.value));
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
    let chart = yaml::parse(RENDERED);
    let Some(root) = chart.documents().next() else { return rendered };
    let texts: Vec<Option<Tree>> = release
        .patches
        .iter()
        .map(|patch| {
            let Part { node, source } = patch.written;
            let is_text = node.text().is_some() && patch.path().is_none();
            is_text.then(|| yaml::parse_scalar(&context.sources.get(source).text, node))
        })
        .collect();
    let mut workload = Workload::of(Part { node: root, source: home });
    let mut refused = Vec::new();
    for (patch, tree) in release.patches.iter().zip(&texts) {
        let Part { node, source } = patch.written;
        let folder = context.sources.get(source).folder();
        let file = patch.path().map(|path| context.inputs.at(&join(folder, path)));
        let (roots, within): (Vec<Node<'_>>, SourceId) = match (tree, file) {
            (Some(tree), _) => (tree.documents().collect(), source),
            (None, Some(Some(input))) => {
                (input.tree().into_iter().flat_map(Tree::documents).collect(), input.source)
            }
            (None, Some(None)) => {
                refused.push(patch.written.span());
                continue;
            }
            (None, None) => (vec![node], source),
        };
        for root in
            roots.into_iter().filter(|root| is_for_server(patch.target, *root, &release.name))
        {
            let part = Part { node: root, source: within };
            if !root.is_seq() {
                workload.merge(part);
                continue;
            }
            let operations = root
                .items()
                .into_iter()
                .filter_map(|item| Operation::of(Part { node: item.resolved(), source: within }));
            for operation in operations {
                if workload.operate(&operation).is_err() {
                    refused.push(operation.span);
                }
            }
        }
    }
    rendered.hide(&refused);
    let containers = workload.containers.iter();
    for container in
        containers.filter(|container| !container.is_init && container.name == telltales::CHART)
    {
        for from in &container.env_from {
            let prefix = from.text("prefix").unwrap_or("").to_owned();
            let span = from.span();
            rendered.unseen.push(Unseen {
                name: PATCHED.into(),
                span,
                rank: ENV_FROM,
                prefix,
                lack: Lack::NotFollowed,
            });
        }
        for item in &container.env {
            rendered.variables.extend(variable(context, item.entry));
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
    let release = release.split_once('@').map_or(release, |(name, _)| name);
    let is_called = |name: &str| {
        let is_pattern = name.contains(['*', '.', '(', '[', '|', '+', '?']);
        is_pattern || name == release || name.contains(telltales::CHART)
    };
    kind.is_none_or(|kind| kind == "Deployment") && name.is_none_or(is_called)
}

fn variable(context: &Context<'_>, entry: Part<'_>) -> Option<(String, Variable)> {
    let home = entry.source;
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
