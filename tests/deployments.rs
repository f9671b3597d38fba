//! `[[deployment]]` in `omlint.toml`: what is deployed together is judged together, whichever of
//! its files is asked for.

mod support;

use serde_json::Value;
use support::{folder, omlint, workload};

const BASE: &str = "services:
  openmetadata-server:
    image: docker.getcollate.io/openmetadata/server:1.11.4
    environment:
      AUTHENTICATION_PROVIDER: ${PROVIDER}
      AUTHENTICATION_CLIENT_ID: ${CLIENT_ID}
";

const PROD: &str = "services:
  openmetadata-server:
    environment:
      RSA_PUBLIC_KEY_FILE_PATH: /keys/public_key.der
      RSA_PRIVATE_KEY_FILE_PATH: /keys/private_key.der
";

const CONFIG: &str = "[[deployment]]
name = \"production\"
compose = [\"deploy/base.yml\", \"deploy/prod.yml\"]
env-file = \"env/prod.env\"

[[deployment]]
name = \"laptop\"
compose = [\"deploy/base.yml\"]
env-file = \"env/laptop.env\"
profile = \"development\"
om-version = \"1.2.0\"
";

fn two() -> tempfile::TempDir {
    folder(&[
        (".git/HEAD", "ref: refs/heads/main\n"),
        ("omlint.toml", CONFIG),
        ("deploy/base.yml", BASE),
        ("deploy/prod.yml", PROD),
        ("env/prod.env", "PROVIDER=google\nCLIENT_ID=abc.apps.googleusercontent.com\n"),
        ("env/laptop.env", "PROVIDER=basic\n"),
        ("other/notes.yml", "a: b\n"),
    ])
}

fn check(folder: &std::path::Path, arguments: &[&str]) -> Value {
    let mut all = vec!["check", "--format", "json", "--exit-zero", "--min-severity", "info"];
    all.extend(arguments);
    let run = omlint(folder, &all);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    serde_json::from_str(&run.out).unwrap()
}

fn ids(report: &Value) -> Vec<&str> {
    let list = report["deployments"].as_array().unwrap();
    list.iter().map(|deployment| deployment["id"].as_str().unwrap()).collect()
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}

#[test]
fn files_of_a_deployment_are_judged_as_parts_of_it_only() {
    let place = two();
    let report = check(place.path(), &[]);
    assert_eq!(ids(&report), ["laptop", "production"]);
    let production = &report["deployments"][1];
    assert_eq!(
        texts(&production["sources"]),
        ["deploy/base.yml", "deploy/prod.yml", "env/prod.env"]
    );
    assert_eq!(production["version"], "1.11.4");
    let laptop = &report["deployments"][0];
    assert_eq!(
        (&laptop["version"], &laptop["version_from"]),
        (&"1.2.0".into(), &"configuration".into())
    );
}

#[test]
fn one_file_of_it_brings_the_whole_deployment() {
    let place = two();
    for (path, expected) in [
        ("env/prod.env", vec!["production"]),
        ("deploy/prod.yml", vec!["production"]),
        ("env/laptop.env", vec!["laptop"]),
        ("deploy/base.yml", vec!["laptop", "production"]),
        ("other/notes.yml", vec![]),
        ("other", vec![]),
        ("omlint.toml", vec!["laptop", "production"]),
    ] {
        assert_eq!(ids(&check(place.path(), &[path])), expected, "{path}");
    }
    let inside = check(&place.path().join("env"), &["prod.env"]);
    assert_eq!(ids(&inside), ["production"], "the file is found above the working directory");
    let whole = place.path().join("deploy/prod.yml");
    let absolute = check(place.path(), &[whole.to_str().unwrap()]);
    assert_eq!(ids(&absolute), ["production"]);
}

#[test]
fn a_deployment_has_the_profile_that_it_says() {
    let place = two();
    let report = check(place.path(), &[]);
    let severity = |deployment: &str| {
        let findings = report["findings"].as_array().unwrap();
        let found = findings.iter().find(|finding| {
            finding["rule"] == "jwt-default-key-pair"
                && texts(&finding["deployments"]) == [deployment]
        });
        found.map(|finding| finding["severity"].as_str().unwrap().to_owned())
    };
    assert_eq!(severity("production"), None, "it has a key pair of its own");
    assert_eq!(severity("laptop").as_deref(), Some("info"));
}

#[test]
fn an_env_file_beside_the_compose_file_belongs_to_it_as_with_docker() {
    let place = folder(&[
        ("omlint.toml", "[[deployment]]\nname = \"x\"\ncompose = \"d/c.yml\"\n"),
        ("d/c.yml", BASE),
        ("d/.env", "PROVIDER=auth0\n"),
    ]);
    let report = check(place.path(), &["d/.env"]);
    assert_eq!(ids(&report), ["x"]);
    assert_eq!(texts(&report["deployments"][0]["sources"]), ["d/c.yml", "d/.env"]);
}

const VALUES: &str = "openmetadata:
  config:
    authentication:
      provider: auth0
      clientId: from-values
    authorizer:
      initialAdmins: [alice]
";

#[test]
fn helm_set_lies_over_all_values_files() {
    let config = "[[deployment]]\nname = \"k\"\nhelm-values = [\"values.yaml\", \"prod.yaml\"]\n\
        helm-set = [\"openmetadata.config.authorizer.initialAdmins={admin,bob}\", \
        'openmetadata.config.authentication.clientId=from\\,set']\n";
    let place = folder(&[
        ("omlint.toml", config),
        ("values.yaml", VALUES),
        ("prod.yaml", "openmetadata:\n  config:\n    authentication:\n      provider: google\n"),
    ]);
    let run = omlint(place.path(), &["show", "--format", "json"]);
    let show: Value = serde_json::from_str(&run.out).unwrap();
    let deployment = &show["deployments"][0];
    assert_eq!(deployment["id"], "k");
    let value = |setting: &str| {
        let list = deployment["settings"].as_array().unwrap();
        let found = list.iter().find(|entry| entry["setting"] == setting);
        found.map(|entry| entry["value"].as_str().unwrap_or("-").to_owned()).unwrap_or_default()
    };
    assert_eq!(value("authenticationConfiguration.provider"), "google");
    assert_eq!(value("authenticationConfiguration.clientId"), "from,set");
    let report = check(place.path(), &["prod.yaml"]);
    let finding = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["rule"] == "admin-default-principal")
        .unwrap();
    let primary = &finding["primary"];
    assert_eq!(primary["path"], "omlint.toml");
    let (start, end) = (&primary["start"]["byte"], &primary["end"]["byte"]);
    let range = start.as_u64().unwrap() as usize..end.as_u64().unwrap() as usize;
    assert_eq!(&config[range], "admin");
}

#[test]
fn what_helm_set_sets_is_masked() {
    let config = "[[deployment]]\nname = \"k\"\nhelm-values = \"values.yaml\"\n\
        helm-set = [\"openmetadata.config.fernetkey.value=Zq7Zq7Zq7Zq7\", \
        \"openmetadata.config.authorizer.initialAdmins={admin}\"]\n";
    let place = folder(&[("omlint.toml", config), ("values.yaml", VALUES)]);
    let run = omlint(place.path(), &["check", "--min-severity", "info", "--verbose"]);
    assert!(!format!("{}{}", run.out, run.err).contains("Zq7"), "{}", run.out);
    assert!(run.out.contains("initialAdmins={admin}"), "public values are shown: {}", run.out);
}

#[test]
fn manifests_are_named_by_patterns() {
    let deployment = workload("          envFrom:\n            - secretRef: {name: om}\n");
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: om\nstringData:\n  AUTHENTICATION_PROVIDER: google\n";
    let place = folder(&[
        ("omlint.toml", "[[deployment]]\nname = \"cluster\"\nmanifests = [\"k8s/*.yaml\"]\n"),
        ("k8s/server.yaml", &deployment),
        ("k8s/secret.yaml", secret),
        ("elsewhere/server.yaml", &deployment),
    ]);
    let report = check(place.path(), &["k8s/secret.yaml"]);
    assert_eq!(ids(&report), ["cluster"]);
    let all = check(place.path(), &[]);
    assert_eq!(ids(&all), ["cluster", "kubernetes:elsewhere/server.yaml#Deployment/openmetadata"]);
}

#[test]
fn a_deployment_without_a_server_does_not_pass() {
    let place = folder(&[
        ("omlint.toml", "[[deployment]]\nname = \"gone\"\ncompose = \"compose.yml\"\n"),
        ("compose.yml", "services:\n  web:\n    image: nginx\n"),
        ("unrelated.yml", "a: b\n"),
    ]);
    let run = omlint(place.path(), &["check", "compose.yml"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("the deployment `gone` holds no OpenMetadata server"), "{}", run.err);
    assert_eq!(omlint(place.path(), &["check", "unrelated.yml"]).code, 0);
}

#[test]
fn nothing_outside_the_repository_is_read() {
    let place = folder(&[
        ("outside.yml", BASE),
        ("repo/.git/HEAD", "ref: refs/heads/main\n"),
        ("repo/omlint.toml", "[[deployment]]\nname = \"x\"\ncompose = \"../outside.yml\"\n"),
    ]);
    let run = omlint(&place.path().join("repo"), &["check", "--format", "concise"]);
    assert_eq!(run.code, 2);
    assert!(run.err.starts_with("omlint.toml:3:11: error: this file lies outside the repository"));
}

#[test]
fn a_run_over_all_asks_for_deployments_whose_files_look_like_nothing() {
    let config = "[[deployment]]\nname = \"web\"\ncompose = \"web.yml\"\n";
    let web = "services:\n  web:\n    image: nginx\n";
    let place = folder(&[("omlint.toml", config), ("web.yml", web), ("other/a.yml", "a: b\n")]);
    let run = omlint(place.path(), &["check"]);
    assert_eq!(run.code, 2, "{}", run.out);
    assert!(run.err.contains("`web` holds no OpenMetadata server"), "{}", run.err);
    assert_eq!(omlint(place.path(), &["check", "other"]).code, 0, "nobody asked for it");
}

#[test]
fn what_no_environment_sets_is_one_finding_where_all_share_it() {
    let base = "openmetadata:\n  config:\n    authentication: { provider: okta }\n";
    let own = |name: &str| {
        format!(
            "openmetadata:\n  config:\n    authentication:\n      clientId: {name}7h3k2lmQwErTy5d71\n"
        )
    };
    let folder = folder(&[
        ("values.yaml", base),
        ("values-dev.yaml", &own("0oa")),
        ("values-prod.yaml", &own("0ob")),
    ]);
    let report = check(folder.path(), &["."]);
    let places = |rule: &str| -> Vec<(String, u64, usize)> {
        let all = report["findings"].as_array().expect("findings").iter();
        all.filter(|finding| finding["rule"] == rule)
            .map(|finding| {
                let place = &finding["primary"];
                let path = place["path"].as_str().expect("a path").to_owned();
                let line = place["start"]["line"].as_u64().expect("a line");
                (path, line, finding["deployments"].as_array().expect("deployments").len())
            })
            .collect()
    };
    assert_eq!(places("fernet-default-key"), [("values.yaml".to_owned(), 2, 2)]);
    assert_eq!(places("sso-callback-missing"), [("values.yaml".to_owned(), 3, 2)]);
    // Beside the configuration, where one would write it.
    let pods = report["findings"].as_array().expect("findings").iter();
    let pods: Vec<_> = pods.filter(|finding| finding["rule"] == "k8s-pod-hardening").collect();
    assert_eq!(pods.len(), 1, "{pods:?}");
    assert_eq!(pods[0]["primary"]["start"]["line"], 1);
}
