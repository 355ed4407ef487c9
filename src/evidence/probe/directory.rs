//! What a directory server says of itself over LDAP.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Clock, Denial};
use crate::base::guid::Guid;

/// The answer to an LDAP ping (MS-ADTS 6.3.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ping {
    /// What a domain controller says.
    Netlogon(Box<Netlogon>),
    /// Success without data: the server has nothing to say about what was asked (MS-ADTS 6.3.3.3).
    Empty,
}

/// How a domain controller feels (operation code of the reply, MS-ADTS 6.3.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PingState {
    /// 23: it serves.
    Ready,
    /// 24: paused, or not synchronized yet.
    Paused,
    /// 25: it does not know the user of the question; guidpost names none.
    UserUnknown,
}

/// NETLOGON_SAM_LOGON_RESPONSE_EX (MS-ADTS 6.3.1.9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Netlogon {
    /// Whether it serves.
    pub state: PingState,
    /// Its roles.
    pub flags: Flags,
    /// GUID of its domain.
    pub domain_guid: Guid,
    /// DNS name of its forest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forest: Option<String>,
    /// DNS name of its domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Its own DNS name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// NetBIOS name of its domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub netbios_domain: Option<String>,
    /// Its own NetBIOS name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub netbios_host: Option<String>,
    /// Its site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The site in which it sees the asking machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_site: Option<String>,
    /// The next closest site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_closest_site: Option<String>,
    /// What it believes its own IPv4 address to be; no identity (127.0.0.1 on a machine without any).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_address: Option<IpAddr>,
}

/// DS_FLAG of a ping reply (MS-ADTS 6.3.1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Flags(pub u32);

impl Flags {
    /// It holds the PDC role.
    pub fn is_pdc(self) -> bool {
        self.0 & 0x1 != 0
    }

    /// It is a global catalog, and ready as such.
    pub fn is_gc(self) -> bool {
        self.0 & 0x4 != 0
    }

    /// It is a Kerberos key distribution center.
    pub fn is_kdc(self) -> bool {
        self.0 & 0x20 != 0
    }

    /// Its directory can be written to.
    pub fn is_writable(self) -> bool {
        self.0 & 0x100 != 0
    }

    /// It is a read-only domain controller (DS_SELECT_SECRET_DOMAIN_6_FLAG).
    pub fn is_read_only(self) -> bool {
        self.0 & 0x800 != 0
    }
}

/// Object identifiers in supportedCapabilities (MS-ADTS 3.1.1.3.4.3).
pub mod capability {
    /// LDAP_CAP_ACTIVE_DIRECTORY_OID: AD DS or, on some versions, AD LDS.
    pub const ACTIVE_DIRECTORY: &str = "1.2.840.113556.1.4.800";
    /// LDAP_CAP_ACTIVE_DIRECTORY_ADAM_OID: AD LDS, which is no domain controller.
    pub const ADAM: &str = "1.2.840.113556.1.4.1851";
    /// LDAP_CAP_ACTIVE_DIRECTORY_PARTIAL_SECRETS_OID: a read-only domain controller.
    pub const PARTIAL_SECRETS: &str = "1.2.840.113556.1.4.1920";
}

/// A distinguished name, with the GUID and SID of its object where the server gave them (MS-ADTS 3.1.1.3.4.1.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryName {
    /// objectGUID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guid: Option<Guid>,
    /// objectSid, as `S-1-…` or hexadecimal, as sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// The name itself.
    pub dn: String,
}

/// What a directory server says in its rootDSE without a bind (MS-ADTS 3.1.1.3.2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RootDse {
    /// dsServiceName: its own NTDS Settings object; the GUID of this one is the label of the alias.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ntds_settings: Option<DirectoryName>,
    /// serverName: its server object, whose GUID is another one and identifies nothing here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<DirectoryName>,
    /// dnsHostName.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// ldapServiceName: `<forest>:<computer account>@<REALM>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ldap_service_name: Option<String>,
    /// defaultNamingContext: its domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<DirectoryName>,
    /// rootDomainNamingContext: the root domain of its forest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_domain: Option<DirectoryName>,
    /// configurationNamingContext: its GUID is the identity of the forest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<DirectoryName>,
    /// isSynchronized.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synchronized: Option<bool>,
    /// isGlobalCatalogReady.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gc_ready: Option<bool>,
    /// currentTime.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<Clock>,
    /// highestCommittedUSN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub highest_usn: Option<u64>,
    /// domainControllerFunctionality.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub functionality: Option<u32>,
    /// supportedCapabilities, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<String>,
    /// How it refused the extended-DN control, where it did; the rest was then asked without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_refused: Option<Denial>,
}

impl RootDse {
    /// Whether it is AD LDS, which has an NTDS Settings object and a configuration of its own but is no DC.
    pub fn is_lds(&self) -> bool {
        self.has_capability(capability::ADAM)
    }

    /// Whether the directory of a domain controller answers.
    pub fn is_dc(&self) -> bool {
        self.ntds_settings.is_some() && !self.is_lds()
    }

    /// The GUID of its own NTDS Settings object.
    pub fn ntds_guid(&self) -> Option<Guid> {
        self.ntds_settings.as_ref().filter(|_| self.is_dc())?.guid
    }

    /// Whether `oid` is among its capabilities.
    pub fn has_capability(&self, oid: &str) -> bool {
        self.capabilities.iter().any(|have| have == oid)
    }

    /// The site, from the name of its NTDS Settings object: `CN=NTDS Settings,CN=<server>,CN=Servers,CN=<site>,…`.
    pub fn site(&self) -> Option<String> {
        self.ntds_settings.as_ref()?.component(3)
    }
}

impl DirectoryName {
    /// The value of the component at this position, its escapes taken off (RFC 4514 section 2.4).
    pub fn component(&self, position: usize) -> Option<String> {
        let component = components(&self.dn).nth(position)?;
        let (_, value) = component.split_once('=')?;
        let mut octets = Vec::new();
        let mut rest = value.as_bytes();
        while let Some((&octet, behind)) = rest.split_first() {
            rest = behind;
            if octet != b'\\' {
                octets.push(octet);
                continue;
            }
            let hex = rest.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
            if let Some(code) = hex.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
                octets.push(code);
                rest = rest.get(2..).unwrap_or_default();
            } else if let Some((&literal, behind)) = rest.split_first() {
                octets.push(literal);
                rest = behind;
            }
        }
        Some(String::from_utf8_lossy(&octets).into_owned())
    }

    /// The DNS name that its `DC=` components spell (RFC 2247).
    pub fn dns_name(&self) -> Option<String> {
        let labels: Vec<&str> = components(&self.dn)
            .filter_map(|component| component.split_once('='))
            .filter(|(kind, _)| kind.trim().eq_ignore_ascii_case("dc"))
            .map(|(_, label)| label)
            .collect();
        (!labels.is_empty()).then(|| labels.join("."))
    }
}

/// The components of a name; a comma behind a backslash separates nothing.
fn components(dn: &str) -> impl Iterator<Item = &str> {
    let mut escaped = false;
    dn.split(move |c| {
        let separator = c == ',' && !escaped;
        escaped = c == '\\' && !escaped;
        separator
    })
}
