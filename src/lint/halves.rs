//! What is found at the two halves of one key pair, which is one. Knows nothing of rules.

use std::collections::HashMap;

use crate::deployment::Deployment;
use crate::deployment::evidence::{KeyPlace, Loose};
use crate::source::{SourceId, Sources, Span};

use super::finding::{Finding, Label};

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
    let keys: HashMap<Span, &KeyPlace> = used.chain(alone).map(|key| (key.span, key)).collect();
    let folder = |finding: &Finding| sources.get(finding.primary.span.source).folder();
    let mut halves: HashMap<(&str, Vec<u8>, Option<&str>), usize> = HashMap::new();
    let mut publics: Vec<(usize, Vec<u8>)> = Vec::new();
    for (at, finding) in findings.iter().enumerate() {
        let Some(key) = keys.get(&finding.primary.span) else { continue };
        let Some(pair) = pair(key, finding) else { continue };
        if !key.material.private {
            publics.push((at, pair));
            continue;
        }
        for near in [Some(folder(finding)), None] {
            halves.entry((&finding.rule, pair.clone(), near)).or_insert(at);
        }
    }
    let joined: Vec<(usize, usize)> = publics
        .into_iter()
        .filter_map(|(at, pair)| {
            let finding = &findings[at];
            let mut near = [Some(folder(finding)), None].into_iter();
            let to = near.find_map(|near| halves.get(&(&finding.rule, pair.clone(), near)))?;
            Some((at, *to))
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
fn pair(key: &KeyPlace, finding: &Finding) -> Option<Vec<u8>> {
    match key.pair()? {
        [] => Some(finding.deployments.first()?.clone().into_bytes()),
        modulus => Some(modulus.to_vec()),
    }
}
