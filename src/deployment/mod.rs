//! One OpenMetadata server as a set of sources configures it: its settings with their
//! origins, and the evidence beside them. Knows neither where it was read from nor what will
//! be judged.

pub mod catalogue;
pub mod environment;
pub mod evidence;
pub mod reach;
pub mod value;
pub mod values;
pub mod version;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::source::{SourceId, Span, mask};
use catalogue::{Catalogue, SettingId};
use environment::Lack;
use evidence::{Evidence, Holder};
use value::{State, Value};
use values::Values;
use version::{Confidence, Version};

/// What a deployment is described by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Compose files.
    Compose,
    /// An environment file alone.
    Environment,
    /// Values of the Helm chart.
    Helm,
    /// openmetadata.yaml alone.
    ServerFile,
    /// Kubernetes manifests.
    Kubernetes,
}

impl Kind {
    /// The word used in ids, rule files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Compose => "compose",
            Kind::Environment => "env",
            Kind::Helm => "helm",
            Kind::ServerFile => "openmetadata.yaml",
            Kind::Kubernetes => "kubernetes",
        }
    }
}

/// Where the version of a deployment is known from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownVersion {
    /// The version that decides defaults and rules.
    pub version: Version,
    /// As people wrote it.
    pub text: String,
    /// `--om-version`, `configuration`, `image tag`, `chart version`, `layout`, or `assumed`.
    pub from: &'static str,
    /// Where a chart's version is written.
    pub place: Option<Span>,
    /// A range is written, of which this is the first release.
    pub is_range: bool,
}

impl KnownVersion {
    /// A version that no place in the files stands for by itself.
    pub fn new(version: Version, text: impl Into<String>, from: &'static str) -> Self {
        KnownVersion { version, text: text.into(), from, place: None, is_range: false }
    }
}

/// How a deployment writes a variable or key down, for remedies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// `NAME: value` below `environment:`.
    ComposeMap,
    /// `- NAME=value` below `environment:`.
    ComposeList,
    /// `NAME=value`.
    Assignment,
    /// `ENV NAME=value` of a Dockerfile.
    Instruction,
    /// Nested keys below `openmetadata.config` (or `global`).
    HelmValues,
    /// Nested keys of openmetadata.yaml.
    ServerFile,
    /// `- name: NAME` and `value: …` below `env:`.
    ManifestEnv,
    /// `NAME: "value"` below `data:` of a ConfigMap or Secret.
    ManifestData,
}

/// One server.
pub struct Deployment {
    /// Stable name: kind, path and service.
    pub id: String,
    /// What the configuration calls it.
    pub name: Option<String>,
    /// What it is described by.
    pub kind: Kind,
    /// Its version.
    pub version: KnownVersion,
    /// The sources that it was made of, the main one first.
    pub sources: Vec<SourceId>,
    /// Those of them that it was put together from: the main one, and what is laid over it by
    /// choice. What these refer to is not among them.
    pub layers: Vec<SourceId>,
    /// How its settings are written.
    pub notation: Notation,
    /// Sources whose lines are `NAME=value`, whatever the rest is.
    pub assignments: Vec<SourceId>,
    /// Places at which values stand in base64.
    pub encoded: Arc<BTreeSet<Span>>,
    /// Places in Kubernetes Secrets and ConfigMaps at which values stand.
    pub held: Arc<Vec<(Span, Holder)>>,
    /// The chart's root: `openmetadata.config`, an alias before it, or `global`.
    pub helm_root: Vec<String>,
    /// The last keys of the way to the chart's root, where no file has them.
    pub helm_missing: Vec<String>,
    settings: Values,
    /// Settings that several services beside the server have: what the others say.
    others: BTreeMap<SettingId, Vec<Value>>,
    /// The variables that somebody wrote for the server, each with its place.
    pub variables: BTreeMap<String, Span>,
    /// What the settings become for the job that migrates the database, where it is described
    /// by itself.
    pub migration: Option<Values>,
    /// Places that repeat a variable for a companion job, by variable.
    pub echoes: BTreeMap<String, Span>,
    /// What the files show beside the settings.
    pub evidence: Evidence,
    /// Named sources of which nobody can see what they set, and why.
    pub unseen: Vec<(String, Lack)>,
    /// Things to know about how it was put together.
    pub remarks: Vec<String>,
    /// The files describe only what stands beside a server.
    pub without_server: bool,
    /// Findings inform only: a template or documentation.
    pub illustrative: bool,
}

