//! Kubernetes objects as they are applied: workloads with their containers, Secrets and
//! ConfigMaps, and what patches make of them. Knows nothing of kustomizations, and nothing of
//! what a container's environment means.

mod patch;
mod store;
mod workload;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::deployment::evidence::{Mount, MountSource};
use crate::deployment::version::Version;
use crate::source::{SourceId, Sources, Span};
use crate::syntax::yaml::Node;

use super::bounds::{MOST_WORKLOADS, Room};
use super::postbuild::Filling;
use super::{scalar, telltales};

pub(super) use patch::{Operation, Refusal, Verb};
pub(super) use store::{Called, Entry, Store};
pub(super) use workload::{Container, Item, Workload, split_image};

/// Objects that run containers.
pub(super) const WORKLOADS: [&str; 8] = [
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "Pod",
    "Job",
    "CronJob",
    "DeploymentConfig",
];
/// Objects that hold what containers take in.
pub(super) const STORES: [&str; 4] = ["Secret", "ConfigMap", "SealedSecret", "ExternalSecret"];

/// Kinds of resources that wrap values of a chart.
pub(super) const WRAPPERS: [&str; 4] =
    ["Application", "ApplicationSet", "HelmRelease", "HelmChart"];

/// Objects that open ways to containers from elsewhere, or close them. Of a Gateway both kinds, Kubernetes' own and Istio's.
pub(super) const DOORS: [&str; 7] =
    ["Service", "Ingress", "Gateway", "HTTPRoute", "VirtualService", "Route", "NetworkPolicy"];

/// A node and the file that it stands in.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub node: Node<'a>,
    pub source: SourceId,
}

impl<'a> Part<'a> {
    pub fn get(self, key: &str) -> Option<Part<'a>> {
        Some(Part { node: self.node.get(key)?.value, source: self.source })
    }

    pub fn at(self, path: &[&str]) -> Option<Part<'a>> {
        Some(Part { node: self.node.at(path)?.value, source: self.source })
    }

    /// The items of a list below a key.
    pub fn items(self, key: &str) -> Vec<Part<'a>> {
        items(self.node, key).into_iter().map(|node| Part { node, source: self.source }).collect()
    }

    fn list(self) -> Vec<Part<'a>> {
        let items = self.node.items().into_iter();
        items.map(|node| Part { node: node.resolved(), source: self.source }).collect()
    }

    pub fn text(self, key: &str) -> Option<&'a str> {
        text(self.node, key)
    }

    pub fn span(self) -> Span {
        scalar::span(self.source, self.node)
    }
}

pub(super) fn text<'a>(node: Node<'a>, key: &str) -> Option<&'a str> {
    node.get(key)?.value.text()
}

pub(super) fn items<'a>(node: Node<'a>, key: &str) -> Vec<Node<'a>> {
    let list = node.get(key).map(|entry| entry.value.items()).unwrap_or_default();
    list.into_iter().map(Node::resolved).collect()
}

/// A written file mode: octal with a leading zero, as YAML 1.1 has it, else decimal.
pub(super) fn file_mode(source: SourceId, node: Node<'_>, key: &str) -> Option<(u32, Span)> {
    let entry = node.get(key)?;
    let written = entry.value.text()?;
    let digits = written.strip_prefix("0o").or(written.strip_prefix('0').filter(|d| !d.is_empty()));
    let mode = match digits {
        Some(octal) => u32::from_str_radix(octal, 8).ok()?,
        None => written.parse().ok()?,
    };
    Some((mode, scalar::span(source, entry.value)))
}

/// What names an object: its kind, the names that it had on the way, its namespace.
#[derive(Clone)]
pub(super) struct Identity<'a> {
    pub kind: String,
    /// The first is the one in its file.
    pub names: Vec<String>,
    pub namespace: Option<String>,
    pub metadata: Option<Node<'a>>,
}

impl<'a> Identity<'a> {
    pub fn of(node: Node<'a>) -> Self {
        let metadata = node.get("metadata").map(|entry| entry.value);
        let field = |key| metadata.and_then(|node| text(node, key)).map(str::to_owned);
        Identity {
            kind: text(node, "kind").unwrap_or_default().to_owned(),
            names: vec![field("name").unwrap_or_default()],
            namespace: field("namespace"),
            metadata,
        }
    }

    pub fn name(&self) -> &str {
        &self.names[0]
    }

    /// The version of OpenMetadata's chart, if that rendered it.
    pub fn chart(&self) -> Option<Version> {
        Version::parse(telltales::packaged(self.chart_label()?.text()?)?)
    }

    /// The workload beside which a chart renders this policy, as OpenMetadata's chart does, and
    /// that chart: under an alias it is called otherwise.
    pub fn beside(&self) -> Option<(&'a str, &str)> {
        let chart = self.chart_label()?.text()?;
        let workload = self.name().strip_suffix("-networkpolicy")?;
        (self.kind == "NetworkPolicy").then_some((chart, workload))
    }

