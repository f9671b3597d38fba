//! The words that options take: names of formats, severities and the like, and what is wrong with
//! a text that is none.

use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::config::day;
use crate::crypto::generate;
use crate::deployment::version::{Confidence, Version};
use crate::report::{self, Format};
use crate::rules::schema::{Profile, Severity};

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        &Format::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.about()))
    }
}

/// A format, and the file that takes it.
#[derive(Clone, Debug)]
pub struct Output {
    /// The format.
    pub format: Format,
    /// The file.
    pub file: PathBuf,
}

/// Formats of `show`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShowFormat {
    /// A table
    Table,
    /// JSON
    Json,
}

/// Formats of `report`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// Lines for a terminal
    Table,
    /// A page for an issue or a wiki
    Markdown,
    /// For programs
    Json,
    /// A page for a browser, complete in itself
    Html,
    /// OSCAL assessment results (JSON)
    Oscal,
}

impl From<ReportFormat> for report::compliance::Format {
    fn from(format: ReportFormat) -> Self {
        match format {
            ReportFormat::Table => Self::Table,
            ReportFormat::Markdown => Self::Markdown,
            ReportFormat::Json => Self::Json,
            ReportFormat::Html => Self::Html,
            ReportFormat::Oscal => Self::Oscal,
        }
    }
}

/// Verdicts that fail a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOnVerdict {
    /// A control is violated, and nobody accepted that
    NotMet,
}

/// Formats of `rules`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RulesFormat {
    /// One line a rule
    Table,
    /// A Markdown table
    Markdown,
    /// Everything that the rule files say, as JSON
    Json,
}

/// The frameworks that rules map to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FrameworkName {
    /// OpenMetadata's own production requirements
    OmProduction,
    /// OWASP Application Security Verification Standard 5.0.0
    OwaspAsvs,
    /// NIST SP 800-53 revision 5
    #[value(name = "nist-800-53")]
    Nist80053,
    /// CIS Critical Security Controls v8
    CisV8,
    /// Common Weakness Enumeration
    Cwe,
}

impl FrameworkName {
    /// Its name in `rules/frameworks.yaml`.
    pub fn name(self) -> &'static str {
        match self {
            FrameworkName::OmProduction => "om-production",
            FrameworkName::OwaspAsvs => "owasp-asvs",
            FrameworkName::Nist80053 => "nist-800-53",
            FrameworkName::CisV8 => "cis-v8",
            FrameworkName::Cwe => "cwe",
        }
    }
}

/// When to print colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Names of severities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names say it")]
pub enum SeverityName {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl From<SeverityName> for Severity {
    fn from(name: SeverityName) -> Severity {
        match name {
            SeverityName::Info => Severity::Info,
            SeverityName::Low => Severity::Low,
            SeverityName::Medium => Severity::Medium,
            SeverityName::High => Severity::High,
            SeverityName::Critical => Severity::Critical,
        }
    }
}

/// What makes a run fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names say it")]
pub enum FailOn {
    Info,
    Low,
    Medium,
    High,
    Critical,
    Never,
}

impl FailOn {
    /// The severity, or nothing.
    pub fn severity(self) -> Option<Severity> {
        Some(match self {
            FailOn::Info => Severity::Info,
            FailOn::Low => Severity::Low,
            FailOn::Medium => Severity::Medium,
            FailOn::High => Severity::High,
            FailOn::Critical => Severity::Critical,
            FailOn::Never => return None,
        })
    }
}

/// Names of confidences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names say it")]
pub enum ConfidenceName {
    Low,
    Medium,
    High,
}

impl From<ConfidenceName> for Confidence {
    fn from(name: ConfidenceName) -> Confidence {
        match name {
            ConfidenceName::Low => Confidence::Low,
            ConfidenceName::Medium => Confidence::Medium,
            ConfidenceName::High => Confidence::High,
        }
    }
}

/// Names of profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProfileName {
    /// Real users, real secrets
    Production,
    /// One developer's machine: shipped defaults and plain HTTP only inform
    Development,
}

impl From<ProfileName> for Profile {
    fn from(name: ProfileName) -> Profile {
        match name {
            ProfileName::Production => Profile::Production,
            ProfileName::Development => Profile::Development,
        }
    }
}

pub(super) fn output(text: &str) -> Result<Output, String> {
    let names = || Format::ALL.map(Format::name).join(", ");
    let (name, file) = text
        .split_once('=')
        .ok_or_else(|| "expected FORMAT=FILE, for instance sarif=omlint.sarif".to_owned())?;
    let format = Format::ALL
        .into_iter()
        .find(|format| format.name() == name)
        .ok_or_else(|| format!("there is no format `{name}`: expected one of {}", names()))?;
    match file {
        "" => Err(format!("the file is missing: expected {name}=FILE")),
        "-" => Err(format!("standard output is not a file: write --format {name}")),
        file => Ok(Output { format, file: file.into() }),
    }
}

pub(super) fn version(text: &str) -> Result<(String, Version), String> {
    Version::parse(text)
        .map(|version| (text.to_owned(), version))
        .ok_or_else(|| "expected a version such as 1.11.4".to_owned())
}

pub(super) fn date(text: &str) -> Result<i64, String> {
    day(text).ok_or_else(|| "expected a date such as 2026-11-23".to_owned())
}

pub(super) fn key_size(text: &str) -> Result<usize, String> {
    let bits = text.parse().map_err(|_| generate::Failure::Size.to_string())?;
    if generate::is_size(bits) { Ok(bits) } else { Err(generate::Failure::Size.to_string()) }
}

/// A name as Kubernetes wants it, which is safe as a file's name as well.
pub(super) fn object_name(text: &str) -> Result<String, String> {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    // With `.secret.yaml` it has to fit into a file's name.
    if text.len() <= 240 && text.split('.').all(is_part) {
        Ok(text.to_owned())
    } else {
        Err("expected a name of lower-case letters, digits, `-` and `.`".to_owned())
    }
}
