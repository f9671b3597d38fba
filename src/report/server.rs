//! What every report says of a deployment before it comes to its own matter.

use serde::Serialize;

use crate::deployment::Deployment;
use crate::source::Sources;
use crate::source::mask::plain;

/// A deployment: what it is, what it was read from, and what its files do not show.
#[derive(Serialize)]
pub(super) struct Server {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) version: String,
    pub(super) version_from: &'static str,
    pub(super) sources: Vec<String>,
    pub(super) remarks: Vec<String>,
    pub(super) cannot_tell: Vec<String>,
}

impl Server {
    /// In the words of the files, for a format that makes every character visible by itself.
    pub(super) fn new(sources: &Sources, deployment: &Deployment, cannot_tell: &[String]) -> Self {
        let paths = deployment.sources.iter().map(|&id| sources.get(id).path.clone());
        Server {
            id: deployment.id.clone(),
            kind: deployment.kind.name(),
            version: plain(&deployment.version.text),
            version_from: deployment.version.from,
            sources: paths.collect(),
            remarks: deployment.remarks.clone(),
            cannot_tell: cannot_tell.to_vec(),
        }
    }

    /// With nothing in it that moves a cursor or turns the direction of writing.
    pub(super) fn plain(self) -> Self {
        let all = |texts: Vec<String>| texts.iter().map(|text| plain(text)).collect();
        Server {
            id: plain(&self.id),
            sources: all(self.sources),
            remarks: all(self.remarks),
            cannot_tell: all(self.cannot_tell),
            ..self
        }
    }
}
