//! Findings that somebody accepted: by a comment, at the place that the finding points at.

mod support;

use serde_json::Value;
use support::{folder, omlint, workload};

/// A compose file with one finding that is easy to have: basic sign-in.
fn compose(before: &str, behind: &str) -> String {
    format!(
        "services:\n  openmetadata-server:\n    image: docker.getcollate.io/openmetadata/server:1.11.4\n    environment:\n{before}      AUTHENTICATION_PROVIDER: basic{behind}\n      AUTHORIZER_ADMIN_PRINCIPALS: '[jane.doe]'\n"
    )
}

/// All findings of a check, waived ones included, as JSON.
fn findings(files: &[(&str, &str)], arguments: &[&str]) -> Vec<Value> {
    let folder = folder(files);
    let mut all = vec!["check", ".", "--format", "json", "--show-waived"];
    all.extend(["--min-severity", "info"]);
    all.extend(arguments);
    let run = omlint(folder.path(), &all);
    let report: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err));
    report["findings"].as_array().expect("findings").clone()
}

/// The rules of waived findings, and the rules about waivers.
fn outcome(files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let rule = |finding: &Value| finding["rule"].as_str().expect("a rule").to_owned();
    let all = findings(files, &[]);
    let waived = all.iter().filter(|f| !f["waived"].is_null()).map(rule).collect();
    let faults = all.iter().map(rule).filter(|id| id.starts_with("waiver-")).collect();
    (waived, faults)
}

const BASIC: &str = "auth-basic-enabled";

#[track_caller]
fn waives(files: &[(&str, &str)], rules: &[&str]) {
    let (waived, faults) = outcome(files);
    assert_eq!((waived, faults), (rules.iter().map(|r| (*r).to_owned()).collect(), Vec::new()));
}

#[track_caller]
fn waives_nothing(files: &[(&str, &str)], faults: &[&str]) {
    let (waived, found) = outcome(files);
    let expected: Vec<String> = faults.iter().map(|r| (*r).to_owned()).collect();
    assert_eq!((waived, found), (Vec::new(), expected));
}

#[test]
fn on_the_line() {
    let file = compose("", " # omlint: ignore[auth-basic-enabled] a lab");
    waives(&[("compose.yml", &file)], &[BASIC]);
}

#[test]
fn on_the_line_above_with_other_comments_between() {
    let file = compose(
        "      # omlint: ignore[auth-basic-enabled] a lab\n      # see the wiki\n\
         \x20     # omlint: ignore[auth-noop-authorizer] a lab\n",
        "",
    );
    let (waived, faults) = outcome(&[("compose.yml", &file)]);
    assert_eq!(waived, [BASIC]);
    assert_eq!(faults, ["waiver-unused"], "of the other rule");
}

#[test]
fn above_a_key_for_everything_below_it_and_nothing_else() {
    let file = compose("", "").replace(
        "    environment:",
        "    # omlint: ignore[auth-basic-enabled] a lab\n    environment:",
    );
    waives(&[("compose.yml", &file)], &[BASIC]);
    let file = compose("", "")
        .replace("    image:", "    # omlint: ignore[auth-basic-enabled] a lab\n    image:");
    waives_nothing(&[("compose.yml", &file)], &["waiver-unused"]);
    // The first key of a mapping is not the mapping.
    let file = format!("# omlint: ignore[auth-basic-enabled] a lab\nname: x\n{}", compose("", ""));
    waives_nothing(&[("compose.yml", &file)], &["waiver-unused"]);
}

#[test]
fn what_is_not_aligned_with_a_key_covers_its_line_only() {
    let file = compose("", "").replace(
        "    environment:",
        "      # omlint: ignore[auth-basic-enabled] a lab\n    environment:",
    );
    waives_nothing(&[("compose.yml", &file)], &["waiver-unused"]);
}

