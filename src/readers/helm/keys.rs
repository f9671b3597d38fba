//! Keys of the chart's values by their places: those that say that something stands where the
//! chart does not look, and the settings that stand beside the chart's configuration.

use std::collections::HashMap;

use crate::deployment::catalogue::Setting;
use crate::deployment::value::Value;
use crate::source::Span;
use crate::syntax::yaml::Entry;

use super::super::scalar;
use super::{Found, Layer, Reader, step};

/// How many keys lead to the deepest ones that are looked at.
const DEPTH: usize = 4;

impl<'a> Reader<'a, '_> {
    /// The keys of all mappings down to some depth, by path; of several layers the strongest.
    pub(super) fn written_keys(&self) -> Vec<(String, Span)> {
        let mut found = Keys::default();
        for layer in &self.values {
            found.collect(*layer, "", 1);
        }
        found.list()
    }

    /// A setting that stands beside the chart's configuration.
    pub(super) fn outside_configuration(&self, setting: &Setting) -> Value {
        let mut place = self.top;
        for spelling in &setting.values {
            match self.look_outside(&spelling.name) {
                Found::Leaf(layer, key) => {
                    return self.leaf(setting, layer, scalar::span(layer.source, key));
                }
                Found::Null(..) | Found::Map(..) => break,
                Found::Nothing => {}
            }
            place = self.deepest(&spelling.name).unwrap_or(place);
        }
        if !self.broken_from.is_empty() || !self.wrapped.unseen.is_empty() {
            return Value::unseen("values that are not among the files", place);
        }
        match setting.chart_default(self.version.version).and_then(|it| it.value.as_deref()) {
            Some(text) => Value::default(setting.kind, text, place),
            None => Value::absent(),
        }
    }

    /// The last key on the way to a path that is there.
    fn deepest(&self, path: &str) -> Option<Span> {
        let mut layers: Vec<Layer<'a>> = self.values.clone();
        let mut place = None;
        for key in path.split('.') {
            let Found::Map(next, key, source) = step(&layers, key) else { break };
            place = Some(scalar::span(source, key));
            layers = next;
        }
        place
    }
}

/// Keys by path, each with its rank in the order in which they are met.
#[derive(Default)]
struct Keys(HashMap<String, (usize, Span)>);

impl Keys {
    fn collect(&mut self, layer: Layer<'_>, above: &str, depth: usize) {
        let entries = layer.node.entries();
        self.0.reserve(entries.len());
        for entry in entries {
            let Some(key) = entry.key.text() else { continue };
            let path = if above.is_empty() { key.to_owned() } else { [above, ".", key].concat() };
            // Below other keys nothing of the configuration is ever meant.
            let on_the_way = ["openmetadata", "config", "global"];
            let first = path.split('.').next().unwrap_or("");
            if depth < DEPTH && entry.value.is_map() && on_the_way.contains(&first) {
                self.put(path.clone(), layer, &entry);
                let inner = layer.at(entry.value);
                self.collect(inner, &path, depth + 1);
            } else {
                self.put(path, layer, &entry);
            }
        }
    }

    fn put(&mut self, path: String, layer: Layer<'_>, entry: &Entry<'_>) {
        if !entry.value.is_null() {
            let span = scalar::span(layer.source, entry.key);
            let rank = self.0.len();
            self.0.entry(path).or_insert((rank, span)).1 = span;
        }
    }

    fn list(self) -> Vec<(String, Span)> {
        let mut all: Vec<_> = self.0.into_iter().collect();
        all.sort_unstable_by_key(|(_, (rank, _))| *rank);
        all.into_iter().map(|(path, (_, span))| (path, span)).collect()
    }
}
