//! One file a format; pure: findings in, text out. A format decides neither what is listed
//! nor what fails.

pub mod concise;
pub mod json;
pub mod mistakes;
pub mod pretty;
pub mod rule_list;
pub mod show;

use crate::deployment::Deployment;
use crate::lint::{Finding, Tally};
use crate::rules::schema::Severity;
use crate::source::discover::Note;
use crate::source::mask::Shown;
use crate::source::{SourceId, Sources};

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
    /// How many files were met.
    pub files_seen: usize,
    /// The parts of a source that may be printed.
    pub shown: &'a dyn Fn(SourceId) -> Shown,
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
}

/// `1 file`, `2 files`.
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
