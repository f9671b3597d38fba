//! What wraps values of the chart: ArgoCD Applications, Flux HelmReleases, HelmCharts of
//! K3s, helmfile releases, helmCharts of a kustomization, Fleet's bundles, Crossplane's
//! Releases and Ansible's tasks. Each names layers of values; the Helm reader does the rest.

mod ansible;
mod crossplane;
mod environments;
mod fleet;
mod overlays;
mod post_render;

use std::cell::OnceCell;

use crate::deployment::Deployment;
use crate::deployment::value::Piece;
use crate::source::mask::public_value;
use crate::source::{SourceId, Span, Text};
use crate::syntax::helm_set::{self, Assigned, Assignment};
use crate::syntax::yaml::{self, Node};

use super::bounds::{self, Budget};
use super::compose::Context;
use super::kustomize::{self, Inline};
use super::manifests::{Called, Part, Store};
use super::{Consumed, Input, Reading, Role, Want, helm, join, scalar, telltales};

/// So many single values of one release are followed: nobody writes more.
const MAX_PARAMETERS: usize = 2_000;
/// So many layers of values of one release are laid over each other: the strongest.
const MAX_LAYERS: usize = 100;

/// Whether the document is a resource that wraps values.
pub(super) fn recognises(root: Node<'_>) -> bool {
    const KINDS: [&str; 4] = ["Application", "ApplicationSet", "HelmRelease", "HelmChart"];
    let is_kind = text(root, "kind").is_some_and(|kind| KINDS.contains(&kind));
    is_kind && root.get("apiVersion").is_some()
        || !crossplane::releases_in(root).is_empty()
        || kustomize::of_flux(root).is_some()
}

/// Whether the document is one of those without a kind: a helmfile, one of Fleet's, or tasks of
/// Ansible.
pub(super) fn is_helmfile(root: Node<'_>) -> bool {
    items(root, "releases").iter().any(|release| release.get("chart").is_some())
        || fleet::recognises(root)
        || ansible::recognises(root)
}

fn text<'a>(node: Node<'a>, key: &str) -> Option<&'a str> {
    node.get(key)?.value.text()
}

fn at<'a>(node: Node<'a>, key: &str) -> Option<Node<'a>> {
    node.get(key).map(|entry| entry.value)
}

fn items<'a>(node: Node<'a>, key: &str) -> Vec<Node<'a>> {
    let list = node.get(key).map(|entry| entry.value.items()).unwrap_or_default();
    list.into_iter().map(Node::resolved).collect()
}

/// Values files that a file's documents name, in every environment.
pub(super) fn wants(tree: &yaml::Tree) -> Vec<Want> {
    let named = tree.documents().flat_map(|root| {
        let environments = environments::of(tree, root);
        let named = files(root).into_iter();
        named.flat_map(move |path| environments::paths(path, &environments)).collect::<Vec<_>>()
    });
    named.map(Want::File).collect()
}

/// Values files that a document names.
fn files(root: Node<'_>) -> Vec<&str> {
    let mut paths: Vec<&str> = Vec::new();
    if let Some(spec) = root.get("spec").map(|entry| entry.value) {
        let template = spec.at(&["template", "spec"]).map(|entry| entry.value);
        for source in template.into_iter().chain([spec]).flat_map(argo_sources) {
            if let Some(helm) = source.get("helm") {
                let files = items(helm.value, "valueFiles");
                paths.extend(files.iter().filter_map(|item| item.text()));
            }
        }
    }
    for release in items(root, "releases") {
        paths.extend(items(release, "values").iter().filter_map(|item| item.text()));
    }
    for chart in items(root, "helmCharts") {
        paths.extend(text(chart, "valuesFile"));
        paths.extend(items(chart, "additionalValuesFiles").iter().filter_map(|item| item.text()));
    }
    paths.extend(fleet::files(root));
    paths.extend(ansible::files(root));
    paths
}

