//! Files and places in them: sources, byte spans, line indexes, decoded text that
//! remembers where it stands, discovery on disk and masking for display.
//! Knows nothing of YAML, settings or rules.

pub mod date;
pub mod diagnostic;
pub mod discover;
pub mod git;
pub mod glob;
pub mod ground;
mod ignored;
pub mod kept_out;
pub mod mask;
mod nearest;
mod prefilter;
pub mod repository;
pub mod spread;
pub mod stages;
mod text;

pub use nearest::{MOST_WALKED, lexical, real};
pub use text::Text;

use std::sync::OnceLock;

/// The number of a source within one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// A range of bytes in one source. Lines and columns exist in reports only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The source.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span over `range` of `source`.
    pub fn new(source: SourceId, range: std::ops::Range<usize>) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span { source, start: clamp(range.start), end: clamp(range.end.max(range.start)) }
    }

    /// The bytes as a range.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether `other` lies within this span.
    pub fn contains(self, other: Span) -> bool {
        self.source == other.source && self.start <= other.start && other.end <= self.end
    }
}

/// Why a source's text is not simply the bytes of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Bytes that are not UTF-8, replaced by `?`; the offset of the first.
    NotUtf8(usize),
    /// UTF-16 with a byte order mark; the text is decoded, offsets are not the file's.
    Utf16,
    /// Over [`discover::MAX_BYTES`]; the text is only the beginning.
    TooLarge,
}

/// A comment that speaks to omlint, and the parts of its file that it speaks about.
#[derive(Clone, Debug)]
pub struct Directive {
    /// The comment.
    pub comment: Span,
    /// What it covers.
    pub covers: Vec<Span>,
}

/// How a source came into the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arrival {
    /// Named by the user (or standard input): judged in full.
    Named,
    /// Met while walking a directory.
    Walked,
    /// Read because another source refers to it.
    Referred,
}

/// One input file.
#[derive(Clone)]
pub struct Source {
    /// Path as reports print it: relative to the working directory, with `/`.
    pub path: String,
    /// Where it stands on disk; none for standard input.
    pub file: Option<std::path::PathBuf>,
    /// The text. Where [`Source::trouble`] is set it is not the file's bytes.
    pub text: String,
    /// What is wrong with the bytes, if anything.
    pub trouble: Option<Trouble>,
    /// How it came into the run.
    pub arrival: Arrival,
    /// A template or a piece of documentation, met while walking: its findings inform only.
    pub illustrative: bool,
    /// Kept out of the repository: a secret may live here.
    pub kept_out: bool,
    /// The bytes of a small file that is not text, until a reader has looked at them.
    pub binary: Option<Vec<u8>>,
    lines: OnceLock<Vec<u32>>,
}

/// A position for people: both count from 1, columns in Unicode scalar values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in Unicode scalar values; a byte order mark does not count.
    pub column: usize,
    /// Byte offset from the beginning of the file.
    pub byte: usize,
}

impl Source {
    /// A source over text that is already in memory.
    pub fn new(path: impl Into<String>, text: impl Into<String>, arrival: Arrival) -> Self {
        Source {
            path: path.into(),
            file: None,
            text: text.into(),
            trouble: None,
            arrival,
            illustrative: false,
            kept_out: false,
            binary: None,
            lines: OnceLock::new(),
        }
    }

    /// The file's name without its folders.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// The path's folder with a trailing `/`, or nothing.
    pub fn folder(&self) -> &str {
        &self.path[..self.path.rfind('/').map_or(0, |at| at + 1)]
    }

    fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let mut starts = vec![0];
            starts.extend(memchr::memchr_iter(b'\n', self.text.as_bytes()).map(|at| at as u32 + 1));
            starts
        })
    }

    /// The line (from 0) in which `offset` lies.
    pub fn line_of(&self, offset: usize) -> usize {
        self.line_starts().partition_point(|&start| start as usize <= offset).saturating_sub(1)
    }

    /// The bytes of line `line` (from 0) without its line break.
    pub fn line_range(&self, line: usize) -> std::ops::Range<usize> {
        let starts = self.line_starts();
        let Some(&start) = starts.get(line) else {
            return self.text.len()..self.text.len();
        };
        let end = starts.get(line + 1).map_or(self.text.len(), |&next| next as usize - 1);
        let start = start as usize;
        let end = if end > start && self.text.as_bytes()[end - 1] == b'\r' { end - 1 } else { end };
        start..end
    }

    /// How many lines there are.
    pub fn line_count(&self) -> usize {
        self.line_starts().len()
    }

    /// The position of a byte offset, which is moved back to a character boundary if need be.
    pub fn position(&self, offset: usize) -> Position {
        let offset = self.floor(offset);
        let line = self.line_of(offset);
        let start = self.line_starts()[line] as usize;
        let before = &self.text[start..offset];
        let before =
            if start == 0 { before.strip_prefix('\u{feff}').unwrap_or(before) } else { before };
        Position { line: line + 1, column: before.chars().count() + 1, byte: offset }
    }

    /// `range` within the text and on character boundaries.
    pub fn clamp(&self, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
        let start = self.floor(range.start);
        let mut end = range.end.min(self.text.len()).max(start);
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        start..end
    }

    fn floor(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}

/// All sources of a run, by number.
#[derive(Clone, Default)]
pub struct Sources {
    list: Vec<Source>,
}

impl Sources {
    /// Takes a source in and numbers it.
    pub fn add(&mut self, source: Source) -> SourceId {
        self.list.push(source);
        SourceId(self.list.len() as u32 - 1)
    }

    /// The source with that number.
    pub fn get(&self, id: SourceId) -> &Source {
        &self.list[id.0 as usize]
    }

    /// The source with that number, to be changed.
    pub fn get_mut(&mut self, id: SourceId) -> &mut Source {
        &mut self.list[id.0 as usize]
    }

    /// All sources with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.list.iter().enumerate().map(|(at, source)| (SourceId(at as u32), source))
    }

    /// The source read from `file`.
    pub fn by_file(&self, file: &std::path::Path) -> Option<SourceId> {
        self.iter().find(|(_, source)| source.file.as_deref() == Some(file)).map(|(id, _)| id)
    }

    /// The bytes under a span.
    pub fn slice(&self, span: Span) -> &str {
        let source = self.get(span.source);
        &source.text[source.clamp(span.range())]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}
