//! The addresses of each DC, and who answers there.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::report::AddressRow;
use crate::view::View;

/// The configured addresses and those that any server or file gives, by DC.
pub(super) fn address_rows(view: &View<'_>) -> Vec<AddressRow> {
    let mut rows = Vec::new();
    for dc in view.dcs() {
        let mut seen: BTreeMap<IpAddr, BTreeSet<String>> = BTreeMap::new();
        for address in dc.single_addresses() {
            seen.entry(address).or_default();
        }
        for address in view.overriding_addresses(dc) {
            seen.entry(address).or_default();
        }
        for server in view.differing_servers(dc) {
            for name in view.names_of(dc, server) {
                for address in view.both(server, &name).addresses() {
                    seen.entry(address).or_default().insert(name.to_string());
                }
            }
        }
        rows.extend(seen.into_iter().map(|(address, names)| AddressRow {
            address: address.to_string(),
            dc: dc.label.clone(),
            names: names.into_iter().collect(),
            identity: view.identity(dc, address),
            who: view.machine(dc, address).and_then(|verdict| verdict.who.clone()),
            evidence: view.machine(dc, address).map(|verdict| verdict.evidence.clone()).unwrap_or_default(),
        }));
    }
    rows
}
