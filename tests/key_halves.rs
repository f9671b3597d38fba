//! The two halves of one key pair are one thing to change, wherever they stand.

mod support;

use rsa::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _};
use serde_json::Value;
use support::{folder, omlint, write};

/// Both halves of a pair that is too short, in DER.
fn weak_pair() -> (Vec<u8>, Vec<u8>) {
    let mut random = getrandom::SysRng;
    let key = rsa::PrivateKey::new(&mut rsa::rand_core::UnwrapErr(&mut random), 1024);
    let key = key.expect("a key");
    let public = key.to_public_key().to_public_key_der().expect("a key");
    (key.to_pkcs8_der().expect("a key").as_bytes().to_vec(), public.as_bytes().to_vec())
}

/// Paths of what one rule found: the primary one, then the related ones.
fn found(place: &std::path::Path, rule: &str) -> Vec<Vec<String>> {
    let run = omlint(place, &["check", ".", "--format", "json"]);
    let report: Value = serde_json::from_str(&run.out).expect("JSON");
    let findings = report["findings"].as_array().expect("a list").iter();
    let path = |label: &Value| label["path"].as_str().unwrap_or_default().to_owned();
    let paths = |finding: &Value| {
        let related = finding["related"].as_array().expect("a list").iter().map(path);
        std::iter::once(path(&finding["primary"])).chain(related).collect()
    };
    findings.filter(|finding| finding["rule"] == rule).map(paths).collect()
}

#[test]
fn a_weak_pair_in_two_files_is_one_finding() {
    let (private, public) = weak_pair();
    let compose = "services:
  openmetadata-server:
    image: docker.getcollate.io/openmetadata/server:1.12.4
    environment:
      RSA_PUBLIC_KEY_FILE_PATH: /keys/public_key.der
      RSA_PRIVATE_KEY_FILE_PATH: /keys/private_key.der
    volumes:
      - ./jwt:/keys:ro
";
    let mounted = folder(&[("compose.yml", compose)]);
    let alone = folder(&[("README", "x")]);
    for place in [mounted.path(), alone.path()] {
        std::fs::create_dir_all(place.join("jwt")).expect("a folder");
        write(place, "jwt/private_key.der", &private);
        write(place, "jwt/public_key.der", &public);
        assert_eq!(
            found(place, "jwt-weak-key"),
            [["jwt/private_key.der".to_owned(), "jwt/public_key.der".to_owned()]]
        );
    }
}

#[test]
fn halves_of_two_pairs_are_two_findings() {
    let place = folder(&[("README", "x")]);
    write(place.path(), "private_key.der", &weak_pair().0);
    write(place.path(), "public_key.der", &weak_pair().1);
    assert_eq!(found(place.path(), "jwt-weak-key").len(), 2);
}
