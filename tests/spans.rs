//! Whatever a file holds, every place that is reported lies in it and between characters, and
//! the same files give the same findings in whatever order they are named.

mod support;

use std::fmt::Write;
use std::path::Path;

use omlint::config::Loaded;
use omlint::{Request, Scan, scan};

const COMPOSE: &str = r#"x-env: &env
  DB_USER_PASSWORD: openmetadata_password # ü
services:
  openmetadata-server:
    image: docker.getcollate.io/openmetadata/server:1.11.4
    ports: ["8585:8585"]
    environment:
      <<: *env
      AUTHENTICATION_PROVIDER: ${PROVIDER:-auth0}
      AUTHENTICATION_PUBLIC_KEYS: "[{Domain}/.well-known/jwks.json, ${URL:-http://localhost:8585}/x]"
      AUTHENTICATION_AUTHORITY: 'https://é.auth0.com/'
      AUTHENTICATION_CLIENT_ID: {Client ID}
      AUTHORIZER_ADMIN_PRINCIPALS: "[admin, \"böb\", admin:pw]"
      JWT_KEY_ID: "Gb389a-9f76-gdjs-a92j-0242bk94356"
      FERNET_KEY: >-
        jJ/9sz0g0OHxsfxOoSfdFdmk3ysNmPRnH3TUAbz3IHA=
"#;

const LIST: &str = "services:
  om:
    image: openmetadata/server:1.3.0
    env_file: .env
    environment:
      - AUTHENTICATION_PROVIDER=basic
      - \"AUTHORIZER_ADMIN_PRINCIPALS=[admin]\"
      - JWT_KEY_ID=$JWT_KEY_ID
      - 'DB_USER_PASSWORD=☃'
";

const LINES: &str =
    "# ☃\nAUTHENTICATION_PROVIDER=auth0\nexport AUTHORIZER_ADMIN_PRINCIPALS=\"[admin]\"
