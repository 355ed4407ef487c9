//! The answer: to the letter what `-f json` prints.

use serde::Serialize;

use super::Facts;
use crate::base::exit;
use crate::report::{Identity, Incomplete, Tool};

/// Everything that was found out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Identification {
    /// `guidpost.identify/1`.
    pub schema: &'static str,
    /// What made this.
    pub tool: Tool,
    /// DNS name of the forest root domain; absent without configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forest: Option<String>,
    /// When asking began, RFC 3339, UTC.
    pub started_at: String,
    /// How long asking took, in milliseconds.
    pub elapsed_ms: u64,
    /// The worst of all targets.
    pub result: Conclusion,
    /// Why the run ended before everything was asked; absent for a complete run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<Incomplete>,
    /// One for each address, host name or GUID, in the order in which they were given.
    pub targets: Vec<Target>,
}

/// How far somebody was identified, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Conclusion {
    /// Everything leads to the right machine; for a bare address: the machine says who it is.
    Identified,
    /// Silence, contradictions, or a name that leads nowhere.
    Unknown,
    /// Somewhere a wrong machine answers, or the right one without its directory or with another GUID, or a domain
    /// controller that has lost its NTDS Settings object.
    Wrong,
}

impl Conclusion {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Identified => exit::OK,
            Self::Unknown => exit::UNKNOWN,
            Self::Wrong => exit::CRITICAL,
        }
    }
}

/// What a target was given as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum TargetKind {
    /// An address.
    Address,
    /// A host name.
    Host,
    /// A GUID.
    Guid,
}

/// One address, host name or GUID.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Target {
    /// What was given.
    pub input: String,
    /// As what.
    pub kind: TargetKind,
    /// The DC of the configuration that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dc: Option<String>,
    /// The name of the alias, where the GUID is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// How it ended.
    pub result: Conclusion,
    /// What each DNS server says; empty for an address and without configuration.
    pub servers: Vec<ServerSays>,
    /// The machines, one for each address.
    pub addresses: Vec<Machine>,
    /// What follows, in sentences.
    pub meaning: Vec<String>,
    /// Commands that look further, or mend; never run.
    pub commands: Vec<String>,
}

/// What one DNS server says of a target.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ServerSays {
    /// Its name.
    pub server: String,
    /// Why its records cannot be judged; absent where they can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// Alias, target of the alias, host name.
    pub records: Vec<Seen>,
}

/// What stands at a name.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Seen {
    /// The name.
    pub name: String,
    /// CNAME, or A and AAAA together as `address`.
    #[serde(rename = "type")]
    pub rtype: &'static str,
    /// present, absent or unknown.
    pub state: Presence,
    /// Targets or addresses.
    pub data: Vec<String>,
    /// Why it is unknown, or what is odd about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Whether something stands at a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// It does.
    Present,
    /// It does not.
    Absent,
    /// It could not be seen.
    Unknown,
}

/// The machine behind one address.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Machine {
    /// The address.
    pub address: String,
    /// The DNS servers that lead to it.
    pub servers: Vec<String>,
    /// The verdict against the DC that should be there, in the words of reports; absent for a bare address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// The DC of the configuration that it proved to be, where nobody was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dc: Option<String>,
    /// How it ended.
    pub result: Conclusion,
    /// Why nobody asked it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_asked: Option<String>,
    /// What it says of itself.
    pub machine: Facts,
    /// The errors that a destination logs which connects to it.
    pub errors: Vec<i64>,
    /// What such a destination experiences, in words.
    pub experience: String,
    /// One line per protocol.
    pub evidence: Vec<String>,
}
