//! Whether a condition holds for a deployment: true, false, or not to be told from the files.
//! A rule speaks on true only.

use crate::crypto::keys;
use crate::deployment::catalogue::{SettingId, Type};
use crate::deployment::evidence::{Holder, Mount};
use crate::deployment::value::{Fragment, GAP, State, Value};
use crate::deployment::{Deployment, Kind};
use crate::source::Sources;

use super::Knowledge;
use super::schema::{Choice, Condition, Fact, Graded, HeldBy, Host, Predicate, Profile};
use super::url::Url;

/// Kleene's three values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// The files do not tell.
    Unknown,
}

impl std::ops::Not for Truth {
    type Output = Truth;
    fn not(self) -> Truth {
        match self {
            Truth::True => Truth::False,
            Truth::False => Truth::True,
            Truth::Unknown => Truth::Unknown,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Truth {
        if holds { Truth::True } else { Truth::False }
    }
}

impl Truth {
    /// All of them hold.
    pub fn all(list: impl IntoIterator<Item = Truth>) -> Truth {
        let mut result = Truth::True;
        for truth in list {
            match truth {
                Truth::False => return Truth::False,
                Truth::Unknown => result = Truth::Unknown,
                Truth::True => {}
            }
        }
        result
    }

    /// At least one of them holds.
    pub fn any(list: impl IntoIterator<Item = Truth>) -> Truth {
        !Truth::all(list.into_iter().map(|truth| !truth))
    }
}

/// A deployment under judgement.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// What is known about OpenMetadata.
    pub knowledge: &'a Knowledge,
    /// The deployment.
    pub deployment: &'a Deployment,
    /// The files.
    pub sources: &'a Sources,
    /// What the deployment is for.
    pub profile: Profile,
}

impl<'a> Case<'a> {
    /// The number of a setting that a rule names.
    pub fn setting(&self, path: &str) -> SettingId {
        self.knowledge.catalogue.find(path).expect("checked when the rule was loaded")
    }

    /// The value of a setting that a rule names.
    pub fn value(&self, path: &str) -> &'a Value {
        self.deployment.value(self.setting(path))
    }

    /// Whether a variable's setting has a value of its own. A default that a chart or a compose
    /// file writes out for everybody says nothing of what was meant here.
    pub fn is_set(&self, variable: &str) -> bool {
        let untouched = Predicate::Any(vec![Predicate::Empty, Predicate::Default]);
        let settings = self.knowledge.catalogue.by_variable(variable).iter();
        let mut values = settings.map(|&id| (id, self.deployment.value(id)));
        values.any(|(id, value)| {
            let is_shown = !matches!(value.state, State::Absent | State::Unseen);
            is_shown && self.meets(id, value, &untouched) != Truth::True
        })
    }

    /// Whether a condition holds.
    pub fn holds(&self, condition: &Condition) -> Truth {
        match condition {
            Condition::All(list) => Truth::all(list.iter().map(|inner| self.holds(inner))),
            Condition::Any(list) => Truth::any(list.iter().map(|inner| self.holds(inner))),
            Condition::Not(inner) => !self.holds(inner),
            Condition::Version(range) => range.contains(self.deployment.version.version).into(),
            Condition::Profile(profile) => (self.profile == *profile).into(),
            Condition::Kind(kinds) => {
                kinds.iter().any(|kind| kind == self.deployment.kind.name()).into()
            }
            Condition::Fact(fact) => self.fact(*fact),
            Condition::Port(wanted) => {
                let ports = self.deployment.evidence.ports.iter();
                Truth::any(ports.map(|port| self.is_port(port, wanted)))
            }
            Condition::Mount(wanted) => (!self.mounts(wanted).is_empty()).into(),
            Condition::Key(path) => {
                let mut keys = self.deployment.evidence.written_keys.iter();
                keys.any(|(written, _)| written == path).into()
            }
            Condition::Setting(path, predicate) => {
                let id = self.setting(path);
                let values = self.deployment.values_of(id);
                Truth::any(values.map(|value| self.meets(id, value, predicate)))
            }
        }
    }

    /// The settings that a true condition looked at, for labels.
    pub fn reasons(&self, condition: &Condition) -> Vec<SettingId> {
        let mut found = Vec::new();
        self.collect_reasons(condition, &mut found);
        found.dedup();
        found
    }

