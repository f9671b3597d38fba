//! One program for all fuzz targets: libFuzzer hands it bytes, `FUZZ_TARGET` says who gets them.
//! `fuzz/run` builds and runs it.
#![no_main]

mod check;
mod crypto;
mod files;
mod syntax;

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 12] = [
    ("yaml", syntax::yaml),
    ("dotenv", syntax::dotenv),
    ("substitution", syntax::substitution),
    ("helm_set", syntax::helm_set),
    ("dockerfile", syntax::dockerfile),
    ("keys", crypto::keys),
    ("tokens", crypto::tokens),
    ("rule", files::rule),
    ("waivers", files::waivers),
    ("config", files::config),
    ("baseline", files::baseline),
    ("check", check::check),
];

fuzz_target!(|data: &[u8]| {
    static CHOSEN: OnceLock<Target> = OnceLock::new();
    let target = CHOSEN.get_or_init(|| {
        let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
        let found = TARGETS.iter().find(|(known, _)| *known == name);
        let names = TARGETS.map(|(known, _)| known).join(", ");
        found.unwrap_or_else(|| panic!("FUZZ_TARGET is one of {names}")).1
    });
    target(data);
});

/// The text, where there is any.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// A range lies in a text, and between characters.
fn lies_in(text: &str, range: std::ops::Range<usize>) {
    assert!(text.get(range.clone()).is_some(), "{range:?} is no part of the text");
}
