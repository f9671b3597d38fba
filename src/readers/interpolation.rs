//! What `${NAME}` becomes: in compose files from `.env` and `--env-file`, in openmetadata.yaml
//! from the server's environment.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::deployment::catalogue::{Catalogue, SecretNames};
use crate::deployment::environment::Variable;
use crate::deployment::value::{Fragment, Piece, Step, Unknown};
use crate::deployment::version::Confidence;
use crate::source::{SourceId, Sources, Span, Text};
use crate::syntax::dotenv;
use crate::syntax::substitution::{self, Dialect, Operator, Template};

use super::Input;

/// Values within values are replaced so deep; a circle ends here.
const MAX_DEPTH: usize = 8;
/// Bytes that values may bring to the places that refer to them, in all: variables that double
/// each other must not fill the memory. What comes after stays unknown.
const MAX_BROUGHT: usize = 16 << 20;
/// Steps that are kept of one value.
const MAX_STEPS: usize = 32;

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
    fn is_empty(&self) -> bool {
        self.text
            .pieces()
            .iter()
            .all(|piece| matches!(piece, Piece::Known(text) if text.expose().is_empty()))
    }

    /// Whether there is something in it whatever its unknown parts are.
    fn is_filled(&self) -> bool {
        let filled =
            |piece: &Piece| matches!(piece, Piece::Known(text) if !text.expose().is_empty());
        self.text.pieces().iter().any(filled)
    }

    /// The same as a variable of the server, `rank` above others.
    pub(super) fn variable(&self, rank: u8) -> Variable {
        Variable {
            text: self.text.clone(),
            items: None,
            place: self.place,
            steps: self.steps.clone(),
            confidence: Confidence::High,
            rank,
        }
    }

    /// Bytes that a copy takes, more or less.
    fn size(&self) -> usize {
        let text = |piece: &Piece| match piece {
            Piece::Known(text) => text.expose().len(),
            Piece::Unknown(unknown) => unknown.name.len(),
        };
        let steps = self.steps.iter().map(|step| size_of::<Step>() + step.what.len());
        let pieces = self.text.pieces().iter().map(|piece| size_of::<Piece>() + text(piece));
        pieces.chain(steps).sum()
    }

    /// Whether it is a name alone, of which nothing among the files knows the value.
    pub(super) fn is_bare(&self) -> bool {
        matches!(self.text.pieces(), [Piece::Unknown(unknown)] if unknown.span == self.place)
    }
}

/// Variables by name.
#[derive(Clone, Default)]
pub(super) struct Variables {
    known: BTreeMap<String, Known>,
    /// Those that win over these.
    above: Option<Rc<Variables>>,
    /// Bytes brought so far, by these variables and their copies.
    brought: Rc<Cell<usize>>,
    /// Names of those whose values are never printed, wherever they are filled in.
    secret: Arc<SecretNames>,
}

impl Variables {
    /// No variables yet.
    pub(super) fn none(catalogue: &Catalogue) -> Variables {
        Variables { secret: catalogue.secret_variables(), ..Variables::default() }
    }

    /// No variables, which count with these what they bring.
    pub(super) fn none_beside(&self) -> Variables {
        Variables {
            known: BTreeMap::new(),
            above: None,
            brought: self.brought.clone(),
            secret: self.secret.clone(),
        }
    }

    /// These, and others that win over them.
    pub(super) fn below(self, above: Rc<Variables>) -> Variables {
        Variables { above: Some(above), ..self }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Known> {
        let above = self.above.as_ref().and_then(|above| above.get(name));
        above.or_else(|| self.known.get(name))
    }

    pub(super) fn insert(&mut self, name: String, known: Known) {
        self.known.insert(name, known);
    }

    /// Its own variables, without those that win over them.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Known)> {
        self.known.iter()
    }

    /// Replaces the variables in a text by what they are known to be.
    pub(super) fn expand(
        &self,
        text: &Text,
        outer: Span,
        dialect: Dialect,
    ) -> (Fragment, Vec<Step>) {
        let look = |name: &str| self.get(name);
        expand(text, outer, &self.scope(dialect, &look), 0)
    }

    fn scope<'s, 'a>(
        &'s self,
        dialect: Dialect,
        look: &'s dyn Fn(&str) -> Option<&'a Known>,
    ) -> Scope<'s, 'a> {
        Scope { dialect, look, brought: &self.brought, secret: &self.secret }
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
        let is_here = |known: &&Known| known.place.source == source;
        for entry in entries {
            let place = Span::new(source, entry.key_range.clone());
            let (text, steps) = match &entry.value {
                None => match outer.get(&entry.key).or(self.get(&entry.key).filter(is_here)) {
                    Some(known) => (known.text.clone(), known.steps.clone()),
                    None => (Fragment::unknown(format!("${{{}}}", entry.key), place), Vec::new()),
                },
                Some(value) => {
                    let text = value_text(source, value);
                    let outer_span = Span::new(source, value.range.clone());
                    if value.interpolated {
                        let look = |name: &str| outer.get(name).or(self.get(name));
                        expand(&text, outer_span, &self.scope(Dialect::Compose, &look), 0)
                    } else {
                        (super::scalar::marked(text, outer_span), Vec::new())
                    }
                }
            };
            let mut all =
                vec![Step { what: format!("`{}` is set in {path}", entry.key), span: None }];
            // A bare name that stands here twice says of itself what it said before.
            all.extend(steps.into_iter().take(MAX_STEPS));
            self.known.insert(entry.key.clone(), Known { text, place, steps: all });
        }
    }
}

