//! `omlint.toml`: where it is found, what it decides, and that what is wrong with it is told at
//! its place.

mod support;

use support::{folder, omlint};

/// A server that every check dislikes.
const COMPOSE: &str = "services:
  openmetadata-server:
    image: docker.getcollate.io/openmetadata/server:1.11.4
    environment:
      AUTHENTICATION_PROVIDER: auth0
      AUTHENTICATION_CLIENT_ID: \"\"
      AUTHORIZER_ADMIN_PRINCIPALS: \"[admin]\"
      AUTHORIZER_PRINCIPAL_DOMAIN: open-metadata.org
";

/// The rules that speak in `concise` output.
fn rules(out: &str) -> Vec<&str> {
    out.lines()
        .filter_map(|line| line.split_once('[')?.1.split_once(']').map(|(id, _)| id))
        .collect()
}

#[test]
fn the_nearest_file_above_what_is_scanned_counts() {
    let place = folder(&[
        ("omlint.toml", "fail-on = \"never\"\n"),
        ("a/compose.yml", COMPOSE),
        ("b/omlint.toml", "select = [\"jwt-default-key-pair\"]\n"),
        ("b/deep/compose.yml", COMPOSE),
    ]);
    std::fs::create_dir(place.path().join(".git")).unwrap();
    let check = |path: &str| omlint(place.path(), &["check", path, "--format", "concise"]);
    assert_eq!(check("a").code, 0, "the root's file says never");
    let near = check("b/deep/compose.yml");
    assert_eq!((near.code, rules(&near.out)), (1, vec!["jwt-default-key-pair"]));
    let inside = omlint(&place.path().join("a"), &["check", "--format", "concise"]);
    assert_eq!(inside.code, 0, "it is found above the working directory, too");
    let both = omlint(place.path(), &["check", "a", "b", "--format", "concise"]);
    assert_eq!(both.code, 0, "what lies in two folders goes by what is above both");
}

#[test]
fn nothing_above_the_repository_is_read() {
    let place = folder(&[
        ("omlint.toml", "fail-on = \"never\"\n"),
        ("repo/compose.yml", COMPOSE),
        ("repo/.git/HEAD", "ref: refs/heads/main\n"),
    ]);
    assert_eq!(omlint(&place.path().join("repo"), &["check"]).code, 1);
}

#[test]
fn both_names_at_once_are_an_error() {
    let place = folder(&[("omlint.toml", ""), (".omlint.toml", ""), ("compose.yml", COMPOSE)]);
    let run = omlint(place.path(), &["check"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("both `omlint.toml` and `.omlint.toml`"), "{}", run.err);
    assert_eq!(omlint(place.path(), &["check", "--isolated", "--exit-zero"]).code, 0);
    assert_eq!(omlint(place.path(), &["check", "--config", "omlint.toml"]).code, 1);
}

#[test]
fn flags_win_over_the_file() {
    let place = folder(&[
        ("omlint.toml", "fail-on = \"never\"\nselect = [\"jwt\"]\nprofile = \"development\"\n"),
        ("compose.yml", COMPOSE),
    ]);
    let run = omlint(place.path(), &["check", "--format", "concise", "--fail-on", "medium"]);
    assert!(rules(&run.out).iter().all(|rule| rule.starts_with("jwt-")), "{}", run.out);
    let run = omlint(place.path(), &["check", "--format", "concise", "--select", "sso"]);
    assert!(!run.out.is_empty() && !run.out.contains("jwt-"), "{}", run.out);
}

#[test]
fn rules_are_ignored_and_graded_for_all_and_for_paths() {
    let place = folder(&[
        (
            "omlint.toml",
            "ignore = [\"admin-default-principal\"]\n\
             severity = { jwt-default-key-pair = \"low\" }\n\
             min-severity = \"info\"\n\
             [[override]]\n\
             paths = [\"dev/**\"]\n\
             profile = \"development\"\n\
             severity = { jwt-default-key-pair = \"info\" }\n",
        ),
        ("compose.yml", COMPOSE),
        ("dev/compose.yml", COMPOSE),
    ]);
    let run = omlint(place.path(), &["check", "--format", "concise"]);
    assert!(!run.out.contains("admin-default-principal"), "{}", run.out);
    let level = |path: &str, rule: &str| {
        let line = run.out.lines().find(|line| line.starts_with(path) && line.contains(rule));
        line.and_then(|line| line.split(": ").nth(1)?.split('[').next()).map(str::to_owned)
    };
    assert_eq!(level("compose.yml", "jwt-default-key-pair").as_deref(), Some("low"));
    assert_eq!(level("dev/compose.yml", "jwt-default-key-pair").as_deref(), Some("info"));
}

#[test]
fn excluded_files_are_left_out_even_where_they_are_named() {
    let place = folder(&[("omlint.toml", "exclude = [\"old/\"]\n"), ("old/compose.yml", COMPOSE)]);
    assert_eq!(omlint(place.path(), &["check"]).code, 0);
    assert_eq!(omlint(place.path(), &["check", "old/compose.yml"]).code, 0);
    assert_eq!(omlint(place.path(), &["check", "--require-deployment"]).code, 2);
}

#[test]
fn a_version_may_be_said_of_some_paths() {
    let place = folder(&[
        ("omlint.toml", "[[override]]\npaths = [\"old\"]\nom-version = \"1.2.0\"\n"),
        ("old/compose.yml", COMPOSE),
        ("compose.yml", COMPOSE),
    ]);
    let run = omlint(place.path(), &["check", "--format", "json", "--exit-zero"]);
    let json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let versions: Vec<(&str, &str)> = json["deployments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| (d["version"].as_str().unwrap(), d["version_from"].as_str().unwrap()))
        .collect();
    assert_eq!(versions, [("1.11.4", "image tag"), ("1.2.0", "configuration")]);
}

/// Wrong configurations: what is written, where the complaint points, and a part of it.
const WRONG: &[(&str, &str, &str)] = &[
    ("selct = []\n", "1:1", "unknown key `selct`; did you mean `select`?"),
    ("fail_on = \"low\"\n", "1:1", "unknown key `fail_on`; did you mean `fail-on`?"),
    ("fail-on = \"hgih\"\n", "1:11", "did you mean \"high\"?"),
    ("select = [\"jwt-default-keypair\"]\n", "1:11", "did you mean `jwt-default-key-pair`?"),
    ("select = \"jwt-default-keypair\"\n", "1:10", "did you mean `jwt-default-key-pair`?"),
    ("severity = { jwt-default-keyid = \"low\" }\n", "1:14", "did you mean `jwt-default-key-id`?"),
    ("profile = \"developmnt\"\n", "1:11", "did you mean \"development\"?"),
    ("exclude = [\"docs/[a\"]\n", "1:12", "bad pattern in `exclude`"),
];

#[test]
fn what_is_wrong_is_told_at_its_place() {
    for (text, place, said) in WRONG {
        let folder = folder(&[("omlint.toml", text), ("compose.yml", COMPOSE)]);
        let run = omlint(folder.path(), &["check", "--format", "concise"]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{text}");
        assert!(run.err.starts_with(&format!("omlint.toml:{place}: error: ")), "{text}{}", run.err);
        assert!(run.err.contains(said), "{text}{}", run.err);
        assert_eq!(run.err.lines().count(), 1, "{text}{}", run.err);
    }
}
