//! Key material is recognised in every container that people leave it in, by its numbers and not
//! by its name; and no other key is ever taken for a published one.

mod support;

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use omlint::crypto::generate::{Failure, generate, key_id};
use omlint::crypto::keys::{Encoding, Form, KeyMaterial, Kind, RsaPublic, Weakness, read};
use omlint::crypto::known::KnownKeys;
use omlint::rules::Knowledge;

const SHIPPED: &str = "openmetadata-default";

fn known() -> &'static KnownKeys {
    &Knowledge::built_in().known_keys
}

fn shipped() -> RsaPublic {
    known().keys[0].public().expect("the table holds its numbers")
}

/// The shipped public key as a download holds it, written with the crates and not with ours.
fn shipped_der() -> Vec<u8> {
    use rsa::pkcs8::EncodePublicKey;
    let number = rsa::BoxedUint::from_be_slice_vartime;
    let key = shipped();
    rsa::PublicKey::new(number(key.modulus()), number(key.exponent()))
        .expect("a sound key")
        .to_public_key_der()
        .expect("it encodes")
        .into_vec()
}

/// A private key of no value, in PKCS#8.
static OWN: LazyLock<(Vec<u8>, Vec<u8>, RsaPublic)> = LazyLock::new(|| {
    let pair = generate(2048).expect("a pair");
    (pair.private_der().to_vec(), pair.public_der().to_vec(), pair.public().clone())
});

fn pem(label: &str, der: &[u8]) -> String {
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines(&STANDARD.encode(der), 64)
    )
}

fn lines(text: &str, width: usize) -> String {
    let parts: Vec<&str> = text
        .as_bytes()
        .chunks(width)
        .map(|line| std::str::from_utf8(line).expect("ascii"))
        .collect();
    parts.join("\n")
}

fn indented(text: &str, by: &str) -> String {
    text.lines().map(|line| format!("{by}{line}\n")).collect()
}

fn one(bytes: &[u8]) -> KeyMaterial {
    let mut found = read(bytes);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn name_of(material: &KeyMaterial) -> Option<&'static str> {
    match &material.kind {
        Kind::Rsa(key) => known().find(key).map(|known| known.name.as_str()),
        _ => None,
    }
}

