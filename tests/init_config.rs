//! `omlint init config` names what is deployed together, as omlint finds it, and changes nothing
//! about how it is judged.

mod support;

use std::path::Path;

use serde_json::Value;
use support::{folder, omlint, write};

const COMPOSE: &str = "services:
  openmetadata-server:
    image: docker.getcollate.io/openmetadata/server:1.11.4
    environment:
      AUTHENTICATION_PROVIDER: ${AUTHENTICATION_PROVIDER:-basic}
      AUTHENTICATION_CLIENT_ID: ${CLIENT_ID}
";
const OVERRIDE: &str = "services:
  openmetadata-server:
    environment:
      JWT_KEY_ID: abc
";
const MANIFEST: &str = "apiVersion: apps/v1
kind: Deployment
metadata: { name: openmetadata }
spec:
  selector: { matchLabels: { a: b } }
  template:
    metadata: { labels: { a: b } }
    spec:
      containers:
        - name: openmetadata
          image: docker.getcollate.io/openmetadata/server:1.11.4
          envFrom: [{ configMapRef: { name: om } }]
";
const CONFIG_MAP: &str = "apiVersion: v1
kind: ConfigMap
metadata: { name: om }
data:
  AUTHENTICATION_PROVIDER: basic
";
const SERVER: &str = "authenticationConfiguration:
  provider: basic
  clientId: x
authorizerConfiguration:
  adminPrincipals: [admin]
jwtTokenConfiguration:
  issuer: open-metadata.org
";

fn values(provider: &str) -> String {
    format!("openmetadata:\n  config:\n    authentication:\n      provider: {provider}\n")
}

/// One of each kind, with what belongs to it.
fn all_kinds() -> tempfile::TempDir {
    folder(&[
        (".git/HEAD", "ref: refs/heads/main\n"),
        ("deploy/docker-compose.yml", COMPOSE),
        ("deploy/docker-compose.override.yml", OVERRIDE),
        ("deploy/.env", "AUTHENTICATION_PROVIDER=google\n"),
        ("lab/compose.yml", COMPOSE),
        ("lab/one.env", "AUTHENTICATION_PROVIDER=okta\nAUTHORIZER_ADMIN_PRINCIPALS=[admin]\n"),
        ("lab/two.env", "AUTHENTICATION_PROVIDER=auth0\nAUTHORIZER_ADMIN_PRINCIPALS=[bob]\n"),
        ("charts/values.yaml", &values("basic")),
        ("charts/values-prod.yaml", &values("google")),
        ("charts/values-test.yaml", &values("okta")),
        ("k8s/om.yaml", MANIFEST),
        ("k8s/cm.yaml", CONFIG_MAP),
        ("old/openmetadata.yaml", SERVER),
        ("notes/.env.example", "AUTHENTICATION_PROVIDER=basic\nAUTHORIZER_ADMIN_PRINCIPALS=[a]\n"),
    ])
}

/// All findings, without what deployments are called.
fn judged(place: &Path) -> Vec<String> {
    let run = omlint(
        place,
        &["check", "--format", "json", "--min-severity", "info", "--min-confidence", "low"],
    );
    let report: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err));
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| {
            let of = |key: &str| finding[key].to_string();
            [of("rule"), of("severity"), of("primary"), of("message")].join(" ")
        })
        .collect()
}

