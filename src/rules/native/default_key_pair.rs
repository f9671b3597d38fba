//! The server signs with the key pair that OpenMetadata ships. Bytes are proof; where they are
//! not shown, the shipped path with nothing mounted over it is. Of a pair that the user has
//! retired, bytes are the only proof.

use crate::deployment::evidence::KeyPlace;
use crate::deployment::value::State;
use crate::deployment::version::Confidence;
use crate::rules::condition::{Case, Truth};
use crate::rules::schema::{Condition, Fact, Predicate};

use super::super::Knowledge;
use super::{Field, Hit, LooseCase, Mark, key_files};

pub(super) fn run(case: &Case<'_>, public: &str, private: &str, switch: &str) -> Vec<Hit> {
    if let Some(hit) = by_bytes(case, public, private, false) {
        return vec![hit];
    }
    let shipped = |setting: &str| {
        let value = case.value(setting);
        let text = value.text.unquoted().outline();
        matches!(value.state, State::Written | State::Default)
            && value.text.is_known()
            && case.knowledge.patterns.is_shipped_key_path(&text)
            && case.covering_mount(&text).is_none()
    };
    if !shipped(public) {
        return of_copies(case, public, private, false);
    }
    let official = case.holds(&Condition::Fact(Fact::OfficialImage));
    let mut hit = Hit {
        fields: vec![Field::whole(case.setting(public))],
        confidence: (official != Truth::True).then_some(Confidence::Medium),
        ..Hit::default()
    };
    if shipped(private) {
        hit.fields.push(Field::whole(case.setting(private)));
    }
    let off = case.value(switch);
    let is_off = case.meets(case.setting(switch), off, &Predicate::Equals(vec!["false".into()]));
    if is_off == Truth::True
        && let Some(span) = off.origin.span
    {
        let text = "with this off the chart sets no key paths, so the image's own pair is in force";
        hit.related.push(Mark { span, text: text.into() });
    }
    hit.related.extend(mounted_copies(case, false).map(mark));
    vec![hit]
}

/// What the bytes say of a pair that is only known by them.
pub(super) fn run_by_bytes(case: &Case<'_>, public: &str, private: &str) -> Vec<Hit> {
    match by_bytes(case, public, private, true) {
        Some(hit) => vec![hit],
        None => of_copies(case, public, private, true),
    }
}

/// Keys that the server's files bring along, at other paths than those it reads, as where the
/// path names another form of the same file.
fn mounted_copies<'a>(case: &Case<'a>, retired: bool) -> impl Iterator<Item = &'a KeyPlace> {
    let keys = case.deployment.evidence.keys.iter();
    keys.filter(move |key| key.target.is_some() && title(case.knowledge, key, retired).is_some())
}

fn of_copies(case: &Case<'_>, public: &str, private: &str, retired: bool) -> Vec<Hit> {
    let mut copies = mounted_copies(case, retired);
    let Some(first) = copies.next() else { return Vec::new() };
    vec![Hit {
        fields: vec![Field::whole(case.setting(public)), Field::whole(case.setting(private))],
        place: Some(mark(first)),
        words: vec![
            ("what", first.describe()),
            ("title", title(case.knowledge, first, retired).unwrap_or_default()),
        ],
        real: first.material.private,
        related: copies.map(mark).collect(),
        ..Hit::default()
    }]
}

fn mark(key: &KeyPlace) -> Mark {
    Mark { span: key.span, text: key.describe() }
}

/// The bytes at the configured paths, where the files show them.
fn by_bytes(case: &Case<'_>, public: &str, private: &str, retired: bool) -> Option<Hit> {
    let title = |key: &KeyPlace| title(case.knowledge, key, retired);
    let is_known = |key: &KeyPlace| title(key).is_some();
    let mut found: Vec<(&str, &KeyPlace)> = Vec::new();
    for setting in [public, private] {
        let Some(path) = key_files::path(case, setting) else { continue };
        let keys = key_files::at(case, &path);
        found.extend(keys.into_iter().filter(|key| is_known(key)).map(|key| (setting, key)));
    }
    let (_, first) = *found.first()?;
    let mut related: Vec<Mark> = found[1..].iter().map(|(_, key)| mark(key)).collect();
    for (setting, _) in &found {
        if let Some(span) = case.value(setting).origin.span {
            related.push(Mark { span, text: "the server reads it from this path".into() });
        }
    }
    Some(Hit {
        fields: vec![Field::whole(case.setting(public)), Field::whole(case.setting(private))],
        place: Some(mark(first)),
        related,
        words: vec![("what", first.describe()), ("title", title(first)?)],
        real: found.iter().any(|(_, key)| key.material.private),
        ..Hit::default()
    })
}

/// Copies of the pair that no server is seen to read.
pub(super) fn run_loose(case: &LooseCase<'_>, retired: bool) -> Vec<Hit> {
    let keys = case.loose.keys.iter();
    // The public half that the configuration itself names is no copy of the pair.
    let keys = keys.filter(|key| !retired || key.material.private);
    let titled = keys.filter_map(|key| Some((key, title(case.knowledge, key, retired)?)));
    titled
        .map(|(key, title)| Hit {
            place: Some(mark(key)),
            words: vec![("what", key.describe()), ("title", title)],
            real: key.material.private,
            ..Hit::default()
        })
        .collect()
}

/// What a known key is called.
fn title(knowledge: &Knowledge, key: &KeyPlace, retired: bool) -> Option<String> {
    let known = knowledge.known_keys.find(key_files::rsa(key)?)?;
    (known.retired == retired).then(|| known.title.clone())
}
