//! From the report to the sections that people read, in the order in which they read them. Every format for people draws
//! these.
//!
//! A story folds what is alike and caps what is long, and says how much it leaves out; severities, verdict and counts are
//! the report's. Its texts are as they came: each format escapes them for its medium.

mod findings;
mod fold;
mod forecast;
mod grid;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::words;
use crate::report::{
    AddressRow, Assumption, ChecklistItem, Identity, Learned, Report, ServerRow, ServerStatus, Verdict,
};
pub(super) use findings::{Step, Told};
pub(super) use fold::{Folded, servers as findings_by_server};
pub(super) use forecast::{Destinations, Way};
pub(super) use grid::{Kind, Matrix, Rank};

/// Names of servers or rules that a list shows before it counts the rest.
const NAMES: usize = 12;
/// Assumptions of one kind that are listed before the rest is counted.
const ASSUMED: usize = 8;

/// What the report says to people.
pub(super) struct Story<'a> {
    pub(super) headline: Headline<'a>,
    /// The servers that did not answer as they should.
    pub(super) servers: Vec<&'a ServerRow>,
    /// Whom a checklist is for.
    pub(super) about: Option<&'a str>,
    pub(super) checklist: &'a [ChecklistItem],
    /// What replication will experience, by the server that is asked.
    pub(super) forecast: Option<Matrix<'a>>,
    pub(super) destinations: Option<Destinations<'a>>,
    pub(super) findings: Vec<Told<'a>>,
    /// Who answers where, of the machines that were asked; only in a whole story.
    pub(super) machines: Vec<&'a AddressRow>,
    /// Servers by content, if they do not all hold the same.
    pub(super) groups: Vec<Group<'a>>,
    /// What a clean run is based on: without that, silence would look like success.
    pub(super) checked: Option<Checked>,
    pub(super) not_checked: Vec<LeftOut<'a>>,
    /// What the configuration leaves out, and the machines told.
    pub(super) learned: &'a [Learned],
    pub(super) assumed: Vec<Assumed<'a>>,
    /// Subjects that nothing is known about.
    pub(super) unverified: &'a [String],
    pub(super) conclusion: Conclusion,
}

/// What was asked, when.
pub(super) struct Headline<'a> {
    pub(super) version: &'a str,
    pub(super) forest: &'a str,
    pub(super) servers: usize,
    /// How many of them behaved how.
    pub(super) states: Vec<(ServerStatus, usize)>,
    pub(super) started_at: &'a str,
    pub(super) elapsed_ms: u64,
    /// Why the run ended early.
    pub(super) incomplete: Option<&'static str>,
}

/// The beginning of a list, and how many items follow that are not shown.
pub(super) struct Capped<T> {
    pub(super) shown: Vec<T>,
    pub(super) more: usize,
}

impl<T> Capped<T> {
    /// The first `limit` items; all of them in a whole story, or if no more than a few would be left out.
    fn new(mut items: Vec<T>, limit: usize, whole: bool) -> Self {
        let more = items.len().saturating_sub(limit);
        if more < 3 || whole {
            return Self { shown: items, more: 0 };
        }
        items.truncate(limit);
        Self { shown: items, more }
    }
}

/// Servers with the same content.
pub(super) struct Group<'a> {
    /// `None` where nothing is known of it.
    pub(super) letter: Option<&'a str>,
    pub(super) servers: Capped<&'a str>,
}

/// How much was checked.
pub(super) struct Checked {
    pub(super) dcs: usize,
    pub(super) servers: usize,
    pub(super) questions: usize,
    pub(super) answers: usize,
}

/// Rules that were not applied for one reason.
pub(super) struct LeftOut<'a> {
    pub(super) reason: &'a str,
    pub(super) rules: Capped<&'a str>,
}

/// What was taken for granted, of one kind.
pub(super) struct Assumed<'a> {
    pub(super) what: &'a str,
    pub(super) rows: Capped<&'a Assumption>,
}

/// The last line.
pub(super) struct Conclusion {
    pub(super) verdict: Verdict,
    /// `2 critical, 1 warning, 1 unknown; 41 checks passed`.
    pub(super) counts: String,
}

/// Tells the report; a `whole` story folds nothing, and has the machines.
pub(super) fn tell(report: &Report, whole: bool) -> Story<'_> {
    Story {
        headline: headline(report),
        servers: report.servers.iter().filter(|row| whole || row.status != ServerStatus::Answering).collect(),
        about: report.about.as_deref(),
        checklist: &report.checklist,
        forecast: forecast::by_server(report, whole),
        destinations: forecast::destinations(report, whole),
        findings: findings::tell(report, whole),
        machines: report.addresses.iter().filter(|row| whole && row.identity != Identity::NotProbed).collect(),
        groups: groups(report, whole),
        checked: checked(report),
        not_checked: not_checked(report, whole),
        learned: &report.learned,
        assumed: assumed(report, whole),
        unverified: &report.unverified,
        conclusion: conclude(report),
    }
}

/// The verdict and the counts.
pub(super) fn conclude(report: &Report) -> Conclusion {
    let troubles = words::troubles(&report.counts);
    let separator = if troubles.is_empty() { "" } else { "; " };
    let incomplete = if report.incomplete.is_some() { "; incomplete" } else { "" };
    let successes = words::successes(&report.counts);
    Conclusion { verdict: report.verdict, counts: format!("{troubles}{separator}{successes}{incomplete}") }
}

fn headline(report: &Report) -> Headline<'_> {
    let mut states: BTreeMap<ServerStatus, usize> = BTreeMap::new();
    for row in &report.servers {
        *states.entry(row.status).or_default() += 1;
    }
    Headline {
        version: &report.tool.version,
        forest: &report.forest,
        servers: report.servers.len(),
        states: states.into_iter().collect(),
        started_at: &report.started_at,
        elapsed_ms: report.elapsed_ms,
        incomplete: report.incomplete.map(|_| words::incomplete(report)),
    }
}

fn groups(report: &Report, whole: bool) -> Vec<Group<'_>> {
    let mut groups: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
    for row in &report.servers {
        groups.entry(row.group.as_deref()).or_default().push(&row.server);
    }
    let without = groups.remove(&None);
    if groups.len() < 2 {
        return Vec::new();
    }
    let all = groups.into_iter().chain(without.map(|servers| (None, servers)));
    all.map(|(letter, servers)| Group { letter, servers: Capped::new(servers, NAMES, whole) }).collect()
}

fn checked(report: &Report) -> Option<Checked> {
    let sources = || report.forecast.iter().map(|row| row.source.as_str()).collect::<BTreeSet<_>>();
    (report.verdict == Verdict::Ok).then(|| Checked {
        dcs: sources().len(),
        servers: report.servers.len(),
        questions: report.servers.iter().map(|row| row.questions).sum(),
        answers: report.servers.iter().map(|row| row.answers).sum(),
    })
}

fn not_checked(report: &Report, whole: bool) -> Vec<LeftOut<'_>> {
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in &report.not_checked {
        by_reason.entry(&row.reason).or_default().push(&row.rule);
    }
    let rules = by_reason.into_iter();
    rules.map(|(reason, rules)| LeftOut { reason, rules: Capped::new(rules, NAMES, whole) }).collect()
}

fn assumed(report: &Report, whole: bool) -> Vec<Assumed<'_>> {
    let kinds = report.assumed.chunk_by(|one, next| one.what == next.what);
    kinds
        .map(|rows| Assumed { what: &rows[0].what, rows: Capped::new(rows.iter().collect(), ASSUMED, whole) })
        .collect()
}
