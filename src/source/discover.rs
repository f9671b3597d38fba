//! Finds and reads files: the only place that touches the disk. A scanned tree may be
//! hostile: nothing outside the root is read, nothing that is no regular file is opened,
//! nothing large is read whole.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};

use ignore::{WalkBuilder, WalkState};

use super::glob::PathSet;
use super::ignored::Lists;
use super::nearest::lexical;
use super::prefilter::{self, MAX_BINARY};
use super::repository::Repository;
use super::{Arrival, Source, Trouble};

/// No file over this size is read whole.
pub const MAX_BYTES: u64 = 16 << 20;
/// Bytes of a text that is not read that are looked through for a name of OpenMetadata's.
const MOST_LOOKED: u64 = 128 << 20;
/// No such name is longer.
const LONGEST_NAME: u64 = 64;
const TOO_LARGE: &str = "not read: it is over 16 MiB";
/// Names of one folder's files that are looked for.
const MOST_NAMES: usize = 4_096;
/// Bytes of all files of a run together: each takes several times as much once it is parsed.
const MOST_BYTES: usize = 48 << 20;
/// Of a larger file, so much is looked at to tell whether it is one of ours.
const HEAD_BYTES: u64 = 1 << 20;
/// So many bytes of a walker's buffer are kept for the next file.
const MOST_KEPT: usize = 256 << 10;

thread_local! {
    /// What a walker reads into: most files are of no interest, and reading them costs no memory.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The kind of a note about a file for which there was no room any more.
pub const NO_ROOM: &str = "no-room";
/// The kind of a note about a baseline that records what is not there any more.
pub const STALE: &str = "stale";

/// Something to know about a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Note {
    /// The path as reports print it.
    pub path: String,
    /// `skipped`, `outside`, `unreadable`, `remark`, [`NO_ROOM`] or [`STALE`].
    pub kind: &'static str,
    /// Why, in words.
    pub reason: String,
}

/// What was found under the paths that the user gave.
#[derive(Default)]
pub struct Found {
    /// Files to read: display path, arrival, and whether they are templates or documentation.
    pub files: Vec<Candidate>,
    /// Things met on the way that could not be looked at.
    pub notes: Vec<Note>,
    /// Paths that the user gave and that cannot be looked at.
    pub failures: Vec<Note>,
    /// How many files were met.
    pub seen: usize,
}

/// A file to read.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// As reports print it.
    pub path: String,
    /// How it came into the run.
    pub arrival: Arrival,
    /// A template or documentation, met while walking.
    pub illustrative: bool,
    /// Its text, where the prefilter has read it already.
    bytes: Option<Vec<u8>>,
}

/// Reads files below one or more roots.
pub struct Disk {
    base: PathBuf,
    no_ignore: bool,
    excluded: PathSet,
    /// What was in changed files before, where it is that what is asked for.
    past: HashMap<PathBuf, Option<Vec<u8>>>,
    roots: Mutex<HashMap<PathBuf, Option<PathBuf>>>,
    /// Bytes that the prefilter keeps, and those of all files that were read.
    kept: AtomicUsize,
    loaded: AtomicUsize,
}

impl Disk {
    /// Reads relative to `base`, the working directory.
    pub fn new(base: PathBuf, no_ignore: bool) -> Self {
        Disk {
            base,
            no_ignore,
            excluded: PathSet::default(),
            past: HashMap::new(),
            roots: Mutex::default(),
            kept: AtomicUsize::new(0),
            loaded: AtomicUsize::new(0),
        }
    }

    /// Leaves out what is in the set, even where it is named.
    pub fn without(mut self, excluded: PathSet) -> Self {
        self.excluded = excluded;
        self
    }

    /// The path on disk of a display path.
    pub fn file(&self, path: &str) -> PathBuf {
        self.base.join(path)
    }

    /// The same disk as it was before some changes.
    pub fn before(mut self, past: HashMap<PathBuf, Option<Vec<u8>>>) -> Self {
        self.past = past;
        self
    }

    /// Changed files that were there before, under the given paths or beside them.
    pub fn past_files(&self, paths: &[PathBuf]) -> Vec<Candidate> {
        let paths: Vec<PathBuf> = paths.iter().map(|path| lexical(&self.base.join(path))).collect();
        let arrival = |file: &Path| {
            if paths.iter().any(|path| file.starts_with(path)) {
                return Some(Arrival::Walked);
            }
            paths.iter().any(|path| path.parent() == file.parent()).then_some(Arrival::Referred)
        };
        let is_wanted = |file: &Path| !self.excluded.contains(file, &self.base);
        let there = self.past.iter().filter(|(file, text)| text.is_some() && is_wanted(file));
        let mut files: Vec<Candidate> = there
            .filter_map(|(file, _)| {
                let path = self.from_here(file);
                Some(Candidate { path, arrival: arrival(file)?, illustrative: false, bytes: None })
            })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    }

