//! Which values files make one release of the chart. Knows nothing of what the values mean.

use crate::source::discover::is_template_name;
use crate::source::{Arrival, SourceId, spread};

use super::super::bounds::{self, Budget};
use super::super::compose::Context;
use super::super::helm::umbrella::umbrellas;
use super::super::{Consumed, Input, ReadOptions, Reading, Role, helm, telltales};
use super::leave_out;

/// Values files of one release, and what tells of its chart.
type Release<'a> = (Vec<&'a Input>, Vec<&'a Input>);

pub(super) fn read(
    context: &Context<'_>,
    options: &ReadOptions,
    reading: &mut Reading,
    consumed: &mut Consumed,
    budget: &mut Budget,
) {
    let sources = context.sources;
    if !options.helm_values.is_empty() {
        let files: Vec<&Input> =
            options.helm_values.iter().filter_map(|id| context.inputs.of(*id)).collect();
        let charts = charts_beside(context, files.last().copied());
        reading.deployments.extend(helm::read(context, &files, &charts, &helm::Parents::default()));
        consumed.extend(files.iter().map(|input| input.source));
    }
    let (mut secrets, values): (Vec<&Input>, Vec<&Input>) = context
        .inputs
        .iter()
        .filter(|input| input.role == Role::Values && !consumed.contains(&input.source))
        .partition(|input| helm::secret_layers::is_one(input, sources));
    let is_ours = |input: &Input| {
        let root = input.tree().and_then(helm::document);
        root.is_some_and(|root| {
            helm::recognises(root, context.catalogue)
                || umbrellas(&charts_beside(context, Some(input)), sources)
                    .iter()
                    .any(|umbrella| umbrella.has_values_in(root))
        })
    };
    let is_beside = |input: &Input| {
        let root = input.tree().and_then(helm::document);
        let path = &sources.get(input.source).path;
        !is_ours(input) && root.is_some_and(|root| helm::dependencies::are_in(root, path))
    };
    // Which files make a deployment is decided first; the deployments are then read at once.
    let mut releases: Vec<Release<'_>> = Vec::new();
    let mut layered: Vec<SourceId> = Vec::new();
    for base in &values {
        let source = sources.get(base.source);
        let beside = is_beside(base);
        if !matches!(source.name(), "values.yaml" | "values.yml") || !(is_ours(base) || beside) {
            continue;
        }
        let overlays: Vec<&Input> = values
            .iter()
            .copied()
            .filter(|input| {
                let other = sources.get(input.source);
                input.source != base.source
                    && !is_template_name(other.name())
                    && is_overlay_path(source.folder(), &other.path)
                    && beside == is_beside(input)
                    && (is_ours(input) || beside || shares_roots(context, base, input))
            })
            .collect();
        let chart = charts_beside(context, Some(base));
        if is_the_chart_itself(context, &chart) && umbrellas(&chart, sources).is_empty() {
            let others_named =
                overlays.iter().any(|o| sources.get(o.source).arrival == Arrival::Named);
            if source.arrival != Arrival::Named && !others_named {
                reading
                    .remarks
                    .push((base.source, "the chart's own values: judged only when named".into()));
                consumed.insert(base.source);
                // Its siblings are examples of the chart's authors unless somebody names them.
                continue;
            }
        }
        for overlay in overlays {
            // A file of which neither half was asked for is somebody else's business.
            let asked = [base, &overlay]
                .iter()
                .any(|input| sources.get(input.source).arrival != Arrival::Referred);
            if !asked {
                continue;
            }
            let chart = if chart.is_empty() {
                charts_beside(context, Some(overlay))
            } else {
                chart.clone()
            };
            releases.push((vec![base, overlay], chart));
            layered.extend([base.source, overlay.source]);
        }
    }
    consumed.extend(layered);
    let is_alone = |input: &Input, consumed: &Consumed| {
        !consumed.contains(&input.source)
            && sources.get(input.source).arrival != Arrival::Referred
            && (is_ours(input) || is_beside(input))
    };
    let alone = |input| (vec![input], charts_beside(context, Some(input)));
    releases.extend(values.into_iter().filter(|input| is_alone(input, consumed)).map(alone));
    for (files, _) in &mut releases {
        files.extend(helm::secret_layers::of(files, &secrets, sources));
        consumed.extend(files.iter().map(|input| input.source));
    }
    // What no plain values stand beside is judged by itself.
    secrets.retain(|input| is_alone(input, consumed));
    consumed.extend(secrets.iter().map(|input| input.source));
    releases.extend(secrets.into_iter().map(alone));
    let numbers =
        |files: &[&Input]| -> Vec<SourceId> { files.iter().map(|input| input.source).collect() };
    let last = |files: &[&Input]| files.last().map_or(SourceId(0), |input| input.source);
    // Each key at the top may be that of a chart.
    let weigh = |(files, _): &Release<'_>| {
        let roots = files.iter().filter_map(|input| input.tree().and_then(helm::document));
        roots.map(|root| root.entries().len()).sum()
    };
    let parents = helm::Parents::of(context);
    while !releases.is_empty() {
        let number = bounds::at_once(&releases, weigh);
        let mut now: Vec<Release<'_>> = releases.drain(..number).collect();
        leave_out(
            &mut now,
            &mut reading.left_out,
            |(files, _)| budget.admits(&numbers(files), sources),
            |(files, _)| last(files),
        );
        let found =
            spread::map(&now, |(files, charts)| helm::read(context, files, charts, &parents));
        for ((files, _), found) in now.iter().zip(found) {
            if budget.takes(found.len()) {
                reading.deployments.extend(found);
            } else {
                reading.left_out.insert(last(files));
            }
        }
    }
}

