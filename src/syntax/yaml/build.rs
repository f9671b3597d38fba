//! Builds the tree from the parser's events: the only file that names the parser crate.
//! Knows nothing of mending.

use std::ops::Range;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, StructureStyle};

use super::assemble::Builder;
use super::lines;
use super::{NodeId, Style, SyntaxError, Tree};

/// One run of the parser: the tree so far, the error that ended it, and how far it got.
pub(super) fn build(text: &str, raw: &[Range<usize>]) -> (Tree, Option<SyntaxError>, usize) {
    // Most files are so plain that they are read in a fraction of the time.
    if raw.is_empty()
        && let Some((tree, end)) = lines::read(text)
    {
        return (tree, end.map(too_large), end.unwrap_or(text.len()));
    }
    build_any(text, raw)
}

/// The same by the parser, whatever the text is.
fn build_any(text: &str, raw: &[Range<usize>]) -> (Tree, Option<SyntaxError>, usize) {
    let options = granit_parser::options! {
        emit_anchor_events: false,
        emit_unresolved_aliases: true,
        max_buffered_comment_events: 1_000_000,
    };
    let mut builder = Builder::default();
    let mut anchors = Vec::new();
    let mut progress = 0;
    let mut error = None;
    let mut parser = Parser::new_from_str_with_options(text, options);
    while let Some(next) = parser.next_event() {
        match next {
            Ok((event, span)) => {
                let range = span.byte_range().unwrap_or(0..0);
                if !matches!(event, Event::Comment(..)) {
                    progress = progress.max(range.end.min(text.len()));
                }
                if builder.is_full() {
                    error.get_or_insert_with(|| too_large(range.start.min(text.len())));
                    break;
                }
                put(&mut builder, &mut anchors, event, range, text, raw);
            }
            Err(problem) => {
                builder.close();
                anchors.clear();
                if error.is_none() {
                    let kind = problem.kind();
                    let too_deep = matches!(kind, ErrorKind::RecursionLimitExceeded);
                    error = Some(SyntaxError {
                        offset: problem.marker().byte_offset().unwrap_or(0).min(text.len()),
                        reason: reason(&problem.info()),
                        too_deep,
                    });
                }
                // Later documents are read all the same; looking for one reads to the end.
                let at = error.as_ref().map_or(0, |first: &SyntaxError| first.offset);
                if memchr::memmem::find(&text.as_bytes()[at..], b"\n---").is_none() {
                    break;
                }
                match parser.proceed_next_document() {
                    Ok(true) => {}
                    _ => break,
                }
            }
        }
    }
    (builder.finish(), error, progress)
}

fn too_large(offset: usize) -> SyntaxError {
    let reason = "more nodes than any configuration has".into();
    SyntaxError { offset, reason, too_deep: true }
}

/// The parser's message without anything that it quotes from the file.
fn reason(message: &str) -> String {
    let mut out = String::new();
    let mut quoted: Option<char> = None;
    for c in message.chars() {
        match quoted {
            Some(end) if c == end => {
                quoted = None;
                out.push('…');
                out.push(c);
            }
            Some(_) => {}
            None => {
                if matches!(c, '"' | '`') {
                    quoted = Some(c);
                }
                out.push(c);
            }
        }
    }
    out
}

