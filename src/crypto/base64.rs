//! Base64 as people leave it: either alphabet, with or without padding. Knows only characters.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_encode_padding(false)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Whether the byte is a digit of base64, in either alphabet.
pub(super) fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// Decodes digits. What comes out may be a private key, so it is wiped when it is dropped.
pub(super) fn decode(digits: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let digits = digits.strip_suffix(b"==").or(digits.strip_suffix(b"=")).unwrap_or(digits);
    let url = digits.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let bytes = if url { URL.decode(digits) } else { STANDARD.decode(digits) };
    bytes.ok().map(Zeroizing::new)
}

/// Encodes for a token: the URL's alphabet, no padding.
pub(super) fn encode_url(bytes: &[u8]) -> String {
    URL.encode(bytes)
}
