//! Keys and key stores in binary: DER, OpenSSH's public form, Java's key stores, PKCS#12.

use super::super::asn1;
use super::{Encoding, Form, KeyMaterial, Kind, ssh};

/// How Java's key stores begin: JKS and JCEKS.
pub(super) const JAVA_STORES: [[u8; 4]; 2] = [[0xfe, 0xed, 0xfe, 0xed], [0xce; 4]];

/// Key material that `bytes` begin with.
pub(super) fn read(bytes: &[u8]) -> Option<KeyMaterial> {
    let range = 0..bytes.len();
    let encoded = |encoding, form, kind, private| {
        Some(KeyMaterial { range, layers: 0, encoding, form, kind, private, kid: None })
    };
    if let Some(form) = key_store(bytes) {
        return encoded(Encoding::Der, form, Kind::Store, false);
    }
    if bytes.first() == Some(&0x30) {
        if let Some(found) = asn1::classify(bytes, false) {
            return encoded(Encoding::Der, found.form, found.kind, found.private);
        }
        // What is missing may be the private part: nothing is said about it.
        let form = asn1::cut_off(bytes)?;
        return encoded(Encoding::Der, form, Kind::CutOff, false);
    }
    if let Some(kind) = ssh::public(bytes) {
        return encoded(Encoding::Ssh, Form::OpenSshPublic, kind, false);
    }
    None
}

/// What kind of key store the bytes begin as.
fn key_store(bytes: &[u8]) -> Option<Form> {
    /// PFX: version 3, then contents that are `data`.
    const VERSION: [u8; 4] = [0x02, 0x01, 0x03, 0x30];
    const DATA: [u8; 10] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07];
    match bytes {
        _ if JAVA_STORES.iter().any(|start| bytes.starts_with(start)) => Some(Form::JavaKeyStore),
        [0x30, length, ..] => {
            let header = if length & 0x80 == 0 { 2 } else { 2 + usize::from(length & 0x7f) };
            let body = bytes.get(header..)?.strip_prefix(&VERSION)?;
            let head = &body[..body.len().min(16)];
            head.windows(DATA.len()).any(|part| part == DATA).then_some(Form::Pkcs12)
        }
        _ => None,
    }
}