#[test]
fn what_is_found_is_named_and_judged_as_before() {
    let place = all_kinds();
    let before = judged(place.path());
    assert!(before.len() > 30);
    let run = omlint(place.path(), &["init", "config"]);
    assert_eq!(
        (run.code, run.out.as_str()),
        (0, "omlint.toml is written; it names 6 deployments\n")
    );
    let text = std::fs::read_to_string(place.path().join("omlint.toml")).unwrap();
    for section in [
        "name = \"deploy\"\n\
         compose = [\"deploy/docker-compose.yml\", \"deploy/docker-compose.override.yml\"]\n\
         env-file = [\"deploy/.env\"]\n",
        "name = \"one\"\ncompose = [\"lab/compose.yml\"]\nenv-file = [\"lab/one.env\"]\n",
        "name = \"prod\"\nhelm-values = [\"charts/values.yaml\", \"charts/values-prod.yaml\"]\n",
        "name = \"k8s\"\nmanifests = [\"k8s/om.yaml\", \"k8s/cm.yaml\"]\n",
    ] {
        assert!(text.contains(&format!("[[deployment]]\n{section}")), "{section}\nin\n{text}");
    }
    assert!(!text.contains(".example"), "{text}");
    assert_eq!(judged(place.path()), before);
    // What no section can say is told, and is found all the same.
    assert!(run.err.contains("old/openmetadata.yaml"), "{}", run.err);
    let files = std::fs::read_dir(place.path()).unwrap().flatten();
    let left: Vec<_> =
        files.filter(|f| f.file_name().to_string_lossy().starts_with(".omlint")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_is_there_stays_and_what_it_lacks_is_printed() {
    for name in ["omlint.toml", ".omlint.toml"] {
        let text = "# ours\n[[deployment]]\nname = \"k8s\"\nmanifests = [\"k8s/*.yaml\"]\n";
        let place = all_kinds();
        write(place.path(), name, text.as_bytes());
        let run = omlint(place.path(), &["init", "config"]);
        assert_eq!(run.code, 2);
        assert!(
            run.err.contains(&format!("{name} exists already and stays as it is")),
            "{}",
            run.err
        );
        assert!(run.out.contains("name = \"deploy\"") && !run.out.contains("k8s"), "{}", run.out);
        assert_eq!(std::fs::read_to_string(place.path().join(name)).unwrap(), text);
        // Both together are valid.
        write(place.path(), name, format!("{text}{}", run.out).as_bytes());
        let check = omlint(place.path(), &["check", "--format", "concise", "--exit-zero"]);
        assert_eq!((check.code, check.err.as_str()), (0, ""));
    }
}

#[test]
fn a_configuration_above_is_not_shadowed() {
    let place = all_kinds();
    write(place.path(), "omlint.toml", b"fail-on = \"high\"\n");
    let run = omlint(&place.path().join("deploy"), &["init", "config"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("../omlint.toml applies here already"), "{}", run.err);
    assert!(!place.path().join("deploy/omlint.toml").exists());
}

#[test]
fn where_nothing_is_found_nothing_is_written() {
    let place = folder(&[("a.yml", "a: b\n")]);
    let run = omlint(place.path(), &["init", "config"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("no OpenMetadata deployment was found"), "{}", run.err);
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
fn names_of_files_cannot_break_the_file() {
    let name = "a \"b\" \\ [c]/compose.yml";
    let place = folder(&[(name, COMPOSE), ("d/compose.yml", COMPOSE)]);
    let before = judged(place.path());
    let run = omlint(place.path(), &["init", "config"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(judged(place.path()), before);
}

/// Copies a folder, but neither what it says of the files nor configurations.
fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else if entry.path().extension().is_none_or(|end| end != "toml") {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn many_deployments_of_all_kinds_are_judged_as_before() {
    let place = folder(&[(".git/HEAD", "ref: refs/heads/main\n")]);
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/corpus"), place.path());
    let before = judged(place.path());
    let run = omlint(place.path(), &["init", "config"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let text = std::fs::read_to_string(place.path().join("omlint.toml")).unwrap();
    assert!(text.matches("[[deployment]]").count() > 60, "{text}");
    assert_eq!(judged(place.path()), before);
}

#[cfg(unix)]
#[test]
fn where_nothing_can_be_written_that_is_said_in_words_and_nothing_is_left() {
    use std::os::unix::fs::PermissionsExt;
    let place = folder(&[("docker-compose.yml", COMPOSE), (".github", "no folder")]);
    let run = omlint(place.path(), &["init", "github"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains(".github/workflows/omlint.yml could not be written"), "{}", run.err);
    assert!(!run.err.contains("os error"), "{}", run.err);

    std::fs::set_permissions(place.path(), PermissionsExt::from_mode(0o555)).expect("permissions");
    let is_shut = std::fs::write(place.path().join("probe"), "").is_err();
    let runs = ["config", "pre-commit", "gitlab"].map(|what| omlint(place.path(), &["init", what]));
    std::fs::set_permissions(place.path(), PermissionsExt::from_mode(0o755)).expect("permissions");
    if !is_shut {
        println!("skipped: root writes into read-only folders");
        return;
    }
    for run in runs {
        assert_eq!(run.code, 2, "{}", run.err);
        assert!(run.err.contains("could not be written"), "{}", run.err);
        assert!(!run.err.contains("os error"), "{}", run.err);
    }
    assert_eq!(std::fs::read_dir(place.path()).expect("a folder").count(), 2);
}
