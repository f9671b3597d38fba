//! A baseline: the findings that a team began with stay silent, and only those.

mod support;

use std::path::Path;

use serde_json::Value;
use support::{Run, folder, listed, omlint, write};

const IMAGE: &str = "docker.getcollate.io/openmetadata/server:1.11.4";

fn compose(server: &str, environment: &[(&str, &str)]) -> String {
    let mut text = format!("services:\n  {server}:\n    image: {IMAGE}\n    environment:\n");
    for (name, value) in environment {
        text.push_str(&format!("      {name}: \"{value}\"\n"));
    }
    text
}

/// Several deployments with many findings each, secrets among them.
fn repository() -> tempfile::TempDir {
    let auth0 = [
        ("AUTHENTICATION_PROVIDER", "auth0"),
        ("AUTHORIZER_ADMIN_PRINCIPALS", "[admin]"),
        ("AUTHENTICATION_AUTHORITY", "https://{Your Domain}"),
        ("OIDC_CLIENT_SECRET", "Ee4mVq8sTb2nXw6z"),
        ("AUTHENTICATION_CLIENT_TYPE", "confidential"),
        ("JWT_ISSUER", "open-metadata.org"),
    ];
    let basic = [("AUTHENTICATION_PROVIDER", "basic"), ("AUTHORIZER_ADMIN_PRINCIPALS", "[jane]")];
    folder(&[
        ("deploy/compose.yml", &compose("openmetadata-server", &auth0)),
        ("lab/compose.yml", &compose("openmetadata-server", &basic)),
        (
            "charts/values.yaml",
            "openmetadata:\n  config:\n    authentication:\n      provider: google\n    authorizer:\n      initialAdmins: [admin]\n",
        ),
    ])
}

/// An ingestion workflow with a token.
fn workflow(token: &str) -> String {
    format!(
        "workflowConfig:\n  openMetadataServerConfig:\n    hostPort: http://om:8585/api\n    authProvider: openmetadata\n    securityConfig:\n      jwtToken: \"{token}\"\n"
    )
}

fn create(folder: &Path) {
    let run = omlint(folder, &["baseline", "create"]);
    assert_eq!(run.code, 0, "{}", run.err);
}

fn check(folder: &Path, arguments: &[&str]) -> Run {
    let mut all = vec!["baseline", "check", "--format", "json"];
    if !arguments.contains(&"--min-severity") {
        all.extend(["--min-severity", "info"]);
    }
    all.extend(arguments);
    omlint(folder, &all)
}

fn edit(folder: &Path, path: &str, change: impl Fn(String) -> String) {
    let text = std::fs::read_to_string(folder.join(path)).expect("the file");
    write(folder, path, change(text).as_bytes());
}

fn text(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("omlint-baseline.json")).expect("a baseline")
}

#[test]
fn what_was_there_is_silent_and_counted() {
    let folder = repository();
    let before =
        omlint(folder.path(), &["check", ".", "--format", "json", "--min-severity", "info"]);
    assert_eq!(before.code, 1);
    let number = listed(&before).len();
    assert!(number > 30, "{number}");
    create(folder.path());
    let run = check(folder.path(), &[]);
    assert_eq!((run.code, listed(&run)), (0, Vec::new()));
    assert_eq!(run.err, "");
    let report: Value = serde_json::from_str(&run.out).expect("JSON");
    assert_eq!(report["summary"]["waived_by"]["baseline"], number);
    let shown = check(folder.path(), &["--show-waived"]);
    let report: Value = serde_json::from_str(&shown.out).expect("JSON");
    let expected = serde_json::json!(
        {"kind": "baseline", "reason": "", "path": "omlint-baseline.json", "line": null});
    assert_eq!(report["findings"][0]["waived"], expected);
    // Nobody asked for it here.
    assert_eq!(omlint(folder.path(), &["check", "."]).code, 1);
    let named = omlint(folder.path(), &["check", ".", "--baseline", "omlint-baseline.json"]);
    assert_eq!(named.code, 0);
    assert!(named.out.contains(" in the baseline"), "{}", named.out);
    // The configuration is looked for up to the root of the repository.
    write(folder.path(), ".git/HEAD", b"ref: refs/heads/main\n");
    write(folder.path(), "omlint.toml", b"baseline = \"omlint-baseline.json\"\n");
    assert_eq!(omlint(folder.path(), &["check", "."]).code, 0);
    assert_eq!(omlint(&folder.path().join("deploy"), &["check", "."]).code, 0);
}

