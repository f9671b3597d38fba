//! Values of the chart within the files of those who install it: in which order they are laid
//! over each other, and what of them nobody can see.

mod support;

use serde_json::Value;
use support::{folder, omlint};

/// `deployment: state value` of some variables in each deployment.
fn shown(files: &[(&str, &str)], variables: &[&str]) -> Vec<String> {
    let place = folder(files);
    let run = omlint(place.path(), &["show", "--format", "json", "."]);
    let report: Value = serde_json::from_str(&run.out).expect("JSON");
    let mut found = Vec::new();
    for deployment in report["deployments"].as_array().expect("a list") {
        let settings = deployment["settings"].as_array().expect("a list");
        let of = |name: &&str| {
            let row = settings.iter().find(|row| row["env"] == **name).expect("a row");
            let value = row["value"].as_str().unwrap_or("?");
            format!("{} {value}", row["state"].as_str().unwrap_or_default())
        };
        let values: Vec<String> = variables.iter().map(of).collect();
        let id = deployment["id"].as_str().unwrap_or_default();
        found.push(format!("{id}: {}", values.join(", ")));
    }
    found
}

const SHOWN: [&str; 3] = ["AUTHENTICATION_PROVIDER", "AUTHENTICATION_CLIENT_ID", "JWT_ISSUER"];

const FLEET: &str = "\
defaultNamespace: data
helm:
  releaseName: catalogue
  repo: https://helm.open-metadata.org
  chart: openmetadata
  version: 1.11.8
  valuesFiles: [shared.yaml]
  values:
    openmetadata:
      config:
        authentication: {provider: basic, clientId: inline}
        jwtTokenConfiguration: {jwtissuer: inline.example.org}
";

const SHARED: &str =
    "openmetadata:\n  config:\n    authentication: {provider: auth0, clientId: file}\n";

/// Fleet lays its files over what stands in the bundle, unlike everybody else.
#[test]
fn files_of_a_fleet_bundle_are_laid_over_its_own_values() {
    let files = [("om/fleet.yaml", FLEET), ("om/shared.yaml", SHARED)];
    assert_eq!(
        shown(&files, &SHOWN),
        ["helm:om/fleet.yaml#catalogue: written auth0, written file, written inline.example.org"]
    );
}

#[test]
fn each_customisation_of_a_fleet_bundle_is_a_deployment() {
    let bundle = format!(
        "{FLEET}\
targetCustomizations:
  - name: test
    clusterSelector: {{matchLabels: {{env: test}}}}
    helm:
      values: {{openmetadata: {{config: {{authentication: {{clientId: test}}}}}}}}
  - name: production
    clusterSelector: {{matchLabels: {{env: production}}}}
    helm:
      valuesFrom:
        - secretKeyRef: {{name: om-values, key: values.yaml}}
  - name: left alone
    clusterSelector: {{}}
"
    );
    let files = [("om/fleet.yaml", bundle.as_str()), ("om/shared.yaml", SHARED)];
    assert_eq!(
        shown(&files, &SHOWN),
        [
            "helm:om/fleet.yaml#catalogue@production: written auth0, written file, written inline.example.org",
            "helm:om/fleet.yaml#catalogue@test: written auth0, written test, written inline.example.org",
        ]
    );
}

/// What stands in the cluster may say otherwise, and nobody sees it.
#[test]
fn values_from_a_cluster_are_named_and_lower_the_confidence() {
    let bundle = format!("{FLEET}  valuesFrom:\n    - secretKeyRef: {{name: om-values}}\n");
    let place = folder(&[("fleet.yaml", &bundle), ("shared.yaml", SHARED)]);
    let run = omlint(place.path(), &["check", "--format", "json", "."]);
    let report: Value = serde_json::from_str(&run.out).expect("JSON");
    let told = report["deployments"][0]["cannot_tell"].to_string();
    assert!(told.contains("the Secret `om-values`"), "{told}");
    let findings = report["findings"].as_array().expect("a list");
    let missing = findings.iter().find(|it| it["rule"] == "sso-jwks-missing").expect("a finding");
    assert_eq!(missing["confidence"], "medium");
}

