//! The form of a rule file. The build script reads our rules with this very file, and later
//! the program reads users' rules with it: an unknown word is an error with its place.
//! Knows nothing of deployments or findings.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::deployment::version::{Confidence, Version, VersionRange};

use super::matchers::{MountMatch, PortMatch};

/// How bad a finding is if it is true.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, serde::Serialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing to mend; to be known.
    Info,
    /// Hygiene.
    Low,
    /// To be mended.
    Medium,
    /// To be mended before anything else.
    High,
    /// Whoever reads the manual is in.
    Critical,
}

impl Severity {
    /// The word used in rule files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }

    /// All of them, worst first.
    pub const ALL: [Severity; 5] =
        [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];
}

/// What the deployment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Real users, real secrets.
    Production,
    /// One developer's machine.
    Development,
}

impl Profile {
    /// The word on the command line and in rule files.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Production => "production",
            Profile::Development => "development",
        }
    }
}

/// A level, or levels with conditions of which the first that holds counts.
#[derive(Clone, Debug)]
pub struct Graded<T> {
    /// Conditional levels, in order.
    pub cases: Vec<(T, Condition)>,
    /// The level if no condition holds.
    pub otherwise: T,
}

/// What must hold for a check to look, and what it then flags.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Check {
    /// All must hold; the settings named become related labels.
    #[serde(default)]
    pub when: Condition,
    /// Settings and what makes each of them a finding.
    #[serde(default)]
    pub flag: Flags,
    /// All flagged settings make one finding, not one each.
    #[serde(default)]
    pub once: bool,
    /// In place of `flag`: what makes any password, key or the like of the server a finding. What
    /// several settings read from one place is one finding.
    pub flag_credentials: Option<Predicate>,
    /// Ways to ports, in place of `flag`: one finding for each place that opens one.
    pub port: Option<PortMatch>,
    /// Mounts, in place of `flag`: one finding for each.
    pub mount: Option<MountMatch>,
    /// A check written in code, with its parameters, in place of `flag`.
    pub native: Option<Native>,
    /// Overrides the rule's severity for this check.
    pub severity: Option<Severity>,
    /// Overrides the rule's confidence for this check.
    pub confidence: Option<Confidence>,
}

/// Settings in the order of the file, each with what makes it a finding.
#[derive(Clone, Debug, Default)]
pub struct Flags(pub Vec<(String, Predicate)>);

/// A condition on a deployment.
#[derive(Clone, Debug)]
pub enum Condition {
    /// All hold (the empty list always does).
    All(Vec<Condition>),
    /// At least one holds.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// The deployment's version lies in the range.
    Version(VersionRange),
    /// The run's profile.
    Profile(Profile),
    /// The deployment is of one of these kinds.
    Kind(Vec<String>),
    /// Something that is not a setting.
    Fact(Fact),
    /// There is such a way to a port.
    Port(PortMatch),
    /// There is such a mount.
    Mount(MountMatch),
    /// A setting meets a predicate.
    Setting(String, Predicate),
}

impl Default for Condition {
    fn default() -> Self {
        Condition::All(Vec::new())
    }
}

/// Things about a deployment that are not settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// The signing key pair is not the image's: own paths, or a mount over the shipped ones.
    OwnKeyPair,
    /// The image is OpenMetadata's own, not a build that may bring its own files.
    OfficialImage,
    /// An image tag, a chart or the user states the version; it is not inferred.
    VersionStated,
}

