//! What wraps values of the chart: ArgoCD Applications, Flux HelmReleases, helmfile releases
//! and helmCharts of a kustomization. Each names layers of values; the Helm reader does the rest.

use crate::deployment::Deployment;
use crate::deployment::version::Version;
use crate::source::{SourceId, Span};
use crate::syntax::yaml::{self, Node};

use super::compose::Context;
use super::{Consumed, Input, Role, Want, by_path, helm, join, scalar};

/// Name of OpenMetadata's chart.
const CHART: &str = "openmetadata";

/// Whether the document is a resource that wraps values.
pub(super) fn recognises(root: Node<'_>) -> bool {
    matches!(text(root, "kind"), Some("Application" | "ApplicationSet" | "HelmRelease"))
        && root.get("apiVersion").is_some()
}

/// Whether the document is a helmfile.
pub(super) fn is_helmfile(root: Node<'_>) -> bool {
    items(root, "releases").iter().any(|release| release.get("chart").is_some())
}

fn text<'a>(node: Node<'a>, key: &str) -> Option<&'a str> {
    node.get(key)?.value.text()
}

fn items<'a>(node: Node<'a>, key: &str) -> Vec<Node<'a>> {
    let list = node.get(key).map(|entry| entry.value.items()).unwrap_or_default();
    list.into_iter().map(Node::resolved).collect()
}

/// Values files that a document names.
pub(super) fn wants(root: Node<'_>) -> Vec<Want> {
    let mut paths: Vec<&str> = Vec::new();
    for release in items(root, "releases") {
        paths.extend(items(release, "values").iter().filter_map(|item| item.text()));
    }
    for chart in items(root, "helmCharts") {
        paths.extend(text(chart, "valuesFile"));
        paths.extend(items(chart, "additionalValuesFiles").iter().filter_map(|item| item.text()));
    }
    paths.into_iter().map(|path| Want::File(path.to_owned())).collect()
}

/// A part of the values as the wrapper writes it.
enum Values<'a> {
    /// Below a key of the wrapper's own document.
    Inline(Node<'a>),
    /// A text that holds YAML.
    Text(Node<'a>),
    /// A file.
    File(String, Node<'a>),
}

/// One installation of the chart that a wrapper describes.
struct Release<'a> {
    name: String,
    input: &'a Input,
    chart: Option<Version>,
    /// Where one would write values if there are none.
    anchor: Option<Node<'a>>,
    /// The weakest first.
    values: Vec<Values<'a>>,
    /// `--set`: the path's node and the value's.
    parameters: Vec<(Node<'a>, Node<'a>)>,
    /// Sources of values that the files do not show.
    unseen: Vec<(String, Span)>,
}

/// The deployments that wrappers describe.
pub(super) fn read(context: &Context<'_>, consumed: &mut Consumed) -> Vec<Deployment> {
    let mut deployments = Vec::new();
    for input in context.inputs {
        let is_wrapper =
            matches!(input.role, Role::Manifests | Role::Kustomization | Role::Helmfile);
        if !is_wrapper || consumed.contains(&input.source) {
            continue;
        }
        let Some(tree) = input.tree() else { continue };
        for root in tree.documents() {
            for release in releases(input, root) {
                deployments.extend(deploy(context, release, consumed));
            }
        }
    }
    deployments
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
        _ => {
            let mut found: Vec<Release<'a>> =
                items(root, "releases").into_iter().map(|node| helmfile(input, node)).collect();
            found.extend(items(root, "helmCharts").into_iter().map(|node| kustomize(input, node)));
            found
        }
    }
}

fn version(text: Option<&str>) -> Option<Version> {
    Version::parse(text?.trim_start_matches(['^', '~', '=', '>', ' ', 'v']).trim_end_matches(".x"))
}

fn argo<'a>(input: &'a Input, name: &str, spec: Node<'a>) -> Vec<Release<'a>> {
    let sources = spec.get("source").map(|e| e.value).into_iter().chain(items(spec, "sources"));
    sources
        .filter_map(|source| {
            let helm = source.get("helm")?.value;
            let is_chart = text(source, "chart") == Some(CHART);
            let mut release = Release {
                name: name.to_owned(),
                input,
                anchor: source.get("helm").map(|entry| entry.key),
                chart: if is_chart { version(text(source, "targetRevision")) } else { None },
                values: Vec::new(),
                parameters: Vec::new(),
                unseen: Vec::new(),
            };
            for file in items(helm, "valueFiles") {
                let path = file.text()?;
                // `$name/…` begins in another source of the application.
                let path = match path.strip_prefix('$') {
                    Some(rest) => rest.split_once('/').map_or(rest, |(_, path)| path),
                    None => path,
                };
                release.values.push(Values::File(path.to_owned(), file));
            }
            release.values.extend(helm.get("values").map(|e| Values::Text(e.value)));
            release.values.extend(helm.get("valuesObject").map(|e| Values::Inline(e.value)));
            release.parameters = pairs(helm, "parameters");
            Some(release)
        })
        .collect()
}

