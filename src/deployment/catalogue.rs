//! The table of settings (`rules/settings.yaml`): how each is spelled per input, its type,
//! whether it is secret, and what OpenMetadata ships as its default.
//! Knows nothing of files or rules; the build script compiles this file too.

use borsh::{BorshDeserialize, BorshSerialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use super::version::Version;

/// The number of a setting in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SettingId(pub usize);

/// What kind of value a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    /// Any text.
    String,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// A list of texts.
    List,
    /// A mapping of texts.
    Map,
}

/// A name that holds for a range of versions.
#[derive(Clone, Debug, BorshSerialize, BorshDeserialize)]
pub struct Spelling {
    /// The environment variable, or the path below the chart's root.
    pub name: String,
    /// The value is a `{secretRef, secretKey}` pair.
    pub secret_ref: bool,
    since: Option<Version>,
    before: Option<Version>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Ranged {
    #[serde(alias = "path")]
    name: String,
    #[serde(default)]
    secret_ref: bool,
    since: Option<Version>,
    before: Option<Version>,
}

// There are many at every start: what form one has is seen from its first character.
impl<'de> Deserialize<'de> for Spelling {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Spelling;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name, or a name with the versions for which it holds")
            }
            fn visit_str<E: de::Error>(self, name: &str) -> Result<Spelling, E> {
                let name = name.to_owned();
                Ok(Spelling { name, secret_ref: false, since: None, before: None })
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Spelling, A::Error> {
                let Ranged { name, secret_ref, since, before } =
                    Ranged::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Spelling { name, secret_ref, since, before })
            }
        }
        input.deserialize_any(V)
    }
}

impl Spelling {
    /// Whether this spelling is read by `version`.
    pub fn holds_for(&self, version: Version) -> bool {
        self.since.is_none_or(|since| version >= since)
            && self.before.is_none_or(|before| version < before)
    }
}

/// A shipped default for a range of OpenMetadata versions.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Shipped {
    /// The first version that ships it, where that is known.
    pub since: Option<Version>,
    before: Option<Version>,
    /// The default as text; lists in flow notation.
    pub value: Option<String>,
    /// The default is a reference to this Kubernetes Secret.
    pub secret_ref: Option<String>,
}

/// One setting of OpenMetadata's configuration.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Setting {
    /// Its path in openmetadata.yaml, or `chart.…` for a switch that only the chart has.
    pub path: String,
    /// Older paths in openmetadata.yaml.
    #[serde(default)]
    pub yaml: Vec<String>,
    /// Environment variables, newest first.
    #[serde(default)]
    pub env: Vec<Spelling>,
    /// Paths below `openmetadata.config`, newest first; their versions are chart versions.
    #[serde(default)]
    pub helm: Vec<Spelling>,
    /// Paths below the old root `global`, where they differ from `helm`.
    #[serde(default)]
    pub global: Vec<Spelling>,
    /// It belongs to a service beside the server, not to the server.
    pub beside: Option<Beside>,
    /// Paths in the values of the chart `openmetadata-dependencies`.
    #[serde(default)]
    pub dependencies: Vec<Spelling>,
    /// Paths in the chart's values beside its configuration.
    #[serde(default)]
    pub values: Vec<Spelling>,
    /// Paths in the `securityContext` of a manifest: `container.…` for the server's container,
    /// `pod.…` for its pod. The first that is written counts.
    #[serde(default)]
    pub manifest: Vec<String>,
    /// The part of the chart that renders it.
    pub section: Option<String>,
    /// What the chart hands on in its place where that part is left out.
    pub instead: Option<String>,
    /// What it takes.
    #[serde(rename = "type")]
    pub kind: Type,
    /// Never printed.
    pub secret: bool,
    /// Whoever reads it can sign in or decrypt with it. What is never printed only because
    /// a secret may stand in it is none.
    pub credential: Option<bool>,
    /// Its variables are read by an OpenMetadata server and hardly by anything else.
    #[serde(default)]
    pub telltale: bool,
    /// The chart hands it on as it stands, where it puts everything else in quotes.
    #[serde(default)]
    pub bare: bool,
    /// The setting that holds the same thing for the user.
    pub same_field_as: Option<String>,
    /// Defaults in the image's openmetadata.yaml.
    #[serde(default)]
    pub server: Vec<Shipped>,
    /// Defaults in the chart's values.yaml.
    #[serde(default)]
    pub chart: Vec<Shipped>,
}

/// Which services beside the server a setting may belong to.
#[derive(Clone, Debug, Default, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct Beside {
    /// Some of these words stands in the name or in the image of the service; any if empty.
    #[serde(default)]
    pub named: Vec<String>,
}

impl Beside {
    /// Whether a service of this name and image may be meant.
    pub fn fits(&self, name: &str, image: Option<&str>) -> bool {
        let of = |text: &str| {
            let text = text.to_ascii_lowercase();
            self.named.iter().any(|word| text.contains(word.as_str()))
        };
        self.named.is_empty() || of(name) || image.is_some_and(of)
    }
}

