//! Values of the OpenMetadata chart: laid over the chart's defaults as Helm does, rendered to
//! the server's environment as the chart's templates do.

pub(super) mod dependencies;
mod exposure;

use std::collections::BTreeMap;

use crate::deployment::catalogue::{Catalogue, Setting, Type};
use crate::deployment::environment::{Environment, Fallback, Unseen, Variable};
use crate::deployment::evidence::{Evidence, Image, Mount, MountSource, is_official_repository};
use crate::deployment::value::{Fragment, Origin, State, Step, Value};
use crate::deployment::version::{Confidence, Version};
use crate::deployment::{Basics, Deployment, Kind, KnownVersion, Notation};
use crate::source::{Source, SourceId, Span, Text};
use crate::syntax::substitution::Dialect;
use crate::syntax::yaml::{Node, Style, Tree};

use super::compose::Context;
use super::interpolation::Variables;
use super::{Companions, Input, Want, scalar};

/// Rank of `envFrom`, which the chart puts after its own Secrets and which wins over them.
const ENV_FROM: u8 = 100;
/// Rank of `env` in a container.
const ENV: u8 = 200;

/// Sections that the old layout had below `global`.
const OLD_SECTIONS: [&str; 3] = ["authentication", "authorizer", "jwtTokenConfiguration"];

/// Whether the document holds values of the OpenMetadata chart.
pub(super) fn recognises(root: Node<'_>, _catalogue: &Catalogue) -> bool {
    root.is_map() && root.get("kind").is_none() && !roots(&[root]).is_empty()
}

/// Whether a file of this name may be laid over another's values.
pub(super) fn is_values_name(lower: &str) -> bool {
    (lower.ends_with(".yaml") || lower.ends_with(".yml")) && lower.contains("values")
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

/// Where the chart's values stand in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Root {
    /// The key under which the chart is a dependency, if it is one.
    alias: Option<String>,
    /// Keys down to the configuration.
    config: Vec<String>,
    /// Only an image says that these are the chart's values.
    by_image: bool,
}

impl Root {
    fn is_old(&self) -> bool {
        self.config.first().is_some_and(|key| key == "global")
    }
}

fn is_old_layout(node: Node<'_>) -> bool {
    let Some(global) = node.get("global") else { return false };
    let sections: Vec<_> = OLD_SECTIONS
        .iter()
        .filter_map(|section| global.value.get(section))
        .filter(|entry| entry.value.is_map())
        .collect();
    sections.len() >= 2
        || sections.iter().any(|section| {
            [
                "initialAdmins",
                "containerRequestFilter",
                "publicKeys",
                "rsapublicKeyFilePath",
                "keyId",
            ]
            .iter()
            .any(|key| section.value.get(key).is_some())
        })
}

fn official_image(node: Node<'_>) -> bool {
    node.at(&["image", "repository"])
        .and_then(|entry| entry.value.text())
        .is_some_and(is_official_repository)
}

/// Every place in layered values at which the chart's own values begin.
pub(super) fn roots(layers: &[Node<'_>]) -> Vec<Root> {
    let mut found: Vec<Root> = Vec::new();
    let mut add = |root: Root| {
        if !found.iter().any(|known| known.alias == root.alias && !known.by_image) {
            found.retain(|known| known.alias != root.alias);
            found.push(root);
        }
    };
    let config = |alias: Option<&str>| {
        let mut keys: Vec<String> = alias.into_iter().map(str::to_owned).collect();
        keys.extend(["openmetadata".to_owned(), "config".to_owned()]);
        keys
    };
    for layer in layers {
        if layer.at(&["openmetadata", "config"]).is_some_and(|entry| entry.value.is_map()) {
            add(Root { alias: None, config: config(None), by_image: false });
        }
        for entry in layer.entries() {
            let Some(name) = entry.key.text() else { continue };
            if entry.value.at(&["openmetadata", "config"]).is_some_and(|e| e.value.is_map()) {
                add(Root {
                    alias: Some(name.to_owned()),
                    config: config(Some(name)),
                    by_image: false,
                });
            }
        }
    }
    if found.iter().all(|root| root.by_image) {
        for layer in layers {
            if is_old_layout(*layer) {
                return vec![Root { alias: None, config: vec!["global".into()], by_image: false }];
            }
        }
        for layer in layers {
            if official_image(*layer) {
                return vec![Root { alias: None, config: config(None), by_image: true }];
            }
            for entry in layer.entries() {
                if let Some(name) = entry.key.text()
                    && official_image(entry.value)
                {
                    return vec![Root {
                        alias: Some(name.to_owned()),
                        config: config(Some(name)),
                        by_image: true,
                    }];
                }
            }
        }
    }
    found
}

/// The first document of a values file: Helm reads one.
pub(super) fn document(tree: &Tree) -> Option<Node<'_>> {
    tree.documents().find(|root| root.is_map())
}

