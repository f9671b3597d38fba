//! Where the working directory stands in its repository: code hosts want paths from the
//! repository's root, reports for people print them from the working directory. Reads no disk.

/// A repository and the working directory in it.
#[derive(Clone, Debug, Default)]
pub struct Repository {
    /// The root as an absolute path with `/`, which ends in `/`; empty where there is none.
    root: String,
    /// The working directory below it, which ends in `/` or is empty.
    below: String,
}

impl Repository {
    /// A repository at `root`, with the working directory `below` it.
    pub fn new(root: &str, below: &str) -> Self {
        let ended = |text: &str| match text.trim_end_matches('/') {
            "" => String::new(),
            text => format!("{text}/"),
        };
        Repository { root: format!("{}/", root.trim_end_matches('/')), below: ended(below) }
    }

    /// A path that a report for people would print, from the repository's root: without `.`,
    /// `..` and a leading `/`. What lies outside keeps as much of its path as that allows.
    pub fn path(&self, shown: &str) -> String {
        let whole = match shown.strip_prefix(&self.root) {
            Some(rest) if !self.root.is_empty() => rest.to_owned(),
            _ if shown.starts_with('/') => shown.to_owned(),
            _ => format!("{}{shown}", self.below),
        };
        let mut parts: Vec<&str> = Vec::new();
        for part in whole.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop();
                }
                part => parts.push(part),
            }
        }
        parts.join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::Repository;

    #[test]
    fn paths_start_at_the_root() {
        let inner = Repository::new("/home/me/repo", "deploy/prod");
        for (shown, path) in [
            ("compose.yml", "deploy/prod/compose.yml"),
            ("./a/../compose.yml", "deploy/prod/compose.yml"),
            ("../.env", "deploy/.env"),
            ("/home/me/repo/x/y.yml", "x/y.yml"),
            ("../../../elsewhere/y.yml", "elsewhere/y.yml"),
            ("/etc/om.yml", "etc/om.yml"),
        ] {
            assert_eq!(inner.path(shown), path, "{shown}");
        }
        assert_eq!(Repository::default().path("a/b.yml"), "a/b.yml");
        assert_eq!(Repository::default().path("/a/b.yml"), "a/b.yml");
    }
}