/// A test on the effective value of a setting.
#[derive(Clone, Debug)]
pub enum Predicate {
    /// Nothing set it: the shipped default applies.
    Unset,
    /// Nothing is in it, written or by default; for lists: null or empty text, not `[]`.
    Empty,
    /// It is one of the texts that OpenMetadata ships as its default, written or not.
    Default,
    /// Documentation's stand-in for a value.
    Placeholder,
    /// A name that RFC 2606 reserves for examples.
    ExampleDomain,
    /// It comes from somewhere that the files do not show.
    Reference,
    /// Written out in a file that is not kept out of the repository.
    Inline,
    /// In a manifest, it is written here.
    HeldBy(HeldBy),
    /// One of these texts; for a list, exactly these items.
    Equals(Vec<String>),
    /// One of a set of texts, or a group of the catalogue.
    In(Choice),
    /// A regular expression finds itself in it.
    Matches(Pattern),
    /// Some item of the list meets the predicate.
    Contains(Box<Predicate>),
    /// The first item of the list meets the predicate.
    First(Box<Predicate>),
    /// A number, and no less than this one.
    AtLeast(f64),
    /// A number, and less than this one.
    Below(f64),
    /// The host of the URL is of this kind.
    Host(Host),
    /// The scheme of the URL.
    Scheme(String),
    /// At least one holds.
    Any(Vec<Predicate>),
    /// All hold.
    All(Vec<Predicate>),
    /// It does not hold.
    Not(Box<Predicate>),
}

/// A set of texts.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Choice {
    /// A group of the catalogue.
    Group(String),
    /// The texts themselves.
    Texts(Vec<String>),
}

/// What holds a value in a Kubernetes manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeldBy {
    /// The data of a Secret.
    Secret,
    /// The data of a ConfigMap.
    ConfigMap,
    /// The container's own `env`.
    Container,
}

/// Kinds of hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Host {
    /// The machine itself.
    Loopback,
    /// A name that only the cluster or the compose network knows; loopback too.
    InCluster,
    /// An address out of the ranges that are never routed on the internet; loopback is not.
    PrivateAddress,
    /// Any other host that the files show.
    Remote,
}

/// A regular expression, compiled when it is first needed.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: String,
    compiled: std::sync::OnceLock<regex::Regex>,
}

impl Pattern {
    /// Whether the expression finds itself in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        self.compiled().is_match(text)
    }

    /// Where the expression first finds itself in `text`.
    pub fn find(&self, text: &str) -> Option<std::ops::Range<usize>> {
        self.compiled().find(text).map(|found| found.range())
    }

    fn compiled(&self) -> &regex::Regex {
        self.compiled
            .get_or_init(|| regex::Regex::new(&self.source).expect("checked when it was loaded"))
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let source = String::deserialize(input)?;
        // Compiling is checked once, by the build script and by whoever loads users' rules.
        Ok(Pattern { source, compiled: std::sync::OnceLock::new() })
    }
}

/// A check that needs code.
#[derive(Clone, Debug, Deserialize)]
#[serde(
    tag = "name",
    deny_unknown_fields,
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyHolder {
    /// A file of the repository.
    Tree,
    /// A ConfigMap.
    ConfigMap,
    /// A mount whose written mode lets others read.
    WorldReadable,
}

/// What a rule says to people.
#[derive(Clone, Debug, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Texts {
    /// The rule in one line.
    pub summary: String,
    /// Why it matters.
    pub why: String,
    /// What the finding says; `{name}`, `{value}`, `{default}`, `{provider}` and `{version}` are filled in.
    pub message: String,
    /// The same where nothing sets the setting; a general text with the summary if absent.
    pub message_unset: Option<String>,
    /// What the label under the characters says where they are written out.
    pub label: String,
    /// The same where nothing is written; a general text if absent.
    pub label_unset: Option<String>,
    /// What the label on each setting in `when` says; a general text if absent.
    #[serde(default)]
    pub because: BTreeMap<String, String>,
    /// What to do.
    pub remedy: Remedy,
    /// Pages that say more.
    #[serde(default)]
    pub references: Vec<String>,
    /// Numbers of the Common Weakness Enumeration.
    #[serde(default)]
    pub cwe: Vec<u32>,
    /// Controls that a finding violates, by framework: `nist-800-53: [SC-12]`.
    #[serde(default)]
    pub mappings: BTreeMap<String, Vec<String>>,
    /// What the rule's own tests run and its page shows.
    pub examples: Examples,
}

/// What to do about a finding.
#[derive(Clone, Debug, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Remedy {
    /// In words.
    pub say: String,
    /// Values to write, by setting; `{uuid}` is replaced by one made for the place.
    #[serde(default)]
    pub set: BTreeMap<String, String>,
}

