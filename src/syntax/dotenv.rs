//! Environment files as docker compose reads them (`.env`, `env_file`) and as
//! `docker run --env-file` does: text to entries with byte ranges. Knows no values of variables
//! and does not interpolate.

use std::ops::Range;

/// Whose rules a file follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// docker compose v2 and later (compose-go).
    Compose,
    /// `docker run --env-file`, ECS, compose's `format: raw`: quotes are data, no comments after
    /// values, no interpolation.
    Raw,
}

/// The quotes around a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quote {
    /// None, or the dialect knows no quotes.
    None,
    /// `'…'`
    Single,
    /// `"…"`
    Double,
}

/// What stands between key and value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// `KEY=value`; also said of a bare `KEY`.
    Equals,
    /// `KEY: value`
    Colon,
}

/// One variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, as the dialect reads it.
    pub key: String,
    /// Where the name stands.
    pub key_range: Range<usize>,
    /// None: a bare `KEY` line, which passes a variable through.
    pub value: Option<Value>,
    /// `=` or `:`.
    pub separator: Separator,
    /// Written as `export KEY=value`.
    pub exported: bool,
}

/// The value of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Decoded: the escapes of quotes are done, interpolation is not. An escaped `\$` in double
    /// quotes is `$$` here, as in compose: interpolation makes `$` of it.
    pub text: String,
    /// The raw characters between the quotes, or the trimmed unquoted value.
    pub range: Range<usize>,
    /// How it is quoted.
    pub quote: Quote,
    /// `text` equals the source at `range`, so an offset in it maps one to one.
    pub exact: bool,
    /// The program expands `${…}` in it.
    pub interpolated: bool,
}

/// A line that the dialect cannot read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// From what could not be read to the end of the line.
    pub range: Range<usize>,
    /// Why; never contains text of the file.
    pub reason: &'static str,
}

/// What a file holds, in its order; duplicate keys are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct File {
    /// The variables.
    pub entries: Vec<Entry>,
    /// Comments from `#` to the end of the line.
    pub comments: Vec<Range<usize>>,
    /// What could not be read.
    pub malformed: Vec<Malformed>,
}

/// Reads a file. Total: a malformed line never loses later ones.
pub fn parse(text: &str, dialect: Dialect) -> File {
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    match dialect {
        Dialect::Compose => Compose { text, file: File::default() }.read(start),
        Dialect::Raw => raw(text, start),
    }
}

/// Entries of one file: no environment is a tenth as large.
const MAX_ENTRIES: usize = 50_000;

/// The line at which reading ends.
fn too_many(text: &str, at: usize) -> Malformed {
    Malformed { range: at..line_end(text, at), reason: "more variables than any environment has" }
}

/// The end of the line that holds `at`: the offset of its `\n`, or of the end of the text.
fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |n| at + n)
}

/// The end of the text in `start..end` without trailing white space.
fn trimmed_end(text: &str, start: usize, end: usize) -> usize {
    start + text[start..end].trim_end().len()
}

/// White space other than the line feed, as compose-go counts it.
fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

fn skip_blanks(text: &str, at: usize) -> usize {
    text.len() - text[at..].trim_start_matches(is_blank).len()
}

struct Compose<'t> {
    text: &'t str,
    file: File,
}

