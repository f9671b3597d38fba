//! Mistakes in what users write for this program, as findings are drawn: the characters, what is
//! wrong with them, what to write. What the file holds besides is masked.

use ariadne::{Color, Config, IndexType, Label, Report, ReportKind};

use crate::source::Sources;
use crate::source::diagnostic::Diagnostic;
use crate::source::mask::plain;

use super::Showing;
use super::pretty::{Masked, WIDTH, printable, wrap};

/// One line a mistake, as compilers print them.
pub fn lines(sources: &Sources, mistakes: &[Diagnostic]) -> String {
    let mut out = String::new();
    for mistake in mistakes {
        let place = match mistake.span {
            Some(span) => {
                let source = sources.get(span.source);
                let at = source.position(span.start as usize);
                format!("{}:{}:{}", plain(&source.path), at.line, at.column)
            }
            None => "omlint".into(),
        };
        let help = mistake.help.as_deref().map(|help| format!("; {help}")).unwrap_or_default();
        out.push_str(&format!(
            "{place}: error: {}\n",
            plain(&format!("{}{help}", mistake.message))
        ));
    }
    out
}

/// Source lines with labels.
pub fn drawn(
    sources: &Sources,
    shown: &Showing<'_>,
    mistakes: &[Diagnostic],
    color: bool,
) -> String {
    let spans = mistakes.iter().flat_map(|mistake| {
        mistake.span.into_iter().chain(mistake.related.iter().map(|(span, _)| *span))
    });
    let masked = Masked::new(sources, shown, spans);
    let mut out = Vec::new();
    for mistake in mistakes {
        let Some(span) = mistake.span else {
            out.extend(lines(sources, std::slice::from_ref(mistake)).into_bytes());
            continue;
        };
        let mut labels = vec![(span, plain(&mistake.label))];
        labels.extend(mistake.related.iter().map(|(span, text)| (*span, plain(text))));
        let spans: Vec<_> = labels.iter().map(|(span, _)| *span).collect();
        let mut files = masked.files(&spans);
        let config =
            Config::new().with_index_type(IndexType::Byte).with_color(color).with_compact(false);
        let kind = ReportKind::Custom("error", Color::Red);
        let mut report = Report::build(kind, files.place(span))
            .with_config(config)
            .with_message(plain(&mistake.message));
        for (at, (span, message)) in labels.into_iter().enumerate() {
            let label = Label::new(files.place(span)).with_message(message);
            report = report.with_label(if at == 0 {
                label.with_color(Color::Red).with_priority(1)
            } else {
                label.with_color(Color::Fixed(250))
            });
        }
        if let Some(help) = &mistake.help {
            report = report.with_help(wrap(&plain(help), WIDTH));
        }
        // Writing to memory does not fail.
        let _ = report.finish().write(&mut files, &mut out);
        out.push(b'\n');
    }
    printable(out, color)
}
