//! `--format table`: the report for people.
//!
//! The order is that of a reader who has little time and then more: what was asked, the checklist of a command that has
//! one, what replication will experience, what is wrong and how to mend it, which servers agree, what was not checked,
//! and the verdict as the last line.

mod checklist;
mod destinations;
mod findings;
mod matrix;
mod summary;

use std::io::{self, Write};

use super::story::{self, Capped};
use super::{Kind, RenderOptions, Verbosity, words};
use crate::report::Report;

/// For people.
pub(super) const KIND: Kind = Kind { render, for_people: true, deadline: None, without_report: None };

/// Writes the whole text.
fn render(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    if options.verbosity == Verbosity::Quiet {
        return summary::conclusion(&story::conclude(report), options, out);
    }
    let story = story::tell(report, options.verbosity == Verbosity::Verbose);
    summary::header(&story, options, out)?;
    checklist::render(&story, options, out)?;
    if let Some(forecast) = &story.forecast {
        let title = "Forecast of replication: source DC, by DNS server that its partner asks";
        matrix::render(forecast, title, options, out)?;
    }
    if let Some(destinations) = &story.destinations {
        destinations::render(destinations, options, out)?;
    }
    findings::render(&story, options, out)?;
    summary::machines(&story, options, out)?;
    summary::groups(&story, options, out)?;
    summary::checked(&story, options, out)?;
    summary::not_checked(&story, options, out)?;
    summary::learned(&story, options, out)?;
    summary::assumed(&story, options, out)?;
    summary::unverified(&story, options, out)?;
    writeln!(out)?;
    summary::conclusion(&story.conclusion, options, out)
}

/// Writes each line, without blanks at its end.
fn write_lines(out: &mut dyn Write, lines: impl IntoIterator<Item = impl AsRef<str>>) -> io::Result<()> {
    for line in lines {
        writeln!(out, "{}", line.as_ref().trim_end())?;
    }
    Ok(())
}

/// The items of a list, and behind them how many more there are.
fn listed(list: &Capped<&str>, behind: &str, options: &RenderOptions) -> Vec<String> {
    let mut items = options.clean_all(list.shown.iter().copied());
    if list.more > 0 {
        items.push(format!("and {} more{behind}", words::grouped(list.more)));
    }
    items
}
