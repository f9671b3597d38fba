//! Which rules speak about a deployment, and which of them are silent because another says
//! the same thing better.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::deployment::Kind;
use crate::deployment::catalogue::{Setting, SettingId};
use crate::deployment::evidence::{Image, Mount, Port};
use crate::deployment::value::Value;
use crate::deployment::version::Confidence;
use crate::rules::Knowledge;
use crate::rules::condition::{Case, Truth};
use crate::rules::matchers::{ImageMatch, KeyMatch, MountMatch, PortMatch, VariableMatch};
use crate::rules::native::{self, Field, Hit, LooseCase, Mark};
use crate::rules::schema::{Check, Condition, Predicate, Rule, Severity};
use crate::source::Span;

use super::policy::Policy;

/// A rule that speaks.
pub(super) struct Found<'k> {
    pub rule: &'k Rule,
    pub hit: Hit,
    pub severity: Severity,
    pub confidence: Confidence,
}

/// The settings that rules look at in this deployment.
pub(super) fn asked(case: &Case<'_>, policy: &Policy) -> BTreeSet<SettingId> {
    let mut ids = BTreeSet::new();
    let rules = case.knowledge.rules.iter().filter(|rule| policy.asks(&rule.id));
    for check in rules.flat_map(|rule| &rule.checks) {
        asked_by(case, &check.when, &mut ids);
        if case.holds(&check.when) != Truth::False {
            let flagged = check.flag.0.iter().map(|(path, _)| path.as_str());
            let native = check.native.iter().flat_map(|native| native.settings());
            let port = check.port.iter().flat_map(|port| port.settings());
            ids.extend(flagged.chain(native).chain(port).map(|path| case.setting(path)));
        }
    }
    ids
}

/// The settings that decide a condition: what stands behind something that does not hold is
/// not looked at.
fn asked_by(case: &Case<'_>, condition: &Condition, ids: &mut BTreeSet<SettingId>) {
    match condition {
        Condition::All(list) => {
            for inner in list {
                asked_by(case, inner, ids);
                if case.holds(inner) == Truth::False {
                    break;
                }
            }
        }
        Condition::Any(list) => list.iter().for_each(|inner| asked_by(case, inner, ids)),
        Condition::Not(inner) => asked_by(case, inner, ids),
        Condition::Setting(path, _) => {
            ids.insert(case.setting(path));
        }
        _ => {}
    }
}

/// All rules that speak about a deployment.
pub(super) fn judge<'k>(
    case: &Case<'k>,
    policy: &Policy,
    precedence: &Precedence<'_>,
) -> Vec<Found<'k>> {
    let mut found = Vec::new();
    for rule in case.knowledge.rules.iter().filter(|rule| policy.asks(&rule.id)) {
        found.extend(ask(case, rule));
    }
    supersede(case, found, precedence)
}

/// Rules that speak about what a file shows by itself.
pub(super) fn judge_loose<'k>(case: &LooseCase<'k>, policy: &Policy) -> Vec<Found<'k>> {
    let mut found = Vec::new();
    for rule in case.knowledge.rules.iter().filter(|rule| policy.asks(&rule.id)) {
        for check in &rule.checks {
            let Some(native) = &check.native else { continue };
            for hit in native::run_loose(native, case) {
                found.push(Found {
                    rule,
                    severity: hit.severity.or(check.severity).unwrap_or(rule.severity.otherwise),
                    confidence: check.confidence.unwrap_or(rule.confidence.otherwise),
                    hit,
                });
            }
        }
    }
    found
}

/// What one rule says about a deployment, whatever others say.
pub(super) fn ask<'k>(case: &Case<'k>, rule: &'k Rule) -> Vec<Found<'k>> {
    let mut found: Vec<Found<'k>> = Vec::new();
    let mut decided: BTreeSet<SettingId> = BTreeSet::new();
    let mut places: HashSet<Span> = HashSet::new();
    for check in &rule.checks {
        if case.holds(&check.when) != Truth::True {
            continue;
        }
        let reasons = case.reasons(&check.when);
        let hits = match check {
            Check { native: Some(native), .. } => native::run(native, case),
            Check { flag_credentials: Some(predicate), .. } => {
                credentials(case, predicate, &decided)
            }
            Check { flag_any: Some(predicate), .. } => anywhere(case, predicate, &decided),
            Check { image: Some(image), .. } => floating(case, image),
            Check { variables, .. } if !variables.is_empty() => named(case, variables),
            Check { keys, once, .. } if !keys.is_empty() => keyed(case, keys, *once),
            Check { port: Some(port), .. } => opened(case, port),
            Check { mount: Some(mount), .. } => mounted(case, mount),
            _ => flagged(case, check, &decided),
        };
        for mut hit in hits {
            if check.native.is_none()
                && hit.place.as_ref().is_some_and(|mark| !places.insert(mark.span))
            {
                continue;
            }
            if check.native.is_some() && hit.fields.iter().any(|f| decided.contains(&f.id)) {
                continue;
            }
            decided.extend(hit.fields.iter().map(|field| field.id));
            hit.reasons.extend(
                reasons.iter().filter(|id| hit.fields.iter().all(|field| field.id != **id)),
            );
            let severity = grade_severity(case, rule, check, &hit);
            let confidence = grade_confidence(case, rule, check, &hit);
            found.push(Found { rule, hit, severity, confidence });
        }
    }
    found
}

