//! What a run is for, and what only some runs ask.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::Record;
use crate::base::guid::Guid;
use crate::base::name::DnsName;
use crate::base::texts::Subject;

/// What a run is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// To verify the forest.
    #[default]
    Check,
    /// To see whether a machine can become a DC.
    Preflight(Candidate),
    /// To prove that nothing of a former DC is left.
    Gone(Departed),
    /// To say who is behind addresses, names and GUIDs.
    Identify(Inquiry),
}

impl Purpose {
    /// Whether this is the default.
    pub fn is_check(&self) -> bool {
        *self == Self::Check
    }

    /// The machine that is to become a DC, in a run that is for one.
    pub fn candidate(&self) -> Option<&Candidate> {
        match self {
            Self::Preflight(candidate) => Some(candidate),
            Self::Check | Self::Gone(_) | Self::Identify(_) => None,
        }
    }

    /// The former DC, in a run that is for one.
    pub fn departed(&self) -> Option<&Departed> {
        match self {
            Self::Gone(departed) => Some(departed),
            Self::Check | Self::Preflight(_) | Self::Identify(_) => None,
        }
    }

    /// Whom the run asks about, in a run that identifies them.
    pub fn inquiry(&self) -> Option<&Inquiry> {
        match self {
            Self::Identify(inquiry) => Some(inquiry),
            Self::Check | Self::Preflight(_) | Self::Gone(_) => None,
        }
    }
}

impl From<Candidate> for Purpose {
    fn from(candidate: Candidate) -> Self {
        Self::Preflight(candidate)
    }
}

impl From<Departed> for Purpose {
    fn from(departed: Departed) -> Self {
        Self::Gone(departed)
    }
}

impl From<Inquiry> for Purpose {
    fn from(inquiry: Inquiry) -> Self {
        Self::Identify(inquiry)
    }
}

/// A machine that is to become a DC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// Its fully qualified host name.
    pub host: DnsName,
    /// The domain that it will serve.
    pub domain: DnsName,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// Its site, where that is known.
    pub site: Option<String>,
    /// guidpost runs on it: its resolvers are those of this machine.
    pub here: bool,
}

/// A former DC, by everything that is known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Departed {
    /// objectGUIDs of its NTDS Settings objects.
    pub guids: Vec<Guid>,
    /// Its host names.
    pub hosts: Vec<DnsName>,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
}

/// Whom `identify` is asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inquiry {
    /// The addresses, host names and GUIDs, in the order in which they were given.
    pub subjects: Vec<Subject>,
    /// There is a configuration. Without one no DNS server was asked, and the machines alone count.
    pub configured: bool,
}

/// Something that was taken for granted because no configuration says it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Assumption {
    /// What it is about: `forest`, `server`, `dc`, `domain`, `left-out`.
    pub what: String,
    /// The value.
    pub value: String,
    /// Where it comes from, in words.
    pub from: String,
}

/// TCP or UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// A connection.
    Tcp,
    /// A datagram that the service behind the port answers.
    Udp,
}

/// A port of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// The machine.
    pub address: IpAddr,
    /// What carries it.
    pub layer: Layer,
    /// The number.
    pub port: u16,
}

/// What trying a port showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PortState {
    /// It accepts connections, or answers.
    Open,
    /// The machine says that nothing listens there.
    Closed,
    /// Nothing came back in time. Over UDP that says nothing.
    Silent,
    /// The network says that there is no way.
    Unreachable,
    /// It was not tried, or could not be; why.
    Untried(String),
}

/// How a zone transfer ended (RFC 5936).
#[derive(Clone, Debug, PartialEq)]
pub enum Transfer {
    /// Every record of the zone, from SOA to SOA, the SOA once.
    Whole(Vec<Record>),
    /// The server does not allow it; its response code.
    Refused(u16),
    /// It broke off, or the server does not speak TCP; in words.
    Failed(String),
}
