//! Whoever follows every remedy, one after the other, ends with a file that still says what it
//! said and in which nothing is left to mend, for every way to sign in and every kind of input.

use std::collections::{BTreeMap, BTreeSet};

use omlint::config::Flags;
use omlint::lint::Finding;
use omlint::rules::Knowledge;
use omlint::rules::schema::{Example, Severity};
use omlint::{Scan, rehearsal};

#[path = "support/hand.rs"]
mod hand;

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

/// Findings of these rules are no text to paste: the words say what to do.
const IN_WORDS: [&str; 2] = ["image-vulnerable-version", "db-no-tls"];

/// Follows remedies until there is none for anything at medium or above.
fn follow((name, start): Start, provider: &str) {
    let files = BTreeMap::from([(name.to_owned(), start(provider))]);
    let (followed, left) = follow_all(files, &format!("{name}, {provider}"));
    assert!(followed.len() >= 5, "{name}, {provider}: only {followed:?}");
    assert!(left.is_empty(), "{name}, {provider}: {left:?} is left");
}

/// Follows remedies, one after the other, until there is none for anything at medium or above:
/// the rules that were followed, and those of which a finding is left.
fn follow_all(mut files: BTreeMap<String, String>, of: &str) -> (BTreeSet<String>, Vec<String>) {
    let mut followed: BTreeSet<(String, Option<String>, String)> = BTreeSet::new();
    let mut before: Option<BTreeSet<String>> = None;
    let mut last = String::new();
    loop {
        let scan = scan_all(&files);
        let shown =
            || files.iter().map(|(name, text)| format!("# {name}\n{text}")).collect::<String>();
        let mut open = BTreeSet::new();
        for finding in scan.findings.iter().filter(|f| f.severity >= Severity::Medium) {
            let id = format!("{} {}", finding.rule, finding.setting.as_deref().unwrap_or(""));
            let is_new = before.as_ref().is_some_and(|before| !before.contains(&id));
            let may = CONSEQUENCES.iter().any(|(cause, effects)| {
                let effect = |wanted: &&str| finding.rule.starts_with(*wanted);
                (cause.is_empty() || *cause == last) && effects.iter().any(effect)
            });
            assert!(!is_new || may, "{of}: {last} brings {id} in\n{}", shown());
            open.insert(id);
        }
        let next = scan.findings.iter().find(|finding| {
            let key = (finding.rule.clone(), finding.setting.clone(), place(&scan, finding).0);
            finding.severity >= Severity::Medium
                && finding.waived.is_none()
                && !finding.remedy.is_empty()
                && !followed.contains(&key)
        });
        let Some(finding) = next else {
            let left = scan.findings.iter().filter(|finding| {
                finding.severity >= Severity::Medium
                    && finding.waived.is_none()
                    && !IN_WORDS.contains(&finding.rule.as_str())
            });
            let left = left.map(|finding| finding.rule.clone()).collect();
            return (followed.into_iter().map(|(rule, ..)| rule).collect(), left);
        };
        let (path, _) = place(&scan, finding);
        followed.insert((finding.rule.clone(), finding.setting.clone(), path));
        last = finding.rule.clone();
        for (path, text) in pasted(&scan, finding) {
            let tree = omlint::syntax::yaml::parse(&text);
            let is_yaml = path.ends_with(".yaml") || path.ends_with(".yml");
            let was_whole = omlint::syntax::yaml::parse(&files[&path]).errors.is_empty();
            let broken = is_yaml && was_whole && !tree.errors.is_empty();
            assert!(!broken, "{of}: {last} breaks the file:\n{text}");
            files.insert(path, text);
        }
        before = Some(open);
    }
}

/// Rules whose remedies begin something that other rules then ask to be finished.
const CONSEQUENCES: [(&str, &[&str]); 10] = [
    ("auth-basic-enabled", FIELDS),
    ("auth-unknown-provider", FIELDS),
    ("auth-provider-empty", FIELDS),
    ("auth-section-disabled", FIELDS),
    ("auth-noop-authorizer", FIELDS),
    ("auth-noop-default-old-version", FIELDS),
    ("oidc-helm-not-enabled", &["oidc-confidential-incomplete"]),
    ("sso-client-id-missing", &["oidc-confidential-incomplete"]),
    // A file that could not be read becomes one that can be.
    ("sso-placeholder", &["admin-", "airflow-", "db-", "fernet-"]),
    // What is filled in by the tests is of one tenant, what stands there may be of another; and
    // where a file or a quoted value is to hold a secret, the words say to keep it elsewhere.
    ("", &["auth0-", "jwks-foreign-provider", "inline-secret"]),
];
const FIELDS: &[&str] =
    &["sso-", "admin-bare-", "principal-domain-", "auth-basic-", "registration-"];

#[test]
fn in_every_deployment_of_the_corpus() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/corpus");
    let mut followed = 0;
    for entry in std::fs::read_dir(corpus).unwrap() {
        let folder = entry.unwrap().path();
        let Some(files) = texts_in(&folder, &folder) else { continue };
        let name = folder.file_name().unwrap().to_string_lossy();
        followed += follow_all(files, &name).0.len();
    }
    assert!(followed > 300, "only {followed}");
}

