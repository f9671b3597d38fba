//! Secrets that the values refer to, where their manifests stand near the values. Knows nothing of
//! what the chart makes of them.

use crate::deployment::catalogue::Setting;
use crate::deployment::value::{Step, Value};
use crate::source::{SourceId, Span};
use crate::syntax::yaml::{Node, Tree};

use super::super::Role;
use super::super::manifests::{Called, Entry, Part, Store, text};
use super::Reader;

impl<'a> Reader<'a, '_> {
    /// What a setting becomes from the key of a Secret, or from its only key where none is named;
    /// unknown where no manifest shows it.
    pub(super) fn held_by_secret(
        &self,
        setting: &Setting,
        name: &str,
        key: Option<&str>,
        place: Span,
    ) -> Value {
        let secret = Called::new(true, name);
        let Some(entry) = self.secret_entry(name, key) else {
            return Value::reference(secret.bare(), place);
        };
        let mut value = Value::written(setting.kind, entry.text.clone(), None, entry.span);
        let what = format!("the chart takes it from {secret}");
        value.origin.steps.push(Step { what, span: Some(place) });
        self.secrets.borrow_mut().push(entry);
        value
    }

    fn secret_entry(&self, name: &str, key: Option<&str>) -> Option<Entry> {
        if name.is_empty() {
            return None;
        }
        let mut built = self.wrapped.secrets.iter();
        if let Some((_, entries)) = built.find(|(names, _)| names.iter().any(|it| it == name)) {
            return match key {
                Some(key) => entries.iter().find(|(known, _)| known == key),
                None => entries.first().filter(|_| entries.len() == 1),
            }
            .map(|(_, entry)| entry.clone());
        }
        let folder = |id: SourceId| self.context.sources.get(id).folder();
        let home = folder(self.anchor.source);
        let parent = home.trim_end_matches('/').rfind('/').map_or("", |at| &home[..=at]);
        let is_near = |id: SourceId| folder(id).starts_with(parent);
        let manifests = self.context.inputs.iter().filter(|input| input.role == Role::Manifests);
        let near = manifests.filter(|input| is_near(input.source));
        let found: Vec<(Node<'a>, SourceId)> = near
            .flat_map(|input| {
                let roots = input.tree().into_iter().flat_map(Tree::documents);
                roots.map(|root| (root, input.source))
            })
            .filter(|(root, _)| {
                text(*root, "kind") == Some("Secret")
                    && root.at(&["metadata", "name"]).and_then(|e| e.value.text()) == Some(name)
            })
            .collect();
        let here = found.iter().find(|(_, source)| folder(*source) == home);
        let (node, source) = *here.or((found.len() == 1).then(|| &found[0]))?;
        let store = Store::of(Part { node, source }, self.context.sources);
        match key {
            Some(key) => store.entries.get(key).cloned(),
            None if store.entries.len() == 1 => store.entries.into_values().next(),
            None => None,
        }
    }
}
