//! Every scenario, over the wire and through the same code as `guidpost check`: its report must hold exactly the fails
//! and unknowns that the scenario lists.
#![expect(clippy::disallowed_methods, reason = "these tests read the scenarios beside them")]

#[expect(dead_code, reason = "this is a part of what the tests of the program need")]
mod plugin_text;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use guidpost::demo::{RunningScenario, Scenario, scenarios};
use guidpost::evidence::{Purpose, Selection};
use guidpost::render::{Format, RenderOptions, render};
use guidpost::report::{Counts, Finding, ForecastOutcome, Outcome, Report, Severity, Tool, Verdict};
use guidpost::run::{self, Origin};
use guidpost::{config, judge, rules};

/// More than the processors: scenarios with silent servers only wait.
const THREADS: usize = 16;

/// The scenarios of this folder and the embedded ones.
fn all() -> Vec<(String, Scenario)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).expect("the folder exists") {
        let path = entry.expect("a readable folder").path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("an ASCII name").to_owned();
        let text = std::fs::read_to_string(&path).expect("readable text");
        let scenario = Scenario::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        found.push((name, scenario));
    }
    found.extend(scenarios().into_iter().map(|(name, scenario)| (format!("demo {name}"), scenario)));
    found.sort_by(|left, right| left.0.cmp(&right.0));
    found
}

#[test]
fn every_scenario_is_well_formed() {
    let all = all();
    assert!(all.len() > 100, "only {} scenarios were found", all.len());
    let mut summaries = BTreeSet::new();
    for (name, scenario) in &all {
        assert!(name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || b"- ".contains(&c)), "{name}");
        assert!(!scenario.summary.is_empty() && !scenario.summary.contains('\n'), "{name}: summary");
        assert!(summaries.insert(scenario.summary.clone()), "{name}: another scenario has the same summary");
        assert!(scenario.exit <= 3, "{name}: exit");
        let fails = scenario.expect.iter().filter(|expected| expected.is_fail()).count();
        let quiet = scenario.expect.is_empty();
        let unchecked = scenario.checklist.iter().any(|item| item.starts_with("not-checked ")) && scenario.exit == 3;
        assert!(!quiet || unchecked || scenario.exit == 0, "{name}: exit {} without any finding", scenario.exit);
        assert!(quiet || fails > 0 || scenario.exit == 3, "{name}: only unknowns give exit 3");
        scenario.start().unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn every_rule_fires_in_a_scenario() {
    let all = all();
    let fired: BTreeSet<&str> = all
        .iter()
        .flat_map(|(_, scenario)| &scenario.expect)
        .filter(|expected| expected.is_fail())
        .map(|expected| expected.rule())
        .collect();
    let names = guidpost::rules::all().iter().map(|rule| rule.name);
    let missing: Vec<_> = names.filter(|name| !fired.contains(name)).collect();
    assert!(missing.is_empty(), "no scenario expects {missing:?} to fail");
}

/// How the reports differ from what the scenarios expect, one entry per scenario that differs. `check` turns a scenario,
/// and what its run is for, into its report.
fn complaints(check: impl Fn(&RunningScenario, Purpose) -> Report + Sync) -> BTreeMap<String, Vec<String>> {
    let all = all();
    let next = AtomicUsize::new(0);
    let complaints = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some((name, scenario)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let running = scenario.start().expect("free ports on loopback");
                    let report = check(&running, scenario.purpose.clone());
                    let mut mismatches = scenario.mismatches(&report);
                    // Who turns a rule down, or off, wants to hear less than the forecast says.
                    let turned_down = running.config_yaml().contains("severity");
                    mismatches.extend(broken_laws(&report, !turned_down));
                    if !mismatches.is_empty() {
                        complaints.lock().expect("no scenario panics").insert(name.clone(), mismatches);
                    }
                }
            });
        }
    });
    complaints.into_inner().expect("no scenario panics")
}

