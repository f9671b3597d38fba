//! One small input through every format; what GitHub, GitLab and readers of SARIF and JUnit
//! demand; and how reports reach files. After a wanted change:
//! `INSTA_UPDATE=always cargo test --test formats`, then read the diff.
//!
//! `tests/consumers/install` fetches the published SARIF schema and programs that others wrote
//! to read these formats; the test that asks them is skipped where they are not.

mod support;

use std::path::Path;

use omlint::deployment::version::Confidence;
use omlint::lint::{Accepted, Finding, Further, Label, Tally, Waived};
use omlint::report::{Format, View, markdown};
use omlint::rules::Knowledge;
use omlint::rules::schema::Severity;
use omlint::source::discover::Note;
use omlint::source::mask::Shown;
use omlint::source::repository::Repository;
use omlint::source::{Arrival, Source, Sources, Span};
use serde_json::Value;
use support::{Run, consumer, folder, omlint, omlint_with, write};

/// A file with a BOM, letters of several bytes, and a value over two lines.
const FIRST: &str = "\u{feff}# größe 🔑\r\nissuer: ünï\r\nadmins: >-\r\n  admin,\r\n  bob\r\n";

/// Files, findings and notes as hostile as they come.
struct Sample {
    sources: Sources,
    findings: Vec<Finding>,
    notes: Vec<Note>,
    failures: Vec<Note>,
    broken: Vec<String>,
    repository: Repository,
    exit_code: u8,
}

impl Sample {
    fn new() -> Self {
        let mut sources = Sources::default();
        let first = sources.add(Source::new("a, b/100%.yml", FIRST, Arrival::Named));
        let second = sources.add(Source::new("keys/\u{202e}ü.der", "(a key)", Arrival::Named));
        let at = |source, range| Span::new(source, range);
        let issuer = FIRST.find("ünï").expect("it is there");
        let admins = FIRST.find(">-").expect("it is there");
        let findings = vec![
            finding("jwt-default-issuer", Severity::Low, at(first, issuer..issuer + 5), &[]),
            finding(
                "admin-default-principal",
                Severity::High,
                at(first, admins..FIRST.len() - 2),
                &[at(first, issuer..issuer + 5), at(second, 0..0)],
            ),
            // About the whole file: no line of its own.
            finding("jwt-private-key-in-tree", Severity::Critical, at(second, 0..0), &[]),
        ];
        Sample {
            sources,
            findings,
            notes: Vec::new(),
            failures: Vec::new(),
            broken: Vec::new(),
            repository: Repository::new("/home/me/repo", "deploy"),
            exit_code: 1,
        }
    }

    fn render(&self, format: Format) -> String {
        self.cut(format, markdown::MOST_BYTES)
    }

    fn cut(&self, format: Format, most: usize) -> String {
        let view = View {
            sources: &self.sources,
            deployments: &[],
            cannot_tell: &[],
            findings: self.findings.iter().collect(),
            hidden: 0,
            waived: Tally::default(),
            least: Severity::Low,
            notes: &self.notes,
            failures: &self.failures,
            broken: &self.broken,
            files_seen: 2,
            repository: &self.repository,
            exit_code: self.exit_code,
            category: "staging area/eu",
            shown: &|_, _| Shown::default(),
            color: false,
        };
        format.render(&view, Knowledge::built_in(), most)
    }

    fn sarif(&self) -> Value {
        serde_json::from_str(&self.render(Format::Sarif)).expect("JSON")
    }
}

fn finding(rule: &str, severity: Severity, primary: Span, related: &[Span]) -> Finding {
    let label = |span, message: &str| Label { span, message: message.to_owned() };
    Finding {
        rule: rule.to_owned(),
        severity,
        confidence: Confidence::Medium,
        doubt: Some("the image may bring its own".to_owned()),
        deployments: vec!["compose:a, b/100%.yml#server".to_owned()],
        message: format!(
            "`{rule}` is 100% wrong, see: [x](https://e.org) <b>|</b> @me\n::error::\u{1b}[31m"
        ),
        setting: Some("jwtTokenConfiguration.jwtissuer".to_owned()),
        primary: label(primary, "this \u{202e}here"),
        unset: false,
        related: related.iter().map(|span| label(*span, "[because] of this")).collect(),
        remedy: "A: 1\nB: 100%\n".to_owned(),
        remedy_place: " in its place".to_owned(),
        further: related
            .iter()
            .map(|&span| Further {
                span,
                text: "C: `[x](1)`".to_owned(),
                place: " below `environment`".to_owned(),
            })
            .collect(),
        advice: "Write something else. Then restart.".to_owned(),
        fingerprint: format!("{:032x}", primary.start * 7 + primary.source.0),
        illustrative: false,
        preview: false,
        waived: None,
    }
}

