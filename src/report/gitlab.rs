//! GitLab's code quality report: a list of issues with unique fingerprints, `[]` where there
//! is none.

use std::collections::HashSet;

use serde::Serialize;

use crate::rules::schema::Severity;
use crate::source::mask::plain;

use super::{View, json};

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

/// The report. Accepted findings are left out: the format has no word for them.
pub fn render(view: &View<'_>) -> String {
    let mut used = HashSet::new();
    let issues: Vec<Issue> = view
        .standing()
        .map(|finding| {
            // GitLab keeps one issue a fingerprint and drops the others.
            let mut fingerprint = finding.fingerprint.clone();
            let mut number = 1;
            while !used.insert(fingerprint.clone()) {
                number += 1;
                fingerprint = format!("{}-{number}", finding.fingerprint);
            }
            let source = view.sources.get(finding.primary.span.source);
            let begin = source.position(finding.primary.span.start as usize).line;
            Issue {
                description: plain(&finding.message),
                check_name: finding.rule.clone(),
                fingerprint,
                severity: level(finding.severity),
                location: Location {
                    path: view.repository.path(&source.path),
                    lines: Lines { begin },
                },
            }
        })
        .collect();
    json::written(&issues)
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Info => "info",
    }
}
