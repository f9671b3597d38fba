//! Rule files that are not built in: the same form, read at run time, with every mistake at its
//! characters. Knows nothing of where they were found.

use std::ops::Range;

use crate::source::diagnostic::{named, nearest};
use crate::syntax::typed;
use crate::syntax::yaml::{self, Node};

use super::frameworks::CWE;
use super::schema::{Rule, RuleFile};
use super::{Knowledge, Sheet};

/// Something wrong in a rule file.
#[derive(Clone, Debug)]
pub struct Mistake {
    /// The characters.
    pub range: Range<usize>,
    /// What is wrong with them.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Mistake {
    fn new(range: Range<usize>, message: impl Into<String>) -> Self {
        Mistake { range, message: guarded(&message.into()), help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Whether a file is meant as a rule: then all of it may be printed.
pub fn is_rule(text: &str) -> bool {
    let tree = yaml::parse(text);
    let has = |root: Node<'_>| {
        ["id", "checks", "texts"].iter().filter(|key| root.get(key).is_some()).count() >= 2
    };
    tree.documents().next().is_some_and(has)
}

/// The first words of the built-in rules' ids.
fn prefixes(knowledge: &Knowledge) -> impl Iterator<Item = &str> {
    let reserved = ["omlint", "waiver"];
    let built_in = knowledge.rules.iter().map(|rule| rule.id.as_str());
    built_in.filter_map(|id| id.split('-').next()).chain(reserved)
}

/// What is wrong with an id that is not built in.
pub fn id_problem(id: &str, knowledge: &Knowledge) -> Option<String> {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9'))
    };
    let Some((prefix, _)) = id.split_once('-').filter(|_| id.split('-').all(is_word)) else {
        return Some(
            "an id is lower-case words joined by `-`, such as `acme-own-domain`".to_owned(),
        );
    };
    prefixes(knowledge).any(|known| known == prefix).then(|| {
        format!("ids that begin with `{prefix}-` are the built-in rules': begin with a name of your own, such as `acme-`")
    })
}

/// Reads a rule file. `stem` is its name without the ending, `topic` the folder it stands in,
/// `knowledge` what is built in.
pub fn parse(
    text: &str,
    stem: &str,
    topic: &str,
    knowledge: &Knowledge,
) -> Result<(Rule, Sheet), Vec<Mistake>> {
    let tree = yaml::parse(text);
    if let Some(error) = tree.errors.first() {
        let end = text[error.offset.min(text.len())..].find('\n').unwrap_or(0);
        let range = error.offset..error.offset + end;
        return Err(vec![Mistake::new(range, format!("not valid YAML: {}", error.reason))]);
    }
    let Some(root) = tree.documents().next().filter(|root| root.is_map()) else {
        return Err(vec![Mistake::new(
            0..0,
            "a rule file is a mapping with `id`, `checks`, `texts`",
        )]);
    };
    let file: RuleFile = typed::read(root).map_err(|error| vec![at_its_word(error, root)])?;
    let mut mistakes = Vec::new();
    let id = root.get("id").map_or(0..0, |entry| entry.value.content_range());
    if let Some(problem) = id_problem(&file.id, knowledge) {
        mistakes.push(Mistake::new(id.clone(), problem));
    } else if file.id != stem {
        let message = "the file must have the name of its rule";
        mistakes.push(Mistake::new(id, message).help(format!("name it `{}.yaml`", file.id)));
    }
    let catalogue = &knowledge.catalogue;
    let settings = || catalogue.settings.iter().map(|setting| setting.path.as_str());
    let mut used: Vec<Range<usize>> = Vec::new();
    let is_setting = |path: &str| catalogue.find(path).is_some();
    let is_group = |group: &str| catalogue.groups.contains_key(group);
    let checks = root.get("checks").map_or(0..0, |entry| entry.key.content_range());
    for problem in file.problems(&is_setting, &is_group) {
        // The same word may be wrong in several places, each of which is told once.
        let place = places(root, &problem.word).into_iter().find(|range| !used.contains(range));
        let range = place.unwrap_or(checks.clone());
        used.push(range.clone());
        let mistake = Mistake::new(range, problem.message);
        mistakes.push(match nearest(&problem.word, settings()) {
            Some(known) if problem.word.contains('.') => {
                mistake.help(format!("did you mean `{known}`?"))
            }
            _ => mistake,
        });
    }
    let frameworks = Knowledge::frameworks();
    for (name, controls) in &file.texts.mappings {
        let at = |word: &str| places(root, word).into_iter().next().unwrap_or(0..0);
        match frameworks.get(name) {
            None => {
                let known: Vec<&str> = frameworks.iter().map(|(name, _)| name).collect();
                let message =
                    format!("`{name}` is no framework: expected one of {}", known.join(", "));
                mistakes.push(Mistake::new(at(name), message));
            }
            Some(framework) => {
                for control in controls.iter().filter(|id| framework.control(id).is_none()) {
                    let message = format!("`{control}` is no control of `{name}`");
                    mistakes.push(Mistake::new(at(control), message));
                }
            }
        }
    }
    if let Some(list) = frameworks.get(CWE) {
        for number in file.texts.cwe.iter().filter(|number| !list.may_have(**number)) {
            let edition = list.version.as_deref().unwrap_or_default();
            let message = format!("CWE-{number} is no weakness of the CWE list {edition}");
            let listed = root.get("texts").and_then(|entry| entry.value.get("cwe"));
            let place = listed.map(|entry| places(entry.value, &number.to_string()));
            let place = place.and_then(|all| all.into_iter().next()).unwrap_or(0..0);
            let help = format!("categories and views are none; look it up at {}", list.source);
            mistakes.push(Mistake::new(place, message).help(help));
        }
    }
    let examples = file.texts.examples.bad.iter().chain(&file.texts.examples.good);
    for path in examples.flat_map(|example| example.files.keys()).filter(|path| !is_inside(path)) {
        let entry = root.get("texts").and_then(|entry| entry.value.get("examples"));
        let range = entry.map_or(0..0, |entry| entry.key.content_range());
        let message = named("a file of an example must lie in the example's folder:", path);
        mistakes.push(Mistake::new(range, message));
    }
    if !mistakes.is_empty() {
        mistakes.sort_by_key(|mistake| mistake.range.start);
        return Err(mistakes);
    }
    let RuleFile { id, since, texts, .. } = file;
    let rule = Rule {
        id,
        severity: file.severity,
        development: file.development,
        real_in_examples: file.real_in_examples,
        confidence: file.confidence,
        supersedes: file.supersedes,
        supersedes_in_deployment: file.supersedes_in_deployment,
        checks: file.checks,
    };
    // A version that nobody writes makes no preview and says nothing.
    let since = since.unwrap_or_default();
    Ok((rule, Sheet { topic: topic.to_owned(), since, own: true, texts }))
}

fn is_inside(path: &str) -> bool {
    let parts = std::path::Path::new(path).components();
    !path.is_empty() && parts.into_iter().all(|p| matches!(p, std::path::Component::Normal(_)))
}

/// A rule to begin with, whose examples hold.
pub fn scaffold(id: &str) -> String {
    SCAFFOLD.replace("{id}", id)
}

const SCAFFOLD: &str = r#"# A rule of your own, to be changed into what you need. `omlint rules test` runs its examples.
id: {id}
# critical, high, medium, low or info
severity: medium
checks:
  # The first part, `when`, may be left out: all of it must hold for the check to look.
  - when:
      authenticationConfiguration.provider: { not: { equals: basic } }
    # One finding for each setting that meets its predicate.
    flag:
      authorizerConfiguration.principalDomain: { not: { equals: acme.example } }
texts:
  summary: People sign in with addresses of another domain than ours
  why: >-
    Say here why this matters to you. It is printed under the finding, and by `omlint explain`.
  message: "the principal domain is {value}, not acme.example"
  label: "expected acme.example"
  remedy:
    say: Write your own domain.
    set:
      authorizerConfiguration.principalDomain: acme.example
  examples:
    bad:
      - name: another domain
        files:
          compose.yml: |
            services:
              openmetadata-server:
                image: docker.getcollate.io/openmetadata/server:1.11.4
                environment:
                  AUTHENTICATION_PROVIDER: google
                  AUTHORIZER_PRINCIPAL_DOMAIN: elsewhere.example
        # The text under the finding's label.
        flags: [elsewhere.example]
    good:
      - name: our domain
        files:
          compose.yml: |
            services:
              openmetadata-server:
                image: docker.getcollate.io/openmetadata/server:1.11.4
                environment:
                  AUTHENTICATION_PROVIDER: google
                  AUTHORIZER_PRINCIPAL_DOMAIN: acme.example
"#;

/// Where a rule file names a rule.
pub fn place(text: &str, id: &str) -> Option<Range<usize>> {
    places(yaml::parse(text).documents().next()?, id).into_iter().next()
}

/// Where a key or a value of this text stands.
fn places(node: Node<'_>, word: &str) -> Vec<Range<usize>> {
    fn walk(node: Node<'_>, word: &str, found: &mut Vec<Range<usize>>, depth: usize) {
        if depth > 64 || node.is_alias() {
            return;
        }
        if node.text() == Some(word) {
            found.push(node.content_range());
        }
        for item in node.items() {
            walk(item, word, found, depth + 1);
        }
        for (key, value) in node.pairs() {
            walk(key, word, found, depth + 1);
            // Examples are whole files of other programs.
            if key.text() != Some("examples") {
                walk(value, word, found, depth + 1);
            }
        }
    }
    let mut found = Vec::new();
    if !word.is_empty() {
        walk(node, word, &mut found, 0);
    }
    found
}

/// An error within what serde had to look at twice knows only the whole; its message names the
/// word.
fn at_its_word(error: typed::TypeError, root: Node<'_>) -> Mistake {
    let mut range = error.range();
    if let Some(word) =
        error.message.split('`').nth(1).filter(|_| error.message.starts_with("unknown"))
    {
        let inside = |place: &Range<usize>| range.start <= place.start && place.end <= range.end;
        if let Some(place) = places(root, word).into_iter().find(inside) {
            range = place;
        }
    }
    Mistake::new(range, error.message)
}

/// A message whose words in backticks look like words.
fn guarded(message: &str) -> String {
    let parts = message.split('`').enumerate().map(|(at, part)| match at % 2 {
        1 if !named("", part).contains('`') => "…",
        _ => part,
    });
    parts.collect::<Vec<_>>().join("`")
}
