//! Which machines are asked who they are.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::base::address::is_public;
use crate::evidence::{Evidence, Family, Stage};
use crate::findings::Need;
use crate::inventory::{Dc, Inventory};
use crate::jobs::preflight;
use crate::machine::is_confirmed;
use crate::rules;
use crate::view::View;

/// Every address that belongs to a DC or stands under its name, once; for its name only where the directory did not
/// settle who it is.
pub(super) fn next(inventory: &Inventory, evidence: &Evidence) -> Vec<(IpAddr, Stage)> {
    if !evidence.config.probe.enabled || !rules::needs(evidence).contains(&Need::Identity) {
        return Vec::new();
    }
    let view = View::new(inventory, evidence);
    let addresses: BTreeSet<(usize, IpAddr)> =
        view.dcs().flat_map(|dc| view.addresses_of(dc).into_iter().map(|address| (dc.index, address))).collect();
    let settled: BTreeSet<IpAddr> = addresses
        .iter()
        .filter(|(dc, address)| is_settled(&view, &inventory.dcs[*dc], *address))
        .map(|(_, address)| *address)
        .collect();
    let mut asks = BTreeSet::new();
    let of_dcs = addresses.into_iter().map(|(_, address)| address);
    for address in of_dcs.chain(super::preflight::addresses(&view)) {
        match evidence.machines.get(&address) {
            None if may_be_asked(&view, address) => {
                asks.insert((address, Stage::Directory));
            }
            Some(machine) if machine.stage == Stage::Directory && !settled.contains(&address) => {
                asks.insert((address, Stage::Name));
            }
            _ => {}
        }
    }
    asks.into_iter().collect()
}

/// Whether the directory has said who it is: by a GUID, or as the DC that it should be.
fn is_settled(view: &View<'_>, dc: &Dc, address: IpAddr) -> bool {
    let guid = view
        .evidence
        .machines
        .get(&address)
        .and_then(|machine| machine.replies.rootdse.as_ref()?.answer()?.ntds_guid());
    guid.is_some() || is_confirmed(view.identity(dc, address))
}

/// Never an address that nobody can have, never one that the configuration excludes, and never a public one that the
/// configuration does not name: a wrong record must not make guidpost knock at a stranger's door.
pub(super) fn may_be_asked(view: &View<'_>, address: IpAddr) -> bool {
    let config = &view.evidence.config;
    if config.probe.exclude.iter().any(|network| network.contains(address)) {
        return false;
    }
    if let Some(elsewhere) = config.probe.redirect.get(&address) {
        return elsewhere.is_some();
    }
    let family = match view.evidence.selection.family {
        Some(Family::V4) => address.is_ipv4(),
        Some(Family::V6) => address.is_ipv6(),
        None => true,
    };
    let candidate = preflight::of(view.evidence);
    let is_candidates = || candidate.is_some_and(|candidate| candidate.addresses.contains(&address));
    let named = || view.is_owned(address) || is_candidates();
    family && view.unusable(address).is_none() && (!is_public(address) || named())
}

#[cfg(test)]
mod tests;
