//! `guidpost init`: find the forest by asking, and write a configuration file for review.

use std::io::{self, Write};
use std::path::Path;

use super::progress::ProgressLine;
use super::{CommandError, Console, settings, to_stdout};
use crate::base::files::OutputFile;
use crate::cli;
use crate::discover::Found;
use crate::render::{wrap, write_config};
use crate::run::{self, Origin, Unstarted};

/// Asks, and writes the file.
///
/// # Errors
/// There is a file already, there is no forest, or the file cannot be written.
pub fn run(init: &cli::Init, console: Console, origin: Origin) -> Result<(), CommandError> {
    let to_pipe = init.output == Path::new("-");
    // Whatever cannot be written has to be found before anybody is asked.
    let output = if to_pipe { None } else { Some(create(&init.output, init.force)?) };
    let start = settings::start(&init.whence, None, |config, _| {
        let query = &mut config.query;
        query.timeout = init.timeout.unwrap_or(query.timeout);
        query.tries = init.tries.unwrap_or(query.tries);
        query.deadline = init.deadline;
        config.probe.enabled &= !init.reach.no_probe;
    })?;
    let line = ProgressLine::new(init.quiet);
    let found = run::find(&start, init.reach.family(), origin, &|progress| line.tell(progress));
    drop(line);
    let found = found.map_err(|unstarted| match unstarted {
        Unstarted::Runtime(error) => CommandError::Runtime(error),
        Unstarted::Discovery(failure) => CommandError::Discovery(failure),
        Unstarted::Choice(never) => match never {},
    })?;
    let write = |out: &mut dyn Write| write_config(&found, origin.started_at, out);
    match output {
        Some(file) => file.fill(write)?,
        None => to_stdout(false, write)?,
    }
    if !init.quiet {
        // The file is written; a terminal that went away changes nothing.
        let _ = tell(&found, &console);
    }
    Ok(())
}

fn create(path: &Path, force: bool) -> Result<OutputFile, CommandError> {
    let file = if force { OutputFile::create(path) } else { OutputFile::create_new(path) };
    file.map_err(|error| if error.is_there() { CommandError::Exists(path.to_owned()) } else { error.into() })
}

/// What a person should look at.
fn tell(found: &Found, console: &Console) -> io::Result<()> {
    let options = &console.options;
    let mut out = io::stderr();
    let mut line = |text: String| {
        let lines = wrap::paragraph(&options.clean(&text), options.width, "", "  ");
        lines.iter().try_for_each(|line| writeln!(out, "{line}"))
    };
    for dc in found.controllers.iter().filter(|dc| dc.guid.is_none()) {
        line(format!("{}: no GUID: {}", dc.host, dc.from))?;
    }
    for left in found.assumed.iter().filter(|assumed| assumed.what == "left-out") {
        line(format!("left out {}: {}", left.value, left.from))?;
    }
    Ok(())
}
