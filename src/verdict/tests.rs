//! Severities, waivers, order and conclusion.

use super::*;
use crate::testing::{ALIAS2, CONFIG, Reply, World, row};

fn with(policy: &str) -> World {
    World::with(&format!("{CONFIG}{policy}\n"))
}

#[test]
fn a_healthy_forest_is_ok() {
    let report = World::new().report();
    assert_eq!((report.verdict, report.findings.len()), (Verdict::Ok, 0));
    assert!(report.counts.passed > 0);
}

#[test]
fn overrides_change_severity_and_verdict() {
    let raised = with("rules: {ttl-unusual: {severity: critical}}").remove("dc2", "dc2.contoso.com");
    let report = raised.add("dc2", "dc2.contoso.com 77 A 192.0.2.11").report();
    assert_eq!((report.verdict, report.counts.critical), (Verdict::Critical, 1));
    let lowered = with("rules: {alias-missing: {severity: info}}").remove("dc2", ALIAS2).report();
    assert_eq!((lowered.verdict, lowered.counts.info), (Verdict::Ok, 1));
    let off = with("rules: {alias-missing: {severity: off}}").remove("dc2", ALIAS2).report();
    assert!(!off.findings.iter().any(|finding| finding.rule == "alias-missing"));
    assert!(off.not_checked.iter().any(|row| row.rule == "alias-missing"));
}

#[test]
fn a_waiver_covers_its_subject_alone_and_keeps_its_reason() {
    let waiver = "waivers: [{rule: alias-missing, server: dc2, until: 2026-11-20, reason: ticket 7}]";
    let report = with(waiver).remove("dc1", ALIAS2).remove("dc2", ALIAS2).report();
    assert_eq!((report.counts.waived, report.counts.critical), (1, 1));
    let waived = report.findings.last().expect("two findings");
    let expected = Waived { reason: "ticket 7".into(), until: Some("2026-11-20".into()) };
    assert_eq!((waived.server.as_deref(), waived.waived.as_ref()), (Some("dc2"), Some(&expected)));
    assert_eq!(with(waiver).remove("dc2", ALIAS2).report().verdict, Verdict::Ok);
}

#[test]
fn the_waiver_of_a_silent_server_covers_what_cannot_be_seen_there() {
    let silent = |policy: &str| with(policy).reply("dc2", "", Reply::Timeout).report();
    let waived = silent("waivers: [{rule: server-silent, server: dc2, reason: being rebuilt}]");
    assert_eq!((waived.verdict, waived.counts.unknown, waived.counts.waived), (Verdict::Ok, 0, 1));
    let elsewhere = silent("waivers: [{rule: server-silent, server: dc1, reason: being rebuilt}]");
    assert_eq!(elsewhere.verdict, Verdict::Critical);
    assert!(elsewhere.counts.unknown > 0);
    let all = with("waivers: [{rule: server-silent, reason: being rebuilt}]");
    let all = all.reply("dc1", "", Reply::Timeout).reply("dc2", "", Reply::Timeout).report();
    assert_eq!(all.verdict, Verdict::Unknown, "nothing at all was verified");
}

#[test]
fn the_gravest_comes_first_and_what_is_waived_last() {
    let world = with("waivers: [{rule: alias-missing, server: dc1, reason: known}]")
        .remove("dc1", ALIAS2)
        .remove("dc2", ALIAS2)
        .reply("dc1", "dc1.contoso.com AAAA", Reply::NxDomain)
        .remove("dc2", "dc1.contoso.com")
        .add("dc2", "dc1.contoso.com 77 A 192.0.2.10")
        .reply("dc1", "dc2.contoso.com A", Reply::Timeout)
        .add("dc2", "*.contoso.com 600 A 192.0.2.80");
    let rows: Vec<String> =
        world.report().findings.iter().map(|finding| format!("{} {}", finding.rule, row(finding))).collect();
    assert_eq!(
        rows,
        [
            "server-answers-anything fail critical A @dc2",
            "alias-missing fail critical dc2.contoso.com CNAME @dc2",
            "aaaa-nxdomain fail warning dc1.contoso.com AAAA @dc1",
            "ttl-unusual fail info dc1.contoso.com A @dc2",
            "host-missing unknown critical dc2.contoso.com A @dc1",
            "alias-missing fail critical dc2.contoso.com CNAME @dc1",
        ]
    );
}

#[test]
fn critical_beats_warning_beats_unknown_beats_ok() {
    let of = |critical, warning, unknown, passed| {
        conclude(&Counts { critical, warning, unknown, passed, ..Counts::default() }, true)
    };
    assert_eq!(of(1, 1, 1, 1), Verdict::Critical);
    assert_eq!(of(0, 1, 1, 1), Verdict::Warning);
    assert_eq!(of(0, 0, 1, 1), Verdict::Unknown);
    assert_eq!(of(0, 0, 0, 0), Verdict::Unknown);
    assert_eq!(of(0, 0, 0, 1), Verdict::Ok);
}

#[test]
fn nothing_checked_is_unknown() {
    let report = World::with("forest: contoso.com\ndns_servers: [192.0.2.10]\n").report();
    assert_eq!(report.verdict, Verdict::Unknown, "without DCs");
    assert!(report.unverified.iter().any(|subject| subject.contains("none is configured")));

    let mut world = World::new();
    world.evidence.selection.only = vec!["alias-path-differs".into()];
    let stops = Reply::Records("22222222-2222-4222-8222-222222222222._msdcs.contoso.com 600 CNAME dc2.contoso.com");
    let stops = ["dc1", "dc2"]
        .into_iter()
        .fold(world, |world, server| world.reply(server, &format!("{ALIAS2} A"), stops.clone()));
    let report = stops.report();
    assert_eq!(report.verdict, Verdict::Unknown, "neither a pass nor a finding about dc2");
    assert_eq!(report.unverified, ["dc2.contoso.com"]);

    let mut world = World::new();
    world.evidence.selection.servers = vec!["dc9".into()];
    assert_eq!(world.report().verdict, Verdict::Unknown, "without servers");
}

#[test]
fn a_run_that_was_cut_short_is_never_ok() {
    let mut world = World::new();
    world.evidence.incomplete = Some(crate::report::Incomplete::Deadline);
    assert_eq!(world.report().verdict, Verdict::Unknown);
}
