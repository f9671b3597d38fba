//! Runs that end before their time: nobody reads, the disk is full, a signal comes. They end
//! cleanly, and a file is there whole or not at all.
#![cfg(unix)]

mod support;

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use support::{UNSAFE, folder, omlint};

/// Every command that prints, and its exit code where all goes well.
const COMMANDS: [(&[&str], i32); 13] = [
    (&["check"], 1),
    (&["check", "--format", "sarif"], 1),
    (&["check", "--format", "markdown"], 1),
    (&["check", "--format", "junit"], 1),
    (&["show"], 0),
    (&["report", "--framework", "cwe", "--format", "html"], 0),
    (&["explain", "jwt-default-key-pair"], 0),
    (&["rules"], 0),
    (&["rules", "--format", "json"], 0),
    (&["completions", "bash"], 0),
    (&["man"], 0),
    (&["--help"], 0),
    (&["--version"], 0),
];

fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_omlint"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stderr(Stdio::piped());
    command
}

#[test]
fn nobody_reads_what_is_printed() {
    let place = folder(&[("docker-compose.yml", UNSAFE)]);
    for (arguments, code) in COMMANDS {
        let (read, write) = std::io::pipe().expect("a pipe");
        drop(read);
        let output = program(place.path(), arguments).stdout(write).output().expect("it runs");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}: {:?}", output.stderr);
    }
}

#[test]
fn nothing_can_be_printed() {
    let Ok(full) = OpenOptions::new().write(true).open("/dev/full") else {
        println!("skipped: there is no /dev/full");
        return;
    };
    let place = folder(&[("docker-compose.yml", UNSAFE)]);
    for (arguments, _) in COMMANDS.iter().filter(|(arguments, _)| !arguments[0].starts_with('-')) {
        let full = full.try_clone().expect("a handle");
        let output = program(place.path(), arguments).stdout(full).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.starts_with("omlint: ") && said.lines().count() == 1, "{arguments:?}: {said}");
    }
    // Nobody hears the complaints: the code tells all the same.
    let output = program(place.path(), &["check", "missing"])
        .stdout(full.try_clone().expect("a handle"))
        .stderr(full)
        .status();
    assert_eq!(output.expect("it runs").code(), Some(2));
}

/// Runs the program again and again and ends it at another moment each time; `look` sees what
/// it leaves.
fn killed(place: &Path, arguments: &[&str], signals: &[&str], mut look: impl FnMut()) {
    for round in 0..30u64 {
        let mut child = program(place, arguments)
            .stdout(File::create("/dev/null").expect("a device"))
            .spawn()
            .expect("it starts");
        std::thread::sleep(Duration::from_micros(round * 1500));
        let signal = signals[round as usize % signals.len()];
        let _ = Command::new("kill")
            .args(["-s", signal, &child.id().to_string()])
            .stderr(Stdio::null())
            .status();
        child.wait().expect("it ends");
        left_whole(place);
        look();
    }
}

/// Between two names a file is whole, and there is one at most.
fn left_whole(place: &Path) {
    let is_left = |name: &str| name.starts_with(".omlint-");
    for entry in std::fs::read_dir(place).expect("a folder").flatten() {
        if is_left(&entry.file_name().to_string_lossy()) && cfg!(target_os = "linux") {
            let text = std::fs::read_to_string(entry.path()).expect("a file");
            assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
            std::fs::remove_file(entry.path()).expect("it goes");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_killed_run_left_is_taken_away() {
    let name = ".omlint-0123456789abcdef";
    let place = folder(&[("docker-compose.yml", UNSAFE), (name, "{}"), (".omlint-mine", "{}")]);
    let mut touch = Command::new("touch");
    touch.args(["-d", "2020-01-01", name]).current_dir(place.path());
    let touched = touch.status();
    assert!(touched.is_ok_and(|status| status.success()));
    assert_eq!(omlint(place.path(), &["check", "--output", "json=o.json"]).code, 1);
    assert!(!place.path().join(name).exists() && place.path().join(".omlint-mine").exists());
}

#[test]
fn a_report_is_whole_or_what_it_was() {
    let place = folder(&[("docker-compose.yml", UNSAFE), ("o.json", "before")]);
    let arguments = ["check", "--output", "json=o.json", "--output", "sarif=new.sarif"];
    let path = |name: &str| place.path().join(name);
    killed(place.path(), &arguments, &["INT", "TERM", "KILL"], || {
        let report = std::fs::read_to_string(path("o.json")).expect("it was there");
        let is_whole = |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok();
        assert!(report == "before" || is_whole(&report), "{report}");
        if let Ok(report) = std::fs::read_to_string(path("new.sarif")) {
            assert!(is_whole(&report), "{report}");
        }
        let _ = std::fs::write(path("o.json"), "before");
        let _ = std::fs::remove_file(path("new.sarif"));
    });
}

#[test]
fn a_baseline_is_whole_or_what_it_was() {
    let place = folder(&[("docker-compose.yml", UNSAFE)]);
    assert_eq!(omlint(place.path(), &["baseline", "create"]).code, 0);
    let path = place.path().join("omlint-baseline.json");
    let before = std::fs::read_to_string(&path).expect("a baseline");
    killed(place.path(), &["baseline", "update"], &["KILL", "INT"], || {
        assert_eq!(std::fs::read_to_string(&path).expect("it was there"), before);
    });
    assert_eq!(omlint(place.path(), &["baseline", "check"]).code, 0);
}

#[test]
fn a_first_configuration_is_whole_or_not_there() {
    let place = folder(&[("docker-compose.yml", UNSAFE), ("docker-compose.override.yml", UNSAFE)]);
    let path = place.path().join("omlint.toml");
    let run = omlint(place.path(), &["init", "config"]);
    assert!(path.is_file(), "{}", run.err);
    let whole = std::fs::read_to_string(&path).expect("it was written");
    std::fs::remove_file(&path).expect("it goes");
    killed(place.path(), &["init", "config"], &["KILL", "INT"], || {
        if let Ok(text) = std::fs::read_to_string(&path) {
            assert_eq!(text, whole);
            std::fs::remove_file(&path).expect("it goes");
        }
    });
}

#[test]
fn a_starter_file_is_whole_or_not_there() {
    let place = folder(&[]);
    let path = place.path().join(".pre-commit-config.yaml");
    let run = omlint(place.path(), &["init", "pre-commit"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let whole = std::fs::read_to_string(&path).expect("it was written");
    std::fs::remove_file(&path).expect("it goes");
    killed(place.path(), &["init", "pre-commit"], &["TERM", "KILL"], || {
        if let Ok(text) = std::fs::read_to_string(&path) {
            assert_eq!(text, whole);
            std::fs::remove_file(&path).expect("it goes");
        }
    });
}
