//! What a DER structure is: which kind of key, in which form. Reads the public numbers and walks
//! past the private ones. Knows nothing of text.

use rsa::pkcs8::ObjectIdentifier;
use rsa::pkcs8::der::asn1::AnyRef;
use rsa::pkcs8::der::{Reader, SliceReader, Tag, TagNumber};

use super::keys::{Form, Kind, RsaPublic};

/// More members than any key has in one sequence.
const MAX_MEMBERS: usize = 16;
/// Bytes of a modulus that are still taken for a key.
const MAX_MODULUS: usize = 2048;

/// What was found.
pub(super) struct Found {
    pub form: Form,
    pub kind: Kind,
    pub private: bool,
}

/// Names the structure that `bytes` begin with. `labelled` says that something outside says it is
/// a key, so that a bare pair of numbers may be one; a signature and Diffie-Hellman parameters
/// are pairs of numbers too.
pub(super) fn classify(bytes: &[u8], labelled: bool) -> Option<Found> {
    let whole = members(sequence_at(bytes)?)?;
    let tags: Vec<Tag> = whole.iter().map(|member| tag(*member)).collect();
    match (tags.as_slice(), whole.as_slice()) {
        ([Tag::Sequence, Tag::Sequence, Tag::BitString], [signed, ..]) => {
            let signed = members(value(*signed))?;
            let versioned = signed.first().is_some_and(|member| is_context(*member, 0));
            let spki = signed.get(if versioned { 6 } else { 5 })?;
            let kind = public_kind(&members(value(*spki))?)?;
            Some(Found { form: Form::Certificate, kind, private: false })
        }
        ([Tag::Sequence, Tag::BitString], parts) => {
            Some(Found { form: Form::Spki, kind: public_kind(parts)?, private: false })
        }
        ([Tag::Sequence, Tag::OctetString], [algorithm, _]) => {
            let name = identifier(*algorithm)?.to_string();
            let by_password = ["1.2.840.113549.1.5.", "1.2.840.113549.1.12.1."]
                .iter()
                .any(|arc| name.starts_with(arc));
            by_password.then_some(Found {
                form: Form::EncryptedPkcs8,
                kind: Kind::Encrypted,
                private: true,
            })
        }
        ([Tag::Integer, Tag::Sequence, Tag::OctetString, ..], [version, algorithm, key, ..]) => {
            if !matches!(value(*version), [0 | 1]) {
                return None;
            }
            let kind = match name(identifier(*algorithm)?)? {
                None => private_rsa(&members(sequence_at(value(*key))?)?)?,
                Some(other) => Kind::Other(other),
            };
            Some(Found { form: Form::Pkcs8Private, kind, private: true })
        }
        ([Tag::Integer, Tag::OctetString, ..], [version, ..]) => (value(*version) == [1])
            .then_some(Found { form: Form::Sec1Private, kind: Kind::Other("EC"), private: true }),
        ([Tag::Integer, Tag::Integer], [modulus, exponent]) => {
            let key = RsaPublic::new(value(*modulus), value(*exponent))?;
            (labelled || key.is_plausible()).then_some(Found {
                form: Form::Pkcs1Public,
                kind: Kind::Rsa(key),
                private: false,
            })
        }
        (tags, parts) if tags.len() >= 6 && tags[..6].iter().all(|tag| *tag == Tag::Integer) => {
            if parts.len() == 6 {
                return (value(parts[0]) == [0]).then_some(Found {
                    form: Form::DsaPrivate,
                    kind: Kind::Other("DSA"),
                    private: true,
                });
            }
            Some(Found { form: Form::Pkcs1Private, kind: private_rsa(parts)?, private: true })
        }
        _ => None,
    }
}

/// How many bytes the sequence takes that `head` begins, header included.
pub(super) fn announced(head: &[u8]) -> Option<usize> {
    Some(match *head {
        [0x30, length @ ..=0x7f, ..] => 2 + usize::from(length),
        [0x30, 0x81, length, ..] => 3 + usize::from(length),
        [0x30, 0x82, high, low, ..] => 4 + usize::from(u16::from_be_bytes([high, low])),
        _ => return None,
    })
}

