//! A whole check of a small tree of files, with a secret in it that nothing may print.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use omlint::compliance::Assessment;
use omlint::config::{self, Choice, Flags};
use omlint::report::compliance;
use omlint::report::{self, Format, View};
use omlint::source::discover::Disk;
use omlint::source::mask::is_visible;
use omlint::{Request, Scan, scan};

use crate::lies_in;

/// What begins a file in the input; its name follows.
const FILE: &[u8] = b">>> ";
/// Files of one tree.
const MOST_FILES: usize = 12;
/// No letter pair of it stands in any text of the program.
const MARKER: &str = "Zq7Xw9Kp2Vm4Jt8Bn6Hd3Fs5";
/// What holds a secret, whatever stands around it.
const SECRETS: [&str; 8] = [
    "DB_USER_PASSWORD",
    "FERNET_KEY",
    "OIDC_CLIENT_SECRET",
    "OM_AUTH_JWT",
    "SOMEBODYS_VARIABLE",
    "clientSecret",
    "jwtToken",
    "password",
];
const NOW: i64 = 1_795_392_000;

/// Everything that a run does, short of printing.
pub fn check(data: &[u8]) {
    let files = files(data);
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in &files {
        let path = folder.path().join(name);
        // A file may have the name of another one's folder.
        let Some(above) = path.parent() else { continue };
        if std::fs::create_dir_all(above).is_ok() {
            let _ = std::fs::write(path, bytes);
        }
    }
    let first = run(folder.path(), &["."]);
    places(&first);
    // The longest pages take most of the time, and hold nothing that others do not hold.
    let all = data.len().is_multiple_of(4);
    let pages = pages(&first, all);
    for (name, page) in &pages {
        let shown = |c: char| matches!(c, '\n' | '\u{feff}') || is_visible(c);
        assert!(page.chars().all(shown), "{name}: something moves the cursor");
        if let Some(found) = traces().find(page) {
            let from = page[..found.start()].rfind('\n').map_or(0, |at| at + 1);
            let to = page[found.end()..].find('\n').map_or(page.len(), |n| found.end() + n);
            panic!("{name}: a secret is printed: {}", &page[from..to]);
        }
        if name.contains("json") && !name.contains("jsonl") || name.contains("sarif") {
            serde_json::from_str::<serde_json::Value>(page).expect("a report is JSON");
        }
    }
    if all {
        let again = self::pages(&run(folder.path(), &["."]), false);
        assert!(again.iter().all(|page| pages.contains(page)), "the same files, the same reports");
        let mut names: Vec<&str> = files.keys().map(String::as_str).collect();
        names.retain(|name| folder.path().join(name).is_file());
        let forth = self::pages(&run(folder.path(), &names), false);
        names.reverse();
        let back = self::pages(&run(folder.path(), &names), false);
        assert_eq!(forth, back, "the order of files does not matter");
    }
}

/// The input as files: each begins with a line that holds its name.
fn files(data: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut current = "docker-compose.yml".to_owned();
    for line in data.split_inclusive(|&byte| byte == b'\n') {
        if let Some(name) = line.strip_prefix(FILE)
            && files.len() < MOST_FILES
        {
            current = name_of(name);
            files.entry(current.clone()).or_default();
            continue;
        }
        files.entry(current.clone()).or_default().extend(planted(line));
    }
    files
}

/// A name that stays in the folder.
fn name_of(bytes: &[u8]) -> String {
    let name = String::from_utf8_lossy(bytes);
    let parts = name.trim().split('/').filter(|part| !matches!(*part, "" | "." | ".." | ".git"));
    let clean = |part: &str| -> String {
        let is_name = |c: &char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
        part.chars().filter(is_name).take(40).collect()
    };
    let parts: Vec<String> = parts.take(3).map(clean).filter(|part| !part.is_empty()).collect();
    let name = parts.join("/");
    if name.is_empty() || name.contains("..") { "compose.yaml".to_owned() } else { name }
}

