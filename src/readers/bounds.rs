//! How much of everything a reader takes in, so that no file can ask for more memory than its
//! size is worth. All bounds are far above what people write, and what is left out is told.
//! Knows nothing of how servers are described.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use crate::deployment::Deployment;
use crate::deployment::evidence::Problem;
use crate::source::{SourceId, Sources, Span};
use crate::syntax::yaml::Node;

/// Servers of one file.
pub(super) const MOST_SERVERS: usize = 400;
/// Tokens of one file, keys of one, and clients of one that do not sign in.
pub const MOST_LOOSE: usize = 1_000;
/// All of them in a run.
pub const MOST_LOOSE_IN_ALL: usize = 20_000;
/// Servers of a run.
pub(super) const MOST_IN_ALL: usize = 1_000;
/// Bytes that servers share: what stands in a file that many have is read for each of them.
const MOST_SHARED: usize = 16 << 20;
/// Bytes that the parts of one file take in through aliases, beyond what stands in them.
const MOST_BORROWED: usize = 4 << 20;
/// Variables, files and patches that manifests take in, counted each time they are taken in.
const MOST_STEPS: usize = 1_500_000;
/// Bytes of what they take in.
const MOST_KEPT: usize = 32 << 20;
/// Variables of one service, and bytes that it sets them to.
pub(super) const MOST_SET: (usize, usize) = (200_000, 32 << 20);
/// Workloads that are looked at together.
pub(super) const MOST_WORKLOADS: usize = 20_000;
/// Variables of all services of one project.
pub(super) const MOST_VARIABLES: usize = 100_000;
/// Lines of environment files that one project reads, those counted again that it reads again.
pub(super) const MOST_LINES: usize = 250_000;
/// Things of one kind that are told of one deployment: nobody reads more of them.
pub(super) const MOST_TOLD: usize = 100;
/// Environment files of one service.
pub(super) const MOST_ENV_FILES: usize = 100;
/// Services beside the servers of one project.
pub(super) const MOST_BESIDE: usize = 1_000;
/// Ways to one server, and so many to those beside it.
pub(super) const MOST_PORTS: usize = 1_000;
/// Ways to a server that does not look around.
const FEW_PORTS: usize = 20;
/// Services beside servers, counted once for each server that looks at them.
const MOST_PAIRS: usize = 20_000;

/// Leaves the first servers of each file. Where more stand in a file, the place of the first that
/// is left out comes back.
pub(super) fn servers<T>(servers: &mut Vec<T>, place: impl Fn(&T) -> Span) -> Vec<Span> {
    first(servers, MOST_SERVERS, place)
}

/// Leaves the first services beside the servers, in the same way.
pub(super) fn beside<T>(services: &mut Vec<T>, place: impl Fn(&T) -> Span) -> Vec<Span> {
    first(services, MOST_BESIDE, place)
}

/// Which services of each file are kept in the end: what is known of the others is not kept until
/// then, for there may be very many.
#[derive(Default)]
pub(super) struct Kept {
    servers: BTreeMap<SourceId, usize>,
    beside: BTreeMap<SourceId, usize>,
}

impl Kept {
    /// Whether one more server of this file is.
    pub(super) fn keeps_server(&mut self, file: SourceId) -> bool {
        let number = self.servers.entry(file).or_default();
        *number += 1;
        *number <= MOST_SERVERS
    }

    /// Whether one more service beside them is.
    pub(super) fn keeps_beside(&mut self, file: SourceId) -> bool {
        let number = self.beside.entry(file).or_default();
        *number += 1;
        *number <= MOST_BESIDE
    }
}

/// How many of a file's parts are read: what their aliases bring in together is not without
/// measure. The first is read in any case.
pub(super) fn in_reach<'t>(parts: impl IntoIterator<Item = Node<'t>>) -> usize {
    let mut borrowed = 0usize;
    let mut parts = parts.into_iter();
    let fits = |part: Node<'_>| {
        let fits = borrowed <= MOST_BORROWED;
        borrowed = borrowed.saturating_add(part.borrowed());
        fits
    };
    parts.by_ref().map(fits).take_while(|fits| *fits).count()
}

/// Whether a service is read that is put together from other services, too.
pub(super) fn may_borrow(bytes: usize) -> bool {
    bytes <= MOST_BORROWED
}

fn first<T>(items: &mut Vec<T>, most: usize, place: impl Fn(&T) -> Span) -> Vec<Span> {
    let mut numbers: BTreeMap<SourceId, usize> = BTreeMap::new();
    let mut beyond = Vec::new();
    let mut kept = 0;
    items.retain(|item| {
        let place = place(item);
        let number = numbers.entry(place.source).or_default();
        *number += 1;
        let has_room = *number <= most && kept < MOST_IN_ALL;
        if has_room {
            kept += 1;
        } else if *number == most + 1 || *number <= most && beyond.is_empty() {
            beyond.push(place);
        }
        has_room
    });
    beyond
}

