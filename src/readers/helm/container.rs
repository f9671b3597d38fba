//! What the chart hands to the server's container beside its own settings: the image, `extraEnvs`
//! and `envFrom`, and what is mounted.

use std::collections::HashMap;

use crate::deployment::environment::{Environment, Lack, Unseen, Variable};
use crate::deployment::evidence::{Image, Mount, MountSource, is_official_repository};
use crate::deployment::value::{Fragment, GAP};
use crate::deployment::version::Confidence;
use crate::source::Span;
use crate::syntax::yaml::Node;

use super::super::manifests::{Called, VAULT_AGENT, by_vault_agent, file_mode, items, text};
use super::super::{kubelet, opaque, scalar};
use super::{Found, Layer, Reader, step};

/// Rank of `envFrom`, which the chart puts after its own Secrets and which wins over them.
const ENV_FROM: u8 = 100;

/// Rank of `env` in a container.
const ENV: u8 = 200;

impl<'a> Reader<'a, '_> {
    pub(super) fn image(&self) -> Option<Image> {
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
        // Without a tag the chart puts in its own version.
        let is_open = |tag: &&String| {
            !tag.is_empty() && !tag.contains('@') && !tag.contains(GAP) && !tag.contains("{{")
        };
        Some(Image {
            floating: tag.as_ref().map(|(tag, _)| tag).filter(is_open).cloned(),
            repository: repository.map(|(name, _)| name).unwrap_or_default(),
            tag: tag.map(|(tag, _)| tag).filter(|tag| !tag.is_empty()),
            official,
            span,
        })
    }

    /// `extraEnvs` and `envFrom`.
    pub(super) fn environment(&self) -> Environment {
        let mut environment = Environment::default();
        for (list, rank) in [("extraEnvs", ENV), ("envFrom", ENV_FROM)] {
            if let Found::Leaf(layer, _) = self.look_outside(list)
                && !layer.node.is_seq()
                && self.is_unfilled(layer)
            {
                environment.unseen.push(Unseen {
                    name: format!("the expression in place of `{list}`"),
                    span: scalar::span(layer.source, layer.node),
                    rank,
                    prefix: String::new(),
                    lack: Lack::NotFollowed,
                });
            }
        }
        if let Found::Leaf(layer, _) = self.look_outside("extraEnvs") {
            for item in layer.node.items() {
                let item = item.resolved();
                let Some(name) = item.get("name") else { continue };
                let Some(text) = name.value.text() else { continue };
                let place = scalar::span(layer.source, name.value);
                let (value, steps) = match item.get("value") {
                    Some(entry) => {
                        (self.passed_on(layer.at(entry.value), &environment), Vec::new())
                    }
                    None => {
                        let at = item
                            .get("valueFrom")
                            .map_or(place, |entry| scalar::span(layer.source, entry.key));
                        (Fragment::unknown("valueFrom", at), Vec::new())
                    }
                };
                let covered = layer.covered.and_then(|at| self.wrapped.unseen.get(at));
                let confidence = covered.map_or(Confidence::High, |_| Confidence::Medium);
                let steps = steps.into_iter().chain(covered.map(|it| it.step("override")));
                let steps = steps.collect();
                environment.set(
                    text,
                    Variable { text: value, items: None, place, steps, confidence, rank: ENV },
                );
            }
        }
        if let Found::Leaf(layer, _) = self.look_outside("envFrom") {
            for item in layer.node.items() {
                let item = item.resolved();
                let found = ["secretRef", "configMapRef"].iter().find_map(|kind| {
                    let name = item.get(kind)?.value.get("name")?;
                    Some((
                        *kind == "secretRef",
                        name.value.text()?.to_owned(),
                        scalar::span(layer.source, name.value),
                    ))
                });
                if let Some((is_secret, name, span)) = found {
                    environment.unseen.push(Unseen {
                        name: Called::new(is_secret, &name).to_string(),
                        span,
                        rank: ENV_FROM,
                        prefix: item
                            .get("prefix")
                            .and_then(|e| e.value.text())
                            .unwrap_or("")
                            .to_owned(),
                        lack: Lack::Missing,
                    });
                }
            }
        }
        let rendered = &self.wrapped.rendered;
        environment.unseen.extend(rendered.unseen.iter().cloned());
        for (name, variable) in &rendered.variables {
            environment.set(name, variable.clone());
        }
        kubelet::fill_in(self.context.catalogue, &mut environment);
        environment
    }

    /// The value of one of `extraEnvs`, as the kubelet hands it to the server.
    fn passed_on(&self, layer: Layer<'a>, environment: &Environment) -> Fragment {
        let outer = scalar::span(layer.source, layer.node);
        let text = scalar::text(layer.source, self.raw(layer.source), layer.node);
        if scalar::helm_text(layer.node).is_some() || opaque::reference(text.expose()).is_some() {
            return self.fragment(layer).0;
        }
        kubelet::expanded(self.context, &text, outer, environment)
    }

    /// What is laid over the server's files.
    pub(super) fn mounts(&self) -> Vec<Mount> {
        let mut mounts = self.written_mounts();
        if let Found::Map(annotations, ..) = self.look_outside("podAnnotations")
            && let Found::Leaf(on, _) = step(&annotations, VAULT_AGENT)
            && on.node.text() == Some("true")
        {
            mounts.push(by_vault_agent(scalar::span(on.source, on.node)));
        }
        mounts
    }

    fn written_mounts(&self) -> Vec<Mount> {
        let mut mounts = self.wrapped.rendered.mounts.clone();
        let Found::Leaf(layer, _) = self.look_outside("extraVolumeMounts") else {
            return mounts;
        };
        let volumes = self.volumes();
        for item in items_of(layer) {
            let Some(path) = item.get("mountPath") else { continue };
            let Some(target) = path.value.text() else { continue };
            let name = text(item, "name").unwrap_or("");
            let span = scalar::span(layer.source, path.value);
            let mount = |target: String, mode| Mount {
                target,
                from: MountSource::Unseen(name.to_owned()),
                span,
                mode,
            };
            let modes = volumes.get(name).map(modes_of).unwrap_or_default();
            mounts.push(mount(target.to_owned(), modes.all));
            let inside = text(item, "subPath").is_none();
            for (file, mode) in modes.files.into_iter().filter(|_| inside) {
                mounts.push(mount(format!("{}/{file}", target.trim_end_matches('/')), Some(mode)));
            }
        }
        mounts
    }

    /// `extraVolumes` by name; of two of one name the last one counts.
    fn volumes(&self) -> HashMap<&'a str, Layer<'a>> {
        let Found::Leaf(layer, _) = self.look_outside("extraVolumes") else {
            return HashMap::new();
        };
        let named = |node: Node<'a>| Some((text(node, "name")?, layer.at(node)));
        items_of(layer).into_iter().filter_map(named).collect()
    }
}

/// The modes that a volume of `extraVolumes` has for its files.
fn modes_of(volume: &Layer<'_>) -> Modes {
    let mut modes = Modes::default();
    let mut parts = vec![volume.node];
    if let Some(projected) = volume.node.get("projected") {
        modes.all = file_mode(volume.source, projected.value, "defaultMode");
        parts.extend(items(projected.value, "sources"));
    }
    for held in parts.iter().flat_map(|part| [part.get("secret"), part.get("configMap")]) {
        let Some(held) = held else { continue };
        modes.all = modes.all.or(file_mode(volume.source, held.value, "defaultMode"));
        for item in items(held.value, "items") {
            let file = text(item, "path").or(text(item, "key"));
            if let Some((file, mode)) = file.zip(file_mode(volume.source, item, "mode")) {
                modes.files.push((file.to_owned(), mode));
            }
        }
    }
    modes
}

/// Written modes of a volume's files: of all, and of single ones.
#[derive(Default)]
struct Modes {
    all: Option<(u32, Span)>,
    files: Vec<(String, (u32, Span))>,
}

fn items_of(layer: Layer<'_>) -> Vec<Node<'_>> {
    layer.node.items().into_iter().map(Node::resolved).collect()
}
