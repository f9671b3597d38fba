//! Kustomizations that others build and change once more, and what of a build is not followed:
//! nobody knows then what the server gets.

mod support;

use support::effective;

/// `deployment: values` of some variables in each deployment, and all that is told.
fn shown(files: &[(&str, &str)]) -> (Vec<String>, String) {
    const SHOWN: [&str; 3] = ["AUTHENTICATION_PROVIDER", "AUTHENTICATION_CLIENT_ID", "JWT_ISSUER"];
    let (found, told) = effective(files, &SHOWN);
    let line = |[id, version, values]: [String; 3]| format!("{id} {version}: {values}");
    (found.into_iter().map(line).collect(), told)
}

const SERVER: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: openmetadata}
spec:
  template:
    spec:
      containers:
        - name: openmetadata
          image: docker.getcollate.io/openmetadata/server:1.5.0
          env:
            - {name: AUTHENTICATION_PROVIDER, value: basic}
            - {name: AUTHENTICATION_CLIENT_ID, value: base}
";
const BASE: &str = "resources: [server.yaml]\n";

const PATCHES: &str = "
      images: ['docker.getcollate.io/openmetadata/server:1.12.4']
      patches:
        - target: {kind: Deployment, name: openmetadata}
          patch: |-
            - {op: replace, path: /spec/template/spec/containers/0/env/0/value, value: okta}
";

fn application(name: &str, kustomize: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {name}}}
spec:
  source:
    repoURL: https://git.example.org/deploy.git
    path: om/base
    kustomize:{kustomize}"
    )
}

#[test]
fn an_application_patches_what_it_builds() {
    let component = "\n      components: [../sso]\n";
    let apps = format!("{}---\n{}", application("a", PATCHES), application("b", component));
    let files = [
        ("argocd/openmetadata.yaml", apps.as_str()),
        ("om/base/kustomization.yaml", BASE),
        ("om/base/server.yaml", SERVER),
        ("om/sso/kustomization.yaml", "kind: Component\npatches: [{path: sso.yaml}]\n"),
        (
            "om/sso/sso.yaml",
            "kind: Deployment\nmetadata: {name: openmetadata}\nspec: {template: {spec: {containers: \
             [{name: openmetadata, env: [{name: AUTHENTICATION_PROVIDER, value: google}]}]}}}\n",
        ),
    ];
    let id = "kubernetes:argocd/openmetadata.yaml#Deployment/openmetadata";
    assert_eq!(
        shown(&files).0,
        [
            format!("{id}@a 1.12.4: okta, base, open-metadata.org"),
            format!("{id}@b 1.5.0: google, base, open-metadata.org"),
        ]
    );
}

#[test]
fn fluxs_kustomization_patches_servers_too() {
    let flux = format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: openmetadata}}
spec:
  path: ./om/base
  patches:{}",
        PATCHES.split_once("patches:").expect("patches").1
    );
    let files = [
        ("clusters/a/om.yaml", flux.as_str()),
        ("om/base/kustomization.yaml", BASE),
        ("om/base/server.yaml", SERVER),
    ];
    assert_eq!(
        shown(&files).0,
        [
            "kubernetes:clusters/a/om.yaml#Deployment/openmetadata@openmetadata 1.5.0: okta, base, open-metadata.org"
        ]
    );
}

/// A program may change anything; what only names objects changes nothing.
#[test]
fn a_transformer_that_is_not_known_hides_the_defaults() {
    let base = format!("{BASE}transformers: [step.yaml]\n");
    let said = |step: &str| {
        let files =
            [("kustomization.yaml", base.as_str()), ("server.yaml", SERVER), ("step.yaml", step)];
        shown(&files)
    };
    let id = "kubernetes:kustomization.yaml#Deployment/openmetadata 1.5.0";
    let (found, told) = said("apiVersion: example.org/v1\nkind: Injector\nmetadata: {name: i}\n");
    assert_eq!(found, [format!("{id}: basic, base, unknown")]);
    assert!(told.contains("a transformer of `kustomization.yaml` was not applied"), "{told}");
    let (found, _) = said("apiVersion: builtin\nkind: LabelTransformer\nmetadata: {name: l}\n");
    assert_eq!(found, [format!("{id}: basic, base, open-metadata.org")]);
}

const RELEASE: &str = "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: om}
spec:
  chartRef: {kind: OCIRepository, name: charts}
  values:
    openmetadata: {config: {authentication: {provider: okta, clientId: '${client:=c}'}}}
";

#[test]
fn a_release_is_of_the_chart_that_it_refers_to() {
    let repository = |url: &str| {
        format!(
            "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {{name: \
             charts}}\nspec: {{url: '{url}', ref: {{tag: 1.11.8}}}}\n---\n{RELEASE}"
        )
    };
    let ours = repository("oci://registry.example.org/charts/openmetadata");
    assert_eq!(
        shown(&[("om.yaml", &ours)]).0,
        ["helm:om.yaml#om 1.11.8: okta, unknown, open-metadata.org"]
    );
}

/// A program changes what the release takes as values, too.
#[test]
fn a_transformer_hides_values_of_a_release() {
    let files = [
        ("kustomization.yaml", "resources: [om.yaml]\ntransformers: [step.yaml]\n"),
        ("om.yaml", RELEASE),
        ("step.yaml", "apiVersion: example.org/v1\nkind: Injector\nmetadata: {name: i}\n"),
    ];
    let (found, _) = shown(&files);
    assert_eq!(found.len(), 1);
    assert!(found[0].ends_with(": okta, unknown, unknown"), "{found:?}");
}

#[test]
fn a_chart_among_the_generators_is_rendered() {
    let chart = "apiVersion: builtin
kind: HelmChartInflationGenerator
metadata: {name: om}
name: openmetadata
repo: https://helm.open-metadata.org
version: 1.12.4
releaseName: om
valuesInline: {openmetadata: {config: {authentication: {provider: okta, clientId: x}}}}
";
    let files = [("kustomization.yaml", "generators: [chart.yaml]\n"), ("chart.yaml", chart)];
    assert_eq!(shown(&files).0, ["helm:chart.yaml#om 1.12.4: okta, x, open-metadata.org"]);
}

/// Fleet puts in labels of the cluster.
#[test]
fn a_label_of_a_cluster_is_unknown() {
    let bundle = "helm:
  releaseName: om
  chart: openmetadata
  repo: https://helm.open-metadata.org
  version: 1.12.4
  values:
    openmetadata:
      config:
        authentication: {provider: '${ .ClusterLabels.provider }', clientId: global.fleet.clusterLabels.id}
";
    assert_eq!(
        shown(&[("fleet.yaml", bundle)]).0,
        ["helm:fleet.yaml#om 1.12.4: unknown, unknown, open-metadata.org"]
    );
}
