//! Deployments that the user put together: their files are judged as parts of them and not by
//! themselves, and all of one is judged when one of its files is asked for.

use std::collections::BTreeSet;

use crate::deployment::Deployment;
use crate::deployment::catalogue::Catalogue;
use crate::deployment::version::Version;
use crate::source::mask::Shown;
use crate::source::{Arrival, SourceId, Text};
use crate::syntax::helm_set;

use super::bounds::Budget;
use super::compose::{self, Context, Project};
use super::{
    Consumed, Input, ReadOptions, Reading, Role, Versions, env_file, group, helm, kubernetes, shown,
};

/// Files that are deployed together.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// What the user calls it.
    pub name: String,
    /// Compose files, the later over the earlier.
    pub compose: Vec<SourceId>,
    /// Environment files, the later over the earlier.
    pub env_files: Vec<SourceId>,
    /// Values files, the later over the earlier.
    pub helm_values: Vec<SourceId>,
    /// `path=value`, over all values files.
    pub helm_set: Vec<Text>,
    /// Kubernetes manifests.
    pub manifests: Vec<SourceId>,
    /// The server's version.
    pub version: Option<(String, Version)>,
    /// It is judged even if none of its files is asked for.
    pub asked: bool,
}

impl Named {
    fn files(&self) -> impl Iterator<Item = SourceId> {
        let lists = [&self.compose, &self.env_files, &self.helm_values, &self.manifests];
        lists.into_iter().flatten().copied()
    }
}

/// What may be printed of assignments beside their paths.
pub fn shown_of_assignments(texts: &[Text], text: &str, catalogue: &Catalogue) -> Shown {
    let all = 0..text.len();
    shown::of_yaml(&helm_set::parse(texts).tree, text, catalogue, std::slice::from_ref(&all))
}

/// Reads all named deployments.
pub(super) fn read(
    context: &Context<'_>,
    options: &ReadOptions,
    reading: &mut Reading,
    consumed: &mut Consumed,
    budget: &mut Budget,
) {
    for named in &options.named {
        let files: Vec<SourceId> = named.files().collect();
        if !budget.admits(&files, context.sources) {
            reading.left_out.extend(files.last());
            consumed.extend(files);
            continue;
        }
        // What the user says of this one counts before what is said of paths.
        let own = Versions { otherwise: named.version.clone(), ..Versions::default() };
        let versions = match (&context.versions.flag, &named.version) {
            (None, Some(_)) => &own,
            _ => context.versions,
        };
        let context = Context { versions, ..*context };
        let mut used = Consumed::new();
        let found = if !named.manifests.is_empty() {
            let only = named.manifests.iter().copied().collect();
            kubernetes::read(&context, &mut used, Some(&only))
        } else if !named.helm_values.is_empty() || !named.helm_set.is_empty() {
            by_helm(&context, named)
        } else if !named.compose.is_empty() {
            by_compose(&context, named, &mut used, &mut reading.left_out)
        } else {
            let files = inputs(&context, &named.env_files);
            if files.is_empty() { Vec::new() } else { vec![env_file::read(&context, &files)] }
        };
        consumed.extend(named.files());
        consumed.extend(used);
        consumed.extend(found.iter().flat_map(|deployment| &deployment.sources));
        let arrived = |id: SourceId| context.sources.get(id).arrival != Arrival::Referred;
        let asked = named.asked
            || named.files().any(arrived)
            || found.iter().any(|deployment| {
                let keys = deployment.evidence.keys.iter().map(|key| key.span.source);
                deployment.sources.iter().copied().chain(keys).any(arrived)
            });
        if !asked {
            continue;
        }
        if found.is_empty() {
            reading.empty.push(named.name.clone());
        }
        let alone = found.len() == 1;
        if !budget.takes(found.len()) {
            reading.left_out.extend(named.files().last());
            continue;
        }
        reading.deployments.extend(found.into_iter().map(|mut deployment| {
            let part = deployment.id.rsplit_once('#').map_or(deployment.kind.name(), |(_, p)| p);
            deployment.id =
                if alone { named.name.clone() } else { format!("{}#{part}", named.name) };
            deployment.name = Some(named.name.clone());
            deployment
        }));
    }
}

fn inputs<'a>(context: &Context<'a>, ids: &[SourceId]) -> Vec<&'a Input> {
    ids.iter().filter_map(|id| context.inputs.iter().find(|input| input.source == *id)).collect()
}

fn by_compose(
    context: &Context<'_>,
    named: &Named,
    used: &mut Consumed,
    left_out: &mut BTreeSet<SourceId>,
) -> Vec<Deployment> {
    let files = inputs(context, &named.compose);
    let mut env_files = inputs(context, &named.env_files);
    if named.env_files.is_empty()
        && let Some(first) = files.first()
    {
        let path = format!("{}.env", context.sources.get(first.source).folder());
        env_files.extend(context.inputs.at(&path));
    }
    compose::read(context, &Project { files, env_files, remark: None }, used, left_out)
}

fn by_helm(context: &Context<'_>, named: &Named) -> Vec<Deployment> {
    let files = inputs(context, &named.helm_values);
    let set = helm_set::parse(&named.helm_set);
    let place = named.helm_set.first().map(|text| text.span().source);
    let own = place.map(|source| Input::part(source, Role::Values, set.tree));
    let mut documents: Vec<_> = files
        .iter()
        .copied()
        .chain(&own)
        .filter_map(|input| Some((helm::document(input.tree()?)?, input.source)))
        .collect();
    documents.retain(|(node, _)| !node.pairs().is_empty());
    let charts = group::charts_beside(context, files.last().copied());
    let wrapped = helm::Wrapped {
        id: format!("helm:{}", named.name),
        is_chart: true,
        ..helm::Wrapped::default()
    };
    let mut found = helm::read_layers(context, &documents, &files, &charts, &wrapped);
    for deployment in &mut found {
        let known: BTreeSet<SourceId> = deployment.sources.iter().copied().collect();
        deployment.sources.extend(place.filter(|id| !known.contains(id)));
        for list in &set.items {
            let path: Vec<&str> = list.split('.').collect();
            if documents.iter().any(|(node, id)| Some(*id) != place && node.at(&path).is_some()) {
                deployment.remarks.push(format!(
                    "`helm-set` changes single items of `{list}`: the others are not seen"
                ));
            }
        }
    }
    found
}
