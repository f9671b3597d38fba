//! Kubernetes manifests: a container's environment from `env` and `envFrom`, against the
//! Secrets and ConfigMaps in scope, as the kubelet builds it; kustomize trees without building
//! them.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;

use crate::deployment::environment::{Environment, Fallback, Unseen, Variable};
use crate::deployment::evidence::{
    Evidence, Image, KeyPlace, Mount, MountSource, is_official_repository,
};
use crate::deployment::value::{Fragment, Origin, Piece, Step};
use crate::deployment::version::{Confidence, Version};
use crate::deployment::{Basics, Deployment, Kind, KnownVersion, Notation};
use crate::source::{SourceId, Span, Text};
use crate::syntax::yaml::{self, Node};

use super::compose::Context;
use super::{Companions, Consumed, Input, Role, Want, by_path, join, opaque, scalar, server_file};

/// Rank of `env` among the sources of a container's environment; `envFrom` is below.
const ENV: u8 = 200;
/// Rank of what nobody can see: a patch that was not applied.
const PATCH: u8 = 255;
/// Deepest chain of kustomizations.
const MAX_DEPTH: usize = 16;

const WORKLOADS: [&str; 8] = [
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "Pod",
    "Job",
    "CronJob",
    "DeploymentConfig",
];
const STORES: [&str; 4] = ["Secret", "ConfigMap", "SealedSecret", "ExternalSecret"];

/// Whether the document is a manifest that bears on a server's environment.
pub(super) fn recognises(root: Node<'_>) -> bool {
    let kind = text(root, "kind").unwrap_or_default();
    root.get("apiVersion").is_some()
        && (WORKLOADS.contains(&kind)
            || STORES.contains(&kind)
            || kind == "List"
            || kind.ends_with("List"))
}

/// Whether the file is a kustomization.
pub(super) fn is_kustomization_name(name: &str) -> bool {
    matches!(name, "kustomization.yaml" | "kustomization.yml" | "Kustomization")
}

/// Files that a kustomization names.
pub(super) fn kustomization_wants(root: Node<'_>) -> Vec<Want> {
    let mut wants = vec![Want::Beside(Companions::Manifests)];
    let mut path = |path: &str| {
        if path.contains("://") || path.starts_with("github.com") {
            return;
        }
        wants.push(Want::File(path.to_owned()));
        for name in ["kustomization.yaml", "kustomization.yml"] {
            wants.push(Want::File(format!("{}/{name}", path.trim_end_matches('/'))));
        }
    };
    for list in ["resources", "bases", "components", "patchesStrategicMerge"] {
        for item in items(root, list) {
            if let Some(text) = item.text() {
                path(text);
            }
        }
    }
    for patch in items(root, "patches") {
        if let Some(text) = text(patch, "path") {
            path(text);
        }
    }
    for generator in ["configMapGenerator", "secretGenerator"] {
        for item in items(root, generator) {
            for file in items(item, "envs").iter().chain(&items(item, "files")) {
                let name = file.text().unwrap_or("");
                path(name.split_once('=').map_or(name, |(_, file)| file));
            }
            if let Some(text) = text(item, "env") {
                path(text);
            }
        }
    }
    wants
}

fn text<'a>(node: Node<'a>, key: &str) -> Option<&'a str> {
    node.get(key)?.value.text()
}

fn items<'a>(node: Node<'a>, key: &str) -> Vec<Node<'a>> {
    let list = node.get(key).map(|entry| entry.value.items()).unwrap_or_default();
    list.into_iter().map(Node::resolved).collect()
}

/// A manifest, or a patch for one.
#[derive(Clone, Copy)]
struct Part<'a> {
    node: Node<'a>,
    source: SourceId,
}

/// A workload as applied: the manifest, and the patches over it.
struct Workload<'a> {
    kind: String,
    name: String,
    namespace: Option<String>,
    parts: Vec<Part<'a>>,
}

/// What a Secret or ConfigMap holds under a key.
#[derive(Clone)]
struct Entry {
    text: Fragment,
    span: Span,
    /// The scalar with its quotes.
    whole: Span,
    /// It stands there in base64.
    encoded: bool,
    /// The scalar's own place, where YAML may stand in it.
    block: Option<std::ops::Range<usize>>,
}

/// A Secret, a ConfigMap, or what will become one.
struct Store {
    is_secret: bool,
    name: String,
    namespace: Option<String>,
    entries: BTreeMap<String, Entry>,
    /// Keys that exist but whose values nobody can see.
    opaque: BTreeSet<String>,
    /// There may be more keys than the files show.
    open: bool,
    source: SourceId,
}

