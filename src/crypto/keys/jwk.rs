//! JSON web keys, alone, in a set, or amid other text; and the same written as YAML or in the
//! notation of a program.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Encoding, Form, KeyMaterial, Kind, RsaPublic};

/// A larger JSON object is no key.
const MAX_JWK: usize = 64 * 1024;

/// Objects nested deeper are not looked at, which keeps the work linear.
const MAX_NESTING: usize = 32;

/// A mapping of more lines in YAML is no key.
const MAX_LINES: usize = 64;

const NAME: &[u8] = b"kty";

/// The members of a JSON web key that say what it is. Private ones are seen and not kept.
#[derive(Default, Deserialize)]
struct Jwk<'a> {
    #[serde(borrow)]
    kty: Cow<'a, str>,
    #[serde(borrow)]
    n: Option<Cow<'a, str>>,
    #[serde(borrow)]
    e: Option<Cow<'a, str>>,
    kid: Option<String>,
    #[serde(borrow)]
    crv: Option<Cow<'a, str>>,
    d: Option<IgnoredAny>,
    k: Option<IgnoredAny>,
}

/// Finds objects that say `kty` themselves.
pub(super) fn read(bytes: &[u8], layers: u8, found: &mut Vec<KeyMaterial>) {
    if memmem::find(bytes, NAME).is_none() {
        return;
    }
    let first = found.len();
    objects(bytes, layers, found);
    // The lines of an object look like a mapping, too.
    let mut mappings = Vec::new();
    blocks(bytes, layers, &mut mappings);
    let mut objects: Vec<_> = found[first..].iter().map(|object| object.range.clone()).collect();
    objects.sort_by_key(|range| range.start);
    mappings.retain(|mapping| {
        let before = objects.partition_point(|object| object.start <= mapping.range.start);
        let nearest = before.checked_sub(1).map(|at| &objects[at]);
        nearest.is_none_or(|object| object.end < mapping.range.end)
    });
    found.extend(mappings);
}

/// Objects in braces.
fn objects(bytes: &[u8], layers: u8, found: &mut Vec<KeyMaterial>) {
    struct Open {
        at: usize,
        is_key: bool,
    }
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'{' => open.push(Open { at, is_key: false }),
            b'}' => {
                let depth = open.len();
                if let Some(object) = open.pop()
                    && object.is_key
                    && depth <= MAX_NESTING
                    && at - object.at < MAX_JWK
                {
                    let range = object.at..at + 1;
                    found.extend(json_key(&bytes[range.clone()], range, layers));
                }
            }
            // The quotes of a program around JSON.
            b'"' | b'\'' if bytes[at + 1..].starts_with(&[bytes[at]; 2]) => at += 2,
            b'"' | b'\'' => {
                let end = string_end(bytes, at);
                // An apostrophe, or what a shell puts around JSON.
                if bytes[at] == b'\'' && bytes[at..end].iter().any(|b| matches!(b, b'"' | b'{')) {
                    at += 1;
                    continue;
                }
                let content = bytes[at + 1..end].strip_suffix(&[bytes[at]]);
                if content == Some(NAME)
                    && let Some(object) = open.last_mut()
                {
                    object.is_key = true;
                }
                at = end;
                continue;
            }
            b'k' if is_bare_name(bytes, at) => {
                if let Some(object) = open.last_mut() {
                    object.is_key = true;
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// Whether `kty:` stands here without quotes.
fn is_bare_name(bytes: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| bytes[before]);
    before.is_none_or(|byte| matches!(byte, b'{' | b',' | b' ' | b'\t' | b'\n'))
        && bytes[at..].starts_with(b"kty:")
}

/// Where a string ends. A line's end ends it too: the text around an object need not be JSON.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            byte if byte == bytes[start] => return at + 1,
            b'\n' => return at,
            b'\\' => at += 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

fn json_key(object: &[u8], range: Range<usize>, layers: u8) -> Option<KeyMaterial> {
    match serde_json::from_slice(object) {
        Ok(key) => material(&key, range, layers),
        Err(_) => {
            let inner = std::str::from_utf8(object.get(1..object.len() - 1)?).ok()?;
            material(&loosely(inner.split([',', '\n'])), range, layers)
        }
    }
}

/// The members of an object that is not strictly JSON: one a part, a name, a colon, a value.
fn loosely<'a>(parts: impl Iterator<Item = &'a str>) -> Jwk<'a> {
    let mut key = Jwk::default();
    for part in parts {
        let Some((name, value)) = part.split_once(':') else { continue };
        let bare = |text: &'a str| {
            text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ','))
        };
        let value = bare(value);
        match bare(name) {
            "kty" => key.kty = Cow::Borrowed(value),
            "n" => key.n = Some(Cow::Borrowed(value)),
            "e" => key.e = Some(Cow::Borrowed(value)),
            "crv" => key.crv = Some(Cow::Borrowed(value)),
            "kid" => key.kid = Some(value.to_owned()),
            "d" if !value.is_empty() => key.d = Some(IgnoredAny),
            "k" if !value.is_empty() => key.k = Some(IgnoredAny),
            _ => {}
        }
    }
    key
}

