//! The exit code says the same in every format: 0 nothing to report, 1 findings, 2 the run did
//! not do what was asked.

mod support;

use omlint::report::Format;
use support::{folder, omlint, omlint_with};

/// Critical to low findings, all at high confidence but one at medium.
const UNSAFE: &str = "services:
  openmetadata-server:
    image: docker.getcollate.io/openmetadata/server:1.13.1
    environment:
      AUTHENTICATION_PROVIDER: basic
";

/// The exit code of `check` on one compose file, which must not depend on the format.
fn check(text: &str, arguments: &[&str]) -> i32 {
    let folder = folder(&[("docker-compose.yml", text)]);
    let codes: Vec<i32> = Format::ALL
        .iter()
        .map(|format| {
            let mut all = vec!["check", "--format", format.name()];
            all.extend(arguments);
            omlint(folder.path(), &all).code
        })
        .collect();
    assert!(codes.iter().all(|code| *code == codes[0]), "{arguments:?}: {codes:?}");
    codes[0]
}

/// A hardened deployment, with no flaw or with one of low severity.
fn only(severity: &str) -> String {
    let mut text = UNSAFE.replace("basic", "auth0");
    for line in [
        "AUTHENTICATION_CLIENT_ID: aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0cD",
        "AUTHENTICATION_AUTHORITY: https://acme.eu.auth0.com/",
        "AUTHENTICATION_CALLBACK_URL: https://om.acme.io/callback",
        "AUTHENTICATION_PUBLIC_KEYS: '[https://acme.eu.auth0.com/.well-known/jwks.json,https://om.acme.io/api/v1/system/config/jwks]'",
        "AUTHENTICATION_ENABLE_SELF_SIGNUP: false",
        "AUTHORIZER_ADMIN_PRINCIPALS: '[jane.doe]'",
        "AUTHORIZER_PRINCIPAL_DOMAIN: acme.io",
        "AUTHORIZER_ENFORCE_PRINCIPAL_DOMAIN: true",
        "RSA_PUBLIC_KEY_FILE_PATH: /keys/public.der",
        "RSA_PRIVATE_KEY_FILE_PATH: /keys/private.der",
        "JWT_KEY_ID: 7d1a1e2c-3f5c-4a0e-9f53-5d7d9b5d3c11",
        "FERNET_KEY: ${FERNET_KEY:?}",
        "DB_USER_PASSWORD: ${DB_USER_PASSWORD:?}",
        "AIRFLOW_PASSWORD: ${AIRFLOW_PASSWORD:?}",
        "PIPELINE_SERVICE_CLIENT_ENDPOINT: https://airflow.acme.io",
        "PIPELINE_SERVICE_CLIENT_VERIFY_SSL: validate",
        "PIPELINE_SERVICE_CLIENT_SSL_CERT_PATH: /keys/airflow-ca.pem",
        "SERVER_HOST_API_URL: https://om.acme.io/api",
    ] {
        text.push_str(&format!("      {line}\n"));
    }
    text.push_str(match severity {
        "none" => "      JWT_ISSUER: om.acme.io\n",
        "low" => "",
        other => panic!("no sample for {other}"),
    });
    text.push_str("    volumes:\n      - keys:/keys:ro\n");
    text
}

#[test]
fn findings_make_it_1_and_nothing_to_report_0() {
    assert_eq!(check(UNSAFE, &[]), 1);
    assert_eq!(check(&only("none"), &[]), 0);
    assert_eq!(check("services: {}\n", &[]), 0, "nothing of OpenMetadata's");
    let empty = folder(&[]);
    assert_eq!(omlint(empty.path(), &["check"]).code, 0, "nothing at all");
}

#[test]
fn fail_on_decides_what_fails() {
    let low = only("low");
    assert_eq!(check(&low, &[]), 0, "medium is what fails by default");
    assert_eq!(check(&low, &["--fail-on", "low"]), 1);
    assert_eq!(check(&low, &["--fail-on", "info"]), 1);
    assert_eq!(check(&low, &["--fail-on", "medium"]), 0);
    for severity in ["info", "low", "medium", "high", "critical"] {
        assert_eq!(check(UNSAFE, &["--fail-on", severity]), 1, "{severity}");
    }
    assert_eq!(check(UNSAFE, &["--fail-on", "never"]), 0);
}

#[test]
fn what_fails_is_listed() {
    // A --fail-on below --min-severity lowers the listing to it.
    let low = only("low");
    assert_eq!(check(&low, &["--fail-on", "low", "--min-severity", "critical"]), 1);
    let folder = folder(&[("docker-compose.yml", &low)]);
    let arguments = ["check", "--fail-on", "low", "--min-severity", "high", "--format", "concise"];
    let run = omlint(folder.path(), &arguments);
    assert!(run.out.lines().any(|line| line.contains(" low[")), "{}", run.out);
    // A --min-severity above --fail-on would otherwise hide what fails.
    assert_eq!(check(UNSAFE, &["--min-severity", "critical"]), 1);
    // A lower --min-severity lists more and fails no more.
    assert_eq!(check(&low, &["--min-severity", "info", "--min-confidence", "low"]), 0);
}

