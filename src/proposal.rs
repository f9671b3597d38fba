//! `[[deployment]]` sections for what a scan found: which files belong together, as a
//! configuration would say it. A section is proposed only if everything is judged with it as it
//! is without. Writes nothing.

use std::collections::BTreeSet;

use crate::Scan;
use crate::deployment::{Deployment, Kind};
use crate::readers::Role;
use crate::source::SourceId;
use crate::source::mask::{is_visible, visible_json};

/// What a configuration may say of what was found.
#[derive(Debug, Default)]
pub struct Proposal {
    /// The sections, as TOML.
    pub text: String,
    /// How many there are.
    pub number: usize,
    /// Deployments that no section describes as well as omlint finds them by itself.
    pub left_out: Vec<String>,
}

/// One section.
struct Section {
    name: String,
    /// Keys and the files that they name.
    files: Vec<(&'static str, Vec<String>)>,
    /// The deployments that it stands for.
    deployments: Vec<String>,
}

/// Proposes sections for all deployments that have none. `attempt` scans once more, with some
/// sections in the configuration; nothing comes back from what cannot be read.
pub fn propose(scan: &Scan, mut attempt: impl FnMut(&str) -> Option<Scan>) -> Proposal {
    let mut proposal = Proposal::default();
    let sections = sections(scan, &mut proposal.left_out);
    let mut holds = |sections: &[&Section]| {
        attempt(&written(sections)).is_some_and(|after| judgement(&after) == judgement(scan))
    };
    let mut kept: Vec<&Section> = Vec::new();
    // One that does not hold is looked for by halves: a scan may take its time.
    let mut parts: Vec<&[Section]> = vec![&sections];
    while let Some(part) = parts.pop() {
        let more: Vec<&Section> = kept.iter().copied().chain(part).collect();
        match part {
            [] => {}
            _ if holds(&more) => kept = more,
            [one] => proposal.left_out.extend(one.deployments.iter().cloned()),
            _ => {
                let (first, second) = part.split_at(part.len() / 2);
                parts.extend([second, first]);
            }
        }
    }
    proposal.text = written(&kept);
    proposal.number = kept.len();
    proposal.left_out.sort();
    proposal
}

/// What a run says of the files, whatever deployments are called in it.
fn judgement(scan: &Scan) -> (usize, Vec<String>) {
    let mut findings: Vec<String> = scan
        .findings
        .iter()
        .map(|finding| {
            let span = finding.primary.span;
            // The configuration itself may have another name in an attempt.
            let is_own = scan.own.contains_key(&span.source);
            let path = if is_own { "" } else { &scan.sources.get(span.source).path };
            let (level, sure) = (finding.severity.name(), finding.confidence.name());
            let place = format!("{path}:{:?}", span.range());
            let waived = finding.waived.is_some();
            format!("{} {level} {sure} {place} {waived} {}", finding.rule, finding.message)
        })
        .collect();
    findings.sort();
    (scan.deployments.len(), findings)
}

fn sections(scan: &Scan, left_out: &mut Vec<String>) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut taken: BTreeSet<String> =
        scan.deployments.iter().filter_map(|d| d.name.clone()).collect();
    for deployment in &scan.deployments {
        // What only informs is no deployment of anybody's.
        if deployment.name.is_some() || deployment.illustrative {
            continue;
        }
        let Some(files) = files(scan, deployment) else {
            left_out.push(deployment.id.clone());
            continue;
        };
        if let Some(same) = sections.iter_mut().find(|section| section.files == files) {
            same.deployments.push(deployment.id.clone());
            continue;
        }
        let name = name(&files, deployment.kind, &taken);
        taken.insert(name.clone());
        sections.push(Section { name, files, deployments: vec![deployment.id.clone()] });
    }
    sections
}

