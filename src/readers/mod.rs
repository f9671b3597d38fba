//! One file an input kind: sources in, deployments out. A reader knows how the program that
//! reads the file resolves it, and nothing of what will be judged.

mod bounds;
mod compose;
mod directives;
mod dockerfile;
mod doors;
mod env_file;
mod group;
mod helm;
mod interpolation;
mod kubelet;
mod kubernetes;
mod kustomize;
mod loose;
mod manifests;
mod named;
mod opaque;
mod postbuild;
mod problems;
mod scalar;
mod server_file;
mod shown;
mod telltales;
mod timestamp;
mod workflow;
mod wrappers;

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::OnceLock;

use crate::crypto::keys::Spellings;
use crate::deployment::Deployment;
use crate::deployment::KnownVersion;
use crate::deployment::catalogue::Catalogue;
use crate::deployment::evidence::{Holder, KeyPlace, Loose, Problem};
use crate::deployment::version::Version;
use crate::source::Arrival;
use crate::source::glob::PathSets;
use crate::source::mask::Shown;
use crate::source::{Directive, Source, SourceId, Sources, Span, Trouble};
use crate::syntax::dockerfile::Instruction;
use crate::syntax::{dotenv, hcl, yaml};

pub use bounds::{MOST_LOOSE, MOST_LOOSE_IN_ALL};
pub use directives::MOST as MOST_DIRECTIVES;
pub use group::read;
pub use named::{Named, shown_of_assignments};

/// What a source turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A compose file, with or without an OpenMetadata server in it.
    Compose,
    /// Values of the OpenMetadata chart, or something that may be laid over them.
    Values,
    /// openmetadata.yaml.
    ServerFile,
    /// `NAME=value` lines.
    EnvFile,
    /// A Dockerfile.
    Dockerfile,
    /// A key or a certificate.
    Key,
    /// Kubernetes manifests.
    Manifests,
    /// kustomization.yaml.
    Kustomization,
    /// helmfile.yaml.
    Helmfile,
    /// Chart.yaml or Chart.lock.
    Chart,
    /// A chart's template: not YAML until it is rendered.
    Template,
    /// Nothing of ours.
    Other,
}

/// A source, parsed once.
pub struct Input {
    /// The source.
    pub source: SourceId,
    /// What it is.
    pub role: Role,
    form: Form,
    /// Keys and tokens in it.
    loose: Loose,
    problems: OnceLock<Vec<Problem>>,
    /// Whether it is ours and broken, where its parsed form was let go.
    strayed: Option<bool>,
}

enum Form {
    Yaml(yaml::Tree),
    Env(dotenv::File),
    Docker(Vec<Instruction>),
    None,
    /// Let go of: it is parsed again if it is asked for.
    Gone,
}

/// Files that belong together by their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Companions {
    /// Compose files by their usual names.
    Compose,
    /// Environment files by their usual names.
    Environment,
    /// Values files by their usual names.
    Values,
    /// Kubernetes manifests: any YAML may be one.
    Manifests,
    /// Keys by their usual endings.
    Keys,
}

impl Companions {
    /// Whether a file of this name is one.
    pub fn accept(self, name: &str) -> bool {
        match self {
            Companions::Compose => compose::is_companion(name),
            Companions::Environment => compose::is_env_name(name),
            Companions::Values => helm::is_companion(&name.to_ascii_lowercase()),
            Companions::Keys => {
                [".der", ".pem", ".key", ".pub", ".json"].iter().any(|end| name.ends_with(end))
            }
            Companions::Manifests => name.ends_with(".yaml") || name.ends_with(".yml"),
        }
    }
}

/// A file that a source refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// This file, relative to the source's folder.
    File(String),
    /// Every file of the source's folder that is one of these.
    Beside(Companions),
    /// Every file whose path, relative to the source's folder, fits a pattern.
    Fitting(String),
    /// Every key of this folder, relative to the source's.
    Keys(String),
}

/// What the user said about how files belong together.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// `--env-file`, in order; the later wins.
    pub env_files: Vec<SourceId>,
    /// `--helm-values`, in order; the later wins.
    pub helm_values: Vec<SourceId>,
    /// Deployments that the user put together.
    pub named: Vec<Named>,
    /// What the user says about versions.
    pub versions: Versions,
}

