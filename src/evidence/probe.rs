//! What the machine behind an address said of itself: plain data, nothing concluded.
//!
//! In JSON a reply is `{"answer": {…}}` or `{"failure": {"kind": "…", "detail": …}}`; field names are in snake case,
//! GUIDs, times (RFC 3339) and status codes (`0x16c9a0d6`) are text. Text from the wire stands here as the machine sent
//! it, its case kept, at most a few hundred octets long.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::guid::Guid;

mod directory;
mod machine;
pub use directory::{DirectoryName, Flags, Netlogon, Ping, PingState, RootDse, capability};
pub use machine::{Challenge, Connected, Endpoint, Mapping, NetbiosName, NodeStatus};

/// Everything that one address said; `None` is a protocol that nobody spoke with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AddressReplies {
    /// LDAP ping, UDP 389.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cldap: Option<Reply<Ping>>,
    /// rootDSE, TCP 389.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rootdse: Option<Reply<RootDse>>,
    /// Endpoint mapper about DRSUAPI, TCP 135.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epm: Option<Reply<Mapping>>,
    /// A connection to the port that the endpoint mapper named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drsuapi_port: Option<Reply<Connected>>,
    /// NTLM challenge over RPC, TCP 135.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ntlm_rpc: Option<Reply<Challenge>>,
    /// NTLM challenge over SMB2, TCP 445.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ntlm_smb: Option<Reply<Challenge>>,
    /// NetBIOS node status, UDP 137.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub netbios: Option<Reply<NodeStatus>>,
}

impl AddressReplies {
    /// The failures of all protocols that brought no answer, in fixed order.
    pub fn failures(&self) -> impl Iterator<Item = &Failure> {
        fn failure<T>(reply: &Option<Reply<T>>) -> Option<&Failure> {
            reply.as_ref().and_then(Reply::failure)
        }
        [
            failure(&self.cldap),
            failure(&self.rootdse),
            failure(&self.epm),
            failure(&self.ntlm_rpc),
            failure(&self.ntlm_smb),
            failure(&self.netbios),
        ]
        .into_iter()
        .flatten()
    }

    /// Whether any protocol brought an answer.
    pub fn any_answer(&self) -> bool {
        fn answered<T>(reply: &Option<Reply<T>>) -> bool {
            matches!(reply, Some(Reply::Answer(_)))
        }
        answered(&self.cldap)
            || answered(&self.rootdse)
            || answered(&self.epm)
            || answered(&self.ntlm_rpc)
            || answered(&self.ntlm_smb)
            || answered(&self.netbios)
    }

    /// Whether anybody asked this address anything.
    pub fn any_asked(&self) -> bool {
        self.any_answer() || self.failures().next().is_some()
    }

    /// The GUID of the NTDS Settings object that the machine's own directory looks for and does not find, where it says so.
    pub fn lost_settings(&self) -> Option<Guid> {
        match self.rootdse.as_ref()?.failure()? {
            Failure::Denied(denial) => denial.lost_settings(),
            _ => None,
        }
    }

    /// Whether TCP 135 accepted a connection; `None` if it was not tried. An RPC client moves on to the next address
    /// only from one that does not.
    pub fn rpc_port_open(&self) -> Option<bool> {
        fn heard<T>(reply: &Option<Reply<T>>) -> Option<bool> {
            // What this machine could not ask says nothing about the port.
            let tried = reply.as_ref().filter(|reply| !matches!(reply.failure(), Some(Failure::Local(_))));
            tried.map(Reply::was_heard)
        }
        let (epm, ntlm) = (heard(&self.epm), heard(&self.ntlm_rpc));
        match (epm, ntlm) {
            (None, None) => None,
            (epm, ntlm) => Some(epm == Some(true) || ntlm == Some(true)),
        }
    }
}

/// How one protocol ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply<T> {
    /// A reply that could be read.
    Answer(T),
    /// There is none.
    Failure(Failure),
}

impl<T> Reply<T> {
    /// The answer, if there is one.
    pub fn answer(&self) -> Option<&T> {
        match self {
            Self::Answer(answer) => Some(answer),
            Self::Failure(_) => None,
        }
    }

