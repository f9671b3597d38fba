//! What stands around the program: packages and hooks of one version, starters for other tools,
//! completions and the manual page.

mod support;

use std::path::Path;

use regex::Regex;
use support::{consumer, folder, omlint};

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
        ("action.yml", format!("default: \"{version}\"")),
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

/// The files that call omlint somewhere else.
const CALLERS: [&str; 7] = [
    "action.yml",
    "templates/omlint.yml",
    "Containerfile",
    ".pre-commit-hooks.yaml",
    "packaging/init/github.yml",
    "packaging/init/pre-commit-system.yaml",
    "docs/ci.md",
];

#[test]
fn whoever_calls_omlint_uses_flags_that_it_has() {
    let place = folder(&[]);
    let help = omlint(place.path(), &["check", "--help"]).out;
    let flag = Regex::new(r"--[a-z][a-z-]+").expect("a pattern");
    let calls = Regex::new(r"omlint check|arguments[+=]").expect("a pattern");
    let mut seen = 0;
    for name in CALLERS {
        let text = file(name).replace("\\\n", " ");
        for line in text.lines().filter(|line| calls.is_match(line)) {
            for flag in flag.find_iter(line.rsplit("omlint").next().unwrap_or(line)) {
                assert!(help.contains(flag.as_str()), "{name}: there is no {}", flag.as_str());
                seen += 1;
            }
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn gates_fail_where_no_deployment_is_found() {
    for name in ["action.yml", "templates/omlint.yml", "packaging/init/github.yml"] {
        assert!(file(name).contains("--require-deployment"), "{name}");
    }
}

#[test]
fn actions_of_others_are_pinned_by_commit() {
    let uses = Regex::new(r"(?m)^\s*-? *uses: (\S+)(.*)$").expect("a pattern");
    let pinned = Regex::new(r"^[\w./-]+@[0-9a-f]{40}$").expect("a pattern");
    let mut seen = 0;
    for name in [
        "action.yml",
        ".github/workflows/ci.yml",
        ".github/workflows/release.yml",
        "packaging/init/github.yml",
        "packaging/init/github-action.yml",
    ] {
        for found in uses.captures_iter(&file(name)) {
            if found[1].starts_with("{slug}") {
                continue;
            }
            assert!(pinned.is_match(&found[1]), "{name}: {}", &found[1]);
            assert!(found[2].trim().starts_with("# v"), "{name}: {} without a version", &found[1]);
            seen += 1;
        }
    }
    assert!(seen > 10);
}

#[test]
fn the_programs_that_read_these_files_would_take_them() {
    let Some(checker) = consumer("venv/bin/check-jsonschema") else { return };
    let place = folder(&[]);
    let filled =
        file("packaging/init/github-action.yml").replace("{slug}", "a/b").replace("{version}", "1");
    support::write(place.path(), "action-user.yml", filled.as_bytes());
    let user = place.path().join("action-user.yml");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (schema, path) in [
        ("vendor.github-actions", root.join("action.yml")),
        ("vendor.github-workflows", root.join(".github/workflows/ci.yml")),
        ("vendor.github-workflows", root.join(".github/workflows/release.yml")),
        ("vendor.github-workflows", root.join("packaging/init/github.yml")),
        ("vendor.github-workflows", user),
        ("vendor.gitlab-ci", root.join("templates/omlint.yml")),
    ] {
        let output = std::process::Command::new(&checker)
            .args(["--builtin-schema", schema])
            .arg(&path)
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{}: {said}", path.display());
    }
}

#[test]
fn completions_and_the_manual_page_know_every_command() {
    let place = folder(&[]);
    let mut place_of_all = omlint(place.path(), &["help"]).out;
    place_of_all.drain(..place_of_all.find("Commands:\n").expect("a list of commands") + 10);
    let listed = place_of_all.lines().take_while(|line| !line.is_empty());
    let commands: Vec<&str> = listed
        .filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next())
        .filter(|command| *command != "help")
        .collect();
    assert!(commands.len() > 8, "{commands:?}");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = omlint(place.path(), &["completions", shell]);
        assert_eq!(run.code, 0);
        for command in &commands {
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

/// What the composite action's step `id` runs.
fn step_of_action(id: &str) -> String {
    let action: serde_yaml::Value = serde_yaml::from_str(&file("action.yml")).unwrap();
    let steps = action["runs"]["steps"].as_sequence().unwrap();
    let step = steps.iter().find(|step| step["id"].as_str() == Some(id)).expect("a step");
    step["run"].as_str().unwrap().to_owned()
}

const BASIC: &str = "services:\n  openmetadata-server:\n    image: docker.getcollate.io/openmetadata/server:1.11.4\n    environment:\n      AUTHENTICATION_PROVIDER: basic\n";

#[cfg(unix)]
#[test]
fn the_actions_own_script_checks_by_its_inputs() {
    let place = folder(&[("a b/compose.yml", BASIC), ("omlint.toml", "")]);
    let step = step_of_action("check");
    let run = |inputs: &[(&str, &str)]| {
        let outputs = place.path().join("outputs");
        std::fs::write(&outputs, "").unwrap();
        std::fs::write(place.path().join("summary.md"), "").unwrap();
        let mut command = std::process::Command::new("bash");
        command.args(["-c", &step]).current_dir(place.path());
        for name in
            ["PATHS", "CONFIG", "PROFILE", "BASELINE", "MIN_SEVERITY", "FAIL_ON", "CATEGORY"]
        {
            command.env(name, "");
        }
        command
            .env("PROGRAM", env!("CARGO_BIN_EXE_omlint"))
            .env("RUNNER_TEMP", place.path())
            .env("GITHUB_OUTPUT", &outputs)
            .env("GITHUB_STEP_SUMMARY", place.path().join("summary.md"))
            .envs(inputs.iter().copied());
        let output = command.output().expect("bash starts");
        let said = std::fs::read_to_string(outputs).unwrap();
        (said, String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (said, annotations) = run(&[("PATHS", "a b\n")]);
    assert!(said.contains("exit-code=1\n"), "{said}");
    assert!(annotations.contains("::warning file=a b/compose.yml,line=5"), "{annotations}");
    let summary = std::fs::read_to_string(place.path().join("summary.md")).unwrap();
    assert!(summary.contains("auth-basic-enabled"), "{summary}");
    let (said, _) = run(&[("FAIL_ON", "never")]);
    assert!(said.contains("exit-code=0\n") && !said.contains("findings=0"), "{said}");
    assert_eq!(omlint(place.path(), &["baseline", "create"]).code, 0);
    let (said, _) = run(&[("BASELINE", "omlint-baseline.json")]);
    assert!(said.contains("exit-code=0\n") && said.contains("findings=0\n"), "{said}");
    let (said, _) = run(&[("BASELINE", "elsewhere.json")]);
    assert!(said.contains("exit-code=2\n"), "{said}");
}

#[cfg(unix)]
#[test]
fn the_templates_own_script_checks_by_its_variables() {
    let job: serde_yaml::Value = serde_yaml::from_str(&file("templates/omlint.yml")).unwrap();
    let script = job["omlint"]["script"][0].as_str().unwrap().to_owned();
    let place = folder(&[("deploy/compose.yml", BASIC)]);
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_omlint"));
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    let run = |variables: &[(&str, &str)]| {
        std::process::Command::new("sh")
            .args(["-c", &script])
            .current_dir(place.path())
            .env("PATH", &path)
            .envs([("OMLINT_PATHS", "."), ("OMLINT_ARGS", ""), ("OMLINT_BASELINE", "")])
            .envs(variables.iter().copied())
            .output()
            .expect("sh starts")
            .status
            .code()
    };
    assert_eq!(run(&[("OMLINT_PATHS", "deploy")]), Some(1));
    assert!(place.path().join("gl-code-quality-report.json").exists());
    assert!(place.path().join("omlint-junit.xml").exists());
    assert_eq!(run(&[("OMLINT_ARGS", "--fail-on never")]), Some(0));
    assert_eq!(omlint(place.path(), &["baseline", "create"]).code, 0);
    assert_eq!(run(&[("OMLINT_BASELINE", "omlint-baseline.json")]), Some(0));
    assert_eq!(run(&[("OMLINT_BASELINE", "elsewhere.json")]), Some(2));
}
