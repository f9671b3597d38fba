//! Compose files, as docker compose reads them: from the files of a project to a deployment for
//! each OpenMetadata server among its services.

mod environment;
mod files;
mod image;
mod mounts;
mod ports;
mod roles;
mod services;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::deployment::catalogue::{Catalogue, SettingId};
use crate::deployment::environment::{Environment, Fallback, Lack, Unseen};
use crate::deployment::evidence::{Evidence, Image, MountSource, Neighbour, Port, Problem};
use crate::deployment::value::{Origin, Value};
use crate::deployment::version::Confidence;
use crate::deployment::{Basics, Deployment, Kind, KnownVersion, Notation};
use crate::source::mask::public_value;
use crate::source::{Source, SourceId, Sources, Span};

use super::bounds::{self, MOST_PORTS, MOST_VARIABLES};
use super::interpolation::Variables;
use super::{Consumed, Input, Inputs, Versions, dockerfile, scalar, server_file};
use files::is_server_file_path;
use services::{Layer, Service};

pub(super) use environment::duplicates;
pub(super) use files::{
    is_base_name, is_companion, is_env_name, is_overlay, is_override_name, is_variant_name,
    recognises, services as services_of, wants,
};

/// The files that make one project.
pub(super) struct Project<'a> {
    /// Compose files in order, the later over the earlier.
    pub files: Vec<&'a Input>,
    /// Environment files that fill in variables, in order.
    pub env_files: Vec<&'a Input>,
    /// Something to say about how the files were found.
    pub remark: Option<String>,
}

/// Everything that the reading of a project looks at.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub inputs: &'a Inputs<'a>,
    pub sources: &'a Sources,
    pub catalogue: &'a Catalogue,
    pub versions: &'a Versions,
    /// What manifests may still ask for.
    pub room: &'a bounds::Room,
}

/// What a project's servers have around them.
#[derive(Default)]
struct Around {
    /// The names of all services.
    names: Arc<[String]>,
    ports: Vec<Port>,
    /// There are more ports than those.
    is_cut: bool,
    neighbours: Vec<Neighbour>,
    /// What these are told.
    beside: Vec<(SettingId, Value)>,
}

struct Reader<'a, 'c> {
    context: &'c Context<'a>,
    /// What the file that is being loaded sees; in the end, what the project does.
    variables: Rc<Variables>,
    services: Vec<Service<'a>>,
    roots: Vec<Layer<'a>>,
    /// Files read on the way.
    used: BTreeSet<SourceId>,
    remarks: Vec<String>,
    unseen: Vec<(String, Lack)>,
    /// What each Dockerfile builds, read once.
    built: RefCell<BTreeMap<SourceId, Rc<dockerfile::Built>>>,
    /// Lines of environment files read so far.
    lines: usize,
    /// Where those parts of files begin that are left out.
    beyond: Vec<Span>,
}

/// The deployments of a project.
pub(super) fn read(
    context: &Context<'_>,
    project: &Project<'_>,
    consumed: &mut Consumed,
    left_out: &mut BTreeSet<SourceId>,
) -> Vec<Deployment> {
    let mut variables = Variables::none(context.catalogue);
    variables.read(&project.env_files, context.sources, &Variables::default());
    let mut reader = Reader {
        context,
        variables: Rc::new(variables),
        services: Vec::new(),
        roots: Vec::new(),
        used: BTreeSet::new(),
        remarks: project.remark.iter().cloned().collect(),
        unseen: Vec::new(),
        lines: 0,
        built: RefCell::default(),
        beyond: Vec::new(),
    };
    for input in &project.files {
        reader.load(input, 0);
    }
    let mut deployments = reader.deployments(project);
    let beyond = std::mem::take(&mut reader.beyond);
    if deployments.is_empty() {
        left_out.extend(beyond.iter().map(|span| span.source));
    }
    bounds::say(&mut deployments, beyond);
    if !deployments.is_empty() {
        consumed.extend(reader.used.iter().copied());
        consumed.extend(project.env_files.iter().map(|input| input.source));
        for deployment in &deployments {
            consumed.extend(deployment.sources.iter().copied());
        }
    }
    deployments
}

