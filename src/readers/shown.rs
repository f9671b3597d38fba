//! Which parts of a source may be printed: structure, keys, and the values of settings that
//! the catalogue calls public. Everything else stays blank.

use std::collections::HashSet;
use std::ops::Range;

use crate::deployment::catalogue::Catalogue;
use crate::source::mask::{self, Shown};
use crate::syntax::dotenv;
use crate::syntax::substitution::{self, Dialect, Piece};
use crate::syntax::yaml::{Node, Style, Tree};

/// Keys whose values are structure, not configuration.
const STRUCTURAL: [&str; 20] = [
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
];

/// The printable parts of an environment file.
pub(super) fn of_env(file: &dotenv::File, text: &str, catalogue: &Catalogue) -> Shown {
    let mut shown = Vec::new();
    let mut hidden = Vec::new();
    for comment in &file.comments {
        if !text[comment.clone()].contains(['=', ':']) {
            shown.push(comment.clone());
        }
    }
    for entry in &file.entries {
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
            hidden.extend(shifted(mask::secrets_within(raw), value.range.start));
        } else {
            shown.extend(shifted(skeleton(raw), value.range.start));
        }
    }
    Shown::new(shown).without(&hidden)
}

/// The printable parts of a YAML file.
pub(super) fn of_yaml(tree: &Tree, text: &str, catalogue: &Catalogue) -> Shown {
    let broken = !tree.errors.is_empty();
    let mut walk = Walk {
        text,
        catalogue,
        paths: public_paths(catalogue),
        shown: Vec::new(),
        hidden: Vec::new(),
        broken,
    };
    for root in tree.documents() {
        walk.node(root, &mut Vec::new(), false, 0);
    }
    if !broken {
        for comment in &tree.comments {
            if text[comment.clone()].contains(['=', ':']) {
                walk.hidden.push(comment.clone());
            }
        }
    }
    let base = if broken {
        Shown::new(walk.shown)
    } else {
        Shown::new(std::iter::once(0..text.len()).collect())
    };
    base.without(&walk.hidden)
}

/// Endings of paths under which a public setting stands: openmetadata.yaml's and the chart's.
fn public_paths(catalogue: &Catalogue) -> HashSet<String> {
    let mut paths = HashSet::new();
    for setting in catalogue.settings.iter().filter(|setting| !setting.secret) {
        paths.insert(setting.path.clone());
        for name in setting.helm.iter().chain(&setting.global) {
            paths.insert(format!("config.{}", name.name));
            paths.insert(format!("global.{}", name.name));
            // Where the chart ignores it, the reader must still see what it is.
            if name.name.contains('.') {
                paths.insert(name.name.clone());
            }
        }
    }
    paths
}

struct Walk<'a> {
    text: &'a str,
    catalogue: &'a Catalogue,
    paths: HashSet<String>,
    shown: Vec<Range<usize>>,
    hidden: Vec<Range<usize>>,
    broken: bool,
}

impl<'a> Walk<'a> {
    fn node(&mut self, node: Node<'a>, path: &mut Vec<&'a str>, public: bool, depth: usize) {
        // An alias is shown where it is defined.
        if node.is_alias() || depth > 300 {
            return;
        }
        if node.is_map() {
            let named = node.get("name").and_then(|entry| entry.value.text());
            for (key, value) in node.pairs() {
                let name = key.text().unwrap_or("");
                self.key(key, name);
                let by_variable = self.catalogue.is_public_variable(name.trim());
                // `{ name: VARIABLE, value: … }`
                let by_name = name == "value"
                    && named.is_some_and(|named| self.catalogue.is_public_variable(named));
                path.push(name);
                let public = by_variable
                    || by_name
                    || STRUCTURAL.contains(&name)
                    || self.is_public_path(path)
                    || (public && value.is_seq());
                self.node(value, path, public, depth + 1);
                path.pop();
            }
        } else if node.is_seq() {
            for item in node.items() {
                self.node(item, path, public, depth + 1);
            }
        } else {
            self.scalar(node, public, path);
        }
    }

    fn is_public_path(&self, path: &[&str]) -> bool {
        (0..path.len()).any(|from| {
            path.len() - from <= 8 && self.paths.contains(&path[from..].join(".").replace(" ", ""))
        })
    }

    fn key(&mut self, key: Node<'a>, name: &str) {
        let range = key.range();
        let plain = name.len() <= 100
            && key.style() == Some(Style::Plain)
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ' ' | '<'));
        let quoted = name.len() <= 100
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'));
        if plain || quoted {
            if self.catalogue.is_public_variable(name) || !self.broken {
                self.shown.push(range);
            }
        } else {
            self.hidden.push(range);
        }
    }

    fn scalar(&mut self, node: Node<'a>, public: bool, path: &[&str]) {
        let range = node.range();
        let Some(raw) = self.text.get(range.clone()) else { return };
        // `- NAME=value` below `environment:`
        let list_item = path.last() == Some(&"environment");
        let assignment = raw.find('=').filter(|_| list_item);
        let (value, public) = match assignment {
            Some(at) => {
                let name = raw[..at].trim_start_matches(['"', '\'']).trim();
                let value = range.start + at + 1..range.end;
                if self.broken && self.catalogue.is_public_variable(name) {
                    self.shown.push(range.start..value.start);
                }
                (value, self.catalogue.is_public_variable(name))
            }
            None => (range.clone(), public),
        };
        let raw = &self.text[value.clone()];
        if public {
            self.shown.push(value.clone());
            self.hidden.extend(shifted(mask::secrets_within(raw), value.start));
            return;
        }
        // Quotes are structure; so is what names the variable of a masked value.
        let mut from = value.start;
        for keep in shifted(skeleton(raw), value.start) {
            self.hidden.push(from..keep.start);
            from = keep.end;
        }
        self.hidden.push(from..value.end);
    }
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
            if let Piece::Variable { name, range, .. } = piece {
                let head = 2 + name.len();
                if !raw[range.clone()].starts_with("${") || name.len() > 100 {
                    continue;
                }
                let operator = raw[range.start + head..range.end]
                    .chars()
                    .take_while(|c| matches!(c, ':' | '-' | '?' | '+'))
                    .count()
                    .min(2);
                kept.push(range.start..range.start + head + operator);
                kept.push(range.end - 1..range.end);
            }
        }
    }
    if quoted {
        kept.push(raw.len() - 1..raw.len());
    }
    kept
}

fn shifted(ranges: Vec<Range<usize>>, by: usize) -> impl Iterator<Item = Range<usize>> {
    ranges.into_iter().map(move |range| range.start + by..range.end + by)
}
