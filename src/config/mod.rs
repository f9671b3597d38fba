//! `omlint.toml`: where it is found, what it says, and what of that is wrong. The file is a
//! source with places like any other. Knows neither readers nor findings.

mod deployments;
pub mod keys;
mod known;
pub mod listing;
mod read;
mod rules;
pub mod schema;
mod select;
mod settings;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::crypto::known::{KnownKey, KnownKeys};
use crate::deployment::version::Version;
use crate::rules::Knowledge;
use crate::rules::schema::{Profile, Severity};
use crate::source::diagnostic::Diagnostic;
use crate::source::discover::{Disk, decoded};
use crate::source::glob::PathSet;
use crate::source::mask::Shown;
use crate::source::{Arrival, SourceId, Sources, Span, lexical};
use read::{Fields, Patterns};

pub use deployments::Named;
pub use select::ids;
pub use settings::{Chosen, Flags, From, Settings};

/// The names of a configuration file.
pub const NAMES: [&str; 2] = ["omlint.toml", ".omlint.toml"];

/// A larger file is refused: each of its tables and globs costs time in every run.
const MAX_BYTES: usize = 256 << 10;

/// A value and the characters that say it.
#[derive(Clone, Debug)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

/// Which configuration file a run has.
#[derive(Clone, Debug, Default)]
pub enum Choice {
    /// The nearest above what is scanned, up to the root of the repository.
    #[default]
    Nearest,
    /// This one.
    File(PathBuf),
    /// A text, as if it stood in the working directory under the usual name.
    Text(String),
    /// None.
    Isolated,
}

/// A configuration file.
#[derive(Clone, Debug)]
struct Config {
    /// The folder that its paths start from.
    root: PathBuf,
    fields: Top,
    /// `[[override]]`, in order; the later wins.
    overrides: Vec<Override>,
    /// `[[deployment]]`.
    deployments: Vec<Named>,
    /// `[[waiver]]`.
    waivers: Vec<Waiver>,
    /// `[[known-key]]`.
    known_keys: Vec<KnownKey>,
}

/// The keys at the top of the file.
#[derive(Clone, Debug, Default)]
struct Top {
    select: Option<List>,
    ignore: Option<List>,
    severity: Vec<(Placed<String>, Placed<Severity>)>,
    fail_on: Option<Placed<String>>,
    min_severity: Option<Placed<String>>,
    min_confidence: Option<Placed<String>>,
    profile: Option<Placed<String>>,
    exclude: Option<List>,
    om_version: Option<Placed<(String, Version)>>,
    baseline: Option<Placed<String>>,
    rule_dirs: Option<List>,
}

/// A list, and the place of its key.
#[derive(Clone, Debug)]
struct List {
    /// The key.
    key: Span,
    /// The texts.
    items: Vec<Placed<String>>,
}

/// Other values for some paths.
#[derive(Clone, Debug)]
pub struct Override {
    /// The table.
    pub span: Span,
    /// The files.
    pub paths: PathSet,
    /// What their deployments are for.
    pub profile: Option<Profile>,
    /// Rules or topics whose findings in them are dropped.
    pub ignore: Vec<Placed<String>>,
    /// Severities of findings in them.
    pub severity: Vec<(Placed<String>, Placed<Severity>)>,
    /// The version of their deployments.
    pub om_version: Option<(String, Version)>,
}

/// A finding that is accepted.
#[derive(Clone, Debug)]
pub struct Waiver {
    /// The table.
    pub span: Span,
    /// The rule, which need not exist.
    pub rule: Placed<String>,
    /// The files.
    pub path: PathSet,
    /// Where the files are named.
    pub path_span: Span,
    /// Why; absent where the text is empty.
    pub reason: Option<Placed<String>>,
    /// The last day on which it holds, as its first second since 1970.
    pub expires: Option<Placed<i64>>,
}

/// What a run goes by.
#[derive(Clone)]
pub struct Loaded {
    /// The first sources of the run: the configuration file, if there is one.
    pub sources: Sources,
    /// The configuration file.
    pub file: Option<SourceId>,
    /// What may be printed of them.
    shown: HashMap<SourceId, Shown>,
    /// Flags over the file over the defaults.
    pub settings: Settings,
    /// What is known, with what the file adds.
    pub knowledge: Arc<Knowledge>,
    /// What is wrong: then the run cannot mean what was asked.
    pub problems: Vec<Diagnostic>,
}

impl Default for Loaded {
    /// Nobody says anything.
    fn default() -> Self {
        Loaded::isolated(&Flags::default(), Path::new(""))
    }
}

impl Loaded {
    /// The folder of the configuration file.
    pub fn folder(&self) -> Option<&Path> {
        self.sources.iter().next().and_then(|(_, source)| source.file.as_deref()?.parent())
    }

    /// Flags over the defaults, without a file.
    pub fn isolated(flags: &Flags, base: &Path) -> Self {
        load(&Disk::new(base.to_owned(), false), &Choice::Isolated, &[], flags)
    }

