//! The trees of a release's values, laid over each other, and what is named but not among the
//! files. Knows nothing of the wrappers' formats, and nothing of what the values mean.

use crate::deployment::value::Piece;
use crate::source::mask::public_value;
use crate::source::{SourceId, Span, Text};
use crate::syntax::helm_set::{self, Assigned, Assignment};
use crate::syntax::yaml::{self, Node};

use super::super::compose::Context;
use super::super::manifests::{Called, Store};
use super::super::{Input, Role, helm, join, scalar};
use super::overlays;
use super::release::{Held, Parameter, Release, Values};

/// So many single values of one release are followed: nobody writes more.
const MAX_PARAMETERS: usize = 2_000;
/// So many layers of values of one release are laid over each other: the strongest.
const MAX_LAYERS: usize = 100;

/// The trees of a release's values, with the files that they stand in, the weakest first; and
/// what is named but not among the files.
pub(super) struct Layers<'a> {
    pub found: Vec<Found<'a>>,
    pub unseen: Vec<(String, Span)>,
}

/// A tree of the files, or one of our own.
pub(super) enum Found<'a> {
    Node(Node<'a>, SourceId),
    Tree(Box<Input>),
}

impl Found<'_> {
    fn of(source: SourceId, tree: yaml::Tree) -> Self {
        Found::Tree(Box::new(Input::part(source, Role::Values, tree)))
    }

    pub fn layer(&self) -> Option<(Node<'_>, SourceId)> {
        match self {
            Found::Node(node, source) => Some((*node, *source)),
            Found::Tree(input) => Some((helm::document(input.tree()?)?, input.source)),
        }
    }
}

pub(super) fn layers<'a>(
    context: &Context<'a>,
    release: &Release<'a>,
    stores: &dyn Fn() -> &'a [Store<'a>],
) -> Layers<'a> {
    let home = release.input.source;
    let source = context.sources.get(home);
    let mut layers = Layers { found: Vec::new(), unseen: Vec::new() };
    let file = |path: &str| values_file(context, source.folder(), release.folder, path);
    let of_file = |input: &'a Input| {
        let node = input.tree().and_then(helm::document)?;
        Some(Found::Node(node, input.source))
    };
    if let Some(folder) = release.folder {
        let own = chart_file(context, source.folder(), folder, "values.yaml");
        layers.found.extend(own.and_then(of_file));
    }
    let beyond = release.values.len().saturating_sub(MAX_LAYERS);
    if beyond > 0 {
        let place = release.anchor.map_or(Span::new(home, 0..0), |node| scalar::span(home, node));
        layers.unseen.push((format!("{beyond} layers of values"), place));
        context.room.fill(home);
    }
    for values in &release.values[beyond..] {
        match values {
            Values::Inline(node) => layers.found.push(Found::Node(*node, home)),
            Values::Text(node) if node.style().is_some() => {
                if !context.room.allows(node.range().len() / 16, home) {
                    layers.unseen.push(("a text of values".to_owned(), scalar::span(home, *node)));
                    continue;
                }
                let tree = yaml::parse_scalar(&source.text, *node);
                layers.found.push(Found::of(home, tree));
            }
            Values::Text(_) => {}
            Values::Part(part) => layers.found.push(Found::Node(part.node, part.source)),
            Values::TextPart(part) => {
                let raw = &context.sources.get(part.source).text;
                layers.found.push(Found::of(part.source, yaml::parse_scalar(raw, part.node)));
            }
            Values::Set(part, path) => {
                let raw = &context.sources.get(part.source).text;
                layers.assign(part.source, &[overlays::assigned(path, *part, raw)]);
            }
            Values::File { path, place, is_needed } => match file(path) {
                Some(input) => layers.found.extend(of_file(input)),
                None if *is_needed => layers.unseen.push((
                    format!("the values file `{}`", public_value(path)),
                    scalar::span(home, *place),
                )),
                None => {}
            },
            Values::Held(held) => {
                let built = release.stores.iter().find(|store| held.is_in(store));
                let entry = built
                    .or_else(|| store(context, stores(), source.folder(), held))
                    .and_then(|store| store.entries.get(&held.key));
                let Some(entry) = entry else {
                    let what = Called::new(held.is_secret, &held.name).to_string();
                    match held.target {
                        // Only this one value is not shown.
                        Some(name) => {
                            let parameter = Parameter { name, value: None, is_text: true };
                            layers.assign(home, &[parameter.assignment(home, &source.text)]);
                        }
                        None => layers.unseen.push((what, scalar::span(home, held.place))),
                    }
                    continue;
                };
                if !context.room.allows(entry.whole.range().len() / 16, home) {
                    let what = "values that omlint does not follow".to_owned();
                    layers.unseen.push((what, scalar::span(home, held.place)));
                    continue;
                }
                let within = entry.whole.source;
                match held.target.and_then(|target| target.text()) {
                    None => layers
                        .found
                        .extend(entry.tree(context.sources).map(|tree| Found::of(within, tree))),
                    Some(path) => {
                        let value = match entry.text.pieces() {
                            [Piece::Known(text)] => Assigned::Value(text.clone()),
                            _ => Assigned::Unseen(entry.span),
                        };
                        let path = Text::decoded(path, entry.span);
                        layers.assign(within, &[Assignment { path, value }]);
                    }
                }
            }
        }
    }
    let parameters = release.parameters.iter().take(MAX_PARAMETERS);
    let assignments: Vec<Assignment> =
        parameters.map(|parameter| parameter.assignment(home, &source.text)).collect();
    layers.assign(home, &assignments);
    layers
}

