//! What the chart hands to the server's container beside its own settings: the image, `extraEnvs`
//! and `envFrom`, and what is mounted.

use crate::deployment::environment::{Environment, Unseen, Variable};
use crate::deployment::evidence::{Image, Mount, MountSource, is_official_repository};
use crate::deployment::value::Fragment;
use crate::deployment::version::Confidence;

use super::super::scalar;
use super::{Found, Layer, Reader};

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
        Some(Image {
            repository: repository.map(|(name, _)| name).unwrap_or_default(),
            tag: tag.map(|(tag, _)| tag).filter(|tag| !tag.is_empty()),
            official,
            span,
        })
    }

    /// `extraEnvs` and `envFrom`.
    pub(super) fn environment(&self) -> Environment {
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

    pub(super) fn mounts(&self) -> Vec<Mount> {
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
}
