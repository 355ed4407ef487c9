//! What is asked to prove that nothing of a former DC is left.

use std::net::SocketAddr;

use super::Asks;
use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::evidence::{Evidence, Flags, Rdata, Record, Transfer};
use crate::gone::{Former, RULE};
use crate::inventory::Inventory;
use crate::rules;

/// The former DC that the run is about, unless nobody wants to know.
pub(super) fn former(inventory: &Inventory, evidence: &Evidence, only: Option<SocketAddr>) -> Option<Former> {
    rules::find(RULE).filter(|rule| rules::switched_off(rule, evidence).is_none())?;
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

/// The zone of a name that a server answers for with authority.
pub(crate) fn apex(evidence: &Evidence, address: SocketAddr, name: &DnsName) -> Option<DnsName> {
    let question = evidence.find_question(name.as_str(), RecordType::SOA, true)?;
    let answer = evidence.column(address)?.answer(question)?;
    let body = evidence.store.body(answer.body.filter(|_| answer.flags.has(Flags::AA))?);
    let soa = |record: &&Record| matches!(record.data, Rdata::Soa(_));
    let record = body.answers.iter().chain(body.authority).find(soa)?;
    let zone = DnsName::from_presentation(evidence.store.lower(record.owner)).ok()?;
    name.is_within(&zone).then_some(zone)
}

/// Whether a server gave away the whole of a zone.
pub(crate) fn is_whole(evidence: &Evidence, address: SocketAddr, zone: &DnsName) -> bool {
    matches!(evidence.transfers.get(&(address, zone.clone())), Some(Transfer::Whole(_)))
}
