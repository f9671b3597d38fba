//! `omlint show`: the effective settings of each deployment.

use crate::report::{self, View};

use super::Outcome;
use super::arguments::Show;
use super::check::{color, page, read};
use super::words::ShowFormat;

pub(super) fn run(arguments: &Show) -> Outcome {
    let drawn = arguments.format == ShowFormat::Table;
    let Some((mut scan, _)) = read(&arguments.inputs, &arguments.inputs.flags(), None, drawn, None)
    else {
        return Outcome::Failed;
    };
    let knowledge = &scan.knowledge;
    let shown = |id, lines: &[_]| scan.shown_of(id, lines);
    let view =
        View { findings: Vec::new(), color: color(arguments.inputs.color), ..scan.view(&shown) };
    let text = match arguments.format {
        ShowFormat::Table => report::show::table(&view, &knowledge.catalogue, &scan.asked()),
        ShowFormat::Json => report::show::json(&view, &knowledge.catalogue),
    };
    page(&text, &mut scan, arguments.inputs.stats)
}
