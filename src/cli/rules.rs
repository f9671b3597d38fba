//! `omlint rules`: the list of rules, narrowed and printed as asked.

use crate::config::{Choice, Flags};
use crate::report::rule_list::{self, Filter};

use super::arguments::{Rules, RulesCommand};
use super::words::RulesFormat;
use super::{Outcome, complain, load_here, own_rules, print};

pub(super) fn run(arguments: &Rules) -> Outcome {
    match &arguments.command {
        Some(RulesCommand::New { id, dir }) => return own_rules::new(id, dir.as_deref()),
        Some(RulesCommand::Test { dirs }) => return own_rules::test(dirs),
        None => {}
    }
    let Some(loaded) = load_here(&Choice::Nearest, &Flags::default()) else {
        return Outcome::Failed;
    };
    let knowledge = &loaded.knowledge;
    let categories = rule_list::categories(knowledge);
    if let Some(category) = &arguments.category
        && !categories.contains(category)
    {
        let known = categories.join(", ");
        complain(&format!("there is no category `{category}`: expected one of {known}"));
        return Outcome::Failed;
    }
    let filter = Filter {
        category: arguments.category.clone(),
        severity: arguments.severity.map(Into::into),
        framework: arguments.framework.map(|framework| framework.name().to_owned()),
    };
    let rules = filter.apply(knowledge);
    let text = match arguments.format {
        RulesFormat::Table => rule_list::table(&rules),
        RulesFormat::Markdown => rule_list::markdown(&rules),
        RulesFormat::Json => rule_list::json(knowledge, &rules),
    };
    match print(&text) {
        Ok(()) => Outcome::Clean,
        Err(error) => {
            complain(&format!("the list could not be written: {error}"));
            Outcome::Failed
        }
    }
}
