//! For people at a terminal: the characters, what is wrong with them, why it matters here,
//! and what to write instead. Source lines are printed masked.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use ariadne::{Color, Config, IndexType, Label, Report, ReportKind};

use crate::lint::Finding;
use crate::rules::Knowledge;
use crate::rules::schema::Severity;
use crate::source::mask::{Shown, plain};
use crate::source::{Source, SourceId, Sources, Span, spread};

use super::{Showing, View, count, to_write};

/// Full reports; what comes after them is one line each.
const MOST_FULL: usize = 200;
/// Longer lines are cut around their label.
const LONGEST_LINE: usize = 200;
pub(super) const WIDTH: usize = 96;

/// The report.
pub fn render(view: &View<'_>, knowledge: &Knowledge) -> String {
    let mut out = findings(view, knowledge);
    cannot_tell(&mut out, view);
    if let Some(finding) = view.standing().max_by_key(|finding| finding.severity) {
        let hint = format!(
            "`omlint explain {}` says more about a rule; a comment `omlint: ignore[RULE] reason` on \
             the line of a finding accepts it.",
            plain(&finding.rule)
        );
        out.push_str(&format!("{}\n\n", wrap(&hint, WIDTH)));
    }
    out.push_str(&summary(view));
    out
}

/// The findings alone.
pub fn findings(view: &View<'_>, knowledge: &Knowledge) -> String {
    let full = &view.findings[..view.findings.len().min(MOST_FULL)];
    let mut told = HashSet::new();
    let full: Vec<(&Finding, bool)> =
        full.iter().map(|finding| (*finding, told.insert(finding.rule.as_str()))).collect();
    let spans = full.iter().flat_map(|(finding, _)| spans(finding));
    let masked = Masked::new(view.sources, view.shown, spans);
    // The findings of one file follow each other.
    let lead = |(finding, _): &(&Finding, bool)| finding.primary.span.source;
    let files: Vec<_> = full.chunk_by(|one, other| lead(one) == lead(other)).collect();
    let mut out = spread::map(&files, |file| {
        let mut out = Vec::new();
        for (finding, first) in *file {
            one(&mut out, view, knowledge, &masked, finding, *first);
            out.push(b'\n');
        }
        printable(out, view.color)
    })
    .concat();
    if view.findings.len() > MOST_FULL {
        let rest = View { findings: view.findings[MOST_FULL..].to_vec(), ..view.clone() };
        out.push_str(&super::concise::render(&rest));
        out.push('\n');
    }
    out
}

