//! Kubernetes manifests: which containers are OpenMetadata's servers, and the deployment that each
//! of them makes with the Secrets, ConfigMaps and other objects in scope.

mod environment;
mod exposure;
mod mounts;
mod policies;
mod security;
mod stores;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::deployment::environment::{Environment, Fallback, Unseen};
use crate::deployment::evidence::{
    Evidence, Holder, Image, Neighbour, is_official_repository, is_server,
};
use crate::deployment::value::Origin;
use crate::deployment::version::Confidence;
use crate::deployment::{Basics, Deployment, Kind, KnownVersion, Notation};
use crate::source::mask::public_value;
use crate::source::{Arrival, SourceId, Span};
use crate::syntax::yaml::{self, Node};

use super::bounds;
use super::compose::Context;
use super::kustomize::{self, Builder, Inline, Outer};
use super::manifests::{
    Container, DOORS, Part, STORES, Scope, Store, WORKLOADS, Workload, split_image, text,
};
use super::postbuild::Filling;
use super::{Consumed, Role, scalar, server_file, telltales};
use exposure::Ways;

use mounts::Mounted;
use policies::Policy;

/// Whether the document is a manifest that bears on a server's environment.
pub(super) fn recognises(root: Node<'_>) -> bool {
    let kind = text(root, "kind").unwrap_or_default();
    root.get("apiVersion").is_some()
        && (WORKLOADS.contains(&kind)
            || STORES.contains(&kind)
            || DOORS.contains(&kind)
            || kind.ends_with("List"))
}

