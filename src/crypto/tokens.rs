//! JSON web tokens: finding them in text, reading what they say, and verifying who signed them.
//! Knows nothing of who issues tokens for what.

mod pieces;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Once;

use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind};
use rsa::BoxedUint;
use rsa::pkcs1v15;
use rsa::signature::Verifier as _;
use serde_json::{Map, Value};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::keys::RsaPublic;
use super::{base64, sha256};

/// A longer header is none.
const MAX_HEADER: usize = 2 << 10;

/// A token. Its text is a credential: it is kept for verification and printed by nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// The signature's algorithm, as the header says it.
    pub alg: String,
    /// The id of the key that is said to have signed it.
    pub kid: Option<String>,
    /// The header's type.
    pub typ: Option<String>,
    /// Who issued it.
    pub iss: Option<String>,
    /// Whom it stands for.
    pub sub: Option<String>,
    /// The address of whom it stands for.
    pub email: Option<String>,
    /// The claim `isBot`.
    pub is_bot: Option<bool>,
    /// The claim `tokenType`.
    pub token_type: Option<String>,
    /// When it ends.
    pub exp: Expiry,
    /// When it was issued, in seconds since 1970.
    pub iat: Option<i64>,
    text: Box<str>,
    /// Where the part before the signature ends.
    signed: usize,
}

/// The claim `exp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// There is none: the token never ends.
    Absent,
    /// It is null: the token never ends.
    Null,
    /// Seconds since 1970.
    At(i64),
    /// Something that is no time.
    Unreadable,
}

/// What a key says of a token's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// The private half of the key has made it.
    Good,
    /// Another key has made it, or the token was changed.
    Bad,
    /// The token is not signed by RS256.
    NotRs256,
    /// It is missing, or cut off.
    Malformed,
}

/// Tokens that are equal have the same text.
impl Hash for Token {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

/// The text of the token is left out.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("alg", &self.alg)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// Where tokens stand in text: two parts that decode to JSON, the first with an `alg`, and what
/// there is of a signature. Pieces on lines that follow one another are one token.
pub fn find(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    // What may be put together of pieces: the work stays in proportion to the text.
    let mut budget = bytes.len().saturating_mul(4);
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !is_part(bytes[at]) {
            at += 1;
            continue;
        }
        let end = part_end(bytes, at);
        let Some(start) = beginning(&text[at..end]).map(|start| at + start) else {
            at = end;
            continue;
        };
        at = end;
        let here = on_one_line(text, start, end);
        let whole = match here {
            Some((_, true)) => here,
            _ => match in_pieces(text, start, &mut budget) {
                Some((_, false)) if here.is_some() => here,
                pieces => pieces.or(here),
            },
        };
        if let Some((end, _)) = whole {
            found.push(start..end);
            at = end;
        }
    }
    found
}

fn is_part(byte: u8) -> bool {
    pieces::is_digit(byte) && byte != b'.'
}

fn part_end(bytes: &[u8], from: usize) -> usize {
    from + bytes[from..].iter().take_while(|byte| is_part(**byte)).count()
}

/// Where the token ends whose header stands at `start..end`, and whether its signature is whole.
fn on_one_line(text: &str, start: usize, end: usize) -> Option<(usize, bool)> {
    let bytes = text.as_bytes();
    if bytes.get(end) != Some(&b'.') {
        return None;
    }
    let (alg, _) = header(&text[start..end])?;
    let claims_end = part_end(bytes, end + 1);
    object(&text[end + 1..claims_end])?;
    if bytes.get(claims_end) != Some(&b'.') {
        return Some((claims_end, false));
    }
    let signature_end = part_end(bytes, claims_end + 1);
    Some((signature_end, is_whole(&alg, &text[claims_end + 1..signature_end])))
}

/// The same of one that begins at `start` and goes on in the next line.
fn in_pieces(text: &str, start: usize, budget: &mut usize) -> Option<(usize, bool)> {
    let is_token = |text: &str| match text.split('.').collect::<Vec<_>>()[..] {
        [_] => text.len() < MAX_HEADER,
        [head, _] | [head, _, _] => header(head).is_some(),
        _ => false,
    };
    if *budget == 0 {
        return None;
    }
    let joined = pieces::joined(text, start, is_token);
    *budget = budget.saturating_sub(joined.text.len());
    let mut parts = joined.text.splitn(3, '.');
    let (head, claims, signature) = (parts.next()?, parts.next()?, parts.next()?);
    let (alg, _) = header(head)?;
    object(claims)?;
    let begin = joined.text.len() - signature.len();
    // A break falls by chance behind as many bytes as some key would make; few keys are of such sizes.
    let by_rsa = alg.starts_with("RS") || alg.starts_with("PS");
    let is_end = |signature: &str| {
        is_whole(&alg, signature) && (!by_rsa || (signature.len() * 3 / 4).is_multiple_of(128))
    };
    let ends = joined.ends.iter().skip(1).filter_map(|&(length, end)| {
        let signature = joined.text.get(begin..length)?;
        (!signature.contains('.')).then(|| (end, is_end(signature)))
    });
    let ends: Vec<(usize, bool)> = ends.collect();
    ends.iter().rev().find(|(_, is_whole)| *is_whole).or(ends.last()).copied()
}

/// Whether a signature has a length that its algorithm makes.
fn is_whole(alg: &str, signature: &str) -> bool {
    let length = base64::decode(signature.as_bytes()).map_or(0, |bytes| bytes.len());
    match alg {
        _ if alg.eq_ignore_ascii_case("none") => true,
        // The sizes of keys in use are multiples of 256 bits.
        "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" => {
            length >= 64 && length.is_multiple_of(32)
        }
        "HS256" => length == 32,
        "HS384" => length == 48,
        "HS512" | "ES256" | "ES256K" => length == 64,
        "ES384" => length == 96,
        "ES512" => length == 132,
        _ => length > 0,
    }
}

