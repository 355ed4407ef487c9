//! What ought to be: derived from configuration and evidence, without input or output.
//!
//! The inventory is derived anew whenever evidence has grown; it is never stored.

mod home;
mod servers;
mod unknown;

use std::net::{IpAddr, SocketAddr};

use ipnetwork::IpNetwork;

use crate::base::address::is_single;
use crate::base::guid::Guid;
use crate::base::name::DnsName;
use crate::base::natural;
use crate::config::{DomainController, Role};
use crate::evidence::Evidence;
pub use home::{is_at_home, is_beside_candidate};
pub use servers::Server;
pub use servers::derive as servers;
pub use unknown::find_servers;

/// The forest as it ought to be.
#[derive(Clone, Debug)]
pub struct Inventory {
    /// DNS name of the forest root domain.
    pub forest: DnsName,
    /// `_msdcs.<forest>`: where every alias stands.
    pub msdcs: DnsName,
    /// The servers to ask, by name.
    pub servers: Vec<Server>,
    /// Every known DC, by label.
    pub dcs: Vec<Dc>,
    /// Names that cannot exist: one under `_msdcs.<forest>`, one in each domain.
    pub canaries: Vec<DnsName>,
    /// guidpost runs on a machine of this forest, or on one that is to become its DC: the machine's own view counts.
    pub at_home: bool,
}

/// Where every resolver listens: no list of resolvers has room for another port.
const DNS_PORT: u16 = 53;

impl Inventory {
    /// The server at an address and port.
    pub fn server_at(&self, address: SocketAddr) -> Option<&Server> {
        self.servers.iter().find(|server| server.address == Some(address))
    }

    /// The server that runs on a DC: one that says so by `dc:`, else one at an address that the DC owns singly.
    pub fn server_on(&self, dc: &Dc) -> Option<&Server> {
        let stands = |server: &&Server| server.address.is_some_and(|address| dc.owns_exactly(address.ip()));
        self.server_said_on(dc).or_else(|| self.servers.iter().find(stands))
    }

    fn server_said_on(&self, dc: &Dc) -> Option<&Server> {
        self.servers.iter().find(|server| server.dc.as_ref().is_some_and(|host| dc.is_named(host.as_str())))
    }

    /// The server that one of a DC's `resolvers` means; loopback means the server on the DC itself, and an address of
    /// another DC the server that says by `dc:` that it runs there.
    ///
    /// # Errors
    /// There is no such server in this run; in words.
    pub fn resolver_of(&self, dc: &Dc, resolver: IpAddr) -> Result<&Server, String> {
        if resolver.is_loopback() {
            return self.server_on(dc).ok_or_else(|| {
                format!(
                    "its resolver {resolver} is the DNS server on {} itself, which is not asked in this run",
                    dc.label
                )
            });
        }
        let owners = || self.dcs.iter().filter(|other| other.owns_exactly(resolver));
        self.server_at((resolver, DNS_PORT).into())
            .or_else(|| owners().find_map(|owner| self.server_said_on(owner)))
            .ok_or_else(|| format!("its resolver {resolver} is not asked in this run"))
    }
}

/// A domain controller as it ought to be.
#[derive(Clone, Debug)]
pub struct Dc {
    /// Its position in the inventory.
    pub index: usize,
    /// What reports call it: host name, or GUID where no host name is known.
    pub label: String,
    /// Fully qualified host name.
    pub host: Option<DnsName>,
    /// objectGUID of its NTDS Settings object.
    pub guid: Option<Guid>,
    /// The GUID is not in the configuration: the machine itself told it.
    pub learned_guid: bool,
    /// `<guid>._msdcs.<forest>`.
    pub alias: Option<DnsName>,
    /// Addresses and networks that it owns; empty means not known.
    pub owns: Vec<IpNetwork>,
    /// Its domain; the host name without its first label where the configuration says nothing.
    pub domain: Option<DnsName>,
    /// Further host names that are rightly its own.
    pub other_names: Vec<DnsName>,
    /// Read-only: nobody replicates from it.
    pub read_only: bool,
    /// What it does, as configured.
    pub roles: Vec<Role>,
    /// Its site, as configured.
    pub site: Option<String>,
    /// The DNS servers that it uses itself, in order; empty means not known.
    pub resolvers: Vec<IpAddr>,
    /// Whether this run is about it; the others are known, but not judged.
    pub selected: bool,
}

impl Dc {
    /// Whether it owns this very address, by a single address in the configuration.
    pub fn owns_exactly(&self, address: IpAddr) -> bool {
        self.single_addresses().any(|own| own == address)
    }

    /// Whether it owns this address, singly or by a network.
    pub fn owns(&self, address: IpAddr) -> bool {
        self.owns.iter().any(|network| network.contains(address))
    }

    /// The single addresses that it owns.
    pub fn single_addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.owns.iter().filter(|network| is_single(network)).map(IpNetwork::ip)
    }

    /// Whether `name` is its host name or one of its other names.
    pub fn is_named(&self, name: &str) -> bool {
        self.names().any(|own| own.as_str() == name)
    }

    /// Its host name, and its other names.
    pub fn names(&self) -> impl Iterator<Item = &DnsName> {
        self.host.iter().chain(&self.other_names)
    }
}

