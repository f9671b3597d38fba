//! Layers of values that nobody can see. A file that is missing lowers the confidence in what a
//! weaker layer says, the chart's own defaults among them; what is there and not followed may hold
//! anything, so that nothing is known. What a stronger layer says stays what it is.

mod support;

use serde_json::Value;
use support::{folder, omlint};

const FILES: (&str, &str) =
    ("om/base.yaml", "openmetadata: {config: {authentication: {provider: basic}}}\n");

/// The rules that have something to say, each with its confidence, and what cannot be told.
fn said(files: &[(&str, &str)]) -> (Vec<String>, String) {
    let place = folder(files);
    let run = omlint(place.path(), &["check", "--format", "json", "."]);
    let report: Value = serde_json::from_str(&run.out).expect("JSON");
    let found = report["findings"].as_array().expect("a list").iter();
    let said = found.filter(|it| it["severity"] != "low" && it["severity"] != "info").map(|it| {
        let word = |key: &str| it[key].as_str().unwrap_or_default().to_owned();
        format!("{} {}", word("rule"), word("confidence"))
    });
    let mut said: Vec<String> = said.collect();
    said.sort();
    (said, report["deployments"].to_string())
}

/// What the chart's defaults come to where a file may say otherwise.
const DOUBTFUL: [&str; 6] = [
    "admin-default-principal medium",
    "auth-basic-enabled medium",
    "fernet-default-key medium",
    "jwt-default-key-id medium",
    "jwt-default-key-pair medium",
    "registration-open-all medium",
];

fn application(helm: &str) -> String {
    support::application(&format!("      {{{helm}}}"))
}

#[test]
fn a_values_file_that_is_not_there_lowers_the_confidence() {
    let app = application("valueFiles: [$values/om/base.yaml, $values/om/production.yaml]");
    let (said, told) = said(&[("app.yaml", &app), FILES]);
    // The file may say otherwise than the one below it, and than the chart.
    assert_eq!(said, DOUBTFUL);
    assert!(told.contains("the values file `om/production.yaml` sets: it is not among"), "{told}");
    for elsewhere in
        ["values-{{ .env }}.yaml", "https://values.example.org/om.yaml", "secrets://om"]
    {
        let app = application(&format!("valueFiles: ['{elsewhere}']"));
        assert_eq!(self::said(&[("app.yaml", &app)]).0, DOUBTFUL, "{elsewhere}");
    }
}

#[test]
fn what_is_laid_over_a_values_file_that_is_not_there_is_certain() {
    let app = application(
        "valueFiles: [gone.yaml], valuesObject: {openmetadata: {config: {authentication: {provider: basic}}}}",
    );
    let mut expected = DOUBTFUL;
    expected[1] = "auth-basic-enabled high";
    assert_eq!(said(&[("app.yaml", &app)]).0, expected);
}

/// A file that the repository may lack is missing only where other files of it are.
#[test]
fn a_values_file_that_need_not_be_there_hides_nothing_where_its_repository_is() {
    let files = "ignoreMissingValueFiles: true, valueFiles: [";
    let beside = application(&format!("{files}$values/om/base.yaml, $values/om/gone.yaml]"));
    let (beside, _) = said(&[("app.yaml", &beside), FILES]);
    assert!(beside.contains(&"jwt-default-key-pair high".to_owned()), "{beside:?}");
    let alone = application(&format!("{files}$values/om/gone.yaml]"));
    assert_eq!(said(&[("app.yaml", &alone)]).0, DOUBTFUL);
}

/// A chart from a registry has a file of that name: its defaults.
#[test]
fn the_charts_own_values_file_hides_nothing() {
    let app = application("valueFiles: [values.yaml]");
    let (own, _) = said(&[("app.yaml", &app)]);
    assert!(own.contains(&"jwt-default-key-pair high".to_owned()), "{own:?}");
    let other = application("valueFiles: [values.yaml, values-large.yaml]");
    assert_eq!(said(&[("app.yaml", &other)]).0, DOUBTFUL);
}

/// Another program puts in a text, a mapping or a list, and nobody knows which.
#[test]
fn an_expression_hides_what_it_stands_for() {
    for values in [
        "values: '{{ .Values.om }}'",
        "valuesObject: {openmetadata: {config: '{{ .om }}'}}",
        "valuesObject: {openmetadata: '{{ .om }}'}",
    ] {
        assert_eq!(said(&[("app.yaml", &application(values))]).0, [""; 0], "{values}");
    }
    let of_section =
        "valuesObject: {openmetadata: {config: {jwtTokenConfiguration: '{{ .jwt }}'}}}";
    let (said, _) = said(&[("app.yaml", &application(of_section))]);
    assert!(said.contains(&"fernet-default-key high".to_owned()), "{said:?}");
    assert!(!said.iter().any(|it| it.starts_with("jwt-")), "{said:?}");
}