/// Everything that is applied together.
#[derive(Default)]
struct Scope<'a> {
    workloads: Vec<Workload<'a>>,
    stores: Vec<Store>,
    sources: BTreeSet<SourceId>,
    /// Patches that were not applied, with their places.
    unapplied: Vec<(String, Span)>,
}

/// The deployments of all manifests.
pub(super) fn read(context: &Context<'_>, consumed: &mut Consumed) -> Vec<Deployment> {
    let mut deployments = Vec::new();
    let kustomizations: Vec<&Input> =
        context.inputs.iter().filter(|input| input.role == Role::Kustomization).collect();
    let mut inner = BTreeSet::new();
    let mut scopes = Vec::new();
    for input in &kustomizations {
        let mut scope = Scope::default();
        let mut reader = Collector { context, inner: BTreeSet::new(), used: BTreeSet::new() };
        reader.kustomization(input, &mut scope, 0);
        inner.extend(reader.inner);
        scopes.push((input.source, scope));
    }
    for (source, scope) in scopes {
        // A base is judged as part of what builds on it.
        let asked = scope
            .sources
            .iter()
            .chain([&source])
            .any(|id| context.sources.get(*id).arrival != crate::source::Arrival::Referred);
        if inner.contains(&source) || !asked {
            continue;
        }
        let found = scope_deployments(context, &scope, Some(source));
        if !found.is_empty() {
            consumed.extend(scope.sources.iter().copied());
        }
        deployments.extend(found);
    }
    let mut scope = Scope::default();
    let mut collector = Collector { context, inner: BTreeSet::new(), used: BTreeSet::new() };
    for input in context.inputs {
        if input.role == Role::Manifests && !consumed.contains(&input.source) {
            collector.file(input, &mut scope);
        }
    }
    // What stands beside a named file is read, but judged only with it.
    deployments.extend(scope_deployments(context, &scope, None).into_iter().filter(|deployment| {
        let arrival = |id: &SourceId| context.sources.get(*id).arrival;
        deployment.sources.iter().any(|id| arrival(id) != crate::source::Arrival::Referred)
    }));
    for deployment in &deployments {
        consumed.extend(deployment.sources.iter().copied());
    }
    deployments
}

struct Collector<'a, 'c> {
    context: &'c Context<'a>,
    /// Kustomizations that another one builds on.
    inner: BTreeSet<SourceId>,
    used: BTreeSet<SourceId>,
}