/// What every reader must say of a deployment; the rest has defaults.
pub struct Basics {
    /// See [`Deployment::id`].
    pub id: String,
    /// See [`Deployment::kind`].
    pub kind: Kind,
    /// See [`Deployment::version`].
    pub version: KnownVersion,
    /// See [`Deployment::sources`].
    pub sources: Vec<SourceId>,
    /// See [`Deployment::notation`].
    pub notation: Notation,
}

/// An id that may be printed: in a broken file a part of it may pass for an object's name.
fn printable(id: &str) -> String {
    match id.split_once('#') {
        Some((path, name)) => format!("{path}#{}", mask::public_value(name)),
        None => id.to_owned(),
    }
}

impl Deployment {
    /// A deployment with these settings, one for each of the catalogue's.
    pub fn new(basics: Basics, settings: Values, evidence: Evidence) -> Self {
        Deployment {
            id: printable(&basics.id),
            kind: basics.kind,
            version: basics.version,
            name: None,
            layers: basics.sources.first().copied().into_iter().collect(),
            sources: basics.sources,
            notation: basics.notation,
            assignments: Vec::new(),
            encoded: Arc::default(),
            held: Arc::default(),
            helm_root: Vec::new(),
            helm_missing: Vec::new(),
            settings,
            others: BTreeMap::new(),
            variables: BTreeMap::new(),
            migration: None,
            echoes: BTreeMap::new(),
            evidence,
            unseen: Vec::new(),
            remarks: Vec::new(),
            without_server: false,
            illustrative: false,
        }
    }

    /// Puts what another place says in place of a setting's value.
    pub fn set_value(&mut self, id: SettingId, value: Value) {
        self.settings.replace(id, value);
    }

    /// What a setting resolves to.
    pub fn value(&self, id: SettingId) -> &Value {
        self.settings.get(id)
    }

    /// All settings with their values.
    pub fn values(&self) -> impl Iterator<Item = (SettingId, &Value)> {
        self.settings.iter()
    }

    /// Takes in what a service beside the server says of a setting of its own. What the files
    /// show comes before what they do not.
    pub fn add_beside(&mut self, id: SettingId, value: Value) {
        let present = self.settings.get(id);
        let known = std::iter::once(present).chain(self.others.get(&id).into_iter().flatten());
        if known.into_iter().any(|known| known.origin.span == value.origin.span) {
            return;
        }
        match (present.state, value.state) {
            (State::Absent, _) => self.set_value(id, value),
            (State::Unseen | State::Reference, State::Written | State::Empty) => {
                let hidden = self.settings.replace(id, value);
                self.others.entry(id).or_default().push(hidden);
            }
            _ => self.others.entry(id).or_default().push(value),
        }
    }

    /// What a setting resolves to, once for each service that has it.
    pub fn values_of(&self, id: SettingId) -> impl Iterator<Item = &Value> {
        std::iter::once(self.value(id)).chain(self.others.get(&id).into_iter().flatten())
    }

    /// How this deployment's author spells a setting.
    pub fn spelling(&self, catalogue: &Catalogue, id: SettingId) -> String {
        let setting = catalogue.get(id);
        let newest = |names: &[catalogue::Spelling], chart: bool| {
            let version = if chart {
                catalogue.chart_of_version(self.version.version)
            } else {
                self.version.version
            };
            names
                .iter()
                .find(|name| name.holds_for(version))
                .or(names.first())
                .map(|name| name.name.clone())
        };
        match self.kind {
            Kind::Helm => {
                let names = if !setting.values.is_empty() {
                    &setting.values
                } else if setting.beside.is_some() {
                    &setting.dependencies
                } else if self.helm_root.first().is_some_and(|root| root == "global")
                    && !setting.global.is_empty()
                {
                    &setting.global
                } else {
                    &setting.helm
                };
                newest(names, true).or_else(|| newest(&setting.env, false))
            }
            Kind::ServerFile => None,
            Kind::Compose | Kind::Environment | Kind::Kubernetes => newest(&setting.env, false),
        }
        .unwrap_or_else(|| setting.path.clone())
    }

    /// What holds a value of a manifest: a Secret, a ConfigMap, or else the container itself.
    pub fn holder(&self, value: &Value) -> Option<Holder> {
        let span = value.origin.span?;
        let held = self.held.iter().find(|(place, _)| place.contains(span));
        let otherwise = (self.kind == Kind::Kubernetes).then_some(Holder::Text);
        held.map(|(_, holder)| *holder).or(otherwise)
    }

    /// The least certain of some settings' values.
    pub fn least_confidence(&self, ids: &[SettingId]) -> Confidence {
        ids.iter().map(|&id| self.value(id).confidence).min().unwrap_or(Confidence::High)
    }
}
