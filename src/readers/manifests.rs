//! Kubernetes objects as they are applied: workloads with their containers, Secrets and
//! ConfigMaps, and what patches make of them. Knows nothing of kustomizations, and nothing of
//! what a container's environment means.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base64::Engine;

use crate::deployment::value::Fragment;
use crate::source::{SourceId, Sources, Span, Text};
use crate::syntax::yaml::{self, Node};

use super::{opaque, scalar};

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

/// Objects that open ways to containers from elsewhere. Of a Gateway both kinds, Kubernetes' own and Istio's.
pub(super) const DOORS: [&str; 6] =
    ["Service", "Ingress", "Gateway", "HTTPRoute", "VirtualService", "Route"];

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

    pub fn is_named(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }
}

/// A workload as applied.
pub(super) struct Workload<'a> {
    pub identity: Identity<'a>,
    /// Its manifest's file, then those of its patches.
    pub sources: Vec<SourceId>,
    pub containers: Vec<Container<'a>>,
    pub volumes: Vec<Part<'a>>,
    /// The labels of its pods, by which Services find them.
    pub labels: BTreeMap<String, String>,
    /// Where it is told to use the node's own network.
    pub host_network: Option<Span>,
    /// Patches that may have changed it and were not applied.
    pub unapplied: Vec<(String, Span)>,
}

/// A container as applied.
pub(super) struct Container<'a> {
    pub name: String,
    pub is_init: bool,
    /// Where one would write its environment.
    pub place: Span,
    pub image: Option<Part<'a>>,
    pub image_override: ImageOverride<'a>,
    pub env: Vec<Item<'a>>,
    pub env_from: Vec<Part<'a>>,
    pub mounts: Vec<Part<'a>>,
    pub command: Vec<Part<'a>>,
    pub arguments: Vec<Part<'a>>,
    pub ports: Vec<Part<'a>>,
}

/// What a kustomization puts in place of parts of an image's name.
#[derive(Clone, Copy, Default)]
pub(super) struct ImageOverride<'a> {
    pub name: Option<Part<'a>>,
    pub tag: Option<Part<'a>>,
    /// The written tag no longer counts, whether there is a new one or only a digest.
    pub is_pinned: bool,
}

/// An entry of a container's `env`.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    pub entry: Part<'a>,
    /// What a patch put in place of its value.
    pub value: Option<Part<'a>>,
    /// A patch of a part of it that is not followed.
    pub hidden: Option<Span>,
}

/// What a patch did not do, and why.
pub(super) type Refusal = &'static str;

const TOO_DEEP: Refusal = "it changes a part that omlint does not follow";
const NO_SUCH: Refusal = "there is nothing at its path";

impl<'a> Workload<'a> {
    pub fn of(part: Part<'a>) -> Self {
        let mut workload = Workload {
            identity: Identity::of(part.node),
            sources: vec![part.source],
            containers: Vec::new(),
            volumes: Vec::new(),
            labels: BTreeMap::new(),
            host_network: None,
            unapplied: Vec::new(),
        };
        let above = workload.pod_path().split_last().map_or(&[][..], |(_, above)| above);
        let template = if above.is_empty() { Some(part) } else { part.at(above) };
        workload.labels =
            labels(template.and_then(|template| template.at(&["metadata", "labels"])));
        if let Some(pod) = part.at(workload.pod_path()) {
            workload.volumes = pod.items("volumes");
            let network = pod.get("hostNetwork");
            workload.host_network =
                network.filter(|on| on.node.text() == Some("true")).map(Part::span);
            for (list, is_init) in LISTS {
                let containers = pod.items(list).into_iter();
                workload.containers.extend(containers.map(|part| Container::of(part, is_init)));
            }
        }
        workload
    }

