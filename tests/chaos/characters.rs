//! Servers that change, or cannot do what others can.

use std::time::Duration;

use guidpost::demo::{Quirks, Spec};
use guidpost::report::{Outcome, Report, ServerStatus, Verdict};

use crate::forest::{Forest, assert_honest, fails, rows, start};
use crate::relay::{Behind, Parcel, Relay, later, now};

const FOREST: Forest = Forest { dcs: 10 };
/// Long enough for a busy machine: what is lost is lost by number, and not by time.
const QUERY: &str = "timeout: 1s, tries: 2";

/// The report of a run over a good server and one whose datagrams `carry` makes, and the same over two good ones.
fn beside_a_good_one(carry: impl FnMut(usize, &[u8], Behind) -> Vec<Parcel> + Send + 'static) -> (Report, Report) {
    let fleet = start(vec![FOREST.healthy(); 2]);
    let at = fleet.addresses();
    let relay = Relay::new(at[1], carry);
    (FOREST.check(&[at[0], relay.address], QUERY), FOREST.check(at, QUERY))
}

/// Nothing fails, something is unknown, all of it at the odd server, and the good one was seen whole.
#[track_caller]
fn assert_only_unknown(seen: &Report, known: &Report, what: &str) {
    assert_honest(seen, known, what);
    assert_eq!(seen.verdict, Verdict::Unknown, "{what}");
    assert_eq!(fails(seen), [].into(), "{what}");
    let elsewhere: Vec<_> = seen.findings.iter().filter(|f| f.server.as_deref() == Some("s0")).collect();
    assert!(elsewhere.is_empty(), "{what}: {elsewhere:?}");
}

#[test]
fn a_server_that_dies_half_way_leaves_unknowns() {
    let (seen, known) =
        beside_a_good_one(|n, query, behind| if n < 25 { vec![now(behind.ask(query))] } else { Vec::new() });
    assert_only_unknown(&seen, &known, "died");
    assert_eq!(seen.servers[1].status, ServerStatus::Partial);
    assert_eq!(seen.servers[1].answers, 25);
}

#[test]
fn a_server_that_comes_back_in_time_is_seen_whole() {
    let (seen, known) =
        beside_a_good_one(
            |n, query, behind| {
                if (20..40).contains(&n) { Vec::new() } else { vec![now(behind.ask(query))] }
            },
        );
    assert_honest(&seen, &known, "came back");
    assert_eq!(seen.verdict, Verdict::Ok);
}

#[test]
fn a_server_that_comes_back_late_is_not_told_wrong() {
    // Several windows are lost, with both tries.
    let (seen, known) =
        beside_a_good_one(
            |n, query, behind| {
                if (10..70).contains(&n) { Vec::new() } else { vec![now(behind.ask(query))] }
            },
        );
    assert_only_unknown(&seen, &known, "came back late");
}

/// A relay that leads to one server for the first `turn` questions, and to another for the rest.
fn changing(before: Spec, after: Spec, turn: usize) -> Report {
    let fleet = start(vec![FOREST.healthy(), before, after]);
    let [good, first, then] = fleet.addresses() else { panic!("three servers") };
    let then = Behind::at(*then);
    let relay = Relay::new(*first, move |n, query, behind| {
        vec![now(if n < turn { behind.ask(query) } else { then.ask(query) })]
    });
    FOREST.check(&[*good, relay.address], QUERY)
}

