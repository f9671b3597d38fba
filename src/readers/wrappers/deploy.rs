//! A release's layers of values handed on to the reader of the chart, with the files that they
//! come from. Knows nothing of the wrappers' formats.

use crate::deployment::Deployment;
use crate::deployment::environment::Lack;
use crate::source::SourceId;
use crate::source::mask::public_value;
use crate::syntax::yaml::Node;

use super::super::compose::Context;
use super::super::manifests::Store;
use super::super::{Consumed, Input, Role, helm, scalar};
use super::layers::{Found, Layers, chart_file, layers};
use super::post_render;
use super::release::Release;

pub(super) fn deploy<'a>(
    context: &Context<'a>,
    release: &Release<'a>,
    stores: &dyn Fn() -> &'a [Store<'a>],
    consumed: &mut Consumed,
) -> Vec<Deployment> {
    let home = release.input.source;
    let source = context.sources.get(home);
    let Layers { found, unseen } = layers(context, release, stores);
    let layers: Vec<(Node<'_>, SourceId)> = found.iter().filter_map(Found::layer).collect();
    let is_ours = release.is_chart
        || layers.iter().any(|(node, _)| {
            helm::recognises(*node, context.catalogue)
                || helm::dependencies::are_in(*node, &release.name)
        });
    if !is_ours {
        return Vec::new();
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
    let wrapped = helm::Wrapped {
        id: format!("helm:{}#{}", source.path, release.name),
        is_chart: release.is_chart,
        chart: release.chart,
        anchor: release.anchor.map(|node| scalar::span(home, node)),
        missing: release.missing,
        inline: release.inline.map(|node| scalar::span(home, node)),
        rendered,
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
    let charts: Vec<&Input> = match &release.folder {
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
