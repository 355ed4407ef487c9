//! Every key of the configuration file, once: what may stand there, its default, what it is for. The decoder refuses
//! what is not listed here, and the JSON Schema is made from it.

use super::keys::Shape::{
    Address, Bool, Date, Duration, Guid, List, Map, Name, NetworkMap, Number, Redirects, Retired, Rules, Server, Text,
    Word,
};

/// What may stand at a key.
#[cfg_attr(not(test), expect(dead_code, reason = "the schema, which a test makes, needs more of it than the decoder"))]
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    Bool,
    /// A whole number within limits.
    Number(u32, u32),
    Text,
    Name,
    Guid,
    Address,
    /// An address or a network.
    Network,
    /// An address or a network, or a map.
    NetworkMap(&'static [Key]),
    Duration,
    Date,
    /// A GUID or a name.
    Retired,
    /// An address or host name with or without port, or `system`.
    Endpoint,
    /// The same, or a map.
    Server(&'static [Key]),
    /// One of these words.
    Word(&'static [&'static str]),
    List(&'static Shape),
    Map(&'static [Key]),
    /// A map from rule names to maps of these keys.
    Rules(&'static [Key]),
    /// A map from addresses to where they are reached.
    Redirects,
}

impl Shape {
    /// Whether it is a single value: no list and no map.
    pub(super) fn is_scalar(&self) -> bool {
        !matches!(self, List(_) | Map(_) | Rules(_) | Redirects)
    }
}

/// One key of a map.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) need: Need,
    /// What it is for.
    pub(super) about: &'static str,
}

/// Whether a key must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Required,
    /// Nothing is assumed where it is missing.
    Optional,
    /// Assumed where it is missing, as JSON.
    Default(&'static str),
}

const fn key(name: &'static str, shape: Shape, need: Need, about: &'static str) -> Key {
    Key { name, shape, need, about }
}

const EMPTY: Need = Need::Default("[]");
const NO: Need = Need::Default("false");
use Need::{Default as Or, Optional, Required};

/// The keys of the file itself.
pub(super) const ROOT: &[Key] = &[
    key("forest", Name, Required, "DNS name of the forest root domain."),
    key(
        "dns_servers",
        List(&Server(SERVER)),
        Required,
        "The DNS servers to ask, each by itself; at least one. An address, a host name, `system` for every resolver that \
         this machine is configured with, or a map.",
    ),
    key("domain_controllers", List(&Map(CONTROLLER)), EMPTY, "The domain controllers whose records are verified."),
    key(
        "retired",
        List(&Retired),
        EMPTY,
        "GUIDs of NTDS Settings objects and host names of former domain controllers, of which nothing may be left.",
    ),
    key(
        "complete",
        Bool,
        NO,
        "true: `domain_controllers` lists every domain controller of the forest, so that any other one in DNS is a \
         leftover.",
    ),
    key("locator_records", Bool, Or("true"), "Whether SRV, apex and gc records are verified too."),
    key("domains", List(&Map(DOMAIN)), EMPTY, "What is known of the forest's domains."),
    key(
        "expected_ttls",
        List(&Number(0, 2_147_483_647)),
        Or("[600, 1200, 3600, 900]"),
        "TTLs in seconds that are usual here: Netlogon, DNS client, DNS service, Samba.",
    ),
    key(
        "networks",
        List(&NetworkMap(NETWORK)),
        EMPTY,
        "Networks of the site plan: the addresses of a domain controller should not lie in several of them.",
    ),
    key(
        "avoid_networks",
        List(&Shape::Network),
        Or("[\"169.254.0.0/16\"]"),
        "Networks of which no domain controller may register an address.",
    ),
    key("rules", Rules(RULE), Or("{}"), "Settings of single rules, by their names; `guidpost rules` lists them."),
    key("waivers", List(&Map(WAIVER)), EMPTY, "Findings that are known and accepted."),
    key("query", Map(QUERY), Or("{}"), "How DNS is asked."),
    key("probe", Map(PROBE), Or("{}"), "How machines are asked who they are."),
];

/// The keys of a DNS server.
pub(super) const SERVER: &[Key] = &[
    key("name", Text, Optional, "Its name in reports; the address or host name where none is given."),
    key("address", Shape::Endpoint, Required, "Its address or host name; `system` for this machine's own resolvers."),
    key("port", Number(1, 65535), Or("53"), "UDP and TCP port."),
    key("authoritative", Bool, NO, "true: it should answer with authority for the forest's zones."),
    key("secondary", Bool, NO, "true: it is a classic secondary and may lag behind its master."),
    key("dc", Name, Optional, "Host name of the domain controller that it runs on."),
    key("zones", List(&Name), EMPTY, "The zones that it serves; none for not stated."),
    key("master", Text, Optional, "Name of the server that it transfers from, with `secondary: true`."),
];

/// The keys of a domain controller.
pub(super) const CONTROLLER: &[Key] = &[
    key("host", Name, Optional, "Fully qualified host name; this or `guid` is needed."),
    key("guid", Guid, Optional, "objectGUID of its NTDS Settings object, the label of its alias in `_msdcs`."),
    key("addresses", List(&Shape::Network), EMPTY, "Addresses and networks that it owns; none for not known."),
    key("domain", Name, Optional, "DNS name of its domain; the host name without its first label if missing."),
    key("site", Text, Optional, "Name of its site as Active Directory has it, without a dot; blanks are allowed."),
    key("other_names", List(&Name), EMPTY, "Further host names that are rightly its own."),
    key("roles", List(&Word(ROLES)), EMPTY, "What it does."),
    key("resolvers", List(&Address), EMPTY, "The DNS servers that it uses itself, in order."),
    key(
        "avoid_records",
        List(&Word(MNEMONICS)),
        EMPTY,
        "Mnemonics of the records that it is told not to register (DnsAvoidRegisterRecords), as in branch offices.",
    ),
];

/// The keys of a domain.
pub(super) const DOMAIN: &[Key] = &[
    key("name", Name, Required, "DNS name."),
    key("guid", Guid, Optional, "objectGUID of the domain, the label of its `domains._msdcs` record."),
    key("netbios", Text, Optional, "NetBIOS name."),
];

/// The keys of a network.
pub(super) const NETWORK: &[Key] = &[
    key("name", Text, Optional, "Its name in reports."),
    key("cidr", Shape::Network, Required, "The network, such as 198.51.100.0/24."),
];

/// The keys of a rule's settings.
pub(super) const RULE: &[Key] =
    &[key("severity", Word(SEVERITIES), Required, "Severity of its findings; off turns the rule off.")];

/// The keys of a waiver.
pub(super) const WAIVER: &[Key] = &[
    key("rule", Text, Required, "Name of the rule."),
    key("dc", Text, Optional, "Only findings about this domain controller: its host name, or GUID."),
    key("server", Text, Optional, "Only findings at this DNS server: its name in reports."),
    key("until", Date, Optional, "Last day on which it counts, UTC."),
    key("reason", Text, Required, "Why the findings are accepted."),
];

/// The keys of `query`.
pub(super) const QUERY: &[Key] = &[
    key("timeout", Duration, Or("\"2s\""), "How long a reply is waited for."),
    key("tries", Number(1, 10), Or("2"), "How often a question is sent at most."),
    key("window", Number(1, 4096), Or("128"), "How many questions may wait for their reply at one server."),
    key("max_queries_per_second", Number(0, 1_000_000), Or("0"), "Questions per second and server; 0 for no limit."),
    key("deadline", Duration, Optional, "How long the whole run may take; no limit if missing."),
];

/// The keys of `probe`.
pub(super) const PROBE: &[Key] = &[
    key("enabled", Bool, Or("true"), "Whether machines are asked who they are."),
    key("timeout", Duration, Or("\"1500ms\""), "How long a reply is waited for, per protocol."),
    key(
        "protocols",
        List(&Word(PROTOCOLS)),
        Or("[\"cldap\", \"ldap\", \"epm\", \"ntlm\", \"netbios\"]"),
        "Which protocols are used.",
    ),
    key("exclude", List(&Shape::Network), EMPTY, "Addresses and networks that are never contacted."),
    key(
        "redirect",
        Redirects,
        Or("{}"),
        "Where to reach an address instead, behind NAT and in tests: an address, perhaps with a base port to which the \
         port of each protocol is added; or none, to never contact it.",
    ),
];

pub(super) const ROLES: &[&str] = &["gc", "pdc", "rodc", "dns"];

pub(super) const PROTOCOLS: &[&str] = &["cldap", "ldap", "epm", "ntlm", "netbios"];

pub(super) const SEVERITIES: &[&str] = &["off", "info", "warning", "critical"];

/// The records that Netlogon can be told not to register (MS-ADTS 6.3.2.3, KB 267855).
pub(super) const MNEMONICS: &[&str] = &[
    "LdapIpAddress",
    "Ldap",
    "LdapAtSite",
    "Pdc",
    "Gc",
    "GcAtSite",
    "DcByGuid",
    "GcIpAddress",
    "DsaCname",
    "Kdc",
    "KdcAtSite",
    "Dc",
    "DcAtSite",
    "Rfc1510Kdc",
    "Rfc1510KdcAtSite",
    "Rfc1510UdpKdc",
    "Rfc1510Kpwd",
    "Rfc1510UdpKpwd",
    "GenericGc",
    "GenericGcAtSite",
];
