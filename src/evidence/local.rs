//! What the machine that guidpost runs on is configured with, and what its own resolution says.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::base::name::DnsName;
use crate::config::quote;

/// How much of the machine's own configuration was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LocalStage {
    /// Only the addresses of its interfaces: whether it is one of the forest's own machines.
    #[default]
    Addresses,
    /// Everything.
    Configuration,
}

/// What this machine is configured with. Text stands here as it was found, in order and with duplicates; nothing is
/// concluded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LocalView {
    /// How much was read.
    pub stage: LocalStage,
    /// `linux`, `windows` and so on.
    pub system: String,
    /// Its own fully qualified host name, or what is known of it.
    pub host: Option<String>,
    /// Its primary DNS suffix.
    pub domain: Option<String>,
    /// The suffixes that are tried behind short names, in order.
    pub suffixes: Vec<String>,
    /// Its network interfaces.
    pub interfaces: Vec<Interface>,
    /// The resolvers that it is configured with, in order, as often as they are listed.
    pub resolvers: Vec<LocalResolver>,
    /// The lines of its hosts and lmhosts files that name addresses.
    pub names: Vec<NameLine>,
    /// The records that it registers, from `netlogon.dns` or Samba's `dns_update_cache`.
    pub records: Vec<LocalRecord>,
    /// What says to which domain it belongs, the surest first.
    pub domains: Vec<DomainHint>,
    /// What could not be read, or only in part.
    pub troubles: Vec<String>,
}

/// A network interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Interface {
    /// Its name, for people.
    pub name: String,
    /// It reaches this machine alone.
    pub loopback: bool,
    /// Its addresses.
    pub addresses: Vec<InterfaceAddress>,
    /// Whether Windows registers its addresses in DNS (IP_ADAPTER_DDNS_ENABLED); `None` where that is not known.
    pub registers: Option<bool>,
    /// Its own DNS suffix.
    pub suffix: Option<String>,
}

/// An address of an interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterfaceAddress {
    /// The address.
    pub address: IpAddr,
    /// Length of the prefix of its network, in bits.
    pub prefix: u8,
    /// Whether Windows may register it (IP_ADAPTER_ADDRESS_DNS_ELIGIBLE); `None` where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eligible: Option<bool>,
    /// It belongs to a cluster and may move away (IP_ADAPTER_ADDRESS_TRANSIENT).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub transient: bool,
}

/// A resolver that this machine is configured with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalResolver {
    /// Where it is.
    pub address: SocketAddr,
    /// The interface that it is configured for; `None` where resolvers belong to no interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
}

/// A line of a hosts or lmhosts file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameLine {
    /// The file.
    pub file: String,
    /// The line in it, from 1.
    pub line: u32,
    /// The address.
    pub address: IpAddr,
    /// The names, as they stand there.
    pub names: Vec<String>,
}

/// A record that this machine registers, from a file of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalRecord {
    /// The file.
    pub file: String,
    /// The line in it, from 1.
    pub line: u32,
    /// Owner name, in lower case, without final dot.
    pub name: String,
    /// Record type, by its mnemonic.
    #[serde(rename = "type")]
    pub rtype: String,
    /// TTL in seconds, where the file has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u32>,
    /// Rdata: an address, a name, or `priority weight port target`; names in lower case, without final dot.
    pub data: String,
}

/// Something that says to which domain this machine belongs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DomainHint {
    /// DNS name of the domain, in lower case, without final dot.
    pub domain: String,
    /// Where it stands, in words: a file and key, a registry value.
    pub source: String,
}

/// What this machine's own resolution (getaddrinfo: hosts file, cache, DNS) says of a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LookedUp {
    /// Its addresses, sorted.
    Addresses(Vec<IpAddr>),
    /// The system says that there is no such name, or that it has no address.
    Missing,
    /// It could not be said; what the system said.
    Failed(String),
}

/// Domains that only say that nobody gave the machine one.
const NO_DOMAIN: [&str; 2] = ["localdomain", "localhost"];

impl LocalView {
    /// What of this is known after reading so much.
    #[must_use]
    pub fn up_to(&self, stage: LocalStage) -> Self {
        match stage {
            LocalStage::Addresses => {
                Self { stage, system: self.system.clone(), interfaces: self.interfaces.clone(), ..Self::default() }
            }
            LocalStage::Configuration => Self { stage, ..self.clone() },
        }
    }

    /// Adds what says to which domain this machine belongs, less sure than all before; a single label is the least sure
    /// of all. A domain that is known already stays where it is.
    pub fn hint(&mut self, domain: &str, source: String) {
        let Ok(name) = DnsName::parse(domain) else {
            self.troubles.push(format!("{source}: {} is no DNS name", quote(domain)));
            return;
        };
        let domain = name.as_str();
        if NO_DOMAIN.contains(&domain) || self.domains.iter().any(|known| known.domain == domain) {
            return;
        }
        let is_single = |domain: &str| !domain.contains('.');
        let singles = self.domains.iter().position(|known| is_single(&known.domain));
        let place = singles.filter(|_| !is_single(domain)).unwrap_or(self.domains.len());
        self.domains.insert(place, DomainHint { domain: domain.to_owned(), source });
    }

    /// Every address of every interface, those of loopback interfaces too.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.interfaces.iter().flat_map(|interface| &interface.addresses).map(|own| own.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_stand_surest_first_and_single_labels_last() {
        let mut view = LocalView::default();
        for domain in ["CORP", "Contoso.com.", "localdomain", "contoso.com", "a b", "corp.example", "local"] {
            view.hint(domain, format!("test of {domain}"));
        }
        let domains: Vec<_> = view.domains.iter().map(|hint| hint.domain.as_str()).collect();
        assert_eq!(domains, ["contoso.com", "corp.example", "corp", "local"]);
        assert_eq!(view.domains[0].source, "test of Contoso.com.");
        assert_eq!(view.troubles, ["test of a b: `a b` is no DNS name"]);
    }

    #[test]
    fn the_first_stage_knows_addresses_alone() {
        let own = InterfaceAddress { address: [192, 0, 2, 1].into(), prefix: 24, eligible: None, transient: false };
        let interface = Interface { addresses: vec![own], ..Interface::default() };
        let all = LocalView { host: Some("dc1".into()), interfaces: vec![interface], ..LocalView::default() };
        let early = all.up_to(LocalStage::Addresses);
        assert_eq!((early.host.as_ref(), early.addresses().count()), (None, 1));
        let late = all.up_to(LocalStage::Configuration);
        assert_eq!(late, LocalView { stage: LocalStage::Configuration, ..all });
    }
}