/// `values-X.yaml`, `values.X.yaml`, `X-values.yaml` in the base's folder, or `X/values.yaml`.
fn is_overlay_path(folder: &str, path: &str) -> bool {
    let Some(rest) = path.strip_prefix(folder) else { return false };
    let stem = |name: &str| {
        name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")).map(str::to_owned)
    };
    match rest.split_once('/') {
        None => stem(rest).is_some_and(|stem| {
            stem.starts_with("values-")
                || stem.starts_with("values.")
                || stem.starts_with("values_")
                || stem.ends_with("-values")
                || stem.ends_with(".values")
                || stem.ends_with("_values")
        }),
        Some((_, name)) => matches!(name, "values.yaml" | "values.yml"),
    }
}

/// Whether a values file may be laid over another: what stands at its top is known there, or
/// to the chart.
fn shares_roots(context: &Context<'_>, base: &Input, overlay: &Input) -> bool {
    let keys = |input: &Input| -> Vec<String> {
        input
            .tree()
            .and_then(helm::document)
            .map(|root| {
                root.entries().iter().filter_map(|e| e.key.text().map(str::to_owned)).collect()
            })
            .unwrap_or_default()
    };
    let base = keys(base);
    let overlay = keys(overlay);
    let known = &context.catalogue.chart_keys;
    !overlay.is_empty() && overlay.iter().all(|key| base.contains(key) || known.contains(key))
}

pub(in super::super) fn charts_beside<'a>(
    context: &Context<'a>,
    input: Option<&Input>,
) -> Vec<&'a Input> {
    let Some(input) = input else { return Vec::new() };
    let folder = context.sources.get(input.source).folder();
    context.inputs.in_folder(folder).filter(|chart| chart.role == Role::Chart).collect()
}

fn is_the_chart_itself(_context: &Context<'_>, charts: &[&Input]) -> bool {
    charts.iter().any(|chart| {
        chart.tree().into_iter().flat_map(|tree| tree.documents()).any(|root| {
            matches!(
                root.get("name").and_then(|entry| entry.value.text()),
                Some(telltales::CHART | telltales::DEPENDENCIES)
            ) && root.get("apiVersion").is_some()
        })
    })
}
