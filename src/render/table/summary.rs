//! The head and the foot of the report for people.

use std::io::{self, Write};

use super::{listed, write_lines};
use crate::render::story::{Conclusion, Story};
use crate::render::{Paint, RenderOptions, words, wrap};
use crate::report::ServerStatus;

/// Forest, servers, time; and the servers that did not answer as they should.
pub(super) fn header(story: &Story<'_>, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let headline = &story.headline;
    let states: Vec<String> = headline
        .states
        .iter()
        .map(|(status, number)| format!("{} {}", words::grouped(*number), words::status(*status)))
        .collect();
    let facts = [
        format!("guidpost {}: {}", options.clean(headline.version), options.clean(headline.forest)),
        format!("{} ({})", words::plural(headline.servers, "DNS server"), states.join(", ")),
        options.clean(headline.started_at),
        words::duration_ms(headline.elapsed_ms),
    ];
    write_lines(out, wrap::list(&facts, options.width, "", "  "))?;
    if let Some(why) = headline.incomplete {
        writeln!(out, "{}", options.paint(Paint::Unknown, format!("INCOMPLETE: {why}")))?;
    }
    let listed = &story.servers;
    let wide = listed.iter().map(|row| options.clean(&row.server).chars().count()).max().unwrap_or(0);
    let address = listed.iter().map(|row| options.clean(&row.address).chars().count()).max().unwrap_or(0);
    for row in listed {
        let paint = if row.status == ServerStatus::Answering { Paint::Good } else { Paint::Unknown };
        let mut line = format!(
            "  {:wide$}  {:address$}  {}, {} of {} answered",
            options.clean(&row.server),
            options.clean(&row.address),
            options.paint(paint, words::status(row.status)),
            words::grouped(row.answers),
            words::plural(row.questions, "question"),
        );
        if let Some(rtt) = row.rtt_ms {
            line.push_str(&format!(", {rtt} ms"));
        }
        if let Some(trouble) = &row.trouble {
            line.push_str(&format!(" ({})", options.clean(trouble)));
        }
        if !row.also.is_empty() {
            let names = options.clean_all(row.also.iter().map(String::as_str));
            line.push_str(&format!("; also {}", names.join(", ")));
        }
        write_lines(out, [line])?;
    }
    Ok(())
}

/// Who answers where, for those addresses that were asked.
pub(super) fn machines(story: &Story<'_>, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    if story.machines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", options.paint(Paint::Strong, "Who answers at the addresses"))?;
    for row in &story.machines {
        let mut line = format!("  {} for {}: ", options.clean(&row.address), options.clean(&row.dc));
        line.push_str(row.identity.words());
        if let Some(who) = &row.who {
            line.push_str(&format!(", {}", options.clean(who)));
        }
        write_lines(out, [line])?;
        let evidence = options.clean_all(row.evidence.iter().map(String::as_str));
        write_lines(out, evidence.iter().map(|text| format!("    {text}")))?;
    }
    Ok(())
}

/// Servers by content, if they do not all hold the same.
pub(super) fn groups(story: &Story<'_>, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    if story.groups.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", options.paint(Paint::Strong, "Groups of servers with the same content"))?;
    for group in &story.groups {
        let label = group.letter.map_or_else(|| "nothing known".to_owned(), |letter| options.clean(letter));
        let names = listed(&group.servers, "", options);
        write_lines(out, wrap::list(&names, options.width, &format!("  {label}: "), "     "))?;
    }
    Ok(())
}

/// What a clean run is based on.
pub(super) fn checked(story: &Story<'_>, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let Some(checked) = &story.checked else { return Ok(()) };
    let dcs = if checked.dcs == 0 {
        String::new()
    } else {
        format!("{} at ", words::plural(checked.dcs, "domain controller"))
    };
    let text = format!(
        "Checked: {dcs}{}; {} of {} answered.",
        words::plural(checked.servers, "DNS server"),
        words::grouped(checked.answers),
        words::plural(checked.questions, "question"),
    );
    writeln!(out)?;
    write_lines(out, wrap::paragraph(&text, options.width, "", "  "))
}

/// Rules that did not apply, by reason.
pub(super) fn not_checked(story: &Story<'_>, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    if story.not_checked.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", options.paint(Paint::Faint, "Not checked"))?;
    for left_out in &story.not_checked {
        let rules = listed(&left_out.rules, " (-v lists them)", options);
        let reason = format!("{}:", options.clean(left_out.reason));
        let mut lines = wrap::list(&rules, options.width, &format!("  {reason} "), "    ");
        if lines.iter().any(|line| line.chars().count() > options.width) {
            lines = wrap::paragraph(&reason, options.width, "  ", "    ");
            lines.extend(wrap::list(&rules, options.width, "    ", "    "));
        }
        write_lines(out, lines)?;
    }
    Ok(())
}

/// What the configuration leaves out, and the machines told.
pub(super) fn learned(story: &Story<'_>, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    if story.learned.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", options.paint(Paint::Faint, "Learned from the machines themselves"))?;
    for row in story.learned {
        let mut parts: Vec<String> = row.guid.iter().map(|guid| format!("guid {guid}")).collect();
        parts.extend(row.addresses.iter().map(|address| format!("address {address}")));
        let first = format!("  {}: ", options.clean(&row.dc));
        write_lines(
            out,
            wrap::list(&options.clean_all(parts.iter().map(String::as_str)), options.width, &first, "    "),
        )?;
    }
    Ok(())
}

/// What no configuration says, where each kind is long only its beginning.
pub(super) fn assumed(story: &Story<'_>, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    if story.assumed.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", options.paint(Paint::Faint, "Assumed, because no configuration says it"))?;
    for kind in &story.assumed {
        let what = options.clean(kind.what);
        for row in &kind.rows.shown {
            let text = format!("{what} {}: {}", options.clean(&row.value), options.clean(&row.from));
            write_lines(out, wrap::paragraph(&text, options.width, "  ", "    "))?;
        }
        if kind.rows.more > 0 {
            writeln!(out, "  {what}: {} more (-v lists them)", words::grouped(kind.rows.more))?;
        }
    }
    Ok(())
}

/// Subjects that nothing is known about.
pub(super) fn unverified(story: &Story<'_>, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    if story.unverified.is_empty() {
        return Ok(());
    }
    let subjects = options.clean_all(story.unverified.iter().map(String::as_str));
    writeln!(out, "\n{}", options.paint(Paint::Unknown, "Nothing could be verified of"))?;
    write_lines(out, wrap::list(&subjects, options.width, "  ", "  "))
}

/// `CRITICAL: 2 critical, 1 warning, 1 unknown; 41 checks passed`.
pub(super) fn conclusion(conclusion: &Conclusion, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let (word, paint) = words::verdict(conclusion.verdict);
    writeln!(out, "{}: {}", options.paint(paint, word), conclusion.counts)
}
