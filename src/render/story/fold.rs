//! Findings that several DNS servers share, shown once. For people only: machine formats keep one row per server.

use std::collections::HashMap;

use crate::report::{Finding, Outcome, Report, Severity, Waived};

/// One or more findings that differ in nothing but the server.
#[derive(Debug)]
pub(in crate::render) struct Folded<'a> {
    /// The first of them, in the order of the report.
    pub(in crate::render) first: &'a Finding,
    /// The others.
    pub(in crate::render) others: Vec<&'a Finding>,
}

impl<'a> Folded<'a> {
    /// All of them.
    pub(in crate::render) fn all(&self) -> impl Iterator<Item = &'a Finding> {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }

    /// The servers that they are about.
    pub(in crate::render) fn servers(&self) -> impl Iterator<Item = &'a str> {
        self.all().filter_map(|finding| finding.server.as_deref())
    }
}

/// So many domain controllers with one and the same defect are shown as one.
const ALIKE: usize = 11;

/// Findings at the same servers that differ in nothing but the domain controller, if there are many.
#[derive(Debug)]
pub(in crate::render) struct Alike<'a> {
    /// The first of them.
    pub(in crate::render) first: Folded<'a>,
    /// The others.
    pub(in crate::render) others: Vec<Folded<'a>>,
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
pub(in crate::render) fn nothing(report: &Report) -> Vec<Folded<'_>> {
    report.findings.iter().map(|first| Folded { first, others: Vec::new() }).collect()
}

/// The findings of a report, joined as [`servers`] does, and then those joined of which many domain controllers have the
/// same at the same servers; in the order of the first of each.
pub(in crate::render) fn subjects(report: &Report) -> Vec<Alike<'_>> {
    let folded = servers(report);
    let mut numbers: HashMap<SubjectKey<'_>, usize> = HashMap::new();
    let keys: Vec<Option<SubjectKey<'_>>> = folded.iter().map(subject_key).collect();
    for key in keys.iter().flatten() {
        *numbers.entry(key.clone()).or_default() += 1;
    }
    let mut out: Vec<Alike<'_>> = Vec::new();
    let mut index: HashMap<SubjectKey<'_>, usize> = HashMap::new();
    for (first, key) in folded.into_iter().zip(keys) {
        if let Some(key) = key.filter(|key| numbers.get(key).is_some_and(|number| *number >= ALIKE)) {
            if let Some(position) = index.get(&key) {
                out[*position].others.push(first);
                continue;
            }
            index.insert(key, out.len());
        }
        out.push(Alike { first, others: Vec::new() });
    }
    out
}

/// What findings about different domain controllers must have in common to be shown as one.
#[derive(Clone, PartialEq, Eq, Hash)]
struct SubjectKey<'a> {
    rule: &'a str,
    outcome: Outcome,
    severity: Severity,
    rtype: Option<&'a str>,
    servers: Vec<&'a str>,
    predicts: &'a [i64],
    waived: Option<(&'a str, Option<&'a str>)>,
    /// Message, expected and actual, with marks where they name their own domain controller or record.
    texts: [String; 3],
}

/// `None` for a finding about no DC.
fn subject_key<'a>(folded: &Folded<'a>) -> Option<SubjectKey<'a>> {
    let finding = folded.first;
    let dc = finding.dc.as_deref()?;
    let own = |text: &str| {
        let text = finding.name.iter().fold(blank(text, dc), |text, name| blank(&text, name));
        // The GUID of an alias.
        let label = finding.name.as_ref().and_then(|name| name.split_once('.')).map_or("", |(label, _)| label);
        if label.len() == GUID_LENGTH { blank(&text, label) } else { text }
    };
    Some(SubjectKey {
        rule: &finding.rule,
        outcome: finding.outcome,
        severity: finding.severity,
        rtype: finding.rtype.as_deref(),
        servers: folded.servers().collect(),
        predicts: &finding.predicts,
        waived: waiver(finding),
        texts: [own(&finding.message), own(&finding.expected.join("\n")), own(&finding.actual.join("\n"))],
    })
}

/// `3dab7f9b-92e7-4391-b8db-71df532c1493`
const GUID_LENGTH: usize = 36;

fn waiver(finding: &Finding) -> Option<(&str, Option<&str>)> {
    finding.waived.as_ref().map(|Waived { reason, until }| (reason.as_str(), until.as_deref()))
}

/// The findings of a report, those that differ only in the server joined, in the order of the first of each.
pub(in crate::render) fn servers(report: &Report) -> Vec<Folded<'_>> {
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
        waived: waiver(finding),
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
