//! Whole deployments through every format, to be read in review like prose.
//! After a wanted change: `INSTA_UPDATE=always cargo test --test snapshots`, then read the diff.

use std::process::Command;

/// Runs the program in the repository's root, away from the environment.
fn omlint(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_omlint"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    format!(
        "$ omlint {}\n{}exit {}\n",
        arguments.join(" "),
        String::from_utf8(output.stdout).unwrap(),
        output.status.code().unwrap()
    )
}

#[test]
fn half_a_migration_to_auth0() {
    let folder = "fixtures/deployments/auth0-half-done";
    insta::assert_snapshot!("auth0-half-done-pretty", omlint(&["check", folder]));
    insta::assert_snapshot!(
        "auth0-half-done-concise",
        omlint(&["check", "--format", "concise", folder])
    );
    insta::assert_snapshot!("auth0-half-done-json", omlint(&["check", "--format", "json", folder]));
    insta::assert_snapshot!("auth0-half-done-show", omlint(&["show", folder]));
}

#[test]
fn a_values_file_that_says_nothing_about_keys() {
    let folder = "fixtures/deployments/helm-silent-about-keys";
    insta::assert_snapshot!(
        "helm-silent-about-keys",
        omlint(&["check", "--min-severity", "low", folder])
    );
}

#[test]
fn the_manuals_sample_with_its_marks_left_in() {
    let folder = "fixtures/deployments/manual-sample-pasted";
    insta::assert_snapshot!("manual-sample-pasted", omlint(&["check", folder]));
}

#[test]
fn a_hardened_deployment_is_quiet() {
    let folder = "fixtures/deployments/hardened";
    insta::assert_snapshot!("hardened", omlint(&["check", folder]));
    insta::assert_snapshot!("hardened-show", omlint(&["show", folder]));
}

#[test]
fn the_list_of_rules() {
    insta::assert_snapshot!("rules", omlint(&["rules"]));
    insta::assert_snapshot!("explain", omlint(&["explain", "jwt-default-key-id"]));
}
