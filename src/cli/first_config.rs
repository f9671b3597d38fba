//! `omlint init config`: writes a configuration that names what is deployed together. It is
//! tried before it gets its name; one that is there stays as it is.

use std::path::{Path, PathBuf};

use crate::config::{self, Choice, Flags, Loaded};
use crate::proposal::{self, Proposal};
use crate::source::discover::Disk;
use crate::source::mask::plain;
use crate::{Request, Scan, scan};

use super::whole::Whole;
use super::words::When;
use super::{Outcome, check, complain, complain_of, print};

const NAME: &str = config::NAMES[0];
const HEAD: &str = "# What is deployed together, as omlint found it: correct what it cannot know.
# `omlint config schema` describes all keys, `omlint config show` says what a run goes by.
";

pub(super) fn run() -> Outcome {
    match written() {
        Ok(outcome) => outcome,
        Err(error) => {
            complain(&error);
            Outcome::Failed
        }
    }
}

fn written() -> Result<Outcome, String> {
    let base = std::env::current_dir()
        .map_err(|error| format!("the working directory cannot be read: {error}"))?;
    let disk = Disk::new(base.clone(), false);
    let now = check::today();
    let here: [PathBuf; 1] = [".".into()];
    let looked = |config: Loaded| {
        scan(&Request {
            paths: here.to_vec(),
            stdin: None,
            base: base.clone(),
            no_ignore: false,
            env_files: Vec::new(),
            helm_values: Vec::new(),
            now,
            config,
            inline_waivers: true,
        })
    };
    let present = disk.nearest(&here, &config::NAMES).into_iter().next();
    if let Some(above) = present.as_ref().filter(|path| path.contains('/')) {
        return Err(format!("{above} applies here already: run this in its folder"));
    }
    let config = config::load(&disk, &Choice::Nearest, &here, &Flags::default());
    if !config.problems.is_empty() {
        complain_of(&config, true, When::Auto);
        return Ok(Outcome::Failed);
    }
    let head = match config.file {
        Some(id) => config.sources.get(id).text.clone() + "\n",
        None => HEAD.to_owned(),
    };
    let before = looked(config);
    let unwritten =
        |error: std::io::Error| format!("{NAME} could not be written: {}", error.kind());
    let proposal = proposal::propose(&before, |sections| {
        let choice = Choice::Text(format!("{head}{sections}"));
        let config = config::load(&disk, &choice, &here, &Flags::default());
        config.problems.is_empty().then(|| looked(config))
    });
    let outcome = check::aftermath(&before);
    if proposal.number == 0 {
        explain(&proposal);
        return Err(format!(
            "{}, so that nothing is written",
            nothing(&before, present.as_deref())
        ));
    }
    if let Some(present) = present {
        print(&proposal.text).map_err(|error| error.to_string())?;
        explain(&proposal);
        return Err(format!(
            "{present} exists already and stays as it is; what it may say more is printed above"
        ));
    }
    let text = format!("{HEAD}{}", proposal.text);
    let file = Whole::new(Path::new("."), text.as_bytes(), 0o666);
    file.and_then(|file| file.create(Path::new(NAME))).map_err(unwritten)?;
    let named = crate::report::count(proposal.number, "deployment");
    print(&format!("{NAME} is written; it names {named}\n")).map_err(|error| error.to_string())?;
    explain(&proposal);
    Ok(outcome)
}

fn explain(proposal: &Proposal) {
    for id in &proposal.left_out {
        complain(&format!("{} gets no section: omlint finds it by itself, as before", plain(id)));
    }
}

fn nothing(before: &Scan, present: Option<&str>) -> String {
    match (before.deployments.is_empty(), present) {
        (true, _) => "no OpenMetadata deployment was found below this folder".to_owned(),
        (false, Some(path)) => format!("{path} names all that a section can name"),
        (false, None) => "no deployment was found that a section can name".to_owned(),
    }
}
