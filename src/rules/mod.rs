//! Rules: their form, the tables they share, the truth of their conditions and the checks
//! that need code. Knows deployments, but neither the files they were read from nor reports.

pub mod condition;
pub mod frameworks;
pub mod native;
pub mod patterns;
pub mod schema;
mod url;

use std::sync::OnceLock;

use serde::Deserialize;

use crate::crypto::known::KnownKeys;
use crate::deployment::catalogue::Catalogue;
use frameworks::Frameworks;
use patterns::{Limits, Patterns};
use schema::{Rule, Texts};

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
    /// The rules, by id.
    pub rules: Vec<Rule>,
}

/// What a rule says, with what is not said by the rule's author.
#[derive(Debug, Deserialize)]
pub struct Sheet {
    /// The folder it stands in.
    pub topic: String,
    /// The version of omlint that brought it.
    pub since: String,
    /// Its texts.
    pub texts: Texts,
}

static TEXTS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/texts.rs"));

impl Knowledge {
    /// What is built in. Decoded on first use.
    pub fn built_in() -> &'static Knowledge {
        static BUILT_IN: OnceLock<Knowledge> = OnceLock::new();
        BUILT_IN.get_or_init(|| {
            let sound = "written by the build script with the same types";
            let catalogue: Catalogue =
                serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/settings.json")))
                    .expect(sound);
            Knowledge {
                catalogue: catalogue.indexed(),
                patterns: serde_json::from_str(include_str!(concat!(
                    env!("OUT_DIR"),
                    "/patterns.json"
                )))
                .expect(sound),
                limits: serde_json::from_str(include_str!(concat!(
                    env!("OUT_DIR"),
                    "/cannot-tell.json"
                )))
                .expect(sound),
                known_keys: serde_json::from_str(include_str!(concat!(
                    env!("OUT_DIR"),
                    "/known-keys.json"
                )))
                .expect(sound),
                rules: serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/checks.json")))
                    .expect(sound),
            }
        })
    }

    /// The frameworks that rules map to. Decoded on first use.
    pub fn frameworks() -> &'static Frameworks {
        static FRAMEWORKS: OnceLock<Frameworks> = OnceLock::new();
        FRAMEWORKS.get_or_init(|| {
            serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/frameworks.json")))
                .expect("written by the build script with the same types")
        })
    }

    /// The rule with that id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// What a built-in rule says. Decoded on each call: ask for what is printed only.
    pub fn sheet(&self, id: &str) -> Option<Sheet> {
        let at = TEXTS.binary_search_by_key(&id, |(id, _)| id).ok()?;
        serde_json::from_str(TEXTS[at].1).ok()
    }
}
