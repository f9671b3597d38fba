//! The trees of a release's values, laid over each other, and what is named but not among the
//! files. Knows nothing of the wrappers' formats, and nothing of what the values mean.

use crate::deployment::catalogue::Catalogue;
use crate::deployment::environment::Lack;
use crate::deployment::value::Piece;
use crate::source::mask::public_value;
use crate::source::{SourceId, Span, Text};
use crate::syntax::helm_set::{self, Assigned, Assignment, Below, List};
use crate::syntax::yaml::{self, Node};

use super::super::compose::Context;
use super::super::manifests::{Called, Store};
use super::super::{Input, Role, helm, join, scalar};
use super::environments::Environment;
use super::filled::filled;
use super::overlays;
use super::release::{Base, Folder, Held, Parameter, Release, Values};

/// So many single values of one release are followed: nobody writes more.
const MAX_PARAMETERS: usize = 2_000;
/// So many layers of values of one release are laid over each other: the strongest.
const MAX_LAYERS: usize = 100;

/// The trees of a release's values, with the files that they stand in, the weakest first; and
/// what is named but not among the files.
pub(super) struct Layers<'a> {
    pub found: Vec<Found<'a>>,
    pub unseen: Vec<helm::Hidden>,
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
    let file =
        |path: &str, base| values_file(context, source.folder(), &release.folder, path, base);
    if let Some(folder) = release.folder.as_ref().filter(|_| release.brings_own) {
        let own = chart_file(context, source.folder(), folder, "values.yaml");
        own.into_iter().for_each(|input| layers.take(input));
    }
    let environment = release.environment.as_ref();
    // What expressions stand for, where there are any.
    let open = |node: Node<'_>| {
        let written = source.text.get(node.range()).unwrap_or_default();
        environment.filter(|environment| environment.opens(written))
    };
    // What the chart brings along is no ground for single values.
    let ground = layers.found.len();
    let beyond = release.values.len().saturating_sub(MAX_LAYERS);
    if beyond > 0 {
        let place = release.anchor.map_or(Span::new(home, 0..0), |node| scalar::span(home, node));
        layers.hide(format!("{beyond} layers of values"), place, Lack::NotFollowed, true);
        context.room.fill(home);
    }
    // A repository of which another file is here does not have the one that is missing.
    let is_here = |base: Base| {
        release.values.iter().any(|values| match values {
            Values::File { path, base: other, .. } => *other == base && file(path, base).is_some(),
            _ => false,
        })
    };
    for values in &release.values[beyond..] {
        match values {
            Values::Inline(node) => match open(*node).filter(|_| node.is_map() || node.is_seq()) {
                Some(environment) => {
                    if !context.room.allows(node.range().len() / 16, home) {
                        layers.hide_text(scalar::span(home, *node));
                        continue;
                    }
                    let tree = filled(*node, &source.text, environment);
                    layers.lay_text(tree, scalar::span(home, *node));
                    layers.lay_whole(*node, environment, ground, context.catalogue);
                }
                None => layers.lay(*node, home),
            },
            Values::Text(node) if node.style().is_some() => {
                if !context.room.allows(node.range().len() / 16, home) {
                    let place = scalar::span(home, *node);
                    layers.hide("a text of values".to_owned(), place, Lack::NotFollowed, true);
                    continue;
                }
                let mut tree = yaml::parse_scalar(&source.text, *node);
                let root = tree.documents().next();
                let known = open(*node).zip(root);
                let known = known.map(|(known, root)| filled(root, &source.text, known));
                tree = known.unwrap_or(tree);
                layers.lay_text(tree, Span::new(home, node.content_range()));
            }
            Values::Text(_) => {}
            Values::Part(part) => {
                let raw = &context.sources.get(part.source).text;
                let written = raw.get(part.node.range()).unwrap_or_default();
                match environment.filter(|it| it.filling.is_some() && it.opens(written)) {
                    Some(environment) if context.room.allows(written.len() / 16, home) => {
                        let tree = filled(part.node, raw, environment);
                        layers.lay_text(tree, part.span());
                        layers.lay_whole(part.node, environment, ground, context.catalogue);
                    }
                    _ => layers.lay(part.node, part.source),
                }
            }
            Values::TextPart(part) => {
                let raw = &context.sources.get(part.source).text;
                layers.lay_text(yaml::parse_scalar(raw, part.node), part.span());
            }
            Values::Set(part, path) => {
                let raw = &context.sources.get(part.source).text;
                layers.assign(part.source, ground, &[overlays::assigned(path, *part, raw)]);
            }
            Values::Refused(name, place) => {
                layers.hide(name.clone(), *place, Lack::NotFollowed, true);
            }
            Values::Hidden { name, place } => {
                let place = scalar::span(home, *place);
                layers.hide(name.clone(), place, Lack::NotFollowed, true);
            }
            Values::File { path, place, is_needed, base } => match file(path, *base) {
                Some(input) => match input.tree().and_then(helm::document) {
                    Some(_) => layers.take(input),
                    None if says_nothing(context, input) => {}
                    None => layers.hide(
                        format!("the values file `{}`", public_value(path)),
                        scalar::span(home, *place),
                        Lack::NotFollowed,
                        true,
                    ),
                },
                // The chart brings that one along: its defaults.
                None if release.is_chart
                    && *base == Base::Chart
                    && path.trim_start_matches("./") == "values.yaml" => {}
                None if *is_needed || *base == Base::Root && !is_here(*base) => layers.hide(
                    format!("the values file `{}`", public_value(path)),
                    scalar::span(home, *place),
                    Lack::Missing,
                    false,
                ),
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
                            layers.assign(
                                home,
                                ground,
                                &[parameter.assignment(home, &source.text, None)],
                            );
                        }
                        None => {
                            let place = scalar::span(home, held.place);
                            layers.hide(what, place, Lack::Missing, false);
                        }
                    }
                    continue;
                };
                if !context.room.allows(entry.whole.range().len() / 16, home) {
                    let what = "values that omlint does not follow".to_owned();
                    layers.hide(what, scalar::span(home, held.place), Lack::NotFollowed, true);
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
                        layers.assign(within, ground, &[Assignment { path, value }]);
                    }
                }
            }
        }
    }
    let parameters = release.parameters.iter().take(MAX_PARAMETERS);
    let assignments: Vec<Assignment> =
        parameters.map(|it| it.assignment(home, &source.text, environment)).collect();
    layers.assign(home, ground, &assignments);
    layers
}

