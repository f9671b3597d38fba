//! What Flux fills in when it has built a kustomization: where the values come from, and what
//! stays unknown.

mod support;

use support::{effective, folder, omlint};

/// A HelmRelease of which a Kustomization fills in some.
fn release(config: &str) -> String {
    format!(
        "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: om}}
spec:
  chart: {{spec: {{chart: openmetadata, version: 1.12.4}}}}
  values:
    openmetadata:
      config:
{config}"
    )
}

fn kustomization(more: &str) -> String {
    format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: apps}}
spec:
  path: ./apps
  postBuild:
{more}"
    )
}

const CONFIG: &str = "        authentication:
          provider: ${OM_PROVIDER:=basic}
          clientId: \"${OM_CLIENT}\"
        authorizer: {initialAdmins: [\"${OM_ADMIN:-admin}\"]}
        jwtTokenConfiguration: {jwtissuer: 'https://${OM_HOST}/'}
";
const SHOWN: [&str; 4] = [
    "AUTHENTICATION_PROVIDER",
    "AUTHENTICATION_CLIENT_ID",
    "AUTHORIZER_ADMIN_PRINCIPALS",
    "JWT_ISSUER",
];

fn shown(files: &[(&str, &str)]) -> Vec<String> {
    effective(files, &SHOWN).0.into_iter().map(|[_, _, values]| values).collect()
}

#[test]
fn each_kustomization_fills_in_its_own() {
    let of = |provider: &str, host: &str| {
        kustomization(&format!(
            "    substitute:\n      OM_PROVIDER: {provider}\n      OM_HOST: {host}\n      OM_CLIENT: om-{provider}\n"
        ))
    };
    let files = [
        ("apps/om.yaml", &*release(CONFIG)),
        ("clusters/dev/apps.yaml", &*of("google", "dev.acme.io")),
        ("clusters/prod/apps.yaml", &*of("okta", "data.acme.io")),
    ];
    assert_eq!(
        shown(&files),
        [
            "google, om-google, [admin], https://dev.acme.io/",
            "okta, om-okta, [admin], https://data.acme.io/",
        ]
    );
}

#[test]
fn a_finding_points_at_what_is_filled_in() {
    let flux = kustomization("    substitute:\n      OM_PROVIDER: basic\n      OM_HOST: acme.io\n");
    let files = [("apps/om.yaml", &*release(CONFIG)), ("clusters/apps.yaml", &*flux)];
    let place = folder(&files);
    let out = omlint(place.path(), &["check", ".", "--format", "concise"]).out;
    assert!(out.contains("clusters/apps.yaml:8:20: medium[auth-basic-enabled]"), "{out}");
    assert!(out.contains("apps/om.yaml:12:38: high[admin-default-principal]"), "{out}");
}

/// The nearest ConfigMap of the name counts; what the Kustomization itself says counts more.
#[test]
fn maps_of_the_cluster_fill_in_values() {
    let flux = kustomization(
        "    substitute: {OM_HOST: own.acme.io}
    substituteFrom: [{kind: ConfigMap, name: cluster-vars}]
",
    );
    let map = |client: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: cluster-vars}}\ndata:\n  OM_CLIENT: {client}\n  OM_HOST: x\n"
        )
    };
    let files = [
        ("apps/om.yaml", &*release(CONFIG)),
        ("clusters/prod/apps.yaml", &*flux),
        ("clusters/prod/vars.yaml", &*map("of-prod")),
        ("clusters/dev/vars.yaml", &*map("of-dev")),
    ];
    assert_eq!(shown(&files), ["basic, of-prod, [admin], https://own.acme.io/"]);
}

/// What is not among the files may set anything, so defaults do not count.
#[test]
fn what_is_not_among_the_files_stays_unknown() {
    for more in [
        "    substituteFrom: [{kind: Secret, name: cluster-secrets}]\n",
        "    substitute: {}\n    substituteFrom: [{kind: ConfigMap, name: gone, optional: true}]\n",
    ] {
        let flux = kustomization(more);
        let place = folder(&[("apps/om.yaml", &*release(CONFIG)), ("clusters/apps.yaml", &*flux)]);
        let out = omlint(place.path(), &["check", ".", "--format", "concise"]).out;
        assert!(out.contains("jwt-default-key-pair"), "{out}");
        assert!(!out.contains("auth-basic") && !out.contains("admin-default-principal"), "{out}");
    }
}

const SECRET: &str = "apiVersion: v1
kind: Secret
metadata: {name: cluster-secrets}
stringData:
  OM_FERNET: jJ/9sz0g0OHxsfxOoSfdFdmk3ysNmPRnH3TUAbz3IHA=
";

#[test]
fn a_secret_among_the_files_is_where_its_values_stand() {
    let flux = kustomization("    substituteFrom: [{kind: Secret, name: cluster-secrets}]\n");
    let values = release("        fernetkey: {value: '${OM_FERNET}'}\n");
    let files =
        [("apps/om.yaml", &*values), ("clusters/apps.yaml", &*flux), ("clusters/s.yaml", SECRET)];
    let place = folder(&files);
    let out = omlint(place.path(), &["check", ".", "--format", "concise"]).out;
    assert!(out.contains("clusters/s.yaml:5:14: critical[fernet-default-key]"), "{out}");
    assert!(!out.contains("inline-secret"), "{out}");
}

#[test]
fn what_is_switched_off_or_escaped_is_left_alone() {
    let flux =
        kustomization("    substitute: {OM_PROVIDER: okta, OM_CLIENT: mine, OM_HOST: acme.io}\n");
    let off = release(CONFIG).replace(
        "metadata: {name: om}",
        "metadata: {name: om, annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}}",
    );
    let escaped = release(&CONFIG.replace("${OM_CLIENT}", "$${OM_CLIENT}"));
    let [off, escaped] = [off, escaped].map(|text| {
        effective(&[("apps/om.yaml", &*text), ("clusters/apps.yaml", &*flux)], &SHOWN).0
    });
    assert!(!off[0][2].contains("okta") && !off[0][2].contains("mine"), "{off:?}");
    assert!(escaped[0][2].contains("okta") && !escaped[0][2].contains("mine"), "{escaped:?}");
}

#[test]
fn manifests_are_filled_in_too() {
    let flux = kustomization("    substitute: {OM_TAG: 1.2.0, OM_PROVIDER: basic}\n");
    let server = "apiVersion: apps/v1
kind: Deployment
metadata: {name: openmetadata}
spec:
  template:
    spec:
      containers:
        - name: openmetadata
          image: docker.getcollate.io/openmetadata/server:${OM_TAG}
          envFrom: [{configMapRef: {name: om}}]
          env:
            - {name: AUTHENTICATION_PROVIDER, value: \"${OM_PROVIDER}\"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: om}
data:
  AUTHORIZER_ADMIN_PRINCIPALS: '[${OM_ADMIN:=admin}]'
";
    let place = folder(&[("apps/om.yaml", server), ("clusters/apps.yaml", &*flux)]);
    let out = omlint(place.path(), &["check", ".", "--format", "concise"]).out;
    for wanted in [
        "clusters/apps.yaml:7:46: medium[auth-basic-enabled]",
        "apps/om.yaml:18:46: high[admin-default-principal]",
        "[image-vulnerable-version]",
    ] {
        assert!(out.contains(wanted), "{wanted}\n{out}");
    }
}
