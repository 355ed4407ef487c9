//! The evidence file (`guidpost.evidence/1`): JSON, one answer per line, everything that judging needs.

mod read;
mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Assumption, LocalView, LookedUp, Lost, Machine, NotAsked, Port, PortState, Purpose, Selection};
use crate::name::DnsName;
use crate::report::{Incomplete, Tool};
pub use read::read;
pub use write::write;

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
    #[serde(default, skip_serializing_if = "Purpose::is_check")]
    purpose: Purpose,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    assumed: Vec<Assumption>,
    config: serde_json::Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    local: Option<LocalView>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    lookups: BTreeMap<String, LookedUp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ports: Vec<(Port, PortState)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    transfers: Vec<TransferRow>,
    hosts: BTreeMap<String, ResolvedRow>,
    #[serde(default)]
    system: Option<ResolvedRow>,
    interfaces: BTreeMap<String, Option<u32>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    machines: BTreeMap<std::net::IpAddr, Machine>,
    /// Left out when the head is written: the servers follow line by line.
    #[serde(default, skip_serializing)]
    servers: Vec<ServerRow>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TransferRow {
    server: std::net::SocketAddr,
    zone: DnsName,
    outcome: TransferOutcomeRow,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum TransferOutcomeRow {
    Whole(Vec<RecordRow>),
    Refused(String),
    Failed(String),
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

const LOST: [(Lost, &str); 5] = [
    (Lost::Timeout, "timeout"),
    (Lost::Closed, "closed"),
    (Lost::Unreachable, "unreachable"),
    (Lost::Malformed, "malformed"),
    (Lost::NoSocket, "no-socket"),
];

const NOT_ASKED: [(NotAsked, &str); 6] = [
    (NotAsked::Silent, "silent"),
    (NotAsked::Closed, "closed"),
    (NotAsked::Unreachable, "unreachable"),
    (NotAsked::NoSocket, "no-socket"),
    (NotAsked::Deadline, "deadline"),
    (NotAsked::Interrupted, "interrupted"),
];

#[cfg(test)]
mod tests;
