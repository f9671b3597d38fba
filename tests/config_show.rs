//! `omlint config`: what a run goes by and who says so, and the schema of the file, which knows
//! the keys that the reader knows.

mod support;

use std::path::Path;

use omlint::config::keys::{Key, Shape, TOP};
use omlint::config::schema::schema;
use serde_json::{Value, json};
use support::{consumer, folder, omlint, write};

const FILE: &str = "fail-on = \"high\"
severity = { jwt-default-key-id = \"low\" }
exclude = [\"docs/\", \"Zq7Xw9Kp2Vm4Jt8Bn6\"]

[[override]]
paths = [\"dev/**\"]
profile = \"development\"

[[deployment]]
name = \"prod\"
helm-values = \"values.yaml\"
helm-set = [\"openmetadata.config.authentication.provider=google\", \"a.password=Zq7Xw9Kp2Vm4\"]

[[waiver]]
rule = \"auth-basic-enabled\"
path = \"dev/*\"
reason = \"lab\"
expires = 2026-12-31
";

const VALUES: &str = "openmetadata:\n  config:\n    authentication:\n      provider: basic\n";

/// The line of a key, its spaces folded.
fn line(out: &str, key: &str) -> String {
    let line = out.lines().find(|line| line.split_whitespace().next() == Some(key));
    line.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn each_value_says_where_it_comes_from() {
    let place =
        folder(&[("omlint.toml", FILE), ("sub/values.yaml", VALUES), ("values.yaml", VALUES)]);
    let run = omlint(place.path(), &["config", "show", "--profile", "development"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert_eq!(line(&run.out, "fail-on"), "fail-on high omlint.toml:1:1");
    assert_eq!(line(&run.out, "severity"), "severity jwt-default-key-id = low omlint.toml:2:1");
    assert_eq!(line(&run.out, "profile"), "profile development flag");
    assert_eq!(line(&run.out, "select"), "select (all rules) default");
    assert_eq!(line(&run.out, "[[deployment]]"), "[[deployment]] omlint.toml:9:1");
    assert_eq!(line(&run.out, "expires"), "expires 2026-12-31");
    let below = omlint(place.path(), &["config", "show", "sub"]);
    assert!(below.out.starts_with("omlint.toml\n"), "the nearest above: {}", below.out);
    let without = omlint(place.path(), &["config", "show", "--isolated"]);
    assert!(without.out.starts_with("no omlint.toml\n"), "{}", without.out);
    assert_eq!(line(&without.out, "fail-on"), "fail-on medium default");
}

#[test]
fn what_may_be_secret_is_blanked() {
    let place = folder(&[("omlint.toml", FILE), ("values.yaml", VALUES)]);
    for format in ["table", "json"] {
        let run = omlint(place.path(), &["config", "show", "--format", format]);
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(!run.out.contains("Zq7Xw9Kp"), "{}", run.out);
        assert!(run.out.contains("a.password=***"), "{}", run.out);
        assert!(run.out.contains("authentication.provider=google"), "{}", run.out);
    }
}

#[test]
fn programs_are_told_the_same_and_the_variable_of_the_environment() {
    let place = folder(&[("omlint.toml", FILE), ("values.yaml", VALUES)]);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_omlint"))
        .args(["config", "show", "--format", "json", "--min-severity", "low"])
        .current_dir(place.path())
        .env("SOURCE_DATE_EPOCH", "86400")
        .output()
        .unwrap();
    let page: Value = serde_json::from_slice(&output.stdout).unwrap();
    let value = |key: &str| {
        let values = page["values"].as_array().unwrap();
        values.iter().find(|value| value["key"] == key).unwrap().clone()
    };
    assert_eq!(page["file"], "omlint.toml");
    let from = json!({ "kind": "file", "path": "omlint.toml", "line": 1, "column": 1 });
    assert_eq!(value("fail-on"), json!({ "key": "fail-on", "value": "high", "from": from }));
    assert_eq!(value("min-severity")["from"], json!({ "kind": "flag" }));
    let from = json!({ "kind": "environment", "variable": "SOURCE_DATE_EPOCH" });
    assert_eq!(value("now"), json!({ "key": "now", "value": "1970-01-02", "from": from }));
    assert_eq!(page["deployment"][0]["name"], "prod");
    assert_eq!(page["waiver"][0]["from"]["line"], 14);
}

#[test]
fn what_is_wrong_with_the_file_is_said_instead() {
    let place = folder(&[("omlint.toml", "fail-no = \"high\"\n")]);
    let run = omlint(place.path(), &["config", "show", "--format", "json"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.starts_with("omlint.toml:1:1: error: unknown key `fail-no`"), "{}", run.err);
}

/// All keys, the name of a table before its own.
fn names(keys: &[Key], of: &str, into: &mut Vec<String>) {
    for key in keys {
        into.push(format!("{of}{}", key.name));
        if let Shape::Tables(inner) = key.shape {
            names(inner, &format!("{}.", key.name), into);
        }
    }
}

fn properties(schema: &Value, of: &str, into: &mut Vec<String>) {
    assert_eq!(schema["additionalProperties"], false, "{of} takes any key");
    for (name, property) in schema["properties"].as_object().unwrap() {
        into.push(format!("{of}{name}"));
        if property["items"]["properties"].is_object() {
            properties(&property["items"], &format!("{name}."), into);
        }
    }
}

#[test]
fn the_schema_and_the_reader_know_the_same_keys() {
    let place = folder(&[]);
    let run = omlint(place.path(), &["config", "schema"]);
    let printed: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(printed, schema());
    let (mut of_schema, mut of_table) = (Vec::new(), Vec::new());
    properties(&printed, "", &mut of_schema);
    names(TOP, "", &mut of_table);
    of_table.sort();
    of_schema.sort();
    assert_eq!(of_schema, of_table);
    // The reader itself, not its table: what the schema names must not be unknown to it.
    for name in of_schema {
        let text = match name.split_once('.') {
            Some((table, key)) => format!("[[{table}]]\n{key} = 1\n"),
            None => format!("{name} = 1\n"),
        };
        write(place.path(), "omlint.toml", text.as_bytes());
        let run = omlint(place.path(), &["config", "show", "--format", "json"]);
        assert_eq!(run.code, 2, "{name}");
        assert!(!run.err.contains("unknown key"), "{name}: {}", run.err);
        assert!(run.err.contains(&format!("`{}`", name.rsplit('.').next().unwrap())), "{name}");
    }
}

/// The configurations that the pages show.
fn samples() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut samples = vec![FILE.to_owned()];
    for page in ["README.md", "docs/configuration.md", "docs/waivers.md"] {
        let text = std::fs::read_to_string(root.join(page)).unwrap();
        let blocks = text.split("```toml\n").skip(1);
        samples.extend(blocks.map(|block| block.split("```").next().unwrap().to_owned()));
    }
    assert!(samples.len() > 4, "the pages show no configurations");
    samples
}

#[test]
fn somebody_elses_validator_takes_what_the_pages_show_and_refuses_mistakes() {
    let Some(checker) = consumer("venv/bin/check-jsonschema") else { return };
    let place = folder(&[]);
    write(place.path(), "schema.json", schema().to_string().as_bytes());
    let valid = |names: &[String]| {
        let output = std::process::Command::new(&checker)
            .args(["--schemafile", "schema.json"])
            .args(names)
            .current_dir(place.path())
            .output()
            .expect("it starts");
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let lay_out = |texts: &[String], name: &str| -> Vec<String> {
        let texts = texts.iter().enumerate();
        texts
            .map(|(at, text)| {
                let name = format!("{name}{at}.toml");
                write(place.path(), &name, text.as_bytes());
                name
            })
            .collect()
    };
    let (taken, said) = valid(&lay_out(&samples(), "right"));
    assert!(taken, "{said}");
    let mistakes = [
        "selct = []\n",
        "fail-on = \"hgih\"\n",
        "select = 1\n",
        "om-version = \"latest\"\n",
        "severity = { a = \"off\" }\n",
        "baseline = \" \"\n",
        "[[waiver]]\nrule = \"a\"\n",
        "[[deployment]]\nname = \"a\"\nhelm-set = \"a\"\n",
        "[deployment]\nname = \"a\"\n",
    ];
    let files = lay_out(&mistakes.map(str::to_owned), "wrong");
    let (taken, said) = valid(&files);
    assert!(!taken);
    for (file, text) in files.iter().zip(mistakes) {
        assert!(said.contains(file), "the schema takes {text}");
    }
}
