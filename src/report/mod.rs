//! One file a format; pure: findings in, text out. A format decides neither what is listed
//! nor what fails.

pub mod compliance;
pub mod concise;
pub mod configuration;
pub mod github;
pub mod gitlab;
pub mod json;
pub mod jsonl;
pub mod junit;
pub mod markdown;
pub mod mistakes;
pub mod pretty;
pub mod rule_list;
pub mod rule_page;
pub mod sarif;
mod server;
pub mod show;

use std::ops::Range;

use crate::deployment::Deployment;
use crate::lint::{Finding, Tally};
use crate::rules::Knowledge;
use crate::rules::schema::Severity;
use crate::source::discover::Note;
use crate::source::mask::{Shown, plain};
use crate::source::repository::Repository;
use crate::source::{SourceId, Sources};

/// The formats of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Source lines with labels.
    Pretty,
    /// One line a finding.
    Concise,
    /// The documented JSON.
    Json,
    /// The same facts, one JSON object a line.
    Jsonl,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of a GitHub workflow.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// JUnit's XML.
    Junit,
    /// A page for a step summary or a comment.
    Markdown,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 9] = [
        Format::Pretty,
        Format::Concise,
        Format::Json,
        Format::Jsonl,
        Format::Sarif,
        Format::Github,
        Format::Gitlab,
        Format::Junit,
        Format::Markdown,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Pretty => "pretty",
            Format::Concise => "concise",
            Format::Json => "json",
            Format::Jsonl => "jsonl",
            Format::Sarif => "sarif",
            Format::Github => "github",
            Format::Gitlab => "gitlab",
            Format::Junit => "junit",
            Format::Markdown => "markdown",
        }
    }

    /// What it is, in a few words.
    pub fn about(self) -> &'static str {
        match self {
            Format::Pretty => "Source lines with labels",
            Format::Concise => "One line a finding",
            Format::Json => "The documented JSON",
            Format::Jsonl => "The same facts, one JSON object a line",
            Format::Sarif => "SARIF 2.1.0, for code scanning",
            Format::Github => "Annotations of a GitHub workflow",
            Format::Gitlab => "GitLab's code quality report",
            Format::Junit => "JUnit's XML, one test case a finding",
            Format::Markdown => "A page for a step summary or a comment",
        }
    }

    /// A program reads it and keeps or filters what it lists: it may list more than people want.
    pub fn is_for_programs(self) -> bool {
        matches!(self, Format::Json | Format::Jsonl | Format::Sarif | Format::Gitlab)
    }

    /// What reads it looks the file of each finding up in a repository.
    pub fn needs_files(self) -> bool {
        matches!(self, Format::Sarif | Format::Github | Format::Gitlab)
    }

    /// The report. `most` bytes are the bound where a format can be cut.
    pub fn render(self, view: &View<'_>, knowledge: &Knowledge, most: usize) -> String {
        match self {
            Format::Pretty => pretty::render(view, knowledge),
            Format::Concise => concise::render(view),
            Format::Json => json::render(view),
            Format::Jsonl => jsonl::render(view),
            Format::Sarif => sarif::render(view, knowledge),
            Format::Github => github::render(view),
            Format::Gitlab => gitlab::render(view),
            Format::Junit => junit::render(view),
            Format::Markdown => markdown::render(view, most),
        }
    }
}

/// Says which parts of some lines of a source may be printed.
pub type Showing<'a> = dyn Fn(SourceId, &[Range<usize>]) -> Shown + Sync + 'a;

/// What a report is made of.
#[derive(Clone)]
pub struct View<'a> {
    /// The files.
    pub sources: &'a Sources,
    /// The deployments.
    pub deployments: &'a [Deployment],
    /// What files could not show, for each deployment.
    pub cannot_tell: &'a [Vec<String>],
    /// The findings to list, sorted by path, position and rule.
    pub findings: Vec<&'a Finding>,
    /// How many were left out of the list as too small.
    pub hidden: usize,
    /// How many were accepted; they are in the list only where it shows them.
    pub waived: Tally,
    /// The least severity that is listed.
    pub least: Severity,
    /// What was skipped, and why.
    pub notes: &'a [Note],
    /// Paths that were asked for and could not be looked at.
    pub failures: &'a [Note],
    /// Parts of the program that broke.
    pub broken: &'a [String],
    /// How many files were met.
    pub files_seen: usize,
    /// Where the working directory stands in its repository.
    pub repository: &'a Repository,
    /// The exit code of the run.
    pub exit_code: u8,
    /// What tells this run from others over the same repository.
    pub category: &'a str,
    /// What may be printed.
    pub shown: &'a Showing<'a>,
    /// Colours are wanted.
    pub color: bool,
}

impl View<'_> {
    /// How many listed findings have each severity, worst first, without accepted ones.
    pub fn counts(&self) -> Vec<(Severity, usize)> {
        Severity::ALL
            .iter()
            .map(|&severity| (severity, self.standing().filter(|f| f.severity == severity).count()))
            .collect()
    }

    /// The listed findings that nobody accepted.
    pub fn standing(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().copied().filter(|finding| finding.waived.is_none())
    }

    /// The listed findings, worst first; those of one severity stay in their order.
    fn worst_first(&self) -> Vec<&Finding> {
        let mut findings = self.findings.clone();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        findings
    }

    /// The path of a finding's primary label, as reports for people print it.
    fn path(&self, finding: &Finding) -> &str {
        &self.sources.get(finding.primary.span.source).path
    }
}

/// A text to paste.
struct ToWrite {
    /// Where it goes: `Write below …`.
    order: String,
    /// The text.
    lines: Vec<String>,
}

/// What is to be written about a finding.
fn to_write(finding: &Finding, view: &View<'_>) -> Vec<ToWrite> {
    let lines = |text: &str| text.lines().map(|line| plain(line.trim_end())).collect();
    let lead = (!finding.remedy.is_empty()).then(|| ToWrite {
        order: format!("Write{}", plain(&finding.remedy_place)),
        lines: lines(&finding.remedy),
    });
    let further = finding.further.iter().map(|further| {
        let source = view.sources.get(further.span.source);
        let line = source.position(further.span.start as usize).line;
        let at = if further.span.source == finding.primary.span.source {
            format!("line {line}")
        } else {
            plain(&format!("{}:{line}", source.path))
        };
        let place = plain(&further.place);
        let order = if further.span == finding.primary.span {
            format!("Write{place}")
        } else {
            format!("Write at {at},{place}")
        };
        ToWrite { order, lines: lines(&further.text) }
    });
    lead.into_iter().chain(further).collect()
}

/// `1 file`, `2 files`.
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
