use std::net::{Ipv4Addr, Ipv6Addr};

use hickory_resolver::proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_resolver::proto::rr::rdata::{self, MX, SOA, SRV, TXT};
use hickory_resolver::proto::rr::{self, DNSClass, Name, RData};
use proptest::prelude::*;

use super::*;
use crate::base::dns::RecordType;
use crate::evidence::Record;
use crate::observe::dns::fuzzing::is_common;

/// Type, name, request and reply of each line of the fixture.
fn captures() -> Vec<(&'static str, &'static str, Vec<u8>, Vec<u8>)> {
    let octets = |hex: &str| {
        let digits = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        digits.map(|digits| u8::from_str_radix(digits, 16).unwrap()).collect()
    };
    let lines = include_str!("../../../../tests/fixtures/samba-replies.txt").lines();
    lines
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let fields: Vec<&str> = line.split(' ').collect();
            (fields[0], fields[1], octets(fields[2]), octets(fields[3]))
        })
        .collect()
}

#[test]
fn the_replies_of_a_real_server_are_read() {
    assert_eq!(captures().len(), 9);
    for (rtype, name, mut request, reply) in captures() {
        let rtype = RecordType::parse(rtype).unwrap();
        // The requests were written by other code.
        let mut query = Vec::new();
        assert!(wire::write_query(&mut query, name, rtype, true, true));
        request[..2].fill(0);
        assert_eq!(query, request, "{name}");
        assert_eq!(wire::inspect(&reply, &query), wire::Kind::Whole, "{name}");

        let mut store = Store::default();
        let decoded = Decoder::default().decode(&reply, None, &mut store).unwrap();
        assert!(!decoded.unusual, "{name}");
        let expected = if name.starts_with("nosuch") { 3 } else { decoded.rcode };
        assert_eq!(decoded.rcode, expected, "{name}");
        let body = store.body(decoded.body.unwrap());
        let counts = [6, 8].map(|at| usize::from(u16::from_be_bytes([reply[at], reply[at + 1]])));
        assert_eq!([body.answers.len(), body.authority.len()], counts, "{name}");
        // A GUID alias comes with the address of its target.
        let typed = |record: &Record| record.data.rtype() == rtype || record.data.rtype() == RecordType::CNAME;
        assert!(body.answers.iter().all(typed), "{name}");
    }
}

#[test]
fn what_can_be_read_of_a_cut_reply_is_kept() {
    for (_, name, _, reply) in captures() {
        let counted = u16::from_be_bytes([reply[6], reply[7]]);
        for end in wire::HEADER..reply.len() {
            let mut store = Store::default();
            let decoded = Decoder::default().decode_truncated(&reply[..end], &mut store);
            let kept = decoded.body.map_or(0, |body| store.body(body).answers.len());
            assert!(kept <= usize::from(counted), "{name}");
        }
        let mut store = Store::default();
        // Without its last octet a reply still has all records but the last.
        let decoded = Decoder::default().decode_truncated(&reply[..reply.len() - 1], &mut store);
        if counted > 1 {
            assert!(store.body(decoded.body.unwrap()).answers.len() >= usize::from(counted) - 1, "{name}");
        }
    }
}

fn read_all_ways(reply: &[u8]) {
    let mut store = Store::default();
    let mut decoder = Decoder::default();
    let _ = decoder.decode(reply, None, &mut store);
    if reply.len() >= wire::HEADER {
        decoder.decode_bare(reply, &mut store);
        decoder.decode_truncated(reply, &mut store);
    }
    for (_, _, query, _) in captures() {
        wire::inspect(reply, &query);
    }
}

#[test]
fn the_replies_of_a_real_server_are_common_unless_they_say_something_else() {
    let mut store = Store::default();
    for (rtype, name, _, reply) in captures() {
        assert!(is_common(&reply), "{rtype} {name}");
        let mut cut = reply.clone();
        cut.pop();
        assert!(Decoder::default().decode_common(&cut, None, &mut store).is_none(), "{rtype} {name}");
    }
    assert!(store.is_empty());
}

/// A reply to `contoso.test A` with these octets for an answer.
fn reply_with(answer: &[u8]) -> Vec<u8> {
    let head = b"\0\0\x84\0\0\x01\0\x01\0\0\0\0\x07contoso\x04test\0\0\x01\0\x01";
    [&head[..], answer].concat()
}

