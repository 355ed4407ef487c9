//! One test or more per row of the verdict table, its near misses, and the traps.

use super::*;
use crate::evidence::probe::{
    Challenge, Clock, Connected, Denial, DirectoryName, Endpoint, Flags, NetbiosName, Netlogon, NodeStatus, Ping,
    RootDse, Status, capability,
};

mod rows;
mod traps;

const ALIAS: &str = "821e4ae3-3a83-455f-a499-72ea90a025b7";
const OTHER: &str = "1912bc1a-e924-4a2e-b14a-07e00e656674";
const STRANGE: &str = "06a35687-49c2-4c50-a1c5-499a46c03e28";
const FOREST: &str = "0b1c0000-0000-4000-8000-000000000001";
const DOMAIN: &str = "0b1c0000-0000-4000-8000-000000000002";

fn guid(text: &str) -> Guid {
    Guid::parse(text).unwrap()
}

fn name(text: &str) -> DnsName {
    DnsName::parse(text).unwrap()
}

fn expected() -> Expected {
    Expected {
        host: Some(name("dc1.contoso.com")),
        other_names: vec![name("dc1.corp.example")],
        guid: Some(guid(ALIAS)),
        domain: Some(name("contoso.com")),
        domain_guid: Some(guid(DOMAIN)),
        netbios_domain: Some("CONTOSO".into()),
        forest: name("contoso.com"),
        forest_guid: Some(guid(FOREST)),
    }
}

fn known() -> Vec<Known> {
    let dc = |host: &str, own: &str| Known { host: Some(name(host)), other_names: Vec::new(), guid: Some(guid(own)) };
    vec![dc("dc1.contoso.com", ALIAS), dc("dc2.contoso.com", OTHER)]
}

fn verdict(replies: &AddressReplies) -> Verdict {
    identify(replies, &expected(), &known())
}

fn identity(replies: &AddressReplies) -> Identity {
    verdict(replies).identity
}

fn text(text: &str) -> Option<String> {
    Some(text.into())
}

fn dn(own: Option<&str>, dn: &str) -> Option<DirectoryName> {
    Some(DirectoryName { guid: own.map(guid), sid: None, dn: dn.into() })
}

/// The rootDSE of a DC of the forest.
fn root(host: &str, own: Option<&str>) -> RootDse {
    RootDse {
        ntds_settings: dn(own, "CN=NTDS Settings,CN=X,CN=Servers,CN=HQ,CN=Sites,CN=Configuration,DC=contoso,DC=com"),
        // A server object's GUID, which must never count: it is the alias's here.
        server: dn(Some(ALIAS), "CN=X,CN=Servers,CN=HQ"),
        host: text(host),
        root_domain: dn(None, "DC=contoso,DC=com"),
        configuration: dn(own.map(|_| FOREST), "CN=Configuration,DC=contoso,DC=com"),
        synchronized: Some(true),
        ..RootDse::default()
    }
}

fn ping(host: &str) -> Netlogon {
    Netlogon {
        state: PingState::Ready,
        flags: Flags(0x13fd),
        domain_guid: guid(DOMAIN),
        forest: text("contoso.com"),
        domain: text("contoso.com"),
        host: text(host),
        netbios_domain: text("CONTOSO"),
        netbios_host: host.split('.').next().map(str::to_uppercase),
        site: text("HQ"),
        client_site: None,
        next_closest_site: None,
        own_address: None,
    }
}

fn challenge(host: &str) -> Challenge {
    Challenge { netbios_host: host.split('.').next().map(str::to_uppercase), host: text(host), ..Challenge::default() }
}

fn status(host: &str, domain: &str) -> NodeStatus {
    let of = |name: &str, suffix, group| NetbiosName { name: name.into(), suffix, group };
    NodeStatus { names: vec![of(host, 0, false), of(domain, 0, true), of(host, 0x20, false)] }
}

fn registered() -> Option<Reply<Mapping>> {
    Some(Reply::Answer(Mapping::Registered(Endpoint { port: 49_153, address: None })))
}

fn not_registered() -> Option<Reply<Mapping>> {
    Some(Reply::Answer(Mapping::NotRegistered))
}

fn answer<T>(answer: T) -> Option<Reply<T>> {
    Some(Reply::Answer(answer))
}

fn failed<T>(failure: Failure) -> Option<Reply<T>> {
    Some(Reply::Failure(failure))
}

fn pinged(netlogon: Netlogon) -> Option<Reply<Ping>> {
    answer(Ping::Netlogon(Box::new(netlogon)))
}

fn access_denied<T>() -> Option<Reply<T>> {
    failed(Failure::Denied(Denial::Fault(Status(5))))
}

/// Every protocol failed in the same way.
fn all(failure: Failure) -> AddressReplies {
    AddressReplies {
        cldap: failed(failure.clone()),
        rootdse: failed(failure.clone()),
        epm: failed(failure.clone()),
        drsuapi_port: None,
        ntlm_rpc: None,
        ntlm_smb: failed(failure.clone()),
        netbios: failed(failure),
    }
}

/// A machine that keeps silent but for what the test adds.
fn silent() -> AddressReplies {
    all(Failure::Timeout)
}
