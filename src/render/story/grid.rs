//! Cells by source DC and something else. In large forests the rows that are alike and need no attention are counted.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::Capped;

/// Rows that are drawn before rows without failure are folded.
const ROWS: usize = 20;
/// Rows with the same failure that are folded, and how many of them are drawn all the same.
const ALIKE: usize = 10;
const SHOWN: usize = 3;
/// Heads of one kind that are named before the rest is counted.
const HEADS: usize = 8;

/// What one cell says. The order is that of reading: the gravest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::render) struct Cell {
    pub(in crate::render) outcome: Rank,
    /// Millions of them are the same few words.
    pub(in crate::render) text: Cow<'static, str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::render) enum Rank {
    Fails,
    Intermittent,
    Unknown,
    Ok,
    Absent,
}

/// One source DC.
pub(in crate::render) struct Row<'a> {
    pub(in crate::render) source: &'a str,
    /// One for each head.
    pub(in crate::render) cells: Vec<Cell>,
}

impl Row<'_> {
    /// What it says: one cell where it says the same everywhere, wherever it says nothing.
    fn content(&self) -> Vec<&Cell> {
        let mut said = self.cells.iter().filter(|cell| cell.outcome != Rank::Absent);
        match said.next() {
            Some(first) if said.all(|cell| cell == first) => vec![first],
            _ => self.cells.iter().collect(),
        }
    }
}

/// Rows that say the same and are not drawn.
pub(in crate::render) struct Pattern<'a> {
    pub(in crate::render) number: usize,
    /// The first of them.
    pub(in crate::render) row: Row<'a>,
}

/// What one row says in one way, and under which heads.
pub(in crate::render) struct Kind<'a, 'm> {
    pub(in crate::render) cell: &'m Cell,
    pub(in crate::render) at: Capped<&'a str>,
}

/// A grid to draw.
pub(in crate::render) struct Matrix<'a> {
    /// The heads of the columns.
    pub(in crate::render) heads: Vec<&'a str>,
    pub(in crate::render) drawn: Vec<Row<'a>>,
    pub(in crate::render) counted: Vec<Pattern<'a>>,
    whole: bool,
}

impl<'a> Matrix<'a> {
    /// What a row says, the gravest first.
    pub(in crate::render) fn kinds<'m>(&self, row: &'m Row<'a>) -> Vec<Kind<'a, 'm>> {
        let mut kinds: BTreeMap<&Cell, Vec<&'a str>> = BTreeMap::new();
        for (cell, head) in row.cells.iter().zip(&self.heads).filter(|(cell, _)| cell.outcome != Rank::Absent) {
            kinds.entry(cell).or_default().push(head);
        }
        kinds.into_iter().map(|(cell, at)| Kind { cell, at: Capped::new(at, HEADS, self.whole) }).collect()
    }
}

/// A grid while it is filled.
pub(super) struct Grid<'a> {
    heads: Vec<&'a str>,
    columns: HashMap<&'a str, usize>,
    rows: Vec<Row<'a>>,
    index: HashMap<(&'a str, Option<&'a str>), usize>,
}

impl<'a> Grid<'a> {
    /// A grid with these columns, each once, in this order.
    pub(super) fn new(heads: impl Iterator<Item = &'a str>) -> Self {
        let mut grid = Self { heads: Vec::new(), columns: HashMap::new(), rows: Vec::new(), index: HashMap::new() };
        for head in heads {
            grid.columns.entry(head).or_insert_with(|| {
                grid.heads.push(head);
                grid.heads.len() - 1
            });
        }
        grid
    }

    /// Fills a cell; what is never filled is absent.
    pub(super) fn put(&mut self, source: (&'a str, Option<&'a str>), head: &str, cell: Cell) {
        let position = *self.index.entry(source).or_insert_with(|| {
            let absent = Cell { outcome: Rank::Absent, text: "-".into() };
            self.rows.push(Row { source: source.0, cells: vec![absent; self.heads.len()] });
            self.rows.len() - 1
        });
        self.rows[position].cells[self.columns[head]] = cell;
    }

    /// In a large forest, rows that say the same are counted: all of them where nothing fails, else all but the first few.
    pub(super) fn fold(self, whole: bool) -> Matrix<'a> {
        let Self { heads, rows, .. } = self;
        let mut matrix = Matrix { heads, drawn: Vec::new(), counted: Vec::new(), whole };
        if rows.len() <= ROWS || whole {
            matrix.drawn = rows;
            return matrix;
        }
        let fates = fates(&rows);
        for (row, fate) in rows.into_iter().zip(fates) {
            match fate {
                Fate::Drawn => matrix.drawn.push(row),
                Fate::Counts(number) => matrix.counted.push(Pattern { number, row }),
                Fate::Counted => {}
            }
        }
        matrix
    }
}

/// What becomes of a row.
enum Fate {
    Drawn,
    /// It stands for so many, itself among them.
    Counts(usize),
    Counted,
}

fn fates(rows: &[Row<'_>]) -> Vec<Fate> {
    // How many there are of a kind, and how many of them have come.
    let mut alike: HashMap<Vec<&Cell>, (usize, usize)> = HashMap::new();
    for row in rows {
        alike.entry(row.content()).or_default().0 += 1;
    }
    let fates = rows.iter().map(|row| {
        let content = row.content();
        let quiet = content.iter().all(|cell| cell.outcome > Rank::Intermittent);
        let (least, shown) = if quiet { (2, 0) } else { (ALIKE, SHOWN) };
        let Some((number, come)) = alike.get_mut(&content) else { return Fate::Drawn };
        *come += 1;
        if *number <= least || *come <= shown {
            Fate::Drawn
        } else if *come == shown + 1 {
            // Counted at the first row that is not drawn, so that the order is that of the report.
            Fate::Counts(*number - shown)
        } else {
            Fate::Counted
        }
    });
    fates.collect()
}
