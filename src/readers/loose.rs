//! What a file shows by itself: keys and tokens, wherever they stand in it.

use std::sync::OnceLock;

use aho_corasick::packed;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::crypto::keys::{self, Kind, Spellings};
use crate::crypto::tokens;
use crate::deployment::evidence::{Holder, KeyPlace, Loose, TokenPlace};
use crate::source::{Source, SourceId, Span};
use crate::syntax::yaml::{Node, Tree};

use super::bounds::MOST_LOOSE;
use super::{scalar, workflow};

/// Texts larger than this are not searched for keys.
const MAX_TEXT: usize = 1 << 20;
/// A shorter text holds neither a key nor a token.
const SHORTEST: usize = 48;
/// Layers of base64 that are taken off a value.
const MAX_LAYERS: usize = 3;
/// Texts of which one stands in every file that holds keys in the clear, or in base64.
const MARKS: &[&str] = &[
    "-----BEGIN",
    "\"kty\"",
    "'kty'",
    "kty:",
    "MII",
    "TUlJ",
    "LS0tLS1C",
    "H4sI",
    "AAAAB3NzaC1",
    // A set of JSON web keys, or one of them.
    "eyJrZXlz",
    "eyJrdHki",
];

/// How the numbers of known keys begin.
const NUMBERS: &[&str] = include!(concat!(env!("OUT_DIR"), "/known-numbers.rs"));

fn holds_mark(text: &str) -> bool {
    static MARKED: OnceLock<packed::Searcher> = OnceLock::new();
    let marked = MARKED.get_or_init(|| {
        packed::Searcher::new(MARKS.iter().chain(NUMBERS)).expect("a short list of short words")
    });
    marked.find(text).is_some()
}

/// Keys and tokens of a source. `tree` is its YAML, if it is some.
pub(super) fn of(
    id: SourceId,
    source: &Source,
    tree: Option<&Tree>,
    spellings: &Spellings,
) -> Loose {
    let read = |bytes: &[u8]| keys::read_knowing(bytes, spellings);
    let mut loose = Loose::default();
    if let Some(bytes) = &source.binary {
        loose.keys.extend(read(bytes).into_iter().map(|material| KeyPlace {
            material,
            span: Span::new(id, 0..0),
            holder: Holder::File,
            name: source.name().to_owned(),
            target: None,
        }));
        return loose;
    }
    let text = source.text.as_str();
    if text.contains("eyJ") {
        for range in tokens::find(text) {
            if loose.tokens.len() >= MOST_LOOSE {
                loose.cut = true;
                break;
            }
            if let Some(token) = tokens::Token::read(&text[range.clone()]) {
                let in_field = is_field(&text[..range.start]);
                loose.tokens.push(TokenPlace { token, span: Span::new(id, range), in_field });
            }
        }
    }
    let held = tree.map(secret_entries).unwrap_or_default();
    // Below the base64 of a Secret there is no telling by a few letters what it holds.
    let may_hold = |(node, _): &(Node<'_>, _)| node.text().is_some_and(|it| it.len() >= SHORTEST);
    let holds_keys = held.iter().any(may_hold) || holds_mark(text);
    if holds_keys && text.len() > MAX_TEXT {
        // A dump of many Secrets: each value is searched for itself.
        for (node, (holder, name)) in &held {
            let Some(value) = node.text().filter(|it| (SHORTEST..=MAX_TEXT).contains(&it.len()))
            else {
                continue;
            };
            loose.keys.extend(read(value.as_bytes()).into_iter().map(|material| KeyPlace {
                material,
                span: scalar::span(id, *node),
                holder: *holder,
                name: name.clone(),
                target: None,
            }));
        }
    } else if holds_keys {
        let whole =
            text.trim_start().starts_with("-----BEGIN") || text.trim_start().starts_with('{');
        for material in read(text.as_bytes()) {
            let span = Span::new(id, source.clamp(material.range.clone()));
            let (holder, name) = match entry_at(&held, &material.range) {
                Some((holder, name)) => (holder, name),
                None if whole => (Holder::File, source.name().to_owned()),
                None => (Holder::Text, String::new()),
            };
            loose.keys.push(KeyPlace { material, span, holder, name, target: None });
        }
        for (node, (holder, name)) in &held {
            let Some(value) = node.text().filter(|it| it.len() >= SHORTEST) else { continue };
            let whole = scalar::span(id, *node);
            let is_cut = |key: &KeyPlace| matches!(key.material.kind, Kind::CutOff);
            let is_here = |key: &KeyPlace| whole.contains(key.span);
            let is_seen = loose.keys.iter().any(|key| is_here(key) && !is_cut(key));
            if !is_seen && text[node.range()].contains('\n') {
                // As Kubernetes decodes it, however YAML breaks the lines.
                let compact: String = value.split_whitespace().collect();
                let found = read(compact.as_bytes());
                loose.keys.retain(|key| found.is_empty() || !is_here(key));
                loose.keys.extend(found.into_iter().map(|material| KeyPlace {
                    material,
                    span: whole,
                    holder: *holder,
                    name: name.clone(),
                    target: None,
                }));
            }
        }
    }
    let open = workflow::without_sign_in(source, tree);
    loose.cut |= open.len() > MOST_LOOSE;
    let open = open.into_iter().take(MOST_LOOSE);
    loose.open_clients.extend(open.map(|range| Span::new(id, range)));
    for (node, _) in held {
        encoded_tokens(id, node, &mut loose);
    }
    loose.cut |= loose.keys.len() > MOST_LOOSE;
    loose.keys.truncate(MOST_LOOSE);
    loose
}

/// Tokens in the base64 of a Secret, alone or within a file.
fn encoded_tokens(id: SourceId, node: Node<'_>, loose: &mut Loose) {
    let Some(written) = node.text().filter(|text| text.len() >= SHORTEST) else { return };
    let mut text = Zeroizing::new(written.to_owned());
    for _ in 0..MAX_LAYERS {
        let compact = Zeroizing::new(text.split_whitespace().collect::<String>());
        let bytes = STANDARD.decode(compact.as_bytes()).ok();
        let Some(inner) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) else { return };
        text = Zeroizing::new(inner);
        let before = loose.tokens.len();
        for range in tokens::find(&text) {
            if loose.tokens.len() >= MOST_LOOSE {
                loose.cut = true;
                return;
            }
            if let Some(token) = tokens::Token::read(&text[range.clone()]) {
                let in_field = range.start == 0 || is_field(&text[..range.start]);
                loose.tokens.push(TokenPlace { token, span: scalar::span(id, node), in_field });
            }
        }
        if loose.tokens.len() > before {
            return;
        }
    }
}