    fn collect_reasons(&self, condition: &Condition, found: &mut Vec<SettingId>) {
        match condition {
            Condition::All(list) => {
                list.iter().for_each(|inner| self.collect_reasons(inner, found));
            }
            Condition::Any(list) => {
                if let Some(inner) = list.iter().find(|inner| self.holds(inner) == Truth::True) {
                    self.collect_reasons(inner, found);
                }
            }
            Condition::Setting(path, _) => found.push(self.setting(path)),
            // What does not hold has nothing to point at.
            _ => {}
        }
    }

    /// The level that a graded list gives.
    pub fn grade<T: Copy>(&self, graded: &Graded<T>) -> T {
        graded
            .cases
            .iter()
            .find(|(_, when)| self.holds(when) == Truth::True)
            .map_or(graded.otherwise, |(level, _)| *level)
    }

    /// Whether a setting's value meets a predicate.
    pub fn meets(&self, id: SettingId, value: &Value, predicate: &Predicate) -> Truth {
        if value.state == State::Absent {
            return Truth::False;
        }
        let catalogue = &self.knowledge.catalogue;
        match predicate {
            Predicate::Unset => (value.state == State::Default).into(),
            Predicate::Reference => match value.state {
                State::Unseen => Truth::Unknown,
                state => (state == State::Reference).into(),
            },
            Predicate::Empty => match &value.items {
                Some(items) if !items.is_empty() => Truth::False,
                Some(_) => match value.state {
                    State::Reference | State::Unseen => Truth::Unknown,
                    State::Empty => Truth::True,
                    _ => self.compare(&value.text, |text| text.is_empty()),
                },
                None => self.compare(&value.text, |text| text.trim().is_empty()),
            },
            Predicate::Default => match value.state {
                State::Default => Truth::True,
                _ => Truth::any(catalogue.get(id).shipped_texts().map(|shipped| {
                    // Most defaults are texts that are compared as they stand.
                    let is_bare = !shipped.starts_with(['"', '\'']) && shipped.trim() == shipped;
                    if is_bare && (value.items.is_none() || catalogue.get(id).kind != Type::List) {
                        return self.compare_with(&value.text, shipped);
                    }
                    let shipped =
                        Value::default(catalogue.get(id).kind, shipped, value.text.outer());
                    match (&value.items, &shipped.items) {
                        (Some(items), Some(expected)) => {
                            let expected: Vec<_> = expected.iter().map(Fragment::outline).collect();
                            self.equal_items(items, &expected)
                        }
                        _ => {
                            let expected = shipped.text.unquoted().outline();
                            self.compare_with(&value.text, &expected)
                        }
                    }
                })),
            },
            Predicate::Misshapen => super::shape::is_misshapen(catalogue.get(id), value),
            Predicate::Inline => {
                let inline = value.state == State::Written
                    && value.text.as_outline().chars().any(|c| c != GAP)
                    && value
                        .origin
                        .span
                        .is_some_and(|span| !self.sources.get(span.source).kept_out);
                match (inline, value.text.is_known()) {
                    (false, _) => Truth::False,
                    (true, true) => Truth::True,
                    (true, false) => Truth::Unknown,
                }
            }
            Predicate::HeldBy(wanted) => {
                let holder = match wanted {
                    HeldBy::Secret => Holder::Secret,
                    HeldBy::ConfigMap => Holder::ConfigMap,
                    HeldBy::Container => Holder::Text,
                };
                let is_written = value.state == State::Written;
                (is_written && self.deployment.holder(value) == Some(holder)).into()
            }
            Predicate::Equals(texts) => match &value.items {
                _ if value.is_hidden() && texts.is_empty() => Truth::Unknown,
                Some(items) if !value.is_hidden() => self.equal_items(items, texts),
                _ => self.is_one_of(&value.text, texts),
            },
            Predicate::In(choice) => self.is_one_of(&value.text, self.texts(choice)),
            Predicate::Contains(inner) => match &value.items {
                None => self.meets(id, value, inner),
                Some(items) => {
                    let mut known = Truth::any(items.iter().map(|item| self.item(item, inner)));
                    // An unknown item, or an unknown list, may hold what is looked for.
                    let open = value.is_hidden() || items.iter().any(is_unseen);
                    if known == Truth::False && open {
                        known = Truth::Unknown;
                    }
                    known
                }
            },
            Predicate::First(inner) => match value.items.as_deref() {
                None if value.is_hidden() => Truth::Unknown,
                None => self.meets(id, value, inner),
                Some([]) if value.is_hidden() => Truth::Unknown,
                Some([]) => Truth::False,
                Some([first, ..]) => self.item(first, inner),
            },
            Predicate::Any(list) => {
                Truth::any(list.iter().map(|inner| self.meets(id, value, inner)))
            }
            Predicate::All(list) => {
                Truth::all(list.iter().map(|inner| self.meets(id, value, inner)))
            }
            Predicate::Not(inner) => !self.meets(id, value, inner),
            _ => self.fragment(&value.text, predicate),
        }
    }

