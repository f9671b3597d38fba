//! The text to paste: the values of a rule's remedy in the notation of the file at hand.

use sha2::{Digest, Sha256};

use crate::deployment::Notation;
use crate::deployment::catalogue::{Setting, SettingId, Type};
use crate::deployment::value::State;
use crate::rules::condition::Case;
use crate::rules::native::Field;
use crate::rules::schema::Remedy;
use crate::source::Span;

use super::finding::hex;

/// What to paste at `span`: the new value where one is written, lines to add where none is.
pub(super) fn snippet(case: &Case<'_>, remedy: &Remedy, field: &Field, span: Span) -> String {
    let catalogue = &case.knowledge.catalogue;
    let deployment = case.deployment;
    let value = deployment.value(field.id);
    let notation = if deployment.assignments.contains(&span.source) {
        Notation::Assignment
    } else {
        deployment.notation
    };
    let write = |id: SettingId, text: &str| concrete(case, notation, id, text);
    let own = remedy.set.get(&catalogue.get(field.id).path);
    if value.state != State::Default
        && let Some(text) = own
    {
        let (text, _) = write(field.id, text);
        // A list is replaced item by item: the label is on the item that is wrong.
        let items = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        return match (field.spans.is_empty(), items) {
            (false, Some(items)) => items.to_owned(),
            _ => text,
        };
    }
    let lines: Vec<(Vec<String>, String, bool)> = remedy
        .set
        .iter()
        .filter_map(|(path, text)| {
            let id = catalogue.find(path)?;
            let setting = catalogue.get(id);
            let (text, is_secret_ref) = write(id, text);
            let keys = keys(case, notation, id, setting)?;
            Some((keys, quoted(setting, notation, &text), is_secret_ref))
        })
        .collect();
    match notation {
        Notation::ComposeMap => {
            lines.iter().map(|(keys, text, _)| format!("{}: {text}", keys[0])).collect::<Vec<_>>()
        }
        Notation::ComposeList => {
            lines.iter().map(|(keys, text, _)| format!("- {}={text}", keys[0])).collect()
        }
        Notation::Assignment => {
            lines.iter().map(|(keys, text, _)| format!("{}={text}", keys[0])).collect()
        }
        Notation::HelmValues | Notation::ServerFile => nested(&lines, value.origin.present_keys),
    }
    .join("\n")
}

fn keys(
    case: &Case<'_>,
    notation: Notation,
    id: SettingId,
    setting: &Setting,
) -> Option<Vec<String>> {
    match notation {
        Notation::HelmValues if setting.helm.is_empty() && setting.global.is_empty() => None,
        Notation::HelmValues | Notation::ServerFile => Some(
            case.deployment
                .spelling(&case.knowledge.catalogue, id)
                .split('.')
                .map(str::to_owned)
                .collect(),
        ),
        _ => setting.variable().map(|name| vec![name.to_owned()]),
    }
}

/// The remedy's value with its marks filled in, and whether it became a secretRef pair.
fn concrete(case: &Case<'_>, notation: Notation, id: SettingId, text: &str) -> (String, bool) {
    let setting = case.knowledge.catalogue.get(id);
    let variable = setting.variable().unwrap_or(&setting.path);
    match text {
        "{uuid}" => (uuid(&format!("{}\0{}", case.deployment.id, setting.path)), false),
        "{secret}" => match notation {
            Notation::ComposeMap | Notation::ComposeList => {
                (format!("${{{variable}:?set it in a .env file that git ignores}}"), false)
            }
            Notation::Assignment => (format!("<your own {variable}>"), false),
            Notation::ServerFile => (format!("${{{variable}}}"), false),
            Notation::HelmValues => {
                (format!("{{ secretRef: openmetadata-secrets, secretKey: {variable} }}"), true)
            }
        },
        other => (other.to_owned(), false),
    }
}

/// A random-looking UUID that is the same for the same place: key ids are public, they only
/// must differ between servers.
fn uuid(seed: &str) -> String {
    let mut bytes: [u8; 16] = Sha256::digest(seed)[..16].try_into().expect("sixteen bytes");
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let text = hex(&bytes);
    format!("{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
}

fn quoted(setting: &Setting, notation: Notation, text: &str) -> String {
    let bare = match notation {
        Notation::Assignment | Notation::ComposeList => true,
        Notation::ComposeMap => setting.kind != Type::String && setting.kind != Type::List,
        _ => setting.kind != Type::String || text.starts_with('{'),
    };
    if bare { text.to_owned() } else { format!("\"{text}\"") }
}

/// Nested keys, without the first `present` that stand there already.
fn nested(lines: &[(Vec<String>, String, bool)], present: usize) -> Vec<String> {
    let mut out = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let skip = lines.iter().map(|(keys, ..)| present.min(keys.len() - 1)).min().unwrap_or(0);
    for (keys, text, _) in lines {
        let (last, above) = keys[skip..].split_last().expect("a setting has a key");
        let common = open.iter().zip(above).take_while(|(a, b)| a == b).count();
        open.truncate(common);
        for key in &above[common..] {
            out.push(format!("{}{key}:", "  ".repeat(open.len())));
            open.push(key.clone());
        }
        out.push(format!("{}{last}: {text}", "  ".repeat(open.len())));
    }
    out
}
