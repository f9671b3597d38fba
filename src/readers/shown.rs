//! Which parts of a source may be printed: structure, keys, and the values of settings that
//! the catalogue calls public. Everything else stays blank.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::OnceLock;

use crate::deployment::catalogue::{Catalogue, SecretNames};
use crate::source::mask::{self, Shown};
use crate::syntax::dockerfile::Instruction;
use crate::syntax::dotenv;
use crate::syntax::substitution::{self, Dialect, Operator, Piece, Template};
use crate::syntax::yaml::{Node, Style, Tree, parse_scalar};

use super::dockerfile;

/// Keys whose values are structure, not configuration.
const STRUCTURAL: [&str; 22] = [
    "image",
    "repository",
    "tag",
    "ports",
    "volumes",
    "mountPath",
    "subPath",
    "env_file",
    "profiles",
    "enabled",
    "kind",
    "type",
    "name",
    "path",
    "secretRef",
    "secretKey",
    "extends",
    "version",
    "service",
    "apiVersion",
    "chart",
    "targetRevision",
];

/// Such of them whose values are names of other people's things, shown as they stand.
const VERBATIM: [&str; 4] = ["image", "tag", "ports", "volumes"];

/// Sorted lines, each a path of keys joined by dots at which a setting stands, with a `+` where it
/// may be printed, and a `-` where it may not. Those below `global` are those below `config`.
fn endings() -> &'static str {
    static ENDINGS: OnceLock<String> = OnceLock::new();
    let packed = include_bytes!(concat!(env!("OUT_DIR"), "/endings.txt.deflated"));
    ENDINGS.get_or_init(|| {
        let sound = "written by the build script";
        let bytes = miniz_oxide::inflate::decompress_to_vec(packed).expect(sound);
        String::from_utf8(bytes).expect(sound)
    })
}

/// What the line of this path says.
fn signs_of(path: &str) -> Option<&'static str> {
    let mut rest = endings();
    while !rest.is_empty() {
        let middle = rest.len() / 2;
        let start = rest[..middle].rfind('\n').map_or(0, |at| at + 1);
        let end = middle + rest[middle..].find('\n')?;
        let (known, signs) = rest[start..end].split_once(' ')?;
        match path.cmp(known) {
            Ordering::Equal => return Some(signs),
            Ordering::Less => rest = &rest[..start],
            Ordering::Greater => rest = &rest[end + 1..],
        }
    }
    None
}

/// What stands at the end of a path of keys.
#[derive(Default)]
struct Ending {
    public: bool,
    secret: bool,
}

/// No setting stands under more keys.
const DEEPEST: usize = 8;

/// The printable parts of an environment file.
pub(super) fn of_env(file: &dotenv::File, text: &str, catalogue: &Catalogue) -> Shown {
    let mut shown = Vec::new();
    let mut hidden = Vec::new();
    for comment in &file.comments {
        let is_own_line = text[..comment.start].trim_end_matches([' ', '\t']).ends_with('\n');
        if is_prose(&text[comment.clone()]) && (is_own_line || comment.start == 0) {
            shown.push(comment.clone());
        }
    }
    for entry in &file.entries {
        // In a file with broken lines a piece of a key may pass for a name.
        let is_name = entry.key.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'0'..=b'9' | b'_'));
        if catalogue.by_variable(&entry.key).is_empty()
            && !(is_name && entry.key.len() <= 60 && file.malformed.is_empty())
        {
            continue;
        }
        shown.push(entry.key_range.clone());
        let Some(value) = &entry.value else { continue };
        // The separator, and quotes around the value.
        let before = &text[entry.key_range.end..value.range.start.max(entry.key_range.end)];
        if before.chars().all(|c| matches!(c, '=' | ':' | '"' | '\'') || c.is_whitespace()) {
            shown.push(entry.key_range.end..value.range.start);
        }
        if text[value.range.end..].starts_with(['"', '\'']) {
            shown.push(value.range.end..value.range.end + 1);
        }
        let raw = &text[value.range.clone()];
        if catalogue.is_public_variable(&entry.key) {
            shown.push(value.range.clone());
            hidden.extend(shifted(secrets_within(raw, catalogue), value.range.start));
        } else {
            shown.extend(shifted(skeleton(raw), value.range.start));
        }
    }
    Shown::new(shown).without(&hidden)
}

