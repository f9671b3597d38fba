//! Workloads with their containers, as patches leave them. Knows nothing of what a container's
//! environment means.

use std::collections::BTreeMap;

use crate::source::{SourceId, Span};

use super::super::scalar;
use super::patch::{
    NO_SUCH, Operation, Refusal, TOO_DEEP, Verb, merged, merged_parts, operate_list,
};
use super::{Identity, Part, VAULT_AGENT, labels};

/// A workload as applied.
pub(in crate::readers) struct Workload<'a> {
    pub identity: Identity<'a>,
    /// Its manifest's file, then those of its patches.
    pub sources: Vec<SourceId>,
    pub containers: Vec<Container<'a>>,
    pub volumes: Vec<Part<'a>>,
    /// The labels of its pods, by which Services find them.
    pub labels: BTreeMap<String, String>,
    /// Where Vault's agent is told to put secrets beside its containers.
    pub vault_agent: Option<Span>,
    /// Where it is told to use the node's own network.
    pub host_network: Option<Span>,
    /// The `securityContext` of its pods: the manifest's, then those of its patches.
    pub security: Vec<Part<'a>>,
    /// A patch of a part of some `securityContext` that is not followed.
    pub hidden_security: bool,
    /// Patches that may have changed it and were not applied.
    pub unapplied: Vec<(String, Span)>,
}

/// A container as applied.
pub(in crate::readers) struct Container<'a> {
    pub name: String,
    pub is_init: bool,
    /// Where one would write its environment.
    pub place: Span,
    /// Where one would write what it may do.
    pub security_place: Span,
    pub image: Option<Part<'a>>,
    pub image_override: ImageOverride<'a>,
    pub env: Vec<Item<'a>>,
    pub env_from: Vec<Part<'a>>,
    pub mounts: Vec<Part<'a>>,
    pub command: Vec<Part<'a>>,
    pub arguments: Vec<Part<'a>>,
    pub ports: Vec<Part<'a>>,
    /// Its `securityContext`: the manifest's, then those of its patches.
    pub security: Vec<Part<'a>>,
}

/// What a kustomization puts in place of parts of an image's name.
#[derive(Clone, Copy, Default)]
pub(in crate::readers) struct ImageOverride<'a> {
    pub name: Option<Part<'a>>,
    pub tag: Option<Part<'a>>,
    /// The written tag no longer counts, whether there is a new one or only a digest.
    pub is_pinned: bool,
}

/// An entry of a container's `env`.
#[derive(Clone, Copy)]
pub(in crate::readers) struct Item<'a> {
    pub entry: Part<'a>,
    /// What a patch put in place of its value.
    pub value: Option<Part<'a>>,
    /// A patch of a part of it that is not followed.
    pub hidden: Option<Span>,
}

impl<'a> Workload<'a> {
    pub fn of(part: Part<'a>) -> Self {
        let mut workload = Workload {
            identity: Identity::of(part.node),
            sources: vec![part.source],
            containers: Vec::new(),
            volumes: Vec::new(),
            labels: BTreeMap::new(),
            vault_agent: None,
            host_network: None,
            security: Vec::new(),
            hidden_security: false,
            unapplied: Vec::new(),
        };
        let above = workload.pod_path().split_last().map_or(&[][..], |(_, above)| above);
        let template = if above.is_empty() { Some(part) } else { part.at(above) };
        workload.labels =
            labels(template.and_then(|template| template.at(&["metadata", "labels"])));
        let annotations = template.and_then(|template| template.at(&["metadata", "annotations"]));
        let agent = annotations.and_then(|it| it.get(VAULT_AGENT));
        workload.vault_agent = agent.filter(|it| it.node.text() == Some("true")).map(Part::span);
        if let Some(pod) = part.at(workload.pod_path()) {
            workload.volumes = pod.items("volumes");
            workload.security.extend(pod.get("securityContext"));
            let network = pod.get("hostNetwork");
            workload.host_network =
                network.filter(|on| on.node.text() == Some("true")).map(Part::span);
            for (list, is_init) in LISTS {
                let containers = pod.items(list).into_iter();
                workload.containers.extend(containers.map(|part| Container::of(part, is_init)));
            }
        }
        workload
    }

