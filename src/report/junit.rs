//! JUnit's XML, for CI systems that show tests: a suite a file, a case a finding. A clean run
//! has one case that passes, since some readers take a report without cases for a broken one.

use crate::lint::Finding;
use crate::source::mask::plain;

use super::{View, pretty, to_write};

/// The report.
pub fn render(view: &View<'_>) -> String {
    let mut suites: Vec<Suite> = Vec::new();
    for finding in &view.findings {
        let path = view.path(finding);
        if suites.last().is_none_or(|suite| suite.name != path) {
            suites.push(Suite { name: path.to_owned(), cases: Vec::new() });
        }
        let suite = suites.last_mut().expect("one was pushed");
        let case = case(view, finding);
        suite.cases.push(case);
    }
    let mut run = Suite { name: "omlint".into(), cases: Vec::new() };
    let failures = view.failures.iter().map(|note| (note.path.clone(), note.reason.clone()));
    let broken = view.broken.iter().map(|part| (part.clone(), "internal error".to_owned()));
    for (name, message) in failures.chain(broken) {
        let result = Result { kind: "error", message, text: String::new() };
        run.cases.push(Case { name, place: None, result: Some(result) });
    }
    if suites.is_empty() && run.cases.is_empty() {
        let name = pretty::summary(view).trim_end().to_owned();
        run.cases.push(Case { name, place: None, result: None });
    }
    if !run.cases.is_empty() {
        suites.push(run);
    }
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let total = |kind: &str| suites.iter().map(|suite| suite.number(kind)).sum::<usize>();
    out.push_str(&format!(
        "<testsuites name=\"omlint\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n",
        suites.iter().map(|suite| suite.cases.len()).sum::<usize>(),
        total("failure"),
        total("error"),
        total("skipped")
    ));
    suites.iter().for_each(|suite| suite.write(&mut out));
    out.push_str("</testsuites>\n");
    out
}

struct Suite {
    name: String,
    cases: Vec<Case>,
}

struct Case {
    name: String,
    /// File and line.
    place: Option<(String, usize)>,
    /// What came of it unless it passed.
    result: Option<Result>,
}

struct Result {
    kind: &'static str,
    message: String,
    text: String,
}

fn case(view: &View<'_>, finding: &Finding) -> Case {
    let source = view.sources.get(finding.primary.span.source);
    let at = source.position(finding.primary.span.start as usize);
    let mut name = format!("{} at {}:{}", finding.rule, at.line, at.column);
    if let Some(setting) = &finding.setting {
        name.push_str(&format!(" ({setting})"));
    }
    let mut text = format!(
        "{}:{}:{}: {}: {}\n{}\n",
        plain(&source.path),
        at.line,
        at.column,
        finding.severity.name(),
        plain(&finding.message),
        plain(&finding.advice)
    );
    for written in to_write(finding, view) {
        text.push_str(&format!("{}:\n", written.order));
        for line in written.lines {
            text.push_str(&format!("    {line}\n"));
        }
    }
    let result = match &finding.waived {
        Some(waived) => Result { kind: "skipped", message: waived.words(), text: String::new() },
        None => Result { kind: "failure", message: finding.message.clone(), text },
    };
    Case { name, place: Some((source.path.clone(), at.line)), result: Some(result) }
}

impl Suite {
    fn number(&self, kind: &str) -> usize {
        let results = self.cases.iter().filter_map(|case| case.result.as_ref());
        results.filter(|result| result.kind == kind).count()
    }

    fn write(&self, out: &mut String) {
        let name = escaped(&plain(&self.name));
        out.push_str(&format!(
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n",
            self.cases.len(),
            self.number("failure"),
            self.number("error"),
            self.number("skipped")
        ));
        for case in &self.cases {
            out.push_str(&format!(
                "    <testcase name=\"{}\" classname=\"{name}\"",
                escaped(&plain(&case.name))
            ));
            if let Some((file, line)) = &case.place {
                out.push_str(&format!(" file=\"{}\" line=\"{line}\"", escaped(&plain(file))));
            }
            let Some(Result { kind, message, text }) = &case.result else {
                out.push_str("/>\n");
                continue;
            };
            let message = escaped(&plain(message));
            out.push_str(&format!(">\n      <{kind} message=\"{message}\""));
            if text.is_empty() {
                out.push_str("/>\n");
            } else {
                out.push_str(&format!(">{}</{kind}>\n", escaped(text)));
            }
            out.push_str("    </testcase>\n");
        }
        out.push_str("  </testsuite>\n");
    }
}

/// Text for an attribute or an element, without what XML 1.0 cannot hold.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(c),
            '\0'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn xml_holds_no_control_characters() {
        assert_eq!(
            super::escaped("<a b=\"&\">\u{0}\u{8}\u{ffff}é\n"),
            "&lt;a b=&quot;&amp;&quot;&gt;é\n"
        );
    }
}
