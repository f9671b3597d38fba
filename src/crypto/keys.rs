//! Key material in bytes: where it stands, in which container, what kind it is, and the public
//! half of it. Private numbers are walked past, never kept. Knows nothing of files.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;
use rsa::BoxedUint;
use rsa::pkcs1::UintRef;
use rsa::pkcs8::der::Encode;
use rsa::pkcs8::der::asn1::{AnyRef, BitStringRef};
use rsa::pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfo};
use serde::Deserialize;
use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use super::{asn1, base64, sha256};

/// A larger DER file holds no key.
const MAX_DER: usize = 64 * 1024;
/// A larger text is not looked through.
const MAX_TEXT: usize = 1024 * 1024;
/// A larger JSON object is no key.
const MAX_JWK: usize = 64 * 1024;
/// Objects nested deeper are not looked at, which keeps the work linear.
const MAX_NESTING: usize = 32;
/// Layers of base64 that are taken off.
const MAX_LAYERS: u8 = 3;
/// A line of base64 that is shorter does not go on in the next one.
const WRAPPED: usize = 40;
/// The smallest key, of Ed25519, takes more digits.
const MIN_DIGITS: usize = 48;

/// A piece of key material.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyMaterial {
    /// The bytes of the input that it takes. What was wrapped in base64 takes all of the wrapping.
    pub range: Range<usize>,
    /// Layers of base64 around it.
    pub layers: u8,
    /// How it is written, below those layers.
    pub encoding: Encoding,
    /// The structure that holds it.
    pub form: Form,
    /// The algorithm, and for RSA the public numbers.
    pub kind: Kind,
    /// Whether it holds a private key.
    pub private: bool,
    /// The key id, which only a JSON web key has.
    pub kid: Option<String>,
}

/// How key material is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Binary, which is what OpenMetadata loads.
    Der,
    /// Between `-----BEGIN` and `-----END`.
    Pem,
    /// A JSON web key.
    Jwk,
    /// OpenSSH's own binary form of a public key.
    Ssh,
}

/// The structures that hold keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// RSAPrivateKey.
    Pkcs1Private,
    /// RSAPublicKey.
    Pkcs1Public,
    /// PrivateKeyInfo, which is what OpenMetadata loads.
    Pkcs8Private,
    /// EncryptedPrivateKeyInfo.
    EncryptedPkcs8,
    /// PEM that was encrypted as a whole, with `Proc-Type: 4,ENCRYPTED`.
    EncryptedPem,
    /// SubjectPublicKeyInfo, which is what OpenMetadata loads.
    Spki,
    /// A certificate, for its public key.
    Certificate,
    /// ECPrivateKey.
    Sec1Private,
    /// OpenSSL's own form of a DSA key.
    DsaPrivate,
    /// OpenSSH's private key.
    OpenSshPrivate,
    /// OpenSSH's public key.
    OpenSshPublic,
    /// A public JSON web key.
    JwkPublic,
    /// A JSON web key with private members.
    JwkPrivate,
    /// A key store of Java's own.
    JavaKeyStore,
    /// A PKCS#12 key store.
    Pkcs12,
}

impl Form {
    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Form::Pkcs1Private | Form::Pkcs1Public => "PKCS#1",
            Form::Pkcs8Private => "PKCS#8",
            Form::EncryptedPkcs8 => "encrypted PKCS#8",
            Form::EncryptedPem => "encrypted PEM",
            Form::Spki => "X.509 public key (SPKI)",
            Form::Certificate => "X.509 certificate",
            Form::Sec1Private => "SEC 1",
            Form::DsaPrivate => "OpenSSL DSA",
            Form::OpenSshPrivate | Form::OpenSshPublic => "OpenSSH",
            Form::JwkPublic | Form::JwkPrivate => "JSON web key",
            Form::JavaKeyStore => "Java key store",
            Form::Pkcs12 => "PKCS#12 key store",
        }
    }
}

