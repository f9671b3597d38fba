//! Rules: their form, the tables they share, the truth of their conditions and the checks
//! that need code. Knows deployments, but neither the files they were read from nor reports.

pub mod advisories;
pub mod condition;
pub mod frameworks;
pub mod matchers;
pub mod native;
pub mod patterns;
mod ports;
pub mod proofs;
pub mod schema;
mod shape;
pub mod stability;
mod url;
pub mod user;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::crypto::keys::Spellings;
use crate::crypto::known::KnownKeys;
use crate::deployment::catalogue::Catalogue;
use crate::deployment::version::Version;
use advisories::Advisories;
use frameworks::Frameworks;
use patterns::{Limits, Patterns};
use schema::{Examples, Rule, Texts};

/// Everything that the binary knows about OpenMetadata.
pub struct Knowledge {
    /// The settings.
    pub catalogue: Catalogue,
    /// Words and hosts.
    pub patterns: Patterns,
    /// What files cannot show.
    pub limits: Limits,
    /// Keys and tokens that the public knows.
    pub known_keys: KnownKeys,
    /// How texts spell the numbers of these keys.
    pub spellings: Spellings,
    /// Versions with holes.
    pub advisories: Advisories,
    /// The rules, by id.
    pub rules: Vec<Rule>,
    /// What rules that are not built in say, by id.
    sheets: BTreeMap<String, Sheet>,
}

/// What a rule says, with what is not said by the rule's author.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The folder it stands in.
    pub topic: String,
    /// The version of omlint that brought it.
    pub since: Version,
    /// It is not built in.
    pub own: bool,
    /// Its texts.
    pub texts: Texts,
}

impl Sheet {
    /// The rule is new in this minor version: it is listed, and fails nothing by itself.
    pub fn is_preview(&self) -> bool {
        !self.own && stability::is_preview(self.since, stability::this_version())
    }
}

/// What rules say, without examples: id, topic and texts.
static TEXTS: &[(&str, &str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/texts.rs"));

impl Knowledge {
    /// What is built in. Decoded on first use.
    pub fn built_in() -> &'static Arc<Knowledge> {
        static BUILT_IN: OnceLock<Arc<Knowledge>> = OnceLock::new();
        BUILT_IN.get_or_init(|| Arc::new(Knowledge::decode()))
    }

    fn decode() -> Knowledge {
        let catalogue: Catalogue = decoded(include_bytes!(concat!(env!("OUT_DIR"), "/settings")));
        let known_keys: KnownKeys =
            decoded(include_bytes!(concat!(env!("OUT_DIR"), "/known-keys")));
        Knowledge {
            catalogue: catalogue.indexed(),
            patterns: decoded(include_bytes!(concat!(env!("OUT_DIR"), "/patterns"))),
            limits: decoded(include_bytes!(concat!(env!("OUT_DIR"), "/cannot-tell"))),
            spellings: known_keys.spellings(),
            known_keys,
            advisories: decoded(include_bytes!(concat!(env!("OUT_DIR"), "/advisories"))),
            rules: decoded(include_bytes!(concat!(env!("OUT_DIR"), "/checks"))),
            sheets: BTreeMap::new(),
        }
    }

    /// What is built in, with more rules and more known keys.
    pub fn with(more: Vec<(Rule, Sheet)>, keys: KnownKeys) -> Knowledge {
        let mut knowledge = Knowledge::decode();
        for (rule, sheet) in more {
            knowledge.sheets.insert(rule.id.clone(), sheet);
            knowledge.rules.push(rule);
        }
        knowledge.rules.sort_by(|one, other| one.id.cmp(&other.id));
        knowledge.known_keys.extend(keys);
        knowledge.spellings = knowledge.known_keys.spellings();
        knowledge
    }

    /// The rules that are not built in, by id.
    pub fn own_rules(&self) -> impl Iterator<Item = (&str, &Sheet)> {
        self.sheets.iter().map(|(id, sheet)| (id.as_str(), sheet))
    }

    /// Whether a rule is built in.
    pub fn is_built_in(&self, id: &str) -> bool {
        !self.sheets.contains_key(id)
    }

    /// The ids of all rules with their topics.
    pub fn topics(&self) -> impl Iterator<Item = (&str, &str)> {
        let built_in = TEXTS.iter().map(|&(id, topic, _)| (id, topic));
        built_in.chain(self.own_rules().map(|(id, sheet)| (id, sheet.topic.as_str())))
    }

    /// The frameworks that rules map to. Decoded on first use.
    pub fn frameworks() -> &'static Frameworks {
        static FRAMEWORKS: OnceLock<Frameworks> = OnceLock::new();
        let packed = include_bytes!(concat!(env!("OUT_DIR"), "/frameworks.deflated"));
        FRAMEWORKS.get_or_init(|| {
            let sound = "written by the build script";
            decoded(&miniz_oxide::inflate::decompress_to_vec(packed).expect(sound))
        })
    }

    /// The rule with that id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// What a rule says. Decoded on first use, so that a run pays for what it prints.
    pub fn sheet(&self, id: &str) -> Option<&Sheet> {
        static SHEETS: OnceLock<Vec<OnceLock<Sheet>>> = OnceLock::new();
        if let Some(sheet) = self.sheets.get(id) {
            return Some(sheet);
        }
        let at = TEXTS.binary_search_by_key(&id, |(id, ..)| id).ok()?;
        let sheets = SHEETS.get_or_init(|| TEXTS.iter().map(|_| OnceLock::new()).collect());
        Some(sheets[at].get_or_init(|| {
            let (_, topic, sheet) = TEXTS[at];
            let (since, texts) = decoded(sheet);
            Sheet { topic: topic.to_owned(), since, own: false, texts }
        }))
    }

    /// The examples of a rule. Those of all that are built in are decoded on first use.
    pub fn examples(&self, id: &str) -> Option<&Examples> {
        static EXAMPLES: OnceLock<BTreeMap<String, Examples>> = OnceLock::new();
        if let Some(sheet) = self.sheets.get(id) {
            return Some(&sheet.texts.examples);
        }
        let decoded = || {
            let sound = "written by the build script";
            let packed = include_bytes!(concat!(env!("OUT_DIR"), "/examples.json.deflated"));
            let json = miniz_oxide::inflate::decompress_to_vec(packed).expect(sound);
            serde_json::from_slice(&json).expect(sound)
        };
        EXAMPLES.get_or_init(decoded).get(id)
    }
}

