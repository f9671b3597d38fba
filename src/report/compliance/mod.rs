//! A framework held against deployments, for people and programs. The page is put together once,
//! in texts that hold no secret, and each format only lays it out.

mod html;
mod json;
mod markdown;
mod oscal;
mod table;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::compliance::{Assessed, Assessment, ControlResult, Reason, Verdict};
use crate::deployment::Deployment;
use crate::deployment::catalogue::SettingId;
use crate::lint::Finding;
use crate::rules::Knowledge;
use crate::source::Sources;
use crate::source::date::date;
use crate::source::mask::plain;

use super::server::Server;
use super::show;

/// What a page is made of.
pub struct Subject<'a> {
    /// What is known about OpenMetadata.
    pub knowledge: &'a Knowledge,
    /// The files.
    pub sources: &'a Sources,
    /// The deployments.
    pub deployments: &'a [Deployment],
    /// What files could not show, for each deployment.
    pub cannot_tell: &'a [Vec<String>],
    /// The settings of each deployment that rules look at.
    pub asked: &'a [BTreeSet<SettingId>],
    /// How many files were met.
    pub files_seen: usize,
    /// The time of the run, in seconds since 1970.
    pub now: i64,
}

/// Formats of `report`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Lines for a terminal.
    Table,
    /// A page for an issue or a wiki.
    Markdown,
    /// For programs.
    Json,
    /// A page for a browser, complete in itself.
    Html,
    /// OSCAL assessment results.
    Oscal,
}

/// The page in a format.
pub fn render(subject: &Subject<'_>, assessment: &Assessment<'_>, format: Format) -> String {
    let page = Page::new(subject, assessment);
    match format {
        Format::Table => table::render(&page),
        Format::Markdown => markdown::render(&page),
        Format::Json => json::render(&page),
        Format::Html => html::render(&page),
        Format::Oscal => oscal::render(&page, subject.now),
    }
}

/// Everything that a format may print.
#[derive(Serialize)]
struct Page {
    framework: Standard,
    /// The day of the run.
    date: String,
    deployments: Vec<Judged>,
    /// Violations in files that are part of no deployment.
    elsewhere: Vec<Elsewhere>,
    /// Templates and documentation that were met on the way.
    left_out: Vec<String>,
    files_seen: usize,
}

#[derive(Serialize)]
struct Standard {
    name: &'static str,
    title: &'static str,
    version: Option<&'static str>,
    source: &'static str,
}

#[derive(Serialize)]
struct Judged {
    #[serde(flatten)]
    server: Server,
    summary: Summary,
    controls: Vec<Item>,
    settings: Vec<Row>,
}

/// How many controls have each verdict.
#[derive(Clone, Copy, Default, Serialize)]
struct Summary {
    not_met: usize,
    waived: usize,
    cannot_tell: usize,
    met: usize,
    not_applicable: usize,
}

#[derive(Serialize)]
struct Item {
    id: &'static str,
    title: &'static str,
    about: Option<&'static str>,
    #[serde(serialize_with = "verdict_name")]
    verdict: Verdict,
    reasons: Vec<Check>,
}

#[derive(Serialize)]
struct Check {
    /// None where no rule can see what is asked for.
    rule: Option<String>,
    summary: Option<String>,
    #[serde(serialize_with = "verdict_name")]
    verdict: Verdict,
    note: Option<String>,
    findings: Vec<Violation>,
    evidence: Vec<Row>,
}

#[derive(Clone, Serialize)]
struct Violation {
    rule: String,
    severity: &'static str,
    confidence: &'static str,
    message: String,
    path: String,
    line: usize,
    column: usize,
    advice: String,
    fingerprint: String,
    /// Why it was accepted, if it was.
    waived: Option<String>,
}

/// A setting, what it comes to and where that comes from.
#[derive(Clone, Serialize)]
struct Row {
    setting: String,
    state: &'static str,
    value: String,
    origin: String,
}

#[derive(Serialize)]
struct Elsewhere {
    control: &'static str,
    title: &'static str,
    findings: Vec<Violation>,
}

fn verdict_name<S: serde::Serializer>(verdict: &Verdict, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(verdict.name())
}

impl Summary {
    fn of(controls: &[Item]) -> Summary {
        let mut summary = Summary::default();
        for control in controls {
            *match control.verdict {
                Verdict::NotMet => &mut summary.not_met,
                Verdict::Waived => &mut summary.waived,
                Verdict::CannotTell => &mut summary.cannot_tell,
                Verdict::Met => &mut summary.met,
                Verdict::NotApplicable => &mut summary.not_applicable,
            } += 1;
        }
        summary
    }

