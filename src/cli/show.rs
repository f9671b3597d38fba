//! `omlint show`: the effective settings of each deployment.

use crate::report::{self, View};
use crate::rules::schema::Severity;

use super::arguments::Show;
use super::check::{aftermath, color, read};
use super::words::ShowFormat;
use super::{Outcome, complain, print, stats};

pub(super) fn run(arguments: &Show) -> Outcome {
    let drawn = arguments.format == ShowFormat::Table;
    let Some((mut scan, _)) = read(&arguments.inputs, &arguments.inputs.flags(), None, drawn, None)
    else {
        return Outcome::Failed;
    };
    let knowledge = &scan.knowledge;
    let view = View {
        sources: &scan.sources,
        deployments: &scan.deployments,
        cannot_tell: &scan.cannot_tell,
        findings: Vec::new(),
        hidden: 0,
        waived: Default::default(),
        least: Severity::Info,
        notes: &scan.notes,
        failures: &scan.failures,
        broken: &scan.broken,
        files_seen: scan.files_seen,
        repository: &scan.repository,
        exit_code: 0,
        category: "",
        shown: &|id| scan.shown(id),
        color: color(arguments.inputs.color),
    };
    let text = match arguments.format {
        ShowFormat::Table => report::show::table(&view, &knowledge.catalogue, &scan.asked()),
        ShowFormat::Json => report::show::json(&view, &knowledge.catalogue),
    };
    let mut outcome = aftermath(&scan);
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
