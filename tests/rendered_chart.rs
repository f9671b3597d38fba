//! What the chart renders is judged as the values are that it was rendered from.

mod support;

use support::omlint_with;

const CONTAINER: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: openmetadata
spec:
  template:
    metadata:
      labels: { app.kubernetes.io/name: openmetadata, app.kubernetes.io/instance: om }
    spec:
      containers:
        - name: openmetadata
          image: docker.getcollate.io/openmetadata/server:1.12.7
";

/// The findings of one rule in a text that comes through standard input, with their severities.
fn found(rule: &str, text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let run = omlint_with(
        folder.path(),
        &["check", "--format", "json", "--min-severity", "info", "-"],
        text.as_bytes(),
    );
    let report: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| finding["rule"] == rule)
        .map(|finding| finding["severity"].as_str().unwrap().to_owned())
        .collect()
}

/// A policy that names no peers and says its selector twice, as the chart's does.
fn policy(labels: &str) -> String {
    format!(
        "{CONTAINER}---
kind: NetworkPolicy
apiVersion: networking.k8s.io/v1
metadata:
  name: openmetadata-networkpolicy
  labels: {labels}
spec:
  podSelector:
    matchLabels: {{ app.kubernetes.io/name: openmetadata }}
  podSelector:
    matchLabels: {{ app.kubernetes.io/name: openmetadata, app.kubernetes.io/instance: om }}
  policyTypes: [Ingress]
  ingress:
    - ports: [{{ port: 8585 }}, {{ port: 8586 }}]
"
    )
}

#[test]
fn the_policy_of_the_chart_is_no_worse_for_being_rendered() {
    let values = "openmetadata: {config: {authentication: {provider: auth0}}}\nnetworkPolicy: {enabled: true}\n";
    let of_chart = policy("{ helm.sh/chart: openmetadata-1.12.7 }");
    for text in [values, &of_chart] {
        assert_eq!(found("k8s-networkpolicy-off", text), ["info"], "{text}");
        assert!(found("duplicate-key", text).is_empty(), "{text}");
    }
    // As a dependency the chart goes by the name that it has there.
    let under_alias = policy("{ helm.sh/chart: catalog-1.12.7 }").replacen(
        "  name: openmetadata\n",
        "  name: openmetadata\n  labels: { helm.sh/chart: catalog-1.12.7 }\n",
        1,
    );
    assert_eq!(found("k8s-networkpolicy-off", &under_alias), ["info"]);
    assert!(found("duplicate-key", &under_alias).is_empty());
    // Another chart's policy has an author who can mend it.
    for labels in
        ["{}", "{ helm.sh/chart: openmetadata-policies-1.0.0 }", "{ helm.sh/chart: mesh-1.12.7 }"]
    {
        let own = policy(labels);
        assert_eq!(found("k8s-networkpolicy-off", &own), ["low"], "{labels}");
        assert_eq!(found("duplicate-key", &own), ["low"], "{labels}");
    }
}

#[test]
fn two_values_of_a_setting_are_said_whoever_rendered_them() {
    let text = format!(
        "{CONTAINER}          env: [{{ name: A, value: b }}]
---
apiVersion: v1
kind: ConfigMap
metadata: {{ name: om, labels: {{ helm.sh/chart: openmetadata-1.12.7 }} }}
data:
  AUTHENTICATION_PROVIDER: auth0
  AUTHENTICATION_PROVIDER: basic
"
    );
    assert_eq!(found("duplicate-key", &text), ["high"]);
}

/// A container with a misspelt variable, beside which the right one is set to a value.
fn beside(right: &str, value: &str) -> String {
    let misspelt = right.replacen("CALLBACK", "CALBACK", 1).replacen("KEY_ID", "KEYID", 1);
    format!(
        "{CONTAINER}          env:
            - {{ name: {misspelt}, value: x }}
          envFrom: [{{ secretRef: {{ name: rendered }} }}]
---
apiVersion: v1
kind: Secret
metadata: {{ name: rendered }}
stringData: {{ {right}: '{value}' }}
"
    )
}

