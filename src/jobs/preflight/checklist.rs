//! The checklist: what must be right before a promotion, item by item.

use std::collections::{BTreeSet, HashMap};

use super::items;
use crate::evidence::Candidate;
use crate::findings::Outcomes;
use crate::report::{ChecklistItem, Finding, ForecastRow, ItemStatus, Outcome, Severity};
use crate::view::View;

/// How many details of one kind an item lists before it counts the rest.
const MOST_DETAILS: usize = 12;

/// All that was judged before the checklist is made.
pub struct Judged<'a> {
    /// What was seen.
    pub view: &'a View<'a>,
    /// The machine that is to become a DC.
    pub candidate: &'a Candidate,
    /// Findings, severities and waivers applied.
    pub findings: &'a [Finding],
    /// How often each rule passed, and which did not apply.
    pub outcomes: &'a Outcomes,
    /// What a destination will experience.
    pub forecast: &'a [ForecastRow],
}

impl Judged<'_> {
    /// The names of the rules that an item rests on, in the order of the registry.
    pub(super) fn rules_of(&self, item: &str) -> Vec<&'static str> {
        let rules = self.outcomes.rules.iter().filter(|rule| rule.traits.items.contains(&item));
        rules.map(|rule| rule.name).collect()
    }

    /// Whether a finding says that nothing can be seen at its server.
    pub(super) fn blocks_server(&self, finding: &Finding) -> bool {
        self.outcomes.rule(&finding.rule).is_some_and(|rule| rule.traits.blocks_server)
    }
}

/// Every item, in the order in which they are worked through.
pub fn checklist(judged: &Judged<'_>) -> Vec<ChecklistItem> {
    let mut items = vec![
        items::name_free(judged),
        items::address_free(judged),
        items::no_leftovers(judged),
        items::resolvers(judged),
        items::zones_authoritative(judged),
        items::partners_resolvable(judged),
        items::partners_proven(judged),
        items::ports(judged),
        items::replication_port(judged),
        items::clock(judged),
    ];
    items.extend(judged.candidate.site.as_ref().map(|site| items::site_known(judged, site)));
    items.into_iter().map(Item::finish).collect()
}

/// An item in the making.
pub(super) struct Item {
    id: &'static str,
    title: String,
    rules: BTreeSet<String>,
    /// What is wrong; each has a finding behind it.
    fails: Vec<String>,
    /// What could not be seen.
    unseen: Vec<String>,
    /// How much was seen to be right.
    right: usize,
    /// What is worth knowing.
    notes: Vec<String>,
}

impl Item {
    /// An item with the rules that it rests on.
    pub(super) fn new(judged: &Judged<'_>, id: &'static str, title: impl Into<String>) -> Self {
        let rules = judged.rules_of(id).into_iter().map(String::from).collect();
        Self { rules, ..Self::bare(id, title) }
    }

    /// An item that names no rule but those whose findings count for it.
    pub(super) fn bare(id: &'static str, title: impl Into<String>) -> Self {
        Self {
            id,
            title: title.into(),
            rules: BTreeSet::new(),
            fails: Vec::new(),
            unseen: Vec::new(),
            right: 0,
            notes: Vec::new(),
        }
    }

    /// Something was seen, and is right.
    pub(super) fn right(&mut self) {
        self.right += 1;
    }

    /// Whether anything was seen to be right.
    pub(super) fn has_right(&self) -> bool {
        self.right > 0
    }

    /// Something is wrong, and a finding says so.
    pub(super) fn fail(&mut self, what: impl Into<String>) {
        self.fails.push(what.into());
    }

    /// Something could not be seen.
    pub(super) fn unseen(&mut self, why: impl Into<String>) {
        self.unseen.push(why.into());
    }

    /// Something is worth knowing.
    pub(super) fn note(&mut self, what: impl Into<String>) {
        self.notes.push(what.into());
    }

    /// Takes over what its rules found, as far as `concerns` says; a rule that did not run leaves the item unchecked.
    pub(super) fn take(&mut self, judged: &Judged<'_>, concerns: impl Fn(&Finding) -> bool) {
        for rule in judged.rules_of(self.id) {
            self.take_rule(judged, rule, &concerns);
        }
    }

    fn take_rule(&mut self, judged: &Judged<'_>, rule: &str, concerns: impl Fn(&Finding) -> bool) {
        if let Some(reason) = judged.outcomes.off.get(rule) {
            self.unseen(format!("the rule {rule} was not applied: {reason}"));
        }
        let chosen = judged.findings.iter().filter(|finding| finding.rule == rule && concerns(finding));
        for alike in together(chosen) {
            let (finding, line) = (alike[0], describe(&alike));
            match finding.outcome {
                _ if finding.waived.is_some() => self.note(format!("accepted by a waiver: {line}")),
                Outcome::Fail if finding.severity == Severity::Info => self.note(line),
                Outcome::Fail => self.fail(line),
                Outcome::Unknown => self.unseen(line),
                Outcome::Pass => {}
            }
        }
    }

