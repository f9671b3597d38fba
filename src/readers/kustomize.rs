//! Kustomizations, read as kustomize builds them: resources and components, generated
//! ConfigMaps and Secrets, patches, names and images. Knows nothing of what is in the
//! environment.

mod overlaid;
mod selector;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::deployment::value::Fragment;
use crate::source::mask::public_value;
use crate::source::{SourceId, Span, Text};
use crate::syntax::dotenv;
use crate::syntax::yaml::{self, Node};

use super::bounds::MOST_TOLD;
use super::compose::Context;
use super::manifests::{
    Change, Charts, Entry, Identity, Operation, Part, Refusal, STORES, Scope, Store, Workload,
    items, text,
};
use super::{Companions, Input, Role, Want, join, scalar};

pub(super) use overlaid::{Overlaid, of_flux, overlaid};
use selector::Selector;

/// Deepest chain of kustomizations.
const MAX_DEPTH: usize = 16;
/// Objects that the patches of one kustomization are held against, all in all.
const MOST_PATCHED: usize = 100_000;
/// Secrets or ConfigMaps that one kustomization generates.
const MOST_GENERATED: usize = 4_000;
/// What a patch's target counts for.
const SELECTING: usize = 100;
/// Bytes of a name. Kubernetes takes 253.
const MOST_NAME: usize = 4_096;
/// Names of a kustomization in its folder, in the order in which they are looked for.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Whether the file is a kustomization.
pub(super) fn is_name(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Files that a kustomization names.
pub(super) fn wants(root: Node<'_>) -> Vec<Want> {
    let mut wants = vec![Want::Beside(Companions::Manifests)];
    let mut path = |path: &str, may_be_folder: bool| {
        if path.contains("://") || path.starts_with("github.com") || path.contains('\n') {
            return;
        }
        wants.push(Want::File(path.to_owned()));
        if may_be_folder {
            for name in NAMES {
                wants.push(Want::File(format!("{}/{name}", path.trim_end_matches('/'))));
            }
        }
    };
    for list in ["resources", "bases", "components"] {
        items(root, list).iter().filter_map(|item| item.text()).for_each(|text| path(text, true));
    }
    for item in items(root, "patchesStrategicMerge") {
        item.text().into_iter().for_each(|text| path(text, false));
    }
    for list in ["patches", "patchesJson6902"] {
        for patch in items(root, list) {
            text(patch, "path").into_iter().for_each(|text| path(text, false));
        }
    }
    for generator in ["configMapGenerator", "secretGenerator"] {
        for item in items(root, generator) {
            for file in items(item, "envs").iter().chain(&items(item, "files")) {
                let name = file.text().unwrap_or("");
                path(name.split_once('=').map_or(name, |(_, file)| file), false);
            }
            text(item, "env").into_iter().for_each(|text| path(text, false));
        }
    }
    wants
}

/// Patches that stand as text in kustomizations, parsed where they stand.
#[derive(Default)]
pub(super) struct Inline {
    trees: HashMap<(SourceId, usize), yaml::Tree>,
}

impl Inline {
    pub fn of(context: &Context<'_>) -> Self {
        let mut inline = Inline::default();
        for input in context.inputs.iter() {
            let Some(tree) = input.tree() else { continue };
            match input.role {
                Role::Kustomization => {
                    tree.documents().take(1).for_each(|root| inline.take(context, input, root));
                }
                Role::Manifests => {
                    for spec in tree.documents().filter_map(of_flux) {
                        inline.take(context, input, spec);
                    }
                }
                _ => {}
            }
        }
        inline
    }

    fn take(&mut self, context: &Context<'_>, input: &Input, root: Node<'_>) {
        let raw = &context.sources.get(input.source).text;
        let patches = ["patches", "patchesJson6902"].into_iter().flat_map(|key| items(root, key));
        let patches = patches.filter_map(|item| Some(item.get("patch")?.value));
        for node in patches.chain(items(root, "patchesStrategicMerge")) {
            if node.text().is_some_and(|text| text.contains(['\n', '{'])) {
                let at = (input.source, node.range().start);
                self.trees.insert(at, yaml::parse_scalar(raw, node));
            }
        }
    }
}

/// The kustomizations that no other one builds on.
pub(super) fn outermost<'a>(context: &Context<'a>) -> Vec<&'a Input> {
    let all = || context.inputs.iter().filter(|input| input.role == Role::Kustomization);
    let inner: BTreeSet<SourceId> = all().flat_map(|input| built_on(context, input)).collect();
    all().filter(|input| !inner.contains(&input.source)).collect()
}

