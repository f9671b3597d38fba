//! Secrets never leave. A marker is planted wherever a secret may stand, every command prints
//! what it can in every format, and nothing of the marker may come out: not as it is, not in
//! base64, hexadecimal or percent encoding, not eight characters of it.

mod support;

use std::path::Path;

use omlint::config::Loaded;
use omlint::report::{self, Format, View};
use omlint::rules::Knowledge;
use omlint::{Request, scan};
use support::marker::{Look, MARKER, ODD};
use support::{folder, omlint, omlint_with};

/// What the program is asked about a folder; `check` in every format.
fn questions() -> Vec<Vec<&'static str>> {
    let mut questions: Vec<Vec<&str>> =
        Format::ALL.iter().map(|format| vec!["check", ".", "--format", format.name()]).collect();
    questions[0].extend(["--color", "always"]);
    questions[1].extend(["--profile", "development"]);
    questions.push(vec!["show", "."]);
    questions.push(vec!["show", ".", "--format", "json"]);
    // Every format of a report lays out the same page.
    for format in ["json", "html"] {
        questions.push(vec!["report", ".", "--framework", "cwe", "--format", format]);
    }
    questions
}

/// Cases of one test: each is looked at by itself, and all of them through the program.
struct Sentinel {
    together: tempfile::TempDir,
    cases: usize,
    looks: [Look; 2],
}

impl Sentinel {
    fn new() -> Self {
        Sentinel { together: folder(&[]), cases: 0, looks: [Look::new(MARKER), Look::new(ODD)] }
    }

    /// Prints `files` in every way, with the marker for each `@M@`, and looks for it.
    fn plant(&mut self, name: &str, files: &[(&str, &str)]) {
        // Where it stands bare, the odd one would only break the file.
        let bare = files
            .iter()
            .any(|(_, text)| text.matches("@M@").count() != text.matches("\"@M@\"").count());
        for which in 0..if bare { 1 } else { 2 } {
            let marker = self.looks[which].marker;
            let files: Vec<(&str, Vec<u8>)> = files
                .iter()
                .map(|(path, text)| (*path, text.replace("@M@", marker).into_bytes()))
                .collect();
            self.plant_bytes(name, &files, which);
        }
    }

    fn plant_bytes(&mut self, name: &str, files: &[(&str, Vec<u8>)], which: usize) {
        let place = format!("case{}", self.cases);
        self.cases += 1;
        for (path, bytes) in files {
            support::write(self.together.path(), &format!("{place}/{path}"), bytes);
        }
        self.looks[which].at(name, &self.together.path().join(place));
    }

    /// The same through the program's own doors, with everything that it may say.
    fn run(self) {
        for question in questions() {
            let mut arguments = question.clone();
            arguments.push("--verbose");
            if question[0] == "check" {
                arguments.extend(["--min-severity", "info", "--min-confidence", "low"]);
                arguments.push("--show-waived");
            }
            let run = omlint(self.together.path(), &arguments);
            assert!(matches!(run.code, 0 | 1), "{question:?}: {} {}", run.code, run.err);
            for look in &self.looks {
                look.through(&run.out, &format!("{question:?}"));
                look.through(&run.err, &format!("{question:?}, stderr"));
            }
        }
        let run = omlint(self.together.path(), &["baseline", "create"]);
        assert_eq!(run.code, 0, "{}", run.err);
        let file = self.together.path().join("omlint-baseline.json");
        let recorded = std::fs::read_to_string(file).expect("a baseline");
        let check = omlint(self.together.path(), &["baseline", "check", "--show-waived"]);
        for look in &self.looks {
            look.through(&recorded, "baseline");
            look.through(&check.out, "baseline check");
            look.through(&check.err, "baseline check, stderr");
        }
    }
}

impl Look {
    /// What the library makes of the files in `folder`, in every format.
    fn at(&self, name: &str, folder: &Path) {
        let knowledge = Knowledge::built_in();
        let scan = scan(&request(folder));
        assert!(scan.broken.is_empty() && scan.failures.is_empty(), "{name}: {:?}", scan.broken);
        let shown = |id, lines: &[_]| scan.shown_of(id, lines);
        let view = View { exit_code: 1, category: "production", ..scan.view(&shown) };
        let asked =
            vec![knowledge.catalogue.iter().map(|(id, _)| id).collect(); scan.deployments.len()];
        let findings = Format::ALL.map(|format| {
            (format.name(), format.render(&view, knowledge, report::markdown::MOST_BYTES))
        });
        let settings = [
            ("show", report::show::table(&view, &knowledge.catalogue, &asked)),
            ("show json", report::show::json(&view, &knowledge.catalogue)),
        ];
        for (format, text) in findings.into_iter().chain(settings) {
            self.through(&text, &format!("{name}, {format}"));
        }
        // Labels may stand anywhere some day: every line of every file is looked at masked.
        for (id, source) in scan.sources.iter() {
            let masked = scan.shown(id).mask(&source.text, 0);
            assert_eq!(masked.len(), source.text.len(), "{name}: masking moves text");
            self.through(&masked, &format!("{name}, {} masked", source.path));
        }
    }
}

fn request(folder: &Path) -> Request {
    Request {
        paths: vec![".".into()],
        stdin: None,
        base: folder.to_owned(),
        no_ignore: false,
        env_files: Vec::new(),
        helm_values: Vec::new(),
        config: Loaded::default(),
        now: support::material::NOW,
        inline_waivers: true,
    }
}

/// How the secret settings of the catalogue are spelled.
struct Spellings {
    variables: Vec<String>,
    chart: Vec<String>,
    server: Vec<String>,
}

fn secrets() -> Spellings {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/settings.yaml"))
        .expect("the catalogue");
    let catalogue: serde_yaml::Value = serde_yaml::from_str(&text).expect("the catalogue");
    let names = |setting: &serde_yaml::Value, key: &str| -> Vec<String> {
        let list = setting[key].as_sequence().cloned().unwrap_or_default();
        list.iter()
            .filter_map(|item| {
                item.as_str().or(item["name"].as_str()).or(item["path"].as_str()).map(str::to_owned)
            })
            .collect()
    };
    let mut found = Spellings { variables: Vec::new(), chart: Vec::new(), server: Vec::new() };
    for setting in catalogue["settings"].as_sequence().expect("settings") {
        if setting["secret"] != true {
            continue;
        }
        found.variables.extend(names(setting, "env"));
        found.chart.extend(names(setting, "helm"));
        found.server.extend(setting["path"].as_str().map(str::to_owned));
    }
    found.variables.sort();
    found.variables.dedup();
    assert!(found.variables.len() > 20 && found.chart.len() > 5 && found.server.len() > 20);
    found
}