/// Mappings of YAML that are not in braces: lines around `kty:` that begin in its column. The
/// lines of a value that goes on below its key are put together.
fn blocks(bytes: &[u8], layers: u8, found: &mut Vec<KeyMaterial>) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut lines: Vec<(usize, &str)> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        lines.push((at, line));
        at += line.len();
    }
    let mut number = 0;
    while number < lines.len() {
        let (column, content) = entry(lines[number].1);
        let is_key = ["kty:", "\"kty\":", "'kty':"].iter().any(|name| content.starts_with(name));
        if !is_key || content.contains(['{', '}']) {
            number += 1;
            continue;
        }
        let span = mapping(&lines, number, column);
        let (first, last) = (span.start, span.end);
        let mut parts: Vec<String> = Vec::new();
        for (_, line) in &lines[span] {
            let (own, content) = entry(line);
            if own == column {
                parts.push(content.to_owned());
            } else if let Some(part) = parts.last_mut() {
                let begun = part.trim_end_matches(['>', '|', '-']).len();
                if part[..begun].ends_with(": ") {
                    part.truncate(begun);
                }
                part.push_str(content);
            }
        }
        let end = lines.get(last).map_or(text.len(), |(at, _)| *at);
        let start = lines[first].0;
        let width = text[start..end].trim_end().len();
        let key = loosely(parts.iter().map(String::as_str));
        found.extend(material(&key, start..start + width, layers));
        number = last;
    }
}

/// The lines of the mapping that has an entry at `number`.
fn mapping(lines: &[(usize, &str)], number: usize, column: usize) -> Range<usize> {
    let begins_item = |line: &str| line.trim_start().starts_with("- ");
    let mut first = number;
    while first > 0 && number - first < MAX_LINES && !begins_item(lines[first].1) {
        let (own, content) = entry(lines[first - 1].1);
        if own < column || content.is_empty() {
            break;
        }
        first -= 1;
    }
    let mut last = number + 1;
    while last < lines.len() && last - number < MAX_LINES {
        let (own, content) = entry(lines[last].1);
        if own < column || content.is_empty() || begins_item(lines[last].1) && own == column {
            break;
        }
        last += 1;
    }
    first..last
}

/// The column at which a line's entry begins, behind the dash of an item, and the entry.
fn entry(line: &str) -> (usize, &str) {
    let content = line.trim_start_matches([' ', '-']);
    let dashed = line.trim_start().starts_with("- ");
    let plain = if dashed { content } else { line.trim_start() };
    (line.len() - plain.len(), plain.trim_end())
}

fn material(key: &Jwk<'_>, range: Range<usize>, layers: u8) -> Option<KeyMaterial> {
    let kind = match &*key.kty {
        "RSA" => Kind::Rsa(RsaPublic::from_base64(key.n.as_deref()?, key.e.as_deref()?)?),
        "EC" => Kind::Other("EC"),
        "oct" => Kind::Other("symmetric"),
        "OKP" => Kind::Other(match key.crv.as_deref() {
            Some("Ed448") => "Ed448",
            Some("X25519") => "X25519",
            Some("X448") => "X448",
            _ => "Ed25519",
        }),
        _ => return None,
    };
    let private = key.d.is_some() || key.k.is_some();
    Some(KeyMaterial {
        range,
        layers,
        encoding: Encoding::Jwk,
        form: if private { Form::JwkPrivate } else { Form::JwkPublic },
        kind,
        private,
        kid: key.kid.clone(),
    })
}
