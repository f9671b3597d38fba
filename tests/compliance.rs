//! `omlint report`: what a control of a framework comes to, and how that is known.

mod support;

use std::path::Path;

use omlint::rules::Knowledge;
use serde_json::Value;
use support::{Run, consumer, folder, omlint};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const NOW: &str = "2026-11-24";

/// The manual's demands are met, but for one: `admin` is still an administrator.
const COMPOSE: &str = r#"services:
  openmetadata-server:
    image: docker.getcollate.io/openmetadata/server:1.9.12
    environment:
      AUTHENTICATION_PROVIDER: auth0
      AUTHENTICATION_AUTHORITY: https://nordwind.eu.auth0.com
      AUTHENTICATION_CLIENT_ID: q8Zr1LkV0sTnYw3HdXcE6uBfJp9aMg2R
      AUTHENTICATION_CALLBACK_URL: https://catalog.nordwind-data.de/callback
      AUTHENTICATION_PUBLIC_KEYS: "[https://nordwind.eu.auth0.com/.well-known/jwks.json]"
      AUTHORIZER_ADMIN_PRINCIPALS: "[admin, m.keller]"
      AUTHORIZER_PRINCIPAL_DOMAIN: nordwind-data.de
      JWT_ISSUER: catalog.nordwind-data.de
      JWT_KEY_ID: 5a0d7c1e-8f4b-4f0e-9a36-2d1c7be0f9a4
      RSA_PUBLIC_KEY_FILE_PATH: /keys/public_key.der
      RSA_PRIVATE_KEY_FILE_PATH: /keys/private_key.der
      FERNET_KEY: ${FERNET_KEY}
      DB_USER_PASSWORD: ${DB_USER_PASSWORD}
      PIPELINE_SERVICE_CLIENT_ENABLED: "false"
    volumes: ["jwt-keys:/keys:ro"]
volumes: {jwt-keys: {external: true}}
"#;

fn report(folder: &Path, framework: &str, more: &[&str]) -> Run {
    let mut all = vec!["report", "--framework", framework, "--now", NOW];
    all.extend(more);
    omlint(folder, &all)
}

fn json(folder: &Path, framework: &str) -> Value {
    let run = report(folder, framework, &["--format", "json"]);
    assert_eq!(run.code, 0, "{}", run.err);
    serde_json::from_str(&run.out).unwrap()
}

fn control<'v>(report: &'v Value, id: &str) -> &'v Value {
    let controls = report["deployments"][0]["controls"].as_array().unwrap();
    controls.iter().find(|control| control["id"] == id).unwrap()
}

fn reason<'v>(control: &'v Value, rule: &str) -> &'v Value {
    control["reasons"].as_array().unwrap().iter().find(|reason| reason["rule"] == rule).unwrap()
}

#[test]
fn a_violated_control_shows_the_finding_and_the_effective_value_with_its_origin() {
    let folder = folder(&[("compose.yml", COMPOSE)]);
    let report = json(folder.path(), "om-production");
    let admin = control(&report, "OMP-1");
    assert_eq!(admin["verdict"], "not met");
    let why = reason(admin, "admin-default-principal");
    assert_eq!(why["findings"][0]["path"], "compose.yml");
    assert_eq!(why["findings"][0]["line"], 10);
    let evidence = &why["evidence"][0];
    assert_eq!(evidence["setting"], "authorizerConfiguration.adminPrincipals");
    assert_eq!(evidence["value"], "[admin, m.keller]");
    assert!(evidence["origin"].as_str().unwrap().starts_with("compose.yml:10:"));
}

#[test]
fn what_comes_from_elsewhere_is_neither_met_nor_violated() {
    let folder = folder(&[("compose.yml", COMPOSE)]);
    let report = json(folder.path(), "om-production");
    let fernet = control(&report, "OMP-6");
    assert_eq!(fernet["verdict"], "cannot tell");
    assert_eq!(reason(fernet, "fernet-default-key")["evidence"][0]["value"], "→ ${FERNET_KEY}");
    // A path of one's own proves nothing: the bytes of the keys do.
    let keys = control(&report, "OMP-2");
    assert_eq!(keys["verdict"], "cannot tell");
    let note = reason(keys, "jwt-default-key-pair")["note"].as_str().unwrap();
    assert!(note.contains("key files are not among these files"), "{note}");
}

