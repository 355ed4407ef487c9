//! Where rules put what they found.

use std::collections::{BTreeMap, HashMap};

use super::{Draft, Explains, Rule, Subject};
use crate::base::name::DnsName;
use crate::inventory::{Dc, Server};
use crate::report::{Finding, ForecastRow, Outcome, Severity};
use crate::view::View;

/// What all rules together said.
#[derive(Default)]
pub struct Outcomes {
    /// Fails, unknowns and, if wanted, passes.
    pub findings: Vec<Finding>,
    /// How many subjects passed.
    pub passed: usize,
    /// The same by rule.
    pub passes: BTreeMap<&'static str, usize>,
    /// Checks that the state of a server made impossible, by server name.
    pub blocked: BTreeMap<String, usize>,
    /// Rules without a subject: rule, reason, number of subjects.
    pub not_applicable: BTreeMap<(&'static str, String), usize>,
    /// Every rule there is, in the order of the registry.
    pub rules: &'static [&'static Rule],
    /// Rules that do not run, and why.
    pub off: BTreeMap<&'static str, &'static str>,
    /// DCs of which at least one record was found right.
    pub proven_dcs: Marks,
}

impl Outcomes {
    /// The rule of this name.
    pub fn rule(&self, name: &str) -> Option<&'static Rule> {
        self.rules.iter().copied().find(|rule| rule.name == name)
    }
}

/// Marks some of what the inventory lists, by index.
#[derive(Default)]
pub struct Marks(Vec<bool>);

impl Marks {
    fn set(&mut self, index: usize) {
        if self.0.len() <= index {
            self.0.resize(index + 1, false);
        }
        self.0[index] = true;
    }

    /// Whether it is marked.
    pub fn has(&self, index: usize) -> bool {
        self.0.get(index).is_some_and(|marked| *marked)
    }
}

/// The forecast, to be looked up by DC and server.
pub struct Walks<'f> {
    rows: &'f [ForecastRow],
    /// The first row of each source; one for each server follows, in the order of the inventory.
    starts: HashMap<&'f str, usize>,
}

impl<'f> Walks<'f> {
    pub(crate) fn of(rows: &'f [ForecastRow], view: &View<'_>) -> Self {
        let servers = view.inventory.servers.len().max(1);
        let starts = rows.iter().enumerate().step_by(servers).map(|(start, row)| (row.source.as_str(), start));
        Self { rows, starts: starts.collect() }
    }
}

/// Takes what one rule says.
pub struct Sink<'o> {
    rule: &'static Rule,
    outcomes: &'o mut Outcomes,
    walks: &'o Walks<'o>,
    list_passes: bool,
    /// How many subjects kept the rule.
    passed: usize,
}

impl<'o> Sink<'o> {
    pub(crate) fn new(
        rule: &'static Rule,
        outcomes: &'o mut Outcomes,
        walks: &'o Walks<'o>,
        list_passes: bool,
    ) -> Self {
        Self { rule, outcomes, walks, list_passes, passed: 0 }
    }

    /// The rule has said all that it has to say.
    pub(crate) fn finish(self) {
        if self.passed > 0 {
            self.outcomes.passed += self.passed;
            self.outcomes.passes.insert(self.rule.name, self.passed);
        }
    }

    /// The subject keeps the rule.
    pub fn pass(&mut self, subject: Subject<'_>) {
        self.passed += 1;
        if self.rule.group.is_about_records()
            && let Some(dc) = subject.dc
        {
            self.outcomes.proven_dcs.set(dc.index);
        }
        if self.list_passes {
            self.push(Outcome::Pass, subject, Draft::default());
        }
    }

    /// The subject breaks the rule.
    pub fn fail(&mut self, subject: Subject<'_>, draft: Draft) {
        self.push(Outcome::Fail, subject, draft);
    }

    /// It could not be seen whether the subject keeps the rule.
    pub fn unknown(&mut self, subject: Subject<'_>, reason: impl Into<String>) {
        self.push(Outcome::Unknown, subject, Draft { message: reason.into(), ..Draft::default() });
    }

    /// The rule has nothing to say here.
    pub fn not_applicable(&mut self, reason: impl Into<String>) {
        *self.outcomes.not_applicable.entry((self.rule.name, reason.into())).or_default() += 1;
    }

