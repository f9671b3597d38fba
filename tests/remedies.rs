//! Whoever follows every remedy, one after the other, ends with a file that still says what it
//! said and in which nothing is left to mend, for every way to sign in and every kind of input.

use std::collections::{BTreeMap, BTreeSet};

use omlint::config::Flags;
use omlint::lint::Finding;
use omlint::rules::schema::{Example, Severity};
use omlint::{Scan, rehearsal};

const PROVIDERS: [&str; 9] =
    ["auth0", "okta", "google", "azure", "custom-oidc", "aws-cognito", "saml", "ldap", "basic"];
const TENANT: &str = "3f6c1d52-8a0b-4a34-9f0e-6f1f3b7a2c11";

/// A file's name and its text for a provider, with nothing hardened.
type Start = (&'static str, fn(&str) -> String);

const COMPOSE_MAP: Start =
    ("docker-compose.yml", |provider| compose(&format!("AUTHENTICATION_PROVIDER: {provider}")));
const COMPOSE_LIST: Start =
    ("docker-compose.yml", |provider| compose(&format!("- AUTHENTICATION_PROVIDER={provider}")));
const ENVIRONMENT: Start = ("server.env", |provider| {
    format!("AUTHENTICATION_PROVIDER={provider}\nAUTHORIZER_ADMIN_PRINCIPALS=[admin]\n")
});
const VALUES: Start = ("values.yaml", |provider| {
    format!("openmetadata:\n  config:\n    authentication:\n      provider: {provider}\n")
});
const ARGO: Start = ("application.yaml", |provider| {
    format!(
        "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: catalog
spec:
  source:
    repoURL: https://helm.open-metadata.org
    chart: openmetadata
    targetRevision: 1.11.8
    helm:
      parameters: [{{name: openmetadata.config.authentication.provider, value: {provider}}}]
      valuesObject:
        replicaCount: 1
"
    )
});
const SERVER_FILE: Start = ("openmetadata.yaml", |provider| {
    format!(
        "database:
  user: catalog
pipelineServiceClientConfiguration:
  enabled: true
fernetConfiguration:
  fernetKey:
jwtTokenConfiguration:
  resourcePath: /keys
authenticationConfiguration:
  provider: {provider}
authorizerConfiguration:
  adminPrincipals: [admin]
"
    )
});
const DEPLOYMENT: Start = ("deployment.yaml", |provider| {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: catalog
spec:
  template:
    spec:
      containers:
        - name: server
          image: docker.getcollate.io/openmetadata/server:1.11.8
          env:
            - name: AUTHENTICATION_PROVIDER
              value: {provider}
"
    )
});
const CONFIG_MAP: Start = ("configmap.yaml", |provider| {
    format!(
        "apiVersion: v1
kind: ConfigMap
metadata:
  name: openmetadata-env
data:
  DB_HOST: mysql
  AUTHENTICATION_PROVIDER: {provider}
  AUTHORIZER_ADMIN_PRINCIPALS: \"[admin]\"
"
    )
});

fn compose(line: &str) -> String {
    format!(
        "services:
  openmetadata-server:
    image: docker.getcollate.io/openmetadata/server:1.11.8
    environment:
      {line}
"
    )
}

#[test]
fn for_every_way_to_sign_in() {
    for provider in PROVIDERS {
        follow(COMPOSE_MAP, provider);
        follow(VALUES, provider);
    }
}

#[test]
fn for_every_kind_of_input() {
    for start in [COMPOSE_LIST, ENVIRONMENT, ARGO, SERVER_FILE, DEPLOYMENT, CONFIG_MAP] {
        follow(start, "auth0");
        follow(start, "ldap");
    }
}

/// Follows remedies until there is none for anything at medium or above.
fn follow((name, start): Start, provider: &str) {
    let mut text = start(provider);
    let mut followed = BTreeSet::new();
    loop {
        let scan = scan(name, &text);
        for told in ["input-not-parsed", "duplicate-key"] {
            let broken = scan.findings.iter().any(|finding| finding.rule == told);
            assert!(!broken, "{name}, {provider}: {told} in\n{text}");
        }
        assert_eq!(scan.deployments.len(), 1, "{name}, {provider}:\n{text}");
        let mut open = scan.findings.iter().filter(|f| f.severity >= Severity::Medium);
        let Some(finding) = open.find(|finding| !finding.remedy.is_empty()) else { break };
        let again = !followed.insert((finding.rule.clone(), finding.setting.clone()));
        assert!(!again, "{name}, {provider}: {} comes again in\n{text}", finding.rule);
        text = pasted(&scan, finding, provider);
    }
    assert!(followed.len() >= 5, "{name}, {provider}: only {followed:?}");
}

fn scan(name: &str, text: &str) -> Scan {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), text).unwrap();
    let files = BTreeMap::from([(name.to_owned(), text.to_owned())]);
    let example = Example { name: name.into(), files, flags: vec![], severities: vec![] };
    rehearsal::run(&example, folder.path(), &Flags::default(), rehearsal::DAY)
}

