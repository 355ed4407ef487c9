//! To whom an address belongs, as far as configuration and DNS can tell.

use std::net::IpAddr;

use super::View;
use crate::base::address::{Unusable, special_address};
use crate::inventory::Dc;
use crate::machine::is_wrong;

/// To whom an address under a DC's name belongs.
#[derive(Clone, Debug, PartialEq)]
pub enum Ownership<'a> {
    /// To this DC.
    Own,
    /// To this DC and, by the configuration, to these too: a cluster address, say.
    OwnAndOthers(Vec<&'a Dc>),
    /// To nobody that a partner could reach.
    Unusable(Unusable),
    /// To these DCs, not to this one.
    Others(Vec<&'a Dc>),
    /// This DC and these hold it, and of none is known what it owns: at most one of them is right.
    Contested(Vec<&'a Dc>),
    /// To no known DC.
    Nobody,
    /// What this DC owns is not known.
    Unknown,
}

impl PartialEq for Dc {
    fn eq(&self, other: &Self) -> bool {
        self.label == other.label
    }
}

impl<'a> View<'a> {
    /// To whom an address belongs that stands under a name of `dc`.
    pub fn ownership(&self, dc: &Dc, address: IpAddr) -> Ownership<'a> {
        self.owners.get(&(dc.index, address)).cloned().unwrap_or_else(|| self.find_owner(dc, address))
    }

    pub(crate) fn find_owner(&self, dc: &Dc, address: IpAddr) -> Ownership<'a> {
        if let Some(unusable) = self.unusable(address) {
            return Ownership::Unusable(unusable);
        }
        if !dc.owns(address) {
            // What the machine itself proves weighs more than what the configuration leaves out.
            if self.is_proven(dc, address) {
                return Ownership::Own;
            }
            if let Some(other) = self.proven_other(dc, address) {
                return Ownership::Others(vec![other]);
            }
        }
        let single = self.single_owners.get(&address).map_or(&[][..], Vec::as_slice);
        let mut others: Vec<usize> = single.iter().copied().filter(|&index| index != dc.index).collect();
        if dc.owns(address) {
            return match (others.is_empty(), single.contains(&dc.index)) {
                (true, _) => Ownership::Own,
                (false, true) => Ownership::OwnAndOthers(self.dcs_at(&others)),
                // A single address says more than a network that happens to contain it.
                (false, false) => Ownership::Others(self.dcs_at(&others)),
            };
        }
        let networks = self.network_owners.iter().filter(|(network, _)| network.contains(address));
        others.extend(networks.map(|(_, index)| *index));
        if !others.is_empty() {
            others.sort_unstable();
            others.dedup();
            return Ownership::Others(self.dcs_at(&others));
        }
        // Another DC's name leads here too, and nothing says that it should not.
        let holders = self.holders.get(&address).into_iter().flatten().map(|&index| &self.inventory.dcs[index]);
        let claims = |other: &&Dc| other.index != dc.index && other.owns.is_empty();
        // Of several DCs whose names lead to a machine that proved to be none of them, none owns it.
        let nobodys = is_wrong(self.identity(dc, address));
        let claimants: Vec<&Dc> = holders.filter(claims).filter(|_| !nobodys).collect();
        match (claimants.is_empty(), dc.owns.is_empty()) {
            (true, true) => Ownership::Unknown,
            (true, false) => Ownership::Nobody,
            (false, true) => Ownership::Contested(claimants),
            (false, false) => Ownership::Others(claimants),
        }
    }

    /// Whether the configuration gives an address to any DC, singly or by a network.
    pub fn is_owned(&self, address: IpAddr) -> bool {
        self.single_owners.contains_key(&address)
            || self.network_owners.iter().any(|(network, _)| network.contains(address))
    }

    fn dcs_at(&self, indexes: &[usize]) -> Vec<&'a Dc> {
        indexes.iter().map(|&index| &self.inventory.dcs[index]).collect()
    }

    /// Whether, and why, no partner can use an address.
    pub fn unusable(&self, address: IpAddr) -> Option<Unusable> {
        let config = &self.evidence.config;
        if config.probe.redirect.contains_key(&address) {
            return None;
        }
        special_address(address).or_else(|| {
            let avoided = config.avoid_networks.iter().any(|network| network.contains(address));
            avoided.then_some(Unusable { kind: "in a network of avoid_networks", grave: true, loopback: false })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory;
    use crate::testing::machines::{GUID1, GUID2, dc, inconclusive, refusing, silent, without_directory};
    use crate::testing::{CONFIG, World, config_without_addresses};

    /// Who owns an address under the name of dc2, in one word.
    fn owner(world: World, address: &str) -> String {
        let evidence = world.observe();
        let inventory = inventory::derive(&evidence);
        let view = View::new(&inventory, &evidence);
        let dc = view.dc_named("dc2.contoso.com").expect("dc2");
        match view.ownership(dc, address.parse().unwrap()) {
            Ownership::Others(others) => others.iter().map(|dc| dc.label.clone()).collect(),
            other => format!("{other:?}"),
        }
    }

    fn holds(config: &str, address: &str) -> World {
        World::with(config).add("dc2", &format!("dc2.contoso.com 1200 A {address}"))
    }

    #[test]
    fn what_a_machine_proves_weighs_more_than_what_is_not_listed() {
        let with = |replies| owner(holds(CONFIG, "192.0.2.99").machine("192.0.2.99", replies), "192.0.2.99");
        assert_eq!(with(dc("dc2.contoso.com", GUID2)), "Own");
        assert_eq!(with(dc("dc1.contoso.com", GUID1)), "dc1.contoso.com");
        for replies in [silent(), inconclusive(), refusing("dc2.contoso.com"), without_directory("FILES01.contoso.com")]
        {
            assert_eq!(with(replies.clone()), "Nobody", "{replies:?}");
        }
    }

    #[test]
    fn a_listed_address_stays_the_dcs_whoever_answers() {
        for replies in [silent(), dc("dc1.contoso.com", GUID1), without_directory("FILES01.contoso.com")] {
            assert_eq!(owner(World::new().machine("192.0.2.11", replies), "192.0.2.11"), "Own");
        }
    }

    #[test]
    fn where_nothing_is_listed_silence_leaves_it_unknown() {
        let with =
            |replies| owner(World::with(&config_without_addresses()).machine("192.0.2.11", replies), "192.0.2.11");
        assert_eq!(with(silent()), "Unknown");
        assert_eq!(with(without_directory("FILES01.contoso.com")), "Unknown", "the record may be the only right thing");
        assert_eq!(with(dc("dc2.contoso.com", GUID2)), "Own");
    }

    #[test]
    fn what_two_names_claim_is_settled_by_the_machine() {
        let nobodys = config_without_addresses().replace(", addresses: [192.0.2.10]", "");
        let contested = || holds(&nobodys, "192.0.2.10");
        assert!(owner(contested(), "192.0.2.10").starts_with("Contested"));
        assert_eq!(
            owner(contested().machine("192.0.2.10", dc("dc1.contoso.com", GUID1)), "192.0.2.10"),
            "dc1.contoso.com"
        );
        assert_eq!(owner(contested().machine("192.0.2.10", dc("dc2.contoso.com", GUID2)), "192.0.2.10"), "Own");
        let files = without_directory("FILES01.contoso.com");
        assert_eq!(owner(contested().machine("192.0.2.10", files), "192.0.2.10"), "Unknown");
    }
}
