//! What the pages say: every command on them is one that the program knows, and every link leads
//! to a file. Those about rules say what the rules' files say.

mod support;

use std::path::{Path, PathBuf};

use clap::Parser;
use omlint::cli::Arguments;
use support::{folder, omlint};

/// The pages, with their names from the root of the repository.
fn pages() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = Vec::new();
    let mut folders = vec![PathBuf::from("docs"), PathBuf::from("packaging/wheel")];
    for name in ["README.md", "CONTRIBUTING.md"] {
        pages.push((name.into(), std::fs::read_to_string(root.join(name)).unwrap()));
    }
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root.join(&folder)).unwrap().flatten() {
            let path = folder.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "md") {
                let text = std::fs::read_to_string(entry.path()).unwrap();
                pages.push((path, text));
            }
        }
    }
    pages
}

/// The words of a line of a console after `$ omlint`.
fn command(line: &str) -> Option<Vec<&str>> {
    let line = line
        .strip_prefix("$ ")?
        .strip_prefix("cargo run --quiet -- ")
        .map_or_else(|| line.strip_prefix("$ omlint "), Some)?;
    Some(line.split_whitespace().take_while(|word| !matches!(*word, "#" | ">" | "|")).collect())
}

#[test]
fn commands_on_the_pages_are_known() {
    let mut number = 0;
    for (page, text) in pages() {
        for words in text.lines().filter_map(command) {
            number += 1;
            let all = std::iter::once("omlint").chain(words.iter().copied());
            let parsed = Arguments::try_parse_from(all).map(|_| ());
            let Err(error) = parsed else { continue };
            assert!(!error.use_stderr(), "{}: omlint {}\n{error}", page.display(), words.join(" "));
        }
    }
    assert!(number > 20, "only {number} commands were found");
}

#[test]
fn links_on_the_pages_lead_to_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut number = 0;
    for (page, text) in pages() {
        for rest in text.split("](").skip(1) {
            let link = &rest[..rest.find(')').unwrap_or(0)];
            let file = link.split('#').next().unwrap_or("");
            if file.is_empty() || file.contains("://") {
                continue;
            }
            number += 1;
            let folder = root.join(&page);
            let target = folder.parent().unwrap().join(file);
            assert!(target.exists(), "{}: `{link}` leads nowhere", page.display());
        }
    }
    assert!(number > 5, "only {number} links were found");
}

#[test]
fn the_committed_pages_say_what_the_rule_files_say() {
    let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rules");
    let nowhere = folder(&[]);
    let run = omlint(nowhere.path(), &["docs", "--check", pages]);
    assert_eq!(run.code, 0, "run: cargo run -q -- docs\n{}{}", run.out, run.err);
}

#[test]
fn the_bounds_that_are_promised_are_those_of_the_source() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).expect(path);
    let page = read("SECURITY.md");
    let rows: Vec<&str> = page.lines().filter(|line| line.contains("| `src/")).collect();
    assert!(rows.len() >= 20, "{}", rows.len());
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let (path, name) = cells[3].trim_matches('`').split_once("` `").expect("a place");
        let source = read(path);
        let start = format!("const {name}: ");
        let line = source.lines().find(|line| line.contains(&start)).expect(row);
        let value = line.rsplit_once(" = ").expect("a value").1.trim_end_matches(';');
        let value = value.replace('_', "").replace(" << 20", " MiB").replace(" << 10", " KiB");
        assert_eq!(value, cells[2], "{row}");
    }
}

#[test]
fn where_no_pages_can_be_written_that_is_said_in_words() {
    let place = folder(&[("file", "")]);
    let run = omlint(place.path(), &["docs", "file/below"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("below `file/below`: not a directory"), "{}", run.err);
}
