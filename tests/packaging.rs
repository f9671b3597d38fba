//! What stands around the program: packages and hooks of one version, starters for other tools,
//! completions and the manual page.

mod support;

use std::path::Path;

use regex::Regex;
use support::{folder, omlint};

fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_package_has_the_version_of_the_program() {
    let version = env!("CARGO_PKG_VERSION");
    for (name, line) in [
        ("pyproject.toml", format!("version = \"{version}\"")),
        ("pyproject.toml", format!("dependencies = [\"omlint=={version}\"]")),
        ("packaging/wheel/pyproject.toml", format!("version = \"{version}\"")),
        ("templates/omlint.yml", format!("OMLINT_VERSION: \"{version}\"")),
    ] {
        assert!(file(name).lines().any(|found| found.trim() == line), "{name} has no `{line}`");
    }
}

#[test]
fn the_placeholder_is_not_the_wheel() {
    let name = |text: &str| {
        let line = text.lines().find(|line| line.starts_with("name = ")).expect("a name");
        line.to_owned()
    };
    assert_eq!(name(&file("packaging/wheel/pyproject.toml")), "name = \"omlint\"");
    assert_ne!(name(&file("pyproject.toml")), name(&file("packaging/wheel/pyproject.toml")));
}

/// The hooks, by id.
fn hooks() -> Vec<serde_yaml::Value> {
    let hooks: serde_yaml::Value =
        serde_yaml::from_str(&file(".pre-commit-hooks.yaml")).expect("YAML");
    hooks.as_sequence().expect("a list").clone()
}

#[test]
fn three_ways_to_hook_into_a_commit() {
    let hooks = hooks();
    let languages: Vec<(&str, &str)> = hooks
        .iter()
        .map(|hook| (hook["id"].as_str().expect("an id"), hook["language"].as_str().expect("one")))
        .collect();
    assert_eq!(
        languages,
        [("omlint", "python"), ("omlint-system", "system"), ("omlint-rust", "rust")]
    );
    for hook in &hooks {
        assert_eq!(hook["require_serial"], true);
        assert_eq!(hook["pass_filenames"], true);
        assert_eq!(hook["files"], hooks[0]["files"]);
    }
    let local: serde_yaml::Value =
        serde_yaml::from_str(&file("packaging/init/pre-commit-system.yaml")).expect("YAML");
    assert_eq!(local["repos"][0]["hooks"][0]["files"], hooks[0]["files"]);
}

#[test]
fn the_hooks_pattern_reaches_every_kind_of_input() {
    let pattern = hooks()[0]["files"].as_str().expect("a pattern").to_owned();
    let pattern = Regex::new(&pattern).expect("a pattern that Rust knows, too");
    for path in [
        "docker-compose.yml",
        "deploy/compose.prod.yaml",
        "charts/om/values-prod.yaml",
        "kustomization.yaml",
        "ingestion/mysql.json",
        ".env",
        ".env.prod",
        "deploy/prod.env",
        "docker/env-mysql",
        "openmetadata.env",
        "keys/private_key.der",
        "keys/public.pem",
        "conf/private_key.key",
        "jwks.json",
        "om.jwks",
        "Dockerfile",
        "docker/Dockerfile.server",
        "om.Dockerfile",
        "Containerfile",
        "main.tf",
        "start.sh",
    ] {
        assert!(pattern.is_match(path), "{path}");
    }
    for path in ["README.md", "src/main.rs", "logo.png", "Makefile"] {
        assert!(!pattern.is_match(path), "{path}");
    }
}

#[test]
fn starters_are_written_once() {
    let place = folder(&[]);
    for (starter, path, words) in [
        ("pre-commit", ".pre-commit-config.yaml", "omlint"),
        ("github", ".github/workflows/omlint.yml", "--require-deployment"),
        ("gitlab", ".gitlab-ci.yml", "--require-deployment"),
    ] {
        let run = omlint(place.path(), &["init", starter]);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{starter}");
        assert!(run.out.starts_with(&format!("{path} is written; ")), "{}", run.out);
        let text = std::fs::read_to_string(place.path().join(path)).expect("it is written");
        assert!(text.contains(words), "{text}");
        serde_yaml::from_str::<serde_yaml::Value>(&text).expect("YAML");

        support::write(place.path(), path, b"mine: true\n");
        let run = omlint(place.path(), &["init", starter]);
        assert_eq!((run.code, run.out.as_str()), (2, text.as_str()), "the text is printed instead");
        assert!(run.err.contains("exists already and stays as it is"), "{}", run.err);
        let left = std::fs::read_to_string(place.path().join(path)).expect("it is there");
        assert_eq!(left, "mine: true\n");
    }
}

#[test]
fn completions_and_the_manual_page_know_every_command() {
    let place = folder(&[]);
    let commands = ["check", "show", "explain", "rules", "keygen", "init", "completions"];
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = omlint(place.path(), &["completions", shell]);
        assert_eq!(run.code, 0);
        for command in commands {
            assert!(run.out.contains(command), "{shell}: {command}");
        }
        assert!(run.out.contains("require-deployment") && run.out.contains("sarif"), "{shell}");
    }
    let page = omlint(place.path(), &["man"]);
    assert_eq!(page.code, 0);
    assert!(page.out.contains(".TH omlint 1"));
    for command in commands {
        assert!(page.out.contains(&format!(".SH OMLINT {}", command.to_uppercase())), "{command}");
    }
}