    /// Finds the candidates under the given paths.
    pub fn find(&self, paths: &[PathBuf]) -> Found {
        let mut found = Found::default();
        for path in paths {
            let file = self.base.join(path);
            let shown = self.display(&straightened(path, &self.base));
            if self.excluded.contains(&file, &self.base) {
                let reason = "excluded by `exclude`".to_owned();
                found.notes.push(Note { path: shown, kind: "skipped", reason });
                continue;
            }
            match std::fs::metadata(&file) {
                Err(error) => found.failures.push(Note {
                    path: shown,
                    kind: "unreadable",
                    reason: describe(&error),
                }),
                Ok(metadata) if metadata.is_dir() => self.walk(&shown, &file, &mut found),
                Ok(metadata) if metadata.is_file() || is_pipe_of_shell(&file) => {
                    found.seen += 1;
                    found.files.push(Candidate {
                        path: shown,
                        arrival: Arrival::Named,
                        illustrative: false,
                        bytes: None,
                    });
                }
                Ok(_) => found.failures.push(Note {
                    path: shown,
                    kind: "unreadable",
                    reason: "neither a file nor a folder".into(),
                }),
            }
        }
        // The same file by two arguments is one file; naming it counts more than meeting it.
        found.files.sort_by(|a, b| (&a.path, a.arrival).cmp(&(&b.path, b.arrival)));
        found.files.dedup_by(|later, first| later.path == first.path);
        found.notes.sort();
        found
    }

    fn walk(&self, shown: &str, folder: &Path, found: &mut Found) {
        let lists = if self.no_ignore { Lists::none() } else { Lists::of(folder) };
        self.walk_from(shown, folder, folder, &lists, found);
        let refused = lists.refused();
        for below in refused.iter().filter_map(|refused| refused.below.as_deref()) {
            self.walk_from(shown, folder, below, &Lists::none(), found);
        }
        if lists.follows() {
            self.add_tracked(shown, folder, refused.is_empty(), found);
        }
        found.notes.extend(refused.into_iter().map(|refused| Note {
            path: self.display(&refused.list),
            kind: "skipped",
            reason: format!("{}: not followed: nothing is left out here", refused.reason),
        }));
    }

    /// Walks below `top`, a part of `folder`.
    fn walk_from(
        &self,
        shown: &str,
        folder: &Path,
        top: &Path,
        lists: &Arc<Lists>,
        found: &mut Found,
    ) {
        let mut builder = WalkBuilder::new(top);
        builder
            .standard_filters(lists.follows())
            .hidden(false)
            .git_global(false)
            .git_exclude(lists.excludes())
            .follow_links(false)
            .threads(std::thread::available_parallelism().map_or(1, |n| n.get().min(8)))
            .filter_entry({
                let (excluded, base) = (self.excluded.clone(), self.base.clone());
                let lists = Arc::clone(lists);
                move |entry| {
                    entry.file_name() != ".git"
                        && !excluded.contains(entry.path(), &base)
                        && lists.admit(entry)
                }
            });
        let files = Mutex::new(Vec::new());
        let notes = Mutex::new(Vec::new());
        let seen = std::sync::atomic::AtomicUsize::new(0);
        builder.build_parallel().run(|| {
            Box::new(|entry| {
                let entry = match entry {
                    Ok(entry) => entry,
                    Err(error) => {
                        lock(&notes).push(Note {
                            path: shown.to_owned(),
                            kind: "skipped",
                            reason: plain_walk_error(&error),
                        });
                        return WalkState::Continue;
                    }
                };
                if !entry.file_type().is_some_and(|kind| kind.is_file()) {
                    return WalkState::Continue;
                }
                seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let below = entry.path().strip_prefix(folder).unwrap_or(entry.path());
                match self.consider(shown, below, entry.path()) {
                    Ok(Some(candidate)) => lock(&files).push(candidate),
                    Ok(None) => {}
                    Err(note) => lock(&notes).push(note),
                }
                WalkState::Continue
            })
        });
        let notes = notes.into_inner().unwrap_or_default();
        let (failures, notes): (Vec<Note>, Vec<Note>) =
            notes.into_iter().partition(|note| note.kind == NO_ROOM);
        found.failures.extend(failures);
        found.seen += seen.into_inner();
        found.files.append(&mut files.into_inner().unwrap_or_default());
        found.notes.extend(notes);
    }