    /// Whether one item of a list meets a predicate.
    pub fn item(&self, item: &Fragment, predicate: &Predicate) -> Truth {
        match predicate {
            Predicate::Any(list) => Truth::any(list.iter().map(|p| self.item(item, p))),
            Predicate::All(list) => Truth::all(list.iter().map(|p| self.item(item, p))),
            Predicate::Not(inner) => !self.item(item, inner),
            Predicate::Equals(texts) => self.is_one_of(item, texts),
            Predicate::In(choice) => self.is_one_of(item, self.texts(choice)),
            Predicate::Empty => self.compare(item, |text| text.is_empty()),
            Predicate::Reference => is_unseen(item).into(),
            _ => self.fragment(item, predicate),
        }
    }

    fn texts<'c>(&'c self, choice: &'c Choice) -> &'c [String] {
        match choice {
            Choice::Texts(texts) => texts,
            Choice::Group(group) => &self.knowledge.catalogue.groups[group],
        }
    }

    fn is_one_of(&self, text: &Fragment, texts: &[String]) -> Truth {
        Truth::any(texts.iter().map(|expected| self.compare_with(text, expected)))
    }

    fn fragment(&self, text: &Fragment, predicate: &Predicate) -> Truth {
        let patterns = &self.knowledge.patterns;
        match predicate {
            Predicate::Matches(pattern) => {
                let outline = text.as_outline();
                if !outline.contains(GAP) {
                    return pattern.is_match(&outline).into();
                }
                match pattern.find(&outline) {
                    // Known characters alone make it match, whatever stands in the gaps.
                    Some(range) if !outline[range.clone()].contains(GAP) => Truth::True,
                    _ => Truth::Unknown,
                }
            }
            Predicate::AtLeast(least) => number(text, |number| number >= *least),
            Predicate::Below(bound) => number(text, |number| number < *bound),
            Predicate::Placeholder => self.placeholder(&text.as_outline()).into(),
            Predicate::ExampleDomain => {
                let outline = text.as_outline();
                let host = Url::parse(outline.trim()).host;
                // The end of the host decides, so a gap before it does no harm.
                let tail = host.rsplit(GAP).next().unwrap_or(host);
                if patterns.is_example_host(tail) {
                    Truth::True
                } else if outline.contains(GAP)
                    && Url::parse(outline.trim()).host_has_gap()
                    && tail.is_empty()
                {
                    Truth::Unknown
                } else {
                    Truth::False
                }
            }
            Predicate::Host(kind) => {
                let outline = text.as_outline();
                let url = Url::parse(outline.trim());
                if outline.trim().is_empty() {
                    return Truth::False;
                }
                if url.host_has_gap() {
                    return Truth::Unknown;
                }
                let in_cluster =
                    || patterns.is_in_cluster(url.host, &self.deployment.evidence.services);
                match kind {
                    Host::Loopback => patterns.is_loopback(url.host),
                    Host::PrivateAddress => url.is_private_address(),
                    Host::InCluster => in_cluster(),
                    Host::Remote => !in_cluster(),
                }
                .into()
            }
            Predicate::Scheme(scheme) => {
                let outline = text.as_outline();
                match Url::parse(outline.trim()).scheme {
                    Some(found) if !found.contains(GAP) => {
                        found.eq_ignore_ascii_case(scheme).into()
                    }
                    None if !outline.contains(GAP) => Truth::False,
                    _ => Truth::Unknown,
                }
            }
            _ => Truth::False,
        }
    }

    fn placeholder(&self, outline: &str) -> bool {
        let patterns = &self.knowledge.patterns;
        let text = outline.trim();
        if !text.contains(GAP)
            && (patterns.is_placeholder_whole(text) || patterns.holds_manual_example(text))
        {
            return true;
        }
        let body = text.split_once("://").map_or(text, |(_, rest)| rest);
        let mut segments = body.split('/');
        let host = segments.next().unwrap_or("");
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        let host = match host.rsplit_once(':') {
            Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => name,
            _ => host,
        };
        let dotted = std::iter::once(host).chain(labels(host));
        dotted
            .chain(segments)
            .any(|segment| !segment.contains(GAP) && patterns.is_placeholder_segment(segment))
    }

