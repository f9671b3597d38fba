//! Tokens in pieces, as people break them over lines: folded, continued, put together by a program.
//! Knows only characters.

use std::borrow::Cow;

use zeroize::Zeroizing;

/// A longer text is no token.
const MOST: usize = 16 << 10;
/// Nobody breaks a token into shorter pieces.
const SHORTEST: usize = 16;
/// What stands between two pieces is shorter, indentation included.
const BREAK: usize = 80;

/// Pieces put together.
#[derive(Default)]
pub(super) struct Joined {
    pub(super) text: Zeroizing<String>,
    /// For each piece how long the text is with it, and where it ends.
    pub(super) ends: Vec<(usize, usize)>,
}

/// Puts together the pieces from `start` on, as long as `goes_on` says so of what there is.
pub(super) fn joined(text: &str, start: usize, goes_on: impl Fn(&str) -> bool) -> Joined {
    let bytes = text.as_bytes();
    let mut joined = Joined::default();
    let mut at = start;
    loop {
        let end = at + bytes[at..].iter().take_while(|byte| is_digit(**byte)).count();
        joined.text.push_str(&text[at..end]);
        joined.ends.push((joined.text.len(), end));
        if joined.text.len() > MOST || end - at < SHORTEST || !goes_on(&joined.text) {
            return joined;
        }
        let Some(next) = next_piece(bytes, end) else { return joined };
        at = next;
    }
}

/// The text without what stands between its pieces.
pub(super) fn put_together(text: &str) -> Cow<'_, str> {
    if text.bytes().all(is_digit) {
        return Cow::Borrowed(text);
    }
    let mut whole = String::with_capacity(text.len());
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next_if(|byte| matches!(byte, b'n' | b'r'))),
            _ if is_digit(byte) => whole.push(char::from(byte)),
            _ => {}
        }
    }
    Cow::Owned(whole)
}

/// Whether a token may hold it.
pub(super) fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// Where the next piece begins behind a line's end, the signs of a program around it, and
/// indentation. Only a piece that its line, or a quote, ends is one.
fn next_piece(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = &bytes[from..bytes.len().min(from + BREAK)];
    let mut lines = 0;
    let mut at = 0;
    while at < rest.len() && !is_digit(rest[at]) {
        match rest[at] {
            b'\n' => lines += 1,
            b'\\' if matches!(rest.get(at + 1), Some(b'n' | b'r')) => at += 1,
            b' ' | b'\t' | b'\r' | b'"' | b'\'' | b'+' | b'\\' | b',' | b'#' | b'>' | b'/' => {}
            _ => return None,
        }
        at += 1;
    }
    let next = from + at;
    let end = next + bytes[next..].iter().take_while(|byte| is_digit(**byte)).count();
    let behind = &bytes[end..bytes.len().min(end + BREAK)];
    let blanks = behind.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
    let is_end = match behind.get(blanks) {
        None | Some(b'\n' | b'\\' | b'+') => true,
        Some(b'"' | b'\'' | b',' | b';' | b')' | b']' | b'}' | b'<' | b'`') => blanks == 0,
        Some(_) => false,
    };
    (lines == 1 && end > next && is_end).then_some(next)
}