fn decoded<T: borsh::BorshDeserialize>(bytes: &[u8]) -> T {
    borsh::from_slice(bytes).expect("written by the build script with the same types")
}

#[cfg(test)]
mod tests {
    use super::schema::{Pattern, Predicate};
    use super::*;

    /// The expressions of the rules.
    fn expressions() -> Vec<&'static Pattern> {
        let mut found: Vec<&Pattern> = Vec::new();
        let mut add = |predicate: &'static Predicate| {
            let mut open = vec![predicate];
            while let Some(next) = open.pop() {
                match next {
                    Predicate::Matches(pattern) => found.push(pattern),
                    Predicate::Contains(inner)
                    | Predicate::First(inner)
                    | Predicate::Not(inner) => {
                        open.push(inner);
                    }
                    Predicate::Any(list) | Predicate::All(list) => open.extend(list),
                    _ => {}
                }
            }
        };
        for check in Knowledge::built_in().rules.iter().flat_map(|rule| &rule.checks) {
            check.flag.0.iter().for_each(|(_, predicate)| add(predicate));
            check.flag_credentials.iter().for_each(&mut add);
        }
        found
    }

    #[test]
    fn what_an_expression_needs_changes_nothing_that_it_finds() {
        let list = expressions();
        assert!(list.len() > 20, "{}", list.len());
        let knowledge = Knowledge::built_in();
        let examples = knowledge.rules.iter().filter_map(|rule| knowledge.examples(&rule.id));
        let examples = examples.flat_map(|both| both.bad.iter().chain(&both.good));
        let files = examples.flat_map(|example| example.files.values().map(String::as_str));
        let said = knowledge.topics().filter_map(|(id, _)| knowledge.sheet(id));
        let said: Vec<String> =
            said.map(|sheet| serde_json::to_string(&sheet.texts).expect("plain data")).collect();
        let texts = said.iter().map(String::as_str).chain(files);
        let texts = texts.flat_map(|text| text.split(['"', '\n', '\\', ' ', '=']));
        let mut texts: Vec<&str> = texts.collect();
        texts.sort_unstable();
        texts.dedup();
        let odd = [
            "",
            "\u{1}",
            "\u{212a}",
            "\u{17f}",
            "mY\u{17f}QL",
            "jdwp",
            "XjDwPx",
            "NONE",
            "\u{1}none",
        ];
        let mut met = 0;
        for pattern in list {
            let plain = regex::Regex::new(pattern.expression()).expect("an expression");
            for text in texts.iter().chain(&odd) {
                let found = plain.find(text).map(|found| found.range());
                met += usize::from(found.is_some());
                assert_eq!(pattern.find(text), found, "{plain} {text}");
            }
        }
        assert!(met > 1000, "{met}");
    }
}
