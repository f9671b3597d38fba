//! What the generators of an ApplicationSet make: one set of parameters for each application.
//! Knows nothing of what is done with them.

use std::collections::BTreeSet;

use globset::{Glob, GlobBuilder, GlobMatcher};

use crate::syntax::yaml::Node;

use super::super::Input;
use super::super::compose::Context;
use super::environments::{Environment, MOST};
use super::{at, items, text};

/// Nobody nests generators deeper; Argo CD takes two.
const MAX_DEPTH: usize = 3;

/// The applications that the generators make, as far as the files tell.
pub(super) fn of(context: Option<&Context<'_>>, input: &Input, spec: Node<'_>) -> Vec<Environment> {
    let reader = Reader { context, input };
    let generators = items(spec, "generators").into_iter();
    let mut found: Vec<Environment> =
        generators.flat_map(|generator| reader.generator(generator, 0)).take(MOST).collect();
    let called = spec.at(&["template", "metadata", "name"]).and_then(|entry| entry.value.text());
    for (at, environment) in found.iter_mut().enumerate() {
        let name = called.map(|name| environment.fill(name)).filter(|name| !name.contains('{'));
        environment.name = name.unwrap_or_else(|| (at + 1).to_string());
    }
    found
}

/// Patterns of the files that generators read.
pub(super) fn patterns(root: Node<'_>) -> Vec<&str> {
    let mut found = Vec::new();
    let mut open: Vec<(Node<'_>, usize)> =
        at(root, "spec").map(|spec| (spec, 0)).into_iter().collect();
    while let Some((node, depth)) = open.pop() {
        for generator in items(node, "generators") {
            let files = at(generator, "git").map(|git| items(git, "files")).unwrap_or_default();
            found.extend(files.into_iter().filter_map(|file| text(file, "path")));
            if depth < MAX_DEPTH {
                let inner = ["matrix", "merge"].iter().filter_map(|both| at(generator, both));
                open.extend(inner.map(|inner| (inner, depth + 1)));
            }
        }
    }
    found
}

struct Reader<'a, 'c> {
    context: Option<&'c Context<'a>>,
    input: &'c Input,
}

impl Reader<'_, '_> {
    fn generator(&self, generator: Node<'_>, depth: usize) -> Vec<Environment> {
        let mut found = match generator.entries().iter().find_map(|entry| entry.key.text()) {
            _ if depth > MAX_DEPTH => Vec::new(),
            _ if generator.get("list").is_some() => list(at(generator, "list")),
            _ if generator.get("git").is_some() => self.git(at(generator, "git")),
            _ if generator.get("matrix").is_some() => self.matrix(at(generator, "matrix"), depth),
            _ if generator.get("merge").is_some() => self.merge(at(generator, "merge"), depth),
            // What is asked of a cluster or of a forge nobody knows here, but that it is something.
            _ => {
                let own = generator.entries().into_iter().find_map(|entry| {
                    let values = entry.value.get("values")?.value;
                    let mut environment = Environment::default();
                    environment.learn("values", values);
                    Some(environment)
                });
                vec![own.unwrap_or_default()]
            }
        };
        found.truncate(MOST);
        found
    }

    fn matrix(&self, matrix: Option<Node<'_>>, depth: usize) -> Vec<Environment> {
        let mut found = vec![Environment::default()];
        for inner in matrix.map(|matrix| items(matrix, "generators")).unwrap_or_default() {
            let others = self.generator(inner, depth + 1);
            let with = |one: &Environment| {
                let both = |other: &Environment| Environment {
                    name: String::new(),
                    words: one.words.iter().chain(&other.words).cloned().collect(),
                    places: [&one.places[..], &other.places].concat(),
                    filling: None,
                };
                others.iter().map(both).collect::<Vec<_>>()
            };
            found = found.iter().flat_map(with).take(MOST).collect();
        }
        found
    }

    /// The first says which there are; the others say more of them.
    fn merge(&self, merge: Option<Node<'_>>, depth: usize) -> Vec<Environment> {
        let Some(merge) = merge else { return Vec::new() };
        let keys: Vec<&str> =
            items(merge, "mergeKeys").into_iter().filter_map(|key| key.text()).collect();
        let mut inner = items(merge, "generators").into_iter();
        let first = inner.next();
        let mut found = first.map(|first| self.generator(first, depth + 1)).unwrap_or_default();
        for other in inner.flat_map(|inner| self.generator(inner, depth + 1)) {
            let is_same =
                |one: &&mut Environment| keys.iter().all(|key| one.word(key) == other.word(key));
            found.iter_mut().filter(is_same).for_each(|one| {
                one.words.extend(other.words.clone());
                one.places.extend_from_slice(&other.places);
            });
        }
        found
    }

    fn git(&self, git: Option<Node<'_>>) -> Vec<Environment> {
        let (Some(git), Some(context)) = (git, self.context) else { return Vec::new() };
        let mut found = Vec::new();
        let (wanted, unwanted) = globs(git, "files");
        for input in context.inputs.iter() {
            let path = context.sources.get(input.source).path.as_str();
            let Some(path) = self.within(path, &wanted) else { continue };
            let root = input.tree().and_then(|tree| tree.documents().next());
            let Some(root) = root.filter(|_| !unwanted.iter().any(|glob| glob.is_match(path)))
            else {
                continue;
            };
            // A list makes one for each of its items.
            let roots = if root.is_seq() { root.items() } else { vec![root] };
            for root in roots {
                let mut environment = Environment::default();
                environment.learn("", root);
                let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
                place(&mut environment, folder);
                environment.say("path.filename", name);
                found.push(environment);
            }
        }
        let (wanted, unwanted) = globs(git, "directories");
        let mut folders = BTreeSet::new();
        if !wanted.is_empty() {
            for input in context.inputs.iter() {
                let path = context.sources.get(input.source).path.as_str();
                let ends = path.match_indices('/').map(|(at, _)| &path[..at]);
                folders.extend(ends.filter_map(|folder| self.within(folder, &wanted)));
            }
        }
        for folder in folders.into_iter().filter(|it| !unwanted.iter().any(|u| u.is_match(it))) {
            let mut environment = Environment::default();
            place(&mut environment, folder);
            found.push(environment);
        }
        for environment in &mut found {
            if let Some(values) = at(git, "values") {
                let mut own = Environment::default();
                own.learn("values", values);
                for (word, text) in own.words {
                    let text = environment.fill(&text);
                    environment.say(&word, &text);
                }
            }
        }
        found
    }

    /// A path from the repository's root, if one of the patterns fits: what is scanned may be more
    /// than the repository.
    fn within<'p>(&self, path: &'p str, wanted: &[GlobMatcher]) -> Option<&'p str> {
        let folder = self.context?.sources.get(self.input.source).folder();
        let ends = folder.match_indices('/').map(|(at, _)| at + 1);
        let mut roots = std::iter::once(0).chain(ends).map(|end| &folder[..end]);
        roots.find_map(|root| {
            let path = path.strip_prefix(root)?;
            wanted.iter().any(|glob| glob.is_match(path)).then_some(path)
        })
    }
}

