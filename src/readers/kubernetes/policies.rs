//! NetworkPolicies for the server's pods: whether they let anybody through.

use std::collections::BTreeMap;

use crate::deployment::evidence::NetworkPolicy;
use crate::source::Span;

use super::super::bounds::MOST_PORTS;
use super::super::manifests::{DoorObject, Identity, Part, Scope, Workload, labels};
use super::Server;

impl<'a> Server<'a, '_> {
    /// The policies that choose the server's pods.
    pub(super) fn policies(&self, workload: &Workload<'a>) -> Vec<NetworkPolicy> {
        let home = workload.sources[0];
        if !self.context.room.allows(self.policies.len() / 8, home) {
            return Vec::new();
        }
        let chosen = self.policies.iter().filter(|policy| policy.chooses(workload));
        chosen
            .take(MOST_PORTS)
            .map(|Policy { door, open, .. }| NetworkPolicy {
                open: *open,
                of_chart: door.identity.chart().is_some() || is_beside(&door.identity, workload),
            })
            .collect()
    }
}

/// A policy of the scope, and whom it chooses.
pub(super) struct Policy<'s, 'a> {
    door: &'s DoorObject<'a>,
    wanted: BTreeMap<String, String>,
    open: Option<Span>,
}

impl<'s, 'a> Policy<'s, 'a> {
    /// All of them that can be followed.
    pub(super) fn of(scope: &'s Scope<'a>) -> Vec<Self> {
        let doors = scope.doors.iter();
        doors
            .filter(|door| door.identity.kind == "NetworkPolicy" && !door.is_hidden)
            .filter_map(|door| {
                let selector = door.at(&["spec", "podSelector"])?;
                let is_plain = selector.items("matchExpressions").is_empty();
                let wanted = labels(selector.get("matchLabels"));
                is_plain.then(|| Policy { door, wanted, open: open(door) })
            })
            .collect()
    }

    fn chooses(&self, workload: &Workload<'a>) -> bool {
        let namespaces = (&self.door.identity.namespace, &workload.identity.namespace);
        !matches!(namespaces, (Some(one), Some(other)) if one != other)
            && self.wanted.iter().all(|(key, value)| workload.labels.get(key) == Some(value))
    }
}

fn is_beside(policy: &Identity<'_>, workload: &Workload<'_>) -> bool {
    let label = workload.identity.chart_label().and_then(|label| label.text());
    policy
        .beside()
        .is_some_and(|(chart, name)| label == Some(chart) && workload.identity.is_named(name))
}

/// The rule that names nobody and so means everybody.
fn open(policy: &DoorObject<'_>) -> Option<Span> {
    let rules = policy.list(&["spec", "ingress"]).into_iter();
    let names_nobody = |rule: &Part<'_>| {
        rule.get("from").is_none_or(|from| {
            from.node.is_null() || from.node.is_seq() && from.node.items().is_empty()
        })
    };
    rules.filter(names_nobody).map(Part::span).next()
}
