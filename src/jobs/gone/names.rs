//! Where the records of a DC stand: every owner name that a DC registers, or that holds its address.

use std::collections::BTreeSet;

use super::Former;
use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::inventory::Inventory;

/// What a record is for; each is an item of the checklist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// `<guid>._msdcs.<forest>`.
    Alias,
    /// The host name.
    Host,
    /// The names of forest, domains and application partitions.
    Apex,
    /// `gc._msdcs.<forest>`.
    Gc,
    /// Service records, generic and of every site.
    Srv,
    /// Name servers of the zones.
    Ns,
    /// Reverse records.
    Ptr,
}

impl Item {
    /// All, in the order of the checklist.
    pub const ALL: [Self; 7] = [Self::Alias, Self::Host, Self::Apex, Self::Gc, Self::Srv, Self::Ns, Self::Ptr];

    /// What a record of this name and type is for.
    pub fn of(inventory: &Inventory, former: &Former, name: &DnsName, rtype: RecordType) -> Self {
        match rtype {
            RecordType::SRV => Self::Srv,
            RecordType::NS => Self::Ns,
            RecordType::PTR => Self::Ptr,
            _ if former.hosts.contains(name) => Self::Host,
            _ if former.aliases.contains(name) => Self::Alias,
            _ if *name == inventory.msdcs.child("gc") => Self::Gc,
            _ if former.shared.contains(name) => Self::Apex,
            _ if name.is_within(&inventory.msdcs) => Self::Alias,
            _ => Self::Host,
        }
    }
}

const BOTH: [RecordType; 2] = [RecordType::A, RecordType::AAAA];

impl Former {
    /// Every name that is to be asked for at every server, with its type, sorted.
    pub fn questions(&self, inventory: &Inventory) -> Vec<(DnsName, RecordType)> {
        let mut all = Vec::new();
        for name in self.aliases.iter().chain(&self.hosts) {
            all.push((name.clone(), RecordType::CNAME));
        }
        for name in self.aliases.iter().chain(&self.hosts).chain(&self.shared) {
            all.extend(BOTH.map(|rtype| (name.clone(), rtype)));
        }
        if !self.hosts.is_empty() {
            all.extend(self.services(inventory).into_iter().map(|name| (name, RecordType::SRV)));
            all.extend(self.zones(inventory).into_iter().map(|zone| (zone, RecordType::NS)));
        }
        let addresses = self.addresses.iter().chain(self.passed_on.keys());
        all.extend(addresses.map(|&address| (DnsName::reverse(address), RecordType::PTR)));
        all.sort();
        all.dedup();
        all
    }

    /// The zones of the forest.
    pub fn zones(&self, inventory: &Inventory) -> Vec<DnsName> {
        let mut zones = vec![inventory.msdcs.clone()];
        zones.extend(self.domains.iter().cloned());
        zones
    }

    /// Owner names of service records (MS-ADTS 6.3.2.3), generic and by site.
    fn services(&self, inventory: &Inventory) -> Vec<DnsName> {
        let mut names = Vec::new();
        let mut add = |parts: &[&str], base: &DnsName| {
            let text = format!("{}.{base}", parts.join("."));
            // A site of a strange name may make it too long to exist.
            names.extend(DnsName::from_presentation(&text));
        };
        let forest = &inventory.forest;
        for domain in &self.domains {
            for service in ["_ldap._tcp", "_kerberos._tcp", "_kerberos._udp", "_kpasswd._tcp", "_kpasswd._udp"] {
                add(&[service], domain);
            }
            add(&["_ldap._tcp.pdc._msdcs"], domain);
            add(&["_ldap._tcp.domaindnszones"], domain);
            for service in ["_ldap._tcp", "_kerberos._tcp"] {
                add(&[service, "dc._msdcs"], domain);
                for site in &self.sites {
                    add(&[service, site, "_sites"], domain);
                    add(&[service, site, "_sites.dc._msdcs"], domain);
                }
            }
            for site in &self.sites {
                add(&["_ldap._tcp", site, "_sites.domaindnszones"], domain);
            }
        }
        for base in ["_gc._tcp", "_ldap._tcp.gc._msdcs", "_ldap._tcp.forestdnszones"] {
            add(&[base], forest);
        }
        for site in &self.sites {
            add(&["_gc._tcp", site, "_sites"], forest);
            add(&["_ldap._tcp", site, "_sites.gc._msdcs"], forest);
            add(&["_ldap._tcp", site, "_sites.forestdnszones"], forest);
        }
        for guid in &self.domain_guids {
            add(&["_ldap._tcp", &guid.to_string(), "domains"], &inventory.msdcs);
        }
        names
    }
}

/// The names that hold the addresses of several DCs, that of the global catalogs included.
pub(super) fn shared_names(inventory: &Inventory, domains: &BTreeSet<DnsName>) -> BTreeSet<DnsName> {
    let forest = [inventory.msdcs.child("gc"), inventory.forest.child("forestdnszones")];
    let of_domains = domains.iter().flat_map(|domain| [domain.clone(), domain.child("domaindnszones")]);
    forest.into_iter().chain(of_domains).collect()
}
