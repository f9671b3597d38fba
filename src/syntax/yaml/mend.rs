//! Mends a document that does not parse, line by line on a copy of equal length, so that what
//! stands around the broken line is still read, at its place.
//! Knows nothing of what the parser expects: it tries, and keeps what gets further.

use std::ops::Range;

use super::build::build;
use super::{Kind, NodeId, Style, SyntaxError, Tree};

/// Attempts to mend one file before what is left of it is given up.
const MAX_ATTEMPTS: usize = 160;
/// Bytes that all attempts together may read.
const MAX_READ_AGAIN: usize = 8 << 20;
/// Files larger than this are not mended: each attempt reads the file again.
pub(super) const MAX_MENDED_BYTES: usize = 1 << 20;

/// Replaces refused lines by filler of equal length until the text parses.
pub(super) fn mend(original: &str, errors: &mut Vec<SyntaxError>) -> Tree {
    let mut text = original.to_owned();
    let mut raw: Vec<Range<usize>> = Vec::new();
    let mut filled: Vec<Range<usize>> = Vec::new();
    let (mut tree, mut error, mut progress) = build(&text, &raw);
    let mut attempts = 0;
    let most = (MAX_READ_AGAIN / text.len().max(1)).clamp(8, MAX_ATTEMPTS);
    let mut document = document_of(original, error.as_ref().map_or(0, |e| e.offset));
    'mending: while let Some(current) = error.clone() {
        let here = document_of(original, current.offset);
        if here != document {
            errors.push(current.clone());
            document = here;
        }
        let mut best = None;
        for line in candidate_lines(&text, current.offset, progress) {
            for cure in cures(&text, line) {
                attempts += 1;
                if attempts > most {
                    break 'mending;
                }
                let mut patched = text.clone();
                patched.replace_range(cure.range.clone(), &cure.filler);
                let mut raws = raw.clone();
                raws.extend(cure.value.clone());
                let built = build(&patched, &raws);
                let better = match &built.1 {
                    None => true,
                    Some(next) => {
                        (next.offset, built.2) > (current.offset, progress) && !next.too_deep
                    }
                };
                if better {
                    best = Some((patched, raws, cure.range, built));
                    break;
                }
            }
            if best.is_some() {
                break;
            }
        }
        let Some((patched, raws, place, built)) = best else {
            break;
        };
        (text, raw) = (patched, raws);
        filled.push(place);
        (tree, error, progress) = built;
    }
    // Mended values show the characters that were written, not the filler, and so do those in
    // which filler stands: they run over lines that never were theirs.
    filled.sort_by_key(|range| range.start);
    for number in 0..tree.nodes.len() {
        let range = tree.nodes[number].place.range();
        if let Kind::Scalar { text, mut style } = tree.nodes[number].kind {
            let next = filled.partition_point(|place| place.start < range.start);
            let swallows = matches!(style, Style::Plain | Style::Single | Style::Double)
                && filled.get(next).is_some_and(|place| place.end <= range.end);
            if swallows {
                style = Style::Mended;
            }
            let text = match style {
                Style::Mended => tree.add_text(&original[range]),
                _ => text,
            };
            tree.nodes[number].kind = Kind::Scalar { text, style };
        }
    }
    forget_hollow(&mut tree, original, &text);
    tree
}

/// Takes out the keys whose values stood on lines that were given up: what they hold is not
/// nothing, it is unknown.
fn forget_hollow(tree: &mut Tree, original: &str, mended: &str) {
    let given_up = before_given_up_lines(original, mended);
    let hollow = |pair: &(NodeId, NodeId)| {
        let value = &tree.nodes[pair.1.0 as usize];
        let Kind::Scalar { text, style: Style::Plain } = value.kind else { return false };
        if !text.range().is_empty() || !value.place.range().is_empty() {
            return false;
        }
        let key = tree.nodes[pair.0.0 as usize].place.range().end;
        let line = given_up.partition_point(|line| line.end <= key);
        given_up.get(line).is_some_and(|line| line.contains(&key))
    };
    let mut kept: Vec<(usize, bool, Vec<_>)> = Vec::new();
    for (number, node) in tree.nodes.iter().enumerate() {
        let Kind::Map { pairs, flow } = node.kind else { continue };
        let pairs = &tree.pairs[pairs.range()];
        if pairs.iter().any(hollow) {
            let pairs = pairs.iter().copied().filter(|pair| !hollow(pair));
            kept.push((number, flow, pairs.collect()));
        }
    }
    for (number, flow, pairs) in kept {
        let pairs = tree.add_pairs(pairs);
        tree.nodes[number].kind = Kind::Map { pairs, flow };
    }
}

