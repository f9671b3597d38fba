//! `omlint report`: scans, holds a framework against what was found, and prints the page.

use crate::report::compliance::{self, Subject};

use super::arguments::Report;
use super::check::{aftermath, read};
use super::words::ReportFormat;
use super::{Outcome, complain, print, stats};

pub(super) fn run(arguments: &Report) -> Outcome {
    let inputs = &arguments.inputs;
    let drawn = arguments.format == ReportFormat::Table;
    let Some((mut scan, _)) = read(inputs, &inputs.flags(), arguments.now, drawn, None) else {
        return Outcome::Failed;
    };
    let name = arguments.framework.name();
    let Some(assessment) = scan.assess(name) else {
        complain(&format!("there is no framework `{name}` in this build"));
        return Outcome::Failed;
    };
    let subject = Subject {
        knowledge: &scan.knowledge,
        sources: &scan.sources,
        deployments: &scan.deployments,
        cannot_tell: &scan.cannot_tell,
        asked: &scan.asked(),
        files_seen: scan.files_seen,
        now: scan.now,
    };
    let text = compliance::render(&subject, &assessment, arguments.format.into());
    let fails = arguments.fail_on.is_some() && assessment.has_not_met();
    let mut outcome = if fails { Outcome::Findings } else { Outcome::Clean };
    outcome = outcome.max(aftermath(&scan));
    if let Err(error) = print(&text) {
        complain(&format!("the report could not be written: {error}"));
        outcome = outcome.max(Outcome::Failed);
    }
    if arguments.inputs.stats {
        scan.stages.end("report");
        stats::tell(&scan);
    }
    outcome
}
