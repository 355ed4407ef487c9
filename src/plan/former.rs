//! What is asked to prove that nothing of a former DC is left.

use super::{Asker, Asks, Round};
use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::findings::Need;
use crate::inventory::Server;

pub(super) const ASKER: Asker = Asker { server: ask, ..Asker::of(Need::Former) };

/// Its names at one server; which zones the server holds; and the addresses that live DCs have now.
fn ask(asks: &mut Asks<'_>, round: &Round, _: &Server) {
    let Some(former) = asks.former else { return };
    let inventory = &round.inventory;
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
