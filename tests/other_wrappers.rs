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
