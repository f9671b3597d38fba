//! What a wrapper says of one installation of the chart: layers of values, single values over them,
//! the chart. Knows nothing of the wrappers' formats, and nothing of what the values mean.

use crate::source::{SourceId, Span, Text};
use crate::syntax::helm_set::{Assigned, Assignment};
use crate::syntax::yaml::Node;

use super::super::manifests::{Part, Store};
use super::super::{Input, helm, scalar};
use super::environments::Environment;
use super::{at, post_render, text};

/// One installation of the chart that a wrapper describes.
#[derive(Clone)]
pub(super) struct Release<'a> {
    pub name: String,
    pub input: &'a Input,
    /// It names OpenMetadata's chart.
    pub is_chart: bool,
    pub chart: Option<helm::Pinned>,
    /// Where its version is pinned.
    pub pinned: Option<Node<'a>>,
    /// The folder of a chart in the same repository: its own values are below all others.
    pub folder: Option<Folder>,
    /// The chart's own values count.
    pub brings_own: bool,
    /// The chart that takes OpenMetadata's in, where it is not in the same repository.
    pub outer: Option<Node<'a>>,
    /// Where one would write values if there are none.
    pub anchor: Option<Node<'a>>,
    /// The wrapper's keys that one would write there first.
    pub missing: &'static [&'static str],
    /// The key below which the wrapper itself holds values.
    pub inline: Option<Node<'a>>,
    /// The weakest first.
    pub values: Vec<Values<'a>>,
    /// `--set`
    pub parameters: Vec<Parameter<'a>>,
    /// What is changed once the chart is rendered.
    pub patches: Vec<post_render::Patch<'a>>,
    /// Patches of the wrapper that are not followed.
    pub hidden: Vec<Span>,
    /// What expressions stand for.
    pub environment: Option<Environment>,
    /// The Secrets and ConfigMaps that one kustomization builds together with it.
    pub stores: &'a [Store<'a>],
}

/// Where a path of a wrapper begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// In the wrapper's own folder.
    Wrapper,
    /// In the folder of the chart.
    Chart,
    /// In the root of the repository.
    Root,
}

/// The folder of a chart.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    pub path: String,
    /// In the repository's root or the wrapper's folder.
    pub base: Base,
}

impl Folder {
    pub fn new(path: &str, base: Base) -> Self {
        Folder { path: path.to_owned(), base }
    }
}

/// A part of the values as the wrapper writes it.
#[derive(Clone)]
pub(super) enum Values<'a> {
    /// Below a key of the wrapper's own document.
    Inline(Node<'a>),
    /// A text that holds YAML.
    Text(Node<'a>),
    /// The same in another file, which holds a patch.
    Part(Part<'a>),
    TextPart(Part<'a>),
    /// One value of a patch, and its path.
    Set(Part<'a>, String),
    /// A file, and where it is named. One that need not be there is no loss.
    File {
        path: String,
        place: Node<'a>,
        is_needed: bool,
        base: Base,
    },
    /// Something that is not followed.
    Hidden {
        name: String,
        place: Node<'a>,
    },
    /// A change that is not followed.
    Refused(String, Span),
    /// A key of a Secret or ConfigMap.
    Held(Held<'a>),
}

/// Values in a Secret or ConfigMap.
#[derive(Clone)]
pub(super) struct Held<'a> {
    pub is_secret: bool,
    pub place: Node<'a>,
    pub name: String,
    pub key: String,
    /// The path of the single value that it is, if it is not a whole file.
    pub target: Option<Node<'a>>,
}

impl<'a> Held<'a> {
    pub fn is_in(&self, store: &Store<'_>) -> bool {
        store.is_secret == self.is_secret && store.identity.is_named(&self.name)
    }

    /// Values as `configMapKeyRef` and `secretKeyRef` name them, the Secret over the ConfigMap.
    pub fn by_key(from: Node<'a>) -> Vec<Held<'a>> {
        let kinds = [("configMapKeyRef", false), ("secretKeyRef", true)].into_iter();
        let found = kinds.filter_map(|(kind, is_secret)| {
            let named = from.get(kind)?.value;
            let place = at(named, "name")?;
            Some(Held {
                is_secret,
                place,
                name: place.text().unwrap_or_default().to_owned(),
                key: text(named, "key").unwrap_or("values.yaml").to_owned(),
                target: None,
            })
        });
        found.collect()
    }
}

/// A single value over all others.
#[derive(Clone)]
pub(super) struct Parameter<'a> {
    pub name: Node<'a>,
    /// None if it stands in a file of its own.
    pub value: Option<Node<'a>>,
    /// It is a text whatever it looks like.
    pub is_text: bool,
}

impl<'a> Parameter<'a> {
    /// A parameter as all wrappers write it, its value under one of these keys.
    pub fn of(item: Node<'a>, keys: &[&str], is_text: bool) -> Option<Self> {
        let value = keys.iter().find_map(|key| item.get(key)).map(|entry| entry.value);
        Some(Parameter { name: item.get("name")?.value, value, is_text })
    }

    pub fn assignment(
        &self,
        source: SourceId,
        raw: &str,
        environment: Option<&Environment>,
    ) -> Assignment {
        let text = |node: Node<'_>| {
            let text = scalar::text(source, raw, node);
            let known = environment.map(|environment| environment.fill(text.expose()));
            match known.filter(|known| known != text.expose()) {
                Some(known) => {
                    let place = environment.and_then(|known| known.place(text.expose()));
                    let place = place.map_or(text.span(), |place| Span::new(source, place));
                    Text::decoded(known, place)
                }
                None => text,
            }
        };
        let value = match self.value {
            None => Assigned::Unseen(scalar::span(source, self.name)),
            Some(value) if value.is_seq() => {
                let items = value.items().into_iter().map(|item| text(item.resolved()));
                Assigned::List(items.collect(), Span::new(source, value.range()))
            }
            Some(value) if self.is_text => Assigned::Text(text(value)),
            Some(value) => Assigned::Value(text(value)),
        };
        Assignment { path: text(self.name), value }
    }
}

impl<'a> Release<'a> {
    pub fn new(input: &'a Input, name: &str, anchor: Option<Node<'a>>) -> Self {
        Release {
            name: name.to_owned(),
            input,
            is_chart: false,
            chart: None,
            pinned: None,
            environment: None,
            folder: None,
            brings_own: true,
            outer: None,
            anchor,
            missing: &[],
            inline: None,
            values: Vec::new(),
            parameters: Vec::new(),
            patches: Vec::new(),
            hidden: Vec::new(),
            stores: &[],
        }
    }
}

impl<'a> Release<'a> {
    /// It installs OpenMetadata's chart, in this version if one is pinned.
    pub fn set_chart(&mut self, pinned: Option<Node<'a>>) {
        self.is_chart = true;
        self.pinned = pinned;
        self.chart = pinned.and_then(|node| helm::Pinned::of(self.input.source, node));
    }
}