fn many(severity: Severity, number: usize) -> Sample {
    let mut sample = Sample::new();
    let model = sample.findings.remove(0);
    sample.findings = (0..number)
        .map(|at| {
            let mut finding = model.clone();
            finding.severity = severity;
            finding.fingerprint = format!("{at:032x}");
            finding
        })
        .collect();
    sample
}

#[test]
fn one_input_through_every_format() {
    let sample = Sample::new();
    for format in Format::ALL {
        let mut text = sample.render(format);
        if format == Format::Sarif {
            // What the rule files say is not this test's concern.
            let mut log = sample.sarif();
            for rule in log["runs"][0]["tool"]["driver"]["rules"].as_array_mut().expect("rules") {
                *rule = rule["id"].clone();
            }
            text = serde_json::to_string_pretty(&log).expect("JSON");
        }
        insta::assert_snapshot!(format!("sample-{}", format.name()), text);
    }
}

#[test]
fn nothing_moves_the_cursor_or_turns_the_direction() {
    let mut sample = Sample::new();
    let evil = "\u{1b}]0;x\u{7}\u{202e}\u{2066}\u{200b}\u{9b}\r\u{0}".to_owned();
    let note = Note { path: evil.clone(), kind: "skipped", reason: evil.clone() };
    sample.notes.push(note.clone());
    sample.failures.push(note);
    sample.broken.push(evil.clone());
    sample.findings[0].waived = Some(Waived {
        kind: Accepted::Inline,
        reason: evil.clone(),
        path: Some(evil.clone()),
        line: Some(3),
    });
    for finding in &mut sample.findings {
        finding.advice.push_str(&evil);
        finding.remedy.push_str(&evil);
        finding.related.iter_mut().for_each(|label| label.message.push_str(&evil));
    }
    for format in Format::ALL {
        let text = sample.render(format);
        let bad = text.chars().find(|c| {
            (c.is_control() && *c != '\n')
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        });
        assert_eq!(bad, None, "{}: {text}", format.name());
    }
}

