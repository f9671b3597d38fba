//! The effective settings of each deployment: value, and where it comes from step by step.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::deployment::Deployment;
use crate::deployment::catalogue::{Catalogue, Setting, SettingId, Type};
use crate::deployment::value::{Fragment, State, Unknown, Value};
use crate::lint::{Label, spelled};
use crate::source::mask::{plain, public_value, sentence};
use crate::source::{Sources, Span};

use super::json::{Each, Place, Tool, written};
use super::server::Server;
use super::{View, count};

/// The effective text of a value with its unknown parts by name; nothing of a secret.
fn text(sources: &Sources, setting: &Setting, value: &Value) -> Option<String> {
    let empty = value.text.outline().is_empty() && value.items.is_none();
    if setting.secret && !value.is_hidden() && !empty {
        return None;
    }
    let name = |unknown: &Unknown| {
        if setting.secret { reference_name(&unknown.name) } else { unknown.name.clone() }
    };
    let spelled = |fragment: &Fragment| spelled(sources, value, fragment, &name);
    match (&value.items, value.state) {
        (Some(items), State::Written | State::Default) => {
            let items: Vec<String> = items.iter().map(spelled).collect();
            Some(public_value(&format!("[{}]", items.join(", "))))
        }
        (_, State::Reference | State::Unseen) => Some(sentence(&spelled(&value.text))),
        (_, State::Written) if setting.kind == Type::Int => {
            let text = spelled(&value.text);
            // What is no number is not this setting's value, whatever it is.
            let odd = |c: char| !c.is_ascii_digit() && !matches!(c, '-' | '_' | '.');
            Some(if value.text.is_known() && text.trim().contains(odd) {
                "…".into()
            } else {
                public_value(&text)
            })
        }
        _ => Some(public_value(&spelled(&value.text))),
    }
}

/// What a secret comes from. A password may look like a reference: names that no reference of
/// that kind has are left out.
fn reference_name(name: &str) -> String {
    let upper = |name: &str| {
        name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    };
    let lower = |name: &str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if let Some(variable) = name.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
        let usual = upper(variable) || lower(variable);
        return if usual { name.to_owned() } else { "${…}".to_owned() };
    }
    if ["$(", "#{", "@@", "__"].iter().any(|mark| name.starts_with(mark)) {
        return "a mark that another program fills in".to_owned();
    }
    let odd = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | '_' | '/');
    if name.strip_prefix("Secret ").is_some_and(|name| name.contains(odd)) {
        return "a Secret".to_owned();
    }
    name.to_owned()
}

/// A value for people; nothing of a secret.
pub(super) fn shown(sources: &Sources, setting: &Setting, value: &Value) -> String {
    match (text(sources, setting, value), value.state) {
        (_, State::Empty) => "(empty)".to_owned(),
        (None, State::Default) => "(secret: the shipped default)".to_owned(),
        (None, _) => "(secret)".to_owned(),
        (Some(text), State::Reference | State::Unseen) => format!("→ {text}"),
        (Some(text), _) if text.is_empty() => "(empty)".to_owned(),
        (Some(text), _) => text,
    }
}

/// A setting that people want to see: it is set, or a rule asks about it.
pub(super) fn is_interesting(value: &Value, asked: bool) -> bool {
    match value.state {
        State::Absent => false,
        State::Default => asked,
        _ => true,
    }
}

pub(super) fn state(value: &Value) -> &'static str {
    match value.state {
        State::Written => "written",
        State::Empty => "empty",
        State::Default => "default",
        State::Reference | State::Unseen => "reference",
        State::Absent => "absent",
    }
}

