//! The text to paste: the values of a rule's remedy in the notation of the file at hand.

use base64::Engine;
use sha2::{Digest, Sha256};

use crate::deployment::Notation;
use crate::deployment::catalogue::{Setting, SettingId, Type};
use crate::deployment::value::State;
use crate::rules::condition::Case;
use crate::rules::native::{Field, Hit};
use crate::rules::schema::Remedy;
use crate::source::Span;

use super::finding::hex;

/// The Secret that remedies for charts name.
const SECRET: &str = "openmetadata-secrets";

/// What to paste at `span`: the new value in place of the one that is written, or lines to
/// add below where none is.
pub(super) fn snippet(
    case: &Case<'_>,
    remedy: &Remedy,
    hit: &Hit,
    lead: &Field,
    span: Span,
) -> String {
    let catalogue = &case.knowledge.catalogue;
    let value = case.deployment.value(lead.id);
    let pen = Pen {
        case,
        notation: if case.deployment.assignments.contains(&span.source) {
            Notation::Assignment
        } else {
            case.deployment.notation
        },
        encoded: case.deployment.encoded.contains(&span),
    };
    let own = remedy.set.get(&catalogue.get(lead.id).path);
    // Who else reads it, and how, is not this deployment's notation.
    if catalogue.get(lead.id).beside.is_some() && (own.is_none() || value.state == State::Default) {
        return String::new();
    }
    let here = case.sources.slice(span);
    let flagged = |id: SettingId| hit.fields.iter().any(|field| field.id == id);
    let entries = || -> Vec<(SettingId, String)> {
        remedy
            .set
            .iter()
            .filter_map(|(path, text)| Some((catalogue.find(path)?, text.clone())))
            .filter(|(id, _)| own.is_none() || flagged(*id))
            .collect()
    };
    if value.state == State::Default {
        // A switch or an empty reference keeps the chart from setting it.
        match here {
            "false" | "no" | "off" => {
                let lines = pen.lines(&entries(), value.origin.present_keys);
                let indent = indentation(case, span);
                return std::iter::once("true".to_owned())
                    .chain(lines.lines().map(|line| format!("{indent}{line}")))
                    .collect::<Vec<_>>()
                    .join("\n");
            }
            "\"\"" | "''" => return format!("\"{SECRET}\""),
            _ => {}
        }
        if let Some(key) = missing_key(pen.notation, here) {
            let lines = pen.lines(&entries(), value.origin.present_keys);
            return lines.lines().fold(format!("{key}:"), |out, line| format!("{out}\n  {line}"));
        }
    } else if let Some(text) = own {
        let text = pen.scalar(lead.id, text);
        if case.deployment.encoded.contains(&span) {
            return base64(&text);
        }
        return match (value.state, here) {
            (State::Empty, "\"\"" | "''") => format!("\"{text}\""),
            // Where only the name stands, the line is written anew.
            (State::Empty, _) if case.deployment.spelling(catalogue, lead.id).ends_with(here) => {
                pen.lines(&[(lead.id, text)], usize::MAX)
            }
            // A list is replaced item by item: the label is on the item that is wrong.
            _ if !lead.spans.is_empty() => {
                let items = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
                items.unwrap_or(&text).to_owned()
            }
            _ => text,
        };
    }
    pen.lines(&entries(), value.origin.present_keys)
}

/// The key that a container needs before it can have variables, where `here` stands in its place.
fn missing_key(notation: Notation, here: &str) -> Option<&'static str> {
    let is_beside = matches!(here, "image" | "build" | "env_file");
    match notation {
        Notation::ComposeMap if is_beside => Some("environment"),
        Notation::ManifestEnv if is_beside => Some("env"),
        _ => None,
    }
}

/// Where the text goes, in words that follow "Write". Empty where only the reader can tell.
pub(super) fn place(case: &Case<'_>, lead: &Field, span: Span, unset: bool) -> String {
    let here = case.sources.slice(span);
    let deployment = case.deployment;
    if !unset || matches!(here, "false" | "no" | "off" | "\"\"" | "''") {
        return " in its place".to_owned();
    }
    let present = deployment.value(lead.id).origin.present_keys > 0;
    let notation = if deployment.assignments.contains(&span.source) {
        Notation::Assignment
    } else {
        deployment.notation
    };
    let is_below = match notation {
        Notation::Assignment => return " into this file".to_owned(),
        Notation::ComposeMap | Notation::ComposeList => here == "environment",
        Notation::ManifestEnv => here == "env",
        Notation::ManifestData => matches!(here, "data" | "stringData"),
        Notation::ServerFile if !present => return " at the top level".to_owned(),
        Notation::ServerFile => true,
        Notation::HelmValues => {
            present
                || matches!(
                    here,
                    "config"
                        | "global"
                        | "openmetadata"
                        | "values"
                        | "valuesObject"
                        | "valuesInline"
                        | "release_values"
                )
        }
    };
    // A wrapper whose keys would have to be written first.
    let is_wrapper = matches!(here, "chart" | "chart_ref")
        && deployment.helm_missing.first().is_some_and(|key| key != "openmetadata");
    let is_beside = matches!(here, "image" | "build" | "env_file") || is_wrapper;
    match (is_below, is_beside) {
        (true, _) => format!(" below `{here}`"),
        (false, true) => format!(" beside `{here}`"),
        (false, false) if notation == Notation::HelmValues => {
            " among the chart's values".to_owned()
        }
        (false, false) => String::new(),
    }
}