/// A part of the values as the wrapper writes it.
#[derive(Clone)]
enum Values<'a> {
    /// Below a key of the wrapper's own document.
    Inline(Node<'a>),
    /// A text that holds YAML.
    Text(Node<'a>),
    /// The same in another file, which holds a patch.
    Part(Part<'a>),
    TextPart(Part<'a>),
    /// One value of a patch, and its path.
    Set(Part<'a>, String),
    /// A file, and where it is named. One that need not be there is no loss.
    File {
        path: String,
        place: Node<'a>,
        is_needed: bool,
    },
    /// A key of a Secret or ConfigMap.
    Held(Held<'a>),
}

/// Values in a Secret or ConfigMap.
#[derive(Clone)]
struct Held<'a> {
    is_secret: bool,
    place: Node<'a>,
    name: String,
    key: String,
    /// The path of the single value that it is, if it is not a whole file.
    target: Option<Node<'a>>,
}

impl<'a> Held<'a> {
    fn is_in(&self, store: &Store<'_>) -> bool {
        store.is_secret == self.is_secret && store.identity.is_named(&self.name)
    }

    /// Values as `configMapKeyRef` and `secretKeyRef` name them, the Secret over the ConfigMap.
    fn by_key(from: Node<'a>) -> Vec<Held<'a>> {
        let kinds = [("configMapKeyRef", false), ("secretKeyRef", true)].into_iter();
        let found = kinds.filter_map(|(kind, is_secret)| {
            let named = from.get(kind)?.value;
            let place = at(named, "name")?;
            Some(Held {
                is_secret,
                place,
                name: place.text().unwrap_or_default().to_owned(),
                key: text(named, "key").unwrap_or("values.yaml").to_owned(),
                target: None,
            })
        });
        found.collect()
    }
}

/// One installation of the chart that a wrapper describes.
#[derive(Clone)]
struct Release<'a> {
    name: String,
    input: &'a Input,
    /// It names OpenMetadata's chart.
    is_chart: bool,
    chart: Option<helm::Pinned>,
    /// The folder of a chart in the same repository: its own values are below all others.
    folder: Option<&'a str>,
    /// Where one would write values if there are none.
    anchor: Option<Node<'a>>,
    /// The wrapper's keys that one would write there first.
    missing: &'static [&'static str],
    /// The key below which the wrapper itself holds values.
    inline: Option<Node<'a>>,
    /// The weakest first.
    values: Vec<Values<'a>>,
    /// `--set`
    parameters: Vec<Parameter<'a>>,
    /// Sources of values that the files do not show.
    unseen: Vec<(String, Span)>,
    /// What is changed once the chart is rendered.
    patches: Vec<post_render::Patch<'a>>,
    /// Patches of the wrapper that are not followed.
    hidden: Vec<Span>,
    /// The Secrets and ConfigMaps that one kustomization builds together with it.
    stores: &'a [Store<'a>],
}

/// A single value over all others.
#[derive(Clone)]
struct Parameter<'a> {
    name: Node<'a>,
    /// None if it stands in a file of its own.
    value: Option<Node<'a>>,
    /// It is a text whatever it looks like.
    is_text: bool,
}

impl<'a> Parameter<'a> {
    /// A parameter as all wrappers write it, its value under one of these keys.
    fn of(item: Node<'a>, keys: &[&str], is_text: bool) -> Option<Self> {
        let value = keys.iter().find_map(|key| item.get(key)).map(|entry| entry.value);
        Some(Parameter { name: item.get("name")?.value, value, is_text })
    }

    fn assignment(&self, source: SourceId, raw: &str) -> Assignment {
        let text = |node: Node<'_>| scalar::text(source, raw, node);
        let value = match self.value {
            None => Assigned::Unseen(scalar::span(source, self.name)),
            Some(value) if value.is_seq() => {
                let items = value.items().into_iter().map(|item| text(item.resolved()));
                Assigned::List(items.collect(), Span::new(source, value.range()))
            }
            Some(value) if self.is_text => Assigned::Text(text(value)),
            Some(value) => Assigned::Value(text(value)),
        };
        Assignment { path: text(self.name), value }
    }
}

impl<'a> Release<'a> {
    fn new(input: &'a Input, name: &str, anchor: Option<Node<'a>>) -> Self {
        Release {
            name: name.to_owned(),
            input,
            is_chart: false,
            chart: None,
            folder: None,
            anchor,
            missing: &[],
            inline: None,
            values: Vec::new(),
            parameters: Vec::new(),
            unseen: Vec::new(),
            patches: Vec::new(),
            hidden: Vec::new(),
            stores: &[],
        }
    }
}

impl Release<'_> {
    /// It installs OpenMetadata's chart, in this version if one is pinned.
    fn set_chart(&mut self, pinned: Option<Node<'_>>) {
        self.is_chart = true;
        self.chart = pinned.and_then(|node| helm::Pinned::of(self.input.source, node));
    }
}

