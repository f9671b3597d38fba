//! What a text must have for an expression to find itself in it: worked out once, so that the
//! program need not compile an expression to see that a value does not meet it.
//! Knows nothing of rules but the keys under which expressions stand.

use regex_syntax::hir::{Class, Hir, HirKind};
use serde_yaml::Value;

/// Writes `[expression, least length, words of which one is needed, whether that is enough]` in
/// place of each expression
/// under one of these keys.
pub fn note(value: &mut Value, keys: &[&str]) {
    match value {
        Value::Mapping(map) => {
            for (key, value) in map.iter_mut() {
                match value {
                    Value::String(text) if is_one(key, keys) => *value = noted(text),
                    Value::Sequence(list) if is_one(key, keys) => {
                        for item in list {
                            if let Value::String(text) = item {
                                *item = noted(text);
                            }
                        }
                    }
                    other => note(other, keys),
                }
            }
        }
        Value::Sequence(list) => list.iter_mut().for_each(|item| note(item, keys)),
        _ => {}
    }
}

fn is_one(key: &Value, keys: &[&str]) -> bool {
    key.as_str().is_some_and(|key| keys.contains(&key))
}

fn noted(expression: &str) -> Value {
    let hir = regex_syntax::parse(expression).expect("checked with the rule");
    let least = hir.properties().minimum_len().unwrap_or(0);
    let needs = needs(&hir).unwrap_or_default();
    let needs: Vec<Value> = needs.into_iter().map(Value::from).collect();
    let is_enough = is_in_any_case(&hir);
    Value::Sequence(vec![expression.into(), (least as u64).into(), needs.into(), is_enough.into()])
}

/// Whether all that the expression asks for is one row of letters, in whatever case.
fn is_in_any_case(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Concat(list) => list.iter().all(is_in_any_case),
        HirKind::Class(Class::Unicode(class)) => {
            let plain = class.ranges().iter().filter(|range| range.start().is_ascii());
            fixed(hir).is_some() && plain.count() == 2
        }
        HirKind::Literal(literal) => !literal.0.iter().any(u8::is_ascii_alphabetic),
        _ => false,
    }
}

/// Small letters of which at least one row stands, in some case, in every text of plain
/// characters that meets the expression. None where nothing is certain.
fn needs(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Capture(capture) => needs(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => needs(&repetition.sub),
        HirKind::Alternation(list) => {
            let all: Option<Vec<Vec<String>>> = list.iter().map(needs).collect();
            all.map(|all| all.concat())
        }
        HirKind::Concat(list) => {
            let mut found: Vec<Vec<String>> = Vec::new();
            let mut row = String::new();
            for part in list {
                match fixed(part) {
                    Some(text) => row.push_str(&text),
                    None => {
                        found.push(vec![std::mem::take(&mut row)]);
                        found.extend(needs(part));
                    }
                }
            }
            found.push(vec![row]);
            let shortest = |words: &Vec<String>| words.iter().map(String::len).min();
            found.into_iter().max_by_key(shortest).filter(|words| shortest(words) > Some(0))
        }
        _ => fixed(hir).map(|text| vec![text]),
    }
}

/// The one text that meets the expression, in small letters.
fn fixed(hir: &Hir) -> Option<String> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok().filter(|text| text.is_ascii())?;
            Some(text.to_ascii_lowercase())
        }
        HirKind::Class(Class::Unicode(class)) => {
            let ranges = class.ranges();
            if ranges.len() > 4 || ranges.iter().any(|range| range.start() != range.end()) {
                return None;
            }
            // Such as the sign for Kelvin are no plain characters.
            let plain = ranges.iter().map(|range| range.start()).filter(char::is_ascii);
            let mut letters: Vec<char> = plain.map(|c| c.to_ascii_lowercase()).collect();
            letters.dedup();
            match letters[..] {
                [only] => Some(only.to_string()),
                _ => None,
            }
        }
        _ => None,
    }
}
