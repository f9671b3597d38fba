//! Two settings that must hold the same text hold different ones. Only texts that files write
//! out are compared.

use crate::deployment::value::{State, Value};
use crate::rules::condition::Case;

use super::Hit;

pub(super) fn run(case: &Case<'_>, left: &str, right: &str) -> Vec<Hit> {
    let written = |value: &Value| {
        let text = value.text.outline();
        (value.state == State::Written && value.text.is_known() && !text.trim().is_empty())
            .then(|| text.trim().to_owned())
    };
    let (Some(one), Some(other)) = (written(case.value(left)), written(case.value(right))) else {
        return Vec::new();
    };
    if one == other { Vec::new() } else { vec![Hit::disagreement(case, left, right)] }
}
