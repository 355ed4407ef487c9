//! Which machines are asked who they are.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{Asker, Seen};
use crate::base::address::is_public;
use crate::evidence::{Family, Plan, Stage};
use crate::findings::Need;
use crate::inventory::Dc;
use crate::jobs::preflight;
use crate::machine::is_confirmed;
use crate::view::View;

pub(super) const ASKER: Asker = Asker { beside: machines, ..Asker::of(Need::Identity) };

/// Every address that belongs to a DC or stands under its name, once; for its name only where the directory did not
/// settle who it is.
fn machines(seen: &Seen<'_>, plan: &mut Plan) {
    let Seen { inventory, evidence, .. } = seen;
    if !evidence.config.probe.enabled {
        return;
    }
    let view = seen.view();
    let addresses: BTreeSet<(usize, IpAddr)> =
        view.dcs().flat_map(|dc| view.addresses_of(dc).into_iter().map(|address| (dc.index, address))).collect();
    let settled: BTreeSet<IpAddr> = addresses
        .iter()
        .filter(|(dc, address)| is_settled(view, &inventory.dcs[*dc], *address))
        .map(|(_, address)| *address)
        .collect();
    let mut asks = BTreeSet::new();
    let of_dcs = addresses.into_iter().map(|(_, address)| address);
    for address in of_dcs.chain(addresses_of_candidate(view)) {
        match evidence.machines.get(&address) {
            None if may_be_asked(view, address) => {
                asks.insert((address, Stage::Directory));
            }
            Some(machine) if machine.stage == Stage::Directory && !settled.contains(&address) => {
                asks.insert((address, Stage::Name));
            }
            _ => {}
        }
    }
    plan.machines = asks.into_iter().collect();
}

/// Addresses at which a candidate, or a machine of its name, may answer already.
fn addresses_of_candidate(view: &View<'_>) -> BTreeSet<IpAddr> {
    let Some(candidate) = view.evidence.purpose.candidate() else { return BTreeSet::new() };
    let under_its_name = view.good_servers().flat_map(|server| view.both(server, &candidate.host).addresses());
    let all = candidate.addresses.iter().copied().chain(under_its_name);
    all.filter(|&address| !preflight::is_own(view.evidence, candidate, address)).collect()
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
    let candidate = view.evidence.purpose.candidate();
    let is_candidates = || candidate.is_some_and(|candidate| candidate.addresses.contains(&address));
    let named = || view.is_owned(address) || is_candidates();
    family && view.unusable(address).is_none() && (!is_public(address) || named())
}

#[cfg(test)]
mod tests;
