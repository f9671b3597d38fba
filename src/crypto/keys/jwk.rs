//! JSON web keys, alone, in a set, or amid other text.

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

/// The members of a JSON web key that say what it is. Private ones are seen and not kept.
#[derive(Deserialize)]
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

/// Finds JSON objects that say `"kty"` themselves.
pub(super) fn read(bytes: &[u8], layers: u8, found: &mut Vec<KeyMaterial>) {
    struct Open {
        at: usize,
        is_key: bool,
    }
    const NAME: &[u8] = b"\"kty\"";
    if memmem::find(bytes, NAME).is_none() {
        return;
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
            b'"' => {
                let end = string_end(bytes, at);
                if &bytes[at..end] == NAME
                    && let Some(object) = open.last_mut()
                {
                    object.is_key = true;
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
}

/// Where a JSON string ends. A line's end ends it too: the text around an object need not be JSON.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at + 1,
            b'\n' => return at,
            b'\\' => at += 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

fn json_key(object: &[u8], range: Range<usize>, layers: u8) -> Option<KeyMaterial> {
    let key: Jwk<'_> = serde_json::from_slice(object).ok()?;
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
        kid: key.kid,
    })
}
