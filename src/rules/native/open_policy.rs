//! A network policy that lets anybody through to the server.

use super::{Hit, Mark};
use crate::rules::condition::Case;

pub(super) fn run(case: &Case<'_>, of_chart: bool) -> Vec<Hit> {
    let policies = case.deployment.evidence.policies.iter();
    let open =
        policies.filter(|policy| policy.of_chart == of_chart).filter_map(|policy| policy.open);
    open.map(|span| Hit { place: Some(Mark { span, text: String::new() }), ..Hit::default() })
        .collect()
}
