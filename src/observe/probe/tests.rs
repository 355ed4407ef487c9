//! Captured replies read to the right values, and spoilt in every way without harm.

use std::time::Instant;

use proptest::prelude::*;

use super::testing::{capture, captured_replies, hex, noon};
use super::*;
use crate::base::guid::Guid;
use crate::evidence::probe::{Endpoint, Flags, NetbiosName, Netlogon, Ping, PingState, RootDse, Status};

fn netlogon(host: &str) -> Netlogon {
    let reply = capture("cldap-netlogon", host).remove(1);
    match cldap::decode(&reply, 1) {
        Ok(Ping::Netlogon(netlogon)) => *netlogon,
        other => panic!("{other:?}"),
    }
}

fn rootdse(kind: &str, host: &str, id: u32) -> RootDse {
    let reply = capture(kind, host).remove(1);
    let mut answer = rootdse::Answer::default();
    let entry = rootdse::frame_length(&reply).unwrap().unwrap();
    assert_eq!(answer.take(&reply[..entry], id, noon()), Ok(None));
    answer.take(&reply[entry..], id, noon()).unwrap().unwrap()
}

fn mapping(host: &str) -> Mapping {
    let messages = capture("epm-map-drsuapi", host);
    assert_eq!(messages[0], rpc::bind(None));
    assert_eq!(messages[2], epm::request());
    assert_eq!(rpc::bind_answer(&messages[1]), Ok(Vec::new()));
    let stub = rpc::Answer::default().take(&messages[3]).unwrap().unwrap();
    epm::decode(&stub).unwrap()
}

#[test]
fn pings_of_real_servers_are_read() {
    let text = |text: &str| Some(String::from(text));
    let expected = Netlogon {
        state: PingState::Ready,
        flags: Flags(0x13fd),
        domain_guid: Guid::parse("2c717e5a-06a3-9642-7f97-f97407040f07").unwrap(),
        forest: text("contoso.test"),
        domain: text("contoso.test"),
        host: text("dc1.contoso.test"),
        netbios_domain: text("CONTOSO"),
        netbios_host: text("DC1"),
        site: text("Default-First-Site-Name"),
        client_site: text("Default-First-Site-Name"),
        next_closest_site: None,
        own_address: None,
    };
    let dc1 = netlogon("dc1");
    assert_eq!(Netlogon { domain_guid: expected.domain_guid, ..dc1.clone() }, expected);
    assert!(dc1.flags.is_pdc() && dc1.flags.is_gc() && dc1.flags.is_writable() && !dc1.flags.is_read_only());
    let dc3 = netlogon("dc3");
    assert_eq!((dc3.site.as_deref(), dc3.client_site.as_deref()), (Some("Houston"), Some("Default-First-Site-Name")));
    assert!(!dc3.flags.is_pdc());
    let dc4 = netlogon("dc4");
    assert!(dc4.flags.is_read_only() && !dc4.flags.is_writable());
    assert_eq!(dc4.domain_guid, dc1.domain_guid);
}

#[test]
fn the_ping_asks_for_the_version_alone() {
    let request = cldap::request(1);
    let filter = hex("a00fa30d04054e74566572040406000001");
    assert!(request.windows(filter.len()).any(|window| window == filter), "{request:02x?}");
    assert_eq!(cldap::decode(&capture("cldap-netlogon", "dc1")[1], 2), Err(Rejected::Alien));
}

#[test]
fn an_empty_ping_is_an_answer() {
    let done = hex("300c02010165070a010004000400");
    assert_eq!(cldap::decode(&done, 1), Ok(Ping::Empty));
    let bare_entry = hex("3009020101640404003000");
    assert_eq!(cldap::decode(&[bare_entry, done.clone()].concat(), 1), Ok(Ping::Empty));
    let no_attributes = hex("300702010164020400");
    assert_eq!(cldap::decode(&[no_attributes, done].concat(), 1), Ok(Ping::Empty));
    let busy = hex("300c02010165070a013304000400");
    assert!(matches!(cldap::decode(&busy, 1), Err(Rejected::Failure(Failure::Denied(_)))));
}

