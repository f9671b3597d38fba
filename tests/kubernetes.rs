//! Manifests as a cluster would run them: which of their containers is a server, and what its
//! environment comes to.

mod support;

use serde_json::Value;
use support::{folder, omlint, workload};

/// Rules that fire on a file of this text, with the lines of their findings.
fn findings(text: &str) -> Vec<String> {
    let place = folder(&[("manifests.yaml", text)]);
    let run = omlint(place.path(), &["check", ".", "--format", "json"]);
    assert!(run.code < 2, "{}", run.err);
    let report: Value = serde_json::from_str(&run.out).expect("JSON");
    let list = report["findings"].as_array().expect("a list");
    let line = |finding: &Value| finding["primary"]["start"]["line"].clone();
    list.iter().map(|finding| format!("{} {}", line(finding), finding["rule"])).collect()
}

/// Whatever the script of a migration is called, nobody signs in to it.
#[test]
fn a_job_that_migrates_by_a_script_is_no_server() {
    let job = "\
apiVersion: batch/v1
kind: Job
metadata: {name: om-db}
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: om
          image: docker.getcollate.io/openmetadata/server:1.11.8
          command: [/bin/bash]
          args: ['-c', './hooks/check_db_migrations.sh']
          env:
            - {name: AUTHENTICATION_PROVIDER, value: basic}
            - {name: JWT_KEY_ID, value: Gb389a-9f76-gdjs-a92j-0242bk94356}
            - {name: RSA_PUBLIC_KEY_FILE_PATH, value: ./conf/public_key.der}
";
    assert_eq!(findings(job), [] as [&str; 0]);
    let server = job.replace("./hooks/check_db_migrations.sh", "./bin/start.sh");
    assert!(findings(&server).iter().any(|it| it.contains("jwt-default-key-pair")));
}

