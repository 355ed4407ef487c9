//! `guidpost gone`: prove that nothing of a demoted domain controller is left.

use super::{CommandError, Console, check, settings};
use crate::cli;
use crate::discover::Found;
use crate::jobs::{self, gone};
use crate::run::Origin;

/// Asks, or reads what was seen, and reports. Gives the exit code.
///
/// # Errors
/// The arguments describe no former DC; or all that keeps `check` from a report.
pub fn run(arguments: &cli::Gone, console: Console, origin: Origin) -> Result<u8, CommandError> {
    let run = &arguments.run;
    let asked = |deadline, quiet| {
        let words = &arguments.subjects;
        let Some(config) = settings::load_or_none(run)? else {
            gone::check_words(words)?;
            let purpose =
                |found: &mut Found| Ok(gone::departed_of(words, &mut found.config, &mut found.assumed)?.into());
            return check::ask_unconfigured(run, purpose, deadline, quiet, origin);
        };
        let departed = gone::departed(words, &config)?;
        check::ask(run, departed.into(), deadline, quiet, origin)
    };
    check::report(&arguments.reporting, &console, asked, |path| {
        let mut evidence = check::read(path, run)?;
        let saved = jobs::of(&evidence.purpose);
        match &arguments.subjects[..] {
            [] if saved.judges_forest && saved != jobs::GONE => return Err(CommandError::NobodyGone(path.to_owned())),
            words @ [_, ..] if saved.judges_forest => {
                evidence.purpose = gone::departed(words, &evidence.config)?.into();
            }
            _ => {}
        }
        check::of_job(evidence, jobs::GONE, path)
    })
}
