//! `omlint` tells whether the OpenMetadata deployments described by a set of files are safe.
//!
//! The library scans sources and returns findings. It prints nothing and never exits.

pub mod cli;
pub mod compliance;
pub mod config;
pub mod crypto;
pub mod deployment;
mod gather;
pub mod lint;
pub mod proposal;
pub mod readers;
pub mod rehearsal;
pub mod report;
pub mod rules;
pub mod source;
pub mod syntax;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use compliance::Assessment;
use config::{Loaded, Placed};

use deployment::Deployment;
use deployment::catalogue::SettingId;
use deployment::evidence::Loose;
use gather::Gathering;
use lint::policy::ForPaths;
use lint::{Accepted, Day, Finding, Policy, Tally, Waived, Waiver};
use readers::{Input, MOST_DIRECTIVES, MOST_LOOSE, MOST_LOOSE_IN_ALL, ReadOptions, Role, Versions};
use report::compliance::Subject;
use report::{Showing, View};
use rules::Knowledge;
use rules::proofs::Proofs;
use rules::schema::Severity;
use source::discover::{Disk, Note, STALE};
use source::git::Changes;
use source::glob::PathSets;
use source::ground::Ground;
use source::mask::{Shown, sentence};
use source::repository::Repository;
use source::stages::Stages;
use source::{SourceId, Sources, spread};

/// Of so many files the parsed form is kept until they are reported on.
const MOST_KEPT: usize = 24;

/// Comments of a run that waive something.
const MOST_WAIVERS: usize = 10_000;

/// What to scan, and how.
#[derive(Clone)]
pub struct Request {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Text that is no file: its name for reports, and its bytes.
    pub stdin: Option<(String, Vec<u8>)>,
    /// Where relative paths start.
    pub base: PathBuf,
    /// Scan what git ignores too.
    pub no_ignore: bool,
    /// Environment files that fill in variables, the later over the earlier.
    pub env_files: Vec<PathBuf>,
    /// Values files laid over each other, the later over the earlier.
    pub helm_values: Vec<PathBuf>,
    /// The time of the run, in seconds since 1970: it decides what has expired.
    pub now: i64,
    /// What the run goes by, sound or not.
    pub config: Loaded,
    /// Comments in the files may waive findings.
    pub inline_waivers: bool,
}

/// Everything that a scan found.
pub struct Scan {
    /// The files that were read.
    pub sources: Sources,
    inputs: Vec<Input>,
    /// What was known.
    pub knowledge: Arc<Knowledge>,
    own: HashMap<SourceId, Shown>,
    helm_set: Vec<Vec<source::Text>>,
    /// One for each server.
    pub deployments: Vec<Deployment>,
    /// What files could not show, for each deployment.
    pub cannot_tell: Vec<Vec<String>>,
    /// Violations of rules, sorted by path, position and rule.
    pub findings: Vec<Finding>,
    /// What was skipped, and why.
    pub notes: Vec<Note>,
    /// Paths that were asked for and could not be looked at.
    pub failures: Vec<Note>,
    /// A part of the program broke; the rest is reported all the same.
    pub broken: Vec<String>,
    /// How many files were met.
    pub files_seen: usize,
    /// What was asked for.
    pub ground: Ground,
    /// Where the working directory stands in its repository.
    pub repository: Repository,
    /// What was decided about rules.
    policy: Policy,
    /// Whether everything was looked at that the configuration is about.
    whole: bool,
    /// The time of the run, in seconds since 1970.
    pub now: i64,
    /// How long each stage took.
    pub stages: Stages,
}