    /// Counts the passes of its rules.
    pub(super) fn count(&mut self, judged: &Judged<'_>) {
        let passes = |rule: &str| judged.outcomes.passes.get(rule).copied().unwrap_or_default();
        self.right += judged.rules_of(self.id).into_iter().map(passes).sum::<usize>();
    }

    /// Something is wrong, if a finding of one of these rules says so; else nobody judged it.
    pub(super) fn fail_by<'f>(&mut self, judged: &Judged<'f>, rules: &[&str], dc: &str, what: String) {
        let speaks = |finding: &&Finding| {
            let concerns = finding.dc.as_deref().is_none_or(|subject| subject == dc);
            finding.outcome == Outcome::Fail && concerns && rules.contains(&finding.rule.as_str())
        };
        let mut findings = judged.findings.iter().filter(speaks).peekable();
        let counts = |finding: &Finding| finding.waived.is_none() && finding.severity > Severity::Info;
        if findings.peek().is_none() {
            self.unseen(format!("{what}, and no rule that was applied judges it"));
            return;
        }
        let grave: Vec<&Finding> = findings.filter(|finding| counts(finding)).collect();
        self.rules.extend(grave.iter().map(|finding| finding.rule.clone()));
        if grave.is_empty() {
            self.note(format!("accepted: {what}"));
            self.right();
        } else {
            self.fail(what);
        }
    }

    fn finish(self) -> ChecklistItem {
        let (status, reason) = match (self.fails.first(), self.unseen.first()) {
            (Some(fail), _) => (ItemStatus::Fail, fail.clone()),
            (None, Some(unseen)) => (ItemStatus::NotChecked, unseen.clone()),
            (None, None) if self.right == 0 => {
                (ItemStatus::NotChecked, "nothing that it asks could be seen in this run".to_owned())
            }
            (None, None) => (ItemStatus::Pass, String::new()),
        };
        let mut details = Vec::new();
        // The first one is the reason already.
        let skip = |status_is: bool| usize::from(status_is);
        shorten(&mut details, &self.fails, skip(status == ItemStatus::Fail));
        shorten(&mut details, &self.unseen, skip(status == ItemStatus::NotChecked));
        shorten(&mut details, &self.notes, 0);
        ChecklistItem {
            item: self.id.into(),
            title: self.title,
            status,
            reason,
            details,
            rules: self.rules.into_iter().collect(),
        }
    }
}

fn shorten(details: &mut Vec<String>, lines: &[String], skip: usize) {
    let lines = lines.get(skip..).unwrap_or_default();
    details.extend(lines.iter().take(MOST_DETAILS).cloned());
    if let Some(more) = lines.len().checked_sub(MOST_DETAILS).filter(|more| *more > 0) {
        details.push(format!("and {more} more"));
    }
}

/// Findings that say the same of several servers, together. First comes what names a DC or a machine: it tells more than
/// the names that all DCs share.
fn together<'f>(findings: impl Iterator<Item = &'f Finding>) -> Vec<Vec<&'f Finding>> {
    type Said<'f> = (&'f Option<String>, &'f Option<String>, &'f Option<String>, &'f str, Outcome, bool);
    let said = |finding: &'f Finding| -> Said<'f> {
        let waived = finding.waived.is_some();
        (&finding.dc, &finding.name, &finding.rtype, &finding.message, finding.outcome, waived)
    };
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    let mut places = HashMap::new();
    for finding in findings {
        let place = *places.entry(said(finding)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups.sort_by_key(|group| group[0].dc.is_none() && group[0].server.is_some());
    groups
}

/// Findings that differ in their server alone, in one line.
fn describe(alike: &[&Finding]) -> String {
    let finding = alike[0];
    let record = finding.name.iter().chain(&finding.rtype).cloned().collect::<Vec<_>>().join(" ");
    let servers: Vec<&str> = alike.iter().filter_map(|finding| finding.server.as_deref()).collect();
    let server = (!servers.is_empty()).then(|| format!("at {}", servers.join(", ")));
    let parts: Vec<String> = [Some(record).filter(|text| !text.is_empty()), server].into_iter().flatten().collect();
    let place = if parts.is_empty() { finding.dc.clone().unwrap_or_default() } else { parts.join(" ") };
    if place.is_empty() { finding.message.clone() } else { format!("{place}: {}", finding.message) }
}