/// Runs openssl, or says why not.
fn openssl(arguments: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let spawned = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = spawned else {
        eprintln!("skipped: openssl is not installed");
        return None;
    };
    let _ = child.stdin.take().expect("piped").write_all(input);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

#[test]
fn the_table_agrees_with_itself() {
    let key = shipped();
    assert_eq!(key.bits(), 2048);
    assert_eq!(key.spki_fingerprint(), known().keys[0].spki_sha256);
    assert_eq!(Some(key.modulus_fingerprint()), known().keys[0].modulus_sha256);
    assert_eq!(shipped_der().len(), 294);
    for token in &known().tokens {
        assert_eq!(token.sha256.len(), 64);
        assert!(known().keys.iter().any(|key| key.name == token.key));
    }
}

#[test]
fn the_shipped_public_key_is_known_in_every_container() {
    let der = shipped_der();
    let key = shipped();
    let once = STANDARD.encode(&der);
    let twice = STANDARD.encode(&once);
    // With a zero byte before the number, and padding after: BigInteger.toByteArray.
    let jwks_n = URL_SAFE.encode([&[0], key.modulus()].concat());
    let jwks = format!(
        r#"{{"keys":[{{"kid":"Gb389a-9f76-gdjs-a92j-0242bk94356","kty":"RSA","e":"AQAB","n":"{jwks_n}","alg":"RS256","use":"sig"}}]}}"#
    );
    let plain_n = URL_SAFE_NO_PAD.encode(key.modulus());
    let pkcs1 = {
        use rsa::pkcs1::UintRef;
        use rsa::pkcs8::der::Encode;
        let number = |bytes| UintRef::new(bytes).expect("a number");
        let key = rsa::pkcs1::RsaPublicKey {
            modulus: number(key.modulus()),
            public_exponent: number(key.exponent()),
        };
        key.to_der().expect("it encodes")
    };
    let spki_pem = pem("PUBLIC KEY", &der);
    let containers: Vec<(&str, Vec<u8>, Encoding, u8)> = vec![
        ("DER", der.clone(), Encoding::Der, 0),
        ("DER with a line's end", [der.as_slice(), b"\n"].concat(), Encoding::Der, 0),
        ("PEM", spki_pem.clone().into(), Encoding::Pem, 0),
        ("PEM with CRLF", spki_pem.replace('\n', "\r\n").into(), Encoding::Pem, 0),
        (
            "PEM in a block scalar",
            format!("a:\n  key: |\n{}  b: c\n", indented(&spki_pem, "    ")).into(),
            Encoding::Pem,
            0,
        ),
        (
            "PEM in an environment file",
            format!("KEY=\"{}\"\n", spki_pem.replace('\n', "\\n")).into(),
            Encoding::Pem,
            0,
        ),
        ("PEM on one line", spki_pem.replace('\n', " ").into(), Encoding::Pem, 0),
        ("PKCS#1 in DER", pkcs1.clone(), Encoding::Der, 0),
        ("PKCS#1 in PEM", pem("RSA PUBLIC KEY", &pkcs1).into(), Encoding::Pem, 0),
        ("JWKS as OpenMetadata prints it", jwks.clone().into(), Encoding::Jwk, 0),
        (
            "JWK",
            format!("{{ \"e\": \"AQAB\",\n \"n\": \"{plain_n}\",\n \"kty\": \"RSA\" }}").into(),
            Encoding::Jwk,
            0,
        ),
        (
            "JWKS in a Markdown file",
            format!("Call it's \"jwks:\n```\n{jwks}\n```\n").into(),
            Encoding::Jwk,
            0,
        ),
        ("base64", once.clone().into(), Encoding::Der, 1),
        ("base64 with breaks", format!("{}\n", lines(&once, 76)).into(), Encoding::Der, 1),
        (
            "base64 with Windows breaks",
            lines(&once, 64).replace('\n', "\r\n").into(),
            Encoding::Der,
            1,
        ),
        ("base64url", URL_SAFE_NO_PAD.encode(&der).into(), Encoding::Der, 1),
        (
            "a Secret",
            format!("data:\n  public_key.der: {once}\n  other: YQ==\n").into(),
            Encoding::Der,
            1,
        ),
        (
            "a Secret in quotes",
            format!("{{\"data\":{{\"k\":\"{once}\",\"l\":\"YQ==\"}}}}").into(),
            Encoding::Der,
            1,
        ),
        (
            "a wrapped Secret before a document",
            format!("data:\n  k: |\n{}---\na: b\n", indented(&lines(&once, 56), "    ")).into(),
            Encoding::Der,
            1,
        ),
        (
            "a Secret of PEM",
            format!("data:\n  k: {}\n", STANDARD.encode(&spki_pem)).into(),
            Encoding::Pem,
            1,
        ),
        (
            "a Secret of JWKS",
            format!("data:\n  k: {}\n", STANDARD.encode(&jwks)).into(),
            Encoding::Jwk,
            1,
        ),
        ("double base64", format!("data:\n  k: {twice}\n").into(), Encoding::Der, 2),
        (
            "double base64, the inner with breaks",
            STANDARD.encode(lines(&once, 76)).into(),
            Encoding::Der,
            2,
        ),
        ("three times", STANDARD.encode(&twice).into(), Encoding::Der, 3),
    ];
    for (name, bytes, encoding, layers) in containers {
        let material = one(&bytes);
        assert_eq!(name_of(&material), Some(SHIPPED), "{name}");
        assert_eq!((material.encoding, material.layers), (encoding, layers), "{name}");
        assert!(!material.private, "{name}");
    }
    assert_eq!(one(jwks.as_bytes()).kid.as_deref(), Some("Gb389a-9f76-gdjs-a92j-0242bk94356"));
}

#[test]
fn a_near_miss_is_never_the_shipped_key() {
    let (_, own, _) = &*OWN;
    assert_eq!(name_of(&one(own)), None);
    let der = shipped_der();
    let numbers = der.len() - 5 - 256..der.len() - 5;
    let mut judged = 0;
    for at in numbers {
        for bit in 0..8 {
            let mut changed = der.clone();
            changed[at] ^= 1 << bit;
            for material in read(&changed).iter().chain(&read(STANDARD.encode(&changed).as_bytes()))
            {
                assert_eq!(name_of(material), None, "byte {at}, bit {bit}");
                judged += 1;
            }
        }
    }
    assert!(judged > 4000, "{judged}");
    // Any cut, too.
    for length in 0..der.len() {
        let found = read(&der[..length]);
        assert!(found.iter().all(|material| material.kind == Kind::CutOff), "{length}");
    }
}

#[test]
fn the_same_modulus_is_the_same_secret() {
    let key = RsaPublic::new(shipped().modulus(), &[3]).expect("a key");
    assert_eq!(known().find(&key).map(|known| known.name.as_str()), Some(SHIPPED));
}

#[test]
fn an_organisation_can_add_its_own() {
    let (_, _, own) = &*OWN;
    let mut keys = known().clone();
    assert!(keys.find(own).is_none());
    let text =
        format!("keys: [{{ name: old, title: retired, spki-sha256: {} }}]", own.spki_fingerprint());
    keys.extend(serde_yaml::from_str(&text).expect("the form of the table"));
    assert_eq!(keys.find(own).map(|known| known.name.as_str()), Some("old"));
    assert!(keys.find(own).is_some_and(|known| known.public().is_none()));
    assert!(serde_yaml::from_str::<KnownKeys>("kees: []").is_err());
}

#[test]
fn every_container_of_openssl_gives_the_same_public_half() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("utf-8").to_owned();
    let (private, public) = (path("a.pem"), path("pub.der"));
    let Some(_) = openssl(&["genrsa", "-out", &private, "2048"], b"") else { return };
    openssl(&["rsa", "-in", &private, "-pubout", "-outform", "DER", "-out", &public], b"");
    let spki = std::fs::read(&public).expect("written");
    let expected = match one(&spki).kind {
        Kind::Rsa(key) => key,
        other => panic!("{other:?}"),
    };
    let digest = openssl(&["dgst", "-sha256", "-r", &public], b"").expect("present");
    assert!(String::from_utf8_lossy(&digest).starts_with(&expected.spki_fingerprint()));

    let config = path("req.cnf");
    std::fs::write(&config, "[req]\ndistinguished_name=d\n[d]\n").expect("written");
    let subject = ["-subj", "/CN=omlint", "-days", "2", "-config", config.as_str()];
    let certificate = |form: &str| {
        openssl(
            &[&["req", "-x509", "-key", &private, "-outform", form], &subject[..]].concat(),
            b"",
        )
        .expect("present")
    };
    let run = |arguments: &[&str]| openssl(arguments, b"").expect("present");
    let cases = [
        (run(&["rsa", "-in", &private, "-traditional"]), Form::Pkcs1Private, true),
        (
            run(&["rsa", "-in", &private, "-traditional", "-outform", "DER"]),
            Form::Pkcs1Private,
            true,
        ),
        (run(&["pkcs8", "-topk8", "-nocrypt", "-in", &private]), Form::Pkcs8Private, true),
        (
            run(&["pkcs8", "-topk8", "-nocrypt", "-in", &private, "-outform", "DER"]),
            Form::Pkcs8Private,
            true,
        ),
        (run(&["rsa", "-in", &private, "-pubout"]), Form::Spki, false),
        (run(&["rsa", "-in", &private, "-RSAPublicKey_out"]), Form::Pkcs1Public, false),
        (
            run(&["rsa", "-in", &private, "-RSAPublicKey_out", "-outform", "DER"]),
            Form::Pkcs1Public,
            false,
        ),
        (certificate("PEM"), Form::Certificate, false),
        (certificate("DER"), Form::Certificate, false),
    ];
    for (bytes, form, private) in cases {
        for bytes in [
            STANDARD.encode(&bytes).into_bytes(),
            STANDARD.encode(STANDARD.encode(&bytes)).into_bytes(),
            bytes,
        ] {
            let material = one(&bytes);
            assert_eq!((material.form, material.private), (form, private));
            assert_eq!(material.kind, Kind::Rsa(expected.clone()), "{form:?}");
        }
    }

    let encrypted = [
        (run(&["pkcs8", "-topk8", "-in", &private, "-passout", "pass:x"]), Form::EncryptedPkcs8),
        (
            run(&["pkcs8", "-topk8", "-in", &private, "-passout", "pass:x", "-outform", "DER"]),
            Form::EncryptedPkcs8,
        ),
        (
            run(&[
                "pkcs8",
                "-topk8",
                "-v1",
                "PBE-SHA1-3DES",
                "-in",
                &private,
                "-passout",
                "pass:x",
            ]),
            Form::EncryptedPkcs8,
        ),
        (
            run(&["rsa", "-in", &private, "-traditional", "-aes128", "-passout", "pass:x"]),
            Form::EncryptedPem,
        ),
    ];
    for (bytes, form) in encrypted {
        let material = one(&bytes);
        assert_eq!(
            (material.form, &material.kind, material.private),
            (form, &Kind::Encrypted, true)
        );
    }
}

