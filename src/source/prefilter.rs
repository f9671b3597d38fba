//! Tells by name and bytes which files of a tree may be ours, before anything is parsed: most of
//! a repository is not. Says yes when in doubt; knows no syntax.

use std::sync::OnceLock;

use aho_corasick::packed;

/// Larger files that are not text hold no key.
pub(super) const MAX_BINARY: usize = 64 << 10;

/// `rules/telltales.yaml`: names of OpenMetadata's.
const NAMES: &[&str] = include!(concat!(env!("OUT_DIR"), "/file-marks.rs"));

/// What tells of a Secret or ConfigMap, and the beginnings of keys and tokens. Texts in exact case,
/// and few, because that lets the search look at many bytes at once.
const MARKS: [&str; 26] = [
    "kind: Secret",
    "kind: ConfigMap",
    "kind: SealedSecret",
    "kind: ExternalSecret",
    "kind: \"Secret",
    "kind: \"ConfigMap",
    "kind: 'Secret",
    "kind: 'ConfigMap",
    "\"kind\":\"Secret\"",
    "\"kind\": \"Secret\"",
    "\"kind\":\"ConfigMap\"",
    "\"kind\": \"ConfigMap\"",
    // What Flux fills in.
    "postBuild:",
    "eyJ",
    "-----BEGIN ",
    "\"kty\"",
    "'kty'",
    "kty: ",
    // The algorithm of an RSA key in base64, at both offsets at which keys have it, and a key
    // in base64 twice.
    "ANBgkqhkiG9w0BAQ",
    "MA0GCSqGSIb3DQEB",
    "TUlJ",
    // PEM in base64, and an RSA key of OpenSSH's or PuTTY's.
    "LS0tLS1CRUdJTi",
    "AAAAB3NzaC1yc2E",
    // The modulus of an RSA key of 2048, 3072 and 4096 bits that names no algorithm (PKCS#1).
    "KCAQEA",
    "KCAYEA",
    "KCAgEA",
];

/// `rules/known_keys.yaml`: how the numbers of known keys begin.
const NUMBERS: &[&str] = include!(concat!(env!("OUT_DIR"), "/known-numbers.rs"));

fn marks() -> &'static packed::Searcher {
    static SEARCHER: OnceLock<packed::Searcher> = OnceLock::new();
    SEARCHER.get_or_init(|| {
        let marks = NAMES.iter().chain(&MARKS).chain(NUMBERS);
        packed::Searcher::new(marks).expect("a short list of short words")
    })
}

/// Whether a file met while walking may be one of ours.
pub(super) fn may_be_ours(name: &str, bytes: &[u8]) -> bool {
    let names_others = names_other_files(name, bytes);
    let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    if names_others || utf16 || is_der(bytes) {
        return true;
    }
    // A stray zero in a text must not make it pass unseen; a binary file has many.
    let head = &bytes[..bytes.len().min(1024)];
    memchr::memchr_iter(0, head).count() <= 4 && marks().find(bytes).is_some()
}

/// Whether a text says a name of OpenMetadata's.
pub(super) fn names_ours(bytes: &[u8]) -> bool {
    static SEARCHER: OnceLock<packed::Searcher> = OnceLock::new();
    let names =
        SEARCHER.get_or_init(|| packed::Searcher::new(NAMES).expect("a short list of short words"));
    let head = &bytes[..bytes.len().min(1024)];
    memchr::memchr_iter(0, head).count() <= 4 && names.find(bytes).is_some()
}

/// Whether a file of this name is written to be configuration, and not made by programs.
pub(super) fn is_written(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let ends = [".yml", ".yaml", ".env"].iter().any(|end| lower.ends_with(end));
    ends || lower.starts_with(".env") || lower.starts_with("dockerfile")
}

/// Whether a file may name files that are ours without a word of it.
fn names_other_files(name: &str, bytes: &[u8]) -> bool {
    let holds = |text: &str| memchr::memmem::find(bytes, text.as_bytes()).is_some();
    let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    matches!(name, "Chart.yaml" | "kustomization.yaml" | "kustomization.yml" | "Kustomization")
        || name.contains("compose")
            && is_yaml
            && (holds("include:") || holds("extends:"))
        // Values of the chart with what stands beside the server.
        || is_yaml
            && ["deps", "dependenc"].iter().any(|part| name.contains(part))
            && holds("airflow:")
            && ["mysql:", "opensearch:"].iter().any(|part| holds(part))
}

/// Whether the bytes may be a key or a certificate, a short ASN.1 sequence, or a key store of
/// Java's.
fn is_der(bytes: &[u8]) -> bool {
    if matches!(bytes, [0xfe, 0xed, 0xfe, 0xed, ..] | [0xce, 0xce, 0xce, 0xce, ..]) {
        return bytes.len() <= MAX_BINARY;
    }
    bytes.len() <= MAX_BINARY
        && matches!(bytes, [0x30, 0x81..=0x82, ..])
        && match *bytes {
            [_, 0x81, len, ..] => ends_at(bytes, 3 + usize::from(len)),
            [_, _, high, low, ..] => {
                ends_at(bytes, 4 + (usize::from(high) << 8 | usize::from(low)))
            }
            _ => false,
        }
}

/// Whether nothing follows, or the ends of a few lines.
fn ends_at(bytes: &[u8], length: usize) -> bool {
    bytes.get(length..).is_some_and(|rest| rest.len() <= 4 && rest.trim_ascii().is_empty())
}

/// Endings of files that hold no text of ours.
pub(super) fn is_foreign_ending(name: &str) -> bool {
    const ENDINGS: [&str; 51] = [
        "png", "jpg", "jpeg", "gif", "ico", "svg", "webp", "woff", "woff2", "ttf", "eot", "pdf",
        "zip", "gz", "tgz", "bz2", "xz", "zst", "7z", "jar", "war", "class", "so", "dylib", "dll",
        "exe", "o", "a", "wasm", "pyc", "mp3", "mp4", "mov", "avi", "parquet", "db", "sqlite",
        "lock", "rs", "go", "java", "kt", "c", "h", "cpp", "ts", "tsx", "css", "scss", "snap",
        "map",
    ];
    name.rsplit_once('.').is_some_and(|(_, end)| {
        !end.is_empty()
            && ENDINGS.contains(&end.to_ascii_lowercase().as_str())
            && name != "Chart.lock"
    })
}