impl<'a> Collector<'a, '_> {
    fn file(&mut self, input: &'a Input, scope: &mut Scope<'a>) {
        let Some(tree) = input.tree() else { return };
        if !self.used.insert(input.source) {
            return;
        }
        scope.sources.insert(input.source);
        for root in tree.documents() {
            self.document(Part { node: root, source: input.source }, scope, 0);
        }
    }

    fn document(&mut self, part: Part<'a>, scope: &mut Scope<'a>, depth: usize) {
        let kind = text(part.node, "kind").unwrap_or_default().to_owned();
        if kind.ends_with("List") && depth < 4 {
            for item in items(part.node, "items") {
                self.document(Part { node: item, source: part.source }, scope, depth + 1);
            }
            return;
        }
        let metadata = part.node.get("metadata").map(|entry| entry.value);
        let field = |key| metadata.and_then(|node| text(node, key)).map(str::to_owned);
        let (name, namespace) = (field("name").unwrap_or_default(), field("namespace"));
        if WORKLOADS.contains(&kind.as_str()) {
            scope.workloads.push(Workload { kind, name, namespace, parts: vec![part] });
        } else if STORES.contains(&kind.as_str()) {
            scope.stores.push(self.store(&kind, name, namespace, part));
        }
    }

    fn store(&self, kind: &str, name: String, namespace: Option<String>, part: Part<'a>) -> Store {
        let mut store = Store {
            is_secret: kind != "ConfigMap",
            name,
            namespace,
            entries: BTreeMap::new(),
            opaque: BTreeSet::new(),
            open: false,
            source: part.source,
        };
        match kind {
            "SealedSecret" => {
                let spec = part.node.get("spec").map(|entry| entry.value);
                let sealed = spec.and_then(|spec| spec.get("encryptedData"));
                for entry in sealed.map(|e| e.value.entries()).unwrap_or_default() {
                    store.opaque.extend(entry.key.text().map(str::to_owned));
                }
            }
            "ExternalSecret" => {
                let Some(spec) = part.node.get("spec").map(|entry| entry.value) else {
                    return store;
                };
                if let Some(name) = spec.get("target").and_then(|e| text(e.value, "name")) {
                    store.name = name.to_owned();
                }
                for item in items(spec, "data") {
                    store.opaque.extend(text(item, "secretKey").map(str::to_owned));
                }
                store.open = spec.get("dataFrom").is_some()
                    || spec
                        .get("target")
                        .is_some_and(|target| target.value.get("template").is_some());
            }
            _ => {
                // What is given in clear wins over what is encoded.
                for section in ["data", "binaryData", "stringData"] {
                    let entries =
                        part.node.get(section).map(|e| e.value.entries()).unwrap_or_default();
                    let encoded = section == "binaryData" || section == "data" && store.is_secret;
                    for entry in entries {
                        let Some(key) = entry.key.text() else { continue };
                        let found = self.entry(part.source, entry.value, encoded);
                        store.entries.insert(key.to_owned(), found);
                    }
                }
            }
        }
        store
    }

    fn entry(&self, source: SourceId, node: Node<'a>, encoded: bool) -> Entry {
        let raw = &self.context.sources.get(source).text;
        let span = scalar::span(source, node);
        let written = scalar::text(source, raw, node);
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
            scalar::fragment(source, raw, node)
        };
        Entry {
            text,
            span,
            whole: Span::new(source, node.resolved().range()),
            encoded,
            block: (!encoded).then(|| node.range()),
        }
    }

    fn kustomization(&mut self, input: &'a Input, scope: &mut Scope<'a>, depth: usize) {
        let Some(root) = input.tree().and_then(|tree| tree.documents().next()) else { return };
        if depth > MAX_DEPTH || !self.used.insert(input.source) {
            return;
        }
        scope.sources.insert(input.source);
        let context = self.context;
        let folder = context.sources.get(input.source).folder().to_owned();
        for list in ["bases", "resources", "components"] {
            for item in items(root, list) {
                let Some(path) = item.text() else { continue };
                let at = join(&folder, path);
                let found = by_path(context.inputs, context.sources, &at);
                let below = ["kustomization.yaml", "kustomization.yml"].iter().find_map(|name| {
                    by_path(context.inputs, context.sources, &format!("{at}/{name}"))
                });
                match (found, below) {
                    (Some(file), _) => self.file(file, scope),
                    (None, Some(base)) => {
                        self.inner.insert(base.source);
                        self.kustomization(base, scope, depth + 1);
                    }
                    (None, None) => {}
                }
            }
        }
        for (generator, is_secret) in [("configMapGenerator", false), ("secretGenerator", true)] {
            for item in items(root, generator) {
                self.generate(item, is_secret, input.source, &folder, scope);
            }
        }
        for item in items(root, "patchesStrategicMerge") {
            self.patch(item, &folder, input.source, scope);
        }
        for item in items(root, "patches") {
            let patch = item.get("path").or(item.get("patch"));
            if let Some(patch) = patch {
                self.patch(patch.value, &folder, input.source, scope);
            }
        }
        for item in items(root, "patchesJson6902") {
            let span = Span::new(input.source, item.range());
            scope.unapplied.push(("a JSON patch".into(), span));
        }
    }

    /// A patch: a path, or YAML in a block scalar.
    fn patch(&mut self, node: Node<'a>, folder: &str, source: SourceId, scope: &mut Scope<'a>) {
        let span = scalar::span(source, node);
        let Some(path) = node.text() else { return };
        let found = by_path(self.context.inputs, self.context.sources, &join(folder, path));
        let documents: Vec<Part<'a>> = match found.and_then(|input| Some((input, input.tree()?))) {
            Some((input, tree)) => {
                self.used.insert(input.source);
                scope.sources.insert(input.source);
                tree.documents().map(|node| Part { node, source: input.source }).collect()
            }
            None => Vec::new(),
        };
        if documents.is_empty() || documents.iter().any(|part| part.node.is_seq()) {
            scope.unapplied.push(("a patch of the kustomization".into(), span));
            return;
        }
        for part in documents {
            let kind = text(part.node, "kind").unwrap_or_default();
            let name =
                part.node.get("metadata").and_then(|e| text(e.value, "name")).unwrap_or_default();
            if let Some(workload) =
                scope.workloads.iter_mut().find(|w| w.kind == kind && w.name == name)
            {
                workload.parts.push(part);
            } else if STORES.contains(&kind) {
                let store = self.store(kind, name.to_owned(), None, part);
                match scope
                    .stores
                    .iter_mut()
                    .find(|s| s.name == name && s.is_secret == store.is_secret)
                {
                    Some(base) => base.entries.extend(store.entries),
                    None => scope.stores.push(store),
                }
            }
        }
    }

    fn generate(
        &mut self,
        item: Node<'a>,
        is_secret: bool,
        source: SourceId,
        folder: &str,
        scope: &mut Scope<'a>,
    ) {
        let context = self.context;
        let name = text(item, "name").unwrap_or_default().to_owned();
        let mut entries = BTreeMap::new();
        let raw = &context.sources.get(source).text;
        for literal in items(item, "literals") {
            let text = scalar::text(source, raw, literal);
            let Some(at) = text.expose().find('=') else { continue };
            let value = text.part(at + 1..text.expose().len());
            let span = value.span();
            let key = text.expose()[..at].to_owned();
            let text = scalar::marked(value, span).unquoted();
            entries.insert(key, Entry { text, span, whole: span, encoded: false, block: None });
        }
        let mut open = !items(item, "files").is_empty() && is_secret;
        let envs = items(item, "envs").into_iter().chain(item.get("env").map(|e| e.value));
        for file in envs {
            let at = join(folder, file.text().unwrap_or(""));
            let Some(input) = by_path(context.inputs, context.sources, &at) else {
                open = true;
                continue;
            };
            scope.sources.insert(input.source);
            for entry in input.entries() {
                let Some(value) = &entry.value else { continue };
                let span = Span::new(input.source, value.range.clone());
                let text = if value.exact {
                    Text::exact(&value.text, input.source, value.range.start)
                } else {
                    Text::decoded(&value.text, span)
                };
                let text = scalar::marked(text, span);
                entries.insert(
                    entry.key.clone(),
                    Entry { text, span, whole: span, encoded: false, block: None },
                );
            }
        }
        let store = Store {
            is_secret,
            name,
            namespace: None,
            entries,
            opaque: BTreeSet::new(),
            open,
            source,
        };
        match scope.stores.iter_mut().find(|s| s.name == store.name && s.is_secret == is_secret) {
            Some(base) if text(item, "behavior") == Some("merge") => {
                base.entries.extend(store.entries)
            }
            Some(base) => *base = store,
            None => scope.stores.push(store),
        }
    }
}