#[test]
fn other_algorithms_are_named() {
    let make = |arguments: &[&str]| openssl(arguments, b"");
    let Some(curve) = make(&["ecparam", "-name", "prime256v1", "-genkey", "-noout"]) else {
        return;
    };
    let convert = |arguments: &[&str], input: &[u8]| openssl(arguments, input).expect("present");
    let ed = make(&["genpkey", "-algorithm", "ED25519"]).expect("present");
    let cases = [
        (curve.clone(), Form::Sec1Private, "EC", true),
        (convert(&["ec", "-outform", "DER"], &curve), Form::Sec1Private, "EC", true),
        (convert(&["pkcs8", "-topk8", "-nocrypt"], &curve), Form::Pkcs8Private, "EC", true),
        (convert(&["ec", "-pubout"], &curve), Form::Spki, "EC", false),
        (ed.clone(), Form::Pkcs8Private, "Ed25519", true),
        (convert(&["pkey", "-pubout", "-outform", "DER"], &ed), Form::Spki, "Ed25519", false),
    ];
    // Its numbers are RSA's, but Java refuses it where it wants an RSA key.
    let pss = make(&["genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"]);
    let pss = pss.map(|pss| (pss, Form::Pkcs8Private, "RSASSA-PSS", true));
    let cases = cases.into_iter().chain(pss);
    for (bytes, form, name, private) in cases {
        for bytes in [STANDARD.encode(&bytes).into_bytes(), bytes] {
            let material = one(&bytes);
            assert_eq!((material.form, material.private), (form, private), "{name}");
            assert_eq!(material.kind, Kind::Other(name));
        }
    }
}

#[test]
fn dsa_keys_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let parameters = folder.path().join("p.pem");
    let parameters = parameters.to_str().expect("utf-8");
    if openssl(&["dsaparam", "-out", parameters, "1024"], b"").is_none() {
        return;
    }
    assert!(read(&std::fs::read(parameters).expect("written")).is_empty());
    let key = openssl(&["gendsa", parameters], b"").expect("present");
    let traditional = openssl(&["dsa", "-outform", "DER"], &key).expect("present");
    for bytes in [key, traditional] {
        let material = one(&bytes);
        assert_eq!((&material.kind, material.private), (&Kind::Other("DSA"), true));
    }
}

