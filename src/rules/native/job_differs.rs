//! The job that migrates the database gets other values than the server that uses it.

use super::{Hit, Mark};
use crate::deployment::catalogue::SettingId;
use crate::deployment::value::{Fragment, State, Value};
use crate::rules::condition::Case;
use crate::rules::schema::Severity;

pub(super) fn run(
    case: &Case<'_>,
    sections: &[String],
    worse: &[String],
    severity: Severity,
) -> Vec<Hit> {
    let Some(job) = &case.deployment.migration else { return Vec::new() };
    let catalogue = &case.knowledge.catalogue;
    let compared = |(id, server): &(SettingId, &Value)| {
        let setting = catalogue.get(*id);
        sections.iter().any(|section| section == setting.top_level())
            && differ(server, job.get(*id))
    };
    let mut found: Vec<(SettingId, &Value)> = case.deployment.values().filter(compared).collect();
    let is_worse = |id: SettingId| worse.contains(&catalogue.get(id).path);
    found.sort_by_key(|(id, _)| !is_worse(*id));
    let Some((first, _)) = found.first().copied() else { return Vec::new() };
    let Some(span) = job.get(first).origin.span else { return Vec::new() };
    let name = |id: SettingId| case.deployment.spelling(catalogue, id);
    let names: Vec<String> = found.iter().map(|(id, _)| format!("`{}`", name(*id))).collect();
    let mut related = Vec::new();
    for (id, server) in found {
        for (place, whose) in
            [(server.origin.span, "the server"), (job.get(id).origin.span, "the job")]
        {
            if let Some(place) = place {
                related.push(Mark { span: place, text: format!("`{}` of {whose}", name(id)) });
            }
        }
    }
    vec![Hit {
        place: Some(Mark { span, text: String::new() }),
        related,
        severity: is_worse(first).then_some(severity),
        words: vec![("names", names.join(", "))],
        ..Hit::default()
    }]
}

/// Whether both are known and are not the same.
fn differ(server: &Value, job: &Value) -> bool {
    let known =
        |value: &Value| !value.is_hidden() && value.state != State::Absent && value.text.is_known();
    if !known(server) || !known(job) {
        return false;
    }
    if let (Some(one), Some(other)) = (&server.items, &job.items) {
        return !one.iter().map(Fragment::as_outline).eq(other.iter().map(Fragment::as_outline));
    }
    if server.text.as_outline() == job.text.as_outline() {
        return false;
    }
    let text = |value: &Value| {
        let text = value.text.unquoted().outline();
        // A mapping without entries says no more than none.
        if text.trim() == "{}" { String::new() } else { text }
    };
    text(server) != text(job)
}