/// The structure of an RSA key that the bytes begin and do not end.
pub(super) fn cut_off(bytes: &[u8]) -> Option<Form> {
    /// The algorithm's identifier.
    const RSA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    /// It stands near the beginning.
    const HEAD: usize = 24;
    let head = bytes.get(..HEAD)?;
    let is_short = announced(head).is_some_and(|length| length > bytes.len());
    let body = head.get(4..).filter(|_| is_short && head[1] == 0x82)?;
    body.windows(RSA.len()).any(|part| part == RSA).then_some(match body[0] {
        0x02 => Form::Pkcs8Private,
        _ => Form::Spki,
    })
}

/// The public half of a key in a SubjectPublicKeyInfo.
fn public_kind(parts: &[AnyRef<'_>]) -> Option<Kind> {
    let [algorithm, key] = parts else { return None };
    if tag(*key) != Tag::BitString {
        return None;
    }
    match name(identifier(*algorithm)?)? {
        Some(other) => Some(Kind::Other(other)),
        None => {
            // The first byte counts unused bits.
            let numbers = members(sequence_at(value(*key).strip_prefix(&[0])?)?)?;
            let [modulus, exponent] = numbers.as_slice() else { return None };
            Some(Kind::Rsa(RsaPublic::new(value(*modulus), value(*exponent))?))
        }
    }
}

/// The public half of an RSAPrivateKey. The private numbers are not looked at.
fn private_rsa(parts: &[AnyRef<'_>]) -> Option<Kind> {
    let numbers = parts.iter().take_while(|member| tag(**member) == Tag::Integer).count();
    if numbers < 9 || !matches!(value(parts[0]), [0 | 1]) {
        return None;
    }
    Some(Kind::Rsa(RsaPublic::new(value(parts[1]), value(parts[2]))?))
}

/// The name of an algorithm that is not RSA; nothing inside for RSA, nothing for one that no key
/// has.
fn name(identifier: ObjectIdentifier) -> Option<Option<&'static str>> {
    let text = identifier.to_string();
    Some(match text.as_str() {
        "1.2.840.113549.1.1.1" => None,
        // Java takes its keys for another algorithm's, and refuses them where it wants RSA.
        "1.2.840.113549.1.1.10" => Some("RSASSA-PSS"),
        "1.2.840.10045.2.1" => Some("EC"),
        "1.2.840.10040.4.1" => Some("DSA"),
        "1.2.840.10046.2.1" | "1.2.840.113549.1.3.1" => Some("DH"),
        "1.3.101.110" => Some("X25519"),
        "1.3.101.111" => Some("X448"),
        "1.3.101.112" => Some("Ed25519"),
        "1.3.101.113" => Some("Ed448"),
        _ if text.starts_with("2.16.840.1.101.3.4.3.") => Some("ML-DSA or SLH-DSA"),
        _ => return None,
    })
}

fn identifier(algorithm: AnyRef<'_>) -> Option<ObjectIdentifier> {
    let parts = members(value(algorithm))?;
    let first = parts.first().filter(|part| tag(**part) == Tag::ObjectIdentifier)?;
    ObjectIdentifier::from_bytes(value(*first)).ok()
}

/// The content of the sequence that the bytes begin with.
fn sequence_at(bytes: &[u8]) -> Option<&[u8]> {
    let mut reader = SliceReader::new(bytes).ok()?;
    let whole: AnyRef<'_> = reader.decode().ok()?;
    (tag(whole) == Tag::Sequence).then_some(value(whole))
}

fn members(content: &[u8]) -> Option<Vec<AnyRef<'_>>> {
    let mut found = Vec::new();
    let mut reader = SliceReader::new(content).ok()?;
    while !reader.is_finished() {
        if found.len() == MAX_MEMBERS {
            return None;
        }
        found.push(reader.decode().ok()?);
    }
    Some(found)
}

fn tag(member: AnyRef<'_>) -> Tag {
    rsa::pkcs8::der::Tagged::tag(&member)
}

fn value<'a>(member: AnyRef<'a>) -> &'a [u8] {
    member.value()
}

fn is_context(member: AnyRef<'_>, number: u32) -> bool {
    matches!(tag(member), Tag::ContextSpecific { number: n, .. } if n == TagNumber(number))
}

/// The number as SubjectPublicKeyInfo wants it: big-endian, without leading zeros, of a size that
/// is still a key's.
pub(super) fn trimmed(number: &[u8]) -> Option<&[u8]> {
    let first = number.iter().position(|byte| *byte != 0)?;
    (number.len() - first <= MAX_MODULUS).then_some(&number[first..])
}
