//! The JSON Schema of a configuration file, made from the table of keys: editors know the keys
//! that the reader knows. What a schema cannot say (that a rule exists, that a file is there) is
//! left to the reader.

use serde_json::{Map, Value, json};

use super::keys::{Key, SEVERITIES, Shape, TOP};

/// The schema as one JSON value.
pub fn schema() -> Value {
    let mut schema = table(TOP);
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["title"] = json!("omlint.toml");
    schema
}

fn table(keys: &[Key]) -> Value {
    let properties: Map<String, Value> =
        keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let required: Vec<&str> = keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    });
    // The draft that most editors know does not allow an empty list.
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn property(key: &Key) -> Value {
    let mut schema = match key.shape {
        Shape::Text | Shape::Title => text(),
        Shape::Prose => json!({ "type": "string" }),
        Shape::Texts | Shape::Globs | Shape::Rules => one_or_more(&text()),
        Shape::Assignments => one_or_more(&json!({ "type": "string", "pattern": "=" })),
        Shape::Word(words) => json!({ "enum": words }),
        Shape::Version => json!({ "type": "string", "pattern": r"^\s*[vV]?\d+\.\d+" }),
        Shape::Day => json!({ "type": "string", "format": "date" }),
        Shape::Levels => json!({
            "type": "object",
            "additionalProperties": { "enum": SEVERITIES },
        }),
        Shape::Tables(keys) => json!({ "type": "array", "items": table(keys) }),
    };
    schema["description"] = json!(key.about);
    schema
}

/// A text that says something.
fn text() -> Value {
    json!({ "type": "string", "pattern": r"\S" })
}

/// One text, or a list of such.
fn one_or_more(text: &Value) -> Value {
    json!({ "anyOf": [text, { "type": "array", "items": text }] })
}
