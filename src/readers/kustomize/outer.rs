//! What is laid over a kustomization by those who build it: Kustomizations of Flux and
//! Applications of Argo CD. Knows nothing of the objects.

use std::sync::Arc;

use crate::source::SourceId;
use crate::syntax::yaml::{Node, Sketch, Style, Tree};

use super::super::join;
use super::super::manifests::{Change, Part, Scope, items, text};
use super::super::postbuild::Filling;
use super::super::{Input, Role};
use super::{Builder, NAMES, Since, names};

/// What changes an object.
const CHANGES: [&str; 7] = [
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "images",
    "components",
    "namePrefix",
    "postBuild",
];

/// A folder to build, and what is laid over it.
#[derive(Clone, Copy)]
pub(in super::super) struct Outer<'a> {
    /// What the document is called.
    pub name: &'a str,
    /// The folder in the repository.
    path: &'a str,
    /// Where patches, images and the like stand.
    pub spec: Node<'a>,
}

/// What a document tells to build and to change: what only builds changes nothing.
pub(in super::super) fn outers(root: Node<'_>) -> Vec<Outer<'_>> {
    let name = root.get("metadata").and_then(|it| text(it.value, "name")).unwrap_or_default();
    let all: Vec<Outer<'_>> = match text(root, "kind") {
        Some("Kustomization") => {
            let spec = root.get("spec").map(|entry| entry.value);
            spec.and_then(|spec| Some(Outer { name, path: text(spec, "path")?, spec }))
                .into_iter()
                .collect()
        }
        Some("Application") => of_application(name, root.get("spec").map(|entry| entry.value)),
        Some("ApplicationSet") => {
            of_application(name, root.at(&["spec", "template", "spec"]).map(|entry| entry.value))
        }
        _ => Vec::new(),
    };
    let changes = |outer: &Outer<'_>| CHANGES.iter().any(|key| outer.spec.get(key).is_some());
    all.into_iter().filter(changes).collect()
}

fn of_application<'a>(name: &'a str, spec: Option<Node<'a>>) -> Vec<Outer<'a>> {
    let Some(spec) = spec else { return Vec::new() };
    let one = spec.get("source").map(|entry| entry.value);
    let sources = one.into_iter().chain(items(spec, "sources"));
    let outer = |source: Node<'a>| {
        let spec = source.get("kustomize")?.value;
        Some(Outer { name, path: source.get("path")?.value.text()?, spec })
    };
    sources.filter_map(outer).collect()
}

/// An image as Argo CD writes it, `[name=]new name[:tag][@digest]`, as kustomize does.
pub(super) fn image(node: Node<'_>) -> Option<Tree> {
    let written = node.text()?;
    let (name, new) = match written.split_once('=') {
        Some((name, new)) => (Some(name), new),
        None => (None, written),
    };
    let (rest, digest) = match new.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (new, None),
    };
    let (new, tag) = match rest.rsplit_once(':') {
        Some((new, tag)) if !tag.contains('/') => (new, Some(tag)),
        _ => (rest, None),
    };
    let mut sketch = Sketch::default();
    let range = node.range();
    let mut pairs = Vec::new();
    let mut put = |key: &str, text: &str| {
        let key = sketch.scalar(key, Style::Given, range.clone());
        pairs.push((key, sketch.scalar(text, Style::Given, range.clone())));
    };
    put("name", name.unwrap_or(new));
    if name.is_some() && !new.is_empty() {
        put("newName", new);
    }
    tag.into_iter().for_each(|tag| put("newTag", tag));
    digest.into_iter().for_each(|digest| put("digest", digest));
    let root = sketch.map(pairs, range.clone());
    Some(sketch.finish(root))
}

impl<'a> Builder<'a, '_> {
    /// What is made of a folder: what is built there, changed once more. None if it is not among
    /// the files.
    pub fn outer(&mut self, outer: Outer<'a>, source: SourceId) -> Option<Scope<'a>> {
        let mut scope = Scope::default();
        let since = Since::now(&scope);
        let home = self.context.sources.get(source).folder();
        let path = outer.path.trim_start_matches('/');
        // What is scanned may be more than the repository.
        let ends = home.match_indices('/').map(|(at, _)| at + 1);
        let roots = std::iter::once(0).chain(ends).map(|end| &home[..end]);
        let folder = roots.map(|root| join(root, path)).map(|folder| match folder.as_str() {
            "" => folder,
            _ => format!("{folder}/"),
        });
        let folders: Vec<String> = folder.collect();
        let kustomization = |folder: &String| {
            let found = NAMES.iter().find_map(|name| self.found(&join(folder, name)))?;
            Some((folder.clone(), found))
        };
        let folder = match folders.iter().find_map(kustomization) {
            Some((folder, inner)) => {
                self.inner.insert(inner.source);
                self.kustomization(inner, &mut scope, since, 0);
                folder
            }
            // Without a kustomization Flux takes all that is there.
            None => {
                let in_folder = |folder: &String| -> Vec<&'a Input> {
                    let all = self.context.inputs.in_folder(folder);
                    all.filter(|input| input.role == Role::Manifests).collect()
                };
                let folder = folders.iter().find(|folder| !in_folder(folder).is_empty())?;
                for input in in_folder(folder) {
                    if input.source != source {
                        self.file(input, &mut scope);
                    }
                }
                folder.clone()
            }
        };
        for component in items(outer.spec, "components") {
            let Some(path) = component.text() else { continue };
            let at = join(&folder, path);
            match NAMES.iter().find_map(|name| self.found(&join(&format!("{at}/"), name))) {
                Some(inner) => {
                    self.inner.insert(inner.source);
                    self.kustomization(inner, &mut scope, since, 1);
                }
                None => self.refuse(
                    &mut scope,
                    "a component",
                    Part { node: component, source }.span(),
                    Some("it is not among the files"),
                ),
            }
        }
        for item in items(outer.spec, "patchesStrategicMerge") {
            self.patch(Part { node: item, source }, None, &mut scope, since);
        }
        self.patches(outer.spec, source, &mut scope, since);
        names::rename(outer.spec, &mut scope, since);
        for item in items(outer.spec, "images") {
            let known = self.inline.at(Part { node: item, source });
            let item = known.and_then(|tree| tree.documents().next()).unwrap_or(item);
            names::retag(Part { node: item, source }, &mut scope, since);
        }
        let entries = scope.stores.iter().flat_map(|store| store.entries.values());
        let is_open = !scope.wrappers.is_empty()
            || !scope.workloads.is_empty()
            || entries.map(|entry| &entry.text).any(Filling::may_fill);
        if is_open {
            scope.filling = Filling::of(self.context, outer.spec, source).map(Arc::new);
        }
        if let Some(filling) = &scope.filling {
            let wrappers = scope.wrappers.iter_mut();
            for it in wrappers.filter(|it| !Filling::passes_over(&it.identity, source)) {
                it.changes.push(Change::Fill(Arc::clone(filling)));
            }
            let stores = scope.stores.iter_mut();
            let stores = stores.filter(|it| !Filling::passes_over(&it.identity, source));
            for entry in stores.flat_map(|store| store.entries.values_mut()) {
                entry.text = filling.fragment(&entry.text, self.context.sources);
            }
        }
        Some(scope)
    }
}