    /// The verdicts that occur, worst first, with their numbers.
    fn parts(self) -> Vec<(Verdict, usize)> {
        let number = |verdict| match verdict {
            Verdict::NotMet => self.not_met,
            Verdict::Waived => self.waived,
            Verdict::CannotTell => self.cannot_tell,
            Verdict::Met => self.met,
            Verdict::NotApplicable => self.not_applicable,
        };
        let all = Verdict::ALL.into_iter().map(|verdict| (verdict, number(verdict)));
        all.filter(|(_, number)| *number > 0).collect()
    }

    /// `2 not met, 5 met`.
    fn words(self) -> String {
        let parts = self.parts().into_iter();
        let words = parts.map(|(verdict, number)| format!("{number} {}", verdict.name()));
        words.collect::<Vec<_>>().join(", ")
    }
}

impl Item {
    /// The settings that its rules looked at, each once.
    fn evidence(&self) -> Vec<&Row> {
        let mut rows: Vec<&Row> = Vec::new();
        let checks = self.reasons.iter().filter(|check| check.verdict != Verdict::NotApplicable);
        for row in checks.flat_map(|check| &check.evidence) {
            if rows.iter().all(|other| other.setting != row.setting) {
                rows.push(row);
            }
        }
        rows
    }
}

impl Standard {
    /// The title with its edition.
    fn heading(&self) -> String {
        match self.version {
            Some(version) => format!("{} ({version})", self.title),
            None => self.title.to_owned(),
        }
    }
}

impl Page {
    fn new(subject: &Subject<'_>, assessment: &Assessment<'_>) -> Page {
        let deployments =
            assessment.deployments.iter().map(|assessed| judged(subject, assessed)).collect();
        let elsewhere = assessment.elsewhere.iter().map(|(control, findings)| Elsewhere {
            control: &control.id,
            title: &control.title,
            findings: findings.iter().map(|finding| violation(subject, finding)).collect(),
        });
        Page {
            framework: Standard {
                name: assessment.name,
                title: &assessment.framework.title,
                version: assessment.framework.version.as_deref(),
                source: &assessment.framework.source,
            },
            date: date(subject.now),
            deployments,
            elsewhere: elsewhere.collect(),
            left_out: assessment.left_out.iter().map(|one| plain(&one.id)).collect(),
            files_seen: subject.files_seen,
        }
    }
}

fn judged(subject: &Subject<'_>, assessed: &Assessed<'_>) -> Judged {
    let deployment = &subject.deployments[assessed.index];
    let asked = &subject.asked[assessed.index];
    let controls: Vec<Item> =
        assessed.controls.iter().map(|control| item(subject, deployment, control)).collect();
    let settings = deployment
        .values()
        .filter(|(id, value)| show::is_interesting(value, asked.contains(id)))
        .map(|(id, _)| row(subject, deployment, id));
    let cannot_tell = &subject.cannot_tell[assessed.index];
    Judged {
        server: Server::new(subject.sources, deployment, cannot_tell).plain(),
        summary: Summary::of(&controls),
        settings: settings.collect(),
        controls,
    }
}

fn item(subject: &Subject<'_>, deployment: &Deployment, result: &ControlResult<'_>) -> Item {
    Item {
        id: &result.control.id,
        title: &result.control.title,
        about: result.control.about.as_deref(),
        verdict: result.verdict,
        reasons: result.reasons.iter().map(|reason| check(subject, deployment, reason)).collect(),
    }
}

fn check(subject: &Subject<'_>, deployment: &Deployment, reason: &Reason<'_>) -> Check {
    let summary = |rule| subject.knowledge.sheet(rule).map(|sheet| sheet.texts.summary.clone());
    Check {
        rule: reason.rule.map(str::to_owned),
        summary: reason.rule.and_then(summary),
        verdict: reason.verdict,
        note: reason.note.clone(),
        findings: reason.findings.iter().map(|finding| violation(subject, finding)).collect(),
        evidence: reason.settings.iter().map(|&id| row(subject, deployment, id)).collect(),
    }
}

fn violation(subject: &Subject<'_>, finding: &Finding) -> Violation {
    let source = subject.sources.get(finding.primary.span.source);
    let at = source.position(finding.primary.span.start as usize);
    Violation {
        rule: finding.rule.clone(),
        severity: finding.severity.name(),
        confidence: finding.confidence.name(),
        message: plain(&finding.message),
        path: plain(&source.path),
        line: at.line,
        column: at.column,
        advice: plain(&finding.advice),
        fingerprint: finding.fingerprint.clone(),
        waived: finding.waived.as_ref().map(|waived| plain(&waived.words())),
    }
}

fn row(subject: &Subject<'_>, deployment: &Deployment, id: SettingId) -> Row {
    let setting = subject.knowledge.catalogue.get(id);
    let value = deployment.value(id);
    Row {
        setting: setting.path.clone(),
        state: show::state(value),
        value: plain(&show::shown(subject.sources, setting, value)),
        origin: show::origin(subject.sources, deployment, value),
    }
}
