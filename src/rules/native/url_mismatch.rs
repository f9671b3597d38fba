//! One URL must be made of another: the JWKS and discovery URLs of the tenant that the
//! authority names. Host and path are compared; scheme, case and trailing slashes are not.

use crate::deployment::value::{Fragment, GAP, State};
use crate::rules::condition::Case;
use crate::rules::schema::Severity;
use crate::rules::url::Url;

use super::{Field, Hit};

pub(super) fn run(
    case: &Case<'_>,
    base: &str,
    suffix: &str,
    target: &str,
    custom_domain: bool,
) -> Vec<Hit> {
    let (base_id, target_id) = (case.setting(base), case.setting(target));
    let (base, target) = (case.value(base), case.value(target));
    let known = |state| matches!(state, State::Written | State::Default);
    let base_text = base.text.outline();
    if !known(base.state) || !known(target.state) || base_text.contains(GAP) {
        return Vec::new();
    }
    let wanted = format!("{}{suffix}", base_text.trim().trim_end_matches('/'));
    let wanted = Url::parse(&wanted).place();
    let single = [target.text.clone()];
    let entries: &[Fragment] = target.items.as_deref().unwrap_or(&single);
    if base_text.trim().is_empty() || entries.iter().all(|e| e.outline().trim().is_empty()) {
        return Vec::new();
    }
    // An entry that is not wholly known may be the right one.
    let settled = entries.iter().all(|entry| {
        let text = entry.outline();
        !text.contains(GAP) && Url::parse(text.trim()).place() != wanted
    });
    if !settled {
        return Vec::new();
    }
    let own = |text: &str| Url::parse(text).path.ends_with("/config/jwks");
    let others: Vec<&Fragment> = entries.iter().filter(|e| !own(e.outline().trim())).collect();
    let tenant = |host: &str| host.to_ascii_lowercase().ends_with(".auth0.com");
    let beside = custom_domain
        && others.iter().any(|entry| {
            let text = entry.outline();
            let url = Url::parse(text.trim());
            let mixed = tenant(url.host) != tenant(&wanted.0);
            mixed && url.path.trim_end_matches('/') == suffix
        });
    vec![Hit {
        fields: vec![
            Field {
                id: target_id,
                spans: if target.state == State::Written {
                    others.iter().map(|entry| entry.span()).collect()
                } else {
                    Vec::new()
                },
            },
            Field::whole(base_id),
        ],
        compares: true,
        severity: beside.then_some(Severity::Medium),
        ..Hit::default()
    }]
}
