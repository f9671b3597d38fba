//! What each setting becomes, by the rules of the program that reads the files.
//!
//! Every test is a small whole deployment. The expected values are what docker compose, Helm
//! and Dropwizard's substitution made of the same files; `tests/oracles` holds the programs
//! that asked them, and says how to ask again.

mod support;

use std::path::Path;

use Expected::{Default, Empty, Reference, Secret, Set};

/// What the server gets for a variable.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Expected {
    /// This text; a list as `[a, b]`.
    Set(&'static str),
    /// A text that is never printed.
    Secret,
    /// The variable is there and holds nothing.
    Empty,
    /// No variable: the image's own default applies.
    Default,
    /// The files do not say.
    Reference,
}

/// Lays out a deployment, and checks what `omlint show` makes of each variable.
#[track_caller]
fn check(
    name: &str,
    files: &[(&str, &str)],
    arguments: &[&str],
    expected: &[(&'static str, Expected)],
) {
    let folder = support::folder(files);
    let mut all = vec!["show", "--format", "json"];
    all.extend(arguments);
    let run = support::omlint(folder.path(), &all);
    let report: serde_yaml::Value = serde_yaml::from_str(&run.out).expect("show prints JSON");
    let deployments = report["deployments"].as_sequence().expect("a list");
    assert_eq!(deployments.len(), 1, "{}{}", run.out, run.err);
    let settings = deployments[0]["settings"].as_sequence().expect("a list");
    for &(variable, wanted) in expected {
        let row = settings
            .iter()
            .find(|row| row["env"].as_str() == Some(variable))
            .unwrap_or_else(|| panic!("no row for {variable}"));
        let value = row["value"].as_str();
        let holds = match (wanted, row["state"].as_str().expect("a state")) {
            (Set(text), "written") => value == Some(text),
            // The chart's default is a default, whoever passes it on.
            (Set(text), "default") => value == Some(text) && variable_is_passed(row),
            (Secret, "written") => value.is_none(),
            (Empty, "empty") | (Reference, "reference") => true,
            (Default, "default") => true,
            _ => false,
        };
        assert!(holds, "{variable}: expected {wanted:?}, found {row:?}");
    }
    lay_out(name, files, arguments, expected);
}

/// Only a chart passes its defaults on.
fn variable_is_passed(row: &serde_yaml::Value) -> bool {
    row["origin"]["path"].as_str().is_some_and(|path| path.contains("values"))
}

/// With OMLINT_LAY_OUT, leaves the deployment in that folder for `tests/oracles`.
fn lay_out(
    name: &str,
    files: &[(&str, &str)],
    arguments: &[&str],
    expected: &[(&'static str, Expected)],
) {
    let Some(root) = std::env::var_os("OMLINT_LAY_OUT") else { return };
    let folder = Path::new(&root).join(name);
    for (path, text) in files {
        support::write(&folder, path, text.as_bytes());
    }
    let variables: Vec<String> = expected
        .iter()
        .map(|(variable, wanted)| match wanted {
            Set(text) => format!("{variable:?}: {{\"set\": {text:?}}}"),
            other => format!("{variable:?}: {:?}", format!("{other:?}").to_lowercase()),
        })
        .collect();
    let arguments: Vec<String> = arguments.iter().map(|text| format!("{text:?}")).collect();
    let text = format!(
        "{{\"arguments\": [{}], \"expected\": {{{}}}}}\n",
        arguments.join(", "),
        variables.join(", ")
    );
    support::write(&folder, "expected.json", text.as_bytes());
}

/// A compose file with an OpenMetadata server that has this below its `environment:`.
fn compose(environment: &str) -> String {
    format!(
        "services:\n  openmetadata-server:\n    image: openmetadata/server:1.12.1\n    environment:\n{}",
        indented(environment, 6)
    )
}

/// A values file with this below `openmetadata.config`.
fn values(config: &str) -> String {
    format!("openmetadata:\n  config:\n{}", indented(config, 4))
}

fn indented(text: &str, by: usize) -> String {
    let lines = text.trim_matches('\n').lines();
    let trim = text.trim_matches('\n').lines().next().map_or(0, |l| l.len() - l.trim_start().len());
    lines.map(|line| format!("{:by$}{}\n", "", line.get(trim..).unwrap_or(""))).collect()
}

mod compose_files {
    use super::*;

    #[test]
    fn trap_07_quotes_in_a_default_are_part_of_the_value_and_the_server_strips_them() {
        check(
            "quotes_in_a_default",
            &[(
                "compose.yml",
                &compose(
                    r#"
                    JWT_ISSUER: ${JWT_ISSUER:-"open-metadata.org"}
                    AUTHORIZER_ADMIN_PRINCIPALS: ${ADMINS:-[admin, "bob"]}
                    OIDC_SCOPE: "${SCOPE:-'openid email'}"
                    "#,
                ),
            )],
            &[],
            &[
                ("JWT_ISSUER", Set("open-metadata.org")),
                ("AUTHORIZER_ADMIN_PRINCIPALS", Set("[admin, bob]")),
                ("OIDC_SCOPE", Set("openid email")),
            ],
        );
    }

    #[test]
    fn trap_10_a_variable_set_to_nothing_is_not_an_unset_one() {
        check(
            "set_to_nothing",
            &[
                (".env", "E=\nF=full\n"),
                (
                    "compose.yml",
                    &compose(
                        "
                        JWT_ISSUER: ${E:-default}
                        JWT_KEY_ID: ${E-default}
                        DB_HOST: ${E:+other}
                        OIDC_SCOPE: ${E+other}
                        AUTHENTICATION_PROVIDER: ${E?must be there}
                        AUTHENTICATION_AUTHORITY: ${F:+other}
                        AUTHENTICATION_CLIENT_ID: ${F:?must be full}
                        SEARCH_TYPE: ${UNSET:?must be full}
                        ",
                    ),
                ),
            ],
            &[],
            &[
                ("JWT_ISSUER", Set("default")),
                ("JWT_KEY_ID", Empty),
                ("DB_HOST", Empty),
                ("OIDC_SCOPE", Set("other")),
                ("AUTHENTICATION_PROVIDER", Empty),
                ("AUTHENTICATION_AUTHORITY", Set("other")),
                ("AUTHENTICATION_CLIENT_ID", Set("full")),
                ("SEARCH_TYPE", Reference),
            ],
        );
    }

    #[test]
    fn a_secret_resolves_like_any_other_variable() {
        check(
            "secrets",
            &[(
                "compose.yml",
                &compose(
                    "
                    FERNET_KEY: ${KEY:-written-here}
                    OIDC_CLIENT_SECRET: ${OIDC_CLIENT_SECRET}
                    DB_USER_PASSWORD: ${PASSWORD:-}
                    ",
                ),
            )],
            &[],
            &[
                ("FERNET_KEY", Secret),
                ("OIDC_CLIENT_SECRET", Reference),
                ("DB_USER_PASSWORD", Empty),
            ],
        );
    }

    #[test]
    fn defaults_nest_and_a_double_dollar_is_one() {
        check(
            "nested_defaults",
            &[
                (".env", "B=from-b\n"),
                (
                    "compose.yml",
                    &compose(
                        r#"
                        - JWT_ISSUER=${A:-${B:-c}}
                        - JWT_KEY_ID=${A:-x${C:-"${D-deep}"}y}
                        - AUTHENTICATION_CALLBACK_URL=${P:-{}}
                        - DB_HOST=a$$b
                        - SEARCH_TYPE=$${B}
                        - OIDC_SCOPE=$B.$B
                        "#,
                    ),
                ),
            ],
            &[],
            &[
                ("JWT_ISSUER", Set("from-b")),
                ("JWT_KEY_ID", Set("x\"deep\"y")),
                ("AUTHENTICATION_CALLBACK_URL", Set("{}")),
                ("DB_HOST", Set("a$b")),
                ("SEARCH_TYPE", Set("${B}")),
                ("OIDC_SCOPE", Set("from-b.from-b")),
            ],
        );
    }

    #[test]
    fn what_stands_in_for_a_bare_name_is_not_known_to_apply() {
        check(
            "bare_names_alternate",
            &[
                ("compose.yml", &compose("JWT_KEY_ID: ${A+own}\nJWT_ISSUER: ${B+acme.io}")),
                (".env", "A\nB=x\n"),
            ],
            &["compose.yml"],
            &[("JWT_KEY_ID", Reference), ("JWT_ISSUER", Set("acme.io"))],
        );
    }

    #[test]
    fn trap_09_a_bare_name_passes_on_what_the_env_file_of_the_project_says() {
        check(
            "bare_names",
            &[
                (".env", "JWT_ISSUER=from-dot-env\n"),
                ("compose.yml", &compose("JWT_ISSUER:\nJWT_KEY_ID: ~\nAUTHENTICATION_CLIENT_ID:")),
            ],
            &[],
            &[
                ("JWT_ISSUER", Set("from-dot-env")),
                ("JWT_KEY_ID", Reference),
                ("AUTHENTICATION_CLIENT_ID", Reference),
            ],
        );
    }

    #[test]
    fn trap_29_quotes_comments_and_blanks_in_a_dot_env() {
        let dot_env = concat!(
            "\u{feff}export A=exported\r\n",
            "B = \"quoted\" # a comment\r\n",
            "C=a#b\r\n",
            "D=a #b\r\n",
            "E='${A}'\r\n",
            "F=\"${A} and $A\"\r\n",
            "G: colon\r\n",
            "H=first\r\n",
            "H=second\r\n",
            "I=\\$A\r\n",
        );
        check(
            "dot_env",
            &[
                (".env", dot_env),
                (
                    "compose.yml",
                    &compose(
                        "
                        AUTHENTICATION_PROVIDER: ${A}
                        AUTHENTICATION_CLIENT_ID: ${B}
                        JWT_ISSUER: ${C}
                        JWT_KEY_ID: ${D}
                        OIDC_SCOPE: ${E}
                        DB_HOST: ${F}
                        SEARCH_TYPE: ${G}
                        AUTHENTICATION_AUTHORITY: ${H}
                        ",
                    ),
                ),
            ],
            &[],
            &[
                ("AUTHENTICATION_PROVIDER", Set("exported")),
                ("AUTHENTICATION_CLIENT_ID", Set("quoted")),
                ("JWT_ISSUER", Set("a#b")),
                ("JWT_KEY_ID", Set("a")),
                ("OIDC_SCOPE", Set("${A}")),
                ("DB_HOST", Set("exported and exported")),
                ("SEARCH_TYPE", Set("colon")),
                ("AUTHENTICATION_AUTHORITY", Set("second")),
            ],
        );
    }

    #[test]
    fn a_dot_env_is_read_whatever_its_names_look_like() {
        check(
            "lower_case_dot_env",
            &[
                (".env", "realm: corp\nissuer=corp.example.org\n"),
                ("compose.yml", &compose("JWT_ISSUER: ${issuer}\nJWT_KEY_ID: ${realm}")),
            ],
            &[],
            &[("JWT_ISSUER", Set("corp.example.org")), ("JWT_KEY_ID", Set("corp"))],
        );
    }

    #[test]
    fn trap_28_the_later_env_file_argument_wins_and_dot_env_is_not_read_beside_it() {
        check(
            "env_file_arguments",
            &[
                (".env", "A=dot\nC=dot\n"),
                ("one.env", "A=one\nB=one\n"),
                ("two.env", "B=two-$A\n"),
                (
                    "compose.yml",
                    &compose("JWT_ISSUER: ${A}\nJWT_KEY_ID: ${B}\nDB_HOST: ${C:-unset}"),
                ),
            ],
            &["--env-file", "one.env", "--env-file", "two.env"],
            &[
                ("JWT_ISSUER", Set("one")),
                ("JWT_KEY_ID", Set("two-one")),
                ("DB_HOST", Set("unset")),
            ],
        );
    }

    #[test]
    fn environment_beats_env_file_and_the_later_file_beats_the_earlier() {
        check(
            "env_file_order",
            &[
                (".env", "ORG=corp\n"),
                (
                    "a.list",
                    "JWT_ISSUER=a\nJWT_KEY_ID=a\nDB_HOST=a\nOIDC_SCOPE=${ORG}-$JWT_KEY_ID\n",
                ),
                ("b.list", "JWT_KEY_ID=b\nDB_HOST=b\n"),
                (
                    "compose.yml",
                    "services:
  openmetadata-server:
    image: openmetadata/server:1.12.1
    env_file: [a.list, {path: b.list, required: false}]
    environment: [DB_HOST=own]
",
                ),
            ],
            &[],
            &[
                ("JWT_ISSUER", Set("a")),
                ("JWT_KEY_ID", Set("b")),
                ("DB_HOST", Set("own")),
                ("OIDC_SCOPE", Set("corp-a")),
            ],
        );
    }

    #[test]
    fn an_env_file_sees_the_project_then_the_environment_then_itself_then_the_file_before() {
        let compose = "services:
  openmetadata-server:
    image: docker.getcollate.io/openmetadata/server:1.11.4
    env_file: [a.list, b.list]
    environment:
      OWN: from-environment
      BOTH: from-environment
";
        check(
            "env_file_sees",
            &[
                (".env", "BOTH=from-project\n"),
                ("a.list", "BEFORE=from-a\nAGAIN=from-a\n"),
                (
                    "b.list",
                    "OWN=from-b\nJWT_ISSUER=$BOTH\nJWT_KEY_ID=$OWN\n\
                     AUTHENTICATION_CLIENT_ID=$BEFORE\nAGAIN=from-b\n\
                     AUTHENTICATION_AUTHORITY=$AGAIN\n",
                ),
                ("compose.yml", compose),
            ],
            &[],
            &[
                ("JWT_ISSUER", Set("from-project")),
                ("JWT_KEY_ID", Set("from-environment")),
                ("AUTHENTICATION_CLIENT_ID", Set("from-a")),
                ("AUTHENTICATION_AUTHORITY", Set("from-b")),
            ],
        );
    }

    #[test]
    fn whether_an_alternate_applies_is_unknown_where_its_variable_may_be_empty() {
        check(
            "alternate_of_unknown",
            &[
                (".env", "MAYBE=$ELSEWHERE\nSURELY=x$ELSEWHERE\n"),
                (
                    "compose.yml",
                    &compose(
                        "JWT_ISSUER: ${MAYBE:+given}\nJWT_KEY_ID: ${SURELY:+given}\n\
                         AUTHENTICATION_CLIENT_ID: ${MAYBE+given}",
                    ),
                ),
            ],
            &[],
            &[
                ("JWT_ISSUER", Reference),
                ("JWT_KEY_ID", Set("given")),
                ("AUTHENTICATION_CLIENT_ID", Set("given")),
            ],
        );
    }

    #[test]
    fn a_raw_env_file_keeps_quotes_comments_and_dollars_for_the_server() {
        check(
            "raw_env_file",
            &[
                ("om.list", "JWT_ISSUER=\"x\"\nJWT_KEY_ID=a # b\nDB_HOST=$JWT_ISSUER\n"),
                (
                    "compose.yml",
                    "services:
  openmetadata-server:
    image: openmetadata/server:1.12.1
    env_file: [{path: om.list, format: raw}]
",
                ),
            ],
            &[],
            &[("JWT_ISSUER", Set("x")), ("JWT_KEY_ID", Set("a")), ("DB_HOST", Set("$JWT_ISSUER"))],
        );
    }

    #[test]
    fn a_bare_name_in_an_env_file_leaves_what_an_earlier_file_says() {
        check(
            "bare_name_in_env_file",
            &[
                ("a.list", "JWT_ISSUER=a\n"),
                ("b.list", "JWT_ISSUER\nJWT_KEY_ID\n"),
                (
                    "compose.yml",
                    "services:
  openmetadata-server:
    image: openmetadata/server:1.12.1
    env_file: [a.list, b.list]
",
                ),
            ],
            &[],
            &[("JWT_ISSUER", Set("a")), ("JWT_KEY_ID", Reference)],
        );
    }

    #[test]
    fn the_default_of_a_variable_names_the_env_file() {
        check(
            "env_file_by_variable",
            &[
                ("prod.list", "JWT_ISSUER=prod\n"),
                (
                    "compose.yml",
                    "services:
  openmetadata-server:
    image: openmetadata/server:1.12.1
    env_file: ${STAGE:-prod}.list
",
                ),
            ],
            &[],
            &[("JWT_ISSUER", Set("prod"))],
        );
    }

    #[test]
    fn plain_numbers_are_typed_before_they_are_text_again() {
        check(
            "typed_numbers",
            &[(
                "compose.yml",
                &compose(
                    "
                    JWT_KEY_ID: 012
                    JWT_ISSUER: 1_000
                    DB_HOST: 1.50
                    OIDC_SCOPE: 12345678
                    SEARCH_TYPE: 0x1F
                    AUTHENTICATION_PROVIDER: yes
                    AUTHENTICATION_AUTHORITY: True
                    AUTHENTICATION_CLIENT_ID: '012'
                    ",
                ),
            )],
            &[],
            &[
                ("JWT_KEY_ID", Set("10")),
                ("JWT_ISSUER", Set("1000")),
                ("DB_HOST", Set("1.5")),
                ("OIDC_SCOPE", Set("12345678")),
                ("SEARCH_TYPE", Set("31")),
                ("AUTHENTICATION_PROVIDER", Set("yes")),
                ("AUTHENTICATION_AUTHORITY", Set("true")),
                ("AUTHENTICATION_CLIENT_ID", Set("012")),
            ],
        );
    }

    #[test]
    fn trap_27_the_override_file_is_laid_over_key_by_key() {
        check(
            "override_file",
            &[
                ("compose.yml", &compose("- JWT_ISSUER=base\n- JWT_KEY_ID=base")),
                (
                    "compose.override.yml",
                    "services:\n  openmetadata-server:\n    environment:\n      JWT_KEY_ID: over\n",
                ),
            ],
            &[],
            &[("JWT_ISSUER", Set("base")), ("JWT_KEY_ID", Set("over"))],
        );
    }

    #[test]
    fn reset_takes_away_and_counts_for_nothing_itself() {
        check(
            "reset",
            &[
                (
                    "compose.yml",
                    &compose("JWT_ISSUER: base\nAUTHENTICATION_PROVIDER: auth0\nJWT_KEY_ID: base"),
                ),
                (
                    "compose.override.yml",
                    "services:
  openmetadata-server:
    environment: !reset
      JWT_KEY_ID: over
",
                ),
            ],
            &[],
            &[
                ("JWT_ISSUER", Default),
                ("JWT_KEY_ID", Default),
                ("AUTHENTICATION_PROVIDER", Default),
            ],
        );
    }

    #[test]
    fn override_replaces_and_a_reset_key_goes_alone() {
        check(
            "override_tag",
            &[
                ("compose.yml", &compose("JWT_ISSUER: base\nJWT_KEY_ID: base")),
                (
                    "compose.override.yml",
                    "services:\n  openmetadata-server:\n    environment: !override\n      JWT_KEY_ID: over\n",
                ),
            ],
            &[],
            &[("JWT_ISSUER", Default), ("JWT_KEY_ID", Set("over"))],
        );
        check(
            "reset_key",
            &[
                ("compose.yml", &compose("JWT_ISSUER: base\nJWT_KEY_ID: base")),
                (
                    "compose.override.yml",
                    "services:\n  openmetadata-server:\n    environment:\n      JWT_KEY_ID: !reset null\n",
                ),
            ],
            &[],
            &[("JWT_ISSUER", Set("base")), ("JWT_KEY_ID", Default)],
        );
        // A list has no keys that could be reset.
        check(
            "reset_key_of_a_list",
            &[
                ("compose.yml", &compose("- JWT_ISSUER=base\n- JWT_KEY_ID=base")),
                (
                    "compose.override.yml",
                    "services:\n  openmetadata-server:\n    environment:\n      JWT_KEY_ID: !reset null\n",
                ),
            ],
            &[],
            &[("JWT_ISSUER", Set("base")), ("JWT_KEY_ID", Set("base"))],
        );
    }

    #[test]
    fn trap_27_an_extended_service_keeps_the_folder_of_its_own_file() {
        check(
            "extends",
            &[
                ("common/base.list", "JWT_ISSUER=base-list\nJWT_KEY_ID=base-list\n"),
                (
                    "common/base.yml",
                    "services:
  om:
    image: openmetadata/server:1.12.1
    env_file: base.list
    environment: {DB_HOST: base, OIDC_SCOPE: base}
",
                ),
                (
                    "compose.yml",
                    "services:
  openmetadata-server:
    extends: {file: common/base.yml, service: om}
    environment: [DB_HOST=own, JWT_KEY_ID=own]
",
                ),
            ],
            &[],
            &[
                ("JWT_ISSUER", Set("base-list")),
                ("JWT_KEY_ID", Set("own")),
                ("DB_HOST", Set("own")),
                ("OIDC_SCOPE", Set("base")),
            ],
        );
    }

    #[test]
    fn a_comment_sign_within_a_value_is_one_to_the_server() {
        check(
            "comment_in_value",
            &[(
                "compose.yml",
                &compose(
                    r##"
                    AUTHENTICATION_PROVIDER: "okta # was basic"
                    AUTHORIZER_ADMIN_PRINCIPALS: "[m.keller] # admin"
                    JWT_ISSUER: "#none"
                    JWT_KEY_ID: key#1
                    AUTHENTICATION_CLIENT_ID: '"a # b"'
                    "##,
                ),
            )],
            &[],
            &[
                ("AUTHENTICATION_PROVIDER", Set("okta")),
                ("AUTHORIZER_ADMIN_PRINCIPALS", Set("[m.keller]")),
                ("JWT_ISSUER", Empty),
                ("JWT_KEY_ID", Set("key#1")),
                ("AUTHENTICATION_CLIENT_ID", Set("a # b")),
            ],
        );
    }

    #[test]
    fn a_file_that_only_includes_is_found_by_a_walk() {
        let server = "AUTHENTICATION_PROVIDER: ${PROVIDER:-basic}\n";
        check(
            "include_only",
            &[
                (".env", "PROVIDER=okta\n"),
                ("catalog/server.yml", &compose(server)),
                ("compose.yml", "include:\n  - catalog/server.yml\n"),
            ],
            &["."],
            &[("AUTHENTICATION_PROVIDER", Set("okta"))],
        );
    }

    #[test]
    fn trap_27_an_included_file_has_variables_of_its_own_and_its_env_files_do_not() {
        check(
            "include",
            &[
                (".env", "A=outer\n"),
                ("om/.env", "A=inner\nB=inner\nSEARCH_TYPE=inner\n"),
                ("om/om.list", "OIDC_SCOPE=${B:-not seen}\n"),
                (
                    "om/compose.yml",
                    "services:
  openmetadata-server:
    image: openmetadata/server:1.12.1
    env_file: om.list
    environment: ['JWT_ISSUER=${A}', 'JWT_KEY_ID=${B}', SEARCH_TYPE]
",
                ),
                ("compose.yml", "include: [om/compose.yml]\nservices:\n  db:\n    image: mysql\n"),
            ],
            &["compose.yml"],
            &[
                ("JWT_ISSUER", Set("outer")),
                ("JWT_KEY_ID", Set("inner")),
                ("OIDC_SCOPE", Set("not seen")),
                ("SEARCH_TYPE", Set("inner")),
            ],
        );
    }

    #[test]
    fn trap_58_merge_keys_give_way_to_own_keys_and_the_first_of_several_wins() {
        check(
            "merge_keys",
            &[(
                "compose.yml",
                "x-a: &a {JWT_ISSUER: a, JWT_KEY_ID: a, DB_HOST: a}
x-b: &b {JWT_ISSUER: b, OIDC_SCOPE: b}
services:
  openmetadata-server:
    image: openmetadata/server:1.12.1
    environment:
      <<: [*a, *b]
      JWT_KEY_ID: own
",
            )],
            &[],
            &[
                ("JWT_ISSUER", Set("a")),
                ("JWT_KEY_ID", Set("own")),
                ("DB_HOST", Set("a")),
                ("OIDC_SCOPE", Set("b")),
            ],
        );
    }
}

mod helm_values {
    use super::*;

    #[test]
    fn every_number_is_a_float_and_prints_as_one() {
        check(
            "helm_numbers",
            &[(
                "values.yaml",
                &values(
                    "
                    jwtTokenConfiguration:
                      keyId: 12345678
                      jwtissuer: 012
                    authentication:
                      authority: 1.50
                      clientId: '12345678'
                      publicKeys: [012, 'x']
                    ",
                ),
            )],
            &["--helm-values", "values.yaml"],
            &[
                ("JWT_KEY_ID", Set("1.2345678e+07")),
                ("JWT_ISSUER", Set("10")),
                ("AUTHENTICATION_AUTHORITY", Set("1.5")),
                ("AUTHENTICATION_CLIENT_ID", Set("12345678")),
                ("AUTHENTICATION_PUBLIC_KEYS", Set("[10, x]")),
            ],
        );
    }

    #[test]
    fn booleans_are_those_of_yaml_1_1() {
        check(
            "helm_booleans",
            &[(
                "values.yaml",
                &values(
                    "
                    authorizer:
                      enforcePrincipalDomain: yes
                      enableSecureSocketConnection: y
                      useRolesFromProvider: off
                    authentication:
                      enableSelfSignup: 'no'
                    ",
                ),
            )],
            &["--helm-values", "values.yaml"],
            &[
                ("AUTHORIZER_ENFORCE_PRINCIPAL_DOMAIN", Set("true")),
                ("AUTHORIZER_ENABLE_SECURE_SOCKET", Set("true")),
                ("AUTHORIZER_USE_ROLES_FROM_PROVIDER", Set("false")),
                ("AUTHENTICATION_ENABLE_SELF_SIGNUP", Set("no")),
            ],
        );
    }

    #[test]
    fn trap_31_maps_are_merged_lists_replaced_and_null_takes_the_default_away() {
        check(
            "helm_layers",
            &[
                (
                    "values-a.yaml",
                    &values(
                        "
                        authorizer: {initialAdmins: [alice, bob], principalDomain: a.org}
                        jwtTokenConfiguration: {jwtissuer: a.org}
                        ",
                    ),
                ),
                (
                    "values-b.yaml",
                    &values(
                        "
                        authorizer: {initialAdmins: [carol, ~]}
                        jwtTokenConfiguration: {keyId: null}
                        authentication: {jwtPrincipalClaims: null}
                        ",
                    ),
                ),
            ],
            &["--helm-values", "values-a.yaml", "--helm-values", "values-b.yaml"],
            &[
                ("AUTHORIZER_ADMIN_PRINCIPALS", Set("[carol]")),
                ("AUTHORIZER_PRINCIPAL_DOMAIN", Set("a.org")),
                ("JWT_ISSUER", Set("a.org")),
                ("JWT_KEY_ID", Empty),
                ("AUTHENTICATION_JWT_PRINCIPAL_CLAIMS", Set("[]")),
                // The chart's own default.
                ("RSA_PUBLIC_KEY_FILE_PATH", Set("./conf/public_key.der")),
            ],
        );
    }

    #[test]
    fn a_section_is_off_by_what_a_template_calls_false() {
        check(
            "helm_sections",
            &[(
                "values.yaml",
                &values(
                    "
                    jwtTokenConfiguration: {enabled: 0, keyId: own}
                    authorizer: {enabled: 'false', principalDomain: corp.org}
                    web: {enabled: n, uriPath: /x}
                    secretsManager: {enabled: '', prefix: x}
                    ",
                ),
            )],
            &["--helm-values", "values.yaml"],
            &[
                ("JWT_KEY_ID", Default),
                ("RSA_PUBLIC_KEY_FILE_PATH", Default),
                // To a template a text that is not empty is true.
                ("AUTHORIZER_PRINCIPAL_DOMAIN", Set("corp.org")),
                ("WEB_CONF_URI_PATH", Default),
                ("SECRET_MANAGER_PREFIX", Default),
            ],
        );
    }

    #[test]
    fn the_provider_decides_which_blocks_are_rendered() {
        check(
            "helm_provider",
            &[(
                "values.yaml",
                &values(
                    "
                    authentication:
                      provider: ldap
                      clientType: public
                      ldapConfiguration: {host: ldap.corp.org}
                      oidcConfiguration: {enabled: true, scope: mine}
                      saml: {idp: {entityId: x}}
                    ",
                ),
            )],
            &["--helm-values", "values.yaml"],
            &[
                ("AUTHENTICATION_LDAP_HOST", Set("ldap.corp.org")),
                ("AUTHENTICATION_LOOKUP_ADMIN_PWD", Reference),
                ("OIDC_SCOPE", Default),
                ("SAML_IDP_ENTITY_ID", Default),
                // Passed on for the trust store in use, read by each of them.
                ("AUTHENTICATION_LDAP_EXAMINE_VALIDITY_DATES", Set("true")),
            ],
        );
    }

    #[test]
    fn references_to_secrets_are_rendered_without_their_section() {
        check(
            "helm_secret_references",
            &[(
                "values.yaml",
                &values(
                    "
                    elasticsearch: {enabled: false, auth: {enabled: true}}
                    authentication:
                      enabled: false
                      clientType: confidential
                      oidcConfiguration: {enabled: true, clientId: null}
                    pipelineServiceClientConfig: {airflow: {auth: {password: {secretRef: null}}}}
                    secretsManager:
                      provider: aws
                      additionalParameters:
                        enabled: true
                        accessKeyId: {secretRef: s, secretKey: k}
                        clientSecret: {secretRef: s, secretKey: k}
                    ",
                ),
            )],
            &["--helm-values", "values.yaml"],
            &[
                ("ELASTICSEARCH_PASSWORD", Reference),
                ("ELASTICSEARCH_HOST", Default),
                ("OIDC_CLIENT_SECRET", Reference),
                ("OIDC_CLIENT_ID", Default),
                ("OIDC_SCOPE", Default),
                ("AIRFLOW_PASSWORD", Default),
                ("OM_SM_ACCESS_KEY_ID", Reference),
                // Azure's, which this provider does not use.
                ("OM_SM_CLIENT_SECRET", Default),
            ],
        );
    }

    #[test]
    fn trap_36_extra_environment_wins_and_the_last_of_two_counts() {
        let text = format!(
            "{}extraEnvs:
- {{name: JWT_KEY_ID, value: first}}
- {{name: JWT_ISSUER, valueFrom: {{secretKeyRef: {{name: s, key: k}}}}}}
- {{name: JWT_KEY_ID, value: '\"last\"'}}
",
            values("jwtTokenConfiguration: {keyId: own, jwtissuer: own}")
        );
        check(
            "helm_extra_environment",
            &[("values.yaml", &text)],
            &["--helm-values", "values.yaml"],
            &[("JWT_KEY_ID", Set("last")), ("JWT_ISSUER", Reference)],
        );
    }
}

mod server_files {
    use super::*;

    fn mounted(environment: &str) -> String {
        format!(
            "services:
  openmetadata-server:
    image: openmetadata/server:1.12.1
    volumes: ['./openmetadata.yaml:/opt/openmetadata/conf/openmetadata.yaml']
    environment:
{}",
            indented(environment, 6)
        )
    }

    #[test]
    fn what_a_mounted_start_script_exports_is_known_by_name_only() {
        let text = "services:
  openmetadata-server:
    image: openmetadata/server:1.12.1
    environment: {JWT_KEY_ID: kid, JWT_ISSUER: acme.io}
    configs: [{source: start, target: /opt/openmetadata/conf/openmetadata-env.sh}]
configs:
  start: {file: ./env.sh}
";
        let script = "#!/bin/bash
if [ -f /run/secrets/db ]; then
  export DB_USER_PASSWORD=$(cat /run/secrets/db)
fi
JWT_KEY_ID=\"$(cat /run/secrets/kid)\"
# FERNET_KEY=not this one
";
        check(
            "start_script",
            &[("compose.yml", text), ("env.sh", script)],
            &["compose.yml"],
            &[
                ("DB_USER_PASSWORD", Reference),
                ("JWT_KEY_ID", Reference),
                ("JWT_ISSUER", Set("acme.io")),
                ("FERNET_KEY", Default),
            ],
        );
        check(
            "start_script_unseen",
            &[("compose.yml", text)],
            &["compose.yml"],
            &[
                ("DB_USER_PASSWORD", Reference),
                ("JWT_ISSUER", Set("acme.io")),
                ("FERNET_KEY", Reference),
            ],
        );
    }

    #[test]
    fn trap_10_a_variable_set_to_nothing_is_null_to_the_server() {
        check(
            "server_file_empty",
            &[
                ("compose.yml", &mounted("A: ''\nB: b")),
                (
                    "openmetadata.yaml",
                    "authenticationConfiguration:
  provider: ${A:-basic}
  clientId: ${B:-default}
  authority: ${UNSET:-\"https://idp.corp.org\"}
",
                ),
            ],
            &["compose.yml"],
            &[
                ("AUTHENTICATION_PROVIDER", Empty),
                ("AUTHENTICATION_CLIENT_ID", Set("b")),
                ("AUTHENTICATION_AUTHORITY", Set("https://idp.corp.org")),
            ],
        );
    }

    #[test]
    fn quotes_within_the_files_own_quotes_are_data() {
        check(
            "server_file_quotes",
            &[
                ("compose.yml", &mounted("A: '\"kid\"'")),
                (
                    "openmetadata.yaml",
                    "jwtTokenConfiguration:
  keyId: '${A}'
  jwtissuer: ${A}
",
                ),
            ],
            &["compose.yml"],
            &[("JWT_KEY_ID", Set("\"kid\"")), ("JWT_ISSUER", Set("kid"))],
        );
    }

    #[test]
    fn variables_are_replaced_before_the_text_is_yaml() {
        check(
            "server_file_text",
            &[
                ("compose.yml", &mounted("A: 'a #b'\nC: 'x$${D}y'\nD: d\nE: e")),
                (
                    "openmetadata.yaml",
                    "authenticationConfiguration:
  provider: ${UNSET:-auth0 # not basic}
  clientId: ${A}
  authority: \"${A}\" # ${B}
jwtTokenConfiguration:
  keyId: ${C}
  jwtissuer: ${E:-${F:-f}}
",
                ),
            ],
            &["compose.yml"],
            &[
                // A comment, once the default stands in the file.
                ("AUTHENTICATION_PROVIDER", Set("auth0")),
                ("AUTHENTICATION_CLIENT_ID", Set("a")),
                ("AUTHENTICATION_AUTHORITY", Set("a #b")),
                // Values are searched for variables, too.
                ("JWT_KEY_ID", Set("xdy")),
                // Defaults do not nest: the first brace ends it.
                ("JWT_ISSUER", Set("e}")),
            ],
        );
    }
}

mod kustomizations {
    use super::*;

    /// A Deployment of the server with this below its container.
    fn server(container: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: om, labels: {{app: catalog}}}}\nspec:\n  \
             selector: {{matchLabels: {{app: om}}}}\n  template:\n    \
             metadata: {{labels: {{app: om}}}}\n    spec:\n      containers:\n      \
             - name: server\n        image: openmetadata/server:1.12.1\n{}",
            indented(container, 8)
        )
    }

    #[test]
    fn generated_maps_and_secrets_are_what_kustomize_makes_of_them() {
        check(
            "kustomize_generators",
            &[
                (
                    "kustomization.yaml",
                    r#"
resources: [server.yaml]
configMapGenerator:
- name: plain
  literals:
  - JWT_ISSUER="issuer.example"
  - AUTHENTICATION_PROVIDER=okta
  - 'SERVER_HOST_API_URL= http://om:8585/api '
  envs: [plain.env]
secretGenerator:
- name: hidden
  envs: [hidden.env]
"#,
                ),
                (
                    "plain.env",
                    "# no comment after a value\n  AUTHENTICATION_AUTHORITY=https://okta.nordwind.de\nJWT_KEY_ID='k 1'\n",
                ),
                ("hidden.env", "OIDC_CLIENT_SECRET=\"s3cret-value-1\"\nFROM_HERE\n"),
                (
                    "server.yaml",
                    &server(
                        "envFrom: [{configMapRef: {name: plain}}, {secretRef: {name: hidden}}]",
                    ),
                ),
            ],
            &["."],
            &[
                ("JWT_ISSUER", Set("issuer.example")),
                ("AUTHENTICATION_PROVIDER", Set("okta")),
                ("SERVER_HOST_API_URL", Set("http://om:8585/api")),
                ("AUTHENTICATION_AUTHORITY", Set("https://okta.nordwind.de")),
                ("JWT_KEY_ID", Set("k 1")),
                ("OIDC_CLIENT_SECRET", Secret),
                ("AUTHENTICATION_CLIENT_ID", Default),
            ],
        );
    }

    #[test]
    fn a_generator_merges_into_that_of_the_base() {
        check(
            "kustomize_behavior",
            &[
                (
                    "base/kustomization.yaml",
                    "resources: [server.yaml]\nnamePrefix: team-\nconfigMapGenerator:\n- name: plain\n  literals: [JWT_ISSUER=base, JWT_KEY_ID=base]\n- name: other\n  literals: [AUTHENTICATION_AUTHORITY=https://base.nordwind.de, AUTHENTICATION_PROVIDER=okta]\n",
                ),
                (
                    "base/server.yaml",
                    &server(
                        "envFrom: [{configMapRef: {name: plain}}, {configMapRef: {name: other}}]",
                    ),
                ),
                (
                    "prod/kustomization.yaml",
                    "resources: [../base]\nnamespace: prod\nconfigMapGenerator:\n- name: plain\n  behavior: merge\n  literals: [JWT_ISSUER=prod]\n- name: other\n  behavior: replace\n  literals: [AUTHENTICATION_PROVIDER=google]\n",
                ),
            ],
            &["prod"],
            &[
                ("JWT_ISSUER", Set("prod")),
                ("JWT_KEY_ID", Set("base")),
                ("AUTHENTICATION_PROVIDER", Set("google")),
                ("AUTHENTICATION_AUTHORITY", Default),
            ],
        );
    }

    /// The name with the base's prefix fits, too, and what refers to the plain one is not lost.
    #[test]
    fn a_generator_replaces_that_of_the_base_by_its_later_name() {
        check(
            "kustomize_replace",
            &[
                (
                    "base/kustomization.yaml",
                    "resources: [server.yaml]\nnamePrefix: team-\nconfigMapGenerator:\n- name: plain\n  literals: [JWT_ISSUER=base, JWT_KEY_ID=base]\n",
                ),
                ("base/server.yaml", &server("envFrom: [{configMapRef: {name: plain}}]")),
                (
                    "prod/kustomization.yaml",
                    "resources: [../base]\nconfigMapGenerator:\n- name: team-plain\n  behavior: replace\n  literals: [JWT_ISSUER=prod]\n",
                ),
            ],
            &["prod"],
            &[("JWT_ISSUER", Set("prod")), ("JWT_KEY_ID", Default)],
        );
    }

    #[test]
    fn a_merge_patch_replaces_lists_that_have_no_key() {
        check(
            "kustomize_merge_patch",
            &[
                (
                    "base/kustomization.yaml",
                    "resources: [server.yaml]\nconfigMapGenerator:\n- name: plain\n  literals: [JWT_ISSUER=base]\n- name: prod\n  literals: [JWT_KEY_ID=prod]\n",
                ),
                (
                    "base/server.yaml",
                    &server(
                        "envFrom: [{configMapRef: {name: plain}}]\nenv:\n- {name: AUTHENTICATION_PROVIDER, value: okta}\n- {name: AUTHENTICATION_AUTHORITY, value: 'https://base.nordwind.de'}\n- {name: AUTHENTICATION_CLIENT_ID, value: base}",
                    ),
                ),
                (
                    "prod/kustomization.yaml",
                    "resources: [../base]\npatches:\n- path: patch.yaml\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: om}\n    spec:\n      template:\n        spec:\n          containers:\n          - name: server\n            env:\n            - {name: AUTHENTICATION_CLIENT_ID, value: inline}\n",
                ),
                (
                    "prod/patch.yaml",
                    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: om}\nspec:\n  template:\n    spec:\n      containers:\n      - name: server\n        envFrom: [{configMapRef: {name: prod}}]\n        env:\n        - {name: AUTHENTICATION_PROVIDER, value: google}\n        - {name: AUTHENTICATION_AUTHORITY, $patch: delete}\n",
                ),
            ],
            &["prod"],
            &[
                ("AUTHENTICATION_PROVIDER", Set("google")),
                ("AUTHENTICATION_AUTHORITY", Default),
                ("AUTHENTICATION_CLIENT_ID", Set("inline")),
                ("JWT_ISSUER", Default),
                ("JWT_KEY_ID", Set("prod")),
            ],
        );
    }

    #[test]
    fn a_json_patch_counts_in_the_list_as_it_then_is() {
        check(
            "kustomize_json_patch",
            &[
                ("base/kustomization.yaml", "resources: [server.yaml, config.yaml]\n"),
                (
                    "base/config.yaml",
                    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\ndata: {JWT_ISSUER: base, JWT_KEY_ID: base}\n",
                ),
                (
                    "base/server.yaml",
                    &server(
                        "env:\n- {name: AUTHENTICATION_PROVIDER, value: okta}\n- {name: AUTHENTICATION_AUTHORITY, value: 'https://base.nordwind.de'}\n- {name: AUTHENTICATION_CLIENT_ID, value: base}",
                    ),
                ),
                (
                    "prod/kustomization.yaml",
                    r#"
resources: [../base]
patches:
- path: first.yaml
- target: {kind: Deployment, name: om}
  patch: |-
    - op: test
      path: /spec/template/spec/containers/0/name
      value: server
    - op: replace
      path: /spec/template/spec/containers/0/env/1/value
      value: google
    - op: remove
      path: /spec/template/spec/containers/0/env/2
    - op: add
      path: /spec/template/spec/containers/0/env/-
      value: {name: JWT_KEY_ID, value: from-patch}
    - op: add
      path: /spec/template/spec/containers/0/envFrom
      value: [{configMapRef: {name: plain}}]
    - op: replace
      path: /spec/replicas
      value: 2
- target: {kind: ConfigMap, name: pl.*}
  patch: '[{"op": "replace", "path": "/data/JWT_ISSUER", "value": "prod"}]'
- target: {kind: Deployment, labelSelector: app=other}
  path: never.json
patchesJson6902:
- target: {group: apps, version: v1, kind: Deployment, name: om}
  path: last.json
"#,
                ),
                (
                    "prod/first.yaml",
                    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: om}\nspec: {template: {spec: {containers: [{name: server, env: [{name: OIDC_SCOPE, value: openid}]}]}}}\n",
                ),
                (
                    "prod/never.json",
                    r#"[{"op": "remove", "path": "/spec/template/spec/containers/0/env"}]"#,
                ),
                (
                    "prod/last.json",
                    r#"[{"op": "add", "path": "/spec/template/spec/containers/0/env/0", "value": {"name": "AUTHENTICATION_CALLBACK_URL", "value": "https://c.nordwind.de/callback"}}]"#,
                ),
            ],
            &["prod"],
            &[
                ("OIDC_SCOPE", Set("openid")),
                ("AUTHENTICATION_PROVIDER", Set("google")),
                ("AUTHENTICATION_AUTHORITY", Default),
                ("AUTHENTICATION_CLIENT_ID", Set("base")),
                ("AUTHENTICATION_CALLBACK_URL", Set("https://c.nordwind.de/callback")),
                ("JWT_KEY_ID", Set("from-patch")),
                ("JWT_ISSUER", Set("prod")),
            ],
        );
    }

    #[test]
    fn a_component_patches_what_was_taken_in_before_it() {
        check(
            "kustomize_component",
            &[
                (
                    "prod/kustomization.yaml",
                    "resources: [server.yaml]\ncomponents: [../sso]\nimages:\n- {name: openmetadata/server, newName: registry.nordwind.de/om/openmetadata/server, newTag: 1.9.1}\n",
                ),
                (
                    "prod/server.yaml",
                    &server("env:\n- {name: AUTHENTICATION_PROVIDER, value: basic}"),
                ),
                (
                    "sso/kustomization.yaml",
                    "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n- target: {kind: Deployment}\n  path: sso.yaml\n",
                ),
                (
                    "sso/sso.yaml",
                    "kind: Deployment\nmetadata: {name: any}\nspec: {template: {spec: {containers: [{name: server, env: [{name: AUTHENTICATION_PROVIDER, value: okta}]}]}}}\n",
                ),
            ],
            &["prod"],
            &[("AUTHENTICATION_PROVIDER", Set("okta")), ("JWT_ISSUER", Default)],
        );
    }

    #[test]
    fn env_counts_over_env_from_and_names_stand_for_what_is_above_them() {
        check(
            "kustomize_env",
            &[
                ("kustomization.yaml", "resources: [all.yaml]\n"),
                (
                    "all.yaml",
                    &format!(
                        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  immutable: true\n  metadata: {{name: plain}}\n  data: {{ISSUER: issuer.nordwind.de, KEY_ID: from-map, PROVIDER: okta}}\n- apiVersion: v1\n  kind: Secret\n  metadata: {{name: hidden}}\n  data: {{authority: aHR0cHM6Ly9vbGQ=}}\n  stringData: {{authority: 'https://new.nordwind.de'}}\n---\n{}",
                        server(
                            "env:\n- {name: HOST, value: catalog.nordwind.de}\n- {name: AUTHENTICATION_CALLBACK_URL, value: 'https://$(HOST)/callback'}\n- {name: AUTHENTICATION_AUTHORITY, valueFrom: {secretKeyRef: {name: hidden, key: authority}}}\n- {name: JWT_ISSUER, value: own}\n- {name: JWT_KEY_ID, value: $(JWT_ISSUER)-$(LATER)}\n- {name: LATER, value: x}\nenvFrom:\n- prefix: JWT_\n  configMapRef: {name: plain}\n- prefix: AUTHENTICATION_\n  configMapRef: {name: plain}"
                        )
                    ),
                ),
            ],
            &["."],
            &[
                ("AUTHENTICATION_CALLBACK_URL", Set("https://catalog.nordwind.de/callback")),
                ("AUTHENTICATION_AUTHORITY", Set("https://new.nordwind.de")),
                ("AUTHENTICATION_PROVIDER", Set("okta")),
                ("JWT_ISSUER", Set("own")),
            ],
        );
    }

    #[test]
    fn a_doubled_dollar_is_one_and_begins_no_name() {
        check(
            "kubernetes_escapes",
            &[
                ("kustomization.yaml", "resources: [all.yaml]\n"),
                (
                    "all.yaml",
                    &server(
                        "env:\n- {name: HOST, value: catalog.nordwind.de}\n- {name: JWT_ISSUER, value: $$(HOST)}\n- {name: JWT_KEY_ID, value: 'a$$b'}\n- {name: AUTHENTICATION_CLIENT_ID, value: $$$(HOST)}",
                    ),
                ),
            ],
            &["."],
            &[
                ("JWT_ISSUER", Set("$(HOST)")),
                ("JWT_KEY_ID", Set("a$b")),
                ("AUTHENTICATION_CLIENT_ID", Set("$catalog.nordwind.de")),
            ],
        );
    }

    #[test]
    fn what_the_server_or_a_tool_fills_in_is_a_reference() {
        check(
            "kubernetes_filled_in",
            &[
                ("kustomization.yaml", "resources: [all.yaml]\n"),
                (
                    "all.yaml",
                    &format!(
                        "apiVersion: v1\nkind: Secret\nmetadata: {{name: hidden}}\ndata: {{JWT_KEY_ID: JHtLRVlfSUR9}}\nstringData: {{FERNET_KEY: '${{FERNET}}'}}\n---\n{}",
                        server(
                            "env:\n- {name: AUTHENTICATION_AUTHORITY, value: '${AUTHORITY}'}\n- {name: JWT_ISSUER, value: '$(NOWHERE)'}\nenvFrom:\n- secretRef: {name: hidden}"
                        )
                    ),
                ),
            ],
            &["."],
            &[
                ("AUTHENTICATION_AUTHORITY", Reference),
                ("JWT_ISSUER", Reference),
                ("JWT_KEY_ID", Reference),
                ("FERNET_KEY", Reference),
            ],
        );
    }
}

mod wrapped_values {
    use super::*;

    #[test]
    fn an_argo_application_passes_files_then_values_then_parameters() {
        check(
            "argo_order",
            &[
                (
                    "apps/catalog.yaml",
                    r#"
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: catalog}
spec:
  source:
    chart: openmetadata
    repoURL: https://helm.nordwind.de
    targetRevision: 1.9.1
    helm:
      valueFiles: [values-catalog.yaml, not-there.yaml]
      ignoreMissingValueFiles: true
      values: |
        openmetadata:
          config:
            jwtTokenConfiguration: {rsaprivateKeyFilePath: /text}
      valuesObject:
        openmetadata:
          config:
            authentication: {clientId: object, authority: "https://object.nordwind.de"}
      parameters:
      - {name: openmetadata.config.authentication.clientId, value: parameter}
      - {name: "openmetadata.config.authorizer.initialAdmins[0]", value: m.keller}
      - {name: "openmetadata.config.authorizer.initialAdmins[1]", value: j.doe}
      - {name: openmetadata.config.authentication.publicKeys, value: "{https://a.nordwind.de/jwks,https://b.nordwind.de/jwks}"}
      - {name: openmetadata.config.authorizer.enforcePrincipalDomain, value: "true", forceString: true}
      - {name: openmetadata.config.jwtTokenConfiguration.keyId, value: "1234567890"}
"#,
                ),
                (
                    "apps/values-catalog.yaml",
                    "openmetadata:\n  config:\n    authentication: {provider: okta, clientId: file, callbackUrl: 'https://c.nordwind.de/callback'}\n",
                ),
            ],
            &["apps"],
            &[
                ("AUTHENTICATION_PROVIDER", Set("okta")),
                ("AUTHENTICATION_CLIENT_ID", Set("parameter")),
                ("AUTHENTICATION_AUTHORITY", Set("https://object.nordwind.de")),
                ("AUTHENTICATION_CALLBACK_URL", Set("https://c.nordwind.de/callback")),
                ("AUTHORIZER_ADMIN_PRINCIPALS", Set("[m.keller, j.doe]")),
                (
                    "AUTHENTICATION_PUBLIC_KEYS",
                    Set("[https://a.nordwind.de/jwks, https://b.nordwind.de/jwks]"),
                ),
                ("AUTHORIZER_ENFORCE_PRINCIPAL_DOMAIN", Set("true")),
                ("JWT_KEY_ID", Set("1234567890")),
                ("RSA_PRIVATE_KEY_FILE_PATH", Default),
            ],
        );
    }

    #[test]
    fn a_parameter_for_one_item_of_a_list_below_leaves_the_others() {
        check(
            "argo_list_item",
            &[(
                "app.json",
                r#"{"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "catalog"}, "spec": {"source": {"chart": "openmetadata", "targetRevision": "1.9.1", "helm": {
                  "values": "openmetadata:\n  config:\n    authorizer:\n      initialAdmins: [admin, \"m.keller\"]\n    authentication:\n      provider: \"okta\"\n",
                  "parameters": [{"name": "openmetadata.config.authorizer.initialAdmins[0]", "value": "j.doe"}]}}}}"#,
            )],
            &["."],
            &[
                ("AUTHORIZER_ADMIN_PRINCIPALS", Set("[j.doe, m.keller]")),
                ("AUTHENTICATION_PROVIDER", Set("okta")),
            ],
        );
    }

    #[test]
    fn an_argo_application_of_a_folder_begins_with_the_values_in_it() {
        check(
            "argo_folder",
            &[
                (
                    "argocd/catalog.yaml",
                    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: catalog}\nspec:\n  source:\n    path: charts/catalog\n    helm:\n      valueFiles: [values-prod.yaml]\n      parameters: [{name: om.openmetadata.config.authentication.clientId, value: parameter}]\n",
                ),
                (
                    "charts/catalog/Chart.yaml",
                    "apiVersion: v2\nname: catalog\nversion: 0.1.0\ndependencies:\n- {name: openmetadata, alias: om, version: 1.9.x}\n",
                ),
                (
                    "charts/catalog/values.yaml",
                    "om:\n  openmetadata:\n    config:\n      authentication: {provider: google, callbackUrl: 'https://base.nordwind.de/callback'}\n",
                ),
                (
                    "charts/catalog/values-prod.yaml",
                    "om:\n  openmetadata:\n    config:\n      authentication: {provider: okta}\n",
                ),
            ],
            &["."],
            &[
                ("AUTHENTICATION_PROVIDER", Set("okta")),
                ("AUTHENTICATION_CLIENT_ID", Set("parameter")),
                ("AUTHENTICATION_CALLBACK_URL", Set("https://base.nordwind.de/callback")),
            ],
        );
    }

    #[test]
    fn a_flux_release_takes_values_from_maps_and_its_own_win() {
        check(
            "flux_values_from",
            &[
                (
                    "release.yaml",
                    r#"
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: catalog, namespace: data}
spec:
  chart: {spec: {chart: openmetadata, version: 1.9.1}}
  valuesFrom:
  - {kind: ConfigMap, name: catalog-values}
  - {kind: Secret, name: catalog-secret-values, valuesKey: more.yaml}
  - {kind: ConfigMap, name: catalog-single, valuesKey: issuer, targetPath: openmetadata.config.jwtTokenConfiguration.jwtissuer}
  - {kind: Secret, name: not-here, valuesKey: id, targetPath: openmetadata.config.authentication.clientId}
  values:
    openmetadata:
      config:
        authentication: {callbackUrl: 'https://own.nordwind.de/callback'}
"#,
                ),
                (
                    "kustomization.yaml",
                    "resources: [release.yaml, more.yaml]\nconfigMapGenerator:\n- name: catalog-values\n  files: [values.yaml=om.yaml]\n",
                ),
                (
                    "om.yaml",
                    "openmetadata:\n  config:\n    authentication: {provider: okta, callbackUrl: 'https://map.nordwind.de/callback', authority: 'https://map.nordwind.de'}\n",
                ),
                (
                    "more.yaml",
                    "apiVersion: v1\nkind: Secret\nmetadata: {name: catalog-secret-values}\ndata:\n  more.yaml: b3Blbm1ldGFkYXRhOgogIGNvbmZpZzoKICAgIGF1dGhlbnRpY2F0aW9uOgogICAgICBhdXRob3JpdHk6ICJodHRwczovL3NlY3JldC5ub3Jkd2luZC5kZSIK\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: catalog-single}\ndata: {issuer: single.nordwind.de}\n",
                ),
            ],
            &["."],
            &[
                ("AUTHENTICATION_PROVIDER", Set("okta")),
                ("AUTHENTICATION_CALLBACK_URL", Set("https://own.nordwind.de/callback")),
                ("AUTHENTICATION_AUTHORITY", Set("https://secret.nordwind.de")),
                ("JWT_ISSUER", Set("single.nordwind.de")),
                ("AUTHENTICATION_CLIENT_ID", Reference),
            ],
        );
    }

    #[test]
    fn a_task_of_ansible_lays_its_values_over_the_files_it_names() {
        let task = |values: &str| {
            format!(
                "- hosts: tools
  tasks:
    - block:
        - name: The catalogue
          kubernetes.core.helm:
            name: catalog
            chart_ref: open-metadata/openmetadata
            chart_version: 1.9.1
            values_files: [files/om.yaml]
            {values}
"
            )
        };
        let text = task(
            "release_values:
              openmetadata:
                config:
                  authentication: {provider: okta, clientId: '{{ client_id }}'}",
        );
        let file = "openmetadata:\n  config:\n    authentication: {provider: google, callbackUrl: 'https://om.nordwind.de/callback'}\n";
        check(
            "ansible_task",
            &[("deploy.yml", &text), ("files/om.yaml", file)],
            &["deploy.yml"],
            &[
                ("AUTHENTICATION_PROVIDER", Set("okta")),
                ("AUTHENTICATION_CLIENT_ID", Reference),
                ("AUTHENTICATION_CALLBACK_URL", Set("https://om.nordwind.de/callback")),
                ("JWT_ISSUER", Default),
            ],
        );
        // Values that an expression stands for, and what is taken away.
        for silent in [
            task("values: '{{ catalog_values }}'"),
            text.replace("name: catalog", "state: absent"),
            text.replace("open-metadata/openmetadata", "acme/portal"),
        ] {
            let folder = support::folder(&[("deploy.yml", &silent)]);
            let run = support::omlint(folder.path(), &["check", "deploy.yml"]);
            assert!(run.out.contains("no OpenMetadata configuration"), "{silent}{}", run.out);
        }
    }

    #[test]
    fn a_helmfile_release_has_values_then_set() {
        check(
            "helmfile_set",
            &[
                (
                    "helmfile.yaml",
                    "releases:\n- name: catalog\n  chart: open-metadata/openmetadata\n  version: 1.9.1\n  values:\n  - om.yaml\n  - openmetadata: {config: {authentication: {authority: 'https://inline.nordwind.de'}}}\n  set:\n  - {name: openmetadata.config.authentication.clientId, value: set}\n  - name: openmetadata.config.authorizer.initialAdmins\n    values: [m.keller, j.doe]\n  - {name: openmetadata.config.jwtTokenConfiguration.keyId, file: key-id.txt}\n",
                ),
                (
                    "om.yaml",
                    "openmetadata:\n  config:\n    authentication: {provider: okta, authority: 'https://file.nordwind.de', clientId: file}\n",
                ),
            ],
            &["."],
            &[
                ("AUTHENTICATION_PROVIDER", Set("okta")),
                ("AUTHENTICATION_AUTHORITY", Set("https://inline.nordwind.de")),
                ("AUTHENTICATION_CLIENT_ID", Set("set")),
                ("AUTHORIZER_ADMIN_PRINCIPALS", Set("[m.keller, j.doe]")),
                ("JWT_KEY_ID", Reference),
            ],
        );
    }

    #[test]
    fn kustomize_lays_inline_values_over_the_file_and_more_files_over_both() {
        check(
            "kustomize_charts",
            &[
                (
                    "kustomization.yaml",
                    "helmCharts:\n- name: openmetadata\n  version: 1.9.1\n  releaseName: catalog\n  valuesFile: om.yaml\n  additionalValuesFiles: [more.yaml]\n  valuesInline:\n    openmetadata: {config: {authentication: {clientId: inline, authority: 'https://inline.nordwind.de'}}}\n",
                ),
                (
                    "om.yaml",
                    "openmetadata:\n  config:\n    authentication: {provider: okta, clientId: file}\n",
                ),
                (
                    "more.yaml",
                    "openmetadata:\n  config:\n    authentication: {authority: 'https://more.nordwind.de'}\n",
                ),
            ],
            &["."],
            &[
                ("AUTHENTICATION_PROVIDER", Set("okta")),
                ("AUTHENTICATION_CLIENT_ID", Set("inline")),
                ("AUTHENTICATION_AUTHORITY", Set("https://more.nordwind.de")),
            ],
        );
    }
}
