//! Advisories about OpenMetadata (`rules/advisories.yaml`): which versions have which hole. The
//! build script compiles this file too. Knows nothing of deployments.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::Deserialize;

use crate::deployment::version::Version;

use super::schema::{Condition, Severity};

/// All of them.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct Advisories {
    /// Each one.
    #[serde(rename = "advisories")]
    pub list: Vec<Advisory>,
}

/// One hole.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct Advisory {
    /// Its CVE number.
    pub id: String,
    /// The advisory of the project, where its number is known.
    pub ghsa: Option<String>,
    /// What it is, in a few words.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// The first version that has it, if not the first of all.
    pub since: Option<Version>,
    /// The first version that does not have it any more.
    pub fixed: Version,
    /// What else must hold for it to matter.
    #[serde(default)]
    pub when: Condition,
    /// Where this is said.
    pub source: String,
}

impl Advisory {
    /// Whether a version has the hole.
    pub fn affects(&self, version: Version) -> bool {
        version < self.fixed && self.since.is_none_or(|since| version >= since)
    }
}
