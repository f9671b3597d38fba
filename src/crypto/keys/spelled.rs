//! Known keys whose number is written out in a text: in hexadecimal as dumps and OpenSSL print it, in
//! decimal, in base64 of any structure, with whatever a program puts between two pieces of it. A key
//! that is not known is not looked for: any long number could be one.

use std::ops::Range;
use std::sync::OnceLock;

use memchr::memmem;
use rsa::BoxedUint;

use super::super::base64;
use super::{Encoding, Form, KeyMaterial, Kind, RsaPublic};

/// How far behind the number the names of private parts are looked for.
const REST: usize = 8 << 10;
/// Names of a private part in what OpenSSL and .NET write, without what stands between letters.
const PRIVATE: [&[u8]; 3] = [b"rivateExponent", b"rivate exponent", b"<D>"];
/// Bytes that a line of a dump shows.
const DUMPED: usize = 16;
/// A longer line is of no dump.
const DUMP_LINE: usize = 100;

/// How the numbers of known keys are written.
#[derive(Debug, Default)]
pub struct Spellings {
    keys: Vec<RsaPublic>,
    needles: OnceLock<Vec<Needle>>,
}

/// One way of writing one key's number, bare.
#[derive(Debug)]
struct Needle {
    key: usize,
    text: Vec<u8>,
    /// What stands before the number in the structure of a private key.
    before: Vec<u8>,
}

impl Spellings {
    /// Those of these keys.
    pub fn of(keys: impl IntoIterator<Item = RsaPublic>) -> Spellings {
        Spellings { keys: keys.into_iter().collect(), needles: OnceLock::new() }
    }

    /// Adds the keys that `bytes` spell outside of what was found in them before, from `first` on.
    pub(super) fn find(
        &self,
        bytes: &[u8],
        layers: u8,
        found: &mut Vec<KeyMaterial>,
        first: usize,
    ) {
        let shortest = self.keys.iter().map(|key| key.modulus().len()).min();
        if shortest.is_none_or(|shortest| bytes.len() < shortest) {
            return;
        }
        let text: Vec<u8> = digits(bytes).map(|(_, digit)| digit).collect();
        let mut places: Vec<usize> = Vec::new();
        let mut seen: Vec<Range<usize>> = Vec::new();
        for it in &found[first..] {
            if !matches!(it.kind, Kind::CutOff) {
                seen.push(it.range.clone());
            }
        }
        for needle in self.needles.get_or_init(|| needles(&self.keys)) {
            for at in memmem::find_iter(&text, &needle.text) {
                if places.is_empty() {
                    places = digits(bytes).map(|(place, _)| place).collect();
                }
                let range = places[at]..places[at + needle.text.len() - 1] + 1;
                if seen.iter().any(|it| overlap(it, &range)) {
                    continue;
                }
                // What seemed to be the beginning of a key goes on behind a break.
                let is_begun = |it: &KeyMaterial| matches!(it.kind, Kind::CutOff);
                found.retain(|it| !(is_begun(it) && overlap(&it.range, &range)));
                let rest = &bytes[range.end..bytes.len().min(range.end + REST)];
                let private = !needle.before.is_empty() && text[..at].ends_with(&needle.before)
                    || PRIVATE.iter().any(|name| memmem::find(rest, name).is_some());
                found.push(KeyMaterial {
                    range,
                    layers,
                    encoding: Encoding::Spelled,
                    form: if private { Form::PrivateNumbers } else { Form::PublicNumbers },
                    kind: Kind::Rsa(self.keys[needle.key].clone()),
                    private,
                    kid: None,
                });
            }
        }
    }
}

fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

fn needles(keys: &[RsaPublic]) -> Vec<Needle> {
    let mut found = Vec::new();
    for (key, rsa) in keys.iter().enumerate() {
        let modulus = rsa.modulus();
        let before = before_private(modulus);
        let mut add = |text: String, before: String| {
            let bare = |text: String| digits(text.as_bytes()).map(|(_, digit)| digit).collect();
            found.push(Needle { key, text: bare(text), before: bare(before) });
        };
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let (number, private) = (hex(modulus), hex(&before));
        add(number.to_uppercase(), private.to_uppercase());
        add(number, private);
        let number = BoxedUint::from_be_slice_vartime(modulus);
        add(number.to_string_radix_vartime(10), String::new());
        // In base64 a number looks different at each of three offsets.
        for offset in 0..3 {
            let padding = (3 + offset - before.len() % 3) % 3;
            let whole = [&[0; 2][..padding], &before, modulus].concat();
            let text = base64::encode_url(&whole);
            let digit = |byte: usize| (byte * 8).div_ceil(6);
            let (first, number) = (digit(padding), digit(padding + before.len()));
            let end = whole.len() * 8 / 6;
            add(text[number..end].to_owned(), text[first..number].to_owned());
        }
    }
    found
}

