//! Blanking of text that must not be printed, with columns kept. It blanks what it is not
//! told to show, and knows nothing of settings.

use std::ops::Range;

/// The parts of a source that may be printed, sorted and merged.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    ranges: Vec<Range<usize>>,
}

impl Shown {
    /// Builds the set from ranges in any order.
    pub fn new(mut ranges: Vec<Range<usize>>) -> Self {
        ranges.retain(|range| !range.is_empty());
        ranges.sort_by_key(|range| (range.start, range.end));
        let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        Shown { ranges: merged }
    }

    /// The set without some ranges.
    pub fn without(&self, hidden: &[Range<usize>]) -> Self {
        let mut ranges = self.ranges.clone();
        for hide in hidden {
            let mut kept = Vec::with_capacity(ranges.len() + 1);
            for range in ranges {
                if hide.end <= range.start || range.end <= hide.start {
                    kept.push(range);
                    continue;
                }
                if range.start < hide.start {
                    kept.push(range.start..hide.start);
                }
                if hide.end < range.end {
                    kept.push(hide.end..range.end);
                }
            }
            ranges = kept;
        }
        Shown { ranges }
    }

    /// `text`, which stands at `offset` of its source, with everything blanked that is not in
    /// the set. Lengths in bytes and in characters stay; control characters are replaced too.
    pub fn mask(&self, text: &str, offset: usize) -> String {
        let mut out = String::with_capacity(text.len());
        let mut next = self.ranges.partition_point(|range| range.end <= offset);
        for (at, c) in text.char_indices() {
            let place = offset + at;
            while self.ranges.get(next).is_some_and(|range| range.end <= place) {
                next += 1;
            }
            let shown = self.ranges.get(next).is_some_and(|range| range.start <= place);
            if shown || c.is_whitespace() && c.len_utf8() == 1 {
                out.push(visible(c));
            } else {
                out.push(blank(c));
            }
        }
        out
    }
}

/// A stand-in of the same length in bytes.
fn blank(c: char) -> char {
    match c.len_utf8() {
        1 => '*',
        2 => '·',
        3 => '•',
        _ => '𝟎',
    }
}

/// The character, or a harmless one of the same length in bytes if it could move the cursor,
/// break the line or turn the writing direction.
fn visible(c: char) -> char {
    match c {
        '\t' | '\n' | '\r' => c,
        '\u{0}'..='\u{1f}' | '\u{7f}' => '?',
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{61c}' => '¿',
        '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => '\u{fffd}',
        '\u{e0000}'..='\u{e0fff}' => '𝟎',
        _ => c,
    }
}

/// One line of text for a terminal or a log: control and direction characters replaced.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match visible(c) {
            '\n' | '\r' | '\t' => ' ',
            other => other,
        })
        .collect()
}

/// Ranges of a public value that may hold a secret all the same: user-info and query of a
/// URL, and what follows the name in `name:password`.
pub fn secrets_within(text: &str) -> Vec<Range<usize>> {
    let mut hidden = Vec::new();
    let mut at = 0;
    let token_end = |c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '"' | '\'');
    while at < text.len() {
        let rest = &text[at..];
        let end = at + rest.find(token_end).unwrap_or(rest.len());
        let token = &text[at..end];
        if let Some(scheme) = token.find("://") {
            let start = at + scheme + 3;
            let body = &text[start..end];
            let authority = body.find(['/', '?', '#']).unwrap_or(body.len());
            if let Some(user) = body[..authority].rfind('@') {
                hidden.push(start..start + user);
            } else if let Some(user) = body.rfind('@') {
                // A password may hold a slash.
                hidden.push(start..start + user);
            }
            if let Some(query) = body.find(['?', '#']) {
                hidden.push(start + query + 1..end);
            }
        } else if let Some(colon) = token.find(':') {
            let (head, tail) = (&token[..colon], &token[colon + 1..]);
            let port = !tail.is_empty()
                && tail
                    .split('/')
                    .next()
                    .is_some_and(|p| p.chars().all(|c| c.is_ascii_digit()) && p.len() <= 5);
            let java = head.is_empty() || token.starts_with("urn:");
            if !port && !java && !tail.starts_with('-') && !head.ends_with(['{', '$']) {
                hidden.push(at + colon + 1..end);
            }
        }
        at = end + text[end..].chars().next().map_or(1, char::len_utf8);
    }
    hidden
}

/// A public value for messages and tables: on one line, with what may be secret blanked.
pub fn public_value(text: &str) -> String {
    let shown = Shown::new(std::iter::once(0..text.len()).collect());
    plain(&shown.without(&secrets_within(text)).mask(text, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masking_keeps_bytes_and_characters() {
        let text = "key: sécret ☃ 🔑 end";
        let masked = Shown::new(Vec::from([0..5, 0..0])).mask(text, 0);
        assert_eq!(masked.len(), text.len());
        assert_eq!(masked.chars().count(), text.chars().count());
        assert!(masked.starts_with("key: *·****"));
    }

    #[test]
    fn user_info_query_and_passwords_in_public_values() {
        assert_eq!(public_value("https://me:pw@host/x"), "https://*****@host/x");
        assert_eq!(public_value("https://h/x?token=abc"), "https://h/x?*********");
        assert_eq!(public_value("[admin:hunter2, bob]"), "[admin:*******, bob]");
        assert_eq!(
            public_value("http://localhost:8585/callback"),
            "http://localhost:8585/callback"
        );
        assert_eq!(public_value("localhost:8585"), "localhost:8585");
    }

    #[test]
    fn escapes_do_not_reach_the_terminal() {
        assert_eq!(plain("a\u{1b}[31mb\u{202e}c\nd"), "a?[31mb\u{fffd}c d");
    }
}
