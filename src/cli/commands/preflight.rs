//! `guidpost preflight`: see whether a machine can become a domain controller.

use super::{CommandError, Console, check, settings};
use crate::cli;
use crate::jobs;
use crate::jobs::preflight::{self, Wish};
use crate::observe;
use crate::run::Origin;

/// Asks, or reads what was seen, and reports. Gives the exit code.
///
/// # Errors
/// The candidate cannot be one; or all that keeps `check` from a report.
pub fn run(preflight: &cli::Preflight, console: Console, origin: Origin) -> Result<u8, CommandError> {
    let run = &preflight.run;
    let asked = |deadline, quiet| {
        let config = settings::load_or_none(run)?;
        let wish = Wish {
            host: preflight.host.clone(),
            addresses: preflight.address.clone(),
            site: preflight.site.clone(),
            domain: preflight.domain.clone(),
            family: run.reach.family(),
            avoid: config.map(|config| config.avoid_networks).unwrap_or_default(),
        };
        let candidate = preflight::candidate(&wish, &observe::this_machine())?;
        check::ask(run, candidate.into(), deadline, quiet, origin)
    };
    check::report(&preflight.reporting, &console, asked, |path| {
        check::of_job(check::read(path, run)?, jobs::PREFLIGHT, path)
    })
}
