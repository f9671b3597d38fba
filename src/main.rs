//! The program: runs a command and turns its outcome into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A panic's message may hold a value from a scanned file: only its place is printed.
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|at| format!(" at {}:{}", at.file(), at.line()));
        eprintln!("omlint: internal error{}", place.unwrap_or_default());
    }));
    let outcome =
        std::panic::catch_unwind(omlint::cli::run).unwrap_or(omlint::cli::Outcome::Broken);
    ExitCode::from(outcome as u8)
}
