//! Which zones a server has, and gives away.

use std::net::SocketAddr;

use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::evidence::{Evidence, Flags, Rdata, Record, Transfer};

/// The zone of a name that a server answers for with authority.
pub(crate) fn apex(evidence: &Evidence, address: SocketAddr, name: &DnsName) -> Option<DnsName> {
    let question = evidence.find_question(name.as_str(), RecordType::SOA, true)?;
    let answer = evidence.column(address)?.answer(question)?;
    let body = evidence.store.body(answer.body.filter(|_| answer.flags.has(Flags::AA))?);
    let soa = |record: &&Record| matches!(record.data, Rdata::Soa(_));
    let record = body.answers.iter().chain(body.authority).find(soa)?;
    let zone = DnsName::from_presentation(evidence.store.lower(record.owner)).ok()?;
    name.is_within(&zone).then_some(zone)
}

/// Whether a server gave away the whole of a zone.
pub(crate) fn is_whole(evidence: &Evidence, address: SocketAddr, zone: &DnsName) -> bool {
    matches!(evidence.transfers.get(&(address, zone.clone())), Some(Transfer::Whole(_)))
}