/// The files of a folder; none where one of them is no text.
fn texts_in(root: &std::path::Path, folder: &std::path::Path) -> Option<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(texts_in(root, &path)?);
        } else if path.file_name().is_some_and(|name| name != "expected.yaml") {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            files.insert(name, std::fs::read_to_string(&path).ok()?);
        }
    }
    Some(files)
}

fn scan(name: &str, text: &str) -> Scan {
    scan_all(&BTreeMap::from([(name.to_owned(), text.to_owned())]))
}

fn scan_all(files: &BTreeMap<String, String>) -> Scan {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let files = files.clone();
    let example = Example { name: "these".into(), files, flags: vec![], severities: vec![] };
    rehearsal::run(&example, folder.path(), &Flags::default(), rehearsal::DAY)
}

/// The file of a finding, and where in it.
fn place(scan: &Scan, finding: &Finding) -> (String, std::ops::Range<usize>) {
    let span = finding.primary.span;
    let path = scan.sources.get(span.source).path.trim_start_matches("./").to_owned();
    (path, span.range())
}

/// The files that a finding's remedy changes, with the remedy in them.
fn pasted(scan: &Scan, finding: &Finding) -> BTreeMap<String, String> {
    let deployment = finding.deployments.first().map(String::as_str).unwrap_or_default();
    let service = deployment.rsplit('#').next().unwrap_or_default();
    let provider = scan
        .deployments
        .iter()
        .find(|it| it.id == deployment)
        .and_then(|it| {
            let id =
                Knowledge::built_in().catalogue.find("authenticationConfiguration.provider")?;
            Some(it.value(id).text.unquoted().outline())
        })
        .unwrap_or_default();
    let lead = (finding.primary.span, &finding.remedy, &finding.remedy_place);
    let further = finding.further.iter().map(|more| (more.span, &more.text, &more.place));
    let mut all: Vec<_> = std::iter::once(lead).chain(further).collect();
    // From the end, so that places stay; what has no place of its own comes last.
    all.sort_by_key(|(span, _, place)| {
        (
            place.starts_with(" into the ") || place.starts_with(" at the root"),
            u32::MAX - span.start,
        )
    });
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for (span, text, place) in all {
        let source = scan.sources.get(span.source);
        let path = source.path.trim_start_matches("./").to_owned();
        let old = files.get(&path).unwrap_or(&source.text).clone();
        let new = filled(text, finding.setting.as_deref(), &provider);
        files.insert(path, hand::put(&old, span.range(), &new, place, service));
    }
    files
}

/// The remedy with its marks filled in as somebody with this provider would.
fn filled(remedy: &str, setting: Option<&str>, provider: &str) -> String {
    let mut remedy = remedy.to_owned();
    while let Some((from, to)) = remedy.find('<').zip(remedy.find('>')) {
        let value = value_for(&remedy[from + 1..to], setting, provider);
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
        (mark, _) if mark.starts_with("auth0, google") => "auth0".into(),
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
fn the_other_half_of_a_pair_is_looked_for_beside_the_first() {
    let text = compose("RSA_PUBLIC_KEY_FILE_PATH: /keys/om/public_key.der");
    let (_, text, _) = told("compose.yml", &text, "jwt-key-pair-mismatch");
    assert_eq!(text, "RSA_PRIVATE_KEY_FILE_PATH: \"/keys/om/private_key.der\"");
}

#[test]
fn a_chart_that_takes_a_secret_both_ways_gets_the_reference() {
    let values = |value: &str| format!("openmetadata:\n  config:\n    fernetkey:\n      {value}\n");
    let key = "jJ/9sz0g0OHxsfxOoSfdFdmk3ysNmPRnH3TUAbz3IHA=";
    let plain = told("values.yaml", &values(&format!("value: {key}")), "fernet-default-key").1;
    let lines = "\"\"\n      secretRef: openmetadata-secrets\n      secretKey: FERNET_KEY";
    assert_eq!(plain, lines);
    let line = values(&format!("{{ value: {key} }}")).replace("fernetkey:\n      ", "fernetkey: ");
    let braces = told("values.yaml", &line, "fernet-default-key").1;
    assert_eq!(braces, "\"\", secretRef: openmetadata-secrets, secretKey: FERNET_KEY");
    let (_, text, advice) =
        told("values.yaml", &values(&format!("value: \"{key}\"")), "fernet-default-key");
    assert_eq!(text, "<your own FERNET_KEY>");
    assert!(advice.contains("write `secretRef` and `secretKey` beside it"), "{advice}");
}

#[test]
fn a_port_is_published_for_the_host_alone() {
    let port = |line: &str| {
        let text = compose("DB_HOST: db") + &format!("    ports:\n      - {line}\n");
        told("compose.yml", &text, "server-plain-http-exposed").1
    };
    assert_eq!(port("\"8585:8585\""), "127.0.0.1:8585:8585");
    assert_eq!(port("8585"), "127.0.0.1:8585:8585");
    assert_eq!(port("0.0.0.0:80:8585"), "127.0.0.1:80:8585");
    assert_eq!(port("\"${OM_PORT:-8585}:8585\""), "127.0.0.1:${OM_PORT:-8585}:8585");
    // The long form has a key for it.
    assert_eq!(port("{ target: 8585, published: 8585 }"), "");
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