/// Whole files on which the rule must speak, and on which it must not.
#[derive(Clone, Debug, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Examples {
    /// The rule speaks.
    pub bad: Vec<Example>,
    /// The rule is silent.
    pub good: Vec<Example>,
}

/// One small deployment.
#[derive(Clone, Debug, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// Its files: path and text.
    pub files: BTreeMap<String, String>,
    /// The text under each finding's primary span, in order.
    #[serde(default)]
    pub flags: Vec<String>,
    /// Severities of the findings, where they depend on conditions.
    #[serde(default)]
    pub severities: Vec<Severity>,
}

/// A whole rule file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RuleFile {
    /// The stem of the file's name.
    pub id: String,
    /// The version of omlint that brought it; none where it did not come with omlint.
    pub since: Option<Version>,
    /// How bad.
    pub severity: Graded<Severity>,
    /// How bad under the development profile.
    pub development: Option<Severity>,
    /// A finding in a template or in documentation keeps its severity: what it points at is real.
    #[serde(default)]
    pub real_in_examples: bool,
    /// How sure, at best.
    #[serde(default = "sure")]
    pub confidence: Graded<Confidence>,
    /// Rules that lose the fields this one flagged.
    #[serde(default)]
    pub supersedes: Vec<String>,
    /// Rules that are silent in a deployment in which this one speaks.
    #[serde(default)]
    pub supersedes_in_deployment: Vec<String>,
    /// The checks, tried in order; the first that flags a setting decides.
    pub checks: Vec<Check>,
    /// What it says.
    pub texts: Texts,
}

fn sure() -> Graded<Confidence> {
    Graded { cases: Vec::new(), otherwise: Confidence::High }
}

/// The part of a rule file that a run needs before anything is found.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rule {
    /// The rule's id.
    pub id: String,
    /// How bad.
    pub severity: Graded<Severity>,
    /// How bad under the development profile.
    pub development: Option<Severity>,
    /// A finding in a template or in documentation keeps its severity.
    #[serde(default)]
    pub real_in_examples: bool,
    /// How sure, at best.
    #[serde(default = "sure")]
    pub confidence: Graded<Confidence>,
    /// Rules that lose the fields this one flagged.
    #[serde(default)]
    pub supersedes: Vec<String>,
    /// Rules that are silent in a deployment in which this one speaks.
    #[serde(default)]
    pub supersedes_in_deployment: Vec<String>,
    /// The checks.
    pub checks: Vec<Check>,
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
            | Native::EmbeddedToken { .. } => Vec::new(),
        }
    }
}

impl<'de, T: Deserialize<'de> + Clone> Deserialize<'de> for Graded<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct V<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de> + Clone> Visitor<'de> for V<T> {
            type Value = Graded<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a level, or a list of `{ level, when }` that ends with a level")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Graded<T>, E> {
                let level = T::deserialize(de::value::StrDeserializer::<E>::new(text))?;
                Ok(Graded { cases: Vec::new(), otherwise: level })
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Graded<T>, A::Error> {
                #[derive(Deserialize)]
                #[serde(untagged)]
                enum Step<T> {
                    Level(T),
                    Case { level: T, when: Condition },
                }
                let mut cases = Vec::new();
                while let Some(step) = seq.next_element::<Step<T>>()? {
                    match step {
                        Step::Case { level, when } => cases.push((level, when)),
                        Step::Level(otherwise) => return Ok(Graded { cases, otherwise }),
                    }
                }
                Err(de::Error::custom("the list must end with a level that holds otherwise"))
            }
        }
        input.deserialize_any(V(std::marker::PhantomData))
    }
}

