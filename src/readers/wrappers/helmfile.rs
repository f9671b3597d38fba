//! Releases of a helmfile. Knows nothing of what the values mean.

use crate::syntax::yaml::{Entry, Node, Tree};

use super::super::compose::Context;
use super::super::{Input, Role, join, telltales};
use super::environments::{Environment, MOST};
use super::release::{Base, Folder, Parameter, Release, Values};
use super::{at, items, text};

/// What stands at the top of a file that helmfiles are based on.
const BASE_KEYS: [&str; 10] = [
    "environments",
    "bases",
    "values",
    "helmDefaults",
    "repositories",
    "templates",
    "commonLabels",
    "helmBinary",
    "missingFileHandler",
    "helmfiles",
];

/// Whether the document is a helmfile, or what one is based on.
pub(super) fn recognises(root: Node<'_>) -> bool {
    let is_release = |node: &Node<'_>| node.get("chart").or(node.get("inherit")).is_some();
    let is_known = |entry: &Entry<'_>| entry.key.text().is_some_and(|it| BASE_KEYS.contains(&it));
    let is_environment = |entry: &Entry<'_>| {
        let keys = entry.value.entries();
        let mut names = keys.iter().filter_map(|entry| entry.key.text());
        names
            .all(|name| matches!(name, "values" | "secrets" | "missingFileHandler" | "kubeContext"))
    };
    let named = at(root, "environments").map(Node::entries).unwrap_or_default();
    items(root, "releases").iter().any(is_release)
        || items(root, "helmfiles").iter().any(|item| text(*item, "path").is_some())
        || !named.is_empty()
            && named.iter().all(is_environment)
            && root.entries().iter().all(is_known)
}

/// So many templates of one release are followed.
const MOST_INHERITED: usize = 20;

/// Files that a helmfile names: values of its releases, and what it takes its environments from.
pub(super) fn files(root: Node<'_>) -> Vec<&str> {
    if !["releases", "bases", "environments", "helmfiles"].iter().any(|key| root.get(key).is_some())
    {
        return Vec::new();
    }
    let templates = at(root, "templates").map(Node::entries).unwrap_or_default();
    let environments = at(root, "environments").map(Node::entries).unwrap_or_default();
    let holders = items(root, "releases")
        .into_iter()
        .chain(templates.into_iter().chain(environments).map(|entry| entry.value));
    let values = holders
        .flat_map(|holder| items(holder, "values").into_iter().chain(items(holder, "secrets")));
    let inner = items(root, "helmfiles").into_iter().flat_map(|item| {
        let path = at(item, "path").unwrap_or(item);
        items(item, "values").into_iter().chain([path])
    });
    let all = values.chain(items(root, "bases")).chain(items(root, "values")).chain(inner);
    all.filter_map(|item| item.text()).collect()
}

/// The environments that a helmfile declares, or a file that it is based on, with what they say.
pub(super) fn environments(context: Option<&Context<'_>>, input: &Input) -> Vec<Environment> {
    let own: Vec<Node<'_>> = roots(input).collect();
    let folder = |context: &Context<'_>| context.sources.get(input.source).folder().to_owned();
    let file = |path: &str| {
        let context = context?;
        context.inputs.at(&join(&folder(context), path))
    };
    let bases = own.iter().flat_map(|root| items(*root, "bases"));
    let bases = bases.filter_map(|base| file(base.text()?)).flat_map(roots);
    let all: Vec<Node<'_>> = bases.chain(own.iter().copied()).collect();
    let mut found: Vec<Environment> = Vec::new();
    for entry in all.iter().filter_map(|root| at(*root, "environments")).flat_map(Node::entries) {
        let Some(name) = entry.key.text() else { continue };
        if !found.iter().any(|known| known.name == name) {
            if found.len() >= MOST {
                break;
            }
            let mut environment = Environment { name: name.to_owned(), ..Environment::default() };
            environment.say("Environment.Name", name);
            for item in all.iter().flat_map(|root| items(*root, "values")) {
                learn(&mut environment, item, &file);
            }
            found.push(environment);
        }
        let Some(known) = found.iter_mut().find(|known| known.name == name) else { continue };
        for item in items(entry.value, "values") {
            learn(known, item, &file);
        }
    }
    match context {
        Some(context) => handed_down(context, input, found),
        None => found,
    }
}

