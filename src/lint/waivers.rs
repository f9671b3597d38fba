//! Decisions to accept findings: what they say, what they cover, and what is wrong with them.
//! Never sees a syntax tree: readers tell what a comment covers.

use std::collections::{HashMap, HashSet};

use crate::deployment::Deployment;
use crate::deployment::evidence::Loose;
use crate::rules::Knowledge;
use crate::rules::native::{Hit, LooseCase, Mark};
use crate::rules::proofs::Proofs;
use crate::rules::schema::{Native, Rule, WaiverFault};
use crate::source::glob::{PathSet, PathSets};
use crate::source::{Arrival, Directive, Source, SourceId, Sources, Span, mask};

use super::finding::{Accepted, Finding, Waived};
use super::judge::Found;
use super::policy::file;
use super::{Options, words};

const DAY: i64 = 86_400;
/// One comment names no more rules: what stands behind them is not waived.
const MOST_RULES: usize = 100;

/// A decision to accept findings.
#[derive(Clone, Debug)]
pub struct Waiver {
    kind: Accepted,
    place: Span,
    rules: Vec<Named>,
    reason: Option<String>,
    scope: Scope,
    expires: Option<Day>,
}

/// The last day of a waiver.
#[derive(Clone, Debug)]
pub struct Day {
    /// Its first second since 1970.
    pub start: i64,
    /// Where it is written.
    pub place: Span,
}

#[derive(Clone, Debug)]
enum Scope {
    /// Parts of a file.
    Parts(Vec<Span>),
    /// Whole files.
    Files(PathSet),
}

/// A rule as the waiver names it; nothing where it names none.
#[derive(Clone, Debug)]
struct Named {
    rule: Option<String>,
    place: Span,
}

impl Waiver {
    /// What a comment says: `omlint: ignore[rule, rule] reason`. None if it says something else.
    pub fn inline(directive: &Directive, sources: &Sources) -> Option<Waiver> {
        let text = sources.slice(directive.comment);
        let start = directive.comment.start as usize;
        let at = text.find("omlint:")?;
        let sign = text[..at].trim_end();
        if !sign.is_empty() && !sign.ends_with(['#', '/', '-']) {
            return None;
        }
        let body = at + "omlint:".len();
        let word = body + text[body..].len() - text[body..].trim_start().len();
        let after = word + "ignore".len();
        let rest = text[word..].strip_prefix("ignore")?;
        if rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_')) {
            return None;
        }
        let span = |range: std::ops::Range<usize>| {
            Span::new(directive.comment.source, start + range.start..start + range.end)
        };
        let closed = rest.strip_prefix('[').and_then(|list| list.split_once(']'));
        let (rules, reason) = match closed {
            Some((list, reason)) => {
                let mut from = after + 1;
                let mut rules = Vec::new();
                for item in list.split(',').take(MOST_RULES) {
                    let name = item.trim();
                    let begin = from + item.len() - item.trim_start().len();
                    let is_id = !name.is_empty() && name.len() <= 80 && name.bytes().all(is_of_id);
                    rules.push(Named {
                        rule: is_id.then(|| name.to_owned()),
                        place: span(begin..begin + name.len()),
                    });
                    from += item.len() + 1;
                }
                (rules, reason)
            }
            None => (vec![Named { rule: None, place: span(at..text.trim_end().len()) }], rest),
        };
        let reason = reason.trim_matches(|c: char| c.is_whitespace() || "-–—:".contains(c));
        Some(Waiver {
            kind: Accepted::Inline,
            place: span(at..text.trim_end().len()),
            rules,
            reason: reason.chars().any(char::is_alphanumeric).then(|| mask::reason(reason)),
            scope: Scope::Parts(directive.covers.clone()),
            expires: None,
        })
    }

    /// What the configuration says: `rule`, in its words and at its place, is accepted in some
    /// files.
    pub fn configured(
        place: Span,
        rule: (&str, Span),
        files: PathSet,
        reason: Option<&str>,
        expires: Option<Day>,
    ) -> Waiver {
        Waiver {
            kind: Accepted::Config,
            place,
            rules: vec![Named { rule: Some(rule.0.to_owned()), place: rule.1 }],
            reason: reason.map(mask::reason),
            scope: Scope::Files(files),
            expires,
        }
    }

    /// Whether it is about the place that a finding is to be mended at. Related places do not
    /// count: they say why, and others may share them.
    fn covers(&self, finding: &Finding) -> bool {
        let place = finding.primary.span;
        match &self.scope {
            Scope::Parts(parts) => parts.iter().any(|part| {
                let holds = |at: u32| part.start <= at && at <= part.end;
                part.source == place.source && (holds(place.start) || holds(place.end))
            }),
            Scope::Files(_) => true,
        }
    }
}

