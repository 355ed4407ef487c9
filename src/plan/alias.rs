//! The alias of every DC, and where it leads.

use super::{Asker, Asks, Round};
use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::evidence::Rdata;
use crate::findings::Need;
use crate::inventory::Server;

pub(super) const ASKER: Asker = Asker { server: ask, ..Asker::of(Need::Alias) };

fn ask(asks: &mut Asks<'_>, round: &Round, _: &Server) {
    let dcs = round.inventory.dcs.iter().filter(|dc| dc.selected);
    dcs.filter_map(|dc| dc.alias.as_ref()).for_each(|alias| ask_alias(asks, alias));
}

fn ask_alias(asks: &mut Asks<'_>, alias: &DnsName) {
    let id = asks.id(alias);
    asks.ask_about(alias, id, RecordType::CNAME);
    asks.ask_about(alias, id, RecordType::A);
    // Where the name holds addresses, or exists without alias, its IPv6 addresses decide too.
    let no_alias = asks.is_there_without(id, RecordType::CNAME);
    let mut addresses = asks.records(id, RecordType::A).iter().filter(|record| matches!(record.data, Rdata::A(_)));
    let owns_addresses = addresses.any(|record| asks.is_own(record, id));
    if no_alias || owns_addresses {
        asks.ask_about(alias, id, RecordType::AAAA);
    }
    asks.ask_targets(id, RecordType::CNAME);
    asks.ask_targets(id, RecordType::A);
}
