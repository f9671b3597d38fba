//! The environment of a service's container: `env_file` below `environment`, in both its
//! notations.

use std::collections::BTreeMap;

use crate::deployment::catalogue::Catalogue;
use crate::deployment::environment::{Environment, Lack, Unseen, Variable};
use crate::deployment::evidence::{Mount, MountSource, Problem};
use crate::deployment::value::{Fragment, Piece, Step};
use crate::deployment::version::Confidence;
use crate::source::mask::public_value;
use crate::source::{SourceId, Span, Text};
use crate::syntax::substitution::Dialect;
use crate::syntax::yaml::{Node, Tree};

use super::super::bounds::{MOST_ENV_FILES, MOST_LINES, MOST_SET, MOST_VARIABLES};
use super::super::interpolation::Known;
use super::super::{join, scalar, telltales};
use super::Reader;
use super::files::{env_file_paths, plain, services};
use super::services::{Layer, Service, attributes};

/// Rank of `environment:` among the sources of a container's environment.
const ENVIRONMENT: u8 = 200;

/// Variables that a list below `environment:` sets twice.
pub(in crate::readers) fn duplicates(
    source: SourceId,
    tree: &Tree,
    raw: &str,
    catalogue: &Catalogue,
) -> Vec<Problem> {
    let mut found = Vec::new();
    for service in tree.documents().flat_map(services) {
        let Some(environment) = service.value.get("environment") else { continue };
        let mut seen: BTreeMap<String, (Span, String)> = BTreeMap::new();
        let mut bytes = 0;
        for item in environment.value.items() {
            bytes += item.text().map_or(0, str::len);
            if bytes > MOST_SET.1 {
                break;
            }
            let text = scalar::text(source, raw, item);
            let (name, value) = text.expose().split_once('=').unwrap_or((text.expose(), ""));
            let place = text.locate(0..name.len());
            if let Some((first, before)) = seen.insert(name.to_owned(), (place, value.to_owned())) {
                found.push(Problem::DuplicateKey {
                    key: name.to_owned(),
                    first,
                    last: place,
                    conflicting: before != value && !catalogue.by_variable(name).is_empty(),
                });
            }
        }
    }
    found
}

/// One line of `environment:`.
struct Assignment {
    name: String,
    place: Span,
    value: Assigned,
}

enum Assigned {
    Text(Fragment, Vec<Step>),
    /// A name alone.
    Bare,
    /// `!reset`: what weaker layers set does not count.
    Reset,
}

