//! The page in a terminal: what is not met first to catch the eye, evidence below it.

use std::collections::BTreeSet;

use crate::report::count;

use super::{Check, Item, Page, Violation};

pub(super) fn render(page: &Page) -> String {
    let mut out = format!("{}\n", page.framework.heading());
    for judged in &page.deployments {
        out.push_str(&format!(
            "\n{}\n  version {} ({}), made of {}\n  {}\n\n",
            judged.server.id,
            judged.server.version,
            judged.server.version_from,
            judged.server.sources.join(", "),
            judged.summary.words()
        ));
        let ids = judged.controls.iter().map(|control| control.id.len()).max().unwrap_or(0);
        for control in &judged.controls {
            item(&mut out, control, ids);
        }
        if !judged.server.cannot_tell.is_empty() {
            out.push_str("\n  Not to be seen in these files:\n");
            for text in &judged.server.cannot_tell {
                out.push_str(&format!("  - {text}\n"));
            }
        }
    }
    if !page.elsewhere.is_empty() {
        out.push_str("\nIn files that are part of no deployment\n\n");
        for one in &page.elsewhere {
            out.push_str(&format!("  not met  {}  {}\n", one.control, one.title));
            one.findings.iter().for_each(|finding| violation(&mut out, finding));
        }
    }
    if !page.left_out.is_empty() {
        out.push_str(&format!(
            "\nLeft out as templates or documentation (name them to have them judged): {}\n",
            page.left_out.join(", ")
        ));
    }
    if page.deployments.is_empty() {
        let files = count(page.files_seen, "file");
        out.push_str(&format!("no OpenMetadata configuration found in {files}\n"));
    }
    out
}

fn item(out: &mut String, control: &Item, ids: usize) {
    let about = control.about.map(|about| format!(": {about}")).unwrap_or_default();
    let verdict = control.verdict.name();
    out.push_str(&format!("  {verdict:14}  {:ids$}  {}{about}\n", control.id, control.title));
    // A finding that stands for several rules is said once.
    let mut said: BTreeSet<&str> = BTreeSet::new();
    for check in &control.reasons {
        reason(out, check, &mut said);
    }
    for row in control.evidence() {
        out.push_str(&format!("      {} = {}  {}\n", row.setting, row.value, row.origin));
    }
}

fn reason<'p>(out: &mut String, check: &'p Check, said: &mut BTreeSet<&'p str>) {
    for finding in &check.findings {
        if said.insert(&finding.fingerprint) {
            violation(out, finding);
        }
    }
    match (&check.note, &check.rule) {
        (Some(note), Some(rule)) => out.push_str(&format!("      {rule}: {note}\n")),
        (Some(note), None) => out.push_str(&format!("      not to be seen in files: {note}\n")),
        (None, _) => {}
    }
}

fn violation(out: &mut String, finding: &Violation) {
    let waived = finding.waived.as_ref().map(|words| format!(" ({words})")).unwrap_or_default();
    out.push_str(&format!(
        "      {}:{}:{}: {}[{}] {}{waived}\n",
        finding.path, finding.line, finding.column, finding.severity, finding.rule, finding.message
    ));
}