/// A drawing as it is printed.
pub(super) fn printable(drawn: Vec<u8>, color: bool) -> String {
    let drawn = String::from_utf8_lossy(&drawn);
    if color {
        return drawn.into_owned();
    }
    // The drawing library colours its headers whatever it is told. Nobody else writes such signs.
    let mut parts = drawn.split("\u{1b}[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    out
}

/// The places of a finding's labels.
fn spans(finding: &Finding) -> impl Iterator<Item = Span> {
    std::iter::once(&finding.primary).chain(&finding.related).map(|label| label.span)
}

fn color(severity: Severity) -> Color {
    match severity {
        Severity::Critical => Color::Magenta,
        Severity::High => Color::Red,
        Severity::Medium => Color::Yellow,
        Severity::Low => Color::Cyan,
        Severity::Info => Color::Blue,
    }
}

fn one(
    out: &mut Vec<u8>,
    view: &View<'_>,
    knowledge: &Knowledge,
    masked: &Masked<'_>,
    finding: &Finding,
    first: bool,
) {
    let lead = finding.primary.span.source;
    let mut labels: Vec<(Span, String, bool)> =
        vec![(finding.primary.span, plain(&finding.primary.message), true)];
    labels.extend(finding.related.iter().map(|label| (label.span, plain(&label.message), false)));
    // The drawing repeats a file's header when its labels are not together.
    labels.sort_by_key(|(span, _, _)| (span.source != lead, span.source, span.start));
    let spans: Vec<Span> = labels.iter().map(|(span, ..)| *span).collect();
    let mut files = masked.files(&spans);

    let place = files.place(finding.primary.span);
    let kind = ReportKind::Custom(finding.severity.name(), color(finding.severity));
    let config =
        Config::new().with_index_type(IndexType::Byte).with_color(view.color).with_compact(false);
    let mut report = Report::build(kind, place)
        .with_config(config)
        .with_code(&finding.rule)
        .with_message(plain(&finding.message));
    for (span, message, is_primary) in labels {
        let label = Label::new(files.place(span)).with_message(message);
        report = report.with_label(if is_primary {
            label.with_color(color(finding.severity)).with_priority(1)
        } else {
            label.with_color(Color::Fixed(250))
        });
    }
    let mut help = wrap(&plain(&finding.advice), WIDTH);
    for written in to_write(finding, view) {
        help.push_str(&format!("\n{}:", written.order));
        for line in written.lines {
            help.push_str(&format!("\n    {line}"));
        }
    }
    report = report.with_help(help);
    let mut note = String::new();
    if let Some(waived) = &finding.waived {
        note.push_str(&format!("This finding is {}. ", waived.words().trim_end_matches('.')));
    }
    if finding.preview {
        note.push_str("The rule is a preview in this version and fails nothing by itself. ");
    }
    if first && let Some(sheet) = knowledge.sheet(&finding.rule) {
        note.push_str(&plain(&sheet.texts.why));
        note.push(' ');
    }
    if let Some(doubt) = &finding.doubt {
        let level = finding.confidence.name();
        note.push_str(&format!("Confidence is {level}, because {}. ", doubt.trim()));
    }
    if finding.deployments.len() > 1 {
        note.push_str(&format!("The same place serves {}. ", finding.deployments.join(", ")));
    }
    if !note.is_empty() {
        report = report.with_note(wrap(&plain(note.trim()), WIDTH));
    }
    // Writing to memory does not fail.
    let _ = report.finish().write(&mut files, out);
}

fn cannot_tell(out: &mut String, view: &View<'_>) {
    for (deployment, said) in view.deployments.iter().zip(view.cannot_tell) {
        if said.is_empty() || deployment.illustrative {
            continue;
        }
        out.push_str(&format!("What the files of {} cannot show:\n", plain(&deployment.id)));
        for text in said {
            let text = wrap(&plain(text), WIDTH);
            out.push_str(&format!("  - {}\n", text.replace('\n', "\n    ")));
        }
        out.push('\n');
    }
}

/// The last line: how much was seen, what was found, what is not listed.
pub(super) fn summary(view: &View<'_>) -> String {
    let files = count(view.files_seen, "file");
    if view.deployments.is_empty() && view.findings.is_empty() && view.waived.total() == 0 {
        return format!("no OpenMetadata configuration found in {files}\n");
    }
    let mut line = format!("{} in {files}: ", count(view.deployments.len(), "deployment"));
    let counts: Vec<String> = view
        .counts()
        .into_iter()
        .filter(|(_, number)| *number > 0)
        .map(|(severity, number)| format!("{number} {}", severity.name()))
        .collect();
    line.push_str(&if counts.is_empty() {
        format!("nothing at {} or above", view.least.name())
    } else {
        counts.join(", ")
    });
    if view.waived.total() > 0 {
        line.push_str(&format!("; {}", view.waived.words()));
    }
    if view.hidden > 0 {
        line.push_str(&format!(
            "; {} not listed (--min-severity info --min-confidence low lists all)",
            view.hidden
        ));
    }
    line.push('\n');
    line
}

/// Breaks text between words.
pub(super) fn wrap(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}

/// What may be printed of files, found out once each by whoever asks first.
pub(super) struct Masked<'a> {
    sources: &'a Sources,
    shown: &'a Showing<'a>,
    parts: HashMap<SourceId, Part>,
}

/// Of a file what all reports draw.
#[derive(Default)]
struct Part {
    lines: BTreeSet<usize>,
    /// What of these lines may be printed.
    shown: OnceLock<Shown>,
    /// The file as all of them draw it; none where a line is so long that each cuts its own part
    /// out of it.
    whole: OnceLock<Option<Arc<File>>>,
}

impl<'a> Masked<'a> {
    /// Of the files in which these places lie.
    pub(super) fn new(
        sources: &'a Sources,
        shown: &'a Showing<'a>,
        spans: impl Iterator<Item = Span>,
    ) -> Self {
        let mut parts: HashMap<_, Part> = HashMap::new();
        for span in spans {
            let source = sources.get(span.source);
            let lines = lines_around(source, &trimmed(source, span.range()));
            parts.entry(span.source).or_default().lines.extend(lines);
        }
        Masked { sources, shown, parts }
    }

    pub(super) fn files(&self, spans: &[Span]) -> Files {
        let mut files = Files { list: HashMap::new() };
        for span in spans {
            let id = span.source;
            if files.list.contains_key(&id) {
                continue;
            }
            let source = self.sources.get(id);
            let part = &self.parts[&id];
            let ranges = || part.lines.iter().map(|line| source.line_range(*line));
            let shown = part.shown.get_or_init(|| (self.shown)(id, &ranges().collect::<Vec<_>>()));
            let whole = part.whole.get_or_init(|| {
                let is_short = ranges().all(|range| range.len() <= LONGEST_LINE);
                is_short.then(|| Arc::new(File::new(source, shown, &part.lines, &[])))
            });
            let file = whole.clone().unwrap_or_else(|| {
                let own = spans.iter().filter(|other| other.source == id);
                let own: Vec<_> = own.map(|other| trimmed(source, other.range())).collect();
                let lines = own.iter().flat_map(|range| lines_around(source, range)).collect();
                Arc::new(File::new(source, shown, &lines, &own))
            });
            files.list.insert(id, file);
        }
        files
    }
}

