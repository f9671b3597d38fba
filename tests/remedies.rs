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
    assert_eq!(
        compose(""),
        at("beside `image` (`environment:` once, for all findings that write it)", "environment:")
    );
    assert_eq!(compose("    environment:\n      DB_HOST: db\n"), at("below `environment`", ""));
    let written = "    environment: {JWT_KEY_ID: Gb389a-9f76-gdjs-a92j-0242bk94356}\n";
    assert_eq!(compose(written).0, "in its place");
    let env = "AUTHENTICATION_PROVIDER=basic\nAUTHORIZER_ADMIN_PRINCIPALS=[jane]\n";
    assert_eq!(key_id("om.env", env).0, "into this file");
    let values = "openmetadata:\n  config:\n    clusterName: x\n";
    let once = "below `config` (`jwtTokenConfiguration:` once, for all findings that write it)";
    assert_eq!(key_id("values.yaml", values), at(once, "jwtTokenConfiguration:"));
    let release = "releases:\n- name: om\n  chart: open-metadata/openmetadata\n";
    let once = "among the chart's values (`openmetadata:` once, for all findings that write it)";
    assert_eq!(key_id("helmfile.yaml", release).0, once);
}

/// What is said about one rule's finding in a file.
fn told(name: &str, text: &str, rule: &str) -> (String, String, String) {
    let scan = scan(name, text);
    let found = scan.findings.iter().find(|finding| finding.rule == rule);
    let found = found.unwrap_or_else(|| panic!("no {rule} in\n{text}"));
    (found.remedy_place.trim().to_owned(), found.remedy.clone(), found.advice.clone())
}

#[test]
fn nobody_is_told_about_a_kind_of_deployment_that_is_not_theirs() {
    let words: [(&str, &[&str]); 5] = [
        ("compose:", &["Helm", "the chart", "ClusterIP", "ConfigMap", "`extraEnvs`"]),
        ("env:", &["Helm", "the chart", "ClusterIP", "in compose"]),
        ("helm:", &["in compose", "a compose file", "127.0.0.1:"]),
        ("kubernetes:", &["Helm", "the chart", "in compose", "a compose file"]),
        ("openmetadata.yaml:", &["Helm", "the chart", "in compose", "ClusterIP"]),
    ];
    for start in [COMPOSE_MAP, COMPOSE_LIST, ENVIRONMENT, VALUES, SERVER_FILE, DEPLOYMENT] {
        for provider in PROVIDERS {
            let (name, text) = start;
            for finding in scan(name, &text(provider)).findings {
                let kind = finding.deployments.first().expect("a deployment");
                let foreign = words.iter().find(|(prefix, _)| kind.starts_with(prefix));
                for word in foreign.expect("a known kind").1 {
                    let rule = &finding.rule;
                    assert!(!finding.advice.contains(word), "{kind}, {rule}: {}", finding.advice);
                }
            }
        }
    }
}

#[test]
fn a_default_in_braces_goes_with_its_braces() {
    let written = |value: &str| {
        let text = compose(&format!("FERNET_KEY: {value}"));
        let (place, text, _) = told("compose.yml", &text, "fernet-default-key");
        (place, text)
    };
    let key = "jJ/9sz0g0OHxsfxOoSfdFdmk3ysNmPRnH3TUAbz3IHA=";
    let own = |name: &str| {
        let text = format!("${{{name}:?set it in a .env file that git ignores}}");
        (format!("in place of the whole `${{{name}:-…}}`"), text)
    };
    assert_eq!(written(&format!("${{FERNET_KEY:-{key}}}")), own("FERNET_KEY"));
    assert_eq!(written(&format!("\"${{FERNET_KEY:-{key}}}\"")), own("FERNET_KEY"));
    // The variable that people have is the one to set.
    assert_eq!(written(&format!("${{OM_FERNET:-${{FERNET_KEY:-{key}}}}}")), own("OM_FERNET"));
    assert_eq!(written(&format!("${{OM_FERNET-{key}}}")), own("OM_FERNET"));
    assert_eq!(written(key).0, "in its place");

    let text = format!("fernetConfiguration:\n  fernetKey: ${{FERNET_KEY:-{key}}}\n{SERVER_REST}");
    let (place, text, _) = told("openmetadata.yaml", &text, "fernet-default-key");
    assert_eq!(
        (place.as_str(), text.as_str()),
        ("in place of the whole `${FERNET_KEY:-…}`", "${FERNET_KEY}")
    );
}

const SERVER_REST: &str = "authenticationConfiguration:\n  provider: basic\nauthorizerConfiguration:\n  adminPrincipals: [mira]\n";

#[test]
fn a_key_that_several_remedies_need_is_written_once() {
    let place = |text: &str, rule: &str| told("values.yaml", text, rule).0;
    let bare = "openmetadata:\n  config:\n    clusterName: x\n";
    let once = "below `config` (`jwtTokenConfiguration:` once, for all findings that write it)";
    assert_eq!(place(bare, "jwt-default-key-id"), once);
    assert_eq!(place(bare, "jwt-default-key-pair"), once);
    let own = "openmetadata:\n  config:\n    jwtTokenConfiguration:\n      rsapublicKeyFilePath: /keys/public_key.der\n      rsaprivateKeyFilePath: /keys/private_key.der\n";
    let (place, text, _) = told("values.yaml", own, "jwt-default-key-id");
    assert_eq!(place, "below `jwtTokenConfiguration`");
    assert!(text.starts_with("keyId: "), "{text}");
    let silent = "services:\n  om:\n    image: openmetadata/server:1.12.6\n";
    let (place, ..) = told("compose.yml", silent, "fernet-default-key");
    assert_eq!(place, "beside `image` (`environment:` once, for all findings that write it)");
}

