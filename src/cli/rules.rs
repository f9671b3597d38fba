//! `omlint rules`: the list of rules, narrowed and printed as asked.

use crate::report::rule_list::{self, Filter};
use crate::rules::Knowledge;

use super::arguments::{Rules, RulesFormat};
use super::{Outcome, complain, print};

pub(super) fn run(arguments: &Rules) -> Outcome {
    let knowledge = Knowledge::built_in();
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
        RulesFormat::Json => rule_list::json(&rules),
    };
    match print(&text) {
        Ok(()) => Outcome::Clean,
        Err(error) => {
            complain(&format!("the list could not be written: {error}"));
            Outcome::Failed
        }
    }
}
