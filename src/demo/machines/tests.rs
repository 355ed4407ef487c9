//! Every kind of machine, asked over the wire as any other is.

use std::time::Duration;

use super::*;
use crate::config::{Probe, Protocol};
use crate::evidence::probe::{AddressReplies, Denial, Failure, Mapping, Ping, Reply, Status};
use crate::observe::probe::Doors;

const GUID: &str = "a71c4a0e-5d0f-4b0a-9c53-0e6f1d6c2b58";

fn machine(yaml: &str) -> Machine {
    serde_yaml::from_str(yaml).unwrap_or_else(|error| panic!("{yaml}: {error}"))
}

/// What the machine of this description says when it is asked everything.
fn ask(yaml: &str) -> AddressReplies {
    let machine = machine(&format!("{{address: 192.0.2.11, {yaml}}}"));
    let (redirect, running) = start(&[machine], "contoso.com").expect("free ports on loopback");
    let protocols = vec![Protocol::Cldap, Protocol::Ldap, Protocol::Epm, Protocol::Ntlm, Protocol::Netbios];
    // Wine takes its time when the machine has much else to do.
    let timeout = Duration::from_millis(if cfg!(windows) { 2000 } else { 600 });
    let probe = Probe { enabled: true, timeout, protocols, exclude: Vec::new(), redirect };
    let replies = crate::observe::run(async {
        let mut replies = AddressReplies::default();
        let doors = Doors::of("192.0.2.11".parse().expect("an address"), 0, &probe).expect("it may be asked");
        doors.ask_directory(&mut replies).await;
        doors.ask_name(&mut replies).await;
        replies
    });
    drop(running);
    replies.expect("a runtime")
}

fn answer<T>(reply: &Option<Reply<T>>) -> &T {
    reply.as_ref().and_then(Reply::answer).expect("an answer")
}

fn failure<T>(reply: &Option<Reply<T>>) -> &Failure {
    reply.as_ref().and_then(Reply::failure).expect("a failure")
}

/// What a closed UDP port looks like: Windows tells of it, Wine does not.
fn closed_udp() -> Failure {
    let wine = std::path::Path::new(r"C:\windows\system32\winecfg.exe").exists();
    if wine { Failure::Timeout } else { Failure::Refused }
}

#[test]
fn a_domain_controller_tells_everything() {
    let replies = ask(&format!("kind: dc, host: DC2.contoso.com, guid: {GUID}, clock_ahead: 400"));
    let Ping::Netlogon(ping) = answer(&replies.cldap) else { panic!("{:?}", replies.cldap) };
    assert_eq!((ping.host.as_deref(), ping.forest.as_deref()), (Some("DC2.contoso.com"), Some("contoso.com")));
    assert_eq!((ping.netbios_host.as_deref(), ping.site.as_deref()), (Some("DC2"), Some("HQ")));
    let root = answer(&replies.rootdse);
    assert_eq!(root.ntds_guid().map(|guid| guid.to_string()).as_deref(), Some(GUID));
    assert_eq!((root.host.as_deref(), root.site().as_deref()), (Some("DC2.contoso.com"), Some("HQ")));
    assert_eq!(root.root_domain.as_ref().and_then(|name| name.dns_name()).as_deref(), Some("contoso.com"));
    let ahead = root.clock.expect("a clock").ahead();
    assert!((395..=401).contains(&ahead), "{ahead}");
    assert!(matches!(answer(&replies.epm), Mapping::Registered(endpoint) if endpoint.port == 49_153));
    assert!(replies.drsuapi_port.as_ref().is_some_and(|reply| reply.answer().is_some()));
    let challenge = answer(&replies.ntlm_rpc);
    assert_eq!(
        (challenge.host.as_deref(), challenge.domain.as_deref()),
        (Some("DC2.contoso.com"), Some("contoso.com"))
    );
    let status = answer(&replies.netbios);
    assert_eq!((status.hosts().next(), status.domain()), (Some("DC2"), Some("CONTOSO")));
}