fn flux<'a>(input: &'a Input, name: &str, spec: Node<'a>) -> Option<Release<'a>> {
    let chart = spec.at(&["chart", "spec"]).map(|entry| entry.value);
    let is_chart = chart.and_then(|chart| text(chart, "chart")).is_some_and(|c| c.ends_with(CHART));
    let mut release = Release {
        name: name.to_owned(),
        input,
        anchor: spec.get("chart").map(|entry| entry.key),
        chart: chart.filter(|_| is_chart).and_then(|chart| version(text(chart, "version"))),
        values: Vec::new(),
        parameters: Vec::new(),
        unseen: Vec::new(),
    };
    for from in items(spec, "valuesFrom") {
        let name = from.get("name")?;
        let what =
            format!("the {} `{}`", text(from, "kind").unwrap_or("source"), name.value.text()?);
        release.unseen.push((what, scalar::span(input.source, name.value)));
    }
    release.values.extend(spec.get("values").map(|entry| Values::Inline(entry.value)));
    Some(release)
}

fn helmfile<'a>(input: &'a Input, node: Node<'a>) -> Release<'a> {
    let is_chart = text(node, "chart").is_some_and(|chart| chart.rsplit('/').next() == Some(CHART));
    let mut release = Release {
        name: text(node, "name").unwrap_or("").to_owned(),
        input,
        anchor: node.get("chart").map(|entry| entry.key),
        chart: if is_chart { version(text(node, "version")) } else { None },
        values: Vec::new(),
        parameters: pairs(node, "set"),
        unseen: Vec::new(),
    };
    for item in items(node, "values") {
        release.values.push(match item.text() {
            Some(path) => Values::File(path.to_owned(), item),
            None => Values::Inline(item),
        });
    }
    release
}

fn kustomize<'a>(input: &'a Input, node: Node<'a>) -> Release<'a> {
    let file = |item: Node<'a>| item.text().map(|path| Values::File(path.to_owned(), item));
    let mut values: Vec<Values<'a>> =
        node.get("valuesFile").and_then(|e| file(e.value)).into_iter().collect();
    values.extend(items(node, "additionalValuesFiles").into_iter().filter_map(file));
    values.extend(node.get("valuesInline").map(|e| Values::Inline(e.value)));
    let is_chart = text(node, "name") == Some(CHART);
    Release {
        name: text(node, "releaseName").or(text(node, "name")).unwrap_or("").to_owned(),
        input,
        anchor: node.get("name").map(|entry| entry.key),
        chart: if is_chart { version(text(node, "version")) } else { None },
        values,
        parameters: Vec::new(),
        unseen: Vec::new(),
    }
}

fn pairs<'a>(node: Node<'a>, key: &str) -> Vec<(Node<'a>, Node<'a>)> {
    items(node, key)
        .into_iter()
        .filter_map(|item| Some((item.get("name")?.value, item.get("value")?.value)))
        .collect()
}

fn deploy(context: &Context<'_>, release: Release<'_>, consumed: &mut Consumed) -> Vec<Deployment> {
    let home = release.input.source;
    let source = context.sources.get(home);
    let mut unseen = release.unseen;
    // Texts are parsed where they stand; the trees must outlive the reading.
    let texts: Vec<Option<Input>> = release
        .values
        .iter()
        .map(|values| match values {
            Values::Text(node) if node.style().is_some() => {
                let tree = yaml::parse_within(&source.text, node.range());
                Some(Input::part(home, Role::Values, tree))
            }
            _ => None,
        })
        .collect();
    let mut layers: Vec<(Node<'_>, SourceId)> = Vec::new();
    let mut sources = vec![home];
    for (values, parsed) in release.values.iter().zip(&texts) {
        match values {
            Values::Inline(node) => layers.push((*node, home)),
            Values::Text(_) => {
                let tree = parsed.as_ref().and_then(Input::tree);
                layers.extend(tree.and_then(helm::document).map(|node| (node, home)));
            }
            Values::File(path, node) => match values_file(context, source.folder(), path) {
                Some(input) => {
                    layers.extend(input.tree().and_then(helm::document).map(|n| (n, input.source)));
                    sources.push(input.source);
                }
                None => {
                    unseen.push((format!("the values file `{path}`"), scalar::span(home, *node)))
                }
            },
        }
    }
    let wrapped = helm::Wrapped {
        id: format!("helm:{}#{}", source.path, release.name),
        is_chart: false,
        chart: release.chart,
        anchor: release.anchor.map(|node| scalar::span(home, node)),
        parameters: release
            .parameters
            .into_iter()
            .map(|(name, value)| (name, value, home))
            .collect(),
        unseen,
        broken: texts
            .iter()
            .flatten()
            .filter_map(|input| Some((home, input.tree()?.errors.first()?.offset)))
            .collect(),
    };
    let is_ours = release.chart.is_some()
        || layers.iter().any(|(node, _)| helm::recognises(*node, context.catalogue));
    if !is_ours {
        return Vec::new();
    }
    let inputs: Vec<&Input> = context
        .inputs
        .iter()
        .filter(|input| sources.contains(&input.source))
        .chain(texts.iter().flatten())
        .collect();
    let deployments = helm::read_layers(context, &layers, &inputs, &[], &wrapped);
    if !deployments.is_empty() {
        consumed.extend(sources);
    }
    deployments
}

/// A values file beside the wrapper, or one whose path ends so: wrappers count paths from
/// roots of their own.
fn values_file<'a>(context: &Context<'a>, folder: &str, path: &str) -> Option<&'a Input> {
    let at = join(folder, path);
    by_path(context.inputs, context.sources, &at).or_else(|| {
        let tail = format!("/{}", path.trim_start_matches(['.', '/']));
        let mut fitting = context.inputs.iter().filter(|input| {
            let known = &context.sources.get(input.source).path;
            tail.contains('/') && (known.ends_with(&tail) || *known == tail[1..])
        });
        let first = fitting.next()?;
        fitting.next().is_none().then_some(first)
    })
}
