//! Which objects a patch is for. Knows nothing of what patches do.

use crate::syntax::yaml::Node;

use super::super::manifests::{Identity, text};

/// What a patch's `target` asks for.
pub(super) struct Selector {
    kind: Option<regex::Regex>,
    name: Option<regex::Regex>,
    namespace: Option<regex::Regex>,
    /// Label or annotation, its name, whether it must be there, and its value.
    marks: Vec<(&'static str, String, bool, Option<String>)>,
}

impl Selector {
    /// None if there is a word in it that we do not know.
    pub fn of(target: Node<'_>) -> Option<Self> {
        let pattern = |key: &str| match text(target, key) {
            None | Some("") => Some(None),
            Some(text) => regex::RegexBuilder::new(&format!("^(?:{text})$"))
                .size_limit(1 << 17)
                .build()
                .ok()
                .map(Some),
        };
        let mut marks = Vec::new();
        for (key, section) in [("labelSelector", "labels"), ("annotationSelector", "annotations")] {
            let Some(terms) = text(target, key) else { continue };
            for term in terms.split(',').map(str::trim).filter(|term| !term.is_empty()) {
                if term.contains(['(', ' ']) {
                    return None;
                }
                let parts =
                    ["!=", "==", "="].iter().find_map(|sign| Some((*sign, term.split_once(sign)?)));
                marks.push(match parts {
                    Some((sign, (name, value))) => {
                        (section, name.to_owned(), sign != "!=", Some(value.to_owned()))
                    }
                    None => match term.strip_prefix('!') {
                        Some(name) => (section, name.to_owned(), false, None),
                        None => (section, term.to_owned(), true, None),
                    },
                });
            }
        }
        Some(Selector {
            kind: pattern("kind")?,
            name: pattern("name")?,
            namespace: pattern("namespace")?,
            marks,
        })
    }

    pub fn fits(&self, identity: &Identity<'_>) -> bool {
        let meets = |pattern: &Option<regex::Regex>, text: &str| {
            pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
        };
        meets(&self.kind, &identity.kind)
            && identity.names.iter().any(|name| meets(&self.name, name))
            && meets(&self.namespace, identity.namespace.as_deref().unwrap_or("default"))
            && self.marks.iter().all(|(section, name, wanted, value)| {
                let section = identity.metadata.and_then(|node| Some(node.get(section)?.value));
                let found = section.and_then(|section| text(section, name));
                let holds = match value {
                    Some(value) => found == Some(value),
                    None => found.is_some(),
                };
                holds == *wanted
            })
    }
}
