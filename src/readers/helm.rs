//! Values of the OpenMetadata chart: laid over the chart's defaults as Helm does, rendered to
//! the server's environment as the chart's templates do.

mod container;
pub(super) mod dependencies;
mod exposure;
mod keys;
mod merge;
mod roots;
pub(super) mod secret_layers;
mod secrets;
mod settings;
pub(super) mod umbrella;
mod version;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::deployment::catalogue::Catalogue;
use crate::deployment::environment::{Lack, Unseen, Variable};
use crate::deployment::evidence::{Evidence, Holder, Mount};
use crate::deployment::value::{Fragment, Step, Value};
use crate::deployment::values::Values;
use crate::deployment::version::Version;
use crate::deployment::{Basics, Deployment, Kind, KnownVersion, Notation};
use crate::source::{Source, SourceId, Span, Text};
use crate::syntax::substitution::Dialect;
use crate::syntax::yaml::{Node, Style, Tree};

use super::bounds;
use super::compose::Context;
use super::interpolation::Variables;
use super::manifests::Entry;
use super::{Companions, Input, Want, kubelet, scalar};

pub(super) use merge::is_expression;
use merge::{Found, Layer, step};
use roots::{Root, roots};
use umbrella::Above;
pub(super) use umbrella::Parents;
pub(super) use version::Pinned;

/// Whether the document holds values of the OpenMetadata chart.
pub(super) fn recognises(root: Node<'_>, catalogue: &Catalogue) -> bool {
    root.is_map() && root.get("kind").is_none() && !roots(&[root], catalogue).is_empty()
}

/// Whether a file of this name may be laid over another's values.
pub(super) fn is_values_name(lower: &str) -> bool {
    (lower.ends_with(".yaml") || lower.ends_with(".yml")) && lower.contains("values")
}

/// Whether a file of this name may belong to the values beside it.
pub(super) fn is_companion(lower: &str) -> bool {
    is_values_name(lower) || secret_layers::is_name(lower)
}

/// Files beside a values file.
pub(super) fn wants(source: &Source) -> Vec<Want> {
    let mut wants = vec![
        Want::File("Chart.yaml".into()),
        Want::File("Chart.lock".into()),
        Want::File("values.yaml".into()),
        Want::Beside(Companions::Values),
    ];
    if source.name().starts_with("values.") {
        wants.push(Want::File("../values.yaml".into()));
    }
    wants
}

/// The first document of a values file: Helm reads one.
pub(super) fn document(tree: &Tree) -> Option<Node<'_>> {
    tree.documents().find(|root| root.is_map())
}

/// One release of the chart, while its deployment is made.
struct Reader<'a, 'c> {
    context: &'c Context<'a>,
    /// Layers of the chart's values: the document, or what stands under the alias.
    values: Vec<Layer<'a>>,
    /// Layers of the configuration below them.
    config: Vec<Layer<'a>>,
    root: Root,
    chart: Option<Pinned>,
    version: KnownVersion,
    /// What people see as the beginning of the configuration.
    anchor: Span,
    anchor_keys: usize,
    /// The same of what stands beside the configuration.
    top: Span,
    /// Keys down to the configuration that do not stand below the anchor yet.
    missing: Vec<String>,
    /// What was taken from Secrets on the way.
    secrets: RefCell<Vec<Entry>>,
    broken_from: Vec<(SourceId, usize)>,
    wrapped: &'c Wrapped,
    /// What may hold all that no layer says.
    hidden: Option<Hidden>,
    /// Sections that the chart leaves out, by name.
    off: BTreeMap<&'a str, Off>,
    /// Sections that were looked for where the chart ignores them: many settings ask for each.
    misplaced: RefCell<BTreeMap<String, Option<Step>>>,
    /// Variables of the container that the server fills in where values name them.
    extra: Variables,
}

/// Where and why the chart leaves a section out.
#[derive(Clone)]
struct Off {
    /// The switch in the file, where that is the place to change.
    switch: Option<Span>,
    step: Step,
    /// How many keys lead to the switch.
    keys: usize,
}

