//! One violation of one rule, in words and places.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::deployment::version::Confidence;
use crate::rules::schema::Severity;
use crate::source::{Sources, Span};

/// A place and what to say about it.
#[derive(Clone, Debug)]
pub struct Label {
    /// The characters.
    pub span: Span,
    /// What is to be said about them.
    pub message: String,
}

/// Labels beside the primary one. More would be read by nobody.
pub const MOST_RELATED: usize = 30;

/// One violation of one rule by one or more deployments.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule's id.
    pub rule: String,
    /// How bad if true.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Ids of the deployments.
    pub deployments: Vec<String>,
    /// What is wrong, in a sentence.
    pub message: String,
    /// The setting, where it is about one.
    pub setting: Option<String>,
    /// The characters to change.
    pub primary: Label,
    /// Why it matters here.
    pub related: Vec<Label>,
    /// Text to paste at the primary label: in place of what stands there, or below it where
    /// nothing is set. Empty where there is nothing to write.
    pub remedy: String,
    /// What to do, in words.
    pub advice: String,
    /// Same thing, same fingerprint: no positions and no values.
    pub fingerprint: String,
    /// Informs only: a template or documentation.
    pub illustrative: bool,
}

impl Finding {
    /// Takes in the same finding of another deployment.
    pub fn absorb(&mut self, other: Finding) {
        for id in other.deployments {
            if !self.deployments.contains(&id) {
                self.deployments.push(id);
            }
        }
        for label in other.related {
            if self.related.len() < MOST_RELATED
                && self.related.iter().all(|known| known.span != label.span)
            {
                self.related.push(label);
            }
        }
        self.severity = self.severity.max(other.severity);
        self.confidence = self.confidence.max(other.confidence);
        self.illustrative &= other.illustrative;
    }
}

/// Gives every finding its fingerprint: rule, path, setting and which of several it is.
pub fn number(findings: &mut [Finding], sources: &Sources) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for finding in findings {
        let path = &sources.get(finding.primary.span.source).path;
        let setting = finding.setting.as_deref().unwrap_or("");
        let place = format!("omlint/v1\0{}\0{path}\0{setting}", finding.rule);
        let occurrence = seen.entry(place.clone()).or_insert(0);
        let digest = Sha256::digest(format!("{place}\0{occurrence}"));
        *occurrence += 1;
        finding.fingerprint = hex(&digest[..16]);
    }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
