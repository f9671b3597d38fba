//! Words of rule files for what is not a setting: ways to ports, mounts, the image, variables by
//! their names, keys by their paths. The build script compiles this file too. Knows nothing of
//! deployments.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::Deserialize;

use crate::deployment::reach::{Door, Reach};
use crate::deployment::version::VersionRange;

use super::schema::Pattern;

/// Ways from other machines to ports. What is left out does not matter.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PortMatch {
    /// Whose ports.
    pub of: Owner,
    /// Some of these words stands in a name or in the image of the service.
    #[serde(default)]
    pub named: Vec<String>,
    /// The ports in the container; all if neither this nor `setting` is given.
    #[serde(default)]
    pub number: Vec<u16>,
    /// The setting that holds the port in the container.
    pub setting: Option<String>,
    /// What leads there.
    #[serde(default)]
    pub through: Vec<Door>,
    /// From where.
    #[serde(default)]
    pub reach: Vec<Reach>,
    /// Whether the door speaks TLS.
    pub tls: Option<bool>,
}

/// Mounts into containers.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MountMatch {
    /// Whose: `server` or `neighbours`.
    pub of: Owner,
    /// Some of these words stands in a name or in the image of the service.
    #[serde(default)]
    pub named: Vec<String>,
    /// What is mounted.
    pub from: Pattern,
}

/// An image that no digest pins.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ImageMatch {
    /// Its tag; empty where none is written.
    pub tag: Pattern,
}

/// A variable by its name, whatever its value.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VariableMatch {
    /// Its name; a `*` at the end stands for any rest.
    pub name: String,
    /// The versions of the server for which it is meant.
    pub version: Option<VersionRange>,
    /// What to say of it: what to write instead, or why it does nothing.
    pub instead: String,
}

impl VariableMatch {
    /// Whether it is meant.
    pub fn fits(&self, name: &str) -> bool {
        match self.name.strip_suffix('*') {
            Some(begin) => name.starts_with(begin),
            None => name == self.name,
        }
    }
}

/// A key in the values of the chart.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KeyMatch {
    /// Its path below the chart's root.
    pub path: String,
    /// Where it belongs.
    pub instead: String,
    /// The chart's schema refuses it; otherwise the chart does not look at it.
    #[serde(default)]
    pub refused: bool,
}

/// Whose ports or mounts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(try_from = "WrittenOwner")]
pub enum Owner {
    /// The server's own.
    Server,
    /// Those of the services beside it.
    Neighbours,
    /// Those of the service that the host in this setting names.
    Host(String),
}

impl PortMatch {
    /// The settings that it names.
    pub fn settings(&self) -> impl Iterator<Item = &str> {
        let host = match &self.of {
            Owner::Host(path) => Some(path.as_str()),
            _ => None,
        };
        host.into_iter().chain(self.setting.as_deref())
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenOwner {
    Word(String),
    Host { host: String },
}

impl TryFrom<WrittenOwner> for Owner {
    type Error = String;

    fn try_from(written: WrittenOwner) -> Result<Owner, String> {
        match written {
            WrittenOwner::Host { host } => Ok(Owner::Host(host)),
            WrittenOwner::Word(word) => match word.as_str() {
                "server" => Ok(Owner::Server),
                "neighbours" => Ok(Owner::Neighbours),
                _ => Err(format!(
                    "`{word}` owns no ports: expected `server`, `neighbours` or `{{ host: SETTING }}`"
                )),
            },
        }
    }
}