/// The printable parts of a Dockerfile: what it is built from, and what it sets.
pub(super) fn of_dockerfile(
    instructions: &[Instruction],
    text: &str,
    catalogue: &Catalogue,
) -> Shown {
    let mut shown = Vec::new();
    let mut hidden = Vec::new();
    for instruction in instructions {
        let Some(first) = instruction.words.first() else { continue };
        let line = text[..first.range.start].rfind('\n').map_or(0, |at| at + 1);
        if matches!(instruction.name.as_str(), "FROM" | "ENV" | "USER" | "COPY") {
            shown.push(line..first.range.start);
        }
        if instruction.name == "FROM" {
            let image = instruction.words.iter().find(|word| !word.text.starts_with("--"));
            shown.extend(image.filter(|word| !word.text.contains('@')).map(|it| it.range.clone()));
        }
        if instruction.name != "ENV" {
            continue;
        }
        for (name, value, place) in dockerfile::assignments(&instruction.words) {
            if catalogue.by_variable(&name).is_empty() {
                continue;
            }
            let raw = &text[value.range.clone()];
            shown.push(place.start..(place.end + 1).min(value.range.start));
            if catalogue.is_public_variable(&name) {
                hidden.extend(shifted(secrets_within(raw, catalogue), value.range.start));
                shown.push(value.range);
            } else {
                shown.extend(shifted(skeleton(raw), value.range.start));
            }
        }
    }
    Shown::new(shown).without(&hidden)
}

/// The printable parts of these lines of a YAML file.
pub(super) fn of_yaml(
    tree: &Tree,
    text: &str,
    catalogue: &Catalogue,
    lines: &[Range<usize>],
) -> Shown {
    of_tree(tree, text, catalogue, lines, true)
}

/// The same, with or without the YAML that stands within blocks of it.
fn of_tree(
    tree: &Tree,
    text: &str,
    catalogue: &Catalogue,
    lines: &[Range<usize>],
    is_whole: bool,
) -> Shown {
    let names = tree.aliases().filter_map(|alias| text.get(alias.range())?.strip_prefix('*'));
    let mut walk = Walk {
        text,
        catalogue,
        lines: Shown::new(lines.to_vec()),
        shown: Vec::new(),
        hidden: Vec::new(),
        taken: tree.comments.clone(),
        anchors: names.collect(),
        broken: !tree.errors.is_empty(),
        is_whole,
    };
    for root in tree.documents() {
        walk.node(root, &mut Vec::new(), Place::default(), 0);
    }
    if !walk.broken {
        walk.comments(tree);
        walk.signs();
    }
    Shown::new(walk.shown).without(&walk.hidden)
}

/// Whether a comment is words for people: anything in it that is not a word or a number may
/// be a secret that was commented out.
fn is_prose(comment: &str) -> bool {
    // A waiver says its rules in brackets.
    if let Some((before, rest)) = comment.split_once("omlint: ignore[")
        && let Some((rules, reason)) = rest.split_once(']')
    {
        let rules = rules.split([',', ' ', '-']);
        let mut rules =
            rules.map(|part| part.bytes().all(|b| b.is_ascii_alphabetic()) || part.len() <= 5);
        return rules.all(|fits| fits) && is_prose(before) && is_prose(reason);
    }
    !comment.contains(['=', ':'])
        && comment.split(|c: char| c.is_whitespace() || matches!(c, '/' | '-')).all(|word| {
            let word = word.trim_matches(|c: char| !c.is_alphanumeric());
            let letters = word.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '_' | '.'));
            let digits = word.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','));
            word.len() <= 30 && (letters || digits)
        })
}

/// What is known of a node from what is above it.
#[derive(Clone, Copy, Default)]
struct Place {
    /// Its value may be shown, but for what may be secret in it.
    public: bool,
    /// Its value may be shown as it stands.
    verbatim: bool,
    /// It stands for one value that is not public: not even its keys may be shown.
    sealed: bool,
}