#[test]
fn github_takes_every_result_of_the_sarif() {
    let mut sample = Sample::new();
    sample.repository = Repository::new("/home/me/repo", "");
    for path in ["../up/../../x.yml", "/etc/om.yml", "./a/./b.yml", "a b/c:d#e?.yml", "<stdin>"] {
        let source = sample.sources.add(Source::new(path, "x: y\n", Arrival::Named));
        let span = Span::new(source, 3..4);
        sample.findings.push(finding("jwt-default-key-id", Severity::Medium, span, &[span]));
    }
    let log = sample.sarif();
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().is_some_and(|uri| uri.ends_with("sarif-2.1.0.json")));
    assert_eq!(log["runs"].as_array().map(Vec::len), Some(1));
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(run["automationDetails"]["id"], "omlint/staging%20area/eu/");
    assert!(run.get("originalUriBaseIds").is_none(), "GitHub does not know them");
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "omlint");
    assert_eq!(driver["semanticVersion"], env!("CARGO_PKG_VERSION"));
    assert_eq!(driver.get("informationUri").is_some(), !env!("CARGO_PKG_REPOSITORY").is_empty());

    let rules = driver["rules"].as_array().expect("rules");
    for rule in rules {
        let id = rule["id"].as_str().expect("an id");
        let name = rule["name"].as_str().expect("a name");
        assert!(name.starts_with(char::is_uppercase) && name.chars().all(char::is_alphanumeric));
        assert!(!rule["shortDescription"]["text"].as_str().expect("a text").is_empty(), "{id}");
        let full = rule["fullDescription"]["text"].as_str().expect("a text").chars().count();
        assert!((1..=1024).contains(&full), "{id}: {full}");
        for form in ["text", "markdown"] {
            assert!(rule["help"][form].as_str().is_some_and(|help| help.len() > 40), "{id}");
        }
        let properties = &rule["properties"];
        let tags: Vec<&str> =
            properties["tags"].as_array().expect("tags").iter().filter_map(Value::as_str).collect();
        assert_eq!(tags[0], "security", "GitHub ignores the severity without it");
        assert!(tags.len() <= 10, "{id}: {tags:?}");
        assert!(tags.iter().any(|tag| tag.starts_with("external/cwe/cwe-")), "{id}: {tags:?}");
        assert!(matches!(
            properties["precision"].as_str(),
            Some("very-high" | "high" | "medium" | "low")
        ));
        assert!(matches!(
            properties["problem.severity"].as_str(),
            Some("error" | "warning" | "recommendation")
        ));
    }
    let security = |id: &str| {
        let rule = rules.iter().find(|rule| rule["id"] == id).expect("the rule");
        rule["properties"]["security-severity"].as_str().map(str::to_owned)
    };
    assert_eq!(security("jwt-private-key-in-tree").as_deref(), Some("9.5"));
    assert_eq!(security("admin-default-principal").as_deref(), Some("8.0"));
    assert_eq!(security("jwt-default-key-id").as_deref(), Some("5.5"));
    assert_eq!(security("jwt-default-issuer").as_deref(), Some("3.0"));

    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), 8);
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(matches!(result["level"].as_str(), Some("error" | "warning" | "note")));
        let prints = result["partialFingerprints"].as_object().expect("fingerprints");
        assert_eq!(prints.keys().collect::<Vec<_>>(), ["omlint/v1"]);
        assert!(result.get("suppressions").is_none());
        let related = result.get("relatedLocations").and_then(Value::as_array);
        for (at, place) in related.into_iter().flatten().enumerate() {
            assert_eq!(place["id"], at + 1);
            let text = result["message"]["text"].as_str().expect("a text");
            assert!(text.contains(&format!("]({})", at + 1)), "{text}");
        }
        let places = result["locations"].as_array().expect("places");
        assert_eq!(places.len(), 1);
        for place in places.iter().chain(related.into_iter().flatten()) {
            let place = &place["physicalLocation"];
            let uri = place["artifactLocation"]["uri"].as_str().expect("a path");
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/%".contains(&b);
            assert!(!uri.is_empty() && uri.bytes().all(plain), "{uri}");
            assert!(uri.split('/').all(|part| !matches!(part, "" | "." | "..")), "{uri}");
            let region = &place["region"];
            for edge in ["startLine", "startColumn", "endLine", "endColumn"] {
                assert!(region[edge].as_u64().is_some_and(|number| number >= 1), "{region}");
            }
            assert!(region.get("snippet").is_none());
        }
    }
    // A BOM counts no column, letters of several bytes one each, and lines end before `\r\n`.
    let place = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a%2C%20b/100%25.yml");
    assert_eq!(
        place["region"],
        serde_json::json!({"startLine": 2, "startColumn": 9, "endLine": 2, "endColumn": 12})
    );
    let region = &results[1]["locations"][0]["physicalLocation"]["region"];
    assert_eq!((&region["startLine"], &region["endLine"]), (&3.into(), &5.into()));
}

