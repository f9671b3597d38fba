//! SARIF 2.1.0 as GitHub's code scanning takes it: every result has a place, every place a
//! path from the repository's root, and nothing of a file's text is quoted.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::deployment::version::Confidence;
use crate::lint::{Accepted, Finding, Label};
use crate::rules::Knowledge;
use crate::rules::schema::Severity;
use crate::source::mask::plain;

use super::{View, count, json, to_write};

/// GitHub refuses a file with more.
const MOST_RESULTS: usize = 25_000;
/// GitHub shows so many tags of a rule.
const MOST_TAGS: usize = 10;
/// GitHub refuses a longer description of a rule.
const LONGEST_DESCRIPTION: usize = 1024;
/// Places that a result's message names; all of them are in the result.
const MOST_LINKS: usize = 5;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    automation_details: Id,
    invocations: [Invocation; 1],
    column_kind: &'static str,
    results: Vec<Outcome>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    information_uri: Option<&'static str>,
    rules: Vec<RuleSheet>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RuleSheet {
    id: String,
    name: String,
    short_description: Words,
    full_description: Words,
    help: Help,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<String>,
    default_configuration: Configuration,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Words {
    text: String,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties {
    tags: Vec<String>,
    precision: &'static str,
    #[serde(rename = "problem.severity")]
    problem: &'static str,
    #[serde(rename = "security-severity", skip_serializing_if = "Option::is_none")]
    security: Option<&'static str>,
}

#[derive(Serialize)]
struct Id {
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    exit_code: u8,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Words,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: String,
    rule_index: usize,
    level: &'static str,
    message: Words,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
    properties: OutcomeProperties,
}

#[derive(Serialize)]
struct OutcomeProperties {
    severity: &'static str,
    confidence: &'static str,
    deployments: Vec<String>,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    justification: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Words>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

/// The report.
pub fn render(view: &View<'_>, knowledge: &Knowledge) -> String {
    let mut listed = view.worst_first();
    let left_out = listed.len().saturating_sub(MOST_RESULTS);
    listed.truncate(MOST_RESULTS);
    // Back into the order of places.
    let mut listed: Vec<&Finding> = if left_out == 0 { view.findings.clone() } else { listed };
    if left_out > 0 {
        listed.sort_by_key(|finding| (view.path(finding).to_owned(), finding.primary.span.start));
    }
    let rules = rules(&listed, knowledge);
    let repository = env!("CARGO_PKG_REPOSITORY");
    let version = env!("CARGO_PKG_VERSION");
    let results = listed
        .iter()
        .map(|finding| {
            let at = rules.binary_search_by_key(&finding.rule.as_str(), |rule| rule.id.as_str());
            result(view, finding, at.expect("the rules of these findings, sorted by id"))
        })
        .collect();
    json::written(&Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: env!("CARGO_PKG_NAME"),
                    version,
                    semantic_version: version,
                    information_uri: (!repository.is_empty()).then_some(repository),
                    rules,
                },
            },
            automation_details: Id { id: format!("omlint/{}/", category(view.category)) },
            invocations: [Invocation {
                execution_successful: view.exit_code < 2,
                exit_code: view.exit_code,
                tool_execution_notifications: notifications(view, left_out),
            }],
            column_kind: "unicodeCodePoints",
            results,
        }],
    })
}

/// The rules that findings name, by id.
fn rules(findings: &[&Finding], knowledge: &Knowledge) -> Vec<RuleSheet> {
    let mut worst: BTreeMap<&str, Severity> = BTreeMap::new();
    for finding in findings {
        let level = worst.entry(&finding.rule).or_insert(finding.severity);
        *level = finding.severity.max(*level);
    }
    worst.into_iter().map(|(id, severity)| sheet(id, severity, knowledge)).collect()
}