/// Patterns of a list that count, and those that take away again.
fn globs(git: Node<'_>, list: &str) -> (Vec<GlobMatcher>, Vec<GlobMatcher>) {
    let glob = |item: Node<'_>| -> Option<(bool, GlobMatcher)> {
        let pattern = text(item, "path")?.trim_start_matches("./").trim_end_matches('/');
        let glob: Glob = GlobBuilder::new(pattern).literal_separator(true).build().ok()?;
        Some((text(item, "exclude") == Some("true"), glob.compile_matcher()))
    };
    let all: Vec<(bool, GlobMatcher)> = items(git, list).into_iter().filter_map(glob).collect();
    let of = |wanted: bool| {
        let some = all.iter().filter(|(excluded, _)| *excluded == wanted);
        some.map(|(_, glob)| glob.clone()).collect()
    };
    (of(false), of(true))
}

/// What a folder is called, with Go's templates and without.
fn place(environment: &mut Environment, folder: &str) {
    let name = folder.rsplit('/').next().unwrap_or(folder);
    environment.say("path", folder);
    environment.say("path.path", folder);
    for (word, text) in [
        ("path.basename", name.to_owned()),
        ("path.basenameNormalized", {
            name.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '.', "-")
        }),
    ] {
        environment.say(word, &text);
    }
    for (at, part) in folder.split('/').enumerate() {
        environment.say(&format!("path[{at}]"), part);
        environment.say(&format!("path.segments[{at}]"), part);
        environment.say(&format!("index .path.segments {at}"), part);
    }
}

fn list(list: Option<Node<'_>>) -> Vec<Environment> {
    let elements = list.map(|list| items(list, "elements")).unwrap_or_default();
    let element = |node: Node<'_>| {
        let mut environment = Environment::default();
        environment.learn("", node);
        let pairs = node.entries().into_iter();
        let texts = pairs.filter(|entry| entry.value.text().is_some());
        environment.places = texts
            .filter_map(|it| Some((it.key.text()?.to_owned(), it.value.content_range())))
            .collect();
        environment
    };
    elements.into_iter().map(element).collect()
}
