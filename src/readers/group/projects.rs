//! Which compose files and environment files make one project. Knows nothing of what the services
//! do.

use std::collections::{BTreeMap, BTreeSet};

use crate::deployment::Deployment;
use crate::source::discover::is_template_name;
use crate::source::{Arrival, SourceId, spread};
use crate::syntax::substitution::{self, Dialect, Operator, Piece, Template};

use super::super::bounds::{self, Budget};
use super::super::compose::{self, Context, Project};
use super::super::{Consumed, Input, ReadOptions, Reading, Role, env_file, join};
use super::leave_out;

pub(super) fn read(
    context: &Context<'_>,
    options: &ReadOptions,
    reading: &mut Reading,
    consumed: &mut Consumed,
    budget: &mut Budget,
) {
    let sources = context.sources;
    let explicit: Vec<&Input> =
        options.env_files.iter().filter_map(|id| context.inputs.of(*id)).collect();
    let mut folders: BTreeMap<&str, Vec<&Input>> = BTreeMap::new();
    let own = |input: &&Input| input.role == Role::Compose && !consumed.contains(&input.source);
    for input in context.inputs.iter().filter(own) {
        folders.entry(sources.get(input.source).folder()).or_default().push(input);
    }
    let mut projects: Vec<Vec<&Input>> = Vec::new();
    for (folder, mut files) in folders {
        files.sort_by_key(|input| sources.get(input.source).path.clone());
        projects.extend(projects_of_folder(context, folder, &files));
    }
    // Files that another project includes or extends are part of it.
    let mut parts = Consumed::new();
    let mut asked_for: Vec<Project<'_>> = Vec::new();
    for files in projects {
        let asked =
            files.iter().any(|input| sources.get(input.source).arrival != Arrival::Referred);
        let asked = asked || beside_is_asked(context, &files);
        if !asked {
            continue;
        }
        for (env_files, remark) in environments(context, &files, &explicit) {
            asked_for.push(Project { files: files.clone(), env_files, remark });
        }
    }
    let files = |project: &Project<'_>| -> Vec<SourceId> {
        let files = project.files.iter().chain(&project.env_files);
        files.map(|input| input.source).collect()
    };
    let weigh = |project: &Project<'_>| {
        let roots = project.files.iter().filter_map(|i| i.tree()).flat_map(|tree| tree.documents());
        roots.map(|root| root.get("services").map_or(root, |all| all.value).pairs().len()).sum()
    };
    let mut results: Vec<(Vec<SourceId>, Vec<Deployment>, Consumed, Consumed)> = Vec::new();
    while !asked_for.is_empty() {
        let number = bounds::at_once(&asked_for, weigh);
        let mut now: Vec<Project<'_>> = asked_for.drain(..number).collect();
        leave_out(
            &mut now,
            &mut reading.left_out,
            |project| budget.admits(&files(project), sources),
            |project| files(project).last().copied().unwrap_or(SourceId(0)),
        );
        let found = spread::map(&now, |project| {
            let mut used = Consumed::new();
            let mut left_out = Consumed::new();
            let deployments = compose::read(context, project, &mut used, &mut left_out);
            let own = project.files.iter().map(|input| input.source).collect();
            (own, deployments, used, left_out)
        });
        for (project, mut found) in now.iter().zip(found) {
            if !budget.takes(found.1.len()) {
                found.1.clear();
                reading.left_out.extend(files(project).last());
            }
            results.push(found);
        }
    }
    for (own, deployments, used, _) in &results {
        if !deployments.is_empty() {
            parts.extend(used.iter().filter(|id| !own.contains(id)));
        }
    }
    for (own, deployments, used, left_out) in results {
        reading.left_out.extend(left_out);
        if own.iter().all(|id| parts.contains(id)) {
            continue;
        }
        consumed.extend(used);
        reading.deployments.extend(deployments);
    }
    // Without a compose file they fill in an openmetadata.yaml, or stand for themselves.
    let filled = context.inputs.iter().any(|input| input.role == Role::ServerFile);
    if reading.deployments.is_empty() && !filled && !explicit.is_empty() {
        reading.deployments.push(env_file::read(context, &explicit));
    }
    if !filled || !reading.deployments.is_empty() {
        consumed.extend(explicit.iter().map(|input| input.source));
    }
}

/// Whether an environment file beside the project was asked for: a hook hands over one file. Or
/// a Dockerfile, which a project may build that says nothing of OpenMetadata itself.
fn beside_is_asked(context: &Context<'_>, files: &[&Input]) -> bool {
    let Some(first) = files.first() else { return false };
    let folder = context.sources.get(first.source).folder();
    context.inputs.in_folder(folder).any(|input| {
        let source = context.sources.get(input.source);
        match input.role {
            Role::EnvFile => source.arrival == Arrival::Named,
            Role::Dockerfile => source.arrival != Arrival::Referred,
            _ => false,
        }
    })
}

