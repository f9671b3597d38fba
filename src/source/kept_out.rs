//! What git keeps out of a repository, and what it holds though a list of ignored files covers it.
//! Knows nothing of what the files are for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ignore::gitignore::GitignoreBuilder;

use super::Source;
use super::discover::Disk;
use super::git::git;
use super::ignored;

impl Disk {
    /// Whether a file is kept out of the repository: ignored and not in the index; without a
    /// repository, whether it is an environment file, or its own folder keeps it out of any.
    pub fn is_kept_out(&self, source: &Source) -> bool {
        let Some(file) = source.file.as_deref().and_then(|file| file.canonicalize().ok()) else {
            return false;
        };
        let Some(root) = file.parent().and_then(|folder| self.repository(folder)) else {
            let name = source.name();
            let is_environment = name.starts_with(".env") || name.ends_with(".env");
            return is_environment || file.parent().is_some_and(|own| is_ignored(own, &file));
        };
        keeps_out(&root, &file)
    }

    /// What git's index holds though a list of ignored files covers it; all that it holds where
    /// git had better not look at those lists.
    pub(super) fn tracked(&self, folder: &Path, harmless: bool) -> Vec<PathBuf> {
        let Ok(folder_real) = folder.canonicalize() else { return Vec::new() };
        if self.repository(&folder_real).is_none() {
            return Vec::new();
        }
        let ignored = ["ls-files", "-z", "--cached", "--ignored", "--exclude-standard"];
        let asked = if harmless { &ignored[..] } else { &ignored[..3] };
        git(&folder_real, asked)
            .map(|output| {
                output
                    .split(|byte| *byte == 0)
                    .filter(|name| !name.is_empty())
                    .filter_map(|name| std::str::from_utf8(name).ok())
                    .map(|name| folder.join(name))
                    .collect()
            })
            .unwrap_or_default()
    }
}

/// The root of the git repository that a file would be committed to, if nobody looks.
pub fn repository_open_to(file: &Path) -> Option<PathBuf> {
    let folder = file.parent()?.canonicalize().ok()?;
    let root = folder.ancestors().find(|above| above.join(".git").exists())?;
    let file = folder.join(file.file_name()?);
    (!keeps_out(root, &file)).then(|| root.to_owned())
}

fn keeps_out(root: &Path, file: &Path) -> bool {
    is_ignored(root, file) && !git_lists(root, file)
}

/// Whether the .gitignore files from the root down to the file cover it, or info/exclude.
fn is_ignored(root: &Path, file: &Path) -> bool {
    let mut folders: Vec<&Path> =
        file.ancestors().skip(1).take_while(|folder| folder.starts_with(root)).collect();
    folders.reverse();
    let mut verdicts: BTreeMap<usize, bool> = BTreeMap::new();
    let mut consult = |order: usize, folder: &Path, list: PathBuf| {
        let mut builder = GitignoreBuilder::new(folder);
        if ignored::is_harmless(&list)
            && list.is_file()
            && builder.add(&list).is_none()
            && let Ok(matcher) = builder.build()
        {
            let verdict = matcher.matched_path_or_any_parents(file, false);
            if !verdict.is_none() {
                verdicts.insert(order, verdict.is_ignore());
            }
        }
    };
    consult(0, root, root.join(".git/info/exclude"));
    for (order, folder) in folders.iter().enumerate() {
        consult(order + 1, folder, folder.join(".gitignore"));
    }
    // The file nearest to it has the last word.
    verdicts.into_values().next_back().unwrap_or(false)
}

fn git_lists(root: &Path, file: &Path) -> bool {
    let Ok(below) = file.strip_prefix(root) else { return false };
    let Some(below) = below.to_str() else { return false };
    git(root, &["ls-files", "-z", "--cached", "--", &format!(":(literal){below}")])
        .is_some_and(|output| !output.is_empty())
}
