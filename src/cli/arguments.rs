//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use super::words::{
    ConfidenceName, FailOn, FailOnVerdict, FrameworkName, Output, ProfileName, ReportFormat,
    RulesFormat, SeverityName, ShowFormat, When, date, key_size, object_name, output, version,
};
use crate::config::{Choice, Flags};
use crate::crypto::generate;
use crate::deployment::version::{Confidence, Version};
use crate::report::Format;
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
    /// Write a page for each rule, and an index of them
    Docs {
        /// Write nothing; say which pages are not current, with exit code 1
        #[arg(long)]
        check: bool,
        /// The folder of the pages
        #[arg(default_value = "docs/rules")]
        dir: PathBuf,
    },
    /// Make a new JWT key pair, and say where to enter it
    Keygen(Keygen),
    /// Show what runs go by, and where each value comes from
    Config {
        /// What to print.
        #[command(subcommand)]
        command: ConfigCommand,
    },
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

/// What to print of the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print each value and where it comes from: a default, the file, a flag, the environment
    Show(Box<ConfigShow>),
    /// Print the JSON Schema of omlint.toml
    Schema,
}

/// What `omlint init` writes.
#[derive(Debug, Subcommand)]
pub enum Starter {
    /// omlint.toml: name what is deployed together, as omlint finds it
    Config,
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
    /// The name of what comes on standard input
    #[arg(long, value_name = "NAME", default_value = UNNAMED)]
    pub stdin_filename: String,
    /// Do not let comments in the files waive findings
    #[arg(long)]
    pub no_inline_waivers: bool,
    /// Read files that git ignores, too
    #[arg(long)]
    pub no_ignore: bool,
    /// What to go by.
    #[command(flatten)]
    pub choices: Choices,
    /// Colours
    #[arg(long, value_enum, default_value = "auto", value_name = "WHEN")]
    pub color: When,
    /// Say on standard error what was read, and as what
    #[arg(long, short)]
    pub verbose: bool,
    /// Say on standard error how much was looked at, and how long each stage took
    #[arg(long)]
    pub stats: bool,
}

impl Inputs {
    /// What they say that a configuration may say, too.
    pub fn flags(&self) -> Flags {
        self.choices.flags()
    }

    /// Which configuration they ask for.
    pub fn choice(&self) -> Choice {
        self.choices.choice()
    }
}

/// Which configuration a run goes by, and what of it is said on the command line.
#[derive(Debug, Args)]
pub struct Choices {
    /// The server's version, whatever the files say
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub om_version: Option<(String, Version)>,
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
}

impl Choices {
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
        self.limits.over(self.inputs.flags())
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
    /// What counts.
    #[command(flatten)]
    pub limits: Limits,
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
}

/// Which findings count.
#[derive(Debug, Args)]
pub struct Limits {
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
    /// The date that decides what has expired [default: SOURCE_DATE_EPOCH, else today in UTC]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    pub now: Option<i64>,
}

impl Limits {
    /// With what else is said on the command line.
    fn over(&self, flags: Flags) -> Flags {
        Flags {
            select: self.select.clone(),
            ignore: self.ignore.clone(),
            baseline: self.baseline.clone(),
            fail_on: self.fail_on.map(FailOn::severity),
            min_severity: self.min_severity.map(Severity::from),
            min_confidence: self.min_confidence.map(Confidence::from),
            ..flags
        }
    }
}

/// `omlint config show`.
#[derive(Debug, Args)]
pub struct ConfigShow {
    /// What would be scanned: the configuration is the nearest above it
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// What to go by.
    #[command(flatten)]
    pub choices: Choices,
    /// What counts.
    #[command(flatten)]
    pub limits: Limits,
    /// How to print it
    #[arg(long, value_enum, default_value = "table")]
    pub format: ShowFormat,
}

impl ConfigShow {
    /// What it says that a configuration may say, too.
    pub fn flags(&self) -> Flags {
        self.limits.over(self.choices.flags())
    }
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
        /// Folders of rules [default: `rule-dirs`, else omlint-rules]
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
