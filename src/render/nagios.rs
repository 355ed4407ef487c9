//! `--format nagios`: the output of a monitoring plugin.
//!
//! One line with the verdict, `|` and performance data; then one line per finding. The text never holds a `|`, because
//! readers split the first line there and end the long text at the first line that has one.

use std::io::{self, Write};
use std::time::Duration;

use super::story::{self, Folded};
use super::{Kind, escape, words};
use crate::report::{Report, ServerStatus, Verdict};

/// For monitoring systems, which give a plugin about a minute.
pub(super) const KIND: Kind = Kind {
    render: |report, _, out| render(report, out),
    for_people: false,
    deadline: Some(Duration::from_secs(60)),
    without_report: Some(without_report),
};

/// What guidelines ask of the first line, so that it fits a pager.
const FIRST_LINE: usize = 79;
/// Subjects that could not be verified that are named before the rest is counted.
const UNVERIFIED: usize = 5;
/// Nagios keeps 8 KiB of output and drops the rest silently; what does not fit is counted instead.
const LONG_OUTPUT: usize = 7000;

/// Writes the plugin output; the exit status is the caller's.
fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let folded = story::findings_by_server(report);
    writeln!(out, "{}|{}", headline(report, &folded), perfdata(report))?;

    let servers = words::plural(report.servers.len(), "DNS server");
    writeln!(out, "{}: {servers}, {}", escape::plugin(&report.forest), words::successes(&report.counts))?;
    if report.incomplete.is_some() {
        writeln!(out, "incomplete: {}", words::incomplete(report))?;
    }
    for row in report.servers.iter().filter(|row| row.status != ServerStatus::Answering) {
        writeln!(out, "DNS server {} is {}", escape::plugin(&row.server), words::status(row.status))?;
    }
    if !report.unverified.is_empty() {
        let shown: Vec<String> =
            report.unverified.iter().take(UNVERIFIED).map(|what| escape::plugin(what).into_owned()).collect();
        let more = report.unverified.len() - shown.len();
        let more = if more > 0 { format!(", and {} more", words::grouped(more)) } else { String::new() };
        writeln!(out, "not verified: {}{more}", shown.join(", "))?;
    }
    let mut written = 0;
    for (index, group) in folded.iter().enumerate() {
        let line = long_line(group);
        written += line.len() + 1;
        // At least one finding is always shown, however long it is.
        if written > LONG_OUTPUT && index > 0 {
            let left = words::plural(folded.len() - index, "more finding");
            return writeln!(out, "and {left}; guidpost check shows all");
        }
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// The one line of output where there is no report: why. Foreign text in `error` is escaped, its line ends too.
fn without_report(error: &str) -> String {
    let (unknown, _) = words::verdict(Verdict::Unknown);
    format!("GUIDPOST {unknown} - {}", escape::plugin(&unquoted(error)))
}

/// Messages put names in quotes, and command lines their placeholders in angle brackets. Plugin output has neither: they
/// are dropped around whole words, and escaped like everything else where they stand within one.
fn unquoted(error: &str) -> String {
    let marks = [('`', '`'), ('\'', '\''), ('"', '"'), ('<', '>')];
    marks.into_iter().fold(error.to_owned(), |text, (open, close)| bare(&text, open, close))
}

fn bare(text: &str, open: char, close: char) -> String {
    let ends = |rest: &str| rest.chars().next().is_none_or(|c| " .,:;?)".contains(c));
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(open) {
        out.push_str(before);
        let begins = out.chars().next_back().is_none_or(|c| " (".contains(c));
        let mut words =
            behind.match_indices(close).filter(|_| begins).map(|(end, _)| (&behind[..end], &behind[end + 1..]));
        match words.find(|(word, after)| !word.is_empty() && word.trim() == *word && ends(after)) {
            Some((word, after)) => {
                out.push_str(word);
                rest = after;
            }
            None => {
                out.push(open);
                rest = behind;
            }
        }
    }
    out + rest
}

/// `GUIDPOST CRITICAL - 2 critical, 1 warning: stale-address dc2.contoso.com at dc1`, shortened from the end to fit.
fn headline(report: &Report, folded: &[Folded<'_>]) -> String {
    let (verdict, _) = words::verdict(report.verdict);
    let mut text = words::troubles(&report.counts);
    if text.is_empty() {
        text = words::successes(&report.counts);
    }
    if report.verdict == Verdict::Unknown && report.counts.unknown == 0 && !report.unverified.is_empty() {
        text = format!("{} not verified, {text}", words::grouped(report.unverified.len()));
    }
    let mut line = format!("GUIDPOST {verdict} - {text}");
    if report.incomplete.is_some() {
        line.push_str(", incomplete");
    }
    let Some(worst) = folded.first().filter(|group| group.first.waived.is_none()) else {
        return line;
    };
    let subject = subject(worst);
    let parts = [format!(": {}", escape::plugin(&worst.first.rule)), subject.dc, subject.servers];
    for part in parts {
        if line.len() + part.len() > FIRST_LINE {
            break;
        }
        line.push_str(&part);
    }
    line
}

/// One finding, on one line.
fn long_line(group: &Folded<'_>) -> String {
    let (word, _) = words::finding(group.first);
    let subject = subject(group);
    let mut line = format!("[{word}] {}{}{}", escape::plugin(&group.first.rule), subject.dc, subject.servers);
    line.push_str(": ");
    line.push_str(&escape::plugin(&group.first.message));
    if let Some(waived) = &group.first.waived {
        line.push_str(&format!(" (waived: {})", escape::plugin(&waived.reason)));
    }
    line
}

struct Subject {
    dc: String,
    servers: String,
}

fn subject(group: &Folded<'_>) -> Subject {
    let dc = group.first.dc.as_deref().or(group.first.name.as_deref());
    let servers = match (&group.first.server, group.others.len()) {
        (None, _) => String::new(),
        (Some(server), 0) => format!(" at {}", escape::plugin(server)),
        (Some(server), others) => format!(" at {} and {} more", escape::plugin(server), words::grouped(others)),
    };
    Subject { dc: dc.map(|dc| format!(" {}", escape::plugin(dc))).unwrap_or_default(), servers }
}

/// Fixed labels and units, so that graphs go on for ever. `0` as a threshold alerts on everything above.
fn perfdata(report: &Report) -> String {
    let counts = &report.counts;
    let answering = report
        .servers
        .iter()
        .filter(|row| matches!(row.status, ServerStatus::Answering | ServerStatus::Partial))
        .count();
    format!(
        "criticals={};;0;0 warnings={};0;;0 unknowns={};;;0 passed={};;;0 servers_answering={answering};;;0;{} time={}.{:03}s;;;0",
        counts.critical,
        counts.warning,
        counts.unknown,
        counts.passed,
        report.servers.len(),
        report.elapsed_ms / 1000,
        report.elapsed_ms % 1000,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_the_report_from_being_made_is_one_plain_line() {
        for (error, line) in [
            (
                "there is no rule `typo`; `guidpost rules` lists them",
                "there is no rule typo; guidpost rules lists them",
            ),
            ("unexpected argument '--bogus' found", "unexpected argument --bogus found"),
            ("invalid value 'x y' for '--format <FORMAT>': no", "invalid value x y for --format FORMAT: no"),
            ("(did you mean `guid`?)", "(did you mean guid?)"),
            ("the DC's name `a`b`", "the DC{27}s name a{60}b"),
            ("`a\nGUIDPOST OK - x|y=1`, `", "a{0A}GUIDPOST OK - x{7C}y=1, {60}"),
            ("``, `", "{60}{60}, {60}"),
            ("1 < 2 > 3 <", "1 {3C} 2 {3E} 3 {3C}"),
            ("", ""),
        ] {
            assert_eq!(without_report(error), format!("GUIDPOST UNKNOWN - {line}"), "{error}");
        }
    }
}
