//! What nothing was verified of.

use std::collections::BTreeSet;

use crate::findings::Outcomes;
use crate::report::{ChecklistItem, Finding, ItemStatus};
use crate::rules;
use crate::view::View;

/// Subjects of which neither a pass nor a finding says anything: silence is never success.
pub(super) fn unverified(
    view: &View<'_>,
    outcomes: &Outcomes,
    findings: &[Finding],
    checklist: &[ChecklistItem],
) -> Vec<String> {
    let record_rules_run = rules::about_records_run(view.evidence);
    let spoken_of: BTreeSet<&str> = findings.iter().filter_map(|finding| finding.dc.as_deref()).collect();
    let dcs = view
        .dcs()
        .filter(|dc| record_rules_run && !outcomes.proven_dcs.has(dc.index) && !spoken_of.contains(dc.label.as_str()));
    let mut subjects: Vec<String> = dcs.map(|dc| dc.label.clone()).collect();
    if view.dcs().next().is_none() && view.evidence.purpose.departed().is_none() {
        subjects.push("the domain controllers: none is configured".into());
    }
    if view.inventory.servers.is_empty() {
        subjects.push("the DNS servers: none is left to ask".into());
    }
    // Of a former DC every item rests on findings, but for the zones that hardly a server gives away.
    if view.evidence.purpose.candidate().is_some() {
        let unchecked = checklist.iter().filter(|item| item.status == ItemStatus::NotChecked);
        subjects.extend(unchecked.map(|item| format!("the item {} of the checklist", item.item)));
    }
    subjects
}
