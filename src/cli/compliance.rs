//! `omlint report`: scans, holds a framework against what was found, and prints the page.

use crate::report::compliance;

use super::arguments::Report;
use super::check::{page, read};
use super::words::ReportFormat;
use super::{Outcome, complain};

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
    let asked = scan.asked();
    let subject = scan.subject(&asked);
    let text = compliance::render(&subject, &assessment, arguments.format.into());
    let fails = arguments.fail_on.is_some() && assessment.has_not_met();
    let outcome = if fails { Outcome::Findings } else { Outcome::Clean };
    outcome.max(page(&text, &mut scan, inputs.stats))
}
