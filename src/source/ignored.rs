//! Which lists of ignored files (`.gitignore`, `.ignore`) may be followed. Whoever wrote the tree
//! wrote them, too: a link to a device never ends, a pipe keeps whoever opens it waiting, and
//! patterns with wildcards cost memory by the square of their number.
//! Knows nothing of what is walked, and matches nothing.

use std::collections::HashMap;
use std::fs::symlink_metadata;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard};

use ignore::DirEntry;

/// The lists of a folder.
const NAMES: [&str; 2] = [".gitignore", ".ignore"];
/// The list of a repository.
const EXCLUDE: &str = ".git/info/exclude";
/// Bytes of the lists that speak about one file together.
const MOST_BYTES: usize = 256 << 10;
/// Patterns among them that are searched for, not looked up.
const MOST_SEARCHED: usize = 250;
/// The same in all lists of a walk.
const MOST_IN_ALL: usize = 20_000;
/// Bytes of those.
const MOST_SEARCHED_BYTES: usize = 6 << 10;

/// A list that is not followed.
pub(super) struct Refused {
    pub(super) list: PathBuf,
    pub(super) reason: &'static str,
    /// The folder that is still to be walked, as if there were no lists.
    pub(super) below: Option<PathBuf>,
}

/// The lists of one walk.
#[derive(Default)]
pub(super) struct Lists {
    follows: bool,
    excludes: bool,
    refused: Mutex<Vec<Refused>>,
    /// What those of the folder itself and above it come to.
    above: Load,
    /// The same for a folder further down that has one.
    loads: Mutex<HashMap<PathBuf, Load>>,
    /// Patterns that are searched for below the folder.
    searched: AtomicUsize,
}

impl Lists {
    /// Follows those of a folder, below it and above it, if those above it may be followed.
    pub(super) fn of(folder: &Path) -> Arc<Self> {
        let mut lists = Lists { follows: true, ..Lists::default() };
        let real = super::real(folder);
        let mut above: Vec<&Path> = real.ancestors().collect();
        above.reverse();
        for list in above
            .iter()
            .flat_map(|folder| NAMES.iter().chain(&[EXCLUDE]).map(|name| folder.join(name)))
        {
            let load = load_of(&list, &mut lists.above);
            lists.excludes |= list.ends_with(EXCLUDE) && load == Ok(true);
            if let Err(reason) = load {
                lists.follows = false;
                lists.refused = Mutex::new(Vec::from([Refused { list, reason, below: None }]));
                break;
            }
        }
        Arc::new(lists)
    }

    /// Follows none.
    pub(super) fn none() -> Arc<Self> {
        Arc::default()
    }

    /// Whether any list is followed.
    pub(super) fn follows(&self) -> bool {
        self.follows
    }

    /// Whether the repository's own list says anything. Most say nothing, and what leads to those
    /// of repositories further down is better left alone.
    pub(super) fn excludes(&self) -> bool {
        self.excludes
    }

    /// Whether the walk may go on there; if it may not, the folder is walked for itself.
    pub(super) fn admit(&self, entry: &DirEntry) -> bool {
        let is_inner = entry.depth() > 0 && entry.file_type().is_some_and(|kind| kind.is_dir());
        if !self.follows || !is_inner {
            return true;
        }
        match self.enter(entry.path()) {
            Ok(()) => true,
            Err(refused) => {
                lock(&self.refused).push(refused);
                false
            }
        }
    }

    /// The lists that were not followed.
    pub(super) fn refused(&self) -> Vec<Refused> {
        std::mem::take(&mut *lock(&self.refused))
    }

    /// Looks at a folder before it is walked. Those above it were looked at before.
    fn enter(&self, folder: &Path) -> Result<(), Refused> {
        let mut load = None;
        for name in NAMES {
            // Most folders have none.
            let list = folder.join(name);
            if symlink_metadata(&list).is_err() {
                continue;
            }
            let load = load.get_or_insert_with(|| self.above_of(folder));
            let below = Some(folder.to_owned());
            load_of(&list, load).map_err(|reason| Refused { list, reason, below })?;
        }
        if let Some(load) = load {
            let own = load.searched - self.above_of(folder).searched;
            if own > 0 && self.searched.fetch_add(own, Relaxed) > MOST_IN_ALL {
                let reason = "with those of other folders more than 20,000 patterns with wildcards";
                let below = Some(folder.to_owned());
                return Err(Refused { list: folder.join(NAMES[0]), reason, below });
            }
            lock(&self.loads).insert(folder.to_owned(), load);
        }
        Ok(())
    }

    fn above_of(&self, folder: &Path) -> Load {
        let loads = lock(&self.loads);
        folder.ancestors().skip(1).find_map(|above| loads.get(above)).copied().unwrap_or(self.above)
    }
}

/// Whether one list may be followed.
pub(super) fn is_harmless(list: &Path) -> bool {
    load_of(list, &mut Load::default()).is_ok()
}

/// What lists cost.
#[derive(Clone, Copy, Default)]
struct Load {
    bytes: usize,
    searched: usize,
    searched_bytes: usize,
}

/// Adds what a list costs and tells whether it says anything, or why it is not followed.
fn load_of(list: &Path, load: &mut Load) -> Result<bool, &'static str> {
    let Ok(metadata) = symlink_metadata(list) else { return Ok(false) };
    if metadata.is_symlink() {
        return Err("a symbolic link, which git does not follow either");
    }
    if metadata.is_dir() {
        return Ok(false);
    }
    if !metadata.is_file() {
        return Err("no file");
    }
    load.bytes = load.bytes.saturating_add(metadata.len().try_into().unwrap_or(usize::MAX));
    if load.bytes > MOST_BYTES {
        return Err("with those above it more than 256 KiB");
    }
    let Ok(text) = std::fs::read(list) else { return Ok(false) };
    let lines = || text.split(|&byte| byte == b'\n');
    for pattern in lines().filter(|line| is_searched(line)) {
        load.searched += 1;
        load.searched_bytes += pattern.len();
    }
    if load.searched > MOST_SEARCHED || load.searched_bytes > MOST_SEARCHED_BYTES {
        return Err("with those above it more than 250 patterns with wildcards, or 6 KiB of them");
    }
    Ok(lines().any(|line| !line.is_empty() && !line.starts_with(b"#")))
}

/// Whether a pattern has wildcards beyond those of `*.end`.
pub(super) fn is_searched(line: &[u8]) -> bool {
    let is_wild = |byte: &u8| matches!(byte, b'*' | b'?' | b'[' | b'{' | b'\\');
    let rest = line.strip_prefix(b"*.").unwrap_or(line);
    !line.starts_with(b"#") && rest.iter().any(is_wild)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_are_searched_for() {
        for line in ["a*", "*.a/*", "[Bb]in", "**/x", "a?", "*.a.*", "*a"] {
            assert!(is_searched(line.as_bytes()), "{line}");
        }
        for line in ["*.a", "build/", "# a*b", "", "/target", "!*.env"] {
            assert_eq!(is_searched(line.as_bytes()), line.starts_with('!'), "{line}");
        }
    }
}
