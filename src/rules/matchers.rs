//! Words of rule files for what is not a setting: ways to ports, and mounts. The build script
//! compiles this file too. Knows nothing of deployments.

use serde::Deserialize;

use crate::deployment::reach::{Door, Reach};

use super::schema::Pattern;

/// Ways from other machines to ports. What is left out does not matter.
#[derive(Clone, Debug, Deserialize)]
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
#[derive(Clone, Debug, Deserialize)]
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

/// Whose ports or mounts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
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
