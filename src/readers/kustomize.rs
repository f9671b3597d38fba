//! Kustomizations, read as kustomize builds them: resources and components, generated
//! ConfigMaps and Secrets, patches, names and images. Knows nothing of what is in the
//! environment.

mod generators;
mod names;
mod outer;
mod overlaid;
mod patches;
mod selector;

use std::collections::BTreeSet;

use crate::source::{SourceId, Span};
use crate::syntax::yaml::{self, Node};

use super::bounds::MOST_TOLD;
use super::compose::Context;
use super::manifests::{Change, Charts, Part, Refusal, Scope, Store, items, text};
use super::{Companions, Input, Role, Want, join};

pub(super) use outer::{Outer, outers};
pub(super) use overlaid::{Overlaid, overlaid};
pub(super) use patches::Inline;

/// Deepest chain of kustomizations.
const MAX_DEPTH: usize = 16;
/// Secrets or ConfigMaps that one kustomization generates.
const MOST_GENERATED: usize = 4_000;
/// Steps of kustomize's own that change only how objects are called, and how many there are.
const HARMLESS: [&str; 6] = [
    "PrefixTransformer",
    "SuffixTransformer",
    "PrefixSuffixTransformer",
    "LabelTransformer",
    "AnnotationsTransformer",
    "ReplicaCountTransformer",
];
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
    for item in items(root, "transformers").into_iter().chain(items(root, "generators")) {
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
        names::rename(root, scope, since);
        for item in items(root, "images") {
            let containers = scope.workloads[since.workloads..].iter().map(|w| w.containers.len());
            if !self.context.room.allows(containers.sum(), input.source) {
                let span = Span::new(input.source, item.range());
                self.refuse(scope, "an image", span, Some("there are more than omlint reads"));
                break;
            }
            names::retag(Part { node: item, source: input.source }, scope, since);
        }
        self.plugins(root, input.source, scope);
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

    /// Programs and configured steps that may change anything. Of kustomize's own some never change
    /// what a server gets.
    fn plugins(&mut self, root: Node<'a>, source: SourceId, scope: &mut Scope<'a>) {
        for item in items(root, "transformers") {
            let path = item.text().filter(|text| !text.contains('\n')).unwrap_or_default();
            let folder = self.context.sources.get(source).folder();
            let file = self.found(&join(folder, path));
            let kinds: Vec<&str> = file
                .and_then(Input::tree)
                .into_iter()
                .flat_map(yaml::Tree::documents)
                .map(|step| match text(step, "apiVersion") {
                    Some("builtin") => text(step, "kind").unwrap_or_default(),
                    _ => "",
                })
                .collect();
            if kinds.is_empty() || !kinds.iter().all(|kind| HARMLESS.contains(kind)) {
                self.used.extend(file.map(|file| file.source));
                let span = Span::new(source, item.content_range());
                self.refuse(scope, "a transformer", span, None);
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
        for wrapper in &mut scope.wrappers {
            let what = format!("{what} of the kustomization");
            tell(&mut wrapper.changes, Change::Refused(what, span));
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

/// Adds to what is told of a deployment, as much as anybody reads.
fn tell<T>(told: &mut Vec<T>, more: T) {
    if told.len() < MOST_TOLD {
        told.push(more);
    }
}
