//! What is asked for a machine that is to become a DC, beside all that is asked of its partners.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{Asks, machines};
use crate::base::dns::RecordType;
use crate::evidence::{Evidence, Port, Stage};
use crate::findings::Need;
use crate::inventory::{Inventory, Server};
use crate::jobs::preflight;
use crate::rules;
use crate::view::View;

/// Where its name and addresses may stand at one server, and whether that server has authority for its domain.
pub(super) fn ask(asks: &mut Asks<'_>, inventory: &Inventory, server: &Server, needs: &[Need]) {
    let Some(candidate) = preflight::of(asks.evidence) else { return };
    asks.ask(&candidate.domain, RecordType::SOA);
    if needs.contains(&Need::Authority) && preflight::dns_servers_of(inventory, candidate).any(|own| own == server) {
        for zone in [&candidate.domain, &inventory.msdcs] {
            asks.add(zone, RecordType::SOA, false);
        }
    }
    if !needs.contains(&Need::Candidate) {
        return;
    }
    for (name, rtype) in preflight::about_name(inventory, asks.evidence, candidate) {
        asks.ask(&name, rtype);
    }
    for rtype in [RecordType::A, RecordType::AAAA] {
        asks.ask_targets(asks.id(&candidate.host), rtype);
    }
    for (name, rtype) in preflight::about_address(inventory, candidate) {
        asks.ask(&name, rtype);
    }
    for (_, name) in preflight::reverse_names(candidate) {
        asks.ask(&name, RecordType::PTR);
    }
}

/// Addresses at which the candidate, or a machine of its name, may answer already.
pub(super) fn addresses(view: &View<'_>) -> BTreeSet<IpAddr> {
    let Some(candidate) = preflight::of(view.evidence) else { return BTreeSet::new() };
    let under_its_name = view.good_servers().flat_map(|server| view.both(server, &candidate.host).addresses());
    let all = candidate.addresses.iter().copied().chain(under_its_name);
    all.filter(|&address| !preflight::is_own(view.evidence, candidate, address)).collect()
}

/// The ports of its partners that have not been tried; only once everybody has said who it is.
pub(super) fn ports(inventory: &Inventory, evidence: &Evidence, machines: &[(IpAddr, Stage)]) -> Vec<Port> {
    let wanted = preflight::of(evidence).is_some() && rules::needs(evidence).contains(&Need::Ports);
    if !wanted || !machines.is_empty() || !evidence.config.probe.enabled {
        return Vec::new();
    }
    let view = View::new(inventory, evidence);
    let mut ports = BTreeSet::new();
    for dc in view.dcs() {
        for address in preflight::port_addresses(&view, dc) {
            if !machines::may_be_asked(&view, address) {
                continue;
            }
            let all = preflight::wanted_ports(&view, dc, address).into_iter().map(|wanted| wanted.port);
            ports.extend(all.filter(|&port| preflight::port_state(&view, port).is_none()));
        }
    }
    ports.into_iter().collect()
}