#[test]
fn openssh_keys_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let make = |name: &str, kind: &str, password: &str| {
        let path = folder.path().join(name);
        let status = Command::new("ssh-keygen")
            .args(["-q", "-t", kind, "-N", password, "-f"])
            .arg(&path)
            .status();
        if !status.is_ok_and(|status| status.success()) {
            return None;
        }
        Some((std::fs::read(&path).ok()?, std::fs::read(path.with_extension("pub")).ok()?))
    };
    let Some((private, public)) = make("rsa", "rsa", "") else {
        eprintln!("skipped: ssh-keygen is not installed");
        return;
    };
    let private = one(&private);
    assert_eq!((private.form, private.private), (Form::OpenSshPrivate, true));
    assert!(matches!(private.kind, Kind::Rsa(_)));
    assert_eq!(one(&public).kind, private.kind);
    let (private, public) = make("ed", "ed25519", "").expect("present");
    assert_eq!(one(&private).kind, Kind::Other("Ed25519"));
    assert_eq!(one(&public).form, Form::OpenSshPublic);
    let (private, _) = make("locked", "ed25519", "password").expect("present");
    assert_eq!(one(&private).kind, Kind::Encrypted);
}

#[test]
fn a_json_web_key_on_several_lines_is_one() {
    let (_, _, own) = &*OWN;
    let n = URL_SAFE_NO_PAD.encode(own.modulus());
    let key = format!(
        "{{\n      \"kty\": \"RSA\",\n      \"e\": \"AQAB\",\n      \"n\": \"{n}\"\n    }}"
    );
    let set = format!("{{\n  \"keys\": [\n    {key}\n  ]\n}}\n");
    assert_eq!(
        one(set.as_bytes()).range,
        set.find("{\n      ").unwrap()..set.rfind('}').unwrap() - 5
    );
}

#[test]
fn json_web_keys_of_all_kinds() {
    let (_, _, own) = &*OWN;
    let n = URL_SAFE_NO_PAD.encode(own.modulus());
    let text = format!(
        r#"{{"keys": [
            {{"kty": "RSA", "kid": "a", "n": "{n}", "e": "AQAB", "d": "c2VjcmV0", "p": "c2VjcmV0"}},
            {{"kty": "RSA", "kid": "no number"}},
            {{"kty": "EC", "crv": "P-256", "x": "", "y": ""}},
            {{"kty": "OKP", "crv": "Ed25519", "x": ""}},
            {{"kty": "oct", "k": "c2VjcmV0"}},
            {{"use": "sig", "x": {{"kty": "RSA", "n": "{n}", "e": "AQAB"}}}}
        ]}}"#
    );
    let found = read(text.as_bytes());
    let seen: Vec<_> = found.iter().map(|it| (&it.kind, it.private)).collect();
    let rsa = Kind::Rsa(own.clone());
    assert_eq!(
        seen,
        [
            (&rsa, true),
            (&Kind::Other("EC"), false),
            (&Kind::Other("Ed25519"), false),
            (&Kind::Other("symmetric"), true),
            (&rsa, false),
        ]
    );
    assert_eq!(found[0].kid.as_deref(), Some("a"));
    assert_eq!(found[0].form, Form::JwkPrivate);
    for material in &found {
        let text = &text[material.range.clone()];
        assert!(text.starts_with("{\"kty\"") && text.ends_with('}'), "{text}");
    }
    assert!(!format!("{found:?}").contains("c2VjcmV0"));
}

#[test]
fn ranges_point_at_what_was_found() {
    let (private, public, _) = &*OWN;
    let block = pem("PRIVATE KEY", private);
    let once = STANDARD.encode(public);
    let text = format!(
        "# é\nfirst: {once}\nsecond: |\n{}third: {once} # {once}\n",
        indented(&block, "  ")
    );
    let found = read(text.as_bytes());
    let pieces: Vec<&str> = found.iter().map(|it| &text[it.range.clone()]).collect();
    assert_eq!(pieces.len(), 4);
    assert_eq!(pieces[0], once);
    assert!(pieces[1].starts_with("-----BEGIN PRIVATE") && pieces[1].ends_with("PRIVATE KEY-----"));
    assert_eq!(pieces[2..], [once.as_str(), once.as_str()]);

    // 294 bytes need no padding: two keys on two lines are two keys.
    let text = format!("{once}\n{once}\n");
    let found = read(text.as_bytes());
    assert_eq!(found.len(), 2);
    assert_eq!(&text[found[1].range.clone()], once);
    // A checksum on the line before does not hide a key.
    let text = format!("{}\n{}\n", "a1".repeat(32), lines(&once, 64));
    assert_eq!(read(text.as_bytes()).len(), 1);
    let text = format!("{}\n{}\n", "MI".repeat(32), lines(&once, 64));
    assert_eq!(read(text.as_bytes()).len(), 1);
}

