//! Puts what was found into words: messages, labels, remedies. Values appear only where the
//! catalogue calls their setting public.

use crate::deployment::Deployment;
use crate::deployment::catalogue::SettingId;
use crate::deployment::value::{Fragment, Piece, State, Unknown, Value};
use crate::deployment::version::Confidence;
use crate::rules::condition::Case;
use crate::rules::native::{Field, Hit, LooseCase};
use crate::rules::schema::Profile;
use crate::rules::schema::Texts;
use crate::source::{Sources, Span, Text, mask};

use super::finding::{Finding, Further, Label, MOST_RELATED};
use super::judge::Found;
use super::remedy::Written;
use super::{Options, remedy};

/// The longest value that a sentence repeats, in characters.
const LONGEST_VALUE: usize = 200;

/// The finding in words; none if it has no place to point at.
pub(super) fn finding(case: &Case<'_>, found: &Found<'_>) -> Option<Finding> {
    let sheet = case.knowledge.sheet(&found.rule.id)?;
    let preview = sheet.is_preview();
    let texts = &sheet.texts;
    let hit = &found.hit;
    let lead = hit.fields.first();
    let fill = |text: &str, id: Option<SettingId>| fill(case, text, id, &hit.words);
    let (span, label) = match (&hit.place, lead) {
        (Some(mark), _) => (mark.span, fill(&texts.label, None)),
        (None, Some(field)) => (place(case, field)?, field_label(case, texts, field, &hit.words)),
        (None, None) => return None,
    };

    let mut related: Vec<Label> = Vec::new();
    let mut add = |at: Option<Span>, message: String| {
        if let Some(at) = at
            && at != span
            && related.len() < MOST_RELATED
            && related.iter().all(|label| label.span != at)
        {
            related.push(Label { span: at, message });
        }
    };
    if let Some(field) = lead {
        for &extra in field.spans.iter().skip(1).take(MOST_RELATED) {
            add(Some(extra), fill(&texts.label, Some(field.id)));
        }
    }
    for field in hit.fields.iter().skip(1) {
        add(place(case, field), field_label(case, texts, field, &hit.words));
    }
    for &id in &hit.reasons {
        let value = case.deployment.value(id);
        if matches!(value.state, State::Written | State::Empty) {
            let path = &case.knowledge.catalogue.get(id).path;
            let text = match texts.because.get(path) {
                Some(text) => fill(text, Some(id)),
                None => fill("`{name}` is {value} here", Some(id)),
            };
            add(value.origin.span, text);
        }
    }
    for mark in &hit.related {
        add(Some(mark.span), fill(&mark.text, None));
    }
    for field in &hit.fields {
        let value = case.deployment.value(field.id);
        for step in &value.origin.steps {
            add(step.span, mask::sentence(&step.what));
        }
        for spelling in &case.knowledge.catalogue.get(field.id).env {
            if let Some(&echo) = case.deployment.echoes.get(&spelling.name) {
                add(Some(echo), "the migrate job gets the same here".to_owned());
            }
        }
    }

    let setting = match &hit.place {
        Some(_) => None,
        None => lead.map(|field| case.knowledge.catalogue.get(field.id).path.clone()),
    };
    let unset = hit.place.is_none()
        && lead.is_some_and(|field| {
            field.spans.is_empty() && case.deployment.value(field.id).state == State::Default
        });
    let mut written = lead
        .map(|field| remedy::written(case, &texts.remedy, hit, field, span, unset))
        .unwrap_or_default();
    // Without the word that it is made of there is nothing to write.
    let is_known = |text: &&str| {
        let mut words = hit.words.iter();
        !text.contains('{') || words.any(|(word, _)| text.contains(&format!("{{{word}}}")))
    };
    let here = texts.remedy.here.as_deref().filter(|_| hit.place.is_some()).filter(is_known);
    let here = here.map(|text| fill(text, None));
    if let Some(text) = here {
        written = Written { text, place: " in its place".to_owned(), note: "" };
    }
    let mut further = match hit.place {
        Some(_) => Vec::new(),
        None => remedy::further(case, &texts.remedy, hit, span),
    };
    let beside = texts.remedy.beside.iter();
    let beside =
        beside.filter(|beside| hit.place.is_none() && beside.kind == case.deployment.kind.name());
    further.extend(beside.map(|beside| {
        let place = format!(" {}", beside.place);
        (span, Written { text: fill(beside.text.trim_end(), None), place, note: "" })
    }));
    let said = [Some(texts.remedy.say.as_str()), texts.remedy.also.of(case.deployment.kind.name())];
    let said = said.into_iter().flatten().map(|text| fill(text, lead.map(|field| field.id)));
    let mut advice: Vec<String> = said.collect();
    advice.extend((!written.note.is_empty()).then(|| written.note.to_owned()));
    Some(Finding {
        rule: found.rule.id.clone(),
        severity: found.severity,
        confidence: found.confidence,
        doubt: doubt(case, texts, found),
        deployments: vec![case.deployment.id.clone()],
        message: message(case, texts, hit, &fill),
        setting,
        primary: Label { span, message: label },
        unset,
        related,
        remedy: written.text,
        remedy_place: written.place,
        further: further
            .into_iter()
            .map(|(span, written)| Further { span, text: written.text, place: written.place })
            .collect(),
        advice: advice.join(" "),
        fingerprint: String::new(),
        illustrative: case.deployment.illustrative && !(found.rule.real_in_examples || hit.real),
        preview,
        waived: None,
    })
}