/// A rule whose worst finding has that severity: it is what GitHub shows beside each of them.
fn sheet(id: &str, severity: Severity, knowledge: &Knowledge) -> RuleSheet {
    let sheet = knowledge.sheet(id);
    let rule = knowledge.rule(id);
    let texts = sheet.as_ref().map(|sheet| &sheet.texts);
    let summary = texts.map_or(id, |texts| texts.summary.trim()).to_owned();
    let why = texts.map_or("", |texts| texts.why.trim());
    let mut advice = texts.map_or("", |texts| texts.remedy.say.trim()).to_owned();
    for (kinds, text) in texts.iter().flat_map(|texts| texts.remedy.also.all()) {
        advice.push_str(&format!(" In {kinds}: {text}"));
    }
    let references = texts.map_or(&[][..], |texts| &texts.references[..]);
    let mut help = Help {
        text: format!("{summary}.\n\n{why}\n\nWhat to do: {advice}\n"),
        markdown: format!("{summary}.\n\n{why}\n\n**What to do:** {advice}\n"),
    };
    for reference in references {
        help.text.push_str(&format!("\nSee {reference}"));
        help.markdown.push_str(&format!("\nSee <{reference}>\n"));
    }
    let mut tags = vec!["security".to_owned()];
    tags.extend(sheet.as_ref().map(|sheet| sheet.topic.clone()));
    if let Some(texts) = texts {
        tags.extend(texts.cwe.iter().map(|number| format!("external/cwe/cwe-{number:03}")));
        for (framework, controls) in &texts.mappings {
            tags.extend(controls.iter().map(|control| format!("{framework}/{control}")));
        }
    }
    tags.truncate(MOST_TAGS);
    let usual = rule.map_or(severity, |rule| rule.severity.otherwise);
    RuleSheet {
        id: id.to_owned(),
        name: pascal(id),
        full_description: Words {
            text: shortened(if why.is_empty() { &summary } else { why }, LONGEST_DESCRIPTION),
        },
        short_description: Words { text: summary },
        help,
        help_uri: None,
        default_configuration: Configuration { level: level(usual) },
        properties: RuleProperties {
            tags,
            precision: rule.map_or(Confidence::Medium, |rule| rule.confidence.otherwise).name(),
            problem: problem(usual),
            security: security(severity),
        },
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

fn problem(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "recommendation",
    }
}

/// GitHub's scale: above 9 is critical, from 7 high, from 4 medium.
fn security(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("3.0"),
        Severity::Info => None,
    }
}

fn result(view: &View<'_>, finding: &Finding, rule_index: usize) -> Outcome {
    let message = unlinked(&finding.message);
    let mut message = format!("{}. {}", message.trim_end_matches('.'), unlinked(&finding.advice));
    for written in to_write(finding, view) {
        message.push_str(&format!("\n{}:", unlinked(&written.order)));
        for line in written.lines {
            message.push_str(&format!("\n    {}", unlinked(&line)));
        }
    }
    let related: Vec<Location> = finding
        .related
        .iter()
        .enumerate()
        .map(|(at, label)| {
            let mut location = place(view, label);
            location.id = Some(at + 1);
            location.message = Some(Words { text: plain(&label.message) });
            location
        })
        .collect();
    let links: Vec<String> = finding
        .related
        .iter()
        .take(MOST_LINKS)
        .enumerate()
        .map(|(at, label)| format!("[{}]({})", link_text(&label.message), at + 1))
        .collect();
    if !links.is_empty() {
        let gap = if message.contains('\n') { "\n" } else { " " };
        message.push_str(&format!("{gap}Seen with: {}.", links.join("; ")));
    }
    let suppressions = finding.waived.iter().map(|waived| Suppression {
        kind: match waived.kind {
            Accepted::Inline => "inSource",
            Accepted::Config | Accepted::Baseline | Accepted::OutOfDiff => "external",
        },
        justification: plain(&waived.words()),
    });
    Outcome {
        rule_id: finding.rule.clone(),
        rule_index,
        level: level(finding.severity),
        message: Words { text: message },
        locations: [place(view, &finding.primary)],
        related_locations: related,
        partial_fingerprints: BTreeMap::from([("omlint/v1", finding.fingerprint.clone())]),
        suppressions: suppressions.collect(),
        properties: OutcomeProperties {
            severity: finding.severity.name(),
            confidence: finding.confidence.name(),
            deployments: finding.deployments.clone(),
        },
    }
}