/// Base64 with line breaks, as manifests hold it.
fn decode(written: &str) -> Option<Vec<u8>> {
    let compact: String = written.split_whitespace().collect();
    base64::engine::general_purpose::STANDARD.decode(&compact).ok()
}

/// A container as applied: its layers, the weakest first.
struct Container<'a> {
    name: String,
    layers: Vec<Part<'a>>,
    is_init: bool,
}

impl<'a> Workload<'a> {
    fn pods(&self) -> Vec<Part<'a>> {
        let path: &[&str] = match self.kind.as_str() {
            "Pod" => &["spec"],
            "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec"],
            _ => &["spec", "template", "spec"],
        };
        self.parts
            .iter()
            .filter_map(|part| Some(Part { node: part.node.at(path)?.value, source: part.source }))
            .collect()
    }

    fn containers(&self) -> Vec<Container<'a>> {
        let mut found: Vec<Container<'a>> = Vec::new();
        for pod in self.pods() {
            for (list, is_init) in [("initContainers", true), ("containers", false)] {
                for node in items(pod.node, list) {
                    let name = text(node, "name").unwrap_or_default();
                    let layer = Part { node, source: pod.source };
                    match found.iter_mut().find(|c| c.name == name && c.is_init == is_init) {
                        Some(container) => container.layers.push(layer),
                        None => found.push(Container {
                            name: name.to_owned(),
                            layers: vec![layer],
                            is_init,
                        }),
                    }
                }
            }
        }
        found
    }
}

/// What is laid over the container's file system.
#[derive(Default)]
struct Mounted {
    mounts: Vec<Mount>,
    keys: Vec<KeyPlace>,
    /// A ConfigMap's openmetadata.yaml.
    template: Option<Input>,
}

/// What a volume brings: in words, file by file, and the written mode of its files.
struct Volume<'s> {
    name: String,
    files: Vec<File<'s>>,
    mode: Option<(u32, Span)>,
}

