//! What files show by themselves when all deployments are put together: keys and tokens that none
//! of them speaks of, and files of ours that could not be read. Knows nothing of how deployments
//! are put together.

use crate::deployment::Deployment;
use crate::deployment::catalogue::Catalogue;
use crate::deployment::evidence::{KeyPlace, Loose, Problem};
use crate::source::{Arrival, Sources, Span, Trouble};

use super::super::{Consumed, Input, Role, is_foreign_name, problems};

/// What a file shows by itself: problems of which no deployment speaks, keys that no server
/// reads, and all tokens.
pub(super) fn loose(
    input: &Input,
    sources: &Sources,
    catalogue: &Catalogue,
    deployments: &[Deployment],
    consumed: &Consumed,
) -> Loose {
    let source = sources.get(input.source);
    let mut loose = Loose {
        tokens: input.loose.tokens.clone(),
        open_clients: input.loose.open_clients.clone(),
        cut: input.loose.cut,
        ..Loose::default()
    };
    let placed = |key: &KeyPlace| {
        deployments.iter().any(|d| {
            d.evidence.keys.iter().any(|known| known.span == key.span && known.target.is_some())
        })
    };
    loose.keys.extend(input.loose.keys.iter().filter(|key| !placed(key)).cloned());
    if source.arrival == Arrival::Referred {
        // Nobody asked for it: what matters about it is said by who refers to it.
        return Loose::default();
    }
    if !consumed.contains(&input.source) && is_strayed(input, sources, catalogue) {
        let problems = problems(input, sources, catalogue);
        loose
            .problems
            .extend(problems.iter().filter(|p| matches!(p, Problem::NotParsed { .. })).cloned());
        if let (true, Some(last)) = (loose.problems.is_empty(), first_repeated(problems)) {
            loose.problems.push(Problem::NotParsed {
                reason: "this key stands twice in one mapping, as when the indentation is lost"
                    .into(),
                span: last,
            });
        }
        if source.trouble == Some(Trouble::TooLarge) {
            loose.problems.push(Problem::NotParsed {
                reason: "the file is over 16 MiB and was not read".into(),
                span: Span::new(input.source, 0..0),
            });
        }
    }
    loose
}

/// A file that could not be read, though its text says that it is OpenMetadata's.
pub(in super::super) fn is_strayed(
    input: &Input,
    sources: &Sources,
    catalogue: &Catalogue,
) -> bool {
    if let Some(known) = input.strayed {
        return known;
    }
    let source = sources.get(input.source);
    let broken = source.trouble.is_some()
        || input.tree().is_some_and(|tree| {
            !tree.errors.is_empty() || input.role == Role::Other && !tree.duplicates().is_empty()
        });
    let configuration = !is_foreign_name(source.name());
    // Of what is too large only the beginning can tell.
    let is_named = || {
        source.trouble == Some(Trouble::TooLarge)
            && !source.name().ends_with(".json")
            && catalogue.marks.iter().any(|mark| source.text.contains(mark.as_str()))
    };
    broken && configuration && (looks_ours(&source.text, catalogue) || is_named())
}

/// The first place at which a mapping repeats a key: no program that reads OpenMetadata's files
/// takes that.
fn first_repeated(problems: &[Problem]) -> Option<Span> {
    problems.iter().find_map(|problem| match problem {
        Problem::DuplicateKey { last, .. } => Some(*last),
        _ => None,
    })
}

/// Whether the text names at least two things that only OpenMetadata's configuration has, or one
/// of its own beside a variable that others have, too.
pub(super) fn looks_ours(text: &str, catalogue: &Catalogue) -> bool {
    let fixed = catalogue.marks.iter().filter(|mark| text.contains(mark.as_str())).count();
    // There are many names, and a file may be large: it is read once for all of them.
    let capitals = capitals(text);
    let named: Vec<&str> = catalogue
        .settings
        .iter()
        .filter_map(|setting| setting.variable())
        .filter(|name| if name.bytes().all(is_capital) { &capitals } else { text }.contains(name))
        .collect();
    let own = named.iter().filter(|name| catalogue.telltales([**name]).own == 1).take(2).count();
    fixed + own >= 2 || fixed >= 1 && !named.is_empty()
}

fn is_capital(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'
}

/// The parts of a text that may hold a name in capitals, one after the other.
fn capitals(text: &str) -> String {
    let mut out = String::new();
    for part in text.as_bytes().split(|byte| !is_capital(*byte)).filter(|part| part.len() > 1) {
        out.extend(part.iter().copied().map(char::from));
        out.push(' ');
    }
    out
}
