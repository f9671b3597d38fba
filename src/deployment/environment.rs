//! The environment that a server process gets, and what its settings become from it.
//! Knows nothing of the files that it was read from.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::source::Span;

use super::catalogue::{Catalogue, Setting, SettingId};
use super::value::{Fragment, Origin, State, Step, Value};
use super::values::Values;
use super::version::{Confidence, Version};

/// A variable on its way to the server.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its text.
    pub text: Fragment,
    /// Its items, where the source wrote a list and not a text.
    pub items: Option<Vec<Fragment>>,
    /// Where the variable is named.
    pub place: Span,
    /// How it came here, the step nearest the server first.
    pub steps: Vec<Step>,
    /// How sure we are.
    pub confidence: Confidence,
    /// Its rank among the sources of the environment: the higher wins.
    pub rank: u8,
}

/// Why nobody can see what a source sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// It is named, but not among the files.
    Missing,
    /// It is there, in a form that is not followed.
    NotFollowed,
}

impl Lack {
    /// What is the matter with it, in words for people.
    pub fn words(self) -> &'static str {
        match self {
            Lack::Missing => "is not among the files",
            Lack::NotFollowed => "is not followed by omlint",
        }
    }
}

/// A source of the environment that the files name but do not show.
#[derive(Clone, Debug)]
pub struct Unseen {
    /// What it is called: `env_file secrets.env`, `Secret om-env`.
    pub name: String,
    /// Where it is named.
    pub span: Span,
    /// Its rank among the sources of the environment.
    pub rank: u8,
    /// What the names of all its variables begin with.
    pub prefix: String,
    /// Why it is not shown.
    pub lack: Lack,
}

impl Unseen {
    /// What it is called, and why it is not shown.
    pub fn told(self) -> (String, Lack) {
        (self.name, self.lack)
    }

    /// Whether it may hold a variable of this name.
    fn may_set(&self, name: &str) -> bool {
        name.starts_with(&self.prefix)
    }
}

/// All variables that a server process gets.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// By name.
    pub variables: BTreeMap<String, Variable>,
    /// Sources that are named but not shown.
    pub unseen: Vec<Unseen>,
    /// Where a file that it was read from broke: what is set beyond that may be lost.
    pub broken: Option<Span>,
}

/// What holds where no variable is set.
pub struct Fallback<'a> {
    /// The server's version.
    pub version: Version,
    /// How sure we are that nothing unseen sets it.
    pub confidence: Confidence,
    /// Where one would set a setting, with steps that explain why nothing did.
    pub place: &'a dyn Fn(&Setting) -> Origin,
}

impl Environment {
    /// Sets a variable unless a source of higher rank already did.
    pub fn set(&mut self, name: impl Into<String>, variable: Variable) {
        match self.variables.entry(name.into()) {
            Entry::Vacant(place) => {
                place.insert(variable);
            }
            Entry::Occupied(mut present) if present.get().rank <= variable.rank => {
                present.insert(variable);
            }
            Entry::Occupied(_) => {}
        }
    }

    /// Notes that a file broke there: what stands after it is less certain.
    pub fn break_at(&mut self, place: Span) {
        self.broken.get_or_insert(place);
        let after = |span: Span| span.source == place.source && span.start >= place.start;
        for variable in self.variables.values_mut().filter(|variable| after(variable.place)) {
            variable.confidence = variable.confidence.min(Confidence::Medium);
        }
    }

    /// The names of all variables, each with the place that names it.
    pub fn places(&self) -> BTreeMap<String, Span> {
        self.variables.iter().map(|(name, variable)| (name.clone(), variable.place)).collect()
    }

    /// What each setting of the catalogue becomes, by its number.
    pub fn settings(&self, catalogue: &Catalogue, fallback: &Fallback<'_>) -> Values {
        catalogue.settings.iter().map(|setting| self.setting(setting, fallback)).collect()
    }

    /// What one setting becomes.
    pub fn setting(&self, setting: &Setting, fallback: &Fallback<'_>) -> Value {
        if setting.env.is_empty() || setting.beside.is_some() {
            return Value::absent();
        }
        let found =
            setting.env.iter().filter(|spelling| spelling.holds_for(fallback.version)).find_map(
                |spelling| {
                    self.variables.get(&spelling.name).map(|variable| (&spelling.name, variable))
                },
            );
        if let Some((name, variable)) = found {
            return self.through(setting, name, variable);
        }
        // A source that nobody can see sets nothing that this version does not read.
        let may_be_set = |unseen: &&Unseen| {
            let mut names = setting
                .env
                .iter()
                .filter(|spelling| spelling.holds_for(fallback.version) || unseen.rank == u8::MAX);
            names.any(|spelling| unseen.may_set(&spelling.name))
        };
        if let Some(unseen) = self.unseen.iter().rev().find(may_be_set) {
            let mut value = Value::unseen(&unseen.name, unseen.span);
            value.origin.steps.push(Step {
                what: format!("{} may set it, but {}", unseen.name, unseen.lack.words()),
                span: Some(unseen.span),
            });
            return value;
        }
        let text = setting.server_default(fallback.version).and_then(|it| it.value.as_deref());
        if text.is_none() && self.broken.is_none() {
            return Value::absent();
        }
        let origin = (fallback.place)(setting);
        if let Some(place) = self.broken {
            let place = origin.span.unwrap_or(place);
            return Value::unseen("the part of the file that did not parse", place);
        }
        let place =
            origin.span.unwrap_or(crate::source::Span::new(crate::source::SourceId(0), 0..0));
        let Some(text) = text else {
            return Value::absent();
        };
        let mut value = Value::default(setting.kind, text, place);
        value.origin = origin;
        value.confidence = fallback.confidence;
        value
    }

    /// What a service beside the server gets for a setting of its own. None if the files show
    /// nothing: its image may have a default that nobody knows here.
    fn beside(&self, setting: &Setting) -> Option<Value> {
        let mut names = setting.env.iter().map(|spelling| &spelling.name);
        let (name, variable) = names.find_map(|name| Some((name, self.variables.get(name)?)))?;
        Some(self.through(setting, name, variable))
    }

    /// What a service of this name and image gets for all settings of the services beside the
    /// server.
    pub fn all_beside(
        &self,
        catalogue: &Catalogue,
        name: &str,
        image: Option<&str>,
    ) -> Vec<(SettingId, Value)> {
        let settings = catalogue.iter();
        settings
            .filter(|(_, setting)| setting.beside.as_ref().is_some_and(|b| b.fits(name, image)))
            .filter_map(|(id, setting)| Some((id, self.beside(setting)?)))
            .collect()
    }

    fn through(&self, setting: &Setting, name: &str, variable: &Variable) -> Value {
        let mut value = Value::written(
            setting.kind,
            // The image's openmetadata.yaml takes it in without quotes of its own.
            variable.text.before_comment(),
            variable.items.clone(),
            variable.place,
        );
        value.confidence = variable.confidence;
        let above = |unseen: &&Unseen| unseen.rank > variable.rank && unseen.may_set(name);
        if let Some(unseen) = self.unseen.iter().find(above) {
            value.confidence = value.confidence.min(Confidence::Medium);
            value.origin.steps.push(Step {
                what: format!("{} may override `{name}`, but {}", unseen.name, unseen.lack.words()),
                span: Some(unseen.span),
            });
        }
        value.origin.steps.extend(variable.steps.iter().cloned());
        if value.state == State::Written && variable.items.is_some() {
            value.origin.span = value
                .items
                .as_ref()
                .and_then(|items| items.first())
                .map(|_| variable.text.outer())
                .or(value.origin.span);
        }
        value
    }
}
