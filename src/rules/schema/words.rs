//! The words of a check: conditions on a deployment and predicates on a setting's value.
//! Knows nothing of how they are written or judged.

use borsh::{BorshDeserialize, BorshSerialize};
use std::fmt;

use regex_automata::nfa::thompson::backtrack::BoundedBacktracker;
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::syntax;
use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};

use crate::deployment::version::VersionRange;
use crate::rules::matchers::{MountMatch, PortMatch};

use super::Profile;

/// A condition on a deployment.
#[derive(Clone, Debug, BorshSerialize, BorshDeserialize)]
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
    Port(Box<PortMatch>),
    /// There is such a mount.
    Mount(Box<MountMatch>),
    /// The chart's values hold a key at this path.
    Key(String),
    /// A setting meets a predicate.
    Setting(String, Predicate),
}

impl Default for Condition {
    fn default() -> Self {
        Condition::All(Vec::new())
    }
}

/// Things about a deployment that are not settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, BorshSerialize, BorshDeserialize)]
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
#[derive(Clone, Debug, BorshSerialize, BorshDeserialize)]
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
    /// Put into openmetadata.yaml it is not what its setting takes: no text, or no list of texts.
    Misshapen,
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
    Matches(Box<Pattern>),
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
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(untagged)]
pub enum Choice {
    /// A group of the catalogue.
    Group(String),
    /// The texts themselves.
    Texts(Vec<String>),
}

/// What holds a value in a Kubernetes manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, BorshSerialize, BorshDeserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, BorshSerialize, BorshDeserialize)]
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
#[derive(Clone, Debug, BorshSerialize, BorshDeserialize)]
pub struct Pattern {
    pub(super) source: String,
    /// It finds itself in no shorter text.
    least: usize,
    /// It finds itself in no text of plain characters that has none of these, in whatever case.
    needs: Vec<String>,
    /// In a text of plain characters it finds the only one of these, in whatever case.
    is_enough: bool,
    /// It is no rule's of omlint: whoever wrote it may have wanted it to take long, and a search
    /// that was prepared does not.
    #[borsh(skip)]
    foreign: bool,
    /// For values as people write them: hardly anything is prepared, which takes longer than
    /// searching them.
    #[borsh(skip)]
    short: std::sync::OnceLock<BoundedBacktracker>,
    /// The same for values of plain characters: to prepare for all others takes longest.
    #[borsh(skip)]
    plain: std::sync::OnceLock<BoundedBacktracker>,
    /// For texts of any length.
    #[borsh(skip)]
    long: std::sync::OnceLock<regex::Regex>,
}

/// Longer texts are worth a search that has to be prepared.
const SHORT: usize = 4 << 10;

impl Pattern {
    fn new(source: String, least: usize, needs: Vec<String>, is_enough: bool) -> Self {
        Pattern {
            source,
            least,
            needs,
            is_enough,
            foreign: false,
            short: Default::default(),
            plain: Default::default(),
            long: Default::default(),
        }
    }

    /// As it is written.
    #[cfg(test)]
    pub fn expression(&self) -> &str {
        &self.source
    }

    /// Whether the expression finds itself in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        self.find(text).is_some()
    }

    /// Where the expression first finds itself in `text`.
    pub fn find(&self, text: &str) -> Option<std::ops::Range<usize>> {
        if text.len() < self.least {
            return None;
        }
        if text.len() <= SHORT && !self.foreign {
            let expression = match text.is_ascii() {
                true if self.is_enough => return within(text, &self.needs[0]),
                true if self.lacks(text) => return None,
                true => self
                    .plain
                    .get_or_init(|| self.quick(false).unwrap_or_else(|| self.short().clone())),
                false => self.short(),
            };
            // Too much for such a search has hardly ever been written.
            if let Ok(found) = expression.try_find(&mut expression.create_cache(), text) {
                return found.map(|found| found.range());
            }
        }
        self.long
            .get_or_init(|| regex::Regex::new(&self.source).expect("checked when it was loaded"))
            .find(text)
            .map(|found| found.range())
    }

    /// Whether the text of plain characters lacks what is needed: to see that, nothing has to be
    /// compiled.
    fn lacks(&self, text: &str) -> bool {
        !self.needs.is_empty() && !self.needs.iter().any(|word| within(text, word).is_some())
    }

    fn short(&self) -> &BoundedBacktracker {
        self.short.get_or_init(|| self.quick(true).expect("checked when it was loaded"))
    }

    /// With `unicode` off some expressions mean nothing.
    fn quick(&self, unicode: bool) -> Option<BoundedBacktracker> {
        BoundedBacktracker::builder()
            .syntax(syntax::Config::new().unicode(unicode).utf8(unicode))
            .thompson(thompson::Config::new().which_captures(WhichCaptures::Implicit))
            .build(&self.source)
            .ok()
    }
}

/// Where the word first stands in a text, in whatever case.
fn within(text: &str, word: &str) -> Option<std::ops::Range<usize>> {
    let mut places = text.as_bytes().windows(word.len());
    let at = places.position(|place| place.eq_ignore_ascii_case(word.as_bytes()))?;
    Some(at..at + word.len())
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        // Compiling is checked once, by the build script and by whoever loads users' rules. What
        // an expression needs is worked out by the build script alone.
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Pattern;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a regular expression")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Pattern, E> {
                let pattern = Pattern::new(text.to_owned(), 0, Vec::new(), false);
                Ok(Pattern { foreign: true, ..pattern })
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Pattern, A::Error> {
                let missing = || de::Error::custom("written by the build script alone");
                let source = seq.next_element()?.ok_or_else(missing)?;
                let least = seq.next_element()?.ok_or_else(missing)?;
                let needs = seq.next_element()?.ok_or_else(missing)?;
                let is_enough = seq.next_element()?.ok_or_else(missing)?;
                Ok(Pattern::new(source, least, needs, is_enough))
            }
        }
        input.deserialize_any(V)
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
