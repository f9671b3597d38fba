//! The labelled corpus: whole deployments under `fixtures/corpus`, each with the findings that
//! `rules.md` asks for in its `expected.yaml`. Nothing may be missing, and nothing added.
//!
//! Each folder is copied into a repository of its own, since whether git knows a file matters.
//! A file `dot-gitignore` becomes `.gitignore` there: in place it would hide fixtures from us.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, thread};

mod support;

use omlint::config::{Flags, Loaded};
use omlint::rules::schema::Profile;
use omlint::{Request, scan};
use support::material;

/// Cases that are right and that the readers do not meet yet, with what they get wrong.
const KNOWN: &[(&str, &str)] = &[];

/// So many of the rules the corpus has to show. Some it cannot (they need a published token, a key of
/// the user's own, a waiver in the configuration), and a new rule may come with its examples alone.
const SHOWN_PERCENT: usize = 90;

/// What `expected.yaml` says.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// How many servers the files describe.
    deployments: usize,
    #[serde(default)]
    profile: Option<String>,
    findings: Vec<Label>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Label {
    rule: String,
    file: String,
    line: usize,
    severity: String,
    /// Where the catalogue of rules says how sure one may be.
    #[serde(default)]
    confidence: Option<String>,
}

/// A finding as far as labels can tell it apart: place first, so that differences read in order.
type Key = (String, usize, String, String);

#[derive(Default)]
struct Score {
    right: usize,
    missing: usize,
    unexpected: usize,
}

fn main_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/corpus")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let target = match name {
            "expected.yaml" => continue,
            "dot-gitignore" => to.join(".gitignore"),
            name => to.join(name),
        };
        if path.is_dir() {
            copy(&path, &target);
        } else {
            // Keys and tokens are made for the run: a repository is no place for them.
            match fs::read_to_string(&path).ok().and_then(|text| material::filled(&text)) {
                Some(text) => fs::write(&target, text).unwrap(),
                None => drop(fs::copy(&path, &target).unwrap()),
            }
        }
    }
}

fn git(folder: &Path, arguments: &[&str]) {
    let done = Command::new("git")
        .current_dir(folder)
        .args(["-c", "core.excludesFile=", "-c", "core.autocrlf=false"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("git is installed");
    assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// What one folder gets wrong, and its score by rule.
fn judge(folder: &Path) -> (Vec<String>, BTreeMap<String, Score>) {
    let text = fs::read_to_string(folder.join("expected.yaml")).unwrap();
    let expected: Expected = serde_yaml::from_str(&text)
        .unwrap_or_else(|problem| panic!("{}/expected.yaml: {problem}", folder.display()));
    let work = tempfile::tempdir().unwrap();
    copy(folder, work.path());
    git(work.path(), &["init", "--quiet"]);
    git(work.path(), &["add", "--all"]);

    let profile = match expected.profile.as_deref() {
        None | Some("production") => Profile::Production,
        Some("development") => Profile::Development,
        Some(other) => panic!("{}: no profile {other}", folder.display()),
    };
    let scan = scan(&Request {
        paths: vec![work.path().to_owned()],
        stdin: None,
        base: work.path().to_owned(),
        no_ignore: false,
        env_files: Vec::new(),
        helm_values: Vec::new(),
        config: Loaded::isolated(
            &Flags { profile: Some(profile), ..Flags::default() },
            work.path(),
        ),
        now: 1_795_392_000,
        inline_waivers: true,
    });
    let mut problems = Vec::new();
    for broken in &scan.broken {
        problems.push(format!("broken: {broken}"));
    }
    if scan.deployments.len() != expected.deployments {
        let ids: Vec<&str> = scan.deployments.iter().map(|it| it.id.as_str()).collect();
        problems.push(format!(
            "deployments: {} instead of {}",
            ids.join(", "),
            expected.deployments
        ));
    }

    let mut found: Vec<(Key, String, String)> = scan
        .findings
        .iter()
        .map(|finding| {
            let span = finding.primary.span;
            let source = scan.sources.get(span.source);
            let line = source.position(span.start as usize).line;
            let severity = finding.severity.name().to_owned();
            let key = (source.path.clone(), line, finding.rule.clone(), severity);
            (key, finding.confidence.name().to_owned(), finding.message.clone())
        })
        .collect();
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    for label in expected.findings {
        let score = scores.entry(label.rule.clone()).or_default();
        let key = (label.file, label.line, label.rule, label.severity);
        let Some(at) = found.iter().position(|(other, ..)| *other == key) else {
            score.missing += 1;
            problems.push(format!("missing    {}:{} {} ({})", key.0, key.1, key.2, key.3));
            continue;
        };
        score.right += 1;
        let ((file, line, rule, _), confidence, _) = found.remove(at);
        if label.confidence.as_ref().is_some_and(|wanted| *wanted != confidence) {
            let wanted = label.confidence.unwrap_or_default();
            problems.push(format!("confidence {file}:{line} {rule} is {confidence}, not {wanted}"));
        }
    }
    for ((file, line, rule, severity), _, message) in found {
        scores.entry(rule.clone()).or_default().unexpected += 1;
        problems.push(format!("unexpected {file}:{line} {rule} ({severity}): {message}"));
    }
    (problems, scores)
}

#[test]
fn the_corpus_is_judged_without_error() {
    let mut folders: Vec<PathBuf> =
        fs::read_dir(main_folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let workers = thread::available_parallelism().map_or(4, |n| n.get()).min(8);
    let results: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = folders
            .chunks(folders.len().div_ceil(workers))
            .map(|chunk| scope.spawn(move || chunk.iter().map(|it| judge(it)).collect::<Vec<_>>()))
            .collect();
        running.into_iter().flat_map(|it| it.join().unwrap()).collect()
    });

    let mut totals: BTreeMap<String, Score> = BTreeMap::new();
    let mut report = String::new();
    for (folder, (problems, scores)) in folders.iter().zip(results) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        if let Some((_, why)) = KNOWN.iter().find(|(known, _)| *known == name) {
            // A mended case must leave the list.
            if problems.is_empty() {
                writeln!(report, "\n{name}: listed as known ({why}), but right").unwrap();
            }
            continue;
        }
        for (rule, score) in scores {
            let total = totals.entry(rule).or_default();
            total.right += score.right;
            total.missing += score.missing;
            total.unexpected += score.unexpected;
        }
        if !problems.is_empty() {
            writeln!(report, "\n{name}\n  {}", problems.join("\n  ")).unwrap();
        }
    }
    println!("{:<42}{:>6}{:>8}{:>11}", "rule", "labels", "recall", "precision");
    for (rule, Score { right, missing, unexpected }) in &totals {
        let share = |of: usize| if of == 0 { 1.0 } else { *right as f64 / of as f64 };
        let (recall, precision) = (share(right + missing), share(right + unexpected));
        println!("{rule:<42}{:>6}{recall:>8.2}{precision:>11.2}", right + missing);
    }
    let rules = &omlint::rules::Knowledge::built_in().rules;
    let is_shown = |rule: &str| totals.get(rule).is_some_and(|score| score.right > 0);
    let ids = rules.iter().map(|rule| rule.id.as_str());
    let unseen: Vec<&str> = ids.filter(|rule| !is_shown(rule)).collect();
    println!("\nonly in the examples of their files: {}", unseen.join(", "));
    if (rules.len() - unseen.len()) * 100 < rules.len() * SHOWN_PERCENT {
        writeln!(report, "\nno deployment of the corpus shows {}", unseen.join(", ")).unwrap();
    }
    assert!(report.is_empty(), "the corpus differs from its labels:\n{report}");
}
