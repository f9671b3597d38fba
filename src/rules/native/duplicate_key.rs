//! A key is written twice in one mapping. The last one counts in most programs; some refuse
//! the file.

use crate::deployment::evidence::Problem;

use super::{Hit, Mark};

pub(super) fn run(problems: &[Problem], only_conflicting: bool) -> Vec<Hit> {
    problems
        .iter()
        .filter_map(|problem| match problem {
            Problem::DuplicateKey { key, first, last, conflicting }
                if *conflicting == only_conflicting =>
            {
                Some(Hit {
                    place: Some(Mark {
                        span: *last,
                        text: format!("`{key}` again; this one counts"),
                    }),
                    related: vec![Mark {
                        span: *first,
                        text: format!("`{key}` here has no effect"),
                    }],
                    words: vec![("key", key.clone())],
                    ..Hit::default()
                })
            }
            _ => None,
        })
        .collect()
}
