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
fn configurations_that_are_not_used_are_named_where_all_is_told() {
    let place = folder(&[
        ("omlint.toml", "fail-on = \"never\"\n"),
        ("a/omlint.toml", ""),
        ("a/b/.omlint.toml", ""),
        ("a/b/compose.yml", COMPOSE),
    ]);
    std::fs::create_dir(place.path().join(".git")).unwrap();
    let said = |path: &str| {
        let run = omlint(place.path(), &["check", path, "--verbose", "--exit-zero"]);
        let lines = run.err.lines().filter(|line| line.contains("is not used"));
        lines.map(|line| line.replace("omlint: ", "")).collect::<Vec<_>>()
    };
    assert_eq!(
        said("."),
        [
            "`a/b/.omlint.toml` is not used: this run goes by `omlint.toml`",
            "`a/omlint.toml` is not used: this run goes by `omlint.toml`",
        ]
    );
    assert_eq!(
        said("a/b/compose.yml"),
        [
            "`a/omlint.toml` is not used: this run goes by `a/b/.omlint.toml`",
            "`omlint.toml` is not used: this run goes by `a/b/.omlint.toml`",
        ]
    );
    let quiet = omlint(place.path(), &["check", "--exit-zero"]);
    assert!(!quiet.err.contains("not used"), "{}", quiet.err);
}