fn grade_severity(case: &Case<'_>, rule: &Rule, check: &Check, hit: &Hit) -> Severity {
    let base = hit.severity.or(check.severity).unwrap_or_else(|| case.grade(&rule.severity));
    match (case.profile, rule.development) {
        (crate::rules::schema::Profile::Development, Some(level)) => base.min(level),
        _ => base,
    }
}

fn grade_confidence(case: &Case<'_>, rule: &Rule, check: &Check, hit: &Hit) -> Confidence {
    let base = check.confidence.unwrap_or_else(|| case.grade(&rule.confidence));
    let ids: Vec<SettingId> =
        hit.fields.iter().map(|field| field.id).chain(hit.reasons.iter().copied()).collect();
    base.min(hit.confidence.unwrap_or(Confidence::High)).min(case.deployment.least_confidence(&ids))
}

/// One for each place that holds such a password or key, with all settings that read it.
fn credentials(case: &Case<'_>, predicate: &Predicate, decided: &BTreeSet<SettingId>) -> Vec<Hit> {
    let mut hits: Vec<(Option<Span>, Hit)> = Vec::new();
    for (id, setting) in case.knowledge.catalogue.iter() {
        let value = case.deployment.value(id);
        if !setting.is_credential()
            || setting.beside.is_some()
            || decided.contains(&id)
            || case.meets(id, value, predicate) != Truth::True
        {
            continue;
        }
        let place = value.origin.span;
        match hits.iter_mut().find(|(known, _)| *known == place) {
            Some((_, hit)) => hit.fields.push(Field::whole(id)),
            None => hits.push((place, Hit { fields: vec![Field::whole(id)], ..Hit::default() })),
        }
    }
    hits.into_iter().map(|(_, hit)| hit).collect()
}

/// One for each setting that the server reads from its environment and that is like this.
fn anywhere(case: &Case<'_>, predicate: &Predicate, decided: &BTreeSet<SettingId>) -> Vec<Hit> {
    let meets = |id: SettingId| {
        case.meets(id, case.deployment.value(id), predicate) == Truth::True
            && !decided.contains(&id)
    };
    let catalogue = &case.knowledge.catalogue;
    let named = case.deployment.variables.keys().flat_map(|name| catalogue.by_variable(name));
    let mut ids: BTreeSet<SettingId> = named.copied().collect();
    if case.deployment.kind == Kind::Helm {
        let by_chart = |(_, it): &(SettingId, &Setting)| !it.helm.is_empty() && !it.env.is_empty();
        ids.extend(catalogue.iter().filter(by_chart).map(|(id, _)| id));
    }
    ids.into_iter()
        .filter(|id| catalogue.get(*id).beside.is_none() && meets(*id))
        .map(|id| Hit { fields: vec![Field::whole(id)], ..Hit::default() })
        .collect()
}

/// The server's image, if nothing but such a tag says which it is.
fn floating(case: &Case<'_>, wanted: &ImageMatch) -> Vec<Hit> {
    let image = case.deployment.evidence.image.iter();
    let hit = |image: &Image| {
        let tag = image.floating.as_deref().filter(|tag| wanted.tag.is_match(tag))?;
        let said = if tag.is_empty() { "no tag".to_owned() } else { format!("the tag `{tag}`") };
        Some(Hit {
            place: Some(Mark { span: image.span, text: String::new() }),
            words: vec![("tag", said)],
            ..Hit::default()
        })
    };
    image.filter_map(hit).collect()
}

/// One for each such variable on its way to the server.
fn named(case: &Case<'_>, wanted: &[VariableMatch]) -> Vec<Hit> {
    let version = case.deployment.version.version;
    let hit = |(name, &span): (&String, &Span)| {
        let meant = |it: &&VariableMatch| {
            it.fits(name) && it.version.is_none_or(|range| range.contains(version))
        };
        let instead = wanted.iter().find(meant)?.instead.clone();
        Some(Hit {
            place: Some(Mark { span, text: String::new() }),
            words: vec![("name", name.clone()), ("instead", instead)],
            ..Hit::default()
        })
    };
    case.deployment.variables.iter().filter_map(hit).collect()
}

