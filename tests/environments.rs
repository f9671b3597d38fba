//! One wrapper for several environments: what its expressions stand for in each, and what nobody
//! can tell.

mod support;

use support::effective;

/// `deployment: values` of some variables in each deployment.
fn shown(files: &[(&str, &str)]) -> Vec<String> {
    const SHOWN: [&str; 4] = [
        "AUTHENTICATION_PROVIDER",
        "AUTHENTICATION_CLIENT_ID",
        "AUTHORIZER_ADMIN_PRINCIPALS",
        "JWT_ISSUER",
    ];
    let (found, _) = effective(files, &SHOWN);
    found.into_iter().map(|[id, _, values]| format!("{id}: {values}")).collect()
}

fn set(generators: &str, helm: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: om}}
spec:
  goTemplate: true
  generators:
{generators}
  template:
    metadata: {{name: 'om-{{{{ .env }}}}'}}
    spec:
      source:
        repoURL: https://helm.open-metadata.org
        chart: openmetadata
        targetRevision: 1.12.4
        helm:
{helm}
"
    )
}

const VALUES: &str = "          valuesObject:
            openmetadata:
              config:
                authentication: {provider: '{{ .provider }}', clientId: '{{ .client | quote }}'}
                authorizer: {initialAdmins: ['{{ .admin }}']}
                jwtTokenConfiguration: {jwtissuer: 'https://{{ .host }}/'}";

/// With and without quotes, in a mapping and in a text.
#[test]
fn elements_of_a_list_fill_in_values() {
    let generators = "    - list:
        elements:
          - {env: dev, provider: basic, client: d, admin: admin, host: dev.example.org}
          - {env: prod, provider: okta, client: p, admin: kim, host: example.org}";
    let wanted = [
        "helm:set.yaml#om@om-dev: basic, d, [admin], https://dev.example.org/",
        "helm:set.yaml#om@om-prod: okta, p, [kim], https://example.org/",
    ];
    assert_eq!(shown(&[("set.yaml", &set(generators, VALUES))]), wanted);
    let text = "          values: |
            openmetadata:
              config:
                authentication:
                  provider: {{ .provider }}
                  clientId: {{ .client }}
                authorizer:
                  initialAdmins: [ {{ .admin }} ]
                jwtTokenConfiguration:
                  jwtissuer: https://{{ .host }}/";
    assert_eq!(shown(&[("set.yaml", &set(generators, text))]), wanted);
}

#[test]
fn files_of_the_repository_fill_in_values() {
    let generators = "    - git:
        files: [{path: 'clusters/**/om.yaml'}, {path: clusters/old/om.yaml, exclude: true}]";
    let values = VALUES.replace(".provider", ".auth.provider").replace(".host", ".path.basename");
    let set = set(generators, &values);
    let files = [
        ("argocd/set.yaml", set.as_str()),
        ("clusters/a/om.yaml", "{env: a, auth: {provider: okta}, client: ca, admin: kim}"),
        ("clusters/b/om.yaml", "{env: b, auth: {provider: google}, client: cb}"),
        ("clusters/old/om.yaml", "{env: old, auth: {provider: google}}"),
    ];
    assert_eq!(
        shown(&files),
        [
            "helm:argocd/set.yaml#om@om-a: okta, ca, [kim], https://a/",
            // What the file does not say nobody knows.
            "helm:argocd/set.yaml#om@om-b: google, cb, [a template expression], https://b/",
        ]
    );
}

#[test]
fn generators_are_combined_and_merged() {
    let matrix = "    - matrix:
        generators:
          - list: {elements: [{env: a, client: a}, {env: b, client: b}]}
          - list: {elements: [{provider: okta, admin: kim, host: h}]}";
    assert_eq!(
        shown(&[("set.yaml", &set(matrix, VALUES))]),
        [
            "helm:set.yaml#om@om-a: okta, a, [kim], https://h/",
            "helm:set.yaml#om@om-b: okta, b, [kim], https://h/"
        ]
    );
    let merge = "    - merge:
        mergeKeys: [env]
        generators:
          - list: {elements: [{env: a, provider: okta, client: a, admin: kim, host: h}]}
          - list: {elements: [{env: a, provider: google}, {env: c, provider: basic}]}";
    assert_eq!(
        shown(&[("set.yaml", &set(merge, VALUES))]),
        ["helm:set.yaml#om@om-a: google, a, [kim], https://h/"]
    );
}

/// Which clusters there are stands in Argo CD alone.
#[test]
fn what_a_cluster_says_is_unknown() {
    let clusters = "    - clusters: {values: {provider: okta}}";
    let values = VALUES.replace(".provider", ".values.provider");
    assert_eq!(
        shown(&[("set.yaml", &set(clusters, &values))]),
        ["helm:set.yaml#om@1: okta, unknown, [a template expression], https://{{ … }}/"]
    );
}