#[derive(Clone, Copy)]
struct Layer<'a> {
    node: Node<'a>,
    source: SourceId,
}

/// What layered values hold at a path.
enum Found<'a> {
    /// No file says anything.
    Nothing,
    /// The strongest says null, which takes the chart's default away.
    Null(Layer<'a>, Node<'a>),
    /// A scalar or a list.
    Leaf(Layer<'a>, Node<'a>),
    /// Maps of several files, the weakest first.
    Map(Vec<Layer<'a>>, Node<'a>, SourceId),
}

/// Looks a key up in layers, the strongest first, as Helm merges: maps are merged, anything
/// else replaces.
fn step<'a>(layers: &[Layer<'a>], key: &str) -> Found<'a> {
    let mut maps: Vec<Layer<'a>> = Vec::new();
    let mut named = None;
    for layer in layers.iter().rev() {
        let Some(entry) = layer.node.get(key) else { continue };
        let inner = Layer { node: entry.value, source: layer.source };
        if entry.value.is_map() && !is_expression(entry.value) {
            // One would write below a mapping of a file, not in a list of assignments.
            let is_file = entry.key.style() != Some(Style::Given);
            let instead = |(key, _): (Node<'_>, _)| key.style() == Some(Style::Given) && is_file;
            if named.is_none_or(instead) {
                named = Some((entry.key, layer.source));
            }
            maps.push(inner);
        } else if maps.is_empty() {
            return if entry.value.is_null() {
                Found::Null(Layer { node: entry.key, source: layer.source }, entry.key)
            } else {
                Found::Leaf(inner, entry.key)
            };
        } else {
            break;
        }
    }
    maps.reverse();
    match named {
        Some((key, source)) => Found::Map(maps, key, source),
        None => Found::Nothing,
    }
}

/// `{{ … }}` without quotes and `{Client ID}` are mappings to YAML, and values to people.
fn is_expression(node: Node<'_>) -> bool {
    node.is_flow()
        && !node.pairs().is_empty()
        && node.pairs().iter().all(|(key, value)| {
            // `{key: null}` is a mapping to people, too.
            key.is_map() || value.is_null() && value.text().is_none_or(str::is_empty)
        })
}