#[test]
fn what_only_looks_like_a_fleet_bundle_is_none() {
    for text in [
        "helm: {version: 3}\nnamespace: data\n",
        "helm:\n  chart: grafana\n  values: {openmetadata: is shown on a board}\n",
        "helm: [values]\n",
    ] {
        assert_eq!(shown(&[("fleet.yaml", text)], &[]), [] as [&str; 0], "{text}");
    }
}

const RELEASE: &str = "\
apiVersion: helm.crossplane.io/v1beta1
kind: Release
metadata: {name: catalogue}
spec:
  forProvider:
    chart: {name: openmetadata, repository: 'https://helm.open-metadata.org', version: 1.11.8}
    namespace: data
    valuesFrom:
      - configMapKeyRef: {name: om-values, namespace: data, key: values.yaml}
    values:
      openmetadata: {config: {authentication: {clientId: inline}}}
    set:
      - {name: openmetadata.config.jwtTokenConfiguration.jwtissuer, value: set.example.org}
";

const STORE: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: om-values, namespace: data}
data:
  values.yaml: |
    openmetadata: {config: {authentication: {provider: auth0, clientId: held}}}
";

#[test]
fn a_release_of_crossplane_is_read_alone_and_in_a_composition() {
    let wanted = "auth0, written inline, written set.example.org";
    let alone = [("release.yaml", RELEASE), ("values.yaml", STORE)];
    assert_eq!(shown(&alone, &SHOWN), [format!("helm:release.yaml#catalogue: written {wanted}")]);

    let base: String = RELEASE.lines().map(|line| format!("        {line}\n")).collect();
    let composition = format!(
        "apiVersion: apiextensions.crossplane.io/v1
kind: Composition
metadata: {{name: platform}}
spec:
  resources:
    - name: om
      base:
{base}"
    );
    let composed = [("composition.yaml", composition.as_str()), ("values.yaml", STORE)];
    assert_eq!(
        shown(&composed, &SHOWN),
        [format!("helm:composition.yaml#catalogue: written {wanted}")]
    );
}

#[test]
fn a_value_that_crossplane_takes_from_elsewhere_is_a_reference() {
    let release = RELEASE.replace(
        "jwtissuer, value: set.example.org}",
        "jwtissuer, valueFrom: {secretKeyRef: {name: s, key: k}}}",
    );
    assert_eq!(
        shown(&[("release.yaml", &release)], &SHOWN),
        [
            "helm:release.yaml#catalogue: default basic, written inline, reference a template expression"
        ]
    );
}

