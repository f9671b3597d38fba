//! Values of the chart openmetadata-dependencies, which brings the services beside the server:
//! in a file of their own, below a key of an umbrella chart, or beside the server's values.

use crate::deployment::catalogue::Setting;
use crate::deployment::catalogue::SettingId;
use crate::deployment::value::{Origin, Value};
use crate::deployment::version::Version;
use crate::source::{SourceId, Span};
use crate::syntax::yaml::{self, Node};

use super::super::compose::Context;
use super::super::{Input, scalar, telltales};
use super::{Found, Layer, step};

/// Keys that the chart's parts have, below the part's name.
const PARTS: [(&str, &[&str]); 4] = [
    ("mysql", &["auth", "initdbScripts", "enabled", "fullnameOverride", "primary"]),
    (
        "airflow",
        &[
            "webserver",
            "webserverSecretKey",
            "data",
            "airflow",
            "externalDatabase",
            "images",
            "enabled",
        ],
    ),
    ("opensearch", &["config", "singleNode", "enabled", "fullnameOverride"]),
    ("fuseki", &["adminPassword", "enabled"]),
];

/// The chart's values.
pub(super) struct Dependencies<'a> {
    layers: Vec<Layer<'a>>,
    anchor: Span,
    /// It is this chart beyond doubt, so its defaults hold where nothing is written.
    is_certain: bool,
    version: Version,
}

/// Whether a text names the chart.
fn names_it(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("dependenc") || text.contains("deps")
}

/// How many of the chart's parts there are.
fn parts(node: Node<'_>) -> usize {
    let is_part = |(name, keys): &&(&str, &[&str])| {
        let part = node.get(name).map(|entry| entry.value);
        part.is_some_and(|part| part.is_map() && keys.iter().any(|key| part.get(key).is_some()))
    };
    PARTS.iter().filter(is_part).count()
}

/// Whether OpenMetadata's own image or database stands in it.
fn is_proved(node: Node<'_>) -> bool {
    let image = [
        ["airflow", "images", "airflow", "repository"],
        ["airflow", "airflow", "image", "repository"],
    ]
    .iter()
    .filter_map(|path| node.at(path)?.value.text())
    .any(telltales::names_product);
    let scripts = node.at(&["mysql", "initdbScripts"]).map(|entry| entry.value.entries());
    image
        || scripts.into_iter().flatten().any(|entry| {
            entry.key.text().is_some_and(telltales::names_product)
                || entry.value.text().is_some_and(telltales::names_product)
        })
}

/// Whether a document, of which `name` says what people call it, holds values of the chart.
pub(in super::super) fn are_in(root: Node<'_>, name: &str) -> bool {
    root.is_map()
        && root.get("kind").is_none()
        && (is_it(root, name)
            || root.entries().iter().any(|entry| {
                entry.value.is_map() && is_it(entry.value, entry.key.text().unwrap_or_default())
            }))
}

fn is_it(node: Node<'_>, name: &str) -> bool {
    let parts = parts(node);
    parts > 0 && (names_it(name) || is_proved(node) || parts >= 3)
}

/// Finds the chart's values in layers, the weakest first. Beside the server's own values a single part
/// counts for what is written in it.
pub(super) fn find<'a>(
    context: &Context<'a>,
    documents: &[(Node<'a>, SourceId)],
    charts: &[&Input],
    called: &str,
    beside_server: bool,
) -> Option<Dependencies<'a>> {
    let top: Vec<Layer<'a>> = documents
        .iter()
        .map(|&(node, source)| Layer { node, source, covered: None, via: None })
        .collect();
    let name = |source: SourceId| format!("{called} {}", context.sources.get(source).path);
    let is_root = documents
        .iter()
        .any(|&(node, source)| is_it(node, &name(source)) || beside_server && parts(node) > 0);
    let pinned = pinned(charts);
    let (layers, below) = if is_root {
        (top, None)
    } else {
        let keys = documents.iter().flat_map(|(node, _)| node.entries());
        let key = keys.into_iter().find_map(|entry| {
            let key = entry.key.text()?;
            let is_named = pinned.as_ref().is_some_and(|(alias, _)| alias == key);
            (entry.value.is_map() && (is_named || is_it(entry.value, key))).then(|| key.to_owned())
        })?;
        match step(&top, &key) {
            Found::Map(layers, ..) => (layers, Some(key)),
            _ => return None,
        }
    };
    let count = layers.iter().map(|layer| parts(layer.node)).max().unwrap_or(0);
    let is_named = below.as_deref().is_some_and(names_it)
        || documents.iter().any(|&(_, source)| names_it(&name(source)));
    let is_certain = layers.iter().any(|layer| is_proved(layer.node))
        || count >= 3
        || count >= 2 && is_named
        || below.as_ref().is_some_and(|key| pinned.as_ref().is_some_and(|(alias, _)| alias == key));
    let anchor = layers.iter().find_map(|layer| {
        let (key, _) = layer.node.pairs().first().copied()?;
        Some(scalar::span(layer.source, key))
    })?;
    // Before 1.12 Airflow's part was that of the community's chart.
    let is_old = layers.iter().any(|l| l.node.at(&["airflow", "airflow"]).is_some());
    let version = match pinned.and_then(|(_, version)| version) {
        Some(version) => version,
        None if is_old => Version::parse("1.11.0")?,
        None => context.catalogue.newest,
    };
    Some(Dependencies { layers, anchor, is_certain, version })
}