#[test]
fn after_edits_exactly_what_is_new_is_reported() {
    let folder = repository();
    let root = folder.path();
    create(root);
    // Lines move, and are written in another style.
    edit(root, "deploy/compose.yml", |text| {
        let text = text.replace("services:\n", "# Everything\n\nname: om\n\nservices:\n");
        text.replace("JWT_ISSUER: \"open-metadata.org\"", "JWT_ISSUER: 'open-metadata.org'")
    });
    // A secret is rotated, in place.
    edit(root, "deploy/compose.yml", |text| text.replace("Ee4mVq8sTb2nXw6z", "Gh5nWr9tUc3oYx7A"));
    // A file is renamed.
    std::fs::create_dir(root.join("attic")).expect("a folder");
    std::fs::rename(root.join("lab/compose.yml"), root.join("attic/compose.lab.yml")).expect("it");
    // One finding is mended, and one is new.
    edit(root, "charts/values.yaml", |text| text.replace("[admin]", "[jane.doe]"));
    let token = support::material::filled("@token:own,ingestion-bot,never@").expect("a token");
    write(root, "jobs/jobs.yaml", workflow(&token).as_bytes());
    // That the account `admin` may still be there is a remark of its own.
    let run = check(root, &["--min-severity", "low"]);
    assert_eq!(run.code, 1);
    let new = |path: &str, rule: &str| (path.to_owned(), rule.to_owned());
    let expected = [
        new("deploy/compose.yml", "oidc-secret-inline"),
        new("jobs/jobs.yaml", "jwt-embedded-token"),
    ];
    assert_eq!(listed(&run), expected);
    // The rotated secret's record and that of the mended finding are of no use any more.
    let gone: Vec<&str> = run.err.lines().filter(|line| line.contains("gone: ")).collect();
    assert_eq!(
        gone,
        [
            "omlint: gone: charts/values.yaml admin-default-principal (authorizerConfiguration.adminPrincipals)",
            "omlint: gone: deploy/compose.yml oidc-secret-inline (authenticationConfiguration.oidcConfiguration.secret)",
        ]
    );
    let update = omlint(root, &["baseline", "update"]);
    assert_eq!(update.code, 0, "{}", update.err);
    assert!(update.out.starts_with("omlint-baseline.json: 3 added, 2 removed, "), "{}", update.out);
    assert!(!text(root).contains("lab/compose.yml"));
    let run = check(root, &[]);
    assert_eq!((run.code, listed(&run), &*run.err), (0, Vec::new(), ""));
}

#[test]
fn a_finding_about_nothing_stays_the_same_where_ever_one_would_write_it() {
    let folder = folder(&[("compose.yml", &format!("services:\n  om:\n    image: {IMAGE}\n"))]);
    create(folder.path());
    write(folder.path(), "compose.yml", compose("om", &[("LOG_LEVEL", "INFO")]).as_bytes());
    let run = check(folder.path(), &[]);
    assert_eq!(listed(&run), []);
}

#[test]
fn a_second_copy_is_new_and_so_is_another_server_in_place_of_a_mended_one() {
    let folder = folder(&[("compose.yml", &compose("om", &[("JWT_ISSUER", "open-metadata.org")]))]);
    create(folder.path());
    write(
        folder.path(),
        "copy/compose.yml",
        compose("om", &[("JWT_ISSUER", "open-metadata.org")]).as_bytes(),
    );
    let run = check(folder.path(), &[]);
    assert!(!listed(&run).is_empty());
    assert!(listed(&run).iter().all(|(path, _)| path == "copy/compose.yml"));
    std::fs::remove_dir_all(folder.path().join("copy")).expect("it goes");
    let two = compose("om", &[("JWT_ISSUER", "om.acme.io")])
        + &compose("other", &[("JWT_ISSUER", "open-metadata.org")]).replace("services:\n", "");
    write(folder.path(), "compose.yml", two.as_bytes());
    let run = check(folder.path(), &[]);
    assert!(listed(&run).iter().any(|(_, rule)| rule == "jwt-default-issuer"));
}

