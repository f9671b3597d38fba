//! openmetadata.yaml, as Dropwizard reads it: variables are replaced in the text, what comes
//! of it is YAML 1.1.

use crate::deployment::catalogue::{Catalogue, Setting, Type};
use crate::deployment::environment::Environment;
use crate::deployment::evidence::Evidence;
use crate::deployment::value::{Fragment, GAP, Origin, State, Step, Value};
use crate::deployment::values::Values;
use crate::deployment::version::{Confidence, Version};
use crate::deployment::{Basics, Deployment, Kind, Notation};
use crate::source::{Sources, Span, Text};
use crate::syntax::substitution::Dialect;
use crate::syntax::yaml::{Entry, Node, Style};

use super::compose::{self, Context};
use super::interpolation::{Known, Variables};
use super::{Input, scalar};

/// Sections that no other program's configuration has, with keys that prove it.
const SECTIONS: [(&str, &[&str]); 3] = [
    (
        "authorizerConfiguration",
        &["className", "containerRequestFilter", "adminPrincipals", "principalDomain"],
    ),
    (
        "authenticationConfiguration",
        &["provider", "publicKeyUrls", "publicKey", "authority", "clientId"],
    ),
    (
        "jwtTokenConfiguration",
        &["rsapublicKeyFilePath", "rsaprivateKeyFilePath", "jwtissuer", "keyId"],
    ),
];

/// Whether the document is a server's configuration.
pub(super) fn recognises(root: Node<'_>) -> bool {
    SECTIONS.iter().any(|(section, keys)| {
        root.get(section).is_some_and(|entry| {
            entry.value.is_map()
                && entry
                    .value
                    .entries()
                    .iter()
                    .any(|child| child.key.text().is_some_and(|key| keys.contains(&key.trim())))
        })
    })
}

/// What each setting of the catalogue becomes. Without an environment the file is one layer
/// among unseen ones.
pub(super) fn settings(
    input: &Input,
    sources: &Sources,
    catalogue: &Catalogue,
    version: Version,
    environment: Option<&Environment>,
) -> Values {
    let Some(root) = input.tree().and_then(|tree| tree.documents().find(|root| recognises(*root)))
    else {
        return catalogue.settings.iter().map(|_| Value::absent()).collect();
    };
    let mut variables = Variables::none(catalogue);
    for (name, variable) in environment.iter().flat_map(|environment| &environment.variables) {
        variables.insert(
            name.clone(),
            Known {
                text: variable.text.clone(),
                place: variable.place,
                steps: variable.steps.clone(),
            },
        );
    }
    let file = File {
        input,
        raw: &sources.get(input.source).text,
        root,
        variables,
        environment,
        broken_from: input.tree().and_then(|tree| tree.errors.first()).map(|error| error.offset),
    };
    catalogue.settings.iter().map(|setting| file.setting(setting, version)).collect()
}

struct File<'a> {
    input: &'a Input,
    raw: &'a str,
    root: Node<'a>,
    variables: Variables,
    environment: Option<&'a Environment>,
    broken_from: Option<usize>,
}

impl<'a> File<'a> {
    fn setting(&self, setting: &Setting, version: Version) -> Value {
        if setting.path.starts_with("chart.") || setting.beside.is_some() {
            return Value::absent();
        }
        if let Some(part) = setting.path.strip_prefix("database.url.") {
            return self.database(part, setting, version);
        }
        let paths = std::iter::once(&setting.path).chain(&setting.yaml);
        match paths.filter_map(|path| find(self.root, path)).next() {
            Some(entry) => self.value(setting, entry),
            None => self.unset(setting, version),
        }
    }