/// Where nothing is written, nothing is hidden.
#[test]
fn values_that_are_empty_hide_nothing() {
    for values in [
        "values: ''",
        "values: \"\"",
        "valuesObject: {}",
        "valuesObject:",
        "values: '{}'",
        "values: '# no values'",
    ] {
        let (said, _) = said(&[("app.yaml", &application(values))]);
        assert!(said.contains(&"jwt-default-key-pair high".to_owned()), "{values}: {said:?}");
    }
    let empty = application("valueFiles: [$values/empty.yaml, $values/none.yaml]");
    let (said, _) =
        said(&[("app.yaml", &empty), ("empty.yaml", "{}\n"), ("none.yaml", "# none\n")]);
    assert!(said.contains(&"jwt-default-key-pair high".to_owned()), "{said:?}");
}

#[test]
fn an_expression_for_variables_lowers_the_confidence() {
    let app = application("valuesObject: {extraEnvs: '{{ .variables }}'}");
    let (said, told) = said(&[("app.yaml", &app)]);
    assert!(said.contains(&"jwt-default-key-pair medium".to_owned()), "{said:?}");
    assert!(told.contains("the expression in place of `extraEnvs` sets: it is not followed"));
}

/// A values file that is a template is there, and says nothing as long as nobody renders it.
#[test]
fn a_values_file_that_is_a_template_hides_the_charts_defaults() {
    let template = "{{- if .production }}\nopenmetadata: {config: {}}\n{{- end }}\n";
    let helmfile = "releases:\n  - name: om\n    chart: open-metadata/openmetadata\n    \
                    values: [values.yaml.gotmpl]\n";
    let files = [("helmfile.yaml", helmfile), ("values.yaml.gotmpl", template)];
    let (said, told) = said(&files);
    assert_eq!(said, [""; 0]);
    assert!(told.contains("`values.yaml.gotmpl` sets: it is not followed by omlint"), "{told}");
}

/// Its own values are laid over those of the chart that it takes in.
#[test]
fn a_chart_around_ours_that_is_not_there_hides_the_defaults() {
    let values = "openmetadata: {openmetadata: {config: {authentication: {provider: basic}}}}";
    let app = application(&format!("valuesObject: {{{values}}}"));
    let foreign = app.replace("chart: openmetadata", "chart: platform");
    let (foreign, told) = said(&[("app.yaml", &foreign)]);
    assert_eq!(foreign, ["auth-basic-enabled high"]);
    assert!(told.contains("what the chart `platform` sets"), "{told}");

    let folder = app.replace("chart: openmetadata", "path: charts/catalogue");
    assert_eq!(said(&[("app.yaml", &folder)]).0, ["auth-basic-enabled high"]);
    let chart = "apiVersion: v2\nname: catalogue\nversion: 1.0.0\ndependencies:\n  \
                 - {name: openmetadata, version: 1.12.4, repository: 'https://helm.open-metadata.org'}\n";
    let (here, _) = said(&[("app.yaml", &folder), ("charts/catalogue/Chart.yaml", chart)]);
    assert!(here.contains(&"jwt-default-key-pair high".to_owned()), "{here:?}");
}

/// What a file says is counted from the repository's root, whatever folder the wrapper stands in.
#[test]
fn paths_are_counted_from_the_root_of_the_repository() {
    let app = application("valueFiles: [$values/om/base.yaml]");
    let other = "openmetadata: {config: {authentication: {provider: okta}}}\n";
    let files = [("argocd/app.yaml", app.as_str()), FILES, ("deploy/om/base.yaml", other)];
    let place = folder(&files);
    let run = omlint(place.path(), &["show", "--format", "json", "."]);
    let report: Value = serde_json::from_str(&run.out).expect("JSON");
    let all = report["deployments"].as_array().expect("a list").iter();
    let ids: Vec<&str> = all.filter_map(|it| it["id"].as_str()).collect();
    assert_eq!(ids, ["helm:argocd/app.yaml#catalogue", "helm:deploy/om/base.yaml"]);
}

