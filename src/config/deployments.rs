//! `[[deployment]]`: the files that it names, looked for where the configuration stands and
//! nowhere outside its repository.

use std::path::{Path, PathBuf};

use crate::deployment::version::Version;
use crate::rules::schema::Profile;
use crate::source::diagnostic::{Diagnostic, named, nearest};
use crate::source::discover::Disk;
use crate::source::glob::PathSet;
use crate::source::{MOST_WALKED, Span, Text};
use crate::syntax::helm_set;

use super::read::Fields;
use super::{Placed, profile};

/// Files that are deployed together. Paths are as reports print them.
#[derive(Clone, Debug)]
pub struct Named {
    /// The table.
    pub span: Span,
    /// What reports call it.
    pub name: Placed<String>,
    /// Compose files, the later over the earlier.
    pub compose: Vec<String>,
    /// Environment files, the later over the earlier.
    pub env_file: Vec<String>,
    /// Values files, the later over the earlier.
    pub helm_values: Vec<String>,
    /// `path=value` over all values files.
    pub helm_set: Vec<Text>,
    /// Kubernetes manifests.
    pub manifests: Vec<String>,
    /// The server's version.
    pub om_version: Option<Placed<(String, Version)>>,
    /// What it is for.
    pub profile: Option<Placed<Profile>>,
}

impl Named {
    /// All files that it names.
    pub fn files(&self) -> impl Iterator<Item = &String> {
        let lists = [&self.compose, &self.env_file, &self.helm_values, &self.manifests];
        lists.into_iter().flatten()
    }
}

/// So many missing files are compared with those that are there.
const MOST_HELPED: usize = 10;

/// Keys that say how a server is deployed; those of one group go together.
const WAYS: [(&str, &[&str]); 3] = [
    ("docker compose", &["compose", "env-file"]),
    ("Helm", &["helm-values", "helm-set"]),
    ("manifests", &["manifests"]),
];

/// Looks for the files of all deployments.
pub(super) fn read(
    tables: Vec<Fields>,
    disk: &Disk,
    root: &Path,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Named> {
    let mut list: Vec<Named> = Vec::new();
    let mut room = MOST_WALKED;
    for table in tables {
        let Some(named) = one(table, disk, root, &mut room, problems) else { continue };
        let before = list.iter().find(|other| other.name.value == named.name.value);
        if let Some(before) = before {
            problems.push(
                Diagnostic::new(
                    named.name.span,
                    "two deployments have this name",
                    "reports could not tell them apart",
                )
                .related(before.name.span, "it is taken here"),
            );
        }
        list.push(named);
    }
    list
}

fn one(
    mut table: Fields,
    disk: &Disk,
    root: &Path,
    room: &mut usize,
    problems: &mut Vec<Diagnostic>,
) -> Option<Named> {
    let used: Vec<(&str, Span)> = WAYS
        .iter()
        .filter_map(|(way, keys)| Some((*way, keys.iter().find_map(|key| table.key(key))?)))
        .collect();
    match used.as_slice() {
        [] => problems.push(
            Diagnostic::new(table.span, "this deployment names no files", "nothing to judge")
                .help("name its files: `compose`, `helm-values` or `manifests`"),
        ),
        [_] => {}
        [(first, one), (second, other), ..] => problems.push(
            Diagnostic::new(
                *other,
                format!("a deployment by {first} is none by {second}"),
                format!("this belongs to a deployment by {second}"),
            )
            .related(*one, format!("this says that it is deployed by {first}"))
            .help("write two `[[deployment]]` sections"),
        ),
    }
    let place = Place { disk, root, top: disk.top_above(root) };
    let mut files = |table: &mut Fields, key: &str| -> Vec<String> {
        let texts = table.texts(key).unwrap_or_default();
        texts.iter().filter_map(|text| place.file(text, problems)).collect()
    };
    let compose = files(&mut table, "compose");
    let env_file = files(&mut table, "env-file");
    let helm_values = files(&mut table, "helm-values");
    let manifests = table
        .texts("manifests")
        .unwrap_or_default()
        .iter()
        .flat_map(|text| place.fitting(text, room, problems))
        .collect();
    let helm_set = table.assignments("helm-set");
    for (span, reason) in helm_set::parse(&helm_set).problems {
        problems.push(Diagnostic::new(span, "`helm-set` holds what Helm refuses", reason));
    }
    let purpose = table.text("profile");
    Some(Named {
        span: table.span,
        name: table.text("name")?,
        compose,
        env_file,
        helm_values,
        helm_set,
        manifests,
        om_version: table.version("om-version"),
        profile: purpose
            .and_then(|word| Some(Placed { value: profile(&word.value)?, span: word.span })),
    })
}

/// Where files of a configuration may lie.
struct Place<'d> {
    disk: &'d Disk,
    root: &'d Path,
    top: Option<PathBuf>,
}

impl Place<'_> {
    fn file(&self, text: &Placed<String>, problems: &mut Vec<Diagnostic>) -> Option<String> {
        let file = self.root.join(&text.value);
        let shown = self.disk.from_here(&file);
        let (message, label) = match self.disk.look(&file, self.top.as_deref()) {
            Ok(()) => return Some(shown),
            Err(why) => (named(why, &text.value), why),
        };
        let mut problem = Diagnostic::new(text.span, message, label);
        if let Some((folder, name)) = split(&shown)
            && !file.exists()
        {
            // Who has very many such mistakes needs no help with each.
            let names = match problems.len() {
                0..MOST_HELPED => self.disk.names_in(folder, |_| true),
                _ => Vec::new(),
            };
            if let Some(known) = nearest(name, names.iter().map(String::as_str)) {
                problem = problem.help(format!("did you mean `{known}`?"));
            }
        }
        problems.push(problem);
        None
    }

    fn fitting(
        &self,
        text: &Placed<String>,
        room: &mut usize,
        problems: &mut Vec<Diagnostic>,
    ) -> Vec<String> {
        if *room == 0 {
            return Vec::new();
        }
        let set = PathSet::anchored(self.root, &text.value);
        let files = self.disk.fitting(&set, self.top.as_deref(), room);
        if *room == 0 {
            problems.push(
                Diagnostic::new(
                    text.span,
                    format!("the patterns in `manifests` look at more than {MOST_WALKED} files"),
                    "too many from here on",
                )
                .help("begin each pattern with the folder that is meant"),
            );
        } else if files.is_empty() {
            problems.push(Diagnostic::new(
                text.span,
                "no file fits this pattern",
                "nothing would be judged",
            ));
        }
        files
    }
}

fn split(path: &str) -> Option<(&str, &str)> {
    let at = path.rfind('/').map_or(0, |at| at + 1);
    let (folder, name) = path.split_at(at);
    (!name.is_empty()).then_some((folder, name))
}
