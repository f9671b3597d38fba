//! `omlint rules`: the list, its filters and its formats.

mod support;

use serde_json::Value;
use support::{folder, omlint};

fn rules(arguments: &[&str]) -> Vec<Value> {
    let mut all = vec!["rules", "--format", "json"];
    all.extend(arguments);
    let run = omlint(folder(&[]).path(), &all);
    assert_eq!(run.code, 0, "{}", run.err);
    serde_json::from_str(&run.out).unwrap()
}

fn ids(rules: &[Value]) -> Vec<&str> {
    rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect()
}

#[test]
fn json_holds_what_the_rule_files_say() {
    let all = rules(&[]);
    let rule = all.iter().find(|rule| rule["id"] == "jwt-default-key-pair").unwrap();
    assert_eq!(rule["severity"], "critical");
    assert_eq!(rule["confidence"], "high");
    assert_eq!(rule["category"], "jwt");
    assert_eq!(rule["since"], "0.1.0");
    assert!(rule["summary"].as_str().unwrap().contains("key pair"));
    assert_eq!(rule["frameworks"]["om-production"][0], "OMP-2");
    let weaknesses = rule["frameworks"]["cwe"].as_array().unwrap();
    assert!(weaknesses.iter().any(|weakness| weakness == "CWE-1394"));
    for part in ["why", "message", "label", "levels", "remedy", "references", "examples"] {
        assert!(!rule[part].is_null(), "{part}");
    }
}

#[test]
fn json_says_when_a_severity_is_another_one() {
    let all = rules(&[]);
    let rule = all.iter().find(|rule| rule["id"] == "jwt-embedded-token").unwrap();
    assert_eq!(rule["severities"], serde_json::json!(["high", "medium", "info"]));
    assert!(rule["levels"]["info"].as_str().unwrap().contains("expired"));
}

#[test]
fn filters_narrow_the_list_together() {
    let all = rules(&[]);
    let sso = rules(&["--category", "sso"]);
    assert!(!sso.is_empty() && sso.len() < all.len());
    assert!(sso.iter().all(|rule| rule["category"] == "sso"));

    let high = rules(&["--severity", "high"]);
    assert!(
        high.iter().all(|rule| rule["severities"].as_array().unwrap().contains(&"high".into()))
    );

    let mapped = rules(&["--framework", "om-production"]);
    assert!(mapped.iter().all(|rule| rule["frameworks"]["om-production"].is_array()));
    assert!(!ids(&mapped).contains(&"duplicate-key"));

    let both = rules(&["--category", "sso", "--severity", "high", "--framework", "om-production"]);
    assert!(ids(&both).contains(&"sso-client-id-missing"));
    let within = |other: &[Value]| ids(&both).iter().all(|id| ids(other).contains(id));
    assert!(within(&sso) && within(&high) && within(&mapped));
}

#[test]
fn the_table_and_markdown_list_the_same_rules() {
    let all = rules(&[]);
    for format in ["table", "markdown"] {
        let run = omlint(folder(&[]).path(), &["rules", "--format", format]);
        assert!(ids(&all).iter().all(|id| run.out.contains(id)), "{format}");
        let head = if format == "markdown" { 2 } else { 0 };
        assert_eq!(run.out.lines().count(), all.len() + head, "{format}");
    }
}

#[test]
fn an_unknown_filter_is_an_error_that_names_the_known_ones() {
    let run = omlint(folder(&[]).path(), &["rules", "--category", "passwords"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("expected one of") && run.err.contains("jwt"), "{}", run.err);
    let run = omlint(folder(&[]).path(), &["rules", "--framework", "iso-27001"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("om-production"), "{}", run.err);
}