/// Where waivers look: of all of them together, for there may be many, and many files.
struct Places {
    /// The files with findings that each waiver is about.
    files: Vec<Vec<SourceId>>,
    /// Whether the run looked where it looks, so that it can tell whether there is something to
    /// waive.
    in_view: Vec<bool>,
}

impl Places {
    fn of(
        waivers: &[Waiver],
        sources: &Sources,
        with_findings: &HashSet<SourceId>,
        options: Options<'_>,
    ) -> Places {
        // What others refer to is not judged by itself.
        let judged = |source: &Source| source.arrival != Arrival::Referred;
        let mut places = Places { files: Vec::new(), in_view: Vec::new() };
        let mut sets: Vec<(usize, &PathSet)> = Vec::new();
        for (number, waiver) in waivers.iter().enumerate() {
            let (files, in_view) = match &waiver.scope {
                Scope::Files(set) => {
                    sets.push((number, set));
                    (Vec::new(), options.whole)
                }
                Scope::Parts(parts) => {
                    let mut files: Vec<SourceId> = parts.iter().map(|part| part.source).collect();
                    files.sort_unstable();
                    files.dedup();
                    (files, judged(sources.get(waiver.place.source)))
                }
            };
            places.files.push(files);
            places.in_view.push(in_view);
        }
        if sets.is_empty() {
            return places;
        }
        let base = &options.policy.base;
        let all = PathSets::new(sets.iter().map(|(_, set)| *set));
        for (id, source) in sources.iter() {
            let is_judged = judged(source);
            if !(is_judged || with_findings.contains(&id)) {
                continue;
            }
            for at in all.with(&file(sources, id, base), base) {
                let number = sets[at].0;
                places.in_view[number] |= is_judged;
                if with_findings.contains(&id) {
                    places.files[number].push(id);
                }
            }
        }
        places
    }
}

fn is_of_id(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'/')
}

