//! `omlint check`: scans, prints what is to be listed, and decides what fails.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::config::{self, Chosen, Flags, Settings};
use crate::deployment::version::Confidence;
use crate::lint::Gate;
use crate::report::markdown::MOST_BYTES;
use crate::report::{Format, View, count};
use crate::rules::schema::Severity;
use crate::source::discover::Disk;
use crate::source::git::{self, Since};
use crate::{Request, Scan, limit, scan};

use super::arguments::{Check, Inputs, UNNAMED};
use super::output::Target;
use super::progress::Progress;
use super::words::When;
use super::{Outcome, baseline, complain, complain_of, print, stats};

pub(super) fn run(arguments: &Check) -> Outcome {
    judge(arguments, false)
}

/// `omlint baseline check`.
pub(super) fn against_baseline(arguments: &Check) -> Outcome {
    judge(arguments, true)
}

fn judge(arguments: &Check, wants_baseline: bool) -> Outcome {
    if let Err(error) = sound(arguments) {
        complain(&error);
        return Outcome::Failed;
    }
    let drawn = arguments.format == Format::Pretty;
    let since = arguments.since();
    let read =
        read(&arguments.inputs, &arguments.flags(), arguments.limits.now, drawn, since.as_ref());
    let Some((mut scan, settings)) = read else { return Outcome::Failed };
    if wants_baseline || settings.baseline.value.is_some() {
        let path = baseline::place(&scan, &settings);
        match baseline::accept(&mut scan, &path) {
            Ok(stale) if wants_baseline => baseline::name_stale(&stale),
            Ok(_) => {}
            Err(error) => {
                complain(&error);
                return Outcome::Failed;
            }
        }
    }
    let fails = gate(arguments, &settings, arguments.format).judge(&scan.findings).fails;
    let is_missing = arguments.require_deployment && scan.deployments.is_empty();
    let mut outcome =
        if fails && !arguments.exit_zero { Outcome::Findings } else { Outcome::Clean };
    if is_missing {
        outcome = Outcome::Failed;
    }
    outcome = outcome.max(troubles(&scan));
    let report = |format: Format, color: bool, most: usize| {
        let attempt = AssertUnwindSafe(|| {
            render(arguments, (&scan, &settings), outcome, format, color, most)
        });
        catch_unwind(attempt).map_err(|_| format!("internal error while writing {}", format.name()))
    };
    let mut reached = outcome;
    let printed = match report(arguments.format, color(arguments.inputs.color), MOST_BYTES) {
        Ok(text) => print(&text).map_err(|error| {
            (Outcome::Failed, format!("the report could not be written: {error}"))
        }),
        Err(broken) => Err((Outcome::Broken, broken)),
    };
    let written = arguments.output.iter().map(|output| {
        let target = Target::new(&output.file, &scan).map_err(|error| (Outcome::Failed, error))?;
        let text = report(output.format, false, target.room(MOST_BYTES))
            .map_err(|broken| (Outcome::Broken, broken))?;
        target.write(&text).map_err(|error| (Outcome::Failed, error))
    });
    for (worse, error) in std::iter::once(printed).chain(written).filter_map(Result::err) {
        complain(&error);
        reached = reached.max(worse);
    }
    scan.stages.end("report");
    if arguments.inputs.stats {
        stats::tell(&scan);
    }
    aftermath(&scan);
    if is_missing {
        complain("no OpenMetadata deployment was found, and --require-deployment asks for one");
    }
    // The process ends here: giving back its memory piece by piece would only take time.
    std::mem::forget(scan);
    reached
}

/// Whether the arguments fit together.
fn sound(arguments: &Check) -> Result<(), String> {
    let reads_stdin = arguments.inputs.paths.iter().any(|path| path == Path::new("-"));
    let formats = arguments.output.iter().map(|output| output.format);
    let needy = formats.chain([arguments.format]).find(|format| format.needs_files());
    if let Some(format) = needy
        && reads_stdin
        && arguments.inputs.stdin_filename == UNNAMED
    {
        return Err(format!(
            "{} has to name a file for each finding: say which one standard input is, \
             with --stdin-filename",
            format.name()
        ));
    }
    for (at, output) in arguments.output.iter().enumerate() {
        if arguments.output[..at].iter().any(|other| other.file == output.file) {
            return Err(format!("two reports would go to {}", output.file.display()));
        }
    }
    Ok(())
}

/// What is listed in a format, and what fails; the latter is the same in all of them.
fn gate(arguments: &Check, settings: &Settings, format: Format) -> Gate {
    let machine = format.is_for_programs();
    let default = if machine { Severity::Low } else { Severity::Medium };
    let fail_on = settings.fail_on.value;
    let least = settings.min_severity.value.unwrap_or(default);
    let least = fail_on.map_or(least, |fail_on| fail_on.min(least));
    let sure = settings.min_confidence.value.unwrap_or(Confidence::Medium);
    let listed_from = match settings.min_confidence.value {
        None if machine => Confidence::Low,
        _ => sure,
    };
    Gate {
        least,
        listed_from,
        fail_on,
        sure,
        show_waived: arguments.show_waived,
        preview_fails: arguments.preview_fails,
    }
}