    /// Why there is no answer.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Answer(_) => None,
            Self::Failure(failure) => Some(failure),
        }
    }

    /// Whether something listens on the port, whatever it said.
    pub fn was_heard(&self) -> bool {
        self.failure().is_none_or(Failure::was_heard)
    }
}

impl<T> From<Result<T, Failure>> for Reply<T> {
    fn from(result: Result<T, Failure>) -> Self {
        result.map_or_else(Self::Failure, Self::Answer)
    }
}

/// Why a protocol brought no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", content = "detail", rename_all = "kebab-case")]
pub enum Failure {
    /// Nothing came back at all: a filter, or no such machine.
    #[error("timeout")]
    Timeout,
    /// A connection was accepted, but no whole reply came in time.
    #[error("connected, but no whole reply came in time")]
    Stalled,
    /// The machine lives, and says that nothing listens on the port (RST, ICMP port unreachable).
    #[error("refused")]
    Refused,
    /// The network says that there is no way to the address.
    #[error("unreachable")]
    Unreachable,
    /// A connection was accepted, and closed before a whole reply had come.
    #[error("the connection was closed without a reply")]
    Closed,
    /// Something came that is no reply of this protocol.
    #[error("malformed: {0}")]
    Malformed(String),
    /// The machine understands, and refuses to tell.
    #[error("denied: {0}")]
    Denied(Denial),
    /// This machine could not ask; nothing is known about the other one.
    #[error("not asked: {0}")]
    Local(String),
}

impl Failure {
    /// Whether something listens on the port.
    pub fn was_heard(&self) -> bool {
        matches!(self, Self::Stalled | Self::Closed | Self::Malformed(_) | Self::Denied(_))
    }
}

/// In which words a machine refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Denial {
    /// An RPC fault PDU; 0x00000005 is "access denied" (C706 appendix E, MS-RPCE 2.2.2.11).
    #[error("fault {0}")]
    Fault(Status),
    /// An RPC bind_nak PDU with its reason (C706 section 12.6.4.5).
    #[error("bind_nak, reason {0}")]
    BindNak(u16),
    /// A bind_ack whose only presentation context was rejected.
    #[error("bind rejected, reason {0}")]
    BindRejected(u16),
    /// An LDAP result code other than success (RFC 4511 appendix A).
    #[error("LDAP result {code} {text:?}")]
    Ldap {
        /// The result code.
        code: u32,
        /// The diagnostic message, shortened.
        text: String,
    },
    /// An SMB2 status (MS-ERREF 2.3); 0xc00000bb where NTLM is forbidden.
    #[error("SMB status {0}")]
    Smb(Status),
}

/// operationsError (RFC 4511 appendix A.1).
const OPERATIONS_ERROR: u32 = 1;
/// What Samba's rootDSE says of the NTDS Settings object that the server was started with, and that is gone.
const LOST_SETTINGS: &str = "Failed to find full DN for dsServiceName: <GUID=";

impl Denial {
    /// The GUID of the NTDS Settings object that a directory server was started with and no longer has, where it refuses
    /// for that reason. Whatever is not this very sentence, a GUID in it, says nothing.
    pub fn lost_settings(&self) -> Option<Guid> {
        let Self::Ldap { code: OPERATIONS_ERROR, text } = self else { return None };
        let (before, behind) = text.split_once(LOST_SETTINGS)?;
        let (guid, rest) = behind.split_once('>')?;
        // In front there may be an error number, as in other texts of the same server; behind it, the rest of a name.
        let whole = (before.is_empty() || before.ends_with(": ")) && (rest.is_empty() || rest.starts_with(';'));
        Guid::parse_extended(guid).ok().filter(|guid| whole && !guid.is_nil())
    }
}

/// A status code of RPC, the endpoint mapper or SMB; its text is hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Status(pub u32);

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.strip_prefix("0x").filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        digits
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("a status is written like 0x16c9a0d6"))
    }
}

/// The other machine's clock beside this one's at the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// What the reply says.
    pub theirs: Timestamp,
    /// When it arrived.
    pub ours: Timestamp,
}

impl Clock {
    /// How many seconds the other clock is ahead; negative if it is behind.
    pub fn ahead(&self) -> i64 {
        self.theirs.as_second().saturating_sub(self.ours.as_second())
    }
}

#[cfg(test)]
mod tests;
