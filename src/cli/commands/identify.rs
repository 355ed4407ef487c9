//! `guidpost identify`: who is behind an address, a host name or a GUID.

use std::io::{self, Read};

use super::progress::ProgressLine;
use super::{CommandError, Console, settings, to_stdout};
use crate::base::texts::{self, Subject};
use crate::base::{exit, files};
use crate::cli::{self, ListFormat};
use crate::config::{self, Config};
use crate::evidence::Selection;
use crate::jobs::identify;
use crate::render::{render_identification, write_json};
use crate::rules;
use crate::run::{self, Origin};

/// The most that is read of standard input: `repadmin /showrepl *` of a large forest has some megabytes.
const STDIN_LIMIT: u64 = 64 << 20;

/// Stands in for a configuration where there is none. Its forest is never asked for.
const NOTHING: &str = "{forest: invalid, dns_servers: [system]}";

/// Asks, and tells. Gives the exit code.
///
/// # Errors
/// When nobody can be asked: what goes wrong with machines and servers is part of the answer.
pub fn run(identify: &cli::Identify, console: Console, origin: Origin) -> Result<u8, CommandError> {
    let subjects = subjects(&identify.targets)?;
    let found = match settings::load(identify.config.as_deref()) {
        Ok(config) => Some(config),
        Err(CommandError::NoConfig) => None,
        Err(error) => return Err(error),
    };
    let configured = found.is_some();
    if !configured && subjects.iter().any(|subject| matches!(subject, Subject::Guid { .. })) {
        return Err(CommandError::GuidWithoutConfig);
    }
    if identify.reach.no_probe && subjects.iter().all(|subject| matches!(subject, Subject::Address(_))) {
        return Err(CommandError::NothingToAsk);
    }
    let (mut config, dcs) = match found {
        Some(config) => identify::prepare(config, &subjects)?,
        None => (nothing()?, Vec::new()),
    };
    config.query.timeout = identify.timeout.unwrap_or(config.query.timeout);
    config.probe.timeout = identify.timeout.unwrap_or(config.probe.timeout);
    config.probe.enabled &= !identify.reach.no_probe;
    let selection = Selection {
        only: identify::RULES.map(String::from).into(),
        dcs,
        family: identify.reach.family(),
        ..Selection::default()
    };
    let json = identify.format == ListFormat::Json;
    let line = ProgressLine::new(json);
    let evidence = run::identify(config, selection, origin, &subjects, configured, &|progress| line.tell(progress))
        .map_err(CommandError::Runtime)?;
    drop(line);
    let answer = identify::judge(&evidence, &subjects, configured);
    if json {
        to_stdout(false, |out| write_json(&answer, out))?;
    } else {
        to_stdout(console.options.color, |out| render_identification(&answer, &console.options, out))?;
    }
    debug_assert!(matches!(answer.result.code(), exit::OK | exit::CRITICAL | exit::UNKNOWN));
    Ok(answer.result.code())
}

fn subjects(targets: &[String]) -> Result<Vec<Subject>, CommandError> {
    if targets.iter().all(|target| target != "-") {
        return Ok(texts::of_arguments(targets)?);
    }
    let mut octets = Vec::new();
    let read = io::stdin().lock().take(STDIN_LIMIT).read_to_end(&mut octets);
    read.map_err(|error| CommandError::Stdin(error.to_string()))?;
    let text = files::decode_text(octets).map_err(|error| CommandError::Stdin(error.to_string()))?;
    let mut subjects = texts::of_text(&text)?;
    let others: Vec<String> = targets.iter().filter(|target| *target != "-").cloned().collect();
    if !others.is_empty() {
        for subject in texts::of_arguments(&others)? {
            if !subjects.contains(&subject) {
                subjects.push(subject);
            }
        }
    }
    Ok(subjects)
}

fn nothing() -> Result<Config, CommandError> {
    config::parse(NOTHING, "no configuration", &rules::names())
        .map_err(|errors| CommandError::Config(config::LoadError::Config(errors)))
}
