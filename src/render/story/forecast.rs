//! The forecast, by the DNS server that is asked and by destination.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::grid::{Cell, Grid, Matrix, Rank};
use crate::base::natural::Natural;
use crate::render::words;
use crate::report::{DestinationRow, ForecastOutcome, ForecastRow, Report, ServerStatus, Shared};

/// One row per source DC, one column per DNS server, in the order of the report's servers.
pub(super) fn by_server(report: &Report, whole: bool) -> Option<Matrix<'_>> {
    if report.forecast.is_empty() {
        return None;
    }
    let status: HashMap<&str, ServerStatus> =
        report.servers.iter().map(|row| (row.server.as_str(), row.status)).collect();
    let listed = report.servers.iter().map(|row| row.server.as_str());
    let mut grid = Grid::new(listed.chain(report.forecast.iter().map(|row| row.server.as_str())));
    for row in &report.forecast {
        let cell = cell(row, status.get(row.server.as_str()).copied());
        grid.put((&row.source, row.guid.as_deref()), &row.server, cell);
    }
    Some(grid.fold(whole))
}

fn cell(row: &ForecastRow, status: Option<ServerStatus>) -> Cell {
    let (outcome, text) = match row.outcome {
        ForecastOutcome::Ok => (Rank::Ok, "ok".into()),
        ForecastOutcome::Fails => (Rank::Fails, fails(&row.errors).into()),
        ForecastOutcome::Intermittent => {
            let what = if row.delay_only { "slow" } else { "wrong" };
            (Rank::Intermittent, format!("{} of {} {what}", row.wrong_addresses, row.addresses).into())
        }
        ForecastOutcome::Unknown => match status {
            None | Some(ServerStatus::Answering | ServerStatus::Partial) => (Rank::Unknown, "?".into()),
            Some(status) => (Rank::Unknown, format!("? {}", words::status(status)).into()),
        },
    };
    Cell { outcome, text }
}

/// `FAILS 1753/1722`.
fn fails(errors: &[i64]) -> String {
    if errors.is_empty() {
        return "FAILS".to_owned();
    }
    let errors: Vec<String> = errors.iter().map(i64::to_string).collect();
    format!("FAILS {}", errors.join("/"))
}

/// What each destination experiences.
pub(in crate::render) struct Destinations<'a> {
    /// One row per source DC, one column per destination.
    pub(in crate::render) matrix: Matrix<'a>,
    /// Pairs that the report has, and how many it leaves out.
    pub(in crate::render) pairs: usize,
    pub(in crate::render) left_out: usize,
    /// The way of each destination; only in a whole story.
    pub(in crate::render) ways: Vec<Way<'a>>,
}

/// The resolvers of one destination, and the way to every source that is not simply ok.
pub(in crate::render) struct Way<'a> {
    pub(in crate::render) destination: &'a str,
    pub(in crate::render) resolvers: Vec<&'a str>,
    /// Each with what it comes to.
    pub(in crate::render) sources: Vec<(&'a DestinationRow, Cow<'static, str>)>,
}

pub(super) fn destinations(report: &Report, whole: bool) -> Option<Destinations<'_>> {
    if report.destinations.is_empty() && report.destinations_left_out == 0 {
        return None;
    }
    let mut grid = Grid::new(report.destinations.iter().map(|row| row.destination.as_str()));
    let mut rows: Vec<&DestinationRow> = report.destinations.iter().collect();
    rows.sort_by_key(|row| Natural(&row.source));
    for row in rows {
        grid.put((&row.source, None), &row.destination, arrival(row));
    }
    Some(Destinations {
        matrix: grid.fold(whole),
        pairs: report.destinations.len(),
        left_out: report.destinations_left_out,
        ways: if whole { ways(report) } else { Vec::new() },
    })
}

fn arrival(row: &DestinationRow) -> Cell {
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

fn ways(report: &Report) -> Vec<Way<'_>> {
    let mut by_destination: BTreeMap<Natural<'_>, Vec<&DestinationRow>> = BTreeMap::new();
    for row in &report.destinations {
        by_destination.entry(Natural(&row.destination)).or_default().push(row);
    }
    let what = |row: &DestinationRow| match row.outcome {
        ForecastOutcome::Unknown => Cow::from("not known"),
        _ => arrival(row).text,
    };
    by_destination
        .into_iter()
        .map(|(Natural(destination), rows)| Way {
            destination,
            resolvers: rows[0].resolvers.iter().map(Shared::as_str).collect(),
            sources: rows
                .into_iter()
                .filter(|row| row.outcome != ForecastOutcome::Ok || row.delay_s > 0.0)
                .map(|row| (row, what(row)))
                .collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn cells_say_what_happens_and_what_is_not_known() {
        let text = |outcome, errors: &[i64], status| cell(&sample::forecast("a", "b", outcome, errors), status).text;
        use ForecastOutcome::{Fails, Ok, Unknown};
        assert_eq!(text(Ok, &[], None), "ok");
        assert_eq!(text(Fails, &[1753, 1722], None), "FAILS 1753/1722");
        assert_eq!(text(Fails, &[-2_146_893_022], None), "FAILS -2146893022");
        assert_eq!(text(Fails, &[], None), "FAILS");
        assert_eq!(text(Unknown, &[], Some(ServerStatus::Answering)), "?");
        assert_eq!(text(Unknown, &[], Some(ServerStatus::Refusing)), "? refusing");
        let mut row = sample::forecast("a", "b", ForecastOutcome::Intermittent, &[]);
        (row.wrong_addresses, row.addresses) = (1, 2);
        assert_eq!(cell(&row, None).text, "1 of 2 wrong");
        row.delay_only = true;
        assert_eq!(cell(&row, None).text, "1 of 2 slow");
    }
}
