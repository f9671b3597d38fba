//! The engine: asks the rules about each deployment, lets one root cause be one finding, and
//! puts findings into words. Never sees a syntax tree.

pub mod baseline;
pub mod finding;
pub mod gate;
mod halves;
mod judge;
pub mod policy;
mod remedy;
pub mod ruling;
mod waivers;
mod words;

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::deployment::Deployment;
use crate::deployment::catalogue::SettingId;
use crate::deployment::evidence::Loose;
use crate::deployment::value::State;
use crate::rules::Knowledge;
use crate::rules::condition::{Case, Truth};
use crate::rules::native::LooseCase;
use crate::rules::proofs::Proofs;
use crate::rules::schema::Severity;
use crate::source::{SourceId, Sources, Span, spread};

pub use finding::{Accepted, Finding, Further, Label, Waived};
pub use gate::{Gate, Tally};
pub use policy::Policy;
pub use waivers::{Day, Waiver};
pub use words::spelled;

/// What the engine is asked to do.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// What is decided about rules.
    pub policy: &'a Policy,
    /// The time of the run, in seconds since 1970: it decides what has expired.
    pub now: i64,
    /// The run looks at everything that the configuration speaks of.
    pub whole: bool,
}

/// Judges deployments, and files of which none came. Findings are sorted by path, position
/// and rule.
pub fn run(
    knowledge: &Knowledge,
    sources: &Sources,
    deployments: &[Deployment],
    (loose, proofs): (&[(SourceId, Loose)], &Proofs<'_>),
    waivers: &[Waiver],
    options: Options<'_>,
) -> Vec<Finding> {
    let precedence = judge::Precedence::of(knowledge);
    let findings = spread::map(deployments, |deployment| -> Vec<Finding> {
        let case = case(knowledge, sources, deployment, options);
        let found = judge::judge(&case, options.policy, &precedence);
        found.iter().filter_map(|found| words::finding(&case, found)).collect()
    });
    let ours = folders_of_ours(sources, deployments);
    let alone = spread::map(loose, |(source, loose)| -> Vec<Finding> {
        let beside_ours = ours.contains(sources.get(*source).folder());
        let (source, now) = (*source, options.now);
        let case = LooseCase { knowledge, sources, source, loose, proofs, beside_ours, now };
        let found = judge::judge_loose(&case, options.policy);
        let said = |found| words::loose_finding(&case, found, options, deployments);
        found.iter().filter_map(said).collect()
    });
    let mut findings = merge(findings.into_iter().chain(alone).collect());
    once_for_all(&mut findings);
    halves::join(&mut findings, sources, deployments, loose);
    waivers::apply(knowledge, sources, deployments, waivers, &mut findings, options);
    options.policy.apply(sources, &mut findings);
    for finding in &mut findings {
        if finding.illustrative {
            finding.severity = Severity::Info;
        }
    }
    findings.sort_by_cached_key(|finding| {
        let path = sources.get(finding.primary.span.source).path.as_str();
        (path, finding.primary.span.start, finding.rule.clone(), finding.setting.clone())
    });
    finding::number(&mut findings, sources);
    findings
}

fn case<'a>(
    knowledge: &'a Knowledge,
    sources: &'a Sources,
    deployment: &'a Deployment,
    options: Options<'_>,
) -> Case<'a> {
    let profile = options.policy.profile_of(sources, deployment);
    Case { knowledge, deployment, sources, profile }
}

/// Folders that hold a file of a deployment, or a public key.
fn folders_of_ours<'s>(sources: &'s Sources, deployments: &[Deployment]) -> HashSet<&'s str> {
    let ours = deployments.iter().flat_map(|deployment| &deployment.sources);
    let keys = sources.iter().filter(|(_, source)| source.name().starts_with("public_key."));
    ours.map(|id| sources.get(*id))
        .chain(keys.map(|(_, source)| source))
        .map(|source| source.folder())
        .collect()
}

/// The settings that rules look at in a deployment, so that a user may ask what became of them.
pub fn asked(
    knowledge: &Knowledge,
    sources: &Sources,
    deployment: &Deployment,
    options: Options<'_>,
) -> BTreeSet<SettingId> {
    judge::asked(&case(knowledge, sources, deployment, options), options.policy)
}

/// So many settings or files are named in one list.
const MOST_NAMED: usize = 8;

/// What the files of a deployment cannot show, for people.
pub fn cannot_tell(
    knowledge: &Knowledge,
    sources: &Sources,
    deployment: &Deployment,
    options: Options<'_>,
) -> Vec<String> {
    let case = case(knowledge, sources, deployment, options);
    let mut said: Vec<String> = knowledge
        .limits
        .limits
        .iter()
        .filter(|_| !deployment.without_server)
        .filter(|limit| case.holds(&limit.when) == Truth::True)
        .map(|limit| limit.text.clone())
        .collect();
    let unknown: Vec<SettingId> = deployment
        .values()
        .filter(|(_, value)| !value.text.is_known() && value.state != State::Absent)
        .map(|(id, _)| id)
        .collect();
    let asked = match unknown[..] {
        [] => BTreeSet::new(),
        _ => judge::asked(&case, options.policy),
    };
    let mut references: Vec<String> = Vec::new();
    for id in unknown.into_iter().filter(|id| asked.contains(id)) {
        references.push(format!("`{}`", deployment.spelling(&knowledge.catalogue, id)));
    }
    references.dedup();
    if !references.is_empty() {
        let more = references.len().saturating_sub(MOST_NAMED);
        references.truncate(MOST_NAMED);
        let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
        said.push(format!(
            "the values of {}{tail}: they come from outside these files.",
            references.join(", ")
        ));
    }
    for (name, lack) in deployment.unseen.iter().take(MOST_NAMED) {
        said.push(format!("what {name} sets: it {}.", lack.words()));
    }
    if let Some(more) = deployment.unseen.len().checked_sub(MOST_NAMED).filter(|n| *n > 0) {
        said.push(format!("what {more} other files set: they are named, but not among the files."));
    }
    said
}

/// Several texts for one place may begin with the same key: it is to be written once.
fn once_for_all(findings: &mut [Finding]) {
    let head = |finding: &Finding| {
        let (head, rest) = finding.remedy.split_once('\n')?;
        let is_key = head.ends_with(':') && finding.unset && !rest.is_empty();
        is_key.then(|| (finding.primary.span, head.to_owned()))
    };
    let mut users: HashMap<(Span, String), usize> = HashMap::new();
    for key in findings.iter().filter_map(head) {
        *users.entry(key).or_default() += 1;
    }
    for finding in findings {
        if let Some(key) = head(finding).filter(|key| users[key] > 1) {
            let words = format!(" (`{}` once, for all findings that write it)", key.1);
            finding.remedy_place.push_str(&words);
        }
    }
}

/// Findings of several deployments with one culprit become one finding that names them all.
fn merge(lists: Vec<Vec<Finding>>) -> Vec<Finding> {
    let mut merged: Vec<Finding> = Vec::with_capacity(lists.iter().map(Vec::len).sum());
    let mut index: HashMap<Span, Vec<usize>> = HashMap::new();
    for finding in lists.into_iter().flatten() {
        let there = index.entry(finding.primary.span).or_default();
        let is_same =
            |known: &Finding| known.rule == finding.rule && known.setting == finding.setting;
        match there.iter().find(|at| is_same(&merged[**at])) {
            None => {
                there.push(merged.len());
                merged.push(finding);
            }
            Some(&at) => merged[at].absorb(finding),
        }
    }
    merged
}
