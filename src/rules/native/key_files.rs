//! What the bytes of the server's keys say: whether the two files are one pair, whether the
//! key can be forged, who can read the private half, whether anything is mounted at all.

use crate::crypto::keys::{Encoding, Form, Kind, RsaPublic, Weakness};
use crate::deployment::evidence::{Holder, KeyPlace};
use crate::deployment::value::State;
use crate::deployment::version::Confidence;
use crate::rules::condition::{Case, Truth};
use crate::rules::schema::{Condition, Fact, KeyHolder};
use crate::source::Span;

use super::{Field, Hit, LooseCase, Mark};

const PUBLIC: &str = "jwtTokenConfiguration.rsapublicKeyFilePath";
const PRIVATE: &str = "jwtTokenConfiguration.rsaprivateKeyFilePath";

/// The path of a key as the image's file system has it, if the files show it.
pub(super) fn path(case: &Case<'_>, setting: &str) -> Option<String> {
    let value = case.value(setting);
    let text = value.text.unquoted().outline();
    let shown = matches!(value.state, State::Written | State::Default) && value.text.is_known();
    (shown && !text.is_empty()).then(|| case.knowledge.patterns.absolute_key_path(&text))
}

/// Keys that the server finds at a path.
pub(super) fn at<'a>(case: &Case<'a>, path: &str) -> Vec<&'a KeyPlace> {
    let keys = case.deployment.evidence.keys.iter();
    keys.filter(|key| key.target.as_deref() == Some(path)).collect()
}

/// The RSA key of a piece of material.
pub(super) fn rsa(key: &KeyPlace) -> Option<&RsaPublic> {
    match &key.material.kind {
        Kind::Rsa(key) => Some(key),
        _ => None,
    }
}

/// The server reads a key from this path or from one that the files do not show, and the files
/// do not show the key either.
pub(super) fn is_unseen(case: &Case<'_>, setting: &str) -> bool {
    let value = case.value(setting);
    match value.state {
        State::Written | State::Default if value.text.is_known() => path(case, setting)
            .is_some_and(|path| !at(case, &path).into_iter().any(|key| rsa(key).is_some())),
        State::Absent | State::Empty => false,
        _ => true,
    }
}

/// The same for the server's own pair.
pub(super) fn are_unseen(case: &Case<'_>) -> bool {
    [PUBLIC, PRIVATE].into_iter().any(|setting| is_unseen(case, setting))
}

/// The two keys are not halves of one pair: by their bytes, or because only the public path
/// was changed.
pub(super) fn mismatch(case: &Case<'_>, public: &str, private: &str) -> Vec<Hit> {
    let own = |setting: &str| {
        let value = case.value(setting);
        let text = value.text.unquoted().outline();
        let is_known = value.text.is_known() && !text.is_empty();
        let shipped = is_known && case.knowledge.patterns.is_shipped_key_path(&text);
        let covered = is_known && case.covering_mount(&text).is_some();
        match value.state {
            State::Written | State::Default if is_known => Some(!shipped || covered),
            _ => None,
        }
    };
    let fields = || vec![Field::whole(case.setting(private)), Field::whole(case.setting(public))];
    if own(public) == Some(true) && own(private) == Some(false) {
        let official = case.holds(&Condition::Fact(Fact::OfficialImage));
        return vec![Hit {
            fields: fields(),
            compares: true,
            confidence: (official != Truth::True).then_some(Confidence::Medium),
            ..Hit::default()
        }];
    }
    let keys = |setting: &str| path(case, setting).map(|path| at(case, &path)).unwrap_or_default();
    let (publics, privates) = (keys(public), keys(private));
    let (Some(one), Some(other)) = (publics.first(), privates.first()) else { return Vec::new() };
    let (Some(left), Some(right)) = (rsa(one), rsa(other)) else { return Vec::new() };
    if left.modulus() == right.modulus() {
        return Vec::new();
    }
    let mark = |key: &KeyPlace| Mark { span: key.span, text: key.describe() };
    vec![Hit {
        fields: fields(),
        place: Some(mark(other)),
        related: vec![mark(one)],
        words: vec![("what", other.describe())],
        compares: true,
        ..Hit::default()
    }]
}

/// Keys of the server that can be forged, or that it cannot use.
pub(super) fn weak(case: &Case<'_>) -> Vec<Hit> {
    let [public, private] = [PUBLIC, PRIVATE].map(|setting| path(case, setting));
    let keys = case.deployment.evidence.keys.iter();
    keys.filter_map(|key| {
        let is_at = |path: &Option<String>| path.is_some() && key.target == *path;
        let wanted = match (is_at(&public), is_at(&private)) {
            (true, _) => Some(Form::Spki),
            (_, true) => Some(Form::Pkcs8Private),
            _ => None,
        };
        if wanted.is_none() && !is_key_name(&key.name) {
            return None;
        }
        weakness(key).or_else(|| unreadable(key, wanted?))
    })
    .collect()
}

/// A key that the server finds and cannot load, since it stands there in another form.
fn unreadable(key: &KeyPlace, wanted: Form) -> Option<Hit> {
    let material = &key.material;
    if material.encoding == Encoding::Der && material.form == wanted {
        return None;
    }
    let why = format!("OpenMetadata loads {} in DER here, and nothing else", wanted.name());
    Some(hit(key, why))
}

fn hit(key: &KeyPlace, why: String) -> Hit {
    Hit {
        place: Some(Mark { span: key.span, text: key.describe() }),
        words: vec![("what", key.describe()), ("why", why)],
        ..Hit::default()
    }
}

