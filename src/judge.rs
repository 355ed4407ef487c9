//! The order of judging: the whole way from what was seen to the report, on one screen.

mod about;
mod addresses;
mod groups;
mod learned;
mod owners;
mod servers;
#[cfg(test)]
mod tests;
mod unverified;

use about::about;
use addresses::address_rows;
use learned::learned;
use owners::name_owners;
use servers::server_rows;
use unverified::unverified;

use crate::evidence::Evidence;
use crate::findings::Outcomes;
use crate::jobs::gone;
use crate::jobs::preflight::{self, Judged};
use crate::report::{ChecklistItem, Finding, ForecastRow, NotChecked, Report, SCHEMA};
use crate::view::View;
use crate::{forecast, inventory, rules, verdict};

/// Judges evidence. Pure: the same evidence gives the same report.
///
/// With `list_passes` the report lists what passed, too.
pub fn judge(evidence: &Evidence, list_passes: bool) -> Report {
    let inventory = inventory::derive(evidence);
    let view = View::new(&inventory, evidence);
    let about_dcs = is_about_dcs(evidence);
    let mut forecast = if about_dcs { forecast::run(&view, rules::owner) } else { Vec::new() };
    let mut outcomes = rules::run(&view, &forecast, list_passes);
    let mut findings = std::mem::take(&mut outcomes.findings);
    verdict::apply_policy(&mut findings, &view);
    verdict::sort(&mut findings);
    let counts = verdict::count(&findings, &outcomes, list_passes);
    name_owners(&mut forecast, &findings);
    let checklist = checklist(&view, &findings, &outcomes, &forecast);
    let unverified = unverified(&view, &outcomes, &findings, &checklist);
    let (destinations, destinations_left_out) =
        if about_dcs { forecast::destinations(&view, &forecast, rules::owner) } else { (Vec::new(), 0) };
    Report {
        schema: SCHEMA.into(),
        tool: evidence.tool.clone(),
        forest: inventory.forest.to_string(),
        started_at: evidence.started_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        elapsed_ms: u64::try_from(evidence.elapsed.as_millis()).unwrap_or(u64::MAX),
        verdict: verdict::conclude(&counts, unverified.is_empty() && evidence.incomplete.is_none()),
        incomplete: evidence.incomplete,
        counts,
        servers: server_rows(&view, about_dcs),
        addresses: if about_dcs { address_rows(&view) } else { Vec::new() },
        destinations,
        destinations_left_out,
        forecast,
        about: about(&evidence.purpose),
        checklist,
        assumed: evidence.assumed.clone(),
        findings,
        not_checked: not_checked(&outcomes),
        learned: learned(&view),
        unverified,
    }
}

/// Whether the run is about the configured DCs: `gone` is about a former one, unless --only names rules about the others.
fn is_about_dcs(evidence: &Evidence) -> bool {
    evidence.purpose.departed().is_none() || rules::about_records_run(evidence)
}

fn checklist(
    view: &View<'_>,
    findings: &[Finding],
    outcomes: &Outcomes,
    forecast: &[ForecastRow],
) -> Vec<ChecklistItem> {
    let purpose = &view.evidence.purpose;
    if let Some(candidate) = purpose.candidate() {
        preflight::checklist(&Judged { view, candidate, findings, outcomes, forecast })
    } else if purpose.departed().is_some() {
        gone::checklist(view, findings, outcomes)
    } else {
        Vec::new()
    }
}

fn not_checked(outcomes: &Outcomes) -> Vec<NotChecked> {
    let rows = outcomes.not_applicable.iter();
    rows.map(|((rule, reason), subjects)| NotChecked {
        rule: (*rule).into(),
        reason: reason.clone(),
        subjects: *subjects,
    })
    .collect()
}
