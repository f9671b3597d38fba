//! Blanking of text that must not be printed, with columns kept. It blanks what it is not
//! told to show, and knows nothing of settings.

use std::borrow::Cow;
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

    /// The ranges, in order.
    pub fn ranges(&self) -> &[Range<usize>] {
        &self.ranges
    }

    /// Whether a part of `range` is in the set.
    pub fn meets(&self, range: Range<usize>) -> bool {
        let next = self.ranges.partition_point(|other| other.end <= range.start);
        self.ranges.get(next).is_some_and(|other| other.start < range.end)
    }

    /// The set without some ranges, which may come in any order.
    pub fn without(&self, hidden: &[Range<usize>]) -> Self {
        let hidden = Shown::new(hidden.to_vec()).ranges;
        let mut ranges = Vec::with_capacity(self.ranges.len() + hidden.len());
        let mut next = 0;
        for range in &self.ranges {
            let mut from = range.start;
            while hidden.get(next).is_some_and(|hide| hide.end <= from) {
                next += 1;
            }
            for hide in &hidden[next..] {
                if hide.start >= range.end {
                    break;
                }
                if from < hide.start {
                    ranges.push(from..hide.start);
                }
                from = hide.end;
            }
            if from < range.end {
                ranges.push(from..range.end);
            }
        }
        Shown { ranges }
    }

    /// `text`, which stands at `offset` of its source, with everything blanked that is not in
    /// the set. Lengths in bytes and in characters stay; control characters are replaced too.
    pub fn mask(&self, text: &str, offset: usize) -> String {
        if text.is_ascii() {
            return self.mask_ascii(text.as_bytes(), offset);
        }
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

    /// As [`Shown::mask`], for the text that most files are: a byte is a character.
    fn mask_ascii(&self, text: &[u8], offset: usize) -> String {
        let hidden = |&byte: &u8| if char::from(byte).is_whitespace() { byte } else { b'*' };
        let mut out = Vec::with_capacity(text.len());
        let first = self.ranges.partition_point(|range| range.end <= offset);
        for range in &self.ranges[first..] {
            let from = range.start.saturating_sub(offset).clamp(out.len(), text.len());
            let to = range.end.saturating_sub(offset).clamp(from, text.len());
            out.extend(text[out.len()..from].iter().map(hidden));
            out.extend_from_slice(&text[from..to]);
            if to == text.len() {
                break;
            }
        }
        out.extend(text[out.len()..].iter().map(hidden));
        let out = String::from_utf8(out).expect("stars and ASCII");
        if is_plain(&out) { out } else { out.chars().map(visible).collect() }
    }
}

/// Whether a text is ASCII that is all shown as it stands, and so needs no closer look.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r'))
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

/// Whether the character may be printed as it is.
pub fn is_visible(c: char) -> bool {
    visible(c) == c
}

