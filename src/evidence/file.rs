//! The evidence file (`guidpost.evidence/1`): JSON, one answer per line, everything that judging needs.

mod read;
mod servers;
mod write;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Assumption, LocalView, LookedUp, Lost, Machine, NotAsked, Port, PortState, Purpose, Selection};
use super::{Incomplete, Tool};
use crate::base::name::DnsName;
pub use read::read;
use servers::Servers;
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

/// Text of the file; as long as nothing in it is escaped it is not copied, for there are millions of them.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head<'a> {
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
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    transfers: Vec<TransferRow<'a>>,
    hosts: BTreeMap<String, ResolvedRow>,
    #[serde(default)]
    system: Option<ResolvedRow>,
    interfaces: BTreeMap<String, Option<u32>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    machines: BTreeMap<std::net::IpAddr, Machine>,
    /// Left out when the head is written: the servers follow line by line.
    #[serde(default, skip_serializing)]
    servers: Servers,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TransferRow<'a> {
    server: std::net::SocketAddr,
    zone: DnsName,
    #[serde(borrow)]
    outcome: TransferOutcomeRow<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum TransferOutcomeRow<'a> {
    #[serde(borrow)]
    Whole(Vec<RecordRow<'a>>),
    Refused(String),
    Failed(String),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ResolvedRow {
    Addresses(Vec<std::net::SocketAddr>),
    Failed(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerRow<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, rename = "type")]
    rtype: Text<'a>,
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    recursion: bool,
    outcome: OutcomeRow,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    reason: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    rcode: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    flags: Vec<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transport: Option<TransportRow>,
    tries: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rtt_us: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    edns: Option<u16>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    records: Vec<RecordRow<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    authority: Vec<RecordRow<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    raw: Option<Text<'a>>,
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
struct RecordRow<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    ttl: u32,
    #[serde(borrow, rename = "type")]
    rtype: Text<'a>,
    #[serde(borrow)]
    data: Text<'a>,
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