#[test]
fn sarif_says_what_could_not_be_looked_at() {
    let mut sample = Sample::new();
    let note = |path: &str, kind, reason: &str| Note {
        path: path.to_owned(),
        kind,
        reason: reason.to_owned(),
    };
    sample.notes.push(note("big.yml", "skipped", "larger than 16 MiB"));
    sample.failures.push(note("gone.yml", "unreadable", "no such file or folder"));
    sample.broken.push("reading odd.yml".to_owned());
    sample.exit_code = 70;
    let log = sample.sarif();
    let run = &log["runs"][0]["invocations"][0];
    assert_eq!((&run["exitCode"], &run["executionSuccessful"]), (&70.into(), &false.into()));
    let said: Vec<(String, String)> = run["toolExecutionNotifications"]
        .as_array()
        .expect("notifications")
        .iter()
        .map(|note| (note["level"].to_string(), note["message"]["text"].to_string()))
        .collect();
    for (level, text) in [
        ("note", "in 2 files"),
        ("note", "big.yml: larger"),
        ("error", "gone.yml: no such"),
        ("error", "odd.yml"),
    ] {
        assert!(
            said.iter().any(|(l, t)| l.contains(level) && t.contains(text)),
            "{level} {text}: {said:?}"
        );
    }
    sample.exit_code = 1;
    assert_eq!(sample.sarif()["runs"][0]["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn accepted_findings_are_suppressed_in_sarif_and_skipped_in_junit() {
    let mut sample = Sample::new();
    let waived = |kind| Waived {
        kind,
        reason: "ticket 7".to_owned(),
        path: Some("a.yml".to_owned()),
        line: Some(3),
    };
    sample.findings[0].waived = Some(waived(Accepted::Inline));
    sample.findings[1].waived = Some(waived(Accepted::Baseline));
    let log = sample.sarif();
    let results = &log["runs"][0]["results"];
    assert_eq!(results[0]["suppressions"][0]["kind"], "inSource");
    assert_eq!(results[1]["suppressions"][0]["kind"], "external");
    assert!(results[1]["suppressions"][0]["justification"].to_string().contains("ticket 7"));
    assert!(results[2].get("suppressions").is_none());
    let junit = sample.render(Format::Junit);
    assert!(junit.contains("tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"2\""), "{junit}");
    let github = sample.render(Format::Github);
    assert_eq!((github.matches("::notice ").count(), github.matches("::error ").count()), (2, 1));
    let gitlab: Value = serde_json::from_str(&sample.render(Format::Gitlab)).expect("JSON");
    assert_eq!(gitlab.as_array().map(Vec::len), Some(1));
}

#[test]
fn sarif_holds_at_most_what_github_takes() {
    let mut sample = many(Severity::Low, 25_001);
    sample.findings[25_000].severity = Severity::Critical;
    let log = sample.sarif();
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), 25_000);
    assert!(results.iter().any(|result| result["level"] == "error"), "the worst are kept");
    let notes = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].to_string();
    assert!(notes.contains("1 more finding"), "{notes}");
}

#[test]
fn annotations_are_escaped_and_bounded() {
    let sample = Sample::new();
    let text = sample.render(Format::Github);
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].starts_with("::error file=deploy/keys/?ü.der,line=1,endLine=1,col=1,endColumn=1,"),
        "the worst is first: {}",
        lines[0]
    );
    // Several lines: no columns.
    assert!(lines[1].starts_with("::error file=deploy/a%2C b/100%25.yml,line=3,endLine=5,title="));
    assert!(lines[2].starts_with("::notice file=deploy/a%2C b/100%25.yml,line=2,endLine=2,col=9,"));
    assert!(lines[2].contains("is 100%25 wrong, see: [x](https://e.org)"));
    assert!(lines[2].ends_with("Then restart.%0AWrite in its place:%0A    A: 1%0A    B: 100%25"));
    assert!(lines[3..].iter().all(|line| line.starts_with("- ")), "{text}");

    let text = many(Severity::High, 23).render(Format::Github);
    assert_eq!(text.matches("::error ").count(), 10, "GitHub shows ten of a kind");
    assert!(text.contains("::error title=omlint::14 more in the log of this step\n"), "{text}");
    assert_eq!(
        text.lines().filter(|line| line.starts_with("- a, b/100%.yml:2:9: high[")).count(),
        14
    );
    let text = many(Severity::Medium, 10).render(Format::Github);
    assert_eq!(
        (text.matches("::warning file=").count(), text.contains("more in the log")),
        (10, false)
    );
}

#[test]
fn gitlab_keeps_one_issue_a_fingerprint() {
    let mut sample = many(Severity::High, 3);
    sample.findings.iter_mut().for_each(|finding| finding.fingerprint = "f".to_owned());
    let issues: Value = serde_json::from_str(&sample.render(Format::Gitlab)).expect("JSON");
    let prints: Vec<&str> = issues
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|i| i["fingerprint"].as_str())
        .collect();
    assert_eq!(prints, ["f", "f-2", "f-3"]);
    assert_eq!(issues[0]["location"]["path"], "deploy/a, b/100%.yml");
    sample.findings.clear();
    assert_eq!(sample.render(Format::Gitlab), "[]\n");
}

