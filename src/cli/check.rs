//! `omlint check`: scans, prints what is to be listed, and decides what fails.

use std::io::{IsTerminal, Read};
use std::path::Path;

use crate::deployment::version::Confidence;
use crate::lint::Gate;
use crate::report::{self, View};
use crate::rules::Knowledge;
use crate::rules::schema::Severity;
use crate::{Request, Scan, scan};

use super::arguments::{Check, Format, Inputs, When};
use super::{Outcome, complain, print};

pub(super) fn run(arguments: &Check) -> Outcome {
    let scan = match read(&arguments.inputs, arguments.now) {
        Ok(scan) => scan,
        Err(error) => {
            complain(&error);
            return Outcome::Failed;
        }
    };
    let machine = arguments.format == Format::Json;
    let default = if machine { Severity::Low } else { Severity::Medium };
    let fail_on = arguments.fail_on.severity();
    let least = arguments.min_severity.map_or(default, Severity::from);
    let least = fail_on.map_or(least, |fail_on| fail_on.min(least));
    let sure = arguments.min_confidence.map_or(Confidence::Medium, Confidence::from);
    let listed_from = match arguments.min_confidence {
        None if machine => Confidence::Low,
        _ => sure,
    };
    let gate = Gate { least, listed_from, fail_on, sure, show_waived: arguments.show_waived };
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
        Format::Pretty => report::pretty::render(&view, Knowledge::built_in()),
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

/// Reads what the arguments name.
pub(super) fn read(inputs: &Inputs, now: Option<i64>) -> Result<Scan, String> {
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
        om_version: inputs.om_version.clone(),
        profile: inputs.profile.into(),
        now: now.unwrap_or_else(today),
    });
    if inputs.verbose {
        narrate(&scan);
    }
    Ok(scan)
}

/// Whether colours are wanted.
pub(super) fn color(when: When) -> bool {
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto => {
            std::io::stdout().is_terminal()
                && anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
        }
    }
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
