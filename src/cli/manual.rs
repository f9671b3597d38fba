//! `omlint completions` and `omlint man`: what the definition of the command line can be turned
//! into.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Arguments, Outcome, complain, told};

/// Completions for a shell.
pub(super) fn completions(shell: Shell) -> Outcome {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "omlint", &mut out);
    told(&String::from_utf8_lossy(&out))
}

/// The manual page: the program's own section, and one for each command.
pub(super) fn page() -> Outcome {
    let mut command = Arguments::command().disable_help_subcommand(true);
    command.build();
    let mut out = Vec::new();
    let rendered = clap_mangen::Man::new(command.clone()).render(&mut out);
    let commands = command.get_subcommands().filter(|command| !command.is_hide_set());
    let rest = rendered.and_then(|()| {
        commands.cloned().try_for_each(|command| {
            let name = command.get_name().to_owned();
            let page = clap_mangen::Man::new(command);
            out.extend(format!(".SH OMLINT {}\n", name.to_uppercase()).bytes());
            page.render_description_section(&mut out)?;
            page.render_synopsis_section(&mut out)?;
            page.render_options_section(&mut out)
        })
    });
    match rest {
        Ok(()) => told(&String::from_utf8_lossy(&out)),
        Err(error) => {
            complain(&format!("the page could not be made: {error}"));
            Outcome::Failed
        }
    }
}