    fn pod_path(&self) -> &'static [&'static str] {
        match self.identity.kind.as_str() {
            "Pod" => &["spec"],
            "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec"],
            _ => &["spec", "template", "spec"],
        }
    }

    /// A strategic merge patch.
    pub fn merge(&mut self, patch: Part<'a>) {
        self.sources.push(patch.source);
        let Some(pod) = patch.at(self.pod_path()) else { return };
        for (list, is_init) in LISTS {
            let Some(patches) = pod.get(list) else { continue };
            let (mine, others): (Vec<_>, Vec<_>) = std::mem::take(&mut self.containers)
                .into_iter()
                .partition(|c| c.is_init == is_init);
            let merged = merged(
                mine,
                patches,
                "name",
                |container| Some(container.name.clone()),
                |part| Container::of(part, is_init),
                |container, part| container.merge(part),
            );
            self.containers = merged;
            self.containers.extend(others);
        }
        if let Some(patches) = pod.get("volumes") {
            self.volumes = merged_parts(std::mem::take(&mut self.volumes), patches, "name");
        }
    }

    /// One operation of a JSON patch.
    pub fn operate(&mut self, operation: &Operation<'a>) -> Result<(), Refusal> {
        let path: Vec<&str> = operation.path.iter().map(String::as_str).collect();
        let pod = self.pod_path();
        let shared = path.iter().zip(pod).take_while(|(one, other)| one == other).count();
        if shared < pod.len() {
            // It ends above the pod, or leads elsewhere.
            return if shared == path.len() { Err(TOO_DEEP) } else { Ok(()) };
        }
        match path[pod.len()..] {
            [] => Err(TOO_DEEP),
            [list @ ("containers" | "initContainers"), index, ref rest @ ..] => {
                let is_init = list == "initContainers";
                if rest.is_empty() && operation.verb != Verb::Remove {
                    return Err(TOO_DEEP);
                }
                let index: usize = index.parse().map_err(|_| NO_SUCH)?;
                let mut places =
                    (0..self.containers.len()).filter(|&at| self.containers[at].is_init == is_init);
                let at = places.nth(index).ok_or(NO_SUCH)?;
                if rest.is_empty() {
                    self.containers.remove(at);
                    return Ok(());
                }
                self.containers[at].operate(rest, operation)
            }
            ["containers" | "initContainers"] => Err(TOO_DEEP),
            ["volumes", ref rest @ ..] => {
                operate_list(&mut self.volumes, rest, operation, |part| part)
            }
            _ => Ok(()),
        }
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

const LISTS: [(&str, bool); 2] = [("containers", false), ("initContainers", true)];

impl<'a> Container<'a> {
    fn of(part: Part<'a>, is_init: bool) -> Self {
        Container {
            name: part.text("name").unwrap_or_default().to_owned(),
            is_init,
            place: place_in(part).unwrap_or(Span::new(part.source, part.node.range())),
            image: part.get("image"),
            image_override: ImageOverride::default(),
            env: part.items("env").into_iter().map(Item::of).collect(),
            env_from: part.items("envFrom"),
            mounts: part.items("volumeMounts"),
            command: part.items("command"),
            arguments: part.items("args"),
            ports: part.items("ports"),
        }
    }

    /// The image's name without tag and digest, as things stand.
    pub fn image_repository(&self) -> Option<String> {
        match self.image_override.name {
            Some(name) => name.node.text().map(str::to_owned),
            None => Some(split_image(self.image?.node.text()?).0.to_owned()),
        }
    }

    fn merge(&mut self, patch: Part<'a>) {
        self.place = place_in(patch).unwrap_or(self.place);
        if let Some(image) = patch.get("image") {
            (self.image, self.image_override) = (Some(image), ImageOverride::default());
        }
        if let Some(patches) = patch.get("env") {
            self.env = merged(
                std::mem::take(&mut self.env),
                patches,
                "name",
                |item| item.entry.text("name").map(str::to_owned),
                Item::of,
                |item, patch| {
                    if patch.get("value").is_some() || patch.get("valueFrom").is_some() {
                        *item = Item::of(patch);
                    }
                },
            );
        }
        if let Some(patches) = patch.get("ports") {
            self.ports = merged_parts(std::mem::take(&mut self.ports), patches, "containerPort");
        }
        if let Some(patches) = patch.get("volumeMounts") {
            self.mounts = merged_parts(std::mem::take(&mut self.mounts), patches, "mountPath");
        }
        // Lists without a key to merge by are replaced.
        for (key, list) in [
            ("envFrom", &mut self.env_from),
            ("command", &mut self.command),
            ("args", &mut self.arguments),
        ] {
            if patch.get(key).is_some() {
                *list = patch.items(key);
            }
        }
    }

    fn operate(&mut self, path: &[&str], operation: &Operation<'a>) -> Result<(), Refusal> {
        match *path {
            ["env", index, "value"] if index != "-" => {
                let index: usize = index.parse().map_err(|_| NO_SUCH)?;
                let item = self.env.get_mut(index).ok_or(NO_SUCH)?;
                item.value = Some(operation.value.ok_or(TOO_DEEP)?);
                Ok(())
            }
            // What takes its place comes with an operation of its own.
            ["env", _, "valueFrom"] if operation.verb == Verb::Remove => Ok(()),
            ["env", index, "valueFrom", ..] => {
                let index: usize = index.parse().map_err(|_| NO_SUCH)?;
                self.env.get_mut(index).ok_or(NO_SUCH)?.hidden = Some(operation.span);
                Ok(())
            }
            ["env", ref rest @ ..] => operate_list(&mut self.env, rest, operation, Item::of),
            ["envFrom", ref rest @ ..] => {
                operate_list(&mut self.env_from, rest, operation, |part| part)
            }
            ["volumeMounts", ref rest @ ..] => {
                operate_list(&mut self.mounts, rest, operation, |part| part)
            }
            ["command", ref rest @ ..] => {
                operate_list(&mut self.command, rest, operation, |part| part)
            }
            ["args", ref rest @ ..] => {
                operate_list(&mut self.arguments, rest, operation, |part| part)
            }
            ["image"] => {
                (self.image, self.image_override) = (operation.value, ImageOverride::default());
                Ok(())
            }
            ["name"] => Err(TOO_DEEP),
            _ => Ok(()),
        }
    }
}

impl<'a> Item<'a> {
    fn of(entry: Part<'a>) -> Self {
        Item { entry, value: None, hidden: None }
    }
}

/// Name and tag of an image.
pub(super) fn split_image(written: &str) -> (&str, Option<&str>) {
    let written = written.split('@').next().unwrap_or(written);
    match written.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (written, None),
    }
}

