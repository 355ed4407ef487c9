//! `guidpost man`: manual pages in roff.

use clap::CommandFactory;

use super::{CommandError, to_stdout};
use crate::cli::Cli;

/// Prints the main page, or that of a command.
pub fn run(command: Option<&str>) -> Result<(), CommandError> {
    let mut main = Cli::command();
    // Gives subcommands their full names and the global options.
    main.build();
    let page = match command {
        None => main,
        Some(name) => main.find_subcommand(name).ok_or_else(|| CommandError::UnknownCommand(name.to_owned()))?.clone(),
    };
    to_stdout(false, |out| clap_mangen::Man::new(page).manual("guidpost manual").render(out))
}