/// One report.
fn render(
    arguments: &Check,
    (scan, settings): (&Scan, &Settings),
    outcome: Outcome,
    format: Format,
    color: bool,
    most: usize,
) -> String {
    let gate = gate(arguments, settings, format);
    let verdict = gate.judge(&scan.findings);
    let shown = |id, lines: &[_]| scan.shown_of(id, lines);
    let view = View {
        findings: verdict.listed,
        hidden: verdict.hidden,
        waived: verdict.waived,
        least: gate.least,
        exit_code: outcome as u8,
        category: arguments.category.as_deref().unwrap_or(settings.profile.value.name()),
        color,
        ..scan.view(&shown)
    };
    format.render(&view, &scan.knowledge, most)
}

/// The time of the run where nobody names one: that of the sources, else the clock's.
pub(super) fn today() -> i64 {
    moment(None).value
}

/// The time of the run, and who says so.
pub(super) fn moment(flag: Option<i64>) -> Chosen<i64> {
    const VARIABLE: &str = "SOURCE_DATE_EPOCH";
    let epoch = || std::env::var(VARIABLE).ok().and_then(|text| text.parse().ok());
    if let Some(value) = flag {
        return Chosen { value, from: config::From::Flag };
    }
    if let Some(value) = epoch() {
        return Chosen { value, from: config::From::Environment(VARIABLE) };
    }
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let value = since.map_or(0, |time| time.as_secs().try_into().unwrap_or(i64::MAX));
    Chosen { value, from: config::From::Default }
}

/// Reads what the arguments name, by the configuration of the place. Says what is wrong if that
/// cannot be done.
pub(super) fn read(
    inputs: &Inputs,
    flags: &Flags,
    now: Option<i64>,
    drawn: bool,
    since: Option<&Since>,
) -> Option<(Scan, Settings)> {
    match scanned(inputs, flags, now, drawn, since) {
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
    since: Option<&Since>,
) -> Result<Option<(Scan, Settings)>, String> {
    let start = Instant::now();
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
    if inputs.verbose && matches!(inputs.choice(), config::Choice::Nearest) {
        let goes_by = match config.file {
            Some(id) => format!("`{}`", config.sources.get(id).path),
            None => "none, since that one stands below what is scanned".to_owned(),
        };
        for path in config::unused(&disk, &named, &config) {
            complain(&format!("`{path}` is not used: this run goes by {goes_by}"));
        }
    }
    let settings = config.settings.clone();
    let stdin = if wants_stdin {
        let mut bytes = Vec::new();
        std::io::stdin()
            .lock()
            .take(crate::source::discover::MAX_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| format!("standard input cannot be read: {error}"))?;
        if bytes.len() as u64 > crate::source::discover::MAX_BYTES {
            return Err("standard input is over 16 MiB: hand it over in parts".to_owned());
        }
        Some((inputs.stdin_filename.clone(), bytes))
    } else {
        None
    };
    let changes = match since {
        Some(since) => Some(git::changes(&base, since)?),
        None => None,
    };
    let configuration = start.elapsed();
    let request = Request {
        paths,
        stdin,
        base,
        no_ignore: inputs.no_ignore,
        env_files: inputs.env_file.clone(),
        helm_values: inputs.helm_values.clone(),
        now: moment(now).value,
        config,
        inline_waivers: !inputs.no_inline_waivers,
    };
    let progress = Progress::start();
    let mut scan = scan(&request);
    if let Some(changes) = &changes {
        limit(&request, &mut scan, changes);
        scan.stages.end("changes");
    }
    scan.stages.begin_with("configuration", configuration);
    drop(progress);
    if inputs.verbose {
        narrate(&scan);
    }
    Ok(Some((scan, settings)))
}

/// Whether colours are wanted on standard output.
pub(super) fn color(choice: When) -> bool {
    super::when(choice, &std::io::stdout())
}

/// What could not be looked at makes this of the run.
fn troubles(scan: &Scan) -> Outcome {
    match (scan.broken.is_empty(), scan.failures.is_empty()) {
        (false, _) => Outcome::Broken,
        (true, false) => Outcome::Failed,
        (true, true) => Outcome::Clean,
    }
}

/// Says what could not be looked at, and what that makes of the run.
pub(super) fn aftermath(scan: &Scan) -> Outcome {
    for failure in &scan.failures {
        complain(&format!("{}: {}", failure.path, failure.reason));
    }
    for part in &scan.broken {
        complain(&format!("internal error while {part}; the rest of the run is reported"));
    }
    troubles(scan)
}

/// Prints the page about a scan, and what there is to say beside it.
pub(super) fn page(text: &str, scan: &mut Scan, wants_stats: bool) -> Outcome {
    let mut outcome = aftermath(scan);
    if let Err(error) = print(text) {
        complain(&format!("the report could not be written: {error}"));
        outcome = outcome.max(Outcome::Failed);
    }
    if wants_stats {
        scan.stages.end("report");
        stats::tell(scan);
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
    let others = scan.files_seen.saturating_sub(scan.sources.len());
    if others > 0 {
        let files = count(others, "file");
        complain(&format!("left alone {files}: by name or bytes not OpenMetadata's"));
    }
}
