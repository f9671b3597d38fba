//! The shipped key is known by its number, however a text spells it; and no other key is taken for it.

mod support;

use std::fmt::Write as _;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use omlint::crypto::generate::{Pair, generate};
use omlint::crypto::keys::{KeyMaterial, Kind, RsaPublic, Spellings, read_knowing};
use omlint::rules::Knowledge;
use rsa::BoxedUint;

static OWN: LazyLock<Pair> = LazyLock::new(|| generate(2048).expect("a pair"));

fn shipped() -> RsaPublic {
    Knowledge::built_in().known_keys.keys[0].public().expect("the table holds its numbers")
}

fn found(bytes: &[u8]) -> Vec<KeyMaterial> {
    read_knowing(bytes, &Knowledge::built_in().spellings)
}

/// A public key as SubjectPublicKeyInfo.
fn der(key: &RsaPublic) -> Vec<u8> {
    use rsa::pkcs8::EncodePublicKey;
    let number = BoxedUint::from_be_slice_vartime;
    let key = rsa::PublicKey::new(number(key.modulus()), number(key.exponent())).expect("a key");
    key.to_public_key_der().expect("it encodes").into_vec()
}

fn hex(bytes: &[u8], before: &str, between: &str) -> String {
    let parts: Vec<String> = bytes.iter().map(|byte| format!("{before}{byte:02x}")).collect();
    parts.join(between)
}

fn chunks(text: &str, width: usize) -> Vec<&str> {
    let parts = text.as_bytes().chunks(width);
    parts.map(|part| std::str::from_utf8(part).expect("ascii")).collect()
}

/// Each piece with something around it.
fn pieces(text: &str, width: usize, before: &str, after: &str) -> String {
    chunks(text, width).iter().fold(String::new(), |mut all, part| {
        let _ = write!(all, "{before}{part}{after}");
        all
    })
}

/// As `xxd` and `hexdump -C` print it.
fn dumps(bytes: &[u8]) -> [String; 2] {
    let mut both = [String::new(), String::new()];
    for (number, line) in bytes.chunks(16).enumerate() {
        let seen: String =
            line.iter().map(|b| if b.is_ascii_graphic() { *b as char } else { '.' }).collect();
        let pairs: Vec<String> = line.chunks(2).map(|pair| hex(pair, "", "")).collect();
        let _ = writeln!(both[0], "{:08x}: {:<39}  {seen}", number * 16, pairs.join(" "));
        let halves: Vec<String> = line.chunks(8).map(|half| hex(half, "", " ")).collect();
        let _ = writeln!(both[1], "{:08x}  {:<48}  |{seen}|", number * 16, halves.join("  "));
    }
    both
}

/// What people and programs make of a structure in binary.
fn spelled(der: &[u8]) -> Vec<(&'static str, String)> {
    let once = STANDARD.encode(der);
    let plain = hex(der, "", "");
    let [xxd, hexdump] = dumps(der);
    vec![
        ("hexadecimal", plain.clone()),
        ("capitals", plain.to_uppercase()),
        ("lines of hexadecimal", chunks(&plain, 60).join("\n")),
        ("colons", hex(der, "", ":")),
        ("blanks", hex(der, "", " ")),
        ("xxd", xxd),
        ("hexdump", hexdump),
        ("an array in C", format!("{{\n  {}\n}};", hex(der, "0x", ", "))),
        ("bytes in Python", format!("KEY = b\"{}\"", hex(der, "\\x", ""))),
        ("pieces in Python", format!("KEY = (\n{})\n", pieces(&once, 60, "    \"", "\"\n"))),
        ("pieces and plus signs", pieces(&once, 60, "\"", "\" +\n  ")),
        ("a list in JSON", format!("[{}\"\"]", pieces(&once, 64, "\"", "\",\n"))),
        ("breaks that a shell takes out", pieces(&once, 64, "", "\\\n")),
        ("breaks that YAML takes out", format!("k: \"{}\"", pieces(&once, 64, "", "\\\n  "))),
        ("breaks written out", format!("k: \"{}\"", pieces(&once, 64, "", "\\n\\\n  "))),
        ("a comment", pieces(&once, 64, "# ", "\n")),
        ("short lines", pieces(&once, 20, "    ", "\n")),
        ("base64 for URLs", format!("k = {}", URL_SAFE_NO_PAD.encode(der))),
    ]
}