    fn equal_items(&self, items: &[Fragment], expected: &[String]) -> Truth {
        if items.len() != expected.len() {
            let open = items.iter().any(|item| !item.is_known());
            // An item that the files do not show may be none or several, the others are there.
            let certain = items.iter().filter(|item| !is_unseen(item)).count();
            return if open && certain <= expected.len() { Truth::Unknown } else { Truth::False };
        }
        Truth::all(items.iter().zip(expected).map(|(item, text)| self.compare_with(item, text)))
    }

    fn compare(&self, text: &Fragment, test: impl Fn(&str) -> bool) -> Truth {
        let outline = text.as_outline();
        if !outline.contains(GAP) {
            return test(&outline).into();
        }
        // Known characters make it certain that the text is not empty.
        if test("") && outline.chars().any(|c| c != GAP) && !test(&outline.replace(GAP, "")) {
            return Truth::False;
        }
        Truth::Unknown
    }

    fn compare_with(&self, text: &Fragment, expected: &str) -> Truth {
        let outline = text.as_outline();
        let same = |a: &str, b: &str| {
            // Booleans are the same in every case; no other text of the catalogue is a boolean.
            a == b || (matches!(b, "true" | "false") && a.eq_ignore_ascii_case(b))
        };
        if !outline.contains(GAP) {
            return same(&outline, expected).into();
        }
        let prefix = outline.split(GAP).next().unwrap_or("");
        let suffix = outline.rsplit(GAP).next().unwrap_or("");
        if expected.starts_with(prefix) && expected.ends_with(suffix) {
            Truth::Unknown
        } else {
            Truth::False
        }
    }

    fn fact(&self, fact: Fact) -> Truth {
        let evidence = &self.deployment.evidence;
        match fact {
            Fact::OfficialImage => match &evidence.image {
                Some(image) => image.official.into(),
                None => matches!(self.deployment.kind, Kind::Helm).into(),
            },
            Fact::OwnKeyPair => self.own_key_pair().into(),
            Fact::VersionStated => {
                let from = self.deployment.version.from;
                (from != "layout" && !from.starts_with("assumed")).into()
            }
        }
    }

    /// Whether the server signs with keys that are not the image's: paths of its own, or a
    /// mount over the shipped ones.
    pub fn own_key_pair(&self) -> bool {
        let path = self.value("jwtTokenConfiguration.rsapublicKeyFilePath");
        let text = path.text.unquoted().outline();
        if self.brings_published_key(&text) {
            return false;
        }
        match path.state {
            State::Written if path.text.is_known() => {
                !self.knowledge.patterns.is_shipped_key_path(&text)
                    || self.covering_mount(&text).is_some()
            }
            State::Default => self.covering_mount(&text).is_some(),
            _ => false,
        }
    }

    /// The files show the bytes at a key path, and they are those of a published pair.
    fn brings_published_key(&self, path: &str) -> bool {
        let absolute = self.knowledge.patterns.absolute_key_path(path);
        self.deployment.evidence.keys.iter().any(|key| {
            key.target.as_deref() == Some(&*absolute)
                && matches!(&key.material.kind, keys::Kind::Rsa(rsa)
                    if self.knowledge.known_keys.find(rsa).is_some_and(|known| !known.retired))
        })
    }

    /// The mount over a key path, if any.
    pub fn covering_mount(&self, path: &str) -> Option<&'a Mount> {
        let absolute = self.knowledge.patterns.absolute_key_path(path);
        self.deployment.evidence.mounts.iter().find(|mount| mount.covers(&absolute))
    }
}

/// Whether a text is a number that passes a test. Part of a number may be any number.
fn number(text: &Fragment, test: impl Fn(f64) -> bool) -> Truth {
    let outline = text.as_outline();
    if outline.contains(GAP) {
        return Truth::Unknown;
    }
    // `inf` and `nan` are numbers to Rust and to no program that reads these files.
    let digits = outline.trim().replace('_', "");
    digits.parse::<f64>().is_ok_and(|number| number.is_finite() && test(number)).into()
}

/// Nothing of the item is known. An empty item is known: it is empty.
fn is_unseen(item: &Fragment) -> bool {
    !item.is_known() && item.as_outline().chars().all(|c| c == GAP)
}

/// The labels of a host; a stand-in such as `{your.domain}` is not cut at its dots.
fn labels(host: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0usize;
    host.split(move |c: char| {
        match c {
            '{' | '<' => depth += 1,
            '}' | '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == '.' && depth == 0
    })
}
