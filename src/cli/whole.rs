//! Files that are there whole or not at all, whatever ends the program while it writes them.
//! Where the system has files without a name, they get theirs when they are whole. A program that
//! is killed in the moment in which one file takes another's name, or on another system, may leave
//! a `.omlint-…` beside it, which the next run that writes there takes away.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

const PREFIX: &str = ".omlint-";
/// Nobody is between two names for so long.
#[cfg(target_os = "linux")]
const OLD: std::time::Duration = std::time::Duration::from_secs(60);

/// A file that is whole, and has no name that matters yet.
pub(super) struct Whole {
    way: Way,
}

enum Way {
    #[cfg(target_os = "linux")]
    Nameless(File),
    Named(NamedTempFile),
}

impl Whole {
    /// Writes a file that will stand in that folder. `mode` says who may do what with it, as far
    /// as the process's own mask allows.
    pub(super) fn new(folder: &Path, bytes: &[u8], mode: u32) -> io::Result<Whole> {
        let mut way = match nameless(folder, mode) {
            Some(way) => way,
            None => named(folder, mode)?,
        };
        let file = match &mut way {
            #[cfg(target_os = "linux")]
            Way::Nameless(file) => file,
            Way::Named(file) => file.as_file_mut(),
        };
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(Whole { way })
    }

    /// Gives it its name, if nothing has that name.
    pub(super) fn create(self, path: &Path) -> io::Result<()> {
        match self.way {
            #[cfg(target_os = "linux")]
            Way::Nameless(file) => link(&file, path),
            Way::Named(file) => file.persist_noclobber(path).map(drop).map_err(|e| e.error),
        }
    }

    /// Gives it its name, in place of what had it.
    pub(super) fn replace(self, path: &Path) -> io::Result<()> {
        match self.way {
            #[cfg(target_os = "linux")]
            Way::Nameless(file) => {
                sweep(path);
                let between = path.with_file_name(format!("{PREFIX}{:016x}", random()?));
                link(&file, &between)?;
                std::fs::rename(&between, path).inspect_err(|_| {
                    let _ = std::fs::remove_file(&between);
                })
            }
            Way::Named(file) => file.persist(path).map(drop).map_err(|e| e.error),
        }
    }
}

#[cfg(target_os = "linux")]
fn nameless(folder: &Path, mode: u32) -> Option<Way> {
    use rustix::fs::{Mode, OFlags};
    // Its name is given by way of this folder.
    Path::new("/proc/self/fd").exists().then_some(())?;
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    rustix::fs::open(folder, flags, Mode::from_raw_mode(mode))
        .ok()
        .map(|file| Way::Nameless(file.into()))
}

#[cfg(not(target_os = "linux"))]
fn nameless(_: &Path, _: u32) -> Option<Way> {
    None
}

#[cfg(target_os = "linux")]
fn link(file: &File, path: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD};
    use std::os::fd::AsRawFd;
    let nameless = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(rustix::fs::linkat(CWD, nameless, CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

/// Takes away what a run left that was killed between two names. Another one may be between them
/// right now, but not for long.
#[cfg(target_os = "linux")]
fn sweep(path: &Path) {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let entries = std::fs::read_dir(folder.unwrap_or(Path::new("."))).into_iter().flatten();
    for entry in entries.flatten() {
        let name = entry.file_name();
        let digits = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let is_ours = digits
            .is_some_and(|text| text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit()));
        let is_old = || {
            let written = entry.metadata().ok().filter(|data| data.is_file())?.modified().ok()?;
            written.elapsed().ok()
        };
        if is_ours && is_old().is_some_and(|age| age > OLD) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(target_os = "linux")]
fn random() -> io::Result<u64> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(u64::from_le_bytes(bytes))
}

fn named(folder: &Path, mode: u32) -> io::Result<Way> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    builder.tempfile_in(folder).map(Way::Named)
}
