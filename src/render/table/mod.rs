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

use super::{Kind, RenderOptions, Verbosity};
use crate::report::Report;

/// For people.
pub(super) const KIND: Kind = Kind { render, for_people: true, deadline: None, without_report: None };

/// Writes the whole text.
fn render(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    if options.verbosity != Verbosity::Quiet {
        summary::header(report, options, out)?;
        checklist::render(report, options, out)?;
        matrix::render(report, options, out)?;
        destinations::render(report, options, out)?;
        findings::render(report, options, out)?;
        if options.verbosity == Verbosity::Verbose {
            summary::addresses(report, options, out)?;
        }
        summary::groups(report, options, out)?;
        summary::checked(report, options, out)?;
        summary::not_checked(report, options, out)?;
        summary::learned(report, options, out)?;
        summary::assumed(report, options, out)?;
        summary::unverified(report, options, out)?;
        writeln!(out)?;
    }
    summary::verdict(report, options, out)
}

/// Writes each line, without blanks at its end.
fn write_lines(out: &mut dyn Write, lines: impl IntoIterator<Item = impl AsRef<str>>) -> io::Result<()> {
    for line in lines {
        writeln!(out, "{}", line.as_ref().trim_end())?;
    }
    Ok(())
}

/// The first `limit` items, and how many more there are; everything if no more than a few would be left out.
fn shorten(mut items: Vec<String>, limit: usize, options: &RenderOptions) -> (Vec<String>, usize) {
    let more = items.len().saturating_sub(limit);
    if more < 3 || options.verbosity == Verbosity::Verbose {
        return (items, 0);
    }
    items.truncate(limit);
    (items, more)
}