fn value_text(source: SourceId, value: &dotenv::Value) -> Text {
    let whole = Span::new(source, value.range.clone());
    if value.exact {
        Text::mapped(value.text.as_str(), whole, vec![(0, value.range.start, value.text.len())])
    } else {
        Text::decoded(value.text.as_str(), whole)
    }
}

/// What a text is read with.
struct Scope<'s, 'a> {
    dialect: Dialect,
    look: &'s dyn Fn(&str) -> Option<&'a Known>,
    brought: &'s Cell<usize>,
    secret: &'s SecretNames,
}

/// Replaces the variables in a text that stands `depth` values deep.
fn expand(text: &Text, outer: Span, scope: &Scope<'_, '_>, depth: usize) -> (Fragment, Vec<Step>) {
    let written = text.expose();
    if !written.is_empty() && !written.contains('$') {
        return (super::scalar::marked(text.clone(), outer), Vec::new());
    }
    let template = substitution::parse(written, scope.dialect);
    if template.is_literal()
        && let [substitution::Piece::Text { text: same, .. }] = template.pieces.as_slice()
        && *same == written
    {
        return (super::scalar::marked(text.clone(), outer), Vec::new());
    }
    let mut run = Run { text, scope, depth, pieces: Vec::new(), steps: Vec::new(), whole: None };
    run.template(&template);
    let outer = run.whole.filter(|_| template.pieces.len() == 1).unwrap_or(outer);
    let fragment = match run.pieces.as_slice() {
        [Piece::Known(only)] => super::scalar::marked(only.clone(), outer),
        _ => Fragment::new(run.pieces, outer),
    };
    (fragment, run.steps)
}

struct Run<'t, 's, 'a> {
    text: &'t Text,
    scope: &'t Scope<'s, 'a>,
    /// How many values deep this text stands.
    depth: usize,
    pieces: Vec<Piece>,
    steps: Vec<Step>,
    /// The place of a value that came whole from elsewhere.
    whole: Option<Span>,
}

impl Run<'_, '_, '_> {
    fn template(&mut self, template: &Template<'_>) {
        for piece in &template.pieces {
            match piece {
                substitution::Piece::Text { text, range } => {
                    let piece = if self.text.expose().get(range.clone()) == Some(*text) {
                        self.text.part(range.clone())
                    } else {
                        let text = Text::decoded(*text, self.text.locate(range.clone()));
                        if self.text.is_veiled() { text.veiled() } else { text }
                    };
                    self.pieces.push(Piece::Known(piece));
                }
                substitution::Piece::Variable { name, range, op } => {
                    let before = self.pieces.len();
                    self.variable(name, self.text.locate(range.clone()), op);
                    if self.scope.secret.contains(name) {
                        let brought: Vec<Piece> = self.pieces.drain(before..).collect();
                        self.pieces.extend(brought.into_iter().map(Piece::veiled));
                    }
                }
            }
        }
    }

    fn variable(&mut self, name: &str, span: Span, op: &Operator<'_>) {
        let known = (self.scope.look)(name);
        let empty = known.map(Known::is_empty);
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
                // A bare name in the project's file may come from the shell, or not at all.
                Some(known) if known.is_bare() => self.unknown(name, span),
                Some(known) if !*when_empty || known.is_filled() => self.template(template),
                Some(_) if empty == Some(true) => {}
                // Nobody knows whether what it comes from is empty.
                _ => self.unknown(name, span),
            },
        }
    }

    fn take(&mut self, name: &str, span: Span, known: &Known) {
        let brought = self.scope.brought.get();
        if brought >= MAX_BROUGHT {
            return self.unknown(name, span);
        }
        self.scope.brought.set(brought + known.size());
        let what = match self.scope.dialect {
            Dialect::Compose => format!("`${{{name}}}` is filled in here"),
            Dialect::Dropwizard => format!("the server reads `{name}` here"),
        };
        let outer = known.text.outer();
        self.whole = Some(if outer.range().is_empty() { known.place } else { outer });
        self.keep(std::iter::once(&Step { what, span: Some(span) }));
        self.keep(known.steps.iter());
        // The server replaces variables in the values of variables, too.
        let server = self.scope.dialect == Dialect::Dropwizard && self.depth < MAX_DEPTH;
        let value =
            if server && known.text.is_known() { known.text.outline() } else { String::new() };
        if value.contains("${") {
            let text = Text::decoded(value.as_str(), known.text.span());
            let text = if known.text.is_veiled() { text.veiled() } else { text };
            let (inner, steps) = expand(&text, outer, self.scope, self.depth + 1);
            self.pieces.extend(inner.pieces().iter().cloned());
            self.keep(steps.iter());
        } else {
            self.pieces.extend(known.text.pieces().iter().cloned());
        }
    }

    fn keep<'k>(&mut self, steps: impl Iterator<Item = &'k Step>) {
        let room = MAX_STEPS.saturating_sub(self.steps.len());
        self.steps.extend(steps.take(room).cloned());
    }

    fn unknown(&mut self, name: &str, span: Span) {
        self.pieces.push(Piece::Unknown(Unknown { name: format!("${{{name}}}"), span }));
    }
}
