//! One violation of one rule, in words and places.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::deployment::version::Confidence;
use crate::rules::schema::Severity;
use crate::source::{Sources, Span, spread};

/// A place and what to say about it.
#[derive(Clone, Debug)]
pub struct Label {
    /// The characters.
    pub span: Span,
    /// What is to be said about them.
    pub message: String,
}

/// A text to paste at another place than the primary one.
#[derive(Clone, Debug)]
pub struct Further {
    /// The characters to change.
    pub span: Span,
    /// What to write.
    pub text: String,
    /// Where it goes, in words that follow "Write".
    pub place: String,
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
    /// Why it is not certain, in words that follow "because"; none where it is.
    pub doubt: Option<String>,
    /// Ids of the deployments.
    pub deployments: Vec<String>,
    /// What is wrong, in a sentence.
    pub message: String,
    /// The setting, where it is about one.
    pub setting: Option<String>,
    /// The characters to change.
    pub primary: Label,
    /// Nothing is written there: it is where one would write it.
    pub unset: bool,
    /// Why it matters here.
    pub related: Vec<Label>,
    /// Text to paste at the primary label: in place of what stands there, or below it where
    /// nothing is set. Empty where there is nothing to write.
    pub remedy: String,
    /// Where that text goes, in words that follow "Write"; empty where only the reader can tell.
    pub remedy_place: String,
    /// What is to be written elsewhere at the same time.
    pub further: Vec<Further>,
    /// What to do, in words.
    pub advice: String,
    /// Same thing, same fingerprint: no positions and no values.
    pub fingerprint: String,
    /// Informs only: a template or documentation.
    pub illustrative: bool,
    /// The rule is new in this version: it is listed, and fails nothing by itself.
    pub preview: bool,
    /// Somebody accepted it: it counts no more.
    pub waived: Option<Waived>,
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waived {
    /// How it was accepted.
    pub kind: Accepted,
    /// Why, in the words of whoever accepted it; empty where nobody says.
    pub reason: String,
    /// The file that says so.
    pub path: Option<String>,
    /// The line in it, from 1.
    pub line: Option<usize>,
}

/// How a finding may be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Accepted {
    /// By a comment in the file.
    Inline,
    /// By a `[[waiver]]` in the configuration.
    Config,
    /// By the baseline: it was there before.
    Baseline,
    /// By its place: no changed file is part of it.
    OutOfDiff,
}

impl Accepted {
    /// All of them.
    pub const ALL: [Accepted; 4] =
        [Accepted::Inline, Accepted::Config, Accepted::Baseline, Accepted::OutOfDiff];

    /// The name, as reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Accepted::Inline => "inline",
            Accepted::Config => "config",
            Accepted::Baseline => "baseline",
            Accepted::OutOfDiff => "out-of-diff",
        }
    }
}

impl Waived {
    /// `waived at a/compose.yml:3: the reason`, for people.
    pub fn words(&self) -> String {
        let mut words = match self.kind {
            Accepted::Inline | Accepted::Config => "waived".to_owned(),
            Accepted::Baseline => "in the baseline".to_owned(),
            Accepted::OutOfDiff => "outside the changed files".to_owned(),
        };
        if let Some(path) = &self.path {
            let line = self.line.map_or(String::new(), |line| format!(":{line}"));
            words.push_str(&format!(" at {path}{line}"));
        }
        if !self.reason.is_empty() {
            words.push_str(&format!(": {}", self.reason));
        }
        words
    }
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
    let mut seen: HashMap<(&str, &str, &str), usize> = HashMap::new();
    let names: Vec<String> = findings
        .iter()
        .map(|finding| {
            let path = sources.get(finding.primary.span.source).path.as_str();
            let setting = finding.setting.as_deref().unwrap_or("");
            let occurrence = seen.entry((&finding.rule, path, setting)).or_insert(0);
            let name = format!("omlint/v1\0{}\0{path}\0{setting}\0{occurrence}", finding.rule);
            *occurrence += 1;
            name
        })
        .collect();
    let digests = spread::map(&names, |name| hex(&Sha256::digest(name)[..16]));
    for (finding, digest) in findings.iter_mut().zip(digests) {
        finding.fingerprint = digest;
    }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| DIGITS[usize::from(digit)]).collect()
}