/// What the user says about the versions of servers, whatever the files say.
#[derive(Clone, Debug, Default)]
pub struct Versions {
    /// `--om-version`: nothing else counts then.
    pub flag: Option<(String, Version)>,
    /// Files whose deployments have another version; the first set that has one counts.
    pub places: PathSets,
    /// Their versions, in the same order.
    pub paths: Vec<(String, Version)>,
    /// Of all the others.
    pub otherwise: Option<(String, Version)>,
    /// The working directory, from which files are named.
    pub base: PathBuf,
}

impl Versions {
    /// The version of a deployment that is put together from these files.
    fn of(&self, sources: &Sources, layers: &[SourceId]) -> Option<KnownVersion> {
        let known = |(text, version): &(String, Version), from| {
            KnownVersion::new(*version, text.as_str(), from)
        };
        if let Some(flag) = &self.flag {
            return Some(known(flag, "--om-version"));
        }
        let first = |id: &SourceId| {
            let source = sources.get(*id);
            let file = source.file.clone().unwrap_or_else(|| self.base.join(&source.path));
            self.places.with(&file, &self.base).first().copied()
        };
        let here = layers.iter().filter_map(first).min().map(|at| &self.paths[at]);
        here.or(self.otherwise.as_ref()).map(|version| known(version, "configuration"))
    }
}

/// What the readers made of all inputs.
#[derive(Default)]
pub struct Reading {
    /// One for each server.
    pub deployments: Vec<Deployment>,
    /// What files show by themselves.
    pub loose: Vec<(SourceId, Loose)>,
    /// Named deployments in which no server was found.
    pub empty: Vec<String>,
    /// Files whose servers are not judged: there are too many.
    pub left_out: BTreeSet<SourceId>,
    /// A file that asks for more than is followed in one run.
    pub cut: Option<SourceId>,
    /// Files that were recognised and left alone, and why.
    pub remarks: Vec<(SourceId, String)>,
}

impl Input {
    /// Parses a source by its content.
    pub fn parse(
        id: SourceId,
        source: &Source,
        catalogue: &Catalogue,
        spellings: &Spellings,
    ) -> Input {
        let (mut role, mut form) = classify(source, catalogue);
        let tree = match &form {
            Form::Yaml(tree) => Some(tree),
            _ => None,
        };
        let loose = loose::of(id, source, tree, spellings);
        if role == Role::Other && loose.keys.iter().any(|key| key.holder == Holder::File) {
            (role, form) = (Role::Key, Form::None);
        }
        Input { source: id, role, form, loose, problems: OnceLock::new(), strayed: None }
    }

    /// A part of a source, read as something else than the source itself.
    fn part(source: SourceId, role: Role, tree: yaml::Tree) -> Input {
        Input {
            source,
            role,
            form: Form::Yaml(tree),
            loose: Loose::default(),
            problems: OnceLock::new(),
            strayed: None,
        }
    }

    /// Words for a key file, which from here on stand in place of its text, and all of which its
    /// keys are pointed at by.
    pub fn describe(&mut self) -> Option<String> {
        let key = self.loose.keys.first().filter(|_| self.role == Role::Key)?;
        let text = format!("({})", key.describe());
        for key in &mut self.loose.keys {
            key.span = Span::new(self.source, 0..text.len());
        }
        Some(text)
    }

    fn tree(&self) -> Option<&yaml::Tree> {
        match &self.form {
            Form::Yaml(tree) => Some(tree),
            _ => None,
        }
    }

    /// Where the document that stands at a place of the file stopped being YAML, if it did.
    fn broken_at(&self, place: usize) -> Option<Span> {
        let tree = self.tree().filter(|tree| !tree.errors.is_empty())?;
        let document = tree.around(place);
        let mut errors = tree.errors.iter().map(|error| error.offset);
        let offset = errors.find(|at| document.contains(at))?;
        Some(Span::new(self.source, offset..offset))
    }

    fn instructions(&self) -> &[Instruction] {
        match &self.form {
            Form::Docker(instructions) => instructions,
            _ => &[],
        }
    }

    fn entries(&self) -> &[dotenv::Entry] {
        match &self.form {
            Form::Env(file) => &file.entries,
            _ => &[],
        }
    }

