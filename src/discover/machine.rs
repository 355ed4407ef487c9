//! What machines say of themselves, without credentials.

use std::net::IpAddr;

use super::names;
use crate::base::guid::Guid;
use crate::base::name::DnsName;
use crate::config::{self, Role};
use crate::evidence::Evidence;
use crate::evidence::probe::{AddressReplies, Netlogon, Ping, Reply, RootDse, capability};

/// A machine that says that it is a domain controller.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    pub(super) address: IpAddr,
    pub(super) host: DnsName,
    pub(super) domain: Option<DnsName>,
    /// The root domain of its forest; `None` also where it contradicts itself.
    pub(super) root: Option<DnsName>,
    /// GUID of its own NTDS Settings object.
    pub(super) guid: Option<Guid>,
    pub(super) site: Option<String>,
    pub(super) roles: Vec<Role>,
    pub(super) domain_guid: Option<Guid>,
    pub(super) netbios: Option<String>,
}

/// Every machine of the run that says so, by address.
pub(super) fn all(evidence: &Evidence) -> Vec<Machine> {
    let machines = evidence.machines.iter();
    machines.filter_map(|(address, machine)| read(*address, &machine.replies)).collect()
}

fn read(address: IpAddr, replies: &AddressReplies) -> Option<Machine> {
    let root = replies.rootdse.as_ref().and_then(Reply::answer).filter(|root| root.is_dc());
    let ping = match replies.cldap.as_ref().and_then(Reply::answer) {
        Some(Ping::Netlogon(netlogon)) => Some(netlogon.as_ref()),
        _ => None,
    };
    let (by_root, by_ping) = (root.and_then(|root| root.host.as_deref()), ping.and_then(|ping| ping.host.as_deref()));
    let host = names::host(by_root.or(by_ping)?).ok()?;
    let name = |text: Option<String>| text.and_then(|text| config::name(&text).ok()).filter(names::has_room);
    let of_root = |pick: fn(&RootDse) -> Option<String>| name(root.and_then(pick));
    let of_ping = |pick: fn(&Netlogon) -> Option<String>| name(ping.and_then(pick));
    let claimed = [of_root(|root| root.root_domain.as_ref()?.dns_name()), of_ping(|ping| ping.forest.clone())];
    let forest = match claimed {
        // Two protocols, two forests: it is not to be believed.
        [Some(one), Some(other)] if one != other => None,
        [one, other] => one.or(other),
    };
    let domain_guid = root.and_then(|root| root.domain.as_ref()?.guid);
    let site = root.and_then(RootDse::site).or_else(|| ping.and_then(|ping| ping.site.clone()));
    Some(Machine {
        address,
        host,
        domain: of_root(|root| root.domain.as_ref()?.dns_name()).or_else(|| of_ping(|ping| ping.domain.clone())),
        root: forest,
        guid: root.and_then(RootDse::ntds_guid).filter(|guid| !guid.is_nil()),
        site: site.filter(|site| config::site(site).is_ok()),
        roles: roles(root, ping),
        domain_guid: domain_guid.or_else(|| ping.map(|ping| ping.domain_guid)).filter(|guid| !guid.is_nil()),
        netbios: ping.and_then(|ping| ping.netbios_domain.clone()),
    })
}

fn roles(root: Option<&RootDse>, ping: Option<&Netlogon>) -> Vec<Role> {
    let flags = ping.map(|ping| ping.flags).unwrap_or_default();
    let catalog = root.is_some_and(|root| root.gc_ready == Some(true));
    let partial = root.is_some_and(|root| root.has_capability(capability::PARTIAL_SECRETS));
    [(Role::Gc, flags.is_gc() || catalog), (Role::Pdc, flags.is_pdc()), (Role::Rodc, flags.is_read_only() || partial)]
        .into_iter()
        .filter_map(|(role, has)| has.then_some(role))
        .collect()
}