/// A key of a Secret or ConfigMap as a file.
struct File<'s> {
    path: String,
    store: &'s Store,
    entry: &'s Entry,
    mode: Option<(u32, Span)>,
}

struct Server<'a, 'c> {
    context: &'c Context<'a>,
    scope: &'c Scope<'a>,
}

fn scope_deployments(
    context: &Context<'_>,
    scope: &Scope<'_>,
    main: Option<SourceId>,
) -> Vec<Deployment> {
    let server = Server { context, scope };
    let mut found: Vec<(&Workload<'_>, Container<'_>, Environment)> = Vec::new();
    let mut companions: Vec<(&Workload<'_>, Environment)> = Vec::new();
    let mut jobs: Vec<(&Workload<'_>, Container<'_>, Environment)> = Vec::new();
    for workload in &scope.workloads {
        for container in workload.containers() {
            let environment = server.environment(workload, &container);
            if !server.is_server(&container, &environment) {
                continue;
            }
            if container.is_init || server.is_operation(&container) {
                companions.push((workload, environment));
            } else if matches!(workload.kind.as_str(), "Job" | "CronJob") {
                jobs.push((workload, container, environment));
            } else {
                found.push((workload, container, environment));
            }
        }
    }
    if found.is_empty() {
        found.extend(jobs.into_iter().take(1));
    } else {
        companions
            .extend(jobs.into_iter().map(|(workload, _, environment)| (workload, environment)));
    }
    found
        .into_iter()
        .map(|(workload, container, environment)| {
            server.deployment(workload, &container, environment, &companions, main)
        })
        .collect()
}

impl<'a> Server<'a, '_> {
    fn attribute(&self, container: &Container<'a>, key: &str) -> Option<(Part<'a>, Node<'a>)> {
        container.layers.iter().rev().find_map(|layer| Some((*layer, layer.node.get(key)?.value)))
    }

    fn image(&self, container: &Container<'a>) -> Option<Image> {
        let (layer, node) = self.attribute(container, "image")?;
        let written = node.text()?.split('@').next()?.to_owned();
        let (repository, tag) = match written.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => {
                (repository.to_owned(), Some(tag.to_owned()))
            }
            _ => (written.clone(), None),
        };
        Some(Image {
            official: is_official_repository(&repository),
            repository,
            tag,
            span: scalar::span(layer.source, node),
        })
    }

    fn is_server(&self, container: &Container<'a>, environment: &Environment) -> bool {
        if let Some(image) = self.image(container) {
            if image.official {
                return true;
            }
            let path = image.repository.to_ascii_lowercase();
            if ["ingestion", "airflow", "operator"].iter().any(|other| path.contains(other)) {
                return false;
            }
        }
        let names = environment.variables.keys();
        names.filter(|name| self.context.catalogue.is_telltale(name)).count() >= 3
    }

    /// Whether the container runs one of the operations, not the server.
    fn is_operation(&self, container: &Container<'a>) -> bool {
        ["command", "args"].iter().any(|key| {
            let node = self.attribute(container, key).map(|(_, node)| node);
            node.is_some_and(|node| {
                node.items().iter().filter_map(|item| item.text()).any(|text| {
                    text.contains("openmetadata-ops")
                        || text.contains("bootstrap_storage")
                        || text.contains("migrate")
                })
            })
        })
    }

    /// The store of a name: in the same file, else in the same folder, else the only one.
    fn store(&self, is_secret: bool, name: &str, workload: &Workload<'a>) -> Option<&Store> {
        let fits = |store: &&Store| {
            store.is_secret == is_secret
                && store.name == name
                && match (&store.namespace, &workload.namespace) {
                    (Some(one), Some(other)) => one == other,
                    _ => true,
                }
        };
        let home = workload.parts[0].source;
        let folder = |id: SourceId| self.context.sources.get(id).folder();
        let candidates: Vec<&Store> = self.scope.stores.iter().filter(fits).collect();
        let near =
            |test: &dyn Fn(&Store) -> bool| candidates.iter().copied().find(|store| test(store));
        near(&|store| store.source == home)
            .or_else(|| near(&|store| folder(store.source) == folder(home)))
            .or_else(|| (candidates.len() == 1).then(|| candidates[0]))
    }

    fn environment(&self, workload: &Workload<'a>, container: &Container<'a>) -> Environment {
        let mut environment = Environment::default();
        let mut rank = 1;
        for layer in &container.layers {
            for item in items(layer.node, "envFrom") {
                self.env_from(workload, layer.source, item, rank, &mut environment);
                rank = rank.saturating_add(1).min(ENV - 1);
            }
        }
        for layer in &container.layers {
            for item in items(layer.node, "env") {
                self.env(workload, layer.source, item, &mut environment);
            }
        }
        for (name, span) in &self.scope.unapplied {
            environment.unseen.push(Unseen { name: name.clone(), span: *span, rank: PATCH });
        }
        environment
    }

    fn env_from(
        &self,
        workload: &Workload<'a>,
        source: SourceId,
        item: Node<'a>,
        rank: u8,
        environment: &mut Environment,
    ) {
        let prefix = text(item, "prefix").unwrap_or("");
        for (key, is_secret) in [("secretRef", true), ("configMapRef", false)] {
            let Some(name) = item.get(key).and_then(|entry| entry.value.get("name")) else {
                continue;
            };
            let span = scalar::span(source, name.value);
            let what = format!(
                "the {} `{}`",
                if is_secret { "Secret" } else { "ConfigMap" },
                name.value.text().unwrap_or("")
            );
            let store = self.store(is_secret, name.value.text().unwrap_or(""), workload);
            if store.is_none_or(|store| store.open) {
                environment.unseen.push(Unseen { name: what.clone(), span, rank });
            }
            let Some(store) = store else { continue };
            let step = Step { what: format!("the container takes in {what}"), span: Some(span) };
            for (name, entry) in &store.entries {
                let variable = variable(entry, entry.span, vec![step.clone()], rank);
                environment.set(format!("{prefix}{name}"), variable);
            }
            for name in &store.opaque {
                let mut hidden = variable_unknown(&what, span, rank);
                hidden.steps.push(step.clone());
                environment.set(format!("{prefix}{name}"), hidden);
            }
        }
    }

    fn env(
        &self,
        workload: &Workload<'a>,
        source: SourceId,
        item: Node<'a>,
        environment: &mut Environment,
    ) {
        let Some(name) = item.get("name") else { return };
        let Some(key) = name.value.text() else { return };
        let place = scalar::span(source, name.value);
        let raw = &self.context.sources.get(source).text;
        let found = if let Some(value) = item.get("value") {
            let text = self.expanded(scalar::fragment(source, raw, value.value), environment);
            Variable {
                text,
                items: None,
                place,
                steps: Vec::new(),
                confidence: Confidence::High,
                rank: ENV,
            }
        } else if let Some(from) = item.get("valueFrom") {
            let reference = [("secretKeyRef", true), ("configMapKeyRef", false)]
                .iter()
                .find_map(|(kind, is_secret)| Some((from.value.get(kind)?, *is_secret)));
            let Some((reference, is_secret)) = reference else {
                environment.set(key, variable_unknown("valueFrom", place, ENV));
                return;
            };
            let named = reference.value.get("name");
            let span = named.map_or(place, |entry| scalar::span(source, entry.value));
            let store_name = named.and_then(|entry| entry.value.text()).unwrap_or("");
            let what =
                format!("the {} `{store_name}`", if is_secret { "Secret" } else { "ConfigMap" });
            let store = self.store(is_secret, store_name, workload);
            let entry = store
                .zip(text(reference.value, "key"))
                .and_then(|(store, key)| store.entries.get(key));
            match entry {
                Some(entry) => {
                    let step =
                        Step { what: format!("`{key}` is taken from {what}"), span: Some(span) };
                    variable(entry, entry.span, vec![step], ENV)
                }
                None => variable_unknown(&what, span, ENV),
            }
        } else {
            // A name alone is an empty text.
            Variable {
                text: Fragment::new(Vec::new(), place),
                items: None,
                place,
                steps: Vec::new(),
                confidence: Confidence::High,
                rank: ENV,
            }
        };
        environment.set(key, found);
    }

    /// `$(NAME)` becomes what a variable above it is.
    fn expanded(&self, fragment: Fragment, environment: &Environment) -> Fragment {
        let outer = fragment.outer();
        let pieces = fragment
            .pieces()
            .iter()
            .flat_map(|piece| match piece {
                Piece::Unknown(unknown) => {
                    let name =
                        unknown.name.strip_prefix("$(").and_then(|name| name.strip_suffix(')'));
                    match name.and_then(|name| environment.variables.get(name)) {
                        Some(variable) => variable.text.pieces().to_vec(),
                        None => vec![piece.clone()],
                    }
                }
                known => vec![known.clone()],
            })
            .collect();
        Fragment::new(pieces, outer)
    }

    fn mounts(&self, workload: &Workload<'a>, container: &Container<'a>) -> Mounted {
        let mut mounted = Mounted::default();
        for layer in &container.layers {
            for item in items(layer.node, "volumeMounts") {
                let Some(path) = item.get("mountPath") else { continue };
                let target = path.value.text().unwrap_or("").trim_end_matches('/').to_owned();
                let span = scalar::span(layer.source, path.value);
                let volume = text(item, "name").unwrap_or("");
                let brought = self.volume(workload, volume);
                let sub_path = text(item, "subPath");
                for file in brought.files {
                    let at = match sub_path {
                        Some(sub_path) if sub_path == file.path => target.clone(),
                        Some(_) => continue,
                        None => format!("{target}/{}", file.path),
                    };
                    self.mount_file(&mut mounted, file, at);
                }
                let from = MountSource::Unseen(brought.name);
                mounted.mounts.push(Mount { target, from, span, mode: brought.mode });
            }
        }
        mounted
    }

    fn mount_file(&self, mounted: &mut Mounted, file: File<'_>, at: String) {
        let source = file.store.source;
        if at.ends_with("/openmetadata.yaml")
            && let Some(block) = file.entry.block.clone()
        {
            let raw = &self.context.sources.get(source).text;
            let tree = yaml::parse_within(raw, block);
            mounted.template = Some(Input::part(source, Role::ServerFile, tree));
        }
        let keys = self.context.inputs.iter().filter(|input| input.source == source);
        for key in keys.flat_map(|input| &input.loose.keys) {
            if file.entry.whole.contains(key.span) {
                mounted.keys.push(KeyPlace { target: Some(at.clone()), ..key.clone() });
            }
        }
        if let Some(mode) = file.mode {
            let from = MountSource::Unseen(file.store.name.clone());
            mounted.mounts.push(Mount { target: at, from, span: mode.1, mode: Some(mode) });
        }
    }

    /// What a volume brings.
    fn volume(&self, workload: &Workload<'a>, name: &str) -> Volume<'_> {
        let mut brought = Volume { name: name.to_owned(), files: Vec::new(), mode: None };
        let pods = workload.pods();
        let named = pods.iter().rev().find_map(|pod| {
            let volumes = items(pod.node, "volumes");
            let volume = volumes.into_iter().find(|volume| text(*volume, "name") == Some(name))?;
            Some((volume, pod.source))
        });
        let Some((volume, source)) = named else { return brought };
        let mut parts: Vec<Node<'_>> = vec![volume];
        if let Some(projected) = volume.get("projected") {
            brought.mode = self.mode(source, projected.value, "defaultMode");
            parts.extend(items(projected.value, "sources"));
        }
        for part in parts {
            for (kind, keys, is_secret) in
                [("secret", ["secretName", "name"], true), ("configMap", ["name", "name"], false)]
            {
                let Some(entry) = part.get(kind) else { continue };
                let Some(store_name) = keys.iter().find_map(|key| text(entry.value, key)) else {
                    continue;
                };
                brought.name =
                    format!("{} {store_name}", if is_secret { "Secret" } else { "ConfigMap" });
                brought.mode = brought.mode.or(self.mode(source, entry.value, "defaultMode"));
                let Some(store) = self.store(is_secret, store_name, workload) else { continue };
                let chosen = items(entry.value, "items");
                for (key, held) in &store.entries {
                    let item = chosen.iter().find(|item| text(**item, "key") == Some(key));
                    if item.is_none() && !chosen.is_empty() {
                        continue;
                    }
                    brought.files.push(File {
                        path: item.and_then(|item| text(*item, "path")).unwrap_or(key).to_owned(),
                        store,
                        entry: held,
                        mode: item.and_then(|item| self.mode(source, *item, "mode")),
                    });
                }
            }
        }
        brought
    }

    /// A written file mode: octal with a leading zero, as YAML 1.1 has it, else decimal.
    fn mode(&self, source: SourceId, node: Node<'_>, key: &str) -> Option<(u32, Span)> {
        let entry = node.get(key)?;
        let written = entry.value.text()?;
        let digits =
            written.strip_prefix("0o").or(written.strip_prefix('0').filter(|d| !d.is_empty()));
        let mode = match digits {
            Some(octal) => u32::from_str_radix(octal, 8).ok()?,
            None => written.parse().ok()?,
        };
        Some((mode, scalar::span(source, entry.value)))
    }

    fn version(&self, workload: &Workload<'a>, image: Option<&Image>) -> KnownVersion {
        let known = super::compose::version(self.context, &[workload.parts[0].source], image);
        if known.from != "assumed: newest known" {
            return known;
        }
        let label = workload.parts.iter().find_map(|part| {
            let labels = part.node.at(&["metadata", "labels"])?.value;
            text(labels, "helm.sh/chart")?.strip_prefix("openmetadata-")?.to_owned().into()
        });
        match label.as_deref().and_then(|text: &str| Version::parse(text)) {
            Some(chart) => KnownVersion {
                version: self.context.catalogue.version_of_chart(chart),
                text: chart.to_string(),
                from: "chart version",
            },
            None => known,
        }
    }

    fn deployment(
        &self,
        workload: &Workload<'a>,
        container: &Container<'a>,
        environment: Environment,
        companions: &[(&Workload<'a>, Environment)],
        main: Option<SourceId>,
    ) -> Deployment {
        let context = self.context;
        let image = self.image(container);
        let version = self.version(workload, image.as_ref());
        let Mounted { mounts, keys, template } = self.mounts(workload, container);
        let place = container
            .layers
            .iter()
            .rev()
            .find_map(|layer| {
                let key = ["env", "envFrom", "image", "name"]
                    .iter()
                    .find_map(|key| layer.node.get(key))?;
                Some(scalar::span(layer.source, key.key))
            })
            .unwrap_or(Span::new(workload.parts[0].source, 0..0));
        let fallback = Fallback {
            version: version.version,
            confidence: Confidence::High,
            place: &|_| Origin { span: Some(place), ..Origin::default() },
        };
        let mut remarks = Vec::new();
        let settings = match &template {
            Some(input) => {
                let path = &context.sources.get(input.source).path;
                remarks.push(format!(
                    "a ConfigMap of `{path}` is mounted as the server's configuration"
                ));
                server_file::settings(
                    input,
                    context.sources,
                    context.catalogue,
                    version.version,
                    Some(&environment),
                )
            }
            None => environment.settings(context.catalogue, &fallback),
        };
        let home = workload.parts[0].source;
        let mut sources = vec![home];
        let mut add = |id: SourceId| {
            if !sources.contains(&id) {
                sources.push(id);
            }
        };
        main.into_iter().for_each(&mut add);
        workload.parts.iter().for_each(|part| add(part.source));
        for variable in environment.variables.values() {
            add(variable.place.source);
        }
        let mut evidence = Evidence { image, mounts, keys, ..Evidence::default() };
        let encoded = self.scope.stores.iter().flat_map(|store| store.entries.values());
        let encoded = encoded.filter(|entry| entry.encoded).map(|entry| entry.span).collect();
        for &id in &sources {
            if let Some(input) = context.inputs.iter().find(|input| input.source == id) {
                evidence.problems.extend(super::problems(
                    input,
                    context.sources,
                    context.catalogue,
                ));
            }
        }
        let namespace =
            workload.namespace.as_deref().map(|name| format!("{name}/")).unwrap_or_default();
        let path = &context.sources.get(main.unwrap_or(home)).path;
        let basics = Basics {
            id: format!("kubernetes:{path}#{}/{namespace}{}", workload.kind, workload.name),
            kind: Kind::Kubernetes,
            version,
            sources,
            notation: Notation::ManifestEnv,
        };
        let mut deployment = Deployment::new(basics, settings, evidence);
        deployment.unseen = environment.unseen.iter().map(|unseen| unseen.name.clone()).collect();
        deployment.remarks = remarks;
        deployment.encoded = encoded;
        deployment.illustrative = context.sources.get(home).illustrative;
        for (_, companion) in
            companions.iter().filter(|(other, _)| other.namespace == workload.namespace)
        {
            for (name, variable) in &companion.variables {
                let span = variable.text.span();
                let span = if span.range().is_empty() { variable.place } else { span };
                deployment.echoes.entry(name.clone()).or_insert(span);
            }
        }
        deployment
    }
}

fn variable(entry: &Entry, place: Span, steps: Vec<Step>, rank: u8) -> Variable {
    Variable {
        text: entry.text.clone(),
        items: None,
        place,
        steps,
        confidence: Confidence::High,
        rank,
    }
}

fn variable_unknown(what: &str, span: Span, rank: u8) -> Variable {
    Variable {
        text: Fragment::unknown(what, span),
        items: None,
        place: span,
        steps: Vec::new(),
        confidence: Confidence::High,
        rank,
    }
}
