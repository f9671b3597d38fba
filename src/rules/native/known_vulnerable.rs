//! A version of the server with holes that an advisory tells of.

use super::{Hit, Mark};
use crate::deployment::version::Version;
use crate::rules::advisories::Advisory;
use crate::rules::condition::{Case, Truth};
use crate::source::Span;

pub(super) fn run(case: &Case<'_>) -> Vec<Hit> {
    let known = &case.deployment.version;
    let stated = known.from != "layout" && !known.from.starts_with("assumed");
    let image = case.deployment.evidence.image.as_ref();
    // The number of an image of one's own need not be OpenMetadata's.
    let is_ours = known.from != "image tag" || image.is_some_and(|image| image.official);
    if !stated || !is_ours || known.is_range || !is_release(&known.text) {
        return Vec::new();
    }
    let applies = |advisory: &&Advisory| {
        advisory.affects(known.version) && case.holds(&advisory.when) == Truth::True
    };
    let found: Vec<&Advisory> = case.knowledge.advisories.list.iter().filter(applies).collect();
    let Some(worst) = found.iter().map(|advisory| advisory.severity).max() else {
        return Vec::new();
    };
    let first = case.deployment.layers.first().map(|&source| Span::new(source, 0..0));
    let tag = image.filter(|_| known.place.is_none()).map(|image| image.span);
    let Some(span) = known.place.or(tag).or(first) else { return Vec::new() };
    let fixed = found.iter().map(|advisory| advisory.fixed).max().unwrap_or(known.version);
    let each = found.iter().map(|advisory| format!("{} ({})", advisory.id, advisory.title));
    vec![Hit {
        place: Some(Mark { span, text: String::new() }),
        severity: Some(worst),
        words: vec![
            ("advisories", each.collect::<Vec<_>>().join(", ")),
            ("fixed", fixed.to_string()),
        ],
        ..Hit::default()
    }]
}

/// A release by its full number: `1.11` may be any of them, and what comes before a release has
/// no number of its own.
fn is_release(text: &str) -> bool {
    let text = text.trim().trim_start_matches(['v', 'V']);
    let parts: Vec<&str> = text.split('.').collect();
    parts.len() >= 3
        && parts.iter().all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()))
        && Version::parse(text).is_some()
}
