//! The forecast: one row per source DC, one column per DNS server; and the matrix that other tables share with it.
//!
//! A table is drawn only if it fits the width, because a table that is wrapped or cut hides names and addresses. Else
//! each DC has a block of its own. In large forests the rows that are alike and need no attention are counted.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use tabled::builder::Builder;
use tabled::settings::object::Cell as Position;
use tabled::settings::{Color, Style};

use super::{shorten, write_lines};
use crate::render::{Paint, RenderOptions, Verbosity, words, wrap};
use crate::report::{ForecastOutcome, ForecastRow, Report, ServerStatus};

/// Rows that are drawn before rows without failure are folded.
const ROWS: usize = 20;
/// Rows with the same failure that are folded, and how many of them are drawn all the same.
const ALIKE: usize = 10;
const SHOWN: usize = 3;
/// Servers of one kind that a block names before it counts the rest.
const SERVERS: usize = 8;

/// What one cell says. The order is that of blocks: the gravest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Cell {
    pub(super) outcome: Rank,
    /// Millions of them are the same few words.
    pub(super) text: Cow<'static, str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Rank {
    Fails,
    Intermittent,
    Unknown,
    Ok,
    Absent,
}

pub(super) struct Row {
    source: String,
    cells: Vec<Cell>,
}

impl Row {
    /// What it says: one cell where it says the same everywhere, wherever it says nothing.
    fn content(&self) -> Vec<&Cell> {
        let mut said = self.cells.iter().filter(|cell| cell.outcome != Rank::Absent);
        match said.next() {
            Some(first) if said.all(|cell| cell == first) => vec![first],
            _ => self.cells.iter().collect(),
        }
    }
}

/// Cells by source DC and something else.
pub(super) struct Grid<'a> {
    /// The heads of the columns, clean.
    heads: Vec<String>,
    columns: HashMap<&'a str, usize>,
    rows: Vec<Row>,
    index: HashMap<(&'a str, Option<&'a str>), usize>,
}

impl<'a> Grid<'a> {
    /// A grid with these columns, each once, in this order.
    pub(super) fn new(heads: impl Iterator<Item = &'a str>, options: &RenderOptions) -> Self {
        let mut grid = Self { heads: Vec::new(), columns: HashMap::new(), rows: Vec::new(), index: HashMap::new() };
        for head in heads {
            grid.columns.entry(head).or_insert_with(|| {
                grid.heads.push(options.clean(head));
                grid.heads.len() - 1
            });
        }
        grid
    }

    /// Fills a cell; what is never filled is absent.
    pub(super) fn put(&mut self, source: (&'a str, Option<&'a str>), head: &str, cell: Cell, options: &RenderOptions) {
        let position = *self.index.entry(source).or_insert_with(|| {
            let absent = Cell { outcome: Rank::Absent, text: "-".into() };
            self.rows.push(Row { source: options.clean(source.0), cells: vec![absent; self.heads.len()] });
            self.rows.len() - 1
        });
        self.rows[position].cells[self.columns[head]] = cell;
    }

    /// Draws it under a title.
    pub(super) fn render(&self, title: &str, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
        let Folded { drawn, counted } = fold(&self.rows, options);
        writeln!(out, "\n{}", options.paint(Paint::Strong, title))?;
        if !drawn.is_empty() {
            match table(&self.heads, &drawn, options) {
                Some(lines) => write_lines(out, lines)?,
                None => blocks(&self.heads, &drawn, options, out)?,
            }
        }
        for (number, row) in counted {
            let number =
                words::plural(number, if drawn.is_empty() { "domain controller" } else { "more domain controller" });
            let and = if drawn.is_empty() { "" } else { "and " };
            let kinds = by_cell(&self.heads, row);
            let text = match &kinds[..] {
                [(cell, _)] => format!("{and}{number}: {} everywhere", cell.text),
                kinds => {
                    let kinds: Vec<String> = kinds
                        .iter()
                        .map(|(cell, at)| format!("{} at {}", cell.text, names(at, options).join(", ")))
                        .collect();
                    format!("{and}{number}: {}", kinds.join("; "))
                }
            };
            write_lines(out, wrap::paragraph(&text, options.width, "  ", "    "))?;
        }
        Ok(())
    }
}

/// Rows to draw, and rows to count.
struct Folded<'a> {
    drawn: Vec<&'a Row>,
    counted: Vec<(usize, &'a Row)>,
}

