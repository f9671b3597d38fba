//! The text to paste: the values of a rule's remedy in the notation of the file at hand.

use base64::Engine;
use sha2::{Digest, Sha256};

use crate::deployment::Notation;
use crate::deployment::catalogue::{Setting, SettingId, Type};
use crate::deployment::value::{State, Value};
use crate::rules::condition::Case;
use crate::rules::native::{Field, Hit};
use crate::rules::schema::Remedy;
use crate::source::Span;

use super::finding::hex;

/// The Secret that remedies for charts name.
const SECRET: &str = "openmetadata-secrets";

/// A text to paste, and where.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    /// The new value in place of the one that is written, or lines to add where none is.
    pub text: String,
    /// Where the text goes, in words that follow "Write". Empty where only the reader can tell.
    pub place: String,
    /// What else is to be known about it, in sentences.
    pub note: &'static str,
}

/// What to write at `span`, where the finding's first setting stands or would stand.
pub(super) fn written(
    case: &Case<'_>,
    remedy: &Remedy,
    hit: &Hit,
    lead: &Field,
    span: Span,
    unset: bool,
) -> Written {
    let catalogue = &case.knowledge.catalogue;
    let value = case.deployment.value(lead.id);
    let own = remedy.set.get(&catalogue.get(lead.id).path);
    // Who else reads it, and how, is not this deployment's notation.
    if catalogue.get(lead.id).beside.is_some() && (own.is_none() || value.state == State::Default) {
        return Written::default();
    }
    if let Some(text) = own.filter(|_| value.state != State::Default) {
        return replaced(case, lead, text, span);
    }
    let flagged = |id: SettingId| hit.fields.iter().any(|field| field.id == id);
    // What is written elsewhere is replaced there.
    let elsewhere = |id: SettingId| id != lead.id && flagged(id) && is_written(case, id);
    let entries: Vec<(SettingId, String)> = remedy
        .set
        .iter()
        .filter_map(|(path, text)| Some((catalogue.find(path)?, text.clone())))
        .filter(|(id, _)| (own.is_none() || flagged(*id)) && !elsewhere(*id))
        .collect();
    let text = added(case, &entries, span, value);
    let place = if text.is_empty() { String::new() } else { place(case, lead, span, unset) };
    let is_reference = text.contains(SECRET);
    let note = if is_reference {
        "`openmetadata-secrets` stands for a Secret of yours that holds the value under this key."
    } else {
        ""
    };
    Written { text, place, note }
}

/// What to write at the places of a finding's other settings, each with its place.
pub(super) fn further(
    case: &Case<'_>,
    remedy: &Remedy,
    hit: &Hit,
    span: Span,
) -> Vec<(Span, Written)> {
    let fields = hit.fields.iter().skip(1).filter(|field| is_written(case, field.id));
    let places = fields.filter_map(|field| {
        let setting = case.knowledge.catalogue.get(field.id);
        let text = remedy.set.get(&setting.path).filter(|_| setting.beside.is_none())?;
        let at = field.spans.first().copied().or(case.deployment.value(field.id).origin.span)?;
        (at != span).then(|| (at, replaced(case, field, text, at)))
    });
    places.collect()
}

fn is_written(case: &Case<'_>, id: SettingId) -> bool {
    matches!(case.deployment.value(id).state, State::Written | State::Empty)
}

/// A setting's value in place of the one that is written.
fn replaced(case: &Case<'_>, field: &Field, text: &str, span: Span) -> Written {
    let pen = Pen::new(case, span);
    let here = case.sources.slice(span);
    let setting = case.knowledge.catalogue.get(field.id);
    let state = case.deployment.value(field.id).state;
    let is_secret = text == "{secret}";
    // A variable that is to come from outside needs no default: the braces go, too.
    let outer = if is_secret { enclosing(case, span) } else { None };
    let text = pen.scalar(field.id, text, outer);
    let mut place = " in its place".to_owned();
    if let Some(name) = outer.filter(|_| text.starts_with("${")) {
        place = format!(" in place of the whole `${{{name}:-…}}`");
    }
    let note = match pen.notation {
        _ if !is_secret || pen.encoded => "",
        Notation::HelmValues if setting.helm.iter().any(|name| name.secret_ref) => {
            "Better than a value here is a Secret: write `secretRef` and `secretKey` in place of \
             `value`, with its name and the key in it."
        }
        Notation::ManifestEnv => {
            "Better than a value here is a Secret: write `valueFrom: { secretKeyRef: { name: NAME, \
             key: KEY } }` in place of `value`."
        }
        _ => "",
    };
    if pen.encoded {
        return Written { text: base64(&text), place, note };
    }
    let text = match (state, here) {
        (State::Empty, "\"\"" | "''") => format!("\"{text}\""),
        // Where only the name stands, the line is written anew.
        (State::Empty, _)
            if case.deployment.spelling(&case.knowledge.catalogue, field.id).ends_with(here) =>
        {
            pen.lines(&[(field.id, text)], usize::MAX)
        }
        // A list is replaced item by item: the label is on the item that is wrong.
        _ if !field.spans.is_empty() => {
            let items = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
            items.unwrap_or(&text).to_owned()
        }
        _ => text,
    };
    Written { text, place, note }
}

