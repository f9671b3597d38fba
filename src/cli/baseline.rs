//! `omlint baseline`: records the findings that are there, so that only new ones fail.

use std::path::{Path, PathBuf};

use crate::config::Settings;
use crate::lint::baseline::{Baseline, Record, SALT};
use crate::source::Arrival;
use crate::source::diagnostic::named;
use crate::source::discover::Disk;
use crate::{Scan, lint};

use super::arguments::Recording;
use super::output::Target;
use super::{Outcome, check, complain, print, stats};

/// The file's name where nobody gives another.
const NAME: &str = "omlint-baseline.json";
/// So many stale records are named.
const MOST_NAMED: usize = 20;

/// `create`: a new file.
pub(super) fn create(arguments: &Recording) -> Outcome {
    let Some((scan, path)) = scanned(arguments) else { return Outcome::Failed };
    if path.symlink_metadata().is_ok() {
        complain(&format!(
            "{} is there already: `omlint baseline update` brings it up to date",
            path.display()
        ));
        return Outcome::Failed;
    }
    let mut salt = [0; SALT];
    if let Err(error) = getrandom::fill(&mut salt) {
        complain(&format!("the system gives no random numbers: {error}"));
        return Outcome::Failed;
    }
    record(Baseline::new(salt), &scan, &path)
}

/// `update`: what is gone is taken out, what is new comes in.
pub(super) fn update(arguments: &Recording) -> Outcome {
    let Some((scan, path)) = scanned(arguments) else { return Outcome::Failed };
    match read(&scan, &path) {
        Ok(baseline) => record(baseline, &scan, &path),
        Err(error) => {
            complain(&error);
            Outcome::Failed
        }
    }
}

fn scanned(arguments: &Recording) -> Option<(Scan, PathBuf)> {
    let (scan, settings) =
        check::read(&arguments.inputs, &arguments.flags(), arguments.now, true, None)?;
    // Half of the findings would make the other half new.
    if check::aftermath(&scan) != Outcome::Clean {
        complain("nothing was recorded");
        return None;
    }
    let path = place(&scan, &settings);
    if arguments.inputs.stats {
        stats::tell(&scan);
    }
    Some((scan, path))
}

/// The baseline that a run goes by if it is to have one.
pub(super) fn place(scan: &Scan, settings: &Settings) -> PathBuf {
    settings.baseline.value.clone().unwrap_or_else(|| scan.ground.base.join(NAME))
}

fn record(mut baseline: Baseline, scan: &Scan, path: &Path) -> Outcome {
    let changes = baseline.update(&scan.findings, context(scan, path));
    let shown = shown(scan, path);
    let written = Target::new(Path::new(&shown), scan)
        .and_then(|target| target.write(&baseline.text()))
        .and_then(|()| {
            let lint::baseline::Changes { added, removed, kept } = changes;
            let said = format!("{shown}: {added} added, {removed} removed, {kept} kept\n");
            print(&said).map_err(|error| error.to_string())
        });
    match written {
        Ok(()) => Outcome::Clean,
        Err(error) => {
            complain(&error);
            Outcome::Failed
        }
    }
}

/// Accepts what the baseline records, and names what it records for nothing.
pub(super) fn accept(scan: &mut Scan, path: &Path) -> Result<Vec<Record>, String> {
    let baseline = read(scan, path)?;
    let matched = baseline.matched(&scan.findings, context(scan, path));
    let shown = shown(scan, path);
    matched.accept(&mut scan.findings, &shown);
    scan.remark_stale(&shown, matched.stale.len());
    Ok(matched.stale)
}

/// Says which records have no finding any more.
pub(super) fn name_stale(stale: &[Record]) {
    for record in stale.iter().take(MOST_NAMED) {
        let setting = match &*record.setting {
            "" => String::new(),
            setting => format!(" ({setting})"),
        };
        complain(&format!("gone: {} {}{setting}", record.path, record.rule));
    }
    if let Some(more) = stale.len().checked_sub(MOST_NAMED).filter(|more| *more > 0) {
        complain(&format!("gone: {more} more"));
    }
    if !stale.is_empty() {
        complain("`omlint baseline update` takes them out of the baseline");
    }
}

fn context<'a>(scan: &'a Scan, path: &'a Path) -> lint::baseline::Context<'a> {
    lint::baseline::Context {
        knowledge: &scan.knowledge,
        sources: &scan.sources,
        ground: &scan.ground,
        folder: path.parent().unwrap_or(Path::new("")),
    }
}

fn shown(scan: &Scan, path: &Path) -> String {
    Disk::new(scan.ground.base.clone(), false).from_here(path)
}

fn read(scan: &Scan, path: &Path) -> Result<Baseline, String> {
    let shown = shown(scan, path);
    let disk = Disk::new(scan.ground.base.clone(), false);
    let source = disk.named(&shown, Arrival::Referred).map_err(|note| {
        // Whatever was written where the name of a file should be.
        let baseline = named("the baseline", &shown);
        format!("{baseline}: {}; `omlint baseline create` makes one", note.reason)
    })?;
    match source.trouble {
        None => Baseline::parse(&source.text).map_err(|error| format!("{shown}: {error}")),
        Some(_) => Err(format!("{shown}: too large, or not UTF-8")),
    }
}