#[test]
fn what_stands_on_one_line_gets_its_remedy_between_the_braces() {
    let place = |name: &str, text: &str, rule: &str| {
        let (place, text, _) = told(name, text, rule);
        (place, text)
    };
    let is = |place: &str, text: &str| (place.to_owned(), text.to_owned());
    let values = |config: &str| format!("openmetadata:\n  config:\n    {config}\n");
    assert_eq!(
        place("values.yaml", &values("authorizer: {}"), "admin-default-principal"),
        is("between the braces of `authorizer`", "initialAdmins: [<your user name>]")
    );
    assert_eq!(
        place("values.yaml", &values("authorizer: null"), "admin-default-principal"),
        is("below `authorizer`, in place of `null`", "initialAdmins: [<your user name>]")
    );
    let text = "openmetadata: { config: { clusterName: x } }\n";
    assert_eq!(
        place("values.yaml", text, "fernet-default-key"),
        is(
            "between the braces of `config`, behind a comma",
            "fernetkey: { secretRef: openmetadata-secrets, secretKey: FERNET_KEY }"
        )
    );
    let compose = |environment: &str| {
        format!(
            "services:\n  om:\n    image: openmetadata/server:1.12.6\n    environment: {environment}\n"
        )
    };
    assert_eq!(
        place("compose.yml", &compose("{DB_HOST: db}"), "registration-open-all"),
        is(
            "between the braces of `environment`, behind a comma",
            "AUTHENTICATION_ENABLE_SELF_SIGNUP: \"false\""
        )
    );
    assert_eq!(
        place("compose.yml", &compose("[\"DB_HOST=db\"]"), "registration-open-all").1,
        "\"AUTHENTICATION_ENABLE_SELF_SIGNUP=false\""
    );
    let (name, text) = DEPLOYMENT;
    let text = text("basic").replace(
        "env:\n            - name: AUTHENTICATION_PROVIDER\n              value: basic\n",
        "env: [{name: AUTHENTICATION_PROVIDER, value: basic}]\n",
    );
    assert_eq!(
        place(name, &text, "fernet-default-key").1,
        "{ name: FERNET_KEY, valueFrom: { secretKeyRef: { name: openmetadata-secrets, key: FERNET_KEY } } }"
    );
}

#[test]
fn compose_takes_every_value_as_a_text() {
    let (_, text, _) = told("compose.yml", &compose("DB_HOST: db"), "registration-open-all");
    assert_eq!(text, "AUTHENTICATION_ENABLE_SELF_SIGNUP: \"false\"");
}

#[test]
fn a_container_with_references_alone_gets_the_key_for_variables() {
    let (name, text) = DEPLOYMENT;
    let text = text("basic").replace(
        "env:\n            - name: AUTHENTICATION_PROVIDER\n              value: basic\n",
        "envFrom:\n            - configMapRef: {name: om}\n",
    ) + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: om}\ndata: {DB_HOST: mysql}\n";
    let (place, text, _) = told(name, &text, "jwt-default-key-id");
    assert_eq!(place, "beside `envFrom` (`env:` once, for all findings that write it)");
    assert!(text.starts_with("env:\n  - name: JWT_KEY_ID\n    value: "), "{text}");
}

#[test]
fn what_belongs_together_is_told_at_both_places() {
    let text = "jwtTokenConfiguration:\n  rsapublicKeyFilePath: ./conf/public_key.der\n  rsaprivateKeyFilePath: ./conf/private_key.der\n".to_owned() + SERVER_REST;
    let scan = scan("openmetadata.yaml", &text);
    let pair = scan.findings.iter().find(|f| f.rule == "jwt-default-key-pair").unwrap();
    assert_eq!(pair.remedy, "/etc/openmetadata/jwtkeys/public_key.der");
    let further = pair.further.first().expect("the other half");
    assert_eq!(further.text, "/etc/openmetadata/jwtkeys/private_key.der");
    assert_eq!(scan.sources.slice(further.span), "./conf/private_key.der");
}

#[test]
fn a_finding_that_is_not_certain_says_why() {
    let (name, text) = ENVIRONMENT;
    for finding in scan(name, &text("auth0")).findings {
        let is_certain = finding.confidence == omlint::deployment::version::Confidence::High;
        assert_eq!(finding.doubt.is_none(), is_certain, "{}", finding.rule);
    }
    let own = "services:\n  om:\n    image: registry.acme.io/openmetadata-of-ours:3\n    environment:\n      AUTHENTICATION_PROVIDER: basic\n      AUTHORIZER_ADMIN_PRINCIPALS: \"[mira]\"\n";
    let scan = scan("compose.yml", own);
    let pair = scan.findings.iter().find(|f| f.rule == "jwt-default-key-pair").unwrap();
    let doubt = pair.doubt.as_deref().expect("its image may bring keys");
    assert!(doubt.contains("image"), "{doubt}");
}
