//! The findings, one paragraph each.

use std::collections::HashSet;
use std::io::{self, Write};

use super::{shorten, write_lines};
use crate::base::codes;
use crate::render::fold::{self, Alike, Folded};
use crate::render::{RenderOptions, Verbosity, words, wrap};
use crate::report::{Finding, Outcome, Report};

/// Servers of a folded finding that are named, and whose commands are printed.
const SERVERS: usize = 8;
/// Where values stand, after their label.
const REST: &str = "            ";

pub(super) fn render(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let folded = match options.verbosity {
        Verbosity::Verbose => {
            let single = |first| Alike { first, others: Vec::new() };
            fold::nothing(report).into_iter().map(single).collect()
        }
        _ => fold::subjects(report),
    };
    let mut passes = false;
    for group in &folded {
        // Passes follow one another, one line each: there are many, and nothing is to be done about them.
        let first = group.first.first;
        if first.outcome == Outcome::Pass && first.waived.is_none() {
            if !std::mem::replace(&mut passes, true) {
                writeln!(out)?;
            }
            pass(&group.first, options, out)?;
        } else {
            writeln!(out)?;
            finding(group, options, out)?;
            passes = false;
        }
    }
    Ok(())
}

fn pass(group: &Folded<'_>, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let (word, paint) = words::finding(group.first);
    let message = options.clean(&group.first.message);
    let separator = if message.is_empty() { "" } else { ": " };
    let subject = subject(group, &[], options);
    let rule = options.clean(&group.first.rule);
    write_lines(out, [format!("{}  {rule}  {subject}{separator}{message}", options.paint(paint, word))])
}

/// `dc, dc and 7 more at server, server and 7 more`.
fn subject(group: &Folded<'_>, others: &[Folded<'_>], options: &RenderOptions) -> String {
    let about = |group: &Folded<'_>| {
        let first = group.first;
        first.dc.as_deref().or(first.name.as_deref()).map(|dc| options.clean(dc))
    };
    let listed = |names: Vec<String>| {
        let (names, more) = shorten(names, SERVERS, options);
        let more = if more > 0 { format!(" and {} more", words::grouped(more)) } else { String::new() };
        names.join(", ") + &more
    };
    let dcs = listed(std::iter::once(group).chain(others).filter_map(about).collect());
    let servers = listed(options.clean_all(group.servers()));
    match (dcs.is_empty(), servers.is_empty()) {
        (_, true) => dcs,
        (true, false) => format!("at {servers}"),
        (false, false) => format!("{dcs} at {servers}"),
    }
}

fn finding(alike: &Alike<'_>, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let (group, others) = (&alike.first, &alike.others[..]);
    let first = group.first;
    let (word, paint) = words::finding(first);
    let head = format!("{word}  {}  ", options.clean(&first.rule));
    let mut lines = wrap::paragraph(&subject(group, others, options), options.width, &head, "    ").into_iter();
    // Coloured only now: colours have no width.
    let head = lines.next().unwrap_or(head);
    write_lines(out, [format!("{}{}", options.paint(paint, word), head.strip_prefix(word).unwrap_or(&head))])?;
    write_lines(out, lines)?;
    write_lines(out, wrap::paragraph(&options.clean(&first.message), options.width, "  ", "  "))?;
    if let Some(waived) = &first.waived {
        let until = waived.until.as_ref().map(|until| format!(" (until {until})")).unwrap_or_default();
        let text = options.clean(&format!("{}{until}", waived.reason));
        write_lines(out, wrap::paragraph(&text, options.width, &label("waived"), REST))?;
    }
    if !others.is_empty() {
        let text = format!(
            "The same at {}; for example {}:",
            words::plural(others.len() + 1, "domain controller"),
            options.clean(first.dc.as_deref().unwrap_or_default())
        );
        write_lines(out, wrap::paragraph(&text, options.width, "  ", "  "))?;
    }
    if let Some(name) = &first.name {
        let rtype = first.rtype.as_deref().unwrap_or_default();
        write_lines(out, [format!("{}{} {}", label("record"), options.clean(name), options.clean(rtype))])?;
    }
    values("expected", &first.expected, options, out)?;
    if first.actual.is_empty() && !first.expected.is_empty() && first.outcome == Outcome::Fail {
        writeln!(out, "{}nothing", label("actual"))?;
    }
    values("actual", &first.actual, options, out)?;
    predicts(first, options, out)?;
    remedy(group, options, out)?;
    if !others.is_empty() && !first.remedy.is_empty() {
        let left = words::plural(others.len(), "domain controller");
        let text = format!("and likewise for the other {left} (-v lists them)");
        write_lines(out, wrap::paragraph(&text, options.width, "      # ", "      # "))?;
    }
    Ok(())
}

/// A label with the blanks up to its value.
fn label(text: &str) -> String {
    wrap::label("  ", text, REST.len())
}

fn values(name: &str, values: &[String], options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let values = options.clean_all(values.iter().map(String::as_str));
    write_lines(out, wrap::list(&values, options.width, &label(name), REST))
}

fn predicts(finding: &Finding, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    for (index, number) in finding.predicts.iter().enumerate() {
        let first = if index == 0 { label("predicts") } else { REST.to_owned() };
        let text = match codes::find(*number) {
            Some(code) => format!("{}: {}", code.title(), code.short),
            None => format!("error {number}"),
        };
        write_lines(out, wrap::paragraph(&text, options.width, &first, &format!("{REST}  ")))?;
    }
    Ok(())
}

/// Whether a comment is a command that somebody has to look at first: a cmdlet (`Verb-Noun`) or samba-tool.
fn is_command(comment: &str) -> bool {
    let word = comment.split_whitespace().next().unwrap_or_default();
    let is_cmdlet =
        |(verb, noun): (&str, &str)| [verb, noun].iter().all(|part| part.starts_with(|c: char| c.is_ascii_uppercase()));
    word == "samba-tool" || word.split_once('-').is_some_and(is_cmdlet)
}

/// Commands are printed as they are, those behind a comment sign too: broken by a line end they could not be copied.
/// Notes are wrapped, each line a comment, so that a whole block can be copied too.
fn remedy(group: &Folded<'_>, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let shown = if group.others.len() < SERVERS + 2 { group.others.len() + 1 } else { SERVERS };
    let mut seen = HashSet::new();
    let lines: Vec<&str> = group
        .all()
        .take(shown)
        .flat_map(|finding| finding.remedy.iter().map(String::as_str))
        .filter(|line| seen.insert(*line))
        .collect();
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "  to mend")?;
    for line in lines {
        let text = options.clean(line);
        match text.strip_prefix('#') {
            Some(note) if !is_command(note) => {
                write_lines(out, wrap::paragraph(note, options.width, "      # ", "      # "))?
            }
            _ => write_lines(out, [format!("      {text}")])?,
        }
    }
    let left = group.others.len() + 1 - shown;
    if left > 0 {
        writeln!(out, "      # and likewise at the other {}", words::plural(left, "server"))?;
    }
    Ok(())
}
