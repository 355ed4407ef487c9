//! The checklist of `preflight` and `gone`, before everything else: it is what was asked for.

use std::io::{self, Write};

use super::write_lines;
use crate::render::story::Story;
use crate::render::{Paint, RenderOptions, words, wrap};

/// Width of the longest mark, `[not checked]`.
const MARK: usize = 13;
/// Where reason and details stand.
const REST: &str = "                 ";

pub(super) fn render(story: &Story<'_>, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    if story.checklist.is_empty() {
        return Ok(());
    }
    let about = story.about.map(|about| format!(" for {}", options.clean(about))).unwrap_or_default();
    writeln!(out)?;
    for line in wrap::paragraph(&format!("Checklist{about}"), options.width, "", "  ") {
        writeln!(out, "{}", options.paint(Paint::Strong, line))?;
    }
    for item in story.checklist {
        let (word, paint) = words::item(item.status);
        let mark = format!("[{word}]");
        let blanks = " ".repeat(MARK.saturating_sub(mark.chars().count()) + 2);
        // Colour must not count as columns.
        let mut lines = wrap::paragraph(&options.clean(&item.title), options.width, &" ".repeat(MARK + 4), REST);
        if let Some(first) = lines.first_mut() {
            *first = format!("  {}{blanks}{}", options.paint(paint, &mark), first.trim_start());
        }
        write_lines(out, lines)?;
        write_lines(out, wrap::paragraph(&options.clean(&item.reason), options.width, REST, REST))?;
        for detail in &item.details {
            let text = options.clean(detail);
            write_lines(out, wrap::paragraph(&text, options.width, &format!("{REST}- "), &format!("{REST}  ")))?;
        }
    }
    Ok(())
}