#[test]
fn only_findings_of_enough_confidence_fail() {
    // What an unseen env_file may change is less sure.
    let text = UNSAFE.replace("    environment:", "    env_file: not-here.env\n    environment:");
    let folder = folder(&[("docker-compose.yml", &text)]);
    let run = omlint(folder.path(), &["check", "--format", "json", "--min-confidence", "low"]);
    let report: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    for (sure, level) in [("high", 2), ("medium", 1), ("low", 0)] {
        let expected = report["findings"].as_array().expect("findings").iter().any(|finding| {
            let confidence = ["low", "medium", "high"]
                .iter()
                .position(|name| finding["confidence"] == *name)
                .expect("a confidence");
            let grave = ["medium", "high", "critical"].iter().any(|s| finding["severity"] == *s);
            confidence >= level && grave
        });
        assert_eq!(check(&text, &["--min-confidence", sure]), i32::from(expected), "{sure}");
    }
}

#[test]
fn exit_zero_maps_1_to_0_and_nothing_else() {
    assert_eq!(check(UNSAFE, &["--exit-zero"]), 0);
    assert_eq!(check(UNSAFE, &["--exit-zero", "missing.yml"]), 2);
    assert_eq!(check("a: b\n", &["--exit-zero", "--require-deployment"]), 2);
}

#[test]
fn a_gate_at_the_wrong_folder_cannot_pass() {
    assert_eq!(check("a: b\n", &["--require-deployment"]), 2);
    assert_eq!(check(UNSAFE, &["--require-deployment"]), 1);
    assert_eq!(check(&only("none"), &["--require-deployment"]), 0);
}

#[test]
fn a_path_that_cannot_be_read_is_2_and_the_rest_is_reported() {
    assert_eq!(check(UNSAFE, &["missing.yml"]), 2);
    assert_eq!(check(UNSAFE, &[".", "missing.yml"]), 2, "the highest code wins");
    let folder = folder(&[("docker-compose.yml", UNSAFE)]);
    let run = omlint(folder.path(), &["check", ".", "missing.yml", "--format", "concise"]);
    assert!(run.out.contains("docker-compose.yml:"), "{}", run.out);
    assert!(run.err.contains("missing.yml: no such file or folder"), "{}", run.err);
    for flag in ["--env-file", "--helm-values"] {
        assert_eq!(check(UNSAFE, &[flag, "missing"]), 2, "{flag}");
    }
    assert_eq!(omlint(folder.path(), &["show", "missing.yml"]).code, 2);
}

#[test]
fn what_cannot_be_understood_is_2() {
    for arguments in [
        &["check", "--no-such-flag"][..],
        &["check", "--format", "poetry"],
        &["check", "--fail-on", "sometimes"],
        &["check", "--min-severity", "grave"],
        &["check", "--min-confidence", "certain"],
        &["check", "--om-version", "newest"],
        &["check", "--now", "tomorrow"],
        &["show", "--format", "concise"],
        &["explain"],
        &["judge"],
        &[],
    ] {
        let folder = folder(&[]);
        let run = omlint(folder.path(), arguments);
        assert_eq!(run.code, 2, "{arguments:?}");
        assert!(run.out.is_empty() && !run.err.is_empty(), "{arguments:?}");
    }
}

#[test]
fn help_version_rules_and_explanations_are_0() {
    let folder = folder(&[]);
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["check", "--help"],
        &["rules"],
        &["explain", "jwt-default-key-id"],
    ] {
        let run = omlint(folder.path(), arguments);
        assert_eq!(run.code, 0, "{arguments:?}");
        assert!(!run.out.is_empty(), "{arguments:?}");
    }
}

#[test]
fn an_unknown_rule_is_2_and_the_nearest_is_named() {
    let folder = folder(&[]);
    let run = omlint(folder.path(), &["explain", "jwt-default-keyid"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("did you mean `jwt-default-key-id`?"), "{}", run.err);
    let run = omlint(folder.path(), &["explain", "xyzzy"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("`omlint rules` lists"), "{}", run.err);
}

#[test]
fn showing_settings_is_0_whatever_they_are() {
    let folder = folder(&[("docker-compose.yml", UNSAFE)]);
    for format in ["table", "json"] {
        assert_eq!(omlint(folder.path(), &["show", "--format", format]).code, 0);
    }
}

#[test]
fn standard_input_counts_like_a_file() {
    let folder = folder(&[]);
    for format in Format::ALL.map(Format::name) {
        let ask = |input: &str| {
            let arguments = ["check", "-", "--stdin-filename", "a.yml", "--format", format];
            omlint_with(folder.path(), &arguments, input.as_bytes()).code
        };
        assert_eq!((ask(UNSAFE), ask("")), (1, 0), "{format}");
    }
}