/// A finding about what a file shows by itself.
pub(super) fn loose_finding(
    case: &LooseCase<'_>,
    found: &Found<'_>,
    options: Options<'_>,
    deployments: &[Deployment],
) -> Option<Finding> {
    let sheet = case.knowledge.sheet(&found.rule.id)?;
    let (texts, preview) = (&sheet.texts, sheet.is_preview());
    let involved =
        deployments.iter().filter(|deployment| deployment.sources.contains(&case.source));
    let mark = found.hit.place.as_ref()?;
    let fill = |text: &str| with_words(text, &found.hit.words);
    let profile = options.policy.profile_at(case.sources, case.source);
    let severity = match (profile, found.rule.development) {
        (Profile::Development, Some(level)) => found.severity.min(level),
        _ => found.severity,
    };
    Some(Finding {
        rule: found.rule.id.clone(),
        severity,
        confidence: found.confidence,
        doubt: texts.doubt.clone().filter(|_| found.confidence != Confidence::High),
        deployments: involved.map(|deployment| deployment.id.clone()).collect(),
        message: fill(&texts.message),
        setting: None,
        primary: Label { span: mark.span, message: fill(&texts.label) },
        unset: false,
        related: found
            .hit
            .related
            .iter()
            .map(|mark| Label { span: mark.span, message: mark.text.clone() })
            .collect(),
        remedy: String::new(),
        remedy_place: String::new(),
        further: Vec::new(),
        advice: fill(&texts.remedy.say),
        fingerprint: String::new(),
        illustrative: case.sources.get(case.source).illustrative
            && !(found.rule.real_in_examples || found.hit.real),
        preview,
        waived: None,
    })
}

/// Why the finding is likely rather than certain, where it is.
fn doubt(case: &Case<'_>, texts: &Texts, found: &Found<'_>) -> Option<String> {
    let ids = found.hit.fields.iter().map(|field| field.id);
    let ids: Vec<SettingId> = ids.chain(found.hit.reasons.iter().copied()).collect();
    let is_layer = case.deployment.least_confidence(&ids) == found.confidence;
    let layer = "what else the server is started with is not among these files, and may set it";
    let other = texts.doubt.as_deref().filter(|_| !is_layer);
    (found.confidence != Confidence::High).then(|| other.unwrap_or(layer).to_owned())
}

/// What the finding says: where nothing sets the setting, what applies instead and since when.
fn message(
    case: &Case<'_>,
    texts: &Texts,
    hit: &Hit,
    fill: &dyn Fn(&str, Option<SettingId>) -> String,
) -> String {
    let lead = hit.fields.first().filter(|_| hit.place.is_none());
    let unset = lead.filter(|field| case.deployment.value(field.id).state == State::Default);
    let Some(field) = unset else { return fill(&texts.message, hit.fields.first().map(|f| f.id)) };
    if let Some(text) = &texts.message_unset {
        return fill(text, Some(field.id));
    }
    let shipped =
        case.knowledge.catalogue.get(field.id).server_default(case.deployment.version.version);
    let applied = case.deployment.value(field.id).text.outline();
    let since = shipped
        .filter(|entry| entry.value.as_deref().unwrap_or_default() == applied)
        .and_then(|entry| entry.since)
        .map(|since| format!(" (since OpenMetadata {since})"));
    let applies = match applied.as_str() {
        // The summary says what that means.
        "" => "`{name}` is not set",
        _ if case.knowledge.catalogue.get(field.id).secret => "`{name}` is not set",
        _ => "`{name}` is not set, so {default} applies",
    };
    let since = since.filter(|_| applies.contains("{default}")).unwrap_or_default();
    let summary = within_a_sentence(&texts.summary);
    format!("{}{since}: {summary}", fill(applies, Some(field.id)))
}

/// A sentence as it goes on after a colon: the first letter is small, but for names and
/// abbreviations.
fn within_a_sentence(text: &str) -> String {
    let word = text.split(' ').next().unwrap_or_default();
    let is_name = word.chars().filter(|c| c.is_uppercase()).count() > 1;
    match text.chars().next() {
        Some(first) if !is_name => first.to_lowercase().chain(text.chars().skip(1)).collect(),
        _ => text.to_owned(),
    }
}

fn place(case: &Case<'_>, field: &Field) -> Option<Span> {
    field.spans.first().copied().or(case.deployment.value(field.id).origin.span)
}

