//! A release's layers of values handed on to the reader of the chart, with the files that they
//! come from. Knows nothing of the wrappers' formats.

use crate::deployment::Deployment;
use crate::deployment::environment::Lack;
use crate::source::SourceId;
use crate::source::mask::public_value;
use crate::syntax::yaml::Node;

use super::super::compose::Context;
use super::super::helm::umbrella::{Umbrella, locals, umbrellas};
use super::super::manifests::Store;
use super::super::{Consumed, Input, Role, helm, join, scalar};
use super::layers::{Found, Layers, chart_file, layers};
use super::post_render;
use super::release::{Folder, Release};

pub(super) fn deploy<'a>(
    context: &Context<'a>,
    release: &Release<'a>,
    stores: &dyn Fn() -> &'a [Store<'a>],
    consumed: &mut Consumed,
) -> Vec<Deployment> {
    let home = release.input.source;
    let source = context.sources.get(home);
    let Layers { found, mut unseen } = layers(context, release, stores);
    let mut layers: Vec<(Node<'_>, SourceId)> = found.iter().filter_map(Found::layer).collect();
    let is_ours = |layers: &[(Node<'_>, SourceId)]| {
        release.is_chart
            || layers.iter().any(|(node, _)| {
                helm::recognises(*node, context.catalogue)
                    || helm::dependencies::are_in(*node, &release.name)
            })
    };
    let mut chart = release.folder.clone();
    let mut room = MOST_CHARTS;
    while !is_ours(&layers) {
        let outer = chart.as_ref();
        let inner = outer.and_then(|chart| inner(context, source.folder(), chart, &mut room));
        let Some((place, folder)) = inner.filter(|(place, _)| !place.is_off(&layers)) else {
            return Vec::new();
        };
        let own = chart_file(context, source.folder(), &folder, "values.yaml");
        let own = own.and_then(|own| Some((own.tree().and_then(helm::document)?, own.source)));
        for hidden in &mut unseen {
            let lower = layers.iter().take(hidden.over);
            let kept = lower.filter(|(node, _)| node.get(&place.key).is_some());
            hidden.over = kept.count() + own.iter().count();
        }
        let below = layers.iter().filter_map(|(node, id)| Some((node.get(&place.key)?.value, *id)));
        layers = own.into_iter().chain(below).collect();
        chart = Some(folder);
    }
    let mut sources = vec![home];
    for (_, id) in &layers {
        if !sources.contains(id) {
            sources.push(*id);
        }
    }
    let parts = found.iter().filter_map(|found| match found {
        Found::Tree(input) => Some(input.as_ref()),
        Found::Node(..) => None,
    });
    let mut rendered = post_render::of(context, release);
    rendered.hide(&release.hidden);
    let secrets = release.stores.iter().filter(|store| store.is_secret);
    let wrapped = helm::Wrapped {
        id: format!("helm:{}#{}", source.path, release.name),
        is_chart: release.is_chart,
        chart: release.chart,
        anchor: release.anchor.map(|node| scalar::span(home, node)),
        missing: release.missing,
        inline: release.inline.map(|node| scalar::span(home, node)),
        rendered,
        secrets: secrets
            .map(|store| {
                let entries = store.entries.iter();
                let entries = entries.map(|(key, entry)| (key.clone(), entry.clone()));
                (store.identity.names.clone(), entries.collect())
            })
            .collect(),
        unseen,
        outer: outer(context, release),
        broken: parts
            .clone()
            .filter_map(|input| Some((input.source, input.tree()?.errors.first()?.offset)))
            .collect(),
    };
    let inputs: Vec<&Input> = context
        .inputs
        .iter()
        .filter(|input| sources.contains(&input.source))
        .chain(parts)
        .collect();
    let charts: Vec<&Input> = match &chart {
        Some(folder) => ["Chart.yaml", "Chart.lock"]
            .iter()
            .filter_map(|name| chart_file(context, source.folder(), folder, name))
            .collect(),
        None => Vec::new(),
    };
    let mut deployments = helm::read_layers(context, &layers, &inputs, &charts, &wrapped);
    let patched = wrapped.rendered.variables.iter().map(|(_, variable)| variable.place.source);
    for deployment in &mut deployments {
        for source in patched.clone() {
            if !deployment.sources.contains(&source) {
                deployment.sources.push(source);
            }
        }
    }
    if !deployments.is_empty() {
        // A kustomization may build more than this.
        let is_done = |id: &SourceId| {
            *id == home || context.inputs.of(*id).is_none_or(|it| it.role != Role::Kustomization)
        };
        consumed.extend(sources.into_iter().filter(is_done));
    }
    deployments
}

/// Charts of one repository that are looked at for one release.
const MOST_CHARTS: usize = 200;

/// The chart of the same repository that this one takes in and that leads to OpenMetadata's.
fn inner(
    context: &Context<'_>,
    home: &str,
    chart: &Folder,
    room: &mut usize,
) -> Option<(Umbrella, Folder)> {
    let file = chart_file(context, home, chart, "Chart.yaml")?;
    locals(file).into_iter().find_map(|(place, path)| {
        *room = room.checked_sub(1)?;
        let path = join(&format!("{}/", chart.path), &path);
        let folder = Folder { path, base: chart.base };
        let file = chart_file(context, home, &folder, "Chart.yaml")?;
        let leads = !umbrellas(&[file], context.sources).is_empty()
            || inner(context, home, &folder, room).is_some();
        leads.then_some((place, folder))
    })
}

/// The chart that takes OpenMetadata's in, where nobody can see what it sets.
fn outer(context: &Context<'_>, release: &Release<'_>) -> Option<helm::Hidden> {
    let home = release.input.source;
    let folder = context.sources.get(home).folder();
    let (name, place) = match (&release.outer, &release.folder) {
        (Some(node), _) => (node.text().unwrap_or_default(), *node),
        (None, Some(chart)) => {
            let is_here = |name: &&str| chart_file(context, folder, chart, name).is_some();
            let is_shown = ["Chart.yaml", "values.yaml"].iter().any(is_here);
            (chart.path.as_str(), release.anchor.filter(|_| !is_shown && !release.is_chart)?)
        }
        (None, None) => return None,
    };
    Some(helm::Hidden {
        name: format!("the chart `{}`", public_value(name)),
        span: scalar::span(home, place),
        lack: Lack::Missing,
        over: 0,
        is_whole: true,
    })
}