/// Adds what the parser met. `anchors` are the nodes by the numbers of their anchors.
fn put(
    builder: &mut Builder,
    anchors: &mut Vec<Option<NodeId>>,
    event: Event<'_>,
    range: Range<usize>,
    source: &str,
    raw: &[Range<usize>],
) {
    let (node, anchor, tag) = match event {
        Event::Scalar(value, style, anchor, tag) => {
            let style = match style {
                _ if raw.contains(&range) => Style::Mended,
                ScalarStyle::Plain => Style::Plain,
                ScalarStyle::SingleQuoted => Style::Single,
                ScalarStyle::DoubleQuoted => Style::Double,
                ScalarStyle::Literal => Style::Literal,
                ScalarStyle::Folded => Style::Folded,
            };
            let node = if style == Style::Plain && range.is_empty() {
                builder.scalar("", style, range)
            } else if matches!(style, Style::Literal | Style::Folded) {
                let end = range.start + source[range.clone()].trim_end().len();
                builder.scalar(&value, style, range.start..end)
            } else {
                builder.scalar(&value, style, range)
            };
            (node, anchor, tag)
        }
        Event::SequenceStart(style, anchor, tag) => {
            (builder.open_seq(style == StructureStyle::Flow, range), anchor, tag)
        }
        Event::MappingStart(style, anchor, tag) => {
            (builder.open_map(style == StructureStyle::Flow, range), anchor, tag)
        }
        Event::SequenceEnd | Event::MappingEnd => return builder.shut(Some(range.end)),
        Event::Alias(id) => return builder.alias(anchors.get(id).copied().flatten(), range),
        Event::UnresolvedAlias(_) => return builder.alias(None, range),
        Event::Comment(..) => return builder.comment(range),
        _ => return,
    };
    if let Some(tag) = tag {
        builder.tag(node, tag.original());
    }
    if anchor > 0 {
        if anchors.len() <= anchor {
            anchors.resize(anchor + 1, None);
        }
        anchors[anchor] = Some(node);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONSTRUCTS: [&str; 12] = [
        "a:\n  - x\n  -   y: 1\n      z:\n  - - p\n    - q\n  -\n    r: s\nb:\n- t\n- u: v\n  w: x\n",
        "# top\na: |\n  one\n    two\n\n  three  \n\n# after\nb: |-\n    x\nc: >\n  d\n  e\n\nf: |+\n g\n\nh: i\n",
        "a: [x, \"y\" , {b: c, d: }, [], {}, -q] # c\nb: {\"e\":1, f : [\n     g,\n     # h\n     i]}\nc: [ ]\n",
        "---\na: 1\n---\n# only\n---\nb:   # note\n\nc : d\n---\n- x\n",
        "\"q\": 'it''s'\n'r': \"b\\\"c\\\\d\\n\" #d\ns: x#y, z [1] {2}\nt: -1\nu: ${V:-\"w\"}\n",
        "a: &x\n  k: v\nb: &y 1\nc: &z [1]\nd: *x\ne:\n  <<: *x\n  f: *none\ng: &q\n- 1\n",
        "{\n  \"a\": 1,\n  \"b\": [\n    {\"c\": null, \"d\": \"x\"}\n  ]\n}\n",
        "a:\n    b: é –\n    # d\n    c: \"ü\"\n  # e\nd:\n\n  f\ng:\n  \"h\"\n",
        "- |\n x\n- a: >-\n   z\n  b: 1\n- # c\n  d\n",
        "a: b c\n  d\ne: 'f\n  g'\nh: !!str i\n? j\n: k\n",
        "a:\n  b:\n    c:\n      d: e\n  f: g\nh:\n  - i\n# j\n  - k\n",
        "text\n",
    ];

    /// Characters and lines that mean something, here or there.
    const SIGNS: [&str; 40] = [
        " ",
        "  ",
        "\n",
        ":",
        ": ",
        "-",
        "- ",
        "#",
        " #",
        "[",
        "]",
        "{",
        "}",
        ",",
        "'",
        "\"",
        "|",
        ">",
        "&a ",
        "*a",
        "!t ",
        "%",
        "@",
        "?",
        "? ",
        "\\",
        "é",
        "\u{a0}",
        "---\n",
        "...\n",
        "\n  ",
        "\n    ",
        "x: ",
        "x: y\n",
        "- z\n",
        "# c\n",
        "''",
        "[]",
        "k: |\n    t\n",
        ".",
    ];

    fn agrees(text: &str) -> bool {
        let Some((tree, None)) = lines::read(text) else { return false };
        let (other, error, _) = build_any(text, &[]);
        assert_eq!(error, None, "refused by the parser:\n{text}");
        assert!(format!("{tree:?}") == format!("{other:?}"), "not alike:\n{text}");
        true
    }

    #[test]
    fn what_is_read_line_by_line_is_what_the_parser_reads() {
        let mut state = 7_u64;
        let mut below = |limit: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize % limit
        };
        let mut read = 0;
        for _ in 0..20_000 {
            let mut text = CONSTRUCTS[below(CONSTRUCTS.len())].to_owned();
            for _ in 0..below(4) {
                let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
                let from = below(places.len());
                let to = (from + below(3)).min(places.len() - 1);
                text.replace_range(places[from]..places[to], SIGNS[below(SIGNS.len())]);
            }
            read += usize::from(agrees(&text));
        }
        assert!(read > 5_000, "{read}");
    }

    #[test]
    fn what_people_write_is_read_line_by_line() {
        let (mut read, mut all) = (0, 0);
        let mut open =
            vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"))];
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml") {
                let text = std::fs::read_to_string(path).unwrap_or_default();
                read += usize::from(agrees(&text));
                all += 1;
            }
        }
        assert!(read * 10 > all * 9, "{read} of {all}");
    }
}
