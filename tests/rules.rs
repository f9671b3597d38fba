//! The rule files: every example runs through the real check, every native is used, and the
//! relations between rules make sense.

mod support;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use omlint::config::Flags;
use omlint::rules::Knowledge;
use omlint::rules::schema::Example;
use omlint::{Scan, rehearsal};
use support::material;

/// Lays an example out in a folder of its own and scans it; none if it needs what is not here.
fn run(example: &Example) -> Option<(tempfile::TempDir, Scan)> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in &example.files {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, material::filled(text)?).unwrap();
    }
    let scan = rehearsal::run(example, folder.path(), &Flags::default(), material::NOW);
    Some((folder, scan))
}

#[test]
fn every_example_does_what_it_says() {
    let knowledge = Knowledge::built_in();
    let mut wrong = Vec::new();
    for rule in &knowledge.rules {
        let examples = knowledge.examples(&rule.id).unwrap();
        assert!(
            examples.bad.len() >= 2 && examples.good.len() >= 2,
            "{}: too few examples",
            rule.id
        );
        for (example, bad) in examples
            .bad
            .iter()
            .map(|example| (example, true))
            .chain(examples.good.iter().map(|example| (example, false)))
        {
            let Some((_folder, scan)) = run(example) else { continue };
            if let Some(reason) = rehearsal::wrong(&scan, &rule.id, example, bad) {
                wrong.push(format!("{} / {}: {reason}", rule.id, example.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_finding_says_what_to_do_in_filled_in_words() {
    let knowledge = Knowledge::built_in();
    for rule in &knowledge.rules {
        for example in &knowledge.examples(&rule.id).unwrap().bad {
            let Some((_folder, scan)) = run(example) else { continue };
            for finding in scan.findings.iter().filter(|f| f.rule == rule.id) {
                assert!(!finding.advice.is_empty(), "{}", rule.id);
                let said = [&finding.message, &finding.primary.message, &finding.advice]
                    .into_iter()
                    .chain(finding.related.iter().map(|label| &label.message));
                for text in said {
                    for mark in [
                        "{name}",
                        "{value}",
                        "{default}",
                        "{provider}",
                        "{version}",
                        "{reason}",
                        "{key}",
                        "{what}",
                        "{why}",
                        "{rule}",
                        "{date}",
                    ] {
                        assert!(!text.contains(mark), "{}: {text}", rule.id);
                    }
                }
            }
        }
    }
}

#[test]
fn at_least_half_of_the_rules_point_at_a_second_place_in_some_example() {
    let knowledge = Knowledge::built_in();
    let mut with: BTreeSet<&str> = BTreeSet::new();
    for rule in &knowledge.rules {
        for example in &knowledge.examples(&rule.id).unwrap().bad {
            let Some((_folder, scan)) = run(example) else { continue };
            if scan.findings.iter().any(|f| f.rule == rule.id && !f.related.is_empty()) {
                with.insert(&rule.id);
            }
        }
    }
    assert!(with.len() * 2 >= knowledge.rules.len(), "only {with:?}");
}

#[test]
fn superseding_has_no_circles() {
    let knowledge = Knowledge::built_in();
    let below: HashMap<&str, Vec<&str>> = knowledge
        .rules
        .iter()
        .map(|rule| {
            let all = rule.supersedes.iter().chain(&rule.supersedes_in_deployment);
            (rule.id.as_str(), all.map(String::as_str).collect())
        })
        .collect();
    fn reaches<'a>(
        from: &'a str,
        to: &str,
        below: &HashMap<&'a str, Vec<&'a str>>,
        depth: usize,
    ) -> bool {
        assert!(depth < 64, "a circle at {from}");
        below[from].iter().any(|next| *next == to || reaches(next, to, below, depth + 1))
    }
    for rule in below.keys() {
        assert!(!reaches(rule, rule, &below, 0), "{rule} supersedes itself");
    }
}

/// Pasting the remedy where the finding points mends it: unset settings get their lines below
/// the place, written ones are replaced. Marks (`<…>`) are for the user to fill in.
#[test]
fn a_pasted_remedy_silences_its_rule() {
    let knowledge = Knowledge::built_in();
    let mut left: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut mended = 0;
    for rule in &knowledge.rules {
        for example in &knowledge.examples(&rule.id).unwrap().bad {
            let Some((_folder, before)) = run(example) else { continue };
            let Some(finding) = before.findings.iter().find(|f| f.rule == rule.id) else {
                continue;
            };
            if finding.setting.is_none()
                || finding.remedy.is_empty()
                || finding.remedy.contains('<')
            {
                continue;
            }
            let source = before.sources.get(finding.primary.span.source);
            let range = finding.primary.span.range();
            let here = &source.text[range.clone()];
            let mut text = source.text.clone();
            let adds_lines = here != "false"
                && (finding.primary.message.contains("nothing here sets")
                    || here.chars().all(|c| c.is_alphanumeric() || c == '_')
                        && source.text[range.end..].trim_start().starts_with([':', '=']));
            if adds_lines {
                let line = source.line_of(range.start);
                let end = source.line_range(line).end;
                let indent = source.text[source.line_range(line)].len()
                    - source.text[source.line_range(line)].trim_start().len();
                let is_yaml = source.text[range.end..].trim_start().starts_with(':');
                let pad = if is_yaml { " ".repeat(indent + 2) } else { String::new() };
                let block: String = finding.remedy.lines().map(|l| format!("\n{pad}{l}")).collect();
                text.insert_str(end, &block);
            } else {
                text.replace_range(range, &finding.remedy);
            }
            let mut files = example.files.clone();
            let path = source.path.trim_start_matches("./").to_owned();
            files.insert(path, text.clone());
            let Some((_folder, after)) = run(&Example { files, ..example.clone() }) else {
                continue;
            };
            let same = |found: &&omlint::lint::Finding| {
                found.rule == rule.id && found.setting == finding.setting
            };
            let before = before.findings.iter().filter(same).count();
            let still = after.findings.iter().filter(same).count();
            // Services beside the server may each have one of their own.
            if still >= before {
                left.entry(rule.id.clone()).or_default().push(example.name.clone());
            } else {
                mended += 1;
            }
        }
    }
    assert!(left.is_empty(), "{left:#?}");
    assert!(mended > 20, "only {mended} remedies could be tried");
}

/// What stands around the chart's values lacks the way to its configuration: the remedy brings it.
#[test]
fn a_remedy_for_a_wrapper_without_values_brings_the_keys_above() {
    let argo = |helm: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: catalog\nspec:\n  \
             source:\n    repoURL: https://helm.open-metadata.org\n    chart: openmetadata\n    \
             targetRevision: 1.11.8\n    helm:\n{helm}"
        )
    };
    for (helm, place, keys) in [
        ("      releaseName: catalog\n", "helm", "valuesObject:\n  openmetadata:\n    config:\n"),
        (
            "      valuesObject:\n        replicaCount: 1\n",
            "valuesObject",
            "openmetadata:\n  config:\n",
        ),
        ("      valuesObject:\n        openmetadata: {}\n", "openmetadata", "config: { "),
    ] {
        let files = BTreeMap::from([("application.yaml".to_owned(), argo(helm))]);
        let (_folder, scan) =
            run(&Example { name: place.into(), files, flags: Vec::new(), severities: Vec::new() })
                .unwrap();
        let found = scan.findings.iter().find(|f| f.rule == "jwt-default-key-id").unwrap();
        assert_eq!(scan.sources.slice(found.primary.span), place);
        assert!(found.remedy.starts_with(keys), "{place}: {}", found.remedy);
    }
}
