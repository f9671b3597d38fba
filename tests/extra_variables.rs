//! Values that configure the server by nothing but the chart's list of further variables.

mod support;

use support::{folder, omlint};

const LIST: &str = "extraEnvs:
  - { name: AUTHENTICATION_PROVIDER, value: google }
  - { name: AUTHORIZER_ADMIN_PRINCIPALS, value: \"[admin]\" }
";

fn concise(name: &str, text: &str) -> String {
    let folder = folder(&[(name, text)]);
    omlint(folder.path(), &["check", ".", "--format", "concise"]).out
}

#[test]
fn they_are_the_charts_values() {
    let out = concise("values.yaml", &format!("replicaCount: 1\n{LIST}"));
    assert!(out.contains("values.yaml:4:51: high[admin-default-principal]"), "{out}");
    // What nothing sets is shown at the list, where one would begin.
    assert!(out.contains("values.yaml:2:1: critical[jwt-default-key-pair]"), "{out}");
    assert!(!out.contains("auth-basic-enabled"), "{out}");
}

#[test]
fn they_are_below_the_key_of_a_dependency_too() {
    let list = LIST.replace('\n', "\n  ");
    let out = concise("stack.yaml", &format!("catalog:\n  {list}\nother: 1\n"));
    assert!(out.contains("stack.yaml:4:53: high[admin-default-principal]"), "{out}");
}

#[test]
fn a_variable_that_others_have_too_tells_nothing() {
    let out = concise(
        "values.yaml",
        "extraEnvs:\n  - { name: LOG_LEVEL, value: INFO }\n  - { name: DB_HOST, value: db }\n",
    );
    assert_eq!(out, "");
    let out = concise("values.yaml", &LIST.replace("extraEnvs", "extraEnvVars"));
    assert_eq!(out, "");
}