/// The deployments of all manifests that nothing else has used, or of some files whether or not
/// they are asked for.
pub(super) fn read(
    context: &Context<'_>,
    consumed: &mut Consumed,
    only: Option<&BTreeSet<SourceId>>,
) -> Vec<Deployment> {
    let mut deployments = Vec::new();
    let arrival = |id: &SourceId| context.sources.get(*id).arrival;
    let is_among = |id: &SourceId, consumed: &Consumed| {
        only.map_or(!consumed.contains(id), |only| only.contains(id))
    };
    let inline = Inline::of(context);
    let mut beyond = None;
    // A base is judged as part of what builds on it.
    let mut built: Vec<(SourceId, Option<Outer<'_>>)> = Vec::new();
    for input in context.inputs.iter().filter(|input| input.role == Role::Manifests) {
        let roots = input.tree().into_iter().flat_map(yaml::Tree::documents);
        let outers = roots.flat_map(kustomize::outers);
        built.extend(outers.map(|outer| (input.source, Some(outer))));
    }
    built.extend(kustomize::outermost(context).into_iter().map(|input| (input.source, None)));
    for (source, outer) in built {
        if beyond.is_some() || !is_among(&source, consumed) {
            continue;
        }
        let mut builder = Builder::new(context, &inline);
        let scope = match (outer, context.inputs.of(source)) {
            (Some(outer), _) => builder.outer(outer, source),
            (None, Some(input)) => Some(builder.build(input)),
            (None, None) => None,
        };
        let Some(scope) = scope else { continue };
        let asked = only.is_some()
            || scope.sources.iter().chain([&source]).any(|id| arrival(id) != Arrival::Referred);
        if !asked {
            continue;
        }
        let mut found = scope_deployments(context, &scope, Some(source));
        // One file may tell several to be built.
        for deployment in &mut found {
            deployment.id.extend(outer.iter().flat_map(|outer| ["@", outer.name]));
        }
        if found.is_empty() {
            found = stores::deployments(context, &scope, consumed);
        }
        if !found.is_empty() {
            consumed.extend(scope.sources.iter().copied());
        }
        if deployments.len() + found.len() > bounds::MOST_IN_ALL {
            beyond = Some(Span::new(source, 0..0));
            continue;
        }
        deployments.extend(found);
    }
    bounds::say(&mut deployments, beyond.into_iter().collect());
    let mut scope = Scope::default();
    for input in context.inputs.iter() {
        let is_used = consumed.contains(&input.source);
        if input.role == Role::Manifests && !is_used && is_among(&input.source, consumed) {
            for root in input.tree().into_iter().flat_map(yaml::Tree::documents) {
                scope.take(
                    Part { node: root, source: input.source },
                    context.sources,
                    context.room,
                );
            }
        }
    }
    // What stands beside a named file is read, but judged only with it.
    let mut found = scope_deployments(context, &scope, None);
    let used: BTreeSet<SourceId> = found.iter().flat_map(|d| d.sources.iter().copied()).collect();
    found.extend(stores::deployments(context, &scope, &used));
    deployments.extend(found.into_iter().filter(|deployment| {
        only.is_some() || deployment.sources.iter().any(|id| arrival(id) != Arrival::Referred)
    }));
    for deployment in &deployments {
        consumed.extend(deployment.sources.iter().copied());
    }
    deployments
}

struct Server<'a, 'c> {
    context: &'c Context<'a>,
    scope: &'c Scope<'a>,
    /// Numbers of the scope's stores by what they are and each of their names.
    stores: HashMap<(bool, &'c str), Vec<usize>>,
    /// Places of values in Secrets and ConfigMaps, and such of them as stand in base64.
    held: Arc<Vec<(Span, Holder)>>,
    encoded: Arc<BTreeSet<Span>>,
    ways: Ways<'c, 'a>,
    policies: Vec<Policy<'c, 'a>>,
}

fn scope_deployments(
    context: &Context<'_>,
    scope: &Scope<'_>,
    main: Option<SourceId>,
) -> Vec<Deployment> {
    let mut stores: HashMap<(bool, &str), Vec<usize>> = HashMap::new();
    for (at, store) in scope.stores.iter().enumerate() {
        for name in &store.identity.names {
            stores.entry((store.is_secret, name)).or_default().push(at);
        }
    }
    let entries = || {
        scope.stores.iter().flat_map(|store| {
            let holder = if store.is_secret { Holder::Secret } else { Holder::ConfigMap };
            store.entries.values().map(move |entry| (entry, holder))
        })
    };
    let held = Arc::new(entries().map(|(entry, holder)| (entry.whole, holder)).collect());
    let encoded = entries().filter(|(entry, _)| entry.encoded).map(|(entry, _)| entry.span);
    let encoded = Arc::new(encoded.collect());
    let ways = Ways::of(scope);
    let policies = Policy::of(scope);
    let server = Server { context, scope, stores, held, encoded, ways, policies };
    let mut found: Vec<(&Workload<'_>, &Container<'_>, Environment)> = Vec::new();
    let mut companions: Vec<(&Workload<'_>, Environment)> = Vec::new();
    let mut jobs: Vec<(&Workload<'_>, &Container<'_>, Environment)> = Vec::new();
    let mut others: Vec<(&Workload<'_>, &Container<'_>, Environment)> = Vec::new();
    for workload in &scope.workloads {
        for container in &workload.containers {
            let kept = context.room.kept();
            let mut environment = server.environment(workload, container);
            if !server.is_server(container, &environment) {
                context.room.give_back(kept);
                // Of what stands beside servers only some variables count, and of few.
                if others.len() > bounds::MOST_BESIDE {
                    environment = Environment::default();
                }
                let is_told = |name: &String| !context.catalogue.by_variable(name).is_empty();
                environment.variables.retain(|name, _| is_told(name));
                others.push((workload, container, environment));
                continue;
            }
            if container.is_init || is_operation(container) {
                companions.push((workload, environment));
            } else if matches!(workload.identity.kind.as_str(), "Job" | "CronJob") {
                jobs.push((workload, container, environment));
            } else {
                found.push((workload, container, environment));
            }
        }
    }
    if found.is_empty() {
        found.extend(jobs.into_iter().take(1));
    } else {
        companions
            .extend(jobs.into_iter().map(|(workload, _, environment)| (workload, environment)));
    }
    let mut beyond = bounds::servers(&mut found, |(_, container, _)| container.place);
    beyond.extend(bounds::beside(&mut others, |(_, container, _)| container.place));
    let mut deployments: Vec<Deployment> = found
        .into_iter()
        .enumerate()
        .map(|(at, (workload, container, environment))| {
            let has_all = bounds::looks_around(at, scope.workloads.len());
            let mut deployment =
                server.deployment(workload, container, environment, &companions, main, has_all);
            if !has_all {
                return deployment;
            }
            let near = |other: &Workload<'_>| server.is_near(workload, other, main);
            for (other, container, environment) in others.iter().filter(|(w, ..)| near(w)) {
                server.add_neighbour(&mut deployment, other, container, environment);
            }
            deployment
        })
        .collect();
    bounds::say(&mut deployments, beyond);
    deployments
}

fn image(container: &Container<'_>, filling: Option<&Filling>) -> Option<Image> {
    let written = container.image?;
    let filled = |text: &str| filling.map_or(text.to_owned(), |it| it.fill(text));
    let name = filled(written.node.text()?);
    let repository = filled(&container.image_repository()?);
    let over = &container.image_override;
    let (tag, tag_part) = match (over.is_pinned, over.tag) {
        (false, _) => (split_image(&name).1, written),
        (true, Some(tag)) => (tag.node.text(), tag),
        (true, None) => (None, written),
    };
    let is_open = match (over.is_pinned, over.tag) {
        (true, tag) => tag.is_some(),
        (false, _) => !name.contains(['@', '$', '{']),
    };
    Some(Image {
        floating: is_open.then(|| tag.unwrap_or("").to_owned()),
        official: is_official_repository(&repository),
        repository,
        tag: tag.map(str::to_owned),
        span: tag_part.span(),
    })
}

/// Whether the container runs one of the operations, not the server.
fn is_operation(container: &Container<'_>) -> bool {
    let words = container.command.iter().chain(&container.arguments);
    words.filter_map(|word| word.node.text()).any(telltales::is_operation)
}

impl<'a> Server<'a, '_> {
    fn is_server(&self, container: &Container<'a>, environment: &Environment) -> bool {
        let image = image(container, self.scope.filling.as_deref());
        let names = environment.variables.keys().map(String::as_str);
        let named = image.as_ref().is_some_and(|image| telltales::names_product(&image.repository));
        is_server(self.context.catalogue, image.as_ref(), names, named)
    }

    /// The store of a name: in the same file, else in the same folder, else the only one.
    fn store(&self, is_secret: bool, name: &str, workload: &Workload<'a>) -> Option<&Store<'a>> {
        let fits =
            |store: &&Store<'a>| match (&store.identity.namespace, &workload.identity.namespace) {
                (Some(one), Some(other)) => one == other,
                _ => true,
            };
        let home = workload.sources[0];
        let folder = |id: SourceId| self.context.sources.get(id).folder();
        let named = self.stores.get(&(is_secret, name))?;
        let candidates: Vec<&Store<'a>> =
            named.iter().map(|&at| &self.scope.stores[at]).filter(fits).collect();
        let near = |test: &dyn Fn(&Store<'a>) -> bool| {
            candidates.iter().copied().find(|store| test(store))
        };
        near(&|store| store.source == home)
            .or_else(|| near(&|store| folder(store.source) == folder(home)))
            .or_else(|| (candidates.len() == 1).then(|| candidates[0]))
    }

    /// Whether another workload stands beside the server: applied together with it, or in its
    /// namespace, or in its folder where no namespace is named.
    fn is_near(&self, server: &Workload<'a>, other: &Workload<'a>, main: Option<SourceId>) -> bool {
        let folder = |workload: &Workload<'a>| {
            self.context.sources.get(workload.sources[0]).folder().to_owned()
        };
        match (&server.identity.namespace, &other.identity.namespace) {
            (Some(one), Some(other)) => one == other,
            _ => main.is_some() || folder(server) == folder(other),
        }
    }

    fn add_neighbour(
        &self,
        deployment: &mut Deployment,
        workload: &Workload<'a>,
        container: &Container<'a>,
        environment: &Environment,
    ) {
        let name = public_value(&format!("{}/{}", workload.identity.name(), container.name));
        let repository =
            image(container, self.scope.filling.as_deref()).map(|image| image.repository);
        let catalogue = self.context.catalogue;
        let told = environment.all_beside(catalogue, &name, repository.as_deref());
        for (id, value) in told {
            if let Some(span) = value.origin.span
                && !deployment.sources.contains(&span.source)
            {
                deployment.sources.push(span.source);
            }
            deployment.add_beside(id, value);
        }
        deployment.evidence.neighbours.push(Neighbour {
            name,
            image: repository,
            mounts: self.mounts(workload, container).mounts,
        });
    }

    fn version(&self, workload: &Workload<'a>, image: Option<&Image>) -> KnownVersion {
        let known = super::compose::version(self.context, &workload.sources[..1], image);
        if known.from != "assumed: newest known" {
            return known;
        }
        let label = workload.identity.chart_label();
        match (label, workload.identity.chart()) {
            (Some(label), Some(chart)) => KnownVersion {
                place: workload.sources.first().map(|&source| scalar::span(source, label)),
                ..KnownVersion::new(
                    self.context.catalogue.version_of_chart(chart),
                    chart.to_string(),
                    "chart version",
                )
            },
            _ => known,
        }
    }

    fn deployment(
        &self,
        workload: &Workload<'a>,
        container: &Container<'a>,
        environment: Environment,
        companions: &[(&Workload<'a>, Environment)],
        main: Option<SourceId>,
        has_all: bool,
    ) -> Deployment {
        let context = self.context;
        let image = image(container, self.scope.filling.as_deref());
        let version = self.version(workload, image.as_ref());
        let Mounted { mounts, keys, template } = self.mounts(workload, container);
        let place = container.place;
        let fallback = Fallback {
            version: version.version,
            confidence: Confidence::High,
            place: &|_| Origin { span: Some(place), ..Origin::default() },
        };
        let mut remarks = self.scope.remarks.clone();
        let settings = match &template {
            Some(input) => {
                let path = &context.sources.get(input.source).path;
                remarks.push(format!(
                    "a ConfigMap of `{path}` is mounted as the server's configuration"
                ));
                server_file::settings(
                    input,
                    context.sources,
                    context.catalogue,
                    version.version,
                    Some(&environment),
                )
            }
            None => environment.settings(context.catalogue, &fallback),
        };
        let home = workload.sources[0];
        let mut sources = vec![home];
        let mut add = |id: SourceId| {
            if !sources.contains(&id) {
                sources.push(id);
            }
        };
        main.into_iter().for_each(&mut add);
        workload.sources.iter().copied().for_each(&mut add);
        for variable in environment.variables.values() {
            add(variable.place.source);
        }
        let ports = self.ports(workload, main, has_all);
        let policies = self.policies(workload);
        let mut evidence = Evidence { image, mounts, keys, ports, policies, ..Evidence::default() };
        for &id in &sources {
            if let Some(input) = context.inputs.of(id) {
                let problems = super::problems(input, context.sources, context.catalogue);
                evidence.problems.extend_from_slice(problems);
            }
        }
        let namespace = workload
            .identity
            .namespace
            .as_deref()
            .map(|name| format!("{name}/"))
            .unwrap_or_default();
        let path = &context.sources.get(main.unwrap_or(home)).path;
        let basics = Basics {
            id: format!(
                "kubernetes:{path}#{}/{namespace}{}",
                workload.identity.kind,
                workload.identity.name()
            ),
            kind: Kind::Kubernetes,
            version,
            sources,
            notation: Notation::ManifestEnv,
        };
        let mut deployment = Deployment::new(basics, settings, evidence);
        deployment.unseen = environment.unseen.iter().cloned().map(Unseen::told).collect();
        deployment.remarks = remarks;
        deployment.encoded = Arc::clone(&self.encoded);
        deployment.held = Arc::clone(&self.held);
        deployment.illustrative = context.sources.get(home).illustrative;
        deployment.variables = environment.places();
        self.take_security(&mut deployment, workload, container);
        if template.is_none() {
            let same = |(other, _): &&(&Workload<'_>, Environment)| {
                other.identity.namespace == workload.identity.namespace
            };
            deployment.migration = companions.iter().find(same).map(|(job, environment)| {
                let containers = job.containers.iter();
                let place = containers
                    .filter(|other| other.is_init || is_operation(other))
                    .map(|other| other.place)
                    .next()
                    .unwrap_or(place);
                let fallback = Fallback {
                    version: deployment.version.version,
                    confidence: Confidence::High,
                    place: &|_| Origin { span: Some(place), ..Origin::default() },
                };
                environment.settings(context.catalogue, &fallback)
            });
        }
        for (_, companion) in companions
            .iter()
            .filter(|(other, _)| other.identity.namespace == workload.identity.namespace)
        {
            if !context.room.allows(companion.variables.len(), home) {
                break;
            }
            for (name, variable) in &companion.variables {
                let span = variable.text.span();
                let span = if span.range().is_empty() { variable.place } else { span };
                deployment.echoes.entry(name.clone()).or_insert(span);
            }
        }
        deployment
    }
}
