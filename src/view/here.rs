//! The machine that guidpost runs on, as far as it is one of the forest's own.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use hashbrown::HashMap;

use super::View;
use crate::base::name::DnsName;
use crate::evidence::{Evidence, LocalStage, LocalView, NameLine};
use crate::inventory::{Dc, Inventory, Server};

impl<'a> View<'a> {
    /// What this machine is configured with, if all of it was read.
    pub fn local(&self) -> Option<&'a LocalView> {
        self.evidence.local.as_ref().filter(|local| local.stage == LocalStage::Configuration)
    }

    /// The DC that guidpost runs on.
    pub fn here(&self) -> Option<&'a Dc> {
        self.here.map(|index| &self.inventory.dcs[index])
    }

    /// Whether this machine answers at an address: it stands on one of its interfaces, or reaches whoever connects.
    pub fn is_own_address(&self, address: IpAddr) -> bool {
        address.is_loopback()
            || self.evidence.local.as_ref().is_some_and(|local| local.addresses().any(|own| own == address))
    }

    /// Whether a resolver of this machine is the machine itself: its server says so by `dc:`, or it has that address.
    pub fn is_own_resolver(&self, resolver: SocketAddr) -> bool {
        match self.inventory.server_at(resolver).and_then(|server| server.dc.as_ref()) {
            Some(dc) => self.here().is_some_and(|here| here.is_named(dc.as_str())),
            None => self.is_own_address(resolver.ip()),
        }
    }

    /// The addresses that this machine would register: not those of interfaces or addresses that are kept from DNS, that
    /// belong to a cluster, or that no partner can use.
    pub fn registered_addresses(&self) -> BTreeSet<IpAddr> {
        let interfaces = self.evidence.local.iter().flat_map(|local| &local.interfaces);
        interfaces
            .filter(|interface| !interface.loopback && interface.registers != Some(false))
            .flat_map(|interface| &interface.addresses)
            .filter(|own| own.eligible != Some(false) && !own.transient)
            .map(|own| own.address)
            .filter(|&address| self.unusable(address).is_none())
            .collect()
    }

    /// The run's servers that this machine asks as a client, in its order, each once, and how many resolvers of it are no
    /// servers of the run.
    pub fn own_resolvers(&self) -> (Vec<&'a Server>, usize) {
        let mut servers: Vec<&Server> = Vec::new();
        let mut strangers = 0;
        for resolver in self.local().iter().flat_map(|local| &local.resolvers) {
            match self.inventory.server_at(resolver.address) {
                Some(server) if servers.iter().any(|known| known.index == server.index) => {}
                Some(server) => servers.push(server),
                None => strangers += 1,
            }
        }
        (servers, strangers)
    }

    /// Where a server stands: its own address, and the single addresses of the DC that it runs on.
    pub fn addresses_of_server(&self, server: &Server) -> Vec<IpAddr> {
        let dc = server.dc.as_ref().and_then(|host| self.dc_named(host.as_str()));
        let of_dc = dc.into_iter().flat_map(Dc::single_addresses);
        server.address.map(|address| address.ip()).into_iter().chain(of_dc).collect()
    }

    /// The lines of this machine's hosts and lmhosts files that give an address for a name.
    pub fn name_lines(&self, name: &str) -> impl Iterator<Item = &'a NameLine> {
        let by = |name: &str| self.name_lines.get(name).map_or(&[][..], Vec::as_slice);
        // Only NetBIOS names are cut off.
        let cut = name.get(..NETBIOS_NAME).filter(|cut| *cut != name && !name.contains('.'));
        let of_netbios = cut.map_or(&[][..], by).iter().filter(|line| is_lmhosts(&line.file));
        by(name).iter().chain(of_netbios).copied()
    }

    /// The addresses that this machine's hosts and lmhosts files give for the names of a DC, if anybody can have them.
    pub fn overriding_addresses(&self, dc: &'a Dc) -> BTreeSet<IpAddr> {
        let names = own_names(dc);
        let lines = names.iter().flat_map(|name| self.name_lines(name));
        lines.map(|line| line.address).filter(|&address| self.unusable(address).is_none()).collect()
    }
}

/// The DC whose alias this machine registers, whose host name it has, or the only one that owns one of its addresses, in
/// this order.
pub(super) fn find(inventory: &Inventory, evidence: &Evidence) -> Option<usize> {
    let local = evidence.local.as_ref()?;
    let host = local.host.as_deref().and_then(|host| DnsName::parse(host).ok());
    let registered: BTreeSet<&str> = local.records.iter().map(|record| record.name.as_str()).collect();
    let own: BTreeSet<IpAddr> = local.addresses().filter(|own| !own.is_loopback()).collect();
    let registers = |dc: &&Dc| dc.alias.as_ref().is_some_and(|alias| registered.contains(alias.as_str()));
    let is_host = |dc: &&Dc| host.as_ref().is_some_and(|host| dc.is_named(host.as_str()));
    let mut owners = inventory.dcs.iter().filter(|dc| dc.single_addresses().any(|address| own.contains(&address)));
    let only_owner = owners.next().filter(|_| owners.next().is_none());
    let dcs = || inventory.dcs.iter();
    dcs().find(registers).or_else(|| dcs().find(is_host)).or(only_owner).map(|dc| dc.index)
}

