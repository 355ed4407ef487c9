//! `guidpost observe`: collect evidence, judge nothing.

use std::io::{self, Write};

use super::{CommandError, Console, check};
use crate::base::files::OutputFile;
use crate::cli;
use crate::evidence::{Purpose, file};
use crate::run::Origin;

/// Asks, and saves what was seen.
///
/// # Errors
/// Everything that keeps the evidence from being complete on disk.
pub fn run(observe: &cli::Observe, console: Console, origin: Origin) -> Result<(), CommandError> {
    let output = OutputFile::create(&observe.output)?;
    let evidence = check::ask(&observe.run, Purpose::default(), None, observe.quiet, origin)?;
    output.fill(|out| file::write(&evidence, out))?;
    if observe.verbose {
        for column in evidence.columns() {
            let (asked, replied) = (column.answers().count(), column.answers().filter(|(_, a)| a.replied()).count());
            let trouble = column.trouble.as_deref().map(|trouble| format!(": {trouble}")).unwrap_or_default();
            let line = format!("{}: {replied} of {asked} questions answered{trouble}", column.address);
            // Evidence is what was asked for, and it is saved.
            let _ = writeln!(io::stderr(), "{}", console.options.clean(&line));
        }
    }
    match evidence.incomplete {
        Some(_) => Err(CommandError::Incomplete(observe.output.clone())),
        None => Ok(()),
    }
}