impl Scan {
    /// Holds a framework against the deployments. `None` if there is no such framework.
    pub fn assess(&self, framework: &str) -> Option<Assessment<'_>> {
        let (name, framework) =
            Knowledge::frameworks().iter().find(|(name, _)| *name == framework)?;
        let options = self.options();
        let rulings: Vec<_> = self
            .deployments
            .iter()
            .map(|one| lint::ruling::rulings(&self.knowledge, &self.sources, one, options))
            .collect();
        let of = (name, framework);
        Some(compliance::assess(&self.knowledge, of, &self.deployments, &rulings, &self.findings))
    }

    /// The settings of each deployment that rules look at.
    pub fn asked(&self) -> Vec<BTreeSet<SettingId>> {
        let asked = |one| lint::asked(&self.knowledge, &self.sources, one, self.options());
        self.deployments.iter().map(asked).collect()
    }

    fn options(&self) -> lint::Options<'_> {
        lint::Options { policy: &self.policy, now: self.now, whole: self.whole }
    }

    /// All of it as a report is made of: every finding, no colours. `shown` says what may be
    /// printed.
    pub fn view<'a>(&'a self, shown: &'a Showing<'a>) -> View<'a> {
        View {
            sources: &self.sources,
            deployments: &self.deployments,
            cannot_tell: &self.cannot_tell,
            findings: self.findings.iter().collect(),
            hidden: 0,
            waived: Tally::default(),
            least: Severity::Info,
            notes: &self.notes,
            failures: &self.failures,
            broken: &self.broken,
            files_seen: self.files_seen,
            repository: &self.repository,
            exit_code: 0,
            category: "",
            shown,
            color: false,
        }
    }

    /// What a page about a framework is made of; `asked` are the settings that rules look at.
    pub fn subject<'a>(&'a self, asked: &'a [BTreeSet<SettingId>]) -> Subject<'a> {
        Subject {
            knowledge: &self.knowledge,
            sources: &self.sources,
            deployments: &self.deployments,
            cannot_tell: &self.cannot_tell,
            asked,
            files_seen: self.files_seen,
            now: self.now,
        }
    }

    /// The parts of a source that may be printed.
    pub fn shown(&self, id: SourceId) -> Shown {
        let all = 0..self.sources.get(id).text.len();
        self.shown_of(id, std::slice::from_ref(&all))
    }

    /// The parts of some lines of a source that may be printed: to know them takes less.
    pub fn shown_of(&self, id: SourceId, lines: &[Range<usize>]) -> Shown {
        let source = self.sources.get(id);
        if let Some(own) = self.own.get(&id) {
            return with_assignments(own, &self.helm_set, &source.text, &self.knowledge);
        }
        // Inputs are in the order of their sources; only such that broke a reader are missing.
        match self.inputs.binary_search_by_key(&id, |input| input.source).ok() {
            Some(at) => self.inputs[at].shown(source, &self.knowledge.catalogue, lines),
            None => Shown::default(),
        }
    }

    /// Notes that a baseline records findings that are not there any more.
    pub fn remark_stale(&mut self, path: &str, number: usize) {
        if number == 0 {
            return;
        }
        let (records, are) = if number == 1 { ("record", "its") } else { ("records", "their") };
        self.notes.push(Note {
            path: path.to_owned(),
            kind: STALE,
            reason: format!(
                "{number} {records} without {are} finding; `omlint baseline update` takes them out"
            ),
        });
        self.notes.sort();
    }

    /// What each source was taken for, for `--verbose`.
    pub fn roles(&self) -> impl Iterator<Item = (SourceId, Role)> {
        self.inputs.iter().map(|input| (input.source, input.role))
    }
}

/// What may be printed of a configuration file: what its reader shows, and in `helm-set` the
/// values of public settings.
pub fn shown_of(config: &Loaded, file: SourceId) -> Shown {
    let sets: Vec<_> = config.settings.deployments.iter().map(|d| d.helm_set.clone()).collect();
    let text = &config.sources.get(file).text;
    with_assignments(&config.shown(file), &sets, text, &config.knowledge)
}

fn with_assignments(
    shown: &Shown,
    sets: &[Vec<source::Text>],
    text: &str,
    knowledge: &Knowledge,
) -> Shown {
    let mut ranges = shown.ranges().to_vec();
    for texts in sets {
        let shown = readers::shown_of_assignments(texts, text, &knowledge.catalogue);
        ranges.extend(shown.ranges().iter().cloned());
    }
    Shown::new(ranges)
}

/// Scans files and judges the deployments that they describe.
pub fn scan(request: &Request) -> Scan {
    scan_on(request, &disk_of(request))
}

/// Accepts the findings that changes have nothing to do with: none of their labels lies in a
/// changed file, and they were there before.
pub fn limit(request: &Request, scan: &mut Scan, changes: &Changes) {
    let disk = disk_of(request).before(changes.before.clone());
    let before = scan_on(request, &disk).findings;
    let before: HashSet<&str> = before.iter().map(|finding| &*finding.fingerprint).collect();
    let changed: HashSet<SourceId> = scan
        .sources
        .iter()
        .filter(|(_, source)| source.file.as_deref().is_some_and(|file| changes.contains(file)))
        .map(|(id, _)| id)
        .collect();
    for finding in &mut scan.findings {
        let mut labels = std::iter::once(&finding.primary).chain(&finding.related);
        let touched = labels.any(|label| changed.contains(&label.span.source));
        if !touched && before.contains(&*finding.fingerprint) {
            finding.waived.get_or_insert_with(|| Waived {
                kind: Accepted::OutOfDiff,
                reason: String::new(),
                path: None,
                line: None,
            });
        }
    }
}