/// Helm keeps the list's other items.
#[test]
fn a_parameter_that_sets_one_item_of_a_list_says_so_much() {
    let said = |parameter: &str| {
        let text = support::application(&format!(
            "      parameters: [{{name: 'openmetadata.config.authorizer.initialAdmins{parameter}}}]
      valuesObject:
        openmetadata:
          config:
            authentication: {{provider: auth0}}
            authorizer: {{initialAdmins: [kim, admin]}}"
        ));
        let (_folder, scan) = support::scanned(&[("app.yaml", &text)]);
        let rules = ["admin-default-principal", "admin-deletion-unverified"];
        let said = scan.findings.iter().map(|finding| finding.rule.as_str());
        said.filter(|rule| rules.contains(rule)).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(said("[0]', value: admin"), ["admin-default-principal"]);
    // `admin` still stands in the other place.
    assert_eq!(said("[0]', value: lee"), ["admin-default-principal"]);
    assert_eq!(said("[1]', value: lee"), ["admin-deletion-unverified"]);
    assert_eq!(said("', value: '{kim,lee}'"), ["admin-deletion-unverified"]);
}

/// A part of an item is set, and the rest of the item stays. In another file the list has no place
/// that could be shown: nothing of it is known then.
#[test]
fn a_parameter_sets_a_part_of_an_item() {
    let app = |values: &str| {
        let parameter = "      parameters: [{name: 'extraEnvs[0].value', value: parameter}]";
        support::application(&format!("{parameter}\n      {values}"))
    };
    let list = "extraEnvs: [{name: JWT_ISSUER, value: file}, {name: AUTHENTICATION_CLIENT_ID, value: file}]";
    let inline = app(&format!("valuesObject: {{{list}}}"));
    assert_eq!(
        shown(&[("app.yaml", &inline)], &SHOWN),
        ["helm:app.yaml#catalogue: default basic, written file, written parameter"]
    );
    let elsewhere = app("valueFiles: [$values/list.yaml]");
    let place = folder(&[("app.yaml", &elsewhere), ("list.yaml", list)]);
    let run = omlint(place.path(), &["check", "--format", "json", "."]);
    assert!(run.out.contains("the expression in place of `extraEnvs`"), "{}", run.out);
}

const BASE: &str = "openmetadata:\n  config:\n    authentication: {provider: okta, clientId: base}\n    \
                    jwtTokenConfiguration: {jwtissuer: base}\n";
const DEV: &str = "openmetadata:\n  config:\n    authentication: {clientId: dev}\n";
const PROD: &str = "openmetadata:\n  config:\n    authentication: {clientId: prod}\n";

/// A helmfile for several environments is as many deployments, whether it declares them or only its
/// files tell.
#[test]
fn each_environment_of_a_helmfile_is_a_deployment() {
    let release = "releases:
  - name: om
    chart: open-metadata/openmetadata
    values:
      - values/base.yaml
      - values/{{ .Environment.Name }}.yaml
";
    let both = [
        "helm:helmfile.yaml#om@dev: written okta, written dev, written base",
        "helm:helmfile.yaml#om@prod: written okta, written prod, written base",
    ];
    let declared = format!("environments:\n  dev: {{}}\n  prod: {{}}\n---\n{release}");
    for helmfile in [declared.as_str(), release] {
        let files = [
            ("helmfile.yaml", helmfile),
            ("values/base.yaml", BASE),
            ("values/dev.yaml", DEV),
            ("values/prod.yaml", PROD),
        ];
        assert_eq!(shown(&files, &SHOWN), both);
    }
    // One that has no file of its own is judged with what is not there in mind.
    let files = [("helmfile.yaml", declared.as_str()), ("values/base.yaml", BASE)];
    assert_eq!(shown(&files, &SHOWN).len(), 2);
}

#[test]
fn each_element_of_an_application_sets_list_is_a_deployment() {
    for (name, expression) in [("'om-{{env}}'", "{{env}}"), ("'om-{{ .env }}'", "{{ .env }}")] {
        let set = format!(
            "apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: om}}
spec:
  generators:
    - matrix:
        generators:
          - clusters: {{}}
          - list: {{elements: [{{env: dev}}, {{env: prod}}]}}
  template:
    metadata: {{name: {name}}}
    spec:
      sources:
        - chart: openmetadata
          repoURL: https://helm.open-metadata.org
          targetRevision: 1.12.4
          helm: {{valueFiles: [$values/om/base.yaml, '$values/om/{expression}.yaml']}}
        - {{repoURL: https://git.acme.io/values, ref: values}}
"
        );
        let files = [
            ("apps/om.yaml", set.as_str()),
            ("om/base.yaml", BASE),
            ("om/dev.yaml", DEV),
            ("om/prod.yaml", PROD),
        ];
        assert_eq!(
            shown(&files, &SHOWN),
            [
                "helm:apps/om.yaml#om@om-dev: written okta, written dev, written base",
                "helm:apps/om.yaml#om@om-prod: written okta, written prod, written base",
            ]
        );
    }
}

/// Flux lays patches over what the chart renders; one that cannot be followed may do anything.
#[test]
fn patches_of_a_post_renderer_are_laid_over_the_chart() {
    let release = |renderer: &str| {
        format!(
            "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: om}}
spec:
  chart: {{spec: {{chart: openmetadata, version: 1.12.4}}}}
  values:
    openmetadata: {{config: {{authentication: {{provider: okta, clientId: values}}}}}}
  postRenderers:
    - kustomize:
        {renderer}
"
        )
    };
    let merge = "patches:
          - target: {kind: Deployment}
            patch: |
              kind: Deployment
              metadata: {name: openmetadata}
              spec:
                template:
                  spec:
                    containers:
                      - name: openmetadata
                        env: [{name: AUTHENTICATION_CLIENT_ID, value: patch}]
                      - name: proxy
                        env: [{name: AUTHENTICATION_PROVIDER, value: other}]";
    let add = "patchesJson6902:
          - target: {kind: Deployment, name: openmetadata}
            patch:
              - op: add
                path: /spec/template/spec/containers/0/env/-
                value: {name: AUTHENTICATION_CLIENT_ID, value: patch}";
    let elsewhere = add.replace("name: openmetadata}", "name: web}");
    let hidden = add.replace("env/-", "env/4");
    let said = |renderer: &str| shown(&[("om.yaml", &release(renderer))], &SHOWN[..2]);
    let patched = "helm:om.yaml#om: written okta, written patch";
    assert_eq!(said(merge), [patched]);
    assert_eq!(said(add), [patched]);
    assert_eq!(said(&elsewhere), ["helm:om.yaml#om: written okta, written values"]);
    // What is written stays, less certain; what is not may be set there.
    let out = shown(&[("om.yaml", &release(&hidden))], &SHOWN);
    assert!(out[0].starts_with("helm:om.yaml#om: written okta, written values, "), "{out:?}");
    let place = folder(&[("om.yaml", &release(&hidden))]);
    let run = omlint(place.path(), &["check", "--format", "json", "--min-severity", "info", "."]);
    let report: Value = serde_json::from_str(&run.out).expect("JSON");
    let findings = report["findings"].as_array().expect("a list");
    let sure = findings.iter().filter(|finding| finding["confidence"] == "high");
    let sure: Vec<&str> = sure.filter_map(|finding| finding["rule"].as_str()).collect();
    assert!(!sure.contains(&"jwt-default-key-pair"), "{sure:?}");
}

/// kustomize renders a chart first and patches it then.
#[test]
fn patches_of_a_kustomization_are_laid_over_its_chart() {
    let kustomization = |patches: &str| {
        format!(
            "helmCharts:
  - name: openmetadata
    releaseName: om
    version: 1.12.4
    valuesInline:
      openmetadata: {{config: {{authentication: {{provider: okta, clientId: values}}}}}}
{patches}
"
        )
    };
    let patch = "kind: Deployment
metadata: {name: openmetadata}
spec:
  template:
    spec:
      containers:
        - name: openmetadata
          env: [{name: AUTHENTICATION_CLIENT_ID, value: patch}]
";
    for patches in [
        "patches: [{path: env.yaml}]",
        "patchesStrategicMerge: [env.yaml]",
        "patches:
  - target: {kind: Deployment}
    patch: |
      - op: add
        path: /spec/template/spec/containers/0/env/-
        value: {name: AUTHENTICATION_CLIENT_ID, value: patch}",
    ] {
        let files =
            [("om/kustomization.yaml", kustomization(patches)), ("om/env.yaml", patch.to_owned())];
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, &**text)).collect();
        assert_eq!(
            shown(&files, &SHOWN[..2]),
            ["helm:om/kustomization.yaml#om: written okta, written patch"],
            "{patches}"
        );
    }
}

const FLUX: &str = "\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: om}
spec:
  chart: {spec: {chart: openmetadata, version: 1.12.4}}
  values:
    openmetadata:
      config:
        authentication: {provider: okta, clientId: base}
        jwtTokenConfiguration: {jwtissuer: base}
";

/// A base that kustomizations patch is judged as each of them leaves it, and neither it nor a
/// patch by itself.
#[test]
fn a_release_is_judged_as_its_overlays_leave_it() {
    let patch = "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: om}
spec:
  values: {openmetadata: {config: {authentication: {clientId: dev}}}}
";
    let set = "resources: [../base]
patches:
  - target: {kind: HelmRelease}
    patch: |
      - op: replace
        path: /spec/values/openmetadata/config/authentication/clientId
        value: prod
";
    let files = [
        ("base/kustomization.yaml", "resources: [om.yaml]\n"),
        ("base/om.yaml", FLUX),
        ("dev/kustomization.yaml", "resources: [../base]\npatches: [{path: om.yaml}]\n"),
        ("dev/om.yaml", patch),
        ("prod/kustomization.yaml", set),
    ];
    assert_eq!(
        shown(&files, &SHOWN),
        [
            "helm:base/om.yaml#om@dev: written okta, written dev, written base",
            "helm:base/om.yaml#om@prod: written okta, written prod, written base",
        ]
    );
    // One that changes nothing leaves the release what it is.
    let files = [files[0], files[1], ("dev/kustomization.yaml", "resources: [../base]\n")];
    let plain = "helm:base/om.yaml#om: written okta, written base, written base";
    assert_eq!(shown(&files, &SHOWN), [plain]);
    // What it does to a part of a list is not followed.
    let remove = set.replace("replace", "remove").replace("        value: prod\n", "");
    let files = [files[0], files[1], ("dev/kustomization.yaml", &remove)];
    let place = folder(&files);
    let run = omlint(place.path(), &["show", "."]);
    assert!(run.out.contains("a patch of what the chart renders"), "{}", run.out);
}

#[test]
fn an_application_is_judged_as_its_overlays_leave_it() {
    let application = "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: om}
spec:
  source:
    chart: openmetadata
    targetRevision: 1.12.4
    helm:
      values: |
        openmetadata: {config: {authentication: {provider: okta, clientId: base}}}
";
    let patch = application.replace("clientId: base", "clientId: patch");
    let patch = patch.replace("provider: okta, ", "");
    let object = application
        .replace("values: |\n        openmetadata", "valuesObject:\n        openmetadata")
        .replace("clientId: base", "clientId: patch");
    for (base, patch, expected) in [
        // A text is replaced as a whole, a mapping is merged.
        (application.to_owned(), patch.clone(), "default basic, written patch"),
        (object.replace("patch", "base"), object.clone(), "written okta, written patch"),
    ] {
        let files = [
            ("base/kustomization.yaml", "resources: [om.yaml]\n"),
            ("base/om.yaml", base.as_str()),
            ("eu/kustomization.yaml", "resources: [../base]\npatches: [{path: om.yaml}]\n"),
            ("eu/om.yaml", patch.as_str()),
        ];
        assert_eq!(
            shown(&files, &SHOWN[..2]),
            [format!("helm:base/om.yaml#om@eu: {expected}")],
            "{base}"
        );
    }
}

/// The base renders the chart, and what builds on it patches what came out.
#[test]
fn patches_of_an_overlay_are_laid_over_the_chart_of_its_base() {
    let base = "helmCharts:
  - name: openmetadata
    releaseName: om
    version: 1.12.4
    valuesInline:
      openmetadata: {config: {authentication: {provider: okta, clientId: values}}}
";
    let overlay = |id: &str| {
        format!(
            "resources: [../base]
patches:
  - target: {{kind: Deployment}}
    patch: |
      - op: add
        path: /spec/template/spec/containers/0/env/-
        value: {{name: AUTHENTICATION_CLIENT_ID, value: {id}}}
"
        )
    };
    let (dev, prod) = (overlay("dev"), overlay("prod"));
    let files = [
        ("base/kustomization.yaml", base),
        ("dev/kustomization.yaml", dev.as_str()),
        ("prod/kustomization.yaml", prod.as_str()),
    ];
    assert_eq!(
        shown(&files, &SHOWN[..2]),
        [
            "helm:base/kustomization.yaml#om@dev: written okta, written dev",
            "helm:base/kustomization.yaml#om@prod: written okta, written prod",
        ]
    );
}

/// Each overlay generates the ConfigMap that the base's release takes its values from.
#[test]
fn values_that_overlays_generate_are_each_overlays_own() {
    let release = format!("{FLUX}  valuesFrom: [{{kind: ConfigMap, name: om-values}}]\n");
    let release = release.replace("authentication: {provider: okta, clientId: base}", "a: {}");
    let overlay = "resources: [../base]
configMapGenerator:
  - {name: om-values, files: [values.yaml=om.yaml]}
";
    let files = [
        ("base/kustomization.yaml", "resources: [om.yaml]\n"),
        ("base/om.yaml", release.as_str()),
        ("dev/kustomization.yaml", overlay),
        ("dev/om.yaml", DEV),
        ("prod/kustomization.yaml", overlay),
        ("prod/om.yaml", PROD),
    ];
    assert_eq!(
        shown(&files, &SHOWN[1..]),
        [
            "helm:base/om.yaml#om@dev: written dev, written base",
            "helm:base/om.yaml#om@prod: written prod, written base",
        ]
    );
}

/// Flux's own Kustomization patches what it finds in a folder, with or without kustomize's file.
#[test]
fn patches_of_fluxs_kustomization_are_laid_over_what_it_builds() {
    let flux = |id: &str| {
        format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: om}}
spec:
  path: ./apps/om
  patches:
    - target: {{kind: HelmRelease}}
      patch: |
        - op: replace
          path: /spec/values/openmetadata/config/authentication/clientId
          value: {id}
"
        )
    };
    let (dev, prod) = (flux("dev"), flux("prod"));
    let files = [
        ("apps/om/om.yaml", FLUX),
        ("clusters/dev.yaml", dev.as_str()),
        ("clusters/prod.yaml", prod.as_str()),
        ("apps/om/kustomization.yaml", "resources: [om.yaml]\n"),
    ];
    for files in [&files[..], &files[..3]] {
        assert_eq!(
            shown(files, &SHOWN),
            [
                "helm:apps/om/om.yaml#om@clusters: written okta, written dev, written base",
                "helm:apps/om/om.yaml#om@clusters+1: written okta, written prod, written base",
            ]
        );
    }
}

