//! `guidpost demo`: broken forests, checked for real over loopback.

use std::io::{self, Write};

use super::{CommandError, Console, check, to_stdout};
use crate::base::exit;
use crate::cli;
use crate::demo::{Scenario, scenarios};
use crate::evidence::Selection;
use crate::render::{Paint, RenderOptions, words, wrap};
use crate::report::{Report, Verdict};
use crate::run::{self, Origin};
use crate::{config, judge, rules};

/// The scenario whose report follows the list.
const SHOWN: &str = "stale-record";

/// Shows one scenario, all of them, or their list. Gives the exit code.
///
/// # Errors
/// There is no such scenario, or loopback gives no ports.
pub fn run(demo: &cli::Demo, console: Console, origin: Origin) -> Result<u8, CommandError> {
    let options = &console.options;
    if demo.list {
        to_stdout(options.color, |out| list(options, out))?;
        return Ok(exit::OK);
    }
    let verdict = match &demo.scenario {
        Some(name) => show(name, options, origin)?,
        None => show_all(options, origin)?,
    };
    Ok(if demo.exit_code { exit::code(verdict, exit::FailOn::Unknown) } else { exit::OK })
}

fn list(options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    for (name, scenario) in scenarios() {
        writeln!(out, "{}", line(name, None, &scenario, options))?;
    }
    Ok(())
}

fn line(name: &str, verdict: Option<Verdict>, scenario: &Scenario, options: &RenderOptions) -> String {
    let verdict = verdict.map(|verdict| {
        let (word, paint) = words::verdict(verdict);
        options.paint(paint, format!("{word:8}")) + " "
    });
    format!(
        "{} {}{}",
        options.paint(Paint::Strong, format!("{name:18}")),
        verdict.unwrap_or_default(),
        scenario.summary
    )
}

fn show(name: &str, options: &RenderOptions, origin: Origin) -> Result<Verdict, CommandError> {
    let found = scenarios().into_iter().find(|(known, _)| *known == name);
    let (_, scenario) = found.ok_or_else(|| CommandError::UnknownScenario(name.to_owned()))?;
    let report = report(&scenario, origin)?;
    to_stdout(options.color, |out| in_full(name, &scenario, &report, options, out))?;
    Ok(report.verdict)
}

fn show_all(options: &RenderOptions, origin: Origin) -> Result<Verdict, CommandError> {
    let mut worst = Verdict::Ok;
    let mut shown = None;
    for (name, scenario) in scenarios() {
        let report = report(&scenario, origin)?;
        worst = worst.max(report.verdict);
        to_stdout(options.color, |out| writeln!(out, "{}", line(name, Some(report.verdict), &scenario, options)))?;
        if name == SHOWN {
            shown = Some((scenario, report));
        }
    }
    if let Some((scenario, report)) = shown {
        to_stdout(options.color, |out| {
            writeln!(out)?;
            in_full(SHOWN, &scenario, &report, options, out)?;
            writeln!(out, "\nThe others in full: guidpost demo SCENARIO")
        })?;
    }
    Ok(worst)
}

fn in_full(
    name: &str,
    scenario: &Scenario,
    report: &Report,
    options: &RenderOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "{}", options.paint(Paint::Strong, format!("{name}: {}", scenario.summary)))?;
    for paragraph in scenario.story.split("\n\n") {
        for line in wrap::paragraph(paragraph, options.width.min(100), "", "") {
            writeln!(out, "{line}")?;
        }
    }
    writeln!(out)?;
    check::write_table(report, options, out)
}

/// Serves the scenario on loopback and checks it like any other forest.
fn report(scenario: &Scenario, origin: Origin) -> Result<Report, CommandError> {
    let running = scenario.start().map_err(CommandError::Runtime)?;
    let config = config::parse(&running.config_yaml(), "demo.yaml", &rules::names())
        .map_err(|errors| CommandError::Config(config::LoadError::Config(errors)))?;
    let (local, purpose) = (Some(running.local()), scenario.purpose.clone());
    let evidence =
        run::observe(config, Selection::default(), purpose, origin, local, &|_| ()).map_err(CommandError::Runtime)?;
    Ok(judge::judge(&evidence, false))
}