/// The files of a deployment by the keys that name them; none where keys cannot say it.
fn files(scan: &Scan, deployment: &Deployment) -> Option<Vec<(&'static str, Vec<String>)>> {
    let all = match deployment.kind {
        Kind::Kubernetes => &deployment.sources,
        _ => &deployment.layers,
    };
    let plain = [Role::Compose, Role::EnvFile, Role::Values, Role::Manifests, Role::Key];
    let is_plain = |id: &SourceId| {
        let role = scan.roles().find(|(source, _)| source == id).map(|(_, role)| role);
        role.is_some_and(|role| plain.contains(&role))
    };
    // What builds them from other files, such as a kustomization, no key can name.
    if !all.iter().all(is_plain) {
        return None;
    }
    let of = |role: Role| -> Vec<String> {
        let fits = |id: &&_| scan.roles().any(|(source, found)| source == **id && found == role);
        let paths = all.iter().filter(fits).map(|id| scan.sources.get(*id).path.clone());
        let mut seen = BTreeSet::new();
        paths.filter(|path| seen.insert(path.clone())).collect()
    };
    let files = match deployment.kind {
        Kind::Compose => vec![("compose", of(Role::Compose)), ("env-file", of(Role::EnvFile))],
        Kind::Environment => vec![("env-file", of(Role::EnvFile))],
        Kind::Helm => vec![("helm-values", of(Role::Values))],
        Kind::Kubernetes => vec![("manifests", of(Role::Manifests))],
        Kind::ServerFile => return None,
    };
    let files: Vec<_> = files.into_iter().filter(|(_, paths)| !paths.is_empty()).collect();
    let mut paths = files.iter().flat_map(|(_, paths)| paths);
    let is_here = |path: &String| {
        !path.starts_with(['/', '<']) && !path.starts_with("../") && path.chars().all(is_visible)
    };
    (!files.is_empty() && paths.all(is_here)).then_some(files)
}

/// Words that say nothing about which deployment a file is of.
const COMMON: &[&str] = &[
    "base",
    "compose",
    "conf",
    "config",
    "deployment",
    "docker",
    "env",
    "main",
    "om",
    "openmetadata",
    "override",
    "server",
    "values",
    "yaml",
    "yml",
];

/// A short name that says which deployment it is: what the most particular file adds to the
/// usual names, else its folder.
fn name(files: &[(&str, Vec<String>)], kind: Kind, taken: &BTreeSet<String>) -> String {
    let paths: Vec<&String> = files.iter().flat_map(|(_, paths)| paths).collect();
    let words = |text: &str| -> String {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        let telling = words.filter(|word| {
            !word.is_empty() && !COMMON.contains(&word.to_ascii_lowercase().as_str())
        });
        telling.collect::<Vec<_>>().join("-").to_ascii_lowercase()
    };
    let folder = paths.first().and_then(|path| Some(words(path.rsplit_once('/')?.0)));
    let folder = folder.filter(|folder| !folder.is_empty());
    let file = (kind != Kind::Kubernetes)
        .then(|| paths.iter().rev().map(|path| words(path.rsplit('/').next().unwrap_or(path))))
        .and_then(|mut names| names.find(|name| !name.is_empty()));
    let mut candidates = Vec::new();
    candidates.extend(file.clone());
    candidates.extend(folder.clone().zip(file).map(|(folder, file)| format!("{folder}-{file}")));
    candidates.extend(folder);
    if candidates.is_empty() {
        candidates.push(kind.name().to_owned());
    }
    let last = candidates.last().cloned().unwrap_or_default();
    let numbered = (2..).map(|number| format!("{last}-{number}"));
    candidates.into_iter().chain(numbered).find(|name| !taken.contains(name)).unwrap_or(last)
}

fn written(sections: &[&Section]) -> String {
    let mut text = String::new();
    for section in sections {
        text.push_str(&format!("\n[[deployment]]\nname = {}\n", quoted(&section.name)));
        for (key, paths) in &section.files {
            let paths: Vec<String> = paths.iter().map(|path| quoted(path)).collect();
            text.push_str(&format!("{key} = [{}]\n", paths.join(", ")));
        }
    }
    text
}

/// TOML's basic strings take JSON's escapes.
fn quoted(text: &str) -> String {
    visible_json(&serde_json::Value::from(text).to_string()).into_owned()
}