/// The word that turns encryption off is no secret, too.
#[test]
fn encryption_that_is_off_is_one_finding() {
    let text = workload(
        "          env:
            - {name: FERNET_KEY, value: no_encryption_at_rest}
",
    );
    let found = findings(&text);
    let here: Vec<&String> = found.iter().filter(|it| it.starts_with("11 ")).collect();
    assert_eq!(here, [r#"11 "fernet-disabled""#]);
}

/// State and value of variables as `show` prints them, and all that it printed.
fn shown(text: &str, variables: &[&str]) -> (Vec<String>, String) {
    let place = folder(&[("manifests.yaml", text)]);
    let run = omlint(place.path(), &["show", "--format", "json", "."]);
    let report: Value = serde_json::from_str(&run.out).expect("JSON");
    let settings = report["deployments"][0]["settings"].as_array().expect("a list");
    let of = |name: &&str| {
        let row = settings.iter().find(|row| row["env"] == **name).expect("a row");
        let value = row["value"].as_str().unwrap_or("?");
        format!("{} {value}", row["state"].as_str().unwrap_or_default())
    };
    (variables.iter().map(of).collect(), run.out)
}

/// A server with this environment, beside a ConfigMap.
fn server(environment: &str) -> String {
    format!(
        "\
apiVersion: v1
kind: ConfigMap
metadata: {{name: settings}}
data:
  JWT_ISSUER: held.example.org
  DB_USER_PASSWORD: vielleicht-geheim
---
{}",
        workload(environment)
    )
}

/// What nobody can see begins with the prefix, too.
#[test]
fn a_prefix_says_what_an_unseen_source_cannot_set() {
    let text =
        server("          envFrom:\n            - {prefix: JWT_, secretRef: {name: elsewhere}}\n");
    let (values, _) = shown(&text, &["JWT_ISSUER", "AUTHENTICATION_PROVIDER"]);
    assert_eq!(values, ["reference the Secret `elsewhere`", "default basic"]);
}

/// The kubelet leaves out a key that need not be there; what `envFrom` gives stays.
#[test]
fn an_optional_key_that_is_not_there_sets_nothing() {
    let from = |key: &str, optional: &str| {
        let text = server(&format!(
            "          envFrom:
            - configMapRef: {{name: settings}}
          env:
            - {{name: JWT_ISSUER, valueFrom: {{configMapKeyRef: {{name: settings, key: {key}{optional}}}}}}}
            - {{name: JWT_KEY_ID, valueFrom: {{configMapKeyRef: {{name: settings, key: {key}{optional}}}}}}}
"
        ));
        shown(&text, &["JWT_ISSUER", "JWT_KEY_ID"]).0
    };
    let shipped = "default Gb389a-9f76-gdjs-a92j-0242bk94356";
    assert_eq!(from("missing", ", optional: true"), ["written held.example.org", shipped]);
    let unknown = "reference the ConfigMap `settings`";
    assert_eq!(from("missing", ""), [unknown, unknown]);
}

/// The name of the key says what it holds, whatever variable it ends up in.
#[test]
fn a_password_under_another_name_is_not_printed() {
    let text = server(
        "          env:
            - {name: AUTHENTICATION_CALLBACK_URL, valueFrom: {configMapKeyRef: {name: settings, key: DB_USER_PASSWORD}}}
            - {name: JWT_ISSUER, value: 'a-$(AUTHENTICATION_CALLBACK_URL)'}
",
    );
    let (values, printed) = shown(&text, &["AUTHENTICATION_CALLBACK_URL", "JWT_ISSUER"]);
    assert!(!printed.contains("geheim"), "{printed}");
    assert!(values.iter().all(|value| value.starts_with("written")), "{values:?}");
    let place = folder(&[("manifests.yaml", &text)]);
    let run = omlint(place.path(), &["check", "--min-severity", "info", "."]);
    assert!(!run.out.contains("geheim") && !run.err.contains("geheim"), "{}", run.out);
}

/// As programs write long texts: in quotes, folded, with the breaks as escapes. Where in it a value
/// stands cannot be said, so nothing of it is printed.
#[test]
fn a_patch_in_quotes_over_several_lines_is_applied() {
    let patch = concat!(
        "resources: [server.yaml]\npatches:\n- target: {kind: Deployment}\n",
        "  patch: \"apiVersion: apps/v1\\nkind: Deployment\\nmetadata: {name: any}\\n\\\n",
        "    spec:\\n  template:\\n    spec:\\n      containers:\\n      - name: openmetadata\\n        env:\\n\\\n",
        "    \\        - {name: JWT_ISSUER, value: patched.example.org}\\n\\\n",
        "    \\        - {name: JWT_KEY_ID, value:\n    Gb389a-9f76-gdjs-a92j-0242bk94356}\\n\"\n",
    );
    let server = server("          env: [{name: JWT_KEY_ID, value: own}]\n");
    let place = folder(&[("kustomization.yaml", patch), ("server.yaml", &server)]);
    let run = omlint(place.path(), &["check", ".", "--format", "json"]);
    let report: Value = serde_json::from_str(&run.out).expect("JSON");
    let findings = report["findings"].as_array().expect("a list");
    let by_rule = |rule: &str| findings.iter().find(|finding| finding["rule"] == rule);
    let key_id = by_rule("jwt-default-key-id").expect("the patch says so");
    assert_eq!(key_id["primary"]["path"], "kustomization.yaml");
    assert_eq!(key_id["primary"]["start"]["line"], 4);
    assert!(by_rule("jwt-default-issuer").is_none(), "the patch says another");
    let shown = omlint(place.path(), &["show", "."]);
    assert!(!shown.out.contains("patched.example.org"), "{}", shown.out);
}

/// The chart's manual has a Secret made under keys of its own: they hold the server's variables.
#[test]
fn a_secret_made_for_the_chart_holds_the_servers_password() {
    let secret = |key: &str, value: &str| {
        format!(
            "\
apiVersion: v1
kind: Secret
metadata: {{name: mysql-secrets}}
stringData:
  {key}: {value}
"
        )
    };
    let shipped = secret("openmetadata-mysql-password", "openmetadata_password");
    assert_eq!(findings(&shipped), ["5 \"db-default-password\""]);
    assert_eq!(findings(&secret("openmetadata-mysql-password", "kq3-own-Value")), [] as [&str; 0]);
    assert_eq!(findings(&secret("mysql-password", "openmetadata_password")), [] as [&str; 0]);
}

#[test]
fn a_value_that_names_another_variable_gets_what_the_container_has() {
    let text = workload(
        "          env:
            - {name: AUTHENTICATION_PROVIDER, value: '${PROVIDER}'}
            - {name: JWT_ISSUER, value: '${DOMAIN:-open-metadata.org}'}
            - {name: AUTHENTICATION_CLIENT_ID, value: '${NOBODY}'}
            - {name: AUTHENTICATION_AUTHORITY, value: '${AUTHENTICATION_AUTHORITY}'}
            - {name: PROVIDER, value: okta}
            - {name: DOMAIN, value: nordwind-data.de}
",
    );
    let (found, _) =
        shown(&text, &["AUTHENTICATION_PROVIDER", "JWT_ISSUER", "AUTHENTICATION_CLIENT_ID"]);
    assert_eq!(found[..2], ["written okta", "written nordwind-data.de"]);
    assert!(found[2].starts_with("reference"), "{found:?}");
    let (found, _) = shown(&text, &["AUTHENTICATION_AUTHORITY"]);
    assert!(found[0].starts_with("reference"), "{found:?}");
}