fn disk_of(request: &Request) -> Disk {
    let excluded = request.config.settings.exclude.value.clone();
    Disk::new(request.base.clone(), request.no_ignore).without(excluded)
}

fn scan_on(request: &Request, disk: &Disk) -> Scan {
    let mut stages = Stages::default();
    let config = &request.config;
    let knowledge = &config.knowledge;
    let mut named = request.paths.clone();
    named.extend(request.env_files.iter().cloned());
    named.extend(request.helm_values.iter().cloned());
    let mut found = disk.find(&named);
    found.files.extend(disk.past_files(&named));
    stages.end("discovery");

    let mut gathering = Gathering::new(disk, config, found.notes, found.failures);
    gathering.take_found(request.stdin.as_ref(), found.files);
    let whole = disk.covers(&request.paths, config.folder());
    let named = gathering.take_named(whole);
    stages.end("parsing");
    gathering.follow();
    gathering.mark_kept_out();
    stages.end("references");
    let Gathering { sources, mut inputs, mut notes, mut failures, mut broken, .. } = gathering;
    let numbers = |paths: &[PathBuf]| -> Vec<SourceId> {
        paths.iter().filter_map(|path| sources.by_file(&request.base.join(path))).collect()
    };
    let options = ReadOptions {
        env_files: numbers(&request.env_files),
        helm_values: numbers(&request.helm_values),
        named,
        versions: versions(request),
    };
    let mut reading = catch_unwind(AssertUnwindSafe(|| {
        readers::read(&inputs, &sources, &knowledge.catalogue, &options)
    }))
    .unwrap_or_else(|_| {
        broken.push("reading the files".into());
        readers::Reading::default()
    });
    for deployment in &mut reading.deployments {
        // They name paths, and a path may be a URL with a token in it.
        let texts =
            deployment.remarks.iter_mut().chain(deployment.unseen.iter_mut().map(|(name, _)| name));
        texts.for_each(|text| *text = sentence(text));
    }
    for (source, reason) in reading.remarks {
        let path = sources.get(source).path.clone();
        notes.push(Note { path, kind: "skipped", reason });
    }
    for source in &reading.left_out {
        let path = sources.get(*source).path.clone();
        let reason = "not judged: there are more servers in this run than omlint judges at once; name fewer files";
        failures.push(Note { path, kind: "skipped", reason: reason.into() });
    }
    if let Some(source) = reading.cut {
        let path = sources.get(source).path.clone();
        let reason = "not judged as a whole: what it takes in from elsewhere is more than omlint \
                      follows in one run; name fewer files";
        failures.push(Note { path, kind: "skipped", reason: reason.into() });
    }
    for (source, _) in reading.loose.iter().filter(|(_, loose)| loose.cut) {
        let path = sources.get(*source).path.clone();
        let reason = format!(
            "not judged as a whole: it has more than {MOST_LOOSE} tokens or keys, or the files \
             of this run have more than {MOST_LOOSE_IN_ALL}; name fewer files"
        );
        failures.push(Note { path, kind: "skipped", reason });
    }
    for name in &reading.empty {
        let reason = format!("the deployment `{name}` holds no OpenMetadata server");
        let path = config.file.map_or_else(String::new, |id| sources.get(id).path.clone());
        failures.push(Note { path, kind: "skipped", reason });
    }
    stages.end("deployments");
    let policy = policy(request);
    let lint_options = lint::Options { policy: &policy, now: request.now, whole };
    let waivers = waivers(request, &inputs, &sources, &mut notes);
    if inputs.len() > MOST_KEPT {
        inputs.iter_mut().for_each(Input::let_go);
    }
    let proofs =
        catch_unwind(AssertUnwindSafe(|| Proofs::of(&knowledge.known_keys, &reading.loose)))
            .unwrap_or_else(|_| {
                broken.push("verifying tokens".into());
                Proofs::default()
            });
    for source in proofs.unproven() {
        let path = sources.get(*source).path.clone();
        let reason = "not judged as a whole: there are more tokens in this run than omlint \
                      verifies at once; name fewer files";
        failures.push(Note { path, kind: "skipped", reason: reason.into() });
    }
    let judge = |deployments: &[Deployment], loose: &[(SourceId, Loose)]| {
        catch_unwind(AssertUnwindSafe(|| {
            lint::run(knowledge, &sources, deployments, (loose, &proofs), &waivers, lint_options)
        }))
    };
    let findings = judge(&reading.deployments, &reading.loose).unwrap_or_else(|_| {
        broken.push("judging the deployments".into());
        Vec::new()
    });
    let cannot_tell = spread::map(&reading.deployments, |deployment| {
        lint::cannot_tell(knowledge, &sources, deployment, lint_options)
    });
    notes.sort();
    notes.dedup();
    stages.end("rules");
    Scan {
        stages,
        knowledge: knowledge.clone(),
        own: config.sources.iter().map(|(id, _)| (id, config.shown(id))).collect(),
        helm_set: config.settings.deployments.iter().map(|d| d.helm_set.clone()).collect(),
        sources,
        inputs,
        deployments: reading.deployments,
        cannot_tell,
        findings,
        notes,
        failures,
        broken,
        files_seen: found.seen + usize::from(request.stdin.is_some()),
        ground: Ground { base: request.base.clone(), paths: request.paths.clone() },
        repository: disk.home(),
        policy,
        whole,
        now: request.now,
    }
}