#[test]
fn one_record_covers_one_finding() {
    let two = |first: &str, second: &str| workflow(first) + "---\n" + &workflow(second);
    let made = |who: &str| {
        support::material::filled(&format!("@token:own,{who},never@")).expect("a token")
    };
    let (bot, jane, joe) = (made("ingestion-bot"), made("jane"), made("joe"));
    let folder = folder(&[("jobs.yaml", &two(&bot, &jane))]);
    create(folder.path());
    let tokens =
        |run: &Run| listed(run).iter().filter(|(_, rule)| rule == "jwt-embedded-token").count();
    let before = omlint(folder.path(), &["check", ".", "--format", "json"]);
    assert_eq!((tokens(&before), tokens(&check(folder.path(), &[]))), (2, 0));
    write(folder.path(), "jobs.yaml", two(&jane, &bot).as_bytes());
    assert_eq!(tokens(&check(folder.path(), &[])), 0, "they changed places");
    write(folder.path(), "jobs.yaml", two(&jane, &joe).as_bytes());
    assert_eq!(tokens(&check(folder.path(), &[])), 1, "one is another");
    write(folder.path(), "jobs.yaml", two(&jane, &jane).as_bytes());
    assert_eq!(tokens(&check(folder.path(), &[])), 1, "one is there twice");
}

#[test]
fn who_looks_at_one_file_neither_calls_the_rest_gone_nor_takes_it_for_renamed() {
    let folder = repository();
    let root = folder.path();
    create(root);
    let records = text(root).lines().count();
    let run = check(root, &["lab"]);
    assert_eq!((run.code, &*run.err), (0, ""));
    // The same findings once more, elsewhere.
    let copy = std::fs::read(root.join("lab/compose.yml")).expect("it");
    write(root, "new/compose.yml", &copy);
    assert!(!listed(&check(root, &["new"])).is_empty());
    let update = omlint(root, &["baseline", "update", "new"]);
    assert!(update.out.contains(", 0 removed, "), "{}", update.out);
    assert!(text(root).lines().count() > records);
    assert_eq!(check(root, &[]).code, 0);
}

#[test]
fn the_file_reviews_well_and_holds_no_places() {
    let folder = repository();
    create(folder.path());
    let first = text(folder.path());
    let lines: Vec<&str> = first.lines().filter(|line| line.starts_with("    {")).collect();
    let mut sorted = lines.clone();
    sorted.sort_by_key(|line| line.trim_end_matches(',').to_owned());
    assert!(lines.len() > 30);
    let paths: Vec<Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line.trim_end_matches(',')).expect("a record a line"))
        .collect();
    assert!(paths.windows(2).all(|pair| {
        (pair[0]["path"].as_str(), pair[0]["rule"].as_str())
            <= (pair[1]["path"].as_str(), pair[1]["rule"].as_str())
    }));
    assert!(!first.contains("\"line") && !first.contains("Ee4mVq8sTb2nXw6z"));
    let tags = paths.iter().filter_map(|record| record["tag"].as_str());
    assert!(tags.clone().count() > 5 && tags.clone().all(|tag| tag.len() == 4));
    // The salt stays: two tags of one value under two salts would say more than one.
    edit(folder.path(), "lab/compose.yml", |text| format!("\n{text}"));
    assert_eq!(omlint(folder.path(), &["baseline", "update"]).code, 0);
    assert_eq!(text(folder.path()), first);
}

#[test]
fn one_value_has_one_tag_and_another_repository_another() {
    let file = compose(
        "om",
        &[
            ("AUTHENTICATION_PROVIDER", "auth0"),
            ("AUTHENTICATION_CLIENT_TYPE", "confidential"),
            ("OIDC_CLIENT_SECRET", "Ee4mVq8sTb2nXw6z"),
        ],
    );
    let tags = || {
        let folder = folder(&[("a/compose.yml", &file), ("b/compose.yml", &file)]);
        create(folder.path());
        let file: Value = serde_json::from_str(&text(folder.path())).expect("JSON");
        let records = file["findings"].as_array().expect("records").clone();
        let secrets = records.into_iter().filter(|r| r["rule"] == "oidc-secret-inline");
        secrets.map(|r| r["tag"].as_str().expect("a tag").to_owned()).collect::<Vec<_>>()
    };
    let (first, second) = (tags(), tags());
    assert_eq!(first.len(), 2);
    assert_eq!(first[0], first[1]);
    assert_ne!(first, second);
}