struct Reader<'a, 'c> {
    context: &'c Context<'a>,
    /// Layers of the chart's values: the document, or what stands under the alias.
    values: Vec<Layer<'a>>,
    /// Layers of the configuration below them.
    config: Vec<Layer<'a>>,
    root: Root,
    chart: Option<Version>,
    version: KnownVersion,
    /// What people see as the beginning of the configuration.
    anchor: Span,
    anchor_keys: usize,
    broken_from: Vec<(SourceId, usize)>,
    wrapped: &'c Wrapped,
    /// Sections that the chart leaves out, by name.
    off: BTreeMap<&'a str, Off>,
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

/// The deployments of values files laid over each other, the weakest first.
pub(super) fn read(context: &Context<'_>, inputs: &[&Input], charts: &[&Input]) -> Vec<Deployment> {
    let documents: Vec<(Node<'_>, SourceId)> =
        inputs.iter().filter_map(|input| Some((document(input.tree()?)?, input.source))).collect();
    let paths: Vec<&str> =
        inputs.iter().map(|input| context.sources.get(input.source).path.as_str()).collect();
    let wrapped = Wrapped { id: format!("helm:{}", paths.join("+")), ..Wrapped::default() };
    read_layers(context, &documents, inputs, charts, &wrapped)
}

/// What wraps the values, if anything does.
#[derive(Default)]
pub(super) struct Wrapped {
    /// The deployment's id.
    pub id: String,
    /// The chart's version, where the wrapper pins it.
    pub chart: Option<Version>,
    /// The user says that these are the chart's values, whatever they hold.
    pub is_chart: bool,
    /// Where one would set a value if there is no layer at all.
    pub anchor: Option<Span>,
    /// Layers that are named but not shown; they are below those that are.
    pub unseen: Vec<(String, Span)>,
    /// Where layers stopped being YAML.
    pub broken: Vec<(SourceId, usize)>,
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
    let mut found = roots(&nodes);
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
    let mut deployments: Vec<Deployment> = found
        .into_iter()
        .filter_map(|root| deployment(context, inputs, charts, documents, root, wrapped))
        .collect();
    for deployment in &mut deployments {
        for (id, value) in &told {
            deployment.add_beside(*id, value.clone());
        }
    }
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
        evidence.problems.extend(super::problems(input, context.sources, context.catalogue));
    }
    let version = beside.version();
    let basics = Basics {
        id: wrapped.id.clone(),
        kind: Kind::Helm,
        version: KnownVersion {
            version,
            text: version.to_string(),
            from: "the chart openmetadata-dependencies",
        },
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
    let top: Vec<Layer<'_>> =
        documents.iter().map(|&(node, source)| Layer { node, source }).collect();
    let values = match &root.alias {
        None => top.clone(),
        Some(alias) => match step(&top, alias) {
            Found::Map(layers, ..) => layers,
            _ => return None,
        },
    };
    let mut config = if root.is_old() { top.clone() } else { values.clone() };
    // One cannot write below an assignment.
    let is_given = |key: Node<'_>| key.style() == Some(Style::Given);
    let first = documents.iter().find_map(|(node, source)| {
        let (key, _) = node.pairs().first().copied().filter(|(key, _)| !is_given(*key))?;
        Some(scalar::span(*source, key))
    });
    let mut anchor = first.or(wrapped.anchor)?;
    let keys: &[&str] = if root.is_old() { &["global"] } else { &["openmetadata", "config"] };
    let mut anchor_keys = 0;
    for key in keys {
        match step(&config, key) {
            Found::Map(layers, key, source) => {
                if !is_given(key) {
                    anchor = scalar::span(source, key);
                    anchor_keys += 1;
                }
                config = layers;
            }
            _ => {
                config = Vec::new();
                break;
            }
        }
    }
    // Where the chart is only known by its image, one would begin there.
    if anchor_keys == 0
        && let Found::Map(_, key, source) = step(&values, "image")
    {
        anchor = scalar::span(source, key);
    }
    let broken_from = inputs
        .iter()
        .filter_map(|input| Some((input.source, input.tree()?.errors.first()?.offset)))
        .chain(wrapped.broken.iter().copied())
        .collect();
    let chart = chart_version(context, charts, root.alias.as_deref()).or(wrapped.chart);
    let mut reader = Reader {
        context,
        values,
        config,
        root,
        chart,
        version: KnownVersion {
            version: context.catalogue.newest,
            text: context.catalogue.newest.to_string(),
            from: "assumed: newest known",
        },
        anchor,
        anchor_keys,
        broken_from,
        wrapped,
        off: BTreeMap::new(),
    };
    let layers: Vec<SourceId> = inputs.iter().map(|input| input.source).collect();
    reader.version = reader.known_version(&layers);
    for section in context.catalogue.sections.keys() {
        if let Some(off) = reader.left_out(section) {
            reader.off.insert(section, off);
        }
    }
    Some(reader.deployment(inputs, charts))
}

/// The version of the chart: Chart.lock, or Chart.yaml as a dependency or as the chart itself.
fn chart_version(context: &Context<'_>, charts: &[&Input], alias: Option<&str>) -> Option<Version> {
    let mut found = None;
    for input in charts {
        let is_lock = context.sources.get(input.source).name() == "Chart.lock";
        for root in input.tree()?.documents() {
            let text = |node: Node<'_>, key: &str| {
                node.get(key).and_then(|entry| entry.value.text()).map(str::to_owned)
            };
            if text(root, "name").as_deref() == Some("openmetadata") && alias.is_none() {
                found = text(root, "version").and_then(|v| Version::parse(&v)).or(found);
            }
            for item in root.get("dependencies").map(|e| e.value.items()).unwrap_or_default() {
                let item = item.resolved();
                if text(item, "name").as_deref() != Some("openmetadata") {
                    continue;
                }
                let version = text(item, "version").and_then(|range| {
                    Version::parse(
                        range
                            .trim_start_matches(['^', '~', '=', '>', ' ', 'v'])
                            .trim_end_matches(".x"),
                    )
                });
                if found.is_none() || is_lock {
                    found = version.or(found);
                }
            }
        }
    }
    found
}

impl<'a> Reader<'a, '_> {
    fn raw(&self, source: SourceId) -> &'a str {
        &self.context.sources.get(source).text
    }

    fn known_version(&self, layers: &[SourceId]) -> KnownVersion {
        if let Some(known) = self.context.versions.of(self.context.sources, layers) {
            return known;
        }
        if let Some(image) = self.image()
            && let Some(tag) = &image.tag
            && let Some(version) = Version::parse(tag)
        {
            return KnownVersion { version, text: tag.clone(), from: "image tag" };
        }
        let catalogue = self.context.catalogue;
        if let Some(chart) = self.chart {
            let version = catalogue.version_of_chart(chart);
            return KnownVersion { version, text: chart.to_string(), from: "chart version" };
        }
        if self.root.is_old() {
            // A class of the old package was written for a server before 0.12.1.
            let old_class = ["className", "containerRequestFilter"].iter().any(|key| {
                matches!(self.look(&format!("authorizer.{key}")), Found::Leaf(_, _))
                    && self
                        .leaf_text(&format!("authorizer.{key}"))
                        .is_some_and(|text| text.starts_with("org.openmetadata.catalog."))
            });
            let text = if old_class { "0.12.0" } else { "1.0.0" };
            let version = Version::parse(text).unwrap_or(catalogue.newest);
            return KnownVersion { version, text: text.to_owned(), from: "layout" };
        }
        KnownVersion {
            version: catalogue.newest,
            text: catalogue.newest.to_string(),
            from: "assumed: newest known",
        }
    }

    /// The defaults of a deployment with the old layout are those of chart 1.0.0 unless a tag
    /// or a chart says otherwise.
    fn look(&self, path: &str) -> Found<'a> {
        self.look_in(&self.config, path)
    }

    /// Looks up one of the chart's values outside its configuration.
    fn look_outside(&self, path: &str) -> Found<'a> {
        self.look_in(&self.values, path)
    }

    fn look_in(&self, layers: &[Layer<'a>], path: &str) -> Found<'a> {
        let mut layers = layers.to_vec();
        let mut parts = path.split('.').peekable();
        while let Some(key) = parts.next() {
            match step(&layers, key) {
                Found::Map(next, key, source) => {
                    if parts.peek().is_none() {
                        return Found::Map(next, key, source);
                    }
                    layers = next;
                }
                found if parts.peek().is_none() => return found,
                // Null higher up takes the whole section away; a scalar hides it.
                Found::Null(layer, key) => return Found::Null(layer, key),
                _ => return Found::Nothing,
            }
        }
        Found::Nothing
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
        let outer = Span::new(layer.source, layer.node.range());
        if let Some(text) = scalar::helm_text(layer.node) {
            return (Fragment::new(vec![known(&text, outer)], outer), Vec::new());
        }
        let text = scalar::text(layer.source, self.raw(layer.source), layer.node);
        // Helm leaves `${NAME}` alone; the server's own substitution fills it in.
        Variables::default().expand(&text, outer, Dialect::Dropwizard)
    }

    fn image(&self) -> Option<Image> {
        let repository = match self.look_outside("image.repository") {
            Found::Leaf(layer, _) => {
                Some((self.fragment(layer).0.outline(), scalar::span(layer.source, layer.node)))
            }
            _ => None,
        };
        let tag = match self.look_outside("image.tag") {
            Found::Leaf(layer, _) => {
                Some((self.fragment(layer).0.outline(), scalar::span(layer.source, layer.node)))
            }
            _ => None,
        };
        let span = repository.as_ref().or(tag.as_ref()).map(|(_, span)| *span)?;
        let official = repository.as_ref().is_none_or(|(name, _)| is_official_repository(name));
        Some(Image {
            repository: repository.map(|(name, _)| name).unwrap_or_default(),
            tag: tag.map(|(tag, _)| tag).filter(|tag| !tag.is_empty()),
            official,
            span,
        })
    }

    /// The chart version that spellings are counted in.
    fn spelling_version(&self) -> Option<Version> {
        self.chart.or_else(|| {
            (self.version.from != "assumed: newest known")
                .then(|| self.context.catalogue.chart_of_version(self.version.version))
        })
    }

    /// The paths under which a setting may stand in these values, newest first.
    fn paths<'s>(&self, setting: &'s Setting) -> Vec<(&'s str, bool)> {
        let names = if self.root.is_old() && !setting.global.is_empty() {
            &setting.global
        } else {
            &setting.helm
        };
        let version = self.spelling_version();
        names
            .iter()
            .filter(|name| version.is_none_or(|version| name.holds_for(version)))
            .map(|name| (name.name.as_str(), name.secret_ref))
            .collect()
    }

    /// Whether a condition of a section holds: `None` if it cannot be told; with the place
    /// that decides.
    fn condition(&self, path: &str, is: &[String]) -> (Option<bool>, Option<Span>, String) {
        let catalogue = self.context.catalogue;
        let setting = catalogue
            .settings
            .iter()
            .find(|setting| setting.helm.iter().any(|name| name.name == path));
        let alternatives: Vec<&str> = match setting {
            Some(setting) => self.paths(setting).into_iter().map(|(path, _)| path).collect(),
            None => vec![path],
        };
        let switch = is == ["true"];
        for path in alternatives {
            match self.look(path) {
                Found::Nothing => {}
                Found::Null(layer, _) => {
                    return (
                        Some(false),
                        Some(scalar::span(layer.source, layer.node)),
                        path.to_owned(),
                    );
                }
                Found::Map(..) => return (Some(switch), None, path.to_owned()),
                Found::Leaf(layer, _) => {
                    let span = scalar::span(layer.source, layer.node);
                    let (text, _) = self.fragment(layer);
                    if !text.is_known() {
                        return (None, Some(span), path.to_owned());
                    }
                    let text = text.unquoted().outline();
                    let holds = if switch {
                        !scalar::helm_falsy(layer.node.resolved())
                    } else {
                        is.contains(&text)
                    };
                    return (Some(holds), Some(span), path.to_owned());
                }
            }
        }
        let default = setting
            .and_then(|setting| setting.chart_default(self.version.version))
            .and_then(|entry| entry.value.as_deref());
        // A switch that this chart does not have yet is always on.
        let holds = match default {
            Some(text) => is.iter().any(|wanted| wanted == text),
            None => switch,
        };
        (Some(holds), None, path.to_owned())
    }

    fn origin(&self, setting: &Setting) -> Origin {
        let mut origin = Origin { span: Some(self.anchor), steps: Vec::new(), present_keys: 0 };
        let Some(path) = self.paths(setting).first().map(|(path, _)| *path) else { return origin };
        if self.anchor_keys < 1 + usize::from(!self.root.is_old()) {
            return origin;
        }
        let mut layers = self.config.clone();
        for key in path.split('.') {
            match step(&layers, key) {
                Found::Map(next, key, source) if key.style() != Some(Style::Given) => {
                    origin.span = Some(scalar::span(source, key));
                    origin.present_keys += 1;
                    layers = next;
                }
                _ => break,
            }
        }
        origin.steps.extend(self.misplaced(setting));
        origin
    }

    /// A key that looks like this setting's section but stands where the chart ignores it.
    fn misplaced(&self, setting: &Setting) -> Option<Step> {
        let section = setting.helm.first()?.name.split('.').next()?.to_owned();
        if self.root.is_old() {
            return None;
        }
        let places: [(&str, Vec<&str>); 3] = [
            ("", vec![section.as_str()]),
            ("openmetadata", vec!["openmetadata", section.as_str()]),
            ("global", vec!["global", section.as_str()]),
        ];
        for (_, path) in places {
            let mut layers = self.values.clone();
            for (at, key) in path.iter().enumerate() {
                match step(&layers, key) {
                    Found::Map(_, key_node, source) if at + 1 == path.len() => {
                        return Some(Step {
                            what: format!(
                                "`{}` here is ignored: this chart reads `openmetadata.config.{section}`",
                                path.join(".")
                            ),
                            span: Some(scalar::span(source, key_node)),
                        });
                    }
                    Found::Map(next, ..) => layers = next,
                    _ => break,
                }
            }
        }
        None
    }

    fn setting(&self, setting: &Setting, environment: &Environment) -> Value {
        if setting.beside.is_some() {
            return Value::absent();
        }
        let fallback = Fallback {
            version: self.version.version,
            confidence: Confidence::High,
            place: &|setting| self.origin(setting),
        };
        let is_switch = setting.path.starts_with("chart.");
        let by_env = setting.env.iter().any(|name| environment.variables.contains_key(&name.name));
        if by_env {
            return environment.setting(setting, &fallback);
        }
        if let Some(section) = setting.section.as_deref()
            && let Some(off) = self.off.get(section)
        {
            if let Some(other) = self.twin(setting) {
                return self.setting(other, environment);
            }
            let mut value = environment.setting(setting, &fallback);
            if value.state == State::Default {
                value.origin.steps.insert(0, off.step.clone());
                if let Some(span) = off.switch {
                    value.origin.span = Some(span);
                    value.origin.present_keys = off.keys;
                }
            }
            return value;
        }
        let mut value = match self.written(setting, environment, &fallback) {
            Some(value) => value,
            None if is_switch || !self.paths(setting).is_empty() => {
                self.chart_default(setting, environment, &fallback)
            }
            None => return environment.setting(setting, &fallback),
        };
        if let Some(unseen) = environment.unseen.first()
            && !is_switch
            && !setting.env.is_empty()
            && !value.is_hidden()
        {
            value.confidence = value.confidence.min(Confidence::Medium);
            value.origin.steps.push(Step {
                what: format!("{} may override it, but is not among the files", unseen.name),
                span: Some(unseen.span),
            });
        }
        value
    }

    /// A setting that reads the same variable, in a section that the chart renders.
    fn twin(&self, setting: &Setting) -> Option<&'a Setting> {
        let catalogue = self.context.catalogue;
        let twins = catalogue.by_variable(setting.variable()?).iter().map(|&id| catalogue.get(id));
        twins
            .filter(|other| other.variable() == setting.variable() && other.path != setting.path)
            .find(|other| {
                other.section.as_deref().is_some_and(|section| !self.off.contains_key(section))
            })
    }

    fn left_out(&self, section: &str) -> Option<Off> {
        let conditions = self.context.catalogue.sections.get(section)?;
        for condition in conditions {
            let (holds, span, path) = self.condition(&condition.path, &condition.is);
            if holds == Some(false) {
                let wanted = condition.is.join(" or ");
                let is_switch = condition.is == ["true"] && span.is_some();
                let what = format!(
                    "the chart leaves this out unless `{path}` is {wanted}, so the image's own default applies"
                );
                // A switch in the file is the place to change; a choice of provider is not.
                let keys = path.matches('.').count();
                let step = Step { what, span };
                return Some(Off { switch: span.filter(|_| is_switch), step, keys });
            }
        }
        None
    }

    fn written(
        &self,
        setting: &Setting,
        environment: &Environment,
        unset: &Fallback<'_>,
    ) -> Option<Value> {
        let paths = self.paths(setting);
        // A secretRef wins over a value beside it (fernetkey).
        let ordered = paths
            .iter()
            .filter(|(_, is_ref)| *is_ref)
            .chain(paths.iter().filter(|(_, is_ref)| !*is_ref));
        let mut fallback = None;
        for &(path, is_ref) in ordered {
            match self.look(path) {
                Found::Nothing => {}
                Found::Map(layers, key, source) if is_ref => {
                    let place = scalar::span(source, key);
                    match step(&layers, "secretRef") {
                        Found::Leaf(layer, _) => {
                            let (text, _) = self.fragment(layer);
                            if text.outline().is_empty() {
                                fallback = fallback.or(Some(layer));
                                continue;
                            }
                            let span = scalar::span(layer.source, layer.node);
                            return Some(self.confident(
                                Value::reference("a Kubernetes Secret", span),
                                layer.source,
                                span,
                            ));
                        }
                        Found::Null(layer, _) => fallback = fallback.or(Some(layer)),
                        _ => {
                            let _ = place;
                        }
                    }
                }
                Found::Map(_, key, source) => {
                    // A mapping where a value belongs: `{Client ID}` without quotes.
                    let _ = (key, source);
                }
                Found::Null(layer, _) if is_ref => fallback = fallback.or(Some(layer)),
                Found::Null(layer, key) => {
                    let span = scalar::span(layer.source, key);
                    let items = (setting.kind == Type::List).then(Vec::new);
                    let nothing = Fragment::new(Vec::new(), span);
                    let mut value = Value::written(setting.kind, nothing, items, span);
                    value.state =
                        if setting.kind == Type::List { State::Written } else { State::Empty };
                    return Some(self.confident(value, layer.source, span));
                }
                Found::Leaf(layer, key) => {
                    let place = scalar::span(layer.source, key);
                    return Some(self.leaf(setting, layer, place));
                }
            }
        }
        // `secretRef: ""` renders no variable: the image's default is what is left.
        let layer = fallback.filter(|_| paths.iter().all(|(_, is_ref)| *is_ref))?;
        let span = Span::new(layer.source, layer.node.range());
        let mut value = environment.setting(setting, unset);
        if value.state == State::Default {
            let what = "an empty `secretRef` sets nothing, so the image's own default applies";
            let step = Step { what: what.to_owned(), span: Some(span) };
            value.origin = Origin { span: Some(span), steps: vec![step], present_keys: usize::MAX };
        }
        Some(value)
    }

    fn leaf(&self, setting: &Setting, layer: Layer<'a>, place: Span) -> Value {
        let whole = Span::new(layer.source, layer.node.range());
        let value = if layer.node.is_seq() {
            let items: Vec<Fragment> = layer
                .node
                .items()
                .into_iter()
                // The chart's template passes over what is null.
                .filter(|item| !item.is_null())
                .map(|item| {
                    self.fragment(Layer { node: item.resolved(), source: layer.source })
                        .0
                        .unquoted()
                })
                .collect();
            let text = scalar::fragment(layer.source, self.raw(layer.source), layer.node);
            let mut value = Value::written(setting.kind, text, Some(items), place);
            value.origin.span = Some(if whole.range().is_empty() { place } else { whole });
            value
        } else {
            let (text, steps) = self.fragment(layer);
            let mut value = Value::written(setting.kind, text, None, place);
            value.origin.steps.extend(steps);
            value
        };
        self.confident(value, layer.source, place)
    }

    /// What stands after the place at which a file broke is less certain.
    fn confident(&self, mut value: Value, source: SourceId, place: Span) -> Value {
        let after =
            |&(broken, from): &(SourceId, usize)| broken == source && place.start as usize >= from;
        if self.broken_from.iter().any(after) {
            value.confidence = Confidence::Medium;
        }
        value
    }

    fn chart_default(
        &self,
        setting: &Setting,
        environment: &Environment,
        fallback: &Fallback<'_>,
    ) -> Value {
        let origin = self.origin(setting);
        let place = origin.span.unwrap_or(self.anchor);
        if !self.broken_from.is_empty() {
            return Value::unseen("the part of the file that did not parse", place);
        }
        match setting.chart_default(self.version.version) {
            Some(entry) => match (&entry.secret_ref, &entry.value) {
                (Some(name), _) => {
                    let mut value = Value::reference(format!("Secret {name}"), place);
                    value.origin = origin;
                    value
                }
                (None, Some(text)) => {
                    let mut value = Value::default(setting.kind, text, place);
                    value.origin = origin;
                    // A layer that nobody can see may hold it.
                    if let Some((name, span)) = self.wrapped.unseen.first() {
                        value.confidence = Confidence::Medium;
                        value.origin.steps.push(Step {
                            what: format!("{name} may set it, but is not among the files"),
                            span: Some(*span),
                        });
                    }
                    value
                }
                (None, None) => Value::absent(),
            },
            None if setting.path.starts_with("chart.") => Value::absent(),
            None => environment.setting(setting, fallback),
        }
    }

    /// `extraEnvs` and `envFrom`.
    fn environment(&self) -> Environment {
        let mut environment = Environment::default();
        if let Found::Leaf(layer, _) = self.look_outside("extraEnvs") {
            for item in layer.node.items() {
                let item = item.resolved();
                let Some(name) = item.get("name") else { continue };
                let Some(text) = name.value.text() else { continue };
                let place = scalar::span(layer.source, name.value);
                let (value, steps) = match item.get("value") {
                    Some(entry) => self.fragment(Layer { node: entry.value, source: layer.source }),
                    None => {
                        let at = item
                            .get("valueFrom")
                            .map_or(place, |entry| scalar::span(layer.source, entry.key));
                        (Fragment::unknown("valueFrom", at), Vec::new())
                    }
                };
                environment.set(
                    text,
                    Variable {
                        text: value,
                        items: None,
                        place,
                        steps,
                        confidence: Confidence::High,
                        rank: ENV,
                    },
                );
            }
        }
        if let Found::Leaf(layer, _) = self.look_outside("envFrom") {
            for item in layer.node.items() {
                let item = item.resolved();
                let found = ["secretRef", "configMapRef"].iter().find_map(|kind| {
                    let name = item.get(kind)?.value.get("name")?;
                    Some((
                        *kind,
                        name.value.text()?.to_owned(),
                        scalar::span(layer.source, name.value),
                    ))
                });
                if let Some((kind, name, span)) = found {
                    let what = if kind == "secretRef" { "Secret" } else { "ConfigMap" };
                    environment.unseen.push(Unseen {
                        name: format!("the {what} `{name}`"),
                        span,
                        rank: ENV_FROM,
                    });
                }
            }
        }
        environment
    }

    fn mounts(&self) -> Vec<Mount> {
        let Found::Leaf(layer, _) = self.look_outside("extraVolumeMounts") else {
            return Vec::new();
        };
        layer
            .node
            .items()
            .into_iter()
            .filter_map(|item| {
                let item = item.resolved();
                let path = item.get("mountPath")?;
                let name =
                    item.get("name").and_then(|entry| entry.value.text()).unwrap_or("").to_owned();
                Some(Mount {
                    target: path.value.text()?.to_owned(),
                    from: MountSource::Unseen(name),
                    span: scalar::span(layer.source, path.value),
                    mode: None,
                })
            })
            .collect()
    }

    fn deployment(&self, inputs: &[&Input], charts: &[&Input]) -> Deployment {
        let context = self.context;
        let environment = self.environment();
        let settings: Vec<Value> = context
            .catalogue
            .settings
            .iter()
            .map(|setting| self.setting(setting, &environment))
            .collect();
        let mut evidence = Evidence {
            image: self.image(),
            mounts: self.mounts(),
            ports: self.ports(&settings),
            ..Evidence::default()
        };
        for input in inputs {
            evidence.problems.extend(super::problems(input, context.sources, context.catalogue));
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
        deployment.helm_root = self.root.config.clone();
        deployment.unseen = environment.unseen.iter().map(|unseen| unseen.name.clone()).collect();
        deployment.unseen.extend(self.wrapped.unseen.iter().map(|(name, _)| name.clone()));
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