    /// Adds files of the repository that a list of ignored files covers.
    fn add_tracked(&self, shown: &str, folder: &Path, harmless: bool, found: &mut Found) {
        let known: HashSet<String> = found.files.iter().map(|file| file.path.clone()).collect();
        for path in self.tracked(folder, harmless) {
            let Ok(below) = path.strip_prefix(folder) else { continue };
            let excluded = self.excluded.contains(&path, &self.base);
            if excluded || !path.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
                continue;
            }
            // Of all tracked files most were met before.
            found.seen += usize::from(harmless);
            match self.consider(shown, below, &path) {
                Ok(Some(candidate)) if !known.contains(&candidate.path) => {
                    found.files.push(candidate);
                }
                Ok(_) => {}
                Err(note) if note.kind == NO_ROOM => found.failures.push(note),
                Err(note) => found.notes.push(note),
            }
        }
    }

    /// Whether a file met while walking may be one of ours, by name, size and bytes.
    fn consider(&self, shown: &str, below: &Path, file: &Path) -> Result<Option<Candidate>, Note> {
        let name = below.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        if prefilter::is_foreign_ending(&name) {
            return Ok(None);
        }
        let path = join_display(shown, below);
        let note = |reason: String| Note { path: path.clone(), kind: "unreadable", reason };
        let bytes = BUFFER
            .with_borrow_mut(|buffer| {
                read_into(file, buffer)?;
                let ours = prefilter::may_be_ours(&name, buffer).then(|| buffer.clone());
                // What matters may stand behind much that does not.
                let is_hidden = buffer.len() as u64 == HEAD_BYTES
                    && prefilter::is_written(&name)
                    && !prefilter::names_ours(buffer)
                    && is_ours_below(file, buffer)?;
                buffer.shrink_to(MOST_KEPT);
                Ok((ours, is_hidden))
            })
            .map_err(|error: std::io::Error| note(describe(&error)))?;
        let (bytes, is_hidden) = bytes;
        if is_hidden {
            return Err(Note { path, kind: NO_ROOM, reason: TOO_LARGE.into() });
        }
        Ok(bytes.map(|bytes| Candidate {
            illustrative: is_illustrative(below),
            path,
            arrival: Arrival::Walked,
            // What does not fit in is read again, if there is room for it then.
            bytes: (self.kept.fetch_add(bytes.len(), Relaxed) < MOST_BYTES).then_some(bytes),
        }))
    }

    /// Reads a candidate.
    pub fn load(&self, candidate: Candidate) -> Result<Source, Note> {
        let file = self.file(&candidate.path);
        if let Some(old) = self.past.get(&lexical(&file)) {
            let Some(bytes) = old.clone() else {
                let reason = "it was not there before".into();
                return Err(Note { path: candidate.path, kind: "skipped", reason });
            };
            let mut source = decoded(&candidate.path, bytes, candidate.arrival);
            source.file = Some(file);
            source.illustrative = candidate.illustrative;
            return Ok(source);
        }
        let bytes = match candidate.bytes {
            Some(bytes) => bytes,
            None => read(&file).map_err(|error| Note {
                path: candidate.path.clone(),
                kind: "unreadable",
                reason: describe(&error),
            })?,
        };
        if self.loaded.fetch_add(bytes.len(), Relaxed) + bytes.len() > MOST_BYTES {
            self.loaded.fetch_sub(bytes.len(), Relaxed);
            let reason = format!(
                "not read: the files of this run are more than {} MiB together; name fewer files",
                MOST_BYTES >> 20
            );
            return Err(Note { path: candidate.path, kind: NO_ROOM, reason });
        }
        let too_large = bytes.len() as u64 == HEAD_BYTES
            && std::fs::metadata(&file).is_ok_and(|metadata| metadata.len() > MAX_BYTES);
        if too_large && candidate.arrival != Arrival::Walked && !prefilter::names_ours(&bytes) {
            return Err(Note { path: candidate.path, kind: NO_ROOM, reason: TOO_LARGE.into() });
        }
        let mut source = decoded(&candidate.path, bytes, candidate.arrival);
        if too_large {
            source.trouble = Some(Trouble::TooLarge);
        }
        source.file = Some(file);
        source.illustrative = candidate.illustrative;
        Ok(source)
    }

    /// Reads a file by its display path.
    pub(super) fn load_path(&self, path: &str, arrival: Arrival) -> Result<Source, Note> {
        let path = path.to_owned();
        self.load(Candidate { path, arrival, illustrative: false, bytes: None })
    }

    /// Reads a file that another source refers to, if it lies within that source's root.
    /// `None` if there is no such file.
    pub fn load_referred(&self, path: &str, from: &Source) -> Option<Result<Source, Note>> {
        let file = self.file(path);
        if self.past.get(&lexical(&file)).is_some_and(Option::is_none) {
            return None;
        }
        let metadata = std::fs::metadata(&file).ok()?;
        if !metadata.is_file() {
            return None;
        }
        if !self.is_within_root(&file, from) {
            return Some(Err(Note {
                path: path.to_owned(),
                kind: "outside",
                reason: format!(
                    "`{}` refers to it, but it lies outside the repository: not read",
                    from.path
                ),
            }));
        }
        Some(self.load(Candidate {
            path: path.to_owned(),
            arrival: Arrival::Referred,
            illustrative: from.illustrative,
            bytes: None,
        }))
    }

    /// Names of the files in the folder of a display path (which ends in `/` or is empty) that
    /// are looked for: of very many the first.
    pub fn names_in(&self, folder: &str, accept: impl Fn(&str) -> bool) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.base.join(folder))
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.file_name().to_str().is_some_and(&accept))
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        // No folder lists its files in an order that means something.
        names.sort_unstable();
        names.truncate(MOST_NAMES);
        names
    }

    fn is_within_root(&self, file: &Path, from: &Source) -> bool {
        let Some(origin) = &from.file else { return false };
        let Some(root) = self.root_of(origin) else { return false };
        match (file.canonicalize(), root.canonicalize()) {
            (Ok(file), Ok(root)) => file.starts_with(root),
            _ => false,
        }
    }

    /// The repository that a file lies in, else the working directory if it lies below it,
    /// else its folder.
    fn root_of(&self, file: &Path) -> Option<PathBuf> {
        let folder = file.parent()?.canonicalize().ok()?;
        if let Some(root) = self.repository(&folder) {
            return Some(root);
        }
        let base = self.base.canonicalize().ok()?;
        Some(if folder.starts_with(&base) { base } else { folder })
    }

    /// The repository that the working directory lies in.
    pub fn home(&self) -> Repository {
        let Some(root) = self.base.ancestors().find(|above| above.join(".git").exists()) else {
            return Repository::default();
        };
        let below = self.base.strip_prefix(root).unwrap_or(Path::new(""));
        Repository::new(&self.display(root), &self.display(below))
    }

    pub(super) fn repository(&self, folder: &Path) -> Option<PathBuf> {
        if let Some(known) = lock(&self.roots).get(folder) {
            return known.clone();
        }
        let root = folder.ancestors().find(|above| above.join(".git").exists()).map(Path::to_owned);
        lock(&self.roots).insert(folder.to_owned(), root.clone());
        root
    }

    /// A path as reports print it: relative to the working directory where it lies below it,
    /// with `/`.
    fn display(&self, path: &Path) -> String {
        let relative =
            if path.is_absolute() { path.strip_prefix(&self.base).unwrap_or(path) } else { path };
        let mut out = String::new();
        for part in relative.components() {
            match part {
                Component::RootDir => out.push('/'),
                Component::CurDir => {}
                other => {
                    if !out.is_empty() && !out.ends_with('/') {
                        out.push('/');
                    }
                    out.push_str(&other.as_os_str().to_string_lossy());
                }
            }
        }
        out
    }
}

