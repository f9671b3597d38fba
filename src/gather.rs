//! Reads the files of a run, and those that they name, until nothing new is named. Must not know
//! what deployments are made of them, nor what is judged.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use crate::config::Loaded;
use crate::deployment::catalogue::Catalogue;
use crate::readers::{Companions, Input, MOST_LOOSE_IN_ALL, Named, Role, Want, join};
use crate::rules::Knowledge;
use crate::source::discover::{Candidate, Disk, NO_ROOM, Note, decoded};
use crate::source::glob::PathSet;
use crate::source::{Arrival, Source, SourceId, Sources, lexical, real, spread};

/// Rounds in which files that other files refer to are loaded.
const MAX_ROUNDS: usize = 16;
/// Files that are loaded because others refer to them.
const MAX_REFERRED: usize = 2_000;

/// Files and folders that the patterns of all files may look at.
const MOST_LOOKED_AT: usize = 50_000;
/// Files that are parsed before anything is let go.
const AT_ONCE: usize = 256;
/// Nodes of all trees of a run: each takes about a hundred bytes.
const MOST_NODES: usize = 2_000_000;

/// What has been read so far.
pub(crate) struct Gathering<'d> {
    disk: &'d Disk,
    config: &'d Loaded,
    pub(crate) sources: Sources,
    /// What was parsed, in the order of their sources.
    pub(crate) inputs: Vec<Input>,
    /// What was skipped, and why.
    pub(crate) notes: Vec<Note>,
    /// What was asked for and could not be looked at.
    pub(crate) failures: Vec<Note>,
    /// What broke the program.
    pub(crate) broken: Vec<String>,
    paths: HashSet<String>,
    /// Of all trees that are kept.
    nodes: usize,
    /// Keys and tokens of all files.
    shown: usize,
}

impl<'d> Gathering<'d> {
    /// Begins with the files that the configuration consists of.
    pub(crate) fn new(
        disk: &'d Disk,
        config: &'d Loaded,
        notes: Vec<Note>,
        failures: Vec<Note>,
    ) -> Self {
        Self {
            disk,
            config,
            sources: config.sources.clone(),
            inputs: Vec::new(),
            notes,
            failures,
            broken: Vec::new(),
            paths: config.sources.iter().map(|(_, source)| source.path.clone()).collect(),
            nodes: 0,
            shown: 0,
        }
    }

    /// Loads and parses what a walk found, and a text that is no file.
    pub(crate) fn take_found(
        &mut self,
        stdin: Option<&(String, Vec<u8>)>,
        candidates: Vec<Candidate>,
    ) {
        let mut first = Vec::new();
        if let Some((name, bytes)) = stdin {
            first.push(decoded(name, bytes.clone(), Arrival::Named));
        }
        for candidate in candidates {
            let arrival = candidate.arrival;
            if let Some(id) = self.config.file
                && self.sources.get(id).path == candidate.path
            {
                self.sources.get_mut(id).arrival = arrival;
                continue;
            }
            match self.disk.load(candidate) {
                Ok(source) => first.push(source),
                Err(note) if arrival == Arrival::Named || note.kind == NO_ROOM => {
                    self.failures.push(note);
                }
                Err(note) => self.notes.push(note),
            }
        }
        self.take(first);
        self.take_config();
    }

    /// Notes which files git keeps out. Only a file of ours can hold a secret that matters.
    pub(crate) fn mark_kept_out(&mut self) {
        let is_ours = |input: &&Input| !matches!(input.role, Role::Other | Role::Chart);
        let mut ours: Vec<SourceId> =
            self.inputs.iter().filter(is_ours).map(|input| input.source).collect();
        ours.sort_unstable();
        ours.dedup();
        let kept_out = spread::map(&ours, |id| self.disk.is_kept_out(self.sources.get(*id)));
        for (id, kept_out) in ours.into_iter().zip(kept_out) {
            self.sources.get_mut(id).kept_out = kept_out;
        }
    }