#[test]
fn a_template_that_patches_the_applications_may_set_anything() {
    let set = set("    - list: {elements: [{env: a}]}", VALUES).replace(
        "  template:\n",
        "  templatePatch: |\n    spec:\n      source:\n        {{- if .files }}\n        \
         helm: {valueFiles: {{ .files }}}\n        {{- end }}\n  template:\n",
    );
    let set = set
        .replace("                jwtTokenConfiguration: {jwtissuer: 'https://{{ .host }}/'}", "");
    assert_eq!(
        shown(&[("set.yaml", &set)]),
        ["helm:set.yaml#om: unknown, unknown, [a template expression], unknown"]
    );
}

const RELEASES: &str = "
releases:
  - name: om
    chart: open-metadata/openmetadata
    version: 1.12.4
    values:
      - base.yaml
      - '{{ .Environment.Name }}.yaml'
      - openmetadata: {config: {jwtTokenConfiguration: {jwtissuer: '{{ .Values.issuer }}'}}}
";
const BASE: &str = "openmetadata: {config: {authentication: {provider: okta, clientId: base}}}\n";
const PROD: &str = "openmetadata: {config: {authentication: {clientId: prod}}}\n";

/// What environments there are may stand in a file of their own, with what each says.
#[test]
fn a_helmfile_takes_its_environments_from_what_it_is_based_on() {
    let helmfile = format!("bases: [environments.yaml]\n---{RELEASES}");
    let environments = "environments:\n  dev: {values: [{issuer: dev.example.org}]}\n  \
                        prod: {values: [more.yaml]}\n";
    let files = [
        ("helmfile.yaml", helmfile.as_str()),
        ("environments.yaml", environments),
        ("more.yaml", "issuer: example.org\n"),
        ("base.yaml", BASE),
        ("dev.yaml", "openmetadata: {config: {authorizer: {initialAdmins: [kim]}}}\n"),
        ("prod.yaml", PROD),
    ];
    assert_eq!(
        shown(&files),
        [
            "helm:helmfile.yaml#om@dev: okta, base, [kim], dev.example.org",
            "helm:helmfile.yaml#om@prod: okta, prod, [admin], example.org",
        ]
    );
}

/// A release takes over what a template says, and adds its own values to it.
#[test]
fn a_release_of_a_helmfile_takes_over_a_template() {
    let helmfile = "templates:
  common:
    chart: open-metadata/openmetadata
    version: 1.12.4
    values: ['{{`{{ .Release.Name }}`}}.yaml']
releases:
  - name: base
    inherit: [{template: common}]
    values: [prod.yaml]
";
    let files = [("helmfile.yaml", helmfile), ("base.yaml", BASE), ("prod.yaml", PROD)];
    assert_eq!(shown(&files), ["helm:helmfile.yaml#base: okta, prod, [admin], open-metadata.org"]);
}

/// What is to be changed stands in the element, not in the expression that takes it over.
#[test]
fn a_finding_points_at_the_element_that_says_the_value() {
    let generators = "    - list:
        elements:
          - {env: dev, provider: basic, client: d, admin: admin, host: dev.example.org}
          - {env: prod, provider: okta, client: p, admin: kim, host: example.org}";
    let values = "          valuesObject:
            openmetadata:
              config:
                authorizer: {initialAdmins: ['{{ .admin }}']}
          parameters: [{name: openmetadata.config.authentication.provider, value: '{{ .provider }}'}]";
    let folder = support::folder(&[("set.yaml", &set(generators, values))]);
    let run = support::omlint(folder.path(), &["check", ".", "--format", "concise"]);
    for wanted in ["set.yaml:9:59: high[admin-default", "set.yaml:9:34: medium[auth-basic-enabled]"]
    {
        assert!(run.out.contains(wanted), "{}", run.out);
    }
}

/// A helmfile may hand values to the one that it takes in.
#[test]
fn a_helmfile_hands_values_down() {
    let outer = "helmfiles:
  - path: openmetadata/helmfile.yaml
    values:
      - {provider: okta}
      - values/prod.yaml
";
    let inner = "releases:
  - name: om
    chart: open-metadata/openmetadata
    version: 1.12.4
    values:
      - openmetadata:
          config:
            authentication: {provider: '{{ .Values.provider }}', clientId: '{{ .Values.client }}'}
";
    let files = [
        ("helmfile.yaml", outer),
        ("values/prod.yaml", "client: of-prod\n"),
        ("openmetadata/helmfile.yaml", inner),
    ];
    let found = effective(&files, &["AUTHENTICATION_PROVIDER", "AUTHENTICATION_CLIENT_ID"]).0;
    assert_eq!(found.iter().map(|it| it[2].as_str()).collect::<Vec<_>>(), ["okta, of-prod"]);
}
