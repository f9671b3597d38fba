//! Keys between `-----BEGIN` and `-----END`, wherever they stand in a text.

use std::ops::Range;

use memchr::memmem;
use zeroize::Zeroizing;

use super::super::{asn1, base64};
use super::{Encoding, Form, KeyMaterial, Kind, MAX_DER, ssh};

const BEGIN: &[u8] = b"-----BEGIN ";

const END: &[u8] = b"-----END ";

/// As many digits stand in each line but the last.
const FULL_LINE: usize = 64;

pub(super) fn read(bytes: &[u8], layers: u8, found: &mut Vec<KeyMaterial>) {
    let mut ends = memmem::find_iter(bytes, END).peekable();
    let mut begins = memmem::find_iter(bytes, BEGIN).peekable();
    while let Some(begin) = begins.next() {
        while ends.peek().is_some_and(|end| *end < begin) {
            ends.next();
        }
        let Some((label, body_at)) = label_at(bytes, begin + BEGIN.len()) else { continue };
        let next = begins.peek().copied().unwrap_or(bytes.len());
        let Some(&end) = ends.peek().filter(|end| **end < next) else {
            found.extend(cut_off(label, bytes, begin..body_at, next, layers));
            continue;
        };
        let Some((closing, after)) = label_at(bytes, end + END.len()) else { continue };
        if label != closing || body_at > end {
            continue;
        }
        let range = begin..after;
        let material = |encoding, form, kind, private| KeyMaterial {
            range: range.clone(),
            layers,
            encoding,
            form,
            kind,
            private,
            kid: None,
        };
        let body = &bytes[body_at..end];
        let private = label.ends_with(b"PRIVATE KEY");
        if private && memmem::find(body, b",ENCRYPTED").is_some() {
            found.push(material(Encoding::Pem, Form::EncryptedPem, Kind::Encrypted, true));
            continue;
        }
        let is_key = private || label.ends_with(b"PUBLIC KEY") || label.ends_with(b"CERTIFICATE");
        let Some(content) = is_key.then(|| armoured(body)).flatten() else { continue };
        if label == b"OPENSSH PRIVATE KEY" {
            if let Some(kind) = ssh::private(&content) {
                found.push(material(Encoding::Pem, Form::OpenSshPrivate, kind, true));
            }
        } else if content.len() <= MAX_DER {
            if let Some(it) = asn1::classify(&content, true) {
                found.push(material(Encoding::Pem, it.form, it.kind, it.private));
            } else if let Some(form) = asn1::cut_off(&content) {
                found.push(material(Encoding::Pem, form, Kind::CutOff, false));
            }
        }
    }
}

/// A key whose last line is missing. An ellipsis in documentation is none.
fn cut_off(
    label: &[u8],
    bytes: &[u8],
    head: Range<usize>,
    next: usize,
    layers: u8,
) -> Option<KeyMaterial> {
    let is_private = label.ends_with(b"PRIVATE KEY");
    if !is_private && !label.ends_with(b"PUBLIC KEY") {
        return None;
    }
    let body = &bytes[head.end.min(next)..next];
    let rest = body.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(body.len());
    let line = body[rest..].iter().take_while(|byte| base64::is_digit(**byte)).count();
    (line >= FULL_LINE).then(|| KeyMaterial {
        range: head.start..head.end + rest + line,
        layers,
        encoding: Encoding::Pem,
        form: if is_private { Form::Pkcs8Private } else { Form::Spki },
        kind: Kind::CutOff,
        private: false,
        kid: None,
    })
}

/// The label between `at` and the dashes, and where it ends.
fn label_at(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    const LONGEST: usize = 40;
    let rest = &bytes[at..bytes.len().min(at + LONGEST)];
    let length = memmem::find(rest, b"-----")?;
    let label = &rest[..length];
    let is_label = label.iter().all(|byte| byte.is_ascii_alphanumeric() || b" .".contains(byte));
    is_label.then_some((label, at + length + 5))
}

/// The bytes within PEM's armour. Breaks of any kind may stand in it: real ones with indentation,
/// `\n` as environment files and JSON write them, blanks, quotes.
fn armoured(body: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut digits = Zeroizing::new(Vec::with_capacity(body.len()));
    let mut line_start = 0;
    let mut at = 0;
    while at < body.len() {
        let byte = body[at];
        match byte {
            b'\\' if matches!(body.get(at + 1), Some(b'n' | b'r' | b't')) => {
                at += 1;
                line_start = digits.len();
            }
            b'\n' | b'\r' => line_start = digits.len(),
            b' ' | b'\t' | b'"' | b'\'' | b',' | b'\\' => {}
            // A header such as `Key: value`: not a part of the key.
            b':' => {
                digits.truncate(line_start);
                while at < body.len() && body[at] != b'\n' && !body[at..].starts_with(b"\\n") {
                    at += 1;
                }
                continue;
            }
            _ if base64::is_digit(byte) || byte == b'=' => digits.push(byte),
            _ => return None,
        }
        at += 1;
    }
    base64::decode(&digits)
}