/// The compose files of one folder, as projects of files in order.
fn projects_of_folder<'a>(
    context: &Context<'a>,
    folder: &str,
    files: &[&'a Input],
) -> Vec<Vec<&'a Input>> {
    let name = |input: &Input| context.sources.get(input.source).name();
    // `.env` may say which files make the project.
    if let Some(listed) = listed_files(context, folder, files) {
        return vec![listed];
    }
    let base = files.iter().copied().find(|input| compose::is_base_name(name(input)));
    let override_file = files.iter().copied().find(|input| compose::is_override_name(name(input)));
    let mut projects = Vec::new();
    let mut overlays = Vec::new();
    for &input in files {
        let is_base = base.is_some_and(|base| base.source == input.source);
        if is_base || compose::is_override_name(name(input)) && base.is_some() {
            continue;
        }
        let overlay = base.is_some()
            && compose::is_variant_name(name(input))
            && input.tree().is_some_and(compose::is_overlay);
        if overlay {
            overlays.push(input);
        } else {
            projects.push(vec![input]);
        }
    }
    if let Some(base) = base {
        if overlays.is_empty() {
            projects.push(std::iter::once(base).chain(override_file).collect());
        }
        for overlay in overlays {
            // With files named by `-f` docker compose leaves the override file out.
            projects.push(vec![base, overlay]);
        }
    }
    projects
}

fn listed_files<'a>(
    context: &Context<'a>,
    folder: &str,
    files: &[&'a Input],
) -> Option<Vec<&'a Input>> {
    let path = format!("{folder}.env");
    let env = context.inputs.at(&path)?;
    let entry = env.entries().iter().rev().find(|entry| entry.key == "COMPOSE_FILE")?;
    let list = &entry.value.as_ref()?.text;
    let listed: Vec<&Input> = list
        .split([':', ';'])
        .filter_map(|part| {
            let path = join(folder, part.trim());
            files
                .iter()
                .copied()
                .chain(context.inputs.iter())
                .find(|input| context.sources.get(input.source).path == path)
        })
        .collect();
    (!listed.is_empty()).then_some(listed)
}

/// The sets of environment files with which a project is read, one deployment each.
fn environments<'a>(
    context: &Context<'a>,
    files: &[&'a Input],
    explicit: &[&'a Input],
) -> Vec<(Vec<&'a Input>, Option<String>)> {
    if !explicit.is_empty() {
        return vec![(explicit.to_vec(), None)];
    }
    let folder = context.sources.get(files[0].source).folder();
    let dot_env = context
        .inputs
        .at(&format!("{folder}.env"))
        .filter(|input| input.role == Role::EnvFile || !input.entries().is_empty());
    if let Some(input) = dot_env {
        return vec![(vec![input], None)];
    }
    let mut fitting: Vec<&Input> = context
        .inputs
        .in_folder(folder)
        .filter(|input| {
            let source = context.sources.get(input.source);
            input.role == Role::EnvFile
                && !is_template_name(source.name())
                && env_file::is_server_environment(input, context.sources, context.catalogue)
        })
        .collect();
    if !fitting.is_empty() {
        let names = interpolated_names(files);
        let own = env_files_of(files);
        fitting.retain(|input| {
            input.entries().iter().any(|entry| names.contains(&entry.key))
                && !own.contains(context.sources.get(input.source).name())
        });
    }
    if fitting.is_empty() {
        return vec![(Vec::new(), None)];
    }
    fitting
        .into_iter()
        .map(|input| {
            let path = &context.sources.get(input.source).path;
            let remark = format!("there is no `.env`: read with `{path}`, as with `--env-file`");
            (vec![input], Some(remark))
        })
        .collect()
}

/// The names of files that services name in `env_file`: what they say fills in nothing.
fn env_files_of<'a>(files: &[&'a Input]) -> BTreeSet<&'a str> {
    let roots = files.iter().filter_map(|input| input.tree()).flat_map(|tree| tree.documents());
    let entries = roots.flat_map(compose::services_of);
    let attributes = entries.filter_map(|service| service.value.get("env_file"));
    let nodes = attributes.flat_map(|attribute| {
        if attribute.value.is_seq() { attribute.value.items() } else { vec![attribute.value] }
    });
    nodes
        .filter_map(|node| {
            let node = node.resolved();
            let text = node.get("path").map_or(node, |path| path.value).text();
            text.map(|text| text.rsplit('/').next().unwrap_or(text))
        })
        .collect()
}

/// Names that the files fill in.
fn interpolated_names(files: &[&Input]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for input in files {
        let Some(tree) = input.tree() else { continue };
        for text in tree.scalar_texts() {
            if text.contains('$') {
                collect_names(&substitution::parse(text, Dialect::Compose), &mut names);
            }
        }
    }
    names
}

fn collect_names(template: &Template<'_>, names: &mut BTreeSet<String>) {
    for piece in &template.pieces {
        if let Piece::Variable { name, op, .. } = piece {
            names.insert((*name).to_owned());
            match op {
                Operator::Default { template, .. } | Operator::Alternate { template, .. } => {
                    collect_names(template, names);
                }
                _ => {}
            }
        }
    }
}
