//! Files of which only so much is known that they name the chart, and values beside it.

mod support;

use support::effective;

/// `deployment version: values` of some variables in each deployment.
fn shown(files: &[(&str, &str)]) -> Vec<String> {
    const SHOWN: [&str; 3] = ["AUTHENTICATION_PROVIDER", "AUTHENTICATION_CLIENT_ID", "JWT_ISSUER"];
    let (found, _) = effective(files, &SHOWN);
    let line = |[id, version, values]: [String; 3]| format!("{id} {version}: {values}");
    found.into_iter().map(line).collect()
}

const VALUES: (&str, &str) = (
    "values.yaml",
    "openmetadata: {config: {authentication: {provider: basic, clientId: base}}}\n",
);

#[test]
fn releases_of_skaffold_are_read() {
    let skaffold = "apiVersion: skaffold/v4beta6
kind: Config
deploy:
  helm:
    releases:
      - name: om
        remoteChart: openmetadata
        repo: https://helm.open-metadata.org
        version: 1.12.4
        overrides: {openmetadata: {config: {jwtTokenConfiguration: {jwtissuer: override}}}}
        valuesFiles: [values.yaml]
        setValues: {openmetadata.config.authentication.provider: okta}
        setValueTemplates: {openmetadata.config.authentication.clientId: '{{.ID}}'}
";
    assert_eq!(
        shown(&[("skaffold.yaml", skaffold), VALUES]),
        ["helm:skaffold.yaml#om 1.12.4: okta, unknown, override"]
    );
}

/// Garden, Pulumi, a pipeline's step, a chart of applications.
#[test]
fn values_beside_the_charts_name_are_read() {
    let values = "{openmetadata: {config: {authentication: {provider: okta}}}}";
    for (name, text, wanted) in [
        (
            "garden.yml",
            format!(
                "kind: Deploy\ntype: helm\nname: om\nspec:\n  chart: {{name: openmetadata, version: \
                 1.12.4}}\n  valueFiles: [values.yaml]\n  values: {values}\n"
            ),
            "om 1.12.4: okta, base, open-metadata.org",
        ),
        (
            "Pulumi.yaml",
            format!(
                "resources:\n  om:\n    type: kubernetes:helm.sh/v3:Release\n    properties: {{name: \
                 om, chart: openmetadata, version: 1.12.4, values: {values}}}\n"
            ),
            "om 1.12.4: okta, , open-metadata.org",
        ),
        (
            "deploy.yaml",
            format!(
                "jobs:\n  deploy:\n    steps:\n      - with:\n          chart: open-metadata/openmetadata\n          \
                 release_name: om\n          version: 1.12.4\n          values: |\n            {values}\n"
            ),
            "om 1.12.4: okta, , open-metadata.org",
        ),
        (
            "apps/values.yaml",
            format!(
                "applications:\n  om:\n    source: {{chart: openmetadata, targetRevision: 1.12.4}}\n    \
                 values: {values}\n"
            ),
            "om 1.12.4: okta, , open-metadata.org",
        ),
    ] {
        let found = shown(&[(name, &text), VALUES]);
        let own: Vec<&String> = found.iter().filter(|it| it.contains(name)).collect();
        assert_eq!(own, [&format!("helm:{name}#{wanted}")]);
    }
}

/// A key that speaks of values and is not known may lead to any.
#[test]
fn what_else_speaks_of_values_hides_the_defaults() {
    let text = "chart: openmetadata\nname: om\nversion: 1.12.4\nvaluesFromVault: secret/om\nvalues: \
                {openmetadata: {config: {authentication: {provider: okta}}}}\n";
    assert_eq!(
        shown(&[("deploy.yaml", text)]),
        ["helm:deploy.yaml#om 1.12.4: okta, unknown, unknown"]
    );
}

#[test]
fn the_charts_name_alone_makes_no_deployment() {
    for text in [
        "chart: openmetadata\nversion: 1.12.4\n",
        "charts: [openmetadata, grafana]\nvalues: {a: b}\n",
        "- {chart: grafana, values: {dashboards: {openmetadata: {json: x}}}}\n",
    ] {
        assert_eq!(shown(&[("notes.yaml", text)]), [""; 0], "{text}");
    }
}

/// K3s lays what an administrator writes over what the chart's own manifest says.
#[test]
fn a_helm_chart_config_is_laid_over_the_chart_of_its_name() {
    let chart = "apiVersion: helm.cattle.io/v1
kind: HelmChart
metadata: {name: openmetadata, namespace: kube-system}
spec:
  chart: openmetadata
  repo: https://helm.open-metadata.org
  version: 1.12.4
  valuesContent: |-
    openmetadata:
      config:
        authentication: {provider: okta, clientId: base}
";
    let config = "apiVersion: helm.cattle.io/v1
kind: HelmChartConfig
metadata: {name: openmetadata, namespace: kube-system}
spec:
  valuesContent: |-
    openmetadata:
      config:
        authentication: {clientId: over}
";
    let (found, _) = support::effective(
        &[("om.yaml", chart), ("config.yaml", config)],
        &["AUTHENTICATION_PROVIDER", "AUTHENTICATION_CLIENT_ID"],
    );
    assert_eq!(found.iter().map(|it| it[2].as_str()).collect::<Vec<_>>(), ["okta, over"]);
}

