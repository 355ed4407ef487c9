//! Findings that several DNS servers share, shown once. For people only: machine formats keep one row per server.

use std::collections::HashMap;

use crate::report::{Finding, Outcome, Report, Severity, Waived};

/// One or more findings that differ in nothing but the server.
#[derive(Debug)]
pub struct Folded<'a> {
    /// The first of them, in the order of the report.
    pub first: &'a Finding,
    /// The others.
    pub others: Vec<&'a Finding>,
}

impl<'a> Folded<'a> {
    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &'a Finding> {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }

    /// The servers that they are about.
    pub fn servers(&self) -> impl Iterator<Item = &'a str> {
        self.all().filter_map(|finding| finding.server.as_deref())
    }
}

/// What findings must have in common to be shown as one.
#[derive(PartialEq, Eq, Hash)]
struct Key<'a> {
    rule: &'a str,
    outcome: Outcome,
    severity: Severity,
    record: [Option<&'a str>; 3],
    expected: &'a [String],
    actual: &'a [String],
    predicts: &'a [i64],
    waived: Option<(&'a str, Option<&'a str>)>,
    /// The message with a mark where it names its own server. The remedy is not compared: its commands name the server
    /// in several forms, and all of them are printed.
    message: String,
}

/// Every finding as it is.
pub fn nothing(report: &Report) -> Vec<Folded<'_>> {
    report.findings.iter().map(|first| Folded { first, others: Vec::new() }).collect()
}

/// The findings of a report, those that differ only in the server joined, in the order of the first of each.
pub fn servers(report: &Report) -> Vec<Folded<'_>> {
    let addresses: HashMap<&str, &str> =
        report.servers.iter().map(|row| (row.server.as_str(), row.address.as_str())).collect();
    let mut out: Vec<Folded<'_>> = Vec::with_capacity(report.findings.len());
    let mut index: HashMap<Key<'_>, usize> = HashMap::with_capacity(report.findings.len());
    for finding in &report.findings {
        let Some(server) = finding.server.as_deref() else {
            out.push(Folded { first: finding, others: Vec::new() });
            continue;
        };
        let key = key(finding, server, addresses.get(server).copied());
        match index.get(&key) {
            Some(position) => out[*position].others.push(finding),
            None => {
                index.insert(key, out.len());
                out.push(Folded { first: finding, others: Vec::new() });
            }
        }
    }
    out
}

fn key<'a>(finding: &'a Finding, server: &str, socket: Option<&str>) -> Key<'a> {
    let mut message = blank(&finding.message, server);
    if let Some((address, _)) = socket.and_then(|socket| socket.rsplit_once(':')) {
        message = blank(&message, address.trim_matches(['[', ']']));
    }
    Key {
        rule: &finding.rule,
        outcome: finding.outcome,
        severity: finding.severity,
        record: [finding.dc.as_deref(), finding.name.as_deref(), finding.rtype.as_deref()],
        expected: &finding.expected,
        actual: &finding.actual,
        predicts: &finding.predicts,
        waived: finding.waived.as_ref().map(|Waived { reason, until }| (reason.as_str(), until.as_deref())),
        message,
    }
}

/// `text` with a NUL in place of every `word` that is not a part of a longer name or address.
fn blank(text: &str, word: &str) -> String {
    let inside = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    if word.is_empty() || !text.contains(word) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (start, _) in text.match_indices(word) {
        if start < done {
            continue;
        }
        let end = start + word.len();
        let joined_before = text[..start].ends_with(|c: char| inside(c) || c == '.' || c == ':');
        let mut after = text[end..].chars();
        let joined_after = match after.next() {
            // A dot or colon ends the sentence, or goes on with the name.
            Some('.' | ':') => after.next().is_some_and(inside),
            Some(next) => inside(next),
            None => false,
        };
        if !joined_before && !joined_after {
            out.push_str(&text[done..start]);
            out.push('\0');
            done = end;
        }
    }
    out.push_str(&text[done..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn only_whole_names_are_blanked() {
        assert_eq!(blank("dc1 says so; ask dc1.", "dc1"), "\0 says so; ask \0.");
        for text in ["dc1.contoso.com is gone", "my-dc1 x", "dc10", "a.dc1"] {
            assert_eq!(blank(text, "dc1"), text);
        }
    }

    #[test]
    fn findings_that_differ_only_in_the_server_are_one() {
        let mut report = sample::report();
        let mut other = report.findings[0].clone();
        let server = other.server.replace("dc3".into()).unwrap();
        other.message = other.message.replace(&format!("{server} "), "dc3 ");
        report.findings.push(other.clone());
        other.actual = vec!["192.0.2.98".into()];
        report.findings.push(other);
        let folded = servers(&report);
        assert_eq!(folded[0].servers().collect::<Vec<_>>(), [server.as_str(), "dc3"]);
        assert_eq!(folded.len(), report.findings.len() - 1, "another value is another finding");
        assert_eq!(nothing(&report).len(), report.findings.len());
    }
}