struct Walk<'a> {
    text: &'a str,
    catalogue: &'a Catalogue,
    /// What is asked for: of the rest nothing need be known.
    lines: Shown,
    shown: Vec<Range<usize>>,
    hidden: Vec<Range<usize>>,
    /// Scalars, aliases and comments: what is between them are signs.
    taken: Vec<Range<usize>>,
    /// Names of anchors that some alias uses: they are no values.
    anchors: HashSet<&'a str>,
    broken: bool,
    /// Not itself what stands within a block.
    is_whole: bool,
}

impl<'a> Walk<'a> {
    fn node(&mut self, node: Node<'a>, path: &mut Vec<&'a str>, place: Place, depth: usize) {
        if node.is_alias() {
            // The value is shown where it is defined.
            self.taken.push(node.range());
            if node.resolved().id() != node.id() && !self.broken {
                self.shown.push(node.range());
            }
            return;
        }
        if depth > 300 {
            self.taken.push(node.range());
            return;
        }
        let pairs = node.pairs();
        if node.is_flow() && !pairs.is_empty() && pairs.iter().all(|(_, v)| v.range().is_empty()) {
            // `{Client ID}` is a value in braces.
            self.scalar(node, place, path);
        } else if node.is_map() {
            let named = node.get("name").and_then(|entry| entry.value.text());
            for (key, value) in pairs {
                if !self.lines.meets(key.range().start..value.range().end.max(key.range().end)) {
                    continue;
                }
                let name = key.text().unwrap_or("");
                // `{ name: VARIABLE, value: … }`
                let of_variable = if name == "value" { named.unwrap_or("") } else { name.trim() };
                path.push(name);
                let below = self.below(path, of_variable, place, value);
                self.key(key, name, place, below.public);
                if below.public && self.broken {
                    // A sign between the two, which elsewhere is shown with all others.
                    let gap = key.range().end..value.range().start;
                    let sign = self.text.get(gap.clone()).unwrap_or("");
                    if sign.trim_end() == ":" {
                        self.shown.push(gap);
                    }
                }
                self.node(value, path, below, depth + 1);
                path.pop();
            }
        } else if node.is_seq() {
            for item in node.items() {
                if self.lines.meets(item.range()) {
                    self.node(item, path, place, depth + 1);
                }
            }
        } else {
            self.scalar(node, place, path);
        }
    }

    /// What is known of the value under the last key of `path`.
    fn below(&self, path: &[&str], variable: &str, place: Place, value: Node<'a>) -> Place {
        let name = path.last().copied().unwrap_or("");
        let known = !self.catalogue.by_variable(variable).is_empty();
        let of_variable = self.catalogue.is_public_variable(variable);
        let ending = self.ending(path);
        let structural =
            STRUCTURAL.contains(&name) && !ending.secret && !self.is_odd_reference(name, value);
        let in_environment = path.len() > 1 && path[path.len() - 2] == "environment";
        let public = of_variable
            || structural && !known && !in_environment
            || ending.public
            || (place.public && value.is_seq());
        Place {
            public,
            verbatim: VERBATIM.contains(&name) || (place.verbatim && value.is_seq()),
            sealed: !public
                && (place.sealed || known || in_environment || name == "value" || ending.secret),
        }
    }

    /// Whether what names a Kubernetes Secret or a key in it cannot be such a name, so that it
    /// may be the secret itself.
    fn is_odd_reference(&self, name: &str, value: Node<'a>) -> bool {
        matches!(name, "secretRef" | "secretKey")
            && value.text().is_some_and(|text| !is_reference_name(text))
    }