#[test]
fn what_is_as_it_must_be_is_met_with_the_values_that_show_it() {
    let folder = folder(&[("compose.yml", COMPOSE)]);
    let report = json(folder.path(), "om-production");
    let issuer = control(&report, "OMP-3");
    assert_eq!(issuer["verdict"], "met");
    assert_eq!(
        reason(issuer, "jwt-default-issuer")["evidence"][0]["value"],
        "catalog.nordwind-data.de"
    );
    assert_eq!(control(&report, "OMP-4")["verdict"], "met");
    assert_eq!(control(&report, "OMP-5")["verdict"], "met");
}

#[test]
fn a_rule_about_something_that_is_not_there_does_not_apply() {
    let folder = folder(&[("compose.yml", COMPOSE)]);
    let report = json(folder.path(), "om-production");
    let fields = control(&report, "OMP-5");
    assert_eq!(reason(fields, "oidc-confidential-incomplete")["verdict"], "not applicable");
}

#[test]
fn the_account_in_the_database_can_never_be_seen() {
    let mended = COMPOSE.replace("[admin, m.keller]", "[m.keller]");
    let folder = folder(&[("compose.yml", &mended)]);
    let report = json(folder.path(), "om-production");
    let admin = control(&report, "OMP-1");
    assert_eq!(admin["verdict"], "cannot tell");
    let unseen = &admin["reasons"][0];
    assert!(unseen["rule"].is_null());
    assert!(unseen["note"].as_str().unwrap().contains("the account `admin` is still"));
}

#[test]
fn what_only_the_provider_knows_is_not_called_met() {
    let folder = folder(&[("compose.yml", COMPOSE)]);
    for (framework, id) in [("owasp-asvs", "6.3.3"), ("nist-800-53", "IA-2(1)"), ("cis-v8", "6.3")]
    {
        let report = json(folder.path(), framework);
        let factors = control(&report, id);
        assert_eq!(factors["verdict"], "cannot tell", "{framework} {id}");
        let note = factors["reasons"][0]["note"].as_str().unwrap();
        assert!(note.contains("second factor"), "{note}");
    }
    let report = json(folder.path(), "owasp-asvs");
    let keys = control(&report, "10.4.16")["verdict"].clone();
    assert_ne!(keys, "met", "a secret is no key");
}

#[test]
fn what_no_file_shows_of_something_that_is_not_there_is_no_question() {
    let saml = "services:\n  server:\n    image: openmetadata/server:1.12.4\n    environment:\n      AUTHENTICATION_PROVIDER: saml\n";
    let folder = folder(&[("compose.yml", saml)]);
    let report = json(folder.path(), "owasp-asvs");
    assert_eq!(control(&report, "10.4.16")["verdict"], "not applicable");
}

#[test]
fn an_accepted_violation_is_waived_and_says_why() {
    let waived = COMPOSE.replace(
        "m.keller]\"",
        "m.keller]\" # omlint: ignore[admin-default-principal] -- until the move is done",
    );
    let folder = folder(&[("compose.yml", &waived)]);
    let report = json(folder.path(), "om-production");
    let admin = control(&report, "OMP-1");
    assert_eq!(admin["verdict"], "waived", "{admin:#}");
    let finding = &reason(admin, "admin-default-principal")["findings"][0];
    assert!(finding["waived"].as_str().unwrap().contains("until the move is done"));
}

#[test]
fn what_another_rule_says_better_is_not_met_through_its_finding() {
    let half = COMPOSE.replace("https://nordwind.eu.auth0.com\n", "https://{Your Auth0 Domain}\n");
    let folder = folder(&[("compose.yml", &half)]);
    let report = json(folder.path(), "om-production");
    let shape = reason(control(&report, "OMP-5"), "auth0-domain-shape");
    assert_eq!(shape["verdict"], "not met");
    assert_eq!(shape["findings"][0]["rule"], "sso-placeholder");
}

