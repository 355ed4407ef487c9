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
        conclude(&Counts { critical, warning, unknown, passed, ..Counts::default() })
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

/// The letters of the servers, in their order.
fn groups_of(world: World) -> Vec<String> {
    world.report().servers.into_iter().map(|server| server.group.unwrap_or_else(|| "-".into())).collect()
}

fn three_servers() -> World {
    World::with(&CONFIG.replace("[{name: dc1", "[{name: dc3, address: 192.0.2.12}, {name: dc1"))
}

#[test]
fn servers_with_the_same_data_share_a_letter() {
    assert_eq!(groups_of(three_servers()), ["A", "A", "A"]);
    assert_eq!(groups_of(three_servers().remove("dc2", ALIAS2)), ["A", "B", "A"], "an island");
    assert_eq!(groups_of(three_servers().reply("dc2", "", Reply::Timeout)), ["A", "-", "A"]);
    let unseen = three_servers().remove("dc1", ALIAS2).reply("dc2", "dc2.contoso.com A", Reply::Timeout);
    assert_eq!(groups_of(unseen), ["A", "B", "B"], "what was not seen contradicts nothing");
    let ttl = three_servers().remove("dc2", "dc2.contoso.com").add("dc2", "DC2.contoso.com 77 A 192.0.2.11");
    assert_eq!(groups_of(ttl), ["A", "A", "A"], "case and TTL are no data");
}

#[test]
fn letters_go_on_after_z() {
    let named: Vec<String> = [0, 25, 26, 51, 52, 701, 702].into_iter().map(letters).collect();
    assert_eq!(named, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
}

#[test]
fn servers_say_how_they_behaved() {
    let report = three_servers()
        .reply("dc1", "", Reply::Rcode(5))
        .reply("dc2", "dc1.contoso.com A", Reply::Timeout)
        .reply("dc3", "", Reply::Timeout)
        .report();
    let status: Vec<ServerStatus> = report.servers.iter().map(|server| server.status).collect();
    assert_eq!(status, [ServerStatus::Refusing, ServerStatus::Partial, ServerStatus::Silent]);
    let partial = &report.servers[1];
    assert_eq!((partial.questions - partial.answers, partial.rtt_ms), (1, Some(0.4)));
    assert_eq!(report.servers[2].rtt_ms, None);
}

#[test]
fn addresses_are_listed_under_the_names_that_hold_them() {
    let report = World::new().add("dc2", "dc2.contoso.com 1200 A 192.0.2.99").report();
    let rows: Vec<String> =
        report.addresses.iter().map(|row| format!("{} {} {}", row.dc, row.address, row.names.join(" "))).collect();
    assert_eq!(
        rows,
        [
            "dc1.contoso.com 192.0.2.10 dc1.contoso.com",
            "dc2.contoso.com 192.0.2.11 dc2.contoso.com",
            "dc2.contoso.com 192.0.2.99 dc2.contoso.com",
        ]
    );
}

#[test]
fn a_server_that_had_no_time_to_answer_counts_as_silent_and_unknown() {
    use crate::base::dns::RecordType;
    use crate::evidence::{Answer, NotAsked, Outcome as Ended};
    let mut cut = crate::testing::evidence(CONFIG);
    let question = cut.intern_question(&crate::testing::name("contoso.com"), RecordType::SOA, true);
    let answer = Answer::without_reply(Ended::NotAsked(NotAsked::Deadline), 1);
    cut.column_mut("192.0.2.10:53".parse().unwrap()).settle(question, answer);
    let report = judge(&cut, false);
    assert_eq!(report.servers[0].status, ServerStatus::Silent);
    assert!(report.findings.iter().all(|finding| finding.outcome == Outcome::Unknown), "{:?}", report.findings);
    assert_eq!(report.verdict, Verdict::Unknown);
}
