//! `omlint docs`: the pages about rules are complete, nothing stands beside them, and what is not
//! current is found. That the committed ones are current is held in `docs.rs`.

mod support;

use std::path::Path;

use omlint::report::rule_list::levels;
use omlint::rules::Knowledge;
use support::{folder, omlint, write};

fn committed() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rules"))
}

#[test]
fn every_page_belongs_to_a_rule_and_the_index_names_every_one() {
    let knowledge = Knowledge::built_in();
    let index = std::fs::read_to_string(committed().join("README.md")).unwrap();
    for rule in &knowledge.rules {
        assert!(index.contains(&format!("({}.md)", rule.id)), "the index lacks {}", rule.id);
    }
    for entry in std::fs::read_dir(committed()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(id) = name.strip_suffix(".md").filter(|id| *id != "README") else { continue };
        assert!(knowledge.rule(id).is_some(), "{name} belongs to no rule");
    }
}

#[test]
fn what_is_not_current_is_named_and_written_anew() {
    let place = folder(&[]);
    assert_eq!(omlint(place.path(), &["docs", "pages"]).code, 0);
    let pages = place.path().join("pages");
    assert_eq!(omlint(place.path(), &["docs", "--check", "pages"]).code, 0);

    std::fs::remove_file(pages.join("log-debug.md")).unwrap();
    let gone = std::fs::read_to_string(pages.join("saml-debug.md")).unwrap();
    write(&pages, "vanished-rule.md", gone.as_bytes());
    write(&pages, "saml-debug.md", gone.replace("debug", "bug").as_bytes());
    write(&pages, "of-our-own.md", b"# Not written by omlint\n");
    let run = omlint(place.path(), &["docs", "--check", "pages"]);
    assert_eq!(run.code, 1);
    let named: Vec<&str> = run.out.lines().collect();
    assert_eq!(
        named,
        [
            "pages/log-debug.md is missing",
            "pages/saml-debug.md is not what the rule's file says now",
            "pages/vanished-rule.md belongs to no rule",
            "to write them anew: omlint docs pages",
        ]
    );

    assert_eq!(omlint(place.path(), &["docs", "pages"]).code, 0);
    assert_eq!(omlint(place.path(), &["docs", "--check", "pages"]).code, 0);
    assert!(!pages.join("vanished-rule.md").exists());
    assert!(pages.join("of-our-own.md").exists());
}

#[test]
fn rules_of_ones_own_have_pages_too() {
    let place = folder(&[]);
    assert_eq!(omlint(place.path(), &["rules", "new", "acme-callback"]).code, 0);
    write(place.path(), "omlint.toml", b"rule-dirs = [\"omlint-rules\"]\n");
    let run = omlint(place.path(), &["docs"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let page = std::fs::read_to_string(place.path().join("docs/rules/acme-callback.md")).unwrap();
    assert!(page.contains("[acme-callback]"), "the output on the example is missing:\n{page}");
}

#[test]
fn no_page_holds_a_key_or_a_token() {
    for rule in &Knowledge::built_in().rules {
        let page = std::fs::read_to_string(committed().join(format!("{}.md", rule.id))).unwrap();
        for secret in ["-----BEGIN", "eyJ", "MIIE"] {
            assert!(!page.contains(secret), "{}.md holds {secret}", rule.id);
        }
    }
}

/// A page that says `high or medium` leaves its reader with a question.
#[test]
fn a_rule_says_when_it_has_another_severity_than_its_own() {
    let knowledge = Knowledge::built_in();
    for rule in &knowledge.rules {
        let texts = &knowledge.sheet(&rule.id).unwrap().texts;
        let graded = levels(rule, texts);
        let others = graded.iter().filter(|level| **level != rule.severity.otherwise);
        for level in others {
            assert!(
                texts.levels.contains_key(level),
                "{}: `texts.levels` does not say when it is {}",
                rule.id,
                level.name()
            );
        }
    }
}