fn place(view: &View<'_>, label: &Label) -> Location {
    let source = view.sources.get(label.span.source);
    let range = source.clamp(label.span.range());
    let (start, end) = (source.position(range.start), source.position(range.end));
    let region = Region {
        start_line: start.line,
        start_column: start.column,
        end_line: end.line,
        end_column: end.column,
    };
    let artifact_location = Artifact { uri: uri(&view.repository.path(&source.path)) };
    Location {
        id: None,
        physical_location: Physical { artifact_location, region: Some(region) },
        message: None,
    }
}

/// What a reader of the results has to know about the run.
fn notifications(view: &View<'_>, left_out: usize) -> Vec<Notification> {
    let about = |level, path: &str, reason: &str| {
        let uri = uri(&view.repository.path(path));
        // The root itself has no path, and GitHub refuses an empty one.
        let locations = (!uri.is_empty()).then_some(Location {
            id: None,
            physical_location: Physical { artifact_location: Artifact { uri }, region: None },
            message: None,
        });
        let message = Words { text: plain(&format!("{path}: {reason}")) };
        Notification { level, message, locations: locations.into_iter().collect() }
    };
    let alone = |level, text: String| Notification {
        level,
        message: Words { text: plain(&text) },
        locations: Vec::new(),
    };
    let mut list = vec![alone("note", super::pretty::summary(view).trim_end().to_owned())];
    list.extend(view.failures.iter().map(|note| about("error", &note.path, &note.reason)));
    list.extend(view.broken.iter().map(|part| {
        alone("error", format!("internal error while {part}; the rest of the run is reported"))
    }));
    if left_out > 0 {
        let more = count(left_out, "more finding");
        let text = format!("{more}: a report holds {MOST_RESULTS}, and these are the least severe");
        list.push(alone("warning", text));
    }
    list.extend(view.notes.iter().map(|note| {
        let level = if note.kind == "unreadable" { "warning" } else { "note" };
        about(level, &note.path, &note.reason)
    }));
    list
}

/// A name for this run among others over the same repository.
fn category(text: &str) -> String {
    uri(text.trim_matches('/'))
}

/// A path as a relative reference: everything that is not plainly a letter of it is escaped.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(byte.into());
            }
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// `jwt-default-key-id` as `JwtDefaultKeyId`.
fn pascal(id: &str) -> String {
    id.split('-')
        .flat_map(|word| {
            let mut chars = word.chars();
            chars.next().into_iter().flat_map(char::to_uppercase).chain(chars)
        })
        .collect()
}

/// Text of at most so many characters, cut after a word.
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let end = text.char_indices().nth(most - 1).map_or(text.len(), |(at, _)| at);
    let end = text[..end].rfind(' ').unwrap_or(end);
    format!("{}…", &text[..end])
}

/// A message in which nothing is taken for a link.
fn unlinked(text: &str) -> String {
    plain(text).replace("](", "] (")
}

/// Text between the brackets of a link.
fn link_text(text: &str) -> String {
    plain(text).replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_paths() {
        assert_eq!(pascal("jwt-default-key-id"), "JwtDefaultKeyId");
        assert_eq!(uri("a b/ü%,:#?.yml"), "a%20b/%C3%BC%25%2C%3A%23%3F.yml");
        assert_eq!(shortened("one two three", 9), "one two…");
        assert_eq!(shortened("one two", 7), "one two");
    }

    #[test]
    fn a_message_holds_no_links_of_its_own() {
        assert_eq!(unlinked("[a](https://e.org)."), "[a] (https://e.org).");
        assert_eq!(link_text("[a]\\"), "\\[a\\]\\\\");
    }
}
