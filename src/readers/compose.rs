//! Compose files, as docker compose reads them: interpolation, `env_file`, overrides,
//! `extends`, `include`, anchors. Finds the OpenMetadata server among the services.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use crate::deployment::catalogue::{Catalogue, SettingId};
use crate::deployment::environment::{Environment, Fallback, Unseen, Variable};
use crate::deployment::evidence::{
    Evidence, Image, KeyPlace, Mount, MountSource, Neighbour, Port, Problem, is_official_repository,
};
use crate::deployment::reach::{Door, Reach, Tls};
use crate::deployment::value::{Fragment, GAP, Origin, Piece, Step, Value};
use crate::deployment::version::{Confidence, Version};
use crate::deployment::{Basics, Deployment, Kind, KnownVersion, Notation};
use crate::source::{Source, SourceId, Sources, Span, Text};
use crate::syntax::substitution::Dialect;
use crate::syntax::yaml::{Node, Tree};

use super::dockerfile::{self, Built};
use super::interpolation::{Known, Variables};
use super::{Companions, Consumed, Input, Inputs, Versions, Want, join, scalar, server_file};

/// Rank of `environment:` among the sources of a container's environment.
const ENVIRONMENT: u8 = 200;
/// Deepest chain of `extends` and `include`.
const MAX_DEPTH: usize = 16;

/// Whether the document has services.
pub(super) fn recognises(root: Node<'_>) -> bool {
    root.get("services")
        .is_some_and(|services| services.value.pairs().iter().any(|(_, service)| service.is_map()))
        || root.get("include").is_some_and(|include| include.value.is_seq())
}

/// Whether the file only adds to services that another file defines.
pub(super) fn is_overlay(tree: &Tree) -> bool {
    let mut any = false;
    for root in tree.documents() {
        let Some(services) = root.get("services") else { continue };
        for entry in services.value.entries() {
            any = true;
            if entry.value.get("image").is_some()
                || entry.value.get("build").is_some()
                || entry.value.get("extends").is_some()
            {
                return false;
            }
        }
    }
    any
}

/// Whether the file's name is one that docker compose finds by itself.
pub(super) fn is_base_name(name: &str) -> bool {
    matches!(name, "compose.yaml" | "compose.yml" | "docker-compose.yaml" | "docker-compose.yml")
}

/// Whether docker compose adds the file to the base by itself.
pub(super) fn is_override_name(name: &str) -> bool {
    matches!(
        name,
        "compose.override.yaml"
            | "compose.override.yml"
            | "docker-compose.override.yaml"
            | "docker-compose.override.yml"
    )
}

/// Whether the name is `compose.X.yml` or the like.
pub(super) fn is_variant_name(name: &str) -> bool {
    (name.starts_with("compose.")
        || name.starts_with("docker-compose")
        || name.starts_with("compose-"))
        && (name.ends_with(".yml") || name.ends_with(".yaml"))
        && !is_base_name(name)
}

/// Whether the name is a compose file's, in any of the usual forms.
pub(super) fn is_companion(name: &str) -> bool {
    is_base_name(name) || is_override_name(name) || is_variant_name(name)
}

/// Whether the name is an environment file's, in any of the usual forms.
pub(super) fn is_env_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.starts_with(".env")
        || lower.starts_with("env-")
        || lower.starts_with("env_")
        || lower == "env"
        || lower.ends_with(".env")
        || lower.ends_with("-env")
}

/// Files that a compose file refers to.
pub(super) fn wants(source: &Source, tree: &Tree) -> Vec<Want> {
    let mut wants = Vec::new();
    if is_companion(source.name()) {
        wants.push(Want::Beside(Companions::Compose));
    }
    wants.push(Want::Beside(Companions::Environment));
    let mut keys = Vec::new();
    let mut file = |path: &str| {
        // Which file a variable names is not known yet, unless its default does.
        let path = if path.contains('$') { with_defaults(path) } else { Some(path.to_owned()) };
        wants.extend(path.filter(|path| !path.is_empty()).map(Want::File));
    };
    for root in tree.documents() {
        for include in root.get("include").map(|e| e.value.items()).unwrap_or_default() {
            for path in included_paths(include) {
                if let Some(folder) = path.rfind('/') {
                    file(&format!("{}/.env", &path[..folder]));
                }
                file(&path);
            }
            for path in texts(include.resolved().get("env_file").map(|e| e.value)) {
                file(&path);
            }
        }
        // Whatever they are called, the server's keys may be among them.
        for section in ["configs", "secrets"] {
            for entry in root.get(section).map(|e| e.value.entries()).unwrap_or_default() {
                for path in texts(entry.value.get("file").map(|e| e.value)) {
                    file(&path);
                }
            }
        }
        for service in root.get("services").map(|e| e.value.entries()).unwrap_or_default() {
            let env_files = service.value.get("env_file").map(|e| env_file_paths(e.value));
            for named in env_files.unwrap_or_default() {
                file(&named.path);
            }
            if let Some(extends) = service.value.get("extends") {
                for path in texts(extends.value.get("file").map(|e| e.value)) {
                    file(&path);
                }
            }
            if let Some(build) = service.value.get("build") {
                let context =
                    build.value.text().or_else(|| build.value.get("context")?.value.text());
                let name = build.value.get("dockerfile").and_then(|entry| entry.value.text());
                let context = context.unwrap_or(".").trim_end_matches('/');
                file(&format!("{context}/{}", name.unwrap_or("Dockerfile")));
            }
            for (from, target) in volume_paths(service.value) {
                if is_server_file_path(&target) {
                    file(&from);
                } else if target.trim_end_matches('/').ends_with("/conf") {
                    file(&format!("{}/openmetadata.yaml", from.trim_end_matches('/')));
                }
                if holds_keys(&target) && !from.contains('$') {
                    keys.push(from.clone());
                    file(&from);
                }
            }
        }
    }
    wants.extend(keys.into_iter().map(Want::Keys));
    wants
}

