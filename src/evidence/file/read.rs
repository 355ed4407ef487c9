//! Text to evidence; every value is checked, because a file may come from anywhere.

use std::time::Duration;

use serde::Deserialize;

use super::{
    AnswerRow, EvidenceError, Head, LOST, NOT_ASKED, OutcomeRow, RecordRow, ResolvedRow, SCHEMA, TransferOutcomeRow,
    TransferRow, TransportRow,
};
use crate::config::{self, Config};
use crate::evidence::{
    Answer, Body, Evidence, Flags, NameId, Outcome, Rdata, Record, RecordType, Resolved, Soa, Store, Transfer,
    Transport,
};
use crate::name::DnsName;
use crate::rules;

/// Reads evidence. With `config`, that one is used instead of the one in the file.
///
/// # Errors
/// Says what is wrong, and where in the file.
pub fn read(octets: &[u8], config: Option<Config>) -> Result<Evidence, EvidenceError> {
    #[derive(Deserialize)]
    struct Version {
        #[serde(default)]
        schema: String,
    }
    let version: Version = serde_json::from_slice(octets)?;
    if version.schema != SCHEMA {
        return Err(EvidenceError::Schema { found: version.schema });
    }
    let head: Head = serde_json::from_slice(octets)?;
    let config = match config {
        Some(config) => config,
        None => config::from_json(&head.config, &rules::names()).map_err(|e| EvidenceError::Config(e.to_string()))?,
    };
    let seed = u64::from_str_radix(&head.seed, 16).map_err(|error| at("seed", error))?;
    let mut evidence = Evidence::new(config, head.selection, seed, head.started_at);
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
    for (index, server) in head.servers.into_iter().enumerate() {
        let place = format!("servers[{index}]");
        if evidence.column(server.address).is_some() {
            return Err(at(&place, "this server stands in the file twice"));
        }
        evidence.column_mut(server.address).trouble = server.trouble;
        for (index, row) in server.answers.into_iter().enumerate() {
            read_answer(&mut evidence, server.address, row)
                .map_err(|(field, problem)| at(&format!("{place}.answers[{index}].{field}"), problem))?;
        }
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

fn read_transfer(evidence: &mut Evidence, row: TransferRow) -> Result<(), String> {
    let transfer = match row.outcome {
        TransferOutcomeRow::Whole(rows) => {
            let record = |row: &RecordRow| {
                read_record(&mut evidence.store, row)
                    .ok_or_else(|| format!("no record: {} {} {}", row.name, row.rtype, row.data))
            };
            Transfer::Whole(rows.iter().map(record).collect::<Result<_, _>>()?)
        }
        TransferOutcomeRow::Refused(rcode) => {
            Transfer::Refused(rules::rcode_number(&rcode).ok_or_else(|| format!("{rcode:?} means nothing here"))?)
        }
        TransferOutcomeRow::Failed(trouble) => Transfer::Failed(trouble),
    };
    evidence.transfers.insert((row.server, row.zone), transfer);
    Ok(())
}

type Problem = (&'static str, String);

fn read_answer(evidence: &mut Evidence, address: std::net::SocketAddr, row: AnswerRow) -> Result<(), Problem> {
    let bad = |field: &'static str, text: &str| (field, format!("{text:?} means nothing here"));
    let name = DnsName::from_presentation(&row.name).map_err(|error| ("name", error.to_string()))?;
    let rtype = RecordType::parse(&row.rtype).ok_or_else(|| bad("type", &row.rtype))?;
    let reason = row.reason.as_deref().unwrap_or_default();
    let lost =
        || LOST.iter().find(|(_, name)| *name == reason).map(|(lost, _)| *lost).ok_or_else(|| bad("reason", reason));
    let outcome = match row.outcome {
        OutcomeRow::Reply => Outcome::Reply,
        OutcomeRow::Truncated => Outcome::Truncated(lost()?),
        OutcomeRow::Lost => Outcome::Lost(lost()?),
        OutcomeRow::NotAsked => {
            let found = NOT_ASKED.iter().find(|(_, name)| *name == reason);
            Outcome::NotAsked(found.map(|(why, _)| *why).ok_or_else(|| bad("reason", reason))?)
        }
    };
    let rcode = row.rcode.as_deref().map_or(Some(0), rules::rcode_number);
    let rcode = rcode.ok_or_else(|| bad("rcode", row.rcode.as_deref().unwrap_or_default()))?;
    let mut flags = Flags::default();
    for flag in &row.flags {
        let known = Flags::ALL.iter().find(|(_, name)| name == flag).ok_or_else(|| bad("flags", flag))?;
        flags = flags.with(known.0);
    }
    let store = &mut evidence.store;
    let mut section = |rows: &[RecordRow], field| -> Result<Vec<Record>, Problem> {
        rows.iter()
            .map(|row| {
                read_record(store, row)
                    .ok_or_else(|| (field, format!("no record: {} {} {}", row.name, row.rtype, row.data)))
            })
            .collect()
    };
    let (answers, authority) = (section(&row.records, "records")?, section(&row.authority, "authority")?);
    let body = matches!(outcome, Outcome::Reply | Outcome::Truncated(_))
        .then(|| store.intern_body(Body { answers: &answers, authority: &authority, edns: row.edns }));
    let transport = match row.transport {
        Some(TransportRow::Tcp) => Transport::Tcp,
        Some(TransportRow::Udp) | None => Transport::Udp,
    };
    let raw = row.raw.as_deref().map(|text| unhex(text).ok_or_else(|| bad("raw", text))).transpose()?;
    let question = evidence.intern_question(&name, rtype, row.recursion);
    let column = evidence.column_mut(address);
    if column.answer(question).is_some() {
        return Err(("name", "this question stands at this server twice".into()));
    }
    column.settle(
        question,
        Answer { outcome, flags, rcode, transport, tries: row.tries, rtt_us: row.rtt_us.unwrap_or(0), body },
    );
    if let Some(raw) = raw {
        column.raw.insert(question, raw.into());
    }
    Ok(())
}

fn read_record(store: &mut Store, row: &RecordRow) -> Option<Record> {
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

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks_exact(2).map(pair).collect()
}
