//! RSA keys and JSON web tokens: reading them from bytes, proving who signed what, and making new
//! pairs. Knows bytes only: nothing of OpenMetadata's files, settings, YAML or sources.

mod asn1;
mod base64;
pub mod generate;
pub mod keys;
pub mod known;
pub mod stand_in;
pub mod tokens;

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use keys::{RsaPublic, Spellings};
use known::{KnownKey, KnownKeys, KnownToken};
use tokens::Token;

/// A digest as lower-case hexadecimal. For what is public only: a digest of a secret that a
/// person has chosen gives it away.
fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl KnownKey {
    /// The public key, where the table holds more than fingerprints.
    pub fn public(&self) -> Option<RsaPublic> {
        RsaPublic::from_base64(self.modulus.as_deref()?, &self.exponent)
    }
}

impl KnownKey {
    /// A key pair that must not be used any more, by the fingerprint of its public key.
    pub fn retired(title: &str, spki_sha256: String) -> KnownKey {
        KnownKey {
            name: title.to_owned(),
            title: title.to_owned(),
            spki_sha256,
            modulus_sha256: None,
            modulus: None,
            exponent: "AQAB".into(),
            begins: Vec::new(),
            published: Vec::new(),
            versions: None,
            retired: true,
        }
    }

    /// A key pair that must not be used any more, by its public key: its tokens are known, too.
    pub fn retired_pair(title: &str, key: &RsaPublic) -> KnownKey {
        KnownKey {
            modulus_sha256: Some(key.modulus_fingerprint()),
            modulus: Some(base64::encode_url(key.modulus())),
            exponent: base64::encode_url(key.exponent()),
            ..KnownKey::retired(title, key.spki_fingerprint())
        }
    }
}

impl KnownKeys {
    /// The entry of this key. A modulus with another exponent is the same secret.
    pub fn find(&self, key: &RsaPublic) -> Option<&KnownKey> {
        let spki = key.spki_fingerprint();
        let modulus = key.modulus_fingerprint();
        self.keys.iter().find(|known| {
            known.spki_sha256.eq_ignore_ascii_case(&spki)
                || known.modulus_sha256.as_ref().is_some_and(|it| it.eq_ignore_ascii_case(&modulus))
        })
    }

    /// How the numbers of these keys are written, as far as the table has them.
    pub fn spellings(&self) -> Spellings {
        Spellings::of(self.keys.iter().filter_map(KnownKey::public))
    }

    /// The entry of this very token.
    pub fn find_token(&self, token: &Token) -> Option<&KnownToken> {
        let digest = token.sha256();
        self.tokens.iter().find(|known| known.sha256.eq_ignore_ascii_case(&digest))
    }
}
