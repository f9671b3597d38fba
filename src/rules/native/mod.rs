//! Checks that need code, one file each. They look at the deployment and say what they flag;
//! severity, texts and what supersedes what stay in the rule files.

mod default_key_pair;
mod duplicate_key;
mod host_mismatch;
mod not_parsed;
mod url_mismatch;

use crate::deployment::catalogue::SettingId;
use crate::deployment::evidence::Problem;
use crate::deployment::version::Confidence;
use crate::source::Span;

use super::condition::Case;
use super::schema::{Native, Severity};

/// A place with words.
#[derive(Clone, Debug)]
pub struct Mark {
    /// Where.
    pub span: Span,
    /// What the label says.
    pub text: String,
}

/// A flagged setting.
#[derive(Clone, Debug)]
pub struct Field {
    /// The setting.
    pub id: SettingId,
    /// The characters that are wrong, where that is less than the whole value.
    pub spans: Vec<Span>,
}

impl Field {
    /// The whole value of a setting.
    pub fn whole(id: SettingId) -> Self {
        Field { id, spans: Vec::new() }
    }
}

/// What a check found.
#[derive(Clone, Debug, Default)]
pub struct Hit {
    /// Flagged settings, the one to change first.
    pub fields: Vec<Field>,
    /// The settings that made the check look.
    pub reasons: Vec<SettingId>,
    /// The place, where it is no setting's.
    pub place: Option<Mark>,
    /// More places.
    pub related: Vec<Mark>,
    /// More words for the rule's texts.
    pub words: Vec<(&'static str, String)>,
    /// Losing one field loses the finding: it compares.
    pub compares: bool,
    /// Differs from the rule's severity.
    pub severity: Option<Severity>,
    /// At most this sure.
    pub confidence: Option<Confidence>,
}

/// Runs a check on a deployment.
pub fn run(native: &Native, case: &Case<'_>) -> Vec<Hit> {
    match native {
        Native::DefaultKeyPair { public, private, switch } => {
            default_key_pair::run(case, public, private, switch)
        }
        Native::UrlMismatch { base, suffix, target, custom_domain } => {
            url_mismatch::run(case, base, suffix, target, *custom_domain)
        }
        Native::HostMismatch { left, right } => host_mismatch::run(case, left, right),
        Native::NotParsed {} | Native::DuplicateKey { .. } => {
            run_on_problems(native, &case.deployment.evidence.problems)
        }
    }
}

/// Runs a check on what is wrong with files, whether a deployment came of them or not.
pub fn run_on_problems(native: &Native, problems: &[Problem]) -> Vec<Hit> {
    match native {
        Native::NotParsed {} => not_parsed::run(problems),
        Native::DuplicateKey { conflicting } => duplicate_key::run(problems, *conflicting),
        _ => Vec::new(),
    }
}
