//! Keys and tokens in any bytes.

use omlint::crypto::keys::{self, Kind};
use omlint::crypto::tokens::{self, Token};
use omlint::rules::Knowledge;

use crate::{lies_in, text};

/// Key material, its public half, and what is wrong with it.
pub fn keys(data: &[u8]) {
    let spellings = &Knowledge::built_in().spellings;
    let found = keys::read_knowing(data, spellings);
    assert_eq!(found, keys::read_knowing(data, spellings), "the same bytes, the same keys");
    for material in found {
        assert!(data.get(material.range.clone()).is_some(), "a key stands in the file");
        let Kind::Rsa(key) = material.kind else { continue };
        assert!(key.bits() > 0, "a key has bits");
        assert_eq!(key.spki_fingerprint().len(), 64);
        assert_eq!(key.modulus_fingerprint().len(), 64);
        let _ = key.weaknesses();
    }
}

/// Tokens, and whether any key of the same text has signed them.
pub fn tokens(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let found = tokens::find(text);
    let keys: Vec<_> = keys::read(data)
        .into_iter()
        .filter_map(|material| match material.kind {
            Kind::Rsa(key) => Some(key),
            _ => None,
        })
        .take(2)
        .collect();
    let mut last = 0;
    for range in found {
        lies_in(text, range.clone());
        assert!(last <= range.start && !range.is_empty(), "tokens stand one after the other");
        last = range.end;
        let Some(token) = Token::read(&text[range]) else { continue };
        assert_eq!(token.sha256().len(), 64);
        let _ = (token.is_unsigned(), token.is_truncated());
        for key in &keys {
            let _ = token.verify(key);
        }
    }
    let _ = Token::read(text);
}
