//! YAML that does not stand in a file as such: with marks still to be filled in, within a block
//! scalar, in quotes, or decoded. Each gives a tree whose places are the file's.
//! Knows nothing of what the parts are for.

use std::ops::Range;

use super::build::build;
use super::{Kind, Node, Style, Tree, parse};

/// Parses a file in which a program replaces `${…}` or `{{ … }}` before it reads YAML. `[${A}, b]`
/// and `{{ .A }}/b` are no YAML as they stand, but may well be once they are filled in, so the
/// marks count as plain characters.
pub fn parse_unfilled(text: &str) -> Tree {
    let (mut tree, error, _) = build(text, &[]);
    match error {
        None => return tree,
        // Nothing that is filled in makes it smaller.
        Some(error) if error.too_deep => {
            tree.errors.push(error);
            return tree;
        }
        Some(_) => {}
    }
    // A tree of a large file is large.
    drop(tree);
    if !text.contains("${") && !text.contains("{{") {
        return parse(text);
    }
    let mut copy = text.to_owned();
    for (start, _) in text.match_indices("{{") {
        let end = text[start..].find(['}', '\n']).map(|at| start + at);
        if let Some(end) = end.filter(|&end| text[end..].starts_with("}}")) {
            copy.replace_range(start..end + 2, &"_".repeat(end + 2 - start));
        }
    }
    for (start, _) in text.match_indices("${") {
        let end = text[start..].find(['}', '\n']).map(|at| start + at);
        if let Some(end) = end.filter(|&end| text.as_bytes()[end] == b'}')
            && copy.as_bytes()[end] == b'}'
        {
            copy.replace_range(start..=end, &"_".repeat(end + 1 - start));
        }
    }
    let (mut tree, error, _) = build(&copy, &[]);
    if copy == text || error.is_some() {
        return parse(text);
    }
    tree.is_unfilled = true;
    for number in 0..tree.nodes.len() {
        let range = tree.nodes[number].place.range();
        if copy[range.clone()] == text[range.clone()] {
            continue;
        }
        if let Kind::Scalar { text: value, style } = tree.nodes[number].kind {
            let value = &tree.texts[value.range()];
            let Some(original) = written(&text[range.clone()], &copy[range], value, style) else {
                return parse(text);
            };
            let text = tree.add_text(&original);
            tree.nodes[number].kind = Kind::Scalar { text, style };
        }
    }
    tree
}

/// A scalar's text in the original, where the copy that was parsed has other characters in
/// equal number.
fn written(original: &str, copy: &str, value: &str, style: Style) -> Option<String> {
    match style {
        Style::Plain if original.contains('\n') => None,
        Style::Plain => Some(original.to_owned()),
        Style::Single | Style::Double => {
            build(original, &[]).0.scalar_texts().next().map(str::to_owned)
        }
        Style::Literal => {
            let mut lines = original.lines().zip(copy.lines());
            let line = |line: &str| {
                if line.is_empty() {
                    lines.next();
                    return Some(String::new());
                }
                let (original, copy) = lines.next()?;
                copy.ends_with(line).then(|| original[original.len() - line.len()..].to_owned())
            };
            let lines: Option<Vec<String>> = value.split('\n').map(line).collect();
            Some(lines?.join("\n"))
        }
        Style::Folded | Style::Mended | Style::Given => None,
    }
}

/// Parses a part of a file, such as YAML within a block scalar. Places are the file's.
pub fn parse_within(text: &str, part: Range<usize>) -> Tree {
    let line = memchr::memrchr(b'\n', &text.as_bytes()[..part.start]).map_or(0, |at| at + 1);
    // The first line of a block scalar begins with its indentation; what else stands before the
    // part on its line becomes blank.
    let before = &text[line..part.start];
    let is_indentation = before.bytes().all(|b| matches!(b, b' ' | b'\t'));
    let blank = if is_indentation { before.to_owned() } else { " ".repeat(before.len()) };
    shifted(parse_unfilled(&(blank + &text[part])), line)
}

/// The tree of a text that begins at `base` of its file.
fn shifted(mut tree: Tree, base: usize) -> Tree {
    for node in &mut tree.nodes {
        let range = node.place.range();
        node.place = (range.start + base..range.end + base).into();
    }
    for comment in &mut tree.comments {
        *comment = comment.start + base..comment.end + base;
    }
    tree.errors.iter_mut().for_each(|error| error.offset += base);
    tree
}

/// Parses the YAML that a scalar holds. Places are the file's, also where the scalar is written
/// in quotes on one line: an escape becomes what it stands for, and a blank. Within quotes over
/// several lines every place is that of the whole scalar.
pub fn parse_scalar(text: &str, node: Node<'_>) -> Tree {
    let style = node.style();
    let content = node.resolved().content_range();
    if !matches!(style, Some(Style::Single | Style::Double)) {
        return parse_within(text, content);
    }
    // Where lines are folded, what they become has no place of its own.
    if let Some(value) = node.text().filter(|_| text[content.clone()].contains('\n')) {
        return parse_decoded(value, content);
    }
    // The text begins a line of its own: the quote before it is one byte.
    let base = content.start.saturating_sub(1);
    let mut copy = String::from("\n");
    let (mut rest, mut in_quotes) = (&text[content], false);
    let mut quote = |copy: &mut String, sign: char| {
        in_quotes = !in_quotes;
        if in_quotes {
            copy.push(' ');
        }
        copy.push(sign);
        if !in_quotes {
            copy.push(' ');
        }
    };
    while let Some(c) = rest.chars().next() {
        let escaped = rest[c.len_utf8()..].chars().next();
        match (style, c, escaped) {
            (Some(Style::Double), '\\', Some('n')) => copy.push_str(" \n"),
            (Some(Style::Double), '\\', Some('t' | 'r')) => copy.push_str("  "),
            (Some(Style::Double), '\\', Some('"')) => quote(&mut copy, '"'),
            (Some(Style::Single), '\'', Some('\'')) => quote(&mut copy, '\''),
            _ => {
                copy.push(c);
                rest = &rest[c.len_utf8()..];
                continue;
            }
        }
        rest = &rest[2..];
    }
    shifted(parse(&copy), base)
}

/// Parses a text that does not stand in the file as it is. Everything in it is at `place`.
pub fn parse_decoded(text: &str, place: Range<usize>) -> Tree {
    let mut tree = parse(text);
    for node in &mut tree.nodes {
        node.place = place.clone().into();
        if let Kind::Scalar { style: style @ (Style::Single | Style::Double), .. } = &mut node.kind
        {
            // The quotes are not at that place.
            *style = Style::Folded;
        }
    }
    tree.comments.clear();
    tree.errors.iter_mut().for_each(|error| error.offset = place.start);
    tree
}
