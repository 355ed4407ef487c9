//! What is written reads back, and what is wrong is named.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::base::dns::RecordType;
use crate::evidence::{
    Answer, Body, Candidate, DomainHint, Evidence, Flags, Interface, InterfaceAddress, Layer, LocalResolver,
    LocalStage, NameLine, Outcome, Rdata, Record, Resolved, Soa, Transfer, Transport,
};
use crate::rules;
use crate::testing::{self, CONFIG, Reply, World, name};

fn text(evidence: &Evidence) -> String {
    let mut out = Vec::new();
    write(evidence, &mut out).expect("memory has room");
    String::from_utf8(out).expect("JSON is UTF-8")
}

fn read_text(text: &str) -> Result<Evidence, EvidenceError> {
    read(text.as_bytes(), None, &rules::names())
}

/// The complaint about a file.
fn complaint(text: &str) -> String {
    read_text(text).err().map(|error| error.to_string()).expect("the file is wrong")
}

/// A good file in which one text is replaced by another.
fn replaced(from: &str, to: &str) -> String {
    let good = text(&World::new().observe());
    assert!(good.contains(from), "{from} is not in {good}");
    good.replacen(from, to, 1)
}

/// Evidence with every kind of record and every way in which a question can end.
fn everything() -> Evidence {
    let mut evidence = testing::evidence(CONFIG);
    evidence.elapsed = Duration::from_millis(1234);
    evidence.incomplete = Some(Incomplete::Interrupted);
    evidence.selection.only = vec!["stale-address".into()];
    evidence.hosts.insert(name("ns.contoso.com"), Resolved::Addresses(vec!["[2001:db8::1]:53".parse().unwrap()]));
    evidence.hosts.insert(name("gone.contoso.com"), Resolved::Failed("no such \"name\"\u{1b}[31m\n".into()));
    evidence.system = Some(Resolved::Addresses(Vec::new()));
    evidence.interfaces.insert("eth0".into(), Some(2));
    evidence.interfaces.insert("eth9".into(), None);
    let store = &mut evidence.store;
    let [owner, target, root] = ["DC1.contoso.com", r"a\.b\032c\000.Example", "."].map(|text| store.intern_name(text));
    let soa = Soa { mname: target, rname: root, serial: u32::MAX, refresh: 1, retry: 2, expire: 3, minimum: 4 };
    let data = [
        Rdata::A([192, 0, 2, 1].into()),
        Rdata::Aaaa("fe80::1".parse().unwrap()),
        Rdata::Cname(target),
        Rdata::Ns(root),
        Rdata::Ptr(owner),
        Rdata::Soa(store.intern_soa(soa)),
        Rdata::Srv { priority: 0, weight: 65535, port: 389, target },
        Rdata::Other { rtype: RecordType(16), octets: store.intern_octets(b"\x03abc") },
        Rdata::Other { rtype: RecordType(65281), octets: store.intern_octets(b"") },
        Rdata::Other { rtype: RecordType::A, octets: store.intern_octets(b"\x01") },
    ];
    let records = data.map(|data| Record { owner, ttl: 600, data });
    let body = store.intern_body(Body { answers: &records, authority: &records[5..6], edns: Some(1232) });
    let empty = store.intern_body(Body { answers: &[], authority: &[], edns: None });
    let reply = |rcode, flags, transport, body| Answer {
        outcome: Outcome::Reply,
        flags,
        rcode,
        transport,
        tries: 255,
        rtt_us: u32::MAX,
        body: Some(body),
    };
    let all_flags = Flags::ALL.iter().fold(Flags::default(), |all, (flag, _)| all.with(*flag));
    let mut answers = vec![
        reply(0, all_flags, Transport::Tcp, body),
        reply(3, Flags::AA, Transport::Udp, empty),
        reply(4095, Flags::default(), Transport::Udp, empty),
    ];
    for (lost, _) in LOST {
        answers.push(Answer { outcome: Outcome::Truncated(lost), ..reply(0, Flags::TC, Transport::Udp, body) });
        answers.push(Answer::without_reply(Outcome::Lost(lost), 2));
    }
    answers.extend(NOT_ASKED.map(|(reason, _)| Answer::without_reply(Outcome::NotAsked(reason), 0)));
    let address = "[fe80::1%2]:5353".parse().unwrap();
    for (answer, number) in answers.into_iter().zip(0..) {
        let question =
            evidence.intern_question(&name(&format!("q{number}.example")), RecordType(number), number % 2 == 0);
        let column = evidence.column_mut(address);
        column.settle(question, answer);
        column.raw.insert(question, vec![0, 255, u8::try_from(number).unwrap()].into());
    }
    evidence.column_mut("192.0.2.10:53".parse().unwrap()).trouble = Some("permission denied".into());
    beside_dns(&mut evidence, &records);
    evidence
}

