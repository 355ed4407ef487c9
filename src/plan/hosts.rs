//! The addresses of every DC's host name.

use super::{Asker, Asks, Round};
use crate::base::dns::RecordType;
use crate::findings::Need;
use crate::inventory::Server;

pub(super) const ASKER: Asker = Asker { server: ask, ..Asker::of(Need::Hosts) };

/// Host names are in their order already, which sorting them later makes use of.
fn ask(asks: &mut Asks<'_>, round: &Round, _: &Server) {
    let dcs = round.inventory.dcs.iter().filter(|dc| dc.selected);
    for host in dcs.filter_map(|dc| dc.host.as_ref()) {
        let id = asks.id(host);
        for rtype in [RecordType::A, RecordType::AAAA] {
            asks.ask_about(host, id, rtype);
            asks.ask_targets(id, rtype);
        }
    }
}