/// Kinds of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// RSA.
    Rsa(RsaPublic),
    /// Only who has the password can tell.
    Encrypted,
    /// An algorithm that OpenMetadata cannot use.
    Other(&'static str),
    /// Keys and certificates behind a password: nothing in it is read.
    Store,
}

/// The public half of an RSA key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RsaPublic {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

/// Why an RSA key does not protect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// Fewer than 2048 bits.
    Short(usize),
    /// An exponent that is even or below 3.
    Exponent,
    /// Anyone finds the primes: they are close to each other, or one of them is 2.
    Primes,
}

impl RsaPublic {
    /// A key of these big-endian numbers; nothing if one is zero or beyond any real key.
    pub fn new(modulus: &[u8], exponent: &[u8]) -> Option<RsaPublic> {
        Some(RsaPublic {
            modulus: asn1::trimmed(modulus)?.to_vec(),
            exponent: asn1::trimmed(exponent)?.to_vec(),
        })
    }

    /// A key of numbers in base64 as JSON web keys write them, or as OpenMetadata does: with a
    /// zero byte before them and `=` after.
    pub fn from_base64(modulus: &str, exponent: &str) -> Option<RsaPublic> {
        RsaPublic::new(
            &base64::decode(modulus.trim().as_bytes())?,
            &base64::decode(exponent.trim().as_bytes())?,
        )
    }

    /// The modulus: big-endian, no leading zero.
    pub fn modulus(&self) -> &[u8] {
        &self.modulus
    }

    /// The exponent: big-endian, no leading zero.
    pub fn exponent(&self) -> &[u8] {
        &self.exponent
    }

    /// The size of the modulus.
    pub fn bits(&self) -> usize {
        let unused = self.modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
        self.modulus.len() * 8 - unused
    }

    /// SHA-256, in hexadecimal, of the key as `public_key.der` holds it.
    pub fn spki_fingerprint(&self) -> String {
        sha256(&self.spki_der().unwrap_or_default())
    }

    /// SHA-256, in hexadecimal, of the modulus.
    pub fn modulus_fingerprint(&self) -> String {
        sha256(&self.modulus)
    }

    /// The key as SubjectPublicKeyInfo. Fails for no key that `new` accepts.
    fn spki_der(&self) -> Option<Vec<u8>> {
        let numbers = rsa::pkcs1::RsaPublicKey {
            modulus: UintRef::new(&self.modulus).ok()?,
            public_exponent: UintRef::new(&self.exponent).ok()?,
        };
        let numbers = numbers.to_der().ok()?;
        SubjectPublicKeyInfo {
            algorithm: AlgorithmIdentifierRef {
                oid: rsa::pkcs1::ALGORITHM_OID,
                parameters: Some(AnyRef::NULL),
            },
            subject_public_key: BitStringRef::from_bytes(&numbers).ok()?,
        }
        .to_der()
        .ok()
    }

    /// What is wrong with the key. The primes of a good key are far apart; those of a bad one are
    /// found from the square root of the modulus in a few steps (Fermat).
    pub fn weaknesses(&self) -> Vec<Weakness> {
        let mut found = Vec::new();
        if self.bits() < 2048 {
            found.push(Weakness::Short(self.bits()));
        }
        if self.exponent.last().is_none_or(|byte| byte % 2 == 0) || self.exponent == [1] {
            found.push(Weakness::Exponent);
        }
        if self.has_findable_primes() {
            found.push(Weakness::Primes);
        }
        found
    }

    fn has_findable_primes(&self) -> bool {
        const ROUNDS: u32 = 100;
        if self.modulus.last().is_none_or(|byte| byte % 2 == 0) {
            return true;
        }
        // Room for squares above the modulus.
        let mut padded = vec![0; 16];
        padded.extend_from_slice(&self.modulus);
        let modulus = BoxedUint::from_be_slice_vartime(&padded);
        let mut middle = modulus.floor_sqrt_vartime();
        if middle.wrapping_square() == modulus {
            return true;
        }
        let one = BoxedUint::one_with_precision(modulus.bits_precision());
        // From round to round the rest, middle² - modulus, grows by 2·middle + 1.
        middle = middle.wrapping_add(&one);
        let mut rest = middle.wrapping_square().wrapping_sub(&modulus);
        for _ in 0..ROUNDS {
            // A square ends in 0, 1, 4, 9 modulo 16, which spares most of the roots.
            let low = rest.to_words().first().copied().unwrap_or(0) % 16;
            if matches!(low, 0 | 1 | 4 | 9) && rest.checked_sqrt_vartime().is_some() {
                return true;
            }
            rest = rest.wrapping_add(&middle).wrapping_add(&middle).wrapping_add(&one);
            middle = middle.wrapping_add(&one);
        }
        false
    }