/// The deployments that wrappers describe.
pub(super) fn read(
    context: &Context<'_>,
    reading: &mut Reading,
    consumed: &mut Consumed,
    budget: &mut Budget,
) {
    let inline = Inline::of(context);
    let held = OnceCell::new();
    let stores = || held.get_or_init(|| kustomize::stores(context, &inline)).as_slice();
    let built = OnceCell::new();
    let overlaid = || built.get_or_init(|| kustomize::overlaid(context, &inline));
    for input in context.inputs.iter() {
        let is_wrapper =
            matches!(input.role, Role::Manifests | Role::Kustomization | Role::Helmfile);
        if !is_wrapper || consumed.contains(&input.source) {
            continue;
        }
        let Some(tree) = input.tree() else { continue };
        if budget.is_full() {
            let roots = tree.documents();
            let names_chart = |release: Release<'_>| release.is_chart;
            if roots.flat_map(|root| releases(input, root)).any(names_chart) {
                reading.left_out.insert(input.source);
            }
            continue;
        }
        let mut of_file = Vec::new();
        let mut beyond = Vec::new();
        let releases = tree.documents().flat_map(|root| {
            let environments = environments::of(tree, root);
            let mut found = releases(input, root);
            if !found.is_empty() {
                found = match input.role {
                    Role::Manifests => overlays::spread(context, overlaid(), input, root, found),
                    Role::Kustomization => overlays::patch(context, overlaid(), input, found),
                    _ => found,
                };
            }
            found
                .into_iter()
                .flat_map(move |release| environments::spread(context, release, &environments))
        });
        for release in releases {
            let deployed = deploy(context, &release, &stores, consumed);
            if of_file.len() + deployed.len() > bounds::MOST_SERVERS {
                let place = release.anchor.map_or(0..0, |node| node.range());
                beyond.push(Span::new(input.source, place));
                break;
            }
            of_file.extend(deployed);
        }
        bounds::say(&mut of_file, beyond);
        if budget.takes(of_file.len()) {
            reading.deployments.extend(of_file);
        } else {
            reading.left_out.insert(input.source);
        }
    }
}

fn releases<'a>(input: &'a Input, root: Node<'a>) -> Vec<Release<'a>> {
    let name = root.get("metadata").and_then(|e| text(e.value, "name")).unwrap_or("").to_owned();
    let spec = root.get("spec").map(|entry| entry.value);
    match text(root, "kind") {
        Some("Application") => spec.map(|spec| argo(input, &name, spec)).unwrap_or_default(),
        Some("ApplicationSet") => spec
            .and_then(|spec| spec.at(&["template", "spec"]))
            .map(|template| argo(input, &name, template.value))
            .unwrap_or_default(),
        Some("HelmRelease") => spec.and_then(|spec| flux(input, &name, spec)).into_iter().collect(),
        Some("HelmChart") => spec.map(|spec| k3s(input, &name, spec)).into_iter().collect(),
        _ if fleet::recognises(root) => fleet::releases(input, root),
        _ if root.is_seq() => ansible::releases(input, root),
        Some("Release" | "Composition") => crossplane::releases(input, root),
        _ => {
            let mut found: Vec<Release<'a>> =
                items(root, "releases").into_iter().map(|node| helmfile(input, node)).collect();
            found.extend(
                items(root, "helmCharts").into_iter().map(|node| of_kustomize(input, node)),
            );
            found
        }
    }
}

fn argo_sources(spec: Node<'_>) -> Vec<Node<'_>> {
    let mut sources: Vec<Node<'_>> = spec.get("source").map(|e| e.value).into_iter().collect();
    sources.extend(items(spec, "sources"));
    sources
}

fn argo<'a>(input: &'a Input, name: &str, spec: Node<'a>) -> Vec<Release<'a>> {
    let release = |source: Node<'a>| {
        let is_chart = text(source, "chart") == Some(telltales::CHART);
        let helm = source.get("helm");
        let anchor = helm.map(|entry| entry.key).or(source.get("chart").map(|entry| entry.key));
        let mut release = Release::new(input, name, anchor);
        release.missing =
            if helm.is_some() { &["valuesObject"] } else { &["helm", "valuesObject"] };
        if is_chart {
            release.set_chart(at(source, "targetRevision"));
        }
        release.folder = text(source, "path").filter(|_| source.get("chart").is_none());
        let Some(helm) = helm.map(|entry| entry.value) else {
            return (is_chart || release.folder.is_some()).then_some(release);
        };
        let is_needed = text(helm, "ignoreMissingValueFiles") != Some("true");
        for file in items(helm, "valueFiles") {
            let Some(path) = file.text() else { continue };
            // `$name/…` begins in another source of the application.
            let path = match path.strip_prefix('$') {
                Some(rest) => rest.split_once('/').map_or(rest, |(_, path)| path).to_owned(),
                None => path.to_owned(),
            };
            release.values.push(Values::File { path, place: file, is_needed });
        }
        // The one takes the place of the other.
        let inline = helm.get("valuesObject").or(helm.get("values"));
        release.inline = inline.map(|entry| entry.key);
        match (helm.get("valuesObject"), helm.get("values")) {
            (Some(object), _) => release.values.push(Values::Inline(object.value)),
            (None, Some(text)) => release.values.push(Values::Text(text.value)),
            (None, None) => {}
        }
        for item in items(helm, "parameters") {
            let is_text = text(item, "forceString") == Some("true");
            release.parameters.extend(Parameter::of(item, &["value"], is_text));
        }
        let files = items(helm, "fileParameters").into_iter();
        release.parameters.extend(files.filter_map(|item| Parameter::of(item, &[], true)));
        Some(release)
    };
    argo_sources(spec).into_iter().filter_map(release).collect()
}

