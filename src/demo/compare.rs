//! How a report differs from what its scenario expects.

use std::collections::{BTreeMap, BTreeSet};

use super::expect::{Expected, fallback, forecast_outcome, outcome, severity};
use super::scenario::Scenario;
use crate::render::words;
use crate::report::{
    ChecklistItem, DestinationRow, Finding, ForecastOutcome, ForecastRow, ItemStatus, Learned, Outcome, Report, Verdict,
};

impl Scenario {
    /// How a report differs from what the scenario expects, one line each; empty when it is as expected.
    pub fn mismatches(&self, report: &Report) -> Vec<String> {
        let mut lines = Vec::new();
        let mut findings: Vec<&Finding> = report.findings.iter().filter(|f| f.outcome != Outcome::Pass).collect();
        let mut wanted: Vec<&Expected> = self.expect.iter().collect();
        wanted.sort_by_key(|expected| std::cmp::Reverse(expected.exactness()));
        for expected in wanted {
            match findings.iter().position(|finding| expected.fits(finding)) {
                Some(_) if expected.rule() == "*" => findings.retain(|finding| !expected.fits(finding)),
                Some(position) => drop(findings.remove(position)),
                None => lines.push(format!("missing    {}", expected)),
            }
        }
        lines.extend(findings.iter().map(|finding| format!("unexpected {}", finding_line(finding))));

        let mut rows: Vec<&ForecastRow> =
            report.forecast.iter().filter(|row| row.outcome != ForecastOutcome::Ok).collect();
        for expected in &self.forecast {
            match rows.iter().position(|row| expected.fits(row)) {
                Some(position) => drop(rows.remove(position)),
                None if expected.is_any() => {}
                None => lines.push(format!("missing    forecast {}", expected)),
            }
        }
        lines.extend(rows.iter().map(|row| format!("unexpected forecast {}", forecast_line(row))));

        let listed = |row: &&DestinationRow| row.outcome != ForecastOutcome::Ok || row.delay_s > 0.0;
        let mut rows: Vec<&DestinationRow> = report.destinations.iter().filter(listed).collect();
        for expected in &self.destinations {
            match rows.iter().position(|row| expected.fits(row)) {
                Some(position) => drop(rows.remove(position)),
                None => lines.push(format!("missing    destination {}", expected)),
            }
        }
        lines.extend(rows.iter().map(|row| format!("unexpected destination {}", destination_line(row))));

        for (server, wanted) in &self.status {
            let actual = report.servers.iter().find(|row| row.server == *server).map(|row| words::status(row.status));
            if actual != Some(wanted) {
                lines.push(format!("status     of {server} is {actual:?}, expected {wanted}"));
            }
        }
        lines.extend(self.group_mismatch(report));
        let learned: Vec<String> = report.learned.iter().map(learned_line).collect();
        if !self.learned.is_empty() && learned != self.learned {
            lines.push(format!("learned    {learned:?}, expected {:?}", self.learned));
        }
        let checklist: Vec<String> = report.checklist.iter().filter_map(item_line).collect();
        if !self.checklist.is_empty() && checklist != self.checklist {
            lines.push(format!("checklist  {checklist:?}, expected {:?}", self.checklist));
        }
        let exit = exit_code(report.verdict);
        if exit != self.exit {
            lines.push(format!("exit       {exit}, expected {}", self.exit));
        }
        lines
    }

    fn group_mismatch(&self, report: &Report) -> Option<String> {
        if self.groups.is_empty() {
            return None;
        }
        let mut actual = BTreeMap::<&str, BTreeSet<&str>>::new();
        for row in &report.servers {
            if let Some(group) = &row.group {
                actual.entry(group).or_default().insert(&row.server);
            }
        }
        let actual: BTreeSet<_> = actual.into_values().collect();
        let wanted: BTreeSet<BTreeSet<&str>> =
            self.groups.iter().map(|group| group.split_whitespace().collect()).collect();
        (actual != wanted).then(|| format!("groups     {actual:?}, expected {wanted:?}"))
    }
}

