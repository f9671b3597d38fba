//! NetworkPolicies for the server's pods: whether they let anybody through.

use crate::deployment::evidence::NetworkPolicy;

use super::super::manifests::{DoorObject, Identity, Part, Workload, labels};
use super::Server;

impl<'a> Server<'a, '_> {
    /// The policies that choose the server's pods.
    pub(super) fn policies(&self, workload: &Workload<'a>) -> Vec<NetworkPolicy> {
        let doors = self.scope.doors.iter();
        doors
            .filter(|door| door.identity.kind == "NetworkPolicy" && !door.is_hidden)
            .filter(|door| chooses(door, workload))
            .map(|door| NetworkPolicy {
                open: open(door),
                of_chart: door.identity.chart().is_some() || is_beside(&door.identity, workload),
            })
            .collect()
    }
}

fn is_beside(policy: &Identity<'_>, workload: &Workload<'_>) -> bool {
    let label = workload.identity.chart_label().and_then(|label| label.text());
    policy
        .beside()
        .is_some_and(|(chart, name)| label == Some(chart) && workload.identity.is_named(name))
}

fn chooses(policy: &DoorObject<'_>, workload: &Workload<'_>) -> bool {
    let namespaces = (&policy.identity.namespace, &workload.identity.namespace);
    let selector = policy.at(&["spec", "podSelector"]);
    let by_expression =
        selector.is_some_and(|selector| !selector.items("matchExpressions").is_empty());
    let wanted = labels(selector.and_then(|selector| selector.get("matchLabels")));
    selector.is_some()
        && !by_expression
        && !matches!(namespaces, (Some(one), Some(other)) if one != other)
        && wanted.iter().all(|(key, value)| workload.labels.get(key) == Some(value))
}

/// The rule that names nobody and so means everybody.
fn open(policy: &DoorObject<'_>) -> Option<crate::source::Span> {
    let rules = policy.list(&["spec", "ingress"]).into_iter();
    let names_nobody = |rule: &Part<'_>| {
        rule.get("from").is_none_or(|from| {
            from.node.is_null() || from.node.is_seq() && from.node.items().is_empty()
        })
    };
    rules.filter(names_nobody).map(Part::span).next()
}