#[test]
fn a_default_that_the_chart_writes_out_does_not_hide_a_misspelt_variable() {
    let callback = "AUTHENTICATION_CALLBACK_URL";
    for text in [
        beside(callback, "\"\""),
        beside(callback, ""),
        beside("JWT_KEY_ID", "\"Gb389a-9f76-gdjs-a92j-0242bk94356\""),
    ] {
        assert_eq!(found("env-typo", &text), ["medium"], "{text}");
    }
    for text in [
        beside(callback, "https://catalog.nordwind-data.de/callback"),
        beside("JWT_KEY_ID", "0b7d6a52-7a8f-4c5e-8d0e-9c1f2a3b4c5d"),
    ] {
        assert!(found("env-typo", &text).is_empty(), "{text}");
    }
}

#[test]
fn a_setting_among_the_values_counts_as_set_beside_a_misspelt_variable() {
    let values = |callback: &str| {
        format!(
            "openmetadata:
  config:
    authentication:
      provider: auth0
      callbackUrl: {callback}
extraEnvs:
  - {{ name: AUTHENTICATION_CALBACK_URL, value: x }}
"
        )
    };
    assert_eq!(found("env-typo", &values("\"\"")), ["medium"]);
    assert!(found("env-typo", &values("https://catalog.nordwind-data.de/callback")).is_empty());
}

/// The chart's Secret as it is in the cluster, beside a container that takes it all in.
fn taking_in(lines: &str) -> String {
    format!(
        "{CONTAINER}          envFrom: [{{ secretRef: {{ name: rendered }} }}]
---
apiVersion: v1
kind: Secret
metadata: {{ name: rendered }}
stringData:
{lines}"
    )
}

#[test]
fn quotes_of_the_authors_own_reach_the_server_where_the_chart_puts_its_own_around_them() {
    let values = "\
openmetadata:
  config:
    authentication:
      provider: '\"auth0\"'
    authorizer:
      initialAdmins: ['\"admin\"']
";
    let rendered = taking_in(
        "  AUTHENTICATION_PROVIDER: '\"\\\"auth0\\\"\"'
  AUTHORIZER_ADMIN_PRINCIPALS: '[\"\\\"admin\\\"\"]'
",
    );
    for text in [values, &rendered] {
        assert_eq!(found("auth-unknown-provider", text).len(), 1, "{text}");
        assert!(found("admin-default-principal", text).is_empty(), "{text}");
    }
    // Some values it hands on as they are, and the server takes those quotes off.
    let values = "\
openmetadata:
  config:
    authentication: { provider: auth0 }
    logLevel: '\"DEBUG\"'
";
    let rendered = taking_in("  AUTHENTICATION_PROVIDER: '\"auth0\"'\n  LOG_LEVEL: '\"DEBUG\"'\n");
    for text in [values, &rendered] {
        assert_eq!(found("log-debug", text).len(), 1, "{text}");
    }
}

#[test]
fn the_chart_compares_a_provider_as_it_stands() {
    let values = |provider: &str| {
        format!(
            "openmetadata: {{config: {{authentication: {{provider: {provider}, ldapConfiguration: {{host: ldap, sslEnabled: false}}}}}}}}\n"
        )
    };
    assert_eq!(found("ldap-no-tls", &values("ldap")).len(), 1);
    assert!(found("ldap-no-tls", &values("'\"ldap\"'")).is_empty());
}

#[test]
fn what_the_chart_hands_on_without_quotes_is_read_as_yaml() {
    let values = |user: &str| {
        format!(
            "openmetadata: {{config: {{authentication: {{provider: auth0, clientId: '{{Client ID}}'}}, pipelineServiceClientConfig: {{airflow: {{auth: {{username: '{user}'}}}}}}}}}}\n"
        )
    };
    let rendered = |user: &str| {
        taking_in(&format!(
            "  AUTHENTICATION_PROVIDER: '\"auth0\"'\n  AUTHENTICATION_CLIENT_ID: '\"{{Client ID}}\"'\n  AIRFLOW_USERNAME: '{user}'\n"
        ))
    };
    for (user, times) in [("@om", 1), ("{user}", 1), ("om", 0), ("\"@om\"", 0)] {
        for text in [values(user), rendered(user)] {
            assert_eq!(found("yaml-placeholder-breaks", &text).len(), times, "{text}");
        }
    }
}