/// The lines that a line given up follows, with nothing but gaps and comments between them.
fn before_given_up_lines(original: &str, mended: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut last = 0..0;
    let mut at = 0;
    for line in original.split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        if mended.get(range.clone()).is_some_and(|line| line.trim().is_empty()) {
            found.push(last);
        }
        last = range;
    }
    found
}

/// The number of `---` lines before `offset`.
fn document_of(text: &str, offset: usize) -> usize {
    text[..offset.min(text.len())].lines().filter(|line| line.starts_with("---")).count()
}

/// Lines that may hold the cause: where the parser stopped, and where it last understood.
fn candidate_lines(text: &str, error: usize, progress: usize) -> Vec<Range<usize>> {
    let mut lines: Vec<Range<usize>> = Vec::new();
    let mut add = |at: usize| {
        let range = line_at(text, at);
        if !lines.contains(&range) && !text[range.clone()].trim().is_empty() {
            lines.push(range);
        }
    };
    add(error);
    add(progress);
    let after = line_at(text, progress).end;
    if after < text.len() {
        add(after + 1);
    }
    let mut before = line_at(text, error).start;
    for _ in 0..3 {
        if before == 0 {
            break;
        }
        add(before - 1);
        before = line_at(text, before - 1).start;
    }
    lines
}

fn line_at(text: &str, at: usize) -> Range<usize> {
    let at = at.min(text.len());
    let bytes = text.as_bytes();
    let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |n| n + 1);
    let end = memchr::memchr(b'\n', &bytes[at..]).map_or(text.len(), |n| at + n);
    let end = if end > start && bytes[end - 1] == b'\r' { end - 1 } else { end };
    start..end
}

struct Cure {
    range: Range<usize>,
    filler: String,
    /// The raw value that the filler stands for.
    value: Option<Range<usize>>,
}

/// What may be done about a line, the mildest first.
fn cures(text: &str, line: Range<usize>) -> Vec<Cure> {
    let content = &text[line.clone()];
    let mut cures = Vec::new();
    let indent = content.len() - content.trim_start().len();
    if content[..indent].contains('\t') {
        cures.push(Cure {
            range: line.start..line.start + indent,
            filler: " ".repeat(indent),
            value: None,
        });
    }
    if let Some(value) = value_range(content) {
        let range = line.start + value.start..line.start + value.end;
        if range.len() >= 2 {
            cures.push(Cure {
                filler: format!("'{}'", "x".repeat(range.len() - 2)),
                value: Some(range.clone()),
                range,
            });
        } else {
            cures.push(Cure { filler: "x".repeat(range.len()), value: Some(range.clone()), range });
        }
    }
    cures.push(Cure { filler: " ".repeat(line.len()), range: line, value: None });
    cures
}

/// The value in `key: value`, `- key: value` or `- value`, without a trailing comment.
fn value_range(line: &str) -> Option<Range<usize>> {
    let mut at = line.len() - line.trim_start().len();
    let mut dashed = false;
    while line[at..].starts_with("- ") {
        at += 2;
        at += line[at..].len() - line[at..].trim_start().len();
        dashed = true;
    }
    if line[at..].starts_with('#') {
        return None;
    }
    let key_end =
        line[at..].find([':', ' ', '"', '\'', '[', '{']).filter(|&n| n > 0).and_then(|n| {
            let rest = &line[at + n..];
            let colon = rest.len() - rest.trim_start().len();
            (rest[colon..].starts_with(": ") || rest[colon..] == *":").then_some(at + n + colon + 1)
        });
    let start = match key_end {
        Some(end) => end,
        None if dashed => at,
        None => return None,
    };
    let start = start + (line[start..].len() - line[start..].trim_start().len());
    let body = &line[start..];
    let end = body.find(" #").unwrap_or(body.len());
    let end = body[..end].trim_end().len();
    (end > 0).then(|| start..start + end)
}