/// `{{ .A }}/b` is no YAML as it stands, but once it is filled in.
#[test]
fn an_expression_without_quotes_breaks_no_file() {
    let helmfile = "releases:
  - name: om
    chart: open-metadata/openmetadata
    version: {{ .Values.version }}
    values:
      - {{ env \"PWD\" }}/om/base.yaml
      - openmetadata:
          config:
            authentication: {callbackUrl: {{ .Values.url }}/callback}
            fernetkey: {value: {{ fetchSecretValue \"ref+vault://om#key\" }}}
";
    let (said, _) = said(&[("helmfile.yaml", helmfile), FILES]);
    assert!(said.contains(&"auth-basic-enabled high".to_owned()), "{said:?}");
    assert!(
        !said.iter().any(|it| it.starts_with("input-") || it.starts_with("fernet-")),
        "{said:?}"
    );
}

/// On a line of its own it may stand for anything: such a file has to be rendered first.
#[test]
fn an_expression_on_a_line_of_its_own_makes_a_template() {
    let app = support::application("      values: |\n{{ .Values.openmetadata | indent 8 }}");
    assert_eq!(said(&[("templates/app.yaml", &app)]).0, [""; 0]);
}

/// werf encrypts values in place.
#[test]
fn what_werf_encrypts_is_a_reference() {
    let secret = format!(
        "openmetadata:\n  config:\n    fernetkey:\n      value: 1000{}\n",
        "4fa1".repeat(24)
    );
    let values = "openmetadata:\n  config:\n    authentication: {provider: basic}\n";
    let place =
        support::folder(&[(".helm/values.yaml", values), (".helm/secret-values.yaml", &secret)]);
    let run = support::omlint(place.path(), &["check", ".helm", "--format", "concise"]);
    assert!(run.out.contains("auth-basic-enabled"), "{}", run.out);
    assert!(!run.out.contains("fernet") && !run.out.contains("inline-secret"), "{}", run.out);
}

/// What stands around an expression is known.
#[test]
fn an_expression_hides_only_its_own_part_of_a_value() {
    let text = "AUTHENTICATION_PROVIDER=custom-oidc
AUTHORIZER_ADMIN_PRINCIPALS=[admin,{{ om_admin }}]
AUTHENTICATION_CALLBACK_URL=http://data.acme.io/{{ om_path }}
AUTHENTICATION_AUTHORITY={{ om_scheme }}://{{ om_idp }}
AUTHENTICATION_CLIENT_ID={{ if x }}admin{{ end }}
";
    let place = folder(&[("openmetadata.env.j2", text)]);
    let out = omlint(place.path(), &["check", ".", "--format", "concise"]).out;
    assert!(out.contains(":2:30: high[admin-default-principal]"), "{out}");
    assert!(out.contains(":3:29: high[sso-insecure-url]"), "{out}");
    assert!(!out.contains(":4:") && !out.contains(":5:"), "{out}");
}

/// Vault's agent puts keys where no volume is seen.
#[test]
fn what_vaults_agent_puts_into_a_pod_is_there() {
    let annotated = |annotations: &str| {
        format!(
            "{annotations}openmetadata:
  config:
    jwtTokenConfiguration:
      rsapublicKeyFilePath: /vault/secrets/public_key.der
      rsaprivateKeyFilePath: /vault/secrets/private_key.der
"
        )
    };
    let agent = "podAnnotations: {vault.hashicorp.com/agent-inject: \"true\"}\n";
    for (annotations, is_found) in [("", true), (agent, false)] {
        let place = folder(&[("values.yaml", &annotated(annotations))]);
        let out = omlint(place.path(), &["check", ".", "--format", "concise"]).out;
        assert_eq!(out.contains("jwt-key-path-not-mounted"), is_found, "{out}");
    }
    let pod = support::workload(
        "          env:
            - {name: RSA_PUBLIC_KEY_FILE_PATH, value: /vault/secrets/public_key.der}
            - {name: RSA_PRIVATE_KEY_FILE_PATH, value: /vault/secrets/private_key.der}
",
    );
    let annotated = pod.replacen(
        "  template:\n",
        "  template:\n    metadata: {annotations: {vault.hashicorp.com/agent-inject: 'true'}}\n",
        1,
    );
    assert_ne!(pod, annotated, "{pod}");
    for (text, is_found) in [(pod, true), (annotated, false)] {
        let place = folder(&[("om.yaml", &text)]);
        let out = omlint(place.path(), &["check", ".", "--format", "concise"]).out;
        assert_eq!(out.contains("jwt-key-path-not-mounted"), is_found, "{out}");
    }
}