    /// What the settings are under which the last key of `path` stands.
    fn ending(&self, path: &[&str]) -> Ending {
        let mut joined = String::new();
        let mut found = Ending::default();
        let mut starts = [0; DEEPEST];
        let parts = &path[path.len().saturating_sub(DEEPEST)..];
        for (start, part) in starts.iter_mut().zip(parts) {
            if !joined.is_empty() {
                joined.push('.');
            }
            *start = joined.len();
            joined.extend(part.chars().filter(|c| *c != ' '));
        }
        for &start in &starts[..parts.len()] {
            let signs = match joined[start..].strip_prefix("global.") {
                Some(old) => signs_of(&format!("config.{old}")),
                None => signs_of(&joined[start..]),
            };
            if let Some(signs) = signs {
                found.public |= signs.contains('+');
                found.secret |= signs.contains('-');
            }
        }
        found
    }

    fn key(&mut self, key: Node<'a>, name: &str, place: Place, public: bool) {
        let range = key.range();
        self.taken.push(range.clone());
        let known = public
            || (!self.broken && (!place.sealed || name == "value" || STRUCTURAL.contains(&name)));
        let plain = name.len() <= 100
            && key.style() == Some(Style::Plain)
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ' ' | '<'));
        let quoted = name.len() <= 100
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'));
        if known && (plain || quoted) && key.text().is_some() {
            self.shown.push(range);
        }
    }

    /// What may be shown of the YAML that a block holds, such as a chart's values in an Argo CD
    /// application; whether it holds any.
    fn block(&mut self, node: Node<'a>, place: Place, path: &[&str]) -> bool {
        let name = path.last().copied().unwrap_or_default();
        let is_named = name == "values" || name.ends_with(".yaml") || name.ends_with(".yml");
        let is_open = self.is_whole && !self.broken && !place.sealed && !place.public;
        if !is_named || !is_open || node.style() != Some(Style::Literal) {
            return false;
        }
        let tree = parse_scalar(self.text, node);
        let mut roots = tree.documents();
        if !tree.errors.is_empty() || !roots.next().is_some_and(|root| root.is_map()) {
            return false;
        }
        let range = node.content_range();
        let inner = of_tree(&tree, self.text, self.catalogue, self.lines.ranges(), false);
        let within =
            inner.ranges().iter().map(|it| it.start.max(range.start)..it.end.min(range.end));
        self.shown.extend(within.filter(|it| !it.is_empty()));
        self.taken.push(node.range());
        true
    }

    fn scalar(&mut self, node: Node<'a>, place: Place, path: &[&str]) {
        if self.block(node, place, path) {
            return;
        }
        let range = node.range();
        self.taken.push(range.clone());
        let Some(raw) = self.text.get(range.clone()) else { return };
        // `- NAME=value` below `environment:`
        let list_item = path.last() == Some(&"environment");
        let assignment = raw.find('=').filter(|_| list_item);
        let (value, public) = match assignment {
            Some(at) => {
                let name = raw[..at].trim_start_matches(['"', '\'']).trim();
                let is_public = self.catalogue.is_public_variable(name);
                if is_public || (!self.broken && is_variable_name(name)) {
                    self.shown.push(range.start..range.start + at + 1);
                }
                (range.start + at + 1..range.end, is_public)
            }
            None => (range.clone(), place.public),
        };
        let raw = &self.text[value.clone()];
        if place.verbatim && !raw.contains(['@', '=', ' ', '\n']) {
            self.shown.push(value);
        } else if public || is_client_provider(path, raw) {
            self.shown.push(value.clone());
            // Signs around the value are part of its spelling, not of a word of it.
            self.hidden.extend(shifted(secrets_within(raw, self.catalogue), value.start));
        } else if !self.broken {
            // Quotes are structure; so is what names the variable of a masked value.
            self.shown.extend(shifted(skeleton(raw), value.start));
        }
    }

    fn comments(&mut self, tree: &Tree) {
        let hidden = Shown::new(self.taken.clone()).without(&self.shown);
        for comment in tree.comments.iter().filter(|comment| self.lines.meets((*comment).clone())) {
            // Behind a masked value a `#` may be part of a password, and behind a key with
            // nothing after it all of one.
            let line = self.text[..comment.start].rfind('\n').map_or(0, |at| at + 1);
            let before = &self.text[line..comment.start];
            let follows = !before.trim().is_empty()
                && (before.trim_end().ends_with([':', '-']) || hidden.meets(line..comment.start));
            if !follows && is_prose(&self.text[comment.clone()]) {
                self.shown.push(comment.clone());
            }
        }
    }

    /// The signs between scalars, and the names of anchors in use.
    fn signs(&mut self) {
        for gap in self.lines.without(&self.taken).ranges() {
            let text = &self.text[gap.clone()];
            for (at, c) in text.char_indices() {
                if matches!(
                    c,
                    ':' | '-' | '[' | ']' | '{' | '}' | ',' | '"' | '\'' | '|' | '>' | '?'
                ) {
                    self.shown.push(gap.start + at..gap.start + at + 1);
                } else if c == '&' {
                    let name = &text[at + 1..];
                    let end =
                        name.find(|c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}'));
                    let name = &name[..end.unwrap_or(name.len())];
                    if self.anchors.contains(name) {
                        self.shown.push(gap.start + at..gap.start + at + 1 + name.len());
                    }
                }
            }
        }
    }
}

