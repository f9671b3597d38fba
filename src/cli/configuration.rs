//! `omlint config`: what a run goes by, and the schema of the file that says so.

use crate::config::listing::Entry;
use crate::config::{self, listing};
use crate::report::configuration::{self, Read};
use crate::source::date;
use crate::source::discover::Disk;
use crate::source::mask::Shown;

use super::arguments::{ConfigCommand, ConfigShow};
use super::words::{ShowFormat, When};
use super::{Outcome, check, complain, complain_of, told};

pub(super) fn run(command: &ConfigCommand) -> Outcome {
    match command {
        ConfigCommand::Show(arguments) => show(arguments),
        ConfigCommand::Schema => {
            let schema = config::schema::schema();
            told(&format!("{schema:#}\n"))
        }
    }
}

fn show(arguments: &ConfigShow) -> Outcome {
    let base = match std::env::current_dir() {
        Ok(base) => base,
        Err(error) => {
            complain(&format!("the working directory cannot be read: {error}"));
            return Outcome::Failed;
        }
    };
    let disk = Disk::new(base, false);
    let loaded =
        config::load(&disk, &arguments.choices.choice(), &arguments.paths, &arguments.flags());
    if !loaded.problems.is_empty() {
        complain_of(&loaded, arguments.format == ShowFormat::Table, When::Auto);
        return Outcome::Failed;
    }
    let shown = loaded.file.map_or_else(Shown::default, |id| crate::shown_of(&loaded, id));
    let mut listing = listing::list(&loaded, &shown, &disk);
    let now = check::moment(arguments.limits.now);
    listing.entries.push(Entry {
        key: "now",
        value: date::date(now.value).into(),
        otherwise: "",
        from: now.from,
    });
    let read = Read { listing: &listing, sources: &loaded.sources, file: loaded.file };
    told(&match arguments.format {
        ShowFormat::Table => configuration::table(&read),
        ShowFormat::Json => configuration::json(&read),
    })
}
