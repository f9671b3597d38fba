//! Sets of paths that a user writes as patterns, with the meaning that `.gitignore` has made
//! common. Knows nothing of what the paths are for.

use std::path::{Path, PathBuf};

use globset::{Glob, GlobBuilder, GlobSet};

use super::nearest::lexical;

/// Patterns, and the folder that they start from.
#[derive(Clone, Debug)]
pub struct PathSet {
    root: PathBuf,
    patterns: Vec<String>,
    set: PathSets,
}

impl Default for PathSet {
    fn default() -> Self {
        PathSet { root: PathBuf::new(), patterns: Vec::new(), set: PathSets::default() }
    }
}

/// Several sets, asked together which of them a file is in: where there are many sets and many
/// files, to ask one after the other takes long.
#[derive(Clone, Debug, Default)]
pub struct PathSets {
    /// Those of one folder, which most are.
    groups: Vec<Group>,
}

#[derive(Clone, Debug)]
struct Group {
    root: PathBuf,
    globs: GlobSet,
    /// The number of the set that each is of.
    owners: Vec<usize>,
}

impl PathSets {
    /// All of these, in their order.
    pub fn new<'s>(sets: impl IntoIterator<Item = &'s PathSet>) -> PathSets {
        let mut groups: Vec<(PathBuf, Vec<(Glob, usize)>)> = Vec::new();
        for (number, set) in sets.into_iter().enumerate() {
            let globs = globs(&set.patterns).map(|glob| (glob, number));
            match groups.iter_mut().find(|(root, _)| *root == set.root) {
                Some((_, list)) => list.extend(globs),
                None => groups.push((set.root.clone(), globs.collect())),
            }
        }
        let group = |(root, list): (PathBuf, Vec<(Glob, usize)>)| {
            let (globs, owners): (Vec<Glob>, Vec<usize>) = list.into_iter().unzip();
            let globs = GlobSet::new(&globs).unwrap_or_default();
            (!globs.is_empty()).then_some(Group { root, globs, owners })
        };
        PathSets { groups: groups.into_iter().filter_map(group).collect() }
    }

    /// The numbers of the sets that a file is in, in their order. A file that is not below a
    /// set's folder is taken relative to `base`, the working directory.
    pub fn with(&self, file: &Path, base: &Path) -> Vec<usize> {
        let mut found = Vec::new();
        if self.groups.is_empty() {
            return found;
        }
        let file = lexical(file);
        let below = |root: &Path| file.strip_prefix(root).ok().map(Path::to_owned);
        for group in &self.groups {
            let path = below(&group.root).or_else(|| below(&lexical(base)));
            let path = path.unwrap_or_else(|| file.clone());
            found.extend(group.globs.matches(&path).into_iter().map(|at| group.owners[at]));
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn globs(patterns: &[String]) -> impl Iterator<Item = Glob> {
    patterns
        .iter()
        .flat_map(|pattern| forms(pattern))
        .filter_map(|form| GlobBuilder::new(&form).literal_separator(true).build().ok())
}

impl PathSet {
    /// The set of some patterns below `root`. A pattern without `/` fits at any depth, one
    /// that names a folder fits all that is below it, `*` stays within a folder, `**` does not.
    ///
    /// Patterns must have passed [`PathSet::problem`]; one that has not fits nothing.
    pub fn new<S: AsRef<str>>(root: &Path, patterns: &[S]) -> PathSet {
        let patterns: Vec<String> = patterns.iter().map(|p| p.as_ref().to_owned()).collect();
        let mut set = PathSet { root: lexical(root), patterns, set: PathSets::default() };
        set.set = PathSets::new([&set]);
        set
    }

    /// The set of one pattern that always starts from `root`, however few folders it names.
    pub fn anchored(root: &Path, pattern: &str) -> PathSet {
        let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
        PathSet::new(root, &[format!("/{}", pattern.trim_start_matches('/'))])
    }

    /// The folder below which everything lies that fits the set's first pattern.
    pub fn folder(&self) -> PathBuf {
        let pattern = self.patterns.first().map_or("", String::as_str);
        if !pattern.trim_end_matches('/').contains('/') {
            return self.root.clone();
        }
        let plain = |part: &&str| !part.contains(['*', '?', '[', '{', '\\']);
        let parts = pattern.split('/').filter(|part| !matches!(*part, "" | "."));
        parts.take_while(plain).fold(self.root.clone(), |folder, part| folder.join(part))
    }

    /// What is wrong with a pattern, if anything.
    pub fn problem(pattern: &str) -> Option<String> {
        if pattern.trim().is_empty() {
            return Some("an empty pattern fits nothing".into());
        }
        if pattern.starts_with('!') {
            return Some("a pattern cannot take back what another one fits".into());
        }
        if pattern.split('/').any(|part| part == "..") {
            return Some("a pattern cannot lead out of its folder with `..`".into());
        }
        let error = forms(pattern)
            .into_iter()
            .find_map(|form| GlobBuilder::new(&form).literal_separator(true).build().err())?;
        // The library's sentence without the pattern, which the reader sees anyway.
        Some(error.kind().to_string())
    }

    /// Whether the file is in the set. A file that is not below the set's folder is taken
    /// relative to `base`, the working directory.
    pub fn contains(&self, file: &Path, base: &Path) -> bool {
        !self.set.with(file, base).is_empty()
    }

    /// The patterns as they were written.
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }

    /// Whether a pattern is looked for in each path, and not looked up. Of such few are harmless.
    pub fn is_searched(pattern: &str) -> bool {
        let body = pattern.strip_suffix("/**").unwrap_or(pattern);
        super::ignored::is_searched(body.trim_start_matches("**/").as_bytes())
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.set.groups.is_empty()
    }
}

/// The globs that a pattern stands for.
fn forms(pattern: &str) -> [String; 2] {
    let body = pattern.trim_end_matches('/');
    let body = body.strip_prefix("./").unwrap_or(body);
    let anchored = body.contains('/');
    let body = body.trim_start_matches('/');
    let body = if anchored { body.to_owned() } else { format!("**/{body}") };
    let below = format!("{body}/**");
    [body, below]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_gitignore_has_taught() {
        let fits = |pattern: &str, path: &str| {
            PathSet::new(Path::new("/repo"), &[pattern])
                .contains(&Path::new("/repo").join(path), Path::new("/elsewhere"))
        };
        for (pattern, path, expected) in [
            ("docs", "docs/a.yml", true),
            ("docs", "x/docs/a.yml", true),
            ("docs/", "x/docs/a/b.yml", true),
            ("/docs", "x/docs/a.yml", false),
            ("/docs", "docs/a.yml", true),
            ("docker/dev/**", "docker/dev/compose.yml", true),
            ("docker/dev", "docker/dev/compose.yml", true),
            ("./docker/dev", "docker/dev/compose.yml", true),
            ("docker/dev/**", "x/docker/dev/compose.yml", false),
            ("*.example", "a/b/.env.example", true),
            ("docker/*", "docker/dev/compose.yml", true),
            ("docker/*.yml", "docker/dev/compose.yml", false),
            ("values-{dev,test}.yaml", "chart/values-test.yaml", true),
        ] {
            assert_eq!(fits(pattern, path), expected, "{pattern} on {path}");
        }
    }

    #[test]
    fn files_elsewhere_are_taken_from_the_working_directory() {
        let set = PathSet::new(Path::new("/policy"), &["docker/dev/**"]);
        assert!(set.contains(Path::new("/repo/docker/dev/a.yml"), Path::new("/repo")));
    }

    #[test]
    fn sets_are_asked_together_as_each_is_asked() {
        let texts = ["docs", "*.yml", "docker/*", "a/**/b", "/docs/*.yml"];
        let sets: Vec<PathSet> = (texts.iter())
            .zip(["/repo", "/repo", "/repo/x", "/repo", "/elsewhere"])
            .map(|(text, root)| PathSet::new(Path::new(root), &[text]))
            .collect();
        let all = PathSets::new(&sets);
        for file in ["/repo/docs/a.yml", "/repo/x/docker/a", "/repo/a/c/b", "/repo/b", "/a/docs"] {
            let (file, base) = (Path::new(file), Path::new("/repo"));
            let each: Vec<usize> =
                (0..sets.len()).filter(|&at| sets[at].contains(file, base)).collect();
            assert_eq!(all.with(file, base), each, "{}", file.display());
        }
    }

    #[test]
    fn wrong_patterns_are_told() {
        assert!(PathSet::problem("docker/[dev").is_some());
        assert!(PathSet::problem("{a,b").is_some());
        assert!(PathSet::problem("").is_some());
        assert!(PathSet::problem("!a").is_some());
        assert!(PathSet::problem("../a").is_some());
        assert_eq!(PathSet::problem("docker/dev/**"), None);
    }
}