#[test]
fn above_an_item_of_a_list() {
    let manifest = |first: &str, second: &str| {
        workload(&format!(
            "          env:\n{first}            - name: AUTHENTICATION_PROVIDER\n              value: basic\n{second}            - name: AUTHORIZER_ADMIN_PRINCIPALS\n              value: '[jane.doe]'\n"
        ))
    };
    let waiver = "            # omlint: ignore[auth-basic-enabled] a lab\n";
    waives(&[("om.yaml", &manifest(waiver, ""))], &[BASIC]);
    waives_nothing(&[("om.yaml", &manifest("", waiver))], &["waiver-unused"]);
}

#[test]
fn in_an_environment_file_and_only_in_its_comments() {
    let file = |before: &str, value: &str| {
        format!(
            "{before}AUTHENTICATION_PROVIDER={value}\nAUTHORIZER_ADMIN_PRINCIPALS=[jane.doe]\nJWT_ISSUER=om.acme.io\n"
        )
    };
    let above = file("# omlint: ignore[auth-basic-enabled] a lab\n", "basic");
    waives(&[("om.env", &above)], &[BASIC]);
    let behind = file("", "basic # omlint: ignore[auth-basic-enabled] a lab");
    waives(&[("om.env", &behind)], &[BASIC]);
    // Within quotes it is the value's.
    let quoted = file("NOTE=\"\n# omlint: ignore[auth-basic-enabled] a lab\"\n", "basic");
    waives_nothing(&[("om.env", &quoted)], &[]);
}

#[test]
fn a_scalar_holds_no_comments_but_a_block_does_for_what_is_in_it() {
    let file = compose("      NOTE: 'x # omlint: ignore[auth-basic-enabled] a lab'\n", "");
    waives_nothing(&[("compose.yml", &file)], &[]);
    let application = |outside: &str, inside: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: om}}\nspec:\n  source:\n    repoURL: https://helm.open-metadata.org/\n    chart: openmetadata\n    targetRevision: 1.11.4\n    helm:\n{outside}      values: |\n        openmetadata:\n          config:\n            authentication:\n{inside}              provider: basic\n            authorizer:\n              initialAdmins: [jane.doe]\n"
        )
    };
    let waiver = "omlint: ignore[auth-basic-enabled] a lab";
    let inside = application("", &format!("              # {waiver}\n"));
    waives(&[("app.yaml", &inside)], &[BASIC]);
    let outside = application(&format!("      # {waiver}\n"), "");
    waives(&[("app.yaml", &outside)], &[BASIC]);
    let elsewhere =
        application("", "").replace("    chart:", &format!("    # {waiver}\n    chart:"));
    waives_nothing(&[("app.yaml", &elsewhere)], &["waiver-unused"]);
}

#[test]
fn json_has_no_comments() {
    let file = "{\"services\": {\"openmetadata-server\": {\n\"image\": \"docker.getcollate.io/openmetadata/server:1.11.4\",\n\"environment\": {\n# omlint: ignore[auth-basic-enabled] a lab\n\"AUTHENTICATION_PROVIDER\": \"basic\"}}}}\n";
    waives_nothing(&[("compose.json", file)], &[]);
}

