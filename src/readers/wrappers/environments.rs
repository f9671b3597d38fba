//! One release for several environments: those of a helmfile, or what the generators of an
//! ApplicationSet make. What expressions stand for in each. Knows nothing of what the values mean.

use std::ops::Range;
use std::sync::Arc;

use crate::syntax::yaml::Node;

use super::super::compose::Context;
use super::super::postbuild::Filling;
use super::super::{Input, Role, helm, join};
use super::layers::values_file;
use super::release::{Release, Values};
use super::{generators, helmfile, items, text};

/// So many of one file are told apart: nobody has more.
pub(super) const MOST: usize = 200;
/// Words of one environment.
const MOST_WORDS: usize = 1_000;
/// Nobody nests what an environment says deeper.
const MAX_DEPTH: usize = 8;

/// An environment, and what expressions stand for in it.
#[derive(Clone, Default)]
pub(super) struct Environment {
    pub name: String,
    /// The later say more.
    pub words: Vec<(String, String)>,
    /// Where some of the words stand in the wrapper's own file.
    pub places: Vec<(String, Range<usize>)>,
    /// What Flux fills in, in place of words.
    pub filling: Option<Arc<Filling>>,
}

impl Environment {
    /// Where Flux fills in variables.
    pub fn filled_by(filling: &Arc<Filling>) -> Self {
        Environment { filling: Some(Arc::clone(filling)), ..Environment::default() }
    }

    /// Whether a text has something in it that this may fill in.
    pub fn opens(&self, text: &str) -> bool {
        match &self.filling {
            Some(_) => Filling::opens(text),
            None => is_open(text),
        }
    }

    /// Takes in all texts below a node, by the keys that lead to them, as Go's templates name them
    /// after a dot.
    pub fn learn(&mut self, above: &str, node: Node<'_>) {
        self.learn_at(above.to_owned(), node.resolved(), 0);
    }

    fn learn_at(&mut self, path: String, node: Node<'_>, depth: usize) {
        if depth > MAX_DEPTH || self.words.len() > MOST_WORDS {
            return;
        }
        if let Some(text) = node.text() {
            self.words.push((path, text.to_owned()));
            return;
        }
        for entry in node.entries() {
            let Some(key) = entry.key.text() else { continue };
            let inner = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
            self.learn_at(inner, entry.value, depth + 1);
        }
    }

    pub fn say(&mut self, word: &str, text: &str) {
        self.words.push((word.to_owned(), text.to_owned()));
    }

    pub fn word(&self, name: &str) -> Option<&str> {
        let found = self.words.iter().rev().find(|(word, _)| word == name);
        found.map(|(_, text)| text.as_str())
    }

    /// A text with what is known of its expressions filled in.
    pub fn fill(&self, text: &str) -> String {
        if let Some(filling) = &self.filling {
            return filling.fill(text);
        }
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, inner, after)) = expression(rest) {
            filled.push_str(before);
            match self.value(inner) {
                Some(value) => filled.push_str(&value),
                None => filled.push_str(&rest[before.len()..rest.len() - after.len()]),
            }
            rest = after;
        }
        filled + rest
    }

    /// Where what a text stands for is written, if that is one expression and nothing else.
    pub fn place(&self, text: &str) -> Option<Range<usize>> {
        let (before, inner, after) = expression(text.trim())?;
        let word = inner.trim().trim_start_matches('.');
        let found = self.places.iter().rev().find(|(known, _)| known == word);
        found.filter(|_| before.is_empty() && after.is_empty()).map(|(_, place)| place.clone())
    }

    /// What an expression stands for.
    fn value(&self, inner: &str) -> Option<String> {
        let inner = inner.trim_matches(|c: char| c == '-' || c.is_whitespace());
        // A text that is filled in later.
        if let Some(text) = inner.strip_prefix('`').and_then(|text| text.strip_suffix('`')) {
            return Some(self.fill(text));
        }
        let mut steps = inner.split('|').map(str::trim);
        let word = steps.next()?;
        let keeps = |step: &str| {
            matches!(step, "quote" | "squote" | "toString" | "trim") || step.starts_with("default ")
        };
        let is_plain = steps.all(keeps);
        let word = word.strip_prefix('.').unwrap_or(word);
        self.word(word).filter(|_| is_plain).map(str::to_owned)
    }
}