/// What stands before the modulus in a private key: the version, and how long the number is.
fn before_private(modulus: &[u8]) -> Vec<u8> {
    let sign = usize::from(modulus.first().is_some_and(|byte| byte & 0x80 != 0));
    let length = modulus.len() + sign;
    let mut bytes = vec![0x02, 0x01, 0x00, 0x02];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(length), _) if length < 0x80 => bytes.push(length),
        (Ok(length), _) => bytes.extend([0x81, length]),
        (_, Ok(length)) => {
            bytes.push(0x82);
            bytes.extend(length.to_be_bytes());
        }
        _ => return Vec::new(),
    }
    bytes.resize(bytes.len() + sign, 0);
    bytes
}

/// The letters and digits of a text with their places, without what is written between the
/// pieces of one number: escapes, `0x`, and the margins of a dump.
fn digits(bytes: &[u8]) -> impl Iterator<Item = (usize, u8)> + '_ {
    let mut at = 0;
    // Digits of a dump's line that are still to come, and where the line ends.
    let mut line: Option<(std::vec::IntoIter<usize>, usize)> = None;
    std::iter::from_fn(move || {
        loop {
            if let Some((places, end)) = &mut line {
                if let Some(place) = places.next() {
                    return Some((place, bytes[place]));
                }
                at = *end;
                line = None;
            }
            let byte = *bytes.get(at)?;
            let begins = at == 0 || bytes[at - 1] == b'\n';
            if begins && let Some((places, end)) = dump(bytes, at) {
                line = Some((places.into_iter(), end));
                continue;
            }
            match byte {
                b'\\' => {
                    at += 1;
                    at += usize::from(matches!(bytes.get(at), Some(b'n' | b'r' | b't' | b'x')));
                }
                b'0' if is_hex_mark(bytes, at) => at += 2,
                _ if byte.is_ascii_alphanumeric() => {
                    at += 1;
                    return Some((at - 1, byte));
                }
                _ => at += 1,
            }
        }
    })
}

/// Whether the `0x` of a single byte begins here.
fn is_hex_mark(bytes: &[u8], at: usize) -> bool {
    let ends = |at: usize| !bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    matches!(bytes.get(at + 1), Some(b'x' | b'X'))
        && (at == 0 || ends(at - 1))
        && bytes.get(at + 2..at + 4).is_some_and(|it| it.iter().all(u8::is_ascii_hexdigit))
        && ends(at + 4)
}

/// The places of the digits in a line of a dump: an offset, up to sixteen bytes in groups, and perhaps
/// the bytes as characters. And where the line ends.
fn dump(bytes: &[u8], start: usize) -> Option<(Vec<usize>, usize)> {
    let length = bytes[start..].iter().take(DUMP_LINE).position(|byte| *byte == b'\n');
    let end = start + length.unwrap_or((bytes.len() - start).min(DUMP_LINE));
    if bytes.get(end).is_some_and(|byte| *byte != b'\n') {
        return None;
    }
    let word_end = |from: usize| {
        from + bytes[from..end].iter().take_while(|byte| byte.is_ascii_hexdigit()).count()
    };
    let blanks_end =
        |from: usize| from + bytes[from..end].iter().take_while(|byte| **byte == b' ').count();
    let offset = blanks_end(start);
    let mut at = word_end(offset);
    if !(6..=8).contains(&(at - offset)) {
        return None;
    }
    at += usize::from(bytes.get(at) == Some(&b':'));
    let mut places = Vec::new();
    while places.len() < DUMPED * 2 {
        let word = blanks_end(at);
        let after = word_end(word);
        let ends = after == end || matches!(bytes[after], b' ' | b'\r' | b'\n');
        if word == at || !matches!(after - word, 2 | 4 | 8) || !ends {
            break;
        }
        places.extend(word..after);
        at = after;
    }
    (places.len() >= 4).then_some((places, end))
}