/// The same for keys that no deployment mounts, but whose names say whose they are.
pub(super) fn weak_loose(case: &LooseCase<'_>) -> Vec<Hit> {
    let keys = case.loose.keys.iter();
    keys.filter(|key| is_key_name(&key.name)).filter_map(weakness).collect()
}

fn is_key_name(name: &str) -> bool {
    name.starts_with("private_key.") || name.starts_with("public_key.")
}

fn weakness(key: &KeyPlace) -> Option<Hit> {
    let why = match &key.material.kind {
        Kind::Encrypted => "it is encrypted, and OpenMetadata has no password for it".to_owned(),
        Kind::Other(_) if !is_key_name(&key.name) => return None,
        Kind::Store => "it is a key store, and OpenMetadata loads single keys".to_owned(),
        Kind::CutOff => "its end is missing, and OpenMetadata cannot load it".to_owned(),
        Kind::Other(name) => format!("it is a key for {name}, and OpenMetadata signs with RSA"),
        Kind::Rsa(rsa) => match rsa.weaknesses().first()? {
            Weakness::Short(bits) => format!("{bits} bits are too few"),
            Weakness::Exponent => "its exponent lets signatures be forged".to_owned(),
            Weakness::Primes => "its primes can be found".to_owned(),
        },
    };
    Some(hit(key, why))
}

/// Private keys of the server that more people can read than must.
pub(super) fn private_place(case: &Case<'_>, holder: KeyHolder) -> Vec<Hit> {
    if holder == KeyHolder::WorldReadable {
        return world_readable(case);
    }
    let known = &case.knowledge.known_keys;
    let keys = case.deployment.evidence.keys.iter();
    keys.filter(|key| key.material.private && rsa(key).is_none_or(|rsa| known.find(rsa).is_none()))
        .filter(|key| match holder {
            KeyHolder::Tree => {
                key.holder == Holder::File && !case.sources.get(key.span.source).kept_out
            }
            _ => key.holder == Holder::ConfigMap,
        })
        .map(exposed)
        .collect()
}

/// The same for keys that no deployment mounts, but whose names say whose they are.
pub(super) fn private_place_loose(case: &LooseCase<'_>, holder: KeyHolder) -> Vec<Hit> {
    let known = &case.knowledge.known_keys;
    let source = case.sources.get(case.source);
    case.loose
        .keys
        .iter()
        .filter(|key| key.material.private && rsa(key).is_none_or(|rsa| known.find(rsa).is_none()))
        .filter(|key| match holder {
            KeyHolder::Tree => {
                let beside = source.name().starts_with("private_key.") && case.beside_ours;
                key.holder == Holder::File && beside && !source.kept_out
            }
            KeyHolder::ConfigMap => {
                key.holder == Holder::ConfigMap && (is_key_name(&key.name) || in_its_form(key))
            }
            KeyHolder::WorldReadable => false,
        })
        .map(|key| {
            // In the form that the server loads, but nothing says that it is the server's.
            let stray = !is_key_name(&key.name) && !case.beside_ours;
            Hit { confidence: stray.then_some(Confidence::Medium), ..exposed(key) }
        })
        .collect()
}

/// The form in which the server loads a private key.
fn in_its_form(key: &KeyPlace) -> bool {
    key.material.form == Form::Pkcs8Private
}

fn exposed(key: &KeyPlace) -> Hit {
    Hit {
        place: Some(Mark { span: key.span, text: key.describe() }),
        words: vec![("what", key.describe())],
        ..Hit::default()
    }
}

/// Mounts over a private key whose written mode lets everybody read: over the path that the
/// server reads it from, and over any that the files show.
fn world_readable(case: &Case<'_>) -> Vec<Hit> {
    let evidence = &case.deployment.evidence;
    let shown = evidence.keys.iter().filter(|key| key.material.private);
    let paths = path(case, PRIVATE).into_iter().chain(shown.filter_map(|key| key.target.clone()));
    let mut found: Vec<(u32, Span)> = paths
        .filter_map(|path| {
            let mounts = evidence.mounts.iter().filter(|mount| mount.covers(&path));
            // The mode of a file of its own counts more than that of the volume.
            mounts.filter(|mount| mount.mode.is_some()).max_by_key(|mount| mount.target.len())?.mode
        })
        .filter(|(mode, _)| mode & 0o004 != 0)
        .collect();
    found.sort_by_key(|(_, span)| (span.source, span.start));
    found.dedup();
    let hit = |(mode, span)| Hit {
        place: Some(Mark { span, text: String::new() }),
        words: vec![("what", format!("mode {mode:04o}"))],
        ..Hit::default()
    };
    found.into_iter().map(hit).collect()
}

/// Key paths of the server's own over which nothing is laid.
pub(super) fn unmounted(case: &Case<'_>, public: &str, private: &str) -> Vec<Hit> {
    let bare = |setting: &str| {
        let value = case.value(setting);
        let text = value.text.unquoted().outline();
        value.state == State::Written
            && value.text.is_known()
            && !text.is_empty()
            && !case.knowledge.patterns.is_shipped_key_path(&text)
            && case.covering_mount(&text).is_none()
    };
    let fields: Vec<Field> = [public, private]
        .into_iter()
        .filter(|setting| bare(setting))
        .map(|setting| Field::whole(case.setting(setting)))
        .collect();
    if fields.is_empty() { Vec::new() } else { vec![Hit { fields, ..Hit::default() }] }
}