/// What no report may do, whatever the forest: print a command that takes something away, say OK beside a failing
/// forecast (unless not `owned`), or explain a forecast with a rule that found nothing.
fn broken_laws(report: &Report, owned: bool) -> Vec<String> {
    let mut broken = Vec::new();
    let destroys =
        |line: &str| ["delete", "remove", "replace"].iter().any(|word| line.to_ascii_lowercase().contains(word));
    for finding in &report.findings {
        let runnable = finding.remedy.iter().filter(|line| !line.starts_with('#') && destroys(line));
        broken.extend(runnable.map(|line| format!("runnable: {line}")));
    }
    for row in &report.forecast {
        let here = |finding: &&Finding| {
            finding.server.as_deref() == Some(row.server.as_str())
                && finding.dc.as_deref().is_none_or(|dc| dc == row.source.as_str())
        };
        let critical = |finding: &Finding| finding.outcome == Outcome::Fail && finding.severity == Severity::Critical;
        let fails =
            row.outcome == ForecastOutcome::Fails || row.outcome == ForecastOutcome::Intermittent && !row.delay_only;
        if owned && fails && !report.findings.iter().filter(here).any(critical) {
            broken.push(format!("no owner: {} @{} {}", row.source, row.server, row.message));
        }
        for rule in &row.rules {
            if !report.findings.iter().filter(here).any(|finding| finding.rule == *rule) {
                broken.push(format!("no finding: {rule} for {} @{}", row.source, row.server));
            }
        }
    }
    broken
}

#[test]
fn a_report_that_sees_nothing_satisfies_no_broken_scenario() {
    let blind = |_: &RunningScenario, _: Purpose| Report {
        schema: String::new(),
        tool: Tool { name: String::new(), version: String::new() },
        forest: String::new(),
        started_at: String::new(),
        elapsed_ms: 0,
        verdict: Verdict::Ok,
        incomplete: None,
        counts: Counts::default(),
        servers: Vec::new(),
        addresses: Vec::new(),
        forecast: Vec::new(),
        findings: Vec::new(),
        not_checked: Vec::new(),
        destinations: Vec::new(),
        destinations_left_out: 0,
        checklist: Vec::new(),
        assumed: Vec::new(),
        learned: Vec::new(),
        unverified: Vec::new(),
        about: None,
    };
    let complaints = complaints(blind);
    for (name, scenario) in all() {
        let broken = !scenario.expect.is_empty() || scenario.exit != 0;
        assert!(!broken || complaints.contains_key(&name), "{name} would be content with an empty report");
    }
}

#[test]
fn every_report_is_as_expected() {
    let plugin_outputs = Mutex::new(Vec::new());
    let complaints = complaints(|running, purpose| {
        let report = check(running, purpose);
        plugin_outputs.lock().expect("no scenario panics").push(plugin_output(&report));
        report
    });
    assert!(complaints.is_empty(), "{complaints:#?}");
    // So many texts of ours stand nowhere else.
    for output in plugin_outputs.into_inner().expect("no scenario panics") {
        plugin_text::assert_output(&output);
        plugin_text::assert_mailed_whole(&output);
        // No scenario has these characters in its names: they would be ours.
        let escaped = ["{7C}", "{3C}", "{3E}", "{26}", "{60}", "{24}", "{22}", "{27}"];
        let ours = output.lines().find(|line| escaped.iter().any(|escape| line.contains(escape)));
        assert_eq!(ours, None, "a message of ours does without what plugin output cannot hold");
    }
}

fn plugin_output(report: &Report) -> String {
    let mut out = Vec::new();
    render(Format::Nagios, report, &RenderOptions::default(), &mut out).expect("memory has room");
    String::from_utf8(out).expect("output is UTF-8")
}

/// The same way as `guidpost check`, `preflight` and `gone`: text of a configuration, run, report.
fn check(running: &RunningScenario, purpose: Purpose) -> Report {
    let config = config::parse(&running.config_yaml(), "scenario.yaml", &rules::names())
        .unwrap_or_else(|errors| panic!("{errors}"));
    let origin = Origin { started_at: "2026-11-20T10:00:00Z".parse().expect("a timestamp"), seed: 42 };
    let local = Some(running.local());
    let observed = run::observe(config, Selection::default(), purpose, origin, local, &|_| ());
    let evidence = observed.expect("a runtime");
    let ways = &evidence.config.probe.redirect;
    let astray = evidence.machines.keys().find(|address| !ways.contains_key(address));
    assert_eq!(astray, None, "a probe left loopback");
    let astray = evidence.columns().iter().find(|column| !column.address.ip().is_loopback());
    assert!(astray.is_none(), "a question left loopback");
    assert_eq!(evidence.config.probe.enabled, !evidence.machines.is_empty(), "machines are asked where there are any");
    judge::judge(&evidence, false)
}