/// The kustomizations that this one builds on.
fn built_on(context: &Context<'_>, input: &Input) -> Vec<SourceId> {
    let Some(root) = input.tree().and_then(|tree| tree.documents().next()) else {
        return Vec::new();
    };
    let folder = context.sources.get(input.source).folder();
    let lists = ["bases", "resources", "components"].into_iter().flat_map(|list| items(root, list));
    let paths = lists.filter_map(|item| Some(join(folder, item.text()?)));
    let found = paths.filter_map(|path| found(context, &path)).filter_map(|found| match found {
        Found::File(_) => None,
        Found::Folder(inner) => Some(inner.source),
    });
    found.collect()
}

/// What a kustomization names.
enum Found<'a> {
    File(&'a Input),
    /// A folder with a kustomization of its own.
    Folder(&'a Input),
}

fn found<'a>(context: &Context<'a>, path: &str) -> Option<Found<'a>> {
    if let Some(file) = context.inputs.at(path) {
        return Some(Found::File(file));
    }
    let inner = NAMES.iter().find_map(|name| context.inputs.at(&format!("{path}/{name}")));
    inner.map(Found::Folder)
}

/// Puts together what one kustomization builds.
pub(super) struct Builder<'a, 'c> {
    pub context: &'c Context<'a>,
    pub inline: &'a Inline,
    /// Kustomizations that another one builds on.
    inner: BTreeSet<SourceId>,
    /// Files of patches.
    patches: BTreeSet<SourceId>,
    used: BTreeSet<SourceId>,
    /// Objects that patches were held against.
    applied: usize,
}

/// Every Secret and ConfigMap that manifests hold and kustomizations build.
pub(super) fn stores<'a>(context: &Context<'a>, inline: &'a Inline) -> Vec<Store<'a>> {
    let mut scope = Scope::default();
    for input in context.inputs.iter().filter(|input| input.role == Role::Manifests) {
        for node in input.tree().into_iter().flat_map(yaml::Tree::documents) {
            scope.take(Part { node, source: input.source }, context.sources, context.room);
        }
    }
    for input in context.inputs.iter().filter(|input| input.role == Role::Kustomization) {
        let built = Builder::new(context, inline).build(input);
        // What only passes through is known already.
        scope.stores.extend(built.stores.into_iter().filter(|store| store.source == input.source));
    }
    scope.stores
}

/// The objects that a kustomization works on: those from here on.
#[derive(Clone, Copy)]
struct Since {
    workloads: usize,
    stores: usize,
    doors: usize,
    wrappers: usize,
    charts: usize,
}

impl<'a, 'c> Builder<'a, 'c> {
    pub fn new(context: &'c Context<'a>, inline: &'a Inline) -> Self {
        let none = BTreeSet::new;
        Builder { context, inline, inner: none(), patches: none(), used: none(), applied: 0 }
    }

