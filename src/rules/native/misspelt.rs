//! A variable whose name is nearly that of one which the server reads and which is not set.

use super::{Hit, Mark};
use crate::rules::condition::Case;

/// From this length on, two letters may be wrong.
const LONG: usize = 18;

pub(super) fn run(case: &Case<'_>, prefixes: &[String], known: &[String]) -> Vec<Hit> {
    let catalogue = &case.knowledge.catalogue;
    let begins = |name: &str| prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()));
    let variables = &case.deployment.variables;
    let hit = |(name, &span): (&String, &crate::source::Span)| {
        let is_known = !catalogue.by_variable(name).is_empty() || known.contains(name);
        if !begins(name) || is_known {
            return None;
        }
        let far = if name.len() >= LONG { 2 } else { 1 };
        let read = catalogue.settings.iter().flat_map(|setting| setting.env.iter());
        let read = read.map(|spelling| spelling.name.as_str()).filter(|other| begins(other));
        let mut near: Vec<&str> = read.filter(|other| is_near(name, other, far)).collect();
        near.dedup();
        let [meant] = near[..] else { return None };
        (!case.is_set(meant)).then(|| Hit {
            place: Some(Mark { span, text: String::new() }),
            words: vec![("name", name.clone()), ("instead", meant.to_owned())],
            ..Hit::default()
        })
    };
    variables.iter().filter_map(hit).collect()
}

/// Whether at most so many letters have to be put in, taken out, changed or swapped.
fn is_near(one: &str, other: &str, far: usize) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len().abs_diff(other.len()) > far {
        return false;
    }
    let width = other.len() + 1;
    let mut table = vec![0usize; (one.len() + 1) * width];
    for i in 0..=one.len() {
        for j in 0..width {
            table[i * width + j] = if i == 0 || j == 0 {
                i.max(j)
            } else {
                let same = one[i - 1] == other[j - 1];
                let mut best = (table[(i - 1) * width + j] + 1)
                    .min(table[i * width + j - 1] + 1)
                    .min(table[(i - 1) * width + j - 1] + usize::from(!same));
                let swapped =
                    i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1];
                if swapped {
                    best = best.min(table[(i - 2) * width + j - 2] + 1);
                }
                best
            };
        }
    }
    table[one.len() * width + other.len()] <= far
}