#[test]
fn a_clean_run_has_a_test_case_that_passes() {
    let mut sample = Sample::new();
    sample.findings.clear();
    let text = sample.render(Format::Junit);
    assert!(text.contains("tests=\"1\" failures=\"0\" errors=\"0\""), "{text}");
    assert_eq!((text.matches("<testcase ").count(), text.matches("<failure").count()), (1, 0));
    sample.broken.push("reading x.yml".to_owned());
    let text = sample.render(Format::Junit);
    assert!(text.contains("errors=\"1\"") && text.contains("<error message=\"internal error\""));
}

#[test]
fn a_page_is_cut_between_findings() {
    let sample = many(Severity::High, 20_000);
    let page = sample.render(Format::Markdown);
    assert!(page.len() <= 1 << 20 && page.len() > 900_000, "{}", page.len());
    let rows = page.lines().filter(|line| line.starts_with("| high |")).count();
    assert!(page.lines().all(|line| !line.starts_with("| high") || line.ends_with(" |")));
    assert!(page.contains(&format!("{} more findings: the list is cut here.", 20_000 - rows)));
    for most in [0, 10, 3_000, 5_000] {
        assert!(sample.cut(Format::Markdown, most).len() <= most.max(2_048), "{most}");
    }
}

#[test]
fn every_line_of_jsonl_is_an_object_and_the_last_is_the_summary() {
    let text = Sample::new().render(Format::Jsonl);
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.iter().filter(|line| line["type"] == "finding").count(), 3);
    let last = lines.last().expect("a line");
    assert_eq!((&last["type"], &last["schema_version"]), (&"summary".into(), &1.into()));
    assert_eq!(last["findings"]["critical"], 1);
    // The same facts as in the one document.
    let json: Value = serde_json::from_str(&Sample::new().render(Format::Json)).expect("JSON");
    let mut first = lines[0].clone();
    first.as_object_mut().expect("an object").remove("type");
    assert_eq!(json["findings"][0], first);
}

#[test]
fn the_page_about_formats_has_every_format() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/formats.md");
    let page = std::fs::read_to_string(path).expect("the page");
    for format in Format::ALL {
        let name = format.name();
        let least = if format.is_for_programs() { "low" } else { "medium" };
        let mut rows = page.lines().filter(|line| line.starts_with(&format!("| `{name}` |")));
        assert!(rows.next().is_some_and(|row| row.ends_with(&format!("| {least} |"))), "{name}");
        let is_by_itself = matches!(format, Format::Pretty | Format::Concise);
        assert!(is_by_itself || page.contains(&format!("\n## {name}\n")), "{name}");
    }
}

