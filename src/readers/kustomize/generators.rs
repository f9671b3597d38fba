//! ConfigMaps and Secrets that a kustomization generates. Knows nothing of what is in them.

use std::collections::{BTreeMap, BTreeSet};

use crate::deployment::value::Fragment;
use crate::source::{SourceId, Span, Text};
use crate::syntax::dotenv;
use crate::syntax::yaml::Node;

use super::super::manifests::{Entry, Identity, Scope, Store, items, text};
use super::super::{Role, join, scalar};
use super::{Builder, Since};

/// A variable takes more room than it does elsewhere: it is kept to the end.
const STEPS_OF_LINE: usize = 8;

impl<'a> Builder<'a, '_> {
    pub(super) fn generate(
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
        // Any number of generators may take in one file.
        if !self.context.room.holds(content.len(), store.source) {
            store.opaque.insert(key);
            return;
        }
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
        let lines = memchr::memchr_iter(b'\n', content.as_bytes()).count();
        if !self.context.room.allows(lines * STEPS_OF_LINE, store.source) {
            store.open = true;
            return;
        }
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
}

fn plain(text: Text) -> Entry {
    let span = text.span();
    let text = scalar::marked(text, span);
    Entry { text, span, whole: span, encoded: false, block: None }
}