    /// How many things of which it is made a patch looks at.
    pub fn parts(&self) -> usize {
        let of_container = |container: &Container<'_>| {
            4 + container.env.len()
                + container.env_from.len()
                + container.mounts.len()
                + container.ports.len()
                + container.security.len()
        };
        let own = 4 + self.volumes.len() + self.sources.len() + self.security.len();
        own + self.containers.iter().map(of_container).sum::<usize>()
    }

    fn pod_path(&self) -> &'static [&'static str] {
        match self.identity.kind.as_str() {
            "Pod" => &["spec"],
            "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec"],
            _ => &["spec", "template", "spec"],
        }
    }

    /// A strategic merge patch.
    pub fn merge(&mut self, patch: Part<'a>) {
        self.sources.push(patch.source);
        let Some(pod) = patch.at(self.pod_path()) else { return };
        self.security.extend(pod.get("securityContext"));
        for (list, is_init) in LISTS {
            let Some(patches) = pod.get(list) else { continue };
            let (mine, others): (Vec<_>, Vec<_>) = std::mem::take(&mut self.containers)
                .into_iter()
                .partition(|c| c.is_init == is_init);
            let merged = merged(
                mine,
                patches,
                "name",
                |container| Some(container.name.clone()),
                |part| Container::of(part, is_init),
                |container, part| container.merge(part),
            );
            self.containers = merged;
            self.containers.extend(others);
        }
        if let Some(patches) = pod.get("volumes") {
            self.volumes = merged_parts(std::mem::take(&mut self.volumes), patches, "name");
        }
    }

    /// One operation of a JSON patch.
    pub fn operate(&mut self, operation: &Operation<'a>) -> Result<(), Refusal> {
        let path: Vec<&str> = operation.path.iter().map(String::as_str).collect();
        let pod = self.pod_path();
        let shared = path.iter().zip(pod).take_while(|(one, other)| one == other).count();
        if shared < pod.len() {
            // It ends above the pod, or leads elsewhere.
            return if shared == path.len() { Err(TOO_DEEP) } else { Ok(()) };
        }
        self.hidden_security |= path.contains(&"securityContext");
        match path[pod.len()..] {
            [] => Err(TOO_DEEP),
            [list @ ("containers" | "initContainers"), index, ref rest @ ..] => {
                let is_init = list == "initContainers";
                if rest.is_empty() && operation.verb != Verb::Remove {
                    return Err(TOO_DEEP);
                }
                let index: usize = index.parse().map_err(|_| NO_SUCH)?;
                let mut places =
                    (0..self.containers.len()).filter(|&at| self.containers[at].is_init == is_init);
                let at = places.nth(index).ok_or(NO_SUCH)?;
                if rest.is_empty() {
                    self.containers.remove(at);
                    return Ok(());
                }
                self.containers[at].operate(rest, operation)
            }
            ["containers" | "initContainers"] => Err(TOO_DEEP),
            ["volumes", ref rest @ ..] => {
                operate_list(&mut self.volumes, rest, operation, |part| part)
            }
            _ => Ok(()),
        }
    }
}

const LISTS: [(&str, bool); 2] = [("containers", false), ("initContainers", true)];

impl<'a> Container<'a> {
    pub(super) fn of(part: Part<'a>, is_init: bool) -> Self {
        let whole = Span::new(part.source, part.node.range());
        Container {
            name: part.text("name").unwrap_or_default().to_owned(),
            is_init,
            place: key_of(part, &ENVIRONMENT).unwrap_or(whole),
            security_place: key_of(part, &SECURITY).unwrap_or(whole),
            image: part.get("image"),
            image_override: ImageOverride::default(),
            env: part.items("env").into_iter().map(Item::of).collect(),
            env_from: part.items("envFrom"),
            mounts: part.items("volumeMounts"),
            command: part.items("command"),
            arguments: part.items("args"),
            ports: part.items("ports"),
            security: part.get("securityContext").into_iter().collect(),
        }
    }

