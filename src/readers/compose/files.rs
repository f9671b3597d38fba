//! Which files are compose files, by their content and by their names, and which files they refer
//! to. Knows nothing of what a service will be.

use crate::source::{Source, SourceId, Span, Text};
use crate::syntax::substitution::Dialect;
use crate::syntax::yaml::{Entry, Node, Tree};

use super::super::interpolation::Variables;
use super::super::{Companions, Want, bounds, telltales};

/// Whether the document has services.
pub(in crate::readers) fn recognises(root: Node<'_>) -> bool {
    services(root).iter().any(|service| service.value.is_map())
        || root.get("include").is_some_and(|include| include.value.is_seq())
}

/// The services of a document that are read: aliases may make little text very large.
pub(in crate::readers) fn services(root: Node<'_>) -> Vec<Entry<'_>> {
    let mut services = all_services(root);
    services.truncate(bounds::in_reach(services.iter().map(|service| service.value)));
    services
}

/// The first service of a document that is not read.
pub(super) fn first_beyond(root: Node<'_>) -> Option<Entry<'_>> {
    let services = all_services(root);
    let number = bounds::in_reach(services.iter().map(|service| service.value));
    services.into_iter().nth(number)
}

/// In the oldest files, and in parts that somebody set aside, they stand at the top.
fn all_services(root: Node<'_>) -> Vec<Entry<'_>> {
    const BESIDE: [&str; 6] = ["version", "name", "volumes", "networks", "configs", "secrets"];
    const TELLING: [&str; 9] = [
        "container_name",
        "depends_on",
        "env_file",
        "environment",
        "links",
        "networks",
        "ports",
        "restart",
        "volumes",
    ];
    if let Some(entry) = root.get("services") {
        return entry.value.entries();
    }
    let entries: Vec<Entry<'_>> = root
        .entries()
        .into_iter()
        .filter(|entry| {
            entry.key.text().is_none_or(|key| !BESIDE.contains(&key) && !key.starts_with("x-"))
        })
        .collect();
    let has = |service: &Entry<'_>, key: &str| service.value.get(key).is_some();
    // An image in one piece: values of a chart have its repository and tag, jobs of a CI a script.
    let is_service = |service: &Entry<'_>| {
        service.value.get("image").is_some_and(|image| image.value.text().is_some())
            && !has(service, "script")
            || has(service, "build")
    };
    let tells = |service: &Entry<'_>| TELLING.iter().any(|key| has(service, key));
    if entries.iter().all(is_service) && entries.iter().any(tells) { entries } else { Vec::new() }
}

/// Whether the file only adds to services that another file defines.
pub(in crate::readers) fn is_overlay(tree: &Tree) -> bool {
    let mut any = false;
    for root in tree.documents() {
        for entry in services(root) {
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
pub(in crate::readers) fn is_base_name(name: &str) -> bool {
    matches!(name, "compose.yaml" | "compose.yml" | "docker-compose.yaml" | "docker-compose.yml")
}

/// Whether docker compose adds the file to the base by itself.
pub(in crate::readers) fn is_override_name(name: &str) -> bool {
    matches!(
        name,
        "compose.override.yaml"
            | "compose.override.yml"
            | "docker-compose.override.yaml"
            | "docker-compose.override.yml"
    )
}

/// Whether the name is `compose.X.yml` or the like.
pub(in crate::readers) fn is_variant_name(name: &str) -> bool {
    (name.starts_with("compose.")
        || name.starts_with("docker-compose")
        || name.starts_with("compose-"))
        && (name.ends_with(".yml") || name.ends_with(".yaml"))
        && !is_base_name(name)
}

/// Whether the name is a compose file's, in any of the usual forms.
pub(in crate::readers) fn is_companion(name: &str) -> bool {
    is_base_name(name) || is_override_name(name) || is_variant_name(name)
}

/// Whether the name is an environment file's, in any of the usual forms.
pub(in crate::readers) fn is_env_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.starts_with(".env")
        || lower.starts_with("env-")
        || lower.starts_with("env_")
        || lower == "env"
        || lower.ends_with(".env")
        || lower.ends_with("-env")
}

/// Files that a compose file refers to.
pub(in crate::readers) fn wants(source: &Source, tree: &Tree) -> Vec<Want> {
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
        for service in services(root) {
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
                } else if telltales::is_conf(&target) {
                    file(&format!("{}/{}", from.trim_end_matches('/'), telltales::CONFIGURATION));
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

pub(super) fn is_server_file_path(path: &str) -> bool {
    path.ends_with("openmetadata.yaml") || path.ends_with("openmetadata.yml")
}

pub(super) fn texts(node: Option<Node<'_>>) -> Vec<String> {
    match node {
        None => Vec::new(),
        Some(node) if node.is_seq() => {
            node.items().iter().filter_map(|item| item.text().map(str::to_owned)).collect()
        }
        Some(node) => node.text().map(|text| vec![text.to_owned()]).unwrap_or_default(),
    }
}

pub(super) fn included_paths(include: Node<'_>) -> Vec<String> {
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
pub(super) fn plain(variables: &Variables, text: &str) -> String {
    let text = Text::decoded(text, Span::new(SourceId(0), 0..0));
    variables.expand(&text, text.span(), Dialect::Compose).0.outline()
}

/// A file that `env_file` names.
pub(super) struct EnvFile<'a> {
    pub path: String,
    pub node: Node<'a>,
    /// `format: raw`.
    pub raw: bool,
}

/// The files of an `env_file` attribute.
pub(super) fn env_file_paths(attribute: Node<'_>) -> Vec<EnvFile<'_>> {
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
