//! OpenMetadata versions, ranges of them, and how sure we are of something.
//! Knows nothing of settings; the build script compiles this file too.

use serde::de::{Deserialize, Deserializer, Error};

/// A release number: up to three parts, what is missing counts as 0.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    borsh::BorshSerialize,
    borsh::BorshDeserialize,
)]
pub struct Version([u32; 3]);

impl Version {
    /// Reads `1.11.4`, `v1.5`, `1.6.0-SNAPSHOT`, `1.3.1-rc1`. `None` for `latest` and the like.
    pub fn parse(text: &str) -> Option<Version> {
        let text = text.trim();
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        if !matches!(text[end..].chars().next(), None | Some('-' | '+' | '_')) {
            return None;
        }
        let mut parts = [0; 3];
        let mut count = 0;
        for part in text[..end].split('.') {
            if count == 3 {
                break;
            }
            parts[count] = part.parse().ok()?;
            count += 1;
        }
        (count >= 2).then_some(Version(parts))
    }

    /// The release line: major and minor number.
    pub fn minor(self) -> [u32; 2] {
        [self.0[0], self.0[1]]
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        Version::parse(&text).ok_or_else(|| {
            D::Error::custom(format!("expected a version such as \"1.11.4\", found `{text}`"))
        })
    }
}

/// A half-open or open-ended range, written as `<1.3` or `>=1.10 <2.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)]
pub struct VersionRange {
    since: Option<Version>,
    before: Option<Version>,
}

impl VersionRange {
    /// Whether `version` lies in the range.
    pub fn contains(&self, version: Version) -> bool {
        self.since.is_none_or(|since| version >= since)
            && self.before.is_none_or(|before| version < before)
    }

    /// In words: `1.10.0 and later, before 2.1.0`.
    pub fn words(&self) -> String {
        match (self.since, self.before) {
            (Some(since), Some(before)) => format!("{since} and later, before {before}"),
            (Some(since), None) => format!("{since} and later"),
            (None, Some(before)) => format!("before {before}"),
            (None, None) => "all".to_owned(),
        }
    }

    fn parse(text: &str) -> Option<VersionRange> {
        let mut range = VersionRange { since: None, before: None };
        for part in text.split_whitespace() {
            if let Some(since) = part.strip_prefix(">=") {
                range.since = Some(Version::parse(since)?);
            } else {
                range.before = Some(Version::parse(part.strip_prefix('<')?)?);
            }
        }
        Some(range)
    }
}

impl<'de> Deserialize<'de> for VersionRange {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        VersionRange::parse(&text).ok_or_else(|| {
            D::Error::custom(format!("expected a range such as \">=1.3 <1.9\", found `{text}`"))
        })
    }
}

/// How sure a statement is.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Deserialize,
    serde::Serialize,
    borsh::BorshSerialize,
    borsh::BorshDeserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A hint.
    Low,
    /// One layer among unseen ones.
    Medium,
    /// What the files say.
    High,
}

impl Confidence {
    /// The word used in rule files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }
}
