//! The common form of YAML, read line by line in a fraction of the parser's time: mappings and
//! sequences by indentation, scalars on one line, literal blocks, flow collections, comments and
//! documents. It gives up on whatever it is not sure of, be it right or wrong: tags, tabs, most scalars
//! over several lines, all errors.
//! Knows nothing of the parser, which must read the same.

use std::ops::Range;

use memchr::{memchr, memchr2, memchr3};

use super::assemble::Builder;
use super::{NodeId, Style, Tree};

/// Collections within each other.
const MOST_DEEP: usize = 64;
/// Bytes of a key; what is longer may be none.
const LONGEST_KEY: usize = 1000;
/// Comments of a file.
const MOST_COMMENTS: usize = 100_000;
/// Anchors of a document.
const MOST_ANCHORS: usize = 64;

/// The tree of a text in the common form, and where it ends if it takes no more. None for any
/// other text.
pub(super) fn read(text: &str) -> Option<(Tree, Option<usize>)> {
    if !is_printable(text) {
        return None;
    }
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: 0,
        builder: Builder::default(),
        frames: Vec::new(),
        missing: None,
        marker: None,
        has_root: false,
        comments: 0,
        anchor: None,
        anchors: Vec::new(),
        scratch: String::new(),
    };
    while let Some(column) = reader.next_content()? {
        reader.line(column)?;
        if reader.builder.is_full() {
            let end = reader.at;
            return Some((reader.builder.finish(), Some(end)));
        }
        if reader.frames.len() > MOST_DEEP || reader.anchors.len() > MOST_ANCHORS {
            return None;
        }
    }
    reader.end_document()?;
    Some((reader.builder.finish(), None))
}

