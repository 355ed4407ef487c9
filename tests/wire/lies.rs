//! Replies that are late, forged, malformed or odd.

use std::time::Duration;

use guidpost::base::dns::RecordType;
use guidpost::config::Query;
use guidpost::evidence::{Flags, Lost, Outcome, Rdata, Transport};

use crate::liar::{Act, Liar, a, ask_all, ask_one, ask_one_quickly, honest, question, questions, quick, record, reply};

#[test]
fn a_good_answer_is_kept_whole() {
    let server = Liar::new(|_, query| vec![Act::Send(honest(query))]);
    let seen = ask_one(server.address);
    let answer = seen.answer();
    assert_eq!((answer.outcome, answer.rcode, answer.tries), (Outcome::Reply, 0, 1));
    assert_eq!(answer.transport, Transport::Udp);
    assert!(answer.flags.has(Flags::AA) && answer.flags.has(Flags::RD) && answer.flags.has(Flags::RA));
    assert_eq!(seen.addresses(), [1]);
    assert!(seen.column().raw.is_empty());
    assert_eq!(server.seen().len(), 1);
    assert!(seen.evidence.elapsed > Duration::ZERO && seen.evidence.incomplete.is_none());
}

#[test]
fn servers_are_asked_over_ipv6_too() {
    let server = Liar::at("[::1]:0".parse().unwrap(), |_, query| vec![Act::Send(honest(query))]);
    assert_eq!(ask_one(server.address).answer().outcome, Outcome::Reply);
}

#[test]
fn a_lost_question_is_asked_again() {
    let server = Liar::new(|n, query| if n == 0 { vec![] } else { vec![Act::Send(honest(query))] });
    let answer = ask_one(server.address).answer();
    assert_eq!((answer.outcome, answer.tries), (Outcome::Reply, 2));
    assert!(answer.rtt_us < 500_000, "counted from the second send: {}", answer.rtt_us);
}

#[test]
fn a_late_answer_to_the_first_try_counts() {
    let late = Duration::from_millis(1050);
    let server = Liar::new(move |n, query| if n == 0 { vec![Act::Later(late, honest(query))] } else { vec![] });
    let query = Query { timeout: Duration::from_millis(1000), ..Query::default() };
    let answer = ask_all(server.address, questions(1), query).answer();
    assert_eq!((answer.outcome, answer.tries), (Outcome::Reply, 2));
    assert!(answer.rtt_us >= 1_050_000, "counted from the first send: {}", answer.rtt_us);
}

/// Sends a lie first and the truth a little later.
fn liar(lie: impl Fn(&[u8]) -> Act + Send + 'static) -> Liar {
    Liar::new(move |_, query| vec![lie(query), Act::Later(Duration::from_millis(40), honest(query))])
}

/// Changes one octet of the honest reply.
fn changed(query: &[u8], position: usize, change: impl Fn(u8) -> u8) -> Vec<u8> {
    let mut lie = reply(query, 0, &[a(66)]);
    lie[position] = change(lie[position]);
    lie
}

#[test]
fn lies_do_not_end_a_question() {
    let lies: [(&str, Liar); 8] = [
        ("wrong id", liar(|q| Act::Send(changed(q, 0, |octet| octet ^ 0xff)))),
        ("wrong name", liar(|q| Act::Send(changed(q, 13, |_| b'x')))),
        ("wrong type", liar(|q| Act::Send(changed(q, 31, |_| 28)))),
        ("alien source", liar(|q| Act::Elsewhere(reply(q, 0, &[a(66)])))),
        ("echo", liar(|q| Act::Send(q.to_vec()))),
        ("opcode", liar(|q| Act::Send(changed(q, 2, |octet| octet | 0x28)))),
        ("cut body", liar(|q| Act::Send(reply(q, 0, &[a(66)[..9].to_vec()])))),
        ("nothing", liar(|_| Act::Send(Vec::new()))),
    ];
    for (lie, server) in lies {
        let seen = ask_one(server.address);
        assert_eq!(seen.answer().outcome, Outcome::Reply, "{lie}");
        assert_eq!(seen.addresses(), [1], "{lie}");
        assert_eq!(server.seen().len(), 1, "{lie}");
        assert!(seen.column().raw.is_empty(), "{lie}");
    }
}

#[test]
fn nothing_but_malformed_replies_is_said_to_be_so() {
    let server = Liar::new(|_, query| vec![Act::Send(reply(query, 0, &[a(1)[..9].to_vec()]))]);
    let seen = ask_one_quickly(server.address);
    assert_eq!(seen.answer().outcome, Outcome::Lost(Lost::Malformed));
    assert_eq!(seen.answer().tries, 2);
    let raw = seen.column().raw.values().next().unwrap();
    assert!(raw.starts_with(&server.seen()[1][..2]));
}

