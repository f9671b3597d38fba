//! `rule-dirs`: rules of the user's own, read from folders. What is wrong with them is told in
//! the rule file.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::rules::schema::Rule;
use crate::rules::{Knowledge, Sheet, user};
use crate::source::diagnostic::{Diagnostic, nearest};
use crate::source::discover::Disk;
use crate::source::glob::PathSet;
use crate::source::mask::Shown;
use crate::source::{Arrival, MOST_WALKED, SourceId, Sources, Span};

/// Rules of the user's own: each is asked about every deployment.
const MOST_RULES: usize = 200;

/// So many mistakes in them are told.
const MOST_TOLD: usize = 100;
/// A larger file is no rule.
const MAX_BYTES: usize = 64 << 10;

/// A folder of rules, where it is named, and within which its files must lie.
pub(super) struct Folder {
    pub path: PathBuf,
    pub span: Option<Span>,
    pub top: Option<PathBuf>,
}

/// Rules, the files they stand in, and what may be printed of these.
#[derive(Default)]
pub(super) struct Own {
    pub rules: Vec<(Rule, Sheet)>,
    pub shown: Vec<(SourceId, Shown)>,
}

/// Reads all rules of some folders.
pub(super) fn read(
    folders: &[Folder],
    disk: &Disk,
    sources: &mut Sources,
    problems: &mut Vec<Diagnostic>,
) -> Own {
    let mut own = Own::default();
    let built_in = Knowledge::built_in();
    let mut places: HashMap<String, Span> = HashMap::new();
    let (mut room, mut seen) = (MOST_WALKED, 0);
    for folder in folders {
        if !folder.path.is_dir() {
            problems.push(match folder.span {
                Some(span) => {
                    Diagnostic::new(span, "there is no such folder of rules", "no folder")
                }
                None => {
                    Diagnostic::nowhere("there is no such folder of rules as --rule-dirs names")
                }
            });
            continue;
        }
        let set = PathSet::new(&folder.path, &["*.yaml", "*.yml"]);
        let files = disk.fitting(&set, folder.top.as_deref(), &mut room);
        if room == 0 {
            let message = format!("`rule-dirs` looks at more than {MOST_WALKED} files");
            problems.push(match folder.span {
                Some(span) => Diagnostic::new(span, message, "too many from here on"),
                None => Diagnostic::nowhere(message),
            });
            break;
        }
        if files.is_empty() {
            // Rules that are not read would be silent for ever.
            let message = "no rule file is in this folder, or none within the repository";
            problems.push(match folder.span {
                Some(span) => Diagnostic::new(span, message, "no rules here"),
                None => Diagnostic::nowhere(format!("{message} that --rule-dirs names")),
            });
        }
        for path in files {
            seen += 1;
            if seen > MOST_RULES {
                let message =
                    format!("there are more than {MOST_RULES} rules: the others are not read");
                problems.push(match folder.span {
                    Some(span) => Diagnostic::new(span, message, "too many rules"),
                    None => Diagnostic::nowhere(message),
                });
                break;
            }
            let source = match disk.named(&path, Arrival::Referred) {
                Ok(source) => source,
                Err(note) => {
                    let message = format!("the rule file `{}`: {}", note.path, note.reason);
                    problems.push(Diagnostic::nowhere(message));
                    continue;
                }
            };
            let id = sources.add(source);
            let source = sources.get(id);
            let text = &source.text;
            if text.len() > MAX_BYTES {
                let message = format!("a rule file has at most {} KiB", MAX_BYTES >> 10);
                problems.push(Diagnostic::new(Span::new(id, 0..0), message, "it is too large"));
                continue;
            }
            if user::is_rule(text) {
                own.shown.push((id, Shown::new(std::iter::once(0..text.len()).collect())));
            }
            let stem = source.name().rsplit_once('.').map_or(source.name(), |(stem, _)| stem);
            let topic = source.folder().trim_end_matches('/').rsplit('/').next().unwrap_or("");
            match user::parse(text, stem, topic, built_in) {
                Err(mistakes) => problems.extend(mistakes.into_iter().map(|mistake| {
                    let span = Span::new(id, mistake.range);
                    let problem = Diagnostic::new(span, mistake.message, "wrong in a rule");
                    match mistake.help {
                        Some(help) => problem.help(help),
                        None => problem,
                    }
                })),
                Ok((rule, sheet)) => {
                    let range = user::place(text, &rule.id).unwrap_or(0..0);
                    let span = Span::new(id, range);
                    if let Some(first) = places.insert(rule.id.clone(), span) {
                        problems.push(
                            Diagnostic::new(span, "two rules have this id", "the second one")
                                .related(first, "the first one"),
                        );
                        continue;
                    }
                    own.rules.push((rule, sheet));
                }
            }
        }
    }
    superseded(&own.rules, &places, sources, problems);
    own
}

/// Complains of rules that are superseded and do not exist.
fn superseded(
    rules: &[(Rule, Sheet)],
    places: &HashMap<String, Span>,
    sources: &Sources,
    problems: &mut Vec<Diagnostic>,
) {
    let built_in = Knowledge::built_in();
    let known = |id: &str| built_in.rule(id).is_some() || places.contains_key(id);
    let ids = || built_in.rules.iter().map(|rule| rule.id.as_str());
    for (rule, _) in rules {
        let others = rule.supersedes.iter().chain(&rule.supersedes_in_deployment);
        for other in others.filter(|id| !known(id)) {
            let Some(place) = places.get(&rule.id) else { continue };
            let text = &sources.get(place.source).text;
            let range = user::place(text, other).unwrap_or(place.range());
            let span = Span::new(place.source, range);
            let problem =
                Diagnostic::new(span, "a rule of this name does not exist", "unknown rule");
            if problems.len() >= MOST_TOLD {
                return;
            }
            problems.push(match nearest(other, ids()) {
                Some(known) => problem.help(format!("did you mean `{known}`?")),
                None => problem,
            });
        }
    }
}
