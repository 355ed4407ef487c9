//! Whether a server that should have authority has it.

use super::{Asker, Asks, Round};
use crate::base::dns::RecordType;
use crate::findings::Need;
use crate::inventory::Server;
use crate::jobs::preflight;

pub(super) const ASKER: Asker = Asker { server: ask, ..Asker::of(Need::Authority) };

/// Without recursion: of servers that the configuration calls authoritative, and of those that hold a candidate's domain.
fn ask(asks: &mut Asks<'_>, round: &Round, server: &Server) {
    let inventory = &round.inventory;
    if server.authoritative {
        asks.add(&inventory.forest, RecordType::SOA, false);
        asks.add(&inventory.msdcs, RecordType::SOA, false);
    }
    if let Some(candidate) = round.candidate()
        && preflight::dns_servers_of(inventory, candidate).any(|own| own == server)
    {
        asks.add(&candidate.domain, RecordType::SOA, false);
        asks.add(&inventory.msdcs, RecordType::SOA, false);
    }
}
