//! The language of questions: what can be asked, of whom.

use std::net::{IpAddr, SocketAddr};

use super::{LocalStage, Port, Stage};
use crate::base::dns::RecordType;
use crate::base::name::DnsName;

/// How often a planner looks anew at what has been seen; each round asks only what the one before taught.
pub const MAX_ROUNDS: usize = 8;

/// One DNS question to one server; in the fixed order of questions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ask {
    /// Owner name.
    pub name: DnsName,
    /// Record type.
    pub rtype: RecordType,
    /// RD flag.
    pub recursion: bool,
}

/// What is to be asked next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The machine's own resolver list.
    pub system: bool,
    /// Host names of DNS servers that have no address yet.
    pub hosts: Vec<DnsName>,
    /// Names of network interfaces whose index a scoped address needs.
    pub interfaces: Vec<String>,
    /// DNS questions by server.
    pub dns: Vec<(SocketAddr, Vec<Ask>)>,
    /// Machines to ask who they are.
    pub machines: Vec<(IpAddr, Stage)>,
    /// This machine's own configuration, so much of it.
    pub local: Option<LocalStage>,
    /// Names that this machine itself is to resolve.
    pub lookups: Vec<String>,
    /// Ports to try.
    pub ports: Vec<Port>,
    /// Zones to transfer, by server.
    pub transfers: Vec<(SocketAddr, DnsName)>,
}

impl Plan {
    /// Whether nothing is left to ask.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