/// A fault of a waiver.
struct Fault {
    fault: WaiverFault,
    place: Span,
    words: Vec<(&'static str, String)>,
}

/// Accepts the findings that waivers cover, and adds what is wrong with the waivers.
pub(super) fn apply(
    knowledge: &Knowledge,
    sources: &Sources,
    deployments: &[Deployment],
    waivers: &[Waiver],
    findings: &mut Vec<Finding>,
    options: Options<'_>,
) {
    let mut by_rule: HashMap<String, HashMap<SourceId, Vec<usize>>> = HashMap::new();
    for (at, finding) in findings.iter().enumerate() {
        let of_rule = by_rule.entry(finding.rule.clone()).or_default();
        of_rule.entry(finding.primary.span.source).or_default().push(at);
    }
    let with_findings = findings.iter().map(|finding| finding.primary.span.source).collect();
    let places = Places::of(waivers, sources, &with_findings, options);
    let mut faults = Vec::new();
    for (number, waiver) in waivers.iter().enumerate() {
        let named = waiver.rules.iter().filter_map(|named| named.rule.clone());
        let named = named.map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
        if waiver.reason.is_none() && !named.is_empty() {
            faults.push(Fault {
                fault: WaiverFault::WithoutReason,
                place: waiver.place,
                words: vec![("rule", named.clone())],
            });
        }
        // Whoever does not scan the files need not hear of it.
        if let Some(day) = waiver.expires.as_ref().filter(|day| day.start + DAY <= options.now) {
            if places.in_view[number] {
                let date = sources.slice(day.place).trim_matches(['"', '\'']).to_owned();
                faults.push(Fault {
                    fault: WaiverFault::Expired,
                    place: day.place,
                    words: vec![("rule", named), ("date", date)],
                });
            }
            continue;
        }
        for Named { rule, place } in &waiver.rules {
            if let Err(why) = may_waive(knowledge, waiver.kind, rule.as_deref()) {
                let (fault, words) = (WaiverFault::UnknownRule, vec![("reason", why)]);
                faults.push(Fault { fault, place: *place, words });
                continue;
            }
            let (Some(rule), Some(reason)) = (rule, &waiver.reason) else { continue };
            let mut used = false;
            let of_rule = by_rule.get(rule);
            let of_file = |id| of_rule.and_then(|files| files.get(id)).into_iter().flatten();
            for &at in places.files[number].iter().flat_map(of_file) {
                let finding = &mut findings[at];
                if waiver.covers(finding) {
                    used = true;
                    finding.waived.get_or_insert_with(|| waived(waiver, reason, sources));
                }
            }
            if !used && options.policy.asks(rule) && places.in_view[number] {
                let words = vec![("rule", format!("`{rule}`"))];
                faults.push(Fault { fault: WaiverFault::Unused, place: *place, words });
            }
        }
    }
    let (loose, proofs) = (Loose::default(), Proofs::default());
    for Fault { fault, place, words } in faults {
        let asked = rule_of(knowledge, fault).filter(|rule| options.policy.asks(&rule.id));
        let Some(rule) = asked else { continue };
        let case = LooseCase {
            knowledge,
            sources,
            source: place.source,
            loose: &loose,
            proofs: &proofs,
            beside_ours: false,
            now: options.now,
        };
        let found = Found {
            rule,
            severity: rule.severity.otherwise,
            confidence: rule.confidence.otherwise,
            hit: Hit {
                place: Some(Mark { span: place, text: String::new() }),
                words,
                ..Hit::default()
            },
        };
        findings.extend(words::loose_finding(&case, &found, options, deployments));
    }
}

fn waived(waiver: &Waiver, reason: &str, sources: &Sources) -> Waived {
    let source = sources.get(waiver.place.source);
    Waived {
        kind: waiver.kind,
        reason: reason.to_owned(),
        path: Some(source.path.clone()),
        line: Some(source.position(waiver.place.start as usize).line),
    }
}

/// Whether a waiver of this kind may name this rule; if not, why.
fn may_waive(knowledge: &Knowledge, kind: Accepted, id: Option<&str>) -> Result<(), String> {
    let Some(id) = id else {
        return Err("it names no rule".to_owned());
    };
    let Some(rule) = knowledge.rule(id) else {
        let near = |rule: &&Rule| strsim::jaro_winkler(&rule.id, id) > 0.85;
        let near = knowledge.rules.iter().filter(near).max_by(|a, b| {
            strsim::jaro_winkler(&a.id, id).total_cmp(&strsim::jaro_winkler(&b.id, id))
        });
        let near = near.map_or(String::new(), |rule| format!("; is it `{}`?", rule.id));
        return Err(format!("there is no rule `{}`{near}", mask::reason(id)));
    };
    let mut natives = rule.checks.iter().filter_map(|check| check.native.as_deref());
    if is_about_waivers(rule) {
        return Err(format!("`{id}` is about waivers: it cannot be waived"));
    }
    if kind == Accepted::Inline && natives.any(|native| matches!(native, Native::NotParsed {})) {
        return Err(format!(
            "`{id}` can be waived in the configuration only: a file that could not be read does \
             not vouch for itself"
        ));
    }
    Ok(())
}

/// Whether the rule is about waivers: what it says is accepted by nothing.
pub(super) fn is_about_waivers(rule: &Rule) -> bool {
    let mut natives = rule.checks.iter().filter_map(|check| check.native.as_deref());
    natives.any(|native| matches!(native, Native::Waiver { .. }))
}

/// The rule that speaks about a fault.
fn rule_of(knowledge: &Knowledge, fault: WaiverFault) -> Option<&Rule> {
    let speaks = |native: &Native| matches!(native, Native::Waiver { fault: f } if *f == fault);
    knowledge
        .rules
        .iter()
        .find(|rule| rule.checks.iter().filter_map(|check| check.native.as_deref()).any(speaks))
}
