//! What each destination experiences: one row per source DC, one column per destination.

use std::io::{self, Write};

use super::{matrix, write_lines};
use crate::render::story::{Destinations, Way};
use crate::render::{RenderOptions, words, wrap};

pub(super) fn render(told: &Destinations<'_>, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let title = "What each destination experiences with its own resolvers: source DC, by destination";
    matrix::render(&told.matrix, title, options, out)?;
    if told.left_out > 0 {
        let text = format!(
            "{} of a destination and a source are too many to list: those that are ok are left out, and what exceeds a \
             million of the others",
            words::plural(told.pairs + told.left_out, "pair")
        );
        write_lines(out, wrap::paragraph(&text, options.width, "  ", "    "))?;
    }
    told.ways.iter().try_for_each(|way| explain(way, options, out))
}

fn explain(way: &Way<'_>, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let resolvers = options.clean_all(way.resolvers.iter().copied()).join(", ");
    let resolvers = if resolvers.is_empty() { "no resolver".to_owned() } else { resolvers };
    let text = format!("{} asks {resolvers}", options.clean(way.destination));
    write_lines(out, wrap::paragraph(&text, options.width, "  ", "    "))?;
    for (row, what) in &way.sources {
        let server = row.server.as_ref().map(|server| format!(" through {}", options.clean(server)));
        let text = format!(
            "{}: {what}{}: {}",
            options.clean(&row.source),
            server.unwrap_or_default(),
            options.clean(&row.message)
        );
        write_lines(out, wrap::paragraph(&text, options.width, "    ", "      "))?;
    }
    Ok(())
}