/// The line; where it gives a secret a value, the marker is that value.
fn planted(line: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(line) else { return line.to_vec() };
    let body = text.trim_start_matches([' ', '-', '"', '\'']);
    let Some(name) = SECRETS.iter().find(|name| body.starts_with(**name)) else {
        return line.to_vec();
    };
    let after = text.len() - body.len() + name.len();
    let sign = text[after..].trim_start_matches(['"', '\'']);
    let Some(sign) = sign.chars().next().filter(|c| matches!(c, ':' | '=')) else {
        return line.to_vec();
    };
    let at = after + text[after..].find(sign).expect("it was just seen") + 1;
    let blank = if sign == ':' { " " } else { "" };
    let quote = if text[..after].ends_with('"') { "\"" } else { "" };
    let quote = if sign == '=' && text.trim_start().starts_with("- \"") { "\"" } else { quote };
    let end = if quote == "\"" && sign == ':' { "" } else { quote };
    format!("{}{blank}{MARKER}{end}\n", &text[..at]).into_bytes()
}

/// Everything in which the marker could be recognised.
fn traces() -> &'static AhoCorasick {
    static TRACES: OnceLock<AhoCorasick> = OnceLock::new();
    TRACES.get_or_init(|| {
        let pieces = |text: &str, length: usize| -> Vec<String> {
            let chars: Vec<char> = text.chars().collect();
            chars.windows(length).map(|piece| piece.iter().collect()).collect()
        };
        let hex: String = MARKER.bytes().map(|byte| format!("{byte:02x}")).collect();
        let mut traces = pieces(MARKER, 8);
        traces.extend(pieces(&hex, 16));
        traces.extend(pieces(&hex.to_uppercase(), 16));
        AhoCorasick::new(traces).expect("short texts")
    })
}

fn run(folder: &Path, paths: &[&str]) -> Scan {
    let disk = Disk::new(folder.to_owned(), false);
    let named: Vec<_> = paths.iter().map(Into::into).collect();
    let request = Request {
        config: config::load(&disk, &Choice::Nearest, &named, &Flags::default()),
        paths: named,
        stdin: None,
        base: folder.to_owned(),
        no_ignore: false,
        env_files: Vec::new(),
        helm_values: Vec::new(),
        now: NOW,
        inline_waivers: true,
    };
    scan(&request)
}

/// Everything that is reported lies in its file, and masking moves nothing.
fn places(scan: &Scan) {
    assert!(scan.broken.is_empty(), "{:?}", scan.broken);
    for finding in &scan.findings {
        for label in std::iter::once(&finding.primary).chain(&finding.related) {
            lies_in(&scan.sources.get(label.span.source).text, label.span.range());
        }
    }
    for deployment in &scan.deployments {
        for (_, value) in deployment.values() {
            let steps = value.origin.steps.iter().filter_map(|step| step.span);
            for span in value.origin.span.into_iter().chain(steps) {
                lies_in(&scan.sources.get(span.source).text, span.range());
            }
        }
    }
    for (id, source) in scan.sources.iter() {
        let masked = scan.shown(id).mask(&source.text, 0);
        assert_eq!(masked.len(), source.text.len(), "masking moves text");
        assert_eq!(masked.chars().count(), source.text.chars().count(), "masking moves columns");
        let line = source.line_range(source.text.len() % source.line_count());
        let shown = scan.shown_of(id, std::slice::from_ref(&line));
        let alone = shown.mask(&source.text[line.clone()], line.start);
        assert!(alone == masked[line], "a line looks otherwise than among all others");
    }
}

/// All that can be printed of a scan.
fn pages(scan: &Scan, all: bool) -> Vec<(String, String)> {
    let knowledge = &scan.knowledge;
    let shown = |id, lines: &[_]| scan.shown_of(id, lines);
    let view = View { exit_code: 1, category: "production", ..scan.view(&shown) };
    let mut pages: Vec<(String, String)> = Format::ALL
        .iter()
        .filter(|format| all || **format != Format::Sarif)
        .map(|format| {
            let most = report::markdown::MOST_BYTES;
            (format.name().to_owned(), format.render(&view, knowledge, most))
        })
        .collect();
    pages.push(("show".into(), report::show::table(&view, &knowledge.catalogue, &scan.asked())));
    pages.push(("show json".into(), report::show::json(&view, &knowledge.catalogue)));
    if all && let Some(assessment) = scan.assess("cwe") {
        pages.extend(assessed(scan, &assessment));
    }
    pages
}

fn assessed(scan: &Scan, assessment: &Assessment<'_>) -> Vec<(String, String)> {
    use compliance::Format;
    let asked = scan.asked();
    let subject = scan.subject(&asked);
    [Format::Table, Format::Markdown, Format::Json, Format::Html, Format::Oscal]
        .into_iter()
        .map(|format| {
            let page = compliance::render(&subject, assessment, format);
            (format!("report {format:?}").to_lowercase(), page)
        })
        .collect()
}
