//! What volumes lay over a container's file system: the keys of Secrets and ConfigMaps as files,
//! with their modes, and the server's own configuration where one of them holds it.

use std::collections::HashMap;

use crate::deployment::evidence::{KeyPlace, Mount, MountSource};
use crate::source::Span;
use crate::source::mask::public_value;
use crate::syntax::yaml::Node;

use super::super::manifests::{
    Called, Container, Entry, Part, Store, Workload, by_vault_agent, file_mode, items, text,
};
use super::super::{Input, Role, telltales};
use super::Server;

/// What is laid over the container's file system.
#[derive(Default)]
pub(super) struct Mounted {
    pub mounts: Vec<Mount>,
    pub keys: Vec<KeyPlace>,
    /// A ConfigMap's openmetadata.yaml.
    pub template: Option<Input>,
}

/// What a volume brings: in words, file by file, and the written mode of its files.
struct Volume<'s> {
    name: String,
    files: Vec<File<'s>>,
    mode: Option<(u32, Span)>,
}

/// A key of a Secret or ConfigMap as a file.
struct File<'s> {
    path: String,
    store: &'s Store<'s>,
    entry: &'s Entry,
    mode: Option<(u32, Span)>,
}

impl<'a> Server<'a, '_> {
    pub(super) fn mounts(&self, workload: &Workload<'a>, container: &Container<'a>) -> Mounted {
        let mut mounted = Mounted::default();
        let named = |volume: &Part<'a>| Some((volume.text("name")?, *volume));
        // Of two volumes of one name the last one counts.
        let volumes: HashMap<&str, Part<'a>> = workload.volumes.iter().filter_map(named).collect();
        for item in &container.mounts {
            let Some(path) = item.get("mountPath") else { continue };
            let target = path.node.text().unwrap_or("").trim_end_matches('/').to_owned();
            let name = item.text("name").unwrap_or("");
            let brought = self.volume(workload, name, volumes.get(name).copied());
            let sub_path = item.text("subPath");
            for file in brought.files {
                let at = match sub_path {
                    Some(sub_path) if sub_path == file.path => target.clone(),
                    Some(_) => continue,
                    None => format!("{target}/{}", file.path),
                };
                self.mount_file(&mut mounted, file, at);
            }
            let from = MountSource::Unseen(brought.name);
            mounted.mounts.push(Mount { target, from, span: path.span(), mode: brought.mode });
        }
        mounted.mounts.extend(workload.vault_agent.map(by_vault_agent));
        mounted
    }

    fn mount_file(&self, mounted: &mut Mounted, file: File<'_>, at: String) {
        let source = file.entry.whole.source;
        if at.rsplit_once('/').is_some_and(|(_, name)| name == telltales::CONFIGURATION)
            && let Some(tree) = file.entry.tree(self.context.sources)
        {
            mounted.template = Some(Input::part(source, Role::ServerFile, tree));
        }
        let keys = self.context.inputs.of(source).into_iter();
        for key in keys.flat_map(|input| &input.loose.keys) {
            if file.entry.whole.contains(key.span) {
                mounted.keys.push(KeyPlace { target: Some(at.clone()), ..key.clone() });
            }
        }
        if let Some(mode) = file.mode {
            let from = MountSource::Unseen(public_value(file.store.identity.name()));
            mounted.mounts.push(Mount { target: at, from, span: mode.1, mode: Some(mode) });
        }
    }

    /// What a volume brings.
    fn volume(&self, workload: &Workload<'a>, name: &str, named: Option<Part<'a>>) -> Volume<'_> {
        let mut brought = Volume { name: name.to_owned(), files: Vec::new(), mode: None };
        let Some(Part { node: volume, source }) = named else { return brought };
        let mut parts: Vec<Node<'_>> = vec![volume];
        if let Some(projected) = volume.get("projected") {
            brought.mode = file_mode(source, projected.value, "defaultMode");
            parts.extend(items(projected.value, "sources"));
        }
        if let Some(path) = volume.get("hostPath").and_then(|entry| text(entry.value, "path")) {
            brought.name = path.to_owned();
        }
        for part in parts {
            for (kind, keys, is_secret) in
                [("secret", ["secretName", "name"], true), ("configMap", ["name", "name"], false)]
            {
                let Some(entry) = part.get(kind) else { continue };
                let Some(store_name) = keys.iter().find_map(|key| text(entry.value, key)) else {
                    continue;
                };
                brought.name = Called::new(is_secret, store_name).bare();
                brought.mode = brought.mode.or(file_mode(source, entry.value, "defaultMode"));
                let Some(store) = self.store(is_secret, store_name, workload) else { continue };
                let keys = self.context.inputs.of(store.source).map_or(0, |i| i.loose.keys.len());
                let steps = store.entries.len().saturating_mul(1 + keys);
                if !self.context.room.allows(steps, source) {
                    continue;
                }
                let chosen: HashMap<&str, Node<'_>> = items(entry.value, "items")
                    .into_iter()
                    .rev()
                    .filter_map(|item| Some((text(item, "key")?, item)))
                    .collect();
                for (key, held) in &store.entries {
                    let item = chosen.get(key.as_str());
                    if item.is_none() && !chosen.is_empty() {
                        continue;
                    }
                    brought.files.push(File {
                        path: item.and_then(|item| text(*item, "path")).unwrap_or(key).to_owned(),
                        store,
                        entry: held,
                        mode: item.and_then(|item| file_mode(source, *item, "mode")),
                    });
                }
            }
        }
        brought
    }
}
