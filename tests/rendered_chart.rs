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