#[test]
fn what_is_unusual_is_left_to_the_library() {
    let rest = b"\0\x01\0\x01\0\0\x02\x58\0\x04\xc0\0\x02\x01";
    let owned = |owner: &[u8]| reply_with(&[owner, rest].concat());
    assert!(is_common(&owned(b"\xc0\x0c")), "the question's name");
    assert!(is_common(&owned(b"\x03dc1\xc0\x0c")));
    assert!(is_common(&owned(b"\0")), "the root");
    // The answer begins at octet 30.
    for (odd, why) in [
        (&b"\xc0\x1e"[..], "a pointer to itself"),
        (b"\xc0\x20", "a pointer forward"),
        (b"\x01a\xc0\x1e", "a name inside itself"),
        (b"\xc0\x00", "a pointer into the header"),
        (b"\x41a", "a label of a kind that does not exist"),
        (b"\xff\xff", "a pointer out of the message"),
    ] {
        assert!(!is_common(&owned(odd)), "{why}");
    }
    let good = owned(b"\xc0\x0c");
    for (position, value, why) in [
        (2, 0x04, "a question"),
        (2, 0x8c, "opcode IQUERY"),
        (2, 0x86, "a truncated reply"),
        (5, 2, "two questions"),
        (7, 2, "one answer more than there is"),
        (7, 0, "data behind the message"),
        (29, 3, "a question of class CHAOS"),
        (33, 16, "another type"),
        (35, 3, "another class"),
        (41, 3, "an address of three octets"),
    ] {
        let mut changed = good.clone();
        changed[position] = value;
        assert!(!is_common(&changed), "{why}");
    }
}

#[test]
fn long_chains_of_pointers_are_left_to_the_library() {
    // One address record after another, each owned by a pointer to the owner before it.
    let record = b"\0\x01\0\x01\0\0\0\0\0\x04\x7f\0\0\x01";
    let chain = |records: u8| {
        let mut reply = reply_with(b"");
        reply[7] = records;
        let mut target = 12u16;
        for _ in 0..records {
            let owner = reply.len() as u16;
            reply.extend_from_slice(&(0xc000 | target).to_be_bytes());
            reply.extend_from_slice(record);
            target = owner;
        }
        reply
    };
    assert!(is_common(&chain(5)));
    assert!(!is_common(&chain(200)));
}

fn label() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        // Few distinct ones, so that names share their ends and are compressed.
        4 => prop::sample::select(vec!["dc1", "DC1", "_ldap", "_msdcs", "contoso", "Contoso", "test"])
            .prop_map(|label| label.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..20),
        1 => prop::collection::vec(b'a'..=b'z', 60..=63),
    ]
}

fn name() -> impl Strategy<Value = Name> {
    prop::collection::vec(label(), 0..6).prop_map(|labels| {
        let mut name = Name::from_labels(labels).unwrap_or_else(|_| Name::root());
        name.set_fqdn(true);
        name
    })
}

fn common_data() -> impl Strategy<Value = RData> {
    prop_oneof![
        any::<[u8; 4]>().prop_map(|address| RData::A(Ipv4Addr::from(address).into())),
        any::<[u8; 16]>().prop_map(|address| RData::AAAA(Ipv6Addr::from(address).into())),
        name().prop_map(|name| RData::CNAME(rdata::CNAME(name))),
        name().prop_map(|name| RData::NS(rdata::NS(name))),
        name().prop_map(|name| RData::PTR(rdata::PTR(name))),
        (any::<[u16; 3]>(), name()).prop_map(|([a, b, c], name)| RData::SRV(SRV::new(a, b, c, name))),
        (name(), name(), any::<[u32; 2]>(), any::<[i32; 3]>())
            .prop_map(|(mname, rname, [a, e], [b, c, d])| RData::SOA(SOA::new(mname, rname, a, b, c, d, e))),
    ]
}

fn rare_data() -> impl Strategy<Value = RData> {
    prop_oneof![
        "[ -~]{0,40}".prop_map(|text| RData::TXT(TXT::new(vec![text]))),
        (any::<u16>(), name()).prop_map(|(preference, name)| RData::MX(MX::new(preference, name))),
        prop::collection::vec(any::<u8>(), 1..30).prop_map(|octets| RData::Unknown {
            code: rr::RecordType::Unknown(65281),
            rdata: rdata::NULL::with(octets),
        }),
    ]
}

