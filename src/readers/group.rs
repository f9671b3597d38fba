//! Which sources make one deployment. Positional paths are never layered beyond these rules,
//! and their order never matters.

use std::collections::{BTreeMap, BTreeSet};

use crate::deployment::catalogue::Catalogue;
use crate::deployment::evidence::{KeyPlace, Loose, Problem};
use crate::deployment::{Deployment, Notation};
use crate::source::discover::is_template_name;
use crate::source::{Arrival, SourceId, Sources, Span, Trouble, spread};
use crate::syntax::substitution::{self, Dialect, Operator, Piece, Template};

use super::bounds::{self, Budget};
use super::compose::{self, Context, Project};
use super::helm::umbrella::umbrellas;
use super::{
    Consumed, Input, Inputs, ReadOptions, Reading, Role, dockerfile, env_file, helm, kubernetes,
    named, server_file, telltales, wrappers,
};

/// Reads all inputs.
pub fn read(
    list: &[Input],
    sources: &Sources,
    catalogue: &Catalogue,
    options: &ReadOptions,
) -> Reading {
    let inputs = Inputs::new(list, sources);
    let room = bounds::Room::default();
    let versions = &options.versions;
    let context = Context { inputs: &inputs, sources, catalogue, versions, room: &room };
    let mut reading = Reading::default();
    let mut consumed = Consumed::new();
    let mut budget = Budget::default();

    named::read(&context, options, &mut reading, &mut consumed, &mut budget);
    wrappers::read(&context, &mut reading, &mut consumed, &mut budget);
    read_helm(&context, options, &mut reading, &mut consumed, &mut budget);
    read_compose(&context, options, &mut reading, &mut consumed, &mut budget);
    let held = reading.deployments.iter().flat_map(|release| release.held.iter());
    let passed: BTreeSet<Span> = held.map(|(place, _)| *place).collect();
    let mut found = kubernetes::read(&context, &mut consumed, None);
    let most = found.iter().take_while(|_| budget.takes(1)).count();
    reading.left_out.extend(found.get(most).and_then(|one| one.sources.first()));
    found.truncate(most);
    reading.deployments.extend(found.into_iter().filter(|one| !is_part(one, &passed)));

    let mut images: Vec<&Input> = list
        .iter()
        .filter(|input| {
            stands_alone(input, sources, &consumed, Role::Dockerfile)
                && dockerfile::is_server_environment(input, sources, catalogue)
        })
        .collect();
    take_in(&mut images, &mut consumed, &mut reading.left_out, &mut budget, sources);
    let images = spread::map(&images, |input| compose::read_image(&context, input));
    // A configuration file that is copied in is the image's.
    consumed.extend(images.iter().flat_map(|image| image.sources.iter().copied()));
    reading.deployments.extend(images);

    let explicit: Vec<&Input> = options.env_files.iter().filter_map(|id| inputs.of(*id)).collect();
    if list.iter().any(|input| stands_alone(input, sources, &consumed, Role::ServerFile)) {
        consumed.extend(explicit.iter().map(|input| input.source));
    }
    let mut alone: Vec<&Input> = list
        .iter()
        .filter(|input| {
            stands_alone(input, sources, &consumed, Role::ServerFile)
                || stands_alone(input, sources, &consumed, Role::EnvFile)
                    && env_file::is_server_environment(input, sources, catalogue)
        })
        .collect();
    take_in(&mut alone, &mut consumed, &mut reading.left_out, &mut budget, sources);
    reading.deployments.extend(spread::map(&alone, |input| match input.role {
        Role::ServerFile => server_file::read(&context, input, &explicit),
        _ => env_file::read(&context, &[input]),
    }));
    for input in list {
        let source = sources.get(input.source);
        if consumed.contains(&input.source) || source.arrival == Arrival::Referred {
            continue;
        }
        if input.role == Role::Template && looks_ours(&source.text, catalogue) {
            reading.remarks.push((
                input.source,
                "a template: render it and check the result (`helm template … | omlint check -`)"
                    .into(),
            ));
        }
    }
    for input in list {
        let loose = loose(input, sources, catalogue, &reading.deployments, &consumed);
        if !loose.is_empty() {
            reading.loose.push((input.source, loose));
        }
    }
    reading.cut = room.full();
    reading.deployments.sort_by(|a, b| a.id.cmp(&b.id));
    reading
}

/// Values files of one release, and what tells of its chart.
type Release<'a> = (Vec<&'a Input>, Vec<&'a Input>);

/// Leaves what there is room for, and says which files have none.
fn leave_out<T>(
    list: &mut Vec<T>,
    left_out: &mut BTreeSet<SourceId>,
    mut admits: impl FnMut(&T) -> bool,
    main: impl Fn(&T) -> SourceId,
) {
    list.retain(|item| {
        let is_admitted = admits(item);
        if !is_admitted {
            left_out.insert(main(item));
        }
        is_admitted
    });
}

/// Takes in files of which each is a server, as far as there is room.
fn take_in(
    files: &mut Vec<&Input>,
    consumed: &mut Consumed,
    left_out: &mut BTreeSet<SourceId>,
    budget: &mut Budget,
    sources: &Sources,
) {
    consumed.extend(files.iter().map(|input| input.source));
    let admits = |input: &&Input| budget.admits(&[input.source], sources) && budget.takes(1);
    leave_out(files, left_out, admits, |input| input.source);
}

/// Whether a Secret or ConfigMap says nothing to a server that it does not say to a release, too.
fn is_part(one: &Deployment, passed: &BTreeSet<Span>) -> bool {
    let spans = one.values().filter_map(|(_, value)| value.origin.span);
    let home = |span: Span| one.held.iter().find(|(place, _)| place.contains(span));
    let mut homes = spans.filter_map(home).peekable();
    one.notation == Notation::ManifestData
        && homes.peek().is_some()
        && homes.all(|(place, _)| passed.contains(place))
}

