//! What is asked to prove that nothing of a former DC is left.

use std::net::SocketAddr;

use super::Asks;
use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::evidence::Evidence;
use crate::findings::Rule;
use crate::inventory::Inventory;
use crate::jobs::gone::Former;
use crate::rules;
use crate::view::apex;

/// The former DC that the run is about, unless nobody wants to know.
pub(super) fn former(inventory: &Inventory, evidence: &Evidence, only: Option<SocketAddr>) -> Option<Former> {
    let speaks = |rule: &&Rule| rule.traits.about_departed && rules::switched_off(rule, evidence).is_none();
    rules::all().iter().copied().find(speaks)?;
    Former::to_ask(inventory, evidence, only)
}

/// Its names at one server; which zones the server holds; and the addresses that live DCs have now.
pub(super) fn follow(asks: &mut Asks<'_>, inventory: &Inventory, former: &Former) {
    for (name, rtype) in former.questions(inventory) {
        asks.ask(&name, rtype);
    }
    for zone in former.zones(inventory) {
        asks.ask(&zone, RecordType::SOA);
    }
    for &address in &former.addresses {
        asks.ask(&DnsName::reverse(address), RecordType::SOA);
    }
    if !former.addresses.is_empty() {
        for host in inventory.dcs.iter().filter_map(|dc| dc.host.as_ref()) {
            asks.ask(host, RecordType::A);
            asks.ask(host, RecordType::AAAA);
        }
    }
}

/// Every zone that a server has authority for and that records of a DC stand in.
pub(super) fn transfers(inventory: &Inventory, evidence: &Evidence, former: &Former) -> Vec<(SocketAddr, DnsName)> {
    let mut wanted = Vec::new();
    for address in inventory.servers.iter().filter_map(|server| server.address) {
        let mut zones: Vec<DnsName> = former
            .zones(inventory)
            .into_iter()
            .filter(|zone| apex(evidence, address, zone).as_ref() == Some(zone))
            .collect();
        let reverse_zones = former.addresses.iter().filter_map(|&ip| apex(evidence, address, &DnsName::reverse(ip)));
        // Above it stand the zones of the registries.
        zones.extend(reverse_zones.filter(|zone| zone.labels().len() > 2));
        zones.sort();
        zones.dedup();
        wanted.extend(zones.into_iter().map(|zone| (address, zone)));
    }
    wanted.retain(|transfer| !evidence.transfers.contains_key::<(SocketAddr, DnsName)>(transfer));
    wanted
}