/// A span that a label can be drawn on: on character boundaries, on one line if it begins in
/// a long block.
fn trimmed(source: &Source, range: Range<usize>) -> Range<usize> {
    let mut range = source.clamp(range);
    let first = source.line_range(source.line_of(range.start));
    if range.end > first.end {
        range.end = first.end.max(range.start);
    }
    range
}

/// The lines that are drawn of a label.
fn lines_around(source: &Source, label: &Range<usize>) -> impl Iterator<Item = usize> + use<> {
    let ends = [source.line_of(label.start), source.line_of(label.end)];
    let last = source.line_count() - 1;
    ends.into_iter().flat_map(move |line| line.saturating_sub(1)..=last.min(line + 1))
}

struct File {
    path: String,
    drawn: ariadne::Source<String>,
    /// Lines that were cut: (line's range in the source, where it begins in the copy, what
    /// remains of it, where that begins in the copy).
    cuts: Vec<Cut>,
}

struct Cut {
    line: Range<usize>,
    kept: Range<usize>,
    at: usize,
}

impl File {
    fn new(
        source: &Source,
        shown: &Shown,
        lines: &BTreeSet<usize>,
        labels: &[Range<usize>],
    ) -> File {
        let masked = |range: &Range<usize>| shown.mask(&source.text[range.clone()], range.start);
        let mut text = String::new();
        let mut cuts = Vec::new();
        // Far-away lines are not drawn: what is after the last label is left out, and lines
        // before and between the labels are empty.
        let mut next = 0;
        for &line in lines {
            let range = source.line_range(line);
            if next < line {
                let start = source.line_range(next).start;
                cuts.push(Cut { line: start..range.start, kept: start..start, at: text.len() });
                text.extend(std::iter::repeat_n('\n', line - next));
            }
            next = line + 1;
            let at = text.len();
            if range.len() <= LONGEST_LINE {
                text.push_str(&masked(&range));
                cuts.push(Cut { kept: range.clone(), line: range, at });
            } else {
                let label = labels
                    .iter()
                    .find(|label| range.start <= label.start && label.start <= range.end);
                let start = label
                    .map_or(range.start, |label| label.start.saturating_sub(60).max(range.start));
                let kept = source.clamp(start..(start + LONGEST_LINE - 60).min(range.end));
                let kept = kept.start..kept.end.min(range.end);
                text.push('…');
                let at = text.len();
                text.push_str(&masked(&kept));
                text.push('…');
                cuts.push(Cut { line: range, kept, at });
            }
            text.push('\n');
        }
        File { path: plain(&source.path), drawn: ariadne::Source::from(text), cuts }
    }

    /// Where a place of the source stands in the drawn copy.
    fn place(&self, range: Range<usize>) -> Range<usize> {
        let find = |offset: usize| {
            let at = self.cuts.partition_point(|cut| cut.line.start <= offset).saturating_sub(1);
            let cut = &self.cuts[at.min(self.cuts.len() - 1)];
            cut.at + offset.clamp(cut.kept.start, cut.kept.end) - cut.kept.start
        };
        let start = find(range.start);
        start..find(range.end).max(start)
    }
}

/// The files of one report, for the drawing library.
pub(super) struct Files {
    list: HashMap<SourceId, Arc<File>>,
}

impl Files {
    pub(super) fn place(&self, span: Span) -> (SourceId, Range<usize>) {
        let file = &self.list[&span.source];
        let range = file.place(span.range());
        // A label over several lines would be drawn as a bracket around all of them.
        let text = file.drawn.text();
        let end = text[range.start..].find('\n').map_or(text.len(), |at| range.start + at);
        (span.source, range.start..range.end.min(end).max(range.start))
    }
}

impl ariadne::Cache<SourceId> for &mut Files {
    type Storage = String;

    fn fetch(&mut self, id: &SourceId) -> Result<&ariadne::Source<String>, impl std::fmt::Debug> {
        self.list.get(id).map(|file| &file.drawn).ok_or("an unknown file")
    }

    fn display<'a>(&self, id: &'a SourceId) -> Option<impl std::fmt::Display + 'a> {
        self.list.get(id).map(|file| file.path.clone())
    }
}