impl Layers<'_> {
    /// Lays single values over what is there so far.
    fn assign(&mut self, source: SourceId, assignments: &[Assignment]) {
        if assignments.is_empty() {
            return;
        }
        let below: Vec<Node<'_>> =
            self.found.iter().filter_map(|found| Some(found.layer()?.0)).collect();
        let items = |path: &str| {
            let keys: Vec<&str> = path.split('.').collect();
            let found = below.iter().rev().find_map(|root| root.at(&keys));
            found.map_or(0, |entry| entry.value.items().len())
        };
        let tree = helm_set::assign(assignments, &items).tree;
        self.found.push(Found::of(source, tree));
    }
}

/// The store that a HelmRelease takes values from: beside it, else the only one.
fn store<'s, 'a>(
    context: &Context<'_>,
    stores: &'s [Store<'a>],
    folder: &str,
    held: &Held<'_>,
) -> Option<&'s Store<'a>> {
    let fits = |store: &&Store<'_>| held.is_in(store);
    let beside = |store: &&Store<'_>| context.sources.get(store.source).folder() == folder;
    let mut fitting = stores.iter().filter(fits);
    fitting.clone().find(beside).or_else(|| {
        let first = fitting.next()?;
        fitting.next().is_none().then_some(first)
    })
}

/// A values file as a wrapper names it: beside the wrapper, in the chart's folder, or where
/// only one file has a path that ends so, since wrappers count paths from roots of their own.
pub(super) fn values_file<'a>(
    context: &Context<'a>,
    folder: &str,
    chart: Option<&str>,
    path: &str,
) -> Option<&'a Input> {
    context
        .inputs
        .at(&join(folder, path))
        .or_else(|| chart_file(context, folder, chart?, path))
        .or_else(|| by_tail(context, path))
}

/// A file in the folder of a chart.
pub(super) fn chart_file<'a>(
    context: &Context<'a>,
    folder: &str,
    chart: &str,
    path: &str,
) -> Option<&'a Input> {
    let within = join(&format!("{}/", chart.trim_end_matches('/')), path);
    context.inputs.at(&join(folder, &within)).or_else(|| by_tail(context, &within))
}

/// The only input whose path ends so.
fn by_tail<'a>(context: &Context<'a>, path: &str) -> Option<&'a Input> {
    let tail = format!("/{}", path.trim_start_matches(['.', '/']));
    let mut fitting = context.inputs.iter().filter(|input| {
        let known = &context.sources.get(input.source).path;
        known.ends_with(&tail) || *known == tail[1..]
    });
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first)
}
