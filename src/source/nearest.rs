//! Finds the file of a certain name that is nearest above what is scanned. Never looks above the
//! repository: what others put there says nothing about it.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use ignore::WalkBuilder;

use super::discover::{Disk, Note};
use super::glob::PathSet;
use super::ignored::Lists;
use super::{Arrival, Source};

/// Files and folders that all patterns of one kind look at in a run.
pub const MOST_WALKED: usize = 300_000;
/// More files are no deployment.
const MAX_FITTING: usize = 2_000;

impl Disk {
    /// Files of one of these names in the nearest folder that holds any, beginning with the
    /// folder that all the paths lie in.
    pub fn nearest(&self, paths: &[PathBuf], names: &[&str]) -> Vec<String> {
        let start = self.common_folder(paths);
        let top = self.top_above(&start);
        for folder in start.ancestors() {
            let here: Vec<String> = names
                .iter()
                .map(|name| folder.join(name))
                // What leads nowhere is there, too: it was meant to be read.
                .filter(|file| file.symlink_metadata().is_ok())
                .map(|file| self.from_here(&file))
                .collect();
            if !here.is_empty() || Some(folder) == top.as_deref() {
                return here;
            }
        }
        Vec::new()
    }

    /// All files of these names within what is scanned, and above it up to the repository's root.
    pub fn all_named(&self, paths: &[PathBuf], names: &[&str]) -> Vec<String> {
        let start = self.common_folder(paths);
        let top = self.top_above(&start);
        let within = start.ancestors().skip(1);
        let above =
            within.take_while(|folder| top.as_ref().is_some_and(|top| folder.starts_with(top)));
        let mut files: Vec<PathBuf> = above
            .flat_map(|folder| names.iter().map(|name| folder.join(name)))
            .filter(|file| file.is_file())
            .collect();
        for path in paths {
            let folder = lexical(&self.file("").join(path));
            let lists = Lists::of(&folder);
            files.extend(named_below(&folder, names, &lists));
            for below in lists.refused().into_iter().filter_map(|refused| refused.below) {
                files.extend(named_below(&below, names, &Lists::none()));
            }
        }
        let mut files: Vec<String> = files.iter().map(|file| self.from_here(file)).collect();
        files.sort();
        files.dedup();
        files
    }

    /// The repository of a folder; without one the working directory, if the folder is below.
    pub fn top_above(&self, folder: &Path) -> Option<PathBuf> {
        if let Some(root) = self.repository(folder) {
            return Some(root);
        }
        let base = lexical(&self.file(""));
        Some(if folder.starts_with(&base) { base } else { folder.to_owned() })
    }

    /// Whether a walk of the paths meets everything below the folder.
    pub fn covers(&self, paths: &[PathBuf], folder: Option<&Path>) -> bool {
        let Some(folder) = folder.map(lexical) else { return false };
        paths.iter().any(|path| folder.starts_with(lexical(&self.file("").join(path))))
    }

    fn common_folder(&self, paths: &[PathBuf]) -> PathBuf {
        let base = self.file("");
        let mut folders = paths.iter().filter_map(|path| {
            let path = base.join(path);
            let metadata = std::fs::metadata(&path).ok()?;
            let path = lexical(&path);
            if metadata.is_dir() { Some(path) } else { path.parent().map(Path::to_owned) }
        });
        let Some(first) = folders.next() else { return lexical(&base) };
        folders.fold(first, |common, folder| {
            let shared = common.components().zip(folder.components());
            shared.take_while(|(one, other)| one == other).map(|(part, _)| part).collect()
        })
    }

    /// Reads a file that this program's own files or flags name.
    pub fn named(&self, path: &str, arrival: Arrival) -> Result<Source, Note> {
        let note = |reason: &str| Note {
            path: path.to_owned(),
            kind: "unreadable",
            reason: reason.to_owned(),
        };
        match std::fs::metadata(self.file(path)) {
            Ok(metadata) if metadata.is_file() => self.load_path(path, arrival),
            Ok(_) => Err(note("not a file")),
            Err(error) => Err(note(&super::discover::describe(&error))),
        }
    }

