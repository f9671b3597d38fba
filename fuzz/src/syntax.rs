//! Notations: whatever the text, places lie in it, and what is said to stand there does.

use std::ops::Range;

use omlint::source::{SourceId, Text};
use omlint::syntax::dotenv::{self, Dialect};
use omlint::syntax::substitution::{self, Operator, Piece, Template};
use omlint::syntax::yaml::{self, Node, Tree};
use omlint::syntax::{dockerfile, helm_set};

use crate::{lies_in, text};

/// Nodes that stand for no text: items of lists that `--set` leaves empty, in every list of which
/// an item has a high index.
const MOST_GIVEN: usize = 150_000;

/// The tree of a file, of one with `${…}` in it, and of a part of a file.
pub fn yaml(data: &[u8]) {
    let Some(text) = text(data) else { return };
    tree(text, &yaml::parse(text), 0..text.len());
    tree(text, &yaml::parse_unfilled(text), 0..text.len());
    let boundary = |at: usize| (at..=text.len()).find(|&at| text.is_char_boundary(at));
    let middle = boundary(text.len() / 3).unwrap_or(0)..text.len();
    tree(text, &yaml::parse_within(text, middle.clone()), middle);
}

fn tree(text: &str, tree: &Tree, part: Range<usize>) {
    for comment in &tree.comments {
        lies_in(text, comment.clone());
        assert!(text[comment.clone()].starts_with('#'), "a comment begins with its sign");
        assert!(!text[comment.clone()].contains('\n'), "a comment is part of a line");
    }
    assert!(tree.comments.is_sorted_by_key(|range| range.start), "comments stand in order");
    for error in &tree.errors {
        assert!(error.offset <= text.len(), "an error stands in the file");
        lies_in(text, error.offset..text.len());
    }
    let mut nodes = 0;
    for root in tree.documents() {
        node(text, root, &part, &mut nodes);
    }
    for duplicate in tree.duplicates() {
        assert_eq!(tree.node(duplicate.last.0).text(), Some(&*duplicate.key));
        lies_in(text, tree.node(duplicate.first.1).range());
    }
}

fn node(text: &str, node: Node<'_>, part: &Range<usize>, nodes: &mut usize) {
    *nodes += 1;
    assert!(*nodes <= 4 * text.len() + MOST_GIVEN, "more nodes than characters");
    let range = node.range();
    lies_in(text, range.clone());
    lies_in(text, node.content_range());
    assert!(part.start <= range.start && range.end <= part.end, "{range:?} outside of {part:?}");
    let own = node.resolved().text();
    for (offset, start, length) in node.runs(text) {
        let own = own.and_then(|own| own.get(offset..offset + length));
        assert_eq!(own, text.get(start..start + length), "a run holds what it says");
    }
    // What an alias stands for is looked at where it is defined.
    if node.is_alias() {
        return;
    }
    for item in node.items() {
        self::node(text, item, part, nodes);
    }
    let pairs = node.pairs();
    for &(key, value) in &pairs {
        self::node(text, key, part, nodes);
        self::node(text, value, part, nodes);
    }
    for entry in node.entries().into_iter().take(20) {
        let Some(name) = entry.key.text() else { continue };
        let found = node.get(name).expect("an entry is found by its name");
        assert_eq!(found.value.id(), entry.value.id(), "the same entry, however asked for");
        lies_in(text, entry.value.range());
    }
}

/// Environment files in both dialects.
pub fn dotenv(data: &[u8]) {
    let Some(text) = text(data) else { return };
    for dialect in [Dialect::Compose, Dialect::Raw] {
        let file = dotenv::parse(text, dialect);
        let mut last = 0;
        for entry in &file.entries {
            lies_in(text, entry.key_range.clone());
            assert!(last <= entry.key_range.start, "entries stand in order");
            last = entry.key_range.end;
            let Some(value) = &entry.value else { continue };
            lies_in(text, value.range.clone());
            assert!(last <= value.range.start, "a value stands after its name");
            last = value.range.end;
            if value.exact {
                assert_eq!(value.text, text[value.range.clone()], "an exact value is the text");
            }
            template(&value.text, substitution::Dialect::Compose);
        }
        for comment in &file.comments {
            lies_in(text, comment.clone());
            assert!(text[comment.clone()].starts_with('#'), "a comment begins with its sign");
        }
        for line in &file.malformed {
            lies_in(text, line.range.clone());
        }
    }
}

/// `${…}` in both dialects.
pub fn substitution(data: &[u8]) {
    let Some(text) = text(data) else { return };
    template(text, substitution::Dialect::Compose);
    template(text, substitution::Dialect::Dropwizard);
}

fn template(text: &str, dialect: substitution::Dialect) {
    let all = substitution::parse(text, dialect);
    let mut at = 0;
    for piece in &all.pieces {
        let range = range(piece);
        assert_eq!(at, range.start, "pieces follow each other");
        at = range.end;
    }
    assert_eq!(at, text.len(), "pieces cover the text");
    inner(text, &all, 0..text.len());
}

fn range(piece: &Piece) -> Range<usize> {
    match piece {
        Piece::Text { range, .. } | Piece::Variable { range, .. } => range.clone(),
    }
}

fn inner(text: &str, template: &Template, outer: Range<usize>) {
    for piece in &template.pieces {
        let place = range(piece);
        lies_in(text, place.clone());
        assert!(outer.start <= place.start && place.end <= outer.end, "a default lies within");
        let Piece::Variable { name, op, .. } = piece else { continue };
        assert!(text[place.clone()].contains(*name), "the name stands there");
        if let Operator::Default { template, .. } | Operator::Alternate { template, .. } = op {
            inner(text, template, place);
        }
    }
}

/// `--set` of Helm: assignments, one a line.
pub fn helm_set(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut start = 0;
    let mut texts = Vec::new();
    for line in text.split('\n') {
        texts.push(Text::exact(line, SourceId(0), start));
        start += line.len() + 1;
    }
    let read = helm_set::parse(&texts);
    let mut nodes = 0;
    for root in read.tree.documents() {
        node(text, root, &(0..text.len()), &mut nodes);
    }
    for (span, _) in &read.problems {
        lies_in(text, span.range());
    }
}

/// Dockerfiles.
pub fn dockerfile(data: &[u8]) {
    let Some(text) = text(data) else { return };
    for instruction in dockerfile::parse(text) {
        for word in instruction.words {
            assert_eq!(text.get(word.range), Some(&*word.text), "a word stands where it is said");
        }
    }
}