#[test]
fn several_blocks_in_one_text() {
    let (private, public, _) = &*OWN;
    let text = format!(
        "-----BEGIN PRIVATE KEY-----\ncut off\n{}text\n{}",
        pem("PRIVATE KEY", private),
        pem("PUBLIC KEY", public)
    );
    let forms: Vec<Form> = read(text.as_bytes()).iter().map(|it| it.form).collect();
    assert_eq!(forms, [Form::Pkcs8Private, Form::Spki]);
}

#[test]
fn what_is_no_key_is_none() {
    let (_, public, _) = &*OWN;
    let integers = |a: &[u8], b: &[u8]| {
        let mut body = vec![2, a.len() as u8];
        body.extend_from_slice(a);
        body.extend([2, b.len() as u8]);
        body.extend_from_slice(b);
        [&[0x30, body.len() as u8], body.as_slice()].concat()
    };
    let signature = integers(&[0x41; 32], &[0x43; 32]);
    let cases: Vec<Vec<u8>> = vec![
        b"".into(),
        b"0".into(),
        b"MII".into(),
        b"plain text about a public key".into(),
        b"-----BEGIN PUBLIC KEY-----".into(),
        b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----".into(),
        b"-----BEGIN PUBLIC KEY-----\nMIIB...\n-----END PUBLIC KEY-----".into(),
        pem("DH PARAMETERS", &integers(&[0x7f; 64], &[2])).into(),
        STANDARD.encode(&signature).into(),
        signature,
        br#"{"kty": "RSA"}"#.into(),
        br#"{"kty": "RSA", "n": "", "e": ""}"#.into(),
        br#"{"kty": "RSA", "n": 5, "e": "AQAB"}"#.into(),
        br#""kty" } { "kty""#.into(),
        "MIIB".repeat(30).into(),
        vec![b' '; 2 << 20],
        [public.as_slice(), &vec![0; 70_000]].concat(),
    ];
    for bytes in cases {
        let start = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
        assert!(read(&bytes).is_empty(), "{start}");
    }
}

#[test]
fn weaknesses() {
    let (_, _, own) = &*OWN;
    assert_eq!(own.weaknesses(), []);
    assert_eq!(shipped().weaknesses(), []);
    let with =
        |exponent: &[u8]| RsaPublic::new(own.modulus(), exponent).expect("a key").weaknesses();
    assert_eq!(with(&[3]), []);
    for exponent in [1, 2, 4] {
        assert_eq!(with(&[exponent]), [Weakness::Exponent]);
    }
    // Two neighbours of some 1096 bits: their product is a few steps from its square root.
    let mut low = vec![0; 137];
    low.push(0xc0);
    low.resize(274, 0);
    let number = rsa::BoxedUint::from_be_slice_vartime;
    let near = |offset: u8| {
        let mut bytes = low.clone();
        bytes[273] = offset;
        number(&bytes)
    };
    for (a, b, expected) in [(1, 5, true), (7, 7, true), (3, 251, true)] {
        let product = near(a).wrapping_mul(near(b));
        let key = RsaPublic::new(&product.to_be_bytes(), &[1, 0, 1]).expect("a key");
        assert_eq!(key.weaknesses() == [Weakness::Primes], expected, "{a} {b}");
    }
    let mut even = own.modulus().to_vec();
    even[255] ^= 1;
    assert_eq!(RsaPublic::new(&even, &[3]).expect("a key").weaknesses(), [Weakness::Primes]);
    if let Some(short) = openssl(&["genrsa", "1024"], b"") {
        let Kind::Rsa(key) = one(&short).kind else { panic!("RSA") };
        assert_eq!(key.weaknesses(), [Weakness::Short(1024)]);
    }
    assert_eq!(RsaPublic::new(&[0, 0], &[3]), None);
    assert_eq!(RsaPublic::new(&[1; 4096], &[3]), None);
}

#[test]
fn nothing_of_the_private_half_is_kept() {
    let (private, _, own) = &*OWN;
    let text = format!("{:?}", (one(private), one(pem("PRIVATE KEY", private).as_bytes())));
    // Debug prints a list of numbers: the public half is there, no other window of the file is.
    let window = |bytes: &[u8]| format!("{bytes:?}").trim_matches(['[', ']']).to_owned();
    assert!(text.contains(&window(&own.modulus()[..8])));
    let after =
        private.windows(256).position(|at| at == own.modulus()).expect("it holds it") + 256 + 5;
    for piece in private[after..].windows(6) {
        assert!(!text.contains(&window(piece)));
    }
}

#[test]
fn generated_pairs_are_accepted_by_openssl() {
    let (private, public, own) = &*OWN;
    assert_eq!(own.bits(), 2048);
    assert_eq!(own.exponent(), [1, 0, 1]);
    assert_eq!(one(private).form, Form::Pkcs8Private);
    assert_eq!(one(private).kind, one(public).kind);
    if openssl(&["pkcs8", "-inform", "DER", "-nocrypt"], private).is_none() {
        return;
    }
    let derived = openssl(&["pkey", "-inform", "DER", "-pubout", "-outform", "DER"], private)
        .expect("present");
    assert_eq!(&derived, public);
    openssl(&["rsa", "-inform", "DER", "-check", "-noout"], private);
    openssl(&["rsa", "-pubin", "-inform", "DER", "-noout"], public);
}