    /// Whether there is such a file within `top`; why not, if there is none.
    pub fn look(&self, file: &Path, top: Option<&Path>) -> Result<(), &'static str> {
        match std::fs::metadata(file) {
            Ok(metadata) if !metadata.is_file() => Err("this is no file"),
            Ok(_) if !is_within(file, top) => Err("this file lies outside the repository"),
            Ok(_) => Ok(()),
            Err(_) => Err("there is no such file"),
        }
    }

    /// The bytes of a file that is no source, such as a key.
    pub fn bytes(&self, file: &Path) -> std::io::Result<Vec<u8>> {
        super::discover::read(file)
    }

    /// The files of a set, as reports print them. `room` is how many files and folders may be
    /// looked at; nothing comes back where there are more, and what is left of it is none.
    pub fn fitting(&self, set: &PathSet, top: Option<&Path>, room: &mut usize) -> Vec<String> {
        let start = set.folder();
        let real = |path: &Path| path.canonicalize().ok();
        let (Some(top), Some(real_start)) = (top, real(&start)) else { return Vec::new() };
        // Above the repository, and beside it, there is nothing to look for.
        let walked = match real(top) {
            Some(real_top) if real_start.starts_with(&real_top) => start.as_path(),
            Some(real_top) if real_top.starts_with(&real_start) => top,
            _ => return Vec::new(),
        };
        let walk = WalkBuilder::new(walked)
            .standard_filters(false)
            .filter_entry(|entry| entry.file_name() != ".git")
            .build();
        let mut files: Vec<String> = walk
            .flatten()
            .take_while(|_| {
                *room = room.saturating_sub(1);
                *room > 0
            })
            .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
            .filter(|entry| {
                set.contains(entry.path(), &start) && is_within(entry.path(), Some(top))
            })
            .take(MAX_FITTING)
            .map(|entry| self.from_here(entry.path()))
            .collect();
        if *room == 0 {
            return Vec::new();
        }
        files.sort();
        files
    }

    /// A path as reports print it: relative to the working directory, above it with `..` as
    /// long as both lie in one repository.
    pub fn from_here(&self, path: &Path) -> String {
        let (path, base) = (lexical(&self.file("").join(path)), lexical(&self.file("")));
        if let Ok(below) = path.strip_prefix(&base) {
            return slashed(below);
        }
        let shared = path.components().zip(base.components()).take_while(|(a, b)| a == b).count();
        let shared_path: PathBuf = base.components().take(shared).collect();
        let together = self.repository(&base).is_some_and(|root| shared_path.starts_with(root));
        if !together {
            return slashed(&path);
        }
        let up = base.components().count() - shared;
        let mut out = PathBuf::new();
        out.extend(std::iter::repeat_n(Component::ParentDir, up));
        out.extend(path.components().skip(shared));
        slashed(&out)
    }
}

fn named_below(folder: &Path, names: &[&str], lists: &Arc<Lists>) -> Vec<PathBuf> {
    let admitted = Arc::clone(lists);
    let walk = WalkBuilder::new(folder)
        .standard_filters(lists.follows())
        .hidden(false)
        .git_global(false)
        .git_exclude(lists.excludes())
        .filter_entry(move |entry| entry.file_name() != ".git" && admitted.admit(entry))
        .build();
    walk.flatten()
        .filter(|entry| {
            entry.file_type().is_some_and(|kind| kind.is_file())
                && names.iter().any(|name| entry.file_name() == *name)
        })
        .map(|entry| entry.into_path())
        .collect()
}

fn is_within(file: &Path, top: Option<&Path>) -> bool {
    match (file.canonicalize(), top.and_then(|top| top.canonicalize().ok())) {
        (Ok(file), Some(top)) => file.starts_with(top),
        _ => false,
    }
}

fn slashed(path: &Path) -> String {
    let mut out = String::new();
    for part in path.components() {
        if matches!(part, Component::RootDir) {
            out.push('/');
            continue;
        }
        if !out.is_empty() && !out.ends_with('/') {
            out.push('/');
        }
        out.push_str(&part.as_os_str().to_string_lossy());
    }
    out
}

/// The folder without links on the way, or as it is named if there is none.
pub fn real(folder: &Path) -> PathBuf {
    folder.canonicalize().unwrap_or_else(|_| folder.to_owned())
}

/// The path without `.` and `..`, by its letters alone.
pub fn lexical(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(out.components().next_back(), Some(Component::Normal(_))) =>
            {
                out.pop();
            }
            Component::ParentDir if out.has_root() => {}
            other => out.push(other),
        }
    }
    out
}
