//! The page for an issue, a pull request or a wiki.

use crate::compliance::Verdict;
use crate::report::count;
use crate::report::markdown::{code, text};

use super::{Check, Judged, Page, Row, Violation};

pub(super) fn render(page: &Page) -> String {
    let mut out = format!("# {}\n\n", text(&page.framework.heading()));
    out.push_str(&format!(
        "By omlint {} on {}. Standard: <{}>\n",
        env!("CARGO_PKG_VERSION"),
        page.date,
        page.framework.source
    ));
    for judged in &page.deployments {
        deployment(&mut out, judged);
    }
    if !page.elsewhere.is_empty() {
        out.push_str("\n## In files that are part of no deployment\n\n");
        for one in &page.elsewhere {
            out.push_str(&format!("- **not met** {}: {}\n", text(one.control), text(one.title)));
            for finding in &one.findings {
                out.push_str(&format!("  - {}\n", violation(finding)));
            }
        }
    }
    if !page.left_out.is_empty() {
        out.push_str(
            "\nLeft out as templates or documentation (name them to have them judged):\n\n",
        );
        for id in &page.left_out {
            out.push_str(&format!("- {}\n", code(id)));
        }
    }
    if page.deployments.is_empty() {
        let files = count(page.files_seen, "file");
        out.push_str(&format!("\nNo OpenMetadata configuration found in {files}.\n"));
    }
    out
}

fn deployment(out: &mut String, judged: &Judged) {
    let sources: Vec<String> = judged.server.sources.iter().map(|path| code(path)).collect();
    out.push_str(&format!(
        "\n## {}\n\nVersion {} ({}), made of {}. **{}.**\n\n",
        code(&judged.server.id),
        text(&judged.server.version),
        judged.server.version_from,
        sources.join(", "),
        judged.summary.words()
    ));
    out.push_str("| Control | | Verdict |\n|---|---|---|\n");
    for control in &judged.controls {
        let about = control.about.map(|about| format!(": {about}")).unwrap_or_default();
        let title = text(&format!("{}{about}", control.title));
        let verdict = match control.verdict {
            Verdict::NotMet => "**not met**",
            other => other.name(),
        };
        out.push_str(&format!("| {} | {title} | {verdict} |\n", text(control.id)));
    }
    out.push_str("\n### Evidence\n");
    for control in &judged.controls {
        if control.verdict == Verdict::NotApplicable {
            continue;
        }
        out.push_str(&format!("\n**{}: {}**\n\n", text(control.id), control.verdict.name()));
        for check in &control.reasons {
            reason(out, check);
        }
    }
    if !judged.server.cannot_tell.is_empty() {
        out.push_str("\n### Not to be seen in these files\n\n");
        for said in &judged.server.cannot_tell {
            out.push_str(&format!("- {}\n", text(said)));
        }
    }
    out.push_str("\n### Settings\n\n");
    rows(out, &judged.settings);
}

fn reason(out: &mut String, check: &Check) {
    if check.verdict == Verdict::NotApplicable {
        return;
    }
    match &check.rule {
        Some(rule) => out.push_str(&format!("- {} ({})", code(rule), check.verdict.name())),
        None => out.push_str("- Not to be seen in files"),
    }
    let note = check.note.as_ref().map(|note| format!(": {}", text(note)));
    out.push_str(&format!("{}\n", note.unwrap_or_default()));
    for finding in &check.findings {
        out.push_str(&format!("  - {}\n", violation(finding)));
    }
    for row in &check.evidence {
        let Row { setting, value, origin, .. } = row;
        out.push_str(&format!("  - {} = {}, from {}\n", code(setting), code(value), code(origin)));
    }
}

fn violation(finding: &Violation) -> String {
    let waived = finding.waived.as_ref().map(|words| format!(" ({})", text(words)));
    let place = format!("{}:{}:{}", finding.path, finding.line, finding.column);
    format!(
        "{}: {} {}: {}{}",
        code(&place),
        finding.severity,
        code(&finding.rule),
        text(&finding.message),
        waived.unwrap_or_default()
    )
}

fn rows(out: &mut String, rows: &[Row]) {
    out.push_str("| Setting | Value | Origin |\n|---|---|---|\n");
    for row in rows {
        let Row { setting, value, origin, .. } = row;
        out.push_str(&format!("| {} | {} | {} |\n", code(setting), code(value), code(origin)));
    }
}
