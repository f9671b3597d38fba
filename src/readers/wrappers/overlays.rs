//! What a kustomization makes of a resource that wraps values: patches of the values, of the
//! chart's version. Knows nothing of what the values mean.

use crate::source::{SourceId, Span, Text};
use crate::syntax::helm_set::{Assigned, Assignment};
use crate::syntax::yaml::Node;

use super::super::compose::Context;
use super::super::kustomize::Overlaid;
use super::super::manifests::{Change, Operation, Part, Store, Verb, Wrapper};
use super::super::postbuild::Filling;
use super::super::{Input, helm, scalar};
use super::environments::Environment;
use super::post_render::Patch;
use super::release::{Release, Values};
use super::text;

/// Where a kind of resource holds values as YAML, values as a text, and the chart's version.
struct Places {
    inline: Option<&'static [&'static str]>,
    text: Option<&'static [&'static str]>,
    version: &'static [&'static str],
    /// What else below it gives values in a way that is not followed.
    hidden: &'static [&'static str],
}

fn places(kind: &str) -> Option<Places> {
    Some(match kind {
        "HelmRelease" => Places {
            inline: Some(&["spec", "values"]),
            text: None,
            version: &["spec", "chart", "spec", "version"],
            hidden: &["spec", "valuesFrom"],
        },
        "Application" => Places {
            inline: Some(&["spec", "source", "helm", "valuesObject"]),
            text: Some(&["spec", "source", "helm", "values"]),
            version: &["spec", "source", "targetRevision"],
            hidden: &["spec", "source", "helm", "parameters"],
        },
        "ApplicationSet" => Places {
            inline: Some(&["spec", "template", "spec", "source", "helm", "valuesObject"]),
            text: Some(&["spec", "template", "spec", "source", "helm", "values"]),
            version: &["spec", "template", "spec", "source", "targetRevision"],
            hidden: &["spec", "template", "spec", "source", "helm", "parameters"],
        },
        "HelmChart" => Places {
            inline: None,
            text: Some(&["spec", "valuesContent"]),
            version: &["spec", "version"],
            hidden: &["spec", "set"],
        },
        _ => return None,
    })
}

/// A document's releases: as they are, or once for each kustomization that changes them or builds
/// what they take values from. None of a document that is a patch itself.
pub(super) fn spread<'a>(
    context: &Context<'a>,
    overlaid: &'a Overlaid<'a>,
    input: &Input,
    root: Node<'a>,
    releases: Vec<Release<'a>>,
) -> Vec<Release<'a>> {
    if overlaid.patches.contains(&input.source) {
        return Vec::new();
    }
    let place = (input.source, root.range().start);
    let built = overlaid.wrappers.get(&place).map(Vec::as_slice).unwrap_or_default();
    let stores = |main: &SourceId| -> &'a [Store<'a>] {
        overlaid.stores.get(main).map(Vec::as_slice).unwrap_or_default()
    };
    let places = text(root, "kind").and_then(places);
    let mut spread: Vec<Release<'a>> = Vec::new();
    for release in releases {
        let takes = |stores: &[Store<'a>]| {
            release.values.iter().any(|values| match values {
                Values::Held(held) => stores.iter().any(|store| held.is_in(store)),
                _ => false,
            })
        };
        let is_own = |(main, wrapper): &&(SourceId, Wrapper<'a>)| {
            !wrapper.changes.is_empty() || takes(stores(main))
        };
        // One that changes nothing leaves it what it is.
        if built.len() != built.iter().filter(is_own).count() || built.is_empty() {
            let stores = built.first().map(|(main, _)| stores(main));
            spread.push(Release { stores: stores.unwrap_or_default(), ..release.clone() });
        }
        for (main, wrapper) in built.iter().filter(is_own) {
            let mut release = release.clone();
            if built.len() > 1 || !wrapper.changes.is_empty() {
                let folder = context.sources.get(*main).folder().trim_end_matches('/');
                release.name = format!("{}@{folder}", release.name);
                // Several Kustomizations of Flux may stand in one folder.
                let called = format!("{}+", release.name);
                let same =
                    spread.iter().filter(|other| format!("{}+", other.name).starts_with(&called));
                match same.count() {
                    0 => {}
                    others => release.name.push_str(&format!("+{others}")),
                }
            }
            release.stores = stores(main);
            if let Some(places) = &places {
                amend(&mut release, wrapper, places);
            }
            spread.push(release);
        }
    }
    spread
}