    fn value(&self, setting: &Setting, entry: Entry<'a>) -> Value {
        let place = scalar::span(self.input.source, entry.key);
        if entry.value.is_seq() {
            let mut steps = Vec::new();
            let mut used_default = false;
            let items: Vec<Fragment> = entry
                .value
                .items()
                .into_iter()
                .map(|item| {
                    let (text, more, default) = self.expand(item.resolved());
                    used_default |= default;
                    steps.extend(more);
                    if is_quoted(item) { text } else { text.unquoted() }
                })
                .collect();
            let whole = Span::new(self.input.source, entry.value.range());
            let kind = if setting.kind == Type::List { Type::List } else { Type::String };
            let text = scalar::fragment(self.input.source, self.raw, entry.value);
            let mut value = Value::written(kind, text, Some(items), place);
            value.origin.span = Some(if whole.range().is_empty() { place } else { whole });
            return self.finish(value, steps, used_default, entry);
        }
        let (text, steps, used_default) = self.expand(entry.value);
        let mut value = Value::written(setting.kind, text.clone(), None, place);
        // Quotes within the file's own quotes are data: a variable that brings some keeps them.
        if is_quoted(entry.value) && value.state == State::Written {
            value.text = text;
        }
        self.finish(value, steps, used_default, entry)
    }

    fn finish(
        &self,
        mut value: Value,
        steps: Vec<Step>,
        used_default: bool,
        entry: Entry<'a>,
    ) -> Value {
        value.origin.steps.extend(steps);
        let mended = self.broken_from.is_some_and(|from| entry.key.range().start >= from);
        // Whether the variable is set cannot be seen from this file alone.
        if (used_default && self.environment.is_none()) || mended {
            value.confidence = value.confidence.min(Confidence::Medium);
        }
        value
    }

    /// The node's text with variables replaced, and whether a variable's default was used.
    fn expand(&self, node: Node<'a>) -> (Fragment, Vec<Step>, bool) {
        let plain = node.resolved().style() == Some(Style::Plain);
        let mut text = scalar::text(self.input.source, self.raw, node);
        // Variables are replaced before the text is YAML, so ` #` in a default ends nothing yet.
        if plain && is_cut_off(text.expose()) {
            let start = node.resolved().range().start;
            let line = self.raw[start..].lines().next().unwrap_or("").trim_end();
            text = Text::exact(line, self.input.source, start);
        }
        let outer = Span::new(self.input.source, node.resolved().range());
        let (mut fragment, steps) = self.variables.expand(&text, outer, Dialect::Dropwizard);
        if plain && text.expose().contains("${") {
            fragment = fragment.before_comment();
        }
        let used_default =
            steps.iter().any(|step| step.span.is_none() && step.what.contains("default"));
        (fragment, steps, used_default)
    }

    fn unset(&self, setting: &Setting, version: Version) -> Value {
        let Some(text) = setting.server_default(version).and_then(|entry| entry.value.as_deref())
        else {
            return Value::absent();
        };
        let (place, present_keys) = self.place(&setting.path);
        // What a broken file may have lost is not known to be unset.
        if self.broken_from.is_some() {
            return Value::unseen("the part of the file that did not parse", place);
        }
        let mut value = Value::default(setting.kind, text, place);
        value.confidence = Confidence::Medium;
        value.origin = Origin { span: Some(place), steps: Vec::new(), present_keys };
        value
    }

    /// The deepest key on the way to a setting, and how many keys there are up to it.
    fn place(&self, path: &str) -> (Span, usize) {
        let mut node = self.root;
        let mut found = None;
        let mut depth = 0;
        for key in path.split('.') {
            let Some(entry) = get(node, key) else { break };
            found = Some(entry.key);
            depth += 1;
            node = entry.value;
        }
        let key = found.or_else(|| self.root.pairs().first().map(|(key, _)| *key));
        let span = key
            .map_or(Span::new(self.input.source, 0..0), |key| scalar::span(self.input.source, key));
        (span, depth)
    }

    /// A part of the JDBC URL.
    fn database(&self, part: &str, setting: &Setting, version: Version) -> Value {
        let Some(entry) = find(self.root, "database.url") else {
            return self.unset(setting, version);
        };
        let (url, steps, used_default) = self.expand(entry.value);
        let outline = url.outline();
        let place = scalar::span(self.input.source, entry.key);
        let text = match jdbc_part(&outline, part) {
            Some(range) => url.slice(range),
            // A URL without parameters sets none, which is not the same as setting nothing.
            None if part == "params" && url.is_known() && !outline.trim().is_empty() => {
                let mut none = Value::written(
                    setting.kind,
                    Fragment::new(Vec::new(), url.span()),
                    None,
                    place,
                );
                none.origin.span = Some(url.span());
                return self.finish(none, steps, used_default, entry);
            }
            None => return Value::absent(),
        };
        let state = if text.outline().chars().any(|c| c != GAP) || text.is_known() {
            State::Written
        } else {
            State::Reference
        };
        let mut value = Value::written(setting.kind, text, None, place);
        value.state = if value.text.outline().is_empty() { State::Empty } else { state };
        self.finish(value, steps, used_default, entry)
    }
}