#[test]
fn the_guid_of_the_alias_stands_in_the_root_dse() {
    let found = rootdse("ldap-rootdse-extdn", "dc1", 1);
    assert_eq!(found.ntds_guid(), Some(Guid::parse("1912bc1a-e924-4a2e-b14a-07e00e656674").unwrap()));
    assert_eq!(found.host.as_deref(), Some("dc1.contoso.test"));
    assert_eq!(found.site().as_deref(), Some("Default-First-Site-Name"));
    let found = rootdse("ldap-rootdse-extdn", "dc4", 1);
    assert_eq!(found.ntds_guid(), Some(Guid::parse("06a35687-49c2-4c50-a1c5-499a4a603e28").unwrap()));
    assert_eq!(found.site().as_deref(), Some("Houston"));
}

#[test]
fn the_root_dse_without_control_has_names() {
    let found = rootdse("cldap-rootdse", "dc3", 7);
    assert_eq!(found.ntds_guid(), None);
    assert!(found.is_dc());
    assert_eq!(found.ldap_service_name.as_deref(), Some("contoso.test:dc3$@CONTOSO.TEST"));
    assert_eq!((found.synchronized, found.gc_ready), (Some(true), Some(true)));
    assert_eq!(found.root_domain.unwrap().dns_name().as_deref(), Some("contoso.test"));
    assert!(found.server.unwrap().dn.starts_with("CN=DC3,CN=Servers,"));
}

#[test]
fn the_mapper_tells_a_dc_from_a_file_server() {
    for host in ["dc1", "dc3", "dc4"] {
        assert_eq!(mapping(host), Mapping::Registered(Endpoint { port: 49_153, address: None }), "{host}");
    }
    assert_eq!(mapping("mem"), Mapping::NotRegistered);
    assert_eq!(Status(0x16c9_a0d6).to_string(), "0x16c9a0d6");
}

#[test]
fn node_status_names_machines() {
    let messages = capture("nbstat", "dc1");
    assert_eq!(messages[0], netbios::request(0x1234));
    let dc1 = netbios::decode(&messages[1], 0x1234).unwrap();
    assert_eq!(dc1.hosts().collect::<Vec<_>>(), ["DC1", "DC1"]);
    assert_eq!((dc1.domain(), dc1.claims_dc(), dc1.names.len()), (Some("CONTOSO"), true, 8));
    assert_eq!(dc1.names[3], NetbiosName { name: "CONTOSO".into(), suffix: 0x1b, group: false });
    let mem = netbios::decode(&capture("nbstat", "mem")[1], 0x1234).unwrap();
    assert_eq!((mem.hosts().next(), mem.domain(), mem.claims_dc()), (Some("MEM"), Some("WORKGROUP"), false));
}

/// Puts octets through every decoder; nothing is asked of the result.
fn decode_all(octets: &[u8]) {
    let _ = cldap::decode(octets, 1);
    let _ = netlogon::decode(octets);
    let _ = rootdse::frame_length(octets);
    let mut answer = rootdse::Answer::default();
    let _ = answer.take(octets, 1, noon());
    let _ = rpc::frame_length(octets);
    let _ = rpc::bind_answer(octets);
    if let Ok(Some(stub)) = rpc::Answer::default().take(octets) {
        let _ = epm::decode(&stub);
    }
    let _ = epm::decode(octets);
    let _ = ntlm::decode(octets, noon());
    let _ = smb2::frame_length(octets);
    let _ = smb2::negotiate_answer(octets);
    let _ = smb2::setup_answer(octets);
    let _ = netbios::decode(octets, 0x1234);
}

#[test]
fn replies_cut_anywhere_do_no_harm() {
    for reply in captured_replies() {
        for end in 0..=reply.len() {
            decode_all(&reply[..end]);
            decode_all(&reply[end..]);
        }
    }
}

