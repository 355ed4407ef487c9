//! The findings, one paragraph each.

use std::io::{self, Write};

use super::write_lines;
use crate::render::story::{Capped, Step, Story, Told};
use crate::render::{RenderOptions, words, wrap};

/// Where values stand, after their label.
const REST: &str = "            ";

pub(super) fn render(story: &Story<'_>, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut passes = false;
    for told in &story.findings {
        // Passes follow one another, one line each: there are many, and nothing is to be done about them.
        if told.is_pass() {
            if !std::mem::replace(&mut passes, true) {
                writeln!(out)?;
            }
            pass(told, options, out)?;
        } else {
            writeln!(out)?;
            finding(told, options, out)?;
            passes = false;
        }
    }
    Ok(())
}

fn pass(told: &Told<'_>, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let (word, paint) = words::finding(told.first());
    let message = options.clean(&told.first().message);
    let separator = if message.is_empty() { "" } else { ": " };
    let subject = subject(told, options);
    let rule = options.clean(&told.first().rule);
    write_lines(out, [format!("{}  {rule}  {subject}{separator}{message}", options.paint(paint, word))])
}

/// `dc, dc and 7 more at server, server and 7 more`.
fn subject(told: &Told<'_>, options: &RenderOptions) -> String {
    let listed = |names: Capped<&str>| {
        let more = if names.more > 0 { format!(" and {} more", words::grouped(names.more)) } else { String::new() };
        options.clean_all(names.shown).join(", ") + &more
    };
    let dcs = listed(told.subjects());
    let servers = listed(told.servers());
    match (dcs.is_empty(), servers.is_empty()) {
        (_, true) => dcs,
        (true, false) => format!("at {servers}"),
        (false, false) => format!("{dcs} at {servers}"),
    }
}

fn finding(told: &Told<'_>, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let first = told.first();
    let (word, paint) = words::finding(first);
    let head = format!("{word}  {}  ", options.clean(&first.rule));
    let mut lines = wrap::paragraph(&subject(told, options), options.width, &head, "    ").into_iter();
    // Coloured only now: colours have no width.
    let head = lines.next().unwrap_or(head);
    write_lines(out, [format!("{}{}", options.paint(paint, word), head.strip_prefix(word).unwrap_or(&head))])?;
    write_lines(out, lines)?;
    write_lines(out, wrap::paragraph(&options.clean(&first.message), options.width, "  ", "  "))?;
    if let Some(waived) = told.waived() {
        write_lines(out, wrap::paragraph(&options.clean(&waived), options.width, &label("waived"), REST))?;
    }
    if told.dcs() > 1 {
        let text = format!(
            "The same at {}; for example {}:",
            words::plural(told.dcs(), "domain controller"),
            options.clean(first.dc.as_deref().unwrap_or_default())
        );
        write_lines(out, wrap::paragraph(&text, options.width, "  ", "  "))?;
    }
    if let Some(name) = &first.name {
        let rtype = first.rtype.as_deref().unwrap_or_default();
        write_lines(out, [format!("{}{} {}", label("record"), options.clean(name), options.clean(rtype))])?;
    }
    values("expected", &first.expected, options, out)?;
    if told.found_nothing() {
        writeln!(out, "{}nothing", label("actual"))?;
    }
    values("actual", &first.actual, options, out)?;
    for (index, text) in told.predictions().enumerate() {
        let first = if index == 0 { label("predicts") } else { REST.to_owned() };
        write_lines(out, wrap::paragraph(&text, options.width, &first, &format!("{REST}  ")))?;
    }
    remedy(told, options, out)
}

/// A label with the blanks up to its value.
fn label(text: &str) -> String {
    wrap::label("  ", text, REST.len())
}

fn values(name: &str, values: &[String], options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let values = options.clean_all(values.iter().map(String::as_str));
    write_lines(out, wrap::list(&values, options.width, &label(name), REST))
}

/// Commands are printed as they are, those behind a comment sign too: broken by a line end they could not be copied.
/// Notes are wrapped, each line a comment, so that a whole block can be copied too.
fn remedy(told: &Told<'_>, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let remedy = told.remedy();
    if !remedy.steps.is_empty() {
        writeln!(out, "  to mend")?;
    }
    for step in &remedy.steps {
        match step {
            Step::Note(note) => note_lines(&options.clean(note), options, out)?,
            Step::Command(line) => write_lines(out, [format!("      {}", options.clean(line))])?,
        }
    }
    if remedy.other_servers > 0 {
        writeln!(out, "      # and likewise at the other {}", words::plural(remedy.other_servers, "server"))?;
    }
    if remedy.other_dcs > 0 {
        let left = words::plural(remedy.other_dcs, "domain controller");
        note_lines(&format!("and likewise for the other {left} (-v lists them)"), options, out)?;
    }
    Ok(())
}

fn note_lines(note: &str, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    write_lines(out, wrap::paragraph(note, options.width, "      # ", "      # "))
}