fn finding_line(finding: &Finding) -> String {
    let server = finding.server.as_ref().map(|server| format!("@{server}"));
    let words = [finding.dc.clone(), finding.rtype.clone(), server];
    let words: Vec<String> = words.into_iter().flatten().collect();
    let (rule, message) = (&finding.rule, &finding.message);
    format!("{} {rule} {} ({}) ~ {message}", outcome(finding), words.join(" "), severity(finding.severity))
}

fn forecast_line(row: &ForecastRow) -> String {
    let mut line = format!("{} @{} {}", row.source, row.server, forecast_outcome(row.outcome));
    if !row.errors.is_empty() {
        let errors: Vec<String> = row.errors.iter().map(i64::to_string).collect();
        line.push_str(&format!(" {}", errors.join(",")));
    }
    if let Some(kind) = row.fallback {
        line.push_str(&format!(" fallback={}", fallback(kind)));
    }
    if row.delay_only {
        line.push_str(" delay-only");
    }
    line + &format!(" {}/{}", row.wrong_addresses, row.addresses)
}

fn destination_line(row: &DestinationRow) -> String {
    let mut line = format!("{} <- {} {}", row.destination, row.source, forecast_outcome(row.outcome));
    if !row.errors.is_empty() {
        let errors: Vec<String> = row.errors.iter().map(i64::to_string).collect();
        line.push_str(&format!(" {}", errors.join(",")));
    }
    if let Some(server) = &row.server {
        line.push_str(&format!(" @{server}"));
    }
    if row.delay_s > 0.0 {
        line.push_str(&format!(" delay={}", row.delay_s));
    }
    line
}

fn learned_line(row: &Learned) -> String {
    let words = [Some(row.dc.as_str()), row.guid.as_deref()].into_iter().flatten();
    words.chain(row.addresses.iter().map(String::as_str)).collect::<Vec<_>>().join(" ")
}

fn item_line(item: &ChecklistItem) -> Option<String> {
    let word = match item.status {
        ItemStatus::Pass => return None,
        ItemStatus::NotChecked => "not-checked",
        ItemStatus::Fail => "fail",
    };
    Some(format!("{word} {}", item.item))
}

