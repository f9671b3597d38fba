//! Annotations of a GitHub workflow: commands in the log of a step. GitHub shows ten of a kind
//! for each step, so the worst come first, and the rest are plain lines of the log.

use crate::lint::Finding;
use crate::rules::schema::Severity;
use crate::source::mask::{is_visible, plain};

use super::{View, pretty, to_write};

/// GitHub shows so many annotations of a kind for each step.
const MOST_SHOWN: usize = 10;

const KINDS: [&str; 3] = ["error", "warning", "notice"];

/// The report.
pub fn render(view: &View<'_>) -> String {
    let mut out = String::new();
    let mut rest: Vec<&Finding> = Vec::new();
    let troubles: Vec<String> = view
        .failures
        .iter()
        .map(|note| format!("{}: {}", note.path, note.reason))
        .chain(view.broken.iter().map(|part| format!("internal error while {part}")))
        .collect();
    for kind in KINDS {
        let mut commands: Vec<(String, Option<&Finding>)> = Vec::new();
        if kind == "error" {
            let troubles = troubles.iter().map(|text| (trouble(text), None));
            commands.extend(troubles);
        }
        let findings = view.worst_first().into_iter().filter(|finding| kind_of(finding) == kind);
        commands.extend(findings.map(|finding| (annotation(view, kind, finding), Some(finding))));
        // The last of the ten says how many more there are.
        let shown = if commands.len() > MOST_SHOWN { MOST_SHOWN - 1 } else { commands.len() };
        for (at, (command, finding)) in commands.iter().enumerate() {
            if at < shown {
                out.push_str(command);
            } else {
                rest.extend(finding);
            }
        }
        if commands.len() > shown {
            let more = commands.len() - shown;
            out.push_str(&format!("::{kind} title=omlint::{more} more in the log of this step\n"));
        }
    }
    for finding in rest {
        log(&mut out, &place_and_message(view, finding));
    }
    for note in view.notes {
        log(&mut out, &format!("{} {}: {}", note.kind, note.path, note.reason));
    }
    log(&mut out, pretty::summary(view).trim_end());
    out
}

fn kind_of(finding: &Finding) -> &'static str {
    match finding.severity {
        _ if finding.waived.is_some() => "notice",
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "notice",
    }
}

fn annotation(view: &View<'_>, kind: &str, finding: &Finding) -> String {
    let source = view.sources.get(finding.primary.span.source);
    let range = source.clamp(finding.primary.span.range());
    let (start, end) = (source.position(range.start), source.position(range.end));
    let mut place = format!(
        "file={},line={},endLine={}",
        property(&view.repository.path(&source.path)),
        start.line,
        end.line
    );
    // Columns over several lines are drawn in the wrong place.
    if start.line == end.line {
        place.push_str(&format!(",col={},endColumn={}", start.column, end.column));
    }
    let title = format!("{} ({})", finding.rule, finding.severity.name());
    let mut text = format!("{}\n{}", plain(&finding.message), plain(&finding.advice));
    for written in to_write(finding, view) {
        text.push_str(&format!("\n{}:", written.order));
        for line in written.lines {
            text.push_str(&format!("\n    {line}"));
        }
    }
    if let Some(waived) = &finding.waived {
        text.push_str(&format!("\nThis finding is {}", plain(&waived.words())));
    }
    format!("::{kind} {place},title={}::{}\n", property(&title), data(&text))
}

fn trouble(text: &str) -> String {
    format!("::error title=omlint::{}\n", data(&plain(text)))
}

fn place_and_message(view: &View<'_>, finding: &Finding) -> String {
    let source = view.sources.get(finding.primary.span.source);
    let at = source.position(finding.primary.span.start as usize);
    format!(
        "{}:{}:{}: {}[{}] {}",
        source.path,
        at.line,
        at.column,
        finding.severity.name(),
        finding.rule,
        finding.message
    )
}

/// A line of the log that is no command, whatever it holds: a command begins with `::`, or holds
/// `##[` anywhere.
fn log(out: &mut String, text: &str) {
    out.push_str(&format!("- {}\n", plain(text).replace("##[", "## [")));
}

/// Text after a command's `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Text of a command's property.
fn property(text: &str) -> String {
    let text: String = text.chars().map(|c| if is_visible(c) { c } else { '?' }).collect();
    data(&text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_property_is_escaped() {
        assert_eq!(property("a,b:c%d\re\nf\u{1b}"), "a%2Cb%3Ac%25d%0De%0Af?");
        assert_eq!(data("100% of a, b: c\n"), "100%25 of a, b: c%0A");
    }

    #[test]
    fn a_line_of_the_log_is_no_command() {
        let mut out = String::new();
        log(&mut out, "::add-mask::x ##[group]\n::error::y");
        assert_eq!(out, "- ::add-mask::x ## [group] ::error::y\n");
    }
}
