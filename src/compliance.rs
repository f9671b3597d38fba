//! Which controls of a framework each deployment meets, and how that is known. The verdicts come
//! from the rules' own answers. Knows nothing of how they are printed.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use crate::deployment::Deployment;
use crate::deployment::catalogue::SettingId;
use crate::deployment::version::Confidence;
use crate::lint::Finding;
use crate::lint::ruling::{Answer, Ruling};
use crate::rules::Knowledge;
use crate::rules::frameworks::{Control, Framework};

/// What is known about a control; the later, the worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It is about something that the deployment does not have.
    NotApplicable,
    /// Everything that rules look for is as it must be.
    Met,
    /// The files do not show enough.
    CannotTell,
    /// It is violated, and somebody accepted that.
    Waived,
    /// It is violated.
    NotMet,
}

impl Verdict {
    /// All of them, worst first.
    pub const ALL: [Verdict; 5] = [
        Verdict::NotMet,
        Verdict::Waived,
        Verdict::CannotTell,
        Verdict::Met,
        Verdict::NotApplicable,
    ];

    /// The words used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::NotMet => "not met",
            Verdict::Waived => "waived",
            Verdict::CannotTell => "cannot tell",
            Verdict::Met => "met",
            Verdict::NotApplicable => "not applicable",
        }
    }
}

/// A framework held against deployments.
pub struct Assessment<'a> {
    /// Its name.
    pub name: &'static str,
    /// The framework.
    pub framework: &'static Framework,
    /// Each deployment that counts.
    pub deployments: Vec<Assessed<'a>>,
    /// Findings in files that are part of no deployment.
    pub elsewhere: Vec<(&'static Control, Vec<&'a Finding>)>,
    /// Templates and documentation that were met on the way: they are nobody's server.
    pub left_out: Vec<&'a Deployment>,
}

/// One deployment's controls.
pub struct Assessed<'a> {
    /// Its place among the scan's deployments.
    pub index: usize,
    /// Each control of the framework, in its order.
    pub controls: Vec<ControlResult<'a>>,
}

/// One control of one deployment.
pub struct ControlResult<'a> {
    /// The control.
    pub control: &'static Control,
    /// The worst of the reasons.
    pub verdict: Verdict,
    /// One for each rule that names the control, the worst first.
    pub reasons: Vec<Reason<'a>>,
}

/// What one rule contributes.
pub struct Reason<'a> {
    /// The rule's id; none where no rule can see what is asked for.
    pub rule: Option<&'a str>,
    /// What it makes of the control.
    pub verdict: Verdict,
    /// The findings behind it.
    pub findings: Vec<&'a Finding>,
    /// The settings that were looked at.
    pub settings: Vec<SettingId>,
    /// What is to be said beside that.
    pub note: Option<String>,
}

impl Reason<'_> {
    /// Its findings are another rule's, which says the same thing better.
    fn is_borrowed(&self) -> bool {
        self.rule.is_some_and(|rule| self.findings.iter().any(|finding| finding.rule != rule))
    }
}

impl Assessment<'_> {
    /// Some control of some deployment is violated, or of a file beside them.
    pub fn has_not_met(&self) -> bool {
        let controls = self.deployments.iter().flat_map(|deployment| &deployment.controls);
        controls.into_iter().any(|control| control.verdict == Verdict::NotMet)
            || self.elsewhere.iter().flat_map(|(_, findings)| findings).any(|f| f.waived.is_none())
    }
}

/// Holds a framework against deployments. `rulings` has an entry for each deployment.
pub fn assess<'a>(
    knowledge: &'a Knowledge,
    framework: (&'static str, &'static Framework),
    deployments: &'a [Deployment],
    rulings: &[Vec<Ruling<'a>>],
    findings: &'a [Finding],
) -> Assessment<'a> {
    let (name, framework) = framework;
    let named_by = named_by(knowledge, name, framework);
    let known = Known::of(findings);
    let mut assessed = Vec::new();
    let mut left_out = Vec::new();
    for (index, (deployment, rulings)) in deployments.iter().zip(rulings).enumerate() {
        if deployment.illustrative {
            left_out.push(deployment);
            continue;
        }
        let controls = named_by.iter().map(|(control, rules)| {
            let mut reasons: Vec<Reason<'a>> = rulings
                .iter()
                .filter(|ruling| rules.contains(&ruling.rule.id.as_str()))
                .map(|ruling| reason(deployment, ruling, rulings, &known))
                .collect();
            let concerns =
                reasons.is_empty() || reasons.iter().any(|r| r.verdict != Verdict::NotApplicable);
            let unseen = control.unseen.as_ref().filter(|_| concerns && !deployment.without_server);
            reasons.extend(unseen.map(|unseen| Reason {
                rule: None,
                verdict: Verdict::CannotTell,
                findings: Vec::new(),
                settings: Vec::new(),
                note: Some(unseen.clone()),
            }));
            reasons.sort_by_key(|reason| (Reverse(reason.verdict), reason.is_borrowed()));
            let worst = reasons.iter().map(|reason| reason.verdict).max();
            ControlResult { control, verdict: worst.unwrap_or(Verdict::NotApplicable), reasons }
        });
        assessed.push(Assessed { index, controls: controls.collect() });
    }
    let stray = |rules: &[&str]| -> Vec<&'a Finding> {
        let mut found = findings.iter().filter(|f| f.deployments.is_empty() && !f.illustrative);
        found.by_ref().filter(|finding| rules.contains(&finding.rule.as_str())).collect()
    };
    let elsewhere = named_by.iter().map(|(control, rules)| (*control, stray(rules)));
    Assessment {
        name,
        framework,
        deployments: assessed,
        elsewhere: elsewhere.filter(|(_, findings)| !findings.is_empty()).collect(),
        left_out,
    }
}