/// The blanks before the line in which a span begins.
fn indentation(case: &Case<'_>, span: Span) -> String {
    let source = case.sources.get(span.source);
    let line = &source.text[source.line_range(source.line_of(span.start as usize))];
    line[..line.len() - line.trim_start().len()].to_owned()
}

/// Base64, unless there is something to fill in first.
fn base64(text: &str) -> String {
    if text.contains('<') {
        return format!("<base64 of {}>", text.replace(['<', '>'], ""));
    }
    base64::engine::general_purpose::STANDARD.encode(text)
}

struct Pen<'a> {
    case: &'a Case<'a>,
    notation: Notation,
    /// Values stand in base64 here.
    encoded: bool,
}

impl Pen<'_> {
    fn setting(&self, id: SettingId) -> &Setting {
        self.case.knowledge.catalogue.get(id)
    }

    fn variable(&self, id: SettingId) -> &str {
        let setting = self.setting(id);
        setting.variable().unwrap_or(&setting.path)
    }

    /// A remedy's value with its marks filled in.
    fn scalar(&self, id: SettingId, text: &str) -> String {
        let variable = self.variable(id);
        match text {
            "{uuid}" => uuid(&format!("{}\0{variable}", self.case.deployment.id)),
            "{secret}" => match self.notation {
                Notation::ComposeMap | Notation::ComposeList => {
                    format!("${{{variable}:?set it in a .env file that git ignores}}")
                }
                Notation::ServerFile => format!("${{{variable}}}"),
                Notation::Assignment
                | Notation::HelmValues
                | Notation::ManifestEnv
                | Notation::ManifestData => format!("<your own {variable}>"),
            },
            other => other.to_owned(),
        }
    }

    /// Lines that set these settings; `present` keys on the way to them stand there already.
    fn lines(&self, entries: &[(SettingId, String)], present: usize) -> String {
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
                    let text = self.scalar(id, text);
                    let text = if self.encoded { base64(&text) } else { text };
                    format!("{}: \"{text}\"", self.variable(id))
                })
                .collect(),
            Notation::ComposeList => named
                .map(|(id, text)| format!("- {}={}", self.variable(id), self.scalar(id, text)))
                .collect(),
            Notation::Assignment => named
                .map(|(id, text)| format!("{}={}", self.variable(id), self.scalar(id, text)))
                .collect(),
            Notation::HelmValues | Notation::ServerFile => {
                let pairs: Vec<(Vec<String>, String)> =
                    named.flat_map(|(id, text)| self.nested(id, text)).collect();
                indented(&pairs, present)
            }
        };
        lines.join("\n")
    }

    /// An entry of a container's `env`; a secret becomes a reference.
    fn manifest_entry(&self, id: SettingId, text: &str) -> Vec<String> {
        let name = format!("- name: {}", self.variable(id));
        if text == "{secret}" {
            let variable = self.variable(id);
            let reference = format!("    secretKeyRef: {{ name: {SECRET}, key: {variable} }}");
            return vec![name, "  valueFrom:".into(), reference];
        }
        vec![name, format!("  value: \"{}\"", self.scalar(id, text))]
    }

    fn quoted(&self, id: SettingId, text: &str) -> String {
        let text = self.scalar(id, text);
        let is_text = match self.setting(id).kind {
            Type::String => true,
            // To compose every value is a text; a bare list would be one of YAML's.
            Type::List => self.notation == Notation::ComposeMap,
            Type::Bool | Type::Int | Type::Map => false,
        };
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

/// Nested keys, without the first `present` that stand there already.
fn indented(pairs: &[(Vec<String>, String)], present: usize) -> Vec<String> {
    let mut out = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let skip = pairs.iter().map(|(keys, _)| present.min(keys.len() - 1)).min().unwrap_or(0);
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
