//! Where the name and the addresses of a machine that is to become a DC may stand at one server.

use super::{Asker, Asks, Round};
use crate::base::dns::RecordType;
use crate::findings::Need;
use crate::inventory::Server;
use crate::jobs::preflight;

pub(super) const ASKER: Asker = Asker { server: ask, ..Asker::of(Need::Candidate) };

fn ask(asks: &mut Asks<'_>, round: &Round, _: &Server) {
    let Some((candidate, about_name)) = &round.candidate else { return };
    for (name, rtype) in about_name {
        asks.ask(name, *rtype);
    }
    for rtype in [RecordType::A, RecordType::AAAA] {
        asks.ask_targets(asks.id(&candidate.host), rtype);
    }
    for (name, rtype) in preflight::about_address(&round.inventory, candidate) {
        asks.ask(&name, rtype);
    }
    for (_, name) in preflight::reverse_names(candidate) {
        asks.ask(&name, RecordType::PTR);
    }
}
