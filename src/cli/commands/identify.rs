//! `guidpost identify`: who is behind an address, a host name or a GUID.

use std::io::{self, Read};
use std::path::Path;

use super::progress::ProgressLine;
use super::side_files::SideFiles;
use super::{CommandError, Console, check, settings, to_stdout};
use crate::base::texts::{self, Subject};
use crate::base::{exit, files};
use crate::cli::{self, ListFormat};
use crate::config::{self, Config};
use crate::evidence::{Evidence, Inquiry, Selection};
use crate::jobs::{self, identify};
use crate::render::{render_identification, write_json};
use crate::rules;
use crate::run::{self, Origin};

/// The most that is read of standard input: `repadmin /showrepl *` of a large forest has some megabytes.
const STDIN_LIMIT: u64 = 64 << 20;

/// Stands in for a configuration where there is none. Its forest is never asked for.
const NOTHING: &str = "{forest: invalid, dns_servers: [system]}";

/// Asks, or reads what was seen, and tells. Gives the exit code.
///
/// # Errors
/// When nobody can be asked: what goes wrong with machines and servers is part of the answer.
pub fn run(identify: &cli::Identify, console: Console, origin: Origin) -> Result<u8, CommandError> {
    let file = SideFiles::of_evidence(identify.save_evidence.as_deref());
    let seen = match &identify.evidence {
        Some(path) => saved(path),
        None => ask(identify, origin),
    };
    let (evidence, inquiry) = match seen {
        Ok(seen) => seen,
        Err(error) => {
            check::complain(&file.abandon());
            return Err(error);
        }
    };
    let answer = identify::judge(&evidence, &inquiry.subjects, inquiry.configured);
    // The answer comes first: whoever reads it must not miss it because of a file beside it.
    let printed = if identify.format == ListFormat::Json {
        to_stdout(false, |out| write_json(&answer, out))
    } else {
        to_stdout(console.options.color, |out| render_identification(&answer, &console.options, out))
    };
    let mut failed: Vec<CommandError> = printed.err().into_iter().collect();
    failed.extend(file.save(&evidence));
    check::complain(&failed);
    let code = answer.result.code();
    debug_assert!(matches!(code, exit::OK | exit::CRITICAL | exit::UNKNOWN));
    Ok(if code == exit::OK && !failed.is_empty() { exit::UNKNOWN } else { code })
}

/// What an evidence file says, and whom it is about.
fn saved(path: &Path) -> Result<(Evidence, Inquiry), CommandError> {
    let evidence = check::load(path, None)?;
    match evidence.purpose.inquiry().cloned() {
        Some(inquiry) => Ok((evidence, inquiry)),
        None => Err(check::other_job(&evidence, jobs::IDENTIFY, path)),
    }
}

fn ask(identify: &cli::Identify, origin: Origin) -> Result<(Evidence, Inquiry), CommandError> {
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
    let selection = Selection { dcs, family: identify.reach.family(), ..Selection::default() };
    let line = ProgressLine::new(identify.format == ListFormat::Json);
    let evidence = run::identify(config, selection, origin, &subjects, configured, &|progress| line.tell(progress))
        .map_err(CommandError::Runtime)?;
    Ok((evidence, Inquiry { subjects, configured }))
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
