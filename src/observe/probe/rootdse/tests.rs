//! Distinguished names and times in the forms that servers use, and refusals.

use super::*;
use crate::evidence::probe::Denial;
use crate::observe::probe::ber::{element, number};
use crate::observe::probe::testing::noon;

fn entry(id: u32, attributes: &[(&str, &[&str])]) -> Vec<u8> {
    let list: Vec<u8> = attributes
        .iter()
        .flat_map(|(name, values)| {
            let values: Vec<u8> = values.iter().flat_map(|value| element(4, value.as_bytes())).collect();
            element(0x30, &[element(4, name.as_bytes()), element(0x31, &values)].concat())
        })
        .collect();
    let content = [element(4, b""), element(0x30, &list)].concat();
    element(0x30, &[number(2, id), element(0x64, &content)].concat())
}

fn done(id: u32, code: u32, text: &str) -> Vec<u8> {
    let content = [number(10, code), element(4, b""), element(4, text.as_bytes())].concat();
    element(0x30, &[number(2, id), element(0x65, &content)].concat())
}

fn read_all(attributes: &[(&str, &[&str])]) -> Result<RootDse, Rejected> {
    let mut answer = Answer::default();
    answer.take(&entry(1, attributes), 1, noon())?;
    answer.take(&done(1, 0, ""), 1, noon()).map(|found| found.expect("the last message"))
}

const GUID: &str = "821e4ae3-3a83-455f-a499-72ea90a025b7";

#[test]
fn both_forms_of_extended_names_are_read() {
    let dashed = format!("<GUID={GUID}>;<SID=S-1-5-21-1-2-3>;DC=a,DC=test");
    let raw = "<GUID=e34a1e82833a5f45a49972ea90a025b7>;DC=a,DC=test";
    let read = |text: &str| directory_name(text.as_bytes()).unwrap();
    assert_eq!(read(&dashed).guid, Guid::parse(GUID).ok());
    assert_eq!(read(&dashed).sid.as_deref(), Some("S-1-5-21-1-2-3"));
    assert_eq!(read(raw).guid, Guid::parse(GUID).ok());
    assert_eq!((read(raw).sid, read(raw).dn), (None, "DC=a,DC=test".into()));
    let plain = read("CN=NTDS Settings,CN=DC1");
    assert_eq!((plain.guid, plain.dn.as_str()), (None, "CN=NTDS Settings,CN=DC1"));
    for bad in
        ["<GUID=>;DC=a", "<GUID=e34a1e82833a5f45a49972ea90a025bg>;DC=a", "<GUID=+34a1e82833a5f45a49972ea90a025b7>;"]
    {
        assert!(directory_name(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn sites_keep_their_commas() {
    let name = DirectoryName {
        guid: None,
        sid: None,
        dn: r"CN=NTDS Settings,CN=DC1,CN=Servers,CN=Paris\, Nord\C3\A9,CN=Sites,DC=a,DC=test".into(),
    };
    assert_eq!(name.component(3).as_deref(), Some("Paris, Nordé"));
    assert_eq!(name.dns_name().as_deref(), Some("a.test"));
    assert_eq!(name.component(9), None);
}

#[test]
fn everything_asked_for_is_kept() {
    let settings = format!("<GUID={GUID}>;CN=NTDS Settings,CN=DC1,CN=Servers,CN=HQ,CN=Sites,DC=a,DC=test");
    let found = read_all(&[
        ("DSSERVICENAME", &[&settings]),
        ("dnsHostName", &["DC1.a.test"]),
        ("isSynchronized", &["FALSE"]),
        ("currentTime", &["20261120120510.0Z"]),
        ("highestCommittedUSN", &["123456789012"]),
        ("domainControllerFunctionality", &["7"]),
        ("supportedCapabilities", &["1.2.840.113556.1.4.800", "1.2.840.113556.1.4.1920"]),
    ])
    .unwrap();
    assert_eq!(found.ntds_guid(), Guid::parse(GUID).ok());
    assert_eq!(found.clock.unwrap().ahead(), 310);
    assert_eq!((found.synchronized, found.gc_ready), (Some(false), None));
    assert_eq!((found.highest_usn, found.functionality), (Some(123_456_789_012), Some(7)));
    assert!(found.is_dc() && !found.is_lds());
    assert_eq!(found.site().as_deref(), Some("HQ"));
}

#[test]
fn a_lightweight_directory_is_no_dc() {
    let settings = format!("<GUID={GUID}>;CN=NTDS Settings,CN=FILES$adam,CN=Servers,CN=X,CN=Sites,CN=Configuration");
    let found = read_all(&[
        ("dsServiceName", &[&settings]),
        ("supportedCapabilities", &["1.2.840.113556.1.4.1851", "1.2.840.113556.1.4.1670"]),
    ])
    .unwrap();
    assert!(found.is_lds() && !found.is_dc());
    assert_eq!(found.ntds_guid(), None);
}

#[test]
fn only_the_own_search_is_answered() {
    let mut answer = Answer::default();
    assert_eq!(answer.take(&entry(2, &[]), 1, noon()), Err(Rejected::Alien));
    assert!(matches!(answer.take(&done(1, 0, ""), 1, noon()), Err(Rejected::Failure(Failure::Malformed(_)))));
    let refused = answer.take(&done(1, 1, "000004DC"), 1, noon());
    let denial = Denial::Ldap { code: 1, text: "000004DC".into() };
    assert_eq!(refused, Err(Rejected::Failure(Failure::Denied(denial))));
    assert!(matches!(answer.take(&done(0, 52, "bye"), 1, noon()), Err(Rejected::Failure(Failure::Denied(_)))));
}

#[test]
fn times_that_no_calendar_has_are_left_out() {
    for good in ["20261120120510.0Z", "20261120120510Z", "20261120120510,25Z"] {
        assert_eq!(generalized_time(good.as_bytes()).unwrap().to_string(), "2026-11-20T12:05:10Z");
    }
    for bad in
        ["", "Z", "20261320120510Z", "2026112012051Z", "20261120120510.0", "20261120120510+0100", "2026112012051é"]
    {
        assert_eq!(generalized_time(bad.as_bytes()), None, "{bad}");
    }
}

#[test]
fn the_question_sends_the_one_control_that_may_be_ignored() {
    let with = request(1, Question::WithGuids);
    let control = b"\xa0\x21\x30\x1f\x04\x161.2.840.113556.1.4.529\x04\x05\x30\x03\x02\x01\x01";
    assert!(with.ends_with(control), "{with:02x?}");
    let without = request(1, Question::WithoutGuids);
    assert!(without.len() < with.len() && !without.windows(4).any(|window| window == b"1.2."));
    let name = request(1, Question::OwnName);
    let asks_for = |attribute: &str| name.windows(attribute.len()).any(|window| window == attribute.as_bytes());
    assert!(asks_for("dsServiceName") && !asks_for("serverName"), "{name:02x?}");
    for question in [with, without, name] {
        assert_eq!(frame_length(&question), Ok(Some(question.len())));
    }
}
