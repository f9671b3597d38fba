//! A file that is recognisably OpenMetadata's could not be read as what it is.

use crate::deployment::evidence::Problem;

use super::{Hit, Mark};

pub(super) fn run(problems: &[Problem]) -> Vec<Hit> {
    problems
        .iter()
        .filter_map(|problem| match problem {
            Problem::NotParsed { reason, span } => Some(Hit {
                place: Some(Mark { span: *span, text: reason.clone() }),
                words: vec![("reason", reason.clone())],
                ..Hit::default()
            }),
            Problem::DuplicateKey { .. } => None,
        })
        .collect()
}
