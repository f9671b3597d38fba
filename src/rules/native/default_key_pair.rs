//! The server signs with the key pair that OpenMetadata ships: its public path is the shipped
//! one, written or by default, and nothing is mounted over it.

use crate::deployment::value::State;
use crate::deployment::version::Confidence;
use crate::rules::condition::{Case, Truth};
use crate::rules::schema::{Fact, Predicate};

use super::{Field, Hit, Mark};

pub(super) fn run(case: &Case<'_>, public: &str, private: &str, switch: &str) -> Vec<Hit> {
    let shipped = |setting: &str| {
        let value = case.value(setting);
        let text = value.text.unquoted().outline();
        matches!(value.state, State::Written | State::Default)
            && value.text.is_known()
            && case.knowledge.patterns.is_shipped_key_path(&text)
            && case.covering_mount(&text).is_none()
    };
    if !shipped(public) {
        return Vec::new();
    }
    let official = case.holds(&crate::rules::schema::Condition::Fact(Fact::OfficialImage));
    let mut hit = Hit {
        fields: vec![Field::whole(case.setting(public))],
        confidence: (official != Truth::True).then_some(Confidence::Medium),
        ..Hit::default()
    };
    let private_id = case.setting(private);
    if shipped(private) {
        hit.fields.push(Field::whole(private_id));
    }
    let off = case.value(switch);
    let is_off = case.meets(case.setting(switch), off, &Predicate::Equals(vec!["false".into()]));
    if is_off == Truth::True
        && let Some(span) = off.origin.span
    {
        hit.related.push(Mark {
            span,
            text: "with this off the chart sets no key paths, so the image's own pair is in force"
                .into(),
        });
    }
    vec![hit]
}
