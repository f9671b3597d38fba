//! The chart's list of further variables: values that have nothing else, and what the variables fill in.

mod support;

use support::{folder, omlint};

const LIST: &str = "extraEnvs:
  - { name: AUTHENTICATION_PROVIDER, value: google }
  - { name: AUTHORIZER_ADMIN_PRINCIPALS, value: \"[admin]\" }
";

fn concise(name: &str, text: &str) -> String {
    let folder = folder(&[(name, text)]);
    omlint(folder.path(), &["check", ".", "--format", "concise"]).out
}

#[test]
fn they_are_the_charts_values() {
    let out = concise("values.yaml", &format!("replicaCount: 1\n{LIST}"));
    assert!(out.contains("values.yaml:4:51: high[admin-default-principal]"), "{out}");
    // What nothing sets is shown at the list, where one would begin.
    assert!(out.contains("values.yaml:2:1: critical[jwt-default-key-pair]"), "{out}");
    assert!(!out.contains("auth-basic-enabled"), "{out}");
}

#[test]
fn they_are_below_the_key_of_a_dependency_too() {
    let list = LIST.replace('\n', "\n  ");
    let out = concise("stack.yaml", &format!("catalog:\n  {list}\nother: 1\n"));
    assert!(out.contains("stack.yaml:4:53: high[admin-default-principal]"), "{out}");
}

#[test]
fn a_variable_that_others_have_too_tells_nothing() {
    let out = concise(
        "values.yaml",
        "extraEnvs:\n  - { name: LOG_LEVEL, value: INFO }\n  - { name: DB_HOST, value: db }\n",
    );
    assert_eq!(out, "");
    let out = concise("values.yaml", &LIST.replace("extraEnvs", "extraEnvVars"));
    assert_eq!(out, "");
}

/// Name and value of settings, as `show` has them.
fn shown(text: &str, version: &str, names: &[&str]) -> Vec<String> {
    let folder = folder(&[("values.yaml", text)]);
    let run = omlint(folder.path(), &["show", ".", "--format", "json", "--om-version", version]);
    let report: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    let settings = report["deployments"][0]["settings"].as_array().expect("a list");
    let of = |name: &&str| {
        let row = settings.iter().find(|row| row["env"] == **name).expect("a row");
        format!("{} {}", row["state"].as_str().unwrap_or("?"), row["value"].as_str().unwrap_or("?"))
    };
    names.iter().map(of).collect()
}

/// The kubelet fills in `$(NAME)` in the list, and the server `${NAME}` in whatever it gets.
#[test]
fn one_of_them_fills_in_what_names_it() {
    let values = "openmetadata:
  config:
    authentication: { provider: okta, authority: 'https://${TENANT}.okta.com' }
extraEnvs:
  - { name: TENANT, value: nordwind }
  - { name: AUTHENTICATION_CLIENT_ID, value: $(TENANT)-client }
  - { name: JWT_ISSUER, value: '${TENANT}.de' }
  - { name: AUTHENTICATION_CALLBACK_URL, value: '${NOBODY}/callback' }
";
    let names = [
        "AUTHENTICATION_AUTHORITY",
        "AUTHENTICATION_CLIENT_ID",
        "JWT_ISSUER",
        "AUTHENTICATION_CALLBACK_URL",
    ];
    let found = shown(values, "1.12.4", &names);
    assert_eq!(
        found[..3],
        ["written https://nordwind.okta.com", "written nordwind-client", "written nordwind.de"]
    );
    assert!(found[3].contains("${NOBODY}"), "{found:?}");
}

/// Charts before 1.12.2 kept it from the server that its client is off.
#[test]
fn a_client_that_is_off_stayed_on_in_older_charts() {
    let values = "openmetadata:
  config:
    authentication: { provider: okta }
    pipelineServiceClientConfig: { enabled: false }
";
    let at = |version| shown(values, version, &["PIPELINE_SERVICE_CLIENT_ENABLED"]);
    assert_eq!(at("1.12.1"), ["default true"]);
    assert_eq!(at("1.12.2"), ["written false"]);
}

/// Whose name sounds like a secret is printed nowhere, whatever it is put into.
#[test]
fn what_a_secret_fills_in_is_not_printed() {
    let values = "openmetadata:
  config:
    authentication: { provider: okta, authority: 'https://${MY_TOKEN}', callbackUrl: 'https://${HOST}/callback' }
extraEnvs:
  - { name: HOST, value: nordwind }
  - { name: MY_TOKEN, value: vielleicht-geheim }
  - { name: AUTHENTICATION_CLIENT_ID, value: $(MY_TOKEN)-client }
  - { name: JWT_ISSUER, value: '${MY_TOKEN}.de' }
";
    let folder = folder(&[("values.yaml", values)]);
    for command in ["check", "show"] {
        for format in ["json", if command == "check" { "pretty" } else { "table" }] {
            let run = omlint(folder.path(), &[command, ".", "--format", format]);
            assert!(!run.out.contains("geheim") && !run.err.contains("geheim"), "{}", run.out);
        }
    }
    let found = shown(values, "1.12.4", &["AUTHENTICATION_CALLBACK_URL", "JWT_ISSUER"]);
    assert_eq!(found, ["written https://nordwind/callback", "written ….de"]);
}
