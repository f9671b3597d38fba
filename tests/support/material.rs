//! Keys and tokens for examples, made when the tests run: no private key and no token stands
//! in the repository. An example names them: `@private-key:NAME@`, `@token:NAME,SUB,EXP@`, ….

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use omlint::crypto::generate::generate;
use omlint::rehearsal;
use omlint::rules::Knowledge;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, EncodePublicKey as _, LineEnding};
use rsa::signature::{SignatureEncoding as _, Signer as _};

/// The time of a test run.
pub const NOW: i64 = rehearsal::DAY;

/// PKCS#8 of a private key, by name and size.
type Keys = HashMap<(String, usize), Vec<u8>>;
static KEYS: LazyLock<Mutex<Keys>> = LazyLock::new(Mutex::default);

fn private(name: &str, bits: usize) -> rsa::PrivateKey {
    let mut keys = KEYS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let der = keys.entry((name.to_owned(), bits)).or_insert_with(|| {
        if bits >= 2048 {
            return generate(bits).expect("a pair").private_der().to_vec();
        }
        let mut random = getrandom::SysRng;
        let key = rsa::PrivateKey::new(&mut rsa::rand_core::UnwrapErr(&mut random), bits);
        key.expect("a key").to_pkcs8_der().expect("a key").as_bytes().to_vec()
    });
    rsa::PrivateKey::from_pkcs8_der(der).expect("a key")
}

fn token(arguments: &str) -> String {
    let mut parts = arguments.split(',');
    let (name, sub, exp) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let exp = match exp {
        "never" => "null".to_owned(),
        "future" => (NOW + 90 * 86_400).to_string(),
        "past" => (NOW - 90 * 86_400).to_string(),
        other => panic!("no such end: {other}"),
    };
    let header = r#"{"kid":"Gb389a-9f76-gdjs-a92j-0242bk94356","alg":"RS256","typ":"JWT"}"#;
    let claims = format!(r#"{{"iss":"open-metadata.org","sub":"{sub}","isBot":true,"exp":{exp}}}"#);
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = SigningKey::<sha2::Sha256>::new(private(name, 2048)).sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

fn made(kind: &str, name: &str) -> String {
    let pem = |bits| private(name, bits).to_pkcs8_pem(LineEnding::LF).expect("a key").to_string();
    let public = || private(name, 2048).to_public_key();
    match kind {
        "private-key" => pem(2048),
        "weak-private-key" => pem(1024),
        "private-key-base64" => {
            STANDARD.encode(private(name, 2048).to_pkcs8_der().expect("a key").as_bytes())
        }
        "public-key" => public().to_public_key_pem(LineEnding::LF).expect("a key"),
        "public-key-base64" => {
            STANDARD.encode(public().to_public_key_der().expect("a key").as_bytes())
        }
        "token" => token(name),
        other => panic!("no such material: {other}"),
    }
}

fn shipped(pem: bool) -> String {
    let known = &Knowledge::built_in().known_keys.keys[0];
    let numbers = known.public().expect("a key");
    let key = rsa::PublicKey::new(
        rsa::BoxedUint::from_be_slice_vartime(numbers.modulus()),
        rsa::BoxedUint::from_be_slice_vartime(numbers.exponent()),
    )
    .expect("a key");
    if pem {
        key.to_public_key_pem(LineEnding::LF).expect("a key")
    } else {
        STANDARD.encode(key.to_public_key_der().expect("a key").as_bytes())
    }
}

/// The token that OpenMetadata publishes, where its file is at hand.
fn published() -> Option<String> {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/samples/ingestion/custom-connector.yaml");
    let text = std::fs::read_to_string(file).ok()?;
    let start = text.find("eyJ")?;
    let end = start + text[start..].find(['"', '\n'])?;
    Some(text[start..end].to_owned())
}

/// An example's text with its marks filled in; none if something is not at hand.
pub fn filled(text: &str) -> Option<String> {
    rehearsal::filled(text, &|kind, name| match kind {
        "published-token" => published(),
        "shipped-public-key" => Some(shipped(true)),
        "shipped-public-key-base64" => Some(shipped(false)),
        kind => Some(made(kind, name)),
    })
}
