//! The form of a rule file. The build script reads our rules with this very file, and later
//! the program reads users' rules with it: an unknown word is an error with its place.
//! Knows nothing of deployments or findings.

mod decode;
mod natives;
mod problems;
mod texts;
mod words;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::Deserialize;

use crate::deployment::version::{Confidence, Version};

use super::matchers::{ImageMatch, KeyMatch, MountMatch, PortMatch, VariableMatch};

pub use natives::{KeyHolder, Native, WaiverFault};
pub use problems::Problem;
pub use texts::{Example, Examples, Remedy, Texts, legible, spoken};
pub use words::{Choice, Condition, Fact, HeldBy, Host, Pattern, Predicate};

/// How bad a finding is if it is true.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Deserialize,
    serde::Serialize,
    BorshSerialize,
    BorshDeserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing to mend; to be known.
    Info,
    /// Hygiene.
    Low,
    /// To be mended.
    Medium,
    /// To be mended before anything else.
    High,
    /// Whoever reads the manual is in.
    Critical,
}

impl Severity {
    /// The word used in rule files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }

    /// All of them, worst first.
    pub const ALL: [Severity; 5] =
        [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];
}

/// What the deployment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Real users, real secrets.
    Production,
    /// One developer's machine.
    Development,
}

impl Profile {
    /// The word on the command line and in rule files.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Production => "production",
            Profile::Development => "development",
        }
    }
}

/// A level, or levels with conditions of which the first that holds counts.
#[derive(Clone, Debug, BorshSerialize, BorshDeserialize)]
pub struct Graded<T> {
    /// Conditional levels, in order.
    pub cases: Vec<(T, Condition)>,
    /// The level if no condition holds.
    pub otherwise: T,
}

/// What must hold for a check to look, and what it then flags.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Check {
    /// All must hold; the settings named become related labels.
    #[serde(default)]
    pub when: Condition,
    /// Settings and what makes each of them a finding.
    #[serde(default)]
    pub flag: Flags,
    /// All flagged settings make one finding, not one each.
    #[serde(default)]
    pub once: bool,
    /// In place of `flag`: what makes any password, key or the like of the server a finding. What
    /// several settings read from one place is one finding.
    pub flag_credentials: Option<Predicate>,
    /// In place of `flag`: what makes any setting that the server reads from its environment a
    /// finding.
    pub flag_any: Option<Predicate>,
    /// The server's image, in place of `flag`.
    pub image: Option<Box<ImageMatch>>,
    /// Variables on their way to the server, in place of `flag`: one finding for each.
    #[serde(default)]
    pub variables: Vec<VariableMatch>,
    /// Keys in the chart's values, in place of `flag`: one finding for each.
    #[serde(default)]
    pub keys: Vec<KeyMatch>,
    /// Ways to ports, in place of `flag`: one finding for each place that opens one.
    pub port: Option<Box<PortMatch>>,
    /// Mounts, in place of `flag`: one finding for each.
    pub mount: Option<Box<MountMatch>>,
    /// A check written in code, with its parameters, in place of `flag`.
    pub native: Option<Box<Native>>,
    /// Overrides the rule's severity for this check.
    pub severity: Option<Severity>,
    /// Overrides the rule's confidence for this check.
    pub confidence: Option<Confidence>,
}

/// Settings in the order of the file, each with what makes it a finding.
#[derive(Clone, Debug, Default, BorshSerialize, BorshDeserialize)]
pub struct Flags(pub Vec<(String, Predicate)>);

/// A whole rule file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RuleFile {
    /// The stem of the file's name.
    pub id: String,
    /// The version of omlint that brought it; none where it did not come with omlint.
    pub since: Option<Version>,
    /// How bad.
    pub severity: Graded<Severity>,
    /// How bad under the development profile.
    pub development: Option<Severity>,
    /// A finding in a template or in documentation keeps its severity: what it points at is real.
    #[serde(default)]
    pub real_in_examples: bool,
    /// How sure, at best.
    #[serde(default = "sure")]
    pub confidence: Graded<Confidence>,
    /// Rules that lose the fields this one flagged.
    #[serde(default)]
    pub supersedes: Vec<String>,
    /// Rules that are silent in a deployment in which this one speaks.
    #[serde(default)]
    pub supersedes_in_deployment: Vec<String>,
    /// The checks, tried in order; the first that flags a setting decides.
    pub checks: Vec<Check>,
    /// What it says.
    pub texts: Texts,
}

fn sure() -> Graded<Confidence> {
    Graded { cases: Vec::new(), otherwise: Confidence::High }
}

/// The part of a rule file that a run needs before anything is found.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rule {
    /// The rule's id.
    pub id: String,
    /// How bad.
    pub severity: Graded<Severity>,
    /// How bad under the development profile.
    pub development: Option<Severity>,
    /// A finding in a template or in documentation keeps its severity.
    #[serde(default)]
    pub real_in_examples: bool,
    /// How sure, at best.
    #[serde(default = "sure")]
    pub confidence: Graded<Confidence>,
    /// Rules that lose the fields this one flagged.
    #[serde(default)]
    pub supersedes: Vec<String>,
    /// Rules that are silent in a deployment in which this one speaks.
    #[serde(default)]
    pub supersedes_in_deployment: Vec<String>,
    /// The checks.
    pub checks: Vec<Check>,
}
