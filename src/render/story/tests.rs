//! What is folded is counted: nothing gets lost, and nothing is told twice.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::render::sample;
use crate::report::{Counts, Finding, ForecastOutcome, Outcome, Severity, Waived};

/// Counts findings like the verdict does.
fn add(counts: &mut Counts, finding: &Finding, number: usize) {
    let count = match (finding.outcome, finding.severity) {
        _ if finding.waived.is_some() => &mut counts.waived,
        (Outcome::Pass, _) => &mut counts.passed,
        (Outcome::Unknown, _) => &mut counts.unknown,
        (Outcome::Fail, Severity::Critical) => &mut counts.critical,
        (Outcome::Fail, Severity::Warning) => &mut counts.warning,
        (Outcome::Fail, Severity::Info) => &mut counts.info,
    };
    *count += number;
}

/// Asserts that the sections of a report's story add up to the report, folded and whole.
pub(crate) fn assert_adds_up(report: &Report) {
    for whole in [false, true] {
        let story = tell(report, whole);
        let (mut counts, mut seen) = (Counts::default(), BTreeSet::new());
        for told in &story.findings {
            let all: Vec<&Finding> = told.all().collect();
            // What stands for them all is what they all are.
            add(&mut counts, told.first(), all.len());
            assert!(all.iter().all(|finding| seen.insert(std::ptr::from_ref(*finding))), "told twice");
            assert!(!whole || all.len() == 1, "-v folds nothing");
        }
        assert_eq!(seen.len(), report.findings.len(), "every finding is told");
        let listed = Counts { unknown: 0, passed: 0, ..counts };
        assert_eq!(listed, Counts { unknown: 0, passed: 0, ..report.counts });
        // Checks that a server makes impossible, and what passed, are counted without a finding each.
        assert!(counts.unknown <= report.counts.unknown && counts.passed <= report.counts.passed);

        let sources: BTreeSet<_> = report.forecast.iter().map(|row| (&row.source, &row.guid)).collect();
        assert_eq!(story.forecast.as_ref().map_or(0, dcs), sources.len());
        for rank in [Rank::Fails, Rank::Intermittent] {
            let outcome = if rank == Rank::Fails { ForecastOutcome::Fails } else { ForecastOutcome::Intermittent };
            let told = story.forecast.as_ref().is_some_and(|matrix| says(matrix, rank));
            assert_eq!(told, report.forecast.iter().any(|row| row.outcome == outcome), "{rank:?}");
        }
        let destinations: BTreeSet<_> = report.destinations.iter().map(|row| &row.source).collect();
        assert_eq!(story.destinations.as_ref().map_or(0, |told| dcs(&told.matrix)), destinations.len());

        let states: usize = story.headline.states.iter().map(|(_, number)| number).sum();
        assert_eq!((states, story.headline.servers), (report.servers.len(), report.servers.len()));
        let grouped: usize = story.groups.iter().map(|group| number(&group.servers)).sum();
        assert!(story.groups.is_empty() || grouped == report.servers.len());
        let left_out: usize = story.not_checked.iter().map(|left_out| number(&left_out.rules)).sum();
        assert_eq!(left_out, report.not_checked.len());
        let assumed: usize = story.assumed.iter().map(|kind| number(&kind.rows)).sum();
        assert_eq!(assumed, report.assumed.len());
        assert_eq!(story.conclusion.verdict, report.verdict);
    }
}

fn number<T>(list: &Capped<T>) -> usize {
    list.shown.len() + list.more
}

/// How many source DCs a matrix tells of.
fn dcs(matrix: &Matrix<'_>) -> usize {
    matrix.drawn.len() + matrix.counted.iter().map(|pattern| pattern.number).sum::<usize>()
}

fn says(matrix: &Matrix<'_>, rank: Rank) -> bool {
    let mut rows = matrix.drawn.iter().chain(matrix.counted.iter().map(|pattern| &pattern.row));
    rows.any(|row| row.cells.iter().any(|cell| cell.outcome == rank))
}

#[test]
fn every_sample_adds_up() {
    for report in
        [sample::report(), sample::clean(), sample::preflight(), sample::with_destinations(), sample::hostile()]
    {
        assert_adds_up(&report);
    }
}

/// Findings and cells of one kind each, of a forest large enough to be folded.
fn large() -> impl Strategy<Value = Report> {
    let outcomes = vec![Outcome::Fail, Outcome::Unknown, Outcome::Pass];
    let severities = vec![Severity::Critical, Severity::Warning, Severity::Info];
    let kinds = prop::collection::vec((select(outcomes), select(severities), any::<bool>()), 1..4);
    let cells =
        vec![ForecastOutcome::Ok, ForecastOutcome::Fails, ForecastOutcome::Intermittent, ForecastOutcome::Unknown];
    (0..40usize, 1..16usize, kinds, prop::collection::vec(select(cells), 1..5)).prop_map(
        |(dcs, servers, kinds, cells)| {
            let mut report = sample::clean();
            let row = report.servers[0].clone();
            report.servers = (0..servers)
                .map(|server| ServerRow {
                    server: format!("ns{server}"),
                    group: (server % 3 > 0).then(|| (server % 3).to_string()),
                    ..row.clone()
                })
                .collect();
            (report.findings, report.forecast, report.counts) = Default::default();
            for (dc, server) in (0..dcs).flat_map(|dc| (0..servers).map(move |server| (dc, server))) {
                let (dc_name, server_name) = (format!("dc{dc}.contoso.com"), format!("ns{server}"));
                let cell = cells[dc * servers % cells.len()];
                report.forecast.push(sample::forecast(&dc_name, &server_name, cell, &[8524]));
                let (outcome, severity, waived) = kinds[(dc / 13 + server) % kinds.len()];
                let mut finding = sample::finding("host-missing", severity, &dc_name, &server_name, "it is missing");
                finding.outcome = outcome;
                finding.waived = waived.then(|| Waived { reason: "known".into(), until: None });
                add(&mut report.counts, &finding, 1);
                report.findings.push(finding);
            }
            report
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn large_reports_add_up(report in large()) {
        assert_adds_up(&report);
    }
}
