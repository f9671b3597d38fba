//! `omlint init`: writes the file with which a tool begins to call omlint. What is there stays as
//! it is; then the text is printed, to be added by hand.

use std::io;
use std::path::Path;

use super::arguments::Starter;
use super::whole::Whole;
use super::{Outcome, complain, first_config, print};

/// Where omlint's repository is, if it is anywhere yet.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

pub(super) fn run(starter: &Starter) -> Outcome {
    let (path, text, next) = match starter {
        Starter::Config => return first_config::run(),
        Starter::PreCommit => (
            ".pre-commit-config.yaml",
            pre_commit(REPOSITORY),
            "run `pre-commit install`, and every commit is checked",
        ),
        Starter::Github => (
            ".github/workflows/omlint.yml",
            github(REPOSITORY),
            "commit it, and every push and pull request is checked",
        ),
        Starter::Gitlab => {
            (".gitlab-ci.yml", gitlab(), "commit it, and every pipeline has the job `omlint`")
        }
    };
    start(Path::new(path), &text, next)
}

/// Writes a new file, or prints its text where there is one already.
pub(super) fn start(path: &Path, text: &str, next: &str) -> Outcome {
    match write_new(path, text) {
        Ok(()) => match print(&format!("{} is written; {next}\n", path.display())) {
            Ok(()) => Outcome::Clean,
            Err(error) => {
                complain(&format!("{} is written, but: {error}", path.display()));
                Outcome::Failed
            }
        },
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let _ = print(text);
            complain(&format!(
                "{} exists already and stays as it is; what it needs is printed above",
                path.display()
            ));
            Outcome::Failed
        }
        Err(error) => {
            complain(&format!("{} could not be written: {}", path.display(), error.kind()));
            Outcome::Failed
        }
    }
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    if path.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    std::fs::create_dir_all(folder)?;
    Whole::new(folder, text.as_bytes(), 0o666)?.create(path)
}

/// The hook of omlint's repository, which brings a wheel; without one, the program at hand.
fn pre_commit(repository: &str) -> String {
    if repository.is_empty() {
        include_str!("../../packaging/init/pre-commit-system.yaml").to_owned()
    } else {
        filled(include_str!("../../packaging/init/pre-commit.yaml"), repository)
    }
}

/// The action of omlint's repository; without one, the wheel.
fn github(repository: &str) -> String {
    if repository.starts_with(GITHUB) {
        filled(include_str!("../../packaging/init/github-action.yml"), repository)
    } else {
        filled(include_str!("../../packaging/init/github.yml"), repository)
    }
}

fn gitlab() -> String {
    include_str!("../../templates/omlint.yml").to_owned()
}

const GITHUB: &str = "https://github.com/";

fn filled(text: &str, repository: &str) -> String {
    let slug = repository.trim_start_matches(GITHUB).trim_end_matches('/');
    text.replace("{repository}", repository)
        .replace("{slug}", slug)
        .replace("{version}", env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repositorys_address_is_used_once_there_is_one() {
        let (none, some) = ("", "https://github.com/someone/omlint");
        assert!(pre_commit(none).contains("repo: local"));
        assert!(pre_commit(some).contains("repo: https://github.com/someone/omlint\n    rev: v"));
        assert!(github(none).contains("omlint=="));
        assert!(github(some).contains("- uses: someone/omlint@v"));
        assert!(github("https://gitlab.com/someone/omlint").contains("omlint=="));
        for text in [pre_commit(none), pre_commit(some), github(none), github(some), gitlab()] {
            assert!(!text.contains("{version}") && !text.contains("{repository}"), "{text}");
        }
    }
}
