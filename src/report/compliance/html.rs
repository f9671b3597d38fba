//! The page for a browser: one file without scripts, and nothing is fetched. Everything that
//! comes from a scanned file goes through `escaped`.

use std::collections::BTreeSet;

use crate::compliance::Verdict;
use crate::report::count;

use super::{Check, Item, Judged, Page, Row, Summary, Violation};

const STYLE: &str = include_str!("page.css");

pub(super) fn render(page: &Page) -> String {
    let title = escaped(&page.framework.heading());
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title} · omlint</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">To the deployments</a>\n<header class=\"top\">\n\
         <p class=\"soft\">Compliance report of omlint {} · {}</p>\n<h1>{title}</h1>\n\
         <p class=\"soft\">{} in {}. The standard: <a href=\"{source}\">{source}</a></p>\n</header>\n\
         <main id=\"main\">\n",
        env!("CARGO_PKG_VERSION"),
        page.date,
        count(page.deployments.len(), "deployment"),
        count(page.files_seen, "file"),
        source = escaped(page.framework.source),
    );
    if page.deployments.is_empty() {
        out.push_str("<p class=\"card\">No OpenMetadata configuration was found.</p>\n");
    } else {
        overview(&mut out, page);
        filters(&mut out);
    }
    for (at, judged) in page.deployments.iter().enumerate() {
        deployment(&mut out, judged, at);
    }
    elsewhere(&mut out, page);
    out.push_str(
        "</main>\n<footer><p>“Cannot tell” means that the files do not show it: a value comes from \
         elsewhere, or no file can show it. It is neither met nor violated. Values of secrets are \
         never on this page.</p></footer>\n</body>\n</html>\n",
    );
    out
}