#[test]
fn what_is_accepted_or_wrong_with_waivers_is_not_recorded() {
    let file = compose("om", &[("AUTHENTICATION_PROVIDER", "basic")]).replace(
        "      AUTHENTICATION_PROVIDER",
        "      # omlint: ignore[auth-basic-enabled, auth-noop-authorizer] a lab\n      AUTHENTICATION_PROVIDER",
    );
    let folder = folder(&[("compose.yml", &file)]);
    create(folder.path());
    let recorded = text(folder.path());
    assert!(!recorded.contains("auth-basic-enabled") && !recorded.contains("waiver-"));
    let run = check(folder.path(), &[]);
    assert_eq!(listed(&run), [("compose.yml".to_owned(), "waiver-unused".to_owned())]);
    // A gate that is deaf to comments may have it recorded, and an update keeps that.
    let deaf = ["baseline", "update", "--no-inline-waivers"];
    assert!(omlint(folder.path(), &deaf).out.contains("1 added, 0 removed"));
    assert!(omlint(folder.path(), &["baseline", "update"]).out.contains("0 added, 0 removed"));
}

#[test]
fn what_cannot_be_done_is_said_and_exits_2() {
    let folder = repository();
    let root = folder.path();
    let fails = |arguments: &[&str], said: &str| {
        let run = omlint(root, arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.out);
        assert!(run.err.contains(said), "{arguments:?}: {}", run.err);
    };
    fails(&["baseline", "check"], "`omlint baseline create` makes one");
    fails(&["check", ".", "--baseline", "none.json"], "no such file");
    fails(&["baseline", "update"], "no such file");
    fails(&["baseline", "create", "nowhere"], "nothing was recorded");
    create(root);
    fails(&["baseline", "create"], "`omlint baseline update`");
    write(root, "broken.json", b"{\"version\": \"Ee4mVq8sTb2nXw6z\"}");
    fails(&["check", ".", "--baseline", "broken.json"], "line 1, column 30");
    let run = omlint(root, &["check", ".", "--baseline", "broken.json"]);
    assert!(!run.err.contains("Ee4m"), "{}", run.err);
    let later = text(root).replace("\"version\": 1", "\"version\": 2");
    write(root, "later.json", later.as_bytes());
    fails(&["check", ".", "--baseline", "later.json"], "another version of omlint");
    fails(&["baseline", "update", "--baseline", "deploy/compose.yml"], "expected what");
}

#[cfg(unix)]
#[test]
fn it_is_not_written_through_a_link() {
    let folder = repository();
    let other = support::folder(&[("target.json", "{}")]);
    let link = folder.path().join("omlint-baseline.json");
    std::os::unix::fs::symlink(other.path().join("target.json"), &link).expect("a link");
    let run = omlint(folder.path(), &["baseline", "create"]);
    assert_eq!(run.code, 2);
    create_elsewhere(folder.path());
    std::fs::copy(folder.path().join("b.json"), other.path().join("target.json")).expect("a copy");
    let before = std::fs::read(other.path().join("target.json")).expect("it");
    edit(folder.path(), "lab/compose.yml", |text| text.replace("basic", "google"));
    let run = omlint(folder.path(), &["baseline", "update"]);
    assert_eq!(run.code, 2, "{}", run.out);
    assert!(run.err.contains("symbolic link"), "{}", run.err);
    assert_eq!(std::fs::read(other.path().join("target.json")).expect("it"), before);
}

#[cfg(unix)]
fn create_elsewhere(folder: &Path) {
    assert_eq!(omlint(folder, &["baseline", "create", "--baseline", "b.json"]).code, 0);
}

#[test]
fn paths_are_named_from_the_baselines_folder() {
    let folder = repository();
    let root = folder.path();
    let run =
        omlint(&root.join("deploy"), &["baseline", "create", "..", "--baseline", "../known.json"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let file = std::fs::read_to_string(root.join("known.json")).expect("it");
    assert!(
        file.contains("\"path\":\"deploy/compose.yml\"")
            && file.contains("\"path\":\"lab/compose.yml\"")
    );
    for (place, arguments) in [
        ("lab", vec!["check", "..", "--baseline", "../known.json"]),
        (".", vec!["check", "deploy/compose.yml", "--baseline", "known.json"]),
        ("charts", vec!["baseline", "check", ".", "--baseline", "../known.json"]),
    ] {
        let run = omlint(&root.join(place), &arguments);
        assert_eq!((run.code, &*run.err), (0, ""), "{place}: {}", run.out);
    }
}
