//! Patches of a kustomization, held against the objects that it has so far. Knows nothing of what
//! the objects mean.

use std::collections::HashMap;

use crate::source::SourceId;
use crate::source::mask::public_value;
use crate::syntax::yaml::{self, Node};

use super::super::compose::Context;
use super::super::manifests::{
    Change, Identity, Operation, Part, Refusal, STORES, Scope, Store, Workload, items,
};
use super::super::{Input, Role, join};
use super::selector::Selector;
use super::{Builder, Since, outer, outers, tell};

/// Objects that the patches of one kustomization are held against, all in all.
const MOST_PATCHED: usize = 100_000;
/// What a patch's target counts for.
const SELECTING: usize = 100;

/// Patches that stand as text in kustomizations, parsed where they stand.
#[derive(Default)]
pub(in super::super) struct Inline {
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
                    for outer in tree.documents().flat_map(outers) {
                        inline.take(context, input, outer.spec);
                        inline.take_images(input, outer.spec);
                    }
                }
                _ => {}
            }
        }
        inline
    }

    /// What a text at this place holds.
    pub(super) fn at(&self, part: Part<'_>) -> Option<&yaml::Tree> {
        self.trees.get(&(part.source, part.node.range().start))
    }

    fn take_images(&mut self, input: &Input, spec: Node<'_>) {
        for node in items(spec, "images") {
            let at = (input.source, node.range().start);
            self.trees.extend(outer::image(node).map(|tree| (at, tree)));
        }
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

impl<'a> Builder<'a, '_> {
    /// Patches that say what they are for.
    pub(super) fn patches(
        &mut self,
        root: Node<'a>,
        source: SourceId,
        scope: &mut Scope<'a>,
        since: Since,
    ) {
        for list in ["patches", "patchesJson6902"] {
            for item in items(root, list) {
                let Some(patch) = item.get("path").or(item.get("patch")) else { continue };
                let target = item.get("target").map(|entry| entry.value);
                self.patch(Part { node: patch.value, source }, target, scope, since);
            }
        }
    }

    /// A patch: a path, or YAML in a text.
    pub(super) fn patch(
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
        if let Some(tree) = self.inline.at(patch) {
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
}

fn remove<T>(list: &mut Vec<T>, fits: impl Fn(usize, &T) -> bool) {
    let mut at = 0;
    list.retain(|item| {
        at += 1;
        !fits(at - 1, item)
    });
}
