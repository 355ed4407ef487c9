//! Evidence to text.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::{
    AnswerRow, Head, LOST, NOT_ASKED, OutcomeRow, RecordRow, ResolvedRow, SCHEMA, Servers, Text, TransferOutcomeRow,
    TransferRow, TransportRow,
};
use crate::base::dns::rcode_name;
use crate::evidence::{
    Answer, Body, Column, Evidence, Flags, Lost, Outcome, QuestionId, Rdata, Record, Resolved, Soa, Store, Transfer,
    Transport,
};

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
        purpose: evidence.purpose.clone(),
        assumed: evidence.assumed.clone(),
        local: evidence.local.clone(),
        lookups: evidence.lookups.clone(),
        ports: evidence.ports.iter().map(|(port, state)| (*port, state.clone())).collect(),
        transfers: transfer_rows(evidence),
        config: evidence.config.to_json(),
        hosts: evidence.hosts.iter().map(|(name, resolved)| (name.to_string(), resolved_row(resolved))).collect(),
        system: evidence.system.as_ref().map(resolved_row),
        interfaces: evidence.interfaces.clone(),
        machines: evidence.machines.clone(),
        servers: Servers::default(),
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

fn transfer_rows(evidence: &Evidence) -> Vec<TransferRow<'_>> {
    let outcome = |transfer: &Transfer| match transfer {
        Transfer::Whole(records) => {
            TransferOutcomeRow::Whole(records.iter().map(|record| record_row(&evidence.store, record)).collect())
        }
        Transfer::Refused(rcode) => TransferOutcomeRow::Refused(rcode_name(*rcode)),
        Transfer::Failed(trouble) => TransferOutcomeRow::Failed(trouble.clone()),
    };
    let rows = evidence.transfers.iter();
    rows.map(|((server, zone), transfer)| TransferRow {
        server: *server,
        zone: zone.clone(),
        outcome: outcome(transfer),
    })
    .collect()
}

fn resolved_row(resolved: &Resolved) -> ResolvedRow {
    match resolved {
        Resolved::Addresses(addresses) => ResolvedRow::Addresses(addresses.clone()),
        Resolved::Failed(trouble) => ResolvedRow::Failed(trouble.clone()),
    }
}

fn answer_row<'a>(evidence: &'a Evidence, column: &Column, id: QuestionId, answer: &Answer) -> AnswerRow<'a> {
    let question = evidence.question(id);
    let store = &evidence.store;
    let name_of = |reason: Lost| LOST.iter().find(|(other, _)| *other == reason).map(|(_, name)| Text::from(*name));
    let (outcome, reason) = match answer.outcome {
        Outcome::Reply => (OutcomeRow::Reply, None),
        Outcome::Truncated(reason) => (OutcomeRow::Truncated, name_of(reason)),
        Outcome::Lost(reason) => (OutcomeRow::Lost, name_of(reason)),
        Outcome::NotAsked(reason) => {
            let name = NOT_ASKED.iter().find(|(other, _)| *other == reason).map(|(_, name)| Text::from(*name));
            (OutcomeRow::NotAsked, name)
        }
    };
    let body = answer.body.map_or(Body { answers: &[], authority: &[], edns: None }, |body| store.body(body));
    let replied = answer.replied();
    AnswerRow {
        name: store.name(question.name).into(),
        rtype: question.rtype.to_string().into(),
        recursion: question.recursion,
        outcome,
        reason,
        rcode: replied.then(|| rcode_name(answer.rcode).into()),
        flags: Flags::ALL
            .iter()
            .filter(|(flag, _)| answer.flags.has(*flag))
            .map(|(_, name)| Text::from(*name))
            .collect(),
        transport: replied.then_some(match answer.transport {
            Transport::Udp => TransportRow::Udp,
            Transport::Tcp => TransportRow::Tcp,
        }),
        tries: answer.tries,
        rtt_us: replied.then_some(answer.rtt_us),
        edns: body.edns,
        records: body.answers.iter().map(|record| record_row(store, record)).collect(),
        authority: body.authority.iter().map(|record| record_row(store, record)).collect(),
        raw: column.raw.get(&id).map(|octets| hex(octets).into()),
    }
}

fn record_row<'a>(store: &'a Store, record: &Record) -> RecordRow<'a> {
    RecordRow {
        name: store.name(record.owner).into(),
        ttl: record.ttl,
        rtype: record.data.rtype().to_string().into(),
        data: data_text(store, &record.data).into(),
    }
}

/// Rdata in presentation form; unknown types as in RFC 3597 section 5.
fn data_text(store: &Store, data: &Rdata) -> String {
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
