//! Looks for keys in text: PEM, JSON web keys, PuTTY's files, and any of them, or binary keys, in base64,
//! perhaps twice, perhaps over several lines. The work stays in proportion to the text.

use std::ops::Range;

use zeroize::Zeroizing;

use super::super::{asn1, base64};
use super::{KeyMaterial, Spellings, binary, gzip, jwk, pem, putty};

/// Layers of base64 that are taken off.
const MAX_LAYERS: u8 = 3;

/// A line of base64 that is shorter does not go on in the next one.
const WRAPPED: usize = 40;

/// The smallest key, of Ed25519, takes more digits.
const MIN_DIGITS: usize = 48;

/// Looks for keys in text.
pub(super) struct Search<'s> {
    pub(super) spellings: &'s Spellings,
    pub(super) found: Vec<KeyMaterial>,
    /// Digits of base64 that may still be decoded, over all layers: the work stays in proportion
    /// to the input, whatever it holds.
    pub(super) budget: usize,
}

impl Search<'_> {
    /// Looks for PEM, JSON web keys, PuTTY's files and base64, in this order, so that the base64
    /// within the others is left to them.
    pub(super) fn text(&mut self, bytes: &[u8], layers: u8) {
        let first = self.found.len();
        pem::read(bytes, layers, &mut self.found);
        jwk::read(bytes, layers, &mut self.found);
        putty::read(bytes, layers, &mut self.found);
        if layers < MAX_LAYERS {
            let mut taken: Vec<Range<usize>> =
                self.found[first..].iter().map(|it| it.range.clone()).collect();
            taken.sort_by_key(|range| range.start);
            self.wrapped(bytes, layers + 1, &taken);
        }
        self.spellings.find(bytes, layers, &mut self.found, first);
        self.found[first..].sort_by_key(|material| (material.range.start, material.range.end));
    }

    /// Looks into base64. Where joined lines decode to nothing, the next line is tried as a
    /// beginning.
    fn wrapped(&mut self, bytes: &[u8], layers: u8, taken: &[Range<usize>]) {
        let mut taken = taken.iter().peekable();
        let mut at = 0;
        while at < bytes.len() {
            while taken.next_if(|range| range.end <= at).is_some() {}
            if let Some(range) = taken.next_if(|range| range.start <= at) {
                at = range.end;
                continue;
            }
            if !base64::is_digit(bytes[at]) {
                at += 1;
                continue;
            }
            let line = at..digits_end(bytes, at);
            at = line.end;
            if !is_promising(&bytes[line.clone()]) {
                continue;
            }
            let run = Run::from(bytes, line, self.budget);
            self.budget = self.budget.saturating_sub(run.length);
            if run.length >= MIN_DIGITS
                && let Some(end) = self.unwrapped(bytes, &run, layers)
            {
                at = end;
            }
        }
    }

    /// Decodes a run. Returns where it ends, if there was key material in it.
    fn unwrapped(&mut self, bytes: &[u8], run: &Run, layers: u8) -> Option<usize> {
        let mut digits = run.digits(bytes);
        let head = base64::decode(&digits[..8])?;
        // What follows a structure may be something else, for instance another key.
        if let Some(length) = asn1::announced(&head).filter(|_| !is_text(&head)) {
            digits.truncate((length * 4).div_ceil(3));
        }
        let mut content = base64::decode(&digits)?;
        if let Some(unpacked) = gzip::unpack(&content, self.budget) {
            self.budget = self.budget.saturating_sub(unpacked.len());
            content = unpacked;
        }
        let before = self.found.len();
        if let Some(inner) = binary::read(&content) {
            self.found.push(KeyMaterial { layers, ..inner });
        } else if is_text(&content) {
            self.text(&content, layers);
        }
        let mut end = run.after(digits.len());
        while bytes.get(end) == Some(&b'=') {
            end += 1;
        }
        for material in &mut self.found[before..] {
            material.range = run.start()..end;
        }
        (self.found.len() > before).then_some(end)
    }
}

/// Whether a line's first digits can be those of a key, of PEM, of JSON, or of base64 again.
fn is_promising(line: &[u8]) -> bool {
    line.get(..4).and_then(base64::decode).is_some_and(|head| {
        head.starts_with(&[0x30])
            || head.starts_with(&gzip::MAGIC)
            || binary::JAVA_STORES.iter().any(|start| head.starts_with(&start[..3]))
            || head.starts_with(&[0, 0, 0])
            || is_text(&head)
    })
}

/// Digits of base64 that belong together, perhaps over several lines.
struct Run {
    lines: Vec<Range<usize>>,
    length: usize,
}

impl Run {
    /// The line, and those that it goes on in.
    fn from(bytes: &[u8], line: Range<usize>, budget: usize) -> Run {
        let mut run = Run { length: line.len(), lines: vec![line.clone()] };
        let mut last = line;
        // Padding ends it, and so does a line that nobody would have broken there.
        while last.len() >= WRAPPED && bytes[last.end - 1] != b'=' && run.length < budget {
            let Some(next) = next_line(bytes, last.end) else { break };
            last = next..digits_end(bytes, next);
            // Only a line of nothing else goes on. `---` begins a YAML document.
            if last.is_empty() || !ends_line(bytes, last.end) || bytes[next..].starts_with(b"--") {
                break;
            }
            run.length += last.len();
            run.lines.push(last.clone());
        }
        run
    }

    fn start(&self) -> usize {
        self.lines.first().map_or(0, |line| line.start)
    }

    fn digits(&self, bytes: &[u8]) -> Zeroizing<Vec<u8>> {
        let mut digits = Zeroizing::new(Vec::with_capacity(self.length));
        for line in &self.lines {
            digits.extend_from_slice(&bytes[line.clone()]);
        }
        digits
    }

    /// Where the text stands after so many digits.
    fn after(&self, digits: usize) -> usize {
        let mut left = digits;
        for line in &self.lines {
            if left <= line.len() {
                return line.start + left;
            }
            left -= line.len();
        }
        self.lines.last().map_or(0, |line| line.end)
    }
}

/// The end of the digits from `start` on, with padding.
fn digits_end(bytes: &[u8], start: usize) -> usize {
    let mut end = start;
    while end < bytes.len() && base64::is_digit(bytes[end]) {
        end += 1;
    }
    for _ in 0..2 {
        if end > start && bytes.get(end) == Some(&b'=') {
            end += 1;
        }
    }
    end
}

/// The first byte of the next line that is no blank, if the line ends at `at`. `\n` in quotes
/// counts.
fn next_line(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    let blanks = |from: usize| {
        rest[from..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count()
    };
    let line_end = blanks(0);
    let break_length = if rest.get(line_end) == Some(&b'\n') {
        1
    } else if rest[line_end..].starts_with(b"\\r\\n") {
        4
    } else if rest[line_end..].starts_with(b"\\n") {
        2
    } else {
        return None;
    };
    let next = line_end + break_length;
    Some(at + next + blanks(next))
}

fn ends_line(bytes: &[u8], at: usize) -> bool {
    match bytes.get(at) {
        None | Some(b'"' | b'\'') => true,
        Some(_) => next_line(bytes, at).is_some(),
    }
}

/// Whether it reads like text at its beginning.
fn is_text(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && bytes.iter().take(64).all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
}