#[test]
fn sizes_and_key_ids() {
    for bits in [0, 1024, 2047, 2049, 2176, 8448, usize::MAX] {
        assert_eq!(generate(bits).err(), Some(Failure::Size), "{bits}");
    }
    let pair = generate(2304).expect("a pair");
    assert_eq!(pair.public().bits(), 2304);
    let ids: Vec<String> = (0..64).map(|_| key_id().expect("random")).collect();
    for id in &ids {
        let groups: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12]);
        assert!(id.as_bytes()[14] == b'4' && b"89ab".contains(&id.as_bytes()[19]), "{id}");
        assert!(id.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit()));
    }
    assert!(ids.iter().all(|id| ids.iter().filter(|other| *other == id).count() == 1));
}

/// Every mutation is read without a panic, and hostile text in time that grows with its size.
#[test]
fn hostile_input() {
    let (private, public, own) = &*OWN;
    let n = URL_SAFE_NO_PAD.encode(own.modulus());
    let seeds: Vec<Vec<u8>> = vec![
        private.clone(),
        public.clone(),
        pem("PRIVATE KEY", private).into(),
        format!("{{\"keys\":[{{\"kty\":\"RSA\",\"n\":\"{n}\",\"e\":\"AQAB\"}}]}}").into(),
        STANDARD.encode(STANDARD.encode(public)).into(),
        lines(&STANDARD.encode(private), 64).into(),
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for seed in &seeds {
        for _ in 0..2_000 {
            let mut bytes = seed.clone();
            for _ in 0..=random(3) {
                let at = random(bytes.len());
                match random(4) {
                    0 => bytes[at] = random(256) as u8,
                    1 => bytes[at] = *b"{}\"\\\n=-MI0"[..].get(random(10)).expect("in range"),
                    2 => bytes.truncate(at.max(1)),
                    _ => bytes.insert(at, random(256) as u8),
                }
            }
            for material in read(&bytes) {
                assert!(material.range.end <= bytes.len() && !material.range.is_empty());
            }
        }
    }
    let mega = 1 << 20;
    let repeated = |piece: &str| piece.repeat(mega / piece.len()).into_bytes();
    let wall = format!("{}\n", "MIIE".repeat(16));
    let text_wall = format!("{}\n", STANDARD.encode("TUlJ".repeat(12)));
    for (name, bytes) in [
        ("digits", repeated("A")),
        ("promising digits", repeated("MIIE")),
        ("promising lines", repeated(&wall)),
        ("lines of base64 of base64", repeated(&text_wall)),
        ("braces", repeated("{")),
        ("nested keys", repeated("{\"kty\":")),
        ("keys", repeated("{\"kty\":\"RSA\"}")),
        (
            "nested and closed",
            format!("{}{}", "{\"kty\":\"RSA\",\"a\":".repeat(40_000), "}".repeat(40_000)).into(),
        ),
        ("quotes", repeated("\"kty\"")),
        ("beginnings", repeated("-----BEGIN A-----\n")),
        ("ends", repeated("-----END A-----\n")),
        ("both", repeated("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n")),
        (
            "colons",
            format!("-----BEGIN PUBLIC KEY-----{}-----END PUBLIC KEY-----", "a:\n".repeat(300_000))
                .into(),
        ),
        (
            "colons on a line",
            format!(
                "-----BEGIN PUBLIC KEY-----{}-----END PUBLIC KEY-----",
                "a:\\n".repeat(250_000)
            )
            .into(),
        ),
    ] {
        let start = std::time::Instant::now();
        assert!(read(&bytes).is_empty(), "{name}");
        let spent = start.elapsed();
        assert!(spent.as_secs() < 4, "{name}: {spent:?}");
        eprintln!("{name}: {spent:?}");
    }
}

/// A hook hands over the compose file alone; the key that it refers to is read all the same.
#[test]
fn a_key_that_a_compose_file_hands_over_is_read_whatever_its_name() {
    let compose = "services:
  openmetadata-server:
    image: docker.getcollate.io/openmetadata/server:1.11.4
    environment:
      RSA_PUBLIC_KEY_FILE_PATH: /keys/public_key.der
      RSA_PRIVATE_KEY_FILE_PATH: /keys/private_key.der
    configs:
      - {source: trust, target: /keys/public_key.der}
configs:
  trust: {file: ./keys/renamed.bin}
";
    let folder = support::folder(&[("docker-compose.yml", compose)]);
    let found = || {
        let arguments = ["check", "docker-compose.yml", "--format", "concise"];
        support::omlint(folder.path(), &arguments).out.contains("jwt-default-key-pair")
    };
    assert!(!found(), "nobody has seen the key");
    std::fs::create_dir(folder.path().join("keys")).expect("a folder");
    support::write(folder.path(), "keys/renamed.bin", &shipped_der());
    assert!(found());
}

/// A walk looks at bytes before it reads a file, and must not miss what reading would find.
#[test]
fn a_walk_does_not_pass_over_keys_in_bare_base64() {
    use rsa::pkcs1::EncodeRsaPublicKey;
    let number = rsa::BoxedUint::from_be_slice_vartime;
    let key = shipped();
    let numbers = rsa::PublicKey::new(number(key.modulus()), number(key.exponent()));
    let pkcs1 = numbers.expect("a key").to_pkcs1_der().expect("numbers");
    for der in [shipped_der(), pkcs1.as_bytes().to_vec()] {
        let once = STANDARD.encode(&der);
        for text in [lines(&once, 64), once.clone(), STANDARD.encode(&once)] {
            let folder = support::folder(&[("notes/k.txt", &text)]);
            let run = support::omlint(folder.path(), &["check", ".", "--format", "concise"]);
            assert!(run.out.contains("jwt-default-key-pair"), "{}", run.out);
        }
    }
}

#[test]
fn key_stores_are_named_and_not_opened() {
    let mut java = vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 1];
    java.extend([0; 200]);
    let mut pkcs12 = vec![0x30, 0x82, 0x01, 0x00, 0x02, 0x01, 0x03, 0x30, 0x81, 0xfa];
    pkcs12.extend([0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01]);
    pkcs12.resize(260, 0);
    for (bytes, form) in [(java, Form::JavaKeyStore), (pkcs12, Form::Pkcs12)] {
        let secret = format!("data:\n  k: {}\n", STANDARD.encode(&bytes));
        for bytes in [&bytes[..], secret.as_bytes()] {
            let found = read(bytes);
            assert_eq!(found.len(), 1, "{form:?}");
            assert_eq!((found[0].form, &found[0].kind), (form, &Kind::Store));
            assert!(!found[0].private, "what is in it, nobody can tell");
        }
    }
}