    /// Where its label names the chart that rendered it.
    pub fn chart_label(&self) -> Option<Node<'a>> {
        Some(self.metadata?.get("labels")?.value.get("helm.sh/chart")?.value)
    }

    pub fn is_named(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }
}

/// A mapping of texts.
pub(super) fn labels(part: Option<Part<'_>>) -> BTreeMap<String, String> {
    let entries = part.map(|part| part.node.entries()).unwrap_or_default();
    entries
        .into_iter()
        .filter_map(|entry| {
            Some((entry.key.text()?.to_owned(), entry.value.text().unwrap_or("").to_owned()))
        })
        .collect()
}

/// A Service, an Ingress or the like as applied: its manifest, then its patches.
pub(super) struct DoorObject<'a> {
    pub identity: Identity<'a>,
    layers: Vec<Part<'a>>,
    /// A patch that was not applied may have changed it.
    pub is_hidden: bool,
}

impl<'a> DoorObject<'a> {
    fn of(part: Part<'a>) -> Self {
        DoorObject { identity: Identity::of(part.node), layers: vec![part], is_hidden: false }
    }

    /// A strategic merge patch. Lists are replaced.
    pub fn merge(&mut self, patch: Part<'a>) {
        self.layers.push(patch);
    }

    /// The strongest layer's value at a path.
    pub fn at(&self, path: &[&str]) -> Option<Part<'a>> {
        self.layers.iter().rev().find_map(|layer| layer.at(path))
    }

    /// The items of a list at a path.
    pub fn list(&self, path: &[&str]) -> Vec<Part<'a>> {
        self.at(path).map(Part::list).unwrap_or_default()
    }

    pub fn annotations(&self) -> BTreeMap<String, String> {
        let layers = self.layers.iter();
        layers.flat_map(|layer| labels(layer.at(&["metadata", "annotations"]))).collect()
    }

    pub fn source(&self) -> SourceId {
        self.layers[0].source
    }
}

/// A resource that wraps values of a chart, with the patches that are laid over it, in order.
pub(super) struct Wrapper<'a> {
    pub identity: Identity<'a>,
    pub manifest: Part<'a>,
    pub changes: Vec<Change<'a>>,
}

/// What a patch does to a resource whose fields kustomize does not know.
pub(super) enum Change<'a> {
    /// Mappings are merged, all else is replaced.
    Merge(Part<'a>),
    Operate(Operation<'a>),
    /// It may do anything, and is not followed.
    Refused(String, Span),
    /// Variables are filled in.
    Fill(Arc<Filling>),
}

/// A kustomization that renders charts, with the patches that are laid over them, in order, and
/// what each is for if it says so apart.
pub(super) struct Charts<'a> {
    pub source: SourceId,
    pub patches: Vec<(Option<Node<'a>>, Part<'a>)>,
}

/// Everything that is applied together.
#[derive(Default)]
pub(super) struct Scope<'a> {
    pub workloads: Vec<Workload<'a>>,
    pub stores: Vec<Store<'a>>,
    pub doors: Vec<DoorObject<'a>>,
    pub wrappers: Vec<Wrapper<'a>>,
    pub charts: Vec<Charts<'a>>,
    pub sources: BTreeSet<SourceId>,
    /// Patches that may have changed any workload and were not applied, with their places.
    pub unapplied: Vec<(String, Span)>,
    /// What was not applied, in words.
    pub remarks: Vec<String>,
    /// Variables that are filled in when all is built.
    pub filling: Option<Arc<Filling>>,
}

impl<'a> Scope<'a> {
    /// Takes in every object of a document.
    pub fn take(&mut self, part: Part<'a>, sources: &Sources, room: &Room) {
        let mut open = vec![(part, 0)];
        while let Some((part, depth)) = open.pop() {
            let kind = part.text("kind").unwrap_or_default();
            if kind.ends_with("List") {
                if depth < 4 {
                    open.extend(
                        part.items("items").into_iter().rev().map(|item| (item, depth + 1)),
                    );
                }
            } else if WORKLOADS.contains(&kind) {
                if self.workloads.len() >= MOST_WORKLOADS {
                    room.fill(part.source);
                    return;
                }
                self.workloads.push(Workload::of(part));
            } else if STORES.contains(&kind) {
                self.stores.push(Store::of(part, sources));
            } else if DOORS.contains(&kind) {
                self.doors.push(DoorObject::of(part));
            } else if WRAPPERS.contains(&kind) {
                let identity = Identity::of(part.node);
                self.wrappers.push(Wrapper { identity, manifest: part, changes: Vec::new() });
            }
        }
    }
}

/// What tells Vault's agent to put secrets beside a container.
pub(super) const VAULT_AGENT: &str = "vault.hashicorp.com/agent-inject";

/// What that lays over the container's files.
pub(super) fn by_vault_agent(span: Span) -> Mount {
    let from = MountSource::Unseen("what Vault's agent puts there".to_owned());
    Mount { target: "/vault/secrets".to_owned(), from, span, mode: None }
}