/// Whether the server of this number looks at the services around it. Where there are very many
/// of both, the first servers say what there is to say about these services.
pub(super) fn looks_around(number: usize, around: usize) -> bool {
    number == 0 || number.saturating_mul(around) < MOST_PAIRS
}

/// Whether the server of this number speaks of so many problems of its files. They are the same
/// for all, and the first has told them.
pub(super) fn tells(number: usize, problems: usize) -> bool {
    number == 0 || number.saturating_mul(problems) < MOST_PAIRS
}

/// How many ways to itself a server looks at.
pub(super) fn own_ports(looks_around: bool) -> usize {
    if looks_around { MOST_PORTS } else { FEW_PORTS }
}

/// Says of files that not all of them is judged.
pub(super) fn say(deployments: &mut [Deployment], beyond: Vec<Span>) {
    for span in beyond {
        let home = deployments.iter().position(|found| found.sources.contains(&span.source));
        let reason = format!(
            "it has more than {MOST_SERVERS} servers, {MOST_BESIDE} services beside them, \
             {MOST_VARIABLES} variables or {} MiB that they share, and what stands from here on \
             was not judged",
            MOST_BORROWED >> 20
        );
        let problem = Problem::NotParsed { reason, span };
        if let Some(found) = deployments.get_mut(home.unwrap_or(0)) {
            found.evidence.problems.push(problem);
        }
    }
}

/// What containers, patches and volumes of all manifests may ask for together. What stands once in
/// a file may be asked for by any number of them, and by each of them any number of times.
#[derive(Default)]
pub(super) struct Room {
    steps: AtomicUsize,
    kept: AtomicUsize,
    full: OnceLock<SourceId>,
}

impl Room {
    /// Whether so much may still be done, for something in this file.
    pub(super) fn allows(&self, steps: usize, asking: SourceId) -> bool {
        self.has(&self.steps, steps, MOST_STEPS, asking)
    }

    /// Whether so many bytes may still be kept, for something in this file.
    pub(super) fn holds(&self, bytes: usize, asking: SourceId) -> bool {
        self.has(&self.kept, bytes, MOST_KEPT, asking)
    }

    fn has(&self, so_far: &AtomicUsize, more: usize, most: usize, asking: SourceId) -> bool {
        let fits = so_far.load(Relaxed).saturating_add(more) <= most;
        if fits {
            so_far.fetch_add(more, Relaxed);
        } else {
            self.fill(asking);
        }
        fits
    }

    /// There is no room for more of what stands in this file.
    pub(super) fn fill(&self, asking: SourceId) {
        self.full.get_or_init(|| asking);
    }

    /// How many bytes are kept.
    pub(super) fn kept(&self) -> usize {
        self.kept.load(Relaxed)
    }

    /// What was kept beyond so many bytes is not kept any more.
    pub(super) fn give_back(&self, kept: usize) {
        self.kept.store(kept, Relaxed);
    }

    /// The first file for which there was no room.
    pub(super) fn full(&self) -> Option<SourceId> {
        self.full.get().copied()
    }
}

/// How many of these are read at once, so that what is too much is not read before that is known:
/// `weigh` tells how many servers one of them holds at most.
pub(super) fn at_once<T>(list: &[T], weigh: impl Fn(&T) -> usize) -> usize {
    let mut servers = 0;
    let fits = |item: &T| {
        let fits = servers < MOST_SERVERS;
        servers += weigh(item).min(MOST_SERVERS);
        fits
    };
    list.iter().map(fits).take_while(|fits| *fits).count()
}

/// What the deployments of a run may still cost.
#[derive(Default)]
pub(super) struct Budget {
    servers: usize,
    shared: usize,
    seen: BTreeSet<SourceId>,
}

impl Budget {
    /// Whether there is room for more servers at all.
    pub(super) fn is_full(&self) -> bool {
        self.servers >= MOST_IN_ALL
    }

    /// Counts servers that were read, if there is room for all of them. The first are always
    /// taken in.
    pub(super) fn takes(&mut self, servers: usize) -> bool {
        let fits = self.servers == 0 || self.servers + servers <= MOST_IN_ALL;
        self.servers += if fits { servers } else { 0 };
        fits || servers == 0
    }

    /// Whether there is room for deployments that are put together from these files.
    pub(super) fn admits(&mut self, files: &[SourceId], sources: &Sources) -> bool {
        let shared: usize = files
            .iter()
            .filter(|id| self.seen.contains(id))
            .map(|id| sources.get(*id).text.len())
            .sum();
        if self.is_full() || self.shared + shared > MOST_SHARED {
            return false;
        }
        self.shared += shared;
        self.seen.extend(files);
        true
    }
}