/// JSON text with escapes for what a path or a name holds that moves a terminal's cursor.
pub fn visible_json(text: &str) -> Cow<'_, str> {
    // Most lines hold nothing but plain characters.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 1);
    for line in text.split_inclusive('\n') {
        if line.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
            out.push_str(line);
            continue;
        }
        for c in line.chars() {
            if is_visible(c) {
                out.push(c);
            } else {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    Cow::Owned(out)
}

/// One line of text for a terminal or a log: control and direction characters replaced.
pub fn plain(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    text.chars()
        .map(|c| match visible(c) {
            '\n' | '\r' | '\t' => ' ',
            other => other,
        })
        .collect()
}

/// Ranges of a public value that may hold a secret all the same: user-info and query of a
/// URL, what follows the name in `name:password` and `name=password`, what is as long as a key
/// or a token, and whatever a value has swallowed that was never meant to be part of it.
pub fn secrets_within(text: &str) -> Vec<Range<usize>> {
    let mut hidden = Vec::new();
    long_runs(text, &mut hidden);
    // What stands on further lines is not the value that its author had in mind.
    let start = text.len() - text.trim_start().len();
    let end = start + text[start..].trim_end().find(['\n', '\r']).unwrap_or(text.len() - start);
    if end < text.len() {
        hidden.push(end..text.len());
    }
    let text = &text[..end];
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        if let Some(length) = variable_opening(rest) {
            at += length;
            continue;
        }
        if is_between(first) || matches!(first, '{' | '(' | '<') {
            at += first.len_utf8();
            continue;
        }
        let ends = |&(at, c): &(usize, char)| {
            is_between(c) || c == '$' && at > 0 && rest[at..].starts_with("${")
        };
        let end = rest.char_indices().find(ends).map_or(rest.len(), |(at, _)| at);
        let token = &rest[..end];
        if let Some(scheme) = token.find("://") {
            at = url(text, at + scheme + 3, &mut hidden);
            continue;
        }
        if let Some(sign) = secret_sign(token) {
            let from = at + sign + 1;
            let blank = text[from..].starts_with(char::is_whitespace);
            if from == at + end && blank && !text[from..].trim().is_empty() {
                // `name: password`: where the password ends cannot be told.
                hidden.push(from..text.len());
                break;
            }
            let until = text[from..].find(is_between).map_or(text.len(), |n| from + n);
            hidden.push(from..until);
            at = until;
            continue;
        }
        at += end;
    }
    hidden
}

/// No name or id takes so many letters and digits in a row: the digest of an image takes these.
const LONGEST_RUN: usize = 64;

/// Hides what may be a key or a token: a long run of letters and digits, with all of base64 and of
/// a token's dots around it.
fn long_runs(text: &str, hidden: &mut Vec<Range<usize>>) {
    let is_run =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'_' | b'=');
    let is_part = |byte: u8| is_run(byte) || matches!(byte, b'/' | b'.');
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let part = bytes[at..].iter().take_while(|byte| is_part(**byte)).count();
        let is_long = bytes[at..at + part].split(|byte| !is_run(*byte));
        if is_long.map(<[u8]>::len).max().is_some_and(|length| length > LONGEST_RUN) {
            hidden.push(at..at + part);
        }
        at += part.max(1);
    }
}

fn is_between(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | '[' | ']' | '"' | '\'')
}

/// The length of `${NAME:-`, `${NAME}` or the like at the beginning of the text.
fn variable_opening(text: &str) -> Option<usize> {
    let name = text.strip_prefix("${")?;
    let length = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    let sign = &name[length..];
    let sign = match sign.as_bytes() {
        [b':', b'-' | b'?' | b'+', ..] => 2,
        [b'-' | b'?' | b'+' | b'}', ..] => 1,
        _ => return None,
    };
    Some(2 + length + sign)
}

/// Where in a word a name ends and something begins that may be its password.
fn secret_sign(token: &str) -> Option<usize> {
    let at = token.find([':', '='])?;
    let (name, value) = (&token[..at], &token[at + 1..]);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if token[at..].starts_with('=') {
        // Parts of distinguished names, and numbers.
        const ATTRIBUTES: [&str; 10] =
            ["cn", "ou", "dc", "uid", "o", "c", "l", "st", "mail", "samaccountname"];
        let known = ATTRIBUTES.contains(&name.to_ascii_lowercase().as_str());
        return (!known && !digits(value)).then_some(at);
    }
    let port = value.split('/').next().is_some_and(|port| digits(port) && port.len() <= 5);
    ((!port || name == "admin") && name != "urn").then_some(at)
}

