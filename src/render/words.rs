//! The words of reports for people, the same in every format.

use super::Paint;
use crate::report::{Counts, Finding, Incomplete, ItemStatus, Outcome, Report, ServerStatus, Severity, Verdict};

/// `CRITICAL` and so on.
pub fn verdict(verdict: Verdict) -> (&'static str, Paint) {
    match verdict {
        Verdict::Ok => ("OK", Paint::Good),
        Verdict::Unknown => ("UNKNOWN", Paint::Unknown),
        Verdict::Warning => ("WARNING", Paint::Warn),
        Verdict::Critical => ("CRITICAL", Paint::Bad),
    }
}

/// The word that a finding is headed by: its severity, unless it is none that counts.
pub fn finding(finding: &Finding) -> (&'static str, Paint) {
    if finding.waived.is_some() {
        return ("WAIVED", Paint::Faint);
    }
    match (finding.outcome, finding.severity) {
        (Outcome::Pass, _) => ("PASS", Paint::Good),
        (Outcome::Unknown, _) => ("UNKNOWN", Paint::Unknown),
        (Outcome::Fail, Severity::Critical) => ("CRITICAL", Paint::Bad),
        (Outcome::Fail, Severity::Warning) => ("WARNING", Paint::Warn),
        (Outcome::Fail, Severity::Info) => ("INFO", Paint::Strong),
    }
}

/// `critical`, `warning`, `info`.
pub fn severity(severity: Severity) -> (&'static str, Paint) {
    match severity {
        Severity::Critical => ("critical", Paint::Bad),
        Severity::Warning => ("warning", Paint::Warn),
        Severity::Info => ("info", Paint::Strong),
    }
}

/// How a server behaved.
pub fn status(status: ServerStatus) -> &'static str {
    match status {
        ServerStatus::Answering => "answering",
        ServerStatus::Partial => "partial",
        ServerStatus::Refusing => "refusing",
        ServerStatus::Silent => "silent",
        ServerStatus::Closed => "closed",
        ServerStatus::Unreachable => "unreachable",
        ServerStatus::Unresolved => "unresolved",
    }
}

/// Why a run ended early; empty for a complete run.
pub fn incomplete(report: &Report) -> &'static str {
    match report.incomplete {
        None => "",
        Some(Incomplete::Deadline) => "the deadline passed before everything was asked",
        Some(Incomplete::Interrupted) => "the run was interrupted before everything was asked",
    }
}

/// How an item of a checklist ended.
pub fn item(status: ItemStatus) -> (&'static str, Paint) {
    match status {
        ItemStatus::Pass => ("pass", Paint::Good),
        ItemStatus::NotChecked => ("not checked", Paint::Unknown),
        ItemStatus::Fail => ("FAIL", Paint::Bad),
    }
}

/// `2 critical, 1 warning, 1 unknown`: the counts that are not zero; empty if all are.
pub fn troubles(counts: &Counts) -> String {
    [(counts.critical, "critical"), (counts.warning, "warning"), (counts.unknown, "unknown"), (counts.info, "info")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{} {word}", grouped(number)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `41 checks passed, 2 waived`.
pub fn successes(counts: &Counts) -> String {
    let mut text = format!("{} passed", plural(counts.passed, "check"));
    if counts.waived > 0 {
        text.push_str(&format!(", {} waived", grouped(counts.waived)));
    }
    text
}

/// `1 check`, `2 checks`.
pub fn plural(number: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// `4,987`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `132 ms`, `2.6 s`.
pub fn duration_ms(ms: u64) -> String {
    if ms < 1000 { format!("{ms} ms") } else { format!("{}.{} s", ms / 1000, ms % 1000 / 100) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([0, 999, 1000, 4_987, 1_234_567].map(grouped), ["0", "999", "1,000", "4,987", "1,234,567"]);
        assert_eq!([plural(1, "check"), plural(0, "check")], ["1 check", "0 checks"]);
        assert_eq!([duration_ms(132), duration_ms(2650)], ["132 ms", "2.6 s"]);
    }

    #[test]
    fn only_counts_that_say_something_are_named() {
        let counts = Counts { critical: 2, unknown: 1, passed: 41, ..Counts::default() };
        assert_eq!(troubles(&counts), "2 critical, 1 unknown");
        assert_eq!(successes(&counts), "41 checks passed");
        assert_eq!(troubles(&Counts::default()), "");
    }
}
