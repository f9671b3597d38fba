//! The rules themselves: a table, Markdown, or JSON with everything that a rule file says.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::deployment::version::Confidence;
use crate::rules::schema::{Examples, Remedy, Rule, Severity, Texts};
use crate::rules::{Knowledge, Sheet};

use super::json::written;

/// Which rules to list; what is not asked for does not narrow the list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The folder that the rule stands in.
    pub category: Option<String>,
    /// A level that the rule can have.
    pub severity: Option<Severity>,
    /// A framework of which the rule names a control.
    pub framework: Option<String>,
}

impl Filter {
    /// The rules that pass, by id.
    pub fn apply<'k>(&self, knowledge: &'k Knowledge) -> Vec<(&'k Rule, &'k Sheet)> {
        let rules = knowledge.rules.iter();
        rules
            .filter_map(|rule| Some((rule, knowledge.sheet(&rule.id)?)))
            .filter(|(rule, sheet)| {
                let category = self.category.as_ref();
                let framework = self.framework.as_deref();
                category.is_none_or(|category| *category == sheet.topic)
                    && self.severity.is_none_or(|level| levels(rule, &sheet.texts).contains(&level))
                    && framework
                        .is_none_or(|name| sheet.texts.controls().any(|(other, _)| other == name))
            })
            .collect()
    }
}

/// The folders that rules stand in.
pub fn categories(knowledge: &Knowledge) -> Vec<String> {
    let sheets = knowledge.rules.iter().filter_map(|rule| knowledge.sheet(&rule.id));
    let mut topics: Vec<String> = sheets.map(|sheet| sheet.topic.clone()).collect();
    topics.sort();
    topics.dedup();
    topics
}

/// All levels that a rule can have, worst first.
pub fn levels(rule: &Rule, texts: &Texts) -> Vec<Severity> {
    let mut levels: Vec<Severity> = rule.severity.cases.iter().map(|(level, _)| *level).collect();
    levels.push(rule.severity.otherwise);
    levels.extend(rule.checks.iter().filter_map(|check| check.severity));
    // A check in code grades by itself.
    levels.extend(texts.levels.keys().copied());
    levels.sort();
    levels.dedup();
    levels.reverse();
    levels
}

/// `high, medium or low`.
pub fn severities(rule: &Rule, texts: &Texts) -> String {
    let names: Vec<&str> = levels(rule, texts).iter().map(|level| level.name()).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

/// How sure the rule is at best.
pub fn confidence(rule: &Rule) -> Confidence {
    let cases = rule.confidence.cases.iter().map(|(level, _)| *level);
    cases.chain([rule.confidence.otherwise]).max().unwrap_or(rule.confidence.otherwise)
}

/// One line a rule.
pub fn table(rules: &[(&Rule, &Sheet)]) -> String {
    let width = rules.iter().map(|(rule, _)| rule.id.len()).max().unwrap_or(0);
    let levels =
        rules.iter().map(|(rule, sheet)| severities(rule, &sheet.texts).len()).max().unwrap_or(0);
    let mut out = String::new();
    for (rule, sheet) in rules {
        let preview = if sheet.is_preview() { " (preview)" } else { "" };
        out.push_str(&format!(
            "{:width$}  {:levels$}  {}{preview}\n",
            rule.id,
            severities(rule, &sheet.texts),
            sheet.texts.summary
        ));
    }
    out
}

/// A table for a page or an issue.
pub fn markdown(rules: &[(&Rule, &Sheet)]) -> String {
    let mut out = String::from("| Rule | Severity | What it finds |\n|---|---|---|\n");
    for (rule, sheet) in rules {
        let preview = if sheet.is_preview() { " (preview)" } else { "" };
        let summary = sheet.texts.summary.replace('|', "\\|");
        out.push_str(&format!(
            "| `{}` | {} | {summary}{preview} |\n",
            rule.id,
            severities(rule, &sheet.texts)
        ));
    }
    out
}

#[derive(Serialize)]
struct Item<'a> {
    id: &'a str,
    category: &'a str,
    since: String,
    preview: bool,
    /// The worst that a finding can be.
    severity: &'static str,
    severities: Vec<&'static str>,
    /// The surest that a finding can be.
    confidence: &'static str,
    summary: &'a str,
    frameworks: BTreeMap<&'a str, Vec<String>>,
    why: &'a str,
    message: &'a str,
    /// The same where nothing sets the setting.
    message_unset: Option<&'a str>,
    label: &'a str,
    label_unset: Option<&'a str>,
    /// When a finding has another severity than the rule's own.
    levels: BTreeMap<&'static str, &'a str>,
    /// The severity with the profile `development`, where it is another one.
    development: Option<&'static str>,
    remedy: &'a Remedy,
    references: &'a [String],
    supersedes: Vec<&'a str>,
    examples: Option<&'a Examples>,
}

/// An array of objects for programs.
pub fn json(knowledge: &Knowledge, rules: &[(&Rule, &Sheet)]) -> String {
    let items: Vec<Item<'_>> = rules
        .iter()
        .map(|(rule, sheet)| Item {
            id: &rule.id,
            category: &sheet.topic,
            since: sheet.since.to_string(),
            preview: sheet.is_preview(),
            severity: levels(rule, &sheet.texts).first().map_or("", |level| level.name()),
            severities: levels(rule, &sheet.texts).iter().map(|level| level.name()).collect(),
            confidence: confidence(rule).name(),
            summary: &sheet.texts.summary,
            frameworks: sheet.texts.controls().collect(),
            why: &sheet.texts.why,
            message: &sheet.texts.message,
            message_unset: sheet.texts.message_unset.as_deref(),
            label: &sheet.texts.label,
            label_unset: sheet.texts.label_unset.as_deref(),
            levels: sheet
                .texts
                .levels
                .iter()
                .map(|(level, when)| (level.name(), when.as_str()))
                .collect(),
            development: rule.development.map(Severity::name),
            remedy: &sheet.texts.remedy,
            references: &sheet.texts.references,
            supersedes: rule
                .supersedes
                .iter()
                .chain(&rule.supersedes_in_deployment)
                .map(String::as_str)
                .collect(),
            examples: knowledge.examples(&rule.id),
        })
        .collect();
    written(&items)
}
