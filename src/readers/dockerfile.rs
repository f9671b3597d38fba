//! Dockerfiles of server images: what they are built from, what they set, what they copy in.

use crate::deployment::catalogue::Catalogue;
use crate::deployment::evidence::is_official_repository;
use crate::deployment::value::{Fragment, Step};
use crate::source::{SourceId, Sources, Span, Text};
use crate::syntax::dockerfile::{Instruction, Word};
use crate::syntax::substitution::Dialect;

use super::interpolation::{Known, Variables};
use super::{Companions, Input, Want, scalar, telltales};

/// Whether a name is a Dockerfile's.
pub(super) fn is_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower == "dockerfile" || lower.starts_with("dockerfile.") || lower.ends_with(".dockerfile")
}

/// What the last stage of a Dockerfile makes.
pub(super) struct Built {
    /// The image it begins with, and where that is named.
    pub from: Option<(String, Span)>,
    /// Variables that it sets.
    pub variables: Vec<(String, Known)>,
    /// Files that it copies in: sources relative to the context, target, place.
    pub copies: Vec<(Vec<String>, String, Span)>,
}

/// Reads the last stage and the stages that it begins with.
pub(super) fn read(input: &Input, sources: &Sources) -> Built {
    let mut built = Built { from: None, variables: Vec::new(), copies: Vec::new() };
    let id = input.source;
    let path = &sources.get(id).path;
    let mut seen = Seen::default();
    for instruction in last_stage(input.instructions()) {
        match instruction.name.as_str() {
            "FROM" => {
                let image = instruction.words.iter().find(|word| !word.text.starts_with("--"));
                built.from = image.map(|word| {
                    (filled(&word.text, input.instructions()), Span::new(id, word.range.clone()))
                });
            }
            "ARG" => {
                for word in instruction.words.iter().filter(|word| word.text.contains('=')) {
                    for (name, value, place) in assignments(std::slice::from_ref(word)) {
                        let (text, steps) = seen.filled(id, &value);
                        seen.0.insert(name, Known { text, place: Span::new(id, place), steps });
                    }
                }
            }
            "ENV" => {
                for (name, value, place) in assignments(&instruction.words) {
                    let (text, further) = seen.filled(id, &value);
                    let mut steps = vec![Step {
                        what: format!("the image is built with it, in {path}"),
                        span: None,
                    }];
                    steps.extend(further);
                    let known = Known { text, place: Span::new(id, place), steps };
                    seen.0.insert(name.clone(), known.clone());
                    built.variables.push((name, known));
                }
            }
            "COPY" | "ADD" => {
                let mut words: Vec<&Word> =
                    instruction.words.iter().filter(|word| !word.text.starts_with("--")).collect();
                let from_stage =
                    instruction.words.iter().any(|word| word.text.starts_with("--from"));
                let Some(target) = words.pop() else { continue };
                let from = if from_stage {
                    Vec::new()
                } else {
                    words.iter().map(|w| w.text.clone()).collect()
                };
                built.copies.push((from, target.text.clone(), Span::new(id, target.range.clone())));
            }
            _ => {}
        }
    }
    built
}

/// What an instruction may refer to: the arguments and variables above it.
#[derive(Default)]
struct Seen(Variables);

impl Seen {
    /// A value without its quotes, filled in unless single quotes keep it as it is.
    fn filled(&self, id: SourceId, value: &Word) -> (Fragment, Vec<Step>) {
        let outer = Span::new(id, value.range.clone());
        let quote = ['"', '\''].into_iter().find(|&quote| {
            value.text.len() > 1 && value.text.starts_with(quote) && value.text.ends_with(quote)
        });
        let cut = usize::from(quote.is_some());
        let inner = &value.text[cut..value.text.len() - cut];
        let text = Text::exact(inner.to_owned(), id, value.range.start + cut);
        match quote {
            Some('\'') => (scalar::marked(text, outer), Vec::new()),
            _ => self.0.expand(&text, outer, Dialect::Compose),
        }
    }
}

/// Whether the file lays a server's variables into a server's image. One that sets nothing makes
/// an image like any other: what runs it is described elsewhere.
pub(super) fn is_server_environment(
    input: &Input,
    sources: &Sources,
    catalogue: &Catalogue,
) -> bool {
    let built = read(input, sources);
    let from = built.from.map(|(image, _)| image).unwrap_or_default();
    let name = from.split('@').next().unwrap_or("");
    let repository = match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => name,
    };
    let telltales = catalogue.telltales(built.variables.iter().map(|(name, _)| name.as_str()));
    is_official_repository(repository) && (telltales.own > 0 || telltales.common > 1)
}

