//! The configuration, complete and valid: what every later stage works from.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnetwork::IpNetwork;
use jiff::civil::Date;

use crate::base::guid::Guid;
use crate::base::name::DnsName;
use crate::base::severity::Severity;

/// Everything the configuration file says, defaults filled in, arguments laid over it, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// DNS name of the forest root domain.
    pub forest: DnsName,
    /// The DNS servers to ask, each by itself; at least one.
    pub dns_servers: Vec<DnsServer>,
    /// The domain controllers whose records are verified; may be empty.
    pub domain_controllers: Vec<DomainController>,
    /// GUIDs and hosts of which nothing may be left.
    pub retired: Vec<Retired>,
    /// Whether `domain_controllers` names every DC of the forest.
    pub complete: bool,
    /// Whether SRV, apex and gc records are verified too.
    pub locator_records: bool,
    /// What is known of the forest's domains.
    pub domains: Vec<Domain>,
    /// TTLs in seconds that are usual here.
    pub expected_ttls: Vec<u32>,
    /// Networks of the site plan, for the same-network rule.
    pub networks: Vec<Network>,
    /// Networks of which no DC may register an address.
    pub avoid_networks: Vec<IpNetwork>,
    /// Severity overrides by rule name.
    pub rules: BTreeMap<String, RuleSetting>,
    /// Findings that are known and accepted.
    pub waivers: Vec<Waiver>,
    /// How DNS is asked.
    pub query: Query,
    /// How machines are asked who they are.
    pub probe: Probe,
}

/// One entry of `dns_servers`.
#[derive(Clone, Debug, PartialEq)]
pub struct DnsServer {
    /// The name that reports use; the address or host name where none is given.
    pub name: Option<String>,
    /// Where it is.
    pub address: ServerAddress,
    /// UDP and TCP port, 53 by default.
    pub port: u16,
    /// It should answer with authority for the forest's zones.
    pub authoritative: bool,
    /// It is a classic secondary, and may lag behind its master.
    pub secondary: bool,
    /// Host name of the DC that it runs on.
    pub dc: Option<DnsName>,
    /// The zones that it serves; empty when not stated.
    pub zones: Vec<DnsName>,
    /// Name of the server that it transfers from (with `secondary`).
    pub master: Option<String>,
}

impl DnsServer {
    /// A server of which only the address is known; at port 53 unless another is given.
    pub fn plain(address: ServerAddress, port: Option<u16>) -> Self {
        Self {
            name: None,
            address,
            port: port.unwrap_or(53),
            authoritative: false,
            secondary: false,
            dc: None,
            zones: Vec::new(),
            master: None,
        }
    }
}

/// How a DNS server is found.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerAddress {
    /// An address; the scope id of a link-local IPv6 address may be a number or an interface name.
    Ip {
        /// The address itself.
        address: IpAddr,
        /// What stands behind `%`.
        scope: Option<String>,
    },
    /// A host name, resolved by this machine when the run starts; every address becomes a server.
    Host(DnsName),
    /// Every resolver that this machine is configured with.
    System,
}

/// One entry of `domain_controllers`: has a GUID, a host name, or both.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DomainController {
    /// Fully qualified host name.
    pub host: Option<DnsName>,
    /// objectGUID of its NTDS Settings object.
    pub guid: Option<Guid>,
    /// Addresses and networks that it owns; empty means not known.
    pub addresses: Vec<IpNetwork>,
    /// DNS name of its domain; by default the host name without its first label.
    pub domain: Option<DnsName>,
    /// Site name.
    pub site: Option<String>,
    /// Further host names that are rightly its own.
    pub other_names: Vec<DnsName>,
    /// What it does.
    pub roles: Vec<Role>,
    /// The DNS servers that it uses itself, in order.
    pub resolvers: Vec<IpAddr>,
    /// Mnemonics of records that it is told not to register.
    pub avoid_records: Vec<String>,
}

/// A role of a domain controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Global catalog.
    Gc,
    /// PDC emulator of its domain.
    Pdc,
    /// Read-only domain controller.
    Rodc,
    /// Runs a DNS server.
    Dns,
}

/// One entry of `retired`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Retired {
    /// objectGUID of a former NTDS Settings object.
    Guid(Guid),
    /// A former host name.
    Host(DnsName),
}

/// One entry of `domains`.
#[derive(Clone, Debug, PartialEq)]
pub struct Domain {
    /// DNS name.
    pub name: DnsName,
    /// objectGUID of the domain.
    pub guid: Option<Guid>,
    /// NetBIOS name.
    pub netbios: Option<String>,
}

/// One entry of `networks`.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// A name for reports.
    pub name: Option<String>,
    /// The network.
    pub cidr: IpNetwork,
}

/// What `rules:` says of one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleSetting {
    /// The severity of its findings; `None` turns the rule off.
    pub severity: Option<Severity>,
}

/// One entry of `waivers`: findings that are known and accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiver {
    /// Rule name.
    pub rule: String,
    /// Only findings about this DC (its host name, or GUID).
    pub dc: Option<String>,
    /// Only findings at this DNS server (its name in the report).
    pub server: Option<String>,
    /// Last day on which it counts, UTC.
    pub until: Option<Date>,
    /// Why it is accepted; never empty.
    pub reason: String,
}

/// `query:`.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// How long a reply is waited for.
    pub timeout: Duration,
    /// How often a question is sent at most; at least 1.
    pub tries: u32,
    /// How many questions may wait for their reply at one server.
    pub window: u32,
    /// Per server; 0 is no limit.
    pub max_queries_per_second: u32,
    /// For the whole run; `None` is no limit.
    pub deadline: Option<Duration>,
}

/// `probe:`.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// Whether machines are asked at all.
    pub enabled: bool,
    /// Per protocol.
    pub timeout: Duration,
    /// Which protocols.
    pub protocols: Vec<Protocol>,
    /// Networks never contacted.
    pub exclude: Vec<IpNetwork>,
    /// Where to reach an address instead of itself; `None` is "nowhere".
    pub redirect: BTreeMap<IpAddr, Option<SocketAddr>>,
}

/// An identity probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// LDAP ping, UDP 389.
    Cldap,
    /// rootDSE, TCP 389.
    Ldap,
    /// RPC endpoint mapper, TCP 135.
    Epm,
    /// NTLM challenge, TCP 135 or 445.
    Ntlm,
    /// NetBIOS node status, UDP 137.
    Netbios,
}

/// `query:` when the file says nothing.
impl Default for Query {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(2), tries: 2, window: 128, max_queries_per_second: 0, deadline: None }
    }
}

/// `probe:` when the file says nothing.
impl Default for Probe {
    fn default() -> Self {
        Self {
            enabled: true,
            timeout: Duration::from_millis(1500),
            protocols: vec![Protocol::Cldap, Protocol::Ldap, Protocol::Epm, Protocol::Ntlm, Protocol::Netbios],
            exclude: Vec::new(),
            redirect: BTreeMap::new(),
        }
    }
}
