//! `guidpost completions`: scripts for shells.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{CommandError, to_stdout};
use crate::cli::Cli;

/// Prints the script of a shell.
pub fn run(shell: Shell) -> Result<(), CommandError> {
    // Into memory first: the generator panics when it cannot write, and a closed pipe is no reason for that.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "guidpost", &mut script);
    to_stdout(false, |out| out.write_all(&script))
}
