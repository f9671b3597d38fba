//! The table of keys: the parser, the schema and `config show` are made from it, so that none of
//! them knows a key that another does not.

/// What may stand at a key.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A text for the program, such as a path.
    Text,
    /// A name that people give and reports print.
    Title,
    /// Words for people; what is empty says nothing.
    Prose,
    /// A text, or a list of texts.
    Texts,
    /// Texts of the form `path=value`, whose values may be secret.
    Assignments,
    /// Patterns of paths.
    Globs,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A version of OpenMetadata.
    Version,
    /// A day.
    Day,
    /// Ids of rules, or topics.
    Rules,
    /// Ids of rules with severities.
    Levels,
    /// `[[name]]`, any number of times.
    Tables(&'static [Key]),
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name, which is the flag's where there is one.
    pub name: &'static str,
    /// What may stand there.
    pub shape: Shape,
    /// A table without it means nothing.
    pub required: bool,
    /// What it is for, in a sentence.
    pub about: &'static str,
}

/// Severities, the least first.
pub const SEVERITIES: &[&str] = &["info", "low", "medium", "high", "critical"];
const THRESHOLDS: &[&str] = &["info", "low", "medium", "high", "critical", "never"];
const CONFIDENCES: &[&str] = &["low", "medium", "high"];
const PROFILES: &[&str] = &["production", "development"];

const fn key(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, shape, required: false, about }
}

const fn needed(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, shape, required: true, about }
}

/// The keys of a configuration file.
pub const TOP: &[Key] = &[
    key("select", Shape::Rules, "Only these rules or topics are asked."),
    key("ignore", Shape::Rules, "Findings of these rules or topics are dropped."),
    key("severity", Shape::Levels, "Severities of rules, in place of their own."),
    key("fail-on", Shape::Word(THRESHOLDS), "Findings of at least this severity fail the run."),
    key("min-severity", Shape::Word(SEVERITIES), "Findings of at least this severity are listed."),
    key("min-confidence", Shape::Word(CONFIDENCES), "Findings of at least this confidence count."),
    key("profile", Shape::Word(PROFILES), "What the deployments are for."),
    key("exclude", Shape::Globs, "Files that are not scanned."),
    key("om-version", Shape::Version, "The server's version, whatever the files say."),
    key("baseline", Shape::Text, "The file of findings that are known already."),
    key("rule-dirs", Shape::Texts, "Folders of rules of your own."),
    key("known-key", Shape::Tables(KNOWN_KEY), "A key pair that must not be used any more."),
    key("override", Shape::Tables(OVERRIDE), "Other values for some paths."),
    key("deployment", Shape::Tables(DEPLOYMENT), "Files that are deployed together."),
    key("waiver", Shape::Tables(WAIVER), "A finding that is accepted, and why."),
];

const KNOWN_KEY: &[Key] = &[
    needed("title", Shape::Title, "What the key pair was, in words for people."),
    key("pem", Shape::Text, "A file with the public key, or a certificate of it."),
    key("spki-sha256", Shape::Text, "SHA-256 of the public key (SubjectPublicKeyInfo), in hex."),
    key("modulus", Shape::Text, "The modulus in base64url, as `n` in a JWKS."),
    key("exponent", Shape::Text, "The exponent in base64url, as `e` in a JWKS; AQAB if absent."),
];

const OVERRIDE: &[Key] = &[
    needed("paths", Shape::Globs, "The files that it is about."),
    key("profile", Shape::Word(PROFILES), "What their deployments are for."),
    key("ignore", Shape::Rules, "Findings in them that are dropped."),
    key("severity", Shape::Levels, "Severities of findings in them."),
    key("om-version", Shape::Version, "The version of their deployments."),
];

const DEPLOYMENT: &[Key] = &[
    needed("name", Shape::Title, "What reports call it."),
    key("compose", Shape::Texts, "Compose files, the later over the earlier."),
    key("env-file", Shape::Texts, "Environment files, the later over the earlier."),
    key("helm-values", Shape::Texts, "Values files, the later over the earlier."),
    key("helm-set", Shape::Assignments, "Values as with `helm --set`, over all values files."),
    key("manifests", Shape::Globs, "Kubernetes manifests."),
    key("om-version", Shape::Version, "The server's version, whatever the files say."),
    key("profile", Shape::Word(PROFILES), "What it is for."),
];

const WAIVER: &[Key] = &[
    needed("rule", Shape::Text, "The rule whose findings are accepted."),
    needed("path", Shape::Text, "The files in which they are, as a pattern."),
    key("reason", Shape::Prose, "Why they are accepted."),
    key("expires", Shape::Day, "The last day on which they are."),
];
