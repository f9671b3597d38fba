//! A page for each rule, and their index. Knows what a rule file says, and what the program said
//! about its examples; nothing of how that was found out.

use std::collections::BTreeMap;

use crate::deployment::version::VersionRange;
use crate::rules::schema::{Condition, Rule, Severity, legible, spoken};
use crate::rules::{Knowledge, Sheet};

use super::pretty::wrap;
use super::rule_list::{confidence, levels, severities};

/// How a page begins that this program wrote and may take away again.
pub const MARK: &str = "<!-- Written by `omlint docs` from the rule's file: change that one. -->";

/// Where lines of text are broken.
const WIDTH: usize = 100;

/// An example as the page shows it.
pub struct Shown {
    /// What it shows.
    pub name: String,
    /// Its files: path and text, without secrets.
    pub files: Vec<(String, String)>,
    /// The command, and what it said; none where the example needs what nobody can make up.
    pub said: Option<(String, String)>,
}

/// The page of a rule. `bad` and `good` are one example each.
pub fn page(
    knowledge: &Knowledge,
    rule: &Rule,
    sheet: &Sheet,
    bad: &Shown,
    good: &Shown,
) -> String {
    let texts = &sheet.texts;
    let mut out = format!("{MARK}\n\n# {}\n\n{}.\n\n", rule.id, texts.summary);
    facts(&mut out, rule, sheet);
    out.push_str(&format!("\n## Why it matters\n\n{}\n", wrap(&texts.why, WIDTH)));
    out.push_str(&format!("\n## What to do\n\n{}\n", wrap(&texts.remedy.say, WIDTH)));
    for (at, (kinds, text)) in texts.remedy.also.all().into_iter().enumerate() {
        let gap = if at == 0 { "\n" } else { "" };
        let item = wrap(&format!("In {kinds}: {text}"), WIDTH - 2).replace('\n', "\n  ");
        out.push_str(&format!("{gap}- {item}\n"));
    }
    if !texts.remedy.set.is_empty() {
        out.push_str("\n| Setting | Environment variable | Value |\n|---|---|---|\n");
        for (path, value) in &texts.remedy.set {
            let variable = knowledge
                .catalogue
                .find(path)
                .and_then(|id| knowledge.catalogue.get(id).variable())
                .map_or("none".to_owned(), code);
            out.push_str(&format!("| {} | {variable} | {} |\n", code(path), code(&legible(value))));
        }
    }
    for beside in &texts.remedy.beside {
        let kind = spoken(&beside.kind);
        out.push_str(&format!("\nIn {kind} write, {}:\n", beside.place));
        fence(&mut out, "yaml", beside.text.trim_end());
    }
    out.push_str(&format!("\n## Where it speaks\n\n{}:\n", sentence(&bad.name)));
    files(&mut out, bad);
    match &bad.said {
        Some((command, said)) => {
            out.push_str(&format!("\n{} says of it:\n", code(command)));
            fence(&mut out, "text", said);
        }
        None => out.push_str("\nThe rule speaks of real signatures only, so nothing made up for this page shows its report.\n"),
    }
    out.push_str(&format!("\n## Where it is silent\n\n{}:\n", sentence(&good.name)));
    files(&mut out, good);
    relatives(&mut out, knowledge, rule);
    controls(&mut out, sheet);
    if !texts.references.is_empty() {
        out.push_str("\n## More about it\n\n");
        texts.references.iter().for_each(|page| out.push_str(&format!("- <{page}>\n")));
    }
    out
}

fn facts(out: &mut String, rule: &Rule, sheet: &Sheet) {
    let usual = rule.severity.otherwise;
    let mut severity = usual.name().to_owned();
    let levels = levels(rule, &sheet.texts).into_iter();
    for level in levels.filter(|level| *level != usual) {
        match sheet.texts.levels.get(&level) {
            Some(when) => severity.push_str(&format!("; {} {when}", level.name())),
            None => severity.push_str(&format!(" or {}", level.name())),
        }
    }
    if let Some(level) = rule.development {
        severity.push_str(&format!("; {} with the profile `development`", level.name()));
    }
    let mut facts = vec![
        format!("Severity: {severity}"),
        format!("Confidence: {} at best", confidence(rule).name()),
    ];
    if let Some(versions) = versions(rule) {
        facts.push(format!("OpenMetadata: {versions}"));
    }
    let preview = if sheet.is_preview() { "; a preview until the next minor version" } else { "" };
    if sheet.own {
        facts.push("Not one of omlint's own rules".to_owned());
    } else {
        facts.push(format!("Since: omlint {}{preview}", sheet.since));
    }
    facts.push(format!("Category: [{0}](README.md#{0})", sheet.topic));
    for fact in facts {
        out.push_str(&format!("- {}\n", wrap(&fact, WIDTH - 2).replace('\n', "\n  ")));
    }
}

/// The versions that a rule is about, where every check of it asks for some.
fn versions(rule: &Rule) -> Option<String> {
    fn range(condition: &Condition) -> Option<VersionRange> {
        match condition {
            Condition::Version(range) => Some(*range),
            Condition::All(all) => all.iter().find_map(range),
            _ => None,
        }
    }
    let ranges: Option<Vec<String>> =
        rule.checks.iter().map(|check| range(&check.when).map(|range| range.words())).collect();
    let mut ranges = ranges?;
    ranges.dedup();
    Some(ranges.join("; "))
}