fn overview(out: &mut String, page: &Page) {
    out.push_str("<section class=\"card\">\n<h2>Summary</h2>\n<table class=\"overview\">\n<thead><tr><th scope=\"col\">Deployment</th>");
    for verdict in Verdict::ALL {
        out.push_str(&format!("<th scope=\"col\">{}</th>", capital(verdict.name())));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for (at, judged) in page.deployments.iter().enumerate() {
        out.push_str(&format!(
            "<tr><th scope=\"row\"><a href=\"#d{at}\">{}</a></th>",
            escaped(&judged.server.id)
        ));
        for verdict in Verdict::ALL {
            let parts = judged.summary.parts();
            let number = parts.iter().find(|(other, _)| *other == verdict).map_or(0, |part| part.1);
            out.push_str(&format!("<td data-label=\"{}\">{number}</td>", verdict.name()));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n</section>\n");
}

fn filters(out: &mut String) {
    out.push_str("<fieldset class=\"filters\">\n<legend>Show controls that are</legend>\n");
    for verdict in Verdict::ALL {
        out.push_str(&format!(
            "<label><input type=\"checkbox\" id=\"show-{}\" checked> {}</label>\n",
            class(verdict),
            verdict.name()
        ));
    }
    out.push_str("</fieldset>\n");
}

fn deployment(out: &mut String, judged: &Judged, at: usize) {
    let sources: Vec<String> = judged.server.sources.iter().map(|path| code(path)).collect();
    out.push_str(&format!(
        "<section class=\"card deployment\" id=\"d{at}\" aria-labelledby=\"t{at}\">\n\
         <h2 id=\"t{at}\">{}</h2>\n<p class=\"soft\">Version {} ({}), made of {}</p>\n",
        escaped(&judged.server.id),
        escaped(&judged.server.version),
        escaped(judged.server.version_from),
        sources.join(", ")
    ));
    for remark in &judged.server.remarks {
        out.push_str(&format!("<p class=\"soft\">Note: {}</p>\n", rich(remark)));
    }
    counts(out, judged.summary);
    out.push_str("<h3>Controls</h3>\n");
    for control in &judged.controls {
        item(out, control);
    }
    if !judged.server.cannot_tell.is_empty() {
        out.push_str("<h3>Not to be seen in these files</h3>\n<ul class=\"tell\">\n");
        for text in &judged.server.cannot_tell {
            out.push_str(&format!("<li>{}</li>\n", rich(text)));
        }
        out.push_str("</ul>\n");
    }
    out.push_str(&format!(
        "<h3>Settings</h3>\n<details class=\"all\"><summary>{} and where they come from</summary>\n",
        count(judged.settings.len(), "setting")
    ));
    rows(out, &judged.settings);
    out.push_str("</details>\n</section>\n");
}

fn counts(out: &mut String, summary: Summary) {
    out.push_str("<div class=\"bar\" aria-hidden=\"true\">");
    for (verdict, number) in summary.parts() {
        out.push_str(&format!(
            "<span class=\"{}\" style=\"flex-grow:{number}\"></span>",
            class(verdict)
        ));
    }
    out.push_str("</div>\n<ul class=\"chips\">");
    for (verdict, number) in summary.parts() {
        out.push_str(&format!("<li>{}</li>", chip(verdict, Some(number))));
    }
    out.push_str("</ul>\n");
}

fn item(out: &mut String, control: &Item) {
    let is_open =
        matches!(control.verdict, Verdict::NotMet | Verdict::Waived | Verdict::CannotTell);
    let about = control
        .about
        .map(|about| format!(" <span class=\"soft\">{}</span>", escaped(&capital(about))))
        .unwrap_or_default();
    out.push_str(&format!(
        "<details class=\"control {}\"{}><summary>{}<h4>{} {}{about}</h4></summary>\n<div class=\"body\">\n",
        class(control.verdict),
        if is_open { " open" } else { "" },
        chip(control.verdict, None),
        escaped(control.id),
        escaped(control.title),
    ));
    // A finding that stands for several rules is said once.
    let mut said: BTreeSet<&str> = BTreeSet::new();
    for check in &control.reasons {
        reason(out, check, &mut said);
    }
    let evidence = control.evidence();
    if !evidence.is_empty() {
        rows(out, evidence);
    }
    out.push_str("</div></details>\n");
}

fn reason<'p>(out: &mut String, check: &'p Check, said: &mut BTreeSet<&'p str>) {
    let what = match (&check.rule, &check.summary) {
        (Some(rule), Some(summary)) => {
            // What a rule finds would read as a violation where it found nothing.
            let lead = if check.findings.is_empty() { "looks for: " } else { "" };
            format!(
                "<span>{}</span> <span class=\"soft\">{lead}{}</span>",
                code(rule),
                rich(summary)
            )
        }
        (Some(rule), None) => code(rule),
        (None, _) => "<span>Not to be seen in files</span>".to_owned(),
    };
    out.push_str(&format!("<div class=\"reason\"><p>{} {what}</p>\n", chip(check.verdict, None)));
    if let Some(note) = &check.note {
        out.push_str(&format!("<p>{}</p>\n", rich(&capital(note))));
    }
    for finding in &check.findings {
        if said.insert(&finding.fingerprint) {
            violation(out, finding);
        }
    }
    out.push_str("</div>\n");
}

fn violation(out: &mut String, finding: &Violation) {
    let place = format!("{}:{}:{}", finding.path, finding.line, finding.column);
    out.push_str(&format!(
        "<div class=\"finding\"><p><strong>{}</strong> · {}</p>\n<p>{}</p>\n",
        capital(finding.severity),
        code(&place),
        rich(&capital(&finding.message))
    ));
    match &finding.waived {
        Some(words) => out.push_str(&format!("<p>Accepted: {}</p>", rich(words))),
        None => out.push_str(&format!("<p class=\"soft\">{}</p>", rich(&finding.advice))),
    }
    out.push_str("</div>\n");
}

fn rows<'p>(out: &mut String, rows: impl IntoIterator<Item = &'p Row>) {
    out.push_str(
        "<table class=\"evidence\"><thead><tr><th scope=\"col\">Setting</th>\
         <th scope=\"col\">Effective value</th><th scope=\"col\">Origin</th></tr></thead>\n<tbody>\n",
    );
    for row in rows {
        out.push_str(&format!(
            "<tr><td data-label=\"Setting\">{}</td><td data-label=\"Value\">{}</td><td data-label=\"Origin\">{}</td></tr>\n",
            code(&row.setting),
            code(&row.value),
            rich(&row.origin)
        ));
    }
    out.push_str("</tbody></table>\n");
}

fn elsewhere(out: &mut String, page: &Page) {
    if !page.elsewhere.is_empty() {
        out.push_str(
            "<section class=\"card\">\n<h2>In files that are part of no deployment</h2>\n",
        );
        for one in &page.elsewhere {
            out.push_str(&format!(
                "<h3>{} {} {}</h3>\n",
                chip(Verdict::NotMet, None),
                escaped(one.control),
                escaped(one.title)
            ));
            one.findings.iter().for_each(|finding| violation(out, finding));
        }
        out.push_str("</section>\n");
    }
    if !page.left_out.is_empty() {
        let ids: Vec<String> = page.left_out.iter().map(|id| code(id)).collect();
        out.push_str(&format!(
            "<p class=\"soft\">Left out as templates or documentation (name them to have them judged): {}</p>\n",
            ids.join(", ")
        ));
    }
}

fn class(verdict: Verdict) -> String {
    verdict.name().replace(' ', "-")
}

fn chip(verdict: Verdict, number: Option<usize>) -> String {
    let mark = match verdict {
        Verdict::NotMet => "✕",
        Verdict::Waived => "!",
        Verdict::CannotTell => "?",
        Verdict::Met => "✓",
        Verdict::NotApplicable => "–",
    };
    let number = number.map(|number| format!("{number} ")).unwrap_or_default();
    format!(
        "<span class=\"chip {}\"><span aria-hidden=\"true\">{mark}</span> {number}{}</span>",
        class(verdict),
        verdict.name()
    )
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

/// A sentence: what stands between backticks becomes code.
fn rich(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return escaped(text);
    }
    let parts = parts.iter().enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { code(part) } else { escaped(part) }).collect()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// Text in which nothing is markup, within an attribute as well.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
