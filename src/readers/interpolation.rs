//! What `${NAME}` becomes: in compose files from `.env` and `--env-file`, in openmetadata.yaml
//! from the server's environment.

use std::collections::BTreeMap;

use crate::deployment::value::{Fragment, Piece, Step, Unknown};
use crate::source::{SourceId, Sources, Span, Text};
use crate::syntax::dotenv;
use crate::syntax::substitution::{self, Dialect, Operator, Template};

use super::Input;

/// A variable that a text may refer to.
#[derive(Clone)]
pub(super) struct Known {
    /// Its text.
    pub text: Fragment,
    /// The place of its name.
    pub place: Span,
    /// How it came about.
    pub steps: Vec<Step>,
}

impl Known {
    /// Whether it is a name alone, of which nothing among the files knows the value.
    pub(super) fn is_bare(&self) -> bool {
        matches!(self.text.pieces(), [Piece::Unknown(unknown)] if unknown.span == self.place)
    }
}

/// Variables by name.
#[derive(Clone, Default)]
pub(super) struct Variables {
    known: BTreeMap<String, Known>,
}

impl Variables {
    pub(super) fn get(&self, name: &str) -> Option<&Known> {
        self.known.get(name)
    }

    pub(super) fn insert(&mut self, name: String, known: Known) {
        self.known.insert(name, known);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Known)> {
        self.known.iter()
    }

    /// Reads environment files in order, the later over the earlier. A value may refer to
    /// keys above it, and to `outer`, which wins.
    pub(super) fn read(&mut self, inputs: &[&Input], sources: &Sources, outer: &Variables) {
        for input in inputs {
            // What refers to a file says what it is, whatever the file looks like.
            if input.entries().is_empty() {
                let file = dotenv::parse(&sources.get(input.source).text, dotenv::Dialect::Compose);
                self.read_entries(input.source, &file.entries, sources, outer);
            } else {
                self.read_entries(input.source, input.entries(), sources, outer);
            }
        }
    }

    /// Reads a file to which quotes, comments and `$` are data (`format: raw`).
    pub(super) fn read_raw(&mut self, input: &Input, sources: &Sources, outer: &Variables) {
        let file = dotenv::parse(&sources.get(input.source).text, dotenv::Dialect::Raw);
        self.read_entries(input.source, &file.entries, sources, outer);
    }

    fn read_entries(
        &mut self,
        source: SourceId,
        entries: &[dotenv::Entry],
        sources: &Sources,
        outer: &Variables,
    ) {
        let path = &sources.get(source).path;
        for entry in entries {
            let place = Span::new(source, entry.key_range.clone());
            let (text, steps) = match &entry.value {
                None => match outer.get(&entry.key).or(self.get(&entry.key)) {
                    Some(known) => (known.text.clone(), known.steps.clone()),
                    None => (Fragment::unknown(format!("${{{}}}", entry.key), place), Vec::new()),
                },
                Some(value) => {
                    let text = value_text(source, value);
                    let outer_span = Span::new(source, value.range.clone());
                    if value.interpolated {
                        let look = |name: &str| outer.get(name).or(self.get(name));
                        expand(&text, outer_span, Dialect::Compose, &look)
                    } else {
                        (super::scalar::marked(text, outer_span), Vec::new())
                    }
                }
            };
            let mut all =
                vec![Step { what: format!("`{}` is set in {path}", entry.key), span: None }];
            all.extend(steps);
            self.known.insert(entry.key.clone(), Known { text, place, steps: all });
        }
    }
}

fn value_text(source: SourceId, value: &dotenv::Value) -> Text {
    let whole = Span::new(source, value.range.clone());
    if value.exact {
        Text::mapped(&value.text, whole, vec![(0, value.range.start, value.text.len())])
    } else {
        Text::decoded(&value.text, whole)
    }
}