/// Whether there are only characters that mean themselves: no controls, no other line breaks.
fn is_printable(text: &str) -> bool {
    let plain = |byte: &u8| *byte == b'\n' || (*byte >= b' ' && *byte != 0x7f);
    let all = |chunk: &[u8]| chunk.iter().fold(true, |all, byte| all & plain(byte));
    let is_odd = |c: char| {
        matches!(
            c,
            '\u{80}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
    };
    text.as_bytes().chunks(256).all(all) && (text.is_ascii() || !text.chars().any(is_odd))
}

enum Missing {
    /// A value; with the place at which it stands if nothing follows.
    Value(usize),
    /// An item, which rarely stays away.
    Item,
}

struct Frame {
    column: usize,
    is_map: bool,
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    builder: Builder,
    /// The open block collections.
    frames: Vec<Frame>,
    /// What a key or a dash at the end of its line announced.
    missing: Option<Missing>,
    /// Where the `---` of this document ends.
    marker: Option<usize>,
    has_root: bool,
    comments: usize,
    /// The name that the next node gets.
    anchor: Option<&'a str>,
    anchors: Vec<(&'a str, NodeId)>,
    scratch: String,
}

impl<'a> Reader<'a> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// Whether a token ends there.
    fn is_blank(&self, at: usize) -> bool {
        matches!(self.byte(at), None | Some(b' ' | b'\n'))
    }

    fn is_dash(&self, at: usize) -> bool {
        self.byte(at) == Some(b'-') && self.is_blank(at + 1)
    }

    fn end_of_line(&self, from: usize) -> usize {
        memchr(b'\n', &self.bytes[from..]).map_or(self.bytes.len(), |at| from + at)
    }

    fn skip_spaces(&mut self) {
        while self.byte(self.at) == Some(b' ') {
            self.at += 1;
        }
    }

    fn comment(&mut self) -> Option<()> {
        let end = self.end_of_line(self.at);
        self.builder.comment(self.at..end);
        self.at = end;
        self.comments += 1;
        (self.comments < MOST_COMMENTS).then_some(())
    }

    /// Goes to the next line that holds more than a comment, and tells its indentation.
    fn next_content(&mut self) -> Option<Option<usize>> {
        loop {
            let start = self.at;
            self.skip_spaces();
            match self.byte(self.at) {
                None => return Some(None),
                Some(b'\n') => self.at += 1,
                Some(b'#') => self.comment()?,
                Some(_) => return Some(Some(self.at - start)),
            }
        }
    }

    /// Ends a line on which nothing but a comment is left.
    fn finish_line(&mut self) -> Option<()> {
        self.skip_spaces();
        if !self.is_at_end() {
            return None;
        }
        if self.byte(self.at) == Some(b'#') {
            self.comment()?;
        }
        self.at = (self.at + 1).min(self.bytes.len());
        Some(())
    }

    /// Whether nothing but a comment is left of a line.
    fn is_at_end(&self) -> bool {
        matches!(self.byte(self.at), None | Some(b'\n'))
            || self.byte(self.at) == Some(b'#') && self.byte(self.at - 1) == Some(b' ')
    }

    /// Adds what nothing followed.
    fn add_missing(&mut self, missing: Missing) -> Option<()> {
        let Missing::Value(at) = missing else { return None };
        // A name for nothing is rare.
        self.anchor.is_none().then_some(())?;
        self.builder.scalar("", Style::Plain, at..at);
        Some(())
    }

    fn end_document(&mut self) -> Option<()> {
        if let Some(missing) = self.missing.take() {
            self.add_missing(missing)?;
        }
        self.frames.clear();
        self.builder.close();
        if let (false, Some(at)) = (self.has_root, self.marker) {
            self.add_missing(Missing::Value(at))?;
        }
        self.has_root = false;
        self.anchors.clear();
        Some(())
    }

    fn line(&mut self, column: usize) -> Option<()> {
        let rest = &self.bytes[self.at..];
        if column == 0 && (rest.starts_with(b"---") || rest.starts_with(b"...")) {
            if rest[0] == b'.' || !self.is_blank(self.at + 3) {
                return None;
            }
            self.end_document()?;
            self.at += 3;
            self.marker = Some(self.at);
            return self.finish_line();
        }
        let is_dash = self.is_dash(self.at);
        if let (Some(missing), Some(top)) = (self.missing.take(), self.frames.last()) {
            let is_deeper = column > top.column;
            if is_deeper || column == top.column && top.is_map && is_dash {
                return self.node(column, true);
            }
            self.add_missing(missing)?;
        }
        while let Some(top) = self.frames.last() {
            // A sequence may stand as far left as the key that it belongs to.
            if top.column < column || top.column == column && (top.is_map || is_dash) {
                break;
            }
            self.frames.pop();
            self.builder.shut(None);
        }
        match self.frames.last() {
            None if self.has_root || column > 0 => None,
            None => self.node(column, true),
            Some(top) if top.column != column || top.is_map == is_dash => None,
            Some(_) => self.node(column, false),
        }
    }

    /// Reads what begins here: an entry of the innermost collection, or a node of its own.
    fn node(&mut self, mut column: usize, mut is_own: bool) -> Option<()> {
        self.has_root = true;
        while self.is_dash(self.at) {
            let dash = self.at;
            self.at += 1;
            self.skip_spaces();
            if is_own {
                // Where it stands as far left as its key, the parser has it begin with its item.
                let is_left = self.frames.last().is_some_and(|top| top.column == column);
                if is_left && self.is_at_end() {
                    return None;
                }
                let start = if is_left { self.at } else { dash };
                let node = self.builder.open_seq(false, start..start);
                self.mark(node);
                self.frames.push(Frame { column, is_map: false });
            }
            if self.is_at_end() {
                self.missing = Some(Missing::Item);
                return self.finish_line();
            }
            column += self.at - dash;
            is_own = true;
            if self.frames.len() > MOST_DEEP {
                return None;
            }
        }
        let start = self.at;
        let (end, style) = match self.byte(start)? {
            b'"' | b'\'' => self.quoted()?,
            b'[' | b'{' | b'|' | b'>' if is_own => {
                let parent = self.frames.last().map(|frame| frame.column);
                return self.value(parent);
            }
            _ => (self.plain()?, Style::Plain),
        };
        let Some(colon) = self.colon(end) else {
            if !is_own {
                return None;
            }
            self.scalar(start..end, style);
            self.at = end;
            return self.finish_line();
        };
        if end - start > LONGEST_KEY {
            return None;
        }
        if is_own {
            let node = self.builder.open_map(false, start..start);
            self.mark(node);
            self.frames.push(Frame { column, is_map: true });
        }
        self.scalar(start..end, style);
        self.at = colon + 1;
        self.skip_spaces();
        if self.byte(self.at) == Some(b'&') {
            self.anchor = Some(self.name()?);
            self.skip_spaces();
        }
        if self.is_at_end() {
            self.missing = Some(Missing::Value(colon));
            return self.finish_line();
        }
        self.value(Some(column))
    }

    /// Reads a value that begins on this line, below a collection at that column.
    fn value(&mut self, parent: Option<usize>) -> Option<()> {
        let start = self.at;
        let (end, style) = match self.byte(start)? {
            b'|' | b'>' => return self.block(parent?),
            b'*' => {
                let name = self.name()?;
                let known = self.anchors.iter().rev().find(|(known, _)| *known == name);
                let target = known.map(|(_, node)| *node);
                self.builder.alias(target, start..self.at);
                // A name for another name is an error.
                self.anchor.is_none().then_some(())?;
                return self.finish_line();
            }
            b'[' | b'{' => {
                self.flow(parent, 0)?;
                return self.finish_line();
            }
            b'"' | b'\'' => self.quoted()?,
            _ => (self.plain()?, Style::Plain),
        };
        self.scalar(start..end, style);
        self.at = end;
        self.finish_line()
    }

    /// The name after `&` or `*`.
    fn name(&mut self) -> Option<&'a str> {
        let start = self.at + 1;
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let length = self.bytes[start..].iter().take_while(|byte| is_plain(byte)).count();
        self.at = start + length;
        (length > 0 && self.is_blank(self.at)).then(|| &self.text[start..start + length])
    }

    /// Gives a node the name that stood before it.
    fn mark(&mut self, node: NodeId) {
        self.anchors.extend(self.anchor.take().map(|name| (name, node)));
    }

    /// Where the colon stands after a key that ends there.
    fn colon(&self, end: usize) -> Option<usize> {
        let spaces = self.bytes[end..].iter().take_while(|byte| **byte == b' ').count();
        let at = end + spaces;
        (self.byte(at) == Some(b':') && self.is_blank(at + 1)).then_some(at)
    }

    /// Adds a scalar; what [`Self::quoted`] made of quotes is in the scratch.
    fn scalar(&mut self, range: Range<usize>, style: Style) {
        let text = if style == Style::Plain { &self.text[range.clone()] } else { &self.scratch };
        let node = self.builder.scalar(text, style, range);
        self.mark(node);
    }

    /// Whether a plain scalar may begin here.
    fn begins_plain(&self) -> bool {
        match self.byte(self.at) {
            None | Some(b' ' | b'\n') => false,
            Some(b'-' | b'?' | b':') => !self.is_blank(self.at + 1),
            Some(byte) => !b",[]{}#&*!|>'\"%@`".contains(&byte),
        }
    }

    /// Where the plain scalar ends that begins here: before a comment, at the colon of a key, or at
    /// the end of the line.
    fn plain(&self) -> Option<usize> {
        if !self.begins_plain() {
            return None;
        }
        let mut at = self.at;
        loop {
            match self.byte(at) {
                Some(b':') if self.is_blank(at + 1) => break,
                Some(b'#') if self.bytes[at - 1] == b' ' => break,
                None | Some(b'\n') => break,
                Some(_) => at += 1,
            }
        }
        while self.bytes[at - 1] == b' ' {
            at -= 1;
        }
        Some(at)
    }

    /// Where the quotes end that begin here, on the same line; the scratch gets what they hold.
    fn quoted(&mut self) -> Option<(usize, Style)> {
        self.scratch.clear();
        let is_double = self.bytes[self.at] == b'"';
        let mut from = self.at + 1;
        loop {
            let rest = &self.bytes[from..];
            let found = if is_double {
                memchr3(b'"', b'\\', b'\n', rest)
            } else {
                memchr2(b'\'', b'\n', rest)
            };
            let sign = from + found?;
            self.scratch.push_str(&self.text[from..sign]);
            let next = self.byte(sign + 1);
            let meant = match (self.bytes[sign], next) {
                (b'\'', Some(b'\'')) => '\'',
                (b'"', _) => return Some((sign + 1, Style::Double)),
                (b'\'', _) => return Some((sign + 1, Style::Single)),
                (b'\\', Some(sign @ (b'"' | b'\\' | b'/'))) => char::from(sign),
                (b'\\', Some(b'n')) => '\n',
                (b'\\', Some(b't')) => '\t',
                _ => return None,
            };
            self.scratch.push(meant);
            from = sign + 2;
        }
    }

    /// A literal or folded block below a collection at that column.
    fn block(&mut self, parent: usize) -> Option<()> {
        let is_folded = self.byte(self.at) == Some(b'>');
        self.at += 1;
        let ending = self.byte(self.at).filter(|byte| matches!(byte, b'-' | b'+'));
        self.at += usize::from(ending.is_some());
        self.finish_line()?;
        let first = self.at;
        self.skip_spaces();
        let (start, indentation) = (self.at, self.at - first);
        if indentation <= parent || matches!(self.byte(start), None | Some(b'\n')) {
            return None;
        }
        self.scratch.clear();
        let mut line = first;
        let mut blank_lines = 0;
        while line < self.bytes.len() {
            let end = memchr(b'\n', &self.bytes[line..]).map(|at| line + at)?;
            let written = &self.bytes[line..end];
            let spaces = written.iter().take_while(|byte| **byte == b' ').count();
            if spaces == written.len() {
                if spaces > indentation {
                    return None;
                }
                blank_lines += 1;
            } else if spaces < indentation {
                break;
            } else {
                if is_folded && line > first {
                    // Blank and indented lines stay lines.
                    (blank_lines == 0 && spaces == indentation).then_some(())?;
                    self.scratch.pop();
                    self.scratch.push(' ');
                }
                self.scratch.push_str(&self.text[line + indentation..end]);
            }
            self.scratch.push('\n');
            line = end + 1;
        }
        self.at = line;
        if ending != Some(b'+') {
            let length = self.scratch.trim_end_matches('\n').len();
            self.scratch.truncate(length + usize::from(ending.is_none()));
        }
        let end = start + self.text[start..line].trim_end().len();
        let style = if is_folded { Style::Folded } else { Style::Literal };
        let node = self.builder.scalar(&self.scratch, style, start..end);
        self.mark(node);
        Some(())
    }

    /// A flow collection below a block collection at that column.
    fn flow(&mut self, parent: Option<usize>, depth: usize) -> Option<()> {
        if depth > MOST_DEEP || self.builder.is_full() {
            return None;
        }
        let (start, is_map) = (self.at, self.bytes[self.at] == b'{');
        let (node, close) = if is_map {
            (self.builder.open_map(true, start..start + 1), b'}')
        } else {
            (self.builder.open_seq(true, start..start + 1), b']')
        };
        self.mark(node);
        self.at += 1;
        self.skip_flow(parent)?;
        while self.byte(self.at)? != close {
            if is_map {
                let (key, style) = self.flow_scalar()?;
                let colon = match self.byte(key.end) {
                    Some(b':') if style != Style::Plain => key.end,
                    _ => self.colon(key.end)?,
                };
                (key.len() <= LONGEST_KEY).then_some(())?;
                self.scalar(key, style);
                self.at = colon + 1;
                self.skip_flow(parent)?;
                if matches!(self.byte(self.at)?, b',' | b'}') {
                    self.add_missing(Missing::Value(colon))?;
                }
            }
            if matches!(self.byte(self.at)?, b',' | b'}') && is_map {
                // It is missing.
            } else if matches!(self.byte(self.at)?, b'[' | b'{') {
                self.flow(parent, depth + 1)?;
            } else {
                let (range, style) = self.flow_scalar()?;
                self.scalar(range.clone(), style);
                self.at = range.end;
            }
            self.skip_flow(parent)?;
            (!self.builder.is_full()).then_some(())?;
            match self.byte(self.at)? {
                b',' => {
                    self.at += 1;
                    self.skip_flow(parent)?;
                    // A comma before the end is rare.
                    (self.byte(self.at)? != close).then_some(())?;
                }
                byte if byte == close => break,
                _ => return None,
            }
        }
        self.at += 1;
        self.builder.shut(Some(self.at));
        Some(())
    }

    /// Goes to the next token of a flow collection.
    fn skip_flow(&mut self, parent: Option<usize>) -> Option<()> {
        let mut line = None;
        loop {
            self.skip_spaces();
            match self.byte(self.at)? {
                b'\n' => {
                    self.at += 1;
                    line = Some(self.at);
                }
                b'#' if matches!(self.bytes[self.at - 1], b' ' | b'\n') => self.comment()?,
                b'-' | b'.' if line == Some(self.at) => return None,
                _ => break,
            }
        }
        // What stands further left than the collection around it is an error.
        line.is_none_or(|line| parent.is_none_or(|parent| self.at - line > parent)).then_some(())
    }

    /// A scalar within a flow collection, on one line.
    fn flow_scalar(&mut self) -> Option<(Range<usize>, Style)> {
        let start = self.at;
        if matches!(self.byte(start)?, b'"' | b'\'') {
            let (end, style) = self.quoted()?;
            return Some((start..end, style));
        }
        let is_sign = matches!(self.byte(start)?, b'-' | b'?' | b':');
        let mut next = self.bytes[start..].iter().skip_while(|byte| **byte == b'-');
        if !self.begins_plain() || is_sign && !next.next()?.is_ascii_alphanumeric() {
            return None;
        }
        let mut at = start;
        loop {
            match self.byte(at)? {
                b':' if matches!(self.byte(at + 1)?, b',' | b'[' | b']' | b'{' | b'}') => {
                    return None;
                }
                b':' if self.is_blank(at + 1) => break,
                b'[' | b'{' => return None,
                b'#' if self.bytes[at - 1] == b' ' => break,
                b'\n' | b',' | b']' | b'}' => break,
                _ => at += 1,
            }
        }
        while self.bytes[at - 1] == b' ' {
            at -= 1;
        }
        Some((start..at, Style::Plain))
    }
}
