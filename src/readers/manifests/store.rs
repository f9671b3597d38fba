//! Secrets and ConfigMaps, and what will become them (SealedSecret, ExternalSecret): what each key
//! holds, in clear or in base64, as far as the files show it.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;

use crate::deployment::value::Fragment;
use crate::source::mask::public_value;
use crate::source::{SourceId, Sources, Span, Text};
use crate::syntax::yaml;

use super::super::{opaque, scalar};
use super::patch::{Operation, Refusal, TOO_DEEP, Verb};
use super::{Identity, Part};

/// What messages call a Secret or ConfigMap that is referred to: its name is a text of a file.
pub(in crate::readers) struct Called {
    kind: &'static str,
    name: String,
}

impl Called {
    pub fn new(is_secret: bool, name: &str) -> Self {
        let kind = if is_secret { "Secret" } else { "ConfigMap" };
        Called { kind, name: public_value(name) }
    }

    /// Where it stands for the value that it holds.
    pub fn bare(&self) -> String {
        format!("{} {}", self.kind, self.name)
    }
}

impl std::fmt::Display for Called {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the {} `{}`", self.kind, self.name)
    }
}

/// What a Secret or ConfigMap holds under a key.
#[derive(Clone)]
pub(in crate::readers) struct Entry {
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
pub(in crate::readers) struct Store<'a> {
    pub identity: Identity<'a>,
    pub is_secret: bool,
    pub entries: BTreeMap<String, Entry>,
    /// Keys that exist but whose values nobody can see.
    pub opaque: BTreeSet<String>,
    /// There may be more keys than the files show.
    pub open: bool,
    pub source: SourceId,
    /// Where one would add an entry.
    pub place: Span,
}

impl<'a> Store<'a> {
    /// Whether the files show that it has no such key.
    pub fn lacks(&self, key: &str) -> bool {
        !self.open && !self.opaque.contains(key) && !self.entries.contains_key(key)
    }

    pub fn of(part: Part<'a>, sources: &Sources) -> Self {
        let identity = Identity::of(part.node);
        let mut store = Store {
            is_secret: identity.kind != "ConfigMap",
            identity,
            entries: BTreeMap::new(),
            opaque: BTreeSet::new(),
            open: false,
            source: part.source,
            place: place(part),
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

fn place(part: Part<'_>) -> Span {
    let section = ["stringData", "data"].iter().find_map(|key| part.node.get(key));
    scalar::span(part.source, section.map_or(part.node, |section| section.key))
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
