//! What changed in the repository of the working directory, and what it was before. Compares
//! the index and the files with a commit; nothing that the repository configures is run.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::nearest::lexical;

/// No call of git takes longer.
const GIT_SECONDS: u64 = 20;
/// Old texts that are looked up; beyond, a file counts as new.
const MOST_OLD: usize = 500;
/// Of a larger file the old text is not looked up.
const LARGEST_OLD: usize = 16 << 20;

/// Since when.
#[derive(Clone, Debug)]
pub enum Since {
    /// What is staged to be committed.
    Staged,
    /// What differs from where this revision and the work tree's parted.
    Revision(String),
}

/// Changed files.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Their places, those of deleted files too.
    pub files: HashSet<PathBuf>,
    /// What was in them before; nothing where they are new.
    pub before: HashMap<PathBuf, Option<Vec<u8>>>,
}

impl Changes {
    /// Whether a file is among them.
    pub fn contains(&self, file: &Path) -> bool {
        self.files.contains(&lexical(file))
            || file.canonicalize().is_ok_and(|file| self.files.contains(&file))
    }
}

/// Asks git, in the working directory.
pub fn changes(base: &Path, since: &Since) -> Result<Changes, String> {
    let text = |arguments: &[&str]| {
        let output = git(base, arguments)?;
        Some(String::from_utf8_lossy(&output).trim_end_matches('\n').to_owned())
    };
    let top = text(&["rev-parse", "--show-toplevel"])
        .ok_or("git finds no repository here: --staged and --diff-base need one")?;
    let top = PathBuf::from(top);
    let commit = |revision: &str| {
        text(&["rev-parse", "--verify", "--quiet", &format!("{revision}^{{commit}}")])
    };
    let from = match since {
        Since::Staged => match commit("HEAD") {
            Some(head) => head,
            None => text(&["hash-object", "-t", "tree", "/dev/null"])
                .ok_or("git names no empty tree: is there a first commit?")?,
        },
        Since::Revision(revision) => {
            let is_name = !revision.is_empty() && !revision.starts_with('-');
            let found = if is_name { commit(revision) } else { None };
            let found = found.ok_or_else(|| {
                format!(
                    "--diff-base: `{revision}` is no commit of this repository; in CI the checkout \
                     must bring it (fetch-depth: 0)"
                )
            })?;
            text(&["merge-base", &found, "HEAD"]).unwrap_or(found)
        }
    };
    let failed = || "git could not compare the files".to_owned();
    let mut changes = Changes::default();
    let raw = git(
        &top,
        &[
            "diff-index",
            "--cached",
            "--raw",
            "-z",
            "--no-renames",
            "--no-abbrev",
            "--no-ext-diff",
            &from,
            "--",
        ],
    );
    let raw = raw.ok_or_else(failed)?;
    changes.take_raw(&top, &raw);
    if matches!(since, Since::Revision(_)) {
        let mut arguments = without_filters(base)?;
        let rest = ["diff-files", "--raw", "-z", "--no-renames", "--no-abbrev", "--no-ext-diff"];
        arguments.extend(rest.map(str::to_owned));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        changes.take_raw(&top, &git(&top, &arguments).ok_or_else(failed)?);
        let new = git(&top, &["ls-files", "-z", "--others", "--exclude-standard"]);
        for name in new.ok_or_else(failed)?.split(|byte| *byte == 0).filter(|n| !n.is_empty()) {
            let file = top.join(&*String::from_utf8_lossy(name));
            changes.before.entry(file.clone()).or_insert(None);
            changes.files.insert(file);
        }
    }
    Ok(changes)
}

impl Changes {
    /// `:modes old new status NUL path NUL …`; what was taken first is the older state.
    fn take_raw(&mut self, top: &Path, raw: &[u8]) {
        let mut fields = raw.split(|byte| *byte == 0);
        while let (Some(head), Some(name)) = (fields.next(), fields.next()) {
            let file = top.join(&*String::from_utf8_lossy(name));
            let head = String::from_utf8_lossy(head);
            let old = head.split(' ').nth(2).unwrap_or("");
            if !self.files.insert(file.clone()) {
                continue;
            }
            let is_known = !old.is_empty() && !old.bytes().all(|digit| digit == b'0');
            let text = if is_known && self.before.len() < MOST_OLD {
                git(top, &["cat-file", "blob", old]).filter(|text| text.len() <= LARGEST_OLD)
            } else {
                None
            };
            self.before.insert(file, text);
        }
    }
}

/// Options that keep git from running the filters that the repository configures.
fn without_filters(folder: &Path) -> Result<Vec<String>, String> {
    let keys = git(folder, &["config", "--name-only", "-z", "--get-regexp", "^filter\\."]);
    let mut options = Vec::new();
    for key in keys.unwrap_or_default().split(|byte| *byte == 0).filter(|key| !key.is_empty()) {
        let key = String::from_utf8_lossy(key);
        if key.contains('=') {
            return Err("git is configured with a filter whose name cannot be switched off".into());
        }
        let off = if key.ends_with(".required") { "false" } else { "" };
        options.extend(["-c".to_owned(), format!("{key}={off}")]);
    }
    Ok(options)
}

/// Output of a git command, which must not run anything that the repository says.
pub(super) fn git(folder: &Path, arguments: &[&str]) -> Option<Vec<u8>> {
    let mut child = Command::new("git")
        .args(["-c", "core.fsmonitor=", "-c", "core.hooksPath=/dev/null", "-C"])
        .arg(folder)
        .args(arguments)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut pipe = child.stdout.take()?;
    let reader = std::thread::spawn(move || {
        let mut output = Vec::new();
        pipe.read_to_end(&mut output).map(|_| output)
    });
    let begun = Instant::now();
    let mut still = Stillness::default();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None)
                if begun.elapsed() < Duration::from_secs(GIT_SECONDS)
                    && !still.lasts(child.id(), begun.elapsed()) =>
            {
                std::thread::sleep(Duration::from_millis(1));
            }
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    };
    let output = reader.join().ok()?.ok()?;
    status.success().then_some(output)
}

/// Whether a program does nothing but wait: a pipe in place of a file that git reads would hold
/// up every run.
#[derive(Default)]
struct Stillness {
    /// When it was last seen to work, and how much it had done by then.
    last: (Duration, String),
    looked: Duration,
}

impl Stillness {
    const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_millis(700);

    fn lasts(&mut self, program: u32, now: Duration) -> bool {
        if now < self.looked + Self::BETWEEN_LOOKS {
            return false;
        }
        self.looked = now;
        // Where there is no such file, nobody can tell.
        let said = std::fs::read_to_string(format!("/proc/{program}/stat")).unwrap_or_default();
        let fields: Vec<&str> = said.rsplit(')').next().unwrap_or("").split_whitespace().collect();
        let (Some(&state), Some(work)) = (fields.first(), fields.get(11..13)) else { return false };
        let work = work.join(" ");
        if state != "S" || work != self.last.1 {
            self.last = (now, work);
        }
        now > self.last.0 + Self::LONGEST
    }
}