/// Whether a path in the container is one at which keys may be mounted.
fn holds_keys(target: &str) -> bool {
    let target = target.to_ascii_lowercase();
    ["key", "jwt", "cert", "/conf", "secret"].iter().any(|word| target.contains(word))
}

fn is_server_file_path(path: &str) -> bool {
    path.ends_with("openmetadata.yaml") || path.ends_with("openmetadata.yml")
}

fn texts(node: Option<Node<'_>>) -> Vec<String> {
    match node {
        None => Vec::new(),
        Some(node) if node.is_seq() => {
            node.items().iter().filter_map(|item| item.text().map(str::to_owned)).collect()
        }
        Some(node) => node.text().map(|text| vec![text.to_owned()]).unwrap_or_default(),
    }
}

fn included_paths(include: Node<'_>) -> Vec<String> {
    let include = include.resolved();
    match include.text() {
        Some(path) => vec![path.to_owned()],
        None => texts(include.get("path").map(|e| e.value)),
    }
}

/// A path in which every variable has a default, with these filled in.
fn with_defaults(path: &str) -> Option<String> {
    let text = Text::decoded(path, Span::new(SourceId(0), 0..0));
    let (filled, _) = Variables::default().expand(&text, text.span(), Dialect::Compose);
    filled.is_known().then(|| filled.outline())
}

/// A short text with its variables filled in, where all are known.
fn plain(variables: &Variables, text: &str) -> String {
    let text = Text::decoded(text, Span::new(SourceId(0), 0..0));
    variables.expand(&text, text.span(), Dialect::Compose).0.outline()
}

/// A file that `env_file` names.
struct EnvFile<'a> {
    path: String,
    node: Node<'a>,
    /// `format: raw`.
    raw: bool,
}

