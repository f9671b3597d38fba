//! PuTTY's key files, for their public half.

use memchr::memmem;
use zeroize::Zeroizing;

use super::super::base64;
use super::{Encoding, Form, KeyMaterial, ssh};

const HEAD: &[u8] = b"PuTTY-User-Key-File-";
/// No key takes more lines.
const MAX_LINES: usize = 200;

/// The file's public half stands in the clear even where the private one is encrypted.
pub(super) fn read(bytes: &[u8], layers: u8, found: &mut Vec<KeyMaterial>) {
    for start in memmem::find_iter(bytes, HEAD) {
        let mut digits = Zeroizing::new(Vec::new());
        let mut end = start;
        let mut left = None;
        for line in bytes[start..].split_inclusive(|byte| *byte == b'\n').take(MAX_LINES) {
            let text = line.trim_ascii();
            end += line.len();
            match (left, text.strip_prefix(b"Public-Lines:")) {
                (None, Some(count)) => {
                    let count = std::str::from_utf8(count).ok();
                    left = count.and_then(|count| count.trim().parse::<usize>().ok());
                    if left.is_none() {
                        break;
                    }
                }
                (None, None) => {}
                (Some(0), _) => break,
                (Some(more), _) => {
                    digits.extend_from_slice(text);
                    left = Some(more - 1);
                    if more == 1 {
                        break;
                    }
                }
            }
        }
        if let Some(content) = base64::decode(&digits)
            && let Some(kind) = ssh::public(&content)
        {
            found.push(KeyMaterial {
                range: start..end,
                layers,
                encoding: Encoding::Putty,
                form: Form::PuttyPrivate,
                kind,
                private: true,
                kid: None,
            });
        }
    }
}