fn exit_code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Ok => 0,
        Verdict::Warning => 1,
        Verdict::Critical => 2,
        Verdict::Unknown => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Certainty, Counts, Severity, Tool};

    fn finding(rule: &str, outcome: Outcome, dc: &str, rtype: &str) -> Finding {
        Finding {
            rule: rule.into(),
            severity: Severity::Critical,
            outcome,
            dc: Some(dc.into()),
            server: Some("one".into()),
            name: None,
            rtype: Some(rtype.into()),
            expected: Vec::new(),
            actual: Vec::new(),
            message: "the record holds 192.0.2.99".into(),
            predicts: Vec::new(),
            remedy: vec!["# synthesized".into()],
            waived: None,
            fingerprint: String::new(),
        }
    }

    fn report() -> Report {
        Report {
            schema: String::new(),
            tool: Tool { name: String::new(), version: String::new() },
            forest: String::new(),
            started_at: String::new(),
            elapsed_ms: 0,
            verdict: Verdict::Critical,
            incomplete: None,
            about: None,
            counts: Counts::default(),
            servers: Vec::new(),
            addresses: Vec::new(),
            forecast: vec![ForecastRow {
                source: "dc2.a".into(),
                guid: None,
                server: "one".into(),
                outcome: ForecastOutcome::Intermittent,
                errors: vec![1753, 1722],
                certainty: Certainty::Inferred,
                wrong_addresses: 1,
                addresses: 2,
                fallback: None,
                delay_only: false,
                rules: Vec::new(),
                message: "".into(),
            }],
            findings: vec![
                finding("stale-address", Outcome::Fail, "dc2.a", "A"),
                finding("stale-address", Outcome::Fail, "dc2.a", "AAAA"),
                finding("host-missing", Outcome::Unknown, "dc3.a", "A"),
                finding("alias-missing", Outcome::Unknown, "dc3.a", "CNAME"),
                finding("ttl-unusual", Outcome::Pass, "dc2.a", "A"),
            ],
            not_checked: Vec::new(),
            destinations: Vec::new(),
            destinations_left_out: 0,
            checklist: Vec::new(),
            assumed: Vec::new(),
            learned: Vec::new(),
            unverified: Vec::new(),
        }
    }

    fn mismatches(expect: &[&str], forecast: &str) -> Vec<String> {
        let text = format!(
            "{{summary: x, config: {{forest: a}}, exit: 2, servers: [{{name: one}}], expect: {expect:?}, \
             forecast: [{forecast:?}]}}"
        );
        Scenario::parse(&text).expect("a scenario").mismatches(&report())
    }

    const FORECAST: &str = "dc2.a @one intermittent 1722,1753 1/2";

    #[test]
    fn what_is_expected_is_no_mismatch() {
        // The vague expectation comes first, and must not take the finding of the exact one.
        let expect = [
            "fail stale-address dc2.a @one",
            "fail stale-address dc2.a A @one (critical) ~ 192.0.2.99",
            "unknown * dc3.a @one",
        ];
        assert_eq!(mismatches(&expect, FORECAST), [""; 0]);
        let expect = ["fail stale-address * ~ synthesized", "fail stale-address *", "unknown * *"];
        assert_eq!(mismatches(&expect, "* @one any"), [""; 0]);
    }

    #[test]
    fn every_difference_is_named() {
        let lines = mismatches(
            &[
                "fail stale-address dc2.a A @one (warning)",
                "fail stale-address dc2.a AAAA @one",
                "unknown * dc3.a @one",
            ],
            "dc2.a @one intermittent 1722 1/2",
        );
        assert_eq!(
            lines,
            [
                "missing    fail stale-address dc2.a A @one (warning)",
                "unexpected fail stale-address dc2.a A @one (critical) ~ the record holds 192.0.2.99",
                "missing    forecast dc2.a @one intermittent 1722 1/2",
                "unexpected forecast dc2.a @one intermittent 1753,1722 1/2",
            ]
        );
    }

    #[test]
    fn destinations_that_are_not_plainly_ok_must_be_listed() {
        let row = |source: &str, outcome, errors: &[i64], delay_s| DestinationRow {
            destination: "dc1.a".into(),
            resolvers: vec!["one".into()],
            source: source.into(),
            server: Some("one".into()),
            delay_s,
            outcome,
            errors: errors.to_vec(),
            certainty: Certainty::Inferred,
            fallback: None,
            delay_only: false,
            rules: Vec::new(),
            message: "".into(),
        };
        let mut report = report();
        (report.findings, report.forecast) = (Vec::new(), Vec::new());
        report.destinations = vec![
            row("dc2.a", ForecastOutcome::Fails, &[8524], 0.0),
            row("dc3.a", ForecastOutcome::Ok, &[], 1.0),
            row("dc4.a", ForecastOutcome::Ok, &[], 0.0),
        ];
        let lines = |destinations: &[&str]| {
            let text = format!(
                "{{summary: x, config: {{forest: a}}, exit: 2, servers: [{{name: one}}], destinations: {destinations:?}}}"
            );
            Scenario::parse(&text).expect("a scenario").mismatches(&report)
        };
        assert_eq!(lines(&["dc1.a <- dc2.a fails 8524 @one", "dc1.a <- dc3.a ok delay=1"]), [""; 0]);
        assert_eq!(
            lines(&["dc1.a <- dc2.a fails 1722", "dc1.a <- dc3.a ok delay=2"]),
            [
                "missing    destination dc1.a <- dc2.a fails 1722",
                "missing    destination dc1.a <- dc3.a ok delay=2",
                "unexpected destination dc1.a <- dc2.a fails 8524 @one",
                "unexpected destination dc1.a <- dc3.a ok @one delay=1",
            ]
        );
    }

    #[test]
    fn expectations_that_say_nothing_are_refused() {
        for bad in ["stale-address dc2.a", "fail", "fail stale-address dc1.a dc2.a"] {
            assert!(Expected::try_from(bad.to_owned()).is_err(), "{bad}");
        }
        for bad in ["dc2.a one fails", "dc2.a @one ok", "dc2.a @one fails x"] {
            assert!(super::super::ExpectedForecast::try_from(bad.to_owned()).is_err(), "{bad}");
        }
        for bad in ["dc1.a dc2.a fails", "dc1.a <- dc2.a ok", "dc1.a <- dc2.a fails x", "dc1.a <- dc2.a ok delay=x"] {
            assert!(super::super::expect::ExpectedDestination::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
