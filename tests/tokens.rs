//! Tokens are found in any text, said to be what they are, and proved by their signature and by
//! nothing else.

use std::path::Path;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use omlint::crypto::generate::{Pair, generate};
use omlint::crypto::keys::{Kind, RsaPublic, read};
use omlint::crypto::tokens::{Expiry, Signature, Token, find};
use omlint::rules::Knowledge;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::signature::{SignatureEncoding as _, Signer as _};

static PAIR: LazyLock<Pair> = LazyLock::new(|| generate(2048).expect("a pair"));
static OTHER: LazyLock<Pair> = LazyLock::new(|| generate(2048).expect("a pair"));

const DEFAULT_KID: &str = "Gb389a-9f76-gdjs-a92j-0242bk94356";
const CLAIMS: &str = r#"{"iss":"open-metadata.org","sub":"ingestion-bot","email":"ingestion-bot@open-metadata.org","isBot":true,"tokenType":"BOT","iat":1764906914,"exp":null}"#;

fn part(json: &str) -> String {
    URL_SAFE_NO_PAD.encode(json)
}

fn header(kid: &str) -> String {
    format!(r#"{{"kid":"{kid}","alg":"RS256","typ":"JWT"}}"#)
}

fn sign(pair: &Pair, header: &str, claims: &str) -> String {
    let key = rsa::PrivateKey::from_pkcs8_der(pair.private_der()).expect("a key");
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = SigningKey::<sha2::Sha256>::new(key).sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

fn shipped() -> RsaPublic {
    Knowledge::built_in().known_keys.keys[0].public().expect("a key")
}

fn token(text: &str) -> Token {
    Token::read(text).expect("a token")
}

#[test]
fn claims_are_read() {
    let token = token(&sign(&PAIR, &header(DEFAULT_KID), CLAIMS));
    assert_eq!(token.alg, "RS256");
    assert_eq!(token.kid.as_deref(), Some(DEFAULT_KID));
    assert_eq!(token.typ.as_deref(), Some("JWT"));
    assert_eq!(token.iss.as_deref(), Some("open-metadata.org"));
    assert_eq!(token.sub.as_deref(), Some("ingestion-bot"));
    assert_eq!(token.email.as_deref(), Some("ingestion-bot@open-metadata.org"));
    assert_eq!(token.is_bot, Some(true));
    assert_eq!(token.token_type.as_deref(), Some("BOT"));
    assert_eq!(token.exp, Expiry::Null);
    assert_eq!(token.iat, Some(1_764_906_914));
    assert!(!token.is_truncated() && !token.is_unsigned());
}

#[test]
fn expiry_is_absent_null_or_a_time() {
    let expiry = |claims: &str| {
        Token::read(&format!("{}.{}.", part(r#"{"alg":"none"}"#), part(claims)))
            .expect("a token")
            .exp
    };
    assert_eq!(expiry("{}"), Expiry::Absent);
    assert_eq!(expiry(r#"{"exp":null}"#), Expiry::Null);
    assert_eq!(expiry(r#"{"exp":1700000000}"#), Expiry::At(1_700_000_000));
    assert_eq!(expiry(r#"{"exp":1.7e9}"#), Expiry::At(1_700_000_000));
    assert_eq!(expiry(r#"{"exp":"1700000000"}"#), Expiry::At(1_700_000_000));
    assert_eq!(expiry(r#"{"exp":[]}"#), Expiry::Unreadable);
    assert_eq!(expiry(r#"{"exp":1e300}"#), Expiry::Unreadable);
}

#[test]
fn a_signature_proves_the_key_whatever_the_kid_says() {
    for kid in [DEFAULT_KID, "another"] {
        let token = token(&sign(&PAIR, &header(kid), CLAIMS));
        assert_eq!(token.verify(PAIR.public()), Signature::Good, "{kid}");
        assert_eq!(token.verify(OTHER.public()), Signature::Bad, "{kid}");
        assert_eq!(token.verify(&shipped()), Signature::Bad, "{kid}");
    }
    // Without claims of OpenMetadata's, and with odd but legal JSON.
    let token = token(&sign(&PAIR, "{ \"alg\": \"RS256\", \"x\": [1] }", "{}"));
    assert_eq!(token.verify(PAIR.public()), Signature::Good);
}

#[test]
fn a_change_anywhere_breaks_the_proof() {
    let whole = sign(&PAIR, &header(DEFAULT_KID), CLAIMS);
    let changed = CLAIMS.replace("ingestion-bot", "admin");
    let (head, rest) = whole.split_once('.').expect("parts");
    let (claims, signature) = rest.split_once('.').expect("parts");
    for text in [
        format!("{head}.{}.{signature}", part(&changed)),
        format!("{}.{claims}.{signature}", part(&header("other"))),
        format!("{head}.{claims}.A{}", &signature[1..]).replace(".AA", ".AB"),
        format!("{head}.{claims}.{}", URL_SAFE_NO_PAD.encode([0xff; 256])),
        format!("{head}.{claims}.{}", URL_SAFE_NO_PAD.encode([0; 512])),
    ] {
        if text != whole {
            assert_eq!(token(&text).verify(PAIR.public()), Signature::Bad);
        }
    }
}

/// Java decodes the last digit whatever its unused bits are, so such a token is as good.
#[test]
fn unused_bits_of_the_last_digit_do_not_hide_a_signature() {
    let whole = sign(&PAIR, &header(DEFAULT_KID), CLAIMS);
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = alphabet.find(whole.chars().last().expect("a digit")).expect("a digit");
    let other = &alphabet[last + 1..last + 2];
    let text = format!("{}{other}", &whole[..whole.len() - 1]);
    assert_eq!(token(&text).verify(PAIR.public()), Signature::Good);
}

#[test]
fn what_cannot_be_verified_is_said_as_what_it_is() {
    let whole = sign(&PAIR, &header(DEFAULT_KID), CLAIMS);
    let signed = &whole[..whole.rfind('.').expect("a signature")];
    for cut in [
        signed.to_owned(),
        format!("{signed}."),
        whole[..whole.len() - 1].to_owned(),
        whole[..whole.len() - 100].to_owned(),
    ] {
        let token = token(&cut);
        assert!(token.is_truncated(), "{} left", cut.len() - signed.len());
        assert_eq!(token.verify(PAIR.public()), Signature::Malformed);
        assert_eq!(find(&cut).first(), Some(&(0..cut.len())));
    }
    for alg in ["none", "None", "NONE"] {
        let text = format!("{}.{}.", part(&format!(r#"{{"alg":"{alg}"}}"#)), part(CLAIMS));
        let token = token(&text);
        assert!(token.is_unsigned() && !token.is_truncated());
        assert_eq!(token.verify(PAIR.public()), Signature::NotRs256);
        assert_eq!(find(&text).first(), Some(&(0..text.len())));
    }
    for (alg, length) in [("HS256", 32), ("ES256", 64), ("PS256", 256), ("rs256", 256)] {
        let signature = URL_SAFE_NO_PAD.encode(vec![7; length]);
        let text =
            format!("{}.{}.{signature}", part(&format!(r#"{{"alg":"{alg}"}}"#)), part(CLAIMS));
        assert_eq!(token(&text).verify(PAIR.public()), Signature::NotRs256);
        assert!(!token(&text).is_truncated(), "{alg}");
    }
}

/// A token of an identity provider reads like any other; who calls it OpenMetadata's is wrong.
#[test]
fn a_foreign_token_keeps_its_issuer() {
    let claims =
        r#"{"iss":"https://acme.eu.auth0.com/","sub":"auth0|1","aud":"x","exp":1700000000}"#;
    let text = sign(&OTHER, r#"{"alg":"RS256","typ":"JWT","kid":"NjVBRjY5MDlCMUIw"}"#, claims);
    let token = token(&text);
    assert_eq!(token.iss.as_deref(), Some("https://acme.eu.auth0.com/"));
    assert_eq!((token.is_bot, token.token_type.as_deref()), (None, None));
    assert_eq!(token.verify(&shipped()), Signature::Bad);
}

#[test]
fn tokens_are_found_where_people_leave_them() {
    let one = sign(&PAIR, &header(DEFAULT_KID), CLAIMS);
    let unsigned = format!("{}.{}.", part("{ \"alg\": \"none\" }"), part("{}"));
    let text = format!(
        "jwtToken: \"{one}\"\nexport TOKEN={one}\nAuthorization: Bearer {one}, and https://x/?t={one}&u\n\
         é ({one}). prefix_{one}\n{{\"a\":\"{one}\\n\"}} see {one}... or {unsigned}\n{one}"
    );
    let found = find(&text);
    let pieces: Vec<&str> = found.iter().map(|range| &text[range.clone()]).collect();
    assert_eq!(pieces.len(), 10);
    for (at, piece) in pieces.iter().enumerate() {
        assert!(*piece == if at == 8 { &unsigned } else { &one }, "{at}");
        assert!(Token::read(piece).is_some());
    }
}

/// As lines are folded and continued, and as programs put texts together.
#[test]
fn tokens_in_pieces_are_whole() {
    let one = sign(&PAIR, &header("own"), CLAIMS);
    let between = |width: usize, between: &str| {
        let pieces = one.as_bytes().chunks(width).map(|it| std::str::from_utf8(it).expect("ascii"));
        pieces.collect::<Vec<_>>().join(between)
    };
    for text in [
        format!("jwtToken: >-\n    {}\nauthProvider: openmetadata\n", between(72, "\n    ")),
        format!("jwtToken:\n    {}\n\nother_words_of_a_certain_length\n", between(60, "\n    ")),
        format!("jwtToken: \"{}\"\n", between(72, "\\\n    ")),
        format!("export TOKEN={}\nmetadata ingest -c x\n", between(50, "\\\n")),
        format!("curl -H 'Bearer {}' https://om/\n", between(64, "\\\n")),
        format!("TOKEN = (\n    \"{}\"\n)\n", between(60, "\"\n    \"")),
        format!("TOKEN = '{}'\n", between(60, "' + \\\r\n  '")),
        format!("join(\"\", [\n  \"{}\",\n])\n", between(60, "\",\n  \"")),
        format!("# {}\n", between(70, "\n# ")),
        format!("{{\"a\": \"{}\"}}\n", one.replace('.', ".\",\n  \"")),
    ] {
        let found = find(&text);
        assert_eq!(found.len(), 1, "{text}");
        assert!(token(&text[found[0].clone()]) == token(&one), "{text}");
    }
    // What follows a token is no part of it, and what was cut stays cut.
    let follows =
        format!("{one}\n{one}\n{}\nanother_word_that_fills_a_line\n", &one[..one.len() - 9]);
    let pieces: Vec<&str> = find(&follows).into_iter().map(|it| &follows[it]).collect();
    assert!(pieces == [&one, &one, &one[..one.len() - 9]]);
}

#[test]
fn what_is_no_token_is_not_found() {
    let json = part("{\"a\":1}");
    let head = part(&header("a"));
    for text in [
        String::new(),
        "eyJ".into(),
        "eyJ.eyJ.eyJ".into(),
        head.clone(),
        format!("{head}."),
        format!("{head}.."),
        format!("{head}.text.text"),
        format!("{head} {json}"),
        format!("{json}.{json}.AAAA"),
        format!("{}.{json}.AAAA", part("{\"alg\":1}")),
        format!("{}.{json}.AAAA", part("[\"alg\"]")),
        format!("{head}.{}.AAAA", part("[1]")),
        "www.example.com and conf.public_key.der".into(),
    ] {
        assert!(find(&text).is_empty(), "{text}");
    }
    assert_eq!(Token::read("a.b.c"), None);
    assert_eq!(Token::read(&format!("{head}.{json}.a.b")), None);
    assert_eq!(
        Token::read(&format!("{head}.{json}")).map(|token| token.is_truncated()),
        Some(true)
    );
}

#[test]
fn the_text_of_a_token_is_not_printed() {
    let text = sign(&PAIR, &header(DEFAULT_KID), CLAIMS);
    let printed = format!("{:?} {:#?}", token(&text), token(&text));
    assert!(printed.contains(DEFAULT_KID));
    for piece in text.as_bytes().windows(12) {
        assert!(!printed.contains(std::str::from_utf8(piece).expect("ascii")));
    }
    assert!(!printed.contains("ingestion"));
}

#[test]
fn keys_that_nothing_can_be_verified_with_verify_nothing() {
    let token = token(&sign(&PAIR, &header(DEFAULT_KID), CLAIMS));
    let mut even = PAIR.public().modulus().to_vec();
    even[255] ^= 1;
    for (modulus, exponent) in
        [(even.as_slice(), &[1, 0, 1][..]), (&[1], &[3]), (&[0xff; 2048], &[3])]
    {
        let key = RsaPublic::new(modulus, exponent).expect("numbers");
        assert_eq!(token.verify(&key), Signature::Bad);
    }
}

#[test]
fn hostile_text_takes_time_in_proportion() {
    let head = part(&header("a"));
    for (name, text) in [
        ("heads", format!("{head}.").repeat(10_000)),
        ("claims", format!("{head}.{}.", part("{}")).repeat(10_000)),
        ("beginnings", "eyJ".repeat(350_000)),
        ("dots", "eyJ.".repeat(250_000)),
        ("nesting", format!("{}.{}.", part(&"{\"a\":".repeat(100_000)), part("{}"))),
        ("lines", "eyJhbGciOiJSUzI1NiIs\n".repeat(50_000)),
        ("lines of heads", format!("{head}.\n").repeat(20_000)),
        ("breaks", format!("{head}{}", "\n ".repeat(300_000))),
    ] {
        let start = std::time::Instant::now();
        for range in find(&text) {
            assert!(Token::read(&text[range]).is_some());
        }
        let spent = start.elapsed();
        assert!(spent.as_secs() < 4, "{name}: {spent:?}");
    }
}

/// The token that OpenMetadata publishes is not kept here; the samples beside the project hold it.
#[test]
fn a_published_token_is_proved() {
    let beside = "../shared/samples/ingestion/custom-connector.yaml";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(beside);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not here", path.display());
        return;
    };
    let found = find(&text);
    assert_eq!(found.len(), 1);
    let token = token(&text[found[0].clone()]);
    assert!(token.verify(&shipped()) == Signature::Good, "its signature is the shipped key's");
    assert!(Knowledge::built_in().known_keys.find_token(&token).is_some(), "its digest is known");
    assert_eq!(token.kid.as_deref(), Some(DEFAULT_KID));
    // Neither is proved of a token that was cut.
    let cut = &text[found[0].start..found[0].end - 2];
    let cut = Token::read(cut).expect("a token");
    assert!(cut.verify(&shipped()) == Signature::Malformed);
    assert!(Knowledge::built_in().known_keys.find_token(&cut).is_none());
}

/// Key material in any form verifies; also keys below the size that the crates like.
#[test]
fn small_keys_verify_too() {
    let output =
        std::process::Command::new("openssl").args(["genrsa", "-traditional", "512"]).output();
    let Some(output) = output.ok().filter(|output| output.status.success()) else {
        eprintln!("skipped: openssl is not installed, or makes no key of 512 bits");
        return;
    };
    let Some(Kind::Rsa(public)) = read(&output.stdout).into_iter().next().map(|it| it.kind) else {
        panic!("an RSA key");
    };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key.pem");
    std::fs::write(&path, &output.stdout).expect("written");
    let signed = format!("{}.{}", part(&header("small")), part("{}"));
    std::fs::write(folder.path().join("text"), &signed).expect("written");
    let signature = std::process::Command::new("openssl")
        .args(["dgst", "-sha256", "-sign", "key.pem", "text"])
        .current_dir(folder.path())
        .output()
        .expect("present");
    let text = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(&signature.stdout));
    assert_eq!(token(&text).verify(&public), Signature::Good);
}
