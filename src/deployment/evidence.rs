//! What the files show of a deployment beside its settings: image, mounts, ports, files that
//! could not be read. Knows nothing of rules.

use crate::source::{SourceId, Span};

/// The server's image.
#[derive(Clone, Debug)]
pub struct Image {
    /// Registry and repository, without tag.
    pub repository: String,
    /// The tag, if the files show one.
    pub tag: Option<String>,
    /// OpenMetadata's own image, on whatever registry.
    pub official: bool,
    /// Where it is named.
    pub span: Span,
}

/// Whether a repository is OpenMetadata's server image, on any registry or mirror.
pub fn is_official_repository(repository: &str) -> bool {
    let path = repository.split('@').next().unwrap_or(repository).trim_end_matches('/');
    path.ends_with("openmetadata/server") || {
        let last = path.rsplit('/').next().unwrap_or(path);
        last == "openmetadata-server"
    }
}

/// Something laid over a path of the server's file system.
#[derive(Clone, Debug)]
pub struct Mount {
    /// The path in the container.
    pub target: String,
    /// What covers it.
    pub from: MountSource,
    /// Where it is written.
    pub span: Span,
}

/// What a mount brings.
#[derive(Clone, Debug)]
pub enum MountSource {
    /// A file that is among the sources.
    File(SourceId),
    /// A file, folder, volume or Secret that the files do not show.
    Unseen(String),
}

impl Mount {
    /// Whether the mount covers `path`, itself or with a folder above it.
    pub fn covers(&self, path: &str) -> bool {
        let target = self.target.trim_end_matches('/');
        path == target || path.strip_prefix(target).is_some_and(|rest| rest.starts_with('/'))
    }
}

/// A port that a service publishes on its host.
#[derive(Clone, Debug)]
pub struct Port {
    /// The service.
    pub service: String,
    /// The port in the container.
    pub container: u16,
    /// Reachable from other machines: not bound to a loopback address.
    pub outside: bool,
    /// Where it is written.
    pub span: Span,
}

/// Something wrong with a recognised file.
#[derive(Clone, Debug)]
pub enum Problem {
    /// The file could not be read as what it is.
    NotParsed {
        /// What the reader expected. Never holds text of the file.
        reason: String,
        /// Where it gave up.
        span: Span,
    },
    /// A key is written twice in one mapping; the last one counts.
    DuplicateKey {
        /// The key.
        key: String,
        /// The key that is overridden.
        first: Span,
        /// The key that counts.
        last: Span,
        /// It is a security setting and the values differ.
        conflicting: bool,
    },
}

/// Everything that is not a setting.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// The server's image.
    pub image: Option<Image>,
    /// What is mounted into the server.
    pub mounts: Vec<Mount>,
    /// Ports published by any service of the deployment.
    pub ports: Vec<Port>,
    /// Names of the services beside the server.
    pub services: Vec<String>,
    /// What is wrong with its files.
    pub problems: Vec<Problem>,
}