/// A table for people: what is set, and what a rule asks about.
pub fn table(view: &View<'_>, catalogue: &Catalogue, asked: &[BTreeSet<SettingId>]) -> String {
    let mut out = String::new();
    for ((deployment, cannot_tell), asked) in
        view.deployments.iter().zip(view.cannot_tell).zip(asked)
    {
        heading(&mut out, view, deployment);
        let mut rows: Vec<[String; 3]> = Vec::new();
        for (id, value) in deployment.values() {
            let setting = catalogue.get(id);
            if !is_interesting(value, asked.contains(&id)) {
                continue;
            }
            let shown = shown(view.sources, setting, value);
            rows.push([setting.path.clone(), shown, origin(view.sources, deployment, value)]);
        }
        let width = |column: usize, most: usize| {
            rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).min(most)
        };
        let (first, second) = (width(0, 60), width(1, 56));
        for [name, value, from] in &rows {
            out.push_str(&format!("  {name:first$}  {value:second$}  {from}\n"));
        }
        if !cannot_tell.is_empty() {
            out.push_str("  Not to be seen in these files:\n");
            for text in cannot_tell {
                out.push_str(&format!("  - {}\n", plain(text)));
            }
        }
        out.push('\n');
    }
    if view.deployments.is_empty() {
        out.push_str(&format!(
            "no OpenMetadata configuration found in {}\n",
            count(view.files_seen, "file")
        ));
    }
    out
}

fn heading(out: &mut String, view: &View<'_>, deployment: &Deployment) {
    out.push_str(&format!("{}\n", plain(&deployment.id)));
    out.push_str(&format!(
        "  version {} ({})\n",
        plain(&deployment.version.text),
        deployment.version.from
    ));
    let sources: Vec<String> =
        deployment.sources.iter().map(|&id| plain(&view.sources.get(id).path)).collect();
    out.push_str(&format!("  made of {}\n", sources.join(", ")));
    for remark in &deployment.remarks {
        out.push_str(&format!("  note: {}\n", plain(remark)));
    }
}

/// Where a value comes from, in one line; files of the deployment's own folder by name.
pub(super) fn origin(sources: &Sources, deployment: &Deployment, value: &Value) -> String {
    let home = deployment.sources.first().map_or("", |&id| sources.get(id).folder());
    let place = |span: Span| {
        let source = sources.get(span.source);
        let at = source.position(span.start as usize);
        let path = source.path.strip_prefix(home).unwrap_or(&source.path);
        format!("{}:{}:{}", plain(path), at.line, at.column)
    };
    let mut parts: Vec<String> = Vec::new();
    match (value.state, value.origin.span) {
        (State::Default, _) => parts.push("default".into()),
        (_, Some(span)) => parts.push(place(span)),
        (_, None) => {}
    }
    for step in &value.origin.steps {
        let at = step.span.map(|span| format!(" ({})", place(span))).unwrap_or_default();
        parts.push(format!("{}{at}", sentence(&step.what)));
    }
    parts.join(" ← ")
}

#[derive(Serialize)]
struct Report<D> {
    schema_version: u32,
    tool: Tool,
    deployments: D,
}

#[derive(Serialize)]
struct Resolved {
    #[serde(flatten)]
    server: Server,
    settings: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    setting: String,
    /// The environment variable that the server reads, if there is one.
    env: Option<String>,
    state: &'static str,
    /// `null` for a secret.
    value: Option<String>,
    secret: bool,
    confidence: &'static str,
    origin: Option<Place>,
    steps: Vec<StepRow>,
}

#[derive(Serialize)]
struct StepRow {
    what: String,
    at: Option<Place>,
}

/// The same for programs, with every setting that the deployment has.
pub fn json(view: &View<'_>, catalogue: &Catalogue) -> String {
    let resolved = |(deployment, cannot_tell): (&Deployment, &Vec<String>)| Resolved {
        server: Server::new(view.sources, deployment, cannot_tell),
        settings: deployment
            .values()
            .filter(|(_, value)| value.state != State::Absent)
            .map(|(id, value)| row(view, catalogue.get(id), value))
            .collect(),
    };
    let deployments = Each(|| view.deployments.iter().zip(view.cannot_tell).map(resolved));
    written(&Report { schema_version: 1, tool: Tool::this(), deployments })
}

fn row(view: &View<'_>, setting: &Setting, value: &Value) -> Row {
    let place = |span, message: &str| {
        Place::new(&Label { span, message: message.to_owned() }, view.sources)
    };
    Row {
        setting: setting.path.clone(),
        env: setting.variable().map(str::to_owned),
        state: state(value),
        value: text(view.sources, setting, value),
        secret: setting.secret,
        confidence: value.confidence.name(),
        origin: value.origin.span.map(|span| place(span, "")),
        steps: value
            .origin
            .steps
            .iter()
            .map(|step| StepRow {
                what: sentence(&step.what),
                at: step.span.map(|span| place(span, "")),
            })
            .collect(),
    }
}
