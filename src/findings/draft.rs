//! What a rule says of one subject.

use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::inventory::{Dc, Server};
use crate::report::Severity;

/// What a rule speaks about; every part is optional.
#[derive(Clone, Copy, Default)]
pub struct Subject<'a> {
    /// The DC whose record it is.
    pub dc: Option<&'a Dc>,
    /// The server that holds the record.
    pub server: Option<&'a Server>,
    /// Owner name.
    pub name: Option<&'a DnsName>,
    /// Record type.
    pub rtype: Option<RecordType>,
}

impl<'a> Subject<'a> {
    /// A record of a DC at a server.
    pub fn record(dc: &'a Dc, server: &'a Server, name: &'a DnsName, rtype: RecordType) -> Self {
        Self { dc: Some(dc), server: Some(server), name: Some(name), rtype: Some(rtype) }
    }

    /// A server as a whole.
    pub fn server(server: &'a Server) -> Self {
        Self { server: Some(server), ..Self::default() }
    }
}

/// A finding in the making.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// Instead of the rule's own severity.
    pub severity: Option<Severity>,
    /// What ought to be there.
    pub expected: Vec<String>,
    /// What is there.
    pub actual: Vec<String>,
    /// One sentence or two.
    pub message: String,
    /// Win32 error and event numbers.
    pub predicts: Vec<i64>,
    /// What to do, line by line.
    pub remedy: Vec<String>,
}