/// One for each such key in the chart's values; or one for all of them.
fn keyed(case: &Case<'_>, wanted: &[KeyMatch], once: bool) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    for (path, span) in &case.deployment.evidence.written_keys {
        let Some(key) = wanted.iter().find(|key| key.path == *path) else { continue };
        let effect = if key.refused {
            "the chart's schema refuses it here, so the installation fails"
        } else {
            "the chart does not look at it here"
        };
        let text = format!("`{}` belongs to `{}`", key.path, key.instead);
        if let (true, Some(first)) = (once, hits.first_mut()) {
            first.related.push(Mark { span: *span, text });
            continue;
        }
        hits.push(Hit {
            place: Some(Mark { span: *span, text: String::new() }),
            words: vec![
                ("key", key.path.clone()),
                ("instead", key.instead.clone()),
                ("effect", effect.to_owned()),
            ],
            ..Hit::default()
        });
    }
    hits
}

/// One for each place that opens such a port.
fn opened(case: &Case<'_>, wanted: &PortMatch) -> Vec<Hit> {
    let hit = |port: &Port| {
        let number = match &wanted.setting {
            Some(path) => case.value(path).text.outline().trim().to_owned(),
            None => {
                let inside = |number: &&u16| (port.first..=port.last).contains(number);
                wanted.number.iter().find(inside).unwrap_or(&port.first).to_string()
            }
        };
        let service = if port.own { "the server" } else { port.names.first()?.as_str() };
        let mut words = vec![
            ("port", number),
            ("service", service.to_owned()),
            ("door", port.door.describe(port.reach).to_owned()),
        ];
        words.extend(case.on_loopback(port).map(|text| ("loopback", text)));
        Some(Hit {
            place: Some(Mark { span: port.span, text: String::new() }),
            reasons: wanted.settings().map(|path| case.setting(path)).collect(),
            words,
            ..Hit::default()
        })
    };
    case.ports(wanted).into_iter().filter_map(hit).collect()
}

/// One for each such mount.
fn mounted(case: &Case<'_>, wanted: &MountMatch) -> Vec<Hit> {
    let hit = |(service, mount): (&str, &Mount)| Hit {
        place: Some(Mark { span: mount.span, text: String::new() }),
        words: vec![("service", service.to_owned())],
        ..Hit::default()
    };
    case.mounts(wanted).into_iter().map(hit).collect()
}

fn flagged(case: &Case<'_>, check: &Check, decided: &BTreeSet<SettingId>) -> Vec<Hit> {
    let mut fields = Vec::new();
    for (path, predicate) in &check.flag.0 {
        let id = case.setting(path);
        if decided.contains(&id) {
            continue;
        }
        for (at, value) in case.deployment.values_of(id).enumerate() {
            if case.meets(id, value, predicate) != Truth::True {
                continue;
            }
            let mut spans = culprits(case, value, predicate);
            // Of further services the value itself is the place.
            if at > 0 && spans.is_empty() {
                spans.extend(value.origin.span);
            }
            fields.push(Field { id, spans });
        }
    }
    if fields.is_empty() {
        return Vec::new();
    }
    if check.once {
        return vec![Hit { fields, ..Hit::default() }];
    }
    fields.into_iter().map(|field| Hit { fields: vec![field], ..Hit::default() }).collect()
}

/// The items of a list that a predicate is about.
fn culprits(case: &Case<'_>, value: &Value, predicate: &Predicate) -> Vec<Span> {
    if value.state != crate::deployment::value::State::Written {
        return Vec::new();
    }
    let Some(items) = &value.items else { return Vec::new() };
    let (mut anywhere, mut at_the_head) = (Vec::new(), Vec::new());
    collect_item_predicates(predicate, &mut anywhere, &mut at_the_head);
    let meets = |item, wanted: &[&Predicate]| {
        wanted.iter().any(|inner| case.item(item, inner) == Truth::True)
    };
    items
        .iter()
        .enumerate()
        .filter(|(at, item)| meets(item, &anywhere) || *at == 0 && meets(item, &at_the_head))
        .map(|(_, item)| item.span())
        .collect()
}

fn collect_item_predicates<'p>(
    predicate: &'p Predicate,
    anywhere: &mut Vec<&'p Predicate>,
    at_the_head: &mut Vec<&'p Predicate>,
) {
    match predicate {
        Predicate::Contains(inner) => anywhere.push(inner),
        Predicate::First(inner) => at_the_head.push(inner),
        Predicate::Any(list) | Predicate::All(list) => {
            for inner in list {
                collect_item_predicates(inner, anywhere, at_the_head);
            }
        }
        _ => {}
    }
}

/// Which rules say the same thing better than which others, through other rules too.
pub(super) struct Precedence<'k> {
    inferior: HashMap<&'k str, HashSet<&'k str>>,
    silenced: HashMap<&'k str, HashSet<&'k str>>,
}

