//! What is listed and what fails. The one place that decides it, for every format.

use super::finding::{Accepted, Finding};
use crate::deployment::version::Confidence;
use crate::rules::schema::Severity;

/// What the user asked to see, and to fail on.
#[derive(Clone, Copy, Debug)]
pub struct Gate {
    /// The least severity that is listed.
    pub least: Severity,
    /// The least confidence that is listed.
    pub listed_from: Confidence,
    /// The least severity that fails; none: nothing fails.
    pub fail_on: Option<Severity>,
    /// The least confidence that fails.
    pub sure: Confidence,
    /// Waived findings are listed, too.
    pub show_waived: bool,
    /// Findings of rules that are new in this version fail, too.
    pub preview_fails: bool,
}

/// What a gate made of the findings.
pub struct Verdict<'a> {
    /// The findings to list, in their order.
    pub listed: Vec<&'a Finding>,
    /// How many are below what is listed.
    pub hidden: usize,
    /// How many would be listed if they had not been accepted.
    pub waived: Tally,
    /// Some finding fails the run.
    pub fails: bool,
}

impl Gate {
    /// Looks at all findings. One that was accepted never fails.
    pub fn judge<'a>(&self, findings: &'a [Finding]) -> Verdict<'a> {
        let mut verdict =
            Verdict { listed: Vec::new(), hidden: 0, waived: Tally::default(), fails: false };
        for finding in findings {
            let is_listed =
                finding.severity >= self.least && finding.confidence >= self.listed_from;
            match (&finding.waived, is_listed) {
                (None, false) => verdict.hidden += 1,
                (Some(_), false) => {}
                (Some(waived), true) => {
                    verdict.waived.add(waived.kind);
                    if self.show_waived {
                        verdict.listed.push(finding);
                    }
                }
                (None, true) => {
                    verdict.listed.push(finding);
                    verdict.fails |= self.fail_on.is_some_and(|least| finding.severity >= least)
                        && finding.confidence >= self.sure
                        && (self.preview_fails || !finding.preview);
                }
            }
        }
        verdict
    }
}

/// How many findings were accepted, and how.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally([usize; Accepted::ALL.len()]);

impl Tally {
    fn add(&mut self, kind: Accepted) {
        self.0[kind as usize] += 1;
    }

    /// How many in this way.
    pub fn of(&self, kind: Accepted) -> usize {
        self.0[kind as usize]
    }

    /// How many in all.
    pub fn total(&self) -> usize {
        self.0.iter().sum()
    }

    /// `2 waived, 5 in the baseline`; empty where there are none.
    pub fn words(&self) -> String {
        let waived = self.of(Accepted::Inline) + self.of(Accepted::Config);
        let parts = [
            (waived, "waived"),
            (self.of(Accepted::Baseline), "in the baseline"),
            (self.of(Accepted::OutOfDiff), "outside the changed files"),
        ];
        let parts = parts.into_iter().filter(|(number, _)| *number > 0);
        parts.map(|(number, words)| format!("{number} {words}")).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::Label;
    use crate::source::{SourceId, Span};

    #[test]
    fn a_finding_of_a_preview_rule_is_listed_and_fails_only_on_demand() {
        let finding = Finding {
            rule: "new-in-this-version".to_owned(),
            severity: Severity::High,
            confidence: Confidence::High,
            doubt: None,
            deployments: Vec::new(),
            message: String::new(),
            setting: None,
            primary: Label { span: Span::new(SourceId(0), 0..1), message: String::new() },
            unset: false,
            related: Vec::new(),
            remedy: String::new(),
            remedy_place: String::new(),
            further: Vec::new(),
            advice: String::new(),
            fingerprint: String::new(),
            illustrative: false,
            preview: true,
            waived: None,
        };
        let gate = Gate {
            least: Severity::Medium,
            listed_from: Confidence::Medium,
            fail_on: Some(Severity::Medium),
            sure: Confidence::Medium,
            show_waived: false,
            preview_fails: false,
        };
        let findings = [finding];
        let verdict = gate.judge(&findings);
        assert_eq!(verdict.listed.len(), 1);
        assert!(!verdict.fails);
        assert!(Gate { preview_fails: true, ..gate }.judge(&findings).fails);
    }
}
