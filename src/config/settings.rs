//! What a run goes by: flags over the file over the defaults, each value with where it comes
//! from.

use std::path::{Path, PathBuf};

use crate::crypto::known::KnownKey;
use crate::deployment::version::{Confidence, Version};
use crate::rules::schema::{Profile, Severity};
use crate::source::Span;
use crate::source::diagnostic::Diagnostic;
use crate::source::glob::PathSet;

use super::{Config, List, Named, Override, Placed, Waiver, profile, values};

/// Values of the command line; what is absent is left to the file.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--select`.
    pub select: Vec<String>,
    /// `--ignore`.
    pub ignore: Vec<String>,
    /// `--exclude`.
    pub exclude: Vec<String>,
    /// `--fail-on`; `never` is the inner nothing.
    pub fail_on: Option<Option<Severity>>,
    /// `--min-severity`.
    pub min_severity: Option<Severity>,
    /// `--min-confidence`.
    pub min_confidence: Option<Confidence>,
    /// `--profile`.
    pub profile: Option<Profile>,
    /// `--om-version`.
    pub om_version: Option<(String, Version)>,
    /// `--baseline`.
    pub baseline: Option<PathBuf>,
    /// `--rule-dirs`.
    pub rule_dirs: Vec<PathBuf>,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// Nobody said anything.
    Default,
    /// The command line.
    Flag,
    /// This variable of the environment.
    Environment(&'static str),
    /// The configuration file.
    File(Span),
}

/// A value, and where it comes from.
#[derive(Clone, Debug)]
pub struct Chosen<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub from: From,
}

/// What a run goes by.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Rules or topics that are asked; all if empty.
    pub select: Chosen<Vec<String>>,
    /// Rules or topics whose findings are dropped.
    pub ignore: Chosen<Vec<String>>,
    /// Severities of rules in place of their own.
    pub severity: Vec<(Placed<String>, Placed<Severity>)>,
    /// What fails a run; nothing if `never`.
    pub fail_on: Chosen<Option<Severity>>,
    /// What is listed; the format decides where nobody does.
    pub min_severity: Chosen<Option<Severity>>,
    /// What counts; the format decides where nobody does.
    pub min_confidence: Chosen<Option<Confidence>>,
    /// What deployments are for.
    pub profile: Chosen<Profile>,
    /// Files that are not scanned.
    pub exclude: Chosen<PathSet>,
    /// The server's version.
    pub om_version: Chosen<Option<(String, Version)>>,
    /// The file of known findings.
    pub baseline: Chosen<Option<PathBuf>>,
    /// Folders of rules.
    pub rule_dirs: Chosen<Vec<PathBuf>>,
    /// Other values for some paths; the later wins.
    pub overrides: Vec<Override>,
    /// Files that are deployed together.
    pub deployments: Vec<Named>,
    /// Findings that are accepted.
    pub waivers: Vec<Waiver>,
    /// Key pairs that must not be used any more.
    pub known_keys: Vec<KnownKey>,
}

fn chosen<T>(flag: Option<T>, file: Option<(T, Span)>, default: T) -> Chosen<T> {
    match (flag, file) {
        (Some(value), _) => Chosen { value, from: From::Flag },
        (None, Some((value, span))) => Chosen { value, from: From::File(span) },
        (None, None) => Chosen { value: default, from: From::Default },
    }
}

fn listed(flag: &[String], file: &Option<List>) -> Chosen<Vec<String>> {
    let flag = (!flag.is_empty()).then(|| flag.to_vec());
    let texts = |list: &List| values(&list.items).into_iter().map(str::to_owned).collect();
    chosen(flag, file.as_ref().map(|list| (texts(list), list.key)), Vec::new())
}

fn severity(word: &str) -> Option<Severity> {
    Severity::ALL.into_iter().find(|level| level.name() == word)
}

fn confidence(word: &str) -> Option<Confidence> {
    [Confidence::Low, Confidence::Medium, Confidence::High]
        .into_iter()
        .find(|level| level.name() == word)
}

impl Settings {
    /// Flags over the file over the defaults. Relative paths of flags start from `base`.
    pub(super) fn new(
        flags: &Flags,
        config: Option<&Config>,
        base: &Path,
        problems: &mut Vec<Diagnostic>,
    ) -> Settings {
        let top = config.map(|config| config.fields.clone()).unwrap_or_default();
        let root = config.map_or(base, |config| &config.root);
        for pattern in &flags.exclude {
            if let Some(reason) = PathSet::problem(pattern) {
                problems.push(Diagnostic::nowhere(format!("bad pattern in --exclude: {reason}")));
            }
        }
        let exclude = (!flags.exclude.is_empty()).then(|| PathSet::new(base, &flags.exclude));
        let excluded = top.exclude.as_ref().map(|list| {
            let set = PathSet::new(root, &values(&list.items));
            (set, list.key)
        });
        let word = |placed: &Option<Placed<String>>| placed.clone().map(|p| (p.value, p.span));
        let fail_on = word(&top.fail_on).map(|(word, span)| (severity(&word), span));
        let least = word(&top.min_severity).map(|(word, span)| (severity(&word), span));
        let sure = word(&top.min_confidence).map(|(word, span)| (confidence(&word), span));
        let purpose = word(&top.profile).and_then(|(word, span)| Some((profile(&word)?, span)));
        let dirs = top.rule_dirs.as_ref().map(|list| {
            let dirs = list.items.iter().map(|item| root.join(&item.value)).collect();
            (dirs, list.key)
        });
        let flag_dirs = (!flags.rule_dirs.is_empty())
            .then(|| flags.rule_dirs.iter().map(|dir| base.join(dir)).collect());
        Settings {
            select: listed(&flags.select, &top.select),
            ignore: listed(&flags.ignore, &top.ignore),
            severity: top.severity.clone(),
            fail_on: chosen(flags.fail_on, fail_on, Some(Severity::Medium)),
            min_severity: chosen(flags.min_severity.map(Some), least, None),
            min_confidence: chosen(flags.min_confidence.map(Some), sure, None),
            profile: chosen(flags.profile, purpose, Profile::Production),
            exclude: chosen(exclude, excluded, PathSet::default()),
            om_version: chosen(
                flags.om_version.clone().map(Some),
                top.om_version.clone().map(|placed| (Some(placed.value), placed.span)),
                None,
            ),
            baseline: chosen(
                flags.baseline.as_ref().map(|path| Some(base.join(path))),
                word(&top.baseline).map(|(path, span)| (Some(root.join(path)), span)),
                None,
            ),
            rule_dirs: chosen(flag_dirs, dirs, Vec::new()),
            overrides: config.map(|config| config.overrides.clone()).unwrap_or_default(),
            deployments: config.map(|config| config.deployments.clone()).unwrap_or_default(),
            waivers: config.map(|config| config.waivers.clone()).unwrap_or_default(),
            known_keys: config.map(|config| config.known_keys.clone()).unwrap_or_default(),
        }
    }
}
