//! What a run goes by, each value with where it comes from. Prints nothing; what the file says
//! and may not be printed is blanked.

use std::path::Path;

use serde_json::{Map, Value, json};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::rules::schema::Severity;
use crate::source::discover::Disk;
use crate::source::mask::{Shown, reason};
use crate::source::{Source, SourceId, Span};

use super::keys::{Key, Shape, TOP};
use super::{Chosen, From, Loaded, Settings};

/// All that a run goes by.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The keys at the top, in the order of the table of keys.
    pub entries: Vec<Entry>,
    /// The tables of the file, in the order in which they stand there.
    pub sections: Vec<Section>,
}

/// One value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its key.
    pub key: &'static str,
    /// What applies; null where nothing was said and nothing general applies.
    pub value: Value,
    /// What null means here.
    pub otherwise: &'static str,
    /// Where it comes from.
    pub from: From,
}

/// One `[[table]]`.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its key.
    pub name: &'static str,
    /// Where it begins.
    pub span: Span,
    /// What it says: key, value, and the key's place.
    pub entries: Vec<(&'static str, Value, Span)>,
}

/// Lists what a sound configuration comes to. `shown` is what may be printed of the file.
pub fn list(loaded: &Loaded, shown: &Shown, disk: &Disk) -> Listing {
    let page = loaded.file.map(|id| Page { id, source: loaded.sources.get(id), shown });
    let (mut written, mut sections) = (Vec::new(), Vec::new());
    if let Some(page) = &page {
        page.read(&mut written, &mut sections);
    }
    let mut entries = effective(&loaded.settings, disk);
    for (key, value, span) in written {
        let entry = entries.iter_mut().find(|entry| entry.key == key);
        if let Some(entry) = entry.filter(|entry| matches!(entry.from, From::File(_))) {
            (entry.value, entry.from) = (value, From::File(span));
        }
    }
    Listing { entries, sections }
}

/// The values that apply; those of the file are replaced by what stands there.
fn effective(settings: &Settings, disk: &Disk) -> Vec<Entry> {
    fn entry<T>(
        key: &'static str,
        chosen: &Chosen<T>,
        value: Value,
        otherwise: &'static str,
    ) -> Entry {
        Entry { key, value, otherwise, from: chosen.from }
    }
    let level =
        |level: &Option<Severity>| level.map_or(json!("never"), |level| json!(level.name()));
    let path = |path: &Path| json!(disk.from_here(path));
    let severity: Map<String, Value> = settings
        .severity
        .iter()
        .map(|(rule, level)| (rule.value.clone(), json!(level.value.name())))
        .collect();
    let levels = Chosen {
        value: (),
        from: settings.severity.first().map_or(From::Default, |(rule, _)| From::File(rule.span)),
    };
    let s = settings;
    vec![
        entry("select", &s.select, all_or(&s.select), "all rules"),
        entry("ignore", &s.ignore, json!(s.ignore.value), "none"),
        entry("severity", &levels, Value::Object(severity), "none"),
        entry("fail-on", &s.fail_on, level(&s.fail_on.value), ""),
        entry(
            "min-severity",
            &s.min_severity,
            json!(s.min_severity.value.map(Severity::name)),
            "medium; low in formats for programs",
        ),
        entry(
            "min-confidence",
            &s.min_confidence,
            json!(s.min_confidence.value.map(|level| level.name())),
            "medium; low in formats for programs",
        ),
        entry("profile", &s.profile, json!(s.profile.value.name()), ""),
        entry("exclude", &s.exclude, json!(s.exclude.value.patterns()), "nothing"),
        entry(
            "om-version",
            &s.om_version,
            json!(s.om_version.value.as_ref().map(|(text, _)| text)),
            "what the files say",
        ),
        entry("baseline", &s.baseline, json!(s.baseline.value.as_deref().map(path)), "none"),
        entry(
            "rule-dirs",
            &s.rule_dirs,
            s.rule_dirs.value.iter().map(|dir| path(dir)).collect(),
            "none",
        ),
    ]
}

