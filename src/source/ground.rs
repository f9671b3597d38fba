//! What a run looked at, for files of this program that name other files: paths from the folder
//! of such a file, and whether the run can tell what became of one.

use std::path::{Component, Path, PathBuf};

use super::nearest::lexical;
use super::{Arrival, Sources};

/// What a run looked at.
#[derive(Clone, Debug)]
pub struct Ground {
    /// The working directory, from which reports name files.
    pub base: PathBuf,
    /// Files and folders that were asked for.
    pub paths: Vec<PathBuf>,
}

impl Ground {
    /// A path of a report as a file in `folder` names it, with `/`.
    pub fn name(&self, shown: &str, folder: &Path) -> String {
        let (file, folder) = (lexical(&self.base.join(shown)), lexical(&self.base.join(folder)));
        let shared = file.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
        let up = folder.components().count() - shared;
        let mut parts = vec!["..".to_owned(); up];
        parts.extend(file.components().skip(shared).filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        }));
        parts.join("/")
    }

    /// Whether the run would have seen what is in the file that a file in `folder` names so: it
    /// was asked for, or it is gone.
    pub fn knows(&self, name: &str, folder: &Path, sources: &Sources) -> bool {
        let file = lexical(&self.base.join(folder).join(name));
        let asked = |path: &PathBuf| file.starts_with(lexical(&self.base.join(path)));
        // What others refer to is not judged by itself.
        let read = || {
            sources.iter().any(|(_, source)| {
                source.arrival != Arrival::Referred
                    && lexical(&self.base.join(&source.path)) == file
            })
        };
        self.paths.iter().any(asked) || read() || file.symlink_metadata().is_err()
    }
}