#[cfg(unix)]
#[test]
fn what_is_called_so_and_is_no_file_of_the_repository_is_not_passed_over() {
    let outside = folder(&[("omlint.toml", "fail-on = \"never\"\n")]);
    let target = outside.path().join("omlint.toml");
    for (to, said) in [
        (target.to_str().unwrap(), "this file lies outside the repository"),
        ("nowhere", "there is no such file"),
        ("folder", "this is no file"),
    ] {
        let place = folder(&[("compose.yml", COMPOSE), ("folder/a", "")]);
        std::fs::create_dir(place.path().join(".git")).unwrap();
        std::os::unix::fs::symlink(to, place.path().join("omlint.toml")).unwrap();
        let run = omlint(place.path(), &["check"]);
        let expected = format!("omlint: error: the configuration `omlint.toml`: {said}\n");
        assert_eq!((run.code, run.out.as_str(), run.err), (2, "", expected));
        let named = omlint(place.path(), &["check", "--config", target.to_str().unwrap()]);
        assert_eq!(named.code, 0, "whoever names a file means it: {}", named.err);
    }
    // Within the repository a link is as good as its file.
    let place = folder(&[("compose.yml", COMPOSE), ("ci/omlint.toml", "fail-on = \"never\"\n")]);
    std::os::unix::fs::symlink("ci/omlint.toml", place.path().join("omlint.toml")).unwrap();
    assert_eq!(omlint(place.path(), &["check"]).code, 0);
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

/// Wrong configurations: what is written, where the complaint points, and all that it says.
const WRONG: &[(&str, &str, &str)] = &[
    // Keys.
    ("selct = []\n", "1:1", "unknown key `selct`; did you mean `select`?"),
    ("fail_on = \"low\"\n", "1:1", "unknown key `fail_on`; did you mean `fail-on`?"),
    ("overrides = []\n", "1:1", "unknown key `overrides`; did you mean `override`?"),
    ("\n  [deploymnt]\n", "2:4", "unknown key `deploymnt`; did you mean `deployment`?"),
    (
        "[[waiver]]\nrule = \"a\"\npath = \"a\"\nreason = \"b\"\nexpire = 2026-12-31\n",
        "5:1",
        "unknown key `expire` in `[[waiver]]`; did you mean `expires`?",
    ),
    (
        "[[override]]\npaths = [\"a\"]\nfail-on = \"high\"\n",
        "3:1",
        "unknown key `fail-on` in `[[override]]`; `fail-on` stands at the top of the file",
    ),
    // Words.
    ("fail-on = \"hgih\"\n", "1:11", "unknown fail-on `hgih`; did you mean \"high\"?"),
    ("# ü\n fail-on = \"hgih\"\n", "2:12", "unknown fail-on `hgih`; did you mean \"high\"?"),
    ("\u{feff}fail-on = \"hgih\"\n", "1:11", "unknown fail-on `hgih`; did you mean \"high\"?"),
    (
        "profile = \"developmnt\"\n",
        "1:11",
        "unknown profile `developmnt`; did you mean \"development\"?",
    ),
    (
        "min-confidence = \"sure\"\n",
        "1:18",
        "unknown min-confidence `sure`; write one of low, medium, high",
    ),
    // Rules.
    (
        "select = [\"jwt-default-keypair\"]\n",
        "1:11",
        "unknown rule or topic `jwt-default-keypair`; did you mean `jwt-default-key-pair`?",
    ),
    (
        "select = \"jwt-default-keypair\"\n",
        "1:10",
        "unknown rule or topic `jwt-default-keypair`; did you mean `jwt-default-key-pair`?",
    ),
    ("ignore = [\"jwt\", \"ssso\"]\n", "1:18", "unknown rule or topic `ssso`; did you mean `sso`?"),
    (
        "[[override]]\npaths = \"a\"\nignore = \"zzz\"\n",
        "3:10",
        "unknown rule or topic `zzz`; `omlint rules` lists them all",
    ),
    (
        "severity = { jwt-default-keyid = \"low\" }\n",
        "1:14",
        "unknown rule `jwt-default-keyid`; did you mean `jwt-default-key-id`?",
    ),
    (
        "severity = { jwt-default-key-id = \"off\" }\n",
        "1:35",
        "`off` is no severity; to drop a rule's findings, name it in `ignore`",
    ),
    // Types.
    (
        "fail-on = true\n",
        "1:11",
        "`fail-on` must be one of info, low, medium, high, critical, never",
    ),
    ("ignore = [\"jwt\", 3]\n", "1:18", "`ignore` must be a list of texts in quotes"),
    ("om-version = 1.11\n", "1:14", "`om-version` must be a version in quotes, such as \"1.11.4\""),
    ("om-version = \"latest\"\n", "1:14", "`om-version` must be a version such as \"1.11.4\""),
    ("baseline = \" \"\n", "1:12", "`baseline` is empty"),
    (
        "severity = \"low\"\n",
        "1:12",
        "`severity` must be a table of rules, such as { rule-id = \"low\" }",
    ),
    (
        "[waiver]\nrule = \"a\"\npath = \"a\"\n",
        "1:2",
        "`waiver` must be written as `[[waiver]]`; write `[[waiver]]` with two brackets",
    ),
    // What is missing.
    (
        "[[waiver]]\npath = \"a\"\nreason = \"lab\"\n",
        "1:1",
        "`[[waiver]]` needs `rule`; write `rule = …` in it: the rule whose findings are accepted",
    ),
    (
        "\n[[override]]\nprofile = \"development\"\n",
        "2:1",
        "`[[override]]` needs `paths`; write `paths = …` in it: the files that it is about",
    ),
    (
        "[[deployment]]\nname = \"a\"\n",
        "1:1",
        "this deployment names no files; name its files: `compose`, `helm-values` or `manifests`",
    ),
    (
        "[[known-key]]\ntitle = \"old\"\n",
        "1:1",
        "this does not say which key is meant; write one of `pem`, `spki-sha256`, `modulus`",
    ),
    // Patterns, days and files.
    (
        "exclude = [\"docs/[a\"]\n",
        "1:12",
        "bad pattern in `exclude`: unclosed character class; missing ']'",
    ),
    (
        "[[waiver]]\nrule = \"a\"\npath = \"a\"\nreason = \"b\"\nexpires = \"2026-02-30\"\n",
        "5:11",
        "`expires` must be a day such as 2026-12-31",
    ),
    (
        "[[deployment]]\nname = \"a\"\ncompose = \"compse.yml\"\n",
        "3:11",
        "there is no such file `compse.yml`; did you mean `compose.yml`?",
    ),
    (
        "[[deployment]]\nname = \"a\"\nmanifests = [\"k8s/*.yaml\"]\n",
        "3:14",
        "no file fits this pattern",
    ),
    ("rule-dirs = [\"no-such-folder\"]\n", "1:14", "there is no such folder of rules"),
    (
        "[[known-key]]\ntitle = \"old\"\npem = \"compose.yml\"\n",
        "3:7",
        "this file holds no RSA key",
    ),
    // What contradicts itself.
    (
        "[[deployment]]\nname = \"a\"\ncompose = \"compose.yml\"\nhelm-values = \"values.yaml\"\n",
        "4:1",
        "a deployment by docker compose is none by Helm; write two `[[deployment]]` sections",
    ),
    (
        "[[deployment]]\nname = \"a\"\ncompose = \"compose.yml\"\n\n[[deployment]]\nname = \"a\"\ncompose = \"compose.yml\"\n",
        "6:8",
        "two deployments have this name",
    ),
    (
        "[[deployment]]\nname = \"a\"\nhelm-values = \"values.yaml\"\nhelm-set = [\"a.b\"]\n",
        "4:16",
        "`helm-set` holds what Helm refuses",
    ),
    // What is no TOML.
    ("select = [\n", "1:11", "not valid TOML: unclosed array, expected `]`"),
    ("select = [\"jwt\"]\nselect = [\"sso\"]\n", "2:1", "not valid TOML: duplicate key"),
];

#[test]
fn what_is_wrong_is_told_at_its_place() {
    assert!(WRONG.len() >= 30);
    for (text, place, said) in WRONG {
        let folder = folder(&[
            ("omlint.toml", text),
            ("compose.yml", COMPOSE),
            ("values.yaml", "openmetadata:\n  config: {}\n"),
        ]);
        let run = omlint(folder.path(), &["check", "--format", "concise"]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{text}");
        assert_eq!(run.err, format!("omlint.toml:{place}: error: {said}\n"), "{text}");
    }
}

#[test]
fn a_file_with_very_much_of_anything_is_refused() {
    let table = "[[override]]\npaths = [\"a\"]\nignore = [\"jwt\"]\n";
    let patterns = "\"a\", ".repeat(2_001);
    for (text, said) in [
        (table.repeat(501), "1:3: error: more than 500 `[[override]]`"),
        (format!("exclude = [{patterns}]\n"), ": error: more than 2000 patterns"),
        (format!("exclude = [{}]\n", "\"*a*b\", ".repeat(251)), ": error: more than 2000 patterns"),
        (format!("exclude = [\"a*{}\"]\n", "b".repeat(7_000)), ": error: more than 2000 patterns"),
        (table.replace("\"a\"", &patterns), ": error: more than 2000 patterns"),
    ] {
        let folder = folder(&[("omlint.toml", &text), ("compose.yml", COMPOSE)]);
        let run = omlint(folder.path(), &["check", "--format", "concise"]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{}", run.err);
        assert!(run.err.contains(said) && run.err.lines().count() == 1, "{}", run.err);
    }
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    let text = "selct = []\nprofile = \"dev\"\n[[waiver]]\nreason = \"lab\"\n";
    let folder = folder(&[("omlint.toml", text)]);
    let run = omlint(folder.path(), &["check", "--format", "concise"]);
    let places: Vec<&str> = run.err.lines().filter_map(|line| line.split(": ").next()).collect();
    let expected = ["omlint.toml:1:1", "omlint.toml:2:11", "omlint.toml:3:1", "omlint.toml:3:1"];
    assert_eq!((run.code, places), (2, expected.to_vec()), "{}", run.err);
}

#[test]
fn waivers_that_mean_nothing_are_findings_at_their_place_and_not_the_end_of_the_run() {
    let waiver = |rule: &str, more: &str| {
        format!("[[waiver]]\nrule = \"{rule}\"\npath = \"compose.yml\"\n{more}\n")
    };
    for (text, place) in [
        (waiver("jwt-default-keypair", "reason = \"lab\""), "2:8: low[waiver-unknown-rule]"),
        (waiver("jwt-default-key-id", ""), "1:1: low[waiver-without-reason]"),
        (
            waiver("jwt-default-key-id", "reason = \"lab\"\nexpires = 2020-01-01"),
            "5:11: high[waiver-expired]",
        ),
        (waiver("saml-not-strict", "reason = \"lab\""), "2:8: low[waiver-unused]"),
    ] {
        let folder = folder(&[("omlint.toml", &text), ("compose.yml", COMPOSE)]);
        let run = omlint(
            folder.path(),
            &["check", "--format", "concise", "--min-severity", "low", "--now", "2026-11-24"],
        );
        assert_eq!(run.code, 1, "{}", run.err);
        assert!(run.out.contains(&format!("omlint.toml:{place}")), "{text}{}", run.out);
    }
}
