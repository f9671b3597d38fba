//! `omlint explain`: a rule, straight from its file.

use crate::config::{Choice, Flags};
use crate::rehearsal;
use crate::report::rule_list::severities;
use crate::rules::schema::{legible, spoken};

use super::{Outcome, complain, load_here, told};

pub(super) fn explain(id: &str) -> Outcome {
    let Some(loaded) = load_here(&Choice::Nearest, &Flags::default()) else {
        return Outcome::Failed;
    };
    let knowledge = &loaded.knowledge;
    let (Some(rule), Some(sheet)) = (knowledge.rule(id), knowledge.sheet(id)) else {
        let nearest = knowledge
            .rules
            .iter()
            .map(|rule| (strsim::jaro_winkler(&rule.id, id), rule.id.as_str()))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .filter(|(likeness, _)| *likeness > 0.8);
        let hint = nearest.map(|(_, id)| format!("; did you mean `{id}`?")).unwrap_or_default();
        complain(&format!("there is no rule `{id}`{hint} (`omlint rules` lists them all)"));
        return Outcome::Failed;
    };
    let texts = &sheet.texts;
    let mut out =
        format!("{id} ({})\n{}\n\n{}\n", severities(rule, texts), texts.summary, texts.why.trim());
    out.push_str(&format!("\nWhat to do: {}\n", texts.remedy.say.trim()));
    for (kinds, text) in texts.remedy.also.all() {
        out.push_str(&format!("In {kinds}: {text}\n"));
    }
    for (setting, value) in &texts.remedy.set {
        out.push_str(&format!("    {setting}: {}\n", legible(value)));
    }
    for beside in &texts.remedy.beside {
        out.push_str(&format!("\nIn {} write, {}:\n", spoken(&beside.kind), beside.place));
        for line in beside.text.trim_end().lines() {
            out.push_str(&format!("    {line}\n"));
        }
    }
    let both =
        knowledge.examples(id).map(|both| [("Speaks", &both.bad), ("Is silent", &both.good)]);
    for (title, examples) in both.into_iter().flatten() {
        for example in examples.iter().take(2) {
            out.push_str(&format!("\n{title}: {}\n", example.name));
            for (file, text) in &example.files {
                out.push_str(&format!("  {file}\n"));
                for line in rehearsal::legible(text).lines() {
                    out.push_str(&format!("    {line}\n"));
                }
            }
        }
    }
    if !texts.references.is_empty() {
        out.push('\n');
        for reference in &texts.references {
            out.push_str(&format!("See {reference}\n"));
        }
    }
    let numbers: Vec<String> = texts.cwe.iter().map(|number| format!("CWE-{number}")).collect();
    if !numbers.is_empty() {
        out.push_str(&format!("Weaknesses: {}\n", numbers.join(", ")));
    }
    told(&out)
}