    /// Numbers sources and parses them. What breaks a reader breaks for that file only.
    fn take(&mut self, arrived: Vec<Source>) {
        let mut ids = Vec::with_capacity(arrived.len());
        for source in arrived {
            if self.paths.insert(source.path.clone()) {
                ids.push(self.sources.add(source));
            }
        }
        let catalogue = &Knowledge::built_in().catalogue;
        for ids in ids.chunks(AT_ONCE) {
            self.parse(ids, catalogue);
        }
    }

    fn parse(&mut self, ids: &[SourceId], catalogue: &Catalogue) {
        let (sources, spellings) = (&self.sources, &self.config.knowledge.spellings);
        let parsed: Vec<Option<Input>> = spread::map(ids, |&id| {
            let parse = || Input::parse(id, sources.get(id), catalogue, spellings);
            catch_unwind(AssertUnwindSafe(parse)).ok()
        });
        for (&id, mut input) in ids.iter().zip(parsed) {
            if let Some(parsed) = &mut input
                && self.nodes + parsed.size() > MOST_NODES
            {
                if parsed.role != Role::Other {
                    let path = self.sources.get(id).path.clone();
                    let reason = "not read: the files of this run hold more than two million \
                                  values together; name fewer files";
                    self.failures.push(Note { path, kind: NO_ROOM, reason: reason.into() });
                    continue;
                }
                parsed.let_go_early(&self.sources, catalogue);
            }
            if let Some(parsed) = &mut input {
                if self.shown + parsed.shows() > MOST_LOOSE_IN_ALL {
                    parsed.show_nothing();
                }
                self.shown += parsed.shows();
            }
            self.nodes += input.as_ref().map_or(0, Input::size);
            let source = self.sources.get_mut(id);
            // The bytes of a key are not kept beyond parsing.
            source.binary = None;
            match input {
                Some(mut input) => {
                    if let Some(description) = input.describe() {
                        source.text = description;
                    }
                    self.inputs.push(input);
                }
                None => self.broken.push(format!("reading {}", source.path)),
            }
        }
    }

    /// Reads the configuration as any file is read: a token in it is a finding.
    fn take_config(&mut self) {
        let Some(id) = self.config.file else { return };
        let catalogue = &Knowledge::built_in().catalogue;
        let source = self.sources.get(id);
        let parse = || Input::parse(id, source, catalogue, &self.config.knowledge.spellings);
        match catch_unwind(AssertUnwindSafe(parse)) {
            // Inputs stand in the order of their sources.
            Ok(input) => self.inputs.insert(0, input),
            Err(_) => self.broken.push(format!("reading {}", self.sources.get(id).path)),
        }
    }

    /// Loads the files of the deployments that the configuration names. `whole` says that the run
    /// is over all that the configuration is about.
    pub(crate) fn take_named(&mut self, whole: bool) -> Vec<Named> {
        // A change of the configuration may concern any of them, and a run over all that it is
        // about asks for all of them, whatever a walk takes their files for.
        let config = self.config;
        let is_named = |id| self.sources.get(id).arrival == Arrival::Named;
        let asked = whole || config.file.is_some_and(is_named);
        let mut ids = |paths: &[String]| -> Vec<SourceId> {
            paths.iter().filter_map(|path| self.take_path(path)).collect()
        };
        let list = config.settings.deployments.iter();
        list.map(|named| Named {
            name: named.name.value.clone(),
            compose: ids(&named.compose),
            env_files: ids(&named.env_file),
            helm_values: ids(&named.helm_values),
            helm_set: named.helm_set.clone(),
            manifests: ids(&named.manifests),
            version: named.om_version.as_ref().map(|version| version.value.clone()),
            asked,
        })
        .collect()
    }

    /// The source of a path as reports print it, loaded if it is not there yet.
    fn take_path(&mut self, path: &str) -> Option<SourceId> {
        let file = lexical(&self.disk.file(path));
        let is_it = |source: &Source| {
            source.path == path || source.file.as_deref().is_some_and(|f| lexical(f) == file)
        };
        if let Some((id, _)) = self.sources.iter().find(|(_, source)| is_it(source)) {
            return Some(id);
        }
        match self.disk.named(path, Arrival::Referred) {
            Ok(source) => self.take(vec![source]),
            Err(note) => self.failures.push(note),
        }
        self.sources.iter().find(|(_, source)| source.path == path).map(|(id, _)| id)
    }

