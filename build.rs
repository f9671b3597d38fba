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

#[path = "build/endings.rs"]
mod endings;
#[path = "build/needs.rs"]
mod needs;
#[path = "build/telltales.rs"]
mod telltales;

use crypto::known::KnownKeys;
use deployment::catalogue::Catalogue;
use rules::advisories::Advisories;
use rules::frameworks::Frameworks;
use rules::patterns::{Limits, Patterns};
use rules::schema::{Rule, RuleFile, Texts};

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

    let catalogue = table::<Catalogue>(&root, TABLES[0], &[], &mut problems);
    let patterns =
        table::<Patterns>(&root, TABLES[1], &["segment", "whole", "shipped"], &mut problems);
    let limits = table::<Limits>(&root, TABLES[2], &["matches"], &mut problems);
    let known_keys = table::<KnownKeys>(&root, TABLES[3], &[], &mut problems);
    let frameworks = table::<Frameworks>(&root, TABLES[4], &[], &mut problems);
    let advisories = table::<Advisories>(&root, TABLES[5], &["matches"], &mut problems);
    let telltales = table::<telltales::Telltales>(&root, TABLES[6], &[], &mut problems);
    let catalogue = catalogue.map(Catalogue::indexed);
    let endings = catalogue.as_ref().map(endings::list).unwrap_or_default();

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
    let mut checks: Vec<Rule> = Vec::new();
    let mut texts = String::from("&[\n");
    let mut examples = serde_yaml::Mapping::new();
    for (id, (rule, mut raw, topic)) in rules {
        raw.remove("since");
        let mut said = raw.remove("texts").expect("checked by the form");
        if let Some(said) = said.as_mapping_mut() {
            let none = serde_yaml::from_str("{ bad: [], good: [] }").expect("plain data");
            let own = said.insert("examples".into(), none).expect("checked by the form");
            examples.insert(id.as_str().into(), own);
        }
        let said: Texts = serde_yaml::from_value(said).expect("parsed above");
        let sheet = encoded(&Some((rule.since.expect("checked above"), said)));
        let sheet = sheet.escape_ascii();
        writeln!(texts, "    ({id:?}, {topic:?}, b\"{sheet}\"),").expect("writing to memory");
        let mut raw = serde_yaml::Value::Mapping(raw);
        needs::note(&mut raw, &["matches"]);
        checks.push(serde_yaml::from_value(raw).expect("parsed above"));
    }
    texts.push_str("]\n");
    let examples = serde_json::to_vec(&examples).expect("plain data");
    let examples = deflated(&examples);
    let lists = telltales.iter().flat_map(telltales::Telltales::lists);
    let lists = lists.map(|(name, text)| (name, text.into_bytes()));
    let tables = [
        ("settings", encoded(&catalogue)),
        ("patterns", encoded(&patterns)),
        ("cannot-tell", encoded(&limits)),
        ("known-keys", encoded(&known_keys)),
        ("advisories", encoded(&advisories)),
        ("checks", encoded(&Some(checks))),
        ("frameworks.deflated", deflated(&encoded(&frameworks))),
        ("examples.json.deflated", examples),
        ("texts.rs", texts.into_bytes()),
        ("endings.txt.deflated", deflated(endings.as_bytes())),
        ("known-numbers.rs", known_numbers(&known_keys).into_bytes()),
    ];
    for (name, bytes) in tables.into_iter().chain(lists) {
        std::fs::write(out.join(name), bytes).expect("a writable build folder");
    }
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec(bytes, 10)
}

/// How the numbers of known keys begin, as an expression.
fn known_numbers(table: &Option<KnownKeys>) -> String {
    let keys = table.iter().flat_map(|table| &table.keys);
    format!("&{:?}", keys.flat_map(|key| &key.begins).collect::<Vec<_>>())
}

/// What is decoded at each start: reading text would take most of that time.
fn encoded<T: borsh::BorshSerialize>(table: &Option<T>) -> Vec<u8> {
    borsh::to_vec(table.as_ref().expect("no problems")).expect("writing to memory")
}

fn table<T: serde::de::DeserializeOwned>(
    root: &Path,
    name: &str,
    expressions: &[&str],
    problems: &mut Vec<String>,
) -> Option<T> {
    let path = root.join("rules").join(name);
    let text = std::fs::read_to_string(&path).expect("a readable table");
    // Read from the text, an error has its place.
    let read = serde_yaml::from_str::<T>(&text).and_then(|plain| {
        if expressions.is_empty() {
            return Ok(plain);
        }
        let mut raw: serde_yaml::Value = serde_yaml::from_str(&text)?;
        needs::note(&mut raw, expressions);
        serde_yaml::from_value(raw)
    });
    read.map_err(|error| problems.push(format!("rules/{name}: {error}"))).ok()
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
