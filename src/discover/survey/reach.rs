//! Who may be asked: never a stranger, because a record names it.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use super::{MOST_SERVERS, Survey};
use crate::base::address::is_public;
use crate::base::name::DnsName;
use crate::evidence::Family;

/// At how many of its own addresses this machine is asked whether it is a DC.
const MOST_OWN: usize = 64;

const DNS: u16 = 53;

impl Survey<'_> {
    /// Where DNS is asked.
    pub(in crate::discover) fn servers(&self) -> Vec<SocketAddr> {
        let mut all: Vec<SocketAddr> = self.first.iter().filter_map(|server| server.address).collect();
        for host in self.name_servers.keys() {
            for address in self.addresses(host).into_keys() {
                if all.len() < MOST_SERVERS
                    && let Some(server) = self.dns_server(host, address)
                    && !all.contains(&server)
                {
                    all.push(server);
                }
            }
        }
        all
    }

    /// Where a host that NS records name is asked at one of its addresses; `None` where it must not be. A host outside
    /// the forest, as an internet provider's, is none of its servers; nor is, behind a public address, one that is no DC.
    pub(in crate::discover) fn dns_server(&self, host: &DnsName, address: IpAddr) -> Option<SocketAddr> {
        if !self.is_ours(host) {
            return None;
        }
        match self.start.base.probe.redirect.get(&address) {
            // Where an address is reached elsewhere, its DNS server is there too.
            Some(elsewhere) => {
                let base = (*elsewhere)?;
                Some(SocketAddr::new(base.ip(), base.port().checked_add(DNS)?))
            }
            None => {
                let known = !is_public(address) || self.located.contains_key(host);
                (known && !is_unusable(address) && self.family_fits(address)).then(|| SocketAddr::new(address, DNS))
            }
        }
    }

    /// Whether a host belongs to the forest by its name.
    pub(in crate::discover) fn is_ours(&self, host: &DnsName) -> bool {
        self.domains.keys().any(|domain| host.is_within(domain)) || self.members().any(|machine| machine.host == *host)
    }

    /// Whom to ask who they are.
    pub(in crate::discover) fn machines_to_ask(&self) -> BTreeSet<IpAddr> {
        if !self.start.base.probe.enabled {
            return BTreeSet::new();
        }
        let is_near = |address: &IpAddr| self.start.named_server || !is_public(*address);
        let near = self.first.iter().filter_map(|server| Some(server.address?.ip())).filter(is_near);
        let own = self.evidence.local.iter().flat_map(|local| local.addresses());
        let own = own.filter(|own| !is_unusable(*own) && self.family_fits(*own)).take(MOST_OWN);
        let near = near.filter(|address| address.is_loopback() || !is_unusable(*address));
        let named = self.addresses.values().flat_map(|said| said.keys().copied());
        let named = named.filter(|address| self.may_be_asked(*address));
        near.chain(own).filter(|address| !self.is_excluded(*address)).chain(named).collect()
    }

    /// Whether a machine may be asked that only a record leads to: a wrong one must not lead to a stranger's door, nor
    /// to this machine itself.
    pub(in crate::discover) fn may_be_asked(&self, address: IpAddr) -> bool {
        let probe = &self.start.base.probe;
        if !probe.enabled || self.is_excluded(address) {
            return false;
        }
        match probe.redirect.get(&address) {
            Some(elsewhere) => elsewhere.is_some(),
            None => !is_public(address) && !is_unusable(address) && self.family_fits(address),
        }
    }

    fn is_excluded(&self, address: IpAddr) -> bool {
        self.start.base.probe.exclude.iter().any(|network| network.contains(address))
    }

    fn family_fits(&self, address: IpAddr) -> bool {
        match self.evidence.selection.family {
            Some(Family::V4) => address.is_ipv4(),
            Some(Family::V6) => address.is_ipv6(),
            None => true,
        }
    }
}

/// An address at which nobody can be asked: this machine's own, everybody's, or one that lacks its interface.
fn is_unusable(address: IpAddr) -> bool {
    let local = match address {
        IpAddr::V4(v4) => v4.is_link_local() || v4.is_broadcast(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    local || address.is_loopback() || address.is_unspecified() || address.is_multicast()
}