JWT_KEY_ID='Gb389a-9f76-gdjs-a92j-0242bk94356'\nPROVIDER: basic\nURL=${HOST:-https://ü}\n";

const VALUES: &str = "openmetadata:
  config:
    authorizer:
      initialAdmins: [admin, \"user:pässword\"]
      principalDomain: open-metadata.org
    authentication:
      provider: \"auth0\"
      publicKeys:
        - https://{your domain}/.well-known/jwks.json
      clientId: {Client ID}
    jwtTokenConfiguration: {keyId: Gb389a-9f76-gdjs-a92j-0242bk94356}
    fernetkey: {value: jJ/9sz0g0OHxsfxOoSfdFdmk3ysNmPRnH3TUAbz3IHA=}
extraEnvs:
  - name: AUTHENTICATION_CALLBACK_URL
    value: |
      http://localhost:8585/callback
";

const SERVER: &str = r#"authorizerConfiguration:
  adminPrincipals: ${AUTHORIZER_ADMIN_PRINCIPALS:-[admin]}
  principalDomain: ${AUTHORIZER_PRINCIPAL_DOMAIN:-"open-metadata.org"}
authenticationConfiguration:
  provider: ${AUTHENTICATION_PROVIDER:-basic}
  publicKeyUrls: ["${KEYS:-http://ö}", x]
jwtTokenConfiguration:
  keyId: ${JWT_KEY_ID:-"Gb389a-9f76-gdjs-a92j-0242bk94356"}
database:
  url: jdbc:${DB_SCHEME:-mysql}://${DB_HOST:-localhost}:${DB_PORT:-3306}/${OM_DATABASE:-om}?${DB_PARAMS:-a=b}
  password: ${DB_USER_PASSWORD:-openmetadata_password}
"#;

/// What is put into the texts: everything that means something to one of the parsers, and
/// characters of every length.
const PIECES: [&str; 44] = [
    "é", "☃", "🔑", "\u{feff}", "\u{2028}", "\u{85}", "\u{0}", "\r", "\r\n", "\n", "\t", " ", "  ",
    "\"", "'", "\\", "#", " # ", ":", ": ", "- ", "[", "]", "{", "}", ",", "&a ", "*a", "!t ",
    "|\n", ">-\n", "%", "---\n", "...", "$", "${", "${A:-", "$$", "}}", "{{ x }}", "=", "<<: *env",
    "@", "\u{202e}",
];

/// A small generator: the same numbers on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }

    fn boundary(&mut self, text: &str) -> usize {
        let mut at = self.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    /// `text` with a few things put in, taken out, doubled or cut off.
    fn mutated(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for _ in 0..=self.below(4) {
            let (a, b) = (self.boundary(&text), self.boundary(&text));
            let near = text[a..].char_indices().nth(3).map_or(text.len(), |(n, _)| a + n);
            match self.below(12) {
                0 => text.truncate(a.max(near)),
                1 | 2 => text.replace_range(a..near, ""),
                3 => {
                    let line = text.lines().nth(self.below(12)).unwrap_or("").to_owned() + "\n";
                    let start = text[..a].rfind('\n').map_or(0, |n| n + 1);
                    text.insert_str(start, &line);
                }
                4 => text = text.replace('\n', ["\r\n", "\n", "\n ", "\n\n"][self.below(4)]),
                5 => {
                    let piece = text[a.min(b)..a.max(b)].chars().take(20).collect::<String>();
                    text.insert_str(a, &piece);
                }
                _ => text.insert_str(a, PIECES[self.below(PIECES.len())]),
            }
        }
        text
    }
}

fn request(base: &Path, paths: &[&str]) -> Request {
    Request {
        paths: paths.iter().map(Into::into).collect(),
        stdin: None,
        base: base.to_owned(),
        no_ignore: false,
        env_files: Vec::new(),
        helm_values: Vec::new(),
        config: Loaded::default(),
        now: 1_795_392_000,
        inline_waivers: true,
    }
}

/// Everything that a scan found, as text.
fn told(scan: &Scan) -> String {
    let mut out = String::new();
    for finding in &scan.findings {
        let path = |span: omlint::source::Span| &scan.sources.get(span.source).path;
        let place = finding.primary.span;
        let _ = write!(out, "{} {:?} {:?} ", finding.rule, finding.severity, finding.confidence);
        let _ = write!(out, "{} {:?} {} ", path(place), place.range(), finding.fingerprint);
        let _ = writeln!(out, "{} {:?}", finding.message, finding.deployments);
        for label in &finding.related {
            let _ =
                writeln!(out, "  {} {:?} {}", path(label.span), label.span.range(), label.message);
        }
    }
    for (deployment, limits) in scan.deployments.iter().zip(&scan.cannot_tell) {
        let _ = writeln!(out, "{} {limits:?}", deployment.id);
    }
    out
}

fn assert_same(one: &str, other: &str, who: &str) {
    let (mut left, mut right) = (one.lines(), other.lines());
    loop {
        let pair = (left.next(), right.next());
        assert_eq!(pair.0, pair.1, "{who}");
        if pair.0.is_none() {
            return;
        }
    }
}

fn assert_places_are_real(scan: &Scan, text: &str) {
    assert_eq!(scan.broken, Vec::<String>::new(), "{text:?}");
    for finding in &scan.findings {
        for label in std::iter::once(&finding.primary).chain(&finding.related) {
            let source = scan.sources.get(label.span.source);
            let range = label.span.range();
            assert!(
                source.text.get(range.clone()).is_some(),
                "{} at {range:?} of {} in {text:?}",
                finding.rule,
                source.path
            );
        }
    }
    for deployment in &scan.deployments {
        for (_, value) in deployment.values() {
            for span in value
                .origin
                .span
                .into_iter()
                .chain(value.origin.steps.iter().filter_map(|s| s.span))
            {
                let source = scan.sources.get(span.source);
                assert!(source.text.get(span.range()).is_some(), "{:?} in {text:?}", span.range());
            }
        }
    }
}

/// Masking neither breaks nor moves anything.
fn assert_masking_keeps_places(scan: &Scan, text: &str) {
    for (id, source) in scan.sources.iter() {
        let masked = scan.shown(id).mask(&source.text, 0);
        assert_eq!(masked.len(), source.text.len(), "{text:?}");
        assert_eq!(masked.chars().count(), source.text.chars().count(), "{text:?}");
        // A line by itself looks as it does among all others.
        for line in [source.text.len() % source.line_count(), source.line_count() / 2] {
            let line = source.line_range(line);
            let shown = scan.shown_of(id, std::slice::from_ref(&line));
            let alone = shown.mask(&source.text[line.clone()], line.start);
            assert_eq!(alone, masked[line], "{text:?}");
        }
    }
}

/// A text by itself, as a hook hands it over.
fn alone(name: &str, text: &str) -> Scan {
    let mut request = request(Path::new("/nowhere"), &[]);
    request.stdin = Some((name.to_owned(), text.as_bytes().to_vec()));
    scan(&request)
}

#[test]
fn places_in_changed_files_are_real() {
    let mut random = Random(1);
    for round in 0..2000 {
        let (name, sample) = [
            ("docker-compose.yml", COMPOSE),
            ("docker-compose.yml", LIST),
            ("server.env", LINES),
            ("values.yaml", VALUES),
            ("openmetadata.yaml", SERVER),
        ][round % 5];
        let text = random.mutated(sample);
        let first = alone(name, &text);
        assert_places_are_real(&first, &text);
        if round % 4 == 0 {
            assert_masking_keeps_places(&first, &text);
        }
        if round % 11 == 0 {
            assert_eq!(told(&first), told(&alone(name, &text)), "{text:?}");
        }
    }
}

#[test]
fn the_samples_as_they_stand_are_judged() {
    for (name, text) in [
        ("docker-compose.yml", COMPOSE),
        ("docker-compose.yml", LIST),
        ("server.env", LINES),
        ("values.yaml", VALUES),
        ("openmetadata.yaml", SERVER),
    ] {
        let scan = alone(name, text);
        assert_eq!(scan.deployments.len(), 1, "{name}");
        assert!(scan.findings.len() >= 2, "{name}");
    }
}

#[test]
fn the_order_of_paths_does_not_matter() {
    let mut random = Random(2);
    for _ in 0..20 {
        let folder = support::folder(&[
            ("a/docker-compose.yml", &random.mutated(COMPOSE)),
            ("a/.env", &random.mutated(LINES)),
            ("b/compose.yaml", &random.mutated(LIST)),
            ("b/.env", &random.mutated(LINES)),
            ("c/values.yaml", &random.mutated(VALUES)),
            ("c/values-prod.yaml", &random.mutated(VALUES)),
            ("d/openmetadata.yaml", &random.mutated(SERVER)),
        ]);
        let mut paths = vec![
            "a/docker-compose.yml",
            "a/.env",
            "b/compose.yaml",
            "b/.env",
            "c/values.yaml",
            "c/values-prod.yaml",
            "d/openmetadata.yaml",
        ];
        let expected = scan(&request(folder.path(), &paths));
        assert_places_are_real(&expected, "a tree");
        let expected = told(&expected);
        for _ in 0..3 {
            let (a, b) = (random.below(paths.len()), random.below(paths.len()));
            paths.swap(a, b);
            paths.rotate_left(1);
            let again = told(&scan(&request(folder.path(), &paths)));
            assert_same(&again, &expected, &format!("{paths:?}"));
        }
        let again = told(&scan(&request(folder.path(), &["."])));
        assert_same(&again, &expected, "the folder");
        let again = told(&scan(&request(folder.path(), &["./b", "a", "./a/../d", "c"])));
        assert_same(&again, &expected, "folders");
    }
}

#[test]
fn what_a_bare_name_passes_on_is_shown_where_it_is_written() {
    let compose = "services:
  openmetadata-server:
    image: openmetadata/server:1.12.1
    environment:
      AUTHENTICATION_PROVIDER: okta
      AUTHENTICATION_CLIENT_ID:
      JWT_KEY_ID:
";
    let env =
        "# of this host\nAUTHENTICATION_CLIENT_ID=\nJWT_KEY_ID=Gb389a-9f76-gdjs-a92j-0242bk94356\n";
    let (_folder, scan) = support::scanned(&[("docker-compose.yml", compose), (".env", env)]);
    let place = |rule: &str| {
        let finding = scan.findings.iter().find(|f| f.rule == rule).expect("a finding");
        let source = scan.sources.get(finding.primary.span.source);
        (source.path.clone(), source.position(finding.primary.span.start as usize).line)
    };
    assert_eq!(place("jwt-default-key-id"), (".env".to_owned(), 3));
    assert_eq!(place("sso-client-id-missing"), (".env".to_owned(), 2));
}