fn is_quoted(node: Node<'_>) -> bool {
    matches!(node.resolved().style(), Some(Style::Single | Style::Double))
}

/// Whether the text ends within `${…}`.
fn is_cut_off(text: &str) -> bool {
    text.rfind("${").is_some_and(|at| !text[at..].contains('}'))
}

/// Where a part of `jdbc:scheme://host:port/database?params` stands.
fn jdbc_part(url: &str, part: &str) -> Option<std::ops::Range<usize>> {
    let start = url.find("jdbc:").map_or(0, |at| at + 5);
    let scheme_end = start + url[start..].find("://")?;
    let after = scheme_end + 3;
    let before_query = after + url[after..].find('?').unwrap_or(url.len() - after);
    // What stands before the last `@` is a name and a password, slashes in it or not.
    let host = url[after..before_query].rfind('@').map_or(after, |at| after + at + 1);
    let authority_end = host + url[host..].find(['/', '?']).unwrap_or(url.len() - host);
    let host_end = host + url[host..authority_end].rfind(':').unwrap_or(authority_end - host);
    let query = url[authority_end..].find('?').map(|at| authority_end + at);
    match part {
        "scheme" => Some(start..scheme_end),
        "host" => Some(host..host_end),
        "port" if host_end < authority_end => Some(host_end + 1..authority_end),
        "database" => Some(
            (authority_end + 1).min(url.len())
                ..query.unwrap_or(url.len()).max(authority_end + 1).min(url.len()),
        ),
        "params" => query.map(|at| at + 1..url.len()),
        _ => None,
    }
}

fn get<'a>(node: Node<'a>, key: &str) -> Option<Entry<'a>> {
    let indexed = || {
        let (name, index) = key.strip_suffix(']')?.rsplit_once('[')?;
        Some((name, index.parse::<usize>().ok()?))
    };
    let (name, index) = indexed().map_or((key, None), |(name, index)| (name, Some(index)));
    let mut entry = node.get(name).or_else(|| node.get_padded(name))?;
    if let Some(index) = index {
        entry.value = entry.value.items().get(index).copied()?.resolved();
    }
    Some(entry)
}

/// The entry under a dotted path; a key may itself hold dots.
fn find<'a>(node: Node<'a>, path: &str) -> Option<Entry<'a>> {
    for end in path.match_indices('.').map(|(at, _)| at).chain([path.len()]) {
        let Some(entry) = get(node, &path[..end]) else { continue };
        if end == path.len() {
            return Some(entry);
        }
        if let Some(found) = find(entry.value, &path[end + 1..]) {
            return Some(found);
        }
    }
    None
}

/// The deployment that a file describes, alone or with the environment files that go with it.
pub(super) fn read(context: &Context<'_>, input: &Input, env_files: &[&Input]) -> Deployment {
    let source = context.sources.get(input.source);
    let version = compose::version(context, &[input.source], None);
    let environment =
        (!env_files.is_empty()).then(|| super::env_file::environment(context, env_files));
    let settings =
        settings(input, context.sources, context.catalogue, version.version, environment.as_ref());
    let evidence = Evidence {
        problems: super::problems(input, context.sources, context.catalogue).to_vec(),
        ..Evidence::default()
    };
    let basics = Basics {
        id: format!("openmetadata.yaml:{}", source.path),
        kind: Kind::ServerFile,
        version,
        sources: std::iter::once(input.source)
            .chain(env_files.iter().map(|env| env.source))
            .collect(),
        notation: Notation::ServerFile,
    };
    let mut deployment = Deployment::new(basics, settings, evidence);
    deployment.illustrative = source.illustrative;
    deployment
}
