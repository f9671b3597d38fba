//! The command line.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::config::{Choice, Flags, day};
use crate::crypto::generate;
use crate::deployment::version::{Confidence, Version};
use crate::report::{self, Format};
use crate::rules::schema::{Profile, Severity};
use crate::source::git::Since;

/// What standard input is called where nobody names it.
pub const UNNAMED: &str = "<stdin>";

/// Security compliance linter for OpenMetadata deployments.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, arg_required_else_help = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Judge deployments: default JWT keys, leftover admins, missing SSO fields
    Check(Check),
    /// Print the effective settings of each deployment, and where each comes from
    Show(Show),
    /// Say which controls of a framework each deployment meets, and how that is known
    Report(Report),
    /// Explain a rule
    Explain {
        /// The rule's id, as findings print it
        rule: String,
    },
    /// Record the findings that are there, so that only new ones fail
    Baseline {
        /// What to do with the record.
        #[command(subcommand)]
        command: BaselineCommand,
    },
    /// List the rules
    Rules(Rules),
    /// Make a new JWT key pair, and say where to enter it
    Keygen(Keygen),
    /// Write the file with which a tool begins to call omlint; never over one that is there
    Init {
        /// Which.
        #[command(subcommand)]
        starter: Starter,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    Man,
}

/// What `omlint init` writes.
#[derive(Debug, Subcommand)]
pub enum Starter {
    /// .pre-commit-config.yaml: check every commit
    PreCommit,
    /// .github/workflows/omlint.yml: check every push and pull request
    Github,
    /// .gitlab-ci.yml: check every pipeline
    Gitlab,
}

/// What to do with a baseline.
#[derive(Debug, Subcommand)]
pub enum BaselineCommand {
    /// Record all findings in a new file
    Create(Recording),
    /// Record new findings, and take out those that are gone
    Update(Recording),
    /// Like `omlint check` with the baseline; says what is gone, too
    Check(Check),
}

/// `omlint baseline create` and `update`.
#[derive(Debug, Args)]
pub struct Recording {
    /// What to read.
    #[command(flatten)]
    pub inputs: Inputs,
    /// The file [default: what the configuration names, else omlint-baseline.json]
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// The date that decides what has expired [default: SOURCE_DATE_EPOCH, else today in UTC]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    pub now: Option<i64>,
}

impl Recording {
    /// What it says that a configuration may say, too.
    pub fn flags(&self) -> Flags {
        Flags { baseline: self.baseline.clone(), ..self.inputs.flags() }
    }
}

/// What to read.
#[derive(Debug, Args)]
pub struct Inputs {
    /// Files and folders; `-` reads standard input
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Environment file that fills in variables instead of `.env`; may be repeated, the later wins
    #[arg(long, value_name = "FILE")]
    pub env_file: Vec<PathBuf>,
    /// Helm values laid over each other in order, as with `helm -f`; may be repeated
    #[arg(long, value_name = "FILE")]
    pub helm_values: Vec<PathBuf>,
    /// The server's version, whatever the files say
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub om_version: Option<(String, Version)>,
    /// The name of what comes on standard input
    #[arg(long, value_name = "NAME", default_value = UNNAMED)]
    pub stdin_filename: String,
    /// Do not let comments in the files waive findings
    #[arg(long)]
    pub no_inline_waivers: bool,
    /// Read files that git ignores, too
    #[arg(long)]
    pub no_ignore: bool,
    /// What the deployments are for [default: production]
    #[arg(long, value_enum)]
    pub profile: Option<ProfileName>,
    /// Leave out what fits a pattern, as in .gitignore; may be repeated
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    pub exclude: Vec<String>,
    /// Folder of rules of your own; may be repeated
    #[arg(long, value_name = "DIR")]
    pub rule_dirs: Vec<PathBuf>,
    /// The configuration [default: the nearest omlint.toml, up to the root of the repository]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Read no configuration
    #[arg(long, conflicts_with = "config")]
    pub isolated: bool,
    /// Colours
    #[arg(long, value_enum, default_value = "auto", value_name = "WHEN")]
    pub color: When,
    /// Say on standard error what was read, and as what
    #[arg(long, short)]
    pub verbose: bool,
}

impl Inputs {
    /// What they say that a configuration may say, too.
    pub fn flags(&self) -> Flags {
        Flags {
            exclude: self.exclude.clone(),
            profile: self.profile.map(Profile::from),
            om_version: self.om_version.clone(),
            rule_dirs: self.rule_dirs.clone(),
            ..Flags::default()
        }
    }

    /// Which configuration they ask for.
    pub fn choice(&self) -> Choice {
        match &self.config {
            Some(path) => Choice::File(path.clone()),
            None if self.isolated => Choice::Isolated,
            None => Choice::Nearest,
        }
    }
}

impl Check {
    /// The changes to which findings are limited.
    pub fn since(&self) -> Option<Since> {
        match &self.diff_base {
            Some(revision) => Some(Since::Revision(revision.clone())),
            None => self.staged.then_some(Since::Staged),
        }
    }

    /// What it says that a configuration may say, too.
    pub fn flags(&self) -> Flags {
        Flags {
            select: self.select.clone(),
            ignore: self.ignore.clone(),
            baseline: self.baseline.clone(),
            fail_on: self.fail_on.map(FailOn::severity),
            min_severity: self.min_severity.map(Severity::from),
            min_confidence: self.min_confidence.map(Confidence::from),
            ..self.inputs.flags()
        }
    }
}

