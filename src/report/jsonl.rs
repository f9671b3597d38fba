//! The facts of the JSON report as one object a line, for programs that read lines: first the
//! deployments, then the findings, then notes, and one summary at the end.

use serde::Serialize;

use crate::source::mask::visible_json;

use super::View;
use super::json::{self, SCHEMA_VERSION, Tool};

/// One line; `type` says of what.
#[derive(Serialize)]
struct Line<T> {
    r#type: &'static str,
    #[serde(flatten)]
    facts: T,
}

/// The last line: a reader that does not meet it has not got the whole report.
#[derive(Serialize)]
struct Last {
    schema_version: u32,
    tool: Tool,
    #[serde(flatten)]
    summary: json::Summary,
}

/// The report.
pub fn render(view: &View<'_>) -> String {
    let mut out = String::new();
    for deployment in json::servers(view) {
        line(&mut out, "deployment", deployment);
    }
    for finding in json::items(view) {
        line(&mut out, "finding", finding);
    }
    for note in json::notes(view) {
        line(&mut out, "note", note);
    }
    let summary = json::summary(view);
    line(&mut out, "summary", Last { schema_version: SCHEMA_VERSION, tool: Tool::this(), summary });
    out
}

fn line(out: &mut String, r#type: &'static str, facts: impl Serialize) {
    let text = serde_json::to_string(&Line { r#type, facts }).expect("plain data");
    out.push_str(&visible_json(&text));
    out.push('\n');
}
