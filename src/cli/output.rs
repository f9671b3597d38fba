//! `--output FORMAT=FILE`: a report gets its name only when it is whole, never replaces what was
//! scanned, and never goes through a link that the scanned repository may have laid.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::whole::Whole;
use crate::Scan;
use crate::report::markdown::MOST_BYTES;

/// A file that takes a report.
pub(super) struct Target {
    path: PathBuf,
    way: Way,
}

enum Way {
    /// The file is written beside its place and moved there.
    Replace,
    /// The file that a workflow collects a step's summary in, which holds so many bytes.
    Append(usize),
    /// A pipe or a device, which takes what it is given.
    Stream,
}

impl Target {
    /// Looks at the place first.
    pub(super) fn new(path: &Path, scan: &Scan) -> Result<Target, String> {
        let named = path.display();
        let target = |way| Ok(Target { path: path.to_owned(), way });
        let behind = path.metadata();
        if let Ok(behind) = &behind
            && is_stream(behind)
        {
            return target(Way::Stream);
        }
        if behind.as_ref().is_ok_and(Metadata::is_dir) {
            return Err(format!("{named} is a folder: expected the name of a file"));
        }
        let is_link = |path: &Path| path.symlink_metadata().is_ok_and(|data| data.is_symlink());
        if is_link(path) {
            return Err(format!(
                "{named} is a symbolic link, and reports are not written through links: \
                 name the file that is meant"
            ));
        }
        let folder = folder_of(path);
        let real = folder
            .canonicalize()
            .map_err(|error| format!("{}: {}", folder.display(), reason(&error)))?;
        // A link on the way is fine where whoever calls put it, but not out of the tree that
        // they believe to stand in.
        let is_inner =
            !path.is_absolute() && !path.components().any(|part| part.as_os_str() == "..");
        let here = Path::new(".").canonicalize();
        if is_inner && here.is_ok_and(|here| !real.starts_with(here)) {
            return Err(format!(
                "{named} lies behind a symbolic link that leads out of this folder: \
                 name the file that is meant"
            ));
        }
        let place = real.join(path.file_name().unwrap_or_default());
        let mut inputs = scan.deployments.iter().flat_map(|deployment| &deployment.sources);
        let is_input = inputs.any(|&id| {
            let file = scan.sources.get(id).file.as_deref();
            file.and_then(|file| file.canonicalize().ok()).is_some_and(|file| file == place)
        });
        if is_input {
            return Err(format!("{named} is part of a deployment: a report would replace it"));
        }
        if let Ok(behind) = behind
            && std::env::var_os("GITHUB_STEP_SUMMARY").is_some_and(|summary| summary == path)
        {
            return target(Way::Append(behind.len().try_into().unwrap_or(usize::MAX)));
        }
        target(Way::Replace)
    }

    /// How much room there is where a file may hold `most` bytes.
    pub(super) fn room(&self, most: usize) -> usize {
        match self.way {
            Way::Append(used) => most.saturating_sub(used),
            Way::Replace | Way::Stream => most,
        }
    }

    /// Writes the report, whole or not at all.
    pub(super) fn write(&self, text: &str) -> Result<(), String> {
        let bytes = text.as_bytes();
        if matches!(self.way, Way::Append(_)) && bytes.len() > self.room(MOST_BYTES) {
            return Err(format!("{} has no room for a report any more", self.path.display()));
        }
        let result = match self.way {
            Way::Replace => replace(&self.path, bytes),
            Way::Append(used) => append(&self.path, bytes, used),
            Way::Stream => stream(&self.path, bytes),
        };
        result.map_err(|error| {
            format!("{} could not be written: {}", self.path.display(), reason(&error))
        })
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // Whoever may read other new files may read a report: it holds no secrets.
    Whole::new(folder_of(path), bytes, 0o666)?.replace(path)
}

fn append(path: &Path, bytes: &[u8], used: usize) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).open(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).inspect_err(|_| {
        // Half a report is worse than none.
        let _ = file.set_len(used as u64);
    })
}

fn stream(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file: File = OpenOptions::new().write(true).open(path)?;
    match file.write_all(bytes) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn is_stream(data: &Metadata) -> bool {
    !data.is_file() && !data.is_dir()
}

/// Why, without the name of a temporary file, which is of no use to anyone.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such folder".into(),
        kind => kind.to_string(),
    }
}