    /// Files that this one refers to.
    pub fn wants(&self, source: &Source) -> Vec<Want> {
        match (self.role, self.tree()) {
            (Role::Compose, Some(tree)) => compose::wants(source, tree),
            (Role::Values, Some(_)) => helm::wants(source),
            (Role::Kustomization, Some(tree)) => {
                let roots = || tree.documents();
                let named = roots().flat_map(kustomize::wants);
                named.chain(wrappers::wants(self, source)).collect()
            }
            (Role::Helmfile, Some(_)) => wrappers::wants(self, source),
            (Role::Dockerfile, _) => dockerfile::wants(self.instructions()),
            // A hook hands over one file; a walk meets them all by itself.
            (Role::Manifests, _) => {
                let is_named = source.arrival == Arrival::Named;
                let beside = is_named.then_some(Want::Beside(Companions::Manifests));
                beside.into_iter().chain(wrappers::wants(self, source)).collect()
            }
            (Role::EnvFile, _) => env_file::wants(self.entries()),
            _ => Vec::new(),
        }
    }

    /// The comments that speak to omlint, where the source is one of ours or holds keys or
    /// tokens.
    pub fn directives(&self, source: &Source) -> Vec<Directive> {
        let matters = !matches!(self.role, Role::Other | Role::Chart) || !self.loose.is_empty();
        if matters { directives::of(self, source) } else { Vec::new() }
    }

    /// How much room it takes, in nodes.
    pub fn size(&self) -> usize {
        self.tree().map_or(0, yaml::Tree::size)
    }

    /// How many keys, tokens and open clients it shows by itself.
    pub fn shows(&self) -> usize {
        self.loose.tokens.len() + self.loose.keys.len() + self.loose.open_clients.len()
    }

    /// Gives back what it shows by itself: there is more of that in a run than anybody looks at.
    /// A key file stays one.
    pub fn show_nothing(&mut self) {
        let keys = match self.role {
            Role::Key => std::mem::take(&mut self.loose.keys),
            _ => Vec::new(),
        };
        self.loose = Loose { keys, cut: true, ..Loose::default() };
    }

    /// Gives back what parsing made of a source that no reader takes for its own. What is wrong
    /// with it stays known.
    pub fn let_go_early(&mut self, sources: &Sources, catalogue: &Catalogue) {
        let strayed = group::is_strayed(self, sources, catalogue);
        if strayed {
            problems(self, sources, catalogue);
        }
        self.strayed = Some(strayed);
        self.let_go();
    }

    /// Gives back what parsing made of the source. To be called when all readers have seen it:
    /// of many files few are printed, and these are parsed again.
    pub fn let_go(&mut self) {
        if matches!(self.form, Form::Yaml(_)) {
            self.form = Form::Gone;
        }
    }

    /// The parts of these lines of the source that may be printed. What it has beyond them is
    /// any.
    pub fn shown(&self, source: &Source, catalogue: &Catalogue, lines: &[Range<usize>]) -> Shown {
        let again = match self.form {
            Form::Gone => Some(classify(source, catalogue).1),
            _ => None,
        };
        match again.as_ref().unwrap_or(&self.form) {
            Form::Yaml(tree) => shown::of_yaml(tree, &source.text, catalogue, lines),
            Form::Env(file) => shown::of_env(file, &source.text, catalogue),
            // The description of a key file is all that is left of it.
            Form::None if self.role == Role::Key => {
                Shown::new(std::iter::once(0..source.text.len()).collect())
            }
            Form::Docker(instructions) => {
                shown::of_dockerfile(instructions, &source.text, catalogue)
            }
            Form::None | Form::Gone => Shown::default(),
        }
    }
}

/// File names that hold shell, code or prose: no reader takes them for configuration.
fn is_foreign_name(name: &str) -> bool {
    const FOREIGN: [&str; 26] = [
        ".sh", ".bash", ".zsh", ".ps1", ".bat", ".py", ".md", ".rst", ".tf", ".hcl", ".java",
        ".js", ".ts", ".go", ".rs", ".rb", ".html", ".css", ".sql", ".xml", ".toml", ".ini",
        ".csv", ".ipynb", ".txt.gz", ".lock",
    ];
    let lower = name.to_ascii_lowercase();
    (FOREIGN.iter().any(|end| lower.ends_with(end)) && lower != "chart.lock")
        || matches!(lower.as_str(), "dockerfile" | "makefile" | "license" | "readme")
        || lower.starts_with("dockerfile.")
}

