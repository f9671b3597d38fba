//! What wraps values of the chart: ArgoCD Applications, Flux HelmReleases, HelmCharts of
//! K3s, helmfile releases, helmCharts of a kustomization, Fleet's bundles, Crossplane's
//! Releases and Ansible's tasks. Each names layers of values; the Helm reader does the rest.

mod ansible;
mod argo;
mod crossplane;
mod deploy;
mod environments;
mod filled;
mod fleet;
mod flux;
mod generators;
mod generic;
mod helmfile;
mod k3s;
mod kustomize_charts;
mod layers;
mod overlays;
mod post_render;
mod release;

use std::cell::OnceCell;

use crate::source::{Source, Span};
use crate::syntax::yaml::{self, Node};

use super::bounds::{self, Budget};
use super::compose::Context;
use super::kustomize::{self, Inline};
use super::{Consumed, Input, Reading, Role, Want};

use deploy::deploy;
use release::Release;

/// Whether the document is a resource that wraps values.
pub(super) fn recognises(root: Node<'_>) -> bool {
    const KINDS: [&str; 6] = [
        "Application",
        "ApplicationSet",
        "HelmRelease",
        "HelmChart",
        "HelmChartConfig",
        "HelmChartInflationGenerator",
    ];
    let is_kind = text(root, "kind").is_some_and(|kind| KINDS.contains(&kind));
    is_kind && root.get("apiVersion").is_some()
        || !crossplane::releases_in(root).is_empty()
        || !kustomize::outers(root).is_empty()
}

/// Whether the document is one of those without a kind: a helmfile, one of Fleet's, or tasks of
/// Ansible.
pub(super) fn is_helmfile(root: Node<'_>) -> bool {
    helmfile::recognises(root) || fleet::recognises(root) || ansible::recognises(root)
}

/// Whether the document is a wrapper of which no more is known.
pub(super) fn may_be_one(root: Node<'_>) -> bool {
    generic::recognises(root)
}

fn text<'a>(node: Node<'a>, key: &str) -> Option<&'a str> {
    node.get(key)?.value.text()
}

fn at<'a>(node: Node<'a>, key: &str) -> Option<Node<'a>> {
    node.get(key).map(|entry| entry.value)
}

fn items<'a>(node: Node<'a>, key: &str) -> Vec<Node<'a>> {
    let list = node.get(key).map(|entry| entry.value.items()).unwrap_or_default();
    list.into_iter().map(Node::resolved).collect()
}

/// Values files that a file's documents name, in every environment.
pub(super) fn wants(input: &Input, source: &Source) -> Vec<Want> {
    let roots = || input.tree().into_iter().flat_map(yaml::Tree::documents);
    let named = roots().flat_map(|root| {
        let environments = environments::of(None, input, root);
        let named = files(root).into_iter();
        named.flat_map(move |path| environments::paths(path, &environments)).collect::<Vec<_>>()
    });
    let mut wants: Vec<Want> = named.map(Want::File).collect();
    // Paths of a repository begin in its root.
    let depth = source.folder().matches('/').count();
    let rooted = |path: &str, up| format!("{}{}", "../".repeat(up), path.trim_start_matches('/'));
    for path in roots().flat_map(from_root) {
        wants.extend((0..=depth).map(|up| Want::File(rooted(&path, up))));
    }
    let patterns = roots().flat_map(generators::patterns);
    wants.extend(patterns.flat_map(|it| (0..=depth).map(move |up| Want::Fitting(rooted(it, up)))));
    wants
}

/// Files that a document of a cluster names by their paths in the repository, if it is for
/// OpenMetadata's chart or one of the same repository.
fn from_root(root: Node<'_>) -> Vec<String> {
    let is_one = text(root, "kind").is_some_and(|kind| kind != "Kustomization");
    if !is_one {
        Vec::new()
    } else {
        argo::rooted(root).into_iter().chain(flux::rooted(root)).collect()
    }
}