#[test]
fn compression_loops_end_as_malformed() {
    for pointer in [[0xc0, 0x1f], [0xc0, 0xff], [0xc0, 0x22]] {
        let server = Liar::new(move |_, query| {
            let mut lie = reply(query, 0, &[record(5, 600, &pointer)]);
            let owner = lie.len() - 14;
            if pointer[1] == 0x22 {
                lie[owner..owner + 2].copy_from_slice(&[0xc0, owner as u8]);
            }
            vec![Act::Send(lie)]
        });
        let outcome = ask_one_quickly(server.address).answer().outcome;
        assert!(matches!(outcome, Outcome::Reply | Outcome::Lost(Lost::Malformed)), "{outcome:?}");
    }
}

#[test]
fn errors_of_a_header_alone_are_answers() {
    for rcode in [2, 5] {
        let server =
            Liar::new(move |_, query| vec![Act::Send(vec![query[0], query[1], 0x80, rcode, 0, 0, 0, 0, 0, 0, 0, 0])]);
        let answer = ask_one(server.address).answer();
        assert_eq!((answer.outcome, answer.rcode), (Outcome::Reply, u16::from(rcode)));
        assert_eq!(server.seen().len(), 1);
    }
}

#[test]
fn a_server_without_edns_is_asked_without() {
    for bare in [false, true] {
        let server = Liar::new(move |_, query| {
            let reply = match (query[11], bare) {
                (0, _) => honest(query),
                (_, false) => reply(query, 1, &[]),
                (_, true) => vec![query[0], query[1], 0x80, 4, 0, 0, 0, 0, 0, 0, 0, 0],
            };
            vec![Act::Send(reply)]
        });
        let seen = ask_all(server.address, questions(100), Query::default());
        assert!(seen.answers().iter().all(|answer| answer.outcome == Outcome::Reply && answer.rcode == 0));
        // The first question waits alone for the first reply, so it alone is asked twice before that is known.
        let sent = server.seen();
        assert!(sent.len() <= 140, "{}", sent.len());
        assert!(sent[sent.len() - 1][11] == 0);
    }
}

#[test]
fn a_question_that_is_refused_with_and_without_edns_has_its_answer() {
    let server = Liar::new(|_, query| vec![Act::Send(reply(query, 1, &[]))]);
    let answer = ask_one(server.address).answer();
    assert_eq!((answer.outcome, answer.rcode, answer.tries), (Outcome::Reply, 1, 2));
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn case_in_the_echo_does_not_matter_and_is_kept_in_owners() {
    let server = Liar::new(|_, query| {
        let mut reply = honest(query);
        reply[13..16].make_ascii_uppercase();
        vec![Act::Send(reply)]
    });
    let seen = ask_one(server.address);
    let store = &seen.evidence.store;
    let owner = store.body(seen.answer().body.unwrap()).answers[0].owner;
    assert_eq!(store.name(owner), "DC1.contoso.test");
    assert_eq!(store.lower(owner), "dc1.contoso.test");
}

#[test]
fn odd_records_are_kept_or_their_octets_are() {
    let server = Liar::new(|_, query| {
        let mut chaos = record(16, 600, b"\x02hi");
        chaos[3] = 3;
        let records = [
            record(5, 0x8000_0001, b"\x05a.\x1b\xffb\x00"),
            record(65_281, 600, &[1, 2, 3]),
            record(16, 600, b"\x02hi"),
            record(33, 600, b"\x00\x01\x00\x02\x01\x85\x00"),
            chaos,
        ];
        vec![Act::Send(reply(query, 3, &records))]
    });
    let seen = ask_one(server.address);
    let store = &seen.evidence.store;
    let records = store.body(seen.answer().body.unwrap()).answers;
    assert_eq!(seen.answer().rcode, 3);
    let Rdata::Cname(target) = records[0].data else { panic!("{:?}", records[0]) };
    assert_eq!((store.name(target), records[0].ttl), (r"a\.\027\255b", 0));
    for (record, rtype, expected) in [(records[1], 65_281, &[1, 2, 3][..]), (records[2], 16, b"\x02hi")] {
        let Rdata::Other { rtype: found, octets } = record.data else { panic!("{record:?}") };
        assert_eq!((found, store.octets(octets)), (RecordType(rtype), expected));
    }
    let Rdata::Srv { priority: 1, weight: 2, port: 389, target } = records[3].data else { panic!("{:?}", records[3]) };
    assert_eq!(store.name(target), ".");
    assert_eq!(records.len(), 4);
    assert_eq!(seen.column().raw.len(), 1, "the record of another class is in the octets");
}

#[test]
fn a_long_datagram_without_tc_is_read_whole() {
    let server = Liar::new(|_, query| {
        let records: Vec<_> = (0..300u16).map(|n| a((n % 256) as u8)).collect();
        vec![Act::Send(reply(query, 0, &records))]
    });
    assert_eq!(ask_one(server.address).addresses().len(), 300);
}

#[test]
fn a_question_asked_before_is_not_asked_again() {
    let server = Liar::new(|_, query| vec![Act::Send(honest(query))]);
    let twice = vec![question("dc1.contoso.test"), question("dc2.contoso.test"), question("DC1.contoso.test")];
    assert_eq!(ask_all(server.address, twice, quick()).answers().len(), 2);
    assert_eq!(server.seen().len(), 2);
}