/// Replaces the variables in a text by what they are known to be.
pub(super) fn expand<'a>(
    text: &Text,
    outer: Span,
    dialect: Dialect,
    look: &dyn Fn(&str) -> Option<&'a Known>,
) -> (Fragment, Vec<Step>) {
    let template = substitution::parse(text.expose(), dialect);
    if template.is_literal()
        && let [substitution::Piece::Text { text: same, .. }] = template.pieces.as_slice()
        && same == text.expose()
    {
        return (super::scalar::marked(text.clone(), outer), Vec::new());
    }
    let mut run = Run { text, dialect, look, pieces: Vec::new(), steps: Vec::new(), whole: None };
    run.template(&template);
    let outer = run.whole.filter(|_| template.pieces.len() == 1).unwrap_or(outer);
    let fragment = match run.pieces.as_slice() {
        [Piece::Known(only)] => super::scalar::marked(only.clone(), outer),
        _ => Fragment::new(run.pieces, outer),
    };
    (fragment, run.steps)
}

struct Run<'t, 'a> {
    text: &'t Text,
    dialect: Dialect,
    look: &'t dyn Fn(&str) -> Option<&'a Known>,
    pieces: Vec<Piece>,
    steps: Vec<Step>,
    /// The place of a value that came whole from elsewhere.
    whole: Option<Span>,
}

impl Run<'_, '_> {
    fn template(&mut self, template: &Template) {
        for piece in &template.pieces {
            match piece {
                substitution::Piece::Text { text, range } => {
                    let piece = if self.text.expose().get(range.clone()) == Some(text) {
                        self.text.part(range.clone())
                    } else {
                        Text::decoded(text, self.text.locate(range.clone()))
                    };
                    self.pieces.push(Piece::Known(piece));
                }
                substitution::Piece::Variable { name, range, op } => {
                    self.variable(name, self.text.locate(range.clone()), op);
                }
            }
        }
    }

    fn variable(&mut self, name: &str, span: Span, op: &Operator) {
        let known = (self.look)(name);
        let empty = known.map(|known| known.text.outline().is_empty());
        match op {
            Operator::Plain | Operator::Required { when_empty: false } => match known {
                Some(known) => self.take(name, span, known),
                None => self.unknown(name, span),
            },
            // Where an empty one is refused, the value must come from somewhere else.
            Operator::Required { when_empty: true } => match known {
                Some(known) if empty == Some(false) => self.take(name, span, known),
                _ => self.unknown(name, span),
            },
            Operator::Default { template, when_empty } => match known {
                Some(known) if !(*when_empty && empty == Some(true)) => {
                    self.take(name, span, known)
                }
                _ => {
                    let what = match known {
                        None => format!("nothing sets `{name}`, so its default here applies"),
                        Some(_) => {
                            format!("`{name}` is set to nothing, so its default here applies")
                        }
                    };
                    self.steps.push(Step { what, span: None });
                    if template.pieces.is_empty() {
                        self.whole = self.whole.or(Some(span));
                    }
                    self.template(template);
                }
            },
            Operator::Alternate { template, when_empty } => match known {
                Some(_) if !(*when_empty && empty == Some(true)) => self.template(template),
                Some(_) => {}
                None => self.unknown(name, span),
            },
        }
    }

    fn take(&mut self, name: &str, span: Span, known: &Known) {
        let what = match self.dialect {
            Dialect::Compose => format!("`${{{name}}}` is filled in here"),
            Dialect::Dropwizard => format!("the server reads `{name}` here"),
        };
        self.steps.push(Step { what, span: Some(span) });
        self.steps.extend(known.steps.iter().cloned());
        let outer = known.text.outer();
        self.whole = Some(if outer.range().is_empty() { known.place } else { outer });
        self.pieces.extend(known.text.pieces().iter().cloned());
    }

    fn unknown(&mut self, name: &str, span: Span) {
        self.pieces.push(Piece::Unknown(Unknown { name: format!("${{{name}}}"), span }));
    }
}
