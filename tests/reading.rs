//! What people see can be read: places are not hidden without need, lines fit a screen, and no
//! mark of a rule file is left in a sentence.

use omlint::rules::Knowledge;

mod support;
use support::{folder, omlint};

#[test]
fn a_charts_values_within_a_block_are_shown_like_a_file_of_values() {
    let application = "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: catalog}
spec:
  source:
    repoURL: https://helm.open-metadata.org
    chart: openmetadata
    targetRevision: 1.11.4
    helm:
      values: |
        openmetadata:
          config:
            authentication:
              provider: basic
            fernetkey:
              value: jJ/9sz0g0OHxsfxOoSfdFdmk3ysNmPRnH3TUAbz3IHA=
            smtpConfig: {password: hunter2-hunter2}
";
    let work = folder(&[("application.yaml", application)]);
    let said = omlint(work.path(), &["check", "."]).out;
    for shown in ["targetRevision: 1.11.4", "config:", "provider: basic", "value: ****"] {
        assert!(said.contains(shown), "{shown} is not in\n{said}");
    }
    assert!(!said.contains("hunter2") && !said.contains("jJ/9"), "{said}");
    // A password over several lines is no file of values.
    let text = application.replace("{password: hunter2-hunter2}", "{}")
        + "            database:\n              auth:\n                password: |\n                  a: hunter2\n";
    let work = folder(&[("application.yaml", text.as_str())]);
    assert!(!omlint(work.path(), &["check", "."]).out.contains("hunter2"));
}

#[test]
fn a_long_line_is_cut_around_its_label() {
    let line = format!("DB_PARAMS=a={}&useSSL=false", "x".repeat(3000));
    let text = format!(
        "AUTHENTICATION_PROVIDER=basic\nAUTHORIZER_ADMIN_PRINCIPALS=[admin]\n{line}\nFERNET_KEY={}\n",
        "k".repeat(900)
    );
    let work = folder(&[("om.env", text.as_str())]);
    let said = omlint(work.path(), &["check", "om.env", "--min-severity", "low"]).out;
    let widest = said.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(widest < 400, "{widest} columns");
}

#[test]
fn the_key_above_config_is_none_that_the_chart_ignores() {
    let values =
        "openmetadata:\n  config:\n    clusterName: x\n    jwtTokenConfiguration: {keyId: y}\n";
    let work = folder(&[("values.yaml", values)]);
    let said = omlint(work.path(), &["show", "."]).out;
    assert!(!said.contains("is ignored"), "{said}");
}

#[test]
fn no_mark_of_a_rule_file_is_left_in_an_explanation() {
    let work = folder(&[]);
    for rule in ["airflow-default-credentials", "jwt-default-key-id", "jwt-key-pair-mismatch"] {
        let said = omlint(work.path(), &["explain", rule]).out;
        let head = said.split("\nSpeaks").next().unwrap();
        for mark in ["{secret}", "{uuid}", "{folder"] {
            assert!(!head.contains(mark), "{head}");
        }
    }
    let knowledge = Knowledge::built_in();
    for (id, _) in knowledge.rules.iter().map(|rule| (&rule.id, ())) {
        let texts = &knowledge.sheet(id).unwrap().texts;
        assert!(texts.remedy.say.trim().ends_with(['.', '}', ')']), "{id}: no whole sentence");
    }
}

#[test]
fn a_new_rule_is_tested_where_it_was_written() {
    let work = folder(&[]);
    assert_eq!(omlint(work.path(), &["rules", "new", "acme-own-domain"]).code, 0);
    let run = omlint(work.path(), &["rules", "test"]);
    assert_eq!((run.code, run.out.trim()), (0, "1 rule, 2 examples, 0 wrong"), "{}", run.err);
}
