//! The server trusts keys of a well-known identity provider that is not its own. The families
//! of hosts stand in `rules/patterns.yaml`.

use crate::deployment::value::{GAP, State};
use crate::deployment::version::Confidence;
use crate::rules::condition::{Case, Truth};
use crate::rules::schema::Predicate;
use crate::rules::url::Url;
use crate::source::Span;

use super::{Field, Hit};

pub(super) fn run(case: &Case<'_>, urls: &str, provider: &str, own: &[String]) -> Vec<Hit> {
    let patterns = &case.knowledge.patterns;
    let provider = case.value(provider);
    if provider.is_hidden() || !provider.text.is_known() {
        return Vec::new();
    }
    let provider = provider.text.outline();
    let mut own_hosts: Vec<String> = Vec::new();
    for path in own {
        let value = case.value(path);
        // What nobody wrote says nothing about whom the deployment means to trust, and neither
        // does what the chart wrote out.
        let as_shipped = case.meets(case.setting(path), value, &Predicate::Default);
        if as_shipped == Truth::True {
            continue;
        }
        let text = value.text.outline();
        let url = Url::parse(text.trim());
        match value.state {
            State::Default | State::Absent | State::Empty => {}
            // It may be the very provider whose keys are listed.
            _ if value.is_hidden() || url.host.contains(GAP) => return Vec::new(),
            _ => own_hosts.push(url.host.to_ascii_lowercase()),
        }
    }
    let own_families: Vec<&str> = own_hosts
        .iter()
        .filter_map(|host| patterns.identity_provider(host))
        .chain([provider.trim()])
        .collect();

    let list = case.value(urls);
    let mut foreign: Vec<Span> = Vec::new();
    for item in list.items.iter().flatten() {
        let text = item.outline();
        let host = Url::parse(text.trim()).host.to_ascii_lowercase();
        let is_foreign = !host.contains(GAP)
            && !own_hosts.contains(&host)
            && patterns.identity_provider(&host).is_some_and(|f| !own_families.contains(&f));
        if is_foreign {
            foreign.push(item.span());
        }
    }
    if foreign.is_empty() {
        return Vec::new();
    }
    // Behind a host of the company's own may stand a tenant of any provider.
    let known = own_families.iter().any(|family| patterns.is_identity_provider(family));
    let disguised = !known && !own_hosts.is_empty();
    vec![Hit {
        fields: vec![Field {
            id: case.setting(urls),
            spans: if list.state == State::Written { foreign } else { Vec::new() },
        }],
        confidence: disguised.then_some(Confidence::Medium),
        ..Hit::default()
    }]
}
