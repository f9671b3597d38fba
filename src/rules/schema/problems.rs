//! What the form of a rule file alone cannot check: whether what it names is there.

use super::texts::KINDS;
use super::{Choice, Condition, Pattern, Predicate, RuleFile};

/// Something that a rule file says and that does not exist.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The text of the file that is wrong; empty where it is what is missing.
    pub word: String,
    /// In words.
    pub message: String,
}

/// Bytes that an expression may take once it is compiled.
const MOST_BYTES: usize = 1 << 20;

fn compiled(source: &str) -> Result<regex::Regex, regex::Error> {
    regex::RegexBuilder::new(source).size_limit(MOST_BYTES).build()
}

impl Problem {
    fn no_setting(path: &str) -> Problem {
        Problem {
            word: path.to_owned(),
            message: format!("`{path}` is no setting of the catalogue"),
        }
    }

    fn no_expression(source: &str, place: &str, error: &regex::Error) -> Problem {
        // The library draws the expression first.
        let error = error.to_string();
        let reason = error.lines().last().unwrap_or("");
        let reason = reason.trim_start_matches("error: ");
        Problem {
            word: source.to_owned(),
            message: format!("{place}: no regular expression: {reason}"),
        }
    }
}

impl RuleFile {
    /// What the form alone cannot check: settings that do not exist, expressions that do not
    /// compile, groups that are not in the catalogue.
    pub fn problems(
        &self,
        is_setting: &dyn Fn(&str) -> bool,
        is_group: &dyn Fn(&str) -> bool,
    ) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut conditions: Vec<&Condition> = Vec::new();
        conditions.extend(self.severity.cases.iter().map(|(_, when)| when));
        conditions.extend(self.confidence.cases.iter().map(|(_, when)| when));
        let mut seen = Vec::new();
        for check in &self.checks {
            conditions.push(&check.when);
            for (path, predicate) in &check.flag.0 {
                seen.push((path.clone(), predicate.clone()));
            }
            let kinds = [
                !check.flag.0.is_empty(),
                check.native.is_some(),
                check.flag_credentials.is_some(),
                check.flag_any.is_some(),
                check.image.is_some(),
                !check.variables.is_empty(),
                !check.keys.is_empty(),
                check.port.is_some(),
                check.mount.is_some(),
            ];
            if kinds.iter().filter(|given| **given).count() != 1 {
                let words = "`flag`, `flag-credentials`, `flag-any`, `image`, `variables`, `keys`, `port`, `mount`, `native`";
                let message = format!("a check needs one of {words}");
                problems.push(Problem { word: String::new(), message });
            }
            for path in check.port.iter().flat_map(|port| port.settings()) {
                seen.push((path.to_owned(), Predicate::Any(Vec::new())));
            }
        }
        let images = self.checks.iter().filter_map(|check| check.image.as_ref());
        let mut broken = |pattern: &Pattern, place: String| {
            if let Err(error) = compiled(&pattern.source) {
                problems.push(Problem::no_expression(&pattern.source, &place, &error));
            }
        };
        images.for_each(|image| broken(&image.tag, "under `image`".to_owned()));
        for condition in conditions {
            condition.walk(&mut |path, predicate| seen.push((path.to_owned(), predicate.clone())));
        }
        let natives = self.checks.iter().filter_map(|check| check.native.as_ref());
        for path in natives.flat_map(|native| native.settings()) {
            if !is_setting(path) {
                problems.push(Problem::no_setting(path));
            }
        }
        for beside in
            self.texts.remedy.beside.iter().filter(|beside| !KINDS.contains(&beside.kind.as_str()))
        {
            let message =
                format!("there is no kind of deployment `{}`: {}", beside.kind, KINDS.join(", "));
            problems.push(Problem { word: beside.kind.clone(), message });
        }
        for path in self.texts.remedy.set.keys().chain(self.texts.because.keys()) {
            if !is_setting(path) {
                problems.push(Problem::no_setting(path));
            }
        }
        for (path, predicate) in seen {
            if !is_setting(&path) {
                problems.push(Problem::no_setting(&path));
            }
            predicate.walk(&mut |inner| match inner {
                Predicate::Matches(pattern) => {
                    if let Err(error) = compiled(&pattern.source) {
                        let place = format!("under `{path}`");
                        problems.push(Problem::no_expression(&pattern.source, &place, &error));
                    }
                }
                Predicate::In(Choice::Group(group)) if !is_group(group) => {
                    problems.push(Problem {
                        word: group.clone(),
                        message: format!("under `{path}`: `{group}` is no group of the catalogue"),
                    });
                }
                _ => {}
            });
        }
        problems
    }
}