/// Whether a file of this role is left for itself.
fn stands_alone(input: &Input, sources: &Sources, consumed: &Consumed, role: Role) -> bool {
    input.role == role
        && !consumed.contains(&input.source)
        && sources.get(input.source).arrival != Arrival::Referred
}

/// What a file shows by itself: problems of which no deployment speaks, keys that no server
/// reads, and all tokens.
fn loose(
    input: &Input,
    sources: &Sources,
    catalogue: &Catalogue,
    deployments: &[Deployment],
    consumed: &Consumed,
) -> Loose {
    let source = sources.get(input.source);
    let mut loose = Loose {
        tokens: input.loose.tokens.clone(),
        open_clients: input.loose.open_clients.clone(),
        ..Loose::default()
    };
    let placed = |key: &KeyPlace| {
        deployments.iter().any(|d| {
            d.evidence.keys.iter().any(|known| known.span == key.span && known.target.is_some())
        })
    };
    loose.keys.extend(input.loose.keys.iter().filter(|key| !placed(key)).cloned());
    if source.arrival == Arrival::Referred {
        // Nobody asked for it: what matters about it is said by who refers to it.
        return Loose::default();
    }
    if !consumed.contains(&input.source) && is_strayed(input, sources, catalogue) {
        let problems = super::problems(input, sources, catalogue);
        loose
            .problems
            .extend(problems.iter().filter(|p| matches!(p, Problem::NotParsed { .. })).cloned());
        if let (true, Some(last)) = (loose.problems.is_empty(), first_repeated(problems)) {
            loose.problems.push(Problem::NotParsed {
                reason: "this key stands twice in one mapping, as when the indentation is lost"
                    .into(),
                span: last,
            });
        }
        if source.trouble == Some(Trouble::TooLarge) {
            loose.problems.push(Problem::NotParsed {
                reason: "the file is over 16 MiB and was not read".into(),
                span: Span::new(input.source, 0..0),
            });
        }
    }
    loose
}

/// A file that could not be read, though its text says that it is OpenMetadata's.
pub(super) fn is_strayed(input: &Input, sources: &Sources, catalogue: &Catalogue) -> bool {
    if let Some(known) = input.strayed {
        return known;
    }
    let source = sources.get(input.source);
    let broken = source.trouble.is_some()
        || input.tree().is_some_and(|tree| {
            !tree.errors.is_empty() || input.role == Role::Other && !tree.duplicates().is_empty()
        });
    let configuration = !super::is_foreign_name(source.name());
    broken && configuration && looks_ours(&source.text, catalogue)
}

/// The first place at which a mapping repeats a key: no program that reads OpenMetadata's files
/// takes that.
fn first_repeated(problems: &[Problem]) -> Option<Span> {
    problems.iter().find_map(|problem| match problem {
        Problem::DuplicateKey { last, .. } => Some(*last),
        _ => None,
    })
}

/// Whether the text names at least two things that only OpenMetadata's configuration has, or one
/// of its own beside a variable that others have, too.
fn looks_ours(text: &str, catalogue: &Catalogue) -> bool {
    let fixed = catalogue.marks.iter().filter(|mark| text.contains(mark.as_str())).count();
    // There are many names, and a file may be large: it is read once for all of them.
    let capitals = capitals(text);
    let named: Vec<&str> = catalogue
        .settings
        .iter()
        .filter_map(|setting| setting.variable())
        .filter(|name| if name.bytes().all(is_capital) { &capitals } else { text }.contains(name))
        .collect();
    let own = named.iter().filter(|name| catalogue.telltales([**name]).own == 1).take(2).count();
    fixed + own >= 2 || fixed >= 1 && !named.is_empty()
}

fn is_capital(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'
}

/// The parts of a text that may hold a name in capitals, one after the other.
fn capitals(text: &str) -> String {
    let mut out = String::new();
    for part in text.as_bytes().split(|byte| !is_capital(*byte)).filter(|part| part.len() > 1) {
        out.extend(part.iter().copied().map(char::from));
        out.push(' ');
    }
    out
}

fn read_helm(
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
    // A server takes as much to write.
    let weigh = |(files, _): &Release<'_>| {
        files.iter().map(|input| sources.get(input.source).text.len()).sum::<usize>() / 64
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

pub(super) fn charts_beside<'a>(context: &Context<'a>, input: Option<&Input>) -> Vec<&'a Input> {
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

fn read_compose(
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
            let path = super::join(folder, part.trim());
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
    let names = interpolated_names(files);
    let own = env_files_of(files);
    let fitting: Vec<&Input> = context
        .inputs
        .in_folder(folder)
        .filter(|input| {
            let source = context.sources.get(input.source);
            input.role == Role::EnvFile
                && !is_template_name(source.name())
                && env_file::is_server_environment(input, context.sources, context.catalogue)
                && input.entries().iter().any(|entry| names.contains(&entry.key))
                && !own.contains(source.name())
        })
        .collect();
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
fn interpolated_names(files: &[&Input]) -> std::collections::BTreeSet<String> {
    let mut names = std::collections::BTreeSet::new();
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

fn collect_names(template: &Template, names: &mut std::collections::BTreeSet<String>) {
    for piece in &template.pieces {
        if let Piece::Variable { name, op, .. } = piece {
            names.insert(name.clone());
            match op {
                Operator::Default { template, .. } | Operator::Alternate { template, .. } => {
                    collect_names(template, names);
                }
                _ => {}
            }
        }
    }
}
