//! `guidpost check`: verify the forest.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use super::progress::ProgressLine;
use super::side_files::SideFiles;
use super::{CommandError, Console, settings, to_stdout};
use crate::base::exit;
use crate::base::files;
use crate::cli::{self, Reporting, Run};
use crate::config::Config;
use crate::discover::Found;
use crate::evidence::{Evidence, Purpose, Selection, file};
use crate::jobs::{self, Job};
use crate::render::{Format, RenderOptions, render};
use crate::report::Report;
use crate::run::{self, Origin, Unstarted};
use crate::{judge, rules};

/// The most that is read of an evidence file: 10,000 DCs at 200 servers need about half of it.
const EVIDENCE_LIMIT: u64 = 4 << 30;

/// Asks, or reads what was seen, and reports. Gives the exit code.
///
/// # Errors
/// When there is no report: everything that goes wrong before asking begins.
pub fn run(check: &cli::Check, console: Console, origin: Origin) -> Result<u8, CommandError> {
    let asked = |deadline, quiet| ask(&check.run, Purpose::default(), deadline, quiet, origin);
    report(&check.reporting, &console, asked, |path| of_job(read(path, &check.run)?, jobs::CHECK, path))
}

/// Reports what `asked` sees, or what `saved` finds in an evidence file. Gives the exit code. An error means that there is
/// no report.
pub(super) fn report(
    reporting: &Reporting,
    console: &Console,
    asked: impl FnOnce(Option<Duration>, bool) -> Result<Evidence, CommandError>,
    saved: impl FnOnce(&Path) -> Result<Evidence, CommandError>,
) -> Result<u8, CommandError> {
    let files = SideFiles::create(reporting);
    let format = reporting.format;
    let evidence = match &reporting.evidence {
        Some(path) => saved(path),
        None => asked(format.deadline(), reporting.quiet || !format.is_for_people() && !reporting.verbose),
    };
    let evidence = match evidence {
        Ok(evidence) => evidence,
        Err(error) => {
            complain(&files.abandon());
            return Err(error);
        }
    };
    let report = judge::judge(&evidence, reporting.verbose);
    // The report comes first: whoever reads it must not miss it because of a file beside it.
    let mut failed: Vec<CommandError> = print(&report, format, console).err().into_iter().collect();
    failed.extend(files.write(&evidence, &report));
    complain(&failed);
    // The verdict is known whatever happened to the files; only "all is well" must not hide it.
    let code = exit::code(report.verdict, reporting.fail_on);
    Ok(if code == exit::OK && !failed.is_empty() { exit::UNKNOWN } else { code })
}

pub(super) fn complain(errors: &[CommandError]) {
    for error in errors {
        // If this cannot be printed there is nowhere left to say so.
        let _ = error.write(&RenderOptions::default(), &mut io::stderr());
    }
}

fn print(report: &Report, format: Format, console: &Console) -> Result<(), CommandError> {
    let color = console.options.color && format.is_for_people();
    if !format.is_plugin() {
        return to_stdout(color, |out| render(format, report, &console.options, out));
    }
    // Short, and whole or not at all: the first line has to be the verdict's.
    let mut text = Vec::new();
    render(format, report, &console.options, &mut text).map_err(CommandError::Stdout)?;
    to_stdout(color, |out| out.write_all(&text))
}

/// Loads the configuration, lays the arguments over it, and asks. Where there is none, or the arguments say where to
/// begin, the forest is found first.
pub(super) fn ask(
    run: &Run,
    purpose: Purpose,
    deadline: Option<Duration>,
    quiet: bool,
    origin: Origin,
) -> Result<Evidence, CommandError> {
    let Some(mut config) = settings::load_or_none(run)? else {
        return ask_unconfigured(run, |_| Ok(purpose), deadline, quiet, origin);
    };
    let line = ProgressLine::new(quiet);
    settings::apply(run, &mut config, deadline);
    let selection = settings::selection(run, &config)?;
    run::observe(config, selection, purpose, origin, None, &|progress| line.tell(progress))
        .map_err(CommandError::Runtime)
}

/// Finds the forest first, and asks. `purpose` says what the run is for, and may still change what was found.
pub(super) fn ask_unconfigured(
    run: &Run,
    purpose: impl FnOnce(&mut Found) -> Result<Purpose, CommandError>,
    deadline: Option<Duration>,
    quiet: bool,
    origin: Origin,
) -> Result<Evidence, CommandError> {
    let line = ProgressLine::new(quiet);
    settings::rules_exist(run)?;
    let start = settings::start(&run.whence, deadline, |config, deadline| settings::apply(run, config, deadline))?;
    let choose = |found: &mut Found| {
        let purpose = purpose(found)?;
        Ok((settings::selection(run, &found.config)?, purpose))
    };
    run::observe_unconfigured(&start, run.reach.family(), origin, choose, &|progress| line.tell(progress)).map_err(
        |unstarted| match unstarted {
            Unstarted::Runtime(error) => CommandError::Runtime(error),
            Unstarted::Discovery(failure) => CommandError::Discovery(failure),
            Unstarted::Choice(error) => error,
        },
    )
}

/// Reads an evidence file, and lays the arguments over it.
pub(super) fn read(path: &Path, run: &Run) -> Result<Evidence, CommandError> {
    let config = run.config.as_deref().map(|path| settings::load(Some(path))).transpose()?;
    let mut evidence = load(path, config)?;
    let chosen = settings::selection(run, &evidence.config)?;
    if chosen != Selection::default() {
        evidence.selection = chosen;
    }
    Ok(evidence)
}

/// Reads an evidence file, with the configuration in it or another one.
pub(super) fn load(path: &Path, config: Option<Config>) -> Result<Evidence, CommandError> {
    let octets = files::read_bytes(path, EVIDENCE_LIMIT)?;
    let failed = |error| CommandError::Evidence { path: path.to_owned(), error };
    file::read(&octets, config, &rules::names()).map_err(failed)
}

/// The evidence of a file, if it is of this job.
pub(super) fn of_job(evidence: Evidence, wanted: Job, path: &Path) -> Result<Evidence, CommandError> {
    if jobs::of(&evidence.purpose) == wanted { Ok(evidence) } else { Err(other_job(&evidence, wanted, path)) }
}

/// That the evidence of a file is of another job.
pub(super) fn other_job(evidence: &Evidence, wanted: Job, path: &Path) -> CommandError {
    let saved = jobs::of(&evidence.purpose).name;
    CommandError::OtherJob { path: path.to_owned(), saved, wanted: wanted.name }
}

/// The report of one configuration, as a demo shows it.
pub(super) fn write_table(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    render(Format::Table, report, options, out)
}
