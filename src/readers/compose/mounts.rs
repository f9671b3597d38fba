//! What lies over the image's files in a service's container: volumes, `configs`, `secrets`, and
//! what a Dockerfile copies.

use std::collections::HashSet;

use crate::deployment::evidence::{KeyPlace, Mount, MountSource};
use crate::deployment::value::GAP;
use crate::source::Span;
use crate::syntax::yaml::Node;

use super::super::telltales::{self, CONFIGURATION};
use super::super::{dockerfile, join, mounted_keys};
use super::Reader;
use super::files::plain;
use super::services::{Service, attributes};

impl<'a> Reader<'a, '_> {
    pub(super) fn mounts(&self, service: &Service<'a>) -> (Vec<Mount>, Vec<KeyPlace>) {
        let mut found = (Vec::new(), Vec::new());
        if let Some((folder, _, built)) = self.built(service) {
            for (sources, target, span) in &built.copies {
                self.copy(&mut found, &folder, sources, &dockerfile::absolute(target), *span);
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
        if is_path && telltales::is_conf(&target) {
            let file = format!("{at}/{CONFIGURATION}");
            if let Some(input) = inputs.at(&file) {
                found.push(Mount {
                    target: format!("{}/{CONFIGURATION}", target.trim_end_matches('/')),
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
            keys.extend(mounted_keys(inputs, self.context.sources, &at, &target));
        }
        found.push(Mount { target, from: source, span, mode: None });
    }
}