#[test]
fn a_domain_controller_may_be_impaired() {
    let replies = ask(&format!("kind: dc, host: dc2.contoso.com, guid: {GUID}, replication_port_closed: true"));
    assert!(matches!(answer(&replies.epm), Mapping::Registered(_)));
    assert_eq!(failure(&replies.drsuapi_port), &Failure::Refused);
    let replies = ask("kind: dc-without-replication, host: dc2.contoso.com");
    assert_eq!(answer(&replies.epm), &Mapping::NotRegistered);
    assert_eq!(answer(&replies.rootdse).ntds_guid(), None, "a directory that keeps its GUID to itself");
    for kind in ["dc-stopped", "file-server"] {
        let replies = ask(&format!("kind: {kind}, host: FILES01.contoso.com"));
        assert_eq!((failure(&replies.cldap), failure(&replies.rootdse)), (&closed_udp(), &Failure::Refused));
        assert_eq!(answer(&replies.epm), &Mapping::NotRegistered);
        assert_eq!(answer(&replies.ntlm_rpc).host.as_deref(), Some("FILES01.contoso.com"));
    }
}

#[test]
fn a_directory_may_have_lost_its_settings_or_refuse_for_another_reason() {
    let replies = ask(&format!("kind: dc-without-settings, host: DC2.contoso.com, guid: {GUID}"));
    assert_eq!(replies.lost_settings().map(|guid| guid.to_string()).as_deref(), Some(GUID));
    assert_eq!(answer(&replies.cldap), &Ping::Empty);
    assert!(matches!(answer(&replies.epm), Mapping::Registered(_)));
    assert!(replies.drsuapi_port.as_ref().is_some_and(|reply| reply.answer().is_some()));
    assert_eq!(answer(&replies.ntlm_rpc).host.as_deref(), Some("DC2.contoso.com"));
    let replies = ask(&format!("kind: dc, host: DC2.contoso.com, guid: {GUID}, refuses: 000004DC"));
    let denial = Denial::Ldap { code: 1, text: "000004DC".into() };
    assert_eq!(failure(&replies.rootdse), &Failure::Denied(denial));
    assert!(matches!(answer(&replies.cldap), Ping::Netlogon(_)));
    assert!(machine("{address: 192.0.2.11, kind: dc-without-settings, host: dc2.contoso.com}").character("x").is_err());
}

#[test]
fn others_refuse_in_their_own_ways() {
    let replies = ask("kind: denied");
    assert_eq!(failure(&replies.epm), &Failure::Denied(Denial::Fault(Status(5))));
    assert_eq!(failure(&replies.ntlm_rpc), &Failure::Denied(Denial::BindNak(8)));
    assert_eq!(failure(&replies.rootdse), &Failure::Stalled);
    assert_eq!(answer(&ask("kind: denied, host: PC7.contoso.com").ntlm_rpc).host.as_deref(), Some("PC7.contoso.com"));
    let replies = ask("kind: hangs");
    assert_eq!((failure(&replies.cldap), failure(&replies.epm)), (&Failure::Timeout, &Failure::Stalled));
    let replies = ask("kind: closed");
    assert_eq!((failure(&replies.cldap), failure(&replies.netbios)), (&closed_udp(), &closed_udp()));
    let tcp = AddressReplies { cldap: None, netbios: None, ..replies };
    assert!(tcp.failures().all(|failure| *failure == Failure::Refused), "{tcp:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_comes_back_from_a_silent_machine() {
    let replies = ask("kind: silent");
    assert!(replies.failures().all(|failure| *failure == Failure::Timeout), "{replies:?}");
    assert!(replies.failures().count() >= 5 && !replies.any_answer());
}

#[test]
fn one_machine_may_have_several_addresses_and_another_no_way_to_it() {
    let machines = [
        machine("{address: 192.0.2.11, also: ['2001:db8::11'], kind: closed}"),
        machine("{address: 192.0.2.12, kind: closed}"),
        machine("{address: 192.0.2.13, kind: unprobed}"),
    ];
    let (redirect, _running) = start(&machines, "contoso.com").expect("free ports on loopback");
    let of = |address: &str| redirect[&address.parse::<IpAddr>().expect("an address")];
    assert!(of("192.0.2.11").is_some_and(|base| base.ip().is_loopback()));
    assert_eq!(of("192.0.2.11"), of("2001:db8::11"));
    assert_ne!(of("192.0.2.11"), of("192.0.2.12"));
    assert_eq!(of("192.0.2.13"), None);
}

#[test]
fn a_machine_of_a_talking_kind_has_a_name() {
    assert!(machine("{address: 192.0.2.11, kind: dc}").character("contoso.com").is_err());
    assert!(machine("{address: 192.0.2.11, kind: file-server, host: single}").character("contoso.com").is_err());
    assert!(machine("{address: 192.0.2.11, kind: silent}").character("contoso.com").is_ok());
}
