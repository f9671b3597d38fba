//! What gzip has packed, as it stands in Secrets. Knows nothing of what is in it.

use zeroize::Zeroizing;

/// How it begins.
pub(super) const MAGIC: [u8; 3] = [0x1f, 0x8b, 0x08];

/// What was packed, if it is no more than `most`; nothing if these bytes are none of gzip's.
pub(super) fn unpack(bytes: &[u8], most: usize) -> Option<Zeroizing<Vec<u8>>> {
    const HAS_EXTRA: u8 = 4;
    const TEXTS: [u8; 2] = [8, 16];
    const HAS_CHECK: u8 = 2;
    const HEADER: usize = 10;
    let flags = *bytes.strip_prefix(&MAGIC)?.first()?;
    let mut rest = bytes.get(HEADER..)?;
    if flags & HAS_EXTRA != 0 {
        let [low, high, ..] = *rest else { return None };
        rest = rest.get(2 + usize::from(u16::from_le_bytes([low, high]))..)?;
    }
    // Its name, and a comment.
    for _ in TEXTS.iter().filter(|text| flags & **text != 0) {
        rest = &rest[rest.iter().position(|byte| *byte == 0)? + 1..];
    }
    if flags & HAS_CHECK != 0 {
        rest = rest.get(2..)?;
    }
    miniz_oxide::inflate::decompress_to_vec_with_limit(rest, most).ok().map(Zeroizing::new)
}
