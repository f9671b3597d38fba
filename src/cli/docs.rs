//! `omlint docs`: a page for each rule with what omlint says about its examples, and an index.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::config::{Choice, Flags};
use crate::deployment::version::Confidence;
use crate::rehearsal::{self, DAY};
use crate::report::rule_list::Filter;
use crate::report::rule_page::{self, MARK, Shown};
use crate::report::{View, pretty};
use crate::rules::Sheet;
use crate::rules::schema::{Example, Rule, Severity};

use super::own_rules::lay_out;
use super::{Outcome, complain, load_here, print};

pub(super) fn run(dir: &Path, check: bool) -> Outcome {
    let Some(loaded) = load_here(&Choice::Nearest, &Flags::default()) else {
        return Outcome::Failed;
    };
    let rule_dirs = loaded.settings.rule_dirs.value;
    let rules = Filter::default().apply(&loaded.knowledge);
    let mut pages = BTreeMap::from([
        ("README.md".to_owned(), rule_page::index(&rules)),
        (IDS.to_owned(), ids(dir, &rules)),
    ]);
    for (rule, sheet) in rules {
        let Some(examples) = loaded.knowledge.examples(&rule.id) else { continue };
        let shown = |list: &[Example], bad| match first(list) {
            Some((example, files)) => rehearsed(&rule.id, example, &files, bad, &rule_dirs),
            None => Ok(unplayed(list)),
        };
        let both =
            shown(&examples.bad, true).and_then(|bad| Ok((bad, shown(&examples.good, false)?)));
        match both {
            Ok((bad, good)) => {
                let page = rule_page::page(&loaded.knowledge, rule, sheet, &bad, &good);
                pages.insert(format!("{}.md", rule.id), page);
            }
            Err(problem) => {
                complain(&format!("{}: {problem}", rule.id));
                return Outcome::Failed;
            }
        }
    }
    match if check { compared(dir, &pages) } else { written(dir, &pages) } {
        Ok((said, outcome)) => match print(&said) {
            Ok(()) => outcome,
            Err(_) => Outcome::Failed,
        },
        Err(error) => {
            complain(&format!(
                "the pages could not be written below `{}`: {}",
                dir.display(),
                error.kind()
            ));
            Outcome::Failed
        }
    }
}

/// Every id that ever was in use.
const IDS: &str = "ids.txt";

/// The ids that the folder's list holds, and those of now: none ever leaves it.
fn ids(dir: &Path, rules: &[(&Rule, &Sheet)]) -> String {
    let there = std::fs::read_to_string(dir.join(IDS)).unwrap_or_default();
    let mut all: BTreeSet<&str> = there.lines().collect();
    all.extend(rules.iter().map(|(rule, _)| rule.id.as_str()));
    all.iter().map(|id| format!("{id}\n")).collect()
}

type Files = BTreeMap<String, String>;

/// The first example whose files can be made up.
fn first(examples: &[Example]) -> Option<(&Example, Files)> {
    let made = |example: &Example| -> Option<Files> {
        let texts = example.files.iter();
        texts.map(|(path, text)| Some((path.clone(), rehearsal::with_stand_ins(text)?))).collect()
    };
    examples.iter().find_map(|example| Some((example, made(example)?)))
}

/// An example that only the real thing would bring to speak.
fn unplayed(examples: &[Example]) -> Shown {
    let example = examples.first();
    Shown {
        name: example.map(|example| example.name.clone()).unwrap_or_default(),
        files: example.map(legible).unwrap_or_default(),
        said: None,
    }
}

fn legible(example: &Example) -> Vec<(String, String)> {
    let files = example.files.iter();
    files.map(|(path, text)| (path.clone(), rehearsal::legible(text))).collect()
}

/// What `omlint check` says about an example.
fn rehearsed(
    rule: &str,
    example: &Example,
    files: &Files,
    bad: bool,
    rule_dirs: &[std::path::PathBuf],
) -> Result<Shown, String> {
    let flags = Flags { rule_dirs: rule_dirs.to_vec(), ..Flags::default() };
    let folder = lay_out(files).map_err(|error| format!("{}: {error}", example.name))?;
    let scan = rehearsal::run(example, folder.path(), &flags, DAY);
    let real = *files == example.files;
    if let Some(wrong) = rehearsal::wrong(&scan, rule, example, bad) {
        // A stand-in has signed nothing.
        return if real {
            Err(format!("{}: {wrong}", example.name))
        } else {
            Ok(unplayed(std::slice::from_ref(example)))
        };
    }
    let findings: Vec<_> = scan.findings.iter().filter(|finding| finding.rule == rule).collect();
    let least = rule_page::least(findings.iter().map(|finding| finding.severity));
    let unsure = findings.iter().any(|finding| finding.confidence == Confidence::Low);
    let shown = |id, lines: &[_]| scan.shown_of(id, lines);
    let view = View { findings, least, ..scan.view(&shown) };
    let mut command = "omlint check".to_owned();
    if least < Severity::Medium {
        command.push_str(&format!(" --min-severity {}", least.name()));
    }
    if unsure {
        command.push_str(" --min-confidence low");
    }
    let said = pretty::findings(&view, &scan.knowledge);
    let files = legible(example);
    Ok(Shown { name: example.name.clone(), files, said: Some((command, said)) })
}

/// The pages in the folder that this program wrote, and that no rule has any more.
fn left_over(dir: &Path, pages: &BTreeMap<String, String>) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let ours = || {
            let text = std::fs::read_to_string(dir.join(&name)).unwrap_or_default();
            text.starts_with(MARK)
        };
        if name.ends_with(".md") && !pages.contains_key(&name) && ours() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn written(dir: &Path, pages: &BTreeMap<String, String>) -> std::io::Result<(String, Outcome)> {
    std::fs::create_dir_all(dir)?;
    let mut said = String::new();
    for (name, text) in pages {
        let file = dir.join(name);
        if std::fs::read_to_string(&file).ok().as_ref() != Some(text) {
            std::fs::write(&file, text)?;
            said.push_str(&format!("wrote {}\n", file.display()));
        }
    }
    for name in left_over(dir, pages)? {
        std::fs::remove_file(dir.join(&name))?;
        said.push_str(&format!("removed {}: there is no such rule\n", dir.join(&name).display()));
    }
    Ok((said, Outcome::Clean))
}

fn compared(dir: &Path, pages: &BTreeMap<String, String>) -> std::io::Result<(String, Outcome)> {
    let mut stale = Vec::new();
    for (name, text) in pages {
        match std::fs::read_to_string(dir.join(name)) {
            Ok(there) if there == *text => {}
            Ok(_) if name == IDS => stale.push((name.clone(), "lacks the id of a rule")),
            Ok(_) => stale.push((name.clone(), "is not what the rule's file says now")),
            Err(_) => stale.push((name.clone(), "is missing")),
        }
    }
    let over = if dir.is_dir() { left_over(dir, pages)? } else { Vec::new() };
    stale.extend(over.into_iter().map(|name| (name, "belongs to no rule")));
    let mut said = String::new();
    for (name, what) in &stale {
        said.push_str(&format!("{} {what}\n", dir.join(name).display()));
    }
    if stale.is_empty() {
        return Ok((said, Outcome::Clean));
    }
    said.push_str(&format!("to write them anew: omlint docs {}\n", dir.display()));
    Ok((said, Outcome::Findings))
}
