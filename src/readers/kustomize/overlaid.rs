//! Resources that wrap values of a chart, and charts themselves, as kustomizations and Flux's
//! own Kustomizations leave them. Knows nothing of the values.

use std::collections::{BTreeSet, HashMap};

use crate::source::SourceId;

use super::super::Role;
use super::super::compose::Context;
use super::super::manifests::{Charts, Part, Scope, Store, Wrapper};
use super::{Builder, Inline, outers};

/// What wraps values of a chart, as kustomizations leave it.
#[derive(Default)]
pub(in super::super) struct Overlaid<'a> {
    /// By where they stand, each with the kustomization on which no other one builds.
    pub wrappers: HashMap<(SourceId, usize), Vec<(SourceId, Wrapper<'a>)>>,
    /// The Secrets and ConfigMaps that such a kustomization builds beside them.
    pub stores: HashMap<SourceId, Vec<Store<'a>>>,
    /// Charts that kustomizations render, the same.
    pub charts: Vec<(SourceId, Charts<'a>)>,
    /// Files that hold patches and no resources.
    pub patches: BTreeSet<SourceId>,
}

/// Everything that wraps values of a chart and is part of some kustomization.
pub(in super::super) fn overlaid<'a>(context: &Context<'a>, inline: &'a Inline) -> Overlaid<'a> {
    let mut overlaid = Overlaid::default();
    let mut wrappers = Vec::new();
    let mut inner = BTreeSet::new();
    let mut take = |source: SourceId, scope: Scope<'a>, builder: Builder<'a, '_>| {
        inner.extend(builder.inner);
        overlaid.patches.extend(builder.patches);
        if !scope.wrappers.is_empty() || !scope.charts.is_empty() {
            overlaid.stores.insert(source, scope.stores);
        }
        wrappers.extend(scope.wrappers.into_iter().map(|it| (source, it)));
        overlaid.charts.extend(scope.charts.into_iter().map(|it| (source, it)));
    };
    for input in context.inputs.iter() {
        match (input.role, input.tree()) {
            (Role::Kustomization, _) => {
                let mut builder = Builder::new(context, inline);
                let scope = builder.build(input);
                take(input.source, scope, builder);
            }
            (Role::Manifests, Some(tree)) => {
                for outer in tree.documents().flat_map(outers) {
                    let mut builder = Builder::new(context, inline);
                    if let Some(scope) = builder.outer(outer, input.source) {
                        take(input.source, scope, builder);
                    }
                }
            }
            _ => {}
        }
    }
    overlaid.charts.retain(|(main, _)| !inner.contains(main));
    overlaid.stores.retain(|main, _| !inner.contains(main));
    for (main, wrapper) in wrappers.into_iter().filter(|(main, _)| !inner.contains(main)) {
        let Part { node, source } = wrapper.manifest;
        overlaid.patches.remove(&source);
        let place = (source, node.range().start);
        overlaid.wrappers.entry(place).or_default().push((main, wrapper));
    }
    overlaid
}
