//! Rules of the user's own: found, judged by, explained, tried on their examples, and their
//! mistakes told at the characters.

mod support;

use support::{folder, omlint, write};

const RULE: &str = r#"id: acme-own-domain
since: 1.0.0
severity: high
checks:
  - flag:
      authorizerConfiguration.principalDomain: { not: { equals: acme.example } }
texts:
  summary: Our people have addresses at acme.example
  why: Others are not ours.
  message: "the principal domain is {value}"
  label: "expected acme.example"
  remedy:
    say: Write our domain.
    set:
      authorizerConfiguration.principalDomain: acme.example
  examples:
    bad:
      - name: another domain
        files: { a.env: "AUTHENTICATION_PROVIDER=google\nAUTHORIZER_ADMIN_PRINCIPALS=[bob]\nAUTHORIZER_PRINCIPAL_DOMAIN=x.example\n" }
        flags: [x.example]
    good:
      - name: ours
        files: { a.env: "AUTHENTICATION_PROVIDER=google\nAUTHORIZER_ADMIN_PRINCIPALS=[bob]\nAUTHORIZER_PRINCIPAL_DOMAIN=acme.example\n" }
"#;

const ENV: &str = "AUTHENTICATION_PROVIDER=google\nAUTHORIZER_ADMIN_PRINCIPALS=[bob]\n\
    AUTHORIZER_PRINCIPAL_DOMAIN=x.example\nJWT_KEY_ID=abc\n";

const CONFIG: &str = "rule-dirs = [\"omlint-rules\"]\n";

fn place() -> tempfile::TempDir {
    folder(&[
        ("omlint.toml", CONFIG),
        ("omlint-rules/acme/acme-own-domain.yaml", RULE),
        ("server.env", ENV),
    ])
}

#[test]
fn a_rule_of_ones_own_speaks_like_any_other() {
    let place = place();
    let select = ["check", "server.env", "--format", "concise", "--select", "acme-own-domain"];
    let run = omlint(place.path(), &select);
    assert_eq!(
        (run.code, run.out.as_str()),
        (1, "server.env:3:29: high[acme-own-domain] the principal domain is `x.example`\n"),
        "{}",
        run.err
    );
    let by_topic = omlint(place.path(), &["check", "--format", "concise", "--select", "acme"]);
    assert_eq!(by_topic.out.lines().count(), 1, "the folder is its topic: {}", by_topic.out);
    let ignored = omlint(place.path(), &["check", "--format", "concise", "--ignore", "acme"]);
    assert!(!ignored.out.contains("acme-"), "{}", ignored.out);
    for format in ["pretty", "json", "sarif", "gitlab", "junit", "markdown", "github", "jsonl"] {
        let run = omlint(place.path(), &["check", "--format", format]);
        assert!(run.out.contains("acme-own-domain"), "{format}: {}", run.err);
    }
}

#[test]
fn it_is_listed_explained_and_tested() {
    let place = place();
    assert!(omlint(place.path(), &["rules"]).out.contains("Our people have addresses"));
    assert!(omlint(place.path(), &["explain", "acme-own-domain"]).out.contains("Others are not"));
    let run = omlint(place.path(), &["rules", "test"]);
    assert_eq!((run.code, run.out.as_str()), (0, "1 rule, 2 examples, 0 wrong\n"), "{}", run.err);
    write(
        place.path(),
        "omlint-rules/acme/acme-own-domain.yaml",
        RULE.replace("flags: [x.example]", "flags: [y.example]").as_bytes(),
    );
    let run = omlint(place.path(), &["rules", "test", "omlint-rules"]);
    assert_eq!(run.code, 1);
    let first =
        "acme-own-domain: another domain: points at [\"x.example\"], not at [\"y.example\"]";
    assert_eq!(run.out.lines().next(), Some(first));
}

