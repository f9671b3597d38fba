//! Files that are written for omlint: rules, waivers, the configuration, the baseline.

use std::path::Path;

use omlint::config::{self, Choice, Flags};
use omlint::lint::Waiver;
use omlint::lint::baseline::Baseline;
use omlint::readers::Input;
use omlint::report::mistakes;
use omlint::rules::{Knowledge, user};
use omlint::source::discover::{Disk, decoded};
use omlint::source::mask::is_visible;
use omlint::source::{Arrival, Sources};

use crate::{lies_in, text};

/// A rule file: it loads, or its mistakes have places and can be printed.
pub fn rule(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let is_rule = user::is_rule(text);
    match user::parse(text, "acme-rule", "acme", Knowledge::built_in()) {
        Ok((rule, _)) => {
            assert!(is_rule, "what loads is a rule");
            assert_eq!(rule.id, "acme-rule", "a rule has the name of its file");
            if let Some(range) = user::place(text, &rule.id) {
                lies_in(text, range);
            }
        }
        Err(mistakes) => {
            assert!(!mistakes.is_empty(), "a reason is given");
            for mistake in mistakes {
                lies_in(text, mistake.range);
            }
        }
    }
}

/// Comments that waive findings, in files of several kinds.
pub fn waivers(data: &[u8]) {
    let catalogue = &Knowledge::built_in().catalogue;
    let spellings = &Knowledge::built_in().spellings;
    for name in ["docker-compose.yml", "openmetadata.env", "Dockerfile", "main.tf"] {
        let mut sources = Sources::default();
        let id = sources.add(decoded(name, data.to_vec(), Arrival::Named));
        let source = sources.get(id);
        let input = Input::parse(id, source, catalogue, spellings);
        for directive in input.directives(source) {
            lies_in(&source.text, directive.comment.range());
            let _ = Waiver::inline(&directive, &sources);
        }
        let all = 0..source.text.len();
        let shown = input.shown(source, catalogue, std::slice::from_ref(&all));
        for range in shown.ranges() {
            lies_in(&source.text, range.clone());
        }
        let masked = shown.mask(&source.text, 0);
        assert_eq!(masked.chars().count(), source.text.chars().count(), "masking moves nothing");
    }
}

/// `omlint.toml`, with all that it says about other files.
pub fn config(data: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("omlint.toml"), data).expect("a file");
    let disk = Disk::new(folder.path().to_owned(), false);
    let load = || config::load(&disk, &Choice::Nearest, &[".".into()], &Flags::default());
    let loaded = load();
    for problem in &loaded.problems {
        let spans = problem.span.iter().chain(problem.related.iter().map(|(span, _)| span));
        for span in spans {
            lies_in(&loaded.sources.get(span.source).text, span.range());
        }
    }
    let lines = mistakes::lines(&loaded.sources, &loaded.problems);
    let shown = |id, _: &[_]| loaded.shown(id);
    let drawn = mistakes::drawn(&loaded.sources, &shown, &loaded.problems, false);
    for text in [&lines, &drawn] {
        assert!(text.chars().all(|c| c == '\n' || is_visible(c)), "nothing moves the cursor");
    }
    let again = load();
    assert_eq!(lines, mistakes::lines(&again.sources, &again.problems), "the same file");
    assert!(loaded.folder().is_none_or(|root| root.starts_with(Path::new("/"))));
}

/// A baseline reads what it writes.
pub fn baseline(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Ok(baseline) = Baseline::parse(text) else { return };
    let written = baseline.text();
    let again = Baseline::parse(&written).expect("what was written can be read");
    assert_eq!(again.text(), written, "nothing changes on the way");
    assert_eq!(again.len(), baseline.len(), "nothing is lost on the way");
}
