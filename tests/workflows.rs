//! Ingestion workflows in every text that people keep them in: clients that do not sign in,
//! and tokens; what only looks like one of them is left alone.

mod support;

use support::{folder, omlint};

/// `line:column rule` of each finding in a file of that name.
fn findings(name: &str, text: &str) -> Vec<String> {
    let place = folder(&[(name, text)]);
    let run = omlint(place.path(), &["check", "--format", "json", "--min-confidence", "low", "."]);
    assert!(run.code < 2, "{}", run.err);
    let report: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    let findings = report["findings"].as_array().expect("a list");
    findings
        .iter()
        .map(|finding| {
            let start = &finding["primary"]["start"];
            let rule = finding["rule"].as_str().unwrap_or_default();
            format!("{}:{} {rule}", start["line"], start["column"])
        })
        .collect()
}

const NOBODY: &str = "auth-noop-authorizer";

#[test]
fn each_workflow_of_a_file_is_looked_at() {
    let text = "\
source: {type: mysql, serviceName: a}
workflowConfig:
  openMetadataServerConfig: {hostPort: 'http://om:8585/api', authProvider: no-auth}
---
source: {type: mysql, serviceName: b}
sink: {type: metadata-rest, config: {}}
workflowConfig:
  openMetadataServerConfig:
    authProvider: \"no-auth\" # local
---
workflowConfig:
  openMetadataServerConfig:
    # authProvider: no-auth
    authProvider: google
";
    assert_eq!(findings("a.yaml", text), [format!("3:76 {NOBODY}"), format!("9:20 {NOBODY}")]);
}

#[test]
fn one_line_of_json_and_windows_lines_are_workflows_too() {
    let json = r#"{"workflowConfig":{"openMetadataServerConfig":{"hostPort":"http://a # b","authProvider":"no-auth"}}}"#;
    assert_eq!(findings("a.json", json), [format!("1:90 {NOBODY}")]);
    let windows = "workflowConfig:\r\n  openMetadataServerConfig:\r\n    authProvider: no-auth\r\n";
    assert_eq!(findings("a.yml", windows), [format!("3:19 {NOBODY}")]);
}

#[test]
fn a_workflow_inside_another_text_is_found() {
    let dag = "\
from metadata.generated.schema.entity.services.connections.metadata.openMetadataConnection import OpenMetadataConnection
client = OpenMetadataConnection(hostPort=HOST, authProvider=AuthProvider.no_auth)
config = \"\"\"
workflowConfig:
  openMetadataServerConfig:
    # authProvider: no-auth
    authProvider: no-auth
\"\"\"
other = {\"authProvider\": \"no-auth\"}
";
    assert_eq!(
        findings("dags/a.py", dag),
        [format!("2:61 {NOBODY}"), format!("7:19 {NOBODY}"), format!("9:27 {NOBODY}")]
    );
    let map = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: workflow}
data:
  workflow.yaml: |
    workflowConfig:
      openMetadataServerConfig:
        authProvider: no-auth
";
    assert_eq!(findings("a.yaml", map), [format!("8:23 {NOBODY}")]);
    let terraform = r#"x = "{\"openMetadataServerConfig\":{\"authProvider\":\"no-auth\"}}""#;
    assert_eq!(findings("a.tf", terraform), [format!("1:56 {NOBODY}")]);
    let shell = "cat > a.yaml <<END\nworkflowConfig:\n  openMetadataServerConfig:\n    authProvider: no-auth\nEND\n";
    assert_eq!(findings("a.sh", shell), [format!("4:19 {NOBODY}")]);
    let jinja = "{% if x %}\nworkflowConfig:\n  openMetadataServerConfig:\n    authProvider: no-auth\n{% endif %}\n";
    assert_eq!(findings("a.yaml", jinja), [format!("4:19 {NOBODY}")]);
}

#[test]
fn the_form_before_0_10_counts() {
    let text = r#"{"metadata_server": {"type": "metadata-server", "config": {"auth_provider_type": "no-auth"}}}"#;
    assert_eq!(findings("a.json", text), [format!("1:83 {NOBODY}")]);
}

