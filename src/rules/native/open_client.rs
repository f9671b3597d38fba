//! Clients that are told not to sign in.

use super::{Hit, LooseCase, Mark};

/// Each such client of a file.
pub(super) fn run(case: &LooseCase<'_>) -> Vec<Hit> {
    let hit = |span| {
        let value = format!("`{}`", case.sources.slice(span));
        Hit {
            place: Some(Mark { span, text: String::new() }),
            words: vec![("name", "authProvider".to_owned()), ("value", value)],
            ..Hit::default()
        }
    };
    case.loose.open_clients.iter().map(|span| hit(*span)).collect()
}
