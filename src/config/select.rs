//! Names of rules in a configuration and on the command line: ids, and topics for all rules of a
//! folder.

use std::collections::BTreeSet;

use crate::rules::Knowledge;
use crate::source::Span;
use crate::source::diagnostic::{Diagnostic, named, nearest};

use super::{Config, Flags, Settings};

/// So many unknown names are told of; who has more looks at the file anyway.
const MOST_UNKNOWN: usize = 100;

/// The ids that some names stand for.
pub fn ids<'n>(
    names: impl IntoIterator<Item = &'n str>,
    knowledge: &Knowledge,
) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for name in names {
        if knowledge.rule(name).is_some() {
            ids.insert(name.to_owned());
            continue;
        }
        let fitting = knowledge.topics().filter(|(_, topic)| *topic == name);
        ids.extend(fitting.map(|(id, _)| id.to_owned()));
    }
    ids
}

/// Complains of names that are neither a rule's nor a topic's.
pub(super) fn check(
    settings: &Settings,
    config: Option<&Config>,
    flags: &Flags,
    knowledge: &Knowledge,
    problems: &mut Vec<Diagnostic>,
) {
    for (flag, names) in [("--select", &flags.select), ("--ignore", &flags.ignore)] {
        for name in names.iter().filter(|name| !is_known(name, knowledge, true)) {
            let mut problem = unknown(name, None, knowledge, true);
            problem.message.push_str(&format!(" in {flag}"));
            problems.push(problem);
        }
    }
    let Some(config) = config else { return };
    let top = &config.fields;
    let lists = [&top.select, &top.ignore].into_iter().flatten().flat_map(|list| &list.items);
    let local = settings.overrides.iter().flat_map(|rule| &rule.ignore);
    let names = lists.chain(local).filter(|name| !is_known(&name.value, knowledge, true));
    for name in names.take(MOST_UNKNOWN) {
        problems.push(unknown(&name.value, Some(name.span), knowledge, true));
    }
    let local = settings.overrides.iter().flat_map(|rule| &rule.severity);
    let levels = top.severity.iter().chain(local).map(|(name, _)| name);
    let names = levels.filter(|name| !is_known(&name.value, knowledge, false));
    for name in names.take(MOST_UNKNOWN) {
        problems.push(unknown(&name.value, Some(name.span), knowledge, false));
    }
}

fn is_known(name: &str, knowledge: &Knowledge, topics: bool) -> bool {
    knowledge.rule(name).is_some() || topics && knowledge.topics().any(|(_, topic)| topic == name)
}

fn unknown(name: &str, span: Option<Span>, knowledge: &Knowledge, topics: bool) -> Diagnostic {
    let mut words: Vec<&str> = knowledge.topics().map(|(id, _)| id).collect();
    if topics {
        words.extend(knowledge.topics().map(|(_, topic)| topic));
    }
    let kind = if topics { "unknown rule or topic" } else { "unknown rule" };
    let message = named(kind, name);
    let problem = match span {
        Some(span) => Diagnostic::new(span, message, "no rule has this name"),
        None => Diagnostic::nowhere(message),
    };
    match nearest(name, words) {
        Some(known) => problem.help(format!("did you mean `{known}`?")),
        None => problem.help("`omlint rules` lists them all"),
    }
}