    /// Whether two numbers without a word around them can be a key.
    pub(super) fn is_plausible(&self) -> bool {
        let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
        self.bits() >= 512
            && is_odd(&self.modulus)
            && is_odd(&self.exponent)
            && self.exponent.len() <= 8
            && self.exponent != [1]
    }
}

/// All key material in `bytes`: a binary file, or text with keys in it.
pub fn read(bytes: &[u8]) -> Vec<KeyMaterial> {
    if bytes.len() <= MAX_DER
        && let Some(material) = binary(bytes)
    {
        return vec![material];
    }
    let mut search = Search { found: Vec::new(), budget: bytes.len() * 8 };
    if bytes.len() <= MAX_TEXT {
        search.text(bytes, 0);
    }
    search.found
}

/// Looks for keys in text.
struct Search {
    found: Vec<KeyMaterial>,
    /// Digits of base64 that may still be decoded, over all layers: the work stays in proportion
    /// to the input, whatever it holds.
    budget: usize,
}

/// Key material that `bytes` begin with.
fn binary(bytes: &[u8]) -> Option<KeyMaterial> {
    let range = 0..bytes.len();
    let encoded = |encoding, form, kind, private| {
        Some(KeyMaterial { range, layers: 0, encoding, form, kind, private, kid: None })
    };
    if let Some(form) = key_store(bytes) {
        return encoded(Encoding::Der, form, Kind::Store, false);
    }
    if bytes.first() == Some(&0x30) {
        let found = asn1::classify(bytes, false)?;
        return encoded(Encoding::Der, found.form, found.kind, found.private);
    }
    if let Some(kind) = ssh_public(bytes) {
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
        [0xfe, 0xed, 0xfe, 0xed, ..] | [0xce, 0xce, 0xce, 0xce, ..] => Some(Form::JavaKeyStore),
        [0x30, length, ..] => {
            let header = if length & 0x80 == 0 { 2 } else { 2 + usize::from(length & 0x7f) };
            let body = bytes.get(header..)?.strip_prefix(&VERSION)?;
            let head = &body[..body.len().min(16)];
            head.windows(DATA.len()).any(|part| part == DATA).then_some(Form::Pkcs12)
        }
        _ => None,
    }
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";

fn pem(bytes: &[u8], layers: u8, found: &mut Vec<KeyMaterial>) {
    let mut ends = memmem::find_iter(bytes, END).peekable();
    let mut begins = memmem::find_iter(bytes, BEGIN).peekable();
    while let Some(begin) = begins.next() {
        while ends.peek().is_some_and(|end| *end < begin) {
            ends.next();
        }
        let Some(&end) = ends.peek() else { return };
        // A block that was cut off before another begins.
        if begins.peek().is_some_and(|next| *next < end) {
            continue;
        }
        let Some((label, body_at)) = label_at(bytes, begin + BEGIN.len()) else { continue };
        let Some((closing, after)) = label_at(bytes, end + END.len()) else { continue };
        if label != closing || body_at > end {
            continue;
        }
        let range = begin..after;
        let material = |encoding, form, kind, private| KeyMaterial {
            range: range.clone(),
            layers,
            encoding,
            form,
            kind,
            private,
            kid: None,
        };
        let body = &bytes[body_at..end];
        let private = label.ends_with(b"PRIVATE KEY");
        if private && memmem::find(body, b",ENCRYPTED").is_some() {
            found.push(material(Encoding::Pem, Form::EncryptedPem, Kind::Encrypted, true));
            continue;
        }
        let is_key = private || label.ends_with(b"PUBLIC KEY") || label.ends_with(b"CERTIFICATE");
        let Some(content) = is_key.then(|| armoured(body)).flatten() else { continue };
        if label == b"OPENSSH PRIVATE KEY" {
            if let Some(kind) = ssh_private(&content) {
                found.push(material(Encoding::Pem, Form::OpenSshPrivate, kind, true));
            }
        } else if content.len() <= MAX_DER
            && let Some(it) = asn1::classify(&content, true)
        {
            found.push(material(Encoding::Pem, it.form, it.kind, it.private));
        }
    }
}

/// The label between `at` and the dashes, and where it ends.
fn label_at(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    const LONGEST: usize = 40;
    let rest = &bytes[at..bytes.len().min(at + LONGEST)];
    let length = memmem::find(rest, b"-----")?;
    let label = &rest[..length];
    let is_label = label.iter().all(|byte| byte.is_ascii_alphanumeric() || b" .".contains(byte));
    is_label.then_some((label, at + length + 5))
}

/// The bytes within PEM's armour. Breaks of any kind may stand in it: real ones with indentation,
/// `\n` as environment files and JSON write them, blanks, quotes.
fn armoured(body: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut digits = Zeroizing::new(Vec::with_capacity(body.len()));
    let mut line_start = 0;
    let mut at = 0;
    while at < body.len() {
        let byte = body[at];
        match byte {
            b'\\' if matches!(body.get(at + 1), Some(b'n' | b'r' | b't')) => {
                at += 1;
                line_start = digits.len();
            }
            b'\n' | b'\r' => line_start = digits.len(),
            b' ' | b'\t' | b'"' | b'\'' | b',' | b'\\' => {}
            // A header such as `Key: value`: not a part of the key.
            b':' => {
                digits.truncate(line_start);
                while at < body.len() && body[at] != b'\n' && !body[at..].starts_with(b"\\n") {
                    at += 1;
                }
                continue;
            }
            _ if base64::is_digit(byte) || byte == b'=' => digits.push(byte),
            _ => return None,
        }
        at += 1;
    }
    base64::decode(&digits)
}

/// The kind of an OpenSSH private key, from its public half, which is never encrypted.
fn ssh_private(content: &[u8]) -> Option<Kind> {
    let mut rest = content.strip_prefix(b"openssh-key-v1\0")?;
    let cipher = ssh_string(&mut rest)?;
    for _ in ["kdf", "its options"] {
        ssh_string(&mut rest)?;
    }
    rest = rest.get(4..)?;
    let public = ssh_public(ssh_string(&mut rest)?)?;
    Some(if cipher == b"none" { public } else { Kind::Encrypted })
}

fn ssh_public(content: &[u8]) -> Option<Kind> {
    let mut rest = content;
    Some(match ssh_string(&mut rest)? {
        b"ssh-rsa" => {
            let exponent = ssh_string(&mut rest)?;
            Kind::Rsa(RsaPublic::new(ssh_string(&mut rest)?, exponent)?)
        }
        b"ssh-ed25519" | b"sk-ssh-ed25519@openssh.com" => Kind::Other("Ed25519"),
        b"ssh-dss" => Kind::Other("DSA"),
        name if name.starts_with(b"ecdsa-sha2-") => Kind::Other("EC"),
        name if name.starts_with(b"sk-ecdsa-sha2-") => Kind::Other("EC"),
        _ => return None,
    })
}

/// A string with its length before it.
fn ssh_string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (string, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(string)
}

/// The members of a JSON web key that say what it is. Private ones are seen and not kept.
#[derive(Deserialize)]
struct Jwk<'a> {
    #[serde(borrow)]
    kty: Cow<'a, str>,
    #[serde(borrow)]
    n: Option<Cow<'a, str>>,
    #[serde(borrow)]
    e: Option<Cow<'a, str>>,
    kid: Option<String>,
    #[serde(borrow)]
    crv: Option<Cow<'a, str>>,
    d: Option<IgnoredAny>,
    k: Option<IgnoredAny>,
}