/// Nested keys for dotted paths.
fn nested(paths: &[String], indent: usize, value: &dyn Fn(&str) -> String) -> String {
    let mut groups: Vec<(&str, Vec<String>)> = Vec::new();
    for path in paths {
        let (head, rest) = path.split_once('.').unwrap_or((path, ""));
        match groups.iter_mut().find(|(name, _)| *name == head) {
            Some((_, list)) => list.push(rest.to_owned()),
            None => groups.push((head, vec![rest.to_owned()])),
        }
    }
    let pad = " ".repeat(indent);
    let mut out = String::new();
    for (head, rest) in groups {
        let (name, list) = match head.strip_suffix("[0]") {
            Some(name) => (name, true),
            None => (head, false),
        };
        let deeper: Vec<String> = rest.into_iter().filter(|path| !path.is_empty()).collect();
        if deeper.is_empty() {
            out.push_str(&format!("{pad}{name}: {}\n", value(name)));
        } else if list {
            let body = nested(&deeper, indent + 4, value);
            out.push_str(&format!("{pad}{name}:\n{pad}  - {}", body.trim_start()));
        } else {
            out.push_str(&format!("{pad}{name}:\n{}", nested(&deeper, indent + 2, value)));
        }
    }
    out
}

fn quoted(_: &str) -> String {
    "\"@M@\"".into()
}

fn compose(body: &str) -> String {
    format!(
        "services:\n  openmetadata-server:\n    image: docker.getcollate.io/openmetadata/server:1.11.4\n{body}"
    )
}

const SSO: &str = "      AUTHENTICATION_PROVIDER: auth0\n      AUTHENTICATION_CLIENT_ID: abc\n";

#[test]
fn secret_settings_in_a_compose_map() {
    let mut sentinel = Sentinel::new();
    let mut text = compose("    environment:\n");
    text.push_str(SSO);
    for name in secrets().variables {
        text.push_str(&format!("      {name}: \"@M@\"\n"));
    }
    sentinel.plant("map", &[("docker-compose.yml", &text)]);
    // The same as defaults of variables, in every form.
    for form in
        ["${X:-@M@}", "${X-@M@}", "a${X:-@M@}b", "${X:-${Y:-@M@}}", "${X:?@M@}", "${X:+@M@}"]
    {
        sentinel.plant(form, &[("docker-compose.yml", &text.replace("@M@", form))]);
    }
    sentinel.run();
}

#[test]
fn secrets_that_fill_in_public_settings() {
    let mut sentinel = Sentinel::new();
    let server = "services:\n  om:\n    image: openmetadata/server:1.12.0\n    environment:\n";
    for (name, public) in [
        ("whole", "${FERNET_KEY}"),
        ("within", "https://x/${FERNET_KEY}"),
        ("as a default", "id-${FERNET_KEY:-@M@}"),
        ("where it is set", "id-${FERNET_KEY:+@M@}"),
    ] {
        let composed = format!(
            "{server}      JWT_KEY_ID: {public}\n      AUTHENTICATION_AUTHORITY: {public}\n\
             \x20     AUTHORIZER_ADMIN_PRINCIPALS: \"[{public}]\"\n"
        );
        let files = [(".env", "FERNET_KEY=@M@\n"), ("compose.yml", composed.as_str())];
        sentinel.plant(&format!("compose, {name}"), &files);
        let lines = format!(
            "FERNET_KEY=@M@\nDB_USER_PASSWORD=own\nAUTHENTICATION_PROVIDER=auth0\n\
             JWT_KEY_ID={public}\nAUTHENTICATION_AUTHORITY={public}\n"
        );
        sentinel.plant(&format!("environment, {name}"), &[("openmetadata.env", &lines)]);
        if public.contains(":+") {
            continue; // The server knows no such operator.
        }
        let file = format!(
            "authenticationConfiguration:\n  provider: auth0\n  authority: {public}\n\
             jwtTokenConfiguration:\n  keyId: {public}\n"
        );
        sentinel.plant(&format!("server file, {name}"), &[("openmetadata.yaml", &file)]);
        let mounted = format!(
            "{server}      FERNET_KEY: \"@M@\"\n      JWT_KEY_ID: $${{FERNET_KEY}}\n    volumes:\n\
             \x20     - ./openmetadata.yaml:/opt/openmetadata/conf/openmetadata.yaml\n"
        );
        let files = [("openmetadata.yaml", file.as_str()), ("compose.yml", mounted.as_str())];
        sentinel.plant(&format!("mounted server file, {name}"), &files);
    }
    sentinel.plant(
        "a variable of a container",
        &[(
            "om.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: om}\nspec:\n  containers:\n\
             \x20 - name: om\n    image: openmetadata/server:1.12.0\n    env:\n\
             \x20   - {name: FERNET_KEY, value: \"@M@\"}\n\
             \x20   - {name: JWT_KEY_ID, value: x-$(FERNET_KEY)}\n\
             \x20   - {name: AUTHENTICATION_AUTHORITY, value: \"https://x/$(FERNET_KEY)\"}\n",
        )],
    );
    sentinel.run();
}

#[test]
fn secret_settings_in_a_compose_list() {
    let mut sentinel = Sentinel::new();
    for quote in ["", "\"", "'"] {
        let mut text = compose("    environment:\n      - AUTHENTICATION_PROVIDER=auth0\n");
        for name in secrets().variables {
            text.push_str(&format!("      - {quote}{name}=@M@{quote}\n"));
            text.push_str(&format!("      - {quote}{name}=${{X:-@M@}}{quote}\n"));
        }
        sentinel.plant("list", &[("docker-compose.yml", &text)]);
    }
    sentinel.run();
}

#[test]
fn secret_settings_in_environment_files() {
    let mut sentinel = Sentinel::new();
    let mut lines =
        String::from("AUTHENTICATION_PROVIDER=auth0\nAUTHORIZER_ADMIN_PRINCIPALS=[admin]\n");
    let mut body = String::from(
        "    environment:\n      AUTHENTICATION_PROVIDER: ${AUTHENTICATION_PROVIDER}\n",
    );
    for name in secrets().variables {
        lines.push_str(&format!(
            "{name}=@M@\n{name}_2=\"@M@\"\nexport {name}_3='@M@'\n{name}_4: @M@\n"
        ));
        body.push_str(&format!("      {name}: ${{{name}}}\n"));
    }
    let interpolated = compose(&body);
    let referring = compose("    env_file: [server.env]\n");
    sentinel.plant("lone", &[("production", &lines)]);
    sentinel.plant("lone .env", &[(".env", &lines)]);
    sentinel.plant(".env", &[(".env", &lines), ("docker-compose.yml", &interpolated)]);
    sentinel.plant("env beside", &[("env-prod", &lines), ("docker-compose.yml", &interpolated)]);
    sentinel.plant("env_file", &[("server.env", &lines), ("docker-compose.yml", &referring)]);
    sentinel.plant("CRLF", &[("server.env", &lines.replace('\n', "\r\n"))]);
    sentinel.run();
}

