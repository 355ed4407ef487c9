//! `guidpost config`: check a configuration file, or print its schema.

use std::path::Path;

use super::{CommandError, Console, settings, to_stdout};
use crate::cli::ConfigCommand;
use crate::config;

/// Checks the file without asking anybody, or prints the schema.
///
/// # Errors
/// Everything that is wrong with the file.
pub fn run(command: &ConfigCommand, console: Console) -> Result<(), CommandError> {
    match command {
        ConfigCommand::Schema => to_stdout(false, |out| out.write_all(config::schema().as_bytes())),
        ConfigCommand::Check { config } => check(config.as_deref(), console),
    }
}

fn check(path: Option<&Path>, console: Console) -> Result<(), CommandError> {
    let config = settings::load(path)?;
    to_stdout(console.options.color, |out| {
        writeln!(
            out,
            "ok: forest {}, {} DNS server(s), {} domain controller(s), {} waiver(s)",
            config.forest,
            config.dns_servers.len(),
            config.domain_controllers.len(),
            config.waivers.len()
        )
    })
}
