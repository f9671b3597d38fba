//! Secrets and ConfigMaps that hold a server's environment though no workload in scope takes them
//! in. What stands in them is judged; what does not may stand elsewhere.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::deployment::catalogue::Catalogue;
use crate::deployment::environment::{Environment, Fallback, Lack, Unseen, Variable};
use crate::deployment::evidence::{Evidence, Holder};
use crate::deployment::value::Origin;
use crate::deployment::version::Confidence;
use crate::deployment::{Basics, Deployment, Kind, Notation};
use crate::source::{SourceId, Span};

use super::super::bounds;
use super::super::compose::{self, Context};
use super::super::manifests::{Scope, Store};

/// The deployments that stores of a scope describe by themselves, those in `used` aside.
pub(super) fn deployments(
    context: &Context<'_>,
    scope: &Scope<'_>,
    used: &BTreeSet<SourceId>,
) -> Vec<Deployment> {
    let is_free = |store: &&Store<'_>| !used.contains(&store.source) && !store.entries.is_empty();
    let free: Vec<&Store<'_>> = scope.stores.iter().filter(is_free).collect();
    let free: Vec<(&Store<'_>, Share)> =
        free.into_iter().map(|store| (store, share(context.catalogue, store))).collect();
    // The first of a group says what it is.
    let mut groups: Vec<(Share, Vec<&Store<'_>>)> = Vec::new();
    let mut beyond = None;
    for least in [Share::Telling, Share::Credentials, Share::Some] {
        for store in free.iter().filter(|(_, share)| *share == least).map(|(store, _)| *store) {
            let number = groups.len();
            if !context.room.allows(number, store.source) {
                beyond.get_or_insert(store.place);
                break;
            }
            let home = groups.iter_mut().find(|(share, group)| {
                (least != Share::Credentials || *share == Share::Telling)
                    && group.iter().all(|o| is_beside(context, o, store))
            });
            match home {
                Some((_, group)) => group.push(store),
                None if least == Share::Some => {}
                None if number >= bounds::MOST_SERVERS => {
                    beyond.get_or_insert(store.place);
                }
                None => groups.push((least, vec![store])),
            }
        }
    }
    let mut found: Vec<Deployment> =
        groups.iter().map(|(_, group)| deployment(context, group)).collect();
    bounds::say(&mut found, beyond.into_iter().collect());
    found
}

/// What of a server's environment a store holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Share {
    /// Enough to tell whose environment it is.
    Telling,
    /// Only what the server signs in or encrypts with.
    Credentials,
    /// Variables that are telling beside others only.
    Some,
    /// Nothing.
    None,
}

fn share(catalogue: &Catalogue, store: &Store<'_>) -> Share {
    let keys = || store.entries.keys().chain(&store.opaque).map(String::as_str);
    let names = || keys().map(|key| catalogue.variable_of_key(key));
    let named = super::super::telltales::names_product(store.identity.name());
    let texts = store
        .entries
        .iter()
        .map(|(key, entry)| (catalogue.variable_of_key(key), entry.text.unquoted().outline()));
    if catalogue.telltales(names()).tell_of_server(named) {
        Share::Telling
    } else if catalogue.are_credentials(texts, named) {
        Share::Credentials
    } else if names().any(|name| !catalogue.by_variable(name).is_empty()) {
        Share::Some
    } else {
        Share::None
    }
}

/// Whether two stores may be handed to the same server: neighbours that do not contradict.
fn is_beside(context: &Context<'_>, one: &Store<'_>, other: &Store<'_>) -> bool {
    let folder = |store: &Store<'_>| context.sources.get(store.source).folder();
    folder(one) == folder(other)
        && one.identity.namespace == other.identity.namespace
        && !one.entries.keys().any(|name| other.entries.contains_key(name))
}

/// Whether the environment is plainly all that the server gets, but for what is secret: who may
/// sign in, who may do what, and where the data is.
fn is_whole(catalogue: &Catalogue, group: &[&Store<'_>]) -> bool {
    ["authenticationConfiguration.", "authorizerConfiguration.", "database."].iter().all(|part| {
        group.iter().flat_map(|store| store.entries.keys()).any(|name| {
            let mut ids = catalogue.by_variable(name).iter();
            ids.any(|&id| catalogue.get(id).path.starts_with(part))
        })
    })
}

fn deployment(context: &Context<'_>, group: &[&Store<'_>]) -> Deployment {
    let catalogue = context.catalogue;
    let main = group[0];
    let mut environment = Environment::default();
    for store in group {
        for (name, entry) in &store.entries {
            let variable = Variable {
                text: entry.text.clone(),
                items: None,
                place: entry.span,
                steps: Vec::new(),
                confidence: Confidence::High,
                rank: 1,
            };
            environment.set(catalogue.variable_of_key(name), variable);
        }
    }
    let rest = Unseen {
        name: "the workload".to_owned(),
        span: main.place,
        rank: 0,
        prefix: String::new(),
        lack: Lack::Missing,
    };
    let whole = is_whole(catalogue, group);
    if !whole {
        environment.unseen.push(rest.clone());
    }
    let mut sources: Vec<SourceId> = Vec::new();
    for store in group {
        let entries = store.entries.values().map(|entry| entry.span.source);
        for source in std::iter::once(store.source).chain(entries) {
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
    }
    let version = compose::version(context, &sources, None);
    let fallback = Fallback {
        version: version.version,
        confidence: Confidence::Medium,
        place: &|_| Origin { span: Some(main.place), ..Origin::default() },
    };
    let mut settings = environment.settings(catalogue, &fallback);
    if whole && !group.iter().any(|store| store.is_secret) {
        // Secrets stand in a Secret, which the workload takes in beside these.
        environment.unseen.push(rest);
        for (id, setting) in catalogue.iter().filter(|(_, setting)| setting.secret) {
            settings.replace(id, environment.setting(setting, &fallback));
        }
    }
    let mut evidence = Evidence::default();
    for input in sources.iter().filter_map(|&id| context.inputs.of(id)) {
        let problems = super::super::problems(input, context.sources, catalogue);
        evidence.problems.extend_from_slice(problems);
    }
    let kind = &main.identity.kind;
    let namespace = main.identity.namespace.as_deref().map(|name| format!("{name}/"));
    let path = &context.sources.get(main.source).path;
    let name = main.identity.name();
    let basics = Basics {
        id: format!("kubernetes:{path}#{kind}/{}{name}", namespace.unwrap_or_default()),
        kind: Kind::Kubernetes,
        version,
        sources,
        notation: Notation::ManifestData,
    };
    let mut deployment = Deployment::new(basics, settings, evidence);
    deployment.unseen = environment.unseen.iter().cloned().map(Unseen::told).collect();
    let entries = || group.iter().flat_map(|store| store.entries.values());
    let encoded = entries().filter(|entry| entry.encoded).map(|entry| entry.span);
    let mut encoded = encoded.collect::<BTreeSet<Span>>();
    if !encoded.is_empty() && main.is_secret {
        encoded.insert(main.place);
    }
    deployment.encoded = Arc::new(encoded);
    let held = group
        .iter()
        .flat_map(|store| {
            let holder = if store.is_secret { Holder::Secret } else { Holder::ConfigMap };
            store.entries.values().map(move |entry| (entry.whole, holder))
        })
        .collect();
    deployment.held = Arc::new(held);
    let is_text = |id: &SourceId| context.inputs.of(*id).is_some_and(|i| i.tree().is_none());
    deployment.assignments = deployment.sources.iter().copied().filter(is_text).collect();
    deployment.illustrative = context.sources.get(main.source).illustrative;
    deployment
}
