//! A project's services as docker compose merges them: overrides, `extends`, `include`. Knows
//! nothing of OpenMetadata.

use std::collections::HashMap;
use std::rc::Rc;

use crate::deployment::environment::Lack;
use crate::deployment::value::{Fragment, Step};
use crate::source::mask::public_value;
use crate::source::{SourceId, Span};
use crate::syntax::substitution::Dialect;
use crate::syntax::yaml::Node;

use super::super::bounds::{MOST_LINES, MOST_TOLD};
use super::super::interpolation::Variables;
use super::super::{Input, join, scalar};
use super::Reader;
use super::files::{first_beyond, included_paths, plain, services, texts};

/// Deepest chain of `extends` and `include`.
const MAX_DEPTH: usize = 16;

/// One file on the way to a service, with the variables that it sees.
#[derive(Clone)]
pub(super) struct Layer<'a> {
    pub node: Node<'a>,
    pub source: SourceId,
    pub folder: String,
    pub variables: Rc<Variables>,
}

/// A service as docker compose sees it after merging: layers, the weakest first.
pub(super) struct Service<'a> {
    pub name: String,
    pub name_span: Span,
    pub layers: Vec<Layer<'a>>,
    /// A Dockerfile's own folder and path, where it stands for itself and no service builds it.
    pub image_file: Option<(String, String)>,
}

/// What a service's layers say of an attribute, the weakest first. `!reset` takes away what
/// stands below it and counts for nothing itself; `!override` stands in its place.
pub(super) fn attributes<'s, 'a>(
    service: &'s Service<'a>,
    key: &str,
) -> Vec<(&'s Layer<'a>, Node<'a>)> {
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

impl<'a> Reader<'a, '_> {
    /// Takes in a file's services, over those that are there already.
    pub(super) fn load(&mut self, input: &'a Input, depth: usize) {
        let inputs = self.context.inputs;
        let Some(input) = inputs.iter().find(|known| known.source == input.source) else { return };
        let Some(tree) = input.tree() else { return };
        if depth > MAX_DEPTH || !self.used.insert(input.source) {
            return;
        }
        let folder = self.source(input.source).folder().to_owned();
        for root in tree.documents() {
            for include in root.get("include").map(|e| e.value.items()).unwrap_or_default() {
                self.include(include, input.source, &folder, depth);
            }
            self.roots.push(self.layer(root, input.source, &folder));
            let services = services(root);
            let beyond = first_beyond(root).map(|entry| scalar::span(input.source, entry.key));
            self.beyond.extend(beyond);
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
                        image_file: None,
                    }),
                }
            }
        }
    }

    /// A file that is named but not among the files.
    fn miss(&mut self, what: String) {
        if self.unseen.len() < MOST_TOLD {
            self.unseen.push((what, Lack::Missing));
        }
    }

    fn include(&mut self, include: Node<'a>, source: SourceId, folder: &str, depth: usize) {
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
        let paths: Vec<(String, String)> = included_paths(include)
            .into_iter()
            .map(|path| (join(folder, &plain(&outer, &path)), path))
            .collect();
        let is_known = |path: &str| {
            let input = self.context.inputs.at(path);
            input.is_some_and(|input| self.used.contains(&input.source))
        };
        if paths.iter().all(|(at, _)| is_known(at)) {
            return;
        }
        self.lines += found.iter().map(|input| input.entries().len()).sum::<usize>();
        if self.lines > MOST_LINES {
            self.beyond.push(scalar::span(source, include));
            return;
        }
        let mut inner = outer.none_beside();
        inner.read(&found, self.context.sources, &outer);
        self.used.extend(found.iter().map(|input| input.source));
        // What is included sees these; the file that includes it, and its `env_file`s, do not.
        self.variables = Rc::new(inner.below(outer.clone()));
        for (at, path) in paths {
            match self.context.inputs.at(&at) {
                Some(input) => self.load(input, depth + 1),
                None => self.miss(format!("the included file `{}`", public_value(&path))),
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
                    self.miss(format!("the extended file `{}`", public_value(path)));
                }
                found
            }
        };
        let Some(from) = from else { return };
        let Some(tree) = from.tree() else { return };
        self.used.insert(from.source);
        let folder = self.source(from.source).folder().to_owned();
        for root in tree.documents() {
            let base = match root.get("services") {
                Some(all) => all.value.get(&name),
                None => services(root).into_iter().rfind(|e| e.key.text() == Some(name.as_str())),
            };
            let Some(base) = base else { continue };
            if base.value.id() == service.id() && from.source == source {
                continue;
            }
            self.extended(base.value, from.source, &folder, depth + 1, layers);
            layers.push(self.layer(base.value, from.source, &folder));
        }
    }

    pub(super) fn expand(&self, layer: &Layer<'a>, node: Node<'a>) -> (Fragment, Vec<Step>) {
        let raw = &self.source(layer.source).text;
        let text = scalar::text(layer.source, raw, node);
        let outer = Span::new(layer.source, node.resolved().range());
        layer.variables.expand(&text, outer, Dialect::Compose)
    }

    /// The strongest layer's value of an attribute.
    pub(super) fn attribute(
        &self,
        service: &Service<'a>,
        key: &str,
    ) -> Option<(Layer<'a>, Node<'a>)> {
        let (layer, node) = attributes(service, key).pop()?;
        Some((layer.clone(), node))
    }
}
