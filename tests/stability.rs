//! An update of omlint breaks no build by itself: new rules are previews at first, and ids stay.

mod support;

use omlint::deployment::version::Confidence;
use omlint::lint::Gate;
use omlint::rules::Knowledge;
use omlint::rules::schema::{Profile, Severity};
use omlint::rules::stability::this_version;
use omlint::{Request, scan};

const GATE: Gate = Gate {
    least: Severity::Medium,
    listed_from: Confidence::Medium,
    fail_on: Some(Severity::Medium),
    sure: Confidence::Medium,
    show_waived: false,
    preview_fails: false,
};

#[test]
fn a_finding_of_a_preview_rule_is_listed_and_fails_only_on_demand() {
    let folder = support::folder(&[(
        "compose.yml",
        "services:\n  om:\n    image: openmetadata/server:1.6.0\n    environment:\n      JWT_KEY_ID: Gb389a-9f76-gdjs-a92j-0242bk94356\n",
    )]);
    let mut findings = scan(&Request {
        paths: vec![folder.path().into()],
        stdin: None,
        base: folder.path().into(),
        no_ignore: false,
        env_files: Vec::new(),
        helm_values: Vec::new(),
        om_version: None,
        profile: Profile::Production,
        now: 0,
    })
    .findings;
    assert!(GATE.judge(&findings).fails);

    for finding in &mut findings {
        finding.preview = true;
    }
    let verdict = GATE.judge(&findings);
    assert!(!verdict.listed.is_empty() && !verdict.fails);
    assert!(Gate { preview_fails: true, ..GATE }.judge(&findings).fails);
}

#[test]
fn no_rule_comes_from_the_future() {
    let knowledge = Knowledge::built_in();
    for rule in &knowledge.rules {
        let since = knowledge.sheet(&rule.id).unwrap().since;
        assert!(since <= this_version(), "{} says since {since}", rule.id);
    }
}
