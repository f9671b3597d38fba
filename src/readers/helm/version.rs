//! Which server a release runs, as far as its files tell: an image's tag, the chart's version,
//! the layout of the values.

use crate::deployment::KnownVersion;
use crate::deployment::catalogue::Catalogue;
use crate::deployment::version::Version;
use crate::source::{SourceId, Span};
use crate::syntax::yaml::Node;

use super::super::compose::Context;
use super::super::{Input, telltales};
use super::{Found, Reader};

/// A chart's version as it is written somewhere.
#[derive(Clone, Copy)]
pub(in super::super) struct Pinned {
    /// The release, or the first one of a range.
    pub version: Version,
    place: Span,
    is_range: bool,
}

impl Pinned {
    /// What `version:` of a node says.
    pub(in super::super) fn read(source: SourceId, node: Node<'_>) -> Option<Self> {
        Self::of(source, node.get("version")?.value)
    }

    /// What a node says itself.
    pub(in super::super) fn of(source: SourceId, node: Node<'_>) -> Option<Self> {
        Self::of_text(source, node, node.text()?)
    }

    /// What a text says that a node stands for.
    pub(in super::super) fn of_text(source: SourceId, node: Node<'_>, text: &str) -> Option<Self> {
        let text = text.trim();
        let first = text.trim_start_matches(['^', '~', '=', '>', ' ', 'v']).trim_end_matches(".x");
        let is_exact = text.trim_start_matches(['=', ' ', 'v']) == first;
        let place = super::super::scalar::span(source, node);
        Some(Pinned { version: Version::parse(first)?, place, is_range: !is_exact })
    }
}

/// What is taken where nothing tells.
pub(super) fn newest(catalogue: &Catalogue) -> KnownVersion {
    KnownVersion::new(catalogue.newest, catalogue.newest.to_string(), "assumed: newest known")
}

/// The version of the chart: Chart.lock, or Chart.yaml as a dependency or as the chart itself.
pub(super) fn chart_version(
    context: &Context<'_>,
    charts: &[&Input],
    alias: Option<&str>,
) -> Option<Pinned> {
    let mut found = None;
    for input in charts {
        let is_lock = context.sources.get(input.source).name() == "Chart.lock";
        for root in input.tree()?.documents() {
            let text = |node: Node<'_>, key: &str| {
                node.get(key).and_then(|entry| entry.value.text()).map(str::to_owned)
            };
            if text(root, "name").as_deref() == Some(telltales::CHART) && alias.is_none() {
                found = Pinned::read(input.source, root).or(found);
            }
            for item in root.get("dependencies").map(|e| e.value.items()).unwrap_or_default() {
                let item = item.resolved();
                if text(item, "name").as_deref() != Some(telltales::CHART) {
                    continue;
                }
                if found.is_none() || is_lock {
                    found = Pinned::read(input.source, item).or(found);
                }
            }
        }
    }
    found
}

impl<'a> Reader<'a, '_> {
    pub(super) fn known_version(&self, layers: &[SourceId]) -> KnownVersion {
        if let Some(known) = self.context.versions.of(self.context.sources, layers) {
            return known;
        }
        if let Some(image) = self.image()
            && let Some((version, tag)) = image.version()
        {
            return KnownVersion::new(version, tag, "image tag");
        }
        let catalogue = self.context.catalogue;
        if let Some(chart) = self.chart {
            return KnownVersion {
                place: Some(chart.place),
                is_range: chart.is_range,
                ..KnownVersion::new(
                    catalogue.version_of_chart(chart.version),
                    chart.version.to_string(),
                    "chart version",
                )
            };
        }
        if self.root.is_old() {
            let layout = &catalogue.old_layout;
            let old_class = ["className", "containerRequestFilter"].iter().any(|key| {
                matches!(self.look(&format!("authorizer.{key}")), Found::Leaf(_, _))
                    && self
                        .leaf_text(&format!("authorizer.{key}"))
                        .is_some_and(|text| text.starts_with(&layout.old_package))
            });
            let version = if old_class { layout.with_old_package } else { layout.version };
            return KnownVersion::new(version, version.to_string(), "layout");
        }
        newest(catalogue)
    }

    /// The chart version that spellings are counted in: none where the files state no version or
    /// one that several charts deploy, and then each spelling of the layout may be meant.
    pub(super) fn spelling_version(&self) -> Option<Version> {
        self.chart.map(|chart| chart.version).or_else(|| {
            let is_stated = !matches!(self.version.from, "layout" | "assumed: newest known");
            let catalogue = self.context.catalogue;
            is_stated.then(|| catalogue.chart_numbered_as(self.version.version)).flatten()
        })
    }
}
