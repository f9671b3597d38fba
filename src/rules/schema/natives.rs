//! The checks that are written in code, with their parameters. Knows nothing of the code.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::Deserialize;

use super::Severity;

/// A check that needs code.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(
    tag = "name",
    deny_unknown_fields,
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    expecting = "a mapping such as { name: default-key-pair }"
)]
pub enum Native {
    /// The server signs with the pair that OpenMetadata ships.
    DefaultKeyPair {
        /// A pair that the user has retired, in place of OpenMetadata's; its bytes alone tell.
        #[serde(default)]
        retired: bool,
        /// The setting that holds the path of the public key, the trust anchor.
        public: String,
        /// The setting that holds the path of the private key.
        private: String,
        /// The chart's switch that, when off, leaves the image's paths in force.
        switch: String,
    },
    /// An URL is not what another URL makes it.
    UrlMismatch {
        /// The URL that is built upon.
        base: String,
        /// What is appended to it.
        suffix: String,
        /// The setting that must hold the result: as its value, or among its items.
        target: String,
        /// Only where the two URLs belong to this kind of host and another (see the rule).
        #[serde(default)]
        custom_domain: bool,
    },
    /// Two settings' URLs name different hosts.
    HostMismatch {
        /// One side.
        left: String,
        /// The other side.
        right: String,
    },
    /// Two settings that must hold the same text hold different ones.
    ValuesDiffer {
        /// One side.
        left: String,
        /// The other side.
        right: String,
    },
    /// A list of key URLs names a well-known identity provider that is not the deployment's.
    ForeignKeys {
        /// The list.
        urls: String,
        /// The setting that names the deployment's provider.
        provider: String,
        /// Settings that hold URLs of the deployment's own provider.
        own: Vec<String>,
    },
    /// Both key files are shown, and they are not halves of one pair.
    KeyMismatch {
        /// The setting that holds the path of the public key.
        public: String,
        /// The setting that holds the path of the private key.
        private: String,
    },
    /// A key of the server is one that can be forged, or that the server cannot use.
    WeakKey {},
    /// A private key of the server stands where more people can read it than must.
    PrivateKeyPlace {
        /// Where it stands.
        holder: KeyHolder,
    },
    /// The server is told to read keys from a path that nothing is laid over.
    UnmountedKeyPath {
        /// The setting that holds the path of the public key.
        public: String,
        /// The setting that holds the path of the private key.
        private: String,
    },
    /// A token that one of the known keys has signed, or that is known itself.
    TokenOfKnownKey {
        /// A pair that the user has retired, in place of OpenMetadata's.
        #[serde(default)]
        retired: bool,
    },
    /// A token that stands where OpenMetadata takes its own, or that says it is one.
    EmbeddedToken {
        /// Issuers that only OpenMetadata's tokens name.
        issuers: Vec<String>,
        /// Key ids that only OpenMetadata's tokens name.
        key_ids: Vec<String>,
        /// Values of the claim `tokenType` that only OpenMetadata uses.
        token_types: Vec<String>,
    },
    /// The version has holes that an advisory tells of (`rules/advisories.yaml`).
    KnownVulnerable {},
    /// A variable's name is nearly that of one which the server reads and which is not set.
    MisspeltVariable {
        /// How the names begin that are looked at.
        prefixes: Vec<String>,
        /// Names that the server reads, too, and that are no setting's.
        known: Vec<String>,
    },
    /// The job that migrates the database gets other values than the server.
    JobDiffers {
        /// The parts of the configuration that are compared.
        sections: Vec<String>,
        /// Settings of which a difference is worse, and how bad it is.
        worse: Vec<String>,
        /// How bad that is.
        severity: Severity,
    },
    /// A network policy lets anybody through to the server.
    OpenNetworkPolicy {
        /// Those that OpenMetadata's own chart rendered, or the others.
        of_chart: bool,
    },
    /// A client that is told not to sign in: it works only where the server asks nobody.
    OpenClient {},
    /// A recognised file that could not be read as what it is.
    NotParsed {},
    /// Something is wrong with a decision to accept findings.
    Waiver {
        /// What.
        fault: WaiverFault,
    },
    /// A key written twice in one mapping.
    DuplicateKey {
        /// Only where a security setting is written twice with different values.
        conflicting: bool,
    },
}

/// What may be wrong with a waiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaiverFault {
    /// It gives no reason.
    WithoutReason,
    /// It names a rule that is not there, or one that it cannot waive.
    UnknownRule,
    /// No finding is there that it could waive.
    Unused,
    /// Its last day is over.
    Expired,
}

/// Places of private keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyHolder {
    /// A file of the repository.
    Tree,
    /// A ConfigMap.
    ConfigMap,
    /// A mount whose written mode lets others read.
    WorldReadable,
}

impl Native {
    /// The settings that its parameters name.
    pub fn settings(&self) -> Vec<&str> {
        match self {
            Native::DefaultKeyPair { public, private, switch, .. } => {
                vec![public, private, switch]
            }
            Native::UrlMismatch { base, target, .. } => vec![base, target],
            Native::HostMismatch { left, right } | Native::ValuesDiffer { left, right } => {
                vec![left, right]
            }
            Native::ForeignKeys { urls, provider, own } => {
                [urls, provider].into_iter().chain(own).map(String::as_str).collect()
            }
            Native::KeyMismatch { public, private }
            | Native::UnmountedKeyPath { public, private } => vec![public, private],
            Native::NotParsed {}
            | Native::Waiver { .. }
            | Native::DuplicateKey { .. }
            | Native::WeakKey {}
            | Native::PrivateKeyPlace { .. }
            | Native::TokenOfKnownKey { .. }
            | Native::OpenClient {}
            | Native::KnownVulnerable {}
            | Native::MisspeltVariable { .. }
            | Native::JobDiffers { .. }
            | Native::OpenNetworkPolicy { .. }
            | Native::EmbeddedToken { .. } => Vec::new(),
        }
    }
}