/// A plugin of Argo CD may make anything of a chart.
#[test]
fn what_a_plugin_makes_of_a_source_is_unknown() {
    let application = "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: om}
spec:
  source:
    repoURL: https://git.acme.io/deploy.git
    path: charts/openmetadata
    plugin: {name: argocd-vault-plugin-helm}
";
    let files = [
        ("app.yaml", application),
        (
            "charts/openmetadata/Chart.yaml",
            "name: om\nversion: 1.0.0\ndependencies: [{name: openmetadata, version: 1.12.4, repository: 'https://helm.open-metadata.org'}]\n",
        ),
        (
            "charts/openmetadata/values.yaml",
            "openmetadata:\n  openmetadata:\n    config:\n      authentication: {provider: basic}\n",
        ),
    ];
    let place = support::folder(&files);
    let out = support::omlint(place.path(), &["check", "--verbose", "."]).out;
    assert!(out.contains("the plugin"), "{out}");
}

/// Terraform lays what it sets over the files that it names.
#[test]
fn what_terraform_sets_is_laid_over_its_files() {
    let terraform = r#"
# resource "helm_release" "not_this" { chart = "openmetadata" }
resource "helm_release" "catalog" {
  name       = "openmetadata"
  repository = "https://helm.open-metadata.org"
  chart      = "openmetadata"
  version    = "1.12.4" // pinned
  values = [
    file("${path.module}/values.yaml"),
    templatefile("${path.module}/more.yaml", { a = [1, 2], b = "}" }),
  ]
  set {
    name  = "openmetadata.config.authentication.clientId"
    value = "of-terraform"
  }
  set_sensitive {
    name  = "openmetadata.config.jwtTokenConfiguration.jwtissuer"
    value = var.issuer
  }
}

resource "helm_release" "other" {
  chart = "nginx"
  values = [<<-EOT
    a: "{"
  EOT
  ]
}
"#;
    let values =
        "openmetadata:\n  config:\n    authentication: {provider: basic, clientId: of-file}\n";
    let more = "openmetadata:\n  config:\n    authentication: {provider: okta}\n";
    let files =
        [("infra/main.tf", terraform), ("infra/values.yaml", values), ("infra/more.yaml", more)];
    assert_eq!(
        shown(&files),
        ["helm:infra/main.tf#openmetadata 1.12.4: okta, of-terraform, unknown"]
    );
    let listed = terraform.replace("  set {\n", "  set = [{\n").replace(
        "\"of-terraform\"\n  }",
        "\"of-terraform\"\n  }, {\n    name = \"a.b\", value = 1 }]",
    );
    let files =
        [("infra/main.tf", &*listed), ("infra/values.yaml", values), ("infra/more.yaml", more)];
    assert_eq!(
        shown(&files),
        ["helm:infra/main.tf#openmetadata 1.12.4: okta, of-terraform, unknown"]
    );
}

/// A name of the same file stands for a list of files.
#[test]
fn terraform_may_give_its_values_a_name() {
    let terraform = "locals {
  template = [
    templatefile(\"${path.module}/helm_values.tftpl\", var.helm_values)
  ]
}

resource \"helm_release\" \"openmetadata\" {
  chart   = \"openmetadata\"
  version = \"1.12.4\"
  values  = local.template
}
";
    let values =
        "openmetadata:\n  config:\n    authentication: {provider: okta, clientId: \"${id}\"}\n";
    let files = [("main.tf", terraform), ("helm_values.tftpl", values)];
    assert_eq!(
        shown(&files),
        ["helm:main.tf#openmetadata 1.12.4: okta, unknown, open-metadata.org"]
    );
}

/// What Terraform computes may hold anything.
#[test]
fn values_that_terraform_computes_are_unknown() {
    for values in ["local.values", "[yamlencode({ a = 1 })]", "[<<-EOT\n    a: 1\n  EOT\n  ]"] {
        let terraform = format!(
            "resource \"helm_release\" \"om\" {{\n  chart = \"openmetadata\"\n  version = \"1.12.4\"\n  values = {values}\n}}\n"
        );
        let place = support::folder(&[("main.tf", &*terraform)]);
        let out = support::omlint(place.path(), &["check", ".", "--format", "concise"]).out;
        assert!(!out.contains("auth-basic-enabled"), "{values}: {out}");
        assert!(out.is_empty() || !out.contains("critical"), "{values}: {out}");
    }
    let bare = "resource \"helm_release\" \"om\" {\n  chart = \"openmetadata\"\n  version = \"1.12.4\"\n}\n";
    let place = support::folder(&[("main.tf", bare)]);
    let out = support::omlint(place.path(), &["check", ".", "--format", "concise"]).out;
    assert!(out.contains("main.tf:2:") && out.contains("critical[jwt-default-key-pair]"), "{out}");
}

/// No bracket that is never closed takes long, or breaks anything.
#[test]
fn what_terraform_would_refuse_breaks_nothing() {
    for rest in
        ["{", "{ set {", "{ values = [file(\"", "{ values = [<<EOT\n", "{ a = \"${\"${", "{ é \\"]
    {
        let begin = "resource \"helm_release\" \"openmetadata\" ";
        let many = format!("{begin}{{ a = {}", "[".repeat(100_000));
        for text in [format!("{begin}{rest}"), many] {
            let place = support::folder(&[("main.tf", &*text)]);
            assert!(support::omlint(place.path(), &["check", "."]).code < 2, "{rest}");
        }
    }
}