/// Hides what may be secret in the URL whose part behind `://` begins at `start`, and says
/// where it ends.
fn url(text: &str, start: usize, hidden: &mut Vec<Range<usize>>) -> usize {
    let body = &text[start..];
    // The next URL begins with its scheme.
    let end = match body.find("://") {
        Some(next) => body[..next]
            .trim_end_matches(|c: char| {
                c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-' | ':')
            })
            .len(),
        None => body.len(),
    };
    let body = &body[..end];
    let authority = &body[..body.find(['/', '?', '#', ' ', '"', ',']).unwrap_or(end)];
    // A password may hold any character; a colon tells that there is one.
    let has_password = !authority.contains('{')
        && authority.split_once(':').is_some_and(|(_, port)| {
            !port.trim_end_matches([']', '\'', '}']).bytes().all(|b| b.is_ascii_digit())
        });
    let blank = body.find(char::is_whitespace).unwrap_or(end);
    let reach = if has_password { end } else { blank };
    let mut from = 0;
    if let Some(user) = body[..reach].rfind('@') {
        hidden.push(start..start + user);
        from = user;
    } else if has_password {
        let colon = authority.find(':').unwrap_or(0);
        hidden.push(start + colon + 1..start + authority.len());
        from = authority.len();
    }
    // What stands behind the URL is looked at for itself.
    let reach = body[from..].find(is_between).map_or(end, |n| from + n);
    if let Some(query) = body[from..reach].find(['?', '#', ';']) {
        let query = from + query + 1;
        let closed = body.trim_end_matches(|c| is_between(c) || c == '}').len();
        hidden.push(start + query..start + closed.max(query));
        return start + end;
    }
    start + reach
}

/// A sentence that may name a path or a URL of a scanned file.
pub fn sentence(text: &str) -> String {
    let mut hidden = Vec::new();
    let mut at = 0;
    while let Some(scheme) = text[at..].find("://") {
        let start = at + scheme + 3;
        let end = text[start..].find([' ', '`']).map_or(text.len(), |n| start + n);
        url(&text[..end], start, &mut hidden);
        at = end;
    }
    let shown = Shown::new(std::iter::once(0..text.len()).collect());
    plain(&shown.without(&hidden).mask(text, 0))
}

/// The longest part of a word of a reason that may mix letters and digits; one of each word.
const LONGEST_MIXED: usize = 5;
/// The longest reason, in characters.
const LONGEST_REASON: usize = 300;