fn flux<'a>(input: &'a Input, name: &str, spec: Node<'a>) -> Option<Release<'a>> {
    let chart = spec.at(&["chart", "spec"]).map(|entry| entry.value);
    let named = chart.and_then(|chart| text(chart, "chart"));
    let anchor = spec.get("chart").or(spec.get("chartRef")).map(|entry| entry.key);
    let mut release = Release::new(input, name, anchor);
    if named.is_some_and(telltales::is_chart) {
        release.set_chart(chart.and_then(|chart| at(chart, "version")));
    }
    // A chart of a Git repository stands in a folder.
    release.folder = named.filter(|name| name.contains('/'));
    for from in items(spec, "valuesFrom") {
        let Some(name) = from.get("name") else { continue };
        release.values.push(Values::Held(Held {
            is_secret: text(from, "kind") == Some("Secret"),
            place: name.value,
            name: name.value.text().unwrap_or_default().to_owned(),
            key: text(from, "valuesKey").unwrap_or("values.yaml").to_owned(),
            target: from.get("targetPath").map(|entry| entry.value),
        }));
    }
    release.missing = &["values"];
    release.inline = spec.get("values").map(|entry| entry.key);
    release.values.extend(spec.get("values").map(|entry| Values::Inline(entry.value)));
    release.patches = post_render::of_renderers(input.source, spec);
    Some(release)
}

fn k3s<'a>(input: &'a Input, name: &str, spec: Node<'a>) -> Release<'a> {
    let anchor = spec.get("chart").map(|entry| entry.key);
    let mut release = Release::new(input, name, anchor);
    if text(spec, "chart").is_some_and(telltales::is_chart) {
        release.set_chart(at(spec, "version"));
    }
    release.inline = spec.get("valuesContent").map(|entry| entry.key);
    release.values.extend(spec.get("valuesContent").map(|entry| Values::Text(entry.value)));
    let set = spec.get("set").map(|entry| entry.value.pairs()).unwrap_or_default();
    release.parameters.extend(set.into_iter().map(|(name, value)| Parameter {
        name,
        value: Some(value),
        is_text: false,
    }));
    release
}

fn helmfile<'a>(input: &'a Input, node: Node<'a>) -> Release<'a> {
    let is_chart = text(node, "chart").is_some_and(telltales::is_chart);
    let anchor = node.get("chart").map(|entry| entry.key);
    let mut release = Release::new(input, text(node, "name").unwrap_or(""), anchor);
    if is_chart {
        release.set_chart(at(node, "version"));
    }
    release.folder = text(node, "chart").filter(|chart| chart.starts_with('.'));
    let is_needed = text(node, "missingFileHandler").is_none_or(|handler| handler == "Error");
    // What `secrets` names is decrypted with sops and laid over the values.
    for item in items(node, "values").into_iter().chain(items(node, "secrets")) {
        release.values.push(match item.text() {
            Some(path) => Values::File { path: path.to_owned(), place: item, is_needed },
            None => Values::Inline(item),
        });
    }
    for (list, is_text) in [("set", false), ("setString", true)] {
        let found = items(node, list).into_iter();
        let keys = ["value", "values"];
        release.parameters.extend(found.filter_map(|item| Parameter::of(item, &keys, is_text)));
    }
    release
}

