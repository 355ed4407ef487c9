//! Names that cannot exist.

use super::{Asker, Asks, Round};
use crate::base::dns::RecordType;
use crate::findings::Need;
use crate::inventory::Server;

pub(super) const ASKER: Asker = Asker { server: ask, ..Asker::of(Need::Canaries) };

fn ask(asks: &mut Asks<'_>, round: &Round, _: &Server) {
    for canary in &round.inventory.canaries {
        asks.ask(canary, RecordType::A);
        asks.ask(canary, RecordType::AAAA);
    }
}
