//! Which sources make one deployment. Positional paths are never layered beyond these rules,
//! and their order never matters.

mod leftovers;
mod projects;
mod releases;

use std::collections::BTreeSet;

use crate::deployment::catalogue::Catalogue;
use crate::deployment::{Deployment, Notation};
use crate::source::{Arrival, SourceId, Sources, Span, spread};

use super::bounds::{self, Budget};
use super::compose::{self, Context};
use super::{
    Consumed, Input, Inputs, ReadOptions, Reading, Role, dockerfile, env_file, kubernetes, named,
    server_file, wrappers,
};

pub(super) use leftovers::is_strayed;
pub(super) use releases::charts_beside;

use leftovers::{looks_ours, loose};

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
    releases::read(&context, options, &mut reading, &mut consumed, &mut budget);
    projects::read(&context, options, &mut reading, &mut consumed, &mut budget);
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