/// The name under which Chart.yaml takes the chart in, and its version.
fn pinned(charts: &[&Input]) -> Option<(String, Option<Version>)> {
    let mut roots =
        charts.iter().filter_map(|chart| chart.tree()).flat_map(|tree| tree.documents());
    roots.find_map(|root| {
        let text = |node: Node<'_>, key: &str| {
            node.get(key).and_then(|entry| entry.value.text()).map(str::to_owned)
        };
        let dependencies = root.get("dependencies").map(|entry| entry.value.items());
        let mut items = dependencies.unwrap_or_default().into_iter().map(Node::resolved);
        let item =
            items.find(|item| text(*item, "name").as_deref() == Some(telltales::DEPENDENCIES))?;
        let version = text(item, "version").and_then(|range| {
            Version::parse(
                range.trim_start_matches(['^', '~', '=', '>', ' ', 'v']).trim_end_matches(".x"),
            )
        });
        let alias = text(item, "alias").unwrap_or_else(|| telltales::DEPENDENCIES.to_owned());
        Some((alias, version))
    })
}

/// What the values hold at a path.
enum Look {
    Nothing,
    /// A key without a value, which takes the default away.
    Null,
    Values(Vec<Value>),
}

impl<'a> Dependencies<'a> {
    /// The version of the chart.
    pub fn version(&self) -> Version {
        self.version
    }

    /// What the services are told.
    pub fn values(&self, context: &Context<'a>) -> Vec<(SettingId, Value)> {
        let settings = context.catalogue.iter();
        settings
            .filter(|(_, setting)| setting.beside.is_some() && !setting.dependencies.is_empty())
            .flat_map(|(id, setting)| {
                self.setting(context, setting).into_iter().map(move |value| (id, value))
            })
            .collect()
    }

    fn setting(&self, context: &Context<'a>, setting: &Setting) -> Vec<Value> {
        let section =
            setting.section.as_deref().and_then(|name| context.catalogue.sections.get(name));
        if section.into_iter().flatten().any(|condition| self.is_off(&condition.path)) {
            return Vec::new();
        }
        let holding = setting.dependencies.iter().filter(|name| name.holds_for(self.version));
        let (references, plain): (Vec<_>, Vec<_>) = holding.partition(|name| name.secret_ref);
        for name in references {
            if let Look::Values(values) = self.look(context, setting, &self.layers, &name.name)
                && let Some(value) = values.first()
                && value.text.outline().chars().any(|c| !c.is_whitespace())
            {
                let span = value.origin.span.unwrap_or(self.anchor);
                return vec![Value::reference("a Kubernetes Secret", span)];
            }
        }
        for name in &plain {
            match self.look(context, setting, &self.layers, &name.name) {
                Look::Nothing => {}
                Look::Null => return Vec::new(),
                Look::Values(values) => return values,
            }
        }
        let default = setting.chart_default(self.version).and_then(|entry| entry.value.as_deref());
        let (Some(text), Some(name), true) = (default, plain.first(), self.is_certain) else {
            return Vec::new();
        };
        let place = self.place(&name.name);
        let mut value = Value::default(setting.kind, text, place);
        value.origin = Origin { span: Some(place), ..Origin::default() };
        vec![value]
    }

    /// Whether a switch is written and off.
    fn is_off(&self, path: &str) -> bool {
        let mut layers = self.layers.clone();
        for key in path.split('.') {
            match step(&layers, key) {
                Found::Map(next, ..) => layers = next,
                Found::Leaf(layer, _) => return scalar::helm_falsy(layer.node.resolved()),
                Found::Null(..) => return true,
                Found::Nothing => return false,
            }
        }
        false
    }

    /// A key may itself hold dots, `[]` stands for every item, and YAML may stand in a text.
    fn look(
        &self,
        context: &Context<'a>,
        setting: &Setting,
        layers: &[Layer<'a>],
        path: &str,
    ) -> Look {
        let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
        for end in ends {
            let (key, is_list) = match path[..end].strip_suffix("[]") {
                Some(key) => (key, true),
                None => (&path[..end], false),
            };
            let rest = path.get(end + 1..).unwrap_or("");
            match step(layers, key) {
                Found::Nothing => {}
                Found::Null(..) => return Look::Null,
                Found::Map(..) if rest.is_empty() => return Look::Nothing,
                Found::Map(next, ..) => return self.look(context, setting, &next, rest),
                Found::Leaf(layer, key) => {
                    let raw = &context.sources.get(layer.source).text;
                    let value = |node: Node<'_>, key: Node<'_>| {
                        let place = scalar::span(layer.source, key);
                        let text = scalar::fragment(layer.source, raw, node);
                        Value::written(setting.kind, text, None, place)
                    };
                    if rest.is_empty() {
                        return Look::Values(vec![value(layer.node, key)]);
                    }
                    if is_list {
                        let items = layer.node.items().into_iter().map(Node::resolved);
                        let entries = items.filter_map(|item| item.get(rest));
                        let values = entries.map(|entry| value(entry.value, entry.key)).collect();
                        return Look::Values(values);
                    }
                    let tree = yaml::parse_within(raw, layer.node.range());
                    let found = tree.documents().next().and_then(|root| root.get(rest));
                    // A file of settings that leaves one out has the program's own default.
                    return found.map_or(Look::Null, |entry| {
                        Look::Values(vec![value(entry.value, entry.key)])
                    });
                }
            }
        }
        Look::Nothing
    }

    /// The deepest key on the way to a setting.
    fn place(&self, path: &str) -> Span {
        let mut layers = self.layers.clone();
        let mut place = self.anchor;
        for key in path.split('.') {
            match step(&layers, key) {
                Found::Map(next, key, source) => {
                    place = scalar::span(source, key);
                    layers = next;
                }
                _ => break,
            }
        }
        place
    }
}