/// Why somebody accepted something, in their words, which are there to be read: without what
/// is no word and no number, and without values behind `=`.
pub fn reason(text: &str) -> String {
    let text: String = sentence(text).chars().take(LONGEST_REASON).collect();
    let mut hidden = Vec::new();
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        if let Some(sign) = word.find('=') {
            hidden.push(at + sign + 1..at + word.trim_end().len());
        }
        let parts = word.split(|c: char| !c.is_alphanumeric());
        let mixed: Vec<&str> = parts
            .filter(|part| {
                !part.chars().all(char::is_alphabetic) && !part.chars().all(|c| c.is_ascii_digit())
            })
            .collect();
        // `v1` is a word; `Xw9` beside `Kp2` is not.
        if mixed.len() > 1 || mixed.iter().any(|part| part.chars().count() > LONGEST_MIXED) {
            hidden.push(at..at + word.trim_end().len());
        }
        at += word.len();
    }
    let shown = Shown::new(std::iter::once(0..text.len()).collect());
    shown.without(&hidden).mask(&text, 0)
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
    fn ascii_is_masked_as_other_text_is() {
        let text = "key: \u{b}secret\t\u{7f}\r\n\u{1b}[31m x\u{c}y end";
        for shown in [[0..0, 0..5], [3..9, 12..17], [0..2, 4..40], [0..0, 60..70]] {
            for offset in [0, 2, 30, 90] {
                let shown = Shown::new(Vec::from(shown.clone()));
                let other = shown.mask(&format!("{text}é"), offset);
                assert_eq!(shown.mask(text, offset), other[..text.len()], "{shown:?} {offset}");
            }
        }
    }

    #[test]
    fn a_url_behind_another_may_begin_with_any_character() {
        for text in
            ["https://a/\u{202e}://b", "https://a/é://b", "https://a/🔑x://u:p@b", "a://é://"]
        {
            for range in secrets_within(text) {
                assert!(text.get(range).is_some(), "{text}");
            }
        }
    }

    #[test]
    fn what_a_public_value_may_show() {
        for (text, shown) in [
            ("https://me:pw@host/x", "https://*****@host/x"),
            ("https://me:p,w@host/x", "https://******@host/x"),
            ("https://h/x?token=abc", "https://h/x?*********"),
            ("[https://h/x?a=b,c,https://i/]", "[https://h/x?*****,https://i/]"),
            ("[https://h/x, https://me:pw@i/]", "[https://h/x, https://*****@i/]"),
            ("https://h/x bob@i", "https://h/x bob@i"),
            ("[admin:hunter2, bob]", "[admin:*******, bob]"),
            ("[admin: hunter2, bob]", "[admin: ******** ****"),
            ("https://h/x]:1 pass: hunter2 y?z", "https://h/x]:1 pass: ******* ***"),
            ("https://u:p@h/x PASS: hunter2", "https://***@h/x PASS: *******"),
            ("https://h:p PASS=hunter2", "https://h:* PASS=*******"),
            ("[https://h/x,admin:hunter2]", "[https://h/x,admin:*******]"),
            ("${A:-admin:hunter2}", "${A:-admin:********"),
            ("admin:1234", "admin:****"),
            ("a=b", "a=*"),
            ("auth0\nPASSWORD=x", "auth0 **********"),
            ("http://localhost:8585/callback", "http://localhost:8585/callback"),
            ("http://${HOST:-localhost}:8585/x", "http://${HOST:-localhost}:8585/x"),
            ("https://{your domain}:8585/x", "https://{your domain}:8585/x"),
            ("localhost:8585", "localhost:8585"),
            ("openid email profile", "openid email profile"),
            ("cn=om,dc=example,dc=org", "cn=om,dc=example,dc=org"),
            ("max-age=31536000", "max-age=31536000"),
        ] {
            assert_eq!(public_value(text), shown);
        }
    }

    #[test]
    fn what_is_as_long_as_a_key_is_blanked() {
        let long = "Ab3_".repeat(20);
        for text in [
            long.clone(),
            format!("eyJhbGciOiJSUzI1NiJ9.{long}.c2ln"),
            format!("MIIE/x+{long}/Zg=="),
        ] {
            assert_eq!(public_value(&text), "*".repeat(text.len()));
            assert!(!public_value(&format!("an id {text}")).contains("Ab3"));
        }
        for text in [
            "261867039324-neb92r2147i6upchb78tv29idk079bps.apps.googleusercontent.com".to_owned(),
            format!("https://om.example.com/{}", "of/a/long/path/".repeat(9)),
        ] {
            let shown = public_value(&text);
            assert!(!shown.contains("**"), "{shown}");
        }
    }

    #[test]
    fn user_info_in_sentences() {
        assert_eq!(
            sentence("the included file `https://t:pw@host/x.yml`: not read"),
            "the included file `https://****@host/x.yml`: not read"
        );
    }

    #[test]
    fn reasons_are_words() {
        for (text, shown) in [
            ("accepted until Q3, see OPS-1234", "accepted until Q3, see OPS-1234"),
            ("see https://wiki.acme.io/x/42?t=a", "see https://wiki.acme.io/x/42?***"),
            ("it is hunter2, key=swordfish", "it is ******** key=*********"),
            ("Zq7Xw9Kp2Vm4", "************"),
            ("Zq7+Xw9/Kp2 since v1.11.4", "*********** since v1.11.4"),
        ] {
            assert_eq!(reason(text), shown);
        }
    }

    #[test]
    fn ranges_are_taken_out_wherever_they_lie() {
        let shown = Shown::new(vec![0..4, 6..9, 12..20]);
        let left = shown.without(&[18..30, 2..7, 13..14, 15..16, 8..9, 0..0]);
        assert_eq!(left.ranges, [0..2, 7..8, 12..13, 14..15, 16..18]);
    }

    #[test]
    fn escapes_do_not_reach_the_terminal() {
        assert_eq!(plain("a\u{1b}[31mb\u{202e}c\nd"), "a?[31mb\u{fffd}c d");
    }
}