#[test]
fn blanks_around_a_list_do_not_make_it_a_text() {
    let text = taking_in(
        "  AUTHENTICATION_PROVIDER: auth0\n  AUTHORIZER_ADMIN_PRINCIPALS: ' [m.keller] '\n",
    );
    assert!(found("yaml-placeholder-breaks", &text).is_empty());
}

#[test]
fn an_old_server_may_have_come_with_several_charts() {
    // 0.0.49 wrote `fernetKey`, 0.0.52 `fernetkey.value`; the image is the same.
    for key in [
        "fernetKey: jJ/9sz0g0OHxsfxOoSfdFdmk3ysNmPRnH3TUAbz3IHA=",
        "fernetkey: { value: jJ/9sz0g0OHxsfxOoSfdFdmk3ysNmPRnH3TUAbz3IHA= }",
    ] {
        let values = format!(
            "global:
  authentication: {{ provider: auth0, publicKeys: [] }}
  authorizer: {{ initialAdmins: [m.keller] }}
  {key}
image: {{ tag: 0.13.1 }}
"
        );
        assert_eq!(found("fernet-default-key", &values), ["critical"], "{values}");
    }
}

#[test]
fn a_client_other_than_airflow_leaves_its_settings_out() {
    let values = |chart: &str, client: &str| {
        format!(
            "openmetadata: {{config: {{authentication: {{provider: auth0, clientId: '{{Client ID}}'}}, pipelineServiceClientConfig: {client}}}}}\nimage: {{tag: {chart}}}\n"
        )
    };
    let nested = |kind: &str| {
        values("1.13.1", &format!("{{type: {kind}, airflow: {{auth: {{username: '@om'}}}}}}"))
    };
    let rule = "yaml-placeholder-breaks";
    assert_eq!(found(rule, &nested("airflow")).len(), 1);
    assert!(found(rule, &nested("k8s")).is_empty());
    // Charts before 1.11.12 look at no `type`.
    let flat = "{type: k8s, auth: {username: '@om'}}";
    assert_eq!(found(rule, &values("1.10.0", flat)).len(), 1);
}

#[test]
fn the_class_of_the_chosen_client_is_the_servers() {
    let values = "openmetadata: {config: {authentication: {provider: auth0}, pipelineServiceClientConfig: {type: k8s}}}\n";
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["show", "-"];
    let shown = omlint_with(folder.path(), &arguments, values.as_bytes()).out;
    assert!(shown.contains("K8sPipelineClient") && !shown.contains("AirflowREST"), "{shown}");
}

#[test]
fn two_quotes_that_the_author_wrote_are_a_text() {
    let values = |domain: &str| {
        format!(
            "openmetadata: {{config: {{authentication: {{provider: auth0}}, authorizer: {{principalDomain: {domain}}}}}}}\n"
        )
    };
    let rule = "principal-domain-default";
    assert_eq!(found(rule, &values("''")).len(), 1);
    assert_eq!(found(rule, &values("' '")).len(), 1);
    assert!(found(rule, &values("\"''\"")).is_empty());
    let rendered = taking_in(
        "  AUTHENTICATION_PROVIDER: '\"auth0\"'\n  AUTHORIZER_PRINCIPAL_DOMAIN: |-\n    \"''\"\n",
    );
    assert!(found(rule, &rendered).is_empty());
}

#[test]
fn an_emptied_reference_leaves_the_shipped_key() {
    let values = |reference: &str| {
        format!(
            "global: {{authentication: {{provider: auth0, publicKeys: []}}, fernetkey: {{secretRef: {reference}, secretKey: key}}}}\nimage: {{tag: 0.13.1}}\n"
        )
    };
    let rule = "fernet-default-key";
    assert_eq!(found(rule, &values("null")), ["critical"]);
    assert_eq!(found(rule, &values("''")), ["critical"]);
    assert!(found(rule, &values("own")).is_empty());
}
