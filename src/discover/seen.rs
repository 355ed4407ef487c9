//! What the DNS servers said so far: the union of all of them, and who said it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::evidence::{Answer, Evidence, Lost, NotAsked, Outcome, Rdata, Record};

/// Something, and the servers that say it.
pub(super) type Said<T> = BTreeMap<T, BTreeSet<SocketAddr>>;

/// The targets of SRV or NS records at a name, as they were spelled, in lower case.
pub(super) fn targets(evidence: &Evidence, name: &DnsName, rtype: RecordType) -> Said<String> {
    let mut said = Said::new();
    for (server, record) in records(evidence, name, rtype) {
        let target = match record.data {
            Rdata::Srv { target, .. } if rtype == RecordType::SRV => target,
            Rdata::Ns(target) if rtype == RecordType::NS => target,
            _ => continue,
        };
        // A record of another name says nothing about this one; the root as target says "no such service".
        let target = evidence.store.lower(target);
        if evidence.store.lower(record.owner) == name.as_str() && !matches!(target, "" | ".") {
            said.entry(target.to_owned()).or_default().insert(server);
        }
    }
    said
}

/// The addresses at the end of a host name.
pub(super) fn addresses(evidence: &Evidence, host: &DnsName) -> Said<IpAddr> {
    let mut said = Said::new();
    for rtype in [RecordType::A, RecordType::AAAA] {
        for (server, record) in records(evidence, host, rtype) {
            if let Some(address) = record.data.address() {
                said.entry(address).or_default().insert(server);
            }
        }
    }
    said
}

/// Whether any server names a target.
pub(super) fn exists(evidence: &Evidence, name: &DnsName, rtype: RecordType) -> bool {
    !targets(evidence, name, rtype).is_empty()
}

fn records<'a>(
    evidence: &'a Evidence,
    name: &DnsName,
    rtype: RecordType,
) -> impl Iterator<Item = (SocketAddr, &'a Record)> {
    let question = evidence.find_question(name.as_str(), rtype, true);
    let bodies = evidence.columns().iter().filter_map(move |column| {
        let body = column.answer(question?).filter(|answer| answer.replied())?.body?;
        Some((column.address, evidence.store.body(body).answers))
    });
    bodies.flat_map(|(server, answers)| answers.iter().map(move |record| (server, record)))
}

/// How a question ended at each server, in words, when nobody gave what was wanted.
pub(super) fn endings(evidence: &Evidence, name: &DnsName, rtype: RecordType) -> Vec<String> {
    let Some(question) = evidence.find_question(name.as_str(), rtype, true) else { return Vec::new() };
    let columns = evidence.columns().iter();
    columns.filter_map(|column| Some(format!("{} {}", column.address, ending(column.answer(question)?)))).collect()
}

fn ending(answer: &Answer) -> String {
    match answer.outcome {
        Outcome::Reply | Outcome::Truncated(_) => match answer.rcode {
            0 => "has no such record".into(),
            3 => "says that there is no such name".into(),
            5 => "refuses".into(),
            code => format!("fails with response code {code}"),
        },
        Outcome::Lost(Lost::Closed) | Outcome::NotAsked(NotAsked::Closed) => "has no DNS server".into(),
        Outcome::Lost(Lost::Unreachable) | Outcome::NotAsked(NotAsked::Unreachable) => "cannot be reached".into(),
        Outcome::Lost(Lost::Malformed) => "gives no DNS reply".into(),
        _ => "does not answer".into(),
    }
}
