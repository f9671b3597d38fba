//! YAML nodes as text that remembers its place.

use crate::deployment::value::{Fragment, Piece, Unknown};
use crate::source::{SourceId, Span, Text};
use crate::syntax::yaml::{Node, Style};

use super::opaque;

/// The span of a node's content.
pub(super) fn span(source: SourceId, node: Node<'_>) -> Span {
    Span::new(source, node.content_range())
}

/// A scalar's text; for a collection (an unquoted `{Client ID}` is one) its raw characters.
pub(super) fn text(source: SourceId, raw: &str, node: Node<'_>) -> Text {
    let node = node.resolved();
    let whole = span(source, node);
    match node.text() {
        Some(_) if node.style() == Some(Style::Mended) => {
            let range = node.range();
            // A quote that was never closed is not part of the value.
            let written = &raw[range.clone()];
            let start = written.len() - written.trim_start_matches(['"', '\'']).len();
            let end =
                written.len() - (written.len() - written.trim_end_matches(['"', '\'', ',']).len());
            let (start, end) = if start < end { (start, end) } else { (0, written.len()) };
            Text::exact(&written[start..end], source, range.start + start)
        }
        Some(value) => {
            let outer =
                if whole.range().is_empty() { whole } else { Span::new(source, node.range()) };
            let place = if node.runs(raw).is_empty() { outer } else { whole };
            Text::mapped(value, place, node.runs(raw))
        }
        None => {
            let range = node.range();
            Text::exact(raw.get(range.clone()).unwrap_or(""), source, range.start)
        }
    }
}

/// A scalar in which nothing is substituted, references recognised.
pub(super) fn fragment(source: SourceId, raw: &str, node: Node<'_>) -> Fragment {
    let outer = Span::new(source, node.resolved().range());
    marked(text(source, raw, node), outer)
}

/// Text in which another program may fill in marks.
pub(super) fn marked(text: Text, outer: Span) -> Fragment {
    if let Some(what) = opaque::reference(text.expose()) {
        return Fragment::new(
            vec![Piece::Unknown(Unknown { name: what.to_owned(), span: text.span() })],
            outer,
        );
    }
    let marks = opaque::marks(text.expose());
    if marks.is_empty() {
        return Fragment::new(vec![Piece::Known(text)], outer);
    }
    let mut pieces = Vec::new();
    let mut at = 0;
    for mark in marks {
        if at < mark.start {
            pieces.push(Piece::Known(text.part(at..mark.start)));
        }
        pieces.push(Piece::Unknown(Unknown {
            name: text.expose()[mark.clone()].to_owned(),
            span: text.locate(mark.clone()),
        }));
        at = mark.end;
    }
    if at < text.expose().len() {
        pieces.push(Piece::Known(text.part(at..text.expose().len())));
    }
    Fragment::new(pieces, outer)
}

/// A YAML 1.1 boolean, as Helm's YAML library and SnakeYAML type a plain scalar.
pub(super) fn yaml_1_1_bool(node: Node<'_>) -> Option<bool> {
    if node.style() != Some(Style::Plain) {
        return None;
    }
    match node.text()?.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        _ => None,
    }
}