#[test]
fn secret_settings_in_helm_values() {
    let mut sentinel = Sentinel::new();
    let secrets = secrets();
    let head = "openmetadata:\n  config:\n    authorizer:\n      initialAdmins: [admin]\n";
    let references = |_: &str| "{ secretRef: \"@M@!\", secretKey: \"@M@!\" }".to_owned();
    let flow = |_: &str| "{@M@}".to_owned();
    for value in [&quoted as &dyn Fn(&str) -> String, &references, &flow] {
        let text = format!("{head}{}", nested(&secrets.chart, 4, value));
        sentinel.plant("values", &[("values.yaml", &text)]);
        sentinel.plant("alias", &[("values.yaml", &format!("om:\n{}", indented(&text)))]);
        let global = format!(
            "global:\n  authorizer:\n    initialAdmins: [admin]\n{}",
            nested(&secrets.chart, 2, value)
        );
        sentinel.plant("global", &[("values.yaml", &global)]);
    }
    let mut text = head.to_owned();
    text.push_str("extraEnvs:\n");
    for name in &secrets.variables {
        text.push_str(&format!("  - name: {name}\n    value: \"@M@\"\n"));
        text.push_str(&format!("  - {{ name: {name}, value: \"@M@\" }}\n"));
        text.push_str(&format!("  - value: \"@M@\"\n    name: {name}\n"));
    }
    sentinel.plant("extraEnvs", &[("values.yaml", &text)]);
    sentinel.plant("layers", &[("values.yaml", head), ("values-prod.yaml", &text)]);
    sentinel.run();
}

/// Patches of what a chart renders, of a release that holds its values, of what Flux builds.
#[test]
fn secret_settings_in_patches() {
    let mut sentinel = Sentinel::new();
    let secrets = secrets();
    let config = "{openmetadata: {config: {authorizer: {initialAdmins: [admin]}}}}";
    let release = |more: &str| {
        format!(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: om}}\nspec:\n  \
             chart: {{spec: {{chart: openmetadata, version: 1.12.4}}}}\n  values: {config}\n{more}"
        )
    };
    let mut merge = String::from(
        "kind: Deployment\nmetadata: {name: openmetadata}\nspec:\n  template:\n    spec:\n      \
         containers:\n        - name: openmetadata\n          env:\n",
    );
    let (mut add, mut set) = (String::new(), String::new());
    for name in &secrets.variables {
        merge.push_str(&format!("            - {{ name: {name}, value: \"@M@\" }}\n"));
        add.push_str(&format!(
            "- op: add\n  path: /spec/template/spec/containers/0/env/-\n  value: {{ name: {name}, value: \"@M@\" }}\n"
        ));
    }
    for path in &secrets.chart {
        let path = path.replace('.', "/");
        set.push_str(&format!(
            "- op: replace\n  path: /spec/values/openmetadata/config/{path}\n  value: \"@M@\"\n"
        ));
    }
    set.push_str("- op: remove\n  path: \"/spec/values/@M@\"\n");
    let over =
        "kind: HelmRelease\nmetadata: {name: om}\nspec:\n  values:\n    openmetadata:\n      \
                config:\n"
            .to_owned()
            + &nested(&secrets.chart, 8, &quoted);
    let listed = |patches: &[&String], target: &str, indent: &str| {
        let of = |patch: &&String| {
            let text = patch.lines().map(|line| format!("{indent}    {line}\n"));
            format!(
                "{indent}- target: {{kind: {target}}}\n{indent}  patch: |\n{}",
                text.collect::<String>()
            )
        };
        patches.iter().map(of).collect::<String>()
    };
    let render = listed(&[&merge, &add], "Deployment", "          ");
    let renderers = format!("  postRenderers:\n    - kustomize:\n        patches:\n{render}");
    sentinel.plant("post-renderers", &[("om.yaml", &release(&renderers))]);
    let chart = format!(
        "helmCharts:\n  - {{name: openmetadata, version: 1.12.4, valuesInline: {config}}}\npatches:\n{}",
        listed(&[&merge, &add], "Deployment", "  ")
    );
    sentinel.plant("helmCharts", &[("kustomization.yaml", &chart)]);
    let patches = listed(&[&over, &set], "HelmRelease", "  ");
    let overlay = format!("resources: [../base]\npatches:\n{patches}  - path: om.yaml\n");
    let base = ("base/kustomization.yaml", "resources: [om.yaml]\n");
    sentinel.plant(
        "overlay",
        &[
            base,
            ("base/om.yaml", &release("")),
            ("prod/kustomization.yaml", &overlay),
            ("prod/om.yaml", &over),
        ],
    );
    let flux = format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: om}}\nspec:\n  \
         path: ./base\n  patches:\n{patches}"
    );
    sentinel.plant("flux", &[base, ("base/om.yaml", &release("")), ("om.yaml", &flux)]);
    sentinel.run();
}

/// What Flux fills in is secret where it comes from a Secret, or is called like one.
#[test]
fn secrets_that_flux_fills_in() {
    let mut sentinel = Sentinel::new();
    let paths = secrets().chart;
    let values = nested(&paths, 8, &|_| "\"${om_value}\"".to_owned());
    let head = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: om}\nspec:\n  \
                chart: {spec: {chart: openmetadata, version: 1.12.4}}\n  values:\n    openmetadata:\n      config:\n";
    let public = "        authentication: {clientId: \"${om_password}\", authority: \"https://${om_password}/\"}\n        \
                  authorizer: {initialAdmins: [admin, \"${om_password}\"]}\n        \
                  jwtTokenConfiguration: {keyId: \"${om_password}\", jwtissuer: \"${om_password}\"}\n";
    let flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: om}\nspec:\n  \
                path: ./base\n  postBuild:\n";
    let inline = format!("{flux}    substitute: {{om_value: \"@M@\", om_password: \"@M@\"}}\n");
    let from = format!("{flux}    substituteFrom: [{{kind: Secret, name: vars}}]\n");
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: vars}\nstringData:\n  om_value: \"@M@\"\n  om_password: \"@M@\"\n";
    for (name, body) in [("secret settings", values.as_str()), ("public settings", public)] {
        let release = format!("{head}{body}");
        let files = [("base/om.yaml", release.as_str()), ("om.yaml", inline.as_str())];
        sentinel.plant(&format!("flux, {name}"), &files);
        let files = [("base/om.yaml", release.as_str()), ("om.yaml", &from), ("s.yaml", secret)];
        sentinel.plant(&format!("flux, {name} from a Secret"), &files);
    }
    sentinel.run();
}

