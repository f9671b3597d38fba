//! Where in a values file the OpenMetadata chart's own values begin: at the top, under the key of
//! a dependency, or in the layout of charts before 1.1.0. Knows nothing of what they mean.

use crate::deployment::catalogue::Catalogue;
use crate::deployment::evidence::is_official_repository;
use crate::syntax::yaml::Node;

/// Sections that the old layout had below `global`.
const OLD_SECTIONS: [&str; 3] = ["authentication", "authorizer", "jwtTokenConfiguration"];

/// Where the chart's values stand in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Root {
    /// The key under which the chart is a dependency, if it is one.
    pub alias: Option<String>,
    /// Keys down to the configuration.
    pub config: Vec<String>,
    /// Only an image says that these are the chart's values, or the variables that the chart is told
    /// to pass on.
    pub by_image: bool,
}

impl Root {
    /// The values of a dependency, whose configuration may be missing.
    pub fn of_dependency(key: &str) -> Root {
        let config = [key, "openmetadata", "config"].map(str::to_owned).into();
        Root { alias: Some(key.to_owned()), config, by_image: false }
    }

    pub fn is_old(&self) -> bool {
        self.config.last().is_some_and(|key| key == "global")
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

/// Whether the chart is told, by the key that it has for this, to pass on variables of the server's
/// own.
fn passes_on(node: Node<'_>, catalogue: &Catalogue) -> bool {
    let Some(entry) = node.get("extraEnvs") else { return false };
    let items = entry.value.items();
    let names = items.iter().filter_map(|item| item.resolved().get("name")?.value.text());
    let telltales = catalogue.telltales(names);
    telltales.own > 0 && telltales.own + telltales.common > 1
}

/// Every place in layered values at which the chart's own values begin.
pub(super) fn roots(layers: &[Node<'_>], catalogue: &Catalogue) -> Vec<Root> {
    let is_chart = |node| official_image(node) || passes_on(node, catalogue);
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
            // Below the key of a dependency they are the chart's, too.
            let below = layer.entries().into_iter().find(|entry| is_old_layout(entry.value));
            if let Some(name) = below.and_then(|entry| entry.key.text()) {
                let config = vec![name.to_owned(), "global".to_owned()];
                return vec![Root { alias: Some(name.to_owned()), config, by_image: false }];
            }
        }
        for layer in layers {
            if is_chart(*layer) {
                return vec![Root { alias: None, config: config(None), by_image: true }];
            }
            for entry in layer.entries() {
                if let Some(name) = entry.key.text()
                    && is_chart(entry.value)
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