/// A source over bytes that did not come from a file, such as standard input.
pub fn decoded(path: &str, bytes: Vec<u8>, arrival: Arrival) -> Source {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let big = bytes[0] == 0xfe;
        let units: Vec<u16> = bytes[2..]
            .chunks_exact(2)
            .map(|pair| {
                let pair = [pair[0], pair[1]];
                if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
            })
            .collect();
        let mut source = Source::new(path, String::from_utf16_lossy(&units), arrival);
        source.trouble = Some(Trouble::Utf16);
        return source;
    }
    match String::from_utf8(bytes) {
        Ok(text) => Source::new(path, text, arrival),
        Err(error) => {
            let first = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            let binary = (bytes.len() <= MAX_BINARY).then(|| bytes.clone());
            let mut source = Source::new(path, replaced(bytes), arrival);
            source.binary = binary;
            source.trouble = Some(Trouble::NotUtf8(first));
            source
        }
    }
}

/// Bytes that are not UTF-8 become `?`, one each, so that places stay what they are.
fn replaced(mut bytes: Vec<u8>) -> String {
    let mut at = 0;
    loop {
        match std::str::from_utf8(&bytes[at..]) {
            Ok(_) => break,
            Err(error) => {
                let from = at + error.valid_up_to();
                let to = error.error_len().map_or(bytes.len(), |len| from + len);
                bytes[from..to].fill(b'?');
                at = to;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// The bytes of a file, or of a large one its beginning.
pub(super) fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    read_into(file, &mut bytes)?;
    Ok(bytes)
}

/// Whether a text that is too large to be read says a name of OpenMetadata's behind its beginning,
/// as far as anybody looks.
fn is_ours_below(file: &Path, buffer: &mut Vec<u8>) -> std::io::Result<bool> {
    let mut handle = std::fs::File::open(file)?;
    if handle.metadata()?.len() <= MAX_BYTES || memchr::memchr(0, &buffer[..1024]).is_some() {
        return Ok(false);
    }
    let mut at = HEAD_BYTES - LONGEST_NAME;
    while at < MOST_LOOKED {
        handle.seek(SeekFrom::Start(at))?;
        buffer.clear();
        let read = handle.by_ref().take(HEAD_BYTES).read_to_end(buffer)? as u64;
        if prefilter::names_ours(buffer) {
            return Ok(true);
        }
        if read < HEAD_BYTES {
            return Ok(false);
        }
        at += HEAD_BYTES - LONGEST_NAME;
    }
    Ok(false)
}

fn read_into(file: &Path, bytes: &mut Vec<u8>) -> std::io::Result<()> {
    bytes.clear();
    let handle = std::fs::File::open(file)?;
    let length = handle.metadata()?.len();
    let limit = if length > MAX_BYTES { HEAD_BYTES } else { MAX_BYTES };
    // One byte more, so that the end is met without another look.
    bytes.reserve(length.min(limit) as usize + 1);
    handle.take(limit).read_to_end(bytes)?;
    Ok(())
}

/// `<(command)` of a shell arrives as such a path; other pipes may never end.
fn is_pipe_of_shell(file: &Path) -> bool {
    file.starts_with("/dev/fd")
        || file.starts_with("/proc/self/fd")
        || file == Path::new("/dev/stdin")
}

/// Names of folders and files that hold examples, below what the user named.
fn is_illustrative(below: &Path) -> bool {
    let name = below.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let folder = below.parent().into_iter().flat_map(Path::components).any(|part| {
        let part = part.as_os_str().to_string_lossy().to_ascii_lowercase();
        matches!(part.as_str(), "docs" | "examples" | "testdata")
    });
    folder || is_template_name(&name) || name.ends_with(".md")
}

/// Names that mark a template of a file, not the file.
pub fn is_template_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [".example", ".sample", ".dist", ".tmpl", ".template"].iter().any(|end| lower.ends_with(end))
        || lower.contains(".example.")
        || lower.contains(".sample.")
}

/// The path without `..` where that names the same file, so that one file has one name.
fn straightened(path: &Path, base: &Path) -> PathBuf {
    if !path.components().any(|part| part == Component::ParentDir) {
        return path.to_owned();
    }
    let mut out = PathBuf::new();
    for part in path.components() {
        let above = matches!(out.components().next_back(), Some(Component::Normal(_)));
        match part {
            Component::ParentDir if above => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    // Behind a link `..` leads elsewhere.
    let same = match (base.join(path).canonicalize(), base.join(&out).canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    };
    if same { out } else { path.to_owned() }
}

fn join_display(shown: &str, below: &Path) -> String {
    let mut out = shown.trim_end_matches('/').to_owned();
    if shown == "/" {
        out.push('/');
    }
    for part in below.components() {
        if !out.is_empty() && !out.ends_with('/') {
            out.push('/');
        }
        out.push_str(&part.as_os_str().to_string_lossy());
    }
    out
}

pub(super) fn describe(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or folder".into(),
        std::io::ErrorKind::PermissionDenied => "permission denied".into(),
        _ => error.to_string(),
    }
}

fn plain_walk_error(error: &ignore::Error) -> String {
    match error.io_error() {
        Some(error) => describe(error),
        None => "could not be walked".into(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