    /// What may be printed of a source.
    pub fn shown(&self, id: SourceId) -> Shown {
        self.shown.get(&id).cloned().unwrap_or_default()
    }
}

/// Configuration files that a run over some paths does not go by, though one might think so.
pub fn unused(disk: &Disk, paths: &[PathBuf], loaded: &Loaded) -> Vec<String> {
    let used = loaded.file.map(|id| loaded.sources.get(id).path.as_str());
    let files = disk.all_named(paths, &NAMES).into_iter();
    files.filter(|path| Some(path.as_str()) != used).collect()
}

/// Loads what a run over some paths goes by.
pub fn load(disk: &Disk, choice: &Choice, paths: &[PathBuf], flags: &Flags) -> Loaded {
    let mut file = File::default();
    read_file(disk, choice, paths, &mut file);
    let settings = Settings::new(flags, file.config.as_ref(), &disk.file(""), &mut file.problems);
    let knowledge = knowledge(&mut file, disk, flags);
    select::check(&settings, file.config.as_ref(), flags, &knowledge, &mut file.problems);
    file.problems.sort_by_key(|problem| problem.span);
    loaded(file, settings, knowledge)
}

/// Loads a configuration file and nothing that it names.
pub fn load_alone(disk: &Disk, choice: &Choice, paths: &[PathBuf]) -> Loaded {
    let mut file = File::default();
    read_file(disk, choice, paths, &mut file);
    let flags = Flags::default();
    let settings = Settings::new(&flags, file.config.as_ref(), &disk.file(""), &mut file.problems);
    let knowledge = Knowledge::built_in().clone();
    loaded(file, settings, knowledge)
}

fn loaded(file: File, settings: Settings, knowledge: Arc<Knowledge>) -> Loaded {
    Loaded {
        file: file.id,
        sources: file.sources,
        shown: file.shown,
        settings,
        knowledge,
        problems: file.problems,
    }
}

/// What is built in, with the rules and keys that the user adds.
fn knowledge(file: &mut File, disk: &Disk, flags: &Flags) -> Arc<Knowledge> {
    let mut folders: Vec<rules::Folder> = Vec::new();
    let keys = file.config.as_ref().map(|config| config.known_keys.clone()).unwrap_or_default();
    if !flags.rule_dirs.is_empty() {
        folders.extend(flags.rule_dirs.iter().map(|dir| {
            let path = lexical(&disk.file("").join(dir));
            rules::Folder { top: Some(path.clone()), path, span: None }
        }));
    } else if let Some(config) = &file.config {
        let items = config.fields.rule_dirs.iter().flat_map(|list| &list.items);
        let top = disk.top_above(&lexical(&config.root));
        folders.extend(items.map(|item| rules::Folder {
            path: lexical(&config.root.join(&item.value)),
            span: Some(item.span),
            top: top.clone(),
        }));
    }
    // Reading rules costs nothing where nobody has any.
    if folders.is_empty() && keys.is_empty() {
        return Knowledge::built_in().clone();
    }
    let own = rules::read(&folders, disk, &mut file.sources, &mut file.problems);
    file.shown.extend(own.shown);
    Arc::new(Knowledge::with(own.rules, KnownKeys { keys, tokens: Vec::new() }))
}

/// What became of the file.
#[derive(Default)]
struct File {
    id: Option<SourceId>,
    sources: Sources,
    config: Option<Config>,
    shown: HashMap<SourceId, Shown>,
    problems: Vec<Diagnostic>,
}

fn read_file(disk: &Disk, choice: &Choice, paths: &[PathBuf], loaded: &mut File) {
    let path = match choice {
        Choice::Isolated => return,
        Choice::File(path) => disk.from_here(path),
        Choice::Text(_) => NAMES[0].to_owned(),
        Choice::Nearest => {
            let mut names = disk.nearest(paths, &NAMES).into_iter();
            let Some(path) = names.next() else { return };
            if let Some(other) = names.next() {
                loaded.problems.push(
                    Diagnostic::nowhere(format!("both `{path}` and `{other}` are here"))
                        .help("omlint reads one of them: delete the other"),
                );
                return;
            }
            // Whoever may change the repository must not make a run read what lies elsewhere.
            let file = lexical(&disk.file(&path));
            let top = file.parent().and_then(|folder| disk.top_above(folder));
            if let Err(why) = disk.look(&file, top.as_deref()) {
                let message = format!("the configuration `{path}`: {why}");
                loaded.problems.push(Diagnostic::nowhere(message));
                return;
            }
            path
        }
    };
    let read = match choice {
        Choice::Text(text) => {
            let mut source = decoded(&path, text.clone().into_bytes(), Arrival::Referred);
            source.file = Some(disk.file(&path));
            Ok(source)
        }
        _ => disk.named(&path, Arrival::Referred),
    };
    let source = match read {
        Ok(source) => source,
        Err(note) => {
            let message = format!("the configuration `{}`: {}", note.path, note.reason);
            loaded.problems.push(Diagnostic::nowhere(message));
            return;
        }
    };
    if source.text.len() > MAX_BYTES {
        loaded.problems.push(Diagnostic::nowhere(format!(
            "the configuration `{path}`: expected at most {} KiB, found {} KiB",
            MAX_BYTES >> 10,
            source.text.len() >> 10
        )));
        return;
    }
    let root = disk.file(source.folder());
    let id = loaded.sources.add(source);
    loaded.id = Some(id);
    let source = loaded.sources.get(id);
    if source.trouble.is_some() {
        loaded.problems.push(Diagnostic::new(
            Span::new(id, 0..0),
            "the configuration is not UTF-8",
            "this file cannot be read as TOML",
        ));
        return;
    }
    let (fields, problems, shown) = read::read(id, &source.text);
    loaded.problems.extend(problems);
    loaded.shown.insert(id, shown);
    loaded.config = Some(Config::new(disk, root, fields, &mut loaded.problems));
}

