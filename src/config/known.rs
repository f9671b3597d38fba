//! `[[known-key]]`: key pairs that an organisation does not trust any more.

use std::path::Path;

use crate::crypto::keys::{self, Kind, RsaPublic};
use crate::crypto::known::KnownKey;
use crate::source::diagnostic::{Diagnostic, named};
use crate::source::discover::Disk;

use super::Placed;
use super::read::Fields;

/// Keys that say which key pair is meant.
const WAYS: [&str; 3] = ["pem", "spki-sha256", "modulus"];

/// The key pair that a table means.
pub(super) fn read(
    mut table: Fields,
    disk: &Disk,
    root: &Path,
    problems: &mut Vec<Diagnostic>,
) -> Option<KnownKey> {
    let title = table.text("title")?.value;
    let used: Vec<_> = WAYS.iter().filter_map(|way| table.key(way)).collect();
    match used.as_slice() {
        [] => {
            problems.push(
                Diagnostic::new(table.span, "this does not say which key is meant", "no key")
                    .help("write one of `pem`, `spki-sha256`, `modulus`"),
            );
            return None;
        }
        [_] => {}
        [one, other, ..] => {
            problems.push(
                Diagnostic::new(*other, "one of these is enough to name a key", "the second one")
                    .related(*one, "the first one"),
            );
            return None;
        }
    }
    let exponent = table.text("exponent").map(|text| text.value);
    if let Some(pem) = table.text("pem") {
        return of_file(&title, &pem, disk, root, problems);
    }
    if let Some(hex) = table.text("spki-sha256") {
        let text = hex.value.replace(':', "").to_ascii_lowercase();
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            problems.push(Diagnostic::new(
                hex.span,
                "`spki-sha256` must be a SHA-256 in hex",
                "expected 64 hexadecimal digits",
            ));
            return None;
        }
        return Some(KnownKey::retired(&title, text));
    }
    let modulus = table.text("modulus")?;
    match RsaPublic::from_base64(&modulus.value, exponent.as_deref().unwrap_or("AQAB")) {
        Some(key) => Some(KnownKey::retired_pair(&title, &key)),
        None => {
            problems.push(Diagnostic::new(
                modulus.span,
                "`modulus` must be an RSA modulus in base64url",
                "this is the modulus of no key",
            ));
            None
        }
    }
}

fn of_file(
    title: &str,
    pem: &Placed<String>,
    disk: &Disk,
    root: &Path,
    problems: &mut Vec<Diagnostic>,
) -> Option<KnownKey> {
    let file = root.join(&pem.value);
    if let Err(why) = disk.look(&file, disk.top_above(root).as_deref()) {
        problems.push(Diagnostic::new(pem.span, named(why, &pem.value), why));
        return None;
    }
    let bytes = disk.bytes(&file).unwrap_or_default();
    let key = keys::read(&bytes).into_iter().find_map(|material| match material.kind {
        Kind::Rsa(key) => Some(key),
        _ => None,
    });
    if key.is_none() {
        problems.push(Diagnostic::new(
            pem.span,
            "this file holds no RSA key",
            "expected a public key or a certificate, in PEM or DER",
        ));
    }
    Some(KnownKey::retired_pair(title, &key?))
}
