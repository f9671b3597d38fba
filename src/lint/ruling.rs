//! What each rule comes to about a deployment, whether it speaks or not: for reports that have
//! to say what was met and what could not be seen. Findings come from `judge`.

use std::collections::BTreeSet;

use crate::deployment::catalogue::SettingId;
use crate::deployment::value::State;
use crate::deployment::{Deployment, Kind};
use crate::rules::Knowledge;
use crate::rules::condition::{Case, Truth};
use crate::rules::matchers::Owner;
use crate::rules::native;
use crate::rules::schema::{Check, Condition, Profile, Rule, Severity};
use crate::source::Sources;

use super::judge::ask;
use super::{Options, case};

/// What a rule comes to about a deployment; the later, the worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// It is about something that this deployment does not have.
    NotApplicable,
    /// It looked, and nothing is wrong.
    Silent,
    /// What it would have to see is not in the files.
    Unknown,
    /// It speaks.
    Speaks,
}

/// A rule's answer, and what it is about.
#[derive(Clone, Debug)]
pub struct Ruling<'k> {
    /// The rule.
    pub rule: &'k Rule,
    /// What it comes to.
    pub answer: Answer,
    /// What it could not see.
    pub unseen: Option<&'static str>,
    /// The settings that it looked at, in the catalogue's order.
    pub settings: Vec<SettingId>,
    /// It speaks, but only to inform: nothing is to be mended.
    pub informs: bool,
    /// Nobody asks it: the configuration selects other rules.
    pub is_off: bool,
}

/// All rules' answers about a deployment, by rule.
pub fn rulings<'k>(
    knowledge: &'k Knowledge,
    sources: &'k Sources,
    deployment: &'k Deployment,
    options: Options<'_>,
) -> Vec<Ruling<'k>> {
    let case = case(knowledge, sources, deployment, options);
    let rulings = knowledge.rules.iter().map(|rule| {
        let ruling = ruling(&case, rule);
        Ruling { is_off: !options.policy.asks(&rule.id), ..ruling }
    });
    rulings.collect()
}

fn ruling<'k>(case: &Case<'k>, rule: &'k Rule) -> Ruling<'k> {
    let mut answer = Answer::NotApplicable;
    let mut unseen = None;
    let mut settings = BTreeSet::new();
    let found = ask(case, rule);
    for one in &found {
        settings.extend(one.hit.fields.iter().map(|field| field.id));
        settings.extend(&one.hit.reasons);
    }
    if found.is_empty() {
        for check in &rule.checks {
            let (silence, missing) = silence(case, check, &mut settings);
            answer = answer.max(silence);
            unseen = unseen.or(missing);
        }
    } else {
        answer = Answer::Speaks;
    }
    let lowered = case.profile == Profile::Development && rule.development == Some(Severity::Info);
    let informs = found.iter().all(|one| one.severity == Severity::Info)
        && (!lowered || case.grade(&rule.severity) == Severity::Info);
    settings.retain(|id| case.deployment.value(*id).state != State::Absent);
    Ruling {
        rule,
        answer,
        unseen: unseen.filter(|_| answer == Answer::Unknown),
        settings: settings.into_iter().collect(),
        informs: answer == Answer::Speaks && informs,
        is_off: false,
    }
}

/// Why a check that finds nothing finds nothing.
fn silence(
    case: &Case<'_>,
    check: &Check,
    settings: &mut BTreeSet<SettingId>,
) -> (Answer, Option<&'static str>) {
    // Beside a server there is nothing of the server's to be judged.
    let deployment = case.deployment;
    let own_port = check.port.as_ref().is_some_and(|port| matches!(port.of, Owner::Server));
    let own_code = check.native.as_deref().is_some_and(native::is_about_a_server);
    if deployment.without_server && (own_port || own_code) {
        return (Answer::NotApplicable, None);
    }
    let when = case.holds(&check.when);
    check.when.walk(&mut |path, _| {
        settings.insert(case.setting(path));
    });
    if when == Truth::False {
        return (Answer::NotApplicable, None);
    }
    let mut missing = None;
    let mut open = false;
    let mut anything = check.flag.0.is_empty();
    for (path, predicate) in &check.flag.0 {
        let id = case.setting(path);
        let value = case.deployment.value(id);
        settings.insert(id);
        anything |= value.state != State::Absent;
        // Under a condition that may hold, what meets the predicate may be a finding.
        open |= case.meets(id, value, predicate) != Truth::False;
    }
    if let Some(native) = &check.native {
        settings.extend(native.settings().into_iter().map(|path| case.setting(path)));
        missing = native::unseen(native, case);
        open |=
            missing.is_some() || when == Truth::Unknown && !native::run(native, case).is_empty();
    }
    if let Some(port) = &check.port {
        settings.extend(port.settings().map(|path| case.setting(path)));
        open |= case.holds(&Condition::Port(port.clone())) == Truth::Unknown;
    }
    // What is open to whom, and what is mounted, is written elsewhere.
    let alone = matches!(case.deployment.kind, Kind::Environment | Kind::ServerFile);
    if alone && (check.port.is_some() || check.mount.is_some()) {
        open = true;
        missing = Some("these files do not show how the server is run");
    }
    // In a cluster, Services and Ingresses are often written elsewhere.
    let hidden = deployment.kind == Kind::Kubernetes && deployment.evidence.ports.is_empty();
    if hidden && check.port.is_some() {
        open = true;
        missing =
            Some("no Service or Ingress among these files leads to it from outside the cluster");
    }
    match (anything, open) {
        (false, _) => (Answer::NotApplicable, None),
        (true, true) => (Answer::Unknown, missing),
        (true, false) => (Answer::Silent, None),
    }
}
