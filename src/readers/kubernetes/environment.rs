//! A container's environment from `env` and `envFrom`, as the kubelet builds it. What a Secret or
//! ConfigMap out of scope gives is unknown, and so is what a patch that was not applied may change.

use crate::deployment::environment::{Environment, Lack, Unseen, Variable};
use crate::deployment::value::{Fragment, Piece, Step};
use crate::deployment::version::Confidence;
use crate::source::{SourceId, Span};
use crate::syntax::yaml::Node;

use super::super::kubelet;
use super::super::manifests::{Called, Container, Entry, Item, Workload, text};
use super::super::postbuild::Filling;
use super::super::{opaque, scalar};
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
            if !self.context.room.allows(1, item.entry.source) {
                environment.unseen.push(not_followed(item.entry.span()));
                break;
            }
            self.env(workload, *item, &mut environment);
        }
        for (name, span) in self.scope.unapplied.iter().chain(&workload.unapplied) {
            let (name, prefix) = (name.clone(), String::new());
            environment.unseen.push(Unseen {
                name,
                span: *span,
                rank: PATCH,
                prefix,
                lack: Lack::NotFollowed,
            });
        }
        self.break_off(container.place, &mut environment);
        kubelet::fill_in(self.context.catalogue, &mut environment);
        environment
    }

    /// Where the document at a place is broken, the environment may lack what it had.
    fn break_off(&self, place: Span, environment: &mut Environment) {
        let input = self.context.inputs.of(place.source);
        let broken = input.and_then(|input| input.broken_at(place.range().start));
        broken.into_iter().for_each(|place| environment.break_at(place));
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
            let what = Called::new(is_secret, name.value.text().unwrap_or("")).to_string();
            let store = self.store(is_secret, name.value.text().unwrap_or(""), workload);
            if store.is_none_or(|store| store.open) {
                let (name, prefix) = (what.clone(), prefix.to_owned());
                environment.unseen.push(Unseen { name, span, rank, prefix, lack: Lack::Missing });
            }
            let Some(store) = store else { continue };
            let room = self.context.room;
            if !room.allows(store.entries.len() + store.opaque.len(), source) {
                environment.unseen.push(not_followed(span));
                return;
            }
            let step = Step { what: format!("the container takes in {what}"), span: Some(span) };
            for (name, entry) in &store.entries {
                if !room.holds(kubelet::size(&entry.text), source) {
                    environment.unseen.push(not_followed(span));
                    return;
                }
                let variable = variable(entry, entry.span, vec![step.clone()], rank);
                environment.set(format!("{prefix}{name}"), variable);
            }
            for name in &store.opaque {
                let mut hidden = variable_unknown(&what, span, rank);
                hidden.steps.push(step.clone());
                environment.set(format!("{prefix}{name}"), hidden);
            }
            self.break_off(store.place, environment);
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
            let written = scalar::text(value.source, raw, value.node);
            let whole = Span::new(value.source, value.node.resolved().range());
            let filling = self.scope.filling.as_ref();
            let text = match opaque::reference(written.expose()) {
                _ if filling.is_some() && Filling::opens(written.expose()) => {
                    let written = Fragment::of(Piece::Known(written), whole);
                    filling
                        .map_or(written.clone(), |it| it.fragment(&written, self.context.sources))
                }
                Some(_) => scalar::marked(written, whole),
                None => kubelet::expanded(self.context, &written, whole, environment),
            };
            let text = self.kept(text, source, key, place);
            let patched = item
                .value
                .map(|_| Step { what: format!("a patch sets `{key}`"), span: Some(place) });
            let steps = patched.into_iter().collect();
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
            let what = Called::new(is_secret, store_name).to_string();
            let store = self.store(is_secret, store_name, workload);
            let key_there = text(reference.value, "key").unwrap_or("");
            match store.and_then(|store| store.entries.get(key_there)) {
                Some(entry) => {
                    let step =
                        Step { what: format!("`{key}` is taken from {what}"), span: Some(span) };
                    let catalogue = self.context.catalogue;
                    if !self.context.room.holds(kubelet::size(&entry.text), source) {
                        environment.set(key, variable_unknown(&what, span, ENV));
                        return;
                    }
                    let mut found = variable(entry, entry.span, vec![step], ENV);
                    if catalogue.secret_variables().contains(key_there) {
                        found.text = found.text.veiled();
                    }
                    found
                }
                // The kubelet goes on: what `envFrom` has set stays.
                None if store.is_some_and(|store| store.lacks(key_there))
                    && text(reference.value, "optional") == Some("true") =>
                {
                    return;
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

    /// The value, if there is room for it.
    fn kept(&self, value: Fragment, source: SourceId, name: &str, place: Span) -> Fragment {
        if self.context.room.holds(kubelet::size(&value), source) {
            return value;
        }
        Fragment::unknown(format!("the value of `{name}`"), place)
    }
}

/// What is left of an environment when there is no room for it: nobody knows what it holds.
fn not_followed(span: Span) -> Unseen {
    let name = "what omlint does not follow".to_owned();
    Unseen { name, span, rank: PATCH, prefix: String::new(), lack: Lack::NotFollowed }
}

fn variable(entry: &Entry, place: Span, steps: Vec<Step>, rank: u8) -> Variable {
    let text = entry.text.clone();
    Variable { text, items: None, place, steps, confidence: Confidence::High, rank }
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