    /// What the kustomization builds.
    pub fn build(&mut self, input: &'a Input) -> Scope<'a> {
        let mut scope = Scope::default();
        self.kustomization(input, &mut scope, Since::now(&Scope::default()), 0);
        scope
    }

    /// What Flux makes of a folder: what is built there, patched once more.
    fn flux(&mut self, spec: Node<'a>, source: SourceId) -> Scope<'a> {
        let mut scope = Scope::default();
        let since = Since::now(&scope);
        let folder = join("", text(spec, "path").unwrap_or_default().trim_start_matches('/'));
        match NAMES.iter().find_map(|name| self.found(&join(&format!("{folder}/"), name))) {
            Some(inner) => {
                self.inner.insert(inner.source);
                self.kustomization(inner, &mut scope, since, 0);
            }
            // Without a kustomization Flux takes all that is there.
            None => {
                for input in self.context.inputs.in_folder(&format!("{folder}/")) {
                    if input.role == Role::Manifests {
                        self.file(input, &mut scope);
                    }
                }
            }
        }
        self.patches(spec, source, &mut scope, since);
        scope
    }

    fn found(&self, path: &str) -> Option<&'a Input> {
        self.context.inputs.at(path)
    }

    fn kustomization(
        &mut self,
        input: &'a Input,
        scope: &mut Scope<'a>,
        since: Since,
        depth: usize,
    ) {
        let Some(root) = input.tree().and_then(|tree| tree.documents().next()) else { return };
        if depth > MAX_DEPTH || !self.used.insert(input.source) {
            return;
        }
        scope.sources.insert(input.source);
        let sources = self.context.sources;
        let folder = sources.get(input.source).folder().to_owned();
        for list in ["bases", "resources", "components"] {
            for item in items(root, list) {
                let Some(path) = item.text() else { continue };
                let at = join(&folder, path);
                let inner = match found(self.context, &at) {
                    None => continue,
                    Some(Found::File(file)) => {
                        self.file(file, scope);
                        continue;
                    }
                    Some(Found::Folder(inner)) => inner,
                };
                self.inner.insert(inner.source);
                // A component works on all that was taken in before it.
                let start = if list == "components" { since } else { Since::now(scope) };
                self.kustomization(inner, scope, start, depth + 1);
            }
        }
        if !items(root, "helmCharts").is_empty() {
            scope.charts.push(Charts { source: input.source, patches: Vec::new() });
        }
        for (generator, is_secret) in [("configMapGenerator", false), ("secretGenerator", true)] {
            let mut generated = items(root, generator).into_iter();
            for item in generated.by_ref().take(MOST_GENERATED) {
                self.generate(item, is_secret, input.source, scope, since);
            }
            if let Some(beyond) = generated.next() {
                let why = Some("there are more than omlint reads");
                let span = Span::new(input.source, beyond.range());
                self.refuse(scope, "a generator", span, why);
            }
        }
        for item in items(root, "patchesStrategicMerge") {
            self.patch(Part { node: item, source: input.source }, None, scope, since);
        }
        self.patches(root, input.source, scope, since);
        self.rename(root, scope, since);
        for item in items(root, "images") {
            let containers = scope.workloads[since.workloads..].iter().map(|w| w.containers.len());
            if !self.context.room.allows(containers.sum(), input.source) {
                let span = Span::new(input.source, item.range());
                self.refuse(scope, "an image", span, Some("there are more than omlint reads"));
                break;
            }
            retag(Part { node: item, source: input.source }, scope, since);
        }
        for item in items(root, "replacements") {
            let bears =
                |path: &str| ["env", "data", "image", "Data"].iter().any(|k| path.contains(k));
            let targets = items(item, "targets").into_iter();
            let mut paths = targets.flat_map(|target| items(target, "fieldPaths"));
            if item.text().is_some()
                || item.get("path").is_some()
                || paths.any(|path| path.text().is_some_and(bears))
            {
                let span = Span::new(input.source, item.range());
                self.refuse(scope, "a replacement", span, None);
            }
        }
    }

    /// Patches that say what they are for.
    fn patches(&mut self, root: Node<'a>, source: SourceId, scope: &mut Scope<'a>, since: Since) {
        for list in ["patches", "patchesJson6902"] {
            for item in items(root, list) {
                let Some(patch) = item.get("path").or(item.get("patch")) else { continue };
                let target = item.get("target").map(|entry| entry.value);
                self.patch(Part { node: patch.value, source }, target, scope, since);
            }
        }
    }

    fn file(&mut self, input: &'a Input, scope: &mut Scope<'a>) {
        let Some(tree) = input.tree() else { return };
        if !self.used.insert(input.source) {
            return;
        }
        scope.sources.insert(input.source);
        if !self.context.room.allows(tree.size() / 16, input.source) {
            return;
        }
        for root in tree.documents() {
            scope.take(
                Part { node: root, source: input.source },
                self.context.sources,
                self.context.room,
            );
        }
    }

    /// A patch that may have changed anything and was not applied.
    fn refuse(&self, scope: &mut Scope<'a>, what: &str, span: Span, why: Option<Refusal>) {
        let path = &self.context.sources.get(span.source).path;
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        tell(&mut scope.remarks, format!("{what} of `{path}` was not applied{why}"));
        tell(&mut scope.unapplied, (format!("{what} of the kustomization"), span));
    }

    /// A patch: a path, or YAML in a text.
    fn patch(
        &mut self,
        patch: Part<'a>,
        target: Option<Node<'a>>,
        scope: &mut Scope<'a>,
        since: Since,
    ) {
        self.applied += scope.workloads.len() + scope.stores.len() + scope.doors.len();
        self.applied += scope.wrappers.len();
        let parts = scope.workloads[since.workloads..].iter().map(Workload::parts);
        // An expression takes long to prepare.
        let steps = target.map_or(0, |_| SELECTING) + parts.sum::<usize>() / 4;
        let has_room = self.context.room.allows(steps, patch.source);
        if self.applied > MOST_PATCHED || !has_room {
            let why = Some("there are more patches than omlint applies");
            self.refuse(scope, "a patch", patch.span(), why);
            return;
        }
        for charts in &mut scope.charts[since.charts..] {
            charts.patches.push((target, patch));
        }
        let documents = self.documents(patch, scope);
        if documents.is_empty() {
            self.refuse(scope, "a patch", patch.span(), Some("it is not among the files"));
        }
        let selector = match target.map(Selector::of) {
            None => None,
            Some(Some(selector)) => Some(selector),
            Some(None) => {
                let why = Some("omlint does not understand its target");
                self.refuse(scope, "a patch", patch.span(), why);
                return;
            }
        };
        for document in documents {
            if document.node.is_seq() {
                match &selector {
                    Some(selector) => self.json_patch(document, selector, scope, since),
                    None => {
                        let why = Some("a JSON patch needs a target");
                        self.refuse(scope, "a patch", document.span(), why);
                    }
                }
            } else {
                self.merge_patch(document, selector.as_ref(), scope, since);
            }
        }
    }

    fn documents(&mut self, patch: Part<'a>, scope: &mut Scope<'a>) -> Vec<Part<'a>> {
        if let Some(tree) = self.inline.trees.get(&(patch.source, patch.node.range().start)) {
            return tree.documents().map(|node| Part { node, source: patch.source }).collect();
        }
        let folder = self.context.sources.get(patch.source).folder();
        let path = patch.node.text().unwrap_or("");
        let Some(input) = self.found(&join(folder, path)) else { return Vec::new() };
        let Some(tree) = input.tree() else { return Vec::new() };
        self.used.insert(input.source);
        self.patches.insert(input.source);
        scope.sources.insert(input.source);
        tree.documents().map(|node| Part { node, source: input.source }).collect()
    }