/// What is seen otherwise than by a DNS question.
fn beside_dns(evidence: &mut Evidence, records: &[Record]) {
    let ip: std::net::IpAddr = "192.0.2.10".parse().unwrap();
    let candidate = Candidate {
        host: name("dc9.contoso.com"),
        domain: name("contoso.com"),
        addresses: vec![ip],
        site: Some("HQ".into()),
        here: true,
    };
    evidence.purpose = Purpose::Preflight(candidate);
    evidence.assumed = vec![Assumption { what: "forest".into(), value: "contoso.com".into(), from: "x".into() }];
    let own = InterfaceAddress { address: ip, prefix: 24, eligible: Some(true), transient: true };
    evidence.local = Some(LocalView {
        stage: LocalStage::Configuration,
        system: "linux".into(),
        host: Some("dc9.contoso.com".into()),
        domain: Some("contoso.com".into()),
        suffixes: vec!["contoso.com".into()],
        interfaces: vec![Interface { name: "eth0".into(), addresses: vec![own], ..Interface::default() }],
        resolvers: vec![LocalResolver { address: "192.0.2.10:53".parse().unwrap(), interface: Some("eth0".into()) }],
        names: vec![NameLine { file: "/etc/hosts".into(), line: 1, address: ip, names: vec!["DC2".into()] }],
        records: Vec::new(),
        domains: vec![DomainHint { domain: "contoso.com".into(), source: "resolv.conf".into() }],
        troubles: vec!["reading lmhosts: denied".into()],
    });
    evidence.lookups.insert("dc2".into(), LookedUp::Addresses(vec![ip]));
    evidence.lookups.insert("dc3".into(), LookedUp::Missing);
    evidence.lookups.insert("dc4".into(), LookedUp::Failed("try again".into()));
    for (port, state) in [(88, PortState::Open), (389, PortState::Untried("no".into()))] {
        evidence.ports.insert(Port { address: ip, layer: Layer::Udp, port }, state);
    }
    let server = "192.0.2.10:53".parse().unwrap();
    let transfers = [Transfer::Whole(records.to_vec()), Transfer::Refused(5), Transfer::Failed("cut".into())];
    for (zone, transfer) in ["a.example", "b.example", "c.example"].into_iter().zip(transfers) {
        evidence.transfers.insert((server, name(zone)), transfer);
    }
}

#[test]
fn everything_reads_back_as_it_was_written() {
    let evidence = everything();
    let written = text(&evidence);
    let back = read_text(&written).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(text(&back), written);
    assert_eq!((back.seed, back.elapsed, back.incomplete), (evidence.seed, evidence.elapsed, evidence.incomplete));
    assert_eq!((&back.hosts, &back.system), (&evidence.hosts, &evidence.system));
    assert_eq!((&back.interfaces, &back.selection), (&evidence.interfaces, &evidence.selection));
    assert_eq!(back.config, evidence.config);
    assert_eq!((&back.purpose, &back.assumed), (&evidence.purpose, &evidence.assumed));
    assert_eq!((&back.local, &back.lookups, &back.ports), (&evidence.local, &evidence.lookups, &evidence.ports));
    assert_eq!(back.transfers.len(), 3);
    let [one, other] = [&evidence, &back].map(|evidence| {
        let column = evidence.column("[fe80::1%2]:5353".parse().unwrap()).expect("the server");
        let plain = |answer: &Answer| Answer { body: None, ..*answer };
        let mut rows: Vec<_> = column
            .answers()
            .map(|(id, answer)| (evidence.question(id).rtype, plain(answer), &column.raw[&id]))
            .collect();
        rows.sort_by_key(|row| row.0);
        rows
    });
    assert_eq!(one.len(), 3 + 2 * LOST.len() + NOT_ASKED.len());
    assert_eq!(one, other);
}

#[test]
fn the_order_of_arrival_leaves_no_trace() {
    let question = |evidence: &mut Evidence, of: &str, last: u8| {
        let id = evidence.intern_question(&name(of), RecordType::A, true);
        let column = evidence.column_mut(std::net::SocketAddr::from(([192, 0, 2, last], 53)));
        column.settle(id, Answer::without_reply(Outcome::Lost(Lost::Timeout), 1));
    };
    let asked = [("a.example", 10), ("b.example", 10), ("a.example", 11)];
    let [mut one, mut other] = [testing::evidence(CONFIG), testing::evidence(CONFIG)];
    asked.iter().for_each(|(of, last)| question(&mut one, of, *last));
    asked.iter().rev().for_each(|(of, last)| question(&mut other, of, *last));
    assert_eq!(text(&one), text(&other));
}