#[test]
fn the_rule_to_begin_with_holds() {
    let place = folder(&[("omlint.toml", "")]);
    let run = omlint(place.path(), &["rules", "new", "acme-thing"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("rule-dirs = [\"omlint-rules\"]"), "{}", run.out);
    let again = omlint(place.path(), &["rules", "new", "acme-thing"]);
    assert_eq!(again.code, 2, "it never overwrites");
    let stays = "omlint: omlint-rules/acme-thing.yaml exists already and stays as it is\n";
    assert_eq!(again.err, stays);
    let test = omlint(place.path(), &["rules", "test", "omlint-rules"]);
    assert_eq!(
        (test.code, test.out.as_str()),
        (0, "1 rule, 2 examples, 0 wrong\n"),
        "{}",
        test.err
    );
    write(place.path(), "omlint.toml", CONFIG.as_bytes());
    assert_eq!(omlint(place.path(), &["rules", "new", "acme-thing"]).err, stays);
    assert_eq!(omlint(place.path(), &["rules", "test"]).code, 0);
    for id in ["jwt-thing", "thing", "Acme-x", "acme-"] {
        assert_eq!(omlint(place.path(), &["rules", "new", id]).code, 2, "{id}");
    }
}

#[test]
fn the_folder_that_the_configuration_names_need_not_be_there_yet() {
    let place = folder(&[("omlint.toml", "rule-dirs = [\"policies/omlint\"]\n")]);
    let run = omlint(place.path(), &["rules", "new", "acme-thing"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(run.out.starts_with("wrote policies/omlint/acme-thing.yaml\n"), "{}", run.out);
    assert_eq!(omlint(place.path(), &["rules", "test"]).code, 0);
}

/// What is replaced in the rule, by what, the text under the complaint, and a part of it.
const WRONG: &[(&str, &str, &str, &str)] = &[
    ("severity: high", "severity: hihg", "hihg", "unknown word `hihg`: expected one of info, low"),
    ("checks:\n  - flag", "checks:\n  - flags", "flags", "unknown key `flags`"),
    ("since: 1.0.0", "sinse: 1.0.0", "sinse", "unknown key `sinse`"),
    ("  why: Others are not ours.\n", "", "summary", "`why` is missing here"),
    (
        "{ not: { equals: acme.example } }",
        "{ not: { equal: acme.example } }",
        "equal",
        "unknown predicate `equal`",
    ),
    ("{ not: { equals: acme.example } }", "unsett", "unsett", "unknown predicate `unsett`"),
    (
        "- flag:\n      authorizerConfiguration.principalDomain",
        "- flag:\n      authorizerConfiguration.principleDomain",
        "authorizerConfiguration.principleDomain",
        "no setting of the catalogue; did you mean `authorizerConfiguration.principalDomain`?",
    ),
    (
        "set:\n      authorizerConfiguration.principalDomain",
        "set:\n      authorizerConfiguration.domain",
        "authorizerConfiguration.domain",
        "no setting of the catalogue",
    ),
    (
        "{ not: { equals: acme.example } }",
        "{ matches: \"(a\" }",
        "(a",
        "no regular expression: unclosed group",
    ),
    ("{ not: { equals: acme.example } }", "{ in: oidcc }", "oidcc", "no group of the catalogue"),
    (
        "flag:\n      authorizerConfiguration.principalDomain: { not: { equals: acme.example } }",
        "native: { name: host-mismach }",
        "host-mismach",
        "unknown word `host-mismach`",
    ),
    (
        "flag:\n      authorizerConfiguration.principalDomain: { not: { equals: acme.example } }",
        "native: host-mismatch",
        "host-mismatch",
        "expected a mapping such as { name: default-key-pair }, found a text",
    ),
    (
        "  - flag",
        "  - when: { profil: development }\n    flag",
        "profil",
        "unknown word `profil` in a condition",
    ),
    (
        "  remedy:",
        "  cwe: [79, 320]\n  remedy:",
        "320",
        "CWE-320 is no weakness of the CWE list 4.14; categories and views are none",
    ),
    ("id: acme-own-domain", "id: jwt-own-domain", "jwt-own-domain", "the built-in rules'"),
    (
        "id: acme-own-domain",
        "id: acme-domain",
        "acme-domain",
        "the file must have the name of its rule",
    ),
    (
        "severity: high",
        "severity: high\nsupersedes: [jwt-default-keyid]",
        "jwt-default-keyid",
        "did you mean `jwt-default-key-id`?",
    ),
    ("texts:\n", "texts: [\n", "", "not valid YAML"),
    (
        "  remedy:\n    say: Write our domain.",
        "  remedy:\n    say: [a]",
        "[a]",
        "expected a string, found a list",
    ),
    (
        "  why: Others",
        "  mappings: { nist-800-54: [SC-1] }\n  why: Others",
        "nist-800-54",
        "no framework",
    ),
    (
        "a.env: \"AUTHENTICATION_PROVIDER=google\\nAUTHORIZER_ADMIN_PRINCIPALS=[bob]\\nAUTHORIZER_PRINCIPAL_DOMAIN=acme",
        "../a.env: \"AUTHORIZER_PRINCIPAL_DOMAIN=acme",
        "examples",
        "must lie in the example's folder",
    ),
];

#[test]
fn a_mistake_in_a_rule_is_told_at_its_characters() {
    for (old, new, under, said) in WRONG {
        assert!(RULE.contains(old), "{old}");
        let text = RULE.replacen(old, new, 1);
        let name = "omlint-rules/acme-own-domain.yaml";
        let place = folder(&[("omlint.toml", CONFIG), (name, &text), ("server.env", ENV)]);
        let run = omlint(place.path(), &["check", "--format", "concise"]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{new}");
        assert!(run.err.contains(said), "{new}: {}", run.err);
        assert_eq!(run.err.lines().count(), 1, "{new}: {}", run.err);
        let mut parts = run.err.splitn(4, ':').skip(1);
        let line: usize = parts.next().unwrap().parse().unwrap();
        let column: usize = parts.next().unwrap().parse().unwrap();
        let line = text.lines().nth(line - 1).unwrap();
        assert!(line[column - 1..].starts_with(under), "{new}: {}", run.err);
    }
}

#[test]
fn two_rules_with_one_id_and_folders_that_are_not_there() {
    let place = place();
    write(place.path(), "omlint-rules/other/acme-own-domain.yaml", RULE.as_bytes());
    let run = omlint(place.path(), &["check", "--format", "concise"]);
    assert_eq!(run.code, 2);
    assert!(
        run.err.starts_with("omlint-rules/other/acme-own-domain.yaml:1:5: error: two rules have"),
        "{}",
        run.err
    );
    write(place.path(), "omlint.toml", b"rule-dirs = [\"omlint-rulez\"]\n");
    let run = omlint(place.path(), &["check", "--format", "concise"]);
    assert!(run.err.starts_with("omlint.toml:1:14: error: there is no such folder"), "{}", run.err);
}

#[test]
fn a_folder_of_rules_may_hold_something_else_whose_values_nobody_sees() {
    let place = folder(&[
        ("omlint.toml", "rule-dirs = [\".\"]\n"),
        ("compose.yml", "services:\n  x:\n    environment:\n      PASSWORD: Zq7Zq7Zq7\n"),
    ]);
    for format in ["pretty", "concise"] {
        let run = omlint(place.path(), &["check", "--format", format]);
        assert_eq!(run.code, 2);
        assert!(run.err.contains("compose.yml") && !run.err.contains("Zq7"), "{}", run.err);
    }
}

#[test]
fn rules_outside_the_repository_are_not_read() {
    let place = folder(&[
        ("rules/acme-own-domain.yaml", RULE),
        ("repo/.git/HEAD", "ref: refs/heads/main\n"),
        ("repo/omlint.toml", "rule-dirs = [\"../rules\"]\n"),
        ("repo/server.env", ENV),
    ]);
    let repo = place.path().join("repo");
    let run = omlint(&repo, &["check", "--format", "concise"]);
    assert_eq!(run.code, 2, "{}", run.out);
    let flag = ["check", "--format", "concise", "--rule-dirs", "../rules", "--select", "rules"];
    assert_eq!(omlint(&repo, &flag).code, 1, "a flag may name any folder");
}
