//! What each destination experiences: one row per source DC, one column per destination.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use super::matrix::{Cell, Grid, Rank, fails};
use super::write_lines;
use crate::base::natural::Natural;
use crate::render::{RenderOptions, Verbosity, words, wrap};
use crate::report::{DestinationRow, ForecastOutcome, Report, Shared};

pub(super) fn render(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    if report.destinations.is_empty() && report.destinations_left_out == 0 {
        return Ok(());
    }
    let mut grid = Grid::new(report.destinations.iter().map(|row| row.destination.as_str()), options);
    let mut rows: Vec<&DestinationRow> = report.destinations.iter().collect();
    rows.sort_by_key(|row| Natural(&row.source));
    for row in rows {
        grid.put((&row.source, None), &row.destination, cell(row), options);
    }
    let title = "What each destination experiences with its own resolvers: source DC, by destination";
    grid.render(title, options, out)?;
    left_out(report, options, out)?;
    if options.verbosity == Verbosity::Verbose {
        explain(report, options, out)?;
    }
    Ok(())
}

/// That the list is not whole, and what is missing.
fn left_out(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    if report.destinations_left_out == 0 {
        return Ok(());
    }
    let text = format!(
        "{} of a destination and a source are too many to list: those that are ok are left out, and what exceeds a \
         million of the others",
        words::plural(report.destinations.len() + report.destinations_left_out, "pair")
    );
    write_lines(out, wrap::paragraph(&text, options.width, "  ", "    "))
}

fn cell(row: &DestinationRow) -> Cell {
    let (outcome, text) = match row.outcome {
        ForecastOutcome::Ok => (Rank::Ok, "ok".into()),
        ForecastOutcome::Fails => (Rank::Fails, fails(&row.errors).into()),
        ForecastOutcome::Intermittent if row.delay_only => (Rank::Intermittent, Cow::from("slow at times")),
        ForecastOutcome::Intermittent => (Rank::Intermittent, format!("{} at times", fails(&row.errors)).into()),
        ForecastOutcome::Unknown => (Rank::Unknown, "?".into()),
    };
    let text = if row.delay_s > 0.0 { format!("{text} after {} s", row.delay_s).into() } else { text };
    Cell { outcome, text }
}

/// The resolvers of each destination, and the way to every source that is not simply ok.
fn explain(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut by_destination: BTreeMap<&str, Vec<&DestinationRow>> = BTreeMap::new();
    for row in &report.destinations {
        by_destination.entry(&row.destination).or_default().push(row);
    }
    for (destination, rows) in by_destination {
        let resolvers = options.clean_all(rows[0].resolvers.iter().map(Shared::as_str)).join(", ");
        let resolvers = if resolvers.is_empty() { "no resolver".to_owned() } else { resolvers };
        let text = format!("{} asks {resolvers}", options.clean(destination));
        write_lines(out, wrap::paragraph(&text, options.width, "  ", "    "))?;
        for row in rows.into_iter().filter(|row| row.outcome != ForecastOutcome::Ok || row.delay_s > 0.0) {
            let server = row.server.as_ref().map(|server| format!(" through {}", options.clean(server)));
            let what = if row.outcome == ForecastOutcome::Unknown { Cow::from("not known") } else { cell(row).text };
            let text = format!(
                "{}: {what}{}: {}",
                options.clean(&row.source),
                server.unwrap_or_default(),
                options.clean(&row.message)
            );
            write_lines(out, wrap::paragraph(&text, options.width, "    ", "      "))?;
        }
    }
    Ok(())
}
