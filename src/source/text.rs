//! Decoded text that remembers where each part of it stands in its source, and that
//! cannot be printed by accident: it may be a secret.

use super::{SourceId, Span};

/// Text taken from a source, after unquoting, unescaping or decoding.
///
/// It has no `Display`, no `PartialEq` and a blank `Debug`: a value may be a secret, and the
/// only way to its characters is [`Text::expose`].
#[derive(Clone)]
pub struct Text {
    text: String,
    whole: Span,
    /// Runs that stand in the source letter for letter: (offset in text, offset in source, length).
    runs: Vec<(usize, usize, usize)>,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Text({} bytes at {:?})", self.text.len(), self.whole)
    }
}

impl Text {
    /// Text that stands letter for letter at `start` of `source`.
    pub fn exact(text: impl Into<String>, source: SourceId, start: usize) -> Self {
        let text = text.into();
        let len = text.len();
        Text { whole: Span::new(source, start..start + len), runs: vec![(0, start, len)], text }
    }

    /// Text that was decoded from the whole of `span` and has no closer mapping.
    pub fn decoded(text: impl Into<String>, whole: Span) -> Self {
        Text { text: text.into(), whole, runs: Vec::new() }
    }

    /// Text whose `runs` (offset in text, offset in source, length) stand letter for letter
    /// within `whole`.
    pub fn mapped(text: impl Into<String>, whole: Span, runs: Vec<(usize, usize, usize)>) -> Self {
        Text { text: text.into(), whole, runs }
    }

    /// The characters. Whoever prints them must know that they are public.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Where all of it stands.
    pub fn span(&self) -> Span {
        self.whole
    }

    /// Where `range` of the text stands: exactly if the source holds it letter for letter,
    /// else the whole.
    pub fn locate(&self, range: std::ops::Range<usize>) -> Span {
        let place = |at: usize, end: bool| {
            self.runs.iter().find_map(|&(offset, start, len)| {
                let inside = if end {
                    at > offset && at <= offset + len
                } else {
                    at >= offset && at < offset + len
                };
                inside.then(|| start + (at - offset))
            })
        };
        if range.is_empty() {
            return match place(range.start, false).or_else(|| place(range.start, true)) {
                Some(at) => Span::new(self.whole.source, at..at),
                None => self.whole,
            };
        }
        match (place(range.start, false), place(range.end, true)) {
            (Some(start), Some(end)) if start <= end => Span::new(self.whole.source, start..end),
            _ => self.whole,
        }
    }

    /// A part of the text, with its place.
    pub fn part(&self, range: std::ops::Range<usize>) -> Text {
        let runs = self
            .runs
            .iter()
            .filter_map(|&(offset, start, len)| {
                let from = range.start.max(offset);
                let to = range.end.min(offset + len);
                (from < to).then(|| (from - range.start, start + (from - offset), to - from))
            })
            .collect();
        Text { text: self.text[range.clone()].to_owned(), whole: self.locate(range), runs }
    }
}