/// OpenSSH's form of a public key, written by hand.
fn ssh_blob(key: &RsaPublic) -> Vec<u8> {
    let mut blob = Vec::new();
    for part in [b"ssh-rsa", key.exponent(), &[&[0], key.modulus()].concat()] {
        blob.extend(u32::try_from(part.len()).expect("short").to_be_bytes());
        blob.extend(part);
    }
    blob
}

fn putty(key: &RsaPublic, encryption: &str) -> String {
    let public = lines(&STANDARD.encode(ssh_blob(key)), 64);
    format!(
        "PuTTY-User-Key-File-3: ssh-rsa\nEncryption: {encryption}\nComment: om\n\
         Public-Lines: {}\n{public}\nPrivate-Lines: 1\nAAAA\nPrivate-MAC: 00\n",
        public.lines().count()
    )
}

/// What the world outside Java calls a key: as text around a number, whatever the notation.
fn notations(key: &RsaPublic) -> Vec<(&'static str, String)> {
    let n = URL_SAFE_NO_PAD.encode(key.modulus());
    let padded = URL_SAFE.encode([&[0], key.modulus()].concat());
    let ssh = STANDARD.encode(ssh_blob(key));
    let folded = indented(&lines(&n, 76), "      ");
    vec![
        ("YAML", format!("keys:\n  - kty: RSA\n    kid: a\n    n: {padded}\n    e: AQAB\n")),
        (
            "YAML without indentation",
            format!("keys:\n- alg: RS256\n  n: '{n}'\n  kty: 'RSA'\n  e: AQAB\n"),
        ),
        ("a single key in YAML", format!("e: AQAB\nkty: \"RSA\"\nn: \"{n}\"\nother: x\n")),
        ("a folded number", format!("jwk:\n    n: >-\n{folded}    kty: RSA\n    e: AQAB\n")),
        ("flow YAML", format!("keys: [{{kty: RSA, n: {n}, e: AQAB}}]\n")),
        ("Python", format!("KEYS = {{'keys': [{{'kty': 'RSA', 'n': '{n}', 'e': 'AQAB'}}]}}\n")),
        (
            "JSON in Python",
            format!("KEYS = \"\"\"{{\"kty\": \"RSA\", \"n\": \"{n}\", \"e\": \"AQAB\"}}\"\"\"\n"),
        ),
        (
            "JSON for a shell",
            format!("curl -d '{{\"kty\": \"RSA\", \"n\": \"{n}\", \"e\": \"AQAB\"}}' $URL\n"),
        ),
        (
            "JSON behind an apostrophe",
            format!("It's {{\"kty\": \"RSA\", \"n\": \"{n}\", \"e\": \"AQAB\"}}, isn't it?\n"),
        ),
        (
            "Python behind an apostrophe",
            format!("# It's\nKEY = {{'kty': 'RSA', 'n': '{n}', 'e': 'AQAB'}}  # isn't it?\n"),
        ),
        ("OpenSSH", format!("ssh-rsa {ssh} om@example\n")),
        (
            "RFC 4716",
            format!(
                "---- BEGIN SSH2 PUBLIC KEY ----\nComment: \"om\"\n{}\n---- END SSH2 PUBLIC KEY ----\n",
                lines(&ssh, 70)
            ),
        ),
        ("PuTTY", putty(key, "none")),
        ("PuTTY, encrypted", putty(key, "aes256-cbc")),
    ]
}

#[test]
fn the_shipped_key_is_known_in_every_notation_and_no_other_is() {
    let (_, _, own) = &*OWN;
    for (is_shipped, key) in [(true, &shipped()), (false, own)] {
        for (name, text) in notations(key) {
            for text in [text.clone(), STANDARD.encode(&text), indented(&text, "    ")] {
                let found = one(text.as_bytes());
                assert!(matches!(found.kind, Kind::Rsa(_)), "{name}");
                assert_eq!(name_of(&found) == Some(SHIPPED), is_shipped, "{name}");
            }
        }
    }
}

