//! The examples that rules bring, run through the real check: what each must flag, and what it
//! must not. The files have been laid out by whoever asks.

use std::path::Path;

use crate::config::{self, Choice, Flags, Loaded};
use crate::rules::schema::{Example, Severity};
use crate::source::discover::Disk;
use crate::{Request, Scan, scan};

/// Scans an example's files in `folder`, with its own configuration if it has one. Relative
/// paths of `flags` start from the folder.
pub fn run(example: &Example, folder: &Path, flags: &Flags, now: i64) -> Scan {
    let config = if example.files.contains_key("omlint.toml") {
        let disk = Disk::new(folder.to_owned(), false);
        config::load(&disk, &Choice::Nearest, &[".".into()], flags)
    } else {
        Loaded::isolated(flags, folder)
    };
    scan(&Request {
        paths: vec![".".into()],
        stdin: None,
        base: folder.to_owned(),
        no_ignore: false,
        env_files: Vec::new(),
        helm_values: Vec::new(),
        config,
        now,
        inline_waivers: true,
    })
}

/// What a rule did with an example other than what the example says, if anything.
pub fn wrong(scan: &Scan, rule: &str, example: &Example, bad: bool) -> Option<String> {
    let found: Vec<_> = scan.findings.iter().filter(|finding| finding.rule == rule).collect();
    let texts: Vec<&str> = found.iter().map(|f| scan.sources.slice(f.primary.span)).collect();
    let severities: Vec<Severity> = found.iter().map(|finding| finding.severity).collect();
    if !bad {
        return (!texts.is_empty()).then(|| format!("must be silent, but speaks about {texts:?}"));
    }
    if texts.is_empty() {
        return Some("must speak, but is silent".into());
    }
    if !example.flags.is_empty() && texts != example.flags {
        return Some(format!("points at {texts:?}, not at {:?}", example.flags));
    }
    let names = |list: &[Severity]| list.iter().map(|level| level.name()).collect::<Vec<_>>();
    (!example.severities.is_empty() && severities != example.severities)
        .then(|| format!("is {:?}, not {:?}", names(&severities), names(&example.severities)))
}