fn of_kustomize<'a>(input: &'a Input, node: Node<'a>) -> Release<'a> {
    let file = |item: Node<'a>| {
        let path = item.text()?.to_owned();
        Some(Values::File { path, place: item, is_needed: true })
    };
    let first = node.get("valuesFile").and_then(|entry| file(entry.value));
    let inline = node.get("valuesInline").map(|entry| Values::Inline(entry.value));
    let name = text(node, "releaseName").or(text(node, "name")).unwrap_or("");
    let mut release = Release::new(input, name, node.get("name").map(|entry| entry.key));
    release.missing = &["valuesInline"];
    release.inline = node.get("valuesInline").map(|entry| entry.key);
    release.values = match text(node, "valuesMerge") {
        Some("merge") => inline.into_iter().chain(first).collect(),
        Some("replace") if inline.is_some() => inline.into_iter().collect(),
        _ => first.into_iter().chain(inline).collect(),
    };
    release.values.extend(items(node, "additionalValuesFiles").into_iter().filter_map(file));
    if text(node, "name") == Some(telltales::CHART) {
        release.set_chart(at(node, "version"));
    }
    release
}

/// The trees of a release's values, with the files that they stand in, the weakest first; and
/// what is named but not among the files.
struct Layers<'a> {
    found: Vec<Found<'a>>,
    unseen: Vec<(String, Span)>,
}

/// A tree of the files, or one of our own.
enum Found<'a> {
    Node(Node<'a>, SourceId),
    Tree(Box<Input>),
}

impl Found<'_> {
    fn of(source: SourceId, tree: yaml::Tree) -> Self {
        Found::Tree(Box::new(Input::part(source, Role::Values, tree)))
    }

    fn layer(&self) -> Option<(Node<'_>, SourceId)> {
        match self {
            Found::Node(node, source) => Some((*node, *source)),
            Found::Tree(input) => Some((helm::document(input.tree()?)?, input.source)),
        }
    }
}

fn layers<'a>(
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

fn deploy<'a>(
    context: &Context<'a>,
    release: &Release<'a>,
    stores: &dyn Fn() -> &'a [Store<'a>],
    consumed: &mut Consumed,
) -> Vec<Deployment> {
    let home = release.input.source;
    let source = context.sources.get(home);
    let Layers { found, mut unseen } = layers(context, release, stores);
    unseen.extend(release.unseen.iter().cloned());
    let layers: Vec<(Node<'_>, SourceId)> = found.iter().filter_map(Found::layer).collect();
    let is_ours = release.is_chart
        || layers.iter().any(|(node, _)| {
            helm::recognises(*node, context.catalogue)
                || helm::dependencies::are_in(*node, &release.name)
        });
    if !is_ours {
        return Vec::new();
    }
    let mut sources = vec![home];
    for (_, id) in &layers {
        if !sources.contains(id) {
            sources.push(*id);
        }
    }
    let parts = found.iter().filter_map(|found| match found {
        Found::Tree(input) => Some(input.as_ref()),
        Found::Node(..) => None,
    });
    let mut rendered = post_render::of(context, release);
    rendered.hide(&release.hidden);
    let wrapped = helm::Wrapped {
        id: format!("helm:{}#{}", source.path, release.name),
        is_chart: release.is_chart,
        chart: release.chart,
        anchor: release.anchor.map(|node| scalar::span(home, node)),
        missing: release.missing,
        inline: release.inline.map(|node| scalar::span(home, node)),
        rendered,
        unseen,
        broken: parts
            .clone()
            .filter_map(|input| Some((input.source, input.tree()?.errors.first()?.offset)))
            .collect(),
    };
    let inputs: Vec<&Input> = context
        .inputs
        .iter()
        .filter(|input| sources.contains(&input.source))
        .chain(parts)
        .collect();
    let charts: Vec<&Input> = match release.folder {
        Some(folder) => ["Chart.yaml", "Chart.lock"]
            .iter()
            .filter_map(|name| chart_file(context, source.folder(), folder, name))
            .collect(),
        None => Vec::new(),
    };
    let mut deployments = helm::read_layers(context, &layers, &inputs, &charts, &wrapped);
    let patched = wrapped.rendered.variables.iter().map(|(_, variable)| variable.place.source);
    for deployment in &mut deployments {
        for source in patched.clone() {
            if !deployment.sources.contains(&source) {
                deployment.sources.push(source);
            }
        }
    }
    if !deployments.is_empty() {
        // A kustomization may build more than this.
        let is_done = |id: &SourceId| {
            *id == home || context.inputs.of(*id).is_none_or(|it| it.role != Role::Kustomization)
        };
        consumed.extend(sources.into_iter().filter(is_done));
    }
    deployments
}

/// A values file as a wrapper names it: beside the wrapper, in the chart's folder, or where
/// only one file has a path that ends so, since wrappers count paths from roots of their own.
fn values_file<'a>(
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
fn chart_file<'a>(
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