fn all_or(select: &Chosen<Vec<String>>) -> Value {
    if select.from == From::Default { Value::Null } else { json!(select.value) }
}

type Written = (&'static str, Value, Span);

/// The file, and what may be printed of it.
struct Page<'s> {
    id: SourceId,
    source: &'s Source,
    shown: &'s Shown,
}

impl Page<'_> {
    fn read(&self, top: &mut Vec<Written>, sections: &mut Vec<Section>) {
        let (root, _) = DeTable::parse_recoverable(&self.source.text[self.offset()..]);
        for (key, value, span) in self.pairs(root.get_ref(), TOP) {
            let Shape::Tables(keys) = key.shape else {
                top.push((key.name, self.value(value), span));
                continue;
            };
            let DeValue::Array(items) = value.get_ref() else { continue };
            for item in items {
                let DeValue::Table(table) = item.get_ref() else { continue };
                let entries = self.pairs(table, keys).into_iter();
                sections.push(Section {
                    name: key.name,
                    span: self.span(item.span()),
                    entries: entries
                        .map(|(key, value, span)| (key.name, self.said(key, value), span))
                        .collect(),
                });
            }
        }
        sections.sort_by_key(|section| section.span);
    }

    /// A byte order mark is no part of the text.
    fn offset(&self) -> usize {
        let text = &self.source.text;
        text.len() - text.trim_start_matches('\u{feff}').len()
    }

    fn span(&self, range: std::ops::Range<usize>) -> Span {
        Span::new(self.id, range.start + self.offset()..range.end + self.offset())
    }

    /// The known keys of a table in the order in which they stand there.
    fn pairs<'t, 'd>(
        &self,
        table: &'t DeTable<'d>,
        keys: &'static [Key],
    ) -> Vec<(&'static Key, &'t Spanned<DeValue<'d>>, Span)> {
        let mut pairs: Vec<_> = table
            .iter()
            .filter_map(|(name, value)| {
                let key = keys.iter().find(|key| key.name == name.get_ref())?;
                Some((key, value, self.span(name.span())))
            })
            .collect();
        pairs.sort_by_key(|(_, _, span)| *span);
        pairs
    }

    fn said(&self, key: &Key, value: &Spanned<DeValue<'_>>) -> Value {
        match (key.shape, value.get_ref()) {
            (Shape::Prose, DeValue::String(text)) => json!(reason(text)),
            _ => self.value(value),
        }
    }

    fn value(&self, value: &Spanned<DeValue<'_>>) -> Value {
        match value.get_ref() {
            DeValue::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            DeValue::Table(table) => {
                let pairs = table.iter().map(|(name, value)| {
                    let range = self.span(name.span()).range();
                    (self.text(range, name.get_ref()), self.value(value))
                });
                Value::Object(pairs.collect())
            }
            DeValue::String(text) => json!(self.text(self.span(value.span()).range(), text)),
            _ => json!(self.source.text[self.span(value.span()).range()]),
        }
    }

    /// A text as its author means it, or what of its spelling may be printed.
    fn text(&self, range: std::ops::Range<usize>, meant: &str) -> String {
        let spelled = &self.source.text[range.clone()];
        let masked = self.shown.mask(spelled, range.start);
        if masked == spelled {
            return meant.to_owned();
        }
        masked.trim_matches(['"', '\'', '*']).to_owned() + "***"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_listed_in_the_order_of_the_table() {
        let disk = Disk::new("/".into(), false);
        let listing = list(&Loaded::default(), &Shown::default(), &disk);
        let listed: Vec<&str> = listing.entries.iter().map(|entry| entry.key).collect();
        let keys = TOP.iter().filter(|key| !matches!(key.shape, Shape::Tables(_)));
        assert_eq!(listed, keys.map(|key| key.name).collect::<Vec<_>>());
    }
}