/// Finds JSON objects that say `"kty"` themselves.
fn jwk(bytes: &[u8], layers: u8, found: &mut Vec<KeyMaterial>) {
    struct Open {
        at: usize,
        is_key: bool,
    }
    const NAME: &[u8] = b"\"kty\"";
    if memmem::find(bytes, NAME).is_none() {
        return;
    }
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'{' => open.push(Open { at, is_key: false }),
            b'}' => {
                let depth = open.len();
                if let Some(object) = open.pop()
                    && object.is_key
                    && depth <= MAX_NESTING
                    && at - object.at < MAX_JWK
                {
                    let range = object.at..at + 1;
                    found.extend(json_key(&bytes[range.clone()], range, layers));
                }
            }
            b'"' => {
                let end = string_end(bytes, at);
                if &bytes[at..end] == NAME
                    && let Some(object) = open.last_mut()
                {
                    object.is_key = true;
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
}

/// Where a JSON string ends. A line's end ends it too: the text around an object need not be JSON.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at + 1,
            b'\n' => return at,
            b'\\' => at += 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

fn json_key(object: &[u8], range: Range<usize>, layers: u8) -> Option<KeyMaterial> {
    let key: Jwk<'_> = serde_json::from_slice(object).ok()?;
    let kind = match &*key.kty {
        "RSA" => Kind::Rsa(RsaPublic::from_base64(key.n.as_deref()?, key.e.as_deref()?)?),
        "EC" => Kind::Other("EC"),
        "oct" => Kind::Other("symmetric"),
        "OKP" => Kind::Other(match key.crv.as_deref() {
            Some("Ed448") => "Ed448",
            Some("X25519") => "X25519",
            Some("X448") => "X448",
            _ => "Ed25519",
        }),
        _ => return None,
    };
    let private = key.d.is_some() || key.k.is_some();
    Some(KeyMaterial {
        range,
        layers,
        encoding: Encoding::Jwk,
        form: if private { Form::JwkPrivate } else { Form::JwkPublic },
        kind,
        private,
        kid: key.kid,
    })
}

impl Search {
    /// Looks for PEM, JSON web keys and base64, in this order, so that the base64 within PEM and
    /// within JSON web keys is left to them.
    fn text(&mut self, bytes: &[u8], layers: u8) {
        let first = self.found.len();
        pem(bytes, layers, &mut self.found);
        jwk(bytes, layers, &mut self.found);
        if layers < MAX_LAYERS {
            let mut taken: Vec<Range<usize>> =
                self.found[first..].iter().map(|it| it.range.clone()).collect();
            taken.sort_by_key(|range| range.start);
            self.wrapped(bytes, layers + 1, &taken);
        }
        self.found[first..].sort_by_key(|material| (material.range.start, material.range.end));
    }

    /// Looks into base64. Where joined lines decode to nothing, the next line is tried as a
    /// beginning.
    fn wrapped(&mut self, bytes: &[u8], layers: u8, taken: &[Range<usize>]) {
        let mut taken = taken.iter().peekable();
        let mut at = 0;
        while at < bytes.len() {
            while taken.next_if(|range| range.end <= at).is_some() {}
            if let Some(range) = taken.next_if(|range| range.start <= at) {
                at = range.end;
                continue;
            }
            if !base64::is_digit(bytes[at]) {
                at += 1;
                continue;
            }
            let line = at..digits_end(bytes, at);
            at = line.end;
            if !is_promising(&bytes[line.clone()]) {
                continue;
            }
            let run = Run::from(bytes, line, self.budget);
            self.budget = self.budget.saturating_sub(run.length);
            if run.length >= MIN_DIGITS
                && let Some(end) = self.unwrapped(bytes, &run, layers)
            {
                at = end;
            }
        }
    }

    /// Decodes a run. Returns where it ends, if there was key material in it.
    fn unwrapped(&mut self, bytes: &[u8], run: &Run, layers: u8) -> Option<usize> {
        let mut digits = run.digits(bytes);
        let head = base64::decode(&digits[..8])?;
        // What follows a structure may be something else, for instance another key.
        if let Some(length) = asn1::announced(&head) {
            digits.truncate((length * 4).div_ceil(3));
        }
        let content = base64::decode(&digits)?;
        let before = self.found.len();
        if let Some(inner) = binary(&content) {
            self.found.push(KeyMaterial { layers, ..inner });
        } else if is_text(&content) {
            self.text(&content, layers);
        }
        let mut end = run.after(digits.len());
        while bytes.get(end) == Some(&b'=') {
            end += 1;
        }
        for material in &mut self.found[before..] {
            material.range = run.start()..end;
        }
        (self.found.len() > before).then_some(end)
    }
}

/// Whether a line's first digits can be those of a key, of PEM, of JSON, or of base64 again.
fn is_promising(line: &[u8]) -> bool {
    line.get(..4).and_then(base64::decode).is_some_and(|head| {
        head.starts_with(&[0x30]) || head.starts_with(&[0, 0, 0]) || is_text(&head)
    })
}

/// Digits of base64 that belong together, perhaps over several lines.
struct Run {
    lines: Vec<Range<usize>>,
    length: usize,
}

impl Run {
    /// The line, and those that it goes on in.
    fn from(bytes: &[u8], line: Range<usize>, budget: usize) -> Run {
        let mut run = Run { length: line.len(), lines: vec![line.clone()] };
        let mut last = line;
        // Padding ends it, and so does a line that nobody would have broken there.
        while last.len() >= WRAPPED && bytes[last.end - 1] != b'=' && run.length < budget {
            let Some(next) = next_line(bytes, last.end) else { break };
            last = next..digits_end(bytes, next);
            // Only a line of nothing else goes on. `---` begins a YAML document.
            if last.is_empty() || !ends_line(bytes, last.end) || bytes[next..].starts_with(b"--") {
                break;
            }
            run.length += last.len();
            run.lines.push(last.clone());
        }
        run
    }

    fn start(&self) -> usize {
        self.lines.first().map_or(0, |line| line.start)
    }

    fn digits(&self, bytes: &[u8]) -> Zeroizing<Vec<u8>> {
        let mut digits = Zeroizing::new(Vec::with_capacity(self.length));
        for line in &self.lines {
            digits.extend_from_slice(&bytes[line.clone()]);
        }
        digits
    }

    /// Where the text stands after so many digits.
    fn after(&self, digits: usize) -> usize {
        let mut left = digits;
        for line in &self.lines {
            if left <= line.len() {
                return line.start + left;
            }
            left -= line.len();
        }
        self.lines.last().map_or(0, |line| line.end)
    }
}

/// The end of the digits from `start` on, with padding.
fn digits_end(bytes: &[u8], start: usize) -> usize {
    let mut end = start;
    while end < bytes.len() && base64::is_digit(bytes[end]) {
        end += 1;
    }
    for _ in 0..2 {
        if end > start && bytes.get(end) == Some(&b'=') {
            end += 1;
        }
    }
    end
}

/// The first byte of the next line that is no blank, if the line ends at `at`. `\n` in quotes
/// counts.
fn next_line(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    let blanks = |from: usize| {
        rest[from..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count()
    };
    let line_end = blanks(0);
    let break_length = if rest.get(line_end) == Some(&b'\n') {
        1
    } else if rest[line_end..].starts_with(b"\\r\\n") {
        4
    } else if rest[line_end..].starts_with(b"\\n") {
        2
    } else {
        return None;
    };
    let next = line_end + break_length;
    Some(at + next + blanks(next))
}

fn ends_line(bytes: &[u8], at: usize) -> bool {
    match bytes.get(at) {
        None | Some(b'"' | b'\'') => true,
        Some(_) => next_line(bytes, at).is_some(),
    }
}

/// Whether it reads like text at its beginning.
fn is_text(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && bytes.iter().take(64).all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
}