#[test]
fn another_configuration_replaces_the_one_inside() {
    let written = text(&World::new().observe());
    let other = testing::evidence(&CONFIG.replace("192.0.2.11]", "192.0.2.12]")).config;
    let back = read(written.as_bytes(), Some(other.clone()), &[]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(back.config, other);
    let broken = replaced("\"forest\":\"contoso.com\"", "\"forest\":7");
    assert!(read(broken.as_bytes(), Some(other), &[]).is_ok(), "the one inside is not looked at");
}

#[test]
fn other_files_are_told_apart() {
    let report = serde_json::to_string(&World::new().report()).unwrap();
    assert!(complaint(&report).contains("\"guidpost.report/1\""), "{}", complaint(&report));
    let newer = replaced("guidpost.evidence/1", "guidpost.evidence/2");
    assert!(complaint(&newer).contains("\"guidpost.evidence/2\""), "{}", complaint(&newer));
    for text in ["{}", "", "null", "[]", "forest: contoso.com\n", "\u{feff}{}"] {
        assert!(read_text(text).is_err(), "{text}");
    }
}

#[test]
fn a_cut_file_says_where_it_ends() {
    let good = text(&World::new().observe());
    let half = &good[..good.len() / 2];
    let lines = half.lines().count();
    assert!(complaint(half).contains(&format!("line {lines}")), "{}", complaint(half));
}

#[test]
fn every_complaint_names_its_place() {
    for (from, to, place) in [
        ("\"rcode\":\"NOERROR\"", "\"rcode\":\"NOPE\"", "servers[0].answers[0].rcode: \"NOPE\""),
        ("\"rcode\":\"NOERROR\"", "\"rcode\":\"RCODE65536\"", "servers[0].answers[0].rcode"),
        ("\"flags\":[\"aa\"]", "\"flags\":[\"zz\"]", "answers[0].flags: \"zz\""),
        ("\"type\":\"A\",\"outcome\"", "\"type\":\"TYPE70000\",\"outcome\"", "answers[0].type: \"TYPE70000\""),
        ("\"outcome\":\"reply\"", "\"outcome\":\"lost\"", "answers[0].reason"),
        ("\"outcome\":\"reply\"", "\"outcome\":\"not-asked\",\"reason\":\"lazy\"", "answers[0].reason: \"lazy\""),
        ("\"tries\":1", "\"tries\":1,\"raw\":\"0g\"", "answers[0].raw"),
        ("\"tries\":1", "\"tries\":1,\"raw\":\"012\"", "answers[0].raw"),
        ("\"data\":\"dc1.contoso.com\"", "\"data\":\"a b\"", "answers[0].records"),
        ("\"seed\":\"", "\"seed\":\"x", "seed"),
        ("\"hosts\":{", "\"hosts\":{\"a..b\":{\"failed\":\"\"}", "hosts[\"a..b\"]"),
        (
            "\"address\":\"192.0.2.11:53\"",
            "\"address\":\"192.0.2.10:53\"",
            "servers[1]: this server stands in the file twice",
        ),
    ] {
        let said = complaint(&replaced(from, to));
        assert!(said.contains(place), "{to}: {said}");
    }
    for (from, to) in
        [("\"tries\":1", "\"tries\":256"), ("\"ttl\":600", "\"ttl\":4294967296"), ("\"tries\":1", "\"tries\":-1")]
    {
        let said = complaint(&replaced(from, to));
        assert!(said.contains("line ") && said.contains("column "), "{to}: {said}");
    }
}

#[test]
fn the_order_of_keys_says_nothing() {
    let good = text(&everything());
    let mut file: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&good).unwrap();
    let servers = file.remove("servers").unwrap();
    let mut turned = Vec::new();
    for server in servers.as_array().unwrap() {
        let (address, answers) = (&server["address"], &server["answers"]);
        turned.push(format!(r#"{{"answers":{answers},"trouble":{},"address":{address}}}"#, server["trouble"]));
    }
    let head = serde_json::to_string(&file).unwrap();
    let turned = format!(r#"{{"servers":[{}],{}"#, turned.join(","), &head[1..]);
    assert_eq!(text(&read_text(&turned).unwrap_or_else(|error| panic!("{error}"))), good);
}

#[test]
fn servers_have_the_shape_that_is_written() {
    let address = "\"address\":\"192.0.2.10:53\"";
    for (from, to, said) in [
        (address, "\"trouble\":null", "missing field `address`"),
        (address, "\"adress\":\"192.0.2.10:53\"", "unknown field `adress`"),
        (address, "\"address\":\"192.0.2.10:53\",\"answers\":[]", "duplicate field `answers`"),
        ("\n\"servers\":[", "\n\"servers\":[{\"address\":\"192.0.2.77:53\"},", "missing field `answers`"),
        ("\n\"servers\":[", "\n\"servers\":[7,", "expected a server with its answers"),
        ("\n\"servers\":[", "\n\"servers\":[],\"servers\":[", "duplicate field `servers`"),
    ] {
        let complaint = complaint(&replaced(from, to));
        assert!(complaint.contains(said) && complaint.contains("line "), "{to}: {complaint}");
    }
}

#[test]
fn a_wrong_value_is_found_by_its_line_too() {
    let said = complaint(&replaced("\"flags\":[\"aa\"]", "\"flags\":[\"zz\"]"));
    assert!(said.contains("answers[0].flags: \"zz\" means nothing here at line "), "{said}");
}

#[test]
fn a_question_stands_at_a_server_once() {
    let good = text(&World::new().observe());
    let line = good.lines().find(|line| line.starts_with("{\"name\"")).expect("an answer");
    let twice = good.replacen(line, &format!("{line}\n{line}"), 1);
    let said = complaint(&twice);
    assert!(said.contains("servers[0].answers[1].name: this question stands at this server twice"), "{said}");
}

#[test]
fn a_configuration_inside_that_is_not_valid_is_named_as_such() {
    let said = complaint(&replaced("\"forest\":\"contoso.com\"", "\"forest\":\"con toso\""));
    assert!(said.starts_with("the configuration inside the evidence file is not valid:\n"), "{said}");
    assert!(said.contains("forest"), "{said}");
}

#[test]
fn hostile_names_are_refused_or_kept_as_they_are() {
    let label = "a".repeat(64);
    let long = ["abc"; 70].join(".");
    for bad in ["", "a..b", "\u{e4}.example", "a\\u0000b", r"a\\", r"a\\25", &label, &long] {
        let file = replaced("\"data\":\"dc1.contoso.com\"", &format!("\"data\":\"{bad}\""));
        let refused = read_text(&file).is_err();
        assert_eq!(refused, !bad.is_empty(), "{bad}: the root alone is a name without letters");
    }
    let odd = r"a\\032b\\.c$(id)';--.example";
    let file = replaced("\"data\":\"dc1.contoso.com\"", &format!("\"data\":\"{odd}\""));
    let evidence = read_text(&file).unwrap_or_else(|error| panic!("{error}"));
    assert!(text(&evidence).contains(odd));
    let report = crate::judge::judge(&evidence, true);
    assert_eq!(report, crate::judge::judge(&read_text(&text(&evidence)).unwrap(), true));
}

#[test]
fn undecoded_data_has_the_length_that_it_says() {
    for data in ["\\\\# 2 00", "\\\\# 1 000", "\\\\# x 00"] {
        assert!(
            read_text(&replaced("\"data\":\"dc1.contoso.com\"", &format!("\"data\":\"{data}\""))).is_err(),
            "{data}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_octets_never_panic(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&octets, None, &rules::names());
    }

    #[test]
    fn a_spoiled_file_is_refused_or_can_be_judged(
        spoiled in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in proptest::option::weighted(0.1, any::<prop::sample::Index>()),
    ) {
        let mut octets = GOOD.with(Clone::clone);
        for (at, octet) in spoiled {
            let at = at.index(octets.len());
            octets[at] = octet;
        }
        if let Some(cut) = cut {
            octets.truncate(cut.index(octets.len()));
        }
        if let Ok(evidence) = read(&octets, None, &rules::names()) {
            let written = text(&evidence);
            let back = read_text(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
            prop_assert_eq!(crate::judge::judge(&evidence, true), crate::judge::judge(&back, true));
        }
    }
}

thread_local! {
    /// A good file with some of everything.
    static GOOD: Vec<u8> = {
        let world = World::new()
            .reply("dc1", "dc2.contoso.com A", Reply::Timeout)
            .reply("dc2", "dc1.contoso.com A", Reply::Truncated)
            .add("dc2", "dc2.contoso.com 600 AAAA 2001:db8::1");
        text(&world.observe()).into_bytes()
    };
}
