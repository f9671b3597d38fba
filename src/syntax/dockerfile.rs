//! Dockerfiles: instructions with byte ranges, continued lines joined.
//! Knows nothing of images or settings.

use std::ops::Range;

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Its name in upper case.
    pub name: String,
    /// Its words, quotes and flags (`--from=…`) included.
    pub words: Vec<Word>,
}

/// A word of an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The text, as written.
    pub text: String,
    /// Where it stands.
    pub range: Range<usize>,
}

/// All instructions, in order. Total: what is no instruction is left out.
pub fn parse(text: &str) -> Vec<Instruction> {
    let mut found: Vec<Instruction> = Vec::new();
    let mut continued = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = line.trim_end();
        let trimmed = body.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let (content, goes_on) = match body.strip_suffix('\\') {
            Some(content) => (content, true),
            None => (body, false),
        };
        let mut words = words(content, start);
        if continued {
            if let Some(last) = found.last_mut() {
                last.words.append(&mut words);
            }
        } else if !words.is_empty() {
            let name = words.remove(0).text.to_ascii_uppercase();
            found.push(Instruction { name, words });
        }
        continued = goes_on;
    }
    found
}

/// Words of a line: blanks within quotes do not part them.
fn words(line: &str, offset: usize) -> Vec<Word> {
    let mut found = Vec::new();
    let mut start = None;
    let mut quote = None;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => {
                quote = Some(c);
                start = start.or(Some(at));
            }
            (None, c) if c.is_whitespace() => {
                if let Some(from) = start.take() {
                    found.push(word(line, from..at, offset));
                }
            }
            _ => start = start.or(Some(at)),
        }
    }
    if let Some(from) = start {
        found.push(word(line, from..line.len(), offset));
    }
    found
}

fn word(line: &str, range: Range<usize>, offset: usize) -> Word {
    Word { text: line[range.clone()].to_owned(), range: offset + range.start..offset + range.end }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_with_continued_lines_and_comments() {
        let text = "# base\nFROM openmetadata/server:1.5.3 AS om\nENV A=1 \\\n  # note\n  B=\"two words\"\ncopy keys/*.der /opt/\n";
        let found = parse(text);
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].words[0].text, "openmetadata/server:1.5.3");
        assert_eq!(found[1].words[1].text, "B=\"two words\"");
        assert_eq!(&text[found[1].words[1].range.clone()], "B=\"two words\"");
        assert_eq!(found[2].name, "COPY");
    }
}