/// The text with a finding's remedy in it.
fn pasted(scan: &Scan, finding: &Finding, provider: &str) -> String {
    let span = finding.primary.span;
    let text = &scan.sources.get(span.source).text;
    let (start, end) = (span.start as usize, span.range().end);
    let remedy = filled(finding, provider);
    let after = text[end..].trim_start_matches(['"', '\'']);
    // Where only a name stands, the line is written anew.
    if remedy.starts_with(&format!("{}:", &text[start..end])) {
        let below = text[end..].find('\n').map_or(text.len(), |at| end + at);
        return format!("{}{remedy}{}", &text[..start], &text[below..]);
    }
    if !finding.unset
        || after.trim_start_matches(' ').starts_with('\n')
        || &text[start..end] == "false"
    {
        return format!("{}{remedy}{}", &text[..start], &text[end..]);
    }
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let below = text[end..].find('\n').map_or(text.len(), |at| end + at);
    let indent = text[line..].len() - text[line..].trim_start_matches(' ').len();
    let pad = if after.starts_with(':') { " ".repeat(indent + 2) } else { String::new() };
    let lines: String = remedy.lines().map(|line| format!("\n{pad}{line}")).collect();
    format!("{}{lines}{}", &text[..below], &text[below..])
}

/// The remedy with its marks filled in as somebody with this provider would.
fn filled(finding: &Finding, provider: &str) -> String {
    let mut remedy = finding.remedy.clone();
    while let Some((from, to)) = remedy.find('<').zip(remedy.find('>')) {
        let value = value_for(&remedy[from + 1..to], finding.setting.as_deref(), provider);
        remedy.replace_range(from..=to, &value);
    }
    remedy
}

fn value_for(mark: &str, setting: Option<&str>, provider: &str) -> String {
    let tenant = match provider {
        "okta" => "nordwind.okta.com".to_owned(),
        "azure" => format!("login.microsoftonline.com/{TENANT}/v2.0"),
        "aws-cognito" => "cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Nw1kQ7xZp".into(),
        "custom-oidc" => "sso.nordwind-data.de/realms/main".into(),
        "google" => "accounts.google.com".into(),
        _ => "nordwind.eu.auth0.com".into(),
    };
    match (mark, setting.unwrap_or("").rsplit('.').next().unwrap_or("")) {
        ("auth0, google, okta, azure, aws-cognito, custom-oidc or saml", _) => "auth0".into(),
        (mark, _) if mark.contains("FERNET") => {
            "q81HqDtbqAywKSOumSha3BhWNOdQ26slT6K0YaZeZw4=".into()
        }
        (mark, _) if mark.starts_with("your own") => "v8Kq2Ls7Tz".into(),
        ("your user name", _) => "mira.holt".into(),
        (_, "publicKeyUrls") => match provider {
            "google" => "www.googleapis.com/oauth2/v3/certs".into(),
            "azure" => format!("login.microsoftonline.com/{TENANT}/discovery/v2.0/keys"),
            "okta" => format!("{tenant}/oauth2/v1/keys"),
            _ => format!("{tenant}/.well-known/jwks.json"),
        },
        (_, "authority") => tenant,
        (_, "clientId") => match provider {
            "google" => "4711-nordwind.apps.googleusercontent.com".into(),
            "azure" => "5c2f8a34-6c1b-4f0a-9a5e-0d8f6c3b7e21".into(),
            _ => "Zk3vQ9xLm2Np7RtYw5UbHs8DcFgJa1Ke".into(),
        },
        _ => "nordwind-data.de".into(),
    }
}

/// Text and place of what is to be written about the key id.
fn key_id(name: &str, text: &str) -> (String, String) {
    let scan = scan(name, text);
    let finding = scan.findings.iter().find(|f| f.rule == "jwt-default-key-id").expect(name);
    let lines =
        finding.remedy.lines().filter(|line| !line.contains("keyId") && !line.contains('"'));
    (finding.remedy_place.trim().to_owned(), lines.map(str::trim).collect::<Vec<_>>().join(" "))
}

#[test]
fn people_are_told_where_the_text_goes() {
    let compose = |lines: &str| {
        let text = format!("services:\n  om:\n    image: openmetadata/server:1.12.6\n{lines}");
        key_id("docker-compose.yml", &text)
    };
    let at = |place: &str, text: &str| (place.to_owned(), text.to_owned());
    assert_eq!(compose(""), at("beside `image`", "environment:"));
    assert_eq!(compose("    environment: {DB_HOST: db}\n"), at("below `environment`", ""));
    let written = "    environment: {JWT_KEY_ID: Gb389a-9f76-gdjs-a92j-0242bk94356}\n";
    assert_eq!(compose(written).0, "in its place");
    let env = "AUTHENTICATION_PROVIDER=basic\nAUTHORIZER_ADMIN_PRINCIPALS=[jane]\n";
    assert_eq!(key_id("om.env", env).0, "into this file");
    let values = "openmetadata:\n  config:\n    clusterName: x\n";
    assert_eq!(key_id("values.yaml", values), at("below `config`", "jwtTokenConfiguration:"));
    let release = "releases:\n- name: om\n  chart: open-metadata/openmetadata\n";
    assert_eq!(key_id("helmfile.yaml", release).0, "among the chart's values");
}