fn classify(source: &Source, catalogue: &Catalogue) -> (Role, Form) {
    let name = source.name();
    let text = source.text.as_str();
    if matches!(name, "Chart.yaml" | "Chart.lock") {
        return (Role::Chart, Form::Yaml(yaml::parse(text)));
    }
    if dockerfile::is_name(name) {
        return (Role::Dockerfile, Form::Docker(crate::syntax::dockerfile::parse(text)));
    }
    if let Some(tree) = name.ends_with(".tf").then(|| hcl::releases(text)).flatten() {
        return (Role::Helmfile, Form::Yaml(tree));
    }
    if is_foreign_name(name) {
        return (Role::Other, Form::None);
    }
    if source.trouble == Some(Trouble::TooLarge) {
        return (Role::Other, Form::None);
    }
    let lower = name.to_ascii_lowercase();
    let named_yaml = [".yml", ".yaml", ".json"]
        .iter()
        .any(|end| lower.ends_with(end) || lower.contains(&format!("{end}.")));
    // Compose reads `.env` whatever it looks like.
    if name == ".env" || !named_yaml && looks_like_env(text) {
        return (Role::EnvFile, Form::Env(dotenv::parse(text, dotenv::Dialect::Compose)));
    }
    // One that patches its own applications does so with a template in a text.
    let is_set = text.contains("kind: ApplicationSet");
    if is_template(text) && !is_set {
        return (Role::Template, Form::None);
    }
    let tree = yaml::parse_unfilled(text);
    // An expression on a line of its own may stand for any number of lines.
    let is_line = |line: &str| line.trim().starts_with("{{") && line.trim().ends_with("}}");
    if !tree.errors.is_empty() && text.lines().any(is_line) {
        return (Role::Template, Form::None);
    }
    if kustomize::is_name(name) {
        return (Role::Kustomization, Form::Yaml(tree));
    }
    let role = tree
        .documents()
        .map(|root| {
            if server_file::recognises(root)
                // Beside the chart's configuration the same word is a key at the wrong depth.
                && root.at(&["openmetadata", "config"]).is_none()
            {
                Role::ServerFile
            } else if wrappers::is_helmfile(root) {
                Role::Helmfile
            } else if kubernetes::recognises(root) || wrappers::recognises(root) {
                Role::Manifests
            } else if compose::recognises(root) {
                Role::Compose
            } else if wrappers::may_be_one(root) {
                Role::Helmfile
            } else if helm::recognises(root, catalogue)
                || helm::is_values_name(&lower)
                || helm::dependencies::are_in(root, &lower)
            {
                Role::Values
            } else {
                Role::Other
            }
        })
        .find(|role| *role != Role::Other)
        .unwrap_or(Role::Other);
    // Compose fills in variables when it has read the YAML, and refuses what is none.
    let is_broken = role == Role::Compose && tree.is_unfilled;
    let tree = if is_broken { yaml::parse(text) } else { tree };
    (role, Form::Yaml(tree))
}

/// Whether most lines are assignments to upper-case names.
fn looks_like_env(text: &str) -> bool {
    let (mut assignments, mut others) = (0usize, 0usize);
    for line in text.trim_start_matches('\u{feff}').lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        let end = line
            .find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
            .unwrap_or(line.len());
        let rest = line[end..].trim_start();
        if end > 1 && (rest.starts_with('=') || rest.starts_with(": ")) {
            assignments += 1;
        } else {
            others += 1;
        }
    }
    assignments > 0 && assignments >= others
}

/// Whether the text holds template directives that stand on lines of their own.
fn is_template(text: &str) -> bool {
    memchr::memchr2_iter(b'{', b'<', text.as_bytes()).any(|at| {
        let before =
            text[..at].trim_end_matches(|c: char| c != '\n' && c.is_whitespace() || c == '-');
        let starts_line = before.is_empty() || before.ends_with('\n');
        starts_line && is_directive(text[before.len()..].lines().next().unwrap_or_default())
    })
}