/// The environments with what helmfiles hand to the one that they take in, over all others.
fn handed_down(
    context: &Context<'_>,
    input: &Input,
    mut found: Vec<Environment>,
) -> Vec<Environment> {
    let path = context.sources.get(input.source).path.as_str();
    let mut parents = Vec::new();
    for parent in context.inputs.iter().filter(|parent| parent.role == Role::Helmfile) {
        let folder = context.sources.get(parent.source).folder();
        let taken_in = roots(parent).flat_map(|root| items(root, "helmfiles"));
        let is_it =
            |item: &Node<'_>| text(*item, "path").is_some_and(|it| join(folder, it) == path);
        let handing = taken_in.filter(is_it).filter(|item| item.get("values").is_some());
        parents.extend(handing.map(|item| (item, folder)));
    }
    if parents.is_empty() {
        return found;
    }
    if found.is_empty() {
        found.push(Environment::default());
    }
    let mut handed = Vec::new();
    for (item, folder) in &parents {
        for environment in &found {
            let mut environment = environment.clone();
            let file = |path: &str| context.inputs.at(&join(folder, path));
            items(*item, "values").into_iter().for_each(|it| learn(&mut environment, it, &file));
            if parents.len() > 1 {
                let name = [environment.name.as_str(), folder.trim_end_matches('/')];
                environment.name = name.join("@").trim_matches('@').to_owned();
            }
            handed.push(environment);
        }
    }
    handed.truncate(MOST);
    handed
}

fn roots(input: &Input) -> impl Iterator<Item = Node<'_>> {
    input.tree().into_iter().flat_map(Tree::documents)
}

/// Takes in values of an environment: in the helmfile, or in a file.
fn learn<'i>(
    environment: &mut Environment,
    item: Node<'_>,
    file: &dyn Fn(&str) -> Option<&'i Input>,
) {
    let mut add = |node: Node<'_>| {
        for above in ["Values", "StateValues", "Environment.Values"] {
            environment.learn(above, node);
        }
    };
    match item.text() {
        Some(path) => {
            let tree = file(path).and_then(Input::tree);
            tree.into_iter().flat_map(Tree::documents).for_each(add);
        }
        None => add(item),
    }
}

pub(super) fn releases<'a>(input: &'a Input, root: Node<'a>) -> Vec<Release<'a>> {
    let all = items(root, "releases").into_iter();
    all.filter_map(|node| release(input, parts(input, node))).collect()
}

/// A release with what it inherits, that first, and what it does not take over of it.
fn parts<'a>(input: &'a Input, node: Node<'a>) -> Vec<(Node<'a>, Vec<&'a str>)> {
    let inherit = node.get("inherit").map(|entry| entry.value);
    let inherited = inherit.into_iter().flat_map(|inherit| match inherit.is_map() {
        true => vec![inherit],
        false => items(node, "inherit"),
    });
    let template = |item: Node<'a>| {
        let name = text(item, "template")?;
        let found = roots(input).find_map(|root| at(at(root, "templates")?, name))?;
        let except = items(item, "except").into_iter().filter_map(|key| key.text());
        Some((found, except.collect()))
    };
    inherited.filter_map(template).take(MOST_INHERITED).chain([(node, Vec::new())]).collect()
}

fn release<'a>(input: &'a Input, parts: Vec<(Node<'a>, Vec<&'a str>)>) -> Option<Release<'a>> {
    let (node, _) = *parts.last().map(|(node, except)| (*node, except)).as_ref()?;
    let first = |key: &str| parts.iter().find_map(|(part, _)| part.get(key));
    let list = |key: &'static str| {
        let parts = parts.iter().filter(move |(_, except)| !except.contains(&key));
        parts.flat_map(move |(part, _)| items(*part, key))
    };
    let called = first("chart").and_then(|entry| entry.value.text());
    let is_chart = called.is_some_and(telltales::is_chart);
    let anchor = first("chart").map(|entry| entry.key);
    let mut release = Release::new(input, text(node, "name").unwrap_or(""), anchor);
    if is_chart {
        release.set_chart(first("version").map(|entry| entry.value));
    }
    let mut own = Environment::default();
    for (word, key) in [("Release.Name", "name"), ("Release.Namespace", "namespace")] {
        first(key)
            .and_then(|entry| entry.value.text())
            .into_iter()
            .for_each(|it| own.say(word, it));
    }
    release.folder =
        called.filter(|chart| chart.starts_with('.')).map(|path| Folder::new(path, Base::Wrapper));
    release.outer = first("chart").map(|entry| entry.value);
    release.outer = release.outer.filter(|_| !is_chart && release.folder.is_none());
    let handler = first("missingFileHandler").and_then(|entry| entry.value.text());
    let is_needed = handler.is_none_or(|handler| handler == "Error");
    // What `secrets` names is decrypted with sops and laid over the values.
    for item in list("values").chain(list("valuesTemplate")).chain(list("secrets")) {
        release.values.push(match item.text() {
            Some(path) => {
                let path = own.fill(path);
                Values::File { path, place: item, is_needed, base: Base::Wrapper }
            }
            None => Values::Inline(item),
        });
    }
    for (key, is_text) in [("set", false), ("setString", true)] {
        let found = list(key);
        let keys = ["value", "values"];
        release.parameters.extend(found.filter_map(|item| Parameter::of(item, &keys, is_text)));
    }
    Some(release)
}