/// The instructions of the last stage, those of the stage that it begins with first.
fn last_stage(all: &[Instruction]) -> Vec<&Instruction> {
    let mut stages: Vec<(Option<&str>, Vec<&Instruction>)> = Vec::new();
    for instruction in all {
        if instruction.name == "FROM" {
            let words: Vec<&str> =
                instruction.words.iter().map(|word| word.text.as_str()).collect();
            let name = words.iter().position(|word| word.eq_ignore_ascii_case("as"));
            let name = name.and_then(|at| words.get(at + 1).copied());
            let base = words.iter().find(|word| !word.starts_with("--")).copied();
            let below = stages.iter().rev().find(|(name, _)| name.is_some() && *name == base);
            let mut list = below.map(|(_, list)| list.clone()).unwrap_or_default();
            if list.is_empty() {
                list.push(instruction);
            }
            stages.push((name, list));
        } else if let Some((_, list)) = stages.last_mut() {
            list.push(instruction);
        }
    }
    stages.pop().map(|(_, list)| list).unwrap_or_default()
}

/// The name of an image with the defaults of the arguments that stand above all stages.
fn filled(image: &str, instructions: &[Instruction]) -> String {
    let mut image = image.to_owned();
    let above = instructions.iter().take_while(|instruction| instruction.name != "FROM");
    for word in above.filter(|it| it.name == "ARG").flat_map(|it| &it.words) {
        let Some((name, value)) = word.text.split_once('=') else { continue };
        let value = value.trim_matches(['"', '\'']);
        image = image.replace(&format!("${{{name}}}"), value);
        if image.ends_with(&format!("${name}")) {
            image.truncate(image.len() - name.len() - 1);
            image.push_str(value);
        }
    }
    image
}

/// `ENV A=1 B=2` and the old `ENV A 1`.
pub(super) fn assignments(words: &[Word]) -> Vec<(String, Word, std::ops::Range<usize>)> {
    if let [name, value, rest @ ..] = words
        && !name.text.contains('=')
    {
        // All that follows is the value, one blank between its words as people write it.
        let mut value = value.clone();
        for word in rest {
            if word.range.start != value.range.end + 1 {
                break;
            }
            value.text = format!("{} {}", value.text, word.text);
            value.range.end = word.range.end;
        }
        return vec![(name.text.clone(), value, name.range.clone())];
    }
    words
        .iter()
        .filter_map(|word| {
            let at = word.text.find('=')?;
            let value = Word {
                text: word.text[at + 1..].to_owned(),
                range: word.range.start + at + 1..word.range.end,
            };
            let place = word.range.start..word.range.start + at;
            Some((word.text[..at].to_owned(), value, place))
        })
        .collect()
}

/// Keys and server files that a Dockerfile copies in, if its folder is what it is built from, and
/// the compose file beside it, which may build it.
pub(super) fn wants(instructions: &[Instruction]) -> Vec<Want> {
    let copies = instructions.iter().filter(|it| matches!(it.name.as_str(), "COPY" | "ADD"));
    let mut wants = vec![Want::Beside(Companions::Compose)];
    for copy in copies {
        let words: Vec<&str> = copy.words.iter().map(|word| word.text.as_str()).collect();
        for source in words.iter().take(words.len().saturating_sub(1)) {
            if source.starts_with("--") || source.contains("://") {
                continue;
            }
            wants.push(Want::File((*source).to_owned()));
            let folder = source.rfind('/').map_or("", |at| &source[..at]);
            wants.push(Want::Keys(folder.to_owned()));
        }
    }
    wants
}

/// The target of a copy as an absolute path: relative ones begin in the image's work folder.
pub(super) fn absolute(target: &str) -> String {
    if target.starts_with('/') {
        target.to_owned()
    } else {
        format!("{}/{target}", telltales::IMAGE_FOLDER)
    }
}

/// The Dockerfile's input among those that were read.
pub(super) fn find<'a>(inputs: &super::Inputs<'a>, path: &str) -> Option<&'a Input> {
    inputs.at(path).filter(|input| input.role == super::Role::Dockerfile)
}
