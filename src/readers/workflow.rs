//! Ingestion workflows: how their client signs in to the server. They stand in YAML and JSON,
//! and as text in DAGs, scripts, ConfigMaps and pages, so they are looked for as text.

use std::ops::Range;

use crate::source::Source;
use crate::syntax::yaml::Tree;

use super::telltales::{CLIENT_MARKS, NOBODY, PROVIDER_KEYS};

/// Places at which a client is told not to sign in.
pub(super) fn without_sign_in(source: &Source, tree: Option<&Tree>) -> Vec<Range<usize>> {
    let text = source.text.as_str();
    if !CLIENT_MARKS.iter().any(|name| text.contains(name)) {
        return Vec::new();
    }
    let comments = tree.map(|tree| tree.comments.as_slice()).unwrap_or_default();
    let mut found: Vec<Range<usize>> = PROVIDER_KEYS
        .iter()
        .flat_map(|key| text.match_indices(key).map(|(at, key)| (at, at + key.len())))
        .filter(|&(start, _)| !text[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        .filter(|&(start, _)| !is_comment(text, start, comments, tree.is_some()))
        .filter_map(|(_, end)| value(text, end))
        .collect();
    found.sort_by_key(|range| range.start);
    found
}

/// The value behind the key that ends at `end`, if it is the one without sign-in.
fn value(text: &str, end: usize) -> Option<Range<usize>> {
    let rest = &text[end..];
    // `"authProvider": "no-auth"`, `authProvider: no-auth`, `authProvider="no-auth"`,
    // `\"authProvider\": \"no-auth\"`
    let quotes = ['"', '\'', '\\'];
    let after = rest.trim_start_matches(quotes).trim_start_matches([' ', '\t', ']']);
    let after = after.strip_prefix([':', '='])?;
    let after = after.trim_start_matches([' ', '\t']).trim_start_matches(quotes);
    let start = end + rest.len() - after.len();
    let name = NOBODY.iter().find(|name| after.starts_with(**name))?;
    let next = after[name.len()..].chars().next();
    let ends = next.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.')));
    ends.then(|| start..start + name.len())
}

/// Whether the place is in a comment, of the file or of a text within it.
fn is_comment(text: &str, at: usize, comments: &[Range<usize>], is_yaml: bool) -> bool {
    let before = super::tail(&text[..at]);
    let line = before.rsplit('\n').next().unwrap_or(before);
    let after_last = comments.partition_point(|comment| comment.start <= at);
    line.trim_start().starts_with(['#', ';'])
        || line.trim_start().starts_with("//")
        || !is_yaml && line.contains(" # ")
        || after_last > 0 && comments[after_last - 1].contains(&at)
}