fn section(data: impl Strategy<Value = RData>, most: usize) -> impl Strategy<Value = Vec<rr::Record>> {
    let record = (name(), any::<u32>(), data).prop_map(|(name, ttl, data)| rr::Record::from_rdata(name, ttl, data));
    prop::collection::vec(record, 0..most)
}

/// A whole reply as hickory writes it, with names compressed.
fn message(
    data: impl Fn() -> BoxedStrategy<RData>,
    class: impl Strategy<Value = DNSClass>,
) -> impl Strategy<Value = Vec<u8>> {
    let sections = (section(data(), 12), section(data(), 3), section(data(), 3));
    let edns = prop::option::of((any::<u16>(), any::<u8>()));
    (any::<[bool; 4]>(), 0..16u16, name(), sections, edns, class).prop_map(
        |(bits, rcode, asked, sections, edns, class)| {
            let mut message = Message::new(0, MessageType::Response, OpCode::Query);
            let meta = &mut message.metadata;
            [meta.authoritative, meta.recursion_desired, meta.recursion_available, meta.authentic_data] = bits;
            meta.response_code = ResponseCode::from(0, rcode as u8);
            message.add_query(Query::query(asked, rr::RecordType::A));
            (message.answers, message.authorities, message.additionals) = sections;
            if let Some(record) = message.answers.first_mut() {
                record.dns_class = class;
            }
            message.edns = edns.map(|(size, high)| {
                let mut edns = Edns::new();
                edns.set_max_payload(size).set_rcode_high(high);
                edns
            });
            message.to_vec().expect("these messages can be written")
        },
    )
}

fn common_message() -> impl Strategy<Value = Vec<u8>> {
    message(|| common_data().boxed(), Just(DNSClass::IN))
}

fn any_message() -> impl Strategy<Value = Vec<u8>> {
    let classes =
        prop_oneof![4 => Just(DNSClass::IN), 1 => Just(DNSClass::CH), 1 => any::<u16>().prop_map(DNSClass::from)];
    message(|| prop_oneof![6 => common_data(), 1 => rare_data()].boxed(), classes)
}

/// Some octets changed, and perhaps the end cut off or something put behind it.
fn mutated(message: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6);
    let counts = prop::option::weighted(0.3, (4..12usize, 0..4u8));
    let end = prop_oneof![3 => Just(0i8), 1 => any::<i8>()];
    (message, changes, counts, end).prop_map(|(mut message, changes, counts, end)| {
        for (position, value) in changes {
            let position = position.index(message.len());
            message[position] = value;
        }
        if let Some((position, count)) = counts {
            message[position] = count;
        }
        message.resize(message.len().saturating_add_signed(end.into()), 0);
        message
    })
}

proptest! {
    #[test]
    fn arbitrary_octets_never_panic(reply in prop::collection::vec(any::<u8>(), 0..600)) {
        read_all_ways(&reply);
    }

    #[test]
    fn mutated_replies_never_panic(
        pick in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in any::<prop::sample::Index>(),
        whole in any::<bool>(),
    ) {
        let captures = captures();
        let mut reply = pick.get(&captures).3.clone();
        for (position, value) in changes {
            let position = position.index(reply.len());
            reply[position] = value;
        }
        if !whole {
            reply.truncate(cut.index(reply.len()));
        }
        read_all_ways(&reply);
    }

    #[test]
    fn common_replies_are_read_to_what_the_library_says(reply in common_message()) {
        prop_assert!(is_common(&reply));
    }

    #[test]
    fn both_readers_agree_on_whatever_is_common(reply in any_message()) {
        is_common(&reply);
    }

    #[test]
    fn both_readers_agree_on_damaged_replies(reply in mutated(any_message()), like_a_reply in any::<bool>()) {
        is_common(&reply);
        // Most changes end in the library; with its head put right more of them are read here.
        let mut reply = reply;
        if like_a_reply && reply.len() >= wire::HEADER {
            (reply[2], reply[4], reply[5]) = (0x84, 0, 1);
            is_common(&reply);
        }
    }

    #[test]
    fn both_readers_agree_on_damaged_captures(pick in 0..9usize, seed in mutated(Just(Vec::from([0u8; 64])))) {
        let mut reply = captures().swap_remove(pick).3;
        // Where the seed was changed, the capture is.
        for (position, change) in seed.iter().enumerate().filter(|(_, change)| **change != 0) {
            let position = position * reply.len() / seed.len();
            reply[position] = *change;
        }
        is_common(&reply);
    }
}
