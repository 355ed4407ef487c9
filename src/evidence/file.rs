//! The evidence file (`guidpost.evidence/1`): JSON, one answer per line, everything that judging needs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Answer, Body, Column, Evidence, Flags, Lost, NotAsked, Outcome, QuestionId, Rdata, Record, RecordType, Resolved,
    Selection, Soa, Store, Transport,
};
use crate::config::{self, Config};
use crate::name::DnsName;
use crate::report::{Incomplete, Tool};
use crate::rules;

/// The schema identifier of evidence files.
pub const SCHEMA: &str = "guidpost.evidence/1";

/// Why a file is no evidence.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// It is no JSON, or not of the right shape; the text says line and column.
    #[error("this is no evidence file: {0}")]
    Json(#[from] serde_json::Error),
    /// It is another kind of file, or of another version.
    #[error("the file says that its schema is {found:?}; this version of guidpost reads {SCHEMA:?}")]
    Schema {
        /// What the file says.
        found: String,
    },
    /// A value cannot be.
    #[error("{place}: {problem}")]
    Value {
        /// Where it stands, as a path.
        place: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The embedded configuration is not valid.
    #[error("the configuration inside the evidence file is not valid:\n{0}")]
    Config(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    schema: String,
    tool: Tool,
    seed: String,
    started_at: jiff::Timestamp,
    elapsed_ms: u64,
    #[serde(default)]
    incomplete: Option<Incomplete>,
    selection: Selection,
    config: serde_json::Value,
    hosts: BTreeMap<String, ResolvedRow>,
    #[serde(default)]
    system: Option<ResolvedRow>,
    interfaces: BTreeMap<String, Option<u32>>,
    /// Left out when the head is written: the servers follow line by line.
    #[serde(default, skip_serializing)]
    servers: Vec<ServerRow>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ResolvedRow {
    Addresses(Vec<std::net::SocketAddr>),
    Failed(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerRow {
    address: std::net::SocketAddr,
    #[serde(default)]
    trouble: Option<String>,
    answers: Vec<AnswerRow>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerRow {
    name: String,
    #[serde(rename = "type")]
    rtype: String,
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    recursion: bool,
    outcome: OutcomeRow,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rcode: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    flags: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transport: Option<TransportRow>,
    tries: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rtt_us: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    edns: Option<u16>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    records: Vec<RecordRow>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    authority: Vec<RecordRow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    raw: Option<String>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum OutcomeRow {
    Reply,
    Truncated,
    Lost,
    NotAsked,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum TransportRow {
    Udp,
    Tcp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordRow {
    name: String,
    ttl: u32,
    #[serde(rename = "type")]
    rtype: String,
    data: String,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_yes(value: &bool) -> bool {
    *value
}

const LOST: [(Lost, &str); 4] = [
    (Lost::Timeout, "timeout"),
    (Lost::Closed, "closed"),
    (Lost::Unreachable, "unreachable"),
    (Lost::Malformed, "malformed"),
];

const NOT_ASKED: [(NotAsked, &str); 5] = [
    (NotAsked::Silent, "silent"),
    (NotAsked::Closed, "closed"),
    (NotAsked::Unreachable, "unreachable"),
    (NotAsked::Deadline, "deadline"),
    (NotAsked::Interrupted, "interrupted"),
];

/// Writes evidence, server by server and line by line.
///
/// # Errors
/// Whatever the writer says.
pub fn write(evidence: &Evidence, out: &mut dyn Write) -> io::Result<()> {
    let head = Head {
        schema: SCHEMA.into(),
        tool: evidence.tool.clone(),
        seed: format!("{:016x}", evidence.seed),
        started_at: evidence.started_at,
        elapsed_ms: u64::try_from(evidence.elapsed.as_millis()).unwrap_or(u64::MAX),
        incomplete: evidence.incomplete,
        selection: evidence.selection.clone(),
        config: evidence.config.to_json(),
        hosts: evidence.hosts.iter().map(|(name, resolved)| (name.to_string(), resolved_row(resolved))).collect(),
        system: evidence.system.as_ref().map(resolved_row),
        interfaces: evidence.interfaces.clone(),
        servers: Vec::new(),
    };
    let head = serde_json::to_string(&head)?;
    let open = head.strip_suffix('}').unwrap_or(&head);
    write!(out, "{open},\n\"servers\":[")?;
    let mut columns: Vec<&Column> = evidence.columns().iter().collect();
    columns.sort_by_key(|column| column.address);
    for (position, column) in columns.into_iter().enumerate() {
        let comma = if position == 0 { "" } else { "," };
        write!(out, "{comma}\n{{\"address\":{}", serde_json::to_string(&column.address)?)?;
        if let Some(trouble) = &column.trouble {
            write!(out, ",\"trouble\":{}", serde_json::to_string(trouble)?)?;
        }
        write!(out, ",\"answers\":[")?;
        let mut comma = "";
        for (question, answer) in ordered(evidence, column) {
            write!(out, "{comma}\n{}", serde_json::to_string(&answer_row(evidence, column, question, answer))?)?;
            comma = ",";
        }
        write!(out, "\n]}}")?;
    }
    writeln!(out, "\n]}}")
}

/// By name, type and RD: the file does not depend on the order of arrival.
fn ordered<'a>(evidence: &'a Evidence, column: &'a Column) -> Vec<(QuestionId, &'a Answer)> {
    let mut answers: Vec<(QuestionId, &Answer)> = column.answers().collect();
    answers.sort_by_cached_key(|(id, _)| {
        let question = evidence.question(*id);
        (evidence.store.name(question.name), question.rtype, question.recursion)
    });
    answers
}

fn resolved_row(resolved: &Resolved) -> ResolvedRow {
    match resolved {
        Resolved::Addresses(addresses) => ResolvedRow::Addresses(addresses.clone()),
        Resolved::Failed(trouble) => ResolvedRow::Failed(trouble.clone()),
    }
}

fn answer_row(evidence: &Evidence, column: &Column, id: QuestionId, answer: &Answer) -> AnswerRow {
    let question = evidence.question(id);
    let store = &evidence.store;
    let name_of = |reason: Lost| LOST.iter().find(|(other, _)| *other == reason).map(|(_, name)| (*name).to_owned());
    let (outcome, reason) = match answer.outcome {
        Outcome::Reply => (OutcomeRow::Reply, None),
        Outcome::Truncated(reason) => (OutcomeRow::Truncated, name_of(reason)),
        Outcome::Lost(reason) => (OutcomeRow::Lost, name_of(reason)),
        Outcome::NotAsked(reason) => {
            let name = NOT_ASKED.iter().find(|(other, _)| *other == reason).map(|(_, name)| (*name).to_owned());
            (OutcomeRow::NotAsked, name)
        }
    };
    let body = answer.body.map_or(Body { answers: &[], authority: &[], edns: None }, |body| store.body(body));
    let replied = answer.replied();
    AnswerRow {
        name: store.name(question.name).into(),
        rtype: question.rtype.to_string(),
        recursion: question.recursion,
        outcome,
        reason,
        rcode: replied.then(|| rules::rcode_name(answer.rcode)),
        flags: Flags::ALL.iter().filter(|(flag, _)| answer.flags.has(*flag)).map(|(_, name)| (*name).into()).collect(),
        transport: replied.then_some(match answer.transport {
            Transport::Udp => TransportRow::Udp,
            Transport::Tcp => TransportRow::Tcp,
        }),
        tries: answer.tries,
        rtt_us: replied.then_some(answer.rtt_us),
        edns: body.edns,
        records: body.answers.iter().map(|record| record_row(store, record)).collect(),
        authority: body.authority.iter().map(|record| record_row(store, record)).collect(),
        raw: column.raw.get(&id).map(|octets| hex(octets)),
    }
}

fn record_row(store: &Store, record: &Record) -> RecordRow {
    RecordRow {
        name: store.name(record.owner).into(),
        ttl: record.ttl,
        rtype: record.data.rtype().to_string(),
        data: data_text(store, &record.data),
    }
}

/// Rdata in presentation form; unknown types as in RFC 3597 section 5.
pub(crate) fn data_text(store: &Store, data: &Rdata) -> String {
    match *data {
        Rdata::A(address) => address.to_string(),
        Rdata::Aaaa(address) => address.to_string(),
        Rdata::Cname(name) | Rdata::Ns(name) | Rdata::Ptr(name) => store.name(name).into(),
        Rdata::Soa(id) => {
            let Soa { mname, rname, serial, refresh, retry, expire, minimum } = *store.soa(id);
            let (mname, rname) = (store.name(mname), store.name(rname));
            format!("{mname} {rname} {serial} {refresh} {retry} {expire} {minimum}")
        }
        Rdata::Srv { priority, weight, port, target } => {
            format!("{priority} {weight} {port} {}", store.name(target))
        }
        Rdata::Other { octets, .. } => {
            let octets = store.octets(octets);
            format!("\\# {} {}", octets.len(), hex(octets))
        }
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if digits.len() % 2 != 0 {
        return None;
    }
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks_exact(2).map(pair).collect()
}

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
    evidence.system = head.system.map(resolved);
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
fn read_name(store: &mut Store, text: &str) -> Option<super::NameId> {
    let printable = text.bytes().all(|octet| octet.is_ascii_graphic());
    let sound = text == "." || text.is_empty() || DnsName::from_presentation(text).is_ok();
    (printable && sound).then(|| store.intern_name(text))
}

#[cfg(test)]
mod tests;
