//! TOML into fields by the table of keys. All that is wrong is told at once, each thing at its
//! place; no message holds a text of the file that may be secret.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::deployment::version::Version;
use crate::rules::schema::Severity;
use crate::source::diagnostic::{Diagnostic, named, nearest};
use crate::source::glob::PathSet;
use crate::source::mask::{Shown, reason};
use crate::source::{SourceId, Span, Text};

use super::Placed;
use super::keys::{Key, SEVERITIES, Shape, TOP};

/// A table's fields by the names of their keys.
pub(super) struct Fields {
    /// The table's own place: what its keys stand in.
    pub span: Span,
    map: BTreeMap<&'static str, (Span, Datum)>,
}

enum Datum {
    Texts(Vec<Placed<String>>),
    Assignments(Vec<Text>),
    Version(Placed<(String, Version)>),
    Day(Placed<i64>),
    Levels(Vec<(Placed<String>, Placed<Severity>)>),
    Tables(Vec<Fields>),
}

impl Fields {
    /// The place of a key.
    pub fn key(&self, name: &str) -> Option<Span> {
        self.map.get(name).map(|(span, _)| *span)
    }

    /// The texts at a key; none where it is absent.
    pub fn texts(&mut self, name: &str) -> Option<Vec<Placed<String>>> {
        match self.map.remove(name)?.1 {
            Datum::Texts(texts) => Some(texts),
            _ => None,
        }
    }

    /// The text at a key.
    pub fn text(&mut self, name: &str) -> Option<Placed<String>> {
        self.texts(name)?.into_iter().next()
    }

    pub fn assignments(&mut self, name: &str) -> Vec<Text> {
        match self.map.remove(name) {
            Some((_, Datum::Assignments(texts))) => texts,
            _ => Vec::new(),
        }
    }

    pub fn version(&mut self, name: &str) -> Option<Placed<(String, Version)>> {
        match self.map.remove(name)?.1 {
            Datum::Version(version) => Some(version),
            _ => None,
        }
    }

    pub fn day(&mut self, name: &str) -> Option<Placed<i64>> {
        match self.map.remove(name)?.1 {
            Datum::Day(day) => Some(day),
            _ => None,
        }
    }

    pub fn levels(&mut self, name: &str) -> Vec<(Placed<String>, Placed<Severity>)> {
        match self.map.remove(name) {
            Some((_, Datum::Levels(levels))) => levels,
            _ => Vec::new(),
        }
    }

    pub fn tables(&mut self, name: &str) -> Vec<Fields> {
        match self.map.remove(name) {
            Some((_, Datum::Tables(tables))) => tables,
            _ => Vec::new(),
        }
    }
}

/// Reads a configuration file.
pub(super) fn read(id: SourceId, text: &str) -> (Fields, Vec<Diagnostic>, Shown) {
    let offset = text.len() - text.trim_start_matches('\u{feff}').len();
    let mut reader = Reader {
        id,
        text,
        offset,
        problems: Vec::new(),
        shown: Vec::new(),
        patterns: Patterns::default(),
        is_full: false,
    };
    let (root, errors) = DeTable::parse_recoverable(&text[offset..]);
    for error in errors {
        let range = error.span().unwrap_or(0..0);
        let span = reader.span(range);
        let message = format!("not valid TOML: {}", error.message());
        reader.problems.push(Diagnostic::new(span, message, "the reading stops making sense here"));
    }
    let broken = !reader.problems.is_empty();
    let whole = Span::new(id, 0..0);
    let fields = reader.table(root.get_ref(), whole, TOP, "");
    let mut problems = reader.problems;
    if broken {
        // What a broken file seems to say is not what its author wrote.
        problems.retain(|problem| problem.message.starts_with("not valid TOML"));
        problems.truncate(1);
    }
    (fields, problems, Shown::new(reader.shown))
}

/// Tables of one kind: each is asked about every file.
const MOST_TABLES: usize = 500;
/// Patterns of a file, and such of them as are searched for, and bytes of these: their cost grows
/// with the square.
const MOST_PATTERNS: (usize, usize, usize) = (2_000, 250, 6 << 10);

/// Patterns of a file.
#[derive(Default)]
pub(super) struct Patterns {
    number: usize,
    /// Such as are searched for, and their bytes.
    searched: usize,
    bytes: usize,
}

