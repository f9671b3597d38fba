//! What a team has decided about rules: which are asked, which findings are dropped, how bad
//! they are, and what deployments are for. Knows no configuration file.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use crate::deployment::Deployment;
use crate::rules::schema::{Profile, Severity};
use crate::source::glob::PathSets;
use crate::source::{SourceId, Sources};

use super::Finding;

/// Decisions about rules.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Rules that are asked; all if absent.
    pub select: Option<BTreeSet<String>>,
    /// Rules whose findings are dropped. They are asked all the same: what they supersede is no
    /// second finding.
    pub ignore: BTreeSet<String>,
    /// Severities of rules in place of their own.
    pub severity: BTreeMap<String, Severity>,
    /// What deployments are for.
    pub profile: Profile,
    /// Somebody said so for this run: nothing else decides it.
    pub profile_is_final: bool,
    /// What named deployments are for.
    pub named: BTreeMap<String, Profile>,
    /// Other decisions for some paths; the later wins.
    pub paths: Vec<ForPaths>,
    /// These paths, in the same order.
    pub places: PathSets,
    /// The working directory, from which files are named.
    pub base: PathBuf,
}

/// Decisions about some paths.
#[derive(Clone, Debug)]
pub struct ForPaths {
    /// Rules whose findings in them are dropped.
    pub ignore: BTreeSet<String>,
    /// Severities of findings in them.
    pub severity: BTreeMap<String, Severity>,
    /// What their deployments are for.
    pub profile: Option<Profile>,
}

impl Policy {
    /// Nothing is decided but what deployments are for.
    pub fn new(profile: Profile, base: PathBuf) -> Policy {
        Policy {
            select: None,
            ignore: BTreeSet::new(),
            severity: BTreeMap::new(),
            profile,
            profile_is_final: false,
            named: BTreeMap::new(),
            paths: Vec::new(),
            places: PathSets::default(),
            base,
        }
    }

    /// Whether a rule is asked.
    pub(super) fn asks(&self, rule: &str) -> bool {
        self.select.as_ref().is_none_or(|select| select.contains(rule))
    }

    /// What a deployment is for: what is said of it by name, else of one of the files that it
    /// was put together from.
    pub fn profile_of(&self, sources: &Sources, deployment: &Deployment) -> Profile {
        if self.profile_is_final {
            return self.profile;
        }
        let named = deployment.name.as_ref().and_then(|name| self.named.get(name));
        let found = named.copied().or_else(|| self.profile_for(sources, &deployment.layers));
        found.unwrap_or(self.profile)
    }

    /// What a file is for that is part of no deployment.
    pub(super) fn profile_at(&self, sources: &Sources, id: SourceId) -> Profile {
        if self.profile_is_final {
            return self.profile;
        }
        self.profile_for(sources, &[id]).unwrap_or(self.profile)
    }

    fn profile_for(&self, sources: &Sources, ids: &[SourceId]) -> Option<Profile> {
        if self.paths.iter().all(|rule| rule.profile.is_none()) {
            return None;
        }
        let last = |id: &SourceId| {
            let mut fitting = self.fitting(sources, *id).into_iter();
            fitting.rfind(|&at| self.paths[at].profile.is_some())
        };
        self.paths[ids.iter().filter_map(last).max()?].profile
    }

    /// The decisions about a file, by their numbers.
    fn fitting(&self, sources: &Sources, id: SourceId) -> Vec<usize> {
        self.places.with(&file(sources, id, &self.base), &self.base)
    }

    /// Drops what is ignored, and grades what is not.
    pub(super) fn apply(&self, sources: &Sources, findings: &mut Vec<Finding>) {
        let mut known: HashMap<SourceId, Vec<usize>> = HashMap::new();
        findings.retain_mut(|finding| {
            let id = finding.primary.span.source;
            let fitting = &*known.entry(id).or_insert_with(|| self.fitting(sources, id));
            let here = || fitting.iter().map(|&at| &self.paths[at]);
            if self.ignore.contains(&finding.rule)
                || here().any(|rule| rule.ignore.contains(&finding.rule))
            {
                return false;
            }
            let local = here().filter_map(|rule| rule.severity.get(&finding.rule)).next_back();
            if let Some(severity) = local.or(self.severity.get(&finding.rule)) {
                finding.severity = *severity;
            }
            true
        });
    }
}

/// Where a source stands; what came on standard input stands where its name says.
pub(super) fn file(sources: &Sources, id: SourceId, base: &Path) -> PathBuf {
    let source = sources.get(id);
    source.file.clone().unwrap_or_else(|| base.join(&source.path))
}