fn shipped(list: &[Shipped], version: Version) -> Option<&Shipped> {
    list.iter().find(|entry| {
        entry.since.is_none_or(|since| version >= since)
            && entry.before.is_none_or(|before| version < before)
    })
}

impl Setting {
    /// What the image falls back to when no variable is set.
    pub fn server_default(&self, version: Version) -> Option<&Shipped> {
        shipped(&self.server, version)
    }

    /// What the chart puts in when the values say nothing.
    pub fn chart_default(&self, version: Version) -> Option<&Shipped> {
        shipped(&self.chart, version)
    }

    /// Every text that some version ships as this setting's default.
    pub fn shipped_texts(&self) -> impl Iterator<Item = &str> {
        self.server.iter().chain(&self.chart).filter_map(|entry| entry.value.as_deref())
    }

    /// Whether the whole value is a password, a key or the like.
    pub fn is_credential(&self) -> bool {
        self.credential.unwrap_or(self.secret)
    }

    /// The newest environment variable.
    pub fn variable(&self) -> Option<&str> {
        self.env.first().map(|spelling| spelling.name.as_str())
    }

    /// The section of the configuration that it belongs to.
    pub fn top_level(&self) -> &str {
        self.path.split('.').next().unwrap_or(&self.path)
    }
}

/// How many variables of a set tell of an OpenMetadata server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Telltales {
    /// Those that nothing else reads.
    pub own: usize,
    /// Those that other programs have, too.
    pub common: usize,
}

impl Telltales {
    /// Whether a container that has them runs a server. `named`: something else says so, too.
    pub fn tell_of_server(self, named: bool) -> bool {
        self.own >= 2
            || self.own == 1 && self.common >= 2
            || named && (self.own == 1 || self.common >= 3)
    }
}

/// A value that a part of the chart depends on.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct SectionCondition {
    /// Path below `openmetadata.config`.
    pub path: String,
    /// The texts that make it hold.
    pub is: Vec<String>,
    /// The first chart that does not ask for it any more.
    pub before: Option<Version>,
}

#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
struct ChartVersion {
    chart: Version,
    app: Version,
}

/// Images that are plainly not the server's, whatever their environment holds.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
struct HelperImages {
    words: Vec<String>,
    names: Vec<String>,
}

/// Where the manual has people put keys of their own.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnKeys {
    /// The folder at which the server finds them.
    pub folder: String,
    /// The Kubernetes Secret that they are made into.
    pub secret: String,
}

/// What the layout of charts before 1.1.0 tells of the version.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OldLayout {
    /// The last that reads it.
    pub version: Version,
    /// How the names of classes began once.
    pub old_package: String,
    /// The last that has them.
    pub with_old_package: Version,
}

/// Names of variables whose values are never printed: what the table says of those that it has, and
/// all others that sound like it.
#[derive(Clone, Debug, Default)]
pub struct SecretNames(FxHashMap<String, bool>);

impl SecretNames {
    /// Whether the variable's value is never printed.
    pub fn contains(&self, name: &str) -> bool {
        const SOUNDS: [&str; 6] = ["PASSW", "PASSPHRASE", "PWD", "SECRET", "TOKEN", "CREDENTIAL"];
        let sounds = || {
            let name = name.to_ascii_uppercase();
            SOUNDS.iter().any(|word| name.contains(word))
        };
        self.0.get(name).copied().unwrap_or_else(sounds)
    }
}

/// The whole table.
#[derive(Clone, Debug, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Catalogue {
    /// The newest version whose shipped files are known.
    pub newest: Version,
    charts: Vec<ChartVersion>,
    /// The version from which on the chart puts values in quotes of its own.
    pub chart_quotes_since: Version,
    /// Keys of the chart's values beside its configuration.
    pub chart_keys: Vec<String>,
    /// Keys of the Secrets that people make for the chart, and the variables they become.
    chart_secrets: BTreeMap<String, String>,
    /// Telltale variables that other programs have, too.
    common_variables: Vec<String>,
    own_credentials: Vec<String>,
    /// Where the manual has people put keys of their own.
    pub own_keys: OwnKeys,
    /// What the chart's old layout tells of the version.
    pub old_layout: OldLayout,
    /// Texts that by themselves tell of OpenMetadata.
    pub marks: Vec<String>,
    helper_images: HelperImages,
    /// Named sets of values that rules refer to.
    pub groups: BTreeMap<String, Vec<String>>,
    /// The conditions under which parts of the chart render.
    pub sections: BTreeMap<String, Vec<SectionCondition>>,
    /// All settings.
    pub settings: Vec<Setting>,
    #[serde(skip)]
    #[borsh(skip)]
    by_path: FxHashMap<String, SettingId>,
    #[serde(skip)]
    #[borsh(skip)]
    by_variable: FxHashMap<String, Vec<SettingId>>,
    #[serde(skip)]
    #[borsh(skip)]
    secret_variables: OnceLock<Arc<SecretNames>>,
}

