//! The head and the foot of the report for people.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::{shorten, write_lines};
use crate::render::{Paint, RenderOptions, Verbosity, words, wrap};
use crate::report::{Identity, Report, ServerRow, ServerStatus, Verdict};

/// Names of servers or rules that a list shows before it counts the rest.
const NAMES: usize = 12;

/// Assumptions of one kind that are listed before the rest is counted.
const ASSUMED: usize = 8;

/// Forest, servers, time; and the servers that did not answer as they should.
pub(super) fn header(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut by_status: BTreeMap<ServerStatus, usize> = BTreeMap::new();
    for row in &report.servers {
        *by_status.entry(row.status).or_default() += 1;
    }
    let states: Vec<String> = by_status
        .iter()
        .map(|(status, number)| format!("{} {}", words::grouped(*number), words::status(*status)))
        .collect();
    let facts = [
        format!("guidpost {}: {}", options.clean(&report.tool.version), options.clean(&report.forest)),
        format!("{} ({})", words::plural(report.servers.len(), "DNS server"), states.join(", ")),
        options.clean(&report.started_at),
        words::duration_ms(report.elapsed_ms),
    ];
    write_lines(out, wrap::list(&facts, options.width, "", "  "))?;
    if report.incomplete.is_some() {
        let text = format!("INCOMPLETE: {}", words::incomplete(report));
        writeln!(out, "{}", options.paint(Paint::Unknown, text))?;
    }
    let listed: Vec<&ServerRow> = report
        .servers
        .iter()
        .filter(|row| row.status != ServerStatus::Answering || options.verbosity == Verbosity::Verbose)
        .collect();
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
pub(super) fn addresses(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<_> = report.addresses.iter().filter(|row| row.identity != Identity::NotProbed).collect();
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", options.paint(Paint::Strong, "Who answers at the addresses"))?;
    for row in rows {
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
pub(super) fn groups(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut groups: BTreeMap<Option<&str>, Vec<String>> = BTreeMap::new();
    for row in &report.servers {
        groups.entry(row.group.as_deref()).or_default().push(options.clean(&row.server));
    }
    let without = groups.remove(&None);
    if groups.len() < 2 {
        return Ok(());
    }
    writeln!(out, "\n{}", options.paint(Paint::Strong, "Groups of servers with the same content"))?;
    let nothing = without.map(|servers| ("nothing known: ".to_owned(), servers));
    let named = groups.into_iter().map(|(letter, servers)| (options.clean(letter.unwrap_or_default()) + ": ", servers));
    for (label, servers) in named.chain(nothing) {
        let (mut names, more) = shorten(servers, NAMES, options);
        if more > 0 {
            names.push(format!("and {} more", words::grouped(more)));
        }
        write_lines(out, wrap::list(&names, options.width, &format!("  {label}"), "     "))?;
    }
    Ok(())
}

/// What a clean run is based on: without that, silence would look like success.
pub(super) fn checked(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    if report.verdict != Verdict::Ok {
        return Ok(());
    }
    let sources: BTreeSet<&str> = report.forecast.iter().map(|row| row.source.as_str()).collect();
    let (questions, answers) = report.servers.iter().fold((0, 0), |(q, a), row| (q + row.questions, a + row.answers));
    let dcs = if sources.is_empty() {
        String::new()
    } else {
        format!("{} at ", words::plural(sources.len(), "domain controller"))
    };
    let text = format!(
        "Checked: {dcs}{}; {} of {} answered.",
        words::plural(report.servers.len(), "DNS server"),
        words::grouped(answers),
        words::plural(questions, "question"),
    );
    writeln!(out)?;
    write_lines(out, wrap::paragraph(&text, options.width, "", "  "))
}

/// Rules that did not apply, by reason.
pub(super) fn not_checked(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    if report.not_checked.is_empty() {
        return Ok(());
    }
    let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for row in &report.not_checked {
        by_reason.entry(&row.reason).or_default().push(options.clean(&row.rule));
    }
    writeln!(out, "\n{}", options.paint(Paint::Faint, "Not checked"))?;
    for (reason, rules) in by_reason {
        let (mut rules, more) = shorten(rules, NAMES, options);
        if more > 0 {
            rules.push(format!("and {} more (-v lists them)", words::grouped(more)));
        }
        let reason = format!("{}:", options.clean(reason));
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
pub(super) fn learned(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    if report.learned.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", options.paint(Paint::Faint, "Learned from the machines themselves"))?;
    for row in &report.learned {
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
pub(super) fn assumed(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    if report.assumed.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", options.paint(Paint::Faint, "Assumed, because no configuration says it"))?;
    for run in report.assumed.chunk_by(|one, next| one.what == next.what) {
        let what = options.clean(&run[0].what);
        let rows = run.iter().map(|row| format!("{what} {}: {}", options.clean(&row.value), options.clean(&row.from)));
        let (rows, more) = shorten(rows.collect(), ASSUMED, options);
        for row in rows {
            write_lines(out, wrap::paragraph(&row, options.width, "  ", "    "))?;
        }
        if more > 0 {
            writeln!(out, "  {what}: {} more (-v lists them)", words::grouped(more))?;
        }
    }
    Ok(())
}

/// Subjects that nothing is known about.
pub(super) fn unverified(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    if report.unverified.is_empty() {
        return Ok(());
    }
    let subjects = options.clean_all(report.unverified.iter().map(String::as_str));
    writeln!(out, "\n{}", options.paint(Paint::Unknown, "Nothing could be verified of"))?;
    write_lines(out, wrap::list(&subjects, options.width, "  ", "  "))
}

/// `CRITICAL: 2 critical, 1 warning, 1 unknown; 41 checks passed`.
pub(super) fn verdict(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let (word, paint) = words::verdict(report.verdict);
    let troubles = words::troubles(&report.counts);
    let separator = if troubles.is_empty() { "" } else { "; " };
    let incomplete = if report.incomplete.is_some() { "; incomplete" } else { "" };
    let successes = words::successes(&report.counts);
    writeln!(out, "{}: {troubles}{separator}{successes}{incomplete}", options.paint(paint, word))
}
