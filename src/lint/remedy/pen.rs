//! How settings are written down in the notation of the file at hand. Knows nothing of findings.

use base64::Engine;
use sha2::{Digest, Sha256};

use crate::deployment::Notation;
use crate::deployment::catalogue::{Setting, SettingId, Type};
use crate::deployment::value::State;
use crate::lint::finding::hex;
use crate::rules::condition::Case;
use crate::source::Span;

use super::SECRET;

/// Base64, unless there is something to fill in first.
pub(super) fn base64(text: &str) -> String {
    if text.contains('<') {
        return format!("<base64 of {}>", text.replace(['<', '>'], ""));
    }
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// Writes settings down as the file at hand has them.
pub(super) struct Pen<'a> {
    case: &'a Case<'a>,
    /// How the file at hand has them.
    pub(super) notation: Notation,
    /// Values stand in base64 here.
    pub(super) encoded: bool,
}

impl<'a> Pen<'a> {
    pub(super) fn new(case: &'a Case<'a>, span: Span) -> Self {
        let deployment = case.deployment;
        let notation = if deployment.assignments.contains(&span.source) {
            Notation::Assignment
        } else {
            deployment.notation
        };
        Pen { case, notation, encoded: deployment.encoded.contains(&span) }
    }

    fn setting(&self, id: SettingId) -> &Setting {
        self.case.knowledge.catalogue.get(id)
    }

    fn variable(&self, id: SettingId) -> &str {
        let setting = self.setting(id);
        setting.variable().unwrap_or(&setting.path)
    }

    /// A remedy's value with its marks filled in; a secret comes in through the variable `outer`,
    /// where there is one already.
    pub(super) fn scalar(&self, id: SettingId, text: &str, outer: Option<&str>) -> String {
        let variable = outer.unwrap_or(self.variable(id));
        match text {
            "{uuid}" => uuid(&format!("{}\0{variable}", self.case.deployment.id)),
            "{secret}" => match self.notation {
                Notation::ComposeMap | Notation::ComposeList => {
                    format!("${{{variable}:?set it in a .env file that git ignores}}")
                }
                Notation::ServerFile => format!("${{{variable}}}"),
                Notation::Assignment
                | Notation::Instruction
                | Notation::HelmValues
                | Notation::ManifestEnv
                | Notation::ManifestData => format!("<your own {variable}>"),
            },
            other => {
                match other.strip_prefix("{folder of ").and_then(|rest| rest.split_once('}')) {
                    Some((path, rest)) => format!("{}{rest}", self.folder(path)),
                    None => other.to_owned(),
                }
            }
        }
    }

    /// The folder in which the file lies that a setting names; the manual's where nobody knows.
    fn folder(&self, path: &str) -> String {
        let value = self.case.value(path);
        let file = value.text.unquoted();
        let outline = file.outline();
        let is_path = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
        match outline.rsplit_once('/') {
            Some((folder, _))
                if value.state == State::Written
                    && file.is_known()
                    && folder.chars().all(is_path) =>
            {
                folder.to_owned()
            }
            _ => self.case.knowledge.catalogue.own_keys.folder.clone(),
        }
    }

    /// Lines that set these settings; `present` keys on the way to them stand there already.
    pub(super) fn lines(&self, entries: &[(SettingId, String)], present: usize) -> String {
        let named = entries.iter().map(|(id, text)| (*id, text.as_str()));
        let lines: Vec<String> = match self.notation {
            Notation::ComposeMap => named
                .map(|(id, text)| format!("{}: {}", self.variable(id), self.quoted(id, text)))
                .collect(),
            Notation::ManifestEnv => {
                named.flat_map(|(id, text)| self.manifest_entry(id, text)).collect()
            }
            Notation::ManifestData => named
                .map(|(id, text)| {
                    let text = self.scalar(id, text, None);
                    let text = if self.encoded { base64(&text) } else { text };
                    format!("{}: \"{text}\"", self.variable(id))
                })
                .collect(),
            Notation::ComposeList => named
                .map(|(id, text)| {
                    format!("- {}={}", self.variable(id), self.scalar(id, text, None))
                })
                .collect(),
            Notation::Assignment => named
                .map(|(id, text)| format!("{}={}", self.variable(id), self.scalar(id, text, None)))
                .collect(),
            Notation::Instruction => named
                .map(|(id, text)| {
                    format!("ENV {}=\"{}\"", self.variable(id), self.scalar(id, text, None))
                })
                .collect(),
            Notation::HelmValues | Notation::ServerFile => {
                let pairs: Vec<(Vec<String>, String)> =
                    named.flat_map(|(id, text)| self.nested(id, text)).collect();
                indented(&pairs, present)
            }
        };
        lines.join("\n")
    }