/// Each control with the rules that name it.
fn named_by<'k>(
    knowledge: &'k Knowledge,
    name: &str,
    framework: &'static Framework,
) -> Vec<(&'static Control, Vec<&'k str>)> {
    let names = |rule: &'k str| {
        let sheet = knowledge.sheet(rule)?;
        let ids = sheet.texts.controls().find(|(other, _)| *other == name)?.1;
        Some((rule, ids))
    };
    let rules: Vec<(&str, Vec<String>)> =
        knowledge.rules.iter().filter_map(|rule| names(&rule.id)).collect();
    let of = |control: &Control| -> Vec<&'k str> {
        rules.iter().filter(|(_, ids)| ids.contains(&control.id)).map(|(rule, _)| *rule).collect()
    };
    let all = framework.controls.iter().map(|control| (control, of(control)));
    // What no rule looks at is not for this program to judge.
    all.filter(|(control, rules)| !rules.is_empty() || control.unseen.is_some()).collect()
}

/// Findings by the deployments that they are about.
struct Known<'a> {
    of: HashMap<&'a str, Vec<&'a Finding>>,
}

impl<'a> Known<'a> {
    fn of(findings: &'a [Finding]) -> Self {
        let mut of: HashMap<&str, Vec<&Finding>> = HashMap::new();
        for finding in findings {
            for deployment in &finding.deployments {
                let known = of.entry(deployment).or_default();
                // Two of its servers may have one name.
                if known.last().is_none_or(|last| !std::ptr::eq(*last, finding)) {
                    known.push(finding);
                }
            }
        }
        Known { of }
    }

    fn here(&self, deployment: &str, rule: &str) -> Vec<&'a Finding> {
        let all = self.of.get(deployment).into_iter().flatten();
        all.copied().filter(|finding| finding.rule == rule).collect()
    }
}

fn reason<'a>(
    deployment: &Deployment,
    ruling: &Ruling<'a>,
    all: &[Ruling<'a>],
    known: &Known<'a>,
) -> Reason<'a> {
    let here = |rule: &str| known.here(&deployment.id, rule);
    let mut reason = Reason {
        rule: Some(&ruling.rule.id),
        verdict: Verdict::NotApplicable,
        findings: here(&ruling.rule.id),
        settings: ruling.settings.clone(),
        note: None,
    };
    if !reason.findings.is_empty() {
        reason.verdict = violated(&reason.findings);
        let standing = || reason.findings.iter().filter(|finding| finding.waived.is_none());
        if reason.verdict == Verdict::NotMet && ruling.informs {
            reason.verdict = Verdict::CannotTell;
        } else if reason.verdict == Verdict::NotMet
            && standing().all(|finding| finding.confidence == Confidence::Low)
        {
            reason.verdict = Verdict::CannotTell;
            reason.note = Some("it looks like it, but that is not sure enough".to_owned());
        }
        return reason;
    }
    if ruling.is_off {
        reason.verdict = Verdict::CannotTell;
        reason.note = Some("the configuration does not ask this rule".to_owned());
        return reason;
    }
    match ruling.answer {
        Answer::NotApplicable => {}
        Answer::Silent => reason.verdict = Verdict::Met,
        Answer::Unknown => {
            reason.verdict = Verdict::CannotTell;
            reason.note = ruling.unseen.map(str::to_owned);
        }
        Answer::Speaks => {
            // Another rule says the same thing better.
            let superiors = superiors(&ruling.rule.id, all);
            reason.findings = superiors.iter().flat_map(|rule| here(rule)).collect();
            if reason.findings.is_empty() {
                reason.verdict = Verdict::Waived;
                reason.note = Some("the configuration drops findings of this rule".to_owned());
            } else {
                reason.verdict = violated(&reason.findings);
                let names: BTreeSet<&str> =
                    reason.findings.iter().map(|finding| finding.rule.as_str()).collect();
                let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                reason.note = Some(format!("it is part of what {} says", names.join(" and ")));
            }
        }
    }
    reason
}

fn violated(findings: &[&Finding]) -> Verdict {
    if findings.iter().all(|finding| finding.waived.is_some()) {
        Verdict::Waived
    } else {
        Verdict::NotMet
    }
}

/// The rules that make another one silent, through others too.
fn superiors<'k>(rule: &str, all: &[Ruling<'k>]) -> BTreeSet<&'k str> {
    let mut found: BTreeSet<&'k str> = BTreeSet::new();
    let mut open = vec![rule];
    while let Some(next) = open.pop() {
        for ruling in all {
            let below = ruling.rule.supersedes.iter().chain(&ruling.rule.supersedes_in_deployment);
            if below.into_iter().any(|id| id == next) && found.insert(&ruling.rule.id) {
                open.push(&ruling.rule.id);
            }
        }
    }
    found
}