/// Where a container's manifest says what it is made of.
fn place_in(part: Part<'_>) -> Option<Span> {
    let key = ["env", "envFrom", "image", "name"].iter().find_map(|key| part.node.get(key))?;
    Some(scalar::span(part.source, key.key))
}

/// A list merged by a key, as kustomize does it: what the patch names comes first.
fn merged<'a, T>(
    base: Vec<T>,
    patches: Part<'a>,
    key: &str,
    name: impl Fn(&T) -> Option<String>,
    new: impl Fn(Part<'a>) -> T,
    merge: impl Fn(&mut T, Part<'a>),
) -> Vec<T> {
    if patches.node.is_null() {
        return Vec::new();
    }
    let patches = patches.list();
    let replaces =
        |part: &Part<'a>| part.text("$patch") == Some("replace") && part.get(key).is_none();
    let mut base: Vec<Option<T>> = if patches.iter().any(replaces) {
        Vec::new()
    } else {
        base.into_iter().map(Some).collect()
    };
    let mut index = HashMap::new();
    for (at, item) in base.iter().enumerate() {
        if let Some(name) = item.as_ref().and_then(&name) {
            index.insert(name, at);
        }
    }
    let mut out = Vec::new();
    for patch in patches.into_iter().filter(|part| !replaces(part)) {
        let present =
            patch.text(key).and_then(|name| index.get(name)).and_then(|&at| base[at].take());
        match (present, patch.text("$patch")) {
            (_, Some("delete")) => {}
            (Some(mut item), None) => {
                merge(&mut item, patch);
                out.push(item);
            }
            (_, _) => out.push(new(patch)),
        }
    }
    out.extend(base.into_iter().flatten());
    out
}

fn merged_parts<'a>(base: Vec<Part<'a>>, patches: Part<'a>, key: &str) -> Vec<Part<'a>> {
    let name = |part: &Part<'a>| part.text(key).map(str::to_owned);
    merged(base, patches, key, name, |part| part, |part, patch| *part = patch)
}

/// What an operation of a JSON patch does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Add,
    Replace,
    Remove,
    /// `move`, `copy`.
    Other,
}

