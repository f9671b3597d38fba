//! The text to paste: the values of a rule's remedy in the notation of the file at hand.

mod pen;

use crate::deployment::Notation;
use crate::deployment::catalogue::SettingId;
use crate::deployment::value::{State, Value};
use crate::rules::condition::Case;
use crate::rules::native::{Field, Hit};
use crate::rules::schema::Remedy;
use crate::source::Span;

use pen::{Pen, base64};

/// The Secret that remedies for charts name.
const SECRET: &str = "openmetadata-secrets";
const OWN_SECRET: &str =
    "`openmetadata-secrets` stands for a Secret of yours that holds the value under this key.";

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
    if own.is_none() && value.state != State::Default {
        return Written::default();
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
    let mut place = if text.is_empty() { String::new() } else { place(case, lead, span, unset) };
    let is_secret = own.is_some_and(|text| text == "{secret}");
    if place == " into this file" && is_secret && !case.sources.get(span.source).kept_out {
        place.push_str(", and keep it out of the repository");
    }
    let note = if text.contains(SECRET) { OWN_SECRET } else { "" };
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
        Notation::HelmValues if is_referable(case, field.id, span) => {
            "Better than a value here is a Secret: leave the value empty, and write `secretRef` and \
             `secretKey` beside it, with its name and the key in it."
        }
        Notation::HelmValues | Notation::ManifestEnv if is_entry(case, field.id, span) => {
            "Better than a value here is a Secret: write `valueFrom: { secretKeyRef: { name: NAME, \
             key: KEY } }` in place of `value`."
        }
        _ => "",
    };
    // What it holds is for everybody who can read the repository.
    if pen.notation == Notation::Assignment && is_secret && !case.sources.get(span.source).kept_out
    {
        place.push_str(", and keep this file out of the repository");
    }
    if pen.encoded {
        return Written { text: base64(&text), place, note };
    }
    let is_referable =
        is_secret && pen.notation == Notation::HelmValues && is_referable(case, field.id, span);
    if let Some(text) = referred(case, field.id, span).filter(|_| is_referable) {
        return Written { text, place, note: OWN_SECRET };
    }
    let text = match (state, here) {
        (State::Empty, "\"\"" | "''") => format!("\"{text}\""),
        // Where only the name stands, the line is written anew.
        (State::Empty, _)
            if case.deployment.spelling(&case.knowledge.catalogue, field.id).ends_with(here) =>
        {
            place = " in place of this line".to_owned();
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

/// Where the chart takes a secret as `value` or from a Secret beside it, which wins, the second;
/// none where the key above is not this one, as in a list of parameters.
fn is_referable(case: &Case<'_>, id: SettingId, span: Span) -> bool {
    let setting = case.knowledge.catalogue.get(id);
    let path = case.deployment.spelling(&case.knowledge.catalogue, id);
    let Some(path) = path.strip_suffix(".value") else { return false };
    let parent = path.rsplit('.').next().unwrap_or(path);
    let source = case.sources.get(span.source);
    let line = source.line_of(span.start as usize);
    let depth = indentation(case, span).len();
    let above = (0..line).rev().map(|line| &source.text[source.line_range(line)]);
    let above = above.map(str::trim_end).find(|text| {
        let own = text.trim_start();
        !own.is_empty() && !own.starts_with('#') && text.len() - own.len() < depth
    });
    let is_below = above.is_some_and(|text| text.trim_start() == format!("{parent}:"));
    let here = &source.text[source.line_range(line)];
    setting.helm.iter().any(|name| name.secret_ref && name.name.ends_with(parent))
        && (is_below || here.trim_start().starts_with(&format!("{parent}:")))
}

/// Whether the place is the value in `- name: VARIABLE` and `value: …`, as in a pod's `env`.
fn is_entry(case: &Case<'_>, id: SettingId, span: Span) -> bool {
    let source = case.sources.get(span.source);
    let line = source.line_of(span.start as usize);
    let lines = line.saturating_sub(1)..=(line + 1).min(source.line_count() - 1);
    let near: Vec<&str> = lines.map(|line| &source.text[source.line_range(line)]).collect();
    let names = &case.knowledge.catalogue.get(id).env;
    let is_name = |line: &&str| {
        let value =
            line.split_once("name:").map(|(_, rest)| rest.trim_start_matches([' ', '"', '\'']));
        value.is_some_and(|value| names.iter().any(|name| value.starts_with(&name.name)))
    };
    near.iter().any(is_name)
}

/// No value, and the Secret beside it. None within quotes, which would have to go.
fn referred(case: &Case<'_>, id: SettingId, span: Span) -> Option<String> {
    let here = case.sources.slice(span);
    let before = case.sources.get(span.source).text.get(..span.start as usize)?;
    let is_plain = here == "\"\"" || here == "''" || !before.ends_with(['"', '\'']);
    let key = case.knowledge.catalogue.get(id).variable()?;
    let (name, key) = (format!("secretRef: {SECRET}"), format!("secretKey: {key}"));
    is_plain.then(|| match is_within_braces(case, span) {
        true => format!("\"\", {name}, {key}"),
        false => beside("\"\"", &format!("{name}\n{key}"), &indentation(case, span)),
    })
}

/// Lines that set these settings, at the place where one would set the first of them.
fn added(case: &Case<'_>, entries: &[(SettingId, String)], span: Span, value: &Value) -> String {
    let pen = Pen::new(case, span);
    let present = value.origin.present_keys;
    if value.state == State::Default {
        // A switch or an empty reference keeps the chart from setting it.
        match case.sources.slice(span) {
            "false" | "no" | "off" => {
                if is_within_braces(case, span) {
                    return format!("true, {}", pen.within_braces(entries, present));
                }
                return beside("true", &pen.lines(entries, present), &indentation(case, span));
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

/// A value, and lines that go with it at the same depth.
fn beside(value: &str, lines: &str, indent: &str) -> String {
    lines.lines().fold(value.to_owned(), |out, line| format!("{out}\n{indent}{line}"))
}

/// Whether the line up to a place opens a brace that it does not close.
fn is_within_braces(case: &Case<'_>, span: Span) -> bool {
    let source = case.sources.get(span.source);
    let line = source.line_range(source.line_of(span.start as usize));
    let before = source.text.get(line.start..span.start as usize).unwrap_or_default();
    before.matches('{').count() > before.matches('}').count()
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