/// The deployments of values files laid over each other, the weakest first, and of what the
/// charts above lay over them.
pub(super) fn read<'a>(
    context: &Context<'a>,
    inputs: &[&'a Input],
    charts: &[&Input],
    parents: &Parents<'a>,
) -> Vec<Deployment> {
    let own: Vec<(Node<'a>, SourceId)> =
        inputs.iter().filter_map(|input| Some((document(input.tree()?)?, input.source))).collect();
    let read = |documents: &[(Node<'a>, SourceId)], inputs: &[&'a Input]| {
        let paths: Vec<&str> =
            inputs.iter().map(|input| context.sources.get(input.source).path.as_str()).collect();
        let wrapped = Wrapped { id: format!("helm:{}", paths.join("+")), ..Wrapped::default() };
        read_layers(context, documents, inputs, charts, &wrapped)
    };
    let folder = inputs.first().map(|input| context.sources.get(input.source).folder());
    let Some(above) = folder.and_then(|folder| parents.above(context, folder)) else {
        return read(&own, inputs);
    };
    let over = |above: Above<'a>| {
        let documents: Vec<_> = own.iter().copied().chain(above.layers).collect();
        let inputs: Vec<&'a Input> = inputs.iter().copied().chain(above.files).collect();
        read(&documents, &inputs)
    };
    above.into_iter().flat_map(over).collect()
}

/// Keys of a Secret, and what they hold.
type Held = Vec<(String, Entry)>;

/// What wraps the values, if anything does.
#[derive(Default)]
pub(super) struct Wrapped {
    /// Secrets that are built together with the release: their names, and what they hold.
    pub secrets: Vec<(Vec<String>, Held)>,
    /// The deployment's id.
    pub id: String,
    /// The chart's version, where the wrapper pins it.
    pub chart: Option<Pinned>,
    /// The user says that these are the chart's values, whatever they hold.
    pub is_chart: bool,
    /// Where one would set a value if there is no layer at all.
    pub anchor: Option<Span>,
    /// Keys of the wrapper that one would write there first.
    pub missing: &'static [&'static str],
    /// The wrapper's key below which values stand.
    pub inline: Option<Span>,
    /// Layers that nobody can see.
    pub unseen: Vec<Hidden>,
    /// The chart that takes this one in, where nobody can see what it sets.
    pub outer: Option<Hidden>,
    /// Where layers stopped being YAML.
    pub broken: Vec<(SourceId, usize)>,
    /// What patches make of the server's container.
    pub rendered: Rendered,
}

/// A layer of values that nobody can see.
#[derive(Clone)]
pub(super) struct Hidden {
    /// What it is called.
    pub name: String,
    /// Where it is named.
    pub span: Span,
    /// Why nobody can see it.
    pub lack: Lack,
    /// How many of the layers that are seen lie below it.
    pub over: usize,
    /// Anything may stand in it, and not only what is kept secret: what no layer says is not
    /// the chart's default then.
    pub is_whole: bool,
}

impl Hidden {
    fn step(&self, may: &str) -> Step {
        let what = format!("{} may {may} it, but {}", self.name, self.lack.words());
        Step { what, span: Some(self.span) }
    }
}

/// What is laid over the server's container once the chart is rendered.
#[derive(Default)]
pub(super) struct Rendered {
    /// By name.
    pub variables: Vec<(String, Variable)>,
    /// What is mounted besides.
    pub mounts: Vec<Mount>,
    /// What may set variables that the files do not show.
    pub unseen: Vec<Unseen>,
}