/// The files of an `env_file` attribute.
fn env_file_paths(attribute: Node<'_>) -> Vec<EnvFile<'_>> {
    let nodes = if attribute.is_seq() { attribute.items() } else { vec![attribute] };
    nodes
        .into_iter()
        .filter_map(|item| {
            let node = item.get("path").map_or(item, |path| path.value);
            let format = item.get("format").and_then(|format| format.value.text());
            Some(EnvFile { path: node.text()?.to_owned(), node, raw: format == Some("raw") })
        })
        .collect()
}

fn volume_paths(service: Node<'_>) -> Vec<(String, String)> {
    let items = service.get("volumes").map(|e| e.value.items()).unwrap_or_default();
    items
        .into_iter()
        .filter_map(|item| {
            let item = item.resolved();
            match item.text() {
                Some(text) => {
                    let mut parts = text.splitn(3, ':');
                    Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
                }
                None => Some((
                    item.get("source")?.value.text()?.to_owned(),
                    item.get("target")?.value.text()?.to_owned(),
                )),
            }
        })
        .collect()
}

/// Variables that a list below `environment:` sets twice.
pub(super) fn duplicates(
    source: SourceId,
    tree: &Tree,
    raw: &str,
    catalogue: &Catalogue,
) -> Vec<Problem> {
    let mut found = Vec::new();
    let services = tree.documents().filter_map(|root| root.get("services"));
    for service in services.flat_map(|services| services.value.entries()) {
        let Some(environment) = service.value.get("environment") else { continue };
        let mut seen: BTreeMap<String, (Span, String)> = BTreeMap::new();
        for item in environment.value.items() {
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

/// One file on the way to a service, with the variables that it sees.
#[derive(Clone)]
struct Layer<'a> {
    node: Node<'a>,
    source: SourceId,
    folder: String,
    variables: Rc<Variables>,
}

/// A service as docker compose sees it after merging: layers, the weakest first.
struct Service<'a> {
    name: String,
    name_span: Span,
    layers: Vec<Layer<'a>>,
}

/// What a service's layers say of an attribute, the weakest first. `!reset` takes away what
/// stands below it and counts for nothing itself; `!override` stands in its place.
fn attributes<'s, 'a>(service: &'s Service<'a>, key: &str) -> Vec<(&'s Layer<'a>, Node<'a>)> {
    let mut found = Vec::new();
    for layer in &service.layers {
        let Some(entry) = layer.node.get(key) else { continue };
        let tag = entry.value.tag();
        if matches!(tag, Some("!reset" | "!override")) {
            found.clear();
        }
        if tag != Some("!reset") {
            found.push((layer, entry.value));
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

/// What a project's servers have around them.
struct Around {
    /// The names of all services.
    names: Vec<String>,
    ports: Vec<Port>,
    neighbours: Vec<Neighbour>,
    /// What these are told.
    beside: Vec<(SettingId, Value)>,
}

/// The files that make one project.
pub(super) struct Project<'a> {
    /// Compose files in order, the later over the earlier.
    pub files: Vec<&'a Input>,
    /// Environment files that fill in variables, in order.
    pub env_files: Vec<&'a Input>,
    /// Something to say about how the files were found.
    pub remark: Option<String>,
}

/// Everything that the reading of a project looks at.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub inputs: &'a Inputs<'a>,
    pub sources: &'a Sources,
    pub catalogue: &'a Catalogue,
    pub versions: &'a Versions,
}

struct Reader<'a, 'c> {
    context: &'c Context<'a>,
    /// What the file that is being loaded sees; in the end, what the project does.
    variables: Rc<Variables>,
    services: Vec<Service<'a>>,
    roots: Vec<Layer<'a>>,
    /// Files read on the way.
    used: BTreeSet<SourceId>,
    remarks: Vec<String>,
    unseen: Vec<String>,
}

/// The deployments of a project.
pub(super) fn read(
    context: &Context<'_>,
    project: &Project<'_>,
    consumed: &mut Consumed,
) -> Vec<Deployment> {
    let mut variables = Variables::default();
    variables.read(&project.env_files, context.sources, &Variables::default());
    let mut reader = Reader {
        context,
        variables: Rc::new(variables),
        services: Vec::new(),
        roots: Vec::new(),
        used: BTreeSet::new(),
        remarks: project.remark.iter().cloned().collect(),
        unseen: Vec::new(),
    };
    for input in &project.files {
        reader.load(input, 0);
    }
    let deployments = reader.deployments(project);
    if !deployments.is_empty() {
        consumed.extend(reader.used.iter().copied());
        consumed.extend(project.env_files.iter().map(|input| input.source));
        for deployment in &deployments {
            consumed.extend(deployment.sources.iter().copied());
        }
    }
    deployments
}

impl<'a> Reader<'a, '_> {
    fn source(&self, id: SourceId) -> &'a Source {
        self.context.sources.get(id)
    }

    /// Takes in a file's services, over those that are there already.
    fn load(&mut self, input: &'a Input, depth: usize) {
        let inputs = self.context.inputs;
        let Some(input) = inputs.iter().find(|known| known.source == input.source) else { return };
        let Some(tree) = input.tree() else { return };
        if depth > MAX_DEPTH || !self.used.insert(input.source) {
            return;
        }
        let folder = self.source(input.source).folder().to_owned();
        for root in tree.documents() {
            for include in root.get("include").map(|e| e.value.items()).unwrap_or_default() {
                self.include(include, &folder, depth);
            }
            self.roots.push(self.layer(root, input.source, &folder));
            let services = root.get("services").map(|e| e.value.entries()).unwrap_or_default();
            // A mapping names each service once; only other files may have named it before.
            let known = self.services.iter().enumerate().map(|(at, s)| (s.name.clone(), at));
            let known: HashMap<String, usize> = known.collect();
            for entry in services {
                let Some(name) = entry.key.text() else { continue };
                let mut layers = Vec::new();
                self.extended(entry.value, input.source, &folder, depth, &mut layers);
                layers.push(self.layer(entry.value, input.source, &folder));
                match known.get(name) {
                    Some(&at) => self.services[at].layers.extend(layers),
                    None => self.services.push(Service {
                        name: name.to_owned(),
                        name_span: scalar::span(input.source, entry.key),
                        layers,
                    }),
                }
            }
        }
    }

    fn include(&mut self, include: Node<'a>, folder: &str, depth: usize) {
        let resolved = include.resolved();
        // The included project's own environment; the including one's wins.
        let env_files = match resolved.get("env_file") {
            Some(entry) => texts(Some(entry.value)),
            None => included_paths(include)
                .first()
                .map(|path| match path.rfind('/') {
                    Some(at) => format!("{}/.env", &path[..at]),
                    None => ".env".to_owned(),
                })
                .into_iter()
                .collect(),
        };
        let found: Vec<&Input> = env_files
            .iter()
            .filter_map(|path| self.context.inputs.at(&join(folder, path)))
            .collect();
        let outer = self.variables.clone();
        let mut inner = outer.none_beside();
        inner.read(&found, self.context.sources, &outer);
        for (name, known) in outer.iter() {
            inner.insert(name.clone(), known.clone());
        }
        self.used.extend(found.iter().map(|input| input.source));
        // What is included sees these; the file that includes it, and its `env_file`s, do not.
        self.variables = Rc::new(inner);
        for path in included_paths(include) {
            let at = join(folder, &plain(&outer, &path));
            match self.context.inputs.at(&at) {
                Some(input) => self.load(input, depth + 1),
                None => self.unseen.push(format!("the included file `{path}`")),
            }
        }
        self.variables = outer;
    }

    fn layer(&self, node: Node<'a>, source: SourceId, folder: &str) -> Layer<'a> {
        let variables = self.variables.clone();
        Layer { node, source, folder: folder.to_owned(), variables }
    }

    /// The layers below a service: what it extends, and what that extends.
    fn extended(
        &mut self,
        service: Node<'a>,
        source: SourceId,
        folder: &str,
        depth: usize,
        layers: &mut Vec<Layer<'a>>,
    ) {
        let Some(extends) = service.get("extends") else { return };
        if depth > MAX_DEPTH {
            return;
        }
        let name = extends.value.text().map(str::to_owned).or_else(|| {
            extends.value.get("service").and_then(|e| e.value.text()).map(str::to_owned)
        });
        let Some(name) = name else { return };
        let file = extends.value.get("file").and_then(|e| e.value.text());
        let inputs = self.context.inputs;
        let from = match file {
            None => inputs.of(source),
            Some(path) => {
                let at = join(folder, &plain(&self.variables, path));
                let found = inputs.at(&at);
                if found.is_none() {
                    self.unseen.push(format!("the extended file `{path}`"));
                }
                found
            }
        };
        let Some(from) = from else { return };
        let Some(tree) = from.tree() else { return };
        self.used.insert(from.source);
        let folder = self.source(from.source).folder().to_owned();
        for root in tree.documents() {
            let Some(base) = root.get("services").and_then(|e| e.value.get(&name)) else {
                continue;
            };
            if base.value.id() == service.id() && from.source == source {
                continue;
            }
            self.extended(base.value, from.source, &folder, depth + 1, layers);
            layers.push(self.layer(base.value, from.source, &folder));
        }
    }

    fn expand(&self, layer: &Layer<'a>, node: Node<'a>) -> (Fragment, Vec<Step>) {
        let raw = &self.source(layer.source).text;
        let text = scalar::text(layer.source, raw, node);
        let outer = Span::new(layer.source, node.resolved().range());
        layer.variables.expand(&text, outer, Dialect::Compose)
    }

    /// The strongest layer's value of an attribute.
    fn attribute(&self, service: &Service<'a>, key: &str) -> Option<(Layer<'a>, Node<'a>)> {
        let (layer, node) = attributes(service, key).pop()?;
        Some((layer.clone(), node))
    }

    /// The folder that an image is built from, and its Dockerfile.
    fn build_paths(&self, service: &Service<'a>) -> Option<(String, String)> {
        let (layer, node) = self.attribute(service, "build")?;
        let text = |node: Node<'a>| node.text().map(|text| plain(&layer.variables, text));
        let context = text(node).or_else(|| text(node.get("context")?.value));
        let context = join(&layer.folder, &context.unwrap_or_default());
        let name = node.get("dockerfile").and_then(|entry| text(entry.value));
        let folder = if context.is_empty() { String::new() } else { format!("{context}/") };
        let file = join(&folder, name.as_deref().unwrap_or("Dockerfile"));
        Some((folder, file))
    }

    /// What the image is built of, where its Dockerfile is shown.
    fn built(&self, service: &Service<'a>) -> Option<(String, SourceId, Built)> {
        let (folder, file) = self.build_paths(service)?;
        let input = dockerfile::find(self.context.inputs, &file)?;
        Some((folder, input.source, dockerfile::read(input, self.context.sources)))
    }

    fn image(&self, service: &Service<'a>) -> Option<Image> {
        if let Some((from, span)) = self.built(service).and_then(|(_, _, built)| built.from) {
            let text = from.split('@').next().unwrap_or("");
            let (repository, tag) = match text.rsplit_once(':') {
                Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
                _ => (text, None),
            };
            return Some(Image {
                official: is_official_repository(repository),
                repository: repository.to_owned(),
                tag: tag.filter(|tag| !tag.contains('$')).map(str::to_owned),
                span,
            });
        }
        let (layer, node) = self.attribute(service, "image")?;
        let (fragment, _) = self.expand(&layer, node);
        let outline = fragment.outline();
        let text = outline.split('@').next().unwrap_or("").trim();
        let (repository, tag) = match text.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
            _ => (text, None),
        };
        let official = if repository.contains(GAP) {
            // An unknown registry before a known path is a registry like any other.
            repository.rsplit(GAP).next().is_some_and(is_official_repository)
        } else {
            is_official_repository(repository)
        };
        Some(Image {
            repository: repository.replace(GAP, "…"),
            tag: tag.filter(|tag| !tag.contains(GAP) && !tag.is_empty()).map(str::to_owned),
            official,
            span: scalar::span(layer.source, node),
        })
    }

    fn command_text(&self, service: &Service<'a>) -> String {
        ["command", "entrypoint"]
            .iter()
            .filter_map(|key| self.attribute(service, key))
            .map(|(_, node)| texts(Some(node)).join(" "))
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The environment of a service's container.
    fn environment(&mut self, service: &Service<'a>) -> Environment {
        let mut environment = Environment::default();
        if let Some((_, source, built)) = self.built(service) {
            self.used.insert(source);
            for (name, known) in &built.variables {
                environment.set(name.clone(), from_known(known, 0));
            }
        }
        let mut rank = 1;
        for (layer, attribute) in attributes(service, "env_file") {
            for named in env_file_paths(attribute) {
                let at = join(&layer.folder, &plain(&layer.variables, &named.path));
                match self.context.inputs.at(&at) {
                    Some(input) => {
                        self.used.insert(input.source);
                        let mut file = self.variables.none_beside();
                        if named.raw {
                            file.read_raw(input, self.context.sources, &self.variables);
                        } else {
                            file.read(&[input], self.context.sources, &self.variables);
                        }
                        for (name, known) in file.iter() {
                            match environment.variables.get_mut(name) {
                                Some(weaker) if known.is_bare() => {
                                    weaker.confidence = weaker.confidence.min(Confidence::Medium);
                                    weaker.steps.push(Step {
                                        what: format!("the shell's `{name}`, if any, overrides it"),
                                        span: Some(known.place),
                                    });
                                }
                                _ => environment.set(name.clone(), from_known(known, rank)),
                            }
                        }
                    }
                    None => environment.unseen.push(Unseen {
                        name: format!("env_file `{}`", named.path),
                        span: scalar::span(layer.source, named.node),
                        rank,
                    }),
                }
                rank = rank.saturating_add(1).min(ENVIRONMENT - 1);
            }
        }
        let mut own: BTreeMap<String, Variable> = BTreeMap::new();
        let environments = attributes(service, "environment");
        for (at, (layer, attribute)) in environments.iter().enumerate() {
            // What compose has merged before, or reads as a list, no longer has keys to reset.
            let has_keys = at == 1 && environments[0].1.is_map();
            for assignment in self.assignments(layer, *attribute) {
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
                        Some(known) => Variable { place, ..from_known(known, ENVIRONMENT) },
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
        for (name, variable) in own {
            environment.set(name, variable);
        }
        environment
    }

    /// `NAME: value` or `- NAME=value` below `environment:`.
    fn assignments(&self, layer: &Layer<'a>, node: Node<'a>) -> Vec<Assignment> {
        let raw = &self.source(layer.source).text;
        let mut found = Vec::new();
        for entry in node.entries() {
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
        found
    }

    /// The text of a scalar that compose types before it makes text of it again: `012` is 10.
    fn typed(&self, layer: &Layer<'a>, node: Node<'a>) -> (Fragment, Vec<Step>) {
        match scalar::go_text(node) {
            Some(text) => {
                let outer = Span::new(layer.source, node.resolved().range());
                (Fragment::new(vec![Piece::Known(Text::decoded(&text, outer))], outer), Vec::new())
            }
            None => self.expand(layer, node),
        }
    }

    fn is_server(&self, service: &Service<'a>, environment: &Environment) -> bool {
        let image = self.image(service);
        if let Some(image) = &image {
            if image.official {
                return true;
            }
            let path = image.repository.to_ascii_lowercase();
            if ["ingestion", "airflow", "mysql", "postgres", "elasticsearch", "opensearch"]
                .iter()
                .any(|other| path.contains(other))
            {
                return false;
            }
        }
        let names = environment.variables.keys().map(String::as_str);
        let repository = image.as_ref().map_or("", |image| image.repository.as_str());
        let named = [service.name.as_str(), repository].into_iter().any(super::names_product);
        self.context.catalogue.telltales(names).tell_of_server(named)
    }

    fn is_migration(&self, service: &Service<'a>) -> bool {
        let command = self.command_text(service);
        service.name.contains("migrat")
            || command.contains("migrate")
            || command.contains("openmetadata-ops")
            || command.contains("bootstrap_storage")
    }

    fn deployments(&mut self, project: &Project<'_>) -> Vec<Deployment> {
        let services = std::mem::take(&mut self.services);
        let mut servers = Vec::new();
        let mut migrations = Vec::new();
        let mut others = Vec::new();
        for service in &services {
            let environment = self.environment(service);
            if !self.is_server(service, &environment) {
                others.push((service, environment));
                continue;
            }
            if self.is_migration(service) {
                migrations.push((service, environment));
            } else {
                servers.push((service, environment));
            }
        }
        if servers.is_empty() {
            servers.extend(migrations.drain(..).next());
        }
        let names: Vec<String> = services.iter().map(|service| service.name.clone()).collect();
        let ports: Vec<Port> = services.iter().flat_map(|service| self.ports(service)).collect();
        let neighbours: Vec<Neighbour> =
            others.iter().map(|(service, _)| self.neighbour(service)).collect();
        let mut beside = Vec::new();
        for ((_, environment), neighbour) in others.iter().zip(&neighbours) {
            beside.extend(environment.all_beside(
                self.context.catalogue,
                &neighbour.name,
                neighbour.image.as_deref(),
            ));
        }
        let around = Around { names, ports, neighbours, beside };
        servers
            .into_iter()
            .map(|(service, environment)| {
                self.deployment(project, service, environment, &migrations, &around)
            })
            .collect()
    }

    fn deployment(
        &self,
        project: &Project<'_>,
        service: &Service<'a>,
        environment: Environment,
        migrations: &[(&Service<'a>, Environment)],
        around: &Around,
    ) -> Deployment {
        let catalogue = self.context.catalogue;
        let image = self.image(service);
        let layers = layers(project);
        let version = version(self.context, &layers, image.as_ref());
        let (mounts, keys) = self.mounts(service);
        let (place, notation) = self.place(service);
        let fallback = Fallback {
            version: version.version,
            confidence: Confidence::High,
            place: &|_| Origin { span: Some(place), ..Origin::default() },
        };
        let template = mounts.iter().find_map(|mount| match mount.from {
            MountSource::File(id) if is_server_file_path(&mount.target) => Some(id),
            _ => None,
        });
        let hidden = mounts.iter().find(|mount| {
            is_server_file_path(&mount.target) && matches!(mount.from, MountSource::Unseen(_))
        });
        // Nobody can see which variables a file of the user's own reads.
        let mut environment = environment;
        if let Some(mount) = hidden {
            environment.unseen.push(Unseen {
                name: format!("the file mounted at `{}`", mount.target),
                span: mount.span,
                rank: u8::MAX,
            });
        }
        let mut remarks = self.remarks.clone();
        let mut unseen = self.unseen.clone();
        unseen.extend(environment.unseen.iter().map(|unseen| unseen.name.clone()));
        let settings = match template.and_then(|id| self.context.inputs.of(id)) {
            Some(input) => {
                let path = &self.source(input.source).path;
                remarks.push(format!("`{path}` is mounted as the server's configuration"));
                server_file::settings(
                    input,
                    self.context.sources,
                    catalogue,
                    version.version,
                    Some(&environment),
                )
            }
            None => environment.settings(catalogue, &fallback),
        };
        let main = project.files.first().map_or(service.layers[0].source, |input| input.source);
        let mut sources = vec![main];
        let mut add = |id: SourceId| {
            if !sources.contains(&id) {
                sources.push(id);
            }
        };
        project.files.iter().for_each(|input| add(input.source));
        service.layers.iter().for_each(|layer| add(layer.source));
        project.env_files.iter().for_each(|input| add(input.source));
        template.into_iter().for_each(&mut add);
        self.used.iter().copied().for_each(&mut add);

        let mut evidence = Evidence {
            image,
            mounts,
            ports: around
                .ports
                .iter()
                .map(|port| Port { own: port.names.contains(&service.name), ..port.clone() })
                .collect(),
            neighbours: around.neighbours.clone(),
            services: around.names.clone(),
            problems: Vec::new(),
            keys,
        };
        for &id in &sources {
            if let Some(input) = self.context.inputs.of(id) {
                evidence.problems.extend(super::problems(input, self.context.sources, catalogue));
            }
        }
        let basics = Basics {
            id: format!("compose:{}#{}", project_name(self.context, project), service.name),
            kind: Kind::Compose,
            version,
            sources: sources.clone(),
            notation,
        };
        let mut deployment = Deployment::new(basics, settings, evidence);
        for (id, value) in &around.beside {
            deployment.add_beside(*id, value.clone());
        }
        deployment.assignments = sources
            .iter()
            .copied()
            .filter(|id| self.context.inputs.of(*id).is_some_and(|input| input.tree().is_none()))
            .collect();
        deployment.layers = if layers.is_empty() { vec![main] } else { layers };
        deployment.remarks = remarks;
        deployment.unseen = unseen;
        deployment.illustrative = self.source(main).illustrative;
        let mut echoes = BTreeMap::new();
        for (_, environment) in migrations {
            for (name, variable) in &environment.variables {
                let span = variable.text.span();
                let span = if span.range().is_empty() { variable.place } else { span };
                echoes.entry(name.clone()).or_insert(span);
            }
        }
        deployment.echoes = echoes;
        deployment
    }

    /// Where one would set a variable of the service, and in which notation.
    fn place(&self, service: &Service<'a>) -> (Span, Notation) {
        for key in ["environment", "env_file", "image", "build"] {
            for layer in service.layers.iter().rev() {
                let Some(entry) = layer.node.get(key) else { continue };
                let notation = if key == "environment" && entry.value.is_seq() {
                    Notation::ComposeList
                } else {
                    Notation::ComposeMap
                };
                return (scalar::span(layer.source, entry.key), notation);
            }
        }
        (service.name_span, Notation::ComposeMap)
    }

    /// What a service publishes, or all that it may listen on where it has the host's network.
    fn ports(&self, service: &Service<'a>) -> Vec<Port> {
        let image = self.image(service).map(|image| image.repository);
        let port = |first, last, door, reach, span| Port {
            names: vec![service.name.clone()],
            image: image.clone(),
            own: false,
            first,
            last,
            door,
            reach,
            tls: Tls::Off,
            span,
        };
        if let Some((layer, node)) = self.attribute(service, "network_mode")
            && self.expand(&layer, node).0.unquoted().outline() == "host"
        {
            let span = scalar::span(layer.source, node);
            return vec![port(0, u16::MAX, Door::HostNetwork, Reach::Everywhere, span)];
        }
        let mut found = Vec::new();
        for (layer, attribute) in attributes(service, "ports") {
            for item in attribute.items() {
                let item = item.resolved();
                let span = Span::new(layer.source, item.content_range());
                let published = if item.is_map() {
                    let text =
                        |key: &str| item.get(key).map(|e| self.expand(layer, e.value).0.outline());
                    Published {
                        address: text("host_ip").unwrap_or_default(),
                        target: text("target").unwrap_or_default(),
                        protocol: text("protocol").unwrap_or_default(),
                    }
                } else {
                    Published::parse(&self.expand(layer, item).0.outline())
                };
                if let Some((first, last)) = published.target() {
                    found.push(port(first, last, Door::Published, published.reach(), span));
                }
            }
        }
        found
    }

    /// What stands beside the server.
    fn neighbour(&self, service: &Service<'a>) -> Neighbour {
        Neighbour {
            name: service.name.clone(),
            image: self.image(service).map(|image| image.repository),
            mounts: self.mounts(service).0,
        }
    }

    fn mounts(&self, service: &Service<'a>) -> (Vec<Mount>, Vec<KeyPlace>) {
        let mut found = (Vec::new(), Vec::new());
        if let Some((folder, _, built)) = self.built(service) {
            for (sources, target, span) in built.copies {
                self.copy(&mut found, &folder, &sources, &dockerfile::absolute(&target), span);
            }
        }
        for (layer, attribute) in attributes(service, "volumes") {
            for item in attribute.items() {
                let item = item.resolved();
                let span = Span::new(layer.source, item.content_range());
                let text = |node: Node<'a>| self.expand(layer, node).0.outline();
                let (from, target) = if item.is_map() {
                    let part = |key: &str| item.get(key).map(|e| text(e.value)).unwrap_or_default();
                    (part("source"), part("target"))
                } else {
                    let written = text(item);
                    match written.split_once(':') {
                        Some((from, rest)) => {
                            (from.to_owned(), rest.split(':').next().unwrap_or("").to_owned())
                        }
                        None => (String::new(), written),
                    }
                };
                self.mount(&mut found, &layer.folder, from, target, span);
            }
        }
        for (section, default) in [("configs", "/"), ("secrets", "/run/secrets/")] {
            for (layer, attribute) in attributes(service, section) {
                for item in attribute.items() {
                    let item = item.resolved();
                    let span = Span::new(layer.source, item.content_range());
                    let part =
                        |key: &str| item.get(key).and_then(|e| e.value.text()).map(str::to_owned);
                    let Some(name) = item.text().map(str::to_owned).or_else(|| part("source"))
                    else {
                        continue;
                    };
                    let target = part("target").unwrap_or_else(|| name.clone());
                    let target =
                        if target.starts_with('/') { target } else { format!("{default}{target}") };
                    // The path is relative to the file that defines it, not to the one that uses it.
                    let (folder, from) = self
                        .roots
                        .iter()
                        .rev()
                        .find_map(|root| {
                            let entry = root.node.get(section)?.value.get(&name)?;
                            let path = entry.value.get("file")?.value.text()?;
                            Some((root.folder.as_str(), plain(&root.variables, path)))
                        })
                        .unwrap_or_default();
                    self.mount(&mut found, folder, from, target, span);
                }
            }
        }
        // The last mount over a path is what the server sees there.
        let mut seen = HashSet::new();
        found.0.reverse();
        found.0.retain(|mount: &Mount| seen.insert(mount.target.clone()));
        found.0.reverse();
        found
    }

    /// A COPY of a Dockerfile, which lays files over the image's.
    fn copy(
        &self,
        found: &mut (Vec<Mount>, Vec<KeyPlace>),
        folder: &str,
        sources: &[String],
        target: &str,
        span: Span,
    ) {
        let into_folder = target.ends_with('/') || sources.len() > 1;
        let plain = |name: &str| name.contains('.') && !name.contains(['*', '?', '[']);
        for source in sources {
            let name = source.trim_end_matches('/').rsplit('/').next().unwrap_or("");
            let at = if into_folder && plain(name) {
                format!("{}/{name}", target.trim_end_matches('/'))
            } else {
                target.trim_end_matches('/').to_owned()
            };
            // Below the context every path is relative, with or without a leading slash.
            let from = format!("./{}", source.trim_start_matches(['.', '/']));
            self.mount(found, folder, from, at, span);
        }
        if sources.is_empty() {
            self.mount(found, folder, String::new(), target.trim_end_matches('/').to_owned(), span);
        }
    }

    fn mount(
        &self,
        (found, keys): &mut (Vec<Mount>, Vec<KeyPlace>),
        folder: &str,
        from: String,
        target: String,
        span: Span,
    ) {
        if target.is_empty() || target.starts_with(GAP) {
            return;
        }
        let is_path = from.starts_with(['.', '/', '~']) || from.contains('/');
        let at = join(folder, &from);
        let inputs = self.context.inputs;
        // A folder over conf/ brings its openmetadata.yaml along.
        if is_path && target.trim_end_matches('/').ends_with("/conf") {
            let file = format!("{at}/openmetadata.yaml");
            if let Some(input) = inputs.at(&file) {
                found.push(Mount {
                    target: format!("{}/openmetadata.yaml", target.trim_end_matches('/')),
                    from: MountSource::File(input.source),
                    span,
                    mode: None,
                });
            }
        }
        let source = match inputs.at(&at) {
            Some(input) if is_path => MountSource::File(input.source),
            _ => MountSource::Unseen(from.replace(GAP, "…")),
        };
        if is_path {
            keys.extend(super::mounted_keys(inputs, self.context.sources, &at, &target));
        }
        found.push(Mount { target, from: source, span, mode: None });
    }
}

/// An item of `ports`, as far as it is about the container.
struct Published {
    address: String,
    target: String,
    protocol: String,
}

impl Published {
    /// `[address:][published:]target[/protocol]`
    fn parse(written: &str) -> Published {
        let (written, protocol) = written.split_once('/').unwrap_or((written, ""));
        let (host, target) = written.rsplit_once(':').unwrap_or(("", written));
        let address = match host.rsplit_once(':') {
            Some((address, _)) => address,
            // What stands alone before the target is a port, unless nobody knows.
            None if host.contains(GAP) => host,
            None => "",
        };
        Published {
            address: address.to_owned(),
            target: target.to_owned(),
            protocol: protocol.to_owned(),
        }
    }

    /// The first and the last port in the container; none for UDP, which nothing of ours speaks.
    fn target(&self) -> Option<(u16, u16)> {
        if self.protocol.trim().eq_ignore_ascii_case("udp") {
            return None;
        }
        let (first, last) = match self.target.split_once('-') {
            Some((first, last)) => (first, last),
            None => (self.target.as_str(), self.target.as_str()),
        };
        Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
    }

    fn reach(&self) -> Reach {
        if self.address.contains(GAP) { Reach::Unknown } else { Reach::of_address(&self.address) }
    }
}

fn from_known(known: &Known, rank: u8) -> Variable {
    Variable {
        text: known.text.clone(),
        items: None,
        place: known.place,
        steps: known.steps.clone(),
        confidence: Confidence::High,
        rank,
    }
}

/// The path that names a project: its main file, and what is laid over it by choice.
fn project_name(context: &Context<'_>, project: &Project<'_>) -> String {
    let mut names = Vec::new();
    for (at, input) in project.files.iter().enumerate() {
        let source = context.sources.get(input.source);
        if at == 0 || !is_override_name(source.name()) {
            names.push(source.path.clone());
        }
    }
    for input in &project.env_files {
        let source = context.sources.get(input.source);
        if source.name() != ".env" {
            names.push(source.path.clone());
        }
    }
    names.join("+")
}

/// The files that a project was put together from.
fn layers(project: &Project<'_>) -> Vec<SourceId> {
    project.files.iter().chain(&project.env_files).map(|input| input.source).collect()
}

/// The version of a deployment: what the user says, the image's tag, or the newest known.
pub(super) fn version(
    context: &Context<'_>,
    layers: &[SourceId],
    image: Option<&Image>,
) -> KnownVersion {
    if let Some(known) = context.versions.of(context.sources, layers) {
        return known;
    }
    if let Some(tag) = image.and_then(|image| image.tag.as_deref())
        && let Some(version) = Version::parse(tag)
    {
        return KnownVersion { version, text: tag.to_owned(), from: "image tag" };
    }
    let newest = context.catalogue.newest;
    KnownVersion { version: newest, text: newest.to_string(), from: "assumed: newest known" }
}
