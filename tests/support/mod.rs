//! Runs the built program on files laid out in a folder of their own.

#![allow(dead_code, reason = "each test file uses its part")]

pub mod marker;
pub mod material;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use omlint::config::Loaded;
use omlint::{Request, Scan, scan};

/// A compose file with findings.
pub const UNSAFE: &str = "services:
  openmetadata-server:
    image: docker.getcollate.io/openmetadata/server:1.11.4
    environment:
      AUTHENTICATION_PROVIDER: basic
      JWT_KEY_ID: Gb389a-9f76-gdjs-a92j-0242bk94356
";

/// A Deployment of the server, with this behind its container's image, indented as it is to stand.
pub fn workload(more: &str) -> String {
    format!(
        "\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: openmetadata}}
spec:
  template:
    spec:
      containers:
        - name: openmetadata
          image: docker.getcollate.io/openmetadata/server:1.11.8
{more}"
    )
}

/// What a run printed, and how it ended.
pub struct Run {
    /// The exit code; -1 after a signal.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// Runs `omlint` in `folder`.
pub fn omlint(folder: &Path, arguments: &[&str]) -> Run {
    omlint_with(folder, arguments, b"")
}

/// Runs `omlint` in `folder` with `input` on standard input.
pub fn omlint_with(folder: &Path, arguments: &[&str], input: &[u8]) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_omlint"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut pipe = child.stdin.take().expect("it has a standard input");
    let input = input.to_vec();
    // A program that does not read its input is fine.
    let writer = std::thread::spawn(move || drop(pipe.write_all(&input)));
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("the writer ends");
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Lays files out in a new folder, which goes away with the value.
pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder for the test");
    for (name, text) in files {
        write(folder.path(), name, text.as_bytes());
    }
    folder
}

/// Writes one file below `folder`, with the folders on the way.
pub fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("folders");
    std::fs::write(path, bytes).expect("the file is written");
}

/// Lays files out in a folder of their own and scans it.
pub fn scanned(files: &[(&str, &str)]) -> (tempfile::TempDir, Scan) {
    let folder = folder(files);
    let scan = scan(&Request {
        paths: vec![".".into()],
        stdin: None,
        base: folder.path().to_owned(),
        no_ignore: false,
        env_files: Vec::new(),
        helm_values: Vec::new(),
        config: Loaded::default(),
        now: material::NOW,
        inline_waivers: true,
    });
    (folder, scan)
}

/// Path and rule of each finding that is listed.
pub fn listed(run: &Run) -> Vec<(String, String)> {
    let report: serde_json::Value =
        serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err));
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().expect("findings").iter();
    findings.map(|f| (text(&f["primary"]["path"]), text(&f["rule"]))).collect()
}

/// Something that `tests/consumers/install` fetched to read what we write. `None`, said on
/// standard output, where it has not been run; CI demands it.
pub fn consumer(path: &str) -> Option<std::path::PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/consumers").join(path);
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var_os("OMLINT_CONSUMERS").is_none(), "run tests/consumers/install");
    println!("skipped: tests/consumers/install has not been run");
    None
}

/// What `show` says of these variables: id, version and values of each deployment, and the whole
/// that it tells of them. What no file shows is `unknown`.
pub fn effective(files: &[(&str, &str)], variables: &[&str]) -> (Vec<[String; 3]>, String) {
    let place = folder(files);
    let run = omlint(place.path(), &["show", "--format", "json", "."]);
    let report: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    let of = |deployment: &serde_json::Value| {
        let settings = deployment["settings"].as_array().expect("a list");
        let value = |name: &&str| {
            let row = settings.iter().find(|row| row["env"] == **name).expect("a row");
            let is_shown = row["state"] == "written" || row["state"] == "default";
            if is_shown { row["value"].as_str().unwrap_or("?") } else { "unknown" }
        };
        let values: Vec<&str> = variables.iter().map(value).collect();
        let word = |key: &str| deployment[key].as_str().unwrap_or_default().to_owned();
        [word("id"), word("version"), values.join(", ")]
    };
    let found = report["deployments"].as_array().expect("a list").iter().map(of).collect();
    (found, report["deployments"].to_string())
}

/// An Application of Argo CD that installs the chart, with these lines below `helm`, indented as they
/// are to stand.
pub fn application(helm: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: catalogue}}
spec:
  source:
    repoURL: https://helm.open-metadata.org
    chart: openmetadata
    targetRevision: 1.12.4
    helm:
{helm}
"
    )
}