/// The lines of this machine's files by their names.
pub(super) fn index(evidence: &Evidence) -> HashMap<String, Vec<&NameLine>> {
    let mut lines: HashMap<String, Vec<&NameLine>> = HashMap::new();
    let local = evidence.local.iter().filter(|local| local.stage == LocalStage::Configuration);
    for line in local.flat_map(|local| &local.names) {
        for name in &line.names {
            let of_name = lines.entry(name.trim_end_matches('.').to_ascii_lowercase()).or_default();
            // A line that repeats a name is one line.
            if !of_name.last().is_some_and(|last| std::ptr::eq(*last, line)) {
                of_name.push(line);
            }
        }
    }
    lines
}

/// Host name, other names, alias, and the first label of the host name.
pub(crate) fn own_names(dc: &Dc) -> BTreeSet<String> {
    let short = dc.host.as_ref().map(|host| first_label(host).to_owned());
    dc.names().chain(&dc.alias).map(DnsName::to_string).chain(short).collect()
}

/// The single-label host name.
pub(crate) fn first_label(host: &DnsName) -> &str {
    host.as_str().split('.').next().unwrap_or_default()
}

/// Whether a file of names is an lmhosts file: its names are NetBIOS names.
pub(crate) fn is_lmhosts(file: &str) -> bool {
    file.to_ascii_lowercase().contains("lmhosts")
}

/// How many characters of a host name a NetBIOS name keeps.
const NETBIOS_NAME: usize = 15;

/// Whether a name in a line is this name; NetBIOS names are those of the first label, cut off.
pub(crate) fn is_name(line: &NameLine, written: &str, name: &str) -> bool {
    let written = written.trim_end_matches('.');
    if written.eq_ignore_ascii_case(name) {
        return true;
    }
    let cut = name.get(..NETBIOS_NAME).unwrap_or(name);
    is_lmhosts(&line.file) && !name.contains('.') && written.eq_ignore_ascii_case(cut)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{LocalRecord, LookedUp};
    use crate::inventory;
    use crate::testing::{ALIAS2, World, local};

    /// Which DC this machine is, by its host name, its address and what it registers.
    fn here(host: &str, address: &str, alias: &str) -> Option<String> {
        let mut own = local::named(host, &[address]);
        own.view.records.push(LocalRecord {
            file: "netlogon.dns".into(),
            line: 1,
            name: alias.into(),
            rtype: "CNAME".into(),
            ttl: None,
            data: host.into(),
        });
        let evidence = World::new().local(own).observe();
        let inventory = inventory::derive(&evidence);
        View::new(&inventory, &evidence).here().map(|dc| dc.label.clone())
    }

    #[test]
    fn a_machine_is_a_dc_by_its_alias_then_its_name_then_its_address() {
        let one = Some("dc1.contoso.com".to_owned());
        let two = Some("dc2.contoso.com".to_owned());
        assert_eq!(here("DC1.contoso.com.", "192.0.2.11", ALIAS2), two);
        assert_eq!(here("DC1.contoso.com.", "192.0.2.11", ""), one);
        assert_eq!(here("files.contoso.com", "192.0.2.11", ""), two);
        assert_eq!(here("files.contoso.com", "192.0.2.77", ""), None);
    }

    #[test]
    fn netbios_names_are_cut_off() {
        let line = |file: &str| NameLine {
            file: file.into(),
            line: 1,
            address: "192.0.2.1".parse().unwrap(),
            names: Vec::new(),
        };
        assert!(is_name(&line("C:\\lmhosts"), "A-VERY-LONG-HOS", "a-very-long-hostname"));
        assert!(!is_name(&line("/etc/hosts"), "A-VERY-LONG-HOS", "a-very-long-hostname"));
        assert!(is_name(&line("/etc/hosts"), "DC1.Contoso.com.", "dc1.contoso.com"));
        assert!(!is_name(&line("/etc/hosts"), "dc1", "dc1.contoso.com"));
    }

    #[test]
    fn what_a_machine_does_not_register_is_left_out() {
        let mut own = local::named("dc1.contoso.com", &["192.0.2.10", "169.254.1.1", "fe80::1", "192.0.2.30"]);
        own.view.interfaces[0].addresses[3].transient = true;
        let mut backup = own.view.interfaces[0].clone();
        (backup.registers, backup.addresses) = (Some(false), vec![local::address("192.0.2.40")]);
        let mut hidden = backup.clone();
        (hidden.registers, hidden.addresses[0].eligible) = (None, Some(false));
        own.view.interfaces.extend([backup, hidden]);
        own.lookups.insert("x".into(), LookedUp::Missing);
        let evidence = World::new().local(own).observe();
        let inventory = inventory::derive(&evidence);
        let view = View::new(&inventory, &evidence);
        assert_eq!(view.registered_addresses(), BTreeSet::from(["192.0.2.10".parse().unwrap()]));
        assert!(
            view.is_own_address("192.0.2.40".parse().unwrap()) && view.is_own_address("127.0.1.1".parse().unwrap())
        );
    }
}