    /// Loads what sources refer to until nothing new is referred to.
    pub(crate) fn follow(&mut self) {
        let mut next = 0;
        let mut referred = 0;
        // Files and folders that patterns may look at.
        let mut room = MOST_LOOKED_AT;
        let mut listed: HashSet<(String, Companions)> = HashSet::new();
        let mut followed: HashSet<PathBuf> = HashSet::new();
        for round in 0..=MAX_ROUNDS {
            let new = next..self.inputs.len();
            if new.is_empty() {
                return;
            }
            next = new.end;
            // Who wants it, and whether it is part of what that file says.
            let mut wanted: Vec<(SourceId, String, bool)> = Vec::new();
            let mut unlooked = None;
            for input in &self.inputs[new] {
                let source = self.sources.get(input.source);
                let Some(file) = &source.file else { continue };
                let folder = file.parent().unwrap_or(file);
                // By way of a link a file may name itself for ever, by ever longer paths.
                if source.arrival == Arrival::Referred
                    && !followed.insert(real(folder).join(file.file_name().unwrap_or_default()))
                {
                    continue;
                }
                for want in input.wants(source) {
                    match want {
                        Want::File(path) => {
                            wanted.push((input.source, join(source.folder(), &path), true));
                        }
                        Want::Fitting(pattern) => {
                            let base = self.disk.file("");
                            let set = PathSet::anchored(&base, &join(source.folder(), &pattern));
                            let top = self.disk.top_above(&base);
                            let fitting = self.disk.fitting(&set, top.as_deref(), &mut room);
                            if room == 0 {
                                unlooked = unlooked.or(Some(input.source));
                            }
                            wanted
                                .extend(fitting.into_iter().map(|path| (input.source, path, true)));
                        }
                        Want::Keys(below) => {
                            let folder = format!("{}/", join(source.folder(), &below));
                            let keys = |name: &str| Companions::Keys.accept(name);
                            for name in self.disk.names_in(&folder, keys) {
                                wanted.push((input.source, format!("{folder}{name}"), true));
                            }
                        }
                        Want::Beside(companions) => {
                            let folder = source.folder();
                            if !listed.insert((folder.to_owned(), companions)) {
                                continue;
                            }
                            for name in self.disk.names_in(folder, |name| companions.accept(name)) {
                                let is_part = companions != Companions::Manifests;
                                wanted.push((input.source, format!("{folder}{name}"), is_part));
                            }
                        }
                    }
                }
            }
            if let Some(from) = unlooked {
                let path = self.sources.get(from).path.clone();
                let reason = format!(
                    "not all that it names was read: its patterns, and those of other files, look \
                     at more than {MOST_LOOKED_AT} files; name fewer files"
                );
                self.failures.push(Note { path, kind: NO_ROOM, reason });
            }
            let mut arrived = Vec::new();
            let mut left_out = None;
            let mut known = HashSet::new();
            for (from, path, is_part) in wanted {
                if self.paths.contains(&path) || !known.insert(path.clone()) {
                    continue;
                }
                match self.disk.load_referred(&path, self.sources.get(from)) {
                    None => {}
                    Some(Ok(_)) if round == MAX_ROUNDS || referred == MAX_REFERRED => {
                        left_out = Some((from, is_part));
                        if is_part {
                            break;
                        }
                    }
                    Some(Ok(source)) => {
                        referred += 1;
                        arrived.push(source);
                    }
                    Some(Err(note)) => {
                        self.paths.insert(path);
                        self.notes.push(note);
                    }
                }
            }
            self.take(arrived);
            if let Some((from, is_part)) = left_out {
                let path = self.sources.get(from).path.clone();
                let reason = format!(
                    "not all that it names was read: omlint follows {MAX_REFERRED} files of a run \
                     that others name, and {MAX_ROUNDS} that name each other one after the other; \
                     name fewer files"
                );
                // What only stands beside it may say something about it, and mostly does not.
                let list = if is_part { &mut self.failures } else { &mut self.notes };
                list.push(Note { path, kind: NO_ROOM, reason });
                return;
            }
        }
    }
}
