//! The `guidpost` command: arguments, dispatch, exit code.

use std::any::Any;
use std::io::{self, Write};
use std::panic;
use std::process::ExitCode;

use clap::Parser;
use guidpost::base::exit;
use guidpost::cli::commands::{self, CommandError, Console};
use guidpost::cli::{self, Cli, Command};
use guidpost::render::{Verbosity, escape};
use guidpost::rules;
use guidpost::run::Origin;

fn main() -> ExitCode {
    panic::set_hook(Box::new(report_panic));
    ExitCode::from(guarded(run, failed))
}

/// Turns a panic, which the hook has reported by then, into an exit code.
fn guarded(run: fn() -> u8, failed: impl FnOnce(&str) -> u8) -> u8 {
    panic::catch_unwind(run)
        .unwrap_or_else(|payload| failed(&format!("internal error: {}", panic_message(payload.as_ref()))))
}

fn run() -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // If this cannot be printed there is nowhere left to say so.
            let _ = error.print();
            // clap would end with 2, which stands for a critical verdict here.
            return if error.use_stderr() { failed(&usage_error(&error.to_string())) } else { exit::OK };
        }
    };
    let display = cli.display;
    dispatch(cli).unwrap_or_else(|error| {
        let _ = error.write(&Console::stderr(display).options, &mut io::stderr());
        failed(&error.line())
    })
}

/// The first line of what clap says, with what is listed behind it, and without the word that the reader of a plugin does
/// not need.
fn usage_error(text: &str) -> String {
    let mut lines = text.lines();
    let line = lines.next().unwrap_or_default();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    match lines.next().map(str::trim) {
        Some(listed) if line.ends_with(':') => format!("{line} {listed}"),
        _ => line.to_owned(),
    }
}

/// There is no report, for a reason that standard error has by then. Monitoring systems read standard output alone, and
/// would show nothing. Gives the exit code.
fn failed(error: &str) -> u8 {
    let plugin = cli::plugin(std::env::args_os().skip(1)).filter(|_| commands::nothing_printed());
    if let Some(line) = plugin.and_then(|format| format.without_report(error)) {
        // Whoever cannot be told this is told by the exit code.
        let _ = writeln!(io::stdout(), "{line}");
    }
    exit::UNKNOWN
}

fn dispatch(cli: Cli) -> Result<u8, CommandError> {
    let console = Console::stdout(cli.display, Verbosity::Normal);
    match cli.command {
        Command::Explain(explain) => commands::explain::run(&explain.topic, rules::all(), console)?,
        Command::Rules(list) => commands::rules::run(list.format, rules::all(), console)?,
        Command::Completions(completions) => commands::completions::run(completions.shell)?,
        Command::Man(man) => commands::man::run(man.command.as_deref())?,
        Command::Check(check) => {
            let console = Console::stdout(cli.display, check.reporting.verbosity());
            return commands::check::run(&check, console, origin()?);
        }
        Command::Preflight(preflight) => {
            let console = Console::stdout(cli.display, preflight.reporting.verbosity());
            return commands::preflight::run(&preflight, console, origin()?);
        }
        Command::Gone(gone) => {
            let console = Console::stdout(cli.display, gone.reporting.verbosity());
            return commands::gone::run(&gone, console, origin()?);
        }
        Command::Identify(identify) => return commands::identify::run(&identify, console, origin()?),
        Command::Init(init) => commands::init::run(&init, Console::stderr(cli.display), origin()?)?,
        Command::Observe(observe) => commands::observe::run(&observe, console, origin()?)?,
        Command::Demo(demo) => return commands::demo::run(&demo, console, origin()?),
        Command::Config(config) => commands::config::run(&config.command, console)?,
    }
    Ok(exit::OK)
}

/// The clock and one random number: what a run takes from outside, read here and nowhere else.
#[expect(clippy::disallowed_methods, reason = "main reads the clock once")]
fn origin() -> Result<Origin, CommandError> {
    let seed = getrandom::u64().map_err(|error| CommandError::Runtime(io::Error::other(error)))?;
    Ok(Origin { started_at: jiff::Timestamp::now(), seed })
}

/// Says on standard error that guidpost is at fault, and where.
fn report_panic(info: &panic::PanicHookInfo<'_>) {
    let message = panic_message(info.payload());
    let place = info.location().map(|place| format!(" at {place}")).unwrap_or_default();
    let _ = writeln!(
        io::stderr(),
        "guidpost {}: internal error{place}: {}\nThis is a defect of guidpost, not of your forest. Please report it with \
         the text above; evidence saved with --save-evidence helps to find it.",
        env!("CARGO_PKG_VERSION"),
        escape::terminal(message, false),
    );
}

fn panic_message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_exit_code_3() {
        let mut told = Vec::new();
        let mut failed = |error: &str| {
            told.push(error.to_owned());
            exit::UNKNOWN
        };
        assert_eq!(guarded(|| exit::CRITICAL, &mut failed), exit::CRITICAL);
        assert_eq!(guarded(|| panic!("on purpose"), &mut failed), exit::UNKNOWN);
        let number = || panic!("{} on purpose", std::env::args().count().min(1));
        assert_eq!(guarded(number, &mut failed), exit::UNKNOWN);
        assert_eq!(told, ["internal error: on purpose", "internal error: 1 on purpose"]);
    }

    #[test]
    fn a_usage_error_is_told_by_its_first_line() {
        let unknown = "error: unexpected argument '-x' found\n\nUsage: guidpost";
        assert_eq!(usage_error(unknown), "unexpected argument '-x' found");
        let missing = "error: the following were not provided:\n  --output <FILE>\n\nUsage: guidpost";
        assert_eq!(usage_error(missing), "the following were not provided: --output <FILE>");
        assert_eq!(usage_error(""), "");
    }
}