#[test]
fn secret_settings_that_terraform_sets() {
    let mut sentinel = Sentinel::new();
    let set = |path: &String| {
        format!("  set {{\n    name = \"openmetadata.config.{path}\"\n    value = \"@M@\"\n  }}\n")
    };
    let set: String = secrets().chart.iter().map(set).collect();
    let terraform = format!(
        "resource \"helm_release\" \"om\" {{\n  chart = \"openmetadata\"\n  version = \"1.12.4\"\n\
         {set}  set_sensitive {{\n    name = \"a\"\n    value = \"@M@\" # @M@\n  }}\n}}\n"
    );
    sentinel.plant("terraform", &[("main.tf", terraform.as_str())]);
    sentinel.run();
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

#[test]
fn secret_settings_in_the_servers_own_file() {
    let mut sentinel = Sentinel::new();
    let paths = secrets().server;
    let head = "authorizerConfiguration:\n  adminPrincipals: [admin]\nauthenticationConfiguration:\n  provider: auth0\n";
    let server = |value: &dyn Fn(&str) -> String| {
        let body = nested(&paths, 0, value);
        // One section of that name only.
        let body = body.replace("authenticationConfiguration:\n", "");
        format!("{head}{body}")
    };
    sentinel.plant("literal", &[("openmetadata.yaml", &server(&quoted))]);
    sentinel.plant("default", &[("openmetadata.yaml", &server(&|_| "\"${X:-@M@}\"".into()))]);
    sentinel.plant("bare default", &[("openmetadata.yaml", &server(&|_| "${X:-@M@}".into()))]);
    sentinel.plant("block", &[("openmetadata.yaml", &server(&|_| "|\n          @M@\n".into()))]);
    let url = |url: &str| {
        format!(
            "{head}database:\n  driverClass: com.mysql.cj.jdbc.Driver\n  user: om\n  password: x\n  url: {url}\n"
        )
    };
    for jdbc in [
        "jdbc:mysql://om:@M@@db:3306/om",
        "jdbc:mysql://om:pa/@M@@db:3306/om",
        "jdbc:mysql://om:pa?@M@/x@db:3306/om",
        "jdbc:mysql://om:pa/a:@M@/b@db:3306/om",
        "jdbc:mysql://db:3306/om?user=om&password=@M@",
        "jdbc:mysql://db:3306/om;password=@M@",
        "jdbc:mysql://db/${DB:-om}?password=${P:-@M@}&x=y",
        "\"jdbc:postgresql://${U:-om:@M@}@${H:-db}/om\"",
    ] {
        sentinel.plant(jdbc, &[("openmetadata.yaml", &url(jdbc))]);
    }
    sentinel.run();
}

#[test]
fn passwords_beside_the_names_of_administrators() {
    let mut sentinel = Sentinel::new();
    for list in [
        "[admin:@M@]",
        "\"[admin:@M@]\"",
        "\"admin:@M@\"",
        "\"[admin: @M@, bob]\"",
        "[admin: @M@]",
        "[\"admin:@M@\", {bob: @M@}]",
        "\"${ADMINS:-[admin:@M@]}\"",
        "${ADMINS:-admin:@M@}",
        "\"[{admin:@M@}]\"",
        "admin:@M@@example.org",
        "\"[admin:pass,word:@M@]\"",
        "\"['admin:@M@']\"",
        "\"[admin=@M@]\"",
        "\"admin;password=@M@\"",
    ] {
        let text = compose(&format!(
            "    environment:\n      AUTHENTICATION_PROVIDER: basic\n      AUTHORIZER_ADMIN_PRINCIPALS: {list}\n      AUTHORIZER_INGESTION_PRINCIPALS: {list}\n"
        ));
        sentinel.plant(list, &[("docker-compose.yml", &text)]);
        let values = format!(
            "openmetadata:\n  config:\n    authentication:\n      provider: basic\n    authorizer:\n      initialAdmins: {list}\n      botPrincipals: {list}\n"
        );
        sentinel.plant(list, &[("values.yaml", &values)]);
        let server = format!(
            "authorizerConfiguration:\n  adminPrincipals: {list}\n  testPrincipals: {list}\nauthenticationConfiguration:\n  provider: basic\n"
        );
        sentinel.plant(list, &[("openmetadata.yaml", &server)]);
        let lines = format!("AUTHENTICATION_PROVIDER=basic\nAUTHORIZER_ADMIN_PRINCIPALS={list}\n");
        sentinel.plant(list, &[("server.env", &lines)]);
    }
    let items = "openmetadata:\n  config:\n    authorizer:\n      initialAdmins:\n        - admin:@M@\n        - admin: @M@\n        - \"bob: @M@\"\n";
    sentinel.plant("items", &[("values.yaml", items)]);
    sentinel.run();
}

#[test]
fn user_info_and_queries_of_urls() {
    let mut sentinel = Sentinel::new();
    for url in [
        "https://me:@M@@tenant.auth0.com/",
        "https://@M@@tenant.auth0.com/",
        "https://me:pa/ss@M@@tenant.auth0.com/",
        "https://me:pa,ss@M@@tenant.auth0.com/",
        "https://me:pa'ss@M@@tenant.auth0.com/",
        "https://me:pa]ss@M@@tenant.auth0.com/",
        "me:@M@@tenant.auth0.com",
        "//me:@M@@tenant.auth0.com",
        "https://tenant.auth0.com/?token=@M@",
        "https://tenant.auth0.com/?a=b,c=@M@",
        "https://tenant.auth0.com/x#access_token=@M@",
        "https://tenant.auth0.com/x;sid=@M@",
        "https://ok/,https://me:@M@@tenant/",
        "[https://ok/,https://me:@M@@tenant/]",
        "[https://ok/?key=@M@,'https://other/?x=@M@,y']",
        "${URL:-https://me:@M@@tenant/}",
    ] {
        let mut text = compose("    environment:\n      AUTHENTICATION_PROVIDER: auth0\n");
        for name in [
            "AUTHENTICATION_AUTHORITY",
            "AUTHENTICATION_CALLBACK_URL",
            "AUTHENTICATION_PUBLIC_KEYS",
            "AUTHENTICATION_CLIENT_ID",
            "OIDC_DISCOVERY_URI",
            "DB_HOST",
            "ELASTICSEARCH_HOST",
            "PIPELINE_SERVICE_CLIENT_ENDPOINT",
            "SERVER_HOST_API_URL",
            "CACHE_REDIS_URL",
        ] {
            text.push_str(&format!("      {name}: \"{url}\"\n"));
        }
        sentinel.plant(url, &[("docker-compose.yml", &text)]);
        let server = format!(
            "authorizerConfiguration:\n  adminPrincipals: [admin]\nauthenticationConfiguration:\n  provider: auth0\n  authority: \"{url}\"\n  publicKeyUrls: [\"{url}\"]\n  callbackUrl: \"{url}\"\n"
        );
        sentinel.plant(url, &[("openmetadata.yaml", &server)]);
    }
    sentinel.run();
}

#[test]
fn database_parameters_and_options_of_java() {
    let mut sentinel = Sentinel::new();
    let text = compose(
        "    environment:\n      AUTHENTICATION_PROVIDER: auth0\n      DB_PARAMS: \"user=om&password=@M@\"\n      JAVA_OPTS: -Dpassword=@M@ -Xmx1G\n      JAVA_TOOL_OPTIONS: \"-Djavax.net.ssl.trustStorePassword=@M@\"\n      OPENMETADATA_OPTS: -Dx=@M@\n      OPENMETADATA_HEAP_OPTS: \"-Xmx1G -Dy=@M@\"\n",
    );
    sentinel.plant("options", &[("docker-compose.yml", &text)]);
    sentinel.run();
}

#[test]
fn neighbours() {
    let mut sentinel = Sentinel::new();
    let text = compose(
        "    environment:\n      AUTHENTICATION_PROVIDER: auth0\n      MY_OWN_TOKEN: @M@\n      something: @M@\n      empty:\n    labels:\n      traefik.http.middlewares.auth.basicauth.users: admin:@M@\n      token: @M@\n    command: [\"--password\", \"@M@\"]\n    entrypoint: sh -c \"run --token=@M@\"\n    healthcheck:\n      test: curl -u admin:@M@ http://localhost\n    build:\n      args:\n        TOKEN: @M@\n        - TOKEN=@M@\n    logging: { options: { splunk-token: @M@ } }\n",
    )
    .replace("        - TOKEN=@M@\n", "");
    let others = "  mysql:\n    image: mysql:8\n    environment:\n      MYSQL_ROOT_PASSWORD: @M@\n    labels:\n      - \"token=@M@\"\n      - @M@\n    command: --password=@M@\n    networks:\n      default: { aliases: [@M@] }\nx-token: &token @M@\nx-list: [@M@, &a @M@, !tag @M@]\nconfigs:\n  app:\n    content: |\n      password=@M@\n      @M@\n";
    sentinel.plant("compose", &[("docker-compose.yml", &format!("{text}{others}"))]);
    // Their own settings, which rules look at.
    let names = secrets().variables;
    let map: String = names.iter().map(|name| format!("      {name}: \"@M@\"\n")).collect();
    let list: String = names.iter().map(|name| format!("      - {name}=${{X:-@M@}}\n")).collect();
    let server = compose("");
    for lines in [&map, &list] {
        let text = format!(
            "{server}  ingestion:\n    image: acme/airflow-fuseki:1\n    ports: [\"8080:8080\"]\n    environment:\n{lines}"
        );
        sentinel.plant("told", &[("docker-compose.yml", &text)]);
    }
    let env: String = names
        .iter()
        .map(|name| format!("        - {{ name: {name}, value: \"@M@\" }}\n"))
        .collect();
    let pod = |name: &str, image: &str, env: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{ name: {name} }}\nspec:\n  containers:\n    - name: c\n      image: {image}\n      env:\n        - {{ name: A, value: b }}\n{env}---\n"
        )
    };
    let both = pod("om", "docker.getcollate.io/openmetadata/server:1.11.4", "")
        + &pod("airflow", "acme/fuseki:1", &env);
    sentinel.plant("pods", &[("om.yaml", &both)]);
    let values = "openmetadata:\n  config:\n    authorizer:\n      initialAdmins: [admin]\n    unknown: { deep: [@M@] }\n    authentication: { provider: auth0, own: @M@ }\npodAnnotations:\n  vault: @M@\nmysql:\n  auth: { rootPassword: @M@ }\nextraInitContainers:\n  - command: [\"@M@\"]\n    env: [{ name: TOKEN, value: @M@ }]\nimagePullSecrets: [{ name: regcred, password: @M@ }]\ntls: |\n  -----BEGIN PRIVATE KEY-----\n  @M@\n  -----END PRIVATE KEY-----\n";
    sentinel.plant("values", &[("values.yaml", values)]);
    let lines = "AUTHENTICATION_PROVIDER=auth0\nAUTHORIZER_ADMIN_PRINCIPALS=[admin]\nSOMETHING=@M@\nlower=@M@\nMULTI=\"-----BEGIN PRIVATE KEY-----\n@M@\n-----END PRIVATE KEY-----\"\n";
    sentinel.plant("lines", &[("server.env", lines)]);
    sentinel.run();
}

