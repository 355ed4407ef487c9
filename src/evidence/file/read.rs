//! Text to evidence; every value is checked, because a file may come from anywhere.

use std::time::Duration;

use serde::Deserialize;

use super::{EvidenceError, Head, RecordRow, ResolvedRow, SCHEMA, TransferOutcomeRow, TransferRow};
use crate::base::dns::RecordType;
use crate::base::dns::rcode_number;
use crate::base::name::DnsName;
use crate::config::{self, Config};
use crate::evidence::{Evidence, NameId, Rdata, Record, Resolved, Soa, Store, Transfer};

/// Reads evidence. With `config`, that one is used instead of the one in the file, which may use `known_rules` as names.
///
/// # Errors
/// Says what is wrong, and where in the file.
pub fn read(octets: &[u8], config: Option<Config>, known_rules: &[&str]) -> Result<Evidence, EvidenceError> {
    #[derive(Deserialize)]
    struct Version {
        #[serde(default)]
        schema: String,
    }
    // In one pass, because the file may have gigabytes; only what is not read is looked at again, for what it says it is.
    let head: Head<'_> = match serde_json::from_slice(octets) {
        Ok(head) => head,
        Err(error) => {
            let version: Version = serde_json::from_slice(octets)?;
            return Err(match version.schema {
                known if known == SCHEMA => error.into(),
                found => EvidenceError::Schema { found },
            });
        }
    };
    if head.schema != SCHEMA {
        return Err(EvidenceError::Schema { found: head.schema });
    }
    let config = match config {
        Some(config) => config,
        None => config::from_json(&head.config, known_rules).map_err(|e| EvidenceError::Config(e.to_string()))?,
    };
    let seed = u64::from_str_radix(&head.seed, 16).map_err(|error| at("seed", error))?;
    let mut evidence = Evidence::new(config, head.selection, seed, head.started_at);
    head.servers.fill(&mut evidence);
    evidence.tool = head.tool;
    evidence.elapsed = Duration::from_millis(head.elapsed_ms);
    evidence.incomplete = head.incomplete;
    evidence.interfaces = head.interfaces;
    evidence.machines = head.machines;
    evidence.system = head.system.map(resolved);
    evidence.purpose = head.purpose;
    evidence.assumed = head.assumed;
    evidence.local = head.local;
    evidence.lookups = head.lookups;
    evidence.ports = head.ports.into_iter().collect();
    for (index, row) in head.transfers.into_iter().enumerate() {
        read_transfer(&mut evidence, row).map_err(|problem| at(&format!("transfers[{index}].outcome"), problem))?;
    }
    for (host, row) in head.hosts {
        let name = DnsName::parse(&host).map_err(|error| at(&format!("hosts[{host:?}]"), error))?;
        evidence.hosts.insert(name, resolved(row));
    }
    Ok(evidence)
}

fn at(place: &str, problem: impl ToString) -> EvidenceError {
    EvidenceError::Value { place: place.to_owned(), problem: problem.to_string() }
}

fn resolved(row: ResolvedRow) -> Resolved {
    match row {
        ResolvedRow::Addresses(addresses) => Resolved::Addresses(addresses),
        ResolvedRow::Failed(trouble) => Resolved::Failed(trouble),
    }
}

fn read_transfer(evidence: &mut Evidence, row: TransferRow<'_>) -> Result<(), String> {
    let transfer = match row.outcome {
        TransferOutcomeRow::Whole(rows) => {
            let record = |row: &RecordRow<'_>| read_record(&mut evidence.store, row);
            Transfer::Whole(rows.iter().map(record).collect::<Result<_, _>>()?)
        }
        TransferOutcomeRow::Refused(rcode) => {
            Transfer::Refused(rcode_number(&rcode).ok_or_else(|| format!("{rcode:?} means nothing here"))?)
        }
        TransferOutcomeRow::Failed(trouble) => Transfer::Failed(trouble),
    };
    evidence.transfers.insert((row.server, row.zone), transfer);
    Ok(())
}

/// The record of a row, or what is wrong with it.
pub(super) fn read_record(store: &mut Store, row: &RecordRow<'_>) -> Result<Record, String> {
    record(store, row).ok_or_else(|| format!("no record: {} {} {}", &*row.name, &*row.rtype, &*row.data))
}

fn record(store: &mut Store, row: &RecordRow<'_>) -> Option<Record> {
    let rtype = RecordType::parse(&row.rtype)?;
    let words: Vec<&str> = row.data.split(' ').collect();
    let data = match (rtype, &words[..]) {
        (RecordType::A, [address]) => Rdata::A(address.parse().ok()?),
        (RecordType::AAAA, [address]) => Rdata::Aaaa(address.parse().ok()?),
        (RecordType::CNAME, [name]) => Rdata::Cname(read_name(store, name)?),
        (RecordType::NS, [name]) => Rdata::Ns(read_name(store, name)?),
        (RecordType::PTR, [name]) => Rdata::Ptr(read_name(store, name)?),
        (RecordType::SRV, [priority, weight, port, target]) => Rdata::Srv {
            priority: priority.parse().ok()?,
            weight: weight.parse().ok()?,
            port: port.parse().ok()?,
            target: read_name(store, target)?,
        },
        (RecordType::SOA, [mname, rname, serial, refresh, retry, expire, minimum]) => {
            let soa = Soa {
                mname: read_name(store, mname)?,
                rname: read_name(store, rname)?,
                serial: serial.parse().ok()?,
                refresh: refresh.parse().ok()?,
                retry: retry.parse().ok()?,
                expire: expire.parse().ok()?,
                minimum: minimum.parse().ok()?,
            };
            Rdata::Soa(store.intern_soa(soa))
        }
        (_, ["\\#", length, octets]) => {
            let octets = unhex(octets)?;
            (length.parse() == Ok(octets.len())).then_some(())?;
            Rdata::Other { rtype, octets: store.intern_octets(&octets) }
        }
        _ => return None,
    };
    Some(Record { owner: read_name(store, &row.name)?, ttl: row.ttl, data })
}

/// Names keep their case; the root, which only SOA and NS data can hold, is a dot.
fn read_name(store: &mut Store, text: &str) -> Option<NameId> {
    let printable = text.bytes().all(|octet| octet.is_ascii_graphic());
    let sound = text == "." || text.is_empty() || DnsName::from_presentation(text).is_ok();
    (printable && sound).then(|| store.intern_name(text))
}

pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks_exact(2).map(pair).collect()
}
