//! The `guidpost` command: arguments, dispatch, exit code.

use std::io::{self, Write};
use std::panic;
use std::process::ExitCode;

use clap::Parser;
use guidpost::base::exit;
use guidpost::cli::{Cli, Command};
use guidpost::commands::{self, CommandError, Console};
use guidpost::render::{Verbosity, escape};
use guidpost::rules;
use guidpost::run::Origin;

fn main() -> ExitCode {
    panic::set_hook(Box::new(report_panic));
    ExitCode::from(guarded(run))
}

/// Turns a panic, which the hook has reported by then, into an exit code.
fn guarded(run: fn() -> u8) -> u8 {
    panic::catch_unwind(run).unwrap_or(exit::UNKNOWN)
}

fn run() -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // If this cannot be printed there is nowhere left to say so.
            let _ = error.print();
            // clap would end with 2, which stands for a critical verdict here.
            return if error.use_stderr() { exit::UNKNOWN } else { exit::OK };
        }
    };
    let display = cli.display;
    dispatch(cli).unwrap_or_else(|error| {
        let _ = error.write(&Console::stderr(display).options, &mut io::stderr());
        exit::UNKNOWN
    })
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
    let message = info
        .payload()
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| info.payload().downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".into());
    let place = info.location().map(|place| format!(" at {place}")).unwrap_or_default();
    let _ = writeln!(
        io::stderr(),
        "guidpost {}: internal error{place}: {}\nThis is a defect of guidpost, not of your forest. Please report it with \
         the text above; evidence saved with --save-evidence helps to find it.",
        env!("CARGO_PKG_VERSION"),
        escape::terminal(&message, false),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_exit_code_3() {
        assert_eq!(guarded(|| exit::CRITICAL), exit::CRITICAL);
        assert_eq!(guarded(|| panic!("on purpose")), exit::UNKNOWN);
    }
}
