//! Which questions follow; the only place that knows which names exist.

use std::net::SocketAddr;

use crate::evidence::RecordType;
use crate::name::DnsName;

/// One DNS question to one server.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// DNS questions by server.
    pub dns: Vec<(SocketAddr, Vec<Ask>)>,
}