impl Catalogue {
    /// Builds the indexes. To be called once after decoding.
    pub fn indexed(mut self) -> Self {
        let names = self.settings.iter().map(|setting| setting.env.len()).sum();
        self.by_path.reserve(self.settings.len());
        self.by_variable.reserve(names);
        for (at, setting) in self.settings.iter().enumerate() {
            self.by_path.insert(setting.path.clone(), SettingId(at));
            for spelling in &setting.env {
                self.by_variable.entry(spelling.name.clone()).or_default().push(SettingId(at));
            }
        }
        self
    }

    /// The setting with that number.
    pub fn get(&self, id: SettingId) -> &Setting {
        &self.settings[id.0]
    }

    /// The setting with that path.
    pub fn find(&self, path: &str) -> Option<SettingId> {
        self.by_path.get(path).copied()
    }

    /// The settings that an environment variable sets, whatever the version.
    pub fn by_variable(&self, name: &str) -> &[SettingId] {
        self.by_variable.get(name).map_or(&[], Vec::as_slice)
    }

    /// The variable that a key of a Secret becomes: the key itself, but for those that the chart
    /// names.
    pub fn variable_of_key<'n>(&'n self, key: &'n str) -> &'n str {
        self.chart_secrets.get(key).map_or(key, String::as_str)
    }

    /// Whether hardly anything but an OpenMetadata server reads this variable.
    pub fn is_telltale(&self, variable: &str) -> bool {
        self.by_variable(variable).iter().any(|&id| self.get(id).telltale)
    }

    /// Whether the variables are what an OpenMetadata server signs in and encrypts with, kept
    /// apart from the rest of its environment: by the values that it ships, or by their names
    /// where something else names the product.
    pub fn are_credentials<'n>(
        &self,
        variables: impl IntoIterator<Item = (&'n str, String)>,
        named: bool,
    ) -> bool {
        let (mut own, mut all, mut shipped) = (0, 0, false);
        for (name, text) in variables {
            for setting in self.by_variable(name).iter().map(|&id| self.get(id)) {
                if setting.beside.is_some() || !setting.is_credential() {
                    continue;
                }
                all += 1;
                if self.own_credentials.iter().any(|own| own == name) {
                    own += 1;
                    shipped |=
                        setting.server.iter().any(|s| s.value.as_deref() == Some(text.as_str()));
                }
            }
        }
        shipped || named && own >= 1 && all >= 2
    }

    /// What the variables tell of the program that reads them.
    pub fn telltales<'n>(&self, variables: impl IntoIterator<Item = &'n str>) -> Telltales {
        let found: BTreeSet<&str> =
            variables.into_iter().filter(|name| self.is_telltale(name)).collect();
        let common =
            found.iter().filter(|name| self.common_variables.iter().any(|c| c == *name)).count();
        Telltales { own: found.len() - common, common }
    }

    /// Whether the variable's value may be printed.
    pub fn is_public_variable(&self, name: &str) -> bool {
        let ids = self.by_variable(name);
        !ids.is_empty() && ids.iter().all(|&id| !self.get(id).secret)
    }

    /// Whether an image is plainly not the server's: what helps a server is often handed the
    /// same variables.
    pub fn is_helper_repository(&self, repository: &str) -> bool {
        let HelperImages { words, names } = &self.helper_images;
        let path = repository.split('@').next().unwrap_or(repository).to_ascii_lowercase();
        let last = path.rsplit('/').next().unwrap_or(&path);
        words.iter().any(|word| path.contains(word)) || names.iter().any(|name| name == last)
    }

    /// The variables whose values are never printed.
    pub fn secret_variables(&self) -> Arc<SecretNames> {
        let all = || {
            let names = self.by_variable.keys();
            Arc::new(SecretNames(
                names.map(|name| (name.clone(), !self.is_public_variable(name))).collect(),
            ))
        };
        self.secret_variables.get_or_init(all).clone()
    }

    /// All settings with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (SettingId, &Setting)> {
        self.settings.iter().enumerate().map(|(at, setting)| (SettingId(at), setting))
    }

    /// The OpenMetadata version that a chart version deploys.
    pub fn version_of_chart(&self, chart: Version) -> Version {
        let equal_from = self.charts.last().map(|entry| entry.chart);
        if equal_from.is_none_or(|from| chart >= from) {
            return chart;
        }
        self.charts.iter().rev().find(|entry| entry.chart <= chart).map_or(chart, |entry| entry.app)
    }

    /// The only chart that deploys the OpenMetadata version, from which on it bears its number.
    pub fn chart_numbered_as(&self, version: Version) -> Option<Version> {
        let from = self.charts.last().map(|entry| entry.app);
        from.is_none_or(|from| version >= from).then_some(version)
    }

    /// A chart version that deploys the OpenMetadata version, for spellings counted in charts.
    pub fn chart_of_version(&self, version: Version) -> Version {
        let equal_from = self.charts.last().map(|entry| entry.app);
        if equal_from.is_none_or(|from| version >= from) {
            return version;
        }
        self.charts
            .iter()
            .rev()
            .find(|entry| entry.app <= version)
            .map_or(version, |entry| entry.chart)
    }
}
