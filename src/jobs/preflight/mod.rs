//! Whether a machine can become a domain controller: who it is, what is asked for it, and the checklist that follows.
//!
//! Everything here is pure. What is found is told by rules like any other fact; the checklist sums their findings up.

mod candidate;
mod checklist;
mod items;
mod ports;
mod questions;
#[cfg(test)]
mod tests;
mod traces;

pub use candidate::{CandidateError, Wish, candidate};
pub use checklist::{Judged, checklist};
pub use ports::{Need as PortNeed, Wanted as WantedPort, addresses as port_addresses, service, state as port_state};
pub use ports::{is_vital, wanted as wanted_ports};
pub use questions::{about_address, about_name, dns_servers_of, reverse_names, sites};
pub use traces::{Trace, address_traces, name_traces, unanswered};

use std::net::IpAddr;

use crate::evidence::{Candidate, Evidence};
use crate::machine::{self, Expected, Known, Verdict};
use crate::view::View;

/// Whether an address of the candidate is that of the machine guidpost runs on: whoever answers there is the candidate.
pub fn is_own(evidence: &Evidence, candidate: &Candidate, address: IpAddr) -> bool {
    candidate.here && evidence.local.iter().flat_map(|local| local.addresses()).any(|own| own == address)
}

/// Who answers at an address, judged against the candidate; `None` if nobody was asked.
pub fn who_answers(view: &View<'_>, candidate: &Candidate, address: IpAddr) -> Option<Verdict> {
    let machine = view.evidence.machines.get(&address)?;
    let expected = Expected {
        host: Some(candidate.host.clone()),
        other_names: Vec::new(),
        // It has none yet: a directory of its name is the one thing that must not be there.
        guid: None,
        domain: Some(candidate.domain.clone()),
        domain_guid: None,
        netbios_domain: None,
        forest: view.inventory.forest.clone(),
        forest_guid: None,
    };
    let others = view.inventory.dcs.iter().filter(|dc| dc.host.as_ref() != Some(&candidate.host));
    let known: Vec<Known> =
        others.map(|dc| Known { host: dc.host.clone(), other_names: dc.other_names.clone(), guid: dc.guid }).collect();
    Some(machine::identify(&machine.replies, &expected, &known))
}