/// Whether the text before a token names a field that takes OpenMetadata's tokens.
fn is_field(before: &str) -> bool {
    // Very many tokens may stand on one line.
    let mut lines = super::tail(before).rsplit('\n');
    let last = lines.next().unwrap_or("");
    let named = |line: &str| {
        let tail: String = line.chars().rev().take(160).collect();
        let plain: String = tail.chars().rev().filter(|c| c.is_ascii_alphanumeric()).collect();
        plain.to_ascii_lowercase().contains("jwttoken")
    };
    // A folded scalar begins below its key, and so does what a program puts together.
    let opens = last.trim().trim_start_matches(['r', 'b', 'f']).trim_matches(['"', '\'']);
    named(last) || opens.is_empty() && lines.next().is_some_and(named)
}

/// Values below `data` and `stringData` of Secrets and ConfigMaps, with their keys.
fn secret_entries(tree: &Tree) -> Vec<(Node<'_>, (Holder, String))> {
    let mut found = Vec::new();
    let mut open: Vec<Node<'_>> = tree.documents().collect();
    while let Some(root) = open.pop() {
        let kind = root.get("kind").and_then(|entry| entry.value.text()).unwrap_or("");
        let holder = match kind {
            "Secret" => Holder::Secret,
            "ConfigMap" => Holder::ConfigMap,
            kind if kind.ends_with("List") => {
                open.extend(root.get("items").map(|e| e.value.items()).unwrap_or_default());
                continue;
            }
            _ => continue,
        };
        for section in ["data", "stringData", "binaryData"] {
            for entry in root.get(section).map(|e| e.value.entries()).unwrap_or_default() {
                let name = entry.key.text().unwrap_or("").to_owned();
                found.push((entry.value, (holder, name)));
            }
        }
    }
    found
}

/// The Secret's or ConfigMap's entry in which a range lies.
fn entry_at(
    held: &[(Node<'_>, (Holder, String))],
    range: &std::ops::Range<usize>,
) -> Option<(Holder, String)> {
    held.iter().find_map(|(node, place)| {
        let whole = node.range();
        (whole.start <= range.start && range.end <= whole.end).then(|| place.clone())
    })
}
