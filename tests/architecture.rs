//! The floors of the house: an arrow never runs up, and rooms on one floor do not know each
//! other unless the table says so.

use std::collections::BTreeMap;
use std::path::Path;

/// Which rooms each room may import. `lib` stands for what lib.rs itself offers.
fn allowed() -> BTreeMap<&'static str, &'static [&'static str]> {
    BTreeMap::from([
        ("source", &[][..]),
        ("crypto", &[][..]),
        ("syntax", &["source"][..]),
        ("deployment", &["crypto", "source"][..]),
        ("readers", &["deployment", "syntax", "crypto", "source"][..]),
        ("rules", &["deployment", "syntax", "crypto", "source"][..]),
        ("lint", &["rules", "deployment", "source"][..]),
        ("config", &["rules", "deployment", "syntax", "crypto", "source"][..]),
        ("gather", &["config", "readers", "rules", "deployment", "source"][..]),
        ("compliance", &["lint", "rules", "deployment", "source"][..]),
        ("report", &["compliance", "config", "lint", "rules", "deployment", "source"][..]),
        (
            "cli",
            &[
                "lib",
                "report",
                "config",
                "compliance",
                "lint",
                "rules",
                "readers",
                "deployment",
                "syntax",
                "crypto",
                "source",
            ][..],
        ),
    ])
}

fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn imports_run_downwards_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let allowed = allowed();
    let mut wrong = Vec::new();
    for (room, below) in &allowed {
        let folder = root.join(room);
        let mut list = Vec::new();
        if folder.exists() {
            files(&folder, &mut list);
        } else {
            // A room of one file.
            list.extend(Some(folder.with_extension("rs")).filter(|file| file.exists()));
        }
        for file in list {
            let text = std::fs::read_to_string(&file).unwrap();
            for (number, line) in text.lines().enumerate() {
                for (at, _) in line.match_indices("crate::") {
                    let rest = &line[at + "crate::".len()..];
                    let end = rest
                        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                        .unwrap_or(rest.len());
                    let name = &rest[..end];
                    let target = if allowed.contains_key(name) { name } else { "lib" };
                    if target != *room && !below.contains(&target) {
                        wrong.push(format!(
                            "{}:{}: {room} imports {name}",
                            file.display(),
                            number + 1
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn one_file_names_the_yaml_parser() {
    let mut list = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut list);
    let naming: Vec<_> = list
        .iter()
        .filter(|file| std::fs::read_to_string(file).unwrap().contains("granit_parser"))
        .collect();
    assert_eq!(naming.len(), 1, "{naming:?}");
}

#[test]
fn every_module_says_what_it_is_for() {
    let mut list = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut list);
    for file in list {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//! "), "{} does not begin with its purpose", file.display());
    }
}