/// Lines that set these settings, at the place where one would set the first of them.
fn added(case: &Case<'_>, entries: &[(SettingId, String)], span: Span, value: &Value) -> String {
    let pen = Pen::new(case, span);
    let present = value.origin.present_keys;
    if value.state == State::Default {
        // A switch or an empty reference keeps the chart from setting it.
        match case.sources.slice(span) {
            "false" | "no" | "off" => {
                let lines = pen.lines(entries, present);
                let indent = indentation(case, span);
                return std::iter::once("true".to_owned())
                    .chain(lines.lines().map(|line| format!("{indent}{line}")))
                    .collect::<Vec<_>>()
                    .join("\n");
            }
            "\"\"" | "''" => return format!("\"{SECRET}\""),
            here => {
                if let Some(key) = missing_key(pen.notation, here) {
                    let lines = pen.lines(entries, present);
                    return lines
                        .lines()
                        .fold(format!("{key}:"), |out, line| format!("{out}\n  {line}"));
                }
            }
        }
        if matches!(opening(case, span), Opening::Braces { .. }) {
            return pen.within_braces(entries, present);
        }
    }
    pen.lines(entries, present)
}

/// The key that a container needs before it can have variables, where `here` stands in its place.
fn missing_key(notation: Notation, here: &str) -> Option<&'static str> {
    match notation {
        Notation::ComposeMap if is_beside(here) => Some("environment"),
        Notation::ManifestEnv if is_beside(here) => Some("env"),
        _ => None,
    }
}

fn is_beside(here: &str) -> bool {
    matches!(here, "image" | "build" | "env_file" | "envFrom")
}

fn place(case: &Case<'_>, lead: &Field, span: Span, unset: bool) -> String {
    let here = case.sources.slice(span);
    let deployment = case.deployment;
    if !unset || matches!(here, "false" | "no" | "off" | "\"\"" | "''") {
        return " in its place".to_owned();
    }
    let present = deployment.value(lead.id).origin.present_keys > 0;
    let notation = Pen::new(case, span).notation;
    let is_below = match notation {
        Notation::Assignment => return " into this file".to_owned(),
        Notation::Instruction => return " below this line".to_owned(),
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
    match (is_below, is_beside(here) || is_wrapper) {
        (true, _) => match opening(case, span) {
            Opening::Block => format!(" below `{here}`"),
            Opening::Null(word) => format!(" below `{here}`, in place of `{word}`"),
            Opening::Braces { empty: true } => format!(" between the braces of `{here}`"),
            Opening::Braces { empty: false } => {
                format!(" between the braces of `{here}`, behind a comma")
            }
            Opening::Alias => format!(" where the anchor is that `{here}` takes over"),
        },
        (false, true) => format!(" beside `{here}`"),
        (false, false) if notation == Notation::HelmValues => {
            " among the chart's values".to_owned()
        }
        (false, false) => String::new(),
    }
}

/// How the value of the key at a place begins.
enum Opening<'a> {
    /// On further lines.
    Block,
    /// With a brace or bracket.
    Braces { empty: bool },
    /// It is a word for nothing.
    Null(&'a str),
    /// It stands elsewhere.
    Alias,
}

fn opening<'a>(case: &'a Case<'_>, span: Span) -> Opening<'a> {
    let blank = [' ', '\t'];
    // Of a file that is no text only a description is kept.
    let rest = case.sources.get(span.source).text.get(span.range().end..).unwrap_or_default();
    let rest = rest.strip_prefix(['"', '\'']).unwrap_or(rest).trim_start_matches(blank);
    let Some(mut rest) = rest.strip_prefix(':').map(|rest| rest.trim_start_matches(blank)) else {
        return Opening::Block;
    };
    // An anchor or a tag.
    while rest.starts_with(['&', '!']) {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        rest = rest[end..].trim_start_matches(blank);
    }
    let word = rest.split(|c: char| c.is_whitespace() || c == ',').next().unwrap_or_default();
    match word {
        "~" | "null" | "Null" | "NULL" => Opening::Null(word),
        _ if word.starts_with('*') => Opening::Alias,
        _ if rest.starts_with(['{', '[']) => {
            Opening::Braces { empty: rest[1..].trim_start().starts_with(['}', ']']) }
        }
        _ => Opening::Block,
    }
}

/// The outermost variable of which the text at a place is the default: `A` in `${A:-${B:-here}}`.
fn enclosing<'a>(case: &Case<'a>, span: Span) -> Option<&'a str> {
    let source = case.sources.get(span.source);
    let line = source.line_range(source.line_of(span.start as usize));
    let mut before = source.text.get(line.start..span.start as usize)?;
    let mut outer = None;
    while let Some(head) = before.trim_end_matches(['"', '\'']).strip_suffix('-') {
        let head = head.strip_suffix(':').unwrap_or(head);
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let rest = head.trim_end_matches(is_name);
        let name = &head[rest.len()..];
        let Some(rest) = rest.strip_suffix("${").filter(|_| (1..=60).contains(&name.len())) else {
            break;
        };
        outer = Some(name);
        before = rest;
    }
    outer
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

impl<'a> Pen<'a> {
    fn new(case: &'a Case<'a>, span: Span) -> Self {
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
    fn scalar(&self, id: SettingId, text: &str, outer: Option<&str>) -> String {
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
    fn within_braces(&self, entries: &[(SettingId, String)], present: usize) -> String {
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