#[test]
fn the_primary_place_decides() {
    // The issuer is flagged; that the provider is what it is, is only why.
    let file = "AUTHENTICATION_PROVIDER=auth0\nAUTHORIZER_ADMIN_PRINCIPALS=[jane.doe]\nAUTHENTICATION_AUTHORITY=https://acme.eu.auth0.com\nAUTHENTICATION_PUBLIC_KEYS=[https://acme.eu.auth0.com/.well-known/jwks.json]\nAUTHENTICATION_CALLBACK_URL=https://om.acme.io/callback\nAUTHENTICATION_CLIENT_ID=\n";
    let all = findings(&[("om.env", file)], &[]);
    let line_of = |place: &Value| place["start"]["line"].as_u64().expect("a line") as usize;
    let finding = all
        .iter()
        .find(|f| {
            let related = f["related"].as_array().expect("labels");
            line_of(&f["primary"]) > 1 && related.iter().any(|label| line_of(label) == 1)
        })
        .expect("a finding that names the provider as its reason");
    let rule = finding["rule"].as_str().expect("a rule");
    let line = line_of(&finding["primary"]);
    let at = |number: usize| {
        let mut lines: Vec<String> = file.lines().map(str::to_owned).collect();
        lines.insert(number - 1, format!("# omlint: ignore[{rule}] a lab"));
        lines.join("\n") + "\n"
    };
    let (waived, _) = outcome(&[("om.env", &at(1))]);
    assert!(waived.is_empty(), "{waived:?}");
    let (waived, faults) = outcome(&[("om.env", &at(line))]);
    assert_eq!(waived, [rule]);
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn a_waived_finding_neither_fails_nor_is_listed_but_is_counted() {
    let file = compose("", " # omlint: ignore[auth-basic-enabled] a lab for the team");
    let folder = folder(&[("compose.yml", &file)]);
    let run = |arguments: &[&str]| {
        let mut all = vec!["check", "compose.yml"];
        all.extend(arguments);
        omlint(folder.path(), &all)
    };
    let pretty = run(&[]);
    assert!(!pretty.out.contains("[auth-basic-enabled] medium"), "{}", pretty.out);
    assert!(pretty.out.trim_end().lines().last().is_some_and(|l| l.contains("1 waived")));
    let listed = run(&["--show-waived", "--format", "concise"]);
    let line = listed.out.lines().find(|line| line.contains("[auth-basic-enabled]"));
    let line = line.expect("the waived finding");
    assert!(line.ends_with("(waived at compose.yml:5: a lab for the team)"), "{line}");
    let json: Value = serde_json::from_str(&run(&["--format", "json"]).out).expect("JSON");
    assert_eq!(json["summary"]["waived"], 1);
    assert_eq!(json["summary"]["waived_by"]["inline"], 1);
    let found = json["findings"].as_array().expect("findings");
    assert!(found.iter().all(|f| f["rule"] != "auth-basic-enabled"));
    let json: Value =
        serde_json::from_str(&run(&["--format", "json", "--show-waived"]).out).expect("JSON");
    let found = json["findings"].as_array().expect("findings");
    let waived = found.iter().find(|f| f["rule"] == "auth-basic-enabled").expect("it");
    assert_eq!(
        waived["waived"],
        serde_json::json!({"kind": "inline", "reason": "a lab for the team", "path": "compose.yml", "line": 5})
    );
}

#[test]
fn a_gate_need_not_listen_to_comments() {
    let file = compose("", " # omlint: ignore[auth-basic-enabled] a lab");
    let all = findings(&[("compose.yml", &file)], &["--no-inline-waivers"]);
    assert!(all.iter().all(|finding| finding["waived"].is_null()));
    assert!(all.iter().any(|finding| finding["rule"] == BASIC));
}

#[test]
fn without_a_reason_it_waives_nothing() {
    let file = compose("", " # omlint: ignore[auth-basic-enabled]");
    waives_nothing(&[("compose.yml", &file)], &["waiver-without-reason"]);
}

#[test]
fn an_unknown_rule_waives_nothing_and_the_others_of_the_list_do() {
    let file = compose("", " # omlint: ignore[auth-basic, auth-basic-enabled] a lab");
    let all = findings(&[("compose.yml", &file)], &[]);
    let fault = all.iter().find(|f| f["rule"] == "waiver-unknown-rule").expect("the fault");
    assert!(fault["message"].as_str().is_some_and(|m| m.contains("is it `auth-basic-enabled`?")));
    assert_eq!(fault["primary"]["start"]["line"], 5);
    assert!(all.iter().any(|f| f["rule"] == BASIC && !f["waived"].is_null()));
}

#[test]
fn a_waiver_cannot_waive_what_is_wrong_with_waivers_or_with_the_file() {
    let file = compose(
        "      # omlint: ignore[waiver-unused] quiet\n      # omlint: ignore[auth-noop-authorizer] a lab\n",
        "",
    );
    waives_nothing(&[("compose.yml", &file)], &["waiver-unknown-rule", "waiver-unused"]);
    let file = compose("      # omlint: ignore[input-not-parsed] it works\n", "\n\tX: 1");
    let all = findings(&[("compose.yml", &file)], &[]);
    let broken = all.iter().find(|f| f["rule"] == "input-not-parsed").expect("the file is broken");
    assert!(broken["waived"].is_null());
}

#[test]
fn of_a_file_that_others_refer_to_no_waiver_is_called_unused() {
    let compose = "services:\n  openmetadata-server:\n    image: docker.getcollate.io/openmetadata/server:1.11.4\n    env_file: om.env\n";
    let env = "# omlint: ignore[jwt-embedded-token] expired\nAUTHENTICATION_PROVIDER=google\n";
    let folder = folder(&[("compose.yml", compose), ("om.env", env)]);
    let run = |path: &str| {
        omlint(folder.path(), &["check", path, "--format", "concise", "--min-severity", "low"])
    };
    assert!(!run("compose.yml").out.contains("waiver-unused"));
    assert!(run(".").out.contains("waiver-unused"));
}

#[test]
fn comments_of_other_languages() {
    let token = support::material::filled("@token:own,ingestion-bot,never@").expect("a token");
    for (name, file) in [
        (
            "deploy.sh",
            format!(
                "#!/bin/sh\n# omlint: ignore[jwt-embedded-token] a test\nexport OPENMETADATA_JWT_TOKEN={token}\n"
            ),
        ),
        (
            "main.tf",
            format!(
                "variable \"t\" {{\n  default = \"{token}\" // omlint: ignore[jwt-embedded-token] a test\n}}\n# openmetadata\n"
            ),
        ),
        (
            "client.toml",
            format!(
                "# omlint: ignore[jwt-embedded-token] a test\njwt_token = \"{token}\" # openmetadata\n"
            ),
        ),
        (
            "Dockerfile",
            format!(
                "FROM python\n# omlint: ignore[jwt-embedded-token] a test\nENV OPENMETADATA_JWT_TOKEN={token}\n"
            ),
        ),
        (
            "client.py",
            format!(
                "# openmetadata\njwt_token = \"{token}\"  # omlint: ignore[jwt-embedded-token] a test\n"
            ),
        ),
    ] {
        let all = findings(&[(name, &file)], &[]);
        let tokens: Vec<&Value> = all
            .iter()
            .filter(|f| f["rule"].as_str().is_some_and(|r| r.starts_with("jwt-")))
            .collect();
        assert!(!tokens.is_empty(), "{name}");
        assert!(tokens.iter().all(|f| !f["waived"].is_null()), "{name}: {tokens:?}");
    }
}

/// A compose file that signs in with passwords, and a configuration beside it.
fn configured(waiver: &str, arguments: &[&str]) -> Vec<Value> {
    let files = [("deploy/compose.yml", &*compose("", "")), ("omlint.toml", waiver)];
    let mut all = vec!["--now", "2026-06-15"];
    all.extend(arguments);
    findings(&files, &all)
}

fn rules(findings: &[Value]) -> Vec<&str> {
    let rules = findings.iter().filter_map(|finding| finding["rule"].as_str());
    rules.filter(|rule| rule.starts_with("waiver-") || *rule == BASIC).collect()
}

#[test]
fn the_configuration_waives_by_rule_and_path() {
    let all = configured(
        "[[waiver]]\nrule = \"auth-basic-enabled\"\npath = \"deploy/**\"\nreason = \"a lab\"\n",
        &["--no-inline-waivers"],
    );
    assert_eq!(rules(&all), [BASIC]);
    let basic = all.iter().find(|f| f["rule"] == BASIC).expect("it");
    let expected =
        serde_json::json!({"kind": "config", "reason": "a lab", "path": "omlint.toml", "line": 1});
    assert_eq!(basic["waived"], expected);
}

#[test]
fn it_holds_through_its_last_day_and_not_longer() {
    let waiver = |day: &str| {
        format!(
            "[[waiver]]\nrule = \"auth-basic-enabled\"\npath = \"deploy/**\"\nreason = \"a lab\"\nexpires = {day}\n"
        )
    };
    let last = configured(&waiver("2026-06-15"), &[]);
    assert_eq!(rules(&last), [BASIC]);
    assert!(last.iter().any(|f| f["rule"] == BASIC && !f["waived"].is_null()));
    let over = configured(&waiver("2026-06-14"), &[]);
    assert!(over.iter().any(|f| f["rule"] == BASIC && f["waived"].is_null()));
    let fault = over.iter().find(|f| f["rule"] == "waiver-expired").expect("the fault");
    assert_eq!(fault["severity"], "high");
    assert_eq!(
        (&fault["primary"]["path"], &fault["primary"]["start"]["line"]),
        (&"omlint.toml".into(), &5.into())
    );
    assert!(fault["message"].as_str().is_some_and(|m| m.contains("2026-06-14")));
}

#[test]
fn mistakes_in_the_configuration_are_found_at_their_place() {
    let all = configured(
        "[[waiver]]\nrule = \"auth-basic\"\npath = \"deploy/**\"\nreason = \"a lab\"\n\n[[waiver]]\nrule = \"auth-basic-enabled\"\npath = \"deploy/**\"\nreason = \"\"\n\n[[waiver]]\nrule = \"auth-basic-enabled\"\npath = \"nowhere/**\"\nreason = \"a lab\"\n",
        &[],
    );
    let faults: Vec<(&str, u64)> = all
        .iter()
        .filter(|finding| finding["primary"]["path"] == "omlint.toml")
        .map(|f| {
            (f["rule"].as_str().unwrap_or(""), f["primary"]["start"]["line"].as_u64().unwrap_or(0))
        })
        .collect();
    assert_eq!(
        faults,
        [("waiver-unknown-rule", 2), ("waiver-without-reason", 6), ("waiver-unused", 12)]
    );
    assert!(all.iter().any(|f| f["rule"] == BASIC && f["waived"].is_null()));
}

#[test]
fn whoever_scans_one_file_does_not_hear_of_waivers_for_others() {
    let waivers = "[[waiver]]\nrule = \"auth-basic-enabled\"\npath = \"other/**\"\nreason = \"a lab\"\nexpires = 2020-01-01\n\n[[waiver]]\nrule = \"auth-basic-enabled\"\npath = \"nowhere/**\"\nreason = \"a lab\"\n";
    let folder = folder(&[("deploy/compose.yml", &compose("", "")), ("omlint.toml", waivers)]);
    let run = |path: &str| {
        let run =
            omlint(folder.path(), &["check", path, "--format", "concise", "--min-severity", "low"]);
        run.out.matches("[waiver-").count()
    };
    assert_eq!(run("deploy/compose.yml"), 0);
    assert_eq!(run("deploy"), 0);
    assert_eq!(run("."), 2);
}

#[test]
fn rules_that_are_not_asked_make_no_waiver_unused() {
    let file = compose("      # omlint: ignore[auth-noop-authorizer] a lab\n", "");
    let all = findings(&[("compose.yml", &file)], &["--select", "jwt,waivers"]);
    assert!(all.iter().all(|f| f["rule"] != "waiver-unused"), "{:?}", rules(&all));
    let all = findings(&[("compose.yml", &file)], &["--select", "mode,waivers"]);
    assert!(all.iter().any(|f| f["rule"] == "waiver-unused"));
    let all = findings(&[("compose.yml", &file)], &["--select", "mode"]);
    assert!(all.iter().all(|f| f["rule"] != "waiver-unused"));
}