impl<'a> Layers<'a> {
    /// Lays the values of a node over what is there so far.
    fn lay(&mut self, node: Node<'a>, source: SourceId) {
        if is_blank(node) {
            return;
        }
        match node.resolved().is_map() && !helm::is_expression(node.resolved()) {
            true => self.found.push(Found::Node(node, source)),
            false => self.hide_text(scalar::span(source, node)),
        }
    }

    /// Lays values over what is there so far that stand in a text.
    fn lay_text(&mut self, tree: yaml::Tree, place: Span) {
        let is_empty = tree.documents().all(is_blank);
        let found = Found::of(place.source, tree);
        match found.layer() {
            Some((node, _)) if !helm::is_expression(node) => self.found.push(found),
            None if is_empty => {}
            _ => self.hide_text(place),
        }
    }

    /// Values that are one variable of Flux's and nothing else stand where that says them.
    fn lay_whole(
        &mut self,
        node: Node<'_>,
        environment: &Environment,
        ground: usize,
        catalogue: &Catalogue,
    ) {
        let Some(filling) = &environment.filling else { return };
        let mut open = vec![(node.resolved(), String::new())];
        let mut found: Vec<(SourceId, Vec<Assignment>)> = Vec::new();
        let mut room = MAX_PARAMETERS;
        let is_secret = |path: &str| {
            let within = path.split_once("openmetadata.config.").map(|(_, rest)| rest);
            let mut all = catalogue.settings.iter().filter(|setting| setting.secret);
            within.is_some_and(|path| all.any(|it| it.helm.iter().any(|name| name.name == path)))
        };
        while let Some((node, path)) = open.pop() {
            for entry in node.entries() {
                let Some(key) = entry.key.text().filter(|_| room > 0) else { continue };
                let key = key.replace('\\', "\\\\").replace('.', "\\.");
                let path = if path.is_empty() { key } else { format!("{path}.{key}") };
                room -= 1;
                match entry.value.text().map(|text| filling.whole(text, is_secret(&path))) {
                    Some(Some(text)) => {
                        let path = Text::decoded(path, text.span());
                        let value = Assigned::Value(text.clone());
                        let source = text.span().source;
                        let assignment = Assignment { path, value };
                        match found.iter_mut().find(|(known, _)| *known == source) {
                            Some((_, list)) => list.push(assignment),
                            None => found.push((source, vec![assignment])),
                        }
                    }
                    Some(None) => {}
                    None => open.push((entry.value.resolved(), path)),
                }
            }
        }
        for (source, assignments) in found {
            self.assign(source, ground, &assignments);
        }
    }

