//! What users write for omlint itself may hold a secret that was pasted to the wrong place: no
//! command prints it, whether the file is sound or not.

mod support;

use std::path::Path;

use support::marker::{Look, MARKER};
use support::{folder, omlint};

/// Every place of a configuration where somebody may paste a secret. The names of deployments
/// and retired keys and the reasons of waivers are words that are meant to be printed.
const PASTED: &[&str] = &[
    "@M@ = 1\n",
    "select = [\"@M@\"]\n",
    "ignore = \"@M@\"\n",
    "severity = { \"@M@\" = \"low\" }\n",
    "severity = { jwt-default-key-id = \"@M@\" }\n",
    "fail-on = \"@M@\"\n",
    "profile = [\"@M@\"]\n",
    "exclude = [\"@M@\"]\n",
    "exclude = [\"[@M@\"]\n",
    "om-version = \"@M@\"\n",
    "baseline = \"@M@\"\n",
    "rule-dirs = [\"@M@\"]\n",
    "profile = \"production\" # password: @M@\n",
    "[[override]]\npaths = [\"@M@\"]\nprofile = \"@M@\"\n",
    "[[override]]\npaths = [\"@M@\"]\n@M@ = \"x\"\n",
    "[[deployment]]\nname = \"a\"\ncompose = \"@M@\"\n",
    "[[deployment]]\nname = \"a\"\nenv-file = [\"https://u:@M@@host/x\"]\n",
    "[[deployment]]\nname = \"a\"\nmanifests = [\"@M@*\"]\n",
    "[[deployment]]\nname = \"a\"\nhelm-values = \"values.yaml\"\nhelm-set = [\"a.password=@M@\"]\n",
    "[[deployment]]\nname = \"a\"\nhelm-values = \"values.yaml\"\nhelm-set = [\"@M@\"]\n",
    "[[deployment]]\nname = \"a\"\nhelm-values = \"values.yaml\"\nhelm-set = [\"a=1,b={@M@\"]\n",
    "[[deployment]]\nname = \"a\"\nhelm-values = \"values.yaml\"\nhelm-set = [\"openmetadata.config.authentication.provider=google,openmetadata.config.fernetkey.value=@M@\"]\n",
    "[[waiver]]\nrule = \"@M@\"\npath = \"@M@\"\nreason = \"lab\"\n",
    "[[waiver]]\nrule = \"auth-basic-enabled\"\npath = \"values.yaml\"\nexpires = \"@M@\"\n",
    "[[waiver]]\nrule = \"auth-basic-enabled\"\npath = \"values.yaml\"\nreason = \"password=@M@\"\n",
    "[[known-key]]\ntitle = \"old\"\npem = \"@M@\"\n",
    "[[known-key]]\ntitle = \"old\"\nspki-sha256 = \"@M@\"\n",
    "[[known-key]]\ntitle = \"old\"\nmodulus = \"@M@\"\n",
    "broken = \"@M@\nmore @M@\n",
];

/// Rule files with a mistake, or with what is no rule at all.
const RULES: &[&str] = &[
    "id: acme-own\nseverity: @M@\n",
    "password: @M@\n",
    "id: acme-own\n@M@: x\n",
    "id: [@M@\n",
    "password: @M@\nid: acme-own\n",
];

const BASELINES: &[&str] = &[
    "@M@",
    "{\"version\": \"@M@\"}",
    "{\"@M@\": 1}",
    "{\"schema_version\": 1, \"salt\": \"@M@\", \"findings\": []}",
    "{\"schema_version\": 1, \"findings\": [{\"rule\": \"@M@\"}]}",
];

const VALUES: &str = "openmetadata:\n  config:\n    authentication:\n      provider: basic\n";

/// Every command that reads such files, in the ways that print most.
fn ask(files: &[(&str, &str)], name: &str) {
    let files: Vec<(&str, String)> =
        files.iter().map(|(path, text)| (*path, text.replace("@M@", MARKER))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, &**text)).collect();
    let place = folder(&files);
    let look = Look::new(MARKER);
    for question in [
        &["check", "--verbose", "--min-severity", "info"][..],
        &["check", "--format", "concise"],
        &["check", "--format", "json", "--show-waived", "--verbose"],
        &["check", "values.yaml", "--format", "markdown", "--show-waived"],
        &["config", "show"],
        &["config", "show", "--format", "json"],
        &["rules", "test"],
        &["baseline", "check"],
    ] {
        asked(place.path(), question, &look, name);
    }
}

fn asked(place: &Path, question: &[&str], look: &Look, name: &str) {
    let run = omlint(place, question);
    assert!(matches!(run.code, 0..=2), "{name}: {}", run.err);
    look.through(&run.out, &format!("{name}: {question:?}"));
    look.through(&run.err, &format!("{name}: {question:?}, stderr"));
}

#[test]
fn configurations() {
    for text in PASTED {
        ask(&[("omlint.toml", text), ("values.yaml", VALUES)], text);
    }
}

#[test]
fn rule_files() {
    for text in RULES {
        let config = "rule-dirs = [\"own\"]\n";
        ask(&[("omlint.toml", config), ("own/acme-own.yaml", text), ("values.yaml", VALUES)], text);
    }
}

#[test]
fn baselines() {
    for text in BASELINES {
        let config = "baseline = \"known.json\"\n";
        ask(&[("omlint.toml", config), ("known.json", text), ("values.yaml", VALUES)], text);
    }
}
