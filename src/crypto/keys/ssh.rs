//! OpenSSH's own forms of keys.

use super::{Kind, RsaPublic};

/// The kind of an OpenSSH private key, from its public half, which is never encrypted.
pub(super) fn private(content: &[u8]) -> Option<Kind> {
    let mut rest = content.strip_prefix(b"openssh-key-v1\0")?;
    let cipher = string(&mut rest)?;
    for _ in ["kdf", "its options"] {
        string(&mut rest)?;
    }
    rest = rest.get(4..)?;
    let public = public(string(&mut rest)?)?;
    Some(if cipher == b"none" { public } else { Kind::Encrypted })
}

pub(super) fn public(content: &[u8]) -> Option<Kind> {
    let mut rest = content;
    Some(match string(&mut rest)? {
        b"ssh-rsa" => {
            let exponent = string(&mut rest)?;
            Kind::Rsa(RsaPublic::new(string(&mut rest)?, exponent)?)
        }
        b"ssh-ed25519" | b"sk-ssh-ed25519@openssh.com" => Kind::Other("Ed25519"),
        b"ssh-dss" => Kind::Other("DSA"),
        name if name.starts_with(b"ecdsa-sha2-") => Kind::Other("EC"),
        name if name.starts_with(b"sk-ecdsa-sha2-") => Kind::Other("EC"),
        _ => return None,
    })
}

/// A string with its length before it.
fn string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (string, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(string)
}
