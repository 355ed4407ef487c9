//! A grid of cells.
//!
//! A table is drawn only if it fits the width, because a table that is wrapped or cut hides names and addresses. Else
//! each DC has a block of its own.

use std::io::{self, Write};

use tabled::builder::Builder;
use tabled::settings::object::Cell as Position;
use tabled::settings::{Color, Style};

use super::{listed, write_lines};
use crate::render::story::{Kind, Matrix, Rank};
use crate::render::{Paint, RenderOptions, words, wrap};

/// Draws it under a title.
pub(super) fn render(
    matrix: &Matrix<'_>,
    title: &str,
    options: &RenderOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "\n{}", options.paint(Paint::Strong, title))?;
    if !matrix.drawn.is_empty() {
        match table(matrix, options) {
            Some(lines) => write_lines(out, lines)?,
            None => blocks(matrix, options, out)?,
        }
    }
    let (and, noun) =
        if matrix.drawn.is_empty() { ("", "domain controller") } else { ("and ", "more domain controller") };
    for pattern in &matrix.counted {
        let number = words::plural(pattern.number, noun);
        let kinds = matrix.kinds(&pattern.row);
        let text = match &kinds[..] {
            [kind] => format!("{} everywhere", kind.cell.text),
            kinds => {
                let at = |kind: &Kind<'_, '_>| format!("{} at {}", kind.cell.text, listed(&kind.at, "", options).join(", "));
                kinds.iter().map(at).collect::<Vec<_>>().join("; ")
            }
        };
        write_lines(out, wrap::paragraph(&format!("{and}{number}: {text}"), options.width, "  ", "    "))?;
    }
    Ok(())
}

/// The lines of a table, if they are narrow enough.
fn table(matrix: &Matrix<'_>, options: &RenderOptions) -> Option<Vec<String>> {
    let heads = options.clean_all(matrix.heads.iter().copied());
    let rows = &matrix.drawn;
    // Large forests: do not lay out millions of cells to learn what the heads of the columns tell already.
    if heads.iter().map(|head| head.chars().count() + 3).sum::<usize>() > options.width {
        return None;
    }
    let mut builder = Builder::default();
    builder.push_record(std::iter::once("source").chain(heads.iter().map(String::as_str)));
    for row in rows {
        builder.push_record(std::iter::once(options.clean(row.source)).chain(row.cells.iter().map(|cell| cell.text.to_string())));
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
fn blocks(matrix: &Matrix<'_>, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    for row in &matrix.drawn {
        writeln!(out, "  {}", options.paint(Paint::Strong, options.clean(row.source)))?;
        let kinds = matrix.kinds(row);
        let wide = kinds.iter().map(|kind| kind.cell.text.chars().count()).max().unwrap_or(0);
        for kind in kinds {
            let rest = " ".repeat(wide + 6);
            let mut lines = wrap::list(&listed(&kind.at, "", options), options.width, &rest, &rest).into_iter();
            let first = lines.next().unwrap_or_default();
            let label = options.paint(paint(kind.cell.outcome), format!("{:wide$}", kind.cell.text));
            write_lines(out, [format!("    {label}  {}", first.trim_start())])?;
            write_lines(out, lines)?;
        }
    }
    Ok(())
}
