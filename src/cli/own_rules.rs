//! `omlint rules new` and `omlint rules test`: rules of the user's own.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::config::{Choice, Flags};
use crate::rehearsal;
use crate::rules::schema::Example;
use crate::rules::{Knowledge, user};
use crate::source::mask::plain;

use super::{Outcome, complain, load_file_here, load_here, told};

/// Where rules go if nobody names a folder.
const FOLDER: &str = "omlint-rules";

pub(super) fn new(id: &str, dir: Option<&Path>) -> Outcome {
    if let Some(problem) = user::id_problem(id, Knowledge::built_in()) {
        complain(&problem);
        return Outcome::Failed;
    }
    let mut known = true;
    let dir = match dir {
        Some(dir) => dir.to_owned(),
        None => {
            let Some(loaded) = load_file_here() else { return Outcome::Failed };
            let first = loaded.settings.rule_dirs.value.into_iter().next();
            known = first.is_some();
            first.unwrap_or_else(|| FOLDER.into())
        }
    };
    // A folder that the configuration names is said as the user would.
    let here = std::env::current_dir().unwrap_or_default();
    let dir = dir.strip_prefix(&here).map(Path::to_owned).unwrap_or(dir);
    let file = dir.join(format!("{id}.yaml"));
    let written = std::fs::create_dir_all(&dir).and_then(|()| {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true).open(&file)?.write_all(user::scaffold(id).as_bytes())
    });
    if let Err(error) = written {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            complain(&format!("{} exists already and stays as it is", file.display()));
            return Outcome::Failed;
        }
        complain(&format!("`{}` could not be written: {}", file.display(), error.kind()));
        return Outcome::Failed;
    }
    let mut said = format!("wrote {}\n", file.display());
    if !known {
        said.push_str(&format!("name its folder in omlint.toml: rule-dirs = [\"{FOLDER}\"]\n"));
    }
    said.push_str("change it, then run its examples: omlint rules test\n");
    finish(&said, Outcome::Clean)
}

pub(super) fn test(dirs: &[PathBuf]) -> Outcome {
    let choice = if dirs.is_empty() { Choice::Nearest } else { Choice::Isolated };
    let flags = Flags { rule_dirs: dirs.to_vec(), ..Flags::default() };
    let Some(mut loaded) = load_here(&choice, &flags) else { return Outcome::Failed };
    if loaded.settings.rule_dirs.value.is_empty() && Path::new(FOLDER).is_dir() {
        // Where `rules new` puts them.
        let flags = Flags { rule_dirs: vec![FOLDER.into()], ..flags };
        match load_here(&Choice::Isolated, &flags) {
            Some(usual) => loaded = usual,
            None => return Outcome::Failed,
        }
    }
    let dirs = loaded.settings.rule_dirs.value;
    if dirs.is_empty() {
        complain(
            "there are no rules to test: name their folder, or set `rule-dirs` in omlint.toml",
        );
        return Outcome::Failed;
    }
    let flags = Flags { rule_dirs: dirs, ..Flags::default() };
    let (mut said, mut number, mut wrong) = (String::new(), 0, 0);
    for (id, _) in loaded.knowledge.own_rules() {
        let Some(examples) = loaded.knowledge.examples(id) else { continue };
        let bad = examples.bad.iter().map(|example| (example, true));
        for (example, bad) in bad.chain(examples.good.iter().map(|example| (example, false))) {
            number += 1;
            match one(id, example, bad, &flags) {
                Ok(None) => {}
                Ok(Some(reason)) => {
                    wrong += 1;
                    said.push_str(&format!("{id}: {}: {reason}\n", example.name));
                }
                Err(error) => {
                    complain(&format!("the example `{}` of {id}: {error}", example.name));
                    return Outcome::Failed;
                }
            }
        }
    }
    let rules = crate::report::count(loaded.knowledge.own_rules().count(), "rule");
    let examples = crate::report::count(number, "example");
    said.push_str(&format!("{rules}, {examples}, {wrong} wrong\n"));
    finish(&said, if wrong > 0 { Outcome::Findings } else { Outcome::Clean })
}

/// Runs an example in a folder of its own.
fn one(id: &str, example: &Example, bad: bool, flags: &Flags) -> std::io::Result<Option<String>> {
    let folder = lay_out(&example.files)?;
    let scan = rehearsal::run(example, folder.path(), flags, super::check::today());
    Ok(rehearsal::wrong(&scan, id, example, bad))
}

/// Lays files out in a folder of their own.
pub(super) fn lay_out(files: &BTreeMap<String, String>) -> std::io::Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    for (path, text) in files {
        let file = folder.path().join(path);
        if let Some(above) = file.parent() {
            std::fs::create_dir_all(above)?;
        }
        std::fs::write(file, text)?;
    }
    Ok(folder)
}

fn finish(said: &str, outcome: Outcome) -> Outcome {
    let lines: String = said.lines().map(|line| format!("{}\n", plain(line))).collect();
    outcome.max(told(&lines))
}