impl Config {
    fn new(
        disk: &Disk,
        root: PathBuf,
        mut fields: Fields,
        problems: &mut Vec<Diagnostic>,
    ) -> Config {
        let list = |fields: &mut Fields, name: &str| {
            let key = fields.key(name)?;
            Some(List { key, items: fields.texts(name)? })
        };
        let top = Top {
            select: list(&mut fields, "select"),
            ignore: list(&mut fields, "ignore"),
            severity: fields.levels("severity"),
            fail_on: fields.text("fail-on"),
            min_severity: fields.text("min-severity"),
            min_confidence: fields.text("min-confidence"),
            profile: fields.text("profile"),
            exclude: list(&mut fields, "exclude"),
            om_version: fields.version("om-version"),
            baseline: fields.text("baseline"),
            rule_dirs: list(&mut fields, "rule-dirs"),
        };
        let mut config = Config {
            fields: top,
            overrides: Vec::new(),
            deployments: Vec::new(),
            waivers: Vec::new(),
            known_keys: Vec::new(),
            root,
        };
        for table in fields.tables("override") {
            config.overrides.extend(override_of(table, &config.root));
        }
        let tables = fields.tables("deployment");
        config.deployments = deployments::read(tables, disk, &config.root, problems);
        let mut patterns = Patterns::default();
        for table in fields.tables("waiver") {
            config.waivers.extend(waiver(table, &config.root, &mut patterns, problems));
        }
        for table in fields.tables("known-key") {
            config.known_keys.extend(known::read(table, disk, &config.root, problems));
        }
        config
    }
}

fn override_of(mut table: Fields, root: &Path) -> Option<Override> {
    Some(Override {
        span: table.span,
        paths: PathSet::new(root, &values(&table.texts("paths")?)),
        profile: table.text("profile").and_then(|word| profile(&word.value)),
        ignore: table.texts("ignore").unwrap_or_default(),
        severity: table.levels("severity"),
        om_version: table.version("om-version").map(|version| version.value),
    })
}

fn waiver(
    mut table: Fields,
    root: &Path,
    patterns: &mut Patterns,
    problems: &mut Vec<Diagnostic>,
) -> Option<Waiver> {
    let path = table.text("path")?;
    if let Err(problem) = patterns.take(&path) {
        problems.push(problem);
        return None;
    }
    if let Some(reason) = PathSet::problem(&path.value) {
        problems.push(Diagnostic::new(
            path.span,
            format!("bad pattern in `path`: {reason}"),
            "this pattern cannot be read",
        ));
    }
    Some(Waiver {
        span: table.span,
        rule: table.text("rule")?,
        path: PathSet::new(root, &[&path.value]),
        path_span: path.span,
        reason: table.text("reason"),
        expires: table.day("expires"),
    })
}

fn values(texts: &[Placed<String>]) -> Vec<&str> {
    texts.iter().map(|text| text.value.as_str()).collect()
}

fn profile(word: &str) -> Option<Profile> {
    match word {
        "production" => Some(Profile::Production),
        "development" => Some(Profile::Development),
        _ => None,
    }
}

/// The first second of a day in UTC, since 1970.
pub fn day(text: &str) -> Option<i64> {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |at: usize, digits: usize, most: i64| {
        let part = parts.get(at).filter(|part| part.len() == digits)?;
        part.parse::<i64>().ok().filter(|number| (1..=most).contains(number))
    };
    let (year, month, day) = (number(0, 4, 9999)?, number(1, 2, 12)?, number(2, 2, 31)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if parts.len() != 3 || day > longest {
        return None;
    }
    // Howard Hinnant's days_from_civil.
    let year = year - i64::from(month <= 2);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let year_of_era = year.rem_euclid(400);
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some((year.div_euclid(400) * 146_097 + day_of_era - 719_468) * 86_400)
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn days_are_days() {
        assert_eq!(day("1970-01-01"), Some(0));
        assert_eq!(day("2000-02-29"), Some(951_782_400));
        for wrong in ["2026-13-01", "2026-02-29", "2026-04-31", "tomorrow", "2026-1-1"] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }
}