    fn hide_text(&mut self, place: Span) {
        self.hide("the expression in place of values".to_owned(), place, Lack::NotFollowed, true);
    }

    /// Lays the values of a file over what is there so far.
    fn take(&mut self, input: &'a Input) {
        if let Some(node) = input.tree().and_then(helm::document) {
            self.found.push(Found::Node(node, input.source));
        }
    }

    /// Notes that there is a layer here that nobody can see.
    fn hide(&mut self, name: String, span: Span, lack: Lack, is_whole: bool) {
        let over = self.found.iter().filter(|found| found.layer().is_some()).count();
        self.unseen.push(helm::Hidden { name, span, lack, over, is_whole });
    }

    /// Lays single values over what is there so far.
    fn assign(&mut self, source: SourceId, ground: usize, assignments: &[Assignment]) {
        if assignments.is_empty() {
            return;
        }
        let below: Vec<(Node<'_>, SourceId)> =
            self.found[ground..].iter().filter_map(Found::layer).collect();
        let items = |path: &str| {
            let keys: Vec<&str> = path.split('.').collect();
            let found = below.iter().rev().find_map(|(root, id)| Some((root.at(&keys)?, *id)));
            let Some((entry, id)) = found else { return Below::Others(0) };
            // What stands in another file has no place in a tree of this one.
            let own = Some(entry.value).filter(|_| id == source);
            match own.and_then(|node| List::of(source, node)) {
                Some(list) if entry.value.is_seq() => Below::Items(list),
                _ => Below::Others(entry.value.items().len()),
            }
        };
        let tree = helm_set::assign(assignments, &items).tree;
        self.found.push(Found::of(source, tree));
    }
}

/// Whether a file holds no values, and nothing that may become some.
fn says_nothing(context: &Context<'_>, input: &Input) -> bool {
    let is_empty = |tree: &yaml::Tree| tree.errors.is_empty() && tree.documents().all(is_blank);
    let source = context.sources.get(input.source);
    source.trouble.is_none()
        && (source.text.trim().is_empty() || input.tree().is_some_and(is_empty))
}

/// Whether a node says nothing: an empty text is as good as none.
fn is_blank(node: Node<'_>) -> bool {
    node.is_null() || node.text().is_some_and(|text| text.trim().is_empty())
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

/// A values file as a wrapper names it: where it says, else in the chart's folder or beside the
/// wrapper, or where only one file has a path that ends so, since wrappers count paths from roots
/// of their own.
pub(super) fn values_file<'a>(
    context: &Context<'a>,
    folder: &str,
    chart: &Option<Folder>,
    path: &str,
    base: Base,
) -> Option<&'a Input> {
    let path = plain(path);
    let beside = || context.inputs.at(&join(folder, path));
    let in_chart = || chart_file(context, folder, chart.as_ref()?, path);
    match base {
        Base::Wrapper => beside().or_else(in_chart),
        Base::Chart => in_chart().or_else(beside),
        Base::Root => from_root(context, folder, path),
    }
    .or_else(|| by_tail(context, path))
    .or_else(|| {
        // `{{ env "PWD" }}/…` is a way of saying that it begins here.
        let rest = path.strip_prefix("{{")?.split_once("}}/")?.1;
        context.inputs.at(&join(folder, rest))
    })
}

/// The path in what tells helm-secrets to decrypt a file.
fn plain(path: &str) -> &str {
    match path.split_once("://") {
        Some((scheme, rest)) if scheme.starts_with("secrets") || scheme == "sops" => {
            rest.rsplit_once('?').map_or(rest, |(_, path)| path)
        }
        _ => path,
    }
}

/// A file in the folder of a chart.
pub(super) fn chart_file<'a>(
    context: &Context<'a>,
    folder: &str,
    chart: &Folder,
    path: &str,
) -> Option<&'a Input> {
    let within = join(&format!("{}/", chart.path.trim_end_matches('/')), path);
    let found = match chart.base {
        Base::Root => from_root(context, folder, &within),
        _ => context.inputs.at(&join(folder, &within)),
    };
    found.or_else(|| by_tail(context, &within))
}

/// A file whose path is counted from the repository's root: what is scanned may be more than that.
fn from_root<'a>(context: &Context<'a>, folder: &str, path: &str) -> Option<&'a Input> {
    let path = path.trim_start_matches('/');
    let ends = folder.match_indices('/').map(|(at, _)| at + 1);
    let mut folders = std::iter::once(0).chain(ends).map(|end| &folder[..end]);
    folders.find_map(|folder| context.inputs.at(&join(folder, path)))
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
