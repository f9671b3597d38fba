//! A container's environment from `env` and `envFrom`, as the kubelet builds it. What a Secret or
//! ConfigMap out of scope gives is unknown, and so is what a patch that was not applied may change.

use crate::deployment::environment::{Environment, Unseen, Variable};
use crate::deployment::value::{Fragment, Piece, Step};
use crate::deployment::version::Confidence;
use crate::source::{SourceId, Span};
use crate::syntax::yaml::Node;

use super::super::manifests::{Container, Entry, Item, Workload, text};
use super::super::scalar;
use super::Server;

/// Rank of `env` among the sources of a container's environment; `envFrom` is below.
const ENV: u8 = 200;

/// Rank of what nobody can see: a patch that was not applied.
const PATCH: u8 = 255;

impl<'a> Server<'a, '_> {
    pub(super) fn environment(
        &self,
        workload: &Workload<'a>,
        container: &Container<'a>,
    ) -> Environment {
        let mut environment = Environment::default();
        let mut rank = 1u8;
        for from in &container.env_from {
            self.env_from(workload, from.source, from.node, rank, &mut environment);
            rank = rank.saturating_add(1).min(ENV - 1);
        }
        for item in &container.env {
            self.env(workload, *item, &mut environment);
        }
        for (name, span) in self.scope.unapplied.iter().chain(&workload.unapplied) {
            environment.unseen.push(Unseen { name: name.clone(), span: *span, rank: PATCH });
        }
        environment
    }

    fn env_from(
        &self,
        workload: &Workload<'a>,
        source: SourceId,
        item: Node<'a>,
        rank: u8,
        environment: &mut Environment,
    ) {
        let prefix = text(item, "prefix").unwrap_or("");
        for (key, is_secret) in [("secretRef", true), ("configMapRef", false)] {
            let Some(name) = item.get(key).and_then(|entry| entry.value.get("name")) else {
                continue;
            };
            let span = scalar::span(source, name.value);
            let what = format!(
                "the {} `{}`",
                if is_secret { "Secret" } else { "ConfigMap" },
                name.value.text().unwrap_or("")
            );
            let store = self.store(is_secret, name.value.text().unwrap_or(""), workload);
            if store.is_none_or(|store| store.open) {
                environment.unseen.push(Unseen { name: what.clone(), span, rank });
            }
            let Some(store) = store else { continue };
            let step = Step { what: format!("the container takes in {what}"), span: Some(span) };
            for (name, entry) in &store.entries {
                let variable = variable(entry, entry.span, vec![step.clone()], rank);
                environment.set(format!("{prefix}{name}"), variable);
            }
            for name in &store.opaque {
                let mut hidden = variable_unknown(&what, span, rank);
                hidden.steps.push(step.clone());
                environment.set(format!("{prefix}{name}"), hidden);
            }
        }
    }

    fn env(&self, workload: &Workload<'a>, item: Item<'a>, environment: &mut Environment) {
        let (entry, source) = (item.entry.node, item.entry.source);
        let Some(name) = entry.get("name") else { return };
        let Some(key) = name.value.text() else { return };
        let place = scalar::span(source, name.value);
        let found = if let Some(span) = item.hidden {
            variable_unknown("what a JSON patch refers to", span, ENV)
        } else if let Some(value) = item.value.or(item.entry.get("value")) {
            let raw = &self.context.sources.get(value.source).text;
            let text = self.expanded(scalar::fragment(value.source, raw, value.node), environment);
            let steps = match item.value {
                Some(_) => vec![Step { what: format!("a patch sets `{key}`"), span: Some(place) }],
                None => Vec::new(),
            };
            Variable { text, items: None, place, steps, confidence: Confidence::High, rank: ENV }
        } else if let Some(from) = entry.get("valueFrom") {
            let reference = [("secretKeyRef", true), ("configMapKeyRef", false)]
                .iter()
                .find_map(|(kind, is_secret)| Some((from.value.get(kind)?, *is_secret)));
            let Some((reference, is_secret)) = reference else {
                environment.set(key, variable_unknown("valueFrom", place, ENV));
                return;
            };
            let named = reference.value.get("name");
            let span = named.map_or(place, |entry| scalar::span(source, entry.value));
            let store_name = named.and_then(|entry| entry.value.text()).unwrap_or("");
            let what =
                format!("the {} `{store_name}`", if is_secret { "Secret" } else { "ConfigMap" });
            let store = self.store(is_secret, store_name, workload);
            let held = store
                .zip(text(reference.value, "key"))
                .and_then(|(store, key)| store.entries.get(key));
            match held {
                Some(entry) => {
                    let step =
                        Step { what: format!("`{key}` is taken from {what}"), span: Some(span) };
                    variable(entry, entry.span, vec![step], ENV)
                }
                None => variable_unknown(&what, span, ENV),
            }
        } else {
            // A name alone is an empty text.
            Variable {
                text: Fragment::new(Vec::new(), place),
                items: None,
                place,
                steps: Vec::new(),
                confidence: Confidence::High,
                rank: ENV,
            }
        };
        environment.set(key, found);
    }

    /// `$(NAME)` becomes what a variable above it is.
    fn expanded(&self, fragment: Fragment, environment: &Environment) -> Fragment {
        let outer = fragment.outer();
        let pieces = fragment
            .pieces()
            .iter()
            .flat_map(|piece| match piece {
                Piece::Unknown(unknown) => {
                    let name =
                        unknown.name.strip_prefix("$(").and_then(|name| name.strip_suffix(')'));
                    match name.and_then(|name| environment.variables.get(name)) {
                        Some(variable) => variable.text.pieces().to_vec(),
                        None => vec![piece.clone()],
                    }
                }
                known => vec![known.clone()],
            })
            .collect();
        Fragment::new(pieces, outer)
    }
}

fn variable(entry: &Entry, place: Span, steps: Vec<Step>, rank: u8) -> Variable {
    Variable {
        text: entry.text.clone(),
        items: None,
        place,
        steps,
        confidence: Confidence::High,
        rank,
    }
}

fn variable_unknown(what: &str, span: Span, rank: u8) -> Variable {
    Variable {
        text: Fragment::unknown(what, span),
        items: None,
        place: span,
        steps: Vec::new(),
        confidence: Confidence::High,
        rank,
    }
}