#[test]
fn comments() {
    let mut sentinel = Sentinel::new();
    let text = compose(
        "    environment: # password: @M@\n      # DB_USER_PASSWORD: @M@\n      # - DB_USER_PASSWORD=@M@\n      AUTHENTICATION_PROVIDER: auth0 # was basic, password=@M@\n      DB_USER_PASSWORD: x #@M@\n      FERNET_KEY: y # @M@\n      # -----BEGIN PRIVATE KEY-----\n      # @M@\n      # -----END PRIVATE KEY-----\n      OIDC_CLIENT_SECRET: #@M@\n      DB_PARAMS: # @M@\n",
    );
    sentinel.plant("compose", &[("docker-compose.yml", &text)]);
    let lines = "AUTHENTICATION_PROVIDER=auth0 # pw=@M@\nAUTHORIZER_ADMIN_PRINCIPALS=[admin]\n# DB_USER_PASSWORD=@M@\n#@M@\nFERNET_KEY=#@M@\nDB_USER_PASSWORD=abc #@M@\n# token: @M@\n";
    sentinel.plant("lines", &[("server.env", lines)]);
    sentinel.run();
}

#[test]
fn waivers() {
    let mut sentinel = Sentinel::new();
    let text = compose(
        "    environment:\n      # omlint: ignore[auth-basic-enabled] the password is @M@\n      AUTHENTICATION_PROVIDER: basic\n      # omlint: ignore[@M@] @M@\n      # omlint: ignore[auth-basic-enabled] @M@\n      # omlint: ignore @M@\n      # omlint: ignore[auth-basic-enabled, @M@\n      DB_USER_PASSWORD: x # omlint: ignore[db-default-password] pw=@M@\n",
    );
    sentinel.plant("compose", &[("docker-compose.yml", &text)]);
    let lines = "# omlint: ignore[auth-basic-enabled] https://me:@M@@host/x?t=@M@\nAUTHENTICATION_PROVIDER=basic # omlint: ignore[auth-basic-enabled] @M@\nAUTHORIZER_ADMIN_PRINCIPALS=[admin]\n";
    sentinel.plant("lines", &[("server.env", lines)]);
    sentinel.run();
}

