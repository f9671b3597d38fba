//! What becomes of the values of a container's variables: the kubelet puts other variables in place of
//! `$(NAME)`, and the server in place of `${NAME}`. Knows nothing of where the values stand.

use crate::deployment::catalogue::Catalogue;
use crate::deployment::environment::{Environment, Variable};
use crate::deployment::value::{Fragment, Piece, Step, Unknown};
use crate::source::{Span, Text};
use crate::syntax::substitution::Dialect;

use super::compose::Context;
use super::interpolation::{Known, Variables};

/// `$(NAME)` becomes what a variable above it is, and `$$` is a `$` that begins no name.
pub(super) fn expanded(
    context: &Context<'_>,
    text: &Text,
    outer: Span,
    environment: &Environment,
) -> Fragment {
    let written = text.expose();
    let secret = context.catalogue.secret_variables();
    let mut pieces = Vec::new();
    let mut from = 0;
    let mut keep = |pieces: &mut Vec<Piece>, end: usize, next: usize| {
        if from < end {
            pieces.push(Piece::Known(text.part(from..end)));
        }
        from = next;
    };
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'$', &written.as_bytes()[at..]) {
        let here = at + found;
        at = here + 1;
        match written.as_bytes().get(at) {
            Some(b'$') => {
                at += 1;
                keep(&mut pieces, here + 1, at);
            }
            Some(b'(') => {
                let Some(length) = memchr::memchr(b')', &written.as_bytes()[at..]) else {
                    break;
                };
                let name = &written[at + 1..at + length];
                at += length + 1;
                keep(&mut pieces, here, at);
                let known = environment.variables.get(name);
                let room = context.room;
                match known.filter(|known| room.holds(size(&known.text), outer.source)) {
                    Some(variable) if secret.contains(name) => {
                        pieces.extend(variable.text.pieces().iter().cloned().map(Piece::veiled));
                    }
                    Some(variable) => pieces.extend_from_slice(variable.text.pieces()),
                    // The server gets it as it stands, unless something fills it in before.
                    None => pieces.push(Piece::Unknown(Unknown {
                        name: written[here..at].to_owned(),
                        span: text.locate(here..at),
                    })),
                }
            }
            _ => {}
        }
    }
    keep(&mut pieces, written.len(), written.len());
    Fragment::new(pieces, outer)
}

/// What the server makes of the values: it fills in `${NAME}` in those of variables, too, from
/// all that it has, if nothing else has before.
pub(super) fn fill_in(catalogue: &Catalogue, environment: &mut Environment) {
    if !environment.variables.values().any(|variable| waits(&variable.text)) {
        return;
    }
    let variables = variables(catalogue, environment);
    for variable in environment.variables.values_mut() {
        let (text, filled) = filled_in(&variables, &variable.text);
        variable.text = text;
        variable.steps.extend(filled);
    }
}

/// The variables of an environment that fill in others. What waits to be filled in itself, often by
/// whoever deploys it, fills in nothing.
pub(super) fn variables(catalogue: &Catalogue, environment: &Environment) -> Variables {
    let mut variables = Variables::none(catalogue);
    for (name, Variable { text, place, steps, .. }) in &environment.variables {
        if !waits(text) {
            let known = Known { text: text.clone(), place: *place, steps: steps.clone() };
            variables.insert(name.clone(), known);
        }
    }
    variables
}

fn waits(text: &Fragment) -> bool {
    let has_mark = |text: &Text| memchr::memchr(b'$', text.expose().as_bytes()).is_some();
    text.pieces().iter().any(|piece| matches!(piece, Piece::Known(text) if has_mark(text)))
}

fn filled_in(variables: &Variables, value: &Fragment) -> (Fragment, Vec<Step>) {
    let outer = value.outer();
    let mut steps = Vec::new();
    let mut pieces = Vec::new();
    for piece in value.pieces() {
        match piece {
            Piece::Known(text) if memchr::memchr(b'$', text.expose().as_bytes()).is_some() => {
                let (inner, how) = variables.expand(text, outer, Dialect::Dropwizard);
                pieces.extend_from_slice(inner.pieces());
                steps.extend(how);
            }
            other => pieces.push(other.clone()),
        }
    }
    (Fragment::new(pieces, outer), steps)
}

/// Bytes that a variable takes, more or less.
pub(super) fn size(text: &Fragment) -> usize {
    let piece = |piece: &Piece| match piece {
        Piece::Known(text) => text.expose().len() + size_of::<Piece>(),
        Piece::Unknown(_) => size_of::<Piece>(),
    };
    size_of::<Variable>() / 2 + text.pieces().iter().map(piece).sum::<usize>()
}
