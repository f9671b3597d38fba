//! Reads `rules/` with the program's own modules, refuses what is wrong in it with file and
//! place, and writes it down in the form that the program loads.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

#[expect(dead_code, reason = "the build script uses a part of these modules")]
#[path = "src/crypto"]
mod crypto {
    pub mod known;
}
#[expect(dead_code, reason = "the build script uses a part of these modules")]
#[path = "src/deployment"]
mod deployment {
    pub mod catalogue;
    pub mod reach;
    pub mod version;
}
#[expect(dead_code, unused_imports, reason = "the build script uses a part of these modules")]
#[path = "src/rules"]
mod rules {
    pub mod advisories;
    pub mod frameworks;
    pub mod matchers;
    pub mod patterns;
    pub mod schema;
}

#[path = "build/needs.rs"]
mod needs;
#[path = "build/telltales.rs"]
mod telltales;

use crypto::known::KnownKeys;
use deployment::catalogue::Catalogue;
use rules::advisories::Advisories;
use rules::frameworks::Frameworks;
use rules::patterns::{Limits, Patterns};
use rules::schema::RuleFile;

/// Files of `rules/` that are no rules.
const TABLES: [&str; 7] = [
    "settings.yaml",
    "patterns.yaml",
    "cannot-tell.yaml",
    "known_keys.yaml",
    "frameworks.yaml",
    "advisories.yaml",
    "telltales.yaml",
];

fn main() {
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/rules");
    println!("cargo::rerun-if-changed=src/deployment");
    println!("cargo::rerun-if-changed=src/crypto/known.rs");
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo"));
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("set by cargo"));
    let mut problems = Vec::new();

    let (catalogue, catalogue_json) = table::<Catalogue>(&root, TABLES[0], &[], &mut problems);
    let (_, patterns_json) =
        table::<Patterns>(&root, TABLES[1], &["segment", "whole", "shipped"], &mut problems);
    let (_, limits_json) = table::<Limits>(&root, TABLES[2], &["matches"], &mut problems);
    let (_, known_keys_json) = table::<KnownKeys>(&root, TABLES[3], &[], &mut problems);
    let (frameworks, frameworks_json) = table::<Frameworks>(&root, TABLES[4], &[], &mut problems);
    let (_, advisories_json) = table::<Advisories>(&root, TABLES[5], &["matches"], &mut problems);
    let (telltales, _) = table::<telltales::Telltales>(&root, TABLES[6], &[], &mut problems);
    let catalogue = catalogue.map(Catalogue::indexed);

    let mut files = Vec::new();
    collect(&root.join("rules"), &mut files);
    let mut rules: BTreeMap<String, (RuleFile, serde_yaml::Mapping, String)> = BTreeMap::new();
    for file in files {
        let name = file.strip_prefix(&root).unwrap_or(&file).display().to_string();
        let text = std::fs::read_to_string(&file).expect("a readable rule file");
        let rule: RuleFile = match serde_yaml::from_str(&text) {
            Ok(rule) => rule,
            Err(error) => {
                problems.push(format!("{name}: {error}"));
                continue;
            }
        };
        let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        if stem.as_deref() != Some(rule.id.as_str()) {
            problems.push(format!("{name}: `id: {}` is not the file's name", rule.id));
        }
        if rule.since.is_none() {
            problems.push(format!("{name}: `since` is missing"));
        }
        if let Some(catalogue) = &catalogue {
            let is_setting = |path: &str| catalogue.find(path).is_some();
            let is_group = |group: &str| catalogue.groups.contains_key(group);
            for problem in rule.problems(&is_setting, &is_group) {
                problems.push(format!("{name}: {}", problem.message));
            }
        }
        for problem in frameworks.iter().flat_map(|table| table.problems(&rule.texts)) {
            problems.push(format!("{name}: {problem}"));
        }
        let topic = file
            .parent()
            .and_then(Path::file_name)
            .map(|folder| folder.to_string_lossy().into_owned())
            .unwrap_or_default();
        // The order of the file is kept: the first flagged setting leads.
        let raw: serde_yaml::Mapping = serde_yaml::from_str(&text).expect("parsed above");
        rules.insert(rule.id.clone(), (rule, raw, topic));
    }
    for (rule, ..) in rules.values() {
        for other in rule.supersedes.iter().chain(&rule.supersedes_in_deployment) {
            if !rules.contains_key(other) {
                problems
                    .push(format!("rule `{}` supersedes `{other}`, which does not exist", rule.id));
            }
        }
    }
    if !problems.is_empty() {
        for problem in &problems {
            println!("cargo::error={}", problem.replace('\n', " "));
        }
        return;
    }

    // The checks are decoded at each start, the texts only for what was found. The examples, most
    // of all that is written, are asked for by few commands.
    let mut checks = Vec::new();
    let mut texts = String::from("&[\n");
    let mut examples = serde_yaml::Mapping::new();
    for (id, (_, mut raw, topic)) in rules {
        let mut sheet = serde_yaml::Mapping::new();
        for part in ["since", "texts"] {
            let mut value = raw.remove(part).expect("checked by the form");
            if let Some(texts) = value.as_mapping_mut() {
                let none = serde_yaml::from_str("{ bad: [], good: [] }").expect("plain data");
                let own = texts.insert("examples".into(), none).expect("checked by the form");
                examples.insert(id.as_str().into(), own);
            }
            sheet.insert(part.into(), value);
        }
        let sheet = serde_json::to_string(&sheet).expect("plain data");
        writeln!(texts, "    ({id:?}, {topic:?}, {sheet:?}),").expect("writing to memory");
        let mut raw = serde_yaml::Value::Mapping(raw);
        needs::note(&mut raw, &["matches"]);
        checks.push(raw);
    }
    texts.push_str("]\n");
    let checks = serde_json::to_string(&checks).expect("plain data");
    let examples = serde_json::to_vec(&examples).expect("plain data");
    let examples = miniz_oxide::deflate::compress_to_vec(&examples, 10);
    std::fs::write(out.join("examples.json.deflated"), examples).expect("a writable build folder");
    let lists = telltales.iter().flat_map(telltales::Telltales::lists);
    let tables = [
        ("settings.json", catalogue_json),
        ("patterns.json", patterns_json),
        ("cannot-tell.json", limits_json),
        ("known-keys.json", known_keys_json),
        ("frameworks.json", frameworks_json),
        ("advisories.json", advisories_json),
        ("checks.json", checks),
        ("texts.rs", texts),
    ];
    for (name, text) in tables.into_iter().chain(lists) {
        std::fs::write(out.join(name), text).expect("a writable build folder");
    }
}

fn table<T: serde::de::DeserializeOwned>(
    root: &Path,
    name: &str,
    expressions: &[&str],
    problems: &mut Vec<String>,
) -> (Option<T>, String) {
    let path = root.join("rules").join(name);
    let text = std::fs::read_to_string(&path).expect("a readable table");
    match serde_yaml::from_str::<T>(&text) {
        Ok(parsed) => {
            let mut raw: serde_yaml::Value = serde_yaml::from_str(&text).expect("parsed above");
            needs::note(&mut raw, expressions);
            (Some(parsed), serde_json::to_string(&raw).expect("plain data"))
        }
        Err(error) => {
            problems.push(format!("rules/{name}: {error}"));
            (None, String::new())
        }
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).expect("a readable folder of rules");
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            collect(&path, files);
        } else if name.ends_with(".yaml") && !TABLES.contains(&name.as_str()) {
            files.push(path);
        }
    }
}