/// The deployment that a Dockerfile describes which no service builds.
pub(super) fn read_image(context: &Context<'_>, input: &Input) -> Deployment {
    let source = context.sources.get(input.source);
    let mut reader = Reader {
        context,
        variables: Rc::new(Variables::none(context.catalogue)),
        services: Vec::new(),
        roots: Vec::new(),
        used: BTreeSet::new(),
        remarks: Vec::new(),
        unseen: Vec::new(),
        lines: 0,
        built: RefCell::default(),
        beyond: Vec::new(),
    };
    let from = dockerfile::read(input, context.sources).from;
    let service = Service {
        name: source.name().to_owned(),
        name_span: from.map_or(Span::new(input.source, 0..0), |(_, place)| place),
        layers: Vec::new(),
        image_file: Some((source.folder().to_owned(), source.path.clone())),
    };
    let environment = reader.environment(&service);
    let project = Project { files: vec![input], env_files: Vec::new(), remark: None };
    let mut deployment =
        reader.deployment((&project, 0), &service, environment, &[], &Around::default());
    deployment.id = format!("env:{}", source.path);
    deployment.kind = Kind::Environment;
    deployment.assignments.clear();
    deployment
}

impl<'a> Reader<'a, '_> {
    fn source(&self, id: SourceId) -> &'a Source {
        self.context.sources.get(id)
    }

    /// The servers of the services.
    fn deployments(&mut self, project: &Project<'_>) -> Vec<Deployment> {
        let services = std::mem::take(&mut self.services);
        let mut servers = Vec::new();
        let mut migrations = Vec::new();
        let mut others = Vec::new();
        let (mut number, mut borrowed) = (0, 0usize);
        let mut room = bounds::Kept::default();
        for service in &services {
            if number > MOST_VARIABLES || !bounds::may_borrow(borrowed) {
                self.beyond.push(service.name_span);
                break;
            }
            // What it has from other services was there before.
            let below = service.layers.iter().rev().skip(1);
            let lent = below.map(|layer| layer.node.borrowed() + layer.node.range().len());
            borrowed = lent.fold(borrowed, usize::saturating_add);
            let environment = self.environment(service);
            number += environment.variables.len();
            if !self.is_server(service, &environment) {
                let is_kept = room.keeps_beside(service.name_span.source);
                others.push((service, if is_kept { environment } else { Environment::default() }));
                continue;
            }
            if self.is_migration(service) {
                migrations.push((service, environment));
            } else {
                let is_kept = room.keeps_server(service.name_span.source);
                servers.push((service, if is_kept { environment } else { Environment::default() }));
            }
        }
        if servers.is_empty() {
            servers.extend(migrations.drain(..).next());
        }
        self.beyond.extend(bounds::servers(&mut servers, |(service, _)| service.name_span));
        self.beyond.extend(bounds::beside(&mut others, |(service, _)| service.name_span));
        let names: Arc<[String]> = services.iter().map(|service| service.name.clone()).collect();
        let mut ports: Vec<Port> = Vec::new();
        let mut rest = services.iter();
        while ports.len() < MOST_PORTS
            && let Some(service) = rest.next()
        {
            ports.extend(self.ports(service).into_iter().take(MOST_PORTS));
        }
        let is_cut = rest.next().is_some();
        let neighbours: Vec<Neighbour> =
            others.iter().map(|(service, _)| self.neighbour(service)).collect();
        let mut beside = Vec::new();
        for ((_, environment), neighbour) in others.iter().zip(&neighbours) {
            beside.extend(environment.all_beside(
                self.context.catalogue,
                &neighbour.name,
                neighbour.image.as_deref(),
            ));
        }
        let alone = Around { names: Arc::clone(&names), is_cut: true, ..Around::default() };
        let around = Around { names, ports, is_cut, neighbours, beside };
        servers
            .into_iter()
            .enumerate()
            .map(|(at, (service, environment))| {
                let number = services.len().max(around.ports.len());
                let has_all = bounds::looks_around(at, number);
                let around = if has_all { &around } else { &alone };
                self.deployment((project, at), service, environment, &migrations, around)
            })
            .collect()
    }

    /// The ports of all services, and in any case those of the server itself.
    fn ports_around(&self, server: &Service<'a>, around: &Around) -> Vec<Port> {
        let is_own = |port: &Port| port.names.contains(&server.name);
        let mut ports: Vec<Port> = Vec::new();
        if around.is_cut {
            let most = bounds::own_ports(!around.ports.is_empty());
            ports.extend(self.ports(server).into_iter().take(most));
            ports.iter_mut().for_each(|port| port.own = true);
        }
        let seen = around.ports.iter().filter(|port| !around.is_cut || !is_own(port));
        ports.extend(seen.map(|port| Port { own: is_own(port), ..port.clone() }));
        ports
    }

    fn deployment(
        &self,
        (project, number): (&Project<'_>, usize),
        service: &Service<'a>,
        environment: Environment,
        migrations: &[(&Service<'a>, Environment)],
        around: &Around,
    ) -> Deployment {
        let catalogue = self.context.catalogue;
        let image = self.image(service);
        let layers = layers(project);
        let version = version(self.context, &layers, image.as_ref());
        let (mounts, keys) = self.mounts(service);
        let (place, notation) = self.place(service);
        let fallback = Fallback {
            version: version.version,
            // Who runs an image may set what it leaves out.
            confidence: match service.image_file {
                Some(_) => Confidence::Medium,
                None => Confidence::High,
            },
            place: &|_| Origin { span: Some(place), ..Origin::default() },
        };
        let template = mounts.iter().find_map(|mount| match mount.from {
            MountSource::File(id) if is_server_file_path(&mount.target) => Some(id),
            _ => None,
        });
        let hidden = mounts.iter().find(|mount| {
            is_server_file_path(&mount.target) && matches!(mount.from, MountSource::Unseen(_))
        });
        let has_own_file = template.is_some() || hidden.is_some();
        // Nobody can see which variables a file of the user's own reads.
        let mut environment = environment;
        let script = self.start_script(&mounts, &mut environment);
        if let Some(mount) = hidden {
            environment.unseen.push(Unseen {
                name: format!("the file mounted at `{}`", public_value(&mount.target)),
                span: mount.span,
                rank: u8::MAX,
                prefix: String::new(),
                lack: Lack::Missing,
            });
        }
        let mut remarks = self.remarks.clone();
        let mut unseen = self.unseen.clone();
        unseen.extend(environment.unseen.iter().cloned().map(Unseen::told));
        let settings = match template.and_then(|id| self.context.inputs.of(id)) {
            Some(input) => {
                let path = &self.source(input.source).path;
                remarks.push(format!("`{path}` is mounted as the server's configuration"));
                server_file::settings(
                    input,
                    self.context.sources,
                    catalogue,
                    version.version,
                    Some(&environment),
                )
            }
            None => environment.settings(catalogue, &fallback),
        };
        let main = project.files.first().map_or(service.name_span.source, |input| input.source);
        let mut sources = vec![main];
        let mut known = HashSet::from([main]);
        let mut add = |id: SourceId| {
            if known.insert(id) {
                sources.push(id);
            }
        };
        project.files.iter().for_each(|input| add(input.source));
        service.layers.iter().for_each(|layer| add(layer.source));
        project.env_files.iter().for_each(|input| add(input.source));
        template.into_iter().chain(script).for_each(&mut add);
        self.used.iter().copied().for_each(&mut add);

        let mut evidence = Evidence {
            image,
            mounts,
            ports: self.ports_around(service, around),
            neighbours: around.neighbours.clone(),
            services: around.names.clone(),
            keys,
            ..Evidence::default()
        };
        let inputs = sources.iter().filter_map(|id| self.context.inputs.of(*id));
        let problems = inputs.map(|input| super::problems(input, self.context.sources, catalogue));
        let problems: Vec<&[Problem]> = problems.collect();
        if bounds::tells(number, problems.iter().map(|list| list.len()).sum()) {
            evidence.problems.extend(problems.into_iter().flatten().cloned());
        }
        let basics = Basics {
            id: format!("compose:{}#{}", project_name(self.context, project), service.name),
            kind: Kind::Compose,
            version,
            sources: sources.clone(),
            notation,
        };
        let mut deployment = Deployment::new(basics, settings, evidence);
        for (id, value) in &around.beside {
            deployment.add_beside(*id, value.clone());
        }
        deployment.assignments = sources
            .iter()
            .copied()
            .filter(|id| Some(*id) != script)
            .filter(|id| self.context.inputs.of(*id).is_some_and(|input| input.tree().is_none()))
            .collect();
        deployment.layers = if layers.is_empty() { vec![main] } else { layers };
        deployment.remarks = remarks;
        deployment.unseen = unseen;
        deployment.illustrative = self.source(main).illustrative;
        deployment.variables = environment.places();
        // A file of the server's own may read its variables in another way than the job's.
        if !has_own_file {
            deployment.migration = migrations.first().map(|(job, environment)| {
                let place = self.place(job).0;
                let fallback = Fallback {
                    version: deployment.version.version,
                    confidence: Confidence::High,
                    place: &|_| Origin { span: Some(place), ..Origin::default() },
                };
                environment.settings(catalogue, &fallback)
            });
        }
        let mut echoes = BTreeMap::new();
        for (_, environment) in migrations {
            for (name, variable) in &environment.variables {
                let span = variable.text.span();
                let span = if span.range().is_empty() { variable.place } else { span };
                echoes.entry(name.clone()).or_insert(span);
            }
        }
        deployment.echoes = echoes;
        deployment
    }

    /// Where one would set a variable of the service, and in which notation.
    fn place(&self, service: &Service<'a>) -> (Span, Notation) {
        for key in ["environment", "env_file", "image", "build"] {
            for layer in service.layers.iter().rev() {
                let Some(entry) = layer.node.get(key) else { continue };
                let notation = if key == "environment" && entry.value.is_seq() {
                    Notation::ComposeList
                } else {
                    Notation::ComposeMap
                };
                return (scalar::span(layer.source, entry.key), notation);
            }
        }
        match service.image_file {
            Some(_) => (service.name_span, Notation::Instruction),
            None => (service.name_span, Notation::ComposeMap),
        }
    }
}

/// The path that names a project: its main file, and what is laid over it by choice.
fn project_name(context: &Context<'_>, project: &Project<'_>) -> String {
    let mut names = Vec::new();
    for (at, input) in project.files.iter().enumerate() {
        let source = context.sources.get(input.source);
        if at == 0 || !is_override_name(source.name()) {
            names.push(source.path.clone());
        }
    }
    for input in &project.env_files {
        let source = context.sources.get(input.source);
        if source.name() != ".env" {
            names.push(source.path.clone());
        }
    }
    names.join("+")
}

/// The files that a project was put together from.
fn layers(project: &Project<'_>) -> Vec<SourceId> {
    project.files.iter().chain(&project.env_files).map(|input| input.source).collect()
}

/// The version of a deployment: what the user says, the image's tag, or the newest known.
pub(super) fn version(
    context: &Context<'_>,
    layers: &[SourceId],
    image: Option<&Image>,
) -> KnownVersion {
    if let Some(known) = context.versions.of(context.sources, layers) {
        return known;
    }
    if let Some((version, tag)) = image.and_then(Image::version) {
        return KnownVersion::new(version, tag, "image tag");
    }
    let newest = context.catalogue.newest;
    KnownVersion::new(newest, newest.to_string(), "assumed: newest known")
}
