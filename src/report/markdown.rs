//! A page for a step summary or a comment. What a scanned file says is text in it: no markup,
//! no mention, no link of its own.

use std::collections::HashMap;

use crate::lint::Finding;
use crate::source::mask::plain;

use super::{View, count, pretty, to_write};

/// What the page may weigh where nobody says: GitHub takes no larger summary of a step.
pub const MOST_BYTES: usize = 1 << 20;

/// Kept for what follows the table.
const TAIL: usize = 2048;

/// The report in at most `most` bytes, cut between findings.
pub fn render(view: &View<'_>, most: usize) -> String {
    let mut page = Page { out: String::new(), most: most.saturating_sub(TAIL) };
    page.out.push_str(&format!("## omlint\n\n{}\n", text(pretty::summary(view).trim_end())));
    let findings = view.worst_first();
    if !findings.is_empty() {
        page.out.push_str("\n| severity | rule | place | finding |\n| --- | --- | --- | --- |\n");
    }
    let listed = findings.iter().take_while(|finding| page.push(&row(view, finding))).count();
    if listed < findings.len() {
        let more = count(findings.len() - listed, "more finding");
        page.out.push_str(&format!("\n{more}: the list is cut here.\n"));
    }
    let advice = page.list("What to do", advice(view, &findings[..listed]));
    let unseen = page.list("What files cannot show", cannot_tell(view));
    let skipped = page.list("Not looked at", skipped(view));
    if listed == findings.len() && !(advice && unseen && skipped) {
        page.out.push_str("\nThe page is cut here.\n");
    }
    page.out
}

struct Page {
    out: String,
    most: usize,
}

impl Page {
    /// Adds a piece if there is room for it.
    fn push(&mut self, piece: &str) -> bool {
        let fits = self.out.len() + piece.len() <= self.most;
        if fits {
            self.out.push_str(piece);
        }
        fits
    }

    /// Adds a list, or what there is room for; whether all of it is there.
    fn list(&mut self, title: &str, items: Vec<String>) -> bool {
        items.is_empty()
            || (self.push(&format!("\n### {title}\n\n"))
                && items.iter().all(|item| self.push(&format!("- {item}\n"))))
    }
}

/// `a/compose.yml:3:5`
fn place(view: &View<'_>, finding: &Finding) -> String {
    let source = view.sources.get(finding.primary.span.source);
    let at = source.position(finding.primary.span.start as usize);
    code(&format!("{}:{}:{}", source.path, at.line, at.column))
}

fn row(view: &View<'_>, finding: &Finding) -> String {
    let mut message = text(&finding.message);
    if let Some(waived) = &finding.waived {
        message.push_str(&format!(" ({})", text(&waived.words())));
    }
    format!(
        "| {} | {} | {} | {message} |\n",
        finding.severity.name(),
        code(&finding.rule),
        place(view, finding)
    )
}

/// What to do about each rule, said once where it is the same, and what to write where.
fn advice(view: &View<'_>, findings: &[&Finding]) -> Vec<String> {
    let mut said: HashMap<(&str, &str), usize> = HashMap::new();
    let mut items: Vec<String> = Vec::new();
    for finding in findings.iter().filter(|finding| finding.waived.is_none()) {
        let at = *said.entry((&finding.rule, &finding.advice)).or_insert_with(|| {
            items.push(format!("{}: {}", code(&finding.rule), text(&finding.advice)));
            items.len() - 1
        });
        for written in to_write(finding, view) {
            items[at].push_str(&format!(
                "\n\n  {} ({}):\n\n",
                text(&written.order),
                place(view, finding)
            ));
            let longest = written.lines.iter().flat_map(|line| line.split(|c| c != '`'));
            let fence = "`".repeat(longest.map(str::len).max().unwrap_or(0).max(2) + 1);
            items[at].push_str(&format!("  {fence}\n"));
            for line in &written.lines {
                items[at].push_str(&format!("  {line}\n"));
            }
            items[at].push_str(&format!("  {fence}"));
        }
    }
    items
}

fn cannot_tell(view: &View<'_>) -> Vec<String> {
    let mut items = Vec::new();
    for (deployment, said) in view.deployments.iter().zip(view.cannot_tell) {
        if !deployment.illustrative {
            let said = said.iter().map(|said| format!("{}: {}", code(&deployment.id), text(said)));
            items.extend(said);
        }
    }
    items
}

fn skipped(view: &View<'_>) -> Vec<String> {
    let broken = view.broken.iter().map(|part| text(&format!("internal error while {part}")));
    let notes = view.failures.iter().chain(view.notes);
    notes
        .map(|note| format!("{}: {}", code(&note.path), text(&note.reason)))
        .chain(broken)
        .collect()
}

/// A sentence: what stands between backticks becomes code, all else is text and nothing else.
pub(super) fn text(sentence: &str) -> String {
    let sentence = plain(sentence);
    let parts: Vec<&str> = sentence.split('`').collect();
    let mut codes = parts.iter().skip(1).step_by(2);
    let mut between = parts[..parts.len() - 1].iter().skip(2).step_by(2);
    let is_paired = parts.len() % 2 == 1
        && codes.all(|part| !part.trim().is_empty())
        && between.all(|part| !part.is_empty());
    if !is_paired {
        return escaped(&sentence);
    }
    let parts = parts.iter().enumerate();
    parts.map(|(at, part)| if at % 2 == 0 { escaped(part) } else { code(part) }).collect()
}

/// Text as code, for a cell of a table as well.
pub(super) fn code(text: &str) -> String {
    let text = plain(text);
    if text.contains('|') {
        // A bar ends a cell even within backticks.
        return format!("<code>{}</code>", escaped(&text));
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Text in which nothing is markup, a link, a mention or a reference to an issue.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let ends_word = chars.peek().is_none_or(|next| next.is_whitespace());
        match c {
            '&' | '<' | '>' | '@' | '#' | '|' | '$' => out.push_str(&format!("&#{};", c as u32)),
            // `https://…` and `:smile:`.
            ':' if !ends_word => out.push_str("&#58;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    // The one link that needs no colon.
    out.replace("www.", "www&#46;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_says_is_text() {
        for (sentence, markdown) in [
            ("`A_B` holds *this*", "`A_B` holds \\*this\\*"),
            ("one ` alone", "one \\` alone"),
            ("nothing in ``", "nothing in \\`\\`"),
            ("`a``b`", "\\`a\\`\\`b\\`"),
            ("<img src=x> &amp;", "&#60;img src=x&#62; &#38;amp;"),
            ("[x](https://e.org) @me #1", "\\[x\\](https&#58;//e.org) &#64;me &#35;1"),
            ("`a|b` is: one|two", "<code>a&#124;b</code> is: one&#124;two"),
            ("a\u{1b}[31m\nb\u{202e}", "a?\\[31m b\u{fffd}"),
        ] {
            assert_eq!(text(sentence), markdown, "{sentence}");
        }
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`"), "`` ` ``");
    }
}
