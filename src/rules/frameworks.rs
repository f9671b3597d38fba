//! The frameworks whose controls rules name. The build script compiles this file too, and
//! refuses a rule that names a control which is not in the table.

use std::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::Deserialize;

use super::schema::Texts;

/// The weaknesses that rules name by number are the controls of this framework.
pub const CWE: &str = "cwe";

/// `rules/frameworks.yaml`.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(transparent)]
pub struct Frameworks(BTreeMap<String, Framework>);

/// A standard, or a list of requirements.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct Framework {
    /// Its full name.
    pub title: String,
    /// The edition that the ids are of.
    pub version: Option<String>,
    /// Where it is published.
    pub source: String,
    /// All its numbers, as `5-9 11 13`, where a rule of the user's own may name more than `controls`.
    pub weaknesses: Option<String>,
    /// The controls that rules name, in the standard's order.
    pub controls: Vec<Control>,
}

/// One requirement of a framework.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// The standard's own id.
    pub id: String,
    /// The standard's own title.
    pub title: String,
    /// What it asks for, in our words, where the title does not say.
    pub about: Option<String>,
    /// What no file can show of it: without that, nobody can call it met.
    pub unseen: Option<String>,
}

impl Frameworks {
    /// The framework of that name.
    pub fn get(&self, name: &str) -> Option<&Framework> {
        self.0.get(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Framework)> {
        self.0.iter().map(|(name, framework)| (name.as_str(), framework))
    }

    /// What a rule names and the table does not have.
    pub fn problems(&self, texts: &Texts) -> Vec<String> {
        let mut problems = Vec::new();
        for (name, ids) in texts.controls() {
            let Some(framework) = self.get(name) else {
                let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
                problems.push(format!(
                    "`mappings: {name}` is no framework of rules/frameworks.yaml: expected one of {}",
                    known.join(", ")
                ));
                continue;
            };
            for id in ids {
                if framework.control(&id).is_none() {
                    problems.push(format!(
                        "`{id}` is no control of `{name}` in rules/frameworks.yaml: name another, or add it there with the title that the standard gives it"
                    ));
                }
            }
        }
        problems
    }
}

impl Framework {
    /// Whether the edition has a weakness of that number. What is above the last one may have come
    /// since.
    pub fn may_have(&self, number: u32) -> bool {
        let Some(list) = &self.weaknesses else { return true };
        let mut last = 0;
        for part in list.split_whitespace() {
            let (first, end) = part.split_once('-').unwrap_or((part, part));
            let (Ok(first), Ok(end)) = (first.parse(), end.parse()) else { continue };
            if (first..=end).contains(&number) {
                return true;
            }
            last = end;
        }
        (last + 1..10_000).contains(&number)
    }

    /// The control with that id.
    pub fn control(&self, id: &str) -> Option<&Control> {
        self.controls.iter().find(|control| control.id == id)
    }
}

impl Texts {
    /// The controls that a finding violates, by framework, weaknesses included.
    pub fn controls(&self) -> impl Iterator<Item = (&str, Vec<String>)> {
        let weaknesses: Vec<String> = self.cwe.iter().map(|n| format!("CWE-{n}")).collect();
        self.mappings
            .iter()
            .map(|(name, ids)| (name.as_str(), ids.clone()))
            .chain((!weaknesses.is_empty()).then_some((CWE, weaknesses)))
    }
}
