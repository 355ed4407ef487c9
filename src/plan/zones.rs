//! The zones that records of a former DC may stand in, as a whole.

use std::net::SocketAddr;

use super::{Asker, Seen};
use crate::base::name::DnsName;
use crate::evidence::Plan;
use crate::findings::Need;
use crate::view::apex;

pub(super) const ASKER: Asker = Asker { beside: transfers, ..Asker::of(Need::Zones) };

/// Every zone that a server has authority for and that records of a DC stand in.
fn transfers(seen: &Seen<'_>, plan: &mut Plan) {
    let Seen { inventory, evidence, former: Some(former), .. } = seen else { return };
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
    plan.transfers = wanted;
}
