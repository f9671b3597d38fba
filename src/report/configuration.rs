//! What a run goes by, as a table or JSON: each value with where it comes from.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::config::From;
use crate::config::listing::{Entry, Listing};
use crate::source::mask::plain;
use crate::source::{SourceId, Sources, Span};

use super::json::written;

/// A configuration that was read, and the file if there is one.
pub struct Read<'a> {
    /// What it comes to.
    pub listing: &'a Listing,
    /// Where its places are.
    pub sources: &'a Sources,
    /// The file.
    pub file: Option<SourceId>,
}

#[derive(Serialize)]
struct Page<'a> {
    schema_version: u32,
    file: Option<&'a str>,
    values: Vec<Value>,
    #[serde(flatten)]
    sections: Map<String, Value>,
}

/// Lines for a terminal.
pub fn table(read: &Read<'_>) -> String {
    let mut out = match read.file {
        Some(id) => format!("{}\n\n", plain(&read.sources.get(id).path)),
        None => "no omlint.toml\n\n".to_owned(),
    };
    let entries: Vec<_> = read
        .listing
        .entries
        .iter()
        .map(|entry| (entry.key, said(entry), read.origin(entry.from)))
        .collect();
    let key_width = entries.iter().map(|(key, ..)| key.len()).max().unwrap_or(0);
    // One long value must not push all origins out of sight.
    let widths = entries.iter().map(|(_, value, _)| value.chars().count());
    let value_width = widths.filter(|width| *width <= WIDEST).max().unwrap_or(0);
    for (key, value, from) in entries {
        out.push_str(&format!("{key:key_width$}  {value:value_width$}  {from}\n"));
    }
    for section in &read.listing.sections {
        out.push_str(&format!("\n[[{}]]  {}\n", section.name, read.place(section.span)));
        let width = section.entries.iter().map(|(key, ..)| key.len()).max().unwrap_or(0);
        for (key, value, _) in &section.entries {
            out.push_str(&format!("  {key:width$}  {}\n", plain(&words(value))));
        }
    }
    out
}

/// A value up to so many characters takes part in the alignment.
const WIDEST: usize = 48;

/// The same for programs.
pub fn json(read: &Read<'_>) -> String {
    let values = read.listing.entries.iter().map(|entry| {
        json!({ "key": entry.key, "value": entry.value, "from": read.source_of(entry.from) })
    });
    let mut sections = Map::new();
    for section in &read.listing.sections {
        let pairs = section.entries.iter();
        let mut table: Map<String, Value> =
            pairs.map(|(key, value, _)| ((*key).to_owned(), value.clone())).collect();
        table.insert("from".to_owned(), read.source_of(From::File(section.span)));
        let list = sections.entry(section.name).or_insert_with(|| json!([]));
        list.as_array_mut().expect("made here").push(Value::Object(table));
    }
    written(&Page {
        schema_version: super::json::SCHEMA_VERSION,
        file: read.file.map(|id| read.sources.get(id).path.as_str()),
        values: values.collect(),
        sections,
    })
}

impl Read<'_> {
    fn place(&self, span: Span) -> String {
        let source = self.sources.get(span.source);
        let at = source.position(span.start as usize);
        format!("{}:{}:{}", plain(&source.path), at.line, at.column)
    }

    fn origin(&self, from: From) -> String {
        match from {
            From::Default => "default".to_owned(),
            From::Flag => "flag".to_owned(),
            From::Environment(name) => format!("environment: {name}"),
            From::File(span) => self.place(span),
        }
    }

    fn source_of(&self, from: From) -> Value {
        match from {
            From::Default => json!({ "kind": "default" }),
            From::Flag => json!({ "kind": "flag" }),
            From::Environment(name) => json!({ "kind": "environment", "variable": name }),
            From::File(span) => {
                let source = self.sources.get(span.source);
                let at = source.position(span.start as usize);
                json!({
                    "kind": "file",
                    "path": source.path,
                    "line": at.line,
                    "column": at.column,
                })
            }
        }
    }
}

/// The value of an entry, or what applies where there is none.
fn said(entry: &Entry) -> String {
    let is_nothing = match &entry.value {
        Value::Null => true,
        Value::Array(items) => items.is_empty() && entry.from == From::Default,
        Value::Object(pairs) => pairs.is_empty(),
        _ => false,
    };
    if is_nothing { format!("({})", entry.otherwise) } else { plain(&words(&entry.value)) }
}

/// A value as a person would say it.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join(", "),
        Value::Object(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| format!("{key} = {}", words(value)));
            pairs.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
