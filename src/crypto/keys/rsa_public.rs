//! The public half of an RSA key: its numbers, its fingerprints, and what is wrong with it. Knows
//! nothing of how keys are written.

use rsa::BoxedUint;
use rsa::pkcs1::UintRef;
use rsa::pkcs8::der::Encode;
use rsa::pkcs8::der::asn1::{AnyRef, BitStringRef};
use rsa::pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfo};

use super::super::{asn1, base64, sha256};

/// The public half of an RSA key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RsaPublic {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

/// Why an RSA key does not protect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// Fewer than 2048 bits.
    Short(usize),
    /// An exponent that is even or below 3.
    Exponent,
    /// Anyone finds the primes: they are close to each other, or one of them is 2.
    Primes,
}

impl RsaPublic {
    /// A key of these big-endian numbers; nothing if one is zero or beyond any real key.
    pub fn new(modulus: &[u8], exponent: &[u8]) -> Option<RsaPublic> {
        Some(RsaPublic {
            modulus: asn1::trimmed(modulus)?.to_vec(),
            exponent: asn1::trimmed(exponent)?.to_vec(),
        })
    }

    /// A key of numbers in base64 as JSON web keys write them, or as OpenMetadata does: with a
    /// zero byte before them and `=` after.
    pub fn from_base64(modulus: &str, exponent: &str) -> Option<RsaPublic> {
        RsaPublic::new(
            &base64::decode(modulus.trim().as_bytes())?,
            &base64::decode(exponent.trim().as_bytes())?,
        )
    }

    /// The modulus: big-endian, no leading zero.
    pub fn modulus(&self) -> &[u8] {
        &self.modulus
    }

    /// The exponent: big-endian, no leading zero.
    pub fn exponent(&self) -> &[u8] {
        &self.exponent
    }

    /// The size of the modulus.
    pub fn bits(&self) -> usize {
        let unused = self.modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
        self.modulus.len() * 8 - unused
    }

    /// SHA-256, in hexadecimal, of the key as `public_key.der` holds it.
    pub fn spki_fingerprint(&self) -> String {
        sha256(&self.spki_der().unwrap_or_default())
    }

    /// SHA-256, in hexadecimal, of the modulus.
    pub fn modulus_fingerprint(&self) -> String {
        sha256(&self.modulus)
    }

    /// The key as SubjectPublicKeyInfo. Fails for no key that `new` accepts.
    fn spki_der(&self) -> Option<Vec<u8>> {
        let numbers = rsa::pkcs1::RsaPublicKey {
            modulus: UintRef::new(&self.modulus).ok()?,
            public_exponent: UintRef::new(&self.exponent).ok()?,
        };
        let numbers = numbers.to_der().ok()?;
        SubjectPublicKeyInfo {
            algorithm: AlgorithmIdentifierRef {
                oid: rsa::pkcs1::ALGORITHM_OID,
                parameters: Some(AnyRef::NULL),
            },
            subject_public_key: BitStringRef::from_bytes(&numbers).ok()?,
        }
        .to_der()
        .ok()
    }

    /// What is wrong with the key. The primes of a good key are far apart; those of a bad one are
    /// found from the square root of the modulus in a few steps (Fermat).
    pub fn weaknesses(&self) -> Vec<Weakness> {
        let mut found = Vec::new();
        if self.bits() < 2048 {
            found.push(Weakness::Short(self.bits()));
        }
        if self.exponent.last().is_none_or(|byte| byte % 2 == 0) || self.exponent == [1] {
            found.push(Weakness::Exponent);
        }
        if self.has_findable_primes() {
            found.push(Weakness::Primes);
        }
        found
    }

    fn has_findable_primes(&self) -> bool {
        const ROUNDS: u32 = 100;
        if self.modulus.last().is_none_or(|byte| byte % 2 == 0) {
            return true;
        }
        // Room for squares above the modulus.
        let mut padded = vec![0; 16];
        padded.extend_from_slice(&self.modulus);
        let modulus = BoxedUint::from_be_slice_vartime(&padded);
        let mut middle = modulus.floor_sqrt_vartime();
        if middle.wrapping_square() == modulus {
            return true;
        }
        let one = BoxedUint::one_with_precision(modulus.bits_precision());
        // From round to round the rest, middle² - modulus, grows by 2·middle + 1.
        middle = middle.wrapping_add(&one);
        let mut rest = middle.wrapping_square().wrapping_sub(&modulus);
        for _ in 0..ROUNDS {
            // A square ends in 0, 1, 4, 9 modulo 16, which spares most of the roots.
            let low = rest.to_words().first().copied().unwrap_or(0) % 16;
            if matches!(low, 0 | 1 | 4 | 9) && rest.checked_sqrt_vartime().is_some() {
                return true;
            }
            rest = rest.wrapping_add(&middle).wrapping_add(&middle).wrapping_add(&one);
            middle = middle.wrapping_add(&one);
        }
        false
    }

    /// Whether two numbers without a word around them can be a key.
    pub(in crate::crypto) fn is_plausible(&self) -> bool {
        let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
        self.bits() >= 512
            && is_odd(&self.modulus)
            && is_odd(&self.exponent)
            && self.exponent.len() <= 8
            && self.exponent != [1]
    }
}