/// The deployments of layered values, the weakest first.
pub(super) fn read_layers(
    context: &Context<'_>,
    documents: &[(Node<'_>, SourceId)],
    inputs: &[&Input],
    charts: &[&Input],
    wrapped: &Wrapped,
) -> Vec<Deployment> {
    let nodes: Vec<Node<'_>> = documents.iter().map(|(node, _)| *node).collect();
    let mut found = roots(&nodes, context.catalogue);
    for umbrella in umbrella::umbrellas(charts, context.sources) {
        let is_its = |root: &Root| root.alias.as_ref() == Some(&umbrella.key);
        if umbrella.is_off(documents) {
            found.retain(|root| !is_its(root));
        } else if !found.iter().any(|root| root.alias.is_none() || is_its(root))
            && nodes.iter().any(|node| umbrella.has_values_in(*node))
        {
            found.push(Root::of_dependency(&umbrella.key));
        }
    }
    if found.is_empty() && (wrapped.chart.is_some() || wrapped.is_chart) {
        let config = vec!["openmetadata".to_owned(), "config".to_owned()];
        found.push(Root { alias: None, config, by_image: true });
    }
    let beside = dependencies::find(context, documents, charts, &wrapped.id, !found.is_empty());
    if found.is_empty() {
        return beside
            .map(|beside| neighbours_only(context, inputs, charts, wrapped, &beside))
            .into_iter()
            .collect();
    }
    let told = beside.map(|beside| beside.values(context)).unwrap_or_default();
    let whole = nodes.first().copied();
    let root_of = |root: &Root| match &root.alias {
        Some(alias) => nodes.iter().find_map(|n| Some(n.get(alias)?.value)).or(whole),
        None => whole,
    };
    let room = bounds::in_reach(found.iter().filter_map(root_of)).min(bounds::MOST_SERVERS);
    let is_cut = whole.is_some() && found.len() > room;
    if is_cut {
        found.truncate(room);
    }
    let mut deployments: Vec<Deployment> = found
        .into_iter()
        .filter_map(|root| deployment(context, inputs, charts, documents, root, wrapped))
        .collect();
    for deployment in &mut deployments {
        for (id, value) in &told {
            deployment.add_beside(*id, value.clone());
        }
    }
    let last = documents.last().filter(|_| is_cut);
    bounds::say(&mut deployments, last.map(|(_, id)| Span::new(*id, 0..0)).into_iter().collect());
    deployments
}

/// What stands beside a server that these values do not describe.
fn neighbours_only(
    context: &Context<'_>,
    inputs: &[&Input],
    charts: &[&Input],
    wrapped: &Wrapped,
    beside: &dependencies::Dependencies<'_>,
) -> Deployment {
    let mut sources: Vec<SourceId> = Vec::new();
    for input in inputs.iter().chain(charts) {
        if !sources.contains(&input.source) {
            sources.push(input.source);
        }
    }
    let mut evidence = Evidence::default();
    for input in inputs {
        let problems = super::problems(input, context.sources, context.catalogue);
        evidence.problems.extend_from_slice(problems);
    }
    let version = beside.version();
    let basics = Basics {
        id: wrapped.id.clone(),
        kind: Kind::Helm,
        version: KnownVersion::new(
            version,
            version.to_string(),
            "the chart openmetadata-dependencies",
        ),
        sources,
        notation: Notation::HelmValues,
    };
    let settings = context.catalogue.settings.iter().map(|_| Value::absent()).collect();
    let mut deployment = Deployment::new(basics, settings, evidence);
    for (id, value) in beside.values(context) {
        deployment.add_beside(id, value);
    }
    deployment.without_server = true;
    deployment.layers = inputs.iter().map(|input| input.source).collect();
    deployment.remarks.push(
        "values of the chart openmetadata-dependencies: they describe what stands beside the server"
            .into(),
    );
    deployment.illustrative =
        inputs.first().is_some_and(|input| context.sources.get(input.source).illustrative);
    deployment
}

fn deployment(
    context: &Context<'_>,
    inputs: &[&Input],
    charts: &[&Input],
    documents: &[(Node<'_>, SourceId)],
    root: Root,
    wrapped: &Wrapped,
) -> Option<Deployment> {
    let covered = |at| wrapped.unseen.iter().position(|hidden: &Hidden| hidden.over > at);
    let top: Vec<Layer<'_>> = documents
        .iter()
        .enumerate()
        .map(|(at, &(node, source))| Layer { node, source, covered: covered(at), via: None })
        .collect();
    let (values, dependency) = match &root.alias {
        None => (top.clone(), None),
        Some(alias) => match step(&top, alias) {
            Found::Map(layers, key, source) => (layers, Some((key, source))),
            _ => return None,
        },
    };
    let mut config = values.clone();
    if root.is_old() && root.alias.is_some() {
        // What stands at the top for all charts wins.
        config.extend(top.iter().copied());
    }
    // One cannot write below an assignment.
    let is_given = |key: Node<'_>| key.style() == Some(Style::Given);
    let first = documents.iter().find_map(|(node, source)| {
        let (key, _) = node.pairs().first().copied().filter(|(key, _)| !is_given(*key))?;
        Some(scalar::span(*source, key))
    });
    let mut anchor = wrapped.inline.or(first).or(wrapped.anchor)?;
    let mut missing: Vec<String> = match (wrapped.inline, first) {
        (None, None) => wrapped.missing.iter().map(|key| (*key).to_owned()).collect(),
        _ => Vec::new(),
    };
    let keys: &[&str] = if root.is_old() { &["global"] } else { &["openmetadata", "config"] };
    let mut anchor_keys = 0;
    let mut top = anchor;
    let outer = wrapped.outer.iter().filter(|_| root.alias.is_some());
    let mut hidden = wrapped.unseen.iter().chain(outer).find(|hidden| hidden.is_whole).cloned();
    for (at, key) in keys.iter().enumerate() {
        match step(&config, key) {
            Found::Map(layers, key, source) => {
                if !is_given(key) {
                    anchor = scalar::span(source, key);
                    if at == 0 {
                        top = anchor;
                    }
                    anchor_keys += 1;
                } else {
                    missing.push(keys[at].to_owned());
                }
                config = layers;
            }
            found => {
                hidden = hidden.or_else(|| expression(context, found, &keys[..=at]));
                config = Vec::new();
                missing.extend(keys[at..].iter().map(|key| (*key).to_owned()));
                break;
            }
        }
    }
    // Where the chart is only known by its image, one would begin there.
    if anchor_keys == 0 && wrapped.inline.is_none() {
        let known_by = |name| match step(&values, name) {
            Found::Map(_, key, source) | Found::Leaf(Layer { source, .. }, key) => {
                Some((key, source))
            }
            _ => None,
        };
        if root.by_image
            && let Some((key, source)) = known_by("image").or_else(|| known_by("extraEnvs"))
        {
            anchor = scalar::span(source, key);
        } else if let Some((key, source)) = dependency.filter(|(key, _)| !is_given(*key)) {
            anchor = scalar::span(source, key);
        }
        top = anchor;
    }
    let broken_from = inputs
        .iter()
        .filter_map(|input| Some((input.source, input.tree()?.errors.first()?.offset)))
        .chain(wrapped.broken.iter().copied())
        .collect();
    let chart = version::chart_version(context, charts, root.alias.as_deref()).or(wrapped.chart);
    let mut reader = Reader {
        context,
        values,
        config,
        root,
        chart,
        version: version::newest(context.catalogue),
        anchor,
        anchor_keys,
        top,
        missing,
        broken_from,
        wrapped,
        hidden,
        secrets: RefCell::default(),
        off: BTreeMap::new(),
        misplaced: RefCell::default(),
        extra: Variables::none(context.catalogue),
    };
    let layers: Vec<SourceId> = inputs.iter().map(|input| input.source).collect();
    reader.version = reader.known_version(&layers);
    if reader.root.is_old() && is_after_old_layout(&reader.version) {
        let config = vec!["openmetadata".to_owned(), "config".to_owned()];
        reader.root = Root { alias: None, config, by_image: false };
        reader.config = Vec::new();
        reader.anchor_keys = 0;
    }
    for section in context.catalogue.sections.keys() {
        if let Some(off) = reader.left_out(section) {
            reader.off.insert(section, off);
        }
    }
    // The chart's own conditions see the values as they stand.
    reader.extra = kubelet::variables(context.catalogue, &reader.environment());
    Some(reader.deployment(inputs, charts))
}

/// What an expression in the place of a mapping hides.
fn expression(context: &Context<'_>, found: Found<'_>, keys: &[&str]) -> Option<Hidden> {
    let Found::Leaf(layer, _) = found else { return None };
    is_unfilled(context, layer).then(|| Hidden {
        name: format!("the expression in place of `{}`", keys.join(".")),
        span: scalar::span(layer.source, layer.node),
        lack: Lack::NotFollowed,
        over: 0,
        is_whole: true,
    })
}

/// Whether a value is one that some other program puts in.
fn is_unfilled(context: &Context<'_>, layer: Layer<'_>) -> bool {
    let raw = &context.sources.get(layer.source).text;
    layer.node.resolved().text().is_some_and(|text| !text.is_empty())
        && !scalar::fragment(layer.source, raw, layer.node).is_known()
        || layer.node.is_map()
}

/// Whether something states a version whose chart looks at nothing below `global`.
fn is_after_old_layout(known: &KnownVersion) -> bool {
    let first = Version::parse("1.0.5");
    known.from != "layout" && first.is_some_and(|first| known.version >= first)
}

impl<'a> Reader<'a, '_> {
    fn raw(&self, source: SourceId) -> &'a str {
        &self.context.sources.get(source).text
    }

    /// Looks up one of the chart's values in its configuration.
    fn look(&self, path: &str) -> Found<'a> {
        self.look_in(&self.config, path)
    }

    /// Looks up one of the chart's values outside its configuration.
    fn look_outside(&self, path: &str) -> Found<'a> {
        self.look_in(&self.values, path)
    }

    fn look_in(&self, layers: &[Layer<'a>], path: &str) -> Found<'a> {
        let Some((key, rest)) = path.split_once('.') else { return step(layers, path) };
        match step(layers, key) {
            Found::Map(inner, ..) => self.look_in(&inner, rest),
            // An expression may stand for the whole section.
            Found::Leaf(layer, key) if self.is_unfilled(layer) => Found::Leaf(layer, key),
            // Null higher up takes the whole section away; a scalar hides it.
            Found::Null(layer, key) => Found::Null(layer, key),
            _ => Found::Nothing,
        }
    }

    fn is_unfilled(&self, layer: Layer<'a>) -> bool {
        is_unfilled(self.context, layer)
    }

    fn leaf_text(&self, path: &str) -> Option<String> {
        match self.look(path) {
            Found::Leaf(layer, _) => Some(
                scalar::text(layer.source, self.raw(layer.source), layer.node).expose().to_owned(),
            ),
            _ => None,
        }
    }

    /// A scalar of the values as the server gets it.
    fn fragment(&self, layer: Layer<'a>) -> (Fragment, Vec<Step>) {
        let (text, mut steps) = self.own_fragment(layer);
        steps.extend(layer.via.map(|via| Step {
            what: "it is used here".to_owned(),
            span: Some(Span::new(layer.source, via.range())),
        }));
        (text, steps)
    }

    fn own_fragment(&self, layer: Layer<'a>) -> (Fragment, Vec<Step>) {
        let outer = Span::new(layer.source, layer.node.range());
        if let Some(text) = scalar::helm_text(layer.node) {
            return (Fragment::of(known(&text, outer), outer), Vec::new());
        }
        let text = scalar::text(layer.source, self.raw(layer.source), layer.node);
        // Helm leaves `${NAME}` alone; the server's own substitution fills it in.
        self.extra.expand(&text, outer, Dialect::Dropwizard)
    }

    fn deployment(&self, inputs: &[&Input], charts: &[&Input]) -> Deployment {
        let context = self.context;
        let environment = self.environment();
        let settings: Values = context
            .catalogue
            .settings
            .iter()
            .map(|setting| self.setting(setting, &environment))
            .collect();
        let mut evidence = Evidence {
            image: self.image(),
            mounts: self.mounts(),
            ports: self.ports(&settings),
            written_keys: self.written_keys(),
            ..Evidence::default()
        };
        for input in inputs {
            let problems = super::problems(input, context.sources, context.catalogue);
            evidence.problems.extend_from_slice(problems);
        }
        let suffix = self.root.alias.as_ref().map(|alias| format!("#{alias}")).unwrap_or_default();
        let mut sources: Vec<SourceId> = Vec::new();
        for input in inputs.iter().chain(charts) {
            if !sources.contains(&input.source) {
                sources.push(input.source);
            }
        }
        let basics = Basics {
            id: format!("{}{suffix}", self.wrapped.id),
            kind: Kind::Helm,
            version: self.version.clone(),
            sources,
            notation: Notation::HelmValues,
        };
        let mut deployment = Deployment::new(basics, settings, evidence);
        deployment.layers = inputs.iter().map(|input| input.source).collect();
        deployment.variables = environment.places();
        deployment.helm_root = self.root.config.clone();
        for entry in self.secrets.take() {
            Arc::make_mut(&mut deployment.held).push((entry.whole, Holder::Secret));
            if entry.encoded {
                Arc::make_mut(&mut deployment.encoded).insert(entry.span);
            }
            if !deployment.sources.contains(&entry.span.source) {
                deployment.sources.push(entry.span.source);
            }
        }
        deployment.helm_missing = self.missing.clone();
        deployment.unseen = environment.unseen.iter().cloned().map(Unseen::told).collect();
        let hidden = self.wrapped.unseen.iter();
        let hidden = hidden.filter(|it| self.hidden.as_ref().is_none_or(|own| own.span != it.span));
        let hidden = self.hidden.iter().chain(hidden);
        deployment.unseen.extend(hidden.map(|hidden| (hidden.name.clone(), hidden.lack)));
        deployment.illustrative =
            inputs.first().is_some_and(|input| context.sources.get(input.source).illustrative);
        if self.root.is_old() {
            deployment
                .remarks
                .push("the old layout (`global.…`) of charts before 1.1.0 is taken as live".into());
        }
        deployment
    }
}

fn known(text: &str, place: Span) -> crate::deployment::value::Piece {
    crate::deployment::value::Piece::Known(Text::decoded(text, place))
}