    fn merge_patch(
        &self,
        patch: Part<'a>,
        selector: Option<&Selector>,
        scope: &mut Scope<'a>,
        since: Since,
    ) {
        let own = Identity::of(patch.node);
        let fits = |identity: &Identity<'_>| match selector {
            Some(selector) => selector.fits(identity),
            None => {
                identity.kind == own.kind
                    && identity.is_named(own.name())
                    && (own.namespace.is_none()
                        || identity.namespace.is_none()
                        || own.namespace == identity.namespace)
            }
        };
        let deletes = patch.text("$patch") == Some("delete");
        let mut applied = false;
        if deletes {
            let fits =
                |at: usize, from: usize, identity: &Identity<'_>| at >= from && fits(identity);
            remove(&mut scope.workloads, |at, w| fits(at, since.workloads, &w.identity));
            remove(&mut scope.stores, |at, s| fits(at, since.stores, &s.identity));
            remove(&mut scope.doors, |at, d| fits(at, since.doors, &d.identity));
            remove(&mut scope.wrappers, |at, w| fits(at, since.wrappers, &w.identity));
            return;
        }
        for workload in &mut scope.workloads[since.workloads..] {
            if fits(&workload.identity) {
                workload.merge(patch);
                applied = true;
            }
        }
        for store in &mut scope.stores[since.stores..] {
            if fits(&store.identity) {
                store.merge(patch, self.context.sources);
                applied = true;
            }
        }
        for door in &mut scope.doors[since.doors..] {
            if fits(&door.identity) {
                door.merge(patch);
            }
        }
        for wrapper in &mut scope.wrappers[since.wrappers..] {
            if fits(&wrapper.identity) {
                wrapper.changes.push(Change::Merge(patch));
            }
        }
        // What it patches is not among the files; what it holds will be in it.
        if !applied && selector.is_none() && STORES.contains(&own.kind.as_str()) {
            let mut store = Store::of(patch, self.context.sources);
            store.open = true;
            scope.stores.push(store);
        }
    }

    fn json_patch(
        &self,
        patch: Part<'a>,
        selector: &Selector,
        scope: &mut Scope<'a>,
        since: Since,
    ) {
        let sources = self.context.sources;
        let operations =
            patch.node.items().into_iter().map(|node| Part { node: node.resolved(), ..patch });
        let operations: Vec<Operation<'a>> = operations.filter_map(Operation::of).collect();
        let path = &sources.get(patch.source).path;
        let mut remarks = Vec::new();
        let mut refused = |identity: &Identity<'_>, operation: &Operation<'_>, why: Refusal| {
            let (kind, name) = (public_value(&identity.kind), public_value(identity.name()));
            let at = public_value(&operation.path.join("/"));
            let remark = format!(
                "a JSON patch of `{path}` was not applied to the {kind} `{name}` at `/{at}`: {why}"
            );
            tell(&mut remarks, remark);
            ("a JSON patch of the kustomization".to_owned(), operation.span)
        };
        for workload in &mut scope.workloads[since.workloads..] {
            if !selector.fits(&workload.identity) {
                continue;
            }
            workload.sources.push(patch.source);
            for operation in &operations {
                // An item moves all that stand behind it.
                let steps = 1 + workload.parts() / 16;
                if !self.context.room.allows(steps, patch.source) {
                    let why = "there are more operations than omlint applies";
                    tell(&mut workload.unapplied, refused(&workload.identity, operation, why));
                    break;
                }
                if let Err(why) = workload.operate(operation) {
                    tell(&mut workload.unapplied, refused(&workload.identity, operation, why));
                }
            }
        }
        for door in &mut scope.doors[since.doors..] {
            door.is_hidden |= selector.fits(&door.identity);
        }
        for wrapper in &mut scope.wrappers[since.wrappers..] {
            if selector.fits(&wrapper.identity) {
                wrapper.changes.extend(operations.iter().cloned().map(Change::Operate));
            }
        }
        for store in &mut scope.stores[since.stores..] {
            if !selector.fits(&store.identity) {
                continue;
            }
            for operation in &operations {
                if let Err(why) = store.operate(operation, sources) {
                    refused(&store.identity, operation, why);
                    store.open = true;
                }
            }
        }
        remarks.into_iter().for_each(|remark| tell(&mut scope.remarks, remark));
    }

    fn generate(
        &mut self,
        item: Node<'a>,
        is_secret: bool,
        source: SourceId,
        scope: &mut Scope<'a>,
        since: Since,
    ) {
        let mut store = Store {
            identity: Identity {
                kind: if is_secret { "Secret" } else { "ConfigMap" }.to_owned(),
                names: vec![text(item, "name").unwrap_or_default().to_owned()],
                namespace: text(item, "namespace").map(str::to_owned),
                metadata: None,
            },
            is_secret,
            entries: BTreeMap::new(),
            opaque: BTreeSet::new(),
            open: false,
            source,
            place: scalar::span(source, item.get("name").map_or(item, |name| name.key)),
        };
        for file in items(item, "files") {
            self.generate_file(file.text().unwrap_or(""), &mut store, scope);
        }
        let envs = items(item, "envs").into_iter().chain(item.get("env").map(|e| e.value));
        for file in envs {
            self.generate_variables(file.text().unwrap_or(""), &mut store, scope);
        }
        let raw = &self.context.sources.get(source).text;
        for literal in items(item, "literals") {
            let text = scalar::text(source, raw, literal);
            let Some(at) = text.expose().find('=') else { continue };
            let key = text.expose()[..at].to_owned();
            let mut value = text.part(at + 1..text.expose().len());
            let written = value.expose();
            let quoted = ['"', '\''].iter().any(|quote| {
                written.len() > 1 && written.starts_with(*quote) && written.ends_with(*quote)
            });
            if quoted {
                value = value.part(1..written.len() - 1);
            }
            store.entries.insert(key, plain(value));
        }
        let known = scope.stores[since.stores..].iter_mut().find(|known| {
            known.is_secret == is_secret && known.identity.is_named(store.identity.name())
        });
        match known {
            Some(base) if text(item, "behavior") == Some("merge") => {
                base.opaque.retain(|key| !store.entries.contains_key(key));
                base.entries.extend(store.entries);
                base.opaque.extend(store.opaque);
                base.open |= store.open;
            }
            Some(base) => {
                // What refers to it may still use a name that it had before.
                std::mem::swap(&mut store.identity.names, &mut base.identity.names);
                store.identity.namespace =
                    store.identity.namespace.or(base.identity.namespace.take());
                *base = store;
            }
            None => {
                // What it is merged into is not among the files.
                store.open |= text(item, "behavior") == Some("merge");
                scope.stores.push(store);
            }
        }
    }

    /// `path`, or `key=path`: the whole file under one key.
    fn generate_file(&self, written: &str, store: &mut Store<'a>, scope: &mut Scope<'a>) {
        let (key, path) = match written.split_once('=') {
            Some((key, path)) => (key.to_owned(), path),
            None => (written.rsplit('/').next().unwrap_or(written).to_owned(), written),
        };
        let sources = self.context.sources;
        let folder = sources.get(store.source).folder();
        let Some(input) = self.found(&join(folder, path)) else {
            store.opaque.insert(key);
            return;
        };
        scope.sources.insert(input.source);
        let content = &sources.get(input.source).text;
        let whole = Span::new(input.source, 0..content.len());
        let text = match input.role {
            Role::Key => Fragment::unknown("a key", whole),
            _ => scalar::marked(Text::exact(content.as_str(), input.source, 0), whole),
        };
        let block = Some(whole.range());
        store.entries.insert(key, Entry { text, span: whole, whole, encoded: false, block });
    }

    /// A file of variables, in which kustomize takes quotes for data.
    fn generate_variables(&self, path: &str, store: &mut Store<'a>, scope: &mut Scope<'a>) {
        let sources = self.context.sources;
        let folder = sources.get(store.source).folder();
        let Some(input) = self.found(&join(folder, path)) else {
            store.open = true;
            return;
        };
        scope.sources.insert(input.source);
        let content = &sources.get(input.source).text;
        for entry in dotenv::parse(content, dotenv::Dialect::Raw).entries {
            // A name alone is taken from the environment of whoever builds.
            let Some(value) = entry.value else {
                store.opaque.insert(entry.key);
                continue;
            };
            let text = Text::exact(&content[value.range.clone()], input.source, value.range.start);
            store.entries.insert(entry.key, plain(text));
        }
    }

    /// `namespace`, `namePrefix`, `nameSuffix`.
    fn rename(&self, root: Node<'a>, scope: &mut Scope<'a>, since: Since) {
        let namespace = text(root, "namespace");
        let prefix = text(root, "namePrefix").unwrap_or("");
        let suffix = text(root, "nameSuffix").unwrap_or("");
        let workloads = scope.workloads[since.workloads..].iter_mut().map(|w| &mut w.identity);
        let stores = scope.stores[since.stores..].iter_mut().map(|s| &mut s.identity);
        let doors = scope.doors[since.doors..].iter_mut().map(|d| &mut d.identity);
        let wrappers = scope.wrappers[since.wrappers..].iter_mut().map(|w| &mut w.identity);
        for identity in workloads.chain(stores).chain(doors).chain(wrappers) {
            if let Some(namespace) = namespace {
                identity.namespace = Some(namespace.to_owned());
            }
            if !(prefix.is_empty() && suffix.is_empty()) {
                let last = identity.names.last().cloned().unwrap_or_default();
                let length = prefix.len() + last.len() + suffix.len();
                // No name is longer, and what has such a one is applied nowhere.
                if length > MOST_NAME {
                    continue;
                }
                identity.names.push(format!("{prefix}{last}{suffix}"));
            }
        }
    }
}