fn is_directive(line: &str) -> bool {
    let line = line.trim_start().trim_start_matches("- ").trim_start();
    line.starts_with("{{-")
        || (line.starts_with("{{")
            && [
                "if ",
                "range ",
                "with ",
                "include ",
                "end",
                "define ",
                "else",
                "toYaml ",
                "template ",
            ]
            .iter()
            .any(|word| line.trim_start_matches(['{', '-', ' ']).starts_with(word)))
        || ["{%", "<%", "<#if ", "<#--", "<#list ", "</#"].iter().any(|sign| line.starts_with(sign))
}

/// Keys in the file at `path`, or in the files below it, as the server finds them under `target`.
fn mounted_keys(inputs: &Inputs<'_>, sources: &Sources, path: &str, target: &str) -> Vec<KeyPlace> {
    let target = target.trim_end_matches('/');
    let mut found = Vec::new();
    for input in inputs.keys.iter().map(|&at| &inputs.list[at]) {
        let known = &sources.get(input.source).path;
        let below = match known.strip_prefix(path) {
            Some("") => String::new(),
            Some(rest) if rest.starts_with('/') => rest.to_owned(),
            _ => continue,
        };
        found.extend(
            input
                .loose
                .keys
                .iter()
                .map(|key| KeyPlace { target: Some(format!("{target}{below}")), ..key.clone() }),
        );
    }
    found
}

/// Bytes of a line that are looked at before something in it.
const NEAR: usize = 4 << 10;

/// The end of a text, as much as anybody looks at: a line may be as long as a file.
fn tail(text: &str) -> &str {
    &text[text.ceil_char_boundary(text.len().saturating_sub(NEAR))..]
}

/// Problems of a source's text, for the deployments that it is part of.
fn problems<'i>(input: &'i Input, sources: &Sources, catalogue: &Catalogue) -> &'i [Problem] {
    input.problems.get_or_init(|| problems::look_for(input, sources, catalogue))
}

/// A path relative to `folder`, without `.` and `..` where they can be resolved.
pub fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let full = if path.starts_with('/') { path.to_owned() } else { format!("{folder}{path}") };
    for part in full.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    let joined = parts.join("/");
    if full.starts_with('/') { format!("/{joined}") } else { joined }
}

/// Sources that are part of some deployment and are not judged by themselves.
type Consumed = BTreeSet<SourceId>;

/// The input of a source by its path.
/// All inputs of a run, in the order of their sources, with what finds them fast: a monorepo has
/// thousands, and each project asks for its neighbours.
pub(super) struct Inputs<'a> {
    list: &'a [Input],
    by_path: HashMap<&'a str, usize>,
    by_folder: HashMap<&'a str, Vec<usize>>,
    keys: Vec<usize>,
}

impl<'a> Inputs<'a> {
    fn new(list: &'a [Input], sources: &'a Sources) -> Self {
        let mut by_path = HashMap::with_capacity(list.len());
        let mut by_folder: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, input) in list.iter().enumerate() {
            let source = sources.get(input.source);
            by_path.entry(source.path.as_str()).or_insert(at);
            by_folder.entry(source.folder()).or_default().push(at);
        }
        let keys = (0..list.len()).filter(|&at| list[at].role == Role::Key).collect();
        Inputs { list, by_path, by_folder, keys }
    }

    /// All of them.
    fn iter(&self) -> std::slice::Iter<'a, Input> {
        self.list.iter()
    }

    /// The input of a source, if it is one.
    fn of(&self, id: SourceId) -> Option<&'a Input> {
        let at = self.list.binary_search_by_key(&id, |input| input.source).ok()?;
        Some(&self.list[at])
    }

    /// The input at a path.
    fn at(&self, path: &str) -> Option<&'a Input> {
        self.by_path.get(path).map(|&at| &self.list[at])
    }

    /// The inputs that stand in a folder itself.
    fn in_folder(&self, folder: &str) -> impl Iterator<Item = &'a Input> + use<'a> {
        let list = self.list;
        let at = self.by_folder.get(folder).cloned().unwrap_or_default();
        at.into_iter().map(move |at| &list[at])
    }
}
