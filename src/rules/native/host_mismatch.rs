//! Two settings that must name the same host name different ones.

use crate::deployment::value::{GAP, State, Value};
use crate::rules::condition::Case;
use crate::rules::url::Url;

use super::Hit;

pub(super) fn run(case: &Case<'_>, left: &str, right: &str) -> Vec<Hit> {
    let host = |value: &Value| {
        let text = value.text.outline();
        let host = Url::parse(text.trim()).host.to_ascii_lowercase();
        let known = matches!(value.state, State::Written | State::Default);
        (known && !host.is_empty() && !host.contains(GAP)).then_some(host)
    };
    let (Some(one), Some(other)) = (host(case.value(left)), host(case.value(right))) else {
        return Vec::new();
    };
    if one == other { Vec::new() } else { vec![Hit::disagreement(case, left, right)] }
}
