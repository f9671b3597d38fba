//! Names that a kustomization gives to what it has: of objects, namespaces and images. Knows
//! nothing of what they mean.

use crate::syntax::yaml::Node;

use super::super::manifests::{Part, Scope, text};
use super::Since;

/// Bytes of a name. Kubernetes takes 253.
const MOST_NAME: usize = 4_096;

/// `namespace`, `namePrefix`, `nameSuffix`.
pub(super) fn rename<'a>(root: Node<'a>, scope: &mut Scope<'a>, since: Since) {
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

/// An entry of `images`.
pub(super) fn retag<'a>(item: Part<'a>, scope: &mut Scope<'a>, since: Since) {
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