#[test]
fn programs_that_others_wrote_read_the_reports() {
    let Some(schema) = consumer("sarif-2.1.0.json") else { return };
    let Some(python) = consumer("venv/bin/python") else { return };
    let read = |name: &str, sarif: &Path, gitlab: &Path, junit: &Path, expected: usize| {
        let output = std::process::Command::new(&python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/consumers/read.py"))
            .arg(&schema)
            .args([sarif, gitlab, junit])
            .arg(expected.to_string())
            .output()
            .expect("python starts");
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let place = tempfile::tempdir().expect("a folder");
    let files = ["r.sarif", "r.json", "r.xml"].map(|name| place.path().join(name));
    let [sarif, gitlab, junit] = &files;
    let formats = [Format::Sarif, Format::Gitlab, Format::Junit];

    let mut sample = Sample::new();
    for number in [3, 0] {
        sample.findings.truncate(number);
        for (format, file) in formats.iter().zip(&files) {
            std::fs::write(file, sample.render(*format)).expect("the report is written");
        }
        read("the sample", sarif, gitlab, junit, number);
    }
    // All fixtures, as a user would.
    let mut arguments = vec!["check", "--min-severity", "info", "--min-confidence", "low"];
    let outputs: Vec<String> = formats
        .iter()
        .zip(&files)
        .map(|(format, file)| format!("{}={}", format.name(), file.display()))
        .collect();
    outputs.iter().for_each(|output| arguments.extend(["--output", output]));
    arguments.extend(["--format", "jsonl", "fixtures/deployments"]);
    let run = omlint(Path::new(env!("CARGO_MANIFEST_DIR")), &arguments);
    assert_eq!(run.code, 1, "{}", run.err);
    let number = run.out.lines().filter(|line| line.starts_with("{\"type\":\"finding\"")).count();
    assert!(number > 10);
    read("the fixtures", sarif, gitlab, junit, number);
}

// How reports reach files.

const UNSAFE: &str = "services:
  openmetadata-server:
    image: docker.getcollate.io/openmetadata/server:1.11.4
    environment:
      AUTHENTICATION_PROVIDER: basic
";

fn check(folder: &Path, arguments: &[&str]) -> Run {
    let mut all = vec!["check", "docker-compose.yml", "--format", "concise"];
    all.extend(arguments);
    omlint(folder, &all)
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn several_reports_of_one_run() {
    let place = folder(&[("docker-compose.yml", UNSAFE), ("out/old.sarif", "old")]);
    let names = Format::ALL.map(|format| format!("{}=out/{}", format.name(), format.name()));
    let mut arguments = vec!["--output", "sarif=out/old.sarif"];
    names.iter().for_each(|name| arguments.extend(["--output", name]));
    let run = check(place.path(), &arguments);
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    assert!(run.out.lines().count() > 3, "standard output has its own report: {}", run.out);
    for format in Format::ALL {
        let direct =
            omlint(place.path(), &["check", "docker-compose.yml", "--format", format.name()]);
        assert_eq!(read(place.path(), &format!("out/{}", format.name())), direct.out);
        assert_eq!(direct.code, 1, "{}", format.name());
    }
    assert_eq!(read(place.path(), "out/old.sarif"), read(place.path(), "out/sarif"));
    let left = std::fs::read_dir(place.path().join("out")).expect("the folder").count();
    assert_eq!(left, Format::ALL.len() + 1, "no temporary file is left");
}

#[test]
fn a_clean_run_writes_its_reports_too() {
    let place = folder(&[("README.md", "nothing")]);
    let run = omlint(place.path(), &["check", ".", "--output", "sarif=o", "--output", "gitlab=g"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(read(place.path(), "o").contains("\"results\": []"));
    assert_eq!(read(place.path(), "g"), "[]\n");
}

#[test]
fn a_report_that_cannot_be_written_is_an_error_and_loses_nothing_else() {
    let place = folder(&[("docker-compose.yml", UNSAFE), ("folder/x", "")]);
    for (output, words) in [
        ("sarif=missing/o.sarif", "missing: no such folder"),
        ("sarif=folder", "folder is a folder"),
        ("sarif=docker-compose.yml", "docker-compose.yml is part of a deployment"),
    ] {
        let run = check(place.path(), &["--output", output, "--output", "json=good.json"]);
        assert_eq!(run.code, 2, "{output}: {}", run.err);
        assert!(run.err.contains(words), "{output}: {}", run.err);
        assert!(!run.out.is_empty(), "{output}: standard output is still written");
        std::fs::remove_file(place.path().join("good.json")).expect("it was written");
    }
    assert_eq!(read(place.path(), "docker-compose.yml"), UNSAFE);
}

#[cfg(unix)]
#[test]
fn a_full_disk_and_a_read_only_folder() {
    let place = folder(&[("docker-compose.yml", UNSAFE), ("locked/x", "")]);
    if Path::new("/dev/full").exists() {
        let run = check(place.path(), &["--output", "sarif=/dev/full"]);
        assert_eq!(run.code, 2);
        assert!(
            run.err.contains("/dev/full could not be written: no storage space"),
            "{}",
            run.err
        );
    }
    use std::os::unix::fs::PermissionsExt;
    let locked = place.path().join("locked");
    std::fs::set_permissions(&locked, PermissionsExt::from_mode(0o555)).expect("permissions");
    let run = check(place.path(), &["--output", "sarif=locked/o.sarif"]);
    if std::fs::File::create(locked.join("probe")).is_err() {
        assert_eq!(run.code, 2);
        assert!(run.err.contains("locked/o.sarif could not be written"), "{}", run.err);
    } else {
        println!("skipped: root writes into read-only folders");
    }
    std::fs::set_permissions(&locked, PermissionsExt::from_mode(0o755)).expect("permissions");
}

#[cfg(unix)]
#[test]
fn reports_do_not_go_through_links_of_the_repository() {
    use std::os::unix::fs::symlink;
    let outside = folder(&[("precious", "mine")]);
    let place = folder(&[("docker-compose.yml", UNSAFE), ("inner/x", "")]);
    symlink(outside.path().join("precious"), place.path().join("o.sarif")).expect("a link");
    symlink(outside.path(), place.path().join("reports")).expect("a link");
    symlink(place.path().join("inner"), place.path().join("alias")).expect("a link");
    for output in ["sarif=o.sarif", "sarif=reports/o.sarif", "sarif=reports/precious"] {
        let run = check(place.path(), &["--output", output]);
        assert_eq!(run.code, 2, "{output}");
        assert!(run.err.contains("symbolic link"), "{output}: {}", run.err);
    }
    assert_eq!(read(outside.path(), "precious"), "mine");
    assert_eq!(std::fs::read_dir(outside.path()).expect("the folder").count(), 1);
    // One that stays within is fine.
    assert_eq!(check(place.path(), &["--output", "sarif=alias/o.sarif"]).code, 1);
    assert!(read(place.path(), "inner/o.sarif").contains("2.1.0"));
}

#[test]
fn a_steps_summary_is_appended_to() {
    let place = folder(&[("docker-compose.yml", UNSAFE), ("summary.md", "before\n")]);
    let path = place.path().join("summary.md");
    let run = |arguments: &[&str]| {
        std::process::Command::new(env!("CARGO_BIN_EXE_omlint"))
            .args(["check", "docker-compose.yml", "--output"])
            .args(arguments)
            .env("GITHUB_STEP_SUMMARY", &path)
            .current_dir(place.path())
            .output()
            .expect("the program starts")
    };
    let output = format!("markdown={}", path.display());
    assert_eq!(run(&[&output]).status.code(), Some(1));
    let text = read(place.path(), "summary.md");
    assert!(text.starts_with("before\n## omlint\n"), "{text}");
    run(&["markdown=other.md"]);
    assert_eq!(format!("before\n{}", read(place.path(), "other.md")), text);
    write(place.path(), "summary.md", &vec![b'x'; 1 << 20]);
    let full = run(&[&output]);
    assert_eq!(full.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&full.stderr).contains("no room for a report"));
    assert_eq!(read(place.path(), "summary.md").len(), 1 << 20);
}

#[test]
fn wrong_outputs_are_refused_before_anything_is_read() {
    let place = folder(&[("docker-compose.yml", UNSAFE)]);
    for (output, words) in [
        ("sarif", "expected FORMAT=FILE"),
        ("sarfi=o", "there is no format `sarfi`: expected one of pretty, concise, json"),
        ("sarif=", "the file is missing"),
        ("sarif=-", "write --format sarif"),
    ] {
        let run = check(place.path(), &["--output", output]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{output}");
        assert!(run.err.contains(words), "{output}: {}", run.err);
    }
    let run = check(place.path(), &["--output", "sarif=o", "--output", "json=o"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("two reports would go to o"), "{}", run.err);
}

#[test]
fn standard_input_needs_a_name_where_findings_need_a_file() {
    let place = folder(&[]);
    for format in Format::ALL {
        let ask = |more: &[&str]| {
            let mut arguments = vec!["check", "-", "--format", format.name()];
            arguments.extend(more);
            omlint_with(place.path(), &arguments, UNSAFE.as_bytes())
        };
        let run = ask(&[]);
        let expected = if format.needs_files() { 2 } else { 1 };
        assert_eq!(run.code, expected, "{}: {}", format.name(), run.err);
        assert_eq!(ask(&["--stdin-filename", "deploy/x.yml"]).code, 1, "{}", format.name());
    }
}

#[test]
fn paths_for_code_hosts_start_at_the_root_of_the_repository() {
    let place =
        folder(&[(".git/HEAD", "ref: refs/heads/main\n"), ("a/b/docker-compose.yml", UNSAFE)]);
    let below = place.path().join("a");
    for (format, words) in [
        ("sarif", "\"uri\": \"a/b/docker-compose.yml\""),
        ("gitlab", "\"path\": \"a/b/docker-compose.yml\""),
        ("github", "file=a/b/docker-compose.yml,"),
        ("concise", "b/docker-compose.yml:"),
    ] {
        let run = omlint(&below, &["check", "b", "--format", format]);
        assert!(run.out.contains(words), "{format}: {}", run.out);
    }
}