/// Derives the inventory from what is configured and what has been seen so far.
pub fn derive(evidence: &Evidence) -> Inventory {
    let config = &evidence.config;
    let msdcs = config.forest.child("_msdcs");
    let mut dcs: Vec<Dc> = config
        .domain_controllers
        .iter()
        .map(|dc| (dc, dc.guid.or_else(|| learned_guid(evidence, dc.host.as_ref()?))))
        .map(|(dc, guid)| Dc {
            index: 0,
            learned_guid: dc.guid.is_none() && guid.is_some(),
            guid,
            alias: guid.map(|guid| msdcs.child(&guid.to_string())),
            // A machine that is still to become a DC is no partner of itself.
            selected: is_selected(dc, &evidence.selection.dcs) && !is_candidate(evidence, dc),
            label: label(dc),
            host: dc.host.clone(),
            owns: dc.addresses.clone(),
            domain: dc.domain.clone().or_else(|| dc.host.as_ref().and_then(DnsName::parent)),
            other_names: dc.other_names.clone(),
            read_only: dc.roles.contains(&Role::Rodc),
            roles: dc.roles.clone(),
            site: dc.site.clone(),
            resolvers: dc.resolvers.clone(),
        })
        .collect();
    dcs.sort_by(|a, b| natural::compare(&a.label, &b.label));
    for (index, dc) in dcs.iter_mut().enumerate() {
        dc.index = index;
    }
    let canaries = canaries(evidence.seed, &config.forest, &msdcs, &dcs);
    Inventory {
        forest: config.forest.clone(),
        msdcs,
        servers: servers::derive(evidence),
        dcs,
        canaries,
        at_home: is_at_home(evidence),
    }
}

/// The GUID that a DC's own machine gives, where the configuration has none: from every machine that calls itself by the
/// DC's host name and stands in this forest, if they agree. A GUID that the configuration gives to another DC is not its.
fn learned_guid(evidence: &Evidence, host: &DnsName) -> Option<Guid> {
    let said = evidence.machines.values().filter_map(|machine| {
        let root = machine.replies.rootdse.as_ref()?.answer()?;
        let forest = root.root_domain.as_ref().and_then(|name| name.dns_name());
        if forest.is_some_and(|forest| DnsName::parse(&forest).as_ref() != Ok(&evidence.config.forest)) {
            return None;
        }
        let name = DnsName::parse(root.host.as_deref()?).ok()?;
        (name == *host).then(|| root.ntds_guid()).flatten()
    });
    let configured = |guid: &Guid| evidence.config.domain_controllers.iter().any(|dc| dc.guid == Some(*guid));
    let mut guids: Vec<Guid> = said.filter(|guid| !configured(guid)).collect();
    guids.sort_unstable();
    guids.dedup();
    match guids[..] {
        [one] => Some(one),
        _ => None,
    }
}

fn is_candidate(evidence: &Evidence, dc: &DomainController) -> bool {
    evidence.purpose.candidate().is_some_and(|candidate| dc.host.as_ref() == Some(&candidate.host))
}

fn label(dc: &DomainController) -> String {
    match (&dc.host, dc.guid) {
        (Some(host), _) => host.to_string(),
        (None, Some(guid)) => guid.to_string(),
        (None, None) => String::from("?"),
    }
}

/// Whether `--dc` names this DC: by host name, its first label, or GUID; without `--dc` every DC is meant.
pub fn is_selected(dc: &DomainController, chosen: &[String]) -> bool {
    chosen.is_empty()
        || chosen.iter().any(|word| {
            let word = word.trim_end_matches('.').to_ascii_lowercase();
            dc.guid.is_some_and(|guid| guid.to_string() == word)
                || dc
                    .host
                    .as_ref()
                    .is_some_and(|host| host.as_str() == word || host.as_str().split('.').next() == Some(word.as_str()))
        })
}

/// One label under `_msdcs.<forest>`, another in every domain: nobody has registered them, so whoever answers lies.
fn canaries(seed: u64, forest: &DnsName, msdcs: &DnsName, dcs: &[Dc]) -> Vec<DnsName> {
    let mut domains: Vec<&DnsName> = dcs.iter().filter(|dc| dc.selected).filter_map(|dc| dc.domain.as_ref()).collect();
    domains.push(forest);
    domains.sort();
    domains.dedup();
    let mut names = vec![msdcs.child(&canary_label(seed, 0))];
    names.extend(domains.into_iter().map(|domain| domain.child(&canary_label(seed, 1))));
    names
}

/// A label that nobody can guess and that looks like any other host's.
fn canary_label(seed: u64, salt: u64) -> String {
    // SplitMix64: neighbouring seeds give unrelated labels.
    let mut mixed = seed.wrapping_add((salt + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    format!("gp-{:016x}", mixed ^ (mixed >> 31))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canaries_depend_on_the_seed_alone() {
        let forest = DnsName::parse("contoso.com").unwrap();
        let msdcs = forest.child("_msdcs");
        let names = canaries(7, &forest, &msdcs, &[]);
        assert_eq!(names, canaries(7, &forest, &msdcs, &[]));
        assert_ne!(names, canaries(8, &forest, &msdcs, &[]));
        assert_eq!(names.len(), 2);
        assert!(names[0].is_within(&msdcs) && !names[1].is_within(&msdcs));
    }
}