impl<'de> Deserialize<'de> for Flags {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Flags;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping of settings to predicates")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Flags, A::Error> {
                let mut flags = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    flags.push(entry);
                }
                Ok(Flags(flags))
            }
        }
        input.deserialize_map(V)
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Condition;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping of settings to predicates, or any, all, not, version, profile, kind, fact, port, mount")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Condition, A::Error> {
                let mut all = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    all.push(match key.as_str() {
                        "any" => Condition::Any(map.next_value()?),
                        "all" => Condition::All(map.next_value()?),
                        "not" => Condition::Not(map.next_value()?),
                        "version" => Condition::Version(map.next_value()?),
                        "profile" => Condition::Profile(map.next_value()?),
                        "kind" => Condition::Kind(map.next_value()?),
                        "fact" => Condition::Fact(map.next_value()?),
                        "port" => Condition::Port(map.next_value()?),
                        "mount" => Condition::Mount(map.next_value()?),
                        path if path.contains('.') => {
                            Condition::Setting(path.to_owned(), map.next_value()?)
                        }
                        other => {
                            return Err(de::Error::custom(format!(
                                "unknown word `{other}` in a condition: expected a setting's path, or any, all, not, version, profile, kind, fact, port, mount"
                            )));
                        }
                    });
                }
                Ok(if all.len() == 1 { all.remove(0) } else { Condition::All(all) })
            }
        }
        input.deserialize_map(V)
    }
}

const WORDS: &str = "unset, empty, default, placeholder, example-domain, reference, inline, held-by, equals, in, matches, contains, first, at-least, below, host, scheme, any, all, not";

impl<'de> Deserialize<'de> for Predicate {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Predicate;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a predicate: {WORDS}")
            }
            fn visit_str<E: de::Error>(self, word: &str) -> Result<Predicate, E> {
                Ok(match word {
                    "unset" => Predicate::Unset,
                    "empty" => Predicate::Empty,
                    "default" => Predicate::Default,
                    "placeholder" => Predicate::Placeholder,
                    "example-domain" => Predicate::ExampleDomain,
                    "reference" => Predicate::Reference,
                    "inline" => Predicate::Inline,
                    other => {
                        return Err(E::custom(format!(
                            "unknown predicate `{other}`: expected one of {WORDS}"
                        )));
                    }
                })
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Predicate, A::Error> {
                let mut any = Vec::new();
                while let Some(predicate) = seq.next_element()? {
                    any.push(predicate);
                }
                Ok(Predicate::Any(any))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Predicate, A::Error> {
                let mut all = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    all.push(match key.as_str() {
                        "equals" => Predicate::Equals(map.next_value::<OneOrMany>()?.0),
                        "in" => Predicate::In(map.next_value()?),
                        "matches" => Predicate::Matches(map.next_value()?),
                        "contains" => Predicate::Contains(map.next_value()?),
                        "first" => Predicate::First(map.next_value()?),
                        "at-least" => Predicate::AtLeast(map.next_value()?),
                        "below" => Predicate::Below(map.next_value()?),
                        "held-by" => Predicate::HeldBy(map.next_value()?),
                        "host" => Predicate::Host(map.next_value()?),
                        "scheme" => Predicate::Scheme(map.next_value()?),
                        "any" => Predicate::Any(map.next_value()?),
                        "all" => Predicate::All(map.next_value()?),
                        "not" => Predicate::Not(map.next_value()?),
                        other => {
                            return Err(de::Error::custom(format!(
                                "unknown predicate `{other}`: expected one of {WORDS}"
                            )));
                        }
                    });
                }
                Ok(if all.len() == 1 { all.remove(0) } else { Predicate::All(all) })
            }
        }
        input.deserialize_any(V)
    }
}

/// A text or a list of texts; booleans and numbers count as what they look like.
struct OneOrMany(Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Scalar {
            Text(String),
            Bool(bool),
            Int(i64),
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Raw {
            One(Scalar),
            Many(Vec<Scalar>),
        }
        let text = |scalar| match scalar {
            Scalar::Text(text) => text,
            Scalar::Bool(value) => value.to_string(),
            Scalar::Int(value) => value.to_string(),
        };
        Ok(OneOrMany(match Raw::deserialize(input)? {
            Raw::One(one) => vec![text(one)],
            Raw::Many(many) => many.into_iter().map(text).collect(),
        }))
    }
}