#[test]
fn values_that_look_like_something_else() {
    let mut sentinel = Sentinel::new();
    // What YAML makes an anchor, an alias, a tag, a key or a comment may be somebody's password.
    for value in [
        "&@M@",
        "*@M@",
        "!@M@",
        "!<@M@>",
        "{@M@}",
        "{@M@: @M@}",
        "{@M@, @M@, @M@}",
        "[@M@]",
        "[[@M@: x]]",
        "#@M@",
        "|@M@",
        "|\n        @M@",
        ">-\n        @M@\n        @M@",
        "'@M@''@M@'",
        "\"@M@\\\"@M@\"",
        "a\n        @M@",
        "? @M@",
        "\n            @M@: x",
        "\n            ? @M@\n            : x",
        "%@M@",
        "@@M@",
        "`@M@",
        "${@M@",
        "$@M@",
        "$${@M@}",
        "${X:-@M@",
        "${X:-{@M@}}",
        "$(@M@",
        "#{@M@",
        "%@M@%",
    ] {
        let text = compose(&format!(
            "    environment:\n      AUTHENTICATION_PROVIDER: auth0\n      DB_USER_PASSWORD: {value}\n      JWT_KEY_ID: Gb389a-9f76-gdjs-a92j-0242bk94356\n"
        ));
        sentinel.plant(value, &[("docker-compose.yml", &text)]);
        let values = format!(
            "openmetadata:\n  config:\n    authorizer:\n      initialAdmins: [admin]\n    database:\n      auth:\n        password: {value}\n"
        );
        sentinel.plant(value, &[("values.yaml", &values)]);
        let server = format!(
            "authorizerConfiguration:\n  adminPrincipals: [admin]\nauthenticationConfiguration:\n  provider: auth0\ndatabase:\n  password: {value}\n"
        );
        sentinel.plant(value, &[("openmetadata.yaml", &server)]);
    }
    sentinel.run();
}

#[test]
fn a_public_value_that_swallows_its_neighbours() {
    let mut sentinel = Sentinel::new();
    // A quote that is closed lines further down makes one value of all of them.
    let text = compose(
        "    environment:\n      AUTHENTICATION_PROVIDER: \"auth0\n      DB_USER_PASSWORD: @M@\n      FERNET_KEY: \"\n",
    );
    sentinel.plant("double", &[("docker-compose.yml", &text)]);
    let text = compose(
        "    environment:\n      - \"AUTHENTICATION_PROVIDER=auth0\n      - DB_USER_PASSWORD=@M@\"\n",
    );
    sentinel.plant("list", &[("docker-compose.yml", &text)]);
    let text = compose(
        "    environment:\n      AUTHENTICATION_PROVIDER: |\n        auth0\n        DB_USER_PASSWORD=@M@\n      AUTHENTICATION_AUTHORITY: auth0\n        @M@\n",
    );
    sentinel.plant("block", &[("docker-compose.yml", &text)]);
    let lines = "AUTHORIZER_ADMIN_PRINCIPALS=[admin]\nAUTHENTICATION_PROVIDER=\"auth0\nDB_USER_PASSWORD=@M@\n\"\nAUTHENTICATION_AUTHORITY='x\n@M@\n'\n";
    sentinel.plant("lines", &[("server.env", lines)]);
    let server = "authorizerConfiguration:\n  adminPrincipals: [admin]\n  principalDomain: \"${X:-open\n  token: @M@\n  y: }\"\nauthenticationConfiguration:\n  provider: auth0\n";
    sentinel.plant("server", &[("openmetadata.yaml", server)]);
    // A quote that is never closed, among lines each of which is mended for itself.
    let text = compose(
        "    environment:\n      AUTHENTICATION_PROVIDER: \"auth0\"\n      AUTHENTICATION_PUBLIC_KEYS: \"[https://a.auth0.com/jwks.json]:1.11.0\n  kind: ConfigMap      A: \"auth0\"\n      AUTHENTICATION_CLIENT_TYPE: \"confidential\"\n      OIDC_CLIENT_SECRET: @M@\n      OIDC_S?ER_URL: \"http://localhost:8585\"\n      AUTHO    OIDC_CLIENT_ID: \"b8\"\n    volumes:\n      - \"/etc/om/keys:ogue:\n  sche/keys:ro\"\n",
    );
    sentinel.plant("mended", &[("docker-compose.yml", &text)]);
    // What follows a URL with user-info, a port that is none, or a query.
    for value in [
        "https://u:p@h/x DB_USER_PASSWORD: @M@",
        "https://h:p DB_USER_PASSWORD: @M@",
        "[https://h/x,DB_USER_PASSWORD=@M@]",
        "https://h/x] DB_USER_PASSWORD: @M@ y?z",
    ] {
        let text =
            compose(&format!("    environment:\n      AUTHENTICATION_AUTHORITY: '{value}'\n"));
        sentinel.plant(value, &[("docker-compose.yml", &text)]);
    }
    sentinel.run();
}

#[test]
fn names_of_objects_that_swallow_their_neighbours() {
    let mut sentinel = Sentinel::new();
    let data = "  AUTHENTICATION_PROVIDER: basic\n  DB_HOST: mysql\n  FERNET_KEY: x\n";
    for name in [
        "a\n  DB_USER_PASSWORD=@M@",
        "DB_USER_PASSWORD=@M@",
        "'DB_USER_PASSWORD: @M@'",
        "'a DB_USER_PASSWORD: @M@'",
    ] {
        for kind in ["ConfigMap", "Secret"] {
            let lone = format!(
                "apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n{}:\n{data}",
                if kind == "Secret" { "stringData" } else { "data" }
            );
            sentinel.plant(&format!("{kind} {name}"), &[("om.yaml", &lone)]);
        }
        let workload = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  namespace: {name}\nspec:\n  template:\n    spec:\n      containers:\n        - name: {name}\n          image: openmetadata/server:1.11.0\n          envFrom:\n            - secretRef:\n                name: {name}\n"
        );
        sentinel.plant(&format!("workload {name}"), &[("om.yaml", &workload)]);
        let release = format!(
            "releases:\n  - name: {name}\n    namespace: {name}\n    chart: open-metadata/openmetadata\n    values:\n      - openmetadata:\n          config:\n            authentication:\n              provider: basic\n"
        );
        sentinel.plant(&format!("release {name}"), &[("helmfile.yaml", &release)]);
        let path = "      - \"{{ .Environment.Name }}.yaml\"\n";
        let environments = format!("environments:\n  ? {name}\n  : {{}}\n{release}{path}");
        sentinel.plant(&format!("environment {name}"), &[("helmfile.yaml", &environments)]);
        let stack = format!("name: {name}\n{}", compose("    environment: {}\n"));
        sentinel.plant(&format!("project {name}"), &[("docker-compose.yml", &stack)]);
    }
    sentinel.run();
}