#[test]
fn a_server_that_changes_its_answer_is_judged_by_what_it_said() {
    let host = Forest::host(3);
    let stale = FOREST.server(&[&format!("{host} A")], &format!("{host} 1200 A 203.0.113.99"));
    for turn in [0, 5, 15, 25, 35, 45, 1000] {
        for (before, after) in [(FOREST.healthy(), stale.clone()), (stale.clone(), FOREST.healthy())] {
            let report = changing(before, after, turn);
            for finding in &report.findings {
                // Whichever it was, somebody really gets that.
                assert!(finding.outcome == Outcome::Fail || finding.outcome == Outcome::Unknown);
                assert_eq!(finding.dc.as_ref(), Some(&host), "turn {turn}: {finding:?}");
                assert!(finding.server.as_deref() != Some("s0"), "turn {turn}: {finding:?}");
            }
            for row in report.forecast.iter().filter(|row| row.source != host || row.server == "s0") {
                assert_eq!(row.outcome, guidpost::report::ForecastOutcome::Ok, "turn {turn}: {row:?}");
            }
        }
    }
    // What is right before and after is right.
    let mut later = FOREST.healthy();
    later.primary = Forest::host(2);
    assert_eq!(changing(FOREST.healthy(), later, 20).verdict, Verdict::Ok);
}

#[test]
fn a_server_that_answers_only_tcp_is_silent_for_clients() {
    let fleet = start(vec![FOREST.healthy(); 2]);
    let at = fleet.addresses();
    let relay = Relay::new(at[1], |_, _, _| Vec::new()).with_honest_tcp(at[1]);
    let report = FOREST.check(&[at[0], relay.address], QUERY);
    assert_eq!(fails(&report), ["server-silent @s1".to_owned()].into());
    assert!(report.counts.unknown > 0);
}

#[test]
fn a_server_that_truncates_is_read_over_tcp_and_without_it_unknown() {
    let cut = Spec { quirks: Quirks { truncate: true, ..Quirks::default() }, ..FOREST.healthy() };
    let fleet = start(vec![FOREST.healthy(), cut]);
    let at = fleet.addresses();
    assert_eq!(FOREST.check(at, QUERY).verdict, Verdict::Ok);
    let udp_only = Relay::honest(at[1]);
    let report = FOREST.check(&[at[0], udp_only.address], QUERY);
    assert_eq!(fails(&report), ["server-truncates-without-tcp @s1".to_owned()].into());
    assert!(rows(&report, Outcome::Unknown).contains(&format!("host-missing {} A @s1", Forest::host(1))));
}

/// A host with so many addresses that its answer needs more than 576 octets, and less than 1232.
fn long() -> (Forest, Spec, String) {
    let forest = Forest { dcs: 3 };
    let host = Forest::host(2);
    let more: String = (0..45).map(|n| format!("{host} 1200 A 198.51.100.{n}\n")).collect();
    let config = forest.config(&[], QUERY).replace("[203.0.113.2]", "[203.0.113.2, 198.51.100.0/24]");
    (forest, forest.server(&[], &more), config)
}

/// Fills in the servers.
fn with_servers(config: &str, addresses: &[std::net::SocketAddr]) -> String {
    let entry = |at: &std::net::SocketAddr| format!("  - {{ address: {}, port: {} }}\n", at.ip(), at.port());
    let entries: String = addresses.iter().map(entry).collect();
    config.replace("dns_servers:\n", &format!("dns_servers:\n{entries}"))
}

#[test]
fn a_path_that_carries_only_small_packets_is_seen_through() {
    let (_, spec, config) = long();
    let fleet = start(vec![spec]);
    let at = fleet.addresses()[0];
    // Fragments are thrown away on many paths: what does not fit into one packet of 576 octets is lost.
    let small = |_: usize, query: &[u8], behind: Behind| {
        let reply = behind.ask(query);
        if reply.len() <= 548 { vec![now(reply)] } else { Vec::new() }
    };
    let report = |relay: &Relay| {
        guidpost::judge::judge(&crate::forest::observe(&with_servers(&config, &[relay.address])), false)
    };
    // Asked again without EDNS, the server says that it is too long, and TCP cuts it into packets that fit.
    let whole = report(&Relay::new(at, small).with_honest_tcp(at));
    assert_eq!(whole.verdict, Verdict::Ok, "{:?}", whole.findings);
    let row = whole.forecast.iter().find(|row| row.source == Forest::host(2)).unwrap();
    assert_eq!(row.addresses, 46);
    // Without TCP nobody can read it.
    let cut = report(&Relay::new(at, small));
    assert!(fails(&cut).iter().all(|fail| fail.starts_with("server-truncates-without-tcp")), "{:?}", fails(&cut));
    assert!(cut.counts.unknown > 0);
}