/// Where a header may begin: base64 of `{"`, perhaps after something that is no part of it, or of
/// `{` and a blank.
fn beginning(part: &str) -> Option<usize> {
    if part.starts_with("ey") || part.starts_with("ew") { Some(0) } else { part.find("eyJ") }
}

fn header(part: &str) -> Option<(String, Map<String, Value>)> {
    let header = object(part)?;
    let alg = header.get("alg")?.as_str()?.to_owned();
    Some((alg, header))
}

fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&base64::decode(part.as_bytes())?).ok()
}

impl Token {
    /// Reads a token that `find` has found. White space around it, and what stands between its
    /// pieces, does not count.
    pub fn read(text: &str) -> Option<Token> {
        let text = &*pieces::put_together(text);
        let mut parts = text.split('.');
        let (head, claims) = (parts.next()?, parts.next()?);
        let signed = head.len() + 1 + claims.len();
        if parts.nth(1).is_some() {
            return None;
        }
        let (alg, header) = header(head)?;
        let claims = object(claims)?;
        let words = |map: &Map<String, Value>, name: &str| {
            map.get(name).and_then(Value::as_str).map(str::to_owned)
        };
        Some(Token {
            alg,
            kid: words(&header, "kid"),
            typ: words(&header, "typ"),
            iss: words(&claims, "iss"),
            sub: words(&claims, "sub"),
            email: words(&claims, "email"),
            is_bot: claims.get("isBot").and_then(Value::as_bool),
            token_type: words(&claims, "tokenType"),
            exp: match claims.get("exp") {
                None => Expiry::Absent,
                Some(Value::Null) => Expiry::Null,
                Some(value) => seconds(value).map_or(Expiry::Unreadable, Expiry::At),
            },
            iat: claims.get("iat").and_then(seconds),
            signed,
            text: text.into(),
        })
    }

    /// SHA-256 of the whole token, in hexadecimal.
    pub fn sha256(&self) -> String {
        sha256(self.text.as_bytes())
    }

    /// Whether the header says that nobody has signed it.
    pub fn is_unsigned(&self) -> bool {
        self.alg.eq_ignore_ascii_case("none")
    }

    /// Whether the signature is missing, or has a length that its algorithm does not make.
    pub fn is_truncated(&self) -> bool {
        !is_whole(&self.alg, self.text[self.signed..].strip_prefix('.').unwrap_or_default())
    }

    /// Asks whether the private half of `key` has signed the token. A key that no signature can be
    /// checked with has made none.
    pub fn verify(&self, key: &RsaPublic) -> Signature {
        if self.alg != "RS256" {
            return Signature::NotRs256;
        }
        let Some(signature) = self.signature() else { return Signature::Malformed };
        if signature.len() != key.modulus().len() {
            // A signature has the size of its key: there is nothing to reckon.
            return if self.is_truncated() { Signature::Malformed } else { Signature::Bad };
        }
        static PROVIDED: Once = Once::new();
        PROVIDED.call_once(|| {
            // Another provider, set before ours, can verify as well.
            let _ = PROVIDER.install_default();
        });
        let key = DecodingKey::from_rsa_raw_components(key.modulus(), key.exponent());
        // Decoded as a lenient server decodes, written as the crate wants it.
        let signature = base64::encode_url(&signature);
        let signed = &self.text.as_bytes()[..self.signed];
        match jsonwebtoken::crypto::verify(&signature, signed, &key, Algorithm::RS256) {
            Ok(true) => Signature::Good,
            _ if self.is_truncated() => Signature::Malformed,
            Ok(false) | Err(_) => Signature::Bad,
        }
    }

    fn signature(&self) -> Option<Zeroizing<Vec<u8>>> {
        base64::decode(self.text[self.signed..].strip_prefix('.')?.as_bytes())
    }
}

fn seconds(value: &Value) -> Option<i64> {
    value
        .as_i64()
        .or_else(|| value.as_f64().filter(|it| it.abs() < 1e15).map(|it| it as i64))
        .or_else(|| value.as_str()?.parse().ok())
}

/// Verifies RS256 by the same crate that reads keys. Signs nothing, and reads no other key.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(ErrorKind::InvalidAlgorithm.into()),
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

struct Rs256(pkcs1v15::VerifyingKey<Sha256>);

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    /// Smaller keys than the crate's own limit exist, and their tokens are theirs.
    const BITS: std::ops::RangeInclusive<usize> = 512..=16384;
    let (Algorithm::RS256, DecodingKeyKind::RsaModulusExponent { n, e }) = (algorithm, key.kind())
    else {
        return Err(ErrorKind::InvalidAlgorithm.into());
    };
    let modulus = BoxedUint::from_be_slice_vartime(n);
    let exponent = BoxedUint::from_be_slice_vartime(e);
    let key = rsa::PublicKey::new_with_size_limits(modulus, exponent, BITS)
        .map_err(|error| ErrorKind::InvalidRsaKey(error.to_string()))?;
    Ok(Box::new(Rs256(pkcs1v15::VerifyingKey::new(key))))
}

impl JwtVerifier for Rs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}

/// jsonwebtoken asks in the words of `signature` 2, rsa answers in those of 3.
impl signature::Verifier<Vec<u8>> for Rs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let signature = pkcs1v15::Signature::try_from(signature.as_slice())
            .map_err(|_| signature::Error::new())?;
        self.0.verify(message, &signature).map_err(|_| signature::Error::new())
    }
}