/// A Secret that the kustomization generates is the one that the values of its chart name.
#[test]
fn secrets_that_a_kustomization_generates_are_those_of_its_charts() {
    let chart = "helmCharts: [{name: openmetadata, version: 1.12.4, valuesFile: values.yaml}]\n";
    let generator = "secretGenerator:\n  - {name: om, literals: [key=jJ/9sz0g0OHxsfxOoSfdFdmk3ysNmPRnH3TUAbz3IHA=]}\n";
    let values = "openmetadata: {config: {fernetkey: {secretRef: om, secretKey: key}}}\n";
    let kustomization = format!("{chart}{generator}");
    let place = folder(&[("kustomization.yaml", &*kustomization), ("values.yaml", values)]);
    let out = omlint(place.path(), &["check", ".", "--format", "concise"]).out;
    assert!(out.contains("kustomization.yaml:3:31: critical[fernet-default-key]"), "{out}");
    let release = FLUX.replace(
        "authentication:",
        "fernetkey: {secretRef: om, secretKey: key}\n        authentication:",
    );
    let kustomization = format!("resources: [om.yaml]\n{generator}");
    let place = folder(&[("kustomization.yaml", &*kustomization), ("om.yaml", &*release)]);
    let out = omlint(place.path(), &["check", ".", "--format", "concise"]).out;
    assert!(out.contains("kustomization.yaml:3:31: critical[fernet-default-key]"), "{out}");
}
