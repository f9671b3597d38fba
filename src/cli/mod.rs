//! Commands: arguments in, calls, bytes out. No logic of its own.

mod arguments;
mod baseline;
mod check;
mod compliance;
mod configuration;
mod docs;
mod explain;
mod first_config;
mod init;
mod keygen;
mod manual;
mod output;
mod own_rules;
mod progress;
mod rules;
mod show;
mod stats;
mod whole;
mod words;

use std::io::Write;

use clap::Parser;

use crate::config::{self, Choice, Flags, Loaded};
use crate::report;
use crate::source::discover::Disk;
use crate::source::spread;
use arguments::BaselineCommand;
use words::When;

pub use arguments::{Arguments, Command};

/// What a run comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Nothing at or above `--fail-on`.
    Clean = 0,
    /// At least one finding at or above it.
    Findings = 1,
    /// The run did not do what was asked.
    Failed = 2,
    /// A part of the program broke.
    Broken = 70,
}

/// Parses arguments, runs the command, and says what came of it.
pub fn run() -> Outcome {
    spread::lead();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let failed = error.use_stderr();
            let _ = error.print();
            return if failed { Outcome::Failed } else { Outcome::Clean };
        }
    };
    match arguments.command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Baseline { command: BaselineCommand::Create(arguments) } => {
            baseline::create(&arguments)
        }
        Command::Baseline { command: BaselineCommand::Update(arguments) } => {
            baseline::update(&arguments)
        }
        Command::Baseline { command: BaselineCommand::Check(arguments) } => {
            check::against_baseline(&arguments)
        }
        Command::Show(arguments) => show::run(&arguments),
        Command::Report(arguments) => compliance::run(&arguments),
        Command::Explain { rule } => explain::explain(&rule),
        Command::Docs { check, dir } => docs::run(&dir, check),
        Command::Rules(arguments) => rules::run(&arguments),
        Command::Keygen(arguments) => keygen::run(&arguments),
        Command::Config { command } => configuration::run(&command),
        Command::Init { starter } => init::run(&starter),
        Command::Completions { shell } => manual::completions(shell),
        Command::Man => manual::page(),
    }
}

/// Writes to standard output. Nobody reading is no error: `omlint … | head` is common.
fn print(text: &str) -> Result<(), std::io::Error> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Prints what a command is about.
fn told(text: &str) -> Outcome {
    match print(text) {
        Ok(()) => Outcome::Clean,
        Err(error) => {
            complain(&format!("the text could not be written: {error}"));
            Outcome::Failed
        }
    }
}

/// Says on standard error what is wrong with a configuration, drawn or a line each.
fn complain_of(loaded: &Loaded, drawn: bool, color: When) {
    let text = if drawn {
        let color = when(color, &std::io::stderr());
        report::mistakes::drawn(&loaded.sources, &|id, _| loaded.shown(id), &loaded.problems, color)
    } else {
        report::mistakes::lines(&loaded.sources, &loaded.problems)
    };
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// What commands go by that scan nothing: the configuration above the working directory. Says
/// what is wrong with it.
fn load_here(choice: &Choice, flags: &Flags) -> Option<Loaded> {
    sound(config::load(&disk_here()?, choice, &[".".into()], flags))
}

/// The same without the rules and keys that it names: they need not be there yet.
fn load_file_here() -> Option<Loaded> {
    sound(config::load_alone(&disk_here()?, &Choice::Nearest, &[".".into()]))
}

fn disk_here() -> Option<Disk> {
    match std::env::current_dir() {
        Ok(base) => Some(Disk::new(base, false)),
        Err(error) => {
            complain(&format!("the working directory cannot be read: {error}"));
            None
        }
    }
}

/// A configuration with which nothing is wrong. Says so if something is.
fn sound(loaded: Loaded) -> Option<Loaded> {
    if loaded.problems.is_empty() {
        return Some(loaded);
    }
    complain_of(&loaded, true, When::Auto);
    None
}

/// Whether colours are wanted on a stream.
fn when<S: anstream::stream::RawStream>(choice: When, stream: &S) -> bool {
    match choice {
        When::Always => true,
        When::Never => false,
        When::Auto => {
            stream.is_terminal()
                && anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never
        }
    }
}

/// Says on standard error what went wrong.
fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "omlint: {}", crate::source::mask::plain(text));
}
