//! One release for several environments: those of a helmfile, or the elements of an ApplicationSet.
//! Which values files each of them gets. Knows nothing of what stands in the files.

use crate::syntax::yaml::{Node, Tree};

use super::super::compose::Context;
use super::super::{Role, join};
use super::layers::values_file;
use super::release::{Release, Values};
use super::{items, text};

/// So many of one file are told apart: nobody has more.
const MOST: usize = 200;

/// An environment, and what expressions in the paths of values files stand for in it.
#[derive(Clone)]
pub(super) struct Environment {
    name: String,
    words: Vec<(String, String)>,
}

/// The environments that a helmfile declares.
pub(super) fn of_helmfile(tree: &Tree) -> Vec<Environment> {
    let declared = tree.documents().filter_map(|root| root.get("environments"));
    let names = declared.flat_map(|entry| entry.value.entries());
    let names = names.into_iter().filter_map(|entry| entry.key.text());
    names
        .take(MOST)
        .map(|name| Environment {
            name: name.to_owned(),
            words: vec![(".Environment.Name".to_owned(), name.to_owned())],
        })
        .collect()
}

/// The elements of an ApplicationSet's list.
pub(super) fn of_set(spec: Node<'_>) -> Vec<Environment> {
    let mut lists: Vec<Node<'_>> = Vec::new();
    for generator in items(spec, "generators") {
        lists.extend(generator.get("list").map(|entry| entry.value));
        for both in ["matrix", "merge"] {
            let inner = generator.get(both).map(|entry| items(entry.value, "generators"));
            let inner = inner.into_iter().flatten();
            lists.extend(inner.filter_map(|one| Some(one.get("list")?.value)));
        }
    }
    let elements = lists.into_iter().flat_map(|list| items(list, "elements"));
    let called = spec.at(&["template", "metadata", "name"]).and_then(|entry| entry.value.text());
    let element = |(at, node): (usize, Node<'_>)| {
        let pairs = node.entries().into_iter();
        let pairs = pairs.filter_map(|entry| Some((entry.key.text()?, entry.value.text()?)));
        // With and without Go's templates.
        let words = pairs
            .flat_map(|(key, value)| [key.to_owned(), format!(".{key}")].map(|key| (key, value)));
        let words = words.map(|(key, value)| (key, value.to_owned())).collect();
        let mut environment = Environment { name: (at + 1).to_string(), words };
        if let Some(name) = called.map(|name| environment.fill(name)).filter(|it| !it.contains('{'))
        {
            environment.name = name;
        }
        environment
    };
    elements.take(MOST).enumerate().map(element).collect()
}

impl Environment {
    /// A text with what is known of its expressions filled in.
    pub(super) fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, expression, after)) = expression(rest) {
            filled.push_str(before);
            match self.words.iter().find(|(word, _)| word == expression.trim()) {
                Some((_, value)) => filled.push_str(value),
                None => filled.push_str(&rest[before.len()..rest.len() - after.len()]),
            }
            rest = after;
        }
        filled + rest
    }
}

/// The first `{{ … }}` of a text: what stands before it, in it and after it.
fn expression(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{{")?;
    let (inner, after) = rest.split_once("}}")?;
    Some((before, inner, after))
}

/// Paths of values files in every environment.
pub(super) fn paths(path: &str, environments: &[Environment]) -> Vec<String> {
    match expression(path) {
        Some(_) => environments.iter().map(|environment| environment.fill(path)).collect(),
        None => vec![path.to_owned()],
    }
}

/// A release once for each environment in which it gets other values files.
pub(super) fn spread<'a>(
    context: &Context<'a>,
    release: Release<'a>,
    environments: &[Environment],
) -> Vec<Release<'a>> {
    let open: Vec<&str> = release
        .values
        .iter()
        .filter_map(|values| match values {
            Values::File { path, .. } => Some(path.as_str()),
            _ => None,
        })
        .filter(|path| expression(path).is_some())
        .collect();
    if open.is_empty() {
        return vec![release];
    }
    let changes = |one: &&Environment| open.iter().any(|path| one.fill(path) != **path);
    let mut known: Vec<Environment> = environments.iter().filter(changes).cloned().collect();
    if known.is_empty() {
        known = by_files(context, &release, &open);
    }
    if known.is_empty() {
        return vec![release];
    }
    known.iter().map(|environment| release.within(environment)).collect()
}

/// The environments that the files beside tell, where one expression is all that is not known.
fn by_files(context: &Context<'_>, release: &Release<'_>, open: &[&str]) -> Vec<Environment> {
    let split: Vec<(&str, &str, &str)> = open.iter().filter_map(|path| expression(path)).collect();
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
                let words = vec![(word.trim().to_owned(), name.to_owned())];
                found.push(Environment { name: name.to_owned(), words });
            }
        }
    }
    found.truncate(MOST);
    found
}

impl<'a> Release<'a> {
    /// The release as it is in one environment.
    fn within(&self, environment: &Environment) -> Release<'a> {
        let mut release = self.clone();
        let filled = environment.fill(&release.name);
        release.name = match filled == release.name {
            true => format!("{filled}@{}", environment.name),
            false => filled,
        };
        for values in &mut release.values {
            if let Values::File { path, .. } = values {
                *path = environment.fill(path);
            }
        }
        release
    }
}

/// The environments that a document's releases are for.
pub(super) fn of(tree: &Tree, root: Node<'_>) -> Vec<Environment> {
    match text(root, "kind") {
        Some("ApplicationSet") => {
            root.get("spec").map(|entry| of_set(entry.value)).unwrap_or_default()
        }
        Some(_) => Vec::new(),
        None => of_helmfile(tree),
    }
}