impl<'k> Precedence<'k> {
    /// What the rules say of each other: the same for all deployments.
    pub(super) fn of(knowledge: &'k Knowledge) -> Self {
        Precedence {
            inferior: closure(knowledge, |rule| &rule.supersedes),
            silenced: closure(knowledge, |rule| &rule.supersedes_in_deployment),
        }
    }
}

/// One root cause, one finding: takes from each rule what its superiors flagged.
fn supersede<'k>(
    case: &Case<'k>,
    found: Vec<Found<'k>>,
    precedence: &Precedence<'_>,
) -> Vec<Found<'k>> {
    let canonical = |id: SettingId| {
        let catalogue = &case.knowledge.catalogue;
        catalogue
            .get(id)
            .same_field_as
            .as_deref()
            .and_then(|path| catalogue.find(path))
            .unwrap_or(id)
    };
    let spoke: HashSet<&str> = found.iter().map(|f| f.rule.id.as_str()).collect();
    let Precedence { inferior, silenced } = precedence;

    let mut kept: Vec<Found<'k>> = Vec::new();
    let mut taken: Vec<(usize, Mark)> = Vec::new();
    let silent: HashSet<&str> =
        spoke.iter().filter_map(|by| silenced.get(by)).flatten().copied().collect();
    let is_silenced = |id: &str| silent.contains(id);
    // A rule that is silent itself takes the settings that it flagged, not their other names: what
    // silenced it says nothing about these.
    let flagged: Vec<(String, bool, Vec<SettingId>)> = found
        .iter()
        .map(|f| {
            let ids = f.hit.fields.iter().map(|field| field.id);
            let silent = is_silenced(&f.rule.id);
            let ids = if silent { ids.collect() } else { ids.map(canonical).collect() };
            (f.rule.id.clone(), silent, ids)
        })
        .collect();
    let takes = |at: usize, id: SettingId| {
        let (_, silent, ids) = &flagged[at];
        ids.contains(&if *silent { id } else { canonical(id) })
    };
    let below: Vec<Option<&HashSet<&str>>> =
        flagged.iter().map(|(id, ..)| inferior.get(id.as_str())).collect();
    let sure: Vec<Confidence> = found.iter().map(|f| f.confidence).collect();
    for mut one in found {
        let id = one.rule.id.as_str();
        if is_silenced(id) {
            continue;
        }
        let superiors: Vec<usize> = (0..flagged.len())
            .filter(|&at| below[at].is_some_and(|below| below.contains(id)))
            // A mere hint, which is mostly not even listed, does not silence what is certain.
            .filter(|&at| sure[at] > Confidence::Low || one.confidence == Confidence::Low)
            .collect();
        let before = one.hit.fields.len();
        let mut lost = Vec::new();
        one.hit.fields.retain(|field| match superiors.iter().find(|&&at| takes(at, field.id)) {
            Some(&at) => {
                lost.push((at, field.clone()));
                false
            }
            None => true,
        });
        for (at, field) in &lost {
            let value = case.deployment.value(field.id);
            let span = field.spans.first().copied().or(value.origin.span);
            if let (Some(span), Some(sheet)) = (span, case.knowledge.sheet(&one.rule.id)) {
                taken.push((*at, Mark { span, text: sheet.texts.summary.clone() }));
            }
        }
        let gone = before > 0 && one.hit.fields.is_empty();
        if gone || (one.hit.compares && !lost.is_empty()) {
            continue;
        }
        kept.push(one);
    }
    for (at, mark) in taken {
        if let Some(superior) = kept.iter_mut().find(|f| {
            f.rule.id == flagged[at].0 && f.hit.fields.iter().any(|field| takes(at, field.id))
        }) {
            superior.hit.related.push(mark);
        }
    }
    kept
}

/// Everything below each rule that has something below it, through other rules too.
fn closure<'k>(
    knowledge: &'k Knowledge,
    below: impl Fn(&'k Rule) -> &'k Vec<String>,
) -> HashMap<&'k str, HashSet<&'k str>> {
    let direct: HashMap<&str, &Vec<String>> = knowledge
        .rules
        .iter()
        .filter(|rule| !below(rule).is_empty())
        .map(|rule| (rule.id.as_str(), below(rule)))
        .collect();
    let mut all = HashMap::new();
    for (&id, list) in &direct {
        let mut reached: HashSet<&str> = HashSet::new();
        let mut open: Vec<&str> = list.iter().map(String::as_str).collect();
        while let Some(next) = open.pop() {
            if reached.insert(next)
                && let Some(more) = direct.get(next)
            {
                open.extend(more.iter().map(String::as_str));
            }
        }
        all.insert(id, reached);
    }
    all
}
