//! What holds whatever machines say.

use std::net::{IpAddr, SocketAddr};

use guidpost::base::guid::Guid;
use guidpost::discover::{self, Failure, Start};
use guidpost::evidence::probe::{AddressReplies, DirectoryName, Reply, RootDse};
use guidpost::evidence::{
    DomainHint, Evidence, Interface, InterfaceAddress, LocalStage, LocalView, Machine, Resolved, Selection, Stage,
};
use proptest::prelude::*;

use crate::world::{ONE, TWO, dcs, written};

/// Text that a machine may send where a name is expected.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "dc[12]\\.(eu\\.)?contoso\\.com",
        1 => "(CN=[a-z]{1,3},){3}CN=[A-Za-z ,.]{0,8},DC=contoso,DC=com",
        4 => "DC=contoso,DC=com",
        1 => "DC=eu,DC=contoso,DC=com",
        1 => "DC=[a-z0-9.-]{0,70}(,DC=[a-z]{1,63}){0,4}",
        1 => "[a-z0-9._-]{0,80}",
        1 => "\\PC{0,20}",
        1 => "[\\x00-\\x1f\\u{202e}a-c.]{0,20}",
    ]
}

fn directory_name() -> impl Strategy<Value = Option<DirectoryName>> {
    let guid = prop_oneof![Just(ONE), Just(TWO), Just("00000000-0000-0000-0000-000000000000")];
    let name = (text(), proptest::option::of(guid)).prop_map(|(dn, guid)| {
        let guid = guid.map(|text| Guid::parse(text).expect("a GUID"));
        DirectoryName { guid, sid: None, dn }
    });
    proptest::option::weighted(0.9, name)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    /// Whatever machines and hints say, what comes of it is a configuration, as evidence and as a file; or a reason.
    #[test]
    fn whatever_machines_say_makes_a_configuration_or_none(
        machines in proptest::collection::vec(
            (text(), directory_name(), directory_name(), directory_name()), 0..4),
        hints in proptest::collection::vec(text(), 0..3),
    ) {
        let start = Start::new(None, None).expect("a good start");
        let mut evidence =
            Evidence::new(start.base.clone(), Selection::default(), 7, jiff::Timestamp::UNIX_EPOCH);
        evidence.system = Some(Resolved::Addresses(vec![SocketAddr::from(([10, 0, 0, 1], 53))]));
        let mut interface = Interface::default();
        for (number, (host, ntds_settings, domain, root_domain)) in (1..).zip(machines) {
            let address = IpAddr::from([10, 0, 0, number]);
            interface.addresses.push(InterfaceAddress { address, prefix: 24, eligible: None, transient: false });
            let root = RootDse { host: Some(host), ntds_settings, domain, root_domain, ..RootDse::default() };
            let replies = AddressReplies { rootdse: Some(Reply::Answer(root)), ..AddressReplies::default() };
            evidence.machines.insert(address, Machine { stage: Stage::Directory, replies });
        }
        let hints = hints.into_iter().map(|domain| DomainHint { domain, source: "x".into() });
        evidence.local = Some(LocalView {
            stage: LocalStage::Configuration,
            interfaces: vec![interface],
            domains: hints.collect(),
            ..LocalView::default()
        });
        // The plan comes from the same data, and its names go over the wire.
        for ask in discover::next(&start, &evidence).dns.into_iter().flat_map(|(_, asks)| asks) {
            prop_assert!(ask.name.labels().iter().map(|label| label.len() + 1).sum::<usize>() <= 254);
        }
        match discover::finish(&start, &evidence, &[]) {
            Ok(found) => {
                let (_, config) = written(&found);
                prop_assert_eq!(dcs(&config), dcs(&found.config));
            }
            Err(failure) => prop_assert!(!matches!(failure, Failure::Unusable(_)), "{}", failure),
        }
    }
}
