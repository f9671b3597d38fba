//! Checks that need code, one file each. They look at the deployment and say what they flag;
//! severity, texts and what supersedes what stay in the rule files.

mod default_key_pair;
mod duplicate_key;
mod foreign_keys;
mod host_mismatch;
mod job_differs;
mod key_files;
mod known_vulnerable;
mod misspelt;
mod not_parsed;
mod open_client;
mod open_policy;
mod token;
mod url_mismatch;
mod values_differ;

use crate::deployment::catalogue::SettingId;
use crate::deployment::evidence::Loose;
use crate::deployment::version::Confidence;
use crate::source::{SourceId, Sources, Span};

use super::Knowledge;
use super::condition::Case;
use super::proofs::Proofs;
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
    /// It is no less severe in a template or in documentation.
    pub real: bool,
}

impl Hit {
    /// Two settings that do not go together: losing one side loses the finding.
    fn disagreement(case: &Case<'_>, left: &str, right: &str) -> Self {
        Hit {
            fields: vec![Field::whole(case.setting(left)), Field::whole(case.setting(right))],
            compares: true,
            ..Hit::default()
        }
    }
}

/// What a file shows by itself, under judgement.
pub struct LooseCase<'a> {
    /// What is known about OpenMetadata.
    pub knowledge: &'a Knowledge,
    /// The files.
    pub sources: &'a Sources,
    /// The file.
    pub source: SourceId,
    /// What it shows.
    pub loose: &'a Loose,
    /// Who has signed its tokens.
    pub proofs: &'a Proofs<'a>,
    /// It stands beside a public key or a file of some deployment.
    pub beside_ours: bool,
    /// The time of the run, in seconds since 1970.
    pub now: i64,
}

/// Whether a check looks at a server, and not only at how its files are written.
pub fn is_about_a_server(native: &Native) -> bool {
    !matches!(native, Native::NotParsed {} | Native::DuplicateKey { .. })
}

/// Runs a check on a deployment.
pub fn run(native: &Native, case: &Case<'_>) -> Vec<Hit> {
    // Code about a server has nothing to look at; what is wrong with a file is wrong anyway.
    if case.deployment.without_server && is_about_a_server(native) {
        return Vec::new();
    }
    match native {
        Native::DefaultKeyPair { retired: true, public, private, .. } => {
            default_key_pair::run_by_bytes(case, public, private)
        }
        Native::DefaultKeyPair { retired: false, public, private, switch } => {
            default_key_pair::run(case, public, private, switch)
        }
        Native::UrlMismatch { base, suffix, target, custom_domain } => {
            url_mismatch::run(case, base, suffix, target, *custom_domain)
        }
        Native::HostMismatch { left, right } => host_mismatch::run(case, left, right),
        Native::ValuesDiffer { left, right } => values_differ::run(case, left, right),
        Native::ForeignKeys { urls, provider, own } => foreign_keys::run(case, urls, provider, own),
        Native::KeyMismatch { public, private } => key_files::mismatch(case, public, private),
        Native::UnmountedKeyPath { public, private } => key_files::unmounted(case, public, private),
        Native::WeakKey {} => key_files::weak(case),
        Native::PrivateKeyPlace { holder } => key_files::private_place(case, *holder),
        Native::NotParsed {} => not_parsed::run(&case.deployment.evidence.problems),
        Native::DuplicateKey { conflicting } => {
            duplicate_key::run(&case.deployment.evidence.problems, *conflicting)
        }
        Native::KnownVulnerable {} => known_vulnerable::run(case),
        Native::MisspeltVariable { prefixes, known } => misspelt::run(case, prefixes, known),
        Native::JobDiffers { sections, worse, severity } => {
            job_differs::run(case, sections, worse, *severity)
        }
        Native::OpenNetworkPolicy { of_chart } => open_policy::run(case, *of_chart),
        // A token or a client is the file's, whatever deployment the file is part of; what is
        // wrong with waivers is known when everything else is found.
        Native::TokenOfKnownKey { .. }
        | Native::EmbeddedToken { .. }
        | Native::OpenClient {}
        | Native::Waiver { .. } => Vec::new(),
    }
}

/// What a check that found nothing could not see, if that might have made it speak.
pub fn unseen(native: &Native, case: &Case<'_>) -> Option<&'static str> {
    let is_unseen = match native {
        Native::DefaultKeyPair { public, private, .. }
        | Native::KeyMismatch { public, private } => {
            [public, private].into_iter().any(|setting| key_files::is_unseen(case, setting))
        }
        Native::WeakKey {} => key_files::are_unseen(case),
        other => {
            let mut values = other.settings().into_iter().map(|path| case.value(path));
            return values
                .any(|value| value.is_hidden() || !value.text.is_known())
                .then_some("the value comes from outside these files");
        }
    };
    is_unseen.then_some("the server's key files are not among these files")
}

/// Runs a check on what a file shows by itself.
pub fn run_loose(native: &Native, case: &LooseCase<'_>) -> Vec<Hit> {
    match native {
        Native::DefaultKeyPair { retired, .. } => default_key_pair::run_loose(case, *retired),
        Native::WeakKey {} => key_files::weak_loose(case),
        Native::PrivateKeyPlace { holder } => key_files::private_place_loose(case, *holder),
        Native::TokenOfKnownKey { retired } => token::of_known_key(case, *retired),
        Native::EmbeddedToken { issuers, key_ids, token_types } => {
            token::embedded(case, issuers, key_ids, token_types)
        }
        Native::OpenClient {} => open_client::run(case),
        Native::NotParsed {} => not_parsed::run(&case.loose.problems),
        Native::DuplicateKey { conflicting } => {
            duplicate_key::run(&case.loose.problems, *conflicting)
        }
        Native::Waiver { .. }
        | Native::KnownVulnerable {}
        | Native::MisspeltVariable { .. }
        | Native::JobDiffers { .. }
        | Native::OpenNetworkPolicy { .. }
        | Native::UrlMismatch { .. }
        | Native::HostMismatch { .. }
        | Native::ValuesDiffer { .. }
        | Native::ForeignKeys { .. }
        | Native::KeyMismatch { .. }
        | Native::UnmountedKeyPath { .. } => Vec::new(),
    }
}
