//! What is found at the two halves of one key pair, which is one. Knows nothing of rules.

use std::collections::HashMap;

use crate::deployment::Deployment;
use crate::deployment::evidence::{KeyPlace, Loose};
use crate::source::{SourceId, Sources, Span};

use super::finding::{Finding, Label};

/// No folder is called so.
const ANYWHERE: &str = "\0";

/// Joins what a rule says of a public key to what it says of the private one: that in the same
/// folder, else any.
pub(super) fn join(
    findings: &mut Vec<Finding>,
    sources: &Sources,
    deployments: &[Deployment],
    loose: &[(SourceId, Loose)],
) {
    let used = deployments.iter().flat_map(|deployment| &deployment.evidence.keys);
    let alone = loose.iter().flat_map(|(_, loose)| &loose.keys);
    let keys: Vec<&KeyPlace> = used.chain(alone).collect();
    if keys.is_empty() {
        return;
    }
    let mut places: HashMap<Span, Vec<usize>> = HashMap::new();
    for (at, key) in keys.iter().enumerate() {
        places.entry(key.span).or_default().push(at);
    }
    let pairs: Vec<(usize, bool, String)> = findings
        .iter()
        .enumerate()
        .filter_map(|(at, finding)| {
            let key = keys[*places.get(&finding.primary.span)?.last()?];
            Some((at, key.material.private, pair(key, finding)?))
        })
        .collect();
    let folder = |finding: &Finding| sources.get(finding.primary.span.source).folder();
    let mut halves: HashMap<(&str, &str, &str), usize> = HashMap::new();
    for (at, _, pair) in pairs.iter().filter(|(_, is_private, _)| *is_private) {
        let finding = &findings[*at];
        for near in [folder(finding), ANYWHERE] {
            halves.entry((&finding.rule, pair, near)).or_insert(*at);
        }
    }
    let publics = pairs.iter().filter(|(_, is_private, _)| !*is_private);
    let joined: Vec<(usize, usize)> = publics
        .filter_map(|(at, _, pair)| {
            let finding = &findings[*at];
            let mut near = [folder(finding), ANYWHERE].into_iter();
            let to =
                near.find_map(|near| halves.get(&(finding.rule.as_str(), pair.as_str(), near)))?;
            Some((*at, *to))
        })
        .collect();
    for (at, to) in &joined {
        let half = findings[*at].clone();
        let label = Label { span: half.primary.span, message: half.primary.message.clone() };
        findings[*to].absorb(half);
        if !findings[*to].related.iter().any(|known| known.span == label.span) {
            findings[*to].related.push(label);
        }
    }
    let mut gone = joined.iter().map(|(at, _)| *at).peekable();
    let mut at = 0;
    findings.retain(|_| {
        at += 1;
        gone.next_if_eq(&(at - 1)).is_none()
    });
}

/// What both halves of a pair have in common; of what is not RSA only that one server has both.
fn pair(key: &KeyPlace, finding: &Finding) -> Option<String> {
    match key.pair()? {
        [] => finding.deployments.first().cloned(),
        modulus => Some(modulus.iter().map(|byte| char::from(*byte)).collect()),
    }
}