impl Predicate {
    /// Calls `visit` with every predicate within this one, itself included.
    pub fn walk(&self, visit: &mut dyn FnMut(&Predicate)) {
        visit(self);
        match self {
            Predicate::Contains(inner) | Predicate::First(inner) | Predicate::Not(inner) => {
                inner.walk(visit);
            }
            Predicate::Any(list) | Predicate::All(list) => {
                list.iter().for_each(|inner| inner.walk(visit));
            }
            _ => {}
        }
    }
}

impl Condition {
    /// Calls `visit` with every setting that the condition names, and its predicate.
    pub fn walk(&self, visit: &mut dyn FnMut(&str, &Predicate)) {
        match self {
            Condition::All(list) | Condition::Any(list) => {
                list.iter().for_each(|inner| inner.walk(visit));
            }
            Condition::Not(inner) => inner.walk(visit),
            Condition::Setting(path, predicate) => visit(path, predicate),
            // Whatever is in them, they are looked at.
            Condition::Port(port) => {
                port.settings().for_each(|path| visit(path, &Predicate::Any(Vec::new())));
            }
            _ => {}
        }
    }
}

/// Something that a rule file says and that does not exist.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The text of the file that is wrong; empty where it is what is missing.
    pub word: String,
    /// In words.
    pub message: String,
}

impl Problem {
    fn no_setting(path: &str) -> Problem {
        Problem {
            word: path.to_owned(),
            message: format!("`{path}` is no setting of the catalogue"),
        }
    }
}

impl RuleFile {
    /// What the form alone cannot check: settings that do not exist, expressions that do not
    /// compile, groups that are not in the catalogue.
    pub fn problems(
        &self,
        is_setting: &dyn Fn(&str) -> bool,
        is_group: &dyn Fn(&str) -> bool,
    ) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut conditions: Vec<&Condition> = Vec::new();
        conditions.extend(self.severity.cases.iter().map(|(_, when)| when));
        conditions.extend(self.confidence.cases.iter().map(|(_, when)| when));
        let mut seen = Vec::new();
        for check in &self.checks {
            conditions.push(&check.when);
            for (path, predicate) in &check.flag.0 {
                seen.push((path.clone(), predicate.clone()));
            }
            let kinds = [
                !check.flag.0.is_empty(),
                check.native.is_some(),
                check.flag_credentials.is_some(),
                check.port.is_some(),
                check.mount.is_some(),
            ];
            if kinds.iter().filter(|given| **given).count() != 1 {
                let words = "`flag`, `flag-credentials`, `port`, `mount`, `native`";
                let message = format!("a check needs one of {words}");
                problems.push(Problem { word: String::new(), message });
            }
            for path in check.port.iter().flat_map(PortMatch::settings) {
                seen.push((path.to_owned(), Predicate::Any(Vec::new())));
            }
        }
        for condition in conditions {
            condition.walk(&mut |path, predicate| seen.push((path.to_owned(), predicate.clone())));
        }
        let natives = self.checks.iter().filter_map(|check| check.native.as_ref());
        for path in natives.flat_map(Native::settings) {
            if !is_setting(path) {
                problems.push(Problem::no_setting(path));
            }
        }
        for path in self.texts.remedy.set.keys().chain(self.texts.because.keys()) {
            if !is_setting(path) {
                problems.push(Problem::no_setting(path));
            }
        }
        for (path, predicate) in seen {
            if !is_setting(&path) {
                problems.push(Problem::no_setting(&path));
            }
            predicate.walk(&mut |inner| match inner {
                Predicate::Matches(pattern) => {
                    if let Err(error) = regex::Regex::new(&pattern.source) {
                        // The library draws the expression first.
                        let error = error.to_string();
                        let reason = error.lines().last().unwrap_or("");
                        let reason = reason.trim_start_matches("error: ");
                        problems.push(Problem {
                            word: pattern.source.clone(),
                            message: format!("under `{path}`: no regular expression: {reason}"),
                        });
                    }
                }
                Predicate::In(Choice::Group(group)) if !is_group(group) => {
                    problems.push(Problem {
                        word: group.clone(),
                        message: format!("under `{path}`: `{group}` is no group of the catalogue"),
                    });
                }
                _ => {}
            });
        }
        problems
    }
}