fn files(out: &mut String, example: &Shown) {
    for (path, text) in &example.files {
        out.push_str(&format!("\n{}\n", code(path)));
        let language = match path.rsplit('.').next() {
            Some("yml" | "yaml") => "yaml",
            Some("toml") => "toml",
            Some("json") => "json",
            Some("sh") => "sh",
            _ => "text",
        };
        fence(out, language, text);
    }
}

fn fence(out: &mut String, language: &str, text: &str) {
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    let lines: Vec<&str> = text.trim_matches('\n').lines().map(str::trim_end).collect();
    out.push_str(&format!("\n{fence}{language}\n{}\n{fence}\n", lines.join("\n")));
}

/// Which rules are silent where this one speaks, and the other way round.
fn relatives(out: &mut String, knowledge: &Knowledge, rule: &Rule) {
    let links = |ids: Vec<&str>| {
        let links: Vec<String> = ids.iter().map(|id| format!("[{id}]({id}.md)")).collect();
        links.join(", ")
    };
    let ids = |list: &'_ [String]| links(list.iter().map(String::as_str).collect());
    let above = |of: fn(&Rule) -> &Vec<String>| {
        let rules = knowledge.rules.iter().filter(|other| of(other).contains(&rule.id));
        links(rules.map(|other| other.id.as_str()).collect())
    };
    let mut lines = Vec::new();
    for (what, rules) in [
        ("Where it speaks about a setting, these are silent about it:", ids(&rule.supersedes)),
        ("Where it speaks, these are silent:", ids(&rule.supersedes_in_deployment)),
        ("It is silent about a setting of which one of these speaks:", above(|r| &r.supersedes)),
        ("It is silent where one of these speaks:", above(|r| &r.supersedes_in_deployment)),
    ] {
        if !rules.is_empty() {
            lines.push(wrap(&format!("{what} {rules}."), WIDTH));
        }
    }
    if !lines.is_empty() {
        out.push_str(&format!("\n## Beside other rules\n\n{}\n", lines.join("\n\n")));
    }
}

fn controls(out: &mut String, sheet: &Sheet) {
    let mut lines = Vec::new();
    for (name, ids) in sheet.texts.controls() {
        let Some(framework) = Knowledge::frameworks().get(name) else { continue };
        for id in ids {
            let Some(control) = framework.control(&id) else { continue };
            let about = control.about.as_ref().map(|about| format!(": {about}"));
            let about = about.unwrap_or_default();
            let place = match id.strip_prefix("CWE-") {
                Some(number) => {
                    format!("[{id}](https://cwe.mitre.org/data/definitions/{number}.html)")
                }
                None => format!("{} {id}", code(name)),
            };
            lines.push(format!("- {place}, {}{about}\n", control.title));
        }
    }
    if !lines.is_empty() {
        out.push_str(&format!("\n## Controls\n\n{}", lines.concat()));
    }
}

/// The index of all pages, by category.
pub fn index(rules: &[(&Rule, &Sheet)]) -> String {
    let mut topics: BTreeMap<&str, Vec<(&Rule, &Sheet)>> = BTreeMap::new();
    for (rule, sheet) in rules {
        topics.entry(&sheet.topic).or_default().push((rule, sheet));
    }
    let mut out = format!("{MARK}\n\n# Rules\n\n");
    out.push_str(&wrap(
        &format!(
            "{} rules. `omlint rules` lists them at a terminal, narrowed by `--category`, \
             `--severity` or `--framework`; `omlint explain RULE` prints one. What a page shows \
             of omlint's output is the finding of that rule, without what a run says at its end.",
            rules.len()
        ),
        WIDTH,
    ));
    out.push('\n');
    for (topic, mut rules) in topics {
        let worst = |rule: &Rule, sheet: &Sheet| levels(rule, &sheet.texts).first().copied();
        rules.sort_by_key(|(rule, sheet)| std::cmp::Reverse(worst(rule, sheet)));
        out.push_str(&format!("\n## {topic}\n\n"));
        out.push_str(
            "| Rule | What it finds | Severity | Confidence | Since |\n|---|---|---|---|---|\n",
        );
        for (rule, sheet) in rules {
            out.push_str(&format!(
                "| [{0}]({0}.md) | {1} | {2} | {3} | {4} |\n",
                rule.id,
                sheet.texts.summary.replace('|', "\\|"),
                severities(rule, &sheet.texts),
                confidence(rule).name(),
                since(sheet),
            ));
        }
    }
    out
}

fn since(sheet: &Sheet) -> String {
    if sheet.own {
        return "–".to_owned();
    }
    let preview = if sheet.is_preview() { " (preview)" } else { "" };
    format!("{}{preview}", sheet.since)
}

/// The least severity that a run has to list for a rule to be heard.
pub fn least(severities: impl Iterator<Item = Severity>) -> Severity {
    severities.min().unwrap_or(Severity::Medium).min(Severity::Medium)
}

fn code(text: &str) -> String {
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
