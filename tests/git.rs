//! Findings limited to what a commit or a branch changes, while whole deployments are judged.

mod support;

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::{Run, folder, listed, omlint, write};

const COMPOSE: &str = "services:\n  om:\n    image: docker.getcollate.io/openmetadata/server:1.11.4\n    environment:\n      AUTHENTICATION_PROVIDER: google\n      AUTHORIZER_ADMIN_PRINCIPALS: '[admin]'\n      JWT_ISSUER: ${JWT_ISSUER:-open-metadata.org}\n";

fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.org",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("git runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository whose deployment has findings, with its environment file in it.
fn repository() -> tempfile::TempDir {
    let folder = folder(&[
        ("a/compose.yml", COMPOSE),
        ("a/.env", "JWT_ISSUER=om.acme.io\nX=1\n"),
        ("b/compose.yml", COMPOSE),
    ]);
    git(folder.path(), &["init", "-q"]);
    commit(folder.path());
    folder
}

fn commit(folder: &Path) {
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "-m", "x", "--allow-empty"]);
}

fn check(folder: &Path, arguments: &[&str]) -> Run {
    let mut all = vec!["check", ".", "--format", "json"];
    all.extend(arguments);
    omlint(folder, &all)
}

fn paths(run: &Run) -> Vec<String> {
    let mut paths: Vec<String> = listed(run).into_iter().map(|(path, _)| path).collect();
    paths.dedup();
    paths
}

#[test]
fn nothing_changed_nothing_listed() {
    let folder = repository();
    for arguments in [vec!["--staged"], vec!["--diff-base", "HEAD"]] {
        let run = check(folder.path(), &arguments);
        assert_eq!((run.code, listed(&run)), (0, Vec::new()));
        let report: Value = serde_json::from_str(&run.out).expect("JSON");
        assert!(report["summary"]["waived_by"]["out-of-diff"].as_u64() > Some(5));
    }
    assert_eq!(check(folder.path(), &[]).code, 1);
}

#[test]
fn what_lies_in_a_changed_file_counts() {
    let folder = repository();
    write(folder.path(), "b/compose.yml", format!("# x\n{COMPOSE}").as_bytes());
    assert_eq!(paths(&check(folder.path(), &["--staged"])), Vec::<String>::new(), "not staged");
    assert_eq!(paths(&check(folder.path(), &["--diff-base", "HEAD"])), ["b/compose.yml"]);
    git(folder.path(), &["add", "-A"]);
    let run = check(folder.path(), &["--staged"]);
    assert_eq!((run.code, paths(&run)), (1, vec!["b/compose.yml".to_owned()]));
    let below = omlint(&folder.path().join("b"), &["check", "--staged", "--format", "json"]);
    assert_eq!(paths(&below), ["compose.yml"]);
}

#[test]
fn what_a_change_brings_counts_wherever_it_is_to_be_mended() {
    // The environment file no longer says what the compose file falls back on.
    let new = ("a/compose.yml".to_owned(), "jwt-default-issuer".to_owned());
    let folder = repository();
    write(folder.path(), "a/.env", b"X=1\n");
    git(folder.path(), &["add", "-A"]);
    assert_eq!(listed(&check(folder.path(), &["--staged"])), std::slice::from_ref(&new));
    // Nor does one that is deleted.
    let folder = repository();
    git(folder.path(), &["rm", "-q", "a/.env"]);
    assert_eq!(listed(&check(folder.path(), &["--staged"])), std::slice::from_ref(&new));
    let one = ["check", "a/compose.yml", "--format", "json", "--staged"];
    assert_eq!(listed(&omlint(folder.path(), &one)), std::slice::from_ref(&new));
    commit(folder.path());
    assert_eq!(
        listed(&check(folder.path(), &["--diff-base", "HEAD~1"])),
        std::slice::from_ref(&new)
    );
    assert_eq!(listed(&check(folder.path(), &["--diff-base", "HEAD"])), []);
}

#[test]
fn a_branch_is_compared_with_where_it_began() {
    let folder = repository();
    git(folder.path(), &["checkout", "-q", "-b", "work"]);
    write(folder.path(), "c/compose.yml", COMPOSE.as_bytes());
    commit(folder.path());
    git(folder.path(), &["checkout", "-q", "main"]);
    write(folder.path(), "b/compose.yml", format!("# x\n{COMPOSE}").as_bytes());
    commit(folder.path());
    git(folder.path(), &["checkout", "-q", "work"]);
    assert_eq!(paths(&check(folder.path(), &["--diff-base", "main"])), ["c/compose.yml"]);
    write(folder.path(), "d/compose.yml", COMPOSE.as_bytes());
    let all = check(folder.path(), &["--diff-base", "main"]);
    assert_eq!(paths(&all), ["c/compose.yml", "d/compose.yml"], "new files count, too");
}

#[test]
fn names_may_hold_anything_and_the_first_commit_changes_everything() {
    let name = "a\n, %41/ü compose.yml";
    let folder = folder(&[(name, COMPOSE)]);
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "-A"]);
    assert_eq!(paths(&check(folder.path(), &["--staged"])), [name]);
}

#[test]
fn what_git_cannot_answer_is_exit_2() {
    let plain = folder(&[("compose.yml", COMPOSE)]);
    let run = check(plain.path(), &["--staged"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("git finds no repository here"), "{}", run.err);
    let folder = repository();
    for revision in ["nowhere", "", "--output=stolen", "-h"] {
        let run = check(folder.path(), &["--diff-base", revision]);
        assert_eq!((run.code, &*run.out), (2, ""), "{revision}");
        assert!(run.err.contains("is no commit of this repository"), "{}", run.err);
    }
    assert!(!folder.path().join("stolen").exists());
}

#[cfg(unix)]
#[test]
fn nothing_that_the_repository_configures_is_run() {
    let folder = repository();
    let root = folder.path();
    let trap = format!("touch {}", root.join("sprung").display());
    for key in [
        "filter.x.clean",
        "filter.x.smudge",
        "filter.x.process",
        "core.fsmonitor",
        "diff.external",
        "diff.x.textconv",
    ] {
        git(root, &["config", key, &trap]);
    }
    git(root, &["config", "filter.x.required", "true"]);
    write(root, ".git/info/attributes", b"* filter=x diff=x\n");
    write(root, "b/compose.yml", format!("# x\n{COMPOSE}").as_bytes());
    let run = check(root, &["--diff-base", "HEAD"]);
    assert_eq!(run.code, 1, "{}", run.err);
    check(root, &["--staged"]);
    assert!(!root.join("sprung").exists());
}
