//! New RSA key pairs, in the two forms that a server loads, and new key ids. Knows nothing of
//! where they go.

use std::fmt;

use getrandom::SysRng;
use rsa::pkcs8::{EncodePrivateKey, EncodePublicKey, SecretDocument};
use rsa::traits::PublicKeyParts;

use super::keys::RsaPublic;

/// The size that OpenMetadata's manual asks for.
pub const DEFAULT_BITS: usize = 2048;
/// The smallest size that is still safe, and the largest that Java and we handle in time.
const SIZES: std::ops::RangeInclusive<usize> = 2048..=8192;

/// A new pair. Has no `Debug`: it holds a private key, and wipes it when it is dropped.
pub struct Pair {
    private: SecretDocument,
    spki: Vec<u8>,
    public: RsaPublic,
}

impl Pair {
    /// The private key: PKCS#8 in DER, not encrypted.
    pub fn private_der(&self) -> &[u8] {
        self.private.as_bytes()
    }

    /// The public key: SubjectPublicKeyInfo in DER.
    pub fn public_der(&self) -> &[u8] {
        &self.spki
    }

    /// The public key's numbers.
    pub fn public(&self) -> &RsaPublic {
        &self.public
    }
}

/// Why there is no pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The size is out of range, or no multiple of 256.
    Size,
    /// The system gave no random numbers, or the arithmetic failed.
    Random,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Failure::Size => "the size of a key is 2048 to 8192 bits, a multiple of 256",
            Failure::Random => "the system gave no usable random numbers",
        })
    }
}

impl std::error::Error for Failure {}

/// Whether a pair of that size can be made.
pub fn is_size(bits: usize) -> bool {
    SIZES.contains(&bits) && bits.is_multiple_of(256)
}

/// Makes a pair with a modulus of that size and the exponent 65537.
pub fn generate(bits: usize) -> Result<Pair, Failure> {
    if !is_size(bits) {
        return Err(Failure::Size);
    }
    let failed = Failure::Random;
    let key = rsa::PrivateKey::new(&mut SysRng, bits).map_err(|_| failed)?;
    let numbers = key.as_public_key();
    let public = RsaPublic::new(&numbers.n().to_be_bytes(), &numbers.e().to_be_bytes());
    let public = public.filter(|key| key.weaknesses().is_empty()).ok_or(failed)?;
    Ok(Pair {
        private: key.to_pkcs8_der().map_err(|_| failed)?,
        spki: numbers.to_public_key_der().map_err(|_| failed)?.into_vec(),
        public,
    })
}

/// A random UUID (version 4).
pub fn key_id() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Failure::Random)?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let number = u128::from_be_bytes(bytes);
    let digits = format!("{number:032x}");
    Ok([&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-"))
}