fn field_label(
    case: &Case<'_>,
    texts: &Texts,
    field: &Field,
    words: &[(&'static str, String)],
) -> String {
    let text = match case.deployment.value(field.id).state {
        State::Default => texts
            .label_unset
            .as_deref()
            .unwrap_or("nothing here sets `{name}`, so the server uses {default}"),
        State::Empty => "`{name}` is set to nothing here",
        State::Reference => "`{name}` comes from here",
        _ => &texts.label,
    };
    fill(case, text, Some(field.id), words)
}

fn with_words(text: &str, words: &[(&'static str, String)]) -> String {
    filled(text, |name| {
        words.iter().find(|(word, _)| *word == name).map(|(_, value)| value.clone())
    })
}

/// Fills the placeholders of a rule's text.
fn fill(
    case: &Case<'_>,
    text: &str,
    id: Option<SettingId>,
    words: &[(&'static str, String)],
) -> String {
    let setting = |path| public(case, case.setting(path));
    filled(text, |name| {
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == name) {
            return Some(value.clone());
        }
        match (name, id) {
            ("version", _) => Some(case.deployment.version.text.clone()),
            ("provider", _) => Some(setting("authenticationConfiguration.provider")),
            ("name", Some(id)) => Some(case.deployment.spelling(&case.knowledge.catalogue, id)),
            ("value", Some(id)) => Some(public(case, id)),
            ("default", Some(id)) => Some(default_text(case, id)),
            _ => None,
        }
    })
}

/// A longer sentence is cut short: values are long where somebody wants them to be.
const MOST_BYTES: usize = 32 << 10;

/// The text with what `word` says in place of each `{name}` that it knows. What it says is
/// taken as it is: a value that looks like a placeholder is none.
fn filled(text: &str, word: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        if out.len() > MOST_BYTES {
            out.push('…');
            return out;
        }
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let name = from[1..].split(['}', '{']).next().unwrap_or_default();
        let end = name.len() + 1;
        match word(name).filter(|_| from[end..].starts_with('}')) {
            Some(value) => {
                out.push_str(&value);
                rest = &from[end + 1..];
            }
            None => {
                out.push('{');
                rest = &from[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// A setting's value for a sentence.
fn public(case: &Case<'_>, id: SettingId) -> String {
    let value = case.deployment.value(id);
    if case.knowledge.catalogue.get(id).secret {
        return "a secret".to_owned();
    }
    let spelled = |fragment: &Fragment| spelled(case.sources, value, fragment, &|_| "…".into());
    let text = spelled(&value.text);
    let one_line = !value.text.outline().trim().contains('\n');
    match (text.is_empty(), value.items.as_deref()) {
        (true, Some([])) => "`[]`".to_owned(),
        (empty, Some(items)) if empty || !one_line => {
            let items: Vec<String> = items.iter().map(spelled).collect();
            format!("`{}`", shortened(mask::public_value(&format!("[{}]", items.join(", ")))))
        }
        (true, _) => "empty".to_owned(),
        (false, _) => format!("`{}`", shortened(mask::public_value(&text))),
    }
}

fn shortened(mut text: String) -> String {
    if let Some((cut, _)) = text.char_indices().nth(LONGEST_VALUE) {
        text.truncate(cut);
        text.push('…');
    }
    text
}

/// The text of a public value. Where it goes on over further lines of its file it has most
/// likely swallowed them, secrets and all: they are left out.
pub fn spelled(
    sources: &Sources,
    value: &Value,
    fragment: &Fragment,
    unknown: &dyn Fn(&Unknown) -> String,
) -> String {
    let known = |text: &Text| {
        if text.is_veiled() {
            return "…".to_owned();
        }
        let (whole, written) = (text.expose(), sources.slice(text.span()));
        match written.split_once('\n') {
            // A block keeps its lines, and [`mask::public_value`] shows the first.
            Some((first, _)) if value.state != State::Default && !whole.contains('\n') => {
                let first = first.trim().trim_start_matches(['"', '\'']);
                if whole.starts_with(first) { format!("{first}…") } else { "…".to_owned() }
            }
            _ => whole.to_owned(),
        }
    };
    fragment
        .pieces()
        .iter()
        .map(|piece| match piece {
            Piece::Known(text) => known(text),
            Piece::Unknown(name) => unknown(name),
        })
        .collect()
}

fn default_text(case: &Case<'_>, id: SettingId) -> String {
    let setting = case.knowledge.catalogue.get(id);
    let value = case.deployment.value(id);
    let server = setting
        .server_default(case.deployment.version.version)
        .and_then(|entry| entry.value.clone())
        .unwrap_or_default();
    let applies = match (value.state, value.items.as_deref()) {
        (State::Default, Some(items)) if !items.is_empty() => {
            let items: Vec<String> = items.iter().map(Fragment::outline).collect();
            format!("[{}]", items.join(", "))
        }
        (State::Default, _) => value.text.outline(),
        _ => server,
    };
    match applies.as_str() {
        "" => "an empty value".to_owned(),
        _ if setting.secret => "the value that every OpenMetadata download contains".to_owned(),
        text => format!("the default `{text}`"),
    }
}