/// The first `{{ … }}` of a text: what stands before it, in it and after it.
fn expression(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{{")?;
    // Within back quotes there may be another one.
    let from = match rest.trim_start().strip_prefix('`').and_then(|raw| raw.find('`')) {
        Some(end) => rest.len() - rest.trim_start().len() + end + 2,
        None => 0,
    };
    let end = from + rest[from..].find("}}")?;
    Some((before, &rest[..end], &rest[end + 2..]))
}

/// Whether a text has an expression.
pub(super) fn is_open(text: &str) -> bool {
    expression(text).is_some()
}

/// Paths of values files in every environment.
pub(super) fn paths(path: &str, environments: &[Environment]) -> Vec<String> {
    match expression(path) {
        Some(_) => environments.iter().map(|environment| environment.fill(path)).collect(),
        None => vec![path.to_owned()],
    }
}

/// A release once for each environment in which it gets other values.
pub(super) fn spread<'a>(
    context: &Context<'a>,
    release: Release<'a>,
    environments: &[Environment],
) -> Vec<Release<'a>> {
    let texts = release.open_texts(&context.sources.get(release.input.source).text);
    if texts.is_empty() {
        return vec![release];
    }
    let changes = |one: &&Environment| texts.iter().any(|text| one.fill(text) != *text);
    let mut known: Vec<Environment> = environments.iter().filter(changes).cloned().collect();
    if known.is_empty() {
        known = by_files(context, &release);
    }
    if known.is_empty() {
        return vec![release];
    }
    known.into_iter().map(|environment| release.within(environment)).collect()
}

/// The environments that the files beside tell, where one expression is all that is not known.
fn by_files(context: &Context<'_>, release: &Release<'_>) -> Vec<Environment> {
    let paths = release.values.iter().filter_map(|values| match values {
        Values::File { path, .. } => Some(path.as_str()),
        _ => None,
    });
    let split: Vec<(&str, &str, &str)> = paths.filter_map(expression).collect();
    let Some((_, word, _)) = split.first() else { return Vec::new() };
    let is_one = |(_, inner, after): &(&str, &str, &str)| inner == word && !after.contains("{{");
    if !split.iter().all(is_one) {
        return Vec::new();
    }
    let folder = context.sources.get(release.input.source).folder();
    let named = release.values.iter().filter_map(|values| match values {
        Values::File { path, base, .. } => {
            values_file(context, folder, &release.folder, path, *base)
        }
        _ => None,
    });
    let named: Vec<_> = named.map(|input| input.source).collect();
    let mut found: Vec<Environment> = Vec::new();
    for input in context.inputs.iter().filter(|input| input.role == Role::Values) {
        let path = context.sources.get(input.source).path.as_str();
        for (before, _, after) in &split {
            // A folder keeps its slash.
            let mut beside = join(folder, &format!("{before}-"));
            beside.pop();
            let from_root = before.trim_start_matches(['.', '/']);
            let middle = path.strip_prefix(beside.as_str()).or_else(|| {
                (!from_root.is_empty()).then(|| path.strip_prefix(from_root)).flatten()
            });
            let Some(name) = middle.and_then(|middle| middle.strip_suffix(after)) else { continue };
            let is_new = found.iter().all(|known| known.name != name);
            if is_new && !name.is_empty() && !name.contains('/') && !named.contains(&input.source) {
                let mut environment =
                    Environment { name: name.to_owned(), ..Environment::default() };
                environment.say(word.trim().trim_start_matches('.'), name);
                found.push(environment);
            }
        }
    }
    found.truncate(MOST);
    found
}

impl<'a> Release<'a> {
    /// All that may have an expression in it and has one.
    fn open_texts(&self, raw: &'a str) -> Vec<String> {
        let mut texts: Vec<&str> = Vec::new();
        for values in &self.values {
            texts.extend(match values {
                Values::File { path, .. } => Some(path.as_str()),
                Values::Inline(node) | Values::Text(node) => raw.get(node.range()),
                _ => None,
            });
        }
        let values = self.parameters.iter().filter_map(|parameter| parameter.value);
        texts.extend(values.chain(self.pinned).filter_map(|node| node.text()));
        texts.extend(self.folder.as_ref().map(|folder| folder.path.as_str()));
        texts.into_iter().filter(|text| is_open(text)).map(str::to_owned).collect()
    }

    /// The release as it is in one environment.
    fn within(&self, environment: Environment) -> Release<'a> {
        let mut release = self.clone();
        let filled = environment.fill(&release.name);
        release.name = match filled == release.name && !environment.name.is_empty() {
            true => format!("{filled}@{}", environment.name),
            false => filled,
        };
        for values in &mut release.values {
            if let Values::File { path, .. } = values {
                *path = environment.fill(path);
            }
        }
        if let Some(folder) = &mut release.folder {
            folder.path = environment.fill(&folder.path);
        }
        if let Some(node) = release.pinned.filter(|node| node.text().is_some_and(is_open)) {
            let text = environment.fill(node.text().unwrap_or_default());
            release.chart = helm::Pinned::of_text(release.input.source, node, &text);
        }
        release.environment = Some(environment);
        release
    }
}

/// The environments that a document's releases are for. Without a context only those that the
/// file itself names.
pub(super) fn of(context: Option<&Context<'_>>, input: &Input, root: Node<'_>) -> Vec<Environment> {
    match text(root, "kind") {
        Some("ApplicationSet") => {
            let spec = root.get("spec").map(|entry| entry.value);
            spec.map(|spec| generators::of(context, input, spec)).unwrap_or_default()
        }
        Some(_) => Vec::new(),
        None if items(root, "releases").is_empty() => Vec::new(),
        None => helmfile::environments(context, input),
    }
}