#[test]
fn paths_that_swallow_their_neighbours() {
    let mut sentinel = Sentinel::new();
    let swallowed = "../shared\n        enabled: true\n        DB_USER_PASSWORD: @M@ x: y";
    let script = "/openmetadata-start.sh";
    for (name, attribute) in [
        ("env_file", format!("    env_file: [{swallowed}]\n")),
        ("extends", format!("    extends:\n      file: {}\n", "a DB_USER_PASSWORD=@M@")),
        (
            "mount",
            "    volumes: [\"./x:/opt/openmetadata/conf/openmetadata.yaml DB_USER_PASSWORD=@M@\"]\n".to_owned(),
        ),
        ("script", format!("    volumes: [\"./x:/DB_USER_PASSWORD=@M@{script}\"]\n")),
    ] {
        sentinel.plant(name, &[("docker-compose.yml", &compose(&attribute))]);
    }
    let include = format!("include: [{swallowed}]\n{}", compose("    environment: {}\n"));
    sentinel.plant("include", &[("docker-compose.yml", &include)]);
    for (name, text) in [
        ("values", "releases:\n  - name: a\n    chart: open-metadata/openmetadata\n    values: [@S@]\n".to_owned()),
        ("sources", "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  source:\n    chart: openmetadata\n    helm:\n      valueFiles: [@S@]\n".to_owned()),
        ("resources", "resources: [@S@]\npatches: [{path: 'a DB_USER_PASSWORD=@M@'}]\nhelmCharts:\n  - name: openmetadata\n    valuesFile: 'a DB_USER_PASSWORD=@M@'\n".to_owned()),
    ] {
        let file = if name == "resources" { "kustomization.yaml" } else { "helmfile.yaml" };
        sentinel.plant(name, &[(file, &text.replace("@S@", swallowed))]);
    }
    sentinel.run();
}

#[test]
fn keys_written_twice() {
    let mut sentinel = Sentinel::new();
    let text = compose(
        "    environment:\n      AUTHENTICATION_PROVIDER: auth0\n      @M@: x\n      @M@: y\n      DB_USER_PASSWORD: @M@\n      DB_USER_PASSWORD: \"@M@2\"\n",
    );
    let text = text.replace(
        "      @M@: x\n      @M@: y\n",
        "      {@M@: x, @M@: y}: z\n      o: {@M@, @M@}\n",
    );
    sentinel.plant("compose", &[("docker-compose.yml", &text)]);
    let lines = "AUTHENTICATION_PROVIDER=auth0\nAUTHORIZER_ADMIN_PRINCIPALS=[admin]\nFERNET_KEY=@M@\nFERNET_KEY=@M@x\nKEY=\n@M@==\n@M@==\n";
    sentinel.plant("lines", &[("server.env", lines)]);
    sentinel.run();
}

#[test]
fn broken_files() {
    let mut sentinel = Sentinel::new();
    let whole = compose(
        "    environment:\n      AUTHENTICATION_PROVIDER: auth0\n      AUTHORIZER_ADMIN_PRINCIPALS: \"[admin:@M@]\"\n      DB_USER_PASSWORD: @M@\n      # FERNET_KEY: @M@\n      OIDC_CLIENT_SECRET: \"@M@\"\n      MULTI: |\n        @M@\n        @M@: @M@\n",
    );
    let values = "openmetadata:\n  config:\n    authorizer:\n      initialAdmins: [\"admin:@M@\"]\n    authentication:\n      provider: auth0\n    database:\n      auth:\n        password: @M@\n    # @M@\n";
    for (name, text) in [("docker-compose.yml", whole.as_str()), ("values.yaml", values)] {
        let lines: Vec<&str> = text.lines().collect();
        for damage in [
            "\t- : [",
            "      X: \"never closed",
            "      Y: 'never closed",
            "}",
            "  a: b: c @M@",
            "@M@",
            "- @M@",
            "\"@M@",
            "%@M@",
            "&",
            "*",
            "      Z: @M@: @M@",
            "      \"@M@\": [",
            "\u{0}",
            "      K: \"\\q@M@\"",
        ] {
            for at in [3, lines.len()] {
                let mut broken = lines.clone();
                broken.insert(at.min(broken.len()), damage);
                sentinel
                    .plant(&format!("{damage:?} at {at}"), &[(name, &(broken.join("\n") + "\n"))]);
            }
        }
    }
    sentinel.run();
}

#[test]
fn broken_lines_in_environment_files() {
    let mut sentinel = Sentinel::new();
    let head = "AUTHENTICATION_PROVIDER=auth0\nAUTHORIZER_ADMIN_PRINCIPALS=[admin]\n";
    for line in [
        "@M@",
        "@M@==",
        "@M@=@M@",
        "export @M@",
        "DB_USER_PASSWORD @M@",
        "DB_USER_PASSWORD =@M@",
        "DB USER PASSWORD=@M@",
        "DB_USER_PASSWORD=\"@M@",
        "DB_USER_PASSWORD='@M@",
        "DB_USER_PASSWORD=\"a\"@M@",
        "DB_USER_PASSWORD=\"a\nFERNET_KEY=@M@",
        "AUTHENTICATION_AUTHORITY=\"https://x\nFERNET_KEY=@M@",
        "KEY=-----BEGIN PRIVATE KEY-----\n@M@\n@M@=\n-----END PRIVATE KEY-----",
        "=@M@",
        "-@M@=x",
        "{@M@",
        "DB_USER_PASSWORD: '@M@",
        "  - DB_USER_PASSWORD=@M@",
    ] {
        sentinel.plant(line, &[("server.env", &format!("{head}{line}\n"))]);
        sentinel.plant(line, &[("server.env", &format!("{line}\n{head}"))]);
        let compose = compose(
            "    env_file: .env\n    environment:\n      AUTHENTICATION_PROVIDER: ${AUTHENTICATION_PROVIDER}\n",
        );
        sentinel
            .plant(line, &[(".env", &format!("{head}{line}\n")), ("docker-compose.yml", &compose)]);
    }
    sentinel.run();
}

