//! What any machine says of itself: its endpoint mapper, NTLM and NetBIOS.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::{Clock, Status};

/// What the endpoint mapper says of DRSUAPI over TCP (MS-RPCE 2.2.1.2.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mapping {
    /// It is registered.
    Registered(Endpoint),
    /// 0x16c9a0d6: no such element; a client sees error 1753.
    NotRegistered,
    /// Another status.
    Status(Status),
}

/// Where DRSUAPI listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// TCP port.
    pub port: u16,
    /// The machine's own idea of its address; no identity. Absent for 0.0.0.0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Ipv4Addr>,
}

/// A port accepted a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connected {
    /// The port.
    pub port: u16,
}

/// What an NTLM CHALLENGE_MESSAGE says of the machine (MS-NLMP 2.2.1.2, 2.2.2.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Challenge {
    /// MsvAvNbComputerName.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub netbios_host: Option<String>,
    /// MsvAvNbDomainName; the computer's own name on a machine outside any domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub netbios_domain: Option<String>,
    /// MsvAvDnsComputerName.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// MsvAvDnsDomainName.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// MsvAvDnsTreeName: the forest. Samba does not send it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forest: Option<String>,
    /// MsvAvTimestamp.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<Clock>,
    /// `major.minor.build` of the operating system; Samba always says 6.1.0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

impl Challenge {
    /// Whether there is a name of the machine in it.
    pub fn names_anybody(&self) -> bool {
        self.host.is_some() || self.netbios_host.is_some()
    }
}

/// The names that a machine holds (RFC 1002 section 4.2.18).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeStatus {
    /// In the order of the reply.
    pub names: Vec<NetbiosName>,
}

/// One NetBIOS name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetbiosName {
    /// At most 15 characters, without the padding.
    pub name: String,
    /// The 16th octet: what the name is used for (MS-NBTE 1.8).
    pub suffix: u8,
    /// Held by a group of machines.
    pub group: bool,
}

impl NodeStatus {
    /// Computer names: unique, suffix 00 or 20.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.names
            .iter()
            .filter(|name| !name.group && matches!(name.suffix, 0x00 | 0x20))
            .map(|name| name.name.as_str())
    }

    /// Domain or workgroup: a group name with suffix 00.
    pub fn domain(&self) -> Option<&str> {
        let found = self.names.iter().find(|name| name.group && name.suffix == 0x00 && !name.name.starts_with('\u{1}'));
        found.map(|name| name.name.as_str())
    }

    /// Whether it calls itself a DC (`<1C>`), which does not prove that its directory runs.
    pub fn claims_dc(&self) -> bool {
        self.names.iter().any(|name| name.group && name.suffix == 0x1c)
    }
}
