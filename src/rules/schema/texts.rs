//! What a rule file says to people, and the examples that its tests run. Knows nothing of
//! checks.

use std::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::Deserialize;

use super::Severity;

/// What a rule says to people.
#[derive(Clone, Debug, Deserialize, serde::Serialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Texts {
    /// The rule in one line.
    pub summary: String,
    /// Why it matters.
    pub why: String,
    /// What the finding says; `{name}`, `{value}`, `{default}`, `{provider}` and `{version}` are filled in.
    pub message: String,
    /// The same where nothing sets the setting; a general text with the summary if absent.
    pub message_unset: Option<String>,
    /// What the label under the characters says where they are written out.
    pub label: String,
    /// The same where nothing is written; a general text if absent.
    pub label_unset: Option<String>,
    /// What the label on each setting in `when` says; a general text if absent.
    #[serde(default)]
    pub because: BTreeMap<String, String>,
    /// When a finding has another severity than the rule's own: `low: it has expired`.
    #[serde(default)]
    pub levels: BTreeMap<Severity, String>,
    /// Why a finding of less than high confidence may be none, in words that follow "because".
    pub doubt: Option<String>,
    /// What to do.
    pub remedy: Remedy,
    /// Pages that say more.
    #[serde(default)]
    pub references: Vec<String>,
    /// Numbers of the Common Weakness Enumeration.
    #[serde(default)]
    pub cwe: Vec<u32>,
    /// Controls that a finding violates, by framework: `nist-800-53: [SC-12]`.
    #[serde(default)]
    pub mappings: BTreeMap<String, Vec<String>>,
    /// What the rule's own tests run and its page shows. Of rules that are built in none are kept
    /// here: `Knowledge::examples` has them all.
    pub(in crate::rules) examples: Examples,
}

/// A remedy's value as people read it, with its marks said in words.
pub fn legible(value: &str) -> String {
    match value.strip_prefix("{folder of ").and_then(|rest| rest.split_once('}')) {
        Some((setting, rest)) => format!("<folder of {setting}>{rest}"),
        None => value
            .replace("{uuid}", "<a random UUID>")
            .replace("{secret}", "<a secret of your own, from outside the repository>"),
    }
}

/// The name of a kind of deployment in a sentence.
pub fn spoken(kind: &str) -> &str {
    match kind {
        "env" => "an environment file",
        "helm" => "Helm values",
        "kubernetes" => "Kubernetes manifests",
        other => other,
    }
}

/// The kinds of deployments, by their names in rule files.
pub(super) const KINDS: [&str; 5] = ["compose", "env", "helm", "kubernetes", "openmetadata.yaml"];

/// What to do about a finding.
#[derive(Clone, Debug, Deserialize, serde::Serialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Remedy {
    /// In words.
    pub say: String,
    /// What to add for one kind of deployment: `helm: The chart takes it from a Secret.`
    #[serde(default, skip_serializing_if = "Also::is_empty")]
    pub also: Also,
    /// What to write in place of the characters where they belong to no setting; words in braces
    /// are those of the message, and where one of them is not known there is nothing to write.
    pub here: Option<String>,
    /// What to write elsewhere at the same time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<Beside>,
    /// Values to write, by setting; `{uuid}` is replaced by one made for the place, and
    /// `{folder of SETTING}` by the folder of the file that a setting names.
    #[serde(default)]
    pub set: BTreeMap<String, String>,
}

/// Text that belongs elsewhere in files of one kind, where no setting is.
#[derive(Clone, Debug, Deserialize, serde::Serialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct Beside {
    /// The kind of deployment, by its name in rule files.
    pub kind: String,
    /// Where, in words that follow "Write".
    pub place: String,
    /// What.
    pub text: String,
}

/// Words that make sense for one kind of deployment only.
#[derive(
    Clone, Debug, Default, Deserialize, serde::Serialize, BorshSerialize, BorshDeserialize,
)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Also {
    #[serde(skip_serializing_if = "Option::is_none")]
    compose: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    env: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    helm: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kubernetes: Option<String>,
    #[serde(rename = "openmetadata.yaml", skip_serializing_if = "Option::is_none")]
    server_file: Option<String>,
}

impl Also {
    /// For a kind of deployment, by its name in rule files.
    pub fn of(&self, kind: &str) -> Option<&str> {
        let text = match kind {
            "compose" => &self.compose,
            "env" => &self.env,
            "helm" => &self.helm,
            "kubernetes" => &self.kubernetes,
            "openmetadata.yaml" => &self.server_file,
            _ => &None,
        };
        text.as_deref().map(str::trim)
    }

    /// For whom, and what; what is the same for several is said once.
    pub fn all(&self) -> Vec<(String, &str)> {
        let mut said: Vec<(String, &str)> = Vec::new();
        for kind in KINDS {
            let Some(text) = self.of(kind) else { continue };
            let name = spoken(kind);
            match said.iter_mut().find(|(_, other)| *other == text) {
                Some((names, _)) => names.push_str(&format!(" and {name}")),
                None => said.push((name.to_owned(), text)),
            }
        }
        said
    }

    fn is_empty(&self) -> bool {
        self.all().is_empty()
    }
}

/// Whole files on which the rule must speak, and on which it must not.
#[derive(Clone, Debug, Deserialize, serde::Serialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct Examples {
    /// The rule speaks.
    pub bad: Vec<Example>,
    /// The rule is silent.
    pub good: Vec<Example>,
}

/// One small deployment.
#[derive(Clone, Debug, Deserialize, serde::Serialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// Its files: path and text.
    pub files: BTreeMap<String, String>,
    /// The text under each finding's primary span, in order.
    #[serde(default)]
    pub flags: Vec<String>,
    /// Severities of the findings, where they depend on conditions.
    #[serde(default)]
    pub severities: Vec<Severity>,
}