    /// The rule does not run.
    pub(crate) fn switch_off(&mut self, reason: &'static str) {
        self.outcomes.off.insert(self.rule.name, reason);
        self.not_applicable(reason);
    }

    /// What a destination will experience with this DC as its source, at this server, if it cannot replicate, or not
    /// always. The row names rules that may not have run yet.
    pub fn broken_walk(&self, dc: &Dc, server: &Server) -> Option<&'o ForecastRow> {
        let start = self.walks.starts.get(dc.label.as_str())?;
        self.walks.rows.get(start + server.index).filter(|row| row.is_broken())
    }

    /// Which difference between servers a finding explains.
    pub fn explains(&self, finding: &Finding) -> Explains {
        self.outcomes.rule(&finding.rule).map_or(Explains::Nothing, |rule| rule.traits.explains)
    }

    /// The findings of the rules that ran before.
    pub fn findings(&self) -> &[Finding] {
        &self.outcomes.findings
    }

    /// Counts the checks of a record rule that silent, refusing and foreign servers make impossible.
    pub(crate) fn count_blocked(&mut self, view: &View<'_>) {
        if !self.rule.group.is_about_records() {
            return;
        }
        let dcs = view.dcs().count();
        for server in view.blocked_servers() {
            *self.outcomes.blocked.entry(server.name.clone()).or_default() += dcs;
        }
    }

    fn push(&mut self, outcome: Outcome, subject: Subject<'_>, draft: Draft) {
        let mut severity = draft.severity.unwrap_or(self.rule.severity);
        let mut predicts = draft.predicts;
        // Nobody replicates from a read-only DC, so a wrong record of its own breaks no replication.
        let record_rule = self.rule.group.is_about_records();
        if record_rule && subject.dc.is_some_and(|dc| dc.read_only) {
            severity = severity.min(Severity::Warning);
            predicts.clear();
        }
        predicts.sort_unstable();
        predicts.dedup();
        let text = |name: &DnsName| name.to_string();
        let mut finding = Finding {
            rule: self.rule.name.into(),
            severity,
            outcome,
            dc: subject.dc.map(|dc| dc.label.clone()),
            server: subject.server.map(|server| server.name.clone()),
            name: subject.name.map(text),
            rtype: subject.rtype.map(|rtype| rtype.to_string()),
            expected: draft.expected,
            actual: draft.actual,
            message: draft.message,
            predicts,
            remedy: draft.remedy,
            waived: None,
            fingerprint: String::new(),
        };
        finding.fingerprint = fingerprint(&finding);
        self.outcomes.findings.push(finding);
    }
}

/// FNV-1a over rule, dc, server, name and type: the same from release to release.
fn fingerprint(finding: &Finding) -> String {
    let parts = [
        Some(&finding.rule),
        finding.dc.as_ref(),
        finding.server.as_ref(),
        finding.name.as_ref(),
        finding.rtype.as_ref(),
    ];
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        for octet in part.map_or(&b""[..], |text| text.as_bytes()).iter().chain([&0]) {
            hash = (hash ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use crate::testing::{ALIAS2, World};

    /// Dashboards and tickets remember it: this literal never changes.
    #[test]
    fn the_fingerprint_stays() {
        let finding = World::new().remove("dc2", ALIAS2).finding("alias-missing");
        assert_eq!(finding.fingerprint, "bd0fd41ab99135c9");
    }

    #[test]
    fn the_fingerprint_depends_on_the_subject_alone() {
        let stale = |address: &str| {
            let world = World::new().add("dc2", &format!("dc2.contoso.com 1200 A {address}"));
            world.finding("stale-address").fingerprint
        };
        assert_eq!(stale("192.0.2.98"), stale("192.0.2.99"));
        let findings = World::new().remove("dc1", ALIAS2).remove("dc2", ALIAS2).findings("alias-missing");
        assert_ne!(findings[0].fingerprint, findings[1].fingerprint);
    }

    #[test]
    fn passes_are_counted_always_and_listed_on_demand() {
        let evidence = World::new().observe();
        let [short, long] = [false, true].map(|list| crate::judge::judge(&evidence, list));
        assert_eq!(short.findings.len(), 0);
        assert_eq!(short.counts, long.counts);
        assert_eq!(long.findings.len(), long.counts.passed);
    }
}