#[test]
fn servers_that_know_no_edns_are_asked_without() {
    let error = |code: u8| {
        move |_: usize, query: &[u8], behind: Behind| {
            let reply = if query[11] == 0 { behind.ask(query) } else { header(query, code) };
            vec![now(reply)]
        }
    };
    for (what, (seen, known)) in [
        ("FORMERR", beside_a_good_one(error(1))),
        ("NOTIMP", beside_a_good_one(error(4))),
        (
            "silence",
            beside_a_good_one(
                |_, query, behind| {
                    if query[11] == 0 { vec![now(behind.ask(query))] } else { Vec::new() }
                },
            ),
        ),
        // The refusal comes when the question without EDNS is on its way already.
        (
            "late FORMERR",
            beside_a_good_one(|_, query, behind| {
                if query[11] == 0 { vec![now(behind.ask(query))] } else { vec![later(600, header(query, 1))] }
            }),
        ),
    ] {
        assert_honest(&seen, &known, what);
        assert_eq!(seen.verdict, Verdict::Ok, "{what}: {:?}", seen.findings);
        assert_eq!(seen.servers[1].status, ServerStatus::Answering, "{what}");
    }
}

/// An error that is a header alone.
fn header(query: &[u8], code: u8) -> Vec<u8> {
    [&query[..2], &[0x80, code, 0, 0, 0, 0, 0, 0, 0, 0]].concat()
}

#[test]
fn a_server_that_refuses_every_second_question_is_partly_unknown() {
    for (code, parity) in [(2, 0), (2, 1), (5, 0), (5, 1)] {
        let (seen, known) = beside_a_good_one(move |n, query, behind| {
            let mut reply = behind.ask(query);
            if n % 2 == parity {
                reply.truncate(query.len() - 11);
                (reply[2], reply[3]) = (0x81, code);
                reply[6..12].fill(0);
            }
            vec![now(reply)]
        });
        assert_honest(&seen, &known, "refuses");
        assert_eq!(fails(&seen), [].into());
        assert_eq!(seen.servers[1].status, ServerStatus::Answering, "a refusal is a reply");
        // Which half is refused follows from the order of questions: one leaves enough to verify every DC.
        assert!(parity == 1 || seen.verdict == Verdict::Unknown, "{:?}", seen.findings);
    }
}

/// Rate limits answer some questions with nothing, and some with an empty reply that says TC, so that honest clients go on
/// over TCP (slip).
#[test]
fn a_server_that_limits_its_rate_is_seen_through_its_slips() {
    let fleet = start(vec![FOREST.healthy(); 2]);
    let at = fleet.addresses();
    let relay = Relay::new(at[1], |n, query, behind| match n {
        0..10 => vec![now(behind.ask(query))],
        n if n % 2 == 0 => Vec::new(),
        _ => {
            let mut slip = query[..query.len() - if query[11] == 0 { 0 } else { 11 }].to_vec();
            (slip[2], slip[11]) = (0x87, 0);
            vec![now(slip)]
        }
    })
    .with_honest_tcp(at[1]);
    let report = FOREST.check(&[at[0], relay.address], "timeout: 1s, tries: 3");
    assert_honest(&report, &FOREST.check(at, QUERY), "slip");
    assert_eq!(fails(&report), [].into());
}

#[test]
fn a_slow_server_does_not_hold_up_the_others_answers() {
    let slow = Spec { quirks: Quirks { slow_ms: 300, ..Quirks::default() }, ..FOREST.healthy() };
    let fleet = start(vec![FOREST.healthy(), slow]);
    let begun = std::time::Instant::now();
    let report = FOREST.check(fleet.addresses(), "timeout: 2s, tries: 2");
    assert_eq!(report.verdict, Verdict::Ok);
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}