/// `omlint check`.
#[derive(Debug, Args)]
pub struct Check {
    /// What to read.
    #[command(flatten)]
    pub inputs: Inputs,
    /// How to print findings
    #[arg(long, value_enum, default_value = "pretty")]
    pub format: Format,
    /// Write a report to a file, too: sarif=omlint.sarif; may be repeated
    #[arg(long, value_name = "FORMAT=FILE", value_parser = output)]
    pub output: Vec<Output>,
    /// SARIF: what tells this run from others over the same repository [default: the profile]
    #[arg(long, value_name = "NAME")]
    pub category: Option<String>,
    /// Ask only these rules or topics; may be repeated
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Drop findings of these rules or topics; may be repeated
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Fail (exit 1) on findings of at least this severity [default: medium]
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub fail_on: Option<FailOn>,
    /// List findings of at least this severity [default: medium; machine formats: low]
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub min_severity: Option<SeverityName>,
    /// List and count findings of at least this confidence [default: medium; machine formats: low]
    #[arg(long, value_enum, value_name = "CONFIDENCE")]
    pub min_confidence: Option<ConfidenceName>,
    /// Accept the findings that this file records; `omlint baseline create` writes it
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Only findings that what is staged for the next commit brings or touches
    #[arg(long, conflicts_with = "diff_base")]
    pub staged: bool,
    /// Only findings that the changes since this revision bring or touch
    #[arg(long, value_name = "REV", allow_hyphen_values = true)]
    pub diff_base: Option<String>,
    /// List waived findings, too
    #[arg(long)]
    pub show_waived: bool,
    /// Findings of rules that are new in this version fail the run, too
    #[arg(long)]
    pub preview_fails: bool,
    /// Exit 0 where findings would make it 1
    #[arg(long)]
    pub exit_zero: bool,
    /// Exit 2 if no deployment is found
    #[arg(long)]
    pub require_deployment: bool,
    /// The date that decides what has expired [default: SOURCE_DATE_EPOCH, else today in UTC]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    pub now: Option<i64>,
}

/// `omlint show`.
#[derive(Debug, Args)]
pub struct Show {
    /// What to read.
    #[command(flatten)]
    pub inputs: Inputs,
    /// How to print settings
    #[arg(long, value_enum, default_value = "table")]
    pub format: ShowFormat,
}

/// `omlint report`.
#[derive(Debug, Args)]
pub struct Report {
    /// The framework
    #[arg(long, value_enum, value_name = "FRAMEWORK")]
    pub framework: FrameworkName,
    /// What to read.
    #[command(flatten)]
    pub inputs: Inputs,
    /// How to print the report
    #[arg(long, value_enum, default_value = "table")]
    pub format: ReportFormat,
    /// Fail (exit 1) if some control is not met
    #[arg(long, value_enum, value_name = "VERDICT")]
    pub fail_on: Option<FailOnVerdict>,
    /// The date of the report [default: SOURCE_DATE_EPOCH, else today in UTC]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    pub now: Option<i64>,
}

/// `omlint rules`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Rules {
    /// What to do instead of listing them.
    #[command(subcommand)]
    pub command: Option<RulesCommand>,
    /// Only rules of this category
    #[arg(long, value_name = "CATEGORY")]
    pub category: Option<String>,
    /// Only rules that can have this severity
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub severity: Option<SeverityName>,
    /// Only rules that name a control of this framework
    #[arg(long, value_enum, value_name = "FRAMEWORK")]
    pub framework: Option<FrameworkName>,
    /// How to print the list
    #[arg(long, value_enum, default_value = "table")]
    pub format: RulesFormat,
}

/// What `omlint rules` can do besides.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Write the file of a new rule of your own
    New {
        /// The rule's id, such as acme-own-domain
        id: String,
        /// Folder of the rule [default: the first of `rule-dirs`, else omlint-rules]
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    /// Run the examples of your own rules
    Test {
        /// Folders of rules [default: `rule-dirs`]
        dirs: Vec<PathBuf>,
    },
}

/// `omlint keygen`.
#[derive(Debug, Args)]
pub struct Keygen {
    /// Folder for private_key.der and public_key.der; made if it is not there
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Size of the key: 2048 to 8192, a multiple of 256
    #[arg(long, value_name = "BITS", default_value_t = generate::DEFAULT_BITS, value_parser = key_size)]
    pub bits: usize,
    /// Write DIR/NAME.secret.yaml, too: a Kubernetes Secret of that name with the pair
    #[arg(long, value_name = "NAME", value_parser = object_name)]
    pub secret: Option<String>,
}

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

fn output(text: &str) -> Result<Output, String> {
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

fn version(text: &str) -> Result<(String, Version), String> {
    Version::parse(text)
        .map(|version| (text.to_owned(), version))
        .ok_or_else(|| "expected a version such as 1.11.4".to_owned())
}

fn date(text: &str) -> Result<i64, String> {
    day(text).ok_or_else(|| "expected a date such as 2026-11-23".to_owned())
}

fn key_size(text: &str) -> Result<usize, String> {
    let bits = text.parse().map_err(|_| generate::Failure::Size.to_string())?;
    if generate::is_size(bits) { Ok(bits) } else { Err(generate::Failure::Size.to_string()) }
}

/// A name as Kubernetes wants it, which is safe as a file's name as well.
fn object_name(text: &str) -> Result<String, String> {
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
