//! The ports of a candidate's partners.

use std::collections::BTreeSet;

use super::{Asker, Seen, identity};
use crate::evidence::Plan;
use crate::findings::Need;
use crate::jobs::preflight;

pub(super) const ASKER: Asker = Asker { beside: ports, ..Asker::of(Need::Ports) };

/// Those that have not been tried; only once everybody has said who it is.
fn ports(seen: &Seen<'_>, plan: &mut Plan) {
    if seen.round.candidate().is_none() || !plan.machines.is_empty() || !seen.evidence.config.probe.enabled {
        return;
    }
    let view = seen.view();
    let mut ports = BTreeSet::new();
    for dc in view.dcs() {
        for address in preflight::port_addresses(view, dc) {
            if !identity::may_be_asked(view, address) {
                continue;
            }
            let all = preflight::wanted_ports(view, dc, address).into_iter().map(|wanted| wanted.port);
            ports.extend(all.filter(|&port| preflight::port_state(view, port).is_none()));
        }
    }
    plan.ports = ports.into_iter().collect();
}
