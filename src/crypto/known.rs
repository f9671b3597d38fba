//! Keys and tokens that the public knows (`rules/known_keys.yaml`): the form of the table. The
//! build script compiles this file too, so it needs nothing but serde.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::Deserialize;

/// `rules/known_keys.yaml`, and what an organisation adds to it.
#[derive(Clone, Debug, Default, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownKeys {
    /// Key pairs whose private half is not, or no longer, private.
    #[serde(default)]
    pub keys: Vec<KnownKey>,
    /// Tokens that were published whole.
    #[serde(default)]
    pub tokens: Vec<KnownToken>,
}

/// A key pair whose private half is known to others.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KnownKey {
    /// Its short name.
    pub name: String,
    /// What it is, in words for people.
    pub title: String,
    /// SHA-256 of the public key as SubjectPublicKeyInfo in DER, in hexadecimal.
    pub spki_sha256: String,
    /// SHA-256 of the modulus, big-endian without leading zeros, in hexadecimal.
    #[serde(default)]
    pub modulus_sha256: Option<String>,
    /// The modulus in base64url. Without it tokens cannot be verified against this key.
    #[serde(default)]
    pub modulus: Option<String>,
    /// The exponent in base64url.
    #[serde(default = "usual_exponent")]
    pub exponent: String,
    /// How its modulus begins in texts, where the build script asks for it.
    #[serde(default)]
    #[borsh(skip)]
    pub begins: Vec<String>,
    /// Where it was published.
    #[serde(default)]
    pub published: Vec<String>,
    /// The versions of OpenMetadata that ship it.
    #[serde(default)]
    pub versions: Option<String>,
    /// It was never OpenMetadata's: whoever runs omlint says that it must not be used.
    #[serde(skip)]
    pub retired: bool,
}

/// A token that was published whole. The token itself is not kept.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownToken {
    /// SHA-256 of the whole token, in hexadecimal.
    pub sha256: String,
    /// The name of the key that signed it.
    pub key: String,
    /// Whom it stands for.
    pub subject: String,
    /// The day it was issued.
    pub issued: String,
}

impl KnownKeys {
    /// Adds the entries of another table.
    pub fn extend(&mut self, other: KnownKeys) {
        self.keys.extend(other.keys);
        self.tokens.extend(other.tokens);
    }
}

/// 65537, which nearly every key has.
fn usual_exponent() -> String {
    "AQAB".into()
}
