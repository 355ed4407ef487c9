//! What goes over the wire: large answers over TCP, IPv6, and nothing but questions.

use serde_json::Value;

use crate::daemon::{Daemon, Kind, LOCALHOST_V6};
use crate::evidence::{answers, saved};
use crate::forest::{Dc, Records, dcs};
use crate::relay::Relay;
use crate::run::{Workplace, check};

/// A forest whose `dc2` has 300 addresses: more than a datagram of 1232 bytes holds.
fn large_forest() -> (Vec<Dc>, Records) {
    let mut dcs = dcs(2);
    dcs[1].owns.clear();
    let mut records = Records::healthy(&dcs);
    for i in 0..300 {
        records.add(&dcs[1].host, 1200, "A", &format!("10.20.{}.{}", i / 200, 1 + i % 200));
    }
    dcs[1].owns.push("10.20.0.0/16".into());
    (dcs, records)
}

#[test]
fn a_truncated_answer_is_asked_again_over_tcp() {
    let (dcs, records) = large_forest();
    let (bind, knot) = (Daemon::start(Kind::Bind, &records.zones()), Daemon::start(Kind::Knot, &records.zones()));
    let place = Workplace::new(&[("bind", bind.address), ("knot", knot.address)], &dcs);
    let file = place.path("evidence.json");
    let report = place.check(&["--save-evidence", file.to_str().expect("a UTF-8 path")]);
    report.expect("ok", &[]);
    for server in ["bind", "knot"] {
        let row = report.forecast("dc2", server);
        assert_eq!((&row["outcome"], &row["addresses"]), (&"ok".into(), &300.into()), "{row:#}");
    }
    let evidence = saved(&file);
    for daemon in [&bind, &knot] {
        let all = answers(&evidence, daemon.address);
        let large = all.iter().find(|a| a.name == dcs[1].host && a.rtype == "A").expect("the question was put");
        assert_eq!(large.records.len(), 300);
        assert_eq!(large.transport, "tcp");
    }
}

#[test]
fn a_truncated_answer_without_tcp_is_reported() {
    let (dcs, records) = large_forest();
    let bind = Daemon::start(Kind::Bind, &records.zones());
    let relay = Relay::start(bind.address);
    let report = check(&[("bind", bind.address), ("udp-only", relay.address)], &dcs);
    assert_eq!(report.finding("server-truncates-without-tcp", "udp-only")["severity"], "warning");
    let at_bind = report.findings().into_iter().filter(|line| line.ends_with("@bind")).count();
    assert_eq!(at_bind, 0, "{:?}", report.findings());
    report.expect_verdict("warning");
}

#[test]
fn servers_are_asked_over_ipv6() {
    let dcs = dcs(3);
    let zones = Records::healthy(&dcs).zones();
    for kind in [Kind::Bind, Kind::Knot, Kind::Nsd] {
        let daemon = Daemon::start_at(kind, &zones, LOCALHOST_V6);
        let report = check(&[(kind.name(), daemon.address)], &dcs);
        report.expect("ok", &[]);
        assert_eq!(report.server(kind.name())["address"], format!("[::1]:{}", daemon.address.port()));
    }
}

/// guidpost changes nothing: every datagram to the server is a plain question (opcode QUERY, no records but EDNS),
/// also where it finds defects and says how to mend them.
#[test]
fn nothing_but_questions_goes_over_the_wire() {
    let dcs = dcs(3);
    let mut records = Records::healthy(&dcs);
    records.replace(&dcs[1].host, 1200, "A", "192.0.2.99");
    records.remove(&dcs[2].alias(), "CNAME");
    let bind = Daemon::start(Kind::Bind, &records.zones());
    let relay = Relay::start(bind.address);
    let place = Workplace::new(&[("bind", relay.address)], &dcs);
    let report = place.check(&[]);
    report.expect(
        "critical",
        &[format!("fail stale-address {} @bind", dcs[1].host), format!("fail alias-missing {} @bind", dcs[2].host)],
    );
    place.run(&["observe", "-o", "evidence.json"]);

    let questions = relay.questions();
    let expected = report.server("bind")["questions"].as_u64().expect("a number");
    assert!(
        questions.len() as u64 >= 2 * expected,
        "{} datagrams in two runs of {expected} questions",
        questions.len()
    );
    for question in &questions {
        assert!(question.len() >= 12, "shorter than a header: {question:02x?}");
        let count = |at: usize| u16::from_be_bytes([question[at], question[at + 1]]);
        assert_eq!(question[2] & 0x80, 0, "QR is set: {question:02x?}");
        assert_eq!((question[2] >> 3) & 0x0f, 0, "the opcode is not QUERY: {question:02x?}");
        assert_eq!((count(4), count(6), count(8)), (1, 0, 0), "more than a question: {question:02x?}");
        assert!(count(10) <= 1, "more than EDNS: {question:02x?}");
        // The type of the question, in front of its class at the end of the question section.
        let end = 12 + question[12..].iter().position(|&octet| octet == 0).expect("a root label") + 1;
        let rtype = u16::from_be_bytes([question[end], question[end + 1]]);
        assert!(rtype < 249, "type {rtype} is no plain record type (TKEY, TSIG, transfers, ANY)");
    }
    assert_eq!(report.json["findings"].as_array().map(Vec::len), Some(2), "{:#}", Value::from(report.findings()));
}
