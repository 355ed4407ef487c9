//! What was learned.

use crate::report::Learned;
use crate::view::View;

/// What the configuration leaves out, and the machines told.
pub(super) fn learned(view: &View<'_>) -> Vec<Learned> {
    let mut rows = Vec::new();
    for dc in view.dcs() {
        let addresses: Vec<String> = if dc.owns.is_empty() {
            let proven = view.addresses_of(dc).into_iter().filter(|&address| view.is_proven(dc, address));
            proven.map(|address| address.to_string()).collect()
        } else {
            Vec::new()
        };
        let guid = dc.guid.filter(|_| dc.learned_guid).map(|guid| guid.to_string());
        if guid.is_some() || !addresses.is_empty() {
            rows.push(Learned { dc: dc.label.clone(), guid, addresses });
        }
    }
    rows
}
