//! The contract that other tools build on: stable, sorted, without times and secrets.

use std::io::{self, BufWriter, Write};

use serde::{Serialize, Serializer};

use crate::lint::{Accepted, Finding, Further, Label, Waived};
use crate::source::discover::{Note, STALE};
use crate::source::mask::{plain, visible_json};
use crate::source::{Position, Sources};

use super::View;
use super::server::Server;

#[derive(Serialize)]
struct Report<D, F> {
    schema_version: u32,
    tool: Tool,
    deployments: D,
    findings: F,
    notes: Vec<Note>,
    summary: Summary,
}

/// The number of the contract.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// Who wrote the report.
#[derive(Serialize)]
pub(super) struct Tool {
    name: &'static str,
    version: &'static str,
}

impl Tool {
    pub(super) fn this() -> Self {
        Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") }
    }
}

/// A finding.
#[derive(Serialize)]
pub(super) struct Item {
    rule: String,
    severity: &'static str,
    confidence: &'static str,
    /// Why it is not certain; null where it is.
    doubt: Option<String>,
    deployments: Vec<String>,
    message: String,
    setting: Option<String>,
    fingerprint: String,
    primary: Place,
    related: Vec<Place>,
    remedy: String,
    /// Where the remedy goes, in words: `in its place`, ``below `environment` ``.
    remedy_place: String,
    /// What is to be written elsewhere at the same time.
    further: Vec<Beside>,
    advice: String,
    /// The rule is new in this version of omlint and fails nothing by itself.
    preview: bool,
    waived: Option<Acceptance>,
}

#[derive(Serialize)]
struct Acceptance {
    kind: &'static str,
    reason: String,
    path: Option<String>,
    line: Option<usize>,
}

impl Acceptance {
    fn new(waived: &Waived) -> Self {
        Acceptance {
            kind: waived.kind.name(),
            reason: plain(&waived.reason),
            path: waived.path.clone(),
            line: waived.line,
        }
    }
}

/// Characters of a file, with words.
#[derive(Serialize)]
pub(super) struct Place {
    path: String,
    start: Position,
    end: Position,
    message: String,
}

impl Place {
    pub(super) fn new(label: &Label, sources: &Sources) -> Self {
        let source = sources.get(label.span.source);
        let range = source.clamp(label.span.range());
        Place {
            path: source.path.clone(),
            start: source.position(range.start),
            end: source.position(range.end),
            message: plain(&label.message),
        }
    }
}

/// A text to paste elsewhere than at the primary label.
#[derive(Serialize)]
struct Beside {
    path: String,
    start: Position,
    end: Position,
    remedy: String,
    remedy_place: String,
}

impl Beside {
    fn new(further: &Further, sources: &Sources) -> Self {
        let label = Label { span: further.span, message: String::new() };
        let Place { path, start, end, .. } = Place::new(&label, sources);
        let remedy_place = plain(further.place.trim());
        Beside { path, start, end, remedy: further.text.clone(), remedy_place }
    }
}

/// How much was seen and found.
#[derive(Serialize)]
pub(super) struct Summary {
    files_scanned: usize,
    files_skipped: usize,
    deployments: usize,
    findings: serde_json::Map<String, serde_json::Value>,
    waived: usize,
    waived_by: serde_json::Map<String, serde_json::Value>,
}

/// The report.
pub fn render(view: &View<'_>) -> String {
    written(&Report {
        schema_version: SCHEMA_VERSION,
        tool: Tool::this(),
        deployments: Each(|| servers(view)),
        findings: Each(|| items(view)),
        notes: notes(view),
        summary: summary(view),
    })
}

/// The deployments.
pub(super) fn servers(view: &View<'_>) -> impl Iterator<Item = Server> {
    let both = view.deployments.iter().zip(view.cannot_tell);
    both.map(|(deployment, cannot_tell)| Server::new(view.sources, deployment, cannot_tell))
}

/// The findings.
pub(super) fn items(view: &View<'_>) -> impl Iterator<Item = Item> {
    view.findings.iter().map(|finding| item(finding, view))
}

/// Everything that was not looked at, or not to the end.
pub(super) fn notes(view: &View<'_>) -> Vec<Note> {
    let broken = view.broken.iter().map(|part| Note {
        path: String::new(),
        kind: "internal-error",
        reason: format!("internal error while {part}; the rest of the run is reported"),
    });
    view.notes.iter().chain(view.failures).cloned().chain(broken).collect()
}

/// How much was seen and found.
pub(super) fn summary(view: &View<'_>) -> Summary {
    let counts = view.counts().into_iter();
    let kinds = Accepted::ALL.into_iter();
    let skipped = view.notes.iter().filter(|note| note.kind != STALE);
    Summary {
        files_scanned: view.files_seen,
        files_skipped: skipped.count() + view.failures.len(),
        deployments: view.deployments.len(),
        findings: counts.map(|(level, number)| (level.name().to_owned(), number.into())).collect(),
        waived: view.waived.total(),
        waived_by: kinds
            .map(|kind| (kind.name().to_owned(), view.waived.of(kind).into()))
            .collect(),
    }
}

/// Indented JSON text in which nothing moves a terminal's cursor.
pub(super) fn written(report: &impl Serialize) -> String {
    // Many small pieces are looked at together; none of them is ever cut in two.
    let mut text = Visible(String::new());
    let mut out = BufWriter::new(&mut text);
    serde_json::to_writer_pretty(&mut out, report).expect("plain data");
    out.write_all(b"\n").and_then(|()| out.flush()).expect("memory takes all");
    drop(out);
    text.0
}

/// JSON text as it is written, so that a large report is in memory only once.
struct Visible(String);

impl io::Write for Visible {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        self.0.push_str(&visible_json(text));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A list whose items are made one by one, when they are written.
pub(super) struct Each<F>(pub(super) F);

impl<F: Fn() -> I, I: IntoIterator<Item: Serialize>> Serialize for Each<F> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq((self.0)())
    }
}

fn item(finding: &Finding, view: &View<'_>) -> Item {
    Item {
        rule: finding.rule.clone(),
        severity: finding.severity.name(),
        confidence: finding.confidence.name(),
        doubt: finding.doubt.as_deref().map(plain),
        deployments: finding.deployments.clone(),
        message: plain(&finding.message),
        setting: finding.setting.clone(),
        fingerprint: finding.fingerprint.clone(),
        primary: Place::new(&finding.primary, view.sources),
        related: finding.related.iter().map(|label| Place::new(label, view.sources)).collect(),
        remedy: finding.remedy.clone(),
        remedy_place: plain(finding.remedy_place.trim()),
        further: finding.further.iter().map(|further| Beside::new(further, view.sources)).collect(),
        advice: plain(&finding.advice),
        preview: finding.preview,
        waived: finding.waived.as_ref().map(Acceptance::new),
    }
}
