//! Key material in bytes: where it stands, in which container, what kind it is, and the public
//! half of it. Private numbers are walked past, never kept. Knows nothing of files.

mod binary;
mod gzip;
mod jwk;
mod pem;
mod putty;
mod rsa_public;
mod search;
mod spelled;
mod ssh;

use std::ops::Range;

pub use rsa_public::{RsaPublic, Weakness};
pub use spelled::Spellings;

use search::Search;

/// A larger DER file holds no key.
const MAX_DER: usize = 64 * 1024;
/// A larger text is not looked through.
const MAX_TEXT: usize = 1024 * 1024;

/// A piece of key material.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyMaterial {
    /// The bytes of the input that it takes. What was wrapped in base64 takes all of the wrapping.
    pub range: Range<usize>,
    /// Layers of base64 around it.
    pub layers: u8,
    /// How it is written, below those layers.
    pub encoding: Encoding,
    /// The structure that holds it.
    pub form: Form,
    /// The algorithm, and for RSA the public numbers.
    pub kind: Kind,
    /// Whether it holds a private key.
    pub private: bool,
    /// The key id, which only a JSON web key has.
    pub kid: Option<String>,
}

/// How key material is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Binary, which is what OpenMetadata loads.
    Der,
    /// Between `-----BEGIN` and `-----END`.
    Pem,
    /// A JSON web key.
    Jwk,
    /// OpenSSH's own binary form of a public key.
    Ssh,
    /// The lines of PuTTY's key files.
    Putty,
    /// Its number, in a way that only who knows it can tell from other text.
    Spelled,
}

/// The structures that hold keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// RSAPrivateKey.
    Pkcs1Private,
    /// RSAPublicKey.
    Pkcs1Public,
    /// PrivateKeyInfo, which is what OpenMetadata loads.
    Pkcs8Private,
    /// EncryptedPrivateKeyInfo.
    EncryptedPkcs8,
    /// PEM that was encrypted as a whole, with `Proc-Type: 4,ENCRYPTED`.
    EncryptedPem,
    /// SubjectPublicKeyInfo, which is what OpenMetadata loads.
    Spki,
    /// A certificate, for its public key.
    Certificate,
    /// ECPrivateKey.
    Sec1Private,
    /// OpenSSL's own form of a DSA key.
    DsaPrivate,
    /// OpenSSH's private key.
    OpenSshPrivate,
    /// OpenSSH's public key.
    OpenSshPublic,
    /// PuTTY's private key.
    PuttyPrivate,
    /// A public JSON web key.
    JwkPublic,
    /// A JSON web key with private members.
    JwkPrivate,
    /// A key store of Java's own.
    JavaKeyStore,
    /// A PKCS#12 key store.
    Pkcs12,
    /// The number that both halves of a pair have.
    PublicNumbers,
    /// That number with those that only the private half has.
    PrivateNumbers,
}

impl Form {
    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Form::Pkcs1Private | Form::Pkcs1Public => "PKCS#1",
            Form::Pkcs8Private => "PKCS#8",
            Form::EncryptedPkcs8 => "encrypted PKCS#8",
            Form::EncryptedPem => "encrypted PEM",
            Form::Spki => "X.509 public key (SPKI)",
            Form::Certificate => "X.509 certificate",
            Form::Sec1Private => "SEC 1",
            Form::DsaPrivate => "OpenSSL DSA",
            Form::OpenSshPrivate | Form::OpenSshPublic => "OpenSSH",
            Form::PuttyPrivate => "PuTTY",
            Form::JwkPublic | Form::JwkPrivate => "JSON web key",
            Form::JavaKeyStore => "Java key store",
            Form::Pkcs12 => "PKCS#12 key store",
            Form::PublicNumbers | Form::PrivateNumbers => "written out in text",
        }
    }
}

/// Kinds of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// RSA.
    Rsa(RsaPublic),
    /// Only who has the password can tell.
    Encrypted,
    /// An algorithm that OpenMetadata cannot use.
    Other(&'static str),
    /// Keys and certificates behind a password: nothing in it is read.
    Store,
    /// The beginning of a key whose end is missing.
    CutOff,
}

/// All key material in `bytes`: a binary file, or text with keys in it.
pub fn read(bytes: &[u8]) -> Vec<KeyMaterial> {
    read_knowing(bytes, &Spellings::default())
}

/// The same, and these keys however their numbers are written.
pub fn read_knowing(bytes: &[u8], spellings: &Spellings) -> Vec<KeyMaterial> {
    if bytes.len() <= MAX_DER
        && let Some(material) = binary::read(bytes)
    {
        return vec![material];
    }
    let mut search = Search { spellings, found: Vec::new(), budget: bytes.len() * 8 };
    if bytes.len() <= MAX_TEXT {
        search.text(bytes, 0);
    }
    search.found
}
