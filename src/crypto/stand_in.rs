//! What looks like a key or a token and opens nothing, for documentation: the same bytes every
//! time, of which nobody has the private half, not even the program that makes them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// The object identifier of RSA encryption with its empty parameters, in DER.
const RSA: [u8; 15] = [48, 13, 6, 9, 42, 134, 72, 134, 247, 13, 1, 1, 1, 5, 0];
const SEQUENCE: u8 = 48;
const INTEGER: u8 = 2;
const BIT_STRING: u8 = 3;
const OCTET_STRING: u8 = 4;

/// A private key by form only, as PKCS#8 in DER.
pub fn private_key(name: &str) -> Vec<u8> {
    let part = |what: &str, bytes| number(&noise(&format!("{name} {what}"), bytes));
    let numbers = [
        number(&[0]),
        part("modulus", 256),
        exponent(),
        part("private exponent", 256),
        part("first prime", 128),
        part("second prime", 128),
        part("first exponent", 128),
        part("second exponent", 128),
        part("coefficient", 128),
    ];
    let key = der(OCTET_STRING, &der(SEQUENCE, &numbers.concat()));
    der(SEQUENCE, &[number(&[0]), RSA.to_vec(), key].concat())
}

/// What would be its public key, as SubjectPublicKeyInfo in DER.
pub fn public_key(name: &str) -> Vec<u8> {
    let modulus = number(&noise(&format!("{name} modulus"), 256));
    let key = der(SEQUENCE, &[modulus, exponent()].concat());
    der(SEQUENCE, &[RSA.to_vec(), der(BIT_STRING, &[vec![0], key].concat())].concat())
}

/// A token of OpenMetadata with a signature that no key has made.
pub fn token(subject: &str, ends: Option<i64>) -> String {
    let header = r#"{"kid":"Gb389a-9f76-gdjs-a92j-0242bk94356","alg":"RS256","typ":"JWT"}"#;
    let ends = ends.map_or("null".to_owned(), |ends| ends.to_string());
    let claims =
        format!(r#"{{"iss":"open-metadata.org","sub":"{subject}","isBot":true,"exp":{ends}}}"#);
    let parts = [header.as_bytes(), claims.as_bytes(), &noise(subject, 256)];
    parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
}

/// DER as PEM.
pub fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut lines = vec![format!("-----BEGIN {label}-----")];
    lines.extend(text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()));
    lines.push(format!("-----END {label}-----"));
    lines.join("\n")
}

/// DER in base64, as a Secret holds it.
pub fn base64(der: &[u8]) -> String {
    STANDARD.encode(der)
}

/// Bytes without a meaning: an odd number of full length.
fn noise(seed: &str, length: usize) -> Vec<u8> {
    let block = |at: usize| Sha256::digest(format!("omlint, for documentation: {seed} {at}"));
    let mut bytes: Vec<u8> = (0..length.div_ceil(32)).flat_map(block).take(length).collect();
    if let [first, .., last] = bytes.as_mut_slice() {
        *first |= 128;
        *last |= 1;
    }
    bytes
}

fn exponent() -> Vec<u8> {
    number(&[1, 0, 1])
}

fn number(bytes: &[u8]) -> Vec<u8> {
    let sign: &[u8] = if bytes[0] >= 128 { &[0] } else { &[] };
    der(INTEGER, &[sign, bytes].concat())
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("keys are short");
    let [high, low] = length.to_be_bytes();
    let head = match length {
        0..=127 => vec![tag, low],
        128..=255 => vec![tag, 129, low],
        _ => vec![tag, 130, high, low],
    };
    [head, content.to_vec()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::keys::read;

    #[test]
    fn it_is_taken_for_the_two_halves_of_a_pair() {
        let private = &read(&private_key("server"))[0];
        let public = &read(&public_key("server"))[0];
        assert!(private.private && !public.private);
        assert_eq!(read(pem("PRIVATE KEY", &private_key("server")).as_bytes()).len(), 1);
    }
}