#[test]
fn dockerfiles() {
    let mut sentinel = Sentinel::new();
    let head = "FROM docker.getcollate.io/openmetadata/server:1.9.4 AS @M@\n\
                ENV AUTHENTICATION_PROVIDER=auth0 AUTHORIZER_ADMIN_PRINCIPALS=[admin:@M@]\n";
    for line in [
        "ENV DB_USER_PASSWORD=@M@",
        "ENV DB_USER_PASSWORD @M@",
        "ENV DB_USER_PASSWORD=\"@M@\" FERNET_KEY='@M@'",
        "ENV DB_USER_PASSWORD=a\\ @M@ \\\n    FERNET_KEY=@M@ \\\n    AUTHENTICATION_CLIENT_ID=x",
        "ENV AUTHENTICATION_AUTHORITY=\"https://x DB_USER_PASSWORD=@M@",
        "ENV AUTHENTICATION_AUTHORITY=https://u:@M@@x.auth0.com/",
        "ENV AUTHENTICATION_AUTHORITY https://x DB_USER_PASSWORD=@M@",
        "ENV @M@=@M@ \\\n@M@",
        "ARG FERNET_KEY=@M@\nENV FERNET_KEY=$FERNET_KEY",
        "# DB_USER_PASSWORD=@M@\nRUN echo @M@ > /x\nLABEL k=@M@",
        "ADD https://u:@M@@x/keys.tgz /opt/openmetadata/conf/",
        "COPY --from=@M@ @M@ /opt/openmetadata/conf/public_key.der",
        "RUN <<EOF\nENV DB_USER_PASSWORD=@M@\nEOF",
    ] {
        sentinel.plant(line, &[("Dockerfile", &format!("{head}{line}\n"))]);
        let compose = compose("    build: .\n    environment:\n      DB_HOST: db\n");
        let files = [("Dockerfile", format!("{head}{line}\n")), ("docker-compose.yml", compose)];
        sentinel.plant(line, &files.each_ref().map(|(name, text)| (*name, text.as_str())));
    }
    let reg = "FROM u:@M@@reg.io/openmetadata/server:1.9.4\nENV AUTHORIZER_ADMIN_PRINCIPALS=[admin] JWT_KEY_ID=x\n";
    sentinel.plant("registry", &[("Dockerfile", reg)]);
    sentinel.run();
}

#[test]
fn bytes_that_are_no_text() {
    let mut sentinel = Sentinel::new();
    let text = compose("    environment:\n      AUTHENTICATION_PROVIDER: auth0\n      DB_USER_PASSWORD: @M@\n      AUTHORIZER_ADMIN_PRINCIPALS: \"[admin:@M@]\"\n").replace("@M@", MARKER);
    let at = text.find(MARKER).expect("planted") + 3;
    let mut broken = text.clone().into_bytes();
    broken.splice(at..at, [0xff, 0xfe]);
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for bytes in [broken, utf16] {
        sentinel.plant_bytes("bytes", &[("docker-compose.yml", bytes)], 0);
    }
    sentinel.run();
}

#[test]
fn text_on_standard_input() {
    let text = compose("    environment:\n      AUTHENTICATION_PROVIDER: auth0\n      DB_USER_PASSWORD: @M@\n      X: \"@M@\n").replace("@M@", MARKER);
    let folder = folder(&[]);
    let look = Look::new(MARKER);
    for format in ["pretty", "concise", "json"] {
        let run =
            omlint_with(folder.path(), &["check", "-", "--format", format, "-v"], text.as_bytes());
        look.through(&run.out, format);
        look.through(&run.err, format);
    }
}

#[test]
fn explanations_hold_no_secret_of_anybody() {
    // `explain` prints the rule files and nothing else: it does not even look at the folder.
    let folder =
        folder(&[(".env", &format!("AUTHENTICATION_PROVIDER=auth0\nFERNET_KEY={MARKER}\n"))]);
    let look = Look::new(MARKER);
    let list = omlint(folder.path(), &["rules"]);
    for line in list.out.lines() {
        let id = line.split_whitespace().next().expect("a rule's id");
        let run = omlint(folder.path(), &["explain", id]);
        assert_eq!(run.code, 0, "{id}");
        look.through(&run.out, id);
    }
}

/// A private key or a token where a name is expected, in the notations that nothing tells from one.
#[test]
fn keys_and_tokens_in_place_of_names() {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    let pair = omlint::crypto::generate::generate(2048).expect("a pair");
    let private = STANDARD.encode(pair.private_der());
    let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
    let claims = part(r#"{"sub":"somebody-of-whom-a-log-need-not-tell","exp":null}"#);
    let token = format!(
        "{}.{claims}.{}",
        part(r#"{"alg":"RS256"}"#),
        &private[600..900].replace(['/', '+'], "-")
    );
    let jwk =
        format!(r#"{{"kty":"RSA","n":"x","d":"{}""#, private[600..900].replace(['/', '+'], "-"));
    let secrets = [private.clone(), STANDARD.encode(&private), token, jwk];
    let mut files = Vec::new();
    for (number, secret) in secrets.iter().enumerate() {
        let written = format!("'{secret}'");
        let encoded = STANDARD.encode(secret);
        for (path, text) in [
            (
                ".env",
                format!(
                    "AUTHENTICATION_PROVIDER=auth0\nAUTHENTICATION_CLIENT_ID={written}\nJWT_ISSUER={written}\n"
                ),
            ),
            (
                "values.yaml",
                format!(
                    "openmetadata:\n  config:\n    authentication:\n      provider: {written}\n      clientId: {written}\n"
                ),
            ),
            (
                "deploy/om.yaml",
                format!(
                    "apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\ndata: {{k: {encoded}}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: om}}\nspec:\n  containers:\n    - name: om\n      image: openmetadata/server:1.11.8\n      env:\n        - {{name: AUTHENTICATION_CLIENT_ID, valueFrom: {{secretKeyRef: {{name: s, key: k}}}}}}\n        - {{name: AUTHENTICATION_PROVIDER, value: '$(AUTHENTICATION_CLIENT_ID)'}}\n"
                ),
            ),
            (
                "fleet/fleet.yaml",
                format!(
                    "helm:\n  chart: openmetadata\n  version: {written}\n  valuesFiles: [{written}]\n  values: {{}}\ntargetCustomizations:\n  - {{name: {written}, helm: {{values: {{openmetadata: {{}}}}}}}}\n"
                ),
            ),
        ] {
            files.push((format!("{number}/{path}"), text));
        }
    }
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let place = folder(&files);
    for question in questions() {
        let run = omlint(place.path(), &question);
        let printed: String = format!("{}{}", run.out, run.err).split_whitespace().collect();
        for secret in &secrets {
            // What stands before the number of a JSON web key is no secret.
            let first = if secret.starts_with('{') { 4 } else { 0 };
            for at in (first * 8..secret.len() - 16).step_by(64) {
                let piece = &secret[at..at + 16];
                assert!(!printed.contains(piece), "{question:?}: {piece}");
            }
        }
    }
}