#[test]
fn what_signs_in_and_what_is_not_openmetadatas_is_left_alone() {
    for text in [
        "workflowConfig:\n  openMetadataServerConfig:\n    authProvider: openmetadata\n",
        "workflowConfig:\n  openMetadataServerConfig:\n    authProvider: no-auth-proxy\n",
        "workflowConfig:\n  openMetadataServerConfig:\n    # was authProvider: no-auth\n    authProvider: ${AUTH}\n",
        "gateway:\n  authProvider: no-auth\n",
        "workflowConfig:\n  openMetadataServerConfig:\n    securityConfig:\n      jwtToken: ${OM_JWT_TOKEN}\n",
        "workflowConfig:\n  openMetadataServerConfig:\n    securityConfig:\n      jwtToken: \"{{ var.value.om_token }}\"\n",
        "workflowConfig:\n  openMetadataServerConfig:\n    securityConfig:\n      jwtToken: '{bot_jwt_token}'\n",
        "workflowConfig:\n  openMetadataServerConfig:\n    securityConfig:\n      jwtToken: <your token, eyJ…>\n",
        "workflowConfig:\n  openMetadataServerConfig:\n    securityConfig:\n      jwtToken: eyJhbGciOiJSUzI1NiJ9...\n",
    ] {
        assert_eq!(findings("a.yaml", text), Vec::<String>::new(), "{text}");
    }
    assert_eq!(
        findings("a.py", "# OpenMetadataConnection(authProvider=\"no-auth\")\n"),
        Vec::<String>::new()
    );
}

#[test]
fn a_token_of_another_issuer_is_not_called_openmetadatas() {
    use base64::Engine;
    let part = |json: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json);
    let label = |claims: &str| {
        let header = part(r#"{"alg":"RS256","kid":"one","typ":"JWT"}"#);
        let token = format!("{header}.{}.{}", part(claims), "A".repeat(342));
        let text = format!(
            "workflowConfig:\n  openMetadataServerConfig:\n    securityConfig:\n      jwtToken: {token}\n"
        );
        let place = folder(&[("a.yaml", &text)]);
        let run = omlint(place.path(), &["check", "--format", "json", "."]);
        let report: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
        report["findings"][0]["primary"]["message"].as_str().unwrap_or_default().to_owned()
    };
    let own = label(r#"{"iss":"open-metadata.org","sub":"ingestion-bot","exp":null}"#);
    assert!(own.starts_with("a token of OpenMetadata: "), "{own}");
    let auth0 = label(r#"{"iss":"https://nordwind.eu.auth0.com/","sub":"a@clients"}"#);
    assert!(auth0.starts_with("a token that auth0 has issued"), "{auth0}");
    let other = label(r#"{"iss":"https://id.nordwind.de/","sub":"a"}"#);
    assert!(other.starts_with("a token that names no issuer of OpenMetadata's"), "{other}");
}

/// A token deep in a file that a Secret holds in base64.
#[test]
fn a_workflow_inside_a_secret_is_read() {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
    let claims =
        part(r#"{"iss":"open-metadata.org","sub":"ingestion-bot","isBot":true,"exp":null}"#);
    let token = format!("{}.{claims}.{}", part(r#"{"kid":"k","alg":"RS256"}"#), "A".repeat(342));
    let workflow = format!(
        "# by hand\nworkflowConfig:\n  openMetadataServerConfig:\n    securityConfig:\n      jwtToken: {token}\n"
    );
    for (kind, field) in [("Secret", "data"), ("ConfigMap", "binaryData")] {
        let text = format!(
            "apiVersion: v1\nkind: {kind}\nmetadata: {{name: w}}\n{field}:\n  w.yaml: {}\n",
            STANDARD.encode(&workflow)
        );
        assert_eq!(findings("w.yaml", &text), ["5:11 jwt-embedded-token"], "{kind}");
        let twice = STANDARD.encode(STANDARD.encode(&workflow));
        let text = text.replace(&STANDARD.encode(&workflow), &twice);
        assert_eq!(findings("w.yaml", &text), ["5:11 jwt-embedded-token"], "{kind}, twice");
    }
}
