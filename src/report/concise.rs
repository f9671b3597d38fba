//! One line a finding, as compilers print them.

use crate::source::mask::plain;

use super::View;

/// The report.
pub fn render(view: &View<'_>) -> String {
    let mut out = String::new();
    for finding in &view.findings {
        let source = view.sources.get(finding.primary.span.source);
        let at = source.position(finding.primary.span.start as usize);
        out.push_str(&format!(
            "{}:{}:{}: {}[{}] {}{}{}\n",
            plain(&source.path),
            at.line,
            at.column,
            finding.severity.name(),
            finding.rule,
            plain(&finding.message),
            if finding.preview { " (preview)" } else { "" },
            finding.waived.as_ref().map_or(String::new(), |w| format!(" ({})", plain(&w.words())))
        ));
    }
    out
}
