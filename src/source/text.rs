//! Decoded text that remembers where each part of it stands in its source, and that
//! cannot be printed by accident: it may be a secret.

use std::sync::Arc;

use super::{SourceId, Span};

/// Text taken from a source, after unquoting, unescaping or decoding.
///
/// It has no `Display`, no `PartialEq` and a blank `Debug`: a value may be a secret, and the
/// only way to its characters is [`Text::expose`].
#[derive(Clone)]
pub struct Text {
    /// A text goes through many hands on its way to the server, and most leave it as it is.
    text: Arc<str>,
    whole: Span,
    runs: Runs,
    veiled: bool,
}

/// A run that stands in the source letter for letter.
#[derive(Clone, Copy)]
struct Run {
    /// Offset in the text.
    offset: u32,
    /// Offset in the source.
    start: u32,
    length: u32,
}

impl Run {
    fn places(self) -> (usize, usize, usize) {
        (self.offset as usize, self.start as usize, self.length as usize)
    }
}

/// Most texts stand in their source as they are, and there may be very many of them.
#[derive(Clone)]
enum Runs {
    None,
    One(Run),
    Several(Arc<Vec<Run>>),
}

impl Runs {
    fn list(&self) -> &[Run] {
        match self {
            Runs::None => &[],
            Runs::One(run) => std::slice::from_ref(run),
            Runs::Several(runs) => runs,
        }
    }
}

impl FromIterator<(usize, usize, usize)> for Runs {
    fn from_iter<I: IntoIterator<Item = (usize, usize, usize)>>(runs: I) -> Self {
        let small = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let run = |(offset, start, length)| Run {
            offset: small(offset),
            start: small(start),
            length: small(length),
        };
        let mut runs = runs.into_iter().map(run);
        match (runs.next(), runs.next()) {
            (None, _) => Runs::None,
            (Some(only), None) => Runs::One(only),
            (Some(first), Some(second)) => {
                Runs::Several(Arc::new([first, second].into_iter().chain(runs).collect()))
            }
        }
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Text({} bytes at {:?})", self.text.len(), self.whole)
    }
}

impl Text {
    /// Text that stands letter for letter at `start` of `source`.
    pub fn exact(text: impl Into<Arc<str>>, source: SourceId, start: usize) -> Self {
        let text: Arc<str> = text.into();
        let len = text.len();
        let runs = std::iter::once((0, start, len)).collect();
        Text { whole: Span::new(source, start..start + len), runs, text, veiled: false }
    }

    /// Text that was decoded from the whole of `span` and has no closer mapping.
    pub fn decoded(text: impl Into<Arc<str>>, whole: Span) -> Self {
        let runs = std::iter::empty().collect();
        Text { text: text.into(), whole, runs, veiled: false }
    }

    /// Text whose `runs` (offset in text, offset in source, length) stand letter for letter
    /// within `whole`.
    pub fn mapped(
        text: impl Into<Arc<str>>,
        whole: Span,
        runs: impl IntoIterator<Item = (usize, usize, usize)>,
    ) -> Self {
        let runs = runs.into_iter().collect();
        Text { text: text.into(), whole, runs, veiled: false }
    }

    /// The characters. Whoever prints them must know that they are public.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The same, never to be printed, whatever it is a part of.
    pub fn veiled(self) -> Text {
        Text { veiled: true, ..self }
    }

    /// Whether it must not be printed, although what it is a part of may be.
    pub fn is_veiled(&self) -> bool {
        self.veiled
    }

    /// Where all of it stands.
    pub fn span(&self) -> Span {
        self.whole
    }

    /// Where `range` of the text stands: exactly if the source holds it letter for letter,
    /// else the whole.
    pub fn locate(&self, range: std::ops::Range<usize>) -> Span {
        let place = |at: usize, end: bool| {
            self.runs.list().iter().find_map(|run| {
                let (offset, start, len) = run.places();
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
        let is_whole = !range.is_empty() && range == (0..self.text.len());
        if is_whole && matches!(self.runs, Runs::One(_)) && self.locate(range.clone()) == self.whole
        {
            return self.clone();
        }
        let runs = self
            .runs
            .list()
            .iter()
            .filter_map(|run| {
                let (offset, start, len) = run.places();
                let from = range.start.max(offset);
                let to = range.end.min(offset + len);
                (from < to).then(|| (from - range.start, start + (from - offset), to - from))
            })
            .collect();
        Text {
            text: self.text[range.clone()].into(),
            whole: self.locate(range),
            runs,
            veiled: self.veiled,
        }
    }
}