#[test]
fn no_reply_that_is_cut_short_is_an_answer() {
    let reply = capture("cldap-netlogon", "dc3").remove(1);
    for end in 0..reply.len() {
        assert!(cldap::decode(&reply[..end], 1).is_err(), "{end}");
    }
    let messages = capture("epm-map-drsuapi", "mem");
    for end in 0..messages[3].len() {
        assert!(rpc::Answer::default().take(&messages[3][..end]).is_err(), "{end}");
    }
    for end in 0..messages[1].len() {
        assert!(rpc::bind_answer(&messages[1][..end]).is_err(), "{end}");
    }
}

#[test]
fn any_octet_may_change_without_harm() {
    let begun = Instant::now();
    for reply in captured_replies() {
        for position in 0..reply.len() {
            for change in [0x01, 0x40, 0x80, 0xff] {
                let mut spoilt = reply.clone();
                spoilt[position] ^= change;
                decode_all(&spoilt);
            }
        }
    }
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}

#[test]
fn a_mebibyte_is_read_in_bounded_time() {
    let begun = Instant::now();
    for octet in [0x00, 0x04, 0x30, 0x84, 0xc0, 0xff] {
        decode_all(&vec![octet; 1 << 20]);
    }
    // An entry of nothing but tiny attributes.
    let attribute = ber::element(0x30, &[ber::element(4, b"a"), ber::element(0x31, &ber::element(4, b""))].concat());
    let list = ber::element(0x30, &attribute.repeat(100_000));
    let entry = ber::element(0x64, &[ber::element(4, b""), list].concat());
    decode_all(&ber::element(0x30, &[ber::number(2, 1), entry].concat()));
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

proptest! {
    #[test]
    fn arbitrary_octets_do_no_harm(octets in proptest::collection::vec(any::<u8>(), 0..600)) {
        decode_all(&octets);
    }

    #[test]
    fn arbitrary_octets_inside_a_reply_do_no_harm(
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        octets in proptest::collection::vec(any::<u8>(), 1..40),
    ) {
        let replies = captured_replies();
        let mut reply = replies[which.index(replies.len())].clone();
        let at = at.index(reply.len());
        for (place, octet) in reply[at..].iter_mut().zip(octets) {
            *place = octet;
        }
        decode_all(&reply);
    }

    #[test]
    fn names_of_any_octets_do_no_harm(names in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut value = vec![23, 0, 0, 0];
        value.extend_from_slice(&[0; 20]);
        value.extend_from_slice(&names);
        value.extend_from_slice(&[5, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
        let _ = netlogon::decode(&value);
    }
}

#[test]
fn doors_follow_the_configuration() {
    let address: IpAddr = "192.0.2.11".parse().unwrap();
    let open = Probe::default();
    let doors = Doors::of(address, 0, &open).unwrap();
    assert_eq!(doors.door(389), Some("192.0.2.11:389".parse().unwrap()));
    let excluded = Probe { exclude: vec!["192.0.2.0/24".parse().unwrap()], ..open.clone() };
    assert_eq!(Doors::of(address, 0, &excluded), None);
    assert_eq!(Doors::of(address, 0, &Probe { enabled: false, ..open.clone() }), None);
    let mut moved = Probe { protocols: vec![Protocol::Epm], ..open.clone() };
    moved.redirect.insert(address, Some("127.0.0.1:20000".parse().unwrap()));
    let doors = Doors::of(address, 0, &moved).unwrap();
    assert_eq!(doors.door_for(Protocol::Epm, RPC), Some("127.0.0.1:20135".parse().unwrap()));
    assert_eq!(doors.door_for(Protocol::Ldap, LDAP), None);
    assert_eq!(doors.door(49_153), None, "no such port");
    moved.redirect.insert(address, None);
    assert_eq!(Doors::of(address, 0, &moved), None);
    let scoped = Doors::of("fe80::1".parse().unwrap(), 3, &open).unwrap();
    assert_eq!(scoped.door(135).unwrap().to_string(), "[fe80::1%3]:135");
}