    /// The image's name without tag and digest, as things stand.
    pub fn image_repository(&self) -> Option<String> {
        match self.image_override.name {
            Some(name) => name.node.text().map(str::to_owned),
            None => Some(split_image(self.image?.node.text()?).0.to_owned()),
        }
    }

    fn merge(&mut self, patch: Part<'a>) {
        // What nobody sets is missing where all share it, unless only the patch has the list.
        if self.env.is_empty() && self.env_from.is_empty() {
            self.place = key_of(patch, &ENVIRONMENT[..2]).unwrap_or(self.place);
        }
        self.security.extend(patch.get("securityContext"));
        if let Some(image) = patch.get("image") {
            (self.image, self.image_override) = (Some(image), ImageOverride::default());
        }
        if let Some(patches) = patch.get("env") {
            self.env = merged(
                std::mem::take(&mut self.env),
                patches,
                "name",
                |item| item.entry.text("name").map(str::to_owned),
                Item::of,
                |item, patch| {
                    if patch.get("value").is_some() || patch.get("valueFrom").is_some() {
                        *item = Item::of(patch);
                    }
                },
            );
        }
        if let Some(patches) = patch.get("ports") {
            self.ports = merged_parts(std::mem::take(&mut self.ports), patches, "containerPort");
        }
        if let Some(patches) = patch.get("volumeMounts") {
            self.mounts = merged_parts(std::mem::take(&mut self.mounts), patches, "mountPath");
        }
        // Lists without a key to merge by are replaced.
        for (key, list) in [
            ("envFrom", &mut self.env_from),
            ("command", &mut self.command),
            ("args", &mut self.arguments),
        ] {
            if patch.get(key).is_some() {
                *list = patch.items(key);
            }
        }
    }

    fn operate(&mut self, path: &[&str], operation: &Operation<'a>) -> Result<(), Refusal> {
        match *path {
            ["env", index, "value"] if index != "-" => {
                let index: usize = index.parse().map_err(|_| NO_SUCH)?;
                let item = self.env.get_mut(index).ok_or(NO_SUCH)?;
                item.value = Some(operation.value.ok_or(TOO_DEEP)?);
                Ok(())
            }
            // What takes its place comes with an operation of its own.
            ["env", _, "valueFrom"] if operation.verb == Verb::Remove => Ok(()),
            ["env", index, "valueFrom", ..] => {
                let index: usize = index.parse().map_err(|_| NO_SUCH)?;
                self.env.get_mut(index).ok_or(NO_SUCH)?.hidden = Some(operation.span);
                Ok(())
            }
            ["env", ref rest @ ..] => operate_list(&mut self.env, rest, operation, Item::of),
            ["envFrom", ref rest @ ..] => {
                operate_list(&mut self.env_from, rest, operation, |part| part)
            }
            ["volumeMounts", ref rest @ ..] => {
                operate_list(&mut self.mounts, rest, operation, |part| part)
            }
            ["command", ref rest @ ..] => {
                operate_list(&mut self.command, rest, operation, |part| part)
            }
            ["args", ref rest @ ..] => {
                operate_list(&mut self.arguments, rest, operation, |part| part)
            }
            ["image"] => {
                (self.image, self.image_override) = (operation.value, ImageOverride::default());
                Ok(())
            }
            ["name"] => Err(TOO_DEEP),
            _ => Ok(()),
        }
    }
}

impl<'a> Item<'a> {
    pub(super) fn of(entry: Part<'a>) -> Self {
        Item { entry, value: None, hidden: None }
    }
}

/// Name and tag of an image.
pub(in crate::readers) fn split_image(written: &str) -> (&str, Option<&str>) {
    let written = written.split('@').next().unwrap_or(written);
    match written.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (written, None),
    }
}

/// Keys below or beside which one would write a container's environment, and what it may do: the
/// first that is there.
const ENVIRONMENT: [&str; 4] = ["env", "envFrom", "image", "name"];
const SECURITY: [&str; 3] = ["securityContext", "name", "image"];

fn key_of(part: Part<'_>, keys: &[&str]) -> Option<Span> {
    let entry = keys.iter().find_map(|key| part.node.get(key))?;
    Some(scalar::span(part.source, entry.key))
}