/// An operation of a JSON patch.
pub(super) struct Operation<'a> {
    pub verb: Verb,
    pub path: Vec<String>,
    pub value: Option<Part<'a>>,
    pub span: Span,
}

impl<'a> Operation<'a> {
    /// None for a `test`, which changes nothing.
    pub fn of(part: Part<'a>) -> Option<Self> {
        let verb = match part.text("op")? {
            "add" => Verb::Add,
            "replace" => Verb::Replace,
            "remove" => Verb::Remove,
            "test" => return None,
            _ => Verb::Other,
        };
        let path = part.text("path")?;
        let path = path.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~"));
        let span = part.get("path").map_or_else(|| part.span(), Part::span);
        Some(Operation { verb, path: path.collect(), value: part.get("value"), span })
    }
}

/// An operation on a list or on one item of it.
fn operate_list<'a, T>(
    list: &mut Vec<T>,
    path: &[&str],
    operation: &Operation<'a>,
    new: impl Fn(Part<'a>) -> T,
) -> Result<(), Refusal> {
    let value = || operation.value.ok_or(TOO_DEEP);
    match (path, operation.verb) {
        ([], Verb::Remove) => list.clear(),
        ([], Verb::Add | Verb::Replace) => {
            *list = value()?.list().into_iter().map(new).collect();
        }
        (["-"], Verb::Add) => list.push(new(value()?)),
        (&[index], verb @ (Verb::Add | Verb::Replace | Verb::Remove)) => {
            let index: usize = index.parse().map_err(|_| NO_SUCH)?;
            match verb {
                Verb::Add if index <= list.len() => list.insert(index, new(value()?)),
                Verb::Replace if index < list.len() => list[index] = new(value()?),
                Verb::Remove if index < list.len() => drop(list.remove(index)),
                _ => return Err(NO_SUCH),
            }
        }
        _ => return Err(TOO_DEEP),
    }
    Ok(())
}

/// What a Secret or ConfigMap holds under a key.
#[derive(Clone)]
pub(super) struct Entry {
    pub text: Fragment,
    pub span: Span,
    /// The scalar with its quotes.
    pub whole: Span,
    /// It stands there in base64.
    pub encoded: bool,
    /// The scalar's own place, where YAML may stand in it.
    pub block: Option<std::ops::Range<usize>>,
}

impl Entry {
    /// The YAML in it.
    pub fn tree(&self, sources: &Sources) -> Option<yaml::Tree> {
        match &self.block {
            Some(block) => {
                Some(yaml::parse_within(&sources.get(self.whole.source).text, block.clone()))
            }
            None if self.text.is_known() => {
                Some(yaml::parse_decoded(&self.text.outline(), self.whole.range()))
            }
            None => None,
        }
    }
}

/// A Secret, a ConfigMap, or what will become one.
pub(super) struct Store<'a> {
    pub identity: Identity<'a>,
    pub is_secret: bool,
    pub entries: BTreeMap<String, Entry>,
    /// Keys that exist but whose values nobody can see.
    pub opaque: BTreeSet<String>,
    /// There may be more keys than the files show.
    pub open: bool,
    pub source: SourceId,
}

impl<'a> Store<'a> {
    pub fn of(part: Part<'a>, sources: &Sources) -> Self {
        let identity = Identity::of(part.node);
        let mut store = Store {
            is_secret: identity.kind != "ConfigMap",
            identity,
            entries: BTreeMap::new(),
            opaque: BTreeSet::new(),
            open: false,
            source: part.source,
        };
        match store.identity.kind.as_str() {
            "SealedSecret" => {
                let spec = part.get("spec");
                let template = spec.and_then(|spec| spec.get("template"));
                if let Some(name) = template.and_then(|t| t.get("metadata")?.text("name")) {
                    store.identity.names = vec![name.to_owned()];
                }
                let sealed = spec.and_then(|spec| spec.get("encryptedData"));
                for entry in sealed.map(|sealed| sealed.node.entries()).unwrap_or_default() {
                    store.opaque.extend(entry.key.text().map(str::to_owned));
                }
            }
            "ExternalSecret" => {
                let Some(spec) = part.get("spec") else { return store };
                let target = spec.get("target");
                if let Some(name) = target.and_then(|target| target.text("name")) {
                    store.identity.names = vec![name.to_owned()];
                }
                let data = spec.items("data");
                store.opaque.extend(
                    data.iter().filter_map(|item| item.text("secretKey").map(str::to_owned)),
                );
                store.open = spec.get("dataFrom").is_some()
                    || target.is_some_and(|target| target.get("template").is_some());
            }
            _ => store.merge(part, sources),
        }
        store
    }