/// Its number alone.
fn numbers(key: &RsaPublic) -> Vec<(&'static str, String)> {
    let n = STANDARD.encode(key.modulus());
    let short = URL_SAFE_NO_PAD.encode(key.modulus());
    let decimal = BoxedUint::from_be_slice_vartime(key.modulus()).to_string_radix_vartime(10);
    let with_sign = [&[0], key.modulus()].concat();
    vec![
        ("OpenSSL's number", format!("Modulus={}\n", hex(key.modulus(), "", "").to_uppercase())),
        (
            "OpenSSL's text",
            format!(
                "Public-Key: (2048 bit)\nModulus:\n{}Exponent: 65537 (0x10001)\n",
                pieces(&hex(&with_sign, "", ":"), 45, "    ", "\n")
            ),
        ),
        ("a number in Python", format!("N = 0x{}\n", hex(key.modulus(), "", ""))),
        (
            "Java's text",
            format!("RSA public key\n  modulus: {decimal}\n  public exponent: 65537\n"),
        ),
        (
            ".NET's XML",
            format!("<RSAKeyValue><Modulus>{n}</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>"),
        ),
        ("XML in lines", format!("<Modulus>\n{}</Modulus>\n", pieces(&n, 76, "    ", "\n"))),
        (
            "JSON within JSON",
            format!(r#"{{"a":"{{\"kty\":\"RSA\",\"n\":\"{short}\",\"e\":\"AQAB\"}}"}}"#),
        ),
        ("Terraform", format!("keys = [{{\n  kty = \"RSA\"\n  n = \"{short}\"\n}}]\n")),
        ("TOML", format!("kty = \"RSA\"\nn = \"{short}\"\ne = \"AQAB\"\n")),
    ]
}

#[test]
fn it_is_known_in_every_spelling_and_no_other_is() {
    for (is_shipped, key) in [(true, &shipped()), (false, OWN.public())] {
        for (name, text) in spelled(&der(key)).into_iter().chain(numbers(key)) {
            for text in [&text, &STANDARD.encode(&text)] {
                let known = found(text.as_bytes());
                let is_known = |it: &KeyMaterial| it.kind == Kind::Rsa(shipped());
                assert_eq!(
                    known.iter().filter(|it| is_known(it)).count(),
                    usize::from(is_shipped),
                    "{name}"
                );
            }
        }
    }
}

/// A walk must not pass over them.
#[test]
fn every_spelling_is_found_on_a_walk() {
    let key = shipped();
    let mut texts = spelled(&der(&key));
    texts.extend(numbers(&key));
    let files: Vec<(String, String)> = texts
        .into_iter()
        .map(|(name, text)| (format!("notes/{}.txt", name.replace([' ', '\''], "-")), text))
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    let folder = support::folder(&files);
    let run = support::omlint(folder.path(), &["check", ".", "--format", "json"]);
    let listed = support::listed(&run);
    for (file, _) in files {
        let is_told =
            |(path, rule): &(String, String)| path == file && rule == "jwt-default-key-pair";
        assert!(listed.iter().any(is_told), "{file}");
    }
}

/// As tools that save room put it into a Secret.
#[test]
fn what_gzip_packed_is_unpacked() {
    let packed = |bytes: &[u8]| {
        let mut packed = vec![0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3];
        packed.extend(b"public_key.der\0");
        packed.extend(miniz_oxide::deflate::compress_to_vec(bytes, 6));
        packed.extend([0; 8]);
        STANDARD.encode(packed)
    };
    for (is_shipped, key) in [(true, &shipped()), (false, OWN.public())] {
        let known = found(packed(&der(key)).as_bytes());
        assert_eq!(known.len(), 1);
        assert_eq!(known[0].kind == Kind::Rsa(shipped()), is_shipped);
    }
    let bomb = packed(&vec![b'a'; 10 << 20]);
    assert!(found(bomb.as_bytes()).is_empty());
}

/// Which half it is shows in what stands around the number.
#[test]
fn a_private_key_is_told_from_a_public_one() {
    let key = OWN.public();
    let known = Spellings::of([key.clone()]);
    let private_der = OWN.private_der();
    for (private, der) in [(true, private_der), (false, OWN.public_der())] {
        for (name, text) in spelled(der) {
            let found = read_knowing(text.as_bytes(), &known);
            let [material] = &found[..] else { panic!("{name}: {}", found.len()) };
            assert_eq!(material.kind, Kind::Rsa(key.clone()), "{name}");
            assert_eq!(material.private, private, "{name}");
        }
    }
    for (name, text) in numbers(key) {
        assert!(!read_knowing(text.as_bytes(), &known)[0].private, "{name}");
    }
    let (_, openssl) = &numbers(key)[1];
    let whole = format!("{openssl}privateExponent:\n    00:aa\n");
    assert!(read_knowing(whole.as_bytes(), &known)[0].private);
}

/// YAML's breaks are none of the key's: a Secret means the same however it is written.
#[test]
fn a_secret_in_narrow_lines_is_whole() {
    let once = STANDARD.encode(OWN.public_der());
    for value in [
        format!("|\n{}", pieces(&once, 20, "    ", "\n")),
        format!("\n{}", pieces(&once, 32, "    ", "\n")),
        format!("\"{}\"\n", pieces(&once, 64, "", "\\\n    ")),
        format!(">\n{}", pieces(&once, 64, "    ", "\n\n")),
    ] {
        let secret = format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: jwt}}\ndata:\n  public_key.der: {value}"
        );
        let folder = support::folder(&[("secret.yaml", &secret)]);
        let run = support::omlint(folder.path(), &["check", ".", "--format", "concise"]);
        assert!(!run.out.contains("jwt-weak-key"), "{value}: {}", run.out);
    }
}

/// What the table says of how the number begins is so.
#[test]
fn the_table_has_the_beginnings_of_the_number() {
    let known = &Knowledge::built_in().known_keys;
    let table = include_str!("../rules/known_keys.yaml");
    let key = known.keys[0].public().expect("its numbers");
    let decimal = BoxedUint::from_be_slice_vartime(key.modulus()).to_string_radix_vartime(10);
    for beginning in [
        hex(&key.modulus()[..5], "", ""),
        hex(&key.modulus()[..4], "", ":"),
        hex(&key.modulus()[..4], "", " "),
        hex(&key.modulus()[..3], "0x", ", "),
        hex(&key.modulus()[..3], "\\x", ""),
        decimal[..11].to_owned(),
        STANDARD.encode(&key.modulus()[..6]),
    ] {
        assert!(table.contains(&beginning), "{beginning}");
    }
}

#[test]
fn hostile_text_takes_time_in_proportion() {
    let number = hex(shipped().modulus(), "", "");
    for text in [number, "0x00 ".into(), "00000000: 0000 0000\n".into(), "\\x".into()] {
        let text = text.repeat((1 << 20) / text.len());
        let start = std::time::Instant::now();
        found(text.as_bytes());
        assert!(start.elapsed().as_secs() < 4, "{:?}", start.elapsed());
    }
}