    /// The same on one line, for between braces or brackets.
    pub(super) fn within_braces(&self, entries: &[(SettingId, String)], present: usize) -> String {
        let named = entries.iter().map(|(id, text)| (*id, text.as_str()));
        let items: Vec<String> = match self.notation {
            Notation::HelmValues | Notation::ServerFile => {
                let pairs: Vec<_> = named.flat_map(|(id, text)| self.nested(id, text)).collect();
                let skip = skipped(&pairs, present);
                let pairs: Vec<_> =
                    pairs.iter().map(|(keys, text)| (&keys[skip..], text)).collect();
                return flow(&pairs);
            }
            Notation::ComposeList => named
                .map(|(id, text)| {
                    format!("\"{}={}\"", self.variable(id), self.scalar(id, text, None))
                })
                .collect(),
            Notation::ManifestEnv => named
                .map(|(id, text)| {
                    let name = self.variable(id);
                    if text == "{secret}" {
                        let reference = format!("secretKeyRef: {{ name: {SECRET}, key: {name} }}");
                        return format!("{{ name: {name}, valueFrom: {{ {reference} }} }}");
                    }
                    format!("{{ name: {name}, value: \"{}\" }}", self.scalar(id, text, None))
                })
                .collect(),
            Notation::ComposeMap
            | Notation::ManifestData
            | Notation::Assignment
            | Notation::Instruction => {
                return self.lines(entries, present).replace('\n', ", ");
            }
        };
        items.join(", ")
    }

    /// An entry of a container's `env`; a secret becomes a reference.
    fn manifest_entry(&self, id: SettingId, text: &str) -> Vec<String> {
        let name = format!("- name: {}", self.variable(id));
        if text == "{secret}" {
            let variable = self.variable(id);
            let reference = format!("    secretKeyRef: {{ name: {SECRET}, key: {variable} }}");
            return vec![name, "  valueFrom:".into(), reference];
        }
        vec![name, format!("  value: \"{}\"", self.scalar(id, text, None))]
    }

    fn quoted(&self, id: SettingId, text: &str) -> String {
        let text = self.scalar(id, text, None);
        // To compose every value is a text; a bare list would be one of YAML's, and of older
        // versions a bare `true` is an error.
        let is_text =
            self.notation == Notation::ComposeMap || self.setting(id).kind == Type::String;
        if is_text { format!("\"{text}\"") } else { text }
    }

    /// Keys and value in nested YAML; a secret of the chart becomes a reference.
    fn nested(&self, id: SettingId, text: &str) -> Vec<(Vec<String>, String)> {
        let setting = self.setting(id);
        let missing = match (self.notation, &setting.beside) {
            (Notation::HelmValues, None) => self.case.deployment.helm_missing.as_slice(),
            _ => &[],
        };
        let keys = |path: &str| -> Vec<String> {
            missing.iter().cloned().chain(path.split('.').map(str::to_owned)).collect()
        };
        let by_reference = setting.helm.iter().find(|name| name.secret_ref);
        if self.notation == Notation::HelmValues
            && text == "{secret}"
            && let Some(name) = by_reference
        {
            let below = |key: &str| {
                let mut keys = keys(&name.name);
                keys.push(key.to_owned());
                keys
            };
            return vec![
                (below("secretRef"), SECRET.to_owned()),
                (below("secretKey"), self.variable(id).to_owned()),
            ];
        }
        let path = self.case.deployment.spelling(&self.case.knowledge.catalogue, id);
        vec![(keys(&path), self.quoted(id, text))]
    }
}

/// How many keys are left out of each way where so many stand already.
fn skipped(pairs: &[(Vec<String>, String)], present: usize) -> usize {
    pairs.iter().map(|(keys, _)| present.min(keys.len() - 1)).min().unwrap_or(0)
}

/// Nested keys on one line.
fn flow(pairs: &[(&[String], &String)]) -> String {
    let parts = pairs.chunk_by(|(one, _), (other, _)| one.first() == other.first());
    let parts: Vec<String> = parts
        .map(|part| match part {
            [([key], text)] => format!("{key}: {text}"),
            _ => {
                let inner: Vec<_> = part.iter().map(|(keys, text)| (&keys[1..], *text)).collect();
                format!("{}: {{ {} }}", part[0].0[0], flow(&inner))
            }
        })
        .collect();
    parts.join(", ")
}

/// Nested keys, without the first `present` that stand there already.
fn indented(pairs: &[(Vec<String>, String)], present: usize) -> Vec<String> {
    let mut out = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let skip = skipped(pairs, present);
    for (keys, text) in pairs {
        let Some((last, above)) = keys[skip..].split_last() else { continue };
        let common = open.iter().zip(above).take_while(|(a, b)| a == b).count();
        open.truncate(common);
        for key in &above[common..] {
            out.push(format!("{}{key}:", "  ".repeat(open.len())));
            open.push(key.clone());
        }
        out.push(format!("{}{last}: {text}", "  ".repeat(open.len())));
    }
    out
}

/// A random-looking UUID that is the same for the same place: key ids are public, they only
/// must differ between servers.
fn uuid(seed: &str) -> String {
    let digest = Sha256::digest(seed);
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let text = hex(&bytes);
    format!("{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
}