impl Compose<'_> {
    fn read(mut self, start: usize) -> File {
        let mut at = start;
        loop {
            at = self.text.len() - self.text[at..].trim_start().len();
            if at == self.text.len() {
                return self.file;
            }
            if self.file.entries.len() == MAX_ENTRIES {
                self.file.malformed.push(too_many(self.text, at));
                return self.file;
            }
            at = if self.text[at..].starts_with('#') {
                self.comment(at)
            } else {
                self.statement(at)
            };
        }
    }

    fn comment(&mut self, at: usize) -> usize {
        let end = line_end(self.text, at);
        self.file.comments.push(at..trimmed_end(self.text, at, end));
        end
    }

    /// Gives the line up from `at` on, and goes to the next.
    fn malformed(&mut self, at: usize, reason: &'static str) -> usize {
        let end = line_end(self.text, at);
        self.file.malformed.push(Malformed { range: at..trimmed_end(self.text, at, end), reason });
        end
    }

    /// Reads one statement at `start`, and says where the next one may begin: behind a quoted
    /// value that is on the same line, as in compose.
    fn statement(&mut self, start: usize) -> usize {
        let name = match name(self.text, start) {
            Ok(name) => name,
            Err(reason) => return self.malformed(start, reason),
        };
        let key = &self.text[name.range.clone()];
        if key.is_empty() {
            if name.sign == Sign::LineEnd {
                // a bare `export`, which compose passes over
                return name.end;
            }
            return self.malformed(start, "no variable name");
        }
        let (value, next) = match name.sign {
            Sign::LineEnd => (None, name.end),
            // compose takes it for the value of a variable without a name
            Sign::FileEnd => return self.malformed(start, "bare name without a line end"),
            Sign::Equals | Sign::Colon => match self.value(name.end + 1) {
                Some((value, next)) => (Some(value), next),
                None => return self.malformed(start, "unterminated quoted value"),
            },
        };
        self.file.entries.push(Entry {
            key: key.to_owned(),
            key_range: name.range,
            value,
            separator: match name.sign {
                Sign::Colon => Separator::Colon,
                _ => Separator::Equals,
            },
            exported: name.exported,
        });
        next
    }

    /// The value behind the sign that ends at `at`, and where to read on; None when a quote does
    /// not end.
    fn value(&mut self, at: usize) -> Option<(Value, usize)> {
        let at = skip_blanks(self.text, at);
        match self.text.as_bytes().get(at) {
            Some(b'"') => self.quoted(at, Quote::Double),
            Some(b'\'') => self.quoted(at, Quote::Single),
            _ => Some(self.unquoted(at)),
        }
    }

    /// False when something at `at`, on the same line, is neither comment nor statement.
    fn readable(&self, at: usize) -> bool {
        let at = skip_blanks(self.text, at);
        matches!(self.text.as_bytes().get(at), None | Some(b'\n' | b'#'))
            || name(self.text, at).is_ok()
    }

    fn unquoted(&mut self, at: usize) -> (Value, usize) {
        let line_end = line_end(self.text, at);
        let mut end = line_end;
        if let Some(blank) = self.text[at..line_end].find(" #") {
            end = at + blank;
            let _ = self.comment(end + 1);
        }
        let range = at..trimmed_end(self.text, at, end);
        let value = Value {
            text: self.text[range.clone()].to_owned(),
            range,
            quote: Quote::None,
            exact: true,
            interpolated: true,
        };
        (value, line_end)
    }

    /// The value whose opening quote is at `at`; None when it does not end.
    fn quoted(&self, at: usize, quote: Quote) -> Option<(Value, usize)> {
        let bytes = self.text.as_bytes();
        let mark = bytes[at];
        let start = at + 1;
        let mut i = start;
        while i < bytes.len() && bytes[i] != mark {
            // a backslash keeps whatever follows from ending the value
            i += if bytes[i] == b'\\' { 2 } else { 1 };
        }
        if i >= bytes.len() {
            return None;
        }
        let raw = &self.text[start..i];
        if raw.contains('\n') && !self.readable(i + 1) {
            // The quote of a later line ended this value: compose fails, and most likely the
            // quote was meant to end on its own line. Later lines must not vanish in the value.
            return None;
        }
        let text = match quote {
            Quote::Double => unescape(raw),
            _ => raw.replace("\\'", "'"),
        };
        let value = Value {
            exact: text == raw,
            text,
            range: start..i,
            quote,
            interpolated: quote == Quote::Double,
        };
        Some((value, i + 1))
    }
}

/// What stands behind a variable's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Equals,
    Colon,
    LineEnd,
    FileEnd,
}

struct Name {
    range: Range<usize>,
    sign: Sign,
    /// Where the sign stands.
    end: usize,
    exported: bool,
}