#[test]
fn a_report_that_was_written_exits_0_and_fails_only_on_demand() {
    let folder = folder(&[("compose.yml", COMPOSE)]);
    assert_eq!(report(folder.path(), "om-production", &[]).code, 0);
    assert_eq!(report(folder.path(), "om-production", &["--fail-on", "not-met"]).code, 1);
    let mended = COMPOSE.replace("[admin, m.keller]", "[m.keller]");
    support::write(folder.path(), "compose.yml", mended.as_bytes());
    assert_eq!(report(folder.path(), "om-production", &["--fail-on", "not-met"]).code, 0);
    assert_eq!(report(folder.path(), "om-production", &["missing.yml"]).code, 2);
    assert_eq!(report(folder.path(), "no-such-framework", &[]).code, 2);
}

#[test]
fn templates_are_left_out_unless_they_are_named() {
    let folder = folder(&[("examples/compose.yml", COMPOSE)]);
    let walked = json(folder.path(), "om-production");
    assert!(walked["deployments"].as_array().unwrap().is_empty());
    assert_eq!(walked["left_out"].as_array().unwrap().len(), 1);
}

#[test]
fn hardened_deployments_of_every_kind_meet_the_manuals_demands_or_cannot_tell() {
    let corpus = Path::new(ROOT).join("fixtures/corpus");
    let mut kinds = std::collections::BTreeSet::new();
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(corpus).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if !name.ends_with("-hardened") {
            continue;
        }
        // Some need the repository that the corpus' own test makes for them.
        let report = json(&entry.path(), "om-production");
        for server in report["deployments"].as_array().unwrap() {
            kinds.insert(server["kind"].as_str().unwrap().to_owned());
            for control in server["controls"].as_array().unwrap() {
                if control["verdict"] == "not met" {
                    wrong.push(format!("{name}: {}", control["id"]));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(kinds.len() >= 4, "{kinds:?}");
}

#[test]
fn every_framework_has_every_format() {
    let folder = folder(&[("compose.yml", COMPOSE)]);
    for (framework, table) in Knowledge::frameworks().iter() {
        for format in ["table", "markdown", "json", "html", "oscal"] {
            let run = report(folder.path(), framework, &["--format", format]);
            assert_eq!(run.code, 0, "{framework} as {format}: {}", run.err);
            let names_one = table.controls.iter().any(|control| run.out.contains(&control.title));
            assert!(names_one, "{framework} as {format}");
        }
    }
}

#[test]
fn nothing_from_a_file_is_markup_on_the_page() {
    let hostile = COMPOSE
        .replace("catalog.nordwind-data.de\n", "\"<script>alert(1)</script>'&\\\" onload=x\"\n")
        .replace("openmetadata-server:", "\"<img src=x>\":");
    let folder = folder(&[("<b>.yml", &hostile)]);
    let page = report(folder.path(), "om-production", &["--format", "html"]).out;
    for part in ["<script", "<img", "<b>.yml", "\" onload"] {
        assert!(!page.contains(part), "{part}");
    }
    assert!(page.contains("&lt;script&gt;"));
}

#[test]
fn the_page_is_complete_in_itself() {
    let folder = folder(&[("compose.yml", COMPOSE)]);
    let page = report(folder.path(), "nist-800-53", &["--format", "html"]).out;
    assert!(page.contains("default-src 'none'"));
    for part in ["<script", "<link", "@import", "url(", "src="] {
        assert!(!page.contains(part), "{part}");
    }
    // Headings come in order, none is left out.
    let mut last = 0;
    for (at, _) in page.match_indices("<h") {
        let level = page[at + 2..].chars().next().and_then(|c| c.to_digit(10));
        let Some(level) = level else { continue };
        assert!(level <= last + 1, "h{level} after h{last}");
        last = level;
    }
    assert!(last >= 3);
}

#[test]
fn oscal_has_the_same_ids_for_the_same_content_and_others_for_other_content() {
    let folder = folder(&[("compose.yml", COMPOSE)]);
    let run = || report(folder.path(), "nist-800-53", &["--format", "oscal"]).out;
    let first = run();
    assert_eq!(first, run());
    let document: Value = serde_json::from_str(&first).unwrap();
    let results = &document["assessment-results"];
    assert_eq!(results["metadata"]["last-modified"], "2026-11-24T00:00:00Z");
    let findings = results["results"][0]["findings"].as_array().unwrap();
    let state = |id: &str| {
        let finding = findings.iter().find(|finding| finding["target"]["target-id"] == id);
        finding.unwrap()["target"]["status"].clone()
    };
    assert_eq!(state("ac-2")["state"], "not-satisfied");
    assert_eq!(state("ac-2")["reason"], "fail");
    assert_eq!(state("ia-2.1")["reason"], "other", "only the provider knows");
    assert_eq!(state("au-9")["state"], "satisfied");

    let mended = COMPOSE.replace("[admin, m.keller]", "[m.keller]");
    support::write(folder.path(), "compose.yml", mended.as_bytes());
    assert_ne!(first, run());
}

#[test]
fn values_of_what_stands_beside_a_server_say_nothing_of_a_server() {
    let beside = "airflow:\n  enabled: true\n  webserverSecretKey: from-our-vault-8f2b61c0\n  images:\n    airflow:\n      repository: docker.getcollate.io/openmetadata/ingestion\n";
    let folder = folder(&[("deps-values.yaml", beside)]);
    let report = json(folder.path(), "om-production");
    assert_eq!(control(&report, "OMP-1")["verdict"], "not applicable");
    assert_eq!(control(&report, "OMP-2")["verdict"], "not applicable");
    assert_eq!(control(&report, "OMP-7")["verdict"], "not met");
    assert_eq!(control(&report, "OMP-8")["verdict"], "not applicable");
}

#[test]
fn without_a_service_in_sight_nobody_knows_who_reaches_a_server_in_a_cluster() {
    let workload = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: openmetadata}\nspec:\n  template:\n    metadata: {labels: {app: om}}\n    spec:\n      containers:\n        - name: openmetadata\n          image: docker.getcollate.io/openmetadata/server:1.11.4\n";
    let seen = |service: &str| {
        let folder = folder(&[("openmetadata.yaml", &format!("{workload}{service}"))]);
        let report = json(folder.path(), "om-production");
        reason(control(&report, "OMP-8"), "server-plain-http-exposed").clone()
    };
    let alone = seen("");
    assert_eq!(alone["verdict"], "cannot tell");
    assert!(alone["note"].as_str().unwrap().contains("no Service or Ingress"));
    let open = seen(
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: openmetadata}\nspec: {type: NodePort, selector: {app: om}, ports: [{port: 8585}]}\n",
    );
    assert_eq!(open["verdict"], "not met");
}

#[test]
fn another_program_reads_the_oscal() {
    let Some(python) = consumer("oscal/bin/python") else { return };
    let place = folder(&[]);
    for (framework, name) in [
        ("om-production", "compose.yml"),
        ("owasp-asvs", "compose.yml"),
        ("nist-800-53", "compose.yml"),
        ("cwe", "compose.yml"),
        // No deployment at all.
        ("cis-v8", "notes.txt"),
    ] {
        let text = if name == "notes.txt" { "nothing\n" } else { COMPOSE };
        let scanned = folder(&[(name, text)]);
        let run = report(scanned.path(), framework, &["--format", "oscal"]);
        assert_eq!(run.code, 0, "{}", run.err);
        let file = place.path().join(format!("{framework}.json"));
        std::fs::write(&file, run.out).unwrap();
        let output = std::process::Command::new(&python)
            .arg(Path::new(ROOT).join("tests/consumers/oscal.py"))
            .arg(&file)
            .output()
            .expect("python starts");
        assert!(
            output.status.success(),
            "{framework}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