/// A walk must not pass over them, nor a Secret hide them.
#[test]
fn every_notation_is_found_on_a_walk_and_in_a_secret() {
    for (name, text) in notations(&shipped()) {
        let data = STANDARD.encode(&text);
        let secret =
            format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: k}}\ndata:\n  k: {data}\n");
        for (file, text) in [("notes/k.txt", &text), ("k.yaml", &secret)] {
            let folder = support::folder(&[(file, text)]);
            let run = support::omlint(folder.path(), &["check", ".", "--format", "concise"]);
            assert!(run.out.contains("jwt-default-key-pair"), "{name} in {file}: {}", run.out);
        }
    }
}

#[test]
fn mappings_that_are_no_keys_are_none() {
    for text in [
        "kty: RSA\n",
        "kty:\n  n: x\n",
        "- kty: RSA\n- n: AQAB\n  e: AQAB\n",
        "a:\n  kty: RSA\nb:\n  n: AAAA\n  e: AQAB\n",
        "kty: {\n",
        "it's {kty: 'RSA, n: ~}\n",
    ] {
        assert!(read(text.as_bytes()).is_empty(), "{text}");
    }
}

/// A file that lost its end on the way is said to be one, under whatever name.
#[test]
fn a_key_whose_end_is_missing_is_named() {
    let (private, public, _) = &*OWN;
    let block = pem("PRIVATE KEY", private);
    let lost: Vec<(&str, Vec<u8>, Form)> = vec![
        ("public DER", public[..200].to_vec(), Form::Spki),
        ("private DER", private[..900].to_vec(), Form::Pkcs8Private),
        ("base64", STANDARD.encode(&public[..200]).into(), Form::Spki),
        ("PEM without its end", block[..700].into(), Form::Pkcs8Private),
        ("PEM with a hole", pem("PUBLIC KEY", &public[..200]).into(), Form::Spki),
    ];
    for (name, bytes, form) in lost {
        let found = one(&bytes);
        assert_eq!(
            (&found.kind, found.form, found.private),
            (&Kind::CutOff, form, false),
            "{name}"
        );
    }
    for documentation in [
        "-----BEGIN PRIVATE KEY-----\n...\n",
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0...\n-----END PRIVATE KEY-----\n",
        "`MIIBIjANBgkqhkiG9w0BAQEFAAOC...`",
    ] {
        assert!(read(documentation.as_bytes()).is_empty(), "{documentation}");
    }
    let secret = "\
apiVersion: v1
kind: Secret
metadata: {name: jwt}
data:
  public_key.der: DATA
---
";
    let workload = support::workload(
        "\
          env:
            - {name: RSA_PUBLIC_KEY_FILE_PATH, value: /keys/public_key.der}
            - {name: RSA_PRIVATE_KEY_FILE_PATH, value: /keys/private_key.der}
          volumeMounts:
            - {name: jwt, mountPath: /keys}
      volumes:
        - {name: jwt, secret: {secretName: jwt}}
",
    );
    let secret = secret.replace("DATA", &STANDARD.encode(&public[..200]));
    let folder = support::folder(&[("openmetadata.yaml", &format!("{secret}{workload}"))]);
    let run = support::omlint(folder.path(), &["check", ".", "--format", "json"]);
    assert!(
        run.out.contains("jwt-weak-key") && run.out.contains("its end is missing"),
        "{}",
        run.out
    );
}

/// What `kubectl get secrets -o yaml` prints of a whole cluster.
#[test]
fn a_key_in_a_dump_of_many_secrets_is_found() {
    let other = STANDARD.encode([7; 30_000]);
    let secret = |name: &str, data: &str| {
        format!(
            "- apiVersion: v1\n  kind: Secret\n  metadata: {{name: {name}}}\n  data: {{k: {data}}}\n"
        )
    };
    let mut dump = "apiVersion: v1\nkind: List\nitems:\n".to_owned();
    for number in 0..40 {
        dump.push_str(&secret(&format!("s{number}"), &other));
    }
    let line = dump.lines().count() + 4;
    dump.push_str(&secret("jwt", &STANDARD.encode(shipped_der())));
    assert!(dump.len() > 1024 * 1024);
    let folder = support::folder(&[("dump.yaml", &dump)]);
    let run = support::omlint(folder.path(), &["check", ".", "--format", "concise"]);
    assert!(run.out.contains(&format!("dump.yaml:{line}:")), "{}", run.out);
    assert!(run.out.contains("jwt-default-key-pair"), "{}", run.out);
}

#[test]
fn the_shipped_key_is_found_under_any_name() {
    for name in ["verify.bin", "vendor/om/key.dat", "public"] {
        let folder = support::folder(&[]);
        support::write(folder.path(), name, &shipped_der());
        let run = support::omlint(folder.path(), &["check", "--format", "concise"]);
        let found = format!("{name}:1:1: critical[jwt-default-key-pair]");
        assert!(run.out.contains(&found), "{name}: {}{}", run.out, run.err);
    }
}