/// The name of the statement at `start`, or why there is none.
fn name(text: &str, start: usize) -> Result<Name, &'static str> {
    let exported = text[start..]
        .strip_prefix("export")
        .is_some_and(|rest| rest.starts_with(['\t', '\n', '\u{c}', '\r', ' ']));
    let begin = if exported { skip_blanks(text, start + "export".len()) } else { start };
    let mut sign = Sign::FileEnd;
    let mut end = text.len();
    for (offset, c) in text[begin..].char_indices() {
        sign = match c {
            '=' => Sign::Equals,
            ':' => Sign::Colon,
            '\n' => Sign::LineEnd,
            '_' | '.' | '-' | '[' | ']' => continue,
            c if is_blank(c) || c.is_alphabetic() || c.is_numeric() => continue,
            _ => return Err("unexpected character in a variable name"),
        };
        end = begin + offset;
        break;
    }
    let range = begin..trimmed_end(text, begin, end);
    if text[range.clone()].contains(' ') {
        return Err("blank in a variable name");
    }
    Ok(Name { range, sign, end, exported })
}

/// The escapes that compose knows in double quotes; others stay as they are.
fn unescape(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(backslash) = rest.find('\\') {
        out.push_str(&rest[..backslash]);
        rest = &rest[backslash + 1..];
        let Some(c) = rest.chars().next() else {
            out.push('\\');
            break;
        };
        rest = &rest[c.len_utf8()..];
        match c {
            'a' => out.push('\u{7}'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\u{b}'),
            '"' | '\\' => out.push(c),
            '$' => out.push_str("$$"),
            '0' => {
                let digits = rest.bytes().take(3).take_while(u8::is_ascii_digit).count();
                let (octal, behind) = rest.split_at(digits);
                rest = behind;
                match u8::from_str_radix(octal, 8) {
                    Ok(value) if digits == 3 => out.push(char::from(value)),
                    // compose drops the 0 of what is no octal number after all
                    _ => {
                        out.push('\\');
                        out.push_str(octal);
                    }
                }
            }
            _ => {
                out.push('\\');
                out.push(c);
            }
        }
    }
    out.push_str(rest);
    out
}

fn raw(text: &str, start: usize) -> File {
    let mut file = File::default();
    let mut next = start;
    while next < text.len() {
        let mut end = line_end(text, next);
        let line = next;
        next = end + 1;
        if text[line..end].ends_with('\r') {
            end -= 1;
        }
        let start = end - text[line..end].trim_start().len();
        let content = &text[start..end];
        if content.is_empty() {
            continue;
        }
        if content.starts_with('#') {
            file.comments.push(start..end);
            continue;
        }
        let (key, value) = match content.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (content, None),
        };
        if file.entries.len() == MAX_ENTRIES {
            file.malformed.push(too_many(text, start));
            break;
        }
        let reason = if key.is_empty() {
            Some("no variable name")
        } else if key.contains([' ', '\t']) {
            Some("blank in a variable name")
        } else {
            None
        };
        if let Some(reason) = reason {
            file.malformed.push(Malformed { range: start..end, reason });
            continue;
        }
        file.entries.push(Entry {
            key: key.to_owned(),
            key_range: start..start + key.len(),
            value: value.map(|value| Value {
                text: value.to_owned(),
                range: end - value.len()..end,
                quote: Quote::None,
                exact: true,
                interpolated: false,
            }),
            separator: Separator::Equals,
            exported: false,
        });
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `KEY=text` for each entry; a bare name stands alone.
    fn read(text: &str, dialect: Dialect) -> Vec<String> {
        let mut out = Vec::new();
        for entry in parse(text, dialect).entries {
            assert_eq!(entry.key, text[entry.key_range]);
            out.push(match entry.value {
                Some(value) => {
                    assert_eq!(value.exact, value.text == text[value.range]);
                    format!("{}={}", entry.key, value.text)
                }
                None => entry.key,
            });
        }
        out
    }

    fn check(dialect: Dialect, cases: &[(&str, &[&str])]) {
        for (text, expected) in cases {
            assert_eq!(&read(text, dialect), expected, "{text:?}");
            let malformed = parse(text, dialect).malformed;
            assert_eq!(malformed, [], "{text:?}");
        }
    }

    fn only(text: &str) -> Value {
        let mut entries = parse(text, Dialect::Compose).entries;
        assert_eq!(entries.len(), 1, "{text:?}");
        entries.remove(0).value.unwrap()
    }

    #[test]
    fn compose_reads_lines_as_docker_compose_5_does() {
        check(
            Dialect::Compose,
            &[
                ("", &[]),
                ("A=1", &["A=1"]),
                ("\u{feff}A=1\r\nB=2\r\n", &["A=1", "B=2"]),
                ("  A \t= v \n", &["A=v"]),
                ("A=\nB=   \nC=\"\"\nD=''", &["A=", "B=", "C=", "D="]),
                ("A=1\nB=3\nA=2", &["A=1", "B=3", "A=2"]),
                ("A: v\nB:v\nC :'v'", &["A=v", "B=v", "C=v"]),
                ("export A=1\nexport\tB=2\nexportC=3", &["A=1", "B=2", "exportC=3"]),
                ("export\nA=1\nexport=2", &["A=1", "export=2"]),
                ("A\nexport B\nC=1", &["A", "B", "C=1"]),
                ("a.b=1\na-b=2\na[0]=3\n1A=4\né=5", &["a.b=1", "a-b=2", "a[0]=3", "1A=4", "é=5"]),
                ("A==b\nB=a=b:c", &["A==b", "B=a=b:c"]),
                ("A=x\0y\nB=x\ry", &["A=x\0y", "B=x\ry"]),
            ],
        );
    }

    #[test]
    fn compose_ends_values_as_docker_compose_5_does() {
        check(
            Dialect::Compose,
            &[
                ("A=v # c\nB=a#b\nC=v\t#c", &["A=v", "B=a#b", "C=v\t#c"]),
                ("A=#c\nB= #c", &["A=#c", "B=#c"]),
                ("A=\"v # w\" # c\nB='v'#c", &["A=v # w", "B=v"]),
                ("A=\"v\" B=2\nC=3", &["A=v", "B=2", "C=3"]),
                ("A=a\"b\"\nB=it's", &["A=a\"b\"", "B=it's"]),
                ("A=\"a\nb\"\nB='c\r\nd'\r\nC=3", &["A=a\nb", "B=c\r\nd", "C=3"]),
                ("A=a\\nb", &["A=a\\nb"]),
            ],
        );
    }

    #[test]
    fn compose_decodes_escapes_as_docker_compose_5_does() {
        for (raw, decoded) in [
            (r"\n\r\t\a\b\f\v", "\n\r\t\u{7}\u{8}\u{c}\u{b}"),
            (r#"\"\\"#, "\"\\"),
            (r"\\n", "\\n"),
            (r"\$K \\$K", "$$K \\$K"),
            (r"\x41\q\'\é", r"\x41\q\'\é"),
            (r"\0101\0377\00101", "A\u{ff}\u{8}1"),
            (r"\0 \012 \0400 \08", r"\ \12 \400 \8"),
            ("a\\\nb", "a\\\nb"),
        ] {
            let value = only(&format!("A=\"{raw}\""));
            assert_eq!(value.text, decoded, "{raw:?}");
            assert_eq!(value.exact, raw == decoded);
        }
        let single = only(r#"A='a\'b\\\n\"$K'"#);
        assert_eq!(single.text, r#"a'b\\\n\"$K"#);
        assert!(!single.exact && !single.interpolated);
    }

    #[test]
    fn ranges_and_marks_of_compose_values() {
        let text = "# c\nexport A: 'x' # d\nB=\"y\"\nC= z  # e";
        let file = parse(text, Dialect::Compose);
        let comments: Vec<_> = file.comments.iter().map(|r| &text[r.clone()]).collect();
        assert_eq!(comments, ["# c", "# d", "# e"]);
        let values: Vec<_> = file
            .entries
            .iter()
            .map(|entry| {
                let value = entry.value.as_ref().unwrap();
                (&text[value.range.clone()], value.quote, value.interpolated)
            })
            .collect();
        assert_eq!(
            values,
            [("x", Quote::Single, false), ("y", Quote::Double, true), ("z", Quote::None, true),]
        );
        assert!(file.entries[0].exported && !file.entries[1].exported);
        assert_eq!(file.entries[0].separator, Separator::Colon);
        assert_eq!(file.entries[1].separator, Separator::Equals);
    }

    #[test]
    fn malformed_lines_do_not_lose_later_entries() {
        for (line, reason) in [
            ("A!=1", "unexpected character in a variable name"),
            ("{\"a\": 1}", "unexpected character in a variable name"),
            ("A B=1", "blank in a variable name"),
            ("=1", "no variable name"),
            ("A=\"abc", "unterminated quoted value"),
            ("A='abc # d", "unterminated quoted value"),
            ("A=\"abc\\\"", "unterminated quoted value"),
        ] {
            for rest in ["Z=1\n", "Z=1 # \"x\"\n", "Y='y'\nZ=1\n"] {
                let text = format!("{line}\r\n{rest}");
                let file = parse(&text, Dialect::Compose);
                assert_eq!(file.malformed[0].reason, reason, "{text:?}");
                assert_eq!(&text[file.malformed[0].range.clone()], line);
                assert_eq!(file.entries.last().unwrap().key, "Z", "{text:?}");
            }
        }
    }

    #[test]
    fn a_quote_left_open_does_not_swallow_the_next_quoted_line() {
        let text = "A=\"abc\nB=\"def\"\nC=1";
        assert_eq!(read(text, Dialect::Compose), ["B=def", "C=1"]);
        assert_eq!(parse(text, Dialect::Compose).malformed[0].range, 0..6);
    }

    #[test]
    fn a_bare_name_at_the_end_of_the_file_passes_nothing_through() {
        // docker compose reads it as the value of a variable without a name
        let file = parse("A=1\nB", Dialect::Compose);
        assert_eq!(file.entries.len(), 1);
        assert_eq!(file.malformed[0].range, 4..5);
        assert_eq!(read("A=1\nB", Dialect::Raw), ["A=1", "B"]);
    }

    #[test]
    fn raw_takes_lines_as_they_are() {
        check(
            Dialect::Raw,
            &[
                ("\u{feff}A=1\r\n\n  # c\n\tB= [x]  # d ", &["A=1", "B= [x]  # d "]),
                ("A=\"v\"\nB='$K'\nC=\\n", &["A=\"v\"", "B='$K'", "C=\\n"]),
                ("A=\"a\nb\"\nexport\nC:d", &["A=\"a", "b\"", "export", "C:d"]),
                ("A!=1\nA,B==", &["A!=1", "A,B=="]),
                ("A=\nB", &["A=", "B"]),
            ],
        );
        let text = "export A=1\nB =1\n=1\nC: v\nD=1";
        let file = parse(text, Dialect::Raw);
        assert_eq!(file.malformed.len(), 4);
        assert_eq!(file.entries.len(), 1);
        assert!(!file.entries[0].value.as_ref().unwrap().interpolated);
    }

    #[test]
    fn any_text_is_read() {
        let parts = [
            "A", "=", ":", "\"", "'", "\\", "#", " ", "\n", "\r", "é", "\0", "$", "export ", "0",
            "!",
        ];
        let mut seed = 1u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..12 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.push_str(parts[(seed >> 33) as usize % parts.len()]);
            }
            for dialect in [Dialect::Compose, Dialect::Raw] {
                let with_last = format!("{text}\nLAST=1\n");
                let _ = read(&text, dialect);
                let file = parse(&with_last, dialect);
                for range in &file.comments {
                    assert!(with_last[range.clone()].starts_with('#'));
                }
                for malformed in &file.malformed {
                    assert!(!with_last[malformed.range.clone()].contains('\n'));
                }
            }
        }
    }

    #[test]
    fn long_hostile_text_takes_linear_time() {
        for part in [
            "A=\"\n",
            "A='",
            "A=\"\nB='\n",
            "A=\"\\\n",
            "A=\"\"",
            "A",
            " ",
            "#",
            "A=\n",
            "export ",
            "\\",
        ] {
            let text = part.repeat(100_000);
            for dialect in [Dialect::Compose, Dialect::Raw] {
                let _ = parse(&text, dialect);
            }
        }
    }
}
