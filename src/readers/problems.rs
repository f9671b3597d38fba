//! What is wrong with a file's text as such: what does not parse, and what is written twice. Knows
//! nothing of what deployments come of it.

use crate::deployment::catalogue::Catalogue;
use crate::deployment::evidence::Problem;
use crate::source::{Source, Sources, Span, Trouble};
use crate::syntax::substitution::is_endless;
use crate::syntax::yaml;

use super::{Form, Input, Role, compose, manifests};

/// So many problems of one kind are told of one file: whoever mends these sees the next.
const MOST_PROBLEMS: usize = 50;

pub(super) fn look_for(input: &Input, sources: &Sources, catalogue: &Catalogue) -> Vec<Problem> {
    let source = sources.get(input.source);
    let at = |range: std::ops::Range<usize>| Span::new(input.source, range);
    let mut found = Vec::new();
    match source.trouble {
        Some(Trouble::NotUtf8(offset)) => found.push(Problem::NotParsed {
            reason: "this byte is not UTF-8".to_owned(),
            span: at(offset..offset + 1),
        }),
        Some(Trouble::Utf16) => found.push(Problem::NotParsed {
            reason: "the file is UTF-16; Compose, Helm and OpenMetadata read UTF-8".to_owned(),
            span: at(0..first_line(&source.text)),
        }),
        _ => {}
    }
    match &input.form {
        Form::Yaml(tree) => {
            for error in tree.errors.iter().take(MOST_PROBLEMS) {
                found.push(Problem::NotParsed {
                    reason: format!("not valid YAML: {}", error.reason),
                    span: at(line_around(source, error.offset)),
                });
            }
            let endless = tree.scalars().filter(|node| node.text().is_some_and(is_endless));
            let places = endless.map(|node| node.range()).take(MOST_PROBLEMS);
            found.extend(places.map(|range| too_many_references(at(range))));
            if input.role == Role::Compose {
                found.extend(compose::duplicates(input.source, tree, &source.text, catalogue));
            }
            let mut duplicates = tree.duplicates();
            // Behind a break the line is lost that stood between the two.
            let broken = tree.errors.iter().map(|error| error.offset).min();
            duplicates.retain(|duplicate| {
                let last = tree.node(duplicate.last.0).range().start;
                broken.is_none_or(|broken| last < broken)
            });
            let of_chart = if duplicates.is_empty() { Vec::new() } else { of_chart(tree) };
            for duplicate in duplicates.into_iter().take(MOST_PROBLEMS) {
                let (first, last) = (tree.node(duplicate.first.0), tree.node(duplicate.last.0));
                let value = |id| {
                    let node = tree.node(id);
                    source.text.get(node.content_range()).unwrap_or("").to_owned()
                };
                let differ = value(duplicate.first.1) != value(duplicate.last.1);
                let security = !catalogue.by_variable(&duplicate.key).is_empty()
                    || catalogue.settings.iter().any(|setting| {
                        setting.path.ends_with(&format!(".{}", duplicate.key))
                            || setting
                                .helm
                                .iter()
                                .any(|path| path.name.ends_with(&format!(".{}", duplicate.key)))
                    });
                let last_value = tree.node(duplicate.last.1);
                let is_value = last_value.text().is_some() || last_value.is_seq();
                let conflicting = differ && security && is_value;
                // The chart writes a selector twice, and no value of the user's changes that.
                let place = last.content_range().start;
                if !conflicting && of_chart.iter().any(|range| range.contains(&place)) {
                    continue;
                }
                found.push(Problem::DuplicateKey {
                    key: key_in_words(&duplicate.key),
                    first: at(first.content_range()),
                    last: at(last.content_range()),
                    conflicting,
                });
            }
        }
        Form::Env(file) => {
            for line in file.malformed.iter().take(MOST_PROBLEMS) {
                found.push(Problem::NotParsed {
                    reason: line.reason.to_owned(),
                    span: at(line.range.clone()),
                });
            }
            let values = file.entries.iter().filter_map(|entry| entry.value.as_ref());
            let endless = values.filter(|value| is_endless(&value.text));
            let places = endless.map(|value| value.range.clone()).take(MOST_PROBLEMS);
            found.extend(places.map(|range| too_many_references(at(range))));
            let mut seen = std::collections::HashMap::new();
            let most = found.len() + MOST_PROBLEMS;
            for entry in &file.entries {
                if found.len() == most {
                    break;
                }
                let text = entry.value.as_ref().map(|value| value.text.as_str());
                if let Some((first, before)) =
                    seen.insert(&entry.key, (entry.key_range.clone(), text))
                {
                    found.push(Problem::DuplicateKey {
                        key: key_in_words(&entry.key),
                        first: at(first),
                        last: at(entry.key_range.clone()),
                        conflicting: before != text
                            && !catalogue.by_variable(&entry.key).is_empty(),
                    });
                }
            }
        }
        Form::Docker(_) | Form::None | Form::Gone => {}
    }
    found
}

fn too_many_references(span: Span) -> Problem {
    let reason = "there are more variables in this value than omlint follows".to_owned();
    Problem::NotParsed { reason, span }
}

/// The documents that OpenMetadata's chart rendered.
fn of_chart(tree: &yaml::Tree) -> Vec<std::ops::Range<usize>> {
    let objects: Vec<_> = tree
        .documents()
        .map(|document| (manifests::Identity::of(document), document.range()))
        .collect();
    let workloads: std::collections::HashSet<(&str, &str)> = objects
        .iter()
        .filter(|(object, _)| manifests::WORKLOADS.contains(&object.kind.as_str()))
        .filter_map(|(object, _)| Some((object.chart_label()?.text()?, object.name())))
        .collect();
    let rendered = objects.iter().filter(|(object, _)| {
        object.chart().is_some() || object.beside().is_some_and(|who| workloads.contains(&who))
    });
    rendered.map(|(_, range)| range.clone()).collect()
}

/// A key for messages. In a broken file, or in braces, a piece of a secret may pass for one.
fn key_in_words(key: &str) -> String {
    let letters = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '-' | '.');
    let variable = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let name = key.len() <= 60 && (key.chars().all(letters) || key.chars().all(variable));
    if name { key.to_owned() } else { "…".to_owned() }
}

fn first_line(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// The text of the line in which the parser gave up.
fn line_around(source: &Source, offset: usize) -> std::ops::Range<usize> {
    let mut line = source.line_of(offset);
    // An error at the end of the file stands on the last line with text.
    while line > 0 && source.text[source.line_range(line)].trim().is_empty() {
        line -= 1;
    }
    let range = source.line_range(line);
    let text = &source.text[range.clone()];
    let indent = text.len() - text.trim_start().len();
    range.start + indent..range.start + text.trim_end().len().max(indent)
}