/// The releases of a kustomization with charts, once for each kustomization that patches them.
pub(super) fn patch<'a>(
    context: &Context<'a>,
    overlaid: &'a Overlaid<'a>,
    input: &Input,
    releases: Vec<Release<'a>>,
) -> Vec<Release<'a>> {
    let stores = |main: &SourceId| -> &'a [Store<'a>] {
        overlaid.stores.get(main).map(Vec::as_slice).unwrap_or_default()
    };
    let built = || overlaid.charts.iter().filter(|(_, charts)| charts.source == input.source);
    if built().all(|(_, charts)| charts.patches.is_empty()) {
        let stores = built().next().map(|(main, _)| stores(main)).unwrap_or_default();
        return releases.into_iter().map(|it| Release { stores, ..it }).collect();
    }
    let mut spread = Vec::new();
    for (main, charts) in built() {
        let folder = context.sources.get(*main).folder().trim_end_matches('/');
        for release in &releases {
            let mut release = release.clone();
            if *main != input.source {
                release.name = format!("{}@{folder}", release.name);
            }
            release.stores = stores(main);
            let patches = charts.patches.iter();
            release.patches = patches.map(|&(target, written)| Patch { target, written }).collect();
            spread.push(release);
        }
    }
    spread
}

fn amend<'a>(release: &mut Release<'a>, wrapper: &Wrapper<'a>, places: &Places) {
    for change in &wrapper.changes {
        match change {
            Change::Merge(patch) => merge(release, *patch, places),
            Change::Operate(operation) => operate(release, operation, places),
            Change::Fill(filling) => {
                let filled = release.pinned.and_then(|node| {
                    let text = node.text().filter(|text| Filling::opens(text))?;
                    helm::Pinned::of_text(release.input.source, node, &filling.fill(text))
                });
                release.chart = filled.or(release.chart);
                release.environment = Some(Environment::filled_by(filling));
            }
            Change::Refused(name, span) => {
                release.values.push(Values::Refused(name.clone(), *span));
            }
        }
    }
}

fn merge<'a>(release: &mut Release<'a>, patch: Part<'a>, places: &Places) {
    if let Some(part) = patch.at(places.version) {
        release.chart = helm::Pinned::of(part.source, part.node).or(release.chart);
    }
    if let Some(part) = places.text.and_then(|path| patch.at(path)) {
        replace_text(release, part);
    }
    if let Some(part) = places.inline.and_then(|path| patch.at(path)) {
        release.values.push(Values::Part(part));
    }
    let list = ["spec", "sources"];
    for part in [patch.at(places.hidden), patch.at(&list)].into_iter().flatten() {
        release.hidden.push(part.span());
    }
}

/// A text of values takes the place of the one that was there.
fn replace_text<'a>(release: &mut Release<'a>, part: Part<'a>) {
    release.values.retain(|values| !matches!(values, Values::Text(_) | Values::TextPart(_)));
    release.values.push(Values::TextPart(part));
}

fn operate<'a>(release: &mut Release<'a>, operation: &Operation<'a>, places: &Places) {
    let path: Vec<&str> = operation.path.iter().map(String::as_str).collect();
    let value = operation.value.filter(|_| matches!(operation.verb, Verb::Add | Verb::Replace));
    if path == places.version {
        release.chart = value.and_then(|it| helm::Pinned::of(it.source, it.node)).or(release.chart);
        return;
    }
    if places.text.is_some_and(|text| path == text) {
        match value {
            Some(part) => replace_text(release, part),
            None => release.hidden.push(operation.span),
        }
        return;
    }
    let below = places.inline.and_then(|inline| path.strip_prefix(inline));
    match (below, value) {
        (Some([]), Some(part)) => {
            release.values.retain(|values| !matches!(values, Values::Inline(_) | Values::Part(_)));
            release.values.push(Values::Part(part));
        }
        (Some(keys), Some(part)) => match assignment(keys, part, operation.span) {
            Some(set) => release.values.push(Values::Set(part, set)),
            None => release.hidden.push(operation.span),
        },
        // What it takes away, or a list of sources.
        (Some(_), None) => release.hidden.push(operation.span),
        (None, _) if path.starts_with(places.hidden) || path.starts_with(&["spec", "sources"]) => {
            release.hidden.push(operation.span);
        }
        (None, _) => {}
    }
}

/// The path of one value or list of texts as Helm writes it. Parts of lists and whole mappings are
/// not followed.
fn assignment(keys: &[&str], part: Part<'_>, span: Span) -> Option<String> {
    let is_index = |key: &&str| *key == "-" || key.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = part.node.text().is_some()
        || part.node.is_seq()
            && part.node.items().iter().all(|item| item.resolved().text().is_some());
    if keys.iter().any(is_index) || !is_plain || span.range().is_empty() {
        return None;
    }
    let escaped = keys.iter().map(|key| key.replace('\\', "\\\\").replace('.', "\\."));
    Some(escaped.collect::<Vec<_>>().join("."))
}

/// An operation's value, ready to be laid over others.
pub(super) fn assigned(path: &str, part: Part<'_>, raw: &str) -> Assignment {
    let text = |node: Node<'_>| scalar::text(part.source, raw, node);
    let value = match part.node.is_seq() {
        true => {
            let items = part.node.items().into_iter().map(|item| text(item.resolved()));
            Assigned::List(items.collect(), list_span(part.source, part.node))
        }
        false => Assigned::Value(text(part.node)),
    };
    Assignment { path: Text::decoded(path, part.span()), value }
}

fn list_span(source: SourceId, node: Node<'_>) -> Span {
    Span::new(source, node.range())
}