impl Patterns {
    /// One more, if there is room for it.
    pub fn take(&mut self, text: &Placed<String>) -> Result<(), Diagnostic> {
        self.number += 1;
        if PathSet::is_searched(&text.value) {
            self.searched += 1;
            self.bytes += text.value.len();
        }
        let (most, most_searched, most_bytes) = MOST_PATTERNS;
        if self.number <= most && self.searched <= most_searched && self.bytes <= most_bytes {
            return Ok(());
        }
        let message = format!(
            "more than {most} patterns, {most_searched} with wildcards, or {} KiB of these",
            most_bytes >> 10
        );
        let problem = Diagnostic::new(text.span, message, "too many from here on");
        Err(problem.help("a pattern that names a folder stands for many"))
    }
}

struct Reader<'t> {
    id: SourceId,
    text: &'t str,
    offset: usize,
    problems: Vec<Diagnostic>,
    /// What may be printed of the file.
    shown: Vec<Range<usize>>,
    patterns: Patterns,
    /// It has too many.
    is_full: bool,
}

impl Reader<'_> {
    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.id, range.start + self.offset..range.end + self.offset)
    }

    /// Shows some characters, and the signs on both sides of them.
    fn show(&mut self, span: Span) {
        let is_sign = |c: char| matches!(c, '[' | ']' | '{' | '}' | '=' | ',' | '"' | '\'' | ' ');
        let range = span.range();
        let before = self.text[..range.start].trim_end_matches(is_sign).len();
        let after = self.text.len() - self.text[range.end..].trim_start_matches(is_sign).len();
        self.shown.push(before..after);
    }

    fn table(&mut self, table: &DeTable<'_>, span: Span, keys: &'static [Key], of: &str) -> Fields {
        let mut fields = Fields { span, map: BTreeMap::new() };
        for (name, value) in table {
            let place = self.span(name.span());
            let Some(key) = keys.iter().find(|key| key.name == name.get_ref()) else {
                self.unknown_key(name.get_ref(), place, keys, of);
                continue;
            };
            self.show(place);
            if let Some(datum) = self.datum(key, place, value) {
                fields.map.insert(key.name, (place, datum));
            }
        }
        for key in keys.iter().filter(|key| key.required) {
            if !table.keys().any(|name| name.get_ref() == key.name) {
                let message = format!("`[[{of}]]` needs `{}`", key.name);
                self.problems.push(
                    Diagnostic::new(span, message, format!("`{}` is missing here", key.name))
                        .help(format!("write `{} = …` in it: {}", key.name, lowered(key.about))),
                );
            }
        }
        fields
    }

    fn unknown_key(&mut self, name: &str, span: Span, keys: &'static [Key], of: &str) {
        let spelled = name.replace('_', "-");
        let known = nearest(&spelled, keys.iter().map(|key| key.name));
        let elsewhere = || TOP.iter().find(|key| key.name == spelled && !of.is_empty());
        let place = if of.is_empty() { String::new() } else { format!(" in `[[{of}]]`") };
        let said = named("unknown key", name);
        if said.contains('`') {
            self.show(span);
        }
        let mut problem =
            Diagnostic::new(span, format!("{said}{place}"), "omlint has no key of this name");
        problem = match (known, elsewhere()) {
            (Some(known), _) => problem.help(format!("did you mean `{known}`?")),
            (None, Some(key)) => {
                problem.help(format!("`{}` stands at the top of the file", key.name))
            }
            _ => {
                let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
                problem.help(format!("the keys here are {}", names.join(", ")))
            }
        };
        self.problems.push(problem);
    }

    fn wrong_type(&mut self, key: &Key, expected: &str, value: &Spanned<DeValue<'_>>) {
        let span = self.span(value.span());
        let found = kind(value.get_ref());
        self.problems.push(Diagnostic::new(
            span,
            format!("`{}` must be {expected}", key.name),
            format!("this is {found}"),
        ));
    }

    fn datum(&mut self, key: &Key, at: Span, value: &Spanned<DeValue<'_>>) -> Option<Datum> {
        match key.shape {
            Shape::Text => {
                let text = self.one(key, "a text in quotes", value)?;
                self.show_named(&text);
                Some(Datum::Texts(vec![text]))
            }
            Shape::Title => {
                let text = self.one(key, "a text in quotes", value)?;
                self.show(text.span);
                Some(Datum::Texts(vec![text]))
            }
            Shape::Prose => {
                if matches!(value.get_ref(), DeValue::String(text) if text.trim().is_empty()) {
                    return None;
                }
                let text = self.one(key, "a text in quotes", value)?;
                // Words are shown; a password among them is not.
                if reason(&text.value) == text.value {
                    self.show(text.span);
                }
                Some(Datum::Texts(vec![text]))
            }
            Shape::Word(words) => {
                let text = self.one(key, &format!("one of {}", words.join(", ")), value)?;
                if words.contains(&text.value.as_str()) {
                    self.show(text.span);
                    return Some(Datum::Texts(vec![text]));
                }
                self.unknown_word(key, &text, words);
                None
            }
            Shape::Texts | Shape::Rules => {
                let texts = self.list(key, "a list of texts", value)?;
                // What an unknown rule's name may show is decided where rules are known.
                texts.iter().for_each(|text| self.show_named(text));
                Some(Datum::Texts(texts))
            }
            Shape::Assignments => {
                let texts = self.list(key, "a list of texts of the form path=value", value)?;
                let texts: Vec<Text> = texts.iter().map(|text| self.spelled(text)).collect();
                for text in &texts {
                    // The paths are the chart's; what is set may be secret.
                    if let Some(path) = text.expose().find('=') {
                        self.show(text.locate(0..path));
                    }
                }
                Some(Datum::Assignments(texts))
            }
            Shape::Globs => {
                let texts = self.list(key, "a list of patterns", value)?;
                let before = self.problems.len();
                for text in &texts {
                    self.glob(key, text);
                }
                (self.problems.len() == before).then_some(Datum::Texts(texts))
            }
            Shape::Version => {
                let text = self.one(key, "a version in quotes, such as \"1.11.4\"", value)?;
                match Version::parse(&text.value) {
                    Some(version) => {
                        self.show(text.span);
                        let value = (text.value, version);
                        Some(Datum::Version(Placed { value, span: text.span }))
                    }
                    None => {
                        self.problems.push(Diagnostic::new(
                            text.span,
                            format!("`{}` must be a version such as \"1.11.4\"", key.name),
                            "this is no version of OpenMetadata",
                        ));
                        None
                    }
                }
            }
            Shape::Day => self.day(key, value).map(Datum::Day),
            Shape::Levels => self.levels(key, value).map(Datum::Levels),
            Shape::Tables(keys) => self.tables(key, at, keys, value).map(Datum::Tables),
        }
    }

    fn unknown_word(&mut self, key: &Key, text: &Placed<String>, words: &[&'static str]) {
        let said = named(&format!("unknown {}", key.name), &text.value);
        if said.ends_with(&format!("`{}`", text.value)) {
            self.show(text.span);
        }
        let help = match nearest(&text.value, words.iter().copied()) {
            Some(word) => format!("did you mean \"{word}\"?"),
            None => format!("write one of {}", words.join(", ")),
        };
        let label = format!("expected one of {}", words.join(", "));
        self.problems.push(Diagnostic::new(text.span, said, label).help(help));
    }

    /// A text with the places of its characters, where the file holds them as they are.
    fn spelled(&self, text: &Placed<String>) -> Text {
        let range = text.span.range();
        let inner = range.start + 1..range.end.saturating_sub(1).max(range.start + 1);
        let Some(raw) = self.text.get(inner.clone()) else {
            return Text::decoded(text.value.as_str(), text.span);
        };
        // Only a backslash before a quote or another one is common here.
        let mut runs = Vec::new();
        let (mut decoded, mut at) = (String::new(), 0);
        if self.text[range.clone()].starts_with('"') {
            while let Some(found) = raw[at..].find('\\') {
                let escaped = at + found + 1;
                let Some(next) = raw[escaped..].chars().next() else { break };
                runs.push((decoded.len(), inner.start + at, found));
                decoded.push_str(&raw[at..at + found]);
                runs.push((decoded.len(), inner.start + escaped, next.len_utf8()));
                decoded.push(next);
                at = escaped + next.len_utf8();
            }
        }
        runs.push((decoded.len(), inner.start + at, raw.len() - at));
        decoded.push_str(&raw[at..]);
        if decoded == text.value {
            let whole = Span::new(self.id, inner);
            return Text::mapped(decoded, whole, runs);
        }
        Text::decoded(text.value.as_str(), text.span)
    }

    /// Shows a text if it looks like a name or a path.
    fn show_named(&mut self, text: &Placed<String>) {
        if named("", &text.value).contains('`') {
            self.show(text.span);
        }
    }

    fn glob(&mut self, key: &Key, text: &Placed<String>) {
        self.show_named(text);
        if self.is_full {
            return;
        }
        if let Err(problem) = self.patterns.take(text) {
            self.is_full = true;
            self.problems.push(problem);
            return;
        }
        if let Some(reason) = PathSet::problem(&text.value) {
            self.problems.push(Diagnostic::new(
                text.span,
                format!("bad pattern in `{}`: {reason}", key.name),
                "this pattern cannot be read",
            ));
        }
    }

    fn one(
        &mut self,
        key: &Key,
        expected: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<Placed<String>> {
        let DeValue::String(text) = value.get_ref() else {
            self.wrong_type(key, expected, value);
            return None;
        };
        let span = self.span(value.span());
        if text.trim().is_empty() {
            self.problems.push(Diagnostic::new(
                span,
                format!("`{}` is empty", key.name),
                format!("expected {expected}"),
            ));
            return None;
        }
        Some(Placed { value: text.clone().into_owned(), span })
    }

    /// A list of texts; one text is a list of one.
    fn list(
        &mut self,
        key: &Key,
        expected: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<Vec<Placed<String>>> {
        match value.get_ref() {
            DeValue::Array(items) => {
                let before = self.problems.len();
                let texts: Vec<Placed<String>> = items
                    .iter()
                    .filter_map(|item| self.one(key, "a list of texts in quotes", item))
                    .collect();
                (self.problems.len() == before).then_some(texts)
            }
            DeValue::String(_) => self.one(key, expected, value).map(|text| vec![text]),
            _ => {
                self.wrong_type(key, expected, value);
                None
            }
        }
    }

    fn day(&mut self, key: &Key, value: &Spanned<DeValue<'_>>) -> Option<Placed<i64>> {
        let span = self.span(value.span());
        let text = match value.get_ref() {
            DeValue::Datetime(time) if time.time.is_none() && time.offset.is_none() => {
                time.to_string()
            }
            DeValue::String(text) => text.to_string(),
            _ => {
                self.wrong_type(key, "a day such as 2026-12-31", value);
                return None;
            }
        };
        match super::day(&text) {
            Some(value) => {
                self.show(span);
                Some(Placed { value, span })
            }
            None => {
                self.problems.push(Diagnostic::new(
                    span,
                    format!("`{}` must be a day such as 2026-12-31", key.name),
                    "there is no such day",
                ));
                None
            }
        }
    }

    fn levels(
        &mut self,
        key: &Key,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<Vec<(Placed<String>, Placed<Severity>)>> {
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type(key, "a table of rules, such as { rule-id = \"low\" }", value);
            return None;
        };
        let mut levels = Vec::new();
        for (name, level) in table {
            let rule =
                Placed { value: name.get_ref().clone().into_owned(), span: self.span(name.span()) };
            self.show_named(&rule);
            let Some(word) = self.one(key, &format!("one of {}", SEVERITIES.join(", ")), level)
            else {
                continue;
            };
            match Severity::ALL.into_iter().find(|level| level.name() == word.value) {
                Some(value) => {
                    self.show(word.span);
                    levels.push((rule, Placed { value, span: word.span }));
                }
                None if word.value == "off" => self.problems.push(
                    Diagnostic::new(word.span, "`off` is no severity", "expected a severity")
                        .help("to drop a rule's findings, name it in `ignore`"),
                ),
                None => self.unknown_word(key, &word, SEVERITIES),
            }
        }
        Some(levels)
    }

    fn tables(
        &mut self,
        key: &Key,
        at: Span,
        keys: &'static [Key],
        value: &Spanned<DeValue<'_>>,
    ) -> Option<Vec<Fields>> {
        let expected = format!("written as `[[{}]]`", key.name);
        let items: &DeArray<'_> = match value.get_ref() {
            DeValue::Array(items) => items,
            DeValue::Table(_) => {
                self.problems.push(
                    Diagnostic::new(
                        at,
                        format!("`{}` must be {expected}", key.name),
                        "there may be several of these",
                    )
                    .help(format!("write `[[{}]]` with two brackets", key.name)),
                );
                return None;
            }
            _ => {
                self.wrong_type(key, &expected, value);
                return None;
            }
        };
        if items.len() > MOST_TABLES {
            self.problems.push(
                Diagnostic::new(
                    at,
                    format!("more than {MOST_TABLES} `[[{}]]`", key.name),
                    "too many",
                )
                .help("one that names a folder stands for many"),
            );
            return None;
        }
        let mut tables = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::Table(table) => {
                    let span = self.span(item.span());
                    tables.push(self.table(table, span, keys, key.name));
                }
                _ => self.wrong_type(key, &expected, item),
            }
        }
        Some(tables)
    }
}

/// A sentence as the end of another one.
fn lowered(sentence: &str) -> String {
    let sentence = sentence.trim_end_matches('.');
    let mut chars = sentence.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