/// What the flags and the file say about versions.
fn versions(request: &Request) -> Versions {
    let settings = &request.config.settings;
    let chosen = &settings.om_version;
    let (flag, otherwise) = match chosen.from {
        config::From::Flag => (chosen.value.clone(), None),
        _ => (None, chosen.value.clone()),
    };
    let given = settings.overrides.iter().rev();
    let (places, paths): (Vec<_>, Vec<_>) =
        given.filter_map(|rule| Some((&rule.paths, rule.om_version.clone()?))).unzip();
    Versions { flag, places: PathSets::new(places), paths, otherwise, base: request.base.clone() }
}

/// What the files and the configuration accept, in this order.
fn waivers(
    request: &Request,
    inputs: &[Input],
    sources: &Sources,
    notes: &mut Vec<Note>,
) -> Vec<Waiver> {
    let mut waivers: Vec<Waiver> = Vec::new();
    for input in inputs.iter().filter(|_| request.inline_waivers) {
        let source = sources.get(input.source);
        let mut directives = input.directives(source);
        let room = MOST_WAIVERS.saturating_sub(waivers.len());
        if directives.len() >= MOST_DIRECTIVES || directives.len() > room {
            let reason = format!(
                "not all comments that waive something were read: omlint reads {MOST_DIRECTIVES} of \
                 a file and {MOST_WAIVERS} of a run"
            );
            notes.push(Note { path: source.path.clone(), kind: "skipped", reason });
        }
        directives.truncate(room);
        waivers.extend(directives.iter().filter_map(|one| Waiver::inline(one, sources)));
    }
    waivers.extend(request.config.settings.waivers.iter().map(|waiver| {
        let day = |day: &Placed<i64>| Day { start: day.value, place: day.span };
        Waiver::configured(
            waiver.span,
            (&waiver.rule.value, waiver.rule.span),
            waiver.path.clone(),
            waiver.reason.as_ref().map(|reason| reason.value.as_str()),
            waiver.expires.as_ref().map(day),
        )
    }));
    waivers
}

/// What the flags and the file say about rules.
fn policy(request: &Request) -> Policy {
    let settings = &request.config.settings;
    let knowledge = &request.config.knowledge;
    let ids = |names: &[String]| config::ids(names.iter().map(String::as_str), knowledge);
    let levels = |list: &[(Placed<String>, Placed<Severity>)]| {
        list.iter().map(|(rule, level)| (rule.value.clone(), level.value)).collect()
    };
    let select = &settings.select;
    Policy {
        select: (select.from != config::From::Default).then(|| ids(&select.value)),
        ignore: ids(&settings.ignore.value),
        severity: levels(&settings.severity),
        profile: settings.profile.value,
        profile_is_final: settings.profile.from == config::From::Flag,
        named: settings
            .deployments
            .iter()
            .filter_map(|named| Some((named.name.value.clone(), named.profile.as_ref()?.value)))
            .collect(),
        paths: settings
            .overrides
            .iter()
            .map(|rule| ForPaths {
                ignore: config::ids(rule.ignore.iter().map(|r| r.value.as_str()), knowledge),
                severity: levels(&rule.severity),
                profile: rule.profile,
            })
            .collect(),
        places: PathSets::new(settings.overrides.iter().map(|rule| &rule.paths)),
        base: request.base.clone(),
    }
}
