//! `omlint check`: scans, prints what is to be listed, and decides what fails.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::config::{self, Flags, Settings};
use crate::deployment::version::Confidence;
use crate::lint::Gate;
use crate::report::{self, View};
use crate::rules::schema::Severity;
use crate::source::discover::Disk;
use crate::{Request, Scan, scan};

use super::arguments::{Check, Format, Inputs, When};
use super::{Outcome, complain, complain_of, print};

pub(super) fn run(arguments: &Check) -> Outcome {
    let drawn = arguments.format == Format::Pretty;
    let Some((scan, settings)) = read(&arguments.inputs, &arguments.flags(), arguments.now, drawn)
    else {
        return Outcome::Failed;
    };
    let machine = arguments.format == Format::Json;
    let default = if machine { Severity::Low } else { Severity::Medium };
    let fail_on = settings.fail_on.value;
    let least = settings.min_severity.value.unwrap_or(default);
    let least = fail_on.map_or(least, |fail_on| fail_on.min(least));
    let sure = settings.min_confidence.value.unwrap_or(Confidence::Medium);
    let listed_from = match settings.min_confidence.value {
        None if machine => Confidence::Low,
        _ => sure,
    };
    let gate = Gate {
        least,
        listed_from,
        fail_on,
        sure,
        show_waived: arguments.show_waived,
        preview_fails: arguments.preview_fails,
    };
    let verdict = gate.judge(&scan.findings);
    let view = View {
        sources: &scan.sources,
        deployments: &scan.deployments,
        cannot_tell: &scan.cannot_tell,
        findings: verdict.listed,
        hidden: verdict.hidden,
        waived: verdict.waived,
        least,
        notes: &scan.notes,
        files_seen: scan.files_seen,
        shown: &|id| scan.shown(id),
        color: color(arguments.inputs.color),
    };
    let text = match arguments.format {
        Format::Pretty => report::pretty::render(&view, &scan.knowledge),
        Format::Concise => report::concise::render(&view),
        Format::Json => report::json::render(&view),
    };
    let mut outcome =
        if verdict.fails && !arguments.exit_zero { Outcome::Findings } else { Outcome::Clean };
    if let Err(error) = print(&text) {
        complain(&format!("the report could not be written: {error}"));
        outcome = outcome.max(Outcome::Failed);
    }
    outcome = outcome.max(aftermath(&scan));
    if arguments.require_deployment && scan.deployments.is_empty() {
        complain("no OpenMetadata deployment was found, and --require-deployment asks for one");
        outcome = outcome.max(Outcome::Failed);
    }
    outcome
}

/// The time of the run where nobody names one: that of the sources, else the clock's.
fn today() -> i64 {
    let epoch = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok());
    let clock = || {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |time| time.as_secs().try_into().unwrap_or(i64::MAX))
    };
    epoch.unwrap_or_else(clock)
}

/// Reads what the arguments name, by the configuration of the place. Says what is wrong if that
/// cannot be done.
pub(super) fn read(
    inputs: &Inputs,
    flags: &Flags,
    now: Option<i64>,
    drawn: bool,
) -> Option<(Scan, Settings)> {
    match scanned(inputs, flags, now, drawn) {
        Ok(scan) => scan,
        Err(error) => {
            complain(&error);
            None
        }
    }
}

fn scanned(
    inputs: &Inputs,
    flags: &Flags,
    now: Option<i64>,
    drawn: bool,
) -> Result<Option<(Scan, Settings)>, String> {
    let base = std::env::current_dir()
        .map_err(|error| format!("the working directory cannot be read: {error}"))?;
    let mut paths = inputs.paths.clone();
    let wants_stdin = paths.iter().any(|path| path == Path::new("-"));
    paths.retain(|path| path != Path::new("-"));
    // Values files named by a flag are the whole question unless paths are named, too.
    let only_default = inputs.paths == [Path::new(".")];
    if only_default && !inputs.helm_values.is_empty() {
        paths.clear();
    }
    let named: Vec<PathBuf> =
        paths.iter().chain(&inputs.env_file).chain(&inputs.helm_values).cloned().collect();
    let disk = Disk::new(base.clone(), inputs.no_ignore);
    let config = config::load(&disk, &inputs.choice(), &named, flags);
    if !config.problems.is_empty() {
        complain_of(&config, drawn, inputs.color);
        return Ok(None);
    }
    let settings = config.settings.clone();
    let stdin = if wants_stdin {
        let mut bytes = Vec::new();
        std::io::stdin()
            .lock()
            .take(crate::source::discover::MAX_BYTES)
            .read_to_end(&mut bytes)
            .map_err(|error| format!("standard input cannot be read: {error}"))?;
        Some((inputs.stdin_filename.clone(), bytes))
    } else {
        None
    };
    let scan = scan(&Request {
        paths,
        stdin,
        base,
        no_ignore: inputs.no_ignore,
        env_files: inputs.env_file.clone(),
        helm_values: inputs.helm_values.clone(),
        now: now.unwrap_or_else(today),
        config,
        inline_waivers: !inputs.no_inline_waivers,
    });
    if inputs.verbose {
        narrate(&scan);
    }
    Ok(Some((scan, settings)))
}

/// Whether colours are wanted on standard output.
pub(super) fn color(choice: When) -> bool {
    super::when(choice, &std::io::stdout())
}

/// Says what could not be looked at, and what that makes of the run.
pub(super) fn aftermath(scan: &Scan) -> Outcome {
    let mut outcome = Outcome::Clean;
    for failure in &scan.failures {
        complain(&format!("{}: {}", failure.path, failure.reason));
        outcome = outcome.max(Outcome::Failed);
    }
    for part in &scan.broken {
        complain(&format!("internal error while {part}; the rest of the run is reported"));
        outcome = Outcome::Broken;
    }
    outcome
}

fn narrate(scan: &Scan) {
    for deployment in &scan.deployments {
        let sources: Vec<&str> =
            deployment.sources.iter().map(|&id| scan.sources.get(id).path.as_str()).collect();
        complain(&format!(
            "deployment {}: version {} ({}), made of {}",
            deployment.id,
            deployment.version.text,
            deployment.version.from,
            sources.join(", ")
        ));
        for remark in &deployment.remarks {
            complain(&format!("  {remark}"));
        }
    }
    for (id, role) in scan.roles() {
        complain(&format!("read {} as {role:?}", scan.sources.get(id).path));
    }
    for note in &scan.notes {
        complain(&format!("{} {}: {}", note.kind, note.path, note.reason));
    }
}