    /// Lays a manifest of the same kind over it.
    pub fn merge(&mut self, part: Part<'a>, sources: &Sources) {
        // What is given in clear wins over what is encoded.
        for section in ["data", "binaryData", "stringData"] {
            let Some(data) = part.get(section) else { continue };
            for entry in data.node.entries() {
                let Some(key) = entry.key.text() else { continue };
                let value = Part { node: entry.value, source: part.source };
                self.set(section, key, value, sources);
            }
        }
    }

    fn set(&mut self, section: &str, key: &str, value: Part<'a>, sources: &Sources) {
        self.opaque.remove(key);
        if value.node.is_null() && self.entries.remove(key).is_some() {
            return;
        }
        let encoded = section == "binaryData" || section == "data" && self.is_secret;
        self.entries.insert(key.to_owned(), entry(value, encoded, sources));
    }

    /// One operation of a JSON patch.
    pub fn operate(&mut self, operation: &Operation<'a>, sources: &Sources) -> Result<(), Refusal> {
        let path: Vec<&str> = operation.path.iter().map(String::as_str).collect();
        match (path.as_slice(), operation.verb) {
            ([section @ ("data" | "stringData" | "binaryData"), key], verb) => {
                match (verb, operation.value) {
                    (Verb::Remove, _) => drop(self.entries.remove(*key)),
                    (Verb::Add | Verb::Replace, Some(value)) => {
                        self.set(section, key, value, sources);
                    }
                    _ => return Err(TOO_DEEP),
                }
                Ok(())
            }
            ([] | ["data" | "stringData" | "binaryData" | "spec", ..], _) => Err(TOO_DEEP),
            _ => Ok(()),
        }
    }
}

fn entry(value: Part<'_>, encoded: bool, sources: &Sources) -> Entry {
    let raw = &sources.get(value.source).text;
    let span = value.span();
    let written = scalar::text(value.source, raw, value.node);
    let unknown = |name: &str| Fragment::unknown(name, span);
    let text = if let Some(what) = opaque::reference(written.expose()) {
        unknown(what)
    } else if encoded {
        match decode(written.expose()) {
            Some(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Fragment::known(Text::decoded(text, span)),
                Err(_) => unknown("binary data"),
            },
            None => unknown("data that is not base64"),
        }
    } else {
        scalar::fragment(value.source, raw, value.node)
    };
    Entry {
        text,
        span,
        whole: Span::new(value.source, value.node.resolved().range()),
        encoded,
        block: (!encoded).then(|| value.node.range()),
    }
}

/// Base64 with line breaks, as manifests hold it.
fn decode(written: &str) -> Option<Vec<u8>> {
    let compact: String = written.split_whitespace().collect();
    base64::engine::general_purpose::STANDARD.decode(&compact).ok()
}

/// Everything that is applied together.
#[derive(Default)]
pub(super) struct Scope<'a> {
    pub workloads: Vec<Workload<'a>>,
    pub stores: Vec<Store<'a>>,
    pub doors: Vec<DoorObject<'a>>,
    pub sources: BTreeSet<SourceId>,
    /// Patches that may have changed any workload and were not applied, with their places.
    pub unapplied: Vec<(String, Span)>,
    /// What was not applied, in words.
    pub remarks: Vec<String>,
}

impl<'a> Scope<'a> {
    /// Takes in every object of a document.
    pub fn take(&mut self, part: Part<'a>, sources: &Sources) {
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
                self.workloads.push(Workload::of(part));
            } else if STORES.contains(&kind) {
                self.stores.push(Store::of(part, sources));
            } else if DOORS.contains(&kind) {
                self.doors.push(DoorObject::of(part));
            }
        }
    }
}
