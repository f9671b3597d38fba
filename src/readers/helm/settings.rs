//! What the chart's values make of each of the server's settings: written, left out with its
//! section, or the chart's own default, with the place that decides.

use crate::deployment::catalogue::{Setting, Type};
use crate::deployment::environment::{Environment, Fallback};
use crate::deployment::value::{Fragment, Origin, Passage, Piece, State, Step, Value};
use crate::deployment::version::Confidence;
use crate::source::{SourceId, Span};
use crate::syntax::yaml::Style;

use super::super::scalar;
use super::{Found, Layer, Off, Reader, step};

impl<'a> Reader<'a, '_> {
    pub(super) fn setting(&self, setting: &Setting, environment: &Environment) -> Value {
        let value = self.as_seen(setting, environment);
        let Some(hidden) = self.hidden.as_ref().filter(|_| setting.beside.is_none()) else {
            return value;
        };
        let names = setting.env.iter().filter(|name| name.holds_for(self.version.version));
        let is_known = || names.count() > 0 || self.paths(setting).next().is_some();
        match value.state {
            State::Default => {}
            State::Absent if is_known() => {}
            _ => return value,
        }
        let mut value = Value::unseen(&hidden.name, hidden.span);
        value.origin.steps.push(hidden.step("set"));
        value
    }

    fn as_seen(&self, setting: &Setting, environment: &Environment) -> Value {
        if setting.beside.is_some() {
            return Value::absent();
        }
        if !setting.values.is_empty() {
            return self.outside_configuration(setting);
        }
        let fallback = Fallback {
            version: self.version.version,
            confidence: Confidence::High,
            place: &|setting| self.origin(setting),
        };
        let is_switch = setting.path.starts_with("chart.");
        let by_env = setting.env.iter().any(|name| environment.variables.contains_key(&name.name));
        if by_env {
            return environment.setting(setting, &fallback);
        }
        if let Some(section) = setting.section.as_deref()
            && let Some(off) = self.off.get(section)
        {
            if let Some(other) = self.twin(setting) {
                return self.setting(other, environment);
            }
            let mut value = environment.setting(setting, &fallback);
            if value.state == State::Default {
                value.origin.steps.insert(0, off.step.clone());
                if let Some(span) = off.switch {
                    value.origin.span = Some(span);
                    value.origin.present_keys = off.keys;
                }
            }
            return value;
        }
        let mut value = match self.written(setting, environment, &fallback) {
            Some(value) => value,
            None if is_switch || self.paths(setting).next().is_some() => {
                self.chart_default(setting, environment, &fallback)
            }
            None => return environment.setting(setting, &fallback),
        };
        if let Some(unseen) = environment.unseen.first()
            && !is_switch
            && !setting.env.is_empty()
            && !value.is_hidden()
        {
            value.confidence = value.confidence.min(Confidence::Medium);
            value.origin.steps.push(Step {
                what: format!("{} may override it, but {}", unseen.name, unseen.lack.words()),
                span: Some(unseen.span),
            });
        }
        value
    }

    /// What the chart renders for the same variable from another section.
    fn twin(&self, setting: &Setting) -> Option<&'a Setting> {
        let catalogue = self.context.catalogue;
        let named = setting.instead.iter().filter_map(|path| catalogue.find(path));
        let named = named.map(|id| catalogue.get(id));
        let sharing = setting.variable().into_iter().flat_map(|name| catalogue.by_variable(name));
        let sharing = sharing
            .map(|&id| catalogue.get(id))
            .filter(|other| other.variable() == setting.variable() && other.path != setting.path);
        named.chain(sharing).find(|other| {
            other.section.as_deref().is_some_and(|section| !self.off.contains_key(section))
        })
    }

    pub(super) fn left_out(&self, section: &str) -> Option<Off> {
        let conditions = self.context.catalogue.sections.get(section)?;
        let version = self.spelling_version();
        for condition in conditions {
            let is_asked = |before| version.is_some_and(|version| version < before);
            if !condition.before.is_none_or(is_asked) {
                continue;
            }
            let (holds, span, path) = self.condition(&condition.path, &condition.is);
            if holds == Some(false) {
                let wanted = condition.is.join(" or ");
                let is_switch = condition.is == ["true"] && span.is_some();
                let what = format!(
                    "the chart leaves this out unless `{path}` is {wanted}, so the image's own default applies"
                );
                // A switch in the file is the place to change; a choice of provider is not.
                let keys = path.matches('.').count();
                let step = Step { what, span };
                return Some(Off { switch: span.filter(|_| is_switch), step, keys });
            }
        }
        None
    }

    /// The paths under which a setting may stand in these values, newest first.
    fn paths<'s>(&self, setting: &'s Setting) -> impl Iterator<Item = (&'s str, bool)> + use<'s> {
        let names = if self.root.is_old() && !setting.global.is_empty() {
            &setting.global
        } else {
            &setting.helm
        };
        let version = self.spelling_version();
        names
            .iter()
            .filter(move |name| version.is_none_or(|version| name.holds_for(version)))
            .map(|name| (name.name.as_str(), name.secret_ref))
    }

    /// Whether a condition of a section holds: `None` if it cannot be told; with the place
    /// that decides.
    fn condition(&self, path: &str, is: &[String]) -> (Option<bool>, Option<Span>, String) {
        let catalogue = self.context.catalogue;
        let setting = catalogue
            .settings
            .iter()
            .find(|setting| setting.helm.iter().any(|name| name.name == path));
        let alternatives: Vec<&str> = match setting {
            Some(setting) => self.paths(setting).map(|(path, _)| path).collect(),
            None => vec![path],
        };
        let switch = is == ["true"];
        for path in alternatives {
            match self.look(path) {
                Found::Nothing => {}
                Found::Null(layer, _) => {
                    return (
                        Some(false),
                        Some(scalar::span(layer.source, layer.node)),
                        path.to_owned(),
                    );
                }
                Found::Map(..) => return (Some(switch), None, path.to_owned()),
                Found::Leaf(layer, _) => {
                    let span = scalar::span(layer.source, layer.node);
                    let (text, _) = self.fragment(layer);
                    if !text.is_known() {
                        return (None, Some(span), path.to_owned());
                    }
                    // The chart's templates compare it as it stands.
                    let text = text.outline();
                    let holds = if switch {
                        !scalar::helm_falsy(layer.node.resolved())
                    } else {
                        is.contains(&text)
                    };
                    return (Some(holds), Some(span), path.to_owned());
                }
            }
        }
        let default = setting
            .and_then(|setting| setting.chart_default(self.version.version))
            .and_then(|entry| entry.value.as_deref());
        // A switch that this chart does not have yet is always on.
        let holds = match default {
            Some(text) => is.iter().any(|wanted| wanted == text),
            None => switch,
        };
        (Some(holds), None, path.to_owned())
    }

    fn written(
        &self,
        setting: &Setting,
        environment: &Environment,
        unset: &Fallback<'_>,
    ) -> Option<Value> {
        // A secretRef wins over a value beside it (fernetkey).
        let paths = || self.paths(setting);
        let ordered =
            paths().filter(|(_, is_ref)| *is_ref).chain(paths().filter(|(_, is_ref)| !*is_ref));
        let mut fallback = None;
        for (path, is_ref) in ordered {
            match self.look(path) {
                Found::Nothing => {}
                Found::Map(layers, key, source) if is_ref => {
                    let place = scalar::span(source, key);
                    match step(&layers, "secretRef") {
                        Found::Leaf(layer, _) => {
                            let (text, _) = self.fragment(layer);
                            if text.outline().is_empty() {
                                fallback = fallback.or(Some(layer));
                                continue;
                            }
                            let span = scalar::span(layer.source, layer.node);
                            let key = match step(&layers, "secretKey") {
                                Found::Leaf(layer, _) => self.fragment(layer).0.outline(),
                                _ => String::new(),
                            };
                            let name = text.unquoted().outline();
                            let value = self.held_by_secret(setting, &name, Some(&key), span);
                            return Some(self.confident(value, layer, span));
                        }
                        Found::Null(layer, _) => fallback = fallback.or(Some(layer)),
                        _ => {
                            let _ = place;
                        }
                    }
                }
                Found::Map(_, key, source) => {
                    // A mapping where a value belongs: `{Client ID}` without quotes.
                    let _ = (key, source);
                }
                Found::Null(layer, _) if is_ref => fallback = fallback.or(Some(layer)),
                Found::Null(layer, key) => {
                    let span = scalar::span(layer.source, key);
                    let items = (setting.kind == Type::List).then(Vec::new);
                    let nothing = Fragment::new(Vec::new(), span);
                    let mut value = Value::written(setting.kind, nothing, items, span);
                    value.state =
                        if setting.kind == Type::List { State::Written } else { State::Empty };
                    return Some(self.confident(value, layer, span));
                }
                Found::Leaf(layer, key) => {
                    let place = scalar::span(layer.source, key);
                    return Some(self.leaf(setting, layer, place));
                }
            }
        }
        // `secretRef: ""` renders no variable: the image's default is what is left. Where the chart
        // brings a value along beside it, that is left, unless it brings another reference.
        let brings_reference = || {
            let shipped = setting.chart_default(self.version.version);
            shipped.is_some_and(|shipped| shipped.secret_ref.is_some())
        };
        let layer = fallback.filter(|_| paths().all(|(_, is_ref)| is_ref) || brings_reference())?;
        let span = Span::new(layer.source, layer.node.range());
        let mut value = environment.setting(setting, unset);
        if value.state == State::Default {
            let what = "an empty `secretRef` sets nothing, so the image's own default applies";
            let step = Step { what: what.to_owned(), span: Some(span) };
            value.origin = Origin { span: Some(span), steps: vec![step], present_keys: usize::MAX };
        }
        Some(value)
    }

    /// A value that the chart hands on. Most of them it puts in quotes, and what the server takes
    /// off again are those: quotes that the author wrote within the value are a part of it.
    pub(super) fn leaf(&self, setting: &Setting, layer: Layer<'a>, place: Span) -> Value {
        let whole = Span::new(layer.source, layer.node.range());
        let value = if layer.node.is_seq() {
            let items: Vec<Fragment> = layer
                .node
                .items()
                .into_iter()
                // The chart's template passes over what is null.
                .filter(|item| !item.is_null())
                .map(|item| self.fragment(layer.at(item.resolved())).0.trimmed())
                .collect();
            let raw = self.raw(layer.source);
            // What stands there may be an expression that is filled in.
            let text = match items.iter().all(Fragment::is_known) {
                true => {
                    let text = scalar::text(layer.source, raw, layer.node);
                    Fragment::new(vec![Piece::Known(text)], whole)
                }
                false => scalar::fragment(layer.source, raw, layer.node),
            };
            let mut value = Value::written(setting.kind, text, Some(items), place);
            value.passage = Passage::Kept;
            value.origin.span = Some(if whole.range().is_empty() { place } else { whole });
            value
        } else {
            let (text, steps) = self.fragment(layer);
            let mut value = Value::written(setting.kind, text.clone(), None, place);
            if !setting.bare && self.puts_in_quotes() {
                value.passage = Passage::Kept;
                let kept = text.trimmed();
                // Two quotes that the author wrote are a text of two characters.
                if value.state == State::Empty && kept.outline().len() == 2 {
                    value.state = State::Written;
                }
                if value.state == State::Written {
                    value.text = kept;
                }
            }
            value.origin.steps.extend(steps);
            value
        };
        self.confident(value, layer, place)
    }

    fn puts_in_quotes(&self) -> bool {
        !self.root.is_old() && self.version.version >= self.context.catalogue.chart_quotes_since
    }

    /// What stands after the place at which a file broke is less certain.
    fn confident(&self, mut value: Value, layer: Layer<'a>, place: Span) -> Value {
        let after = |&(broken, from): &(SourceId, usize)| {
            broken == layer.source && place.start as usize >= from
        };
        if self.broken_from.iter().any(after) {
            value.confidence = Confidence::Medium;
        }
        if let Some(hidden) = layer.covered.and_then(|at| self.wrapped.unseen.get(at))
            && !value.is_hidden()
        {
            value.confidence = value.confidence.min(Confidence::Medium);
            value.origin.steps.push(hidden.step("override"));
        }
        value
    }

    fn chart_default(
        &self,
        setting: &Setting,
        environment: &Environment,
        fallback: &Fallback<'_>,
    ) -> Value {
        let origin = self.origin(setting);
        let place = origin.span.unwrap_or(self.anchor);
        if !self.broken_from.is_empty() {
            return Value::unseen("the part of the file that did not parse", place);
        }
        match setting.chart_default(self.version.version) {
            Some(entry) => match (&entry.secret_ref, &entry.value) {
                (Some(name), _) => {
                    let mut value = self.held_by_secret(setting, name, None, place);
                    if value.state == State::Reference {
                        value.origin = origin;
                    }
                    value
                }
                (None, Some(text)) => {
                    let mut value = Value::default(setting.kind, text, place);
                    value.origin = origin;
                    // A layer that nobody can see may hold it.
                    if let Some(hidden) = self.wrapped.unseen.first() {
                        value.confidence = Confidence::Medium;
                        value.origin.steps.push(hidden.step("set"));
                    }
                    value
                }
                (None, None) => Value::absent(),
            },
            None if setting.path.starts_with("chart.") => Value::absent(),
            None => environment.setting(setting, fallback),
        }
    }

    fn origin(&self, setting: &Setting) -> Origin {
        let mut origin = Origin { span: Some(self.anchor), steps: Vec::new(), present_keys: 0 };
        let Some((path, _)) = self.paths(setting).next() else { return origin };
        if self.anchor_keys < 1 + usize::from(!self.root.is_old()) {
            return origin;
        }
        let mut layers = self.config.clone();
        for key in path.split('.') {
            match step(&layers, key) {
                Found::Map(next, key, source) if key.style() != Some(Style::Given) => {
                    origin.span = Some(scalar::span(source, key));
                    origin.present_keys += 1;
                    layers = next;
                }
                _ => break,
            }
        }
        origin.steps.extend(self.misplaced(setting));
        origin
    }

    /// A key that looks like this setting's section but stands where the chart ignores it.
    fn misplaced(&self, setting: &Setting) -> Option<Step> {
        let section = setting.helm.first()?.name.split('.').next()?;
        if let Some(known) = self.misplaced.borrow().get(section) {
            return known.clone();
        }
        let found = self.misplaced_section(section);
        self.misplaced.borrow_mut().insert(section.to_owned(), found.clone());
        found
    }

    fn misplaced_section(&self, section: &str) -> Option<Step> {
        // Above `config` there is a key of the same name as one of its sections.
        if self.root.is_old() || section == "openmetadata" {
            return None;
        }
        let places: [(&str, Vec<&str>); 3] = [
            ("", vec![section]),
            ("openmetadata", vec!["openmetadata", section]),
            ("global", vec!["global", section]),
        ];
        for (_, path) in places {
            let mut layers = self.values.clone();
            for (at, key) in path.iter().enumerate() {
                match step(&layers, key) {
                    Found::Map(_, key_node, source) if at + 1 == path.len() => {
                        return Some(Step {
                            what: format!(
                                "`{}` here is ignored: this chart reads `openmetadata.config.{section}`",
                                path.join(".")
                            ),
                            span: Some(scalar::span(source, key_node)),
                        });
                    }
                    Found::Map(next, ..) => layers = next,
                    _ => break,
                }
            }
        }
        None
    }
}
