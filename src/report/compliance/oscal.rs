//! The page as OSCAL assessment results, version 1.1. Ids are made of what they stand for: the
//! same deployments on the same day give the same document.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use crate::compliance::Verdict;
use crate::report::json::{Each, written};
use crate::source::date::moment;

use super::{Check, Elsewhere, Item, Judged, Page, Violation};

const OSCAL: &str = "1.1.3";
/// The id of a document that is not written to its end: it comes first in it.
const UNKNOWN: &str = "00000000-0000-0000-0000-000000000000";
/// The beginning of what ids are made of.
const SPACE: &str = "urn:omlint";
/// The namespace that RFC 9562 gives to URLs and URNs.
const URLS: [u8; 16] = 0x6ba7b811_9dad_11d1_80b4_00c04fd430c8_u128.to_be_bytes();

pub(super) fn render(page: &Page, now: i64) -> String {
    let when = moment(now);
    let plan = id(&["plan", page.framework.name, env!("CARGO_PKG_VERSION")]);
    let results = || {
        let judged = page.deployments.iter().map(|judged| result(page, judged, &when));
        let stray = (!page.elsewhere.is_empty()).then(|| elsewhere(page, &when));
        // The form asks for at least one result.
        let is_empty = page.deployments.is_empty() && page.elsewhere.is_empty();
        judged.chain(stray).chain(is_empty.then(|| nothing(page, &when)))
    };
    let document = Document {
        assessment_results: Results {
            uuid: UNKNOWN,
            metadata: json!({
                "title": format!("{}: OpenMetadata deployments", page.framework.heading()),
                "last-modified": when,
                "version": page.date,
                "oscal-version": OSCAL,
            }),
            import_ap: json!({ "href": format!("#{plan}") }),
            results: Each(results),
            back_matter: json!({ "resources": [{
            "uuid": plan,
            "title": format!("The rules of omlint {}", env!("CARGO_PKG_VERSION")),
            "description": format!(
                "There is no assessment plan of its own: the rules of omlint that name a control of {} are asked about every deployment.",
                page.framework.heading()
            ),
            "rlinks": [{ "href": page.framework.source }],
        }] }),
        },
    };
    let mut text = written(&document);
    // The document's own id is made of all that is in it, which is large: it is written once.
    let own = id(&["document", &text]);
    if let Some(at) = text.find(UNKNOWN) {
        text.replace_range(at..at + UNKNOWN.len(), &own);
    }
    text
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Document<R> {
    assessment_results: Results<R>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Results<R> {
    uuid: &'static str,
    metadata: Value,
    import_ap: Value,
    results: R,
    back_matter: Value,
}

fn nothing(page: &Page, when: &str) -> Value {
    json!({
        "uuid": id(&["result", page.framework.name, "nothing", when]),
        "title": "No OpenMetadata deployment",
        "description": "No OpenMetadata configuration was found in the files.",
        "start": when,
        "reviewed-controls": { "control-selections": [{ "include-all": {} }] },
    })
}

fn result(page: &Page, judged: &Judged, when: &str) -> Value {
    let framework = page.framework.name;
    let component = id(&["component", &judged.server.id]);
    let mut observations = Vec::new();
    let mut findings = Vec::new();
    for control in &judged.controls {
        let seen = observation(framework, judged, control, &component, when);
        findings.push(finding(framework, judged, control, &seen));
        observations.push(seen);
    }
    json!({
        "uuid": id(&["result", framework, &judged.server.id, &judged.server.version, when]),
        "title": judged.server.id,
        "description": format!(
            "OpenMetadata {} ({}), as {} configures it: {}.",
            judged.server.version,
            judged.server.version_from,
            judged.server.sources.join(", "),
            judged.summary.words()
        ),
        "start": when,
        "local-definitions": { "components": [{
            "uuid": component,
            "type": "software",
            "title": judged.server.id,
            "description": format!("An OpenMetadata server, described by {}", judged.server.sources.join(", ")),
            "status": { "state": "other", "remarks": "Judged by its files, not while it runs." },
        }] },
        "reviewed-controls": selection(framework, judged.controls.iter().map(|control| control.id)),
        "observations": observations,
        "findings": findings,
    })
}

fn selection<'a>(framework: &str, controls: impl Iterator<Item = &'a str>) -> Value {
    let ids: Vec<Value> =
        controls.map(|id| json!({ "control-id": control_id(framework, id) })).collect();
    json!({ "control-selections": [{ "include-controls": ids }] })
}

fn observation(
    framework: &str,
    judged: &Judged,
    control: &Item,
    component: &str,
    when: &str,
) -> Value {
    let mut evidence: Vec<Value> = Vec::new();
    let mut content = String::new();
    for check in &control.reasons {
        for text in statements(check) {
            content.push_str(&text);
            content.push('\n');
            let said = json!({ "description": text });
            if !evidence.contains(&said) {
                evidence.push(said);
            }
        }
    }
    let mut observation = json!({
        "uuid": id(&["observation", framework, &judged.server.id, control.id, control.verdict.name(), &content]),
        "title": format!("{} {}", control.id, control.title),
        "description": format!(
            "What the files of the deployment show about {}: {}.",
            control.id,
            control.verdict.name()
        ),
        "methods": ["EXAMINE"],
        "subjects": [{ "subject-uuid": component, "type": "component" }],
        "collected": when,
    });
    if !evidence.is_empty() {
        observation["relevant-evidence"] = evidence.into();
    }
    observation
}

/// What a rule contributes, in sentences.
fn statements(check: &Check) -> Vec<String> {
    let rule = check.rule.as_deref().unwrap_or("Not to be seen in files");
    let mut said = Vec::new();
    for finding in &check.findings {
        said.push(violation(finding));
    }
    if let Some(note) = &check.note {
        said.push(format!("{rule}: {note}"));
    }
    if check.verdict == Verdict::NotApplicable {
        said.push(format!("{rule}: not applicable"));
    } else {
        for row in &check.evidence {
            said.push(format!("{rule}: {} = {}, from {}", row.setting, row.value, row.origin));
        }
    }
    said
}

fn violation(finding: &Violation) -> String {
    let waived = finding.waived.as_ref().map(|words| format!(" ({words})")).unwrap_or_default();
    format!(
        "{}:{}:{}: {} {}: {}{waived}",
        finding.path, finding.line, finding.column, finding.severity, finding.rule, finding.message
    )
}

fn finding(framework: &str, judged: &Judged, control: &Item, seen: &Value) -> Value {
    let (state, reason) = match control.verdict {
        Verdict::Met => ("satisfied", "pass"),
        Verdict::NotApplicable => ("satisfied", "other"),
        Verdict::NotMet => ("not-satisfied", "fail"),
        Verdict::Waived | Verdict::CannotTell => ("not-satisfied", "other"),
    };
    let remarks = match control.verdict {
        Verdict::CannotTell => {
            Some("Cannot tell: the files do not show enough to call it satisfied.")
        }
        Verdict::Waived => Some("Waived: it is violated, and the violation was accepted."),
        Verdict::NotApplicable => {
            Some("Not applicable: the deployment has nothing that it is about.")
        }
        Verdict::Met | Verdict::NotMet => None,
    };
    let mut status = json!({ "state": state, "reason": reason });
    if let Some(remarks) = remarks {
        status["remarks"] = remarks.into();
    }
    let mut target = json!({
        "type": "objective-id",
        "target-id": control_id(framework, control.id),
        "title": control.title,
        "status": status,
    });
    if control.verdict == Verdict::NotApplicable {
        target["implementation-status"] = json!({ "state": "not-applicable" });
    }
    json!({
        "uuid": id(&["finding", framework, &judged.server.id, control.id, seen["uuid"].as_str().unwrap_or("")]),
        "title": format!("{} {}", control.id, control.title),
        "description": format!("{} {}: {}.", control.id, control.title, control.verdict.name()),
        "target": target,
        "related-observations": [{ "observation-uuid": seen["uuid"] }],
    })
}

/// Violations in files that are part of no deployment.
fn elsewhere(page: &Page, when: &str) -> Value {
    let framework = page.framework.name;
    let observations: Vec<Value> =
        page.elsewhere.iter().map(|one| stray(framework, one, when)).collect();
    let findings: Vec<Value> = page
        .elsewhere
        .iter()
        .zip(&observations)
        .map(|(one, seen)| {
            json!({
                "uuid": id(&["finding", framework, "elsewhere", one.control, seen["uuid"].as_str().unwrap_or("")]),
                "title": format!("{} {}", one.control, one.title),
                "description": format!("{} {}: not met.", one.control, one.title),
                "target": {
                    "type": "objective-id",
                    "target-id": control_id(framework, one.control),
                    "status": { "state": "not-satisfied", "reason": "fail" },
                },
                "related-observations": [{ "observation-uuid": seen["uuid"] }],
            })
        })
        .collect();
    json!({
        "uuid": id(&["result", framework, "elsewhere", when]),
        "title": "Files that are part of no deployment",
        "description": "Violations in files that no deployment is seen to use.",
        "start": when,
        "reviewed-controls": selection(framework, page.elsewhere.iter().map(|one| one.control)),
        "observations": observations,
        "findings": findings,
    })
}

fn stray(framework: &str, one: &Elsewhere, when: &str) -> Value {
    let said: Vec<String> = one.findings.iter().map(violation).collect();
    let evidence: Vec<Value> = said.iter().map(|text| json!({ "description": text })).collect();
    json!({
        "uuid": id(&["observation", framework, "elsewhere", one.control, &said.join("\n")]),
        "title": format!("{} {}", one.control, one.title),
        "description": format!("What files that are part of no deployment show about {}.", one.control),
        "methods": ["EXAMINE"],
        "relevant-evidence": evidence,
        "collected": when,
    })
}

/// The control's id as a token of OSCAL, which begins with a letter. NIST's own catalogue writes
/// `IA-2(1)` as `ia-2.1`.
fn control_id(framework: &str, id: &str) -> String {
    match framework {
        "nist-800-53" => id.to_lowercase().replace('(', ".").replace(')', ""),
        "owasp-asvs" => format!("v{id}"),
        "cis-v8" => format!("cis-{id}"),
        _ => id.to_owned(),
    }
}

/// A UUID of version 5 for these parts.
fn id(parts: &[&str]) -> String {
    let mut hash = Sha1::new();
    hash.update(URLS);
    hash.update(SPACE);
    for part in parts {
        hash.update(b"\0");
        hash.update(part);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x50;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut out = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        write!(out, "{byte:02x}").expect("writing to memory");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::id;

    #[test]
    fn ids_are_uuids_of_version_5() {
        // python3 -c 'import uuid; print(uuid.uuid5(uuid.NAMESPACE_URL, "urn:omlint\0a\0b"))'
        assert_eq!(id(&["a", "b"]), "75bfa073-29c3-59c3-9fdf-734313bb3dcb");
    }
}