impl<'a> Reader<'a, '_> {
    /// The environment of a service's container.
    pub(super) fn environment(&mut self, service: &Service<'a>) -> Environment {
        let mut environment = Environment::default();
        if let Some((_, source, built)) = self.built(service) {
            self.used.insert(source);
            for (name, known) in &built.variables {
                environment.set(name.clone(), known.variable(0));
            }
        }
        let mut left_out = None;
        let mut own: BTreeMap<String, Variable> = BTreeMap::new();
        let environments = attributes(service, "environment");
        for (at, (layer, attribute)) in environments.iter().enumerate() {
            // What compose has merged before, or reads as a list, no longer has keys to reset.
            let has_keys = at == 1 && environments[0].1.is_map();
            let (assignments, cut) = self.assignments(layer, *attribute);
            left_out = left_out.or(cut);
            for assignment in assignments {
                let Assignment { name, place, value } = assignment;
                let variable = match value {
                    Assigned::Text(text, steps) => Variable {
                        text,
                        items: None,
                        place,
                        steps,
                        confidence: Confidence::High,
                        rank: ENVIRONMENT,
                    },
                    // A bare name passes on what compose itself knows.
                    Assigned::Bare => match layer.variables.get(&name) {
                        // An empty text stands nowhere but beside its name.
                        Some(known) if known.text.outline().is_empty() => {
                            known.variable(ENVIRONMENT)
                        }
                        Some(known) => Variable { place, ..known.variable(ENVIRONMENT) },
                        None => Variable {
                            text: Fragment::unknown(format!("${{{name}}}"), place),
                            items: None,
                            place,
                            steps: Vec::new(),
                            confidence: Confidence::High,
                            rank: ENVIRONMENT,
                        },
                    },
                    Assigned::Reset if has_keys => {
                        own.remove(&name);
                        continue;
                    }
                    Assigned::Reset => continue,
                };
                own.insert(name, variable);
            }
        }
        let mut rank = 1;
        let env_files = attributes(service, "env_file");
        // A file sees the project's variables, then what `environment` says, then itself and the
        // files before it.
        let mut outer = self.variables.none_beside();
        if !env_files.is_empty() {
            for (name, variable) in &own {
                let Variable { text, place, steps, .. } = variable.clone();
                outer.insert(name.clone(), Known { text, place, steps });
            }
        }
        let outer = outer.below(self.variables.clone());
        let mut seen = self.variables.none_beside();
        let mut number = 0;
        for (layer, attribute) in env_files {
            for named in env_file_paths(attribute) {
                number += 1;
                let has_room = number <= MOST_ENV_FILES
                    && environment.variables.len() <= MOST_VARIABLES / 2
                    && self.lines <= MOST_LINES;
                let at = join(&layer.folder, &plain(&layer.variables, &named.path));
                match self.context.inputs.at(&at).filter(|_| has_room) {
                    Some(input) => {
                        self.used.insert(input.source);
                        self.lines += input.entries().len();
                        if named.raw {
                            seen.read_raw(input, self.context.sources, &outer);
                        } else {
                            seen.read(&[input], self.context.sources, &outer);
                        }
                        let own = |known: &&Known| known.place.source == input.source;
                        for (name, known) in seen.iter().filter(|(_, known)| own(known)) {
                            match environment.variables.get_mut(name) {
                                Some(weaker) if known.is_bare() => {
                                    weaker.confidence = weaker.confidence.min(Confidence::Medium);
                                    weaker.steps.push(Step {
                                        what: format!("the shell's `{name}`, if any, overrides it"),
                                        span: Some(known.place),
                                    });
                                }
                                _ => environment.set(name.clone(), known.variable(rank)),
                            }
                        }
                    }
                    None => {
                        let span = scalar::span(layer.source, named.node);
                        if !has_room {
                            left_out.get_or_insert(span);
                        }
                        environment.unseen.push(Unseen {
                            name: format!("env_file `{}`", public_value(&named.path)),
                            span,
                            rank,
                            prefix: String::new(),
                            lack: Lack::Missing,
                        });
                    }
                }
                rank = rank.saturating_add(1).min(ENVIRONMENT - 1);
            }
        }
        if let Some(span) = left_out {
            let name = "what omlint does not follow".to_owned();
            environment.unseen.push(Unseen {
                name,
                span,
                rank: u8::MAX,
                prefix: String::new(),
                lack: Lack::NotFollowed,
            });
            self.beyond.extend(left_out.filter(|_| self.beyond.is_empty()));
        }
        if environment.variables.is_empty() {
            environment.variables = own;
        } else {
            own.into_iter().for_each(|(name, variable)| environment.set(name, variable));
        }
        for layer in &service.layers {
            let input = self.context.inputs.of(layer.source);
            let broken = input.and_then(|input| input.broken_at(layer.node.range().start));
            broken.into_iter().for_each(|place| environment.break_at(place));
        }
        environment
    }

    /// What a mount over the script that the image reads before the server starts exports. Only
    /// the names are read: the values are a shell's to work out. Returns the script, if it is
    /// among the files.
    pub(super) fn start_script(
        &self,
        mounts: &[Mount],
        environment: &mut Environment,
    ) -> Option<SourceId> {
        let mount = mounts.iter().find(|mount| mount.target.ends_with(telltales::START_SCRIPT))?;
        let MountSource::File(id) = mount.from else {
            environment.unseen.push(Unseen {
                name: format!("the script mounted at `{}`", public_value(&mount.target)),
                span: mount.span,
                rank: ENVIRONMENT + 1,
                prefix: String::new(),
                lack: Lack::Missing,
            });
            return None;
        };
        let script = self.source(id);
        let mut at = 0;
        for line in script.text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let Some((before, _)) = line.split_once('=') else { continue };
            let name = before.trim_start().trim_start_matches("export ").trim_start();
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if name.is_empty() || !name.chars().all(is_name) {
                continue;
            }
            let first = start + before.len() - name.len();
            let place = Span::new(id, first..first + name.len());
            environment.set(
                name,
                Variable {
                    text: Fragment::unknown(format!("what `{}` exports", script.path), place),
                    items: None,
                    place,
                    steps: Vec::new(),
                    confidence: Confidence::High,
                    rank: ENVIRONMENT + 1,
                },
            );
        }
        Some(id)
    }

    /// `NAME: value` or `- NAME=value` below `environment:`, and where those begin that are left
    /// out.
    fn assignments(&self, layer: &Layer<'a>, node: Node<'a>) -> (Vec<Assignment>, Option<Span>) {
        let raw = &self.source(layer.source).text;
        let mut found = Vec::new();
        let mut bytes = 0;
        let mut is_cut = |found: &Vec<Assignment>, node: Node<'_>| {
            bytes += node.text().map_or(0, str::len);
            found.len() >= MOST_SET.0 || bytes > MOST_SET.1
        };
        for entry in node.entries() {
            if is_cut(&found, entry.value) {
                return (found, Some(scalar::span(layer.source, entry.key)));
            }
            let Some(name) = entry.key.text() else { continue };
            let place = scalar::span(layer.source, entry.key);
            let value = if entry.value.tag() == Some("!reset") {
                Assigned::Reset
            } else if entry.value.is_null() {
                Assigned::Bare
            } else {
                let (text, mut steps) = self.typed(layer, entry.value);
                if let Some(via) = entry.via {
                    steps.push(Step {
                        what: "the service takes it in through this alias".to_owned(),
                        span: Some(scalar::span(layer.source, via)),
                    });
                }
                Assigned::Text(text, steps)
            };
            found.push(Assignment { name: name.trim().to_owned(), place, value });
        }
        for item in node.items() {
            if is_cut(&found, item) {
                return (found, Some(scalar::span(layer.source, item)));
            }
            let text = scalar::text(layer.source, raw, item);
            let written = text.expose();
            let (name, value) = match written.find('=') {
                Some(at) => (&written[..at], Some(text.part(at + 1..written.len()))),
                None => (written, None),
            };
            let place = text.locate(0..name.len());
            let value = match value {
                Some(value) => {
                    let outer = value.span();
                    let (text, steps) = layer.variables.expand(&value, outer, Dialect::Compose);
                    Assigned::Text(text, steps)
                }
                None => Assigned::Bare,
            };
            found.push(Assignment { name: name.trim().to_owned(), place, value });
        }
        (found, None)
    }

    /// The text of a scalar that compose types before it makes text of it again: `012` is 10.
    fn typed(&self, layer: &Layer<'a>, node: Node<'a>) -> (Fragment, Vec<Step>) {
        match scalar::go_text(node) {
            Some(text) => {
                let outer = Span::new(layer.source, node.resolved().range());
                (Fragment::of(Piece::Known(Text::decoded(text.as_str(), outer)), outer), Vec::new())
            }
            None => self.expand(layer, node),
        }
    }
}
