//! Tables that rules share: words of documentation, kinds of hosts, what files cannot show.
//! The build script compiles this file too.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::Deserialize;

use super::schema::{Condition, Pattern};

/// `rules/patterns.yaml`.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Patterns {
    placeholder: Placeholders,
    example_domains: Vec<String>,
    example_suffixes: Vec<String>,
    hosts: Hosts,
    key_files: KeyFiles,
    identity_providers: Vec<IdentityProvider>,
}

/// A well-known provider and the hosts at which it stands.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
struct IdentityProvider {
    provider: String,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    prefixes: Vec<String>,
    #[serde(default)]
    suffixes: Vec<String>,
}

#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
struct KeyFiles {
    shipped: Pattern,
    folder: String,
}

#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
struct Placeholders {
    segment: Vec<Pattern>,
    whole: Vec<Pattern>,
    text: Vec<String>,
}

#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Hosts {
    loopback: Vec<String>,
    loopback_prefixes: Vec<String>,
    loopback_suffixes: Vec<String>,
    in_cluster: Vec<String>,
    in_cluster_suffixes: Vec<String>,
    in_cluster_infixes: Vec<String>,
}

/// `rules/cannot-tell.yaml`.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// In the order in which they are said.
    pub limits: Vec<Limit>,
}

/// Something that files cannot show.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// For which deployments.
    #[serde(default)]
    pub when: Condition,
    /// What to tell the user.
    pub text: String,
}

impl Patterns {
    /// Whether one host label or path segment is a stand-in.
    pub fn is_placeholder_segment(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        self.placeholder.segment.iter().any(|pattern| pattern.is_match(&text))
    }

    /// Whether a whole value is a stand-in.
    pub fn is_placeholder_whole(&self, text: &str) -> bool {
        let lower = text.to_ascii_lowercase();
        self.is_placeholder_segment(&lower)
            || self.placeholder.whole.iter().any(|pattern| pattern.is_match(&lower))
    }

    /// Whether the text holds a name from the manual's own examples.
    pub fn holds_manual_example(&self, text: &str) -> bool {
        let lower = text.to_ascii_lowercase();
        self.placeholder.text.iter().any(|example| lower.contains(example.as_str()))
    }

    /// Whether the host is reserved for documentation.
    pub fn is_example_host(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.example_domains
            .iter()
            .any(|domain| host == *domain || host.ends_with(&format!(".{domain}")))
            || self.example_suffixes.iter().any(|suffix| host.ends_with(suffix.as_str()))
    }

    /// Whether the host is the machine itself.
    pub fn is_loopback(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.hosts.loopback.contains(&host)
            || self.hosts.loopback_prefixes.iter().any(|p| host.starts_with(p.as_str()))
            || self.hosts.loopback_suffixes.iter().any(|s| host.ends_with(s.as_str()))
    }

    /// The well-known identity provider that stands at the host, as OpenMetadata calls it.
    pub fn identity_provider(&self, host: &str) -> Option<&str> {
        let host = host.to_ascii_lowercase();
        self.identity_providers
            .iter()
            .find(|family| {
                family.hosts.contains(&host)
                    || family.prefixes.iter().any(|p| host.starts_with(p.as_str()))
                    || family.suffixes.iter().any(|s| host.ends_with(s.as_str()))
            })
            .map(|family| family.provider.as_str())
    }

    /// Whether the provider is one whose hosts are known.
    pub fn is_identity_provider(&self, provider: &str) -> bool {
        self.identity_providers.iter().any(|family| family.provider == provider)
    }

    /// Whether the image ships a key at this path.
    pub fn is_shipped_key_path(&self, path: &str) -> bool {
        self.key_files.shipped.is_match(&plain_path(path))
    }

    /// The path as the image's file system has it.
    pub fn absolute_key_path(&self, path: &str) -> String {
        let path = plain_path(path);
        if path.starts_with('/') { path } else { format!("{}/{path}", self.key_files.folder) }
    }

    /// Whether only the cluster, or the compose network with these services, knows the host.
    pub fn is_in_cluster(&self, host: &str, services: &[String]) -> bool {
        let host = host.to_ascii_lowercase();
        self.is_loopback(&host)
            || !host.contains(['.', ':'])
            || services.iter().any(|service| service.eq_ignore_ascii_case(&host))
            || self.hosts.in_cluster.contains(&host)
            || self.hosts.in_cluster_suffixes.iter().any(|s| host.ends_with(s.as_str()))
            || self.hosts.in_cluster_infixes.iter().any(|s| host.contains(s.as_str()))
    }
}

/// A path without `.`, `..` and doubled slashes.
fn plain_path(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.trim().split('/') {
        match part {
            "" | "." => {}
            ".." if !parts.is_empty() => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    let joined = parts.join("/");
    if path.trim().starts_with('/') { format!("/{joined}") } else { joined }
}