/// Values files that a document names.
fn files(root: Node<'_>) -> Vec<&str> {
    let mut paths = argo::files(root);
    paths.extend(helmfile::files(root));
    paths.extend(kustomize_charts::files(root));
    if paths.is_empty() {
        paths.extend(generic::files(root));
    }
    paths.extend(fleet::files(root));
    paths.extend(ansible::files(root));
    paths
}

/// The deployments that wrappers describe.
pub(super) fn read(
    context: &Context<'_>,
    reading: &mut Reading,
    consumed: &mut Consumed,
    budget: &mut Budget,
) {
    let inline = Inline::of(context);
    let held = OnceCell::new();
    let stores = || held.get_or_init(|| kustomize::stores(context, &inline)).as_slice();
    let built = OnceCell::new();
    let overlaid = || built.get_or_init(|| kustomize::overlaid(context, &inline));
    for input in context.inputs.iter() {
        let is_wrapper =
            matches!(input.role, Role::Manifests | Role::Kustomization | Role::Helmfile);
        if !is_wrapper || consumed.contains(&input.source) {
            continue;
        }
        let Some(tree) = input.tree() else { continue };
        if budget.is_full() {
            let roots = tree.documents();
            let names_chart = |release: Release<'_>| release.is_chart;
            if roots.flat_map(|root| releases(context, input, root)).any(names_chart) {
                reading.left_out.insert(input.source);
            }
            continue;
        }
        let mut of_file = Vec::new();
        let mut beyond = Vec::new();
        let releases = tree.documents().flat_map(|root| {
            let environments = environments::of(Some(context), input, root);
            let mut found = releases(context, input, root);
            if !found.is_empty() {
                found = match input.role {
                    Role::Manifests => overlays::spread(context, overlaid(), input, root, found),
                    Role::Kustomization => overlays::patch(context, overlaid(), input, found),
                    _ => found,
                };
            }
            found
                .into_iter()
                .flat_map(move |release| environments::spread(context, release, &environments))
        });
        for release in releases {
            let deployed = deploy(context, &release, &stores, consumed);
            if of_file.len() + deployed.len() > bounds::MOST_SERVERS {
                let place = release.anchor.map_or(0..0, |node| node.range());
                beyond.push(Span::new(input.source, place));
                break;
            }
            of_file.extend(deployed);
        }
        bounds::say(&mut of_file, beyond);
        if budget.takes(of_file.len()) {
            reading.deployments.extend(of_file);
        } else {
            reading.left_out.insert(input.source);
        }
    }
}

fn releases<'a>(context: &Context<'a>, input: &'a Input, root: Node<'a>) -> Vec<Release<'a>> {
    let name = root.get("metadata").and_then(|e| text(e.value, "name")).unwrap_or("").to_owned();
    let spec = root.get("spec").map(|entry| entry.value);
    match text(root, "kind") {
        Some("Application") => {
            spec.map(|spec| argo::releases(input, &name, spec)).unwrap_or_default()
        }
        Some("ApplicationSet") => {
            spec.map(|spec| argo::of_set(input, &name, spec)).unwrap_or_default()
        }
        Some("HelmRelease") => {
            spec.map(|spec| flux::release(context, input, &name, spec)).into_iter().collect()
        }
        Some("HelmChart") => {
            spec.map(|spec| k3s::release(context, input, &name, spec)).into_iter().collect()
        }
        _ if fleet::recognises(root) => fleet::releases(input, root),
        _ if root.is_seq() => ansible::releases(input, root),
        Some("HelmChartInflationGenerator") => vec![kustomize_charts::generator(input, root)],
        Some("Release" | "Composition") => crossplane::releases(input, root),
        _ => {
            let mut found = helmfile::releases(input, root);
            found.extend(kustomize_charts::releases(input, root));
            if found.is_empty() && input.role == Role::Helmfile {
                found = generic::releases(input, root);
            }
            found
        }
    }
}
