//! Which rules explain a row of the forecast.

use std::collections::BTreeSet;

use crate::report::{Finding, ForecastRow, Outcome};
use crate::rules;

/// Leaves in each row of the forecast only rules that have a finding there, and names the one that found no other.
pub(super) fn name_owners(forecast: &mut [ForecastRow], findings: &[Finding]) {
    if forecast.iter().all(|row| row.rules.is_empty()) {
        return;
    }
    let told: BTreeSet<(&str, &str, Option<&str>)> = findings
        .iter()
        .filter(|finding| finding.outcome != Outcome::Pass)
        .filter_map(|finding| Some((finding.rule.as_str(), finding.server.as_deref()?, finding.dc.as_deref())))
        .collect();
    for row in forecast.iter_mut().filter(|row| !row.rules.is_empty()) {
        let (source, server) = (row.source.as_str(), row.server.as_str());
        let speaks = |rule: &str| told.contains(&(rule, server, Some(source))) || told.contains(&(rule, server, None));
        row.rules.retain(|rule| speaks(rule));
        row.rules.extend(rules::owners_of_the_rest().filter(|rule| speaks(rule)).map(String::from));
    }
}
