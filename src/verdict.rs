//! The only policy: severities, waivers, order, counts and conclusion. Everything before reports what is so; everything
//! after prints what is concluded here.

use crate::base::natural::Natural;
use crate::config::Waiver;
use crate::findings::Outcomes;
use crate::report::{Counts, Finding, Outcome, Severity, Verdict, Waived};
use crate::rules;
use crate::view::View;

/// Severity overrides first, then waivers that still count.
pub(crate) fn apply_policy(findings: &mut [Finding], view: &View<'_>) {
    let config = &view.evidence.config;
    for finding in findings.iter_mut() {
        if let Some(severity) = config.rules.get(&finding.rule).and_then(|setting| setting.severity) {
            finding.severity = severity;
        }
        if finding.outcome != Outcome::Pass {
            finding.waived = config.waivers.iter().find_map(|waiver| waived(view, waiver, finding));
        }
    }
}

fn waived(view: &View<'_>, waiver: &Waiver, finding: &Finding) -> Option<Waived> {
    let counts = waiver.until.is_none_or(|until| until >= view.today);
    (counts && rules::waiver_covers(view.inventory, waiver, finding))
        .then(|| Waived { reason: waiver.reason.clone(), until: waiver.until.map(|until| until.to_string()) })
}

/// The gravest first, always in the same order.
pub(crate) fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
}

/// The gravest first; within one severity by DC, so that all about one DC stands together. Names are in natural order:
/// dc2 before dc10.
fn sort_key(finding: &Finding) -> impl Ord + use<'_> {
    let [dc, name, server] = [&finding.dc, &finding.name, &finding.server].map(|name| name.as_deref().map(Natural));
    (
        finding.outcome == Outcome::Pass,
        finding.waived.is_some(),
        finding.outcome,
        std::cmp::Reverse(finding.severity),
        // Servers come before the records on them; no DC before any.
        dc,
        (&finding.rule, name, &finding.rtype, server),
    )
}

/// What was found, by severity, without what is waived.
pub(crate) fn count(findings: &[Finding], outcomes: &Outcomes, list_passes: bool) -> Counts {
    let mut counts = Counts { passed: outcomes.passed, ..Counts::default() };
    for finding in findings {
        match (finding.outcome, finding.severity) {
            _ if finding.waived.is_some() => counts.waived += 1,
            (Outcome::Unknown, _) => counts.unknown += 1,
            (Outcome::Fail, Severity::Critical) => counts.critical += 1,
            (Outcome::Fail, Severity::Warning) => counts.warning += 1,
            (Outcome::Fail, Severity::Info) => counts.info += 1,
            (Outcome::Pass, _) => debug_assert!(list_passes, "passes are listed on demand only"),
        }
    }
    // What a server's own finding makes impossible is covered by the waiver of that finding.
    let accepted = |server: &str| {
        findings.iter().any(|finding| {
            finding.waived.is_some() && finding.server.as_deref() == Some(server) && rules::blocks_server(&finding.rule)
        })
    };
    counts.unknown +=
        outcomes.blocked.iter().filter(|(server, _)| !accepted(server)).map(|(_, checks)| checks).sum::<usize>();
    counts
}

/// The gravest thing counts, and ok is only what was verified as a whole.
pub(crate) fn conclude(counts: &Counts, complete: bool) -> Verdict {
    match counts {
        Counts { critical: 1.., .. } => Verdict::Critical,
        Counts { warning: 1.., .. } => Verdict::Warning,
        Counts { unknown: 1.., .. } | Counts { passed: 0, .. } => Verdict::Unknown,
        _ if !complete => Verdict::Unknown,
        _ => Verdict::Ok,
    }
}

#[cfg(test)]
mod tests;