pub(super) fn render(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    if report.forecast.is_empty() {
        return Ok(());
    }
    let status: HashMap<&str, ServerStatus> =
        report.servers.iter().map(|row| (row.server.as_str(), row.status)).collect();
    // The columns are in the order of the report's servers.
    let listed = report.servers.iter().map(|row| row.server.as_str());
    let mut grid = Grid::new(listed.chain(report.forecast.iter().map(|row| row.server.as_str())), options);
    for row in &report.forecast {
        let cell = cell(row, status.get(row.server.as_str()).copied());
        grid.put((&row.source, row.guid.as_deref()), &row.server, cell, options);
    }
    grid.render("Forecast of replication: source DC, by DNS server that its partner asks", options, out)
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
pub(super) fn fails(errors: &[i64]) -> String {
    if errors.is_empty() {
        return "FAILS".to_owned();
    }
    let errors: Vec<String> = errors.iter().map(i64::to_string).collect();
    format!("FAILS {}", errors.join("/"))
}

/// In a large forest, rows that say the same are counted: all of them where nothing fails, else all but the first few.
fn fold<'a>(rows: &'a [Row], options: &RenderOptions) -> Folded<'a> {
    if rows.len() <= ROWS || options.verbosity == Verbosity::Verbose {
        return Folded { drawn: rows.iter().collect(), counted: Vec::new() };
    }
    // How many there are of a kind, and how many of them have come.
    let mut alike: HashMap<Vec<&Cell>, (usize, usize)> = HashMap::new();
    for row in rows {
        alike.entry(row.content()).or_default().0 += 1;
    }
    let mut folded = Folded { drawn: Vec::new(), counted: Vec::new() };
    for row in rows {
        let content = row.content();
        let quiet = content.iter().all(|cell| cell.outcome > Rank::Intermittent);
        let (least, shown) = if quiet { (2, 0) } else { (ALIKE, SHOWN) };
        let Some((number, come)) = alike.get_mut(&content) else { continue };
        if *number <= least || *come < shown {
            folded.drawn.push(row);
        } else if *come == shown {
            // Counted at the first row that is not drawn, so that the order is that of the report.
            folded.counted.push((*number - shown, row));
        }
        *come += 1;
    }
    folded
}

/// The lines of a table, if they are narrow enough.
fn table(servers: &[String], rows: &[&Row], options: &RenderOptions) -> Option<Vec<String>> {
    // Large forests: do not lay out millions of cells to learn what the heads of the columns tell already.
    if servers.iter().map(|server| server.chars().count() + 3).sum::<usize>() > options.width {
        return None;
    }
    let mut builder = Builder::default();
    builder.push_record(std::iter::once("source").chain(servers.iter().map(String::as_str)));
    for row in rows {
        builder.push_record(std::iter::once(row.source.as_str()).chain(row.cells.iter().map(|cell| &*cell.text)));
    }
    let mut table = builder.build();
    if options.ascii {
        table.with(Style::psql());
    } else {
        table.with(Style::sharp());
    }
    if table.total_width() > options.width {
        return None;
    }
    if options.color {
        for (y, row) in rows.iter().enumerate() {
            for (x, cell) in row.cells.iter().enumerate() {
                let (start, end) = paint(cell.outcome).codes();
                table.modify(Position::new(y + 1, x + 1), Color::new(start, end));
            }
        }
    }
    Some(table.to_string().lines().map(str::to_owned).collect())
}

fn paint(outcome: Rank) -> Paint {
    match outcome {
        Rank::Fails => Paint::Bad,
        Rank::Intermittent => Paint::Warn,
        Rank::Unknown => Paint::Unknown,
        Rank::Ok => Paint::Good,
        Rank::Absent => Paint::Faint,
    }
}

/// One block per DC: what happens, and at which servers.
fn blocks(servers: &[String], rows: &[&Row], options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    for row in rows {
        writeln!(out, "  {}", options.paint(Paint::Strong, &row.source))?;
        let kinds = by_cell(servers, row);
        let wide = kinds.iter().map(|(cell, _)| cell.text.chars().count()).max().unwrap_or(0);
        for (cell, at) in kinds {
            let rest = " ".repeat(wide + 6);
            let mut lines = wrap::list(&names(&at, options), options.width, &rest, &rest).into_iter();
            let first = lines.next().unwrap_or_default();
            let label = options.paint(paint(cell.outcome), format!("{:wide$}", cell.text));
            write_lines(out, [format!("    {label}  {}", first.trim_start())])?;
            write_lines(out, lines)?;
        }
    }
    Ok(())
}

/// The servers of a row by what they say, the gravest first.
fn by_cell<'a>(servers: &'a [String], row: &'a Row) -> Vec<(&'a Cell, Vec<&'a str>)> {
    let mut kinds: BTreeMap<&Cell, Vec<&str>> = BTreeMap::new();
    for (cell, server) in row.cells.iter().zip(servers).filter(|(cell, _)| cell.outcome != Rank::Absent) {
        kinds.entry(cell).or_default().push(server);
    }
    kinds.into_iter().collect()
}

fn names(servers: &[&str], options: &RenderOptions) -> Vec<String> {
    let (mut names, more) = shorten(servers.iter().map(|name| (*name).to_owned()).collect(), SERVERS, options);
    if more > 0 {
        names.push(format!("and {} more", words::grouped(more)));
    }
    names
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