/// Whether the value is how an ingestion workflow says that it does not sign in.
fn is_client_provider(path: &[&str], raw: &str) -> bool {
    matches!(path.last(), Some(&"authProvider" | &"auth_provider_type"))
        && raw.trim_matches(['"', '\'']) == "no-auth"
}

fn is_variable_name(name: &str) -> bool {
    name.len() <= 60
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

/// Whether Kubernetes would take the text for the name of a Secret or of a key in it.
fn is_reference_name(text: &str) -> bool {
    text.len() <= 253
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

/// Of a masked value, `${NAME:-` and `}` may be shown, and quotes around it.
fn skeleton(raw: &str) -> Vec<Range<usize>> {
    let mut kept = Vec::new();
    let quoted = raw.len() >= 2 && raw.starts_with(['"', '\'']) && raw.ends_with(&raw[..1]);
    if quoted {
        kept.push(0..1);
    }
    if raw.contains("${") && raw.len() < 65_536 {
        for piece in substitution::parse(raw, Dialect::Compose).pieces {
            if let Piece::Variable { name, range, .. } = piece
                && name.len() <= 100
                && let Some(inner) = behind_operator(raw, name, &range)
            {
                kept.push(range.start..inner.start);
                kept.push(inner.end..range.end);
            }
        }
    }
    if quoted {
        kept.push(raw.len() - 1..raw.len());
    }
    kept
}

/// What stands between `${NAME:-` and `}`, if there are braces.
fn behind_operator(raw: &str, name: &str, range: &Range<usize>) -> Option<Range<usize>> {
    let head = range.start + 2 + name.len();
    let rest = raw[range.clone()].starts_with("${").then(|| &raw[head..range.end])?;
    let operator = rest.chars().take_while(|c| matches!(c, ':' | '-' | '?' | '+')).count().min(2);
    Some(head + operator..range.end - 1)
}

/// Ranges of a public value that may hold a secret all the same.
fn secrets_within(raw: &str, catalogue: &Catalogue) -> Vec<Range<usize>> {
    let mut hidden = mask::secrets_within(raw);
    if raw.contains("${") {
        let template = substitution::parse(raw, Dialect::Compose);
        of_secret_variables(raw, &template, &catalogue.secret_variables(), &mut hidden);
    }
    hidden
}

/// Ranges of what a secret variable may become, by the text itself.
fn of_secret_variables(
    raw: &str,
    template: &Template<'_>,
    secret: &SecretNames,
    hidden: &mut Vec<Range<usize>>,
) {
    for piece in &template.pieces {
        let Piece::Variable { name, range, op } = piece else { continue };
        if secret.contains(name) {
            hidden.extend(behind_operator(raw, name, range));
        } else if let Operator::Default { template, .. } | Operator::Alternate { template, .. } = op
        {
            of_secret_variables(raw, template, secret, hidden);
        }
    }
}

fn shifted(ranges: Vec<Range<usize>>, by: usize) -> impl Iterator<Item = Range<usize>> {
    ranges.into_iter().map(move |range| range.start + by..range.end + by)
}