impl Since {
    fn now(scope: &Scope<'_>) -> Self {
        Since {
            workloads: scope.workloads.len(),
            stores: scope.stores.len(),
            doors: scope.doors.len(),
            wrappers: scope.wrappers.len(),
            charts: scope.charts.len(),
        }
    }
}

fn remove<T>(list: &mut Vec<T>, fits: impl Fn(usize, &T) -> bool) {
    let mut at = 0;
    list.retain(|item| {
        at += 1;
        !fits(at - 1, item)
    });
}

/// Adds to what is told of a deployment, as much as anybody reads.
fn tell<T>(told: &mut Vec<T>, more: T) {
    if told.len() < MOST_TOLD {
        told.push(more);
    }
}

fn plain(text: Text) -> Entry {
    let span = text.span();
    let text = scalar::marked(text, span);
    Entry { text, span, whole: span, encoded: false, block: None }
}

/// An entry of `images`.
fn retag<'a>(item: Part<'a>, scope: &mut Scope<'a>, since: Since) {
    let Some(name) = item.text("name") else { return };
    for container in scope.workloads[since.workloads..].iter_mut().flat_map(|w| &mut w.containers) {
        let written = container.image_repository();
        if written.as_deref() != Some(name) {
            continue;
        }
        let image = &mut container.image_override;
        image.name = item.get("newName").or(image.name);
        if item.get("newTag").is_some() || item.get("digest").is_some() {
            image.tag = item.get("newTag");
            image.is_pinned = true;
        }
    }
}
