//! Who answers at an address, and what that does to a destination.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{Alias, Ownership, View};
use crate::base::codes::{
    ENDPOINT_NOT_REGISTERED, RPC_UNAVAILABLE, WITHOUT_SETTINGS, WRONG_PRINCIPAL, WRONG_TARGET_NAME,
};
use crate::base::guid::Guid;
use crate::config::Domain;
use crate::inventory::Dc;
use crate::machine::{self, Expected, Known, Verdict, is_confirmed};
use crate::report::Identity;

/// What a destination DC experiences at an address whose machine was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Experience {
    /// It replicates.
    Right,
    /// It fails with these codes.
    Wrong(Vec<i64>),
    /// The machine was not asked, or nothing that it said decides.
    Unclear,
}

impl<'a> View<'a> {
    /// Who answers at an address, judged against the DC that should; [`Identity::NotProbed`] if nobody was asked.
    pub fn identity(&self, dc: &Dc, address: IpAddr) -> Identity {
        self.machine(dc, address).map_or(Identity::NotProbed, |verdict| verdict.identity)
    }

    /// All that is known of the machine at an address of, or under a name of, a DC.
    pub fn machine(&self, dc: &Dc, address: IpAddr) -> Option<&Verdict> {
        self.machines.get(&(dc.index, address))
    }

    /// Every address that a DC owns singly, that stands under its host name or behind its alias at a good server, or that
    /// this machine's hosts file gives for it.
    pub fn addresses_of(&self, dc: &'a Dc) -> BTreeSet<IpAddr> {
        let mut all: BTreeSet<IpAddr> = dc.single_addresses().collect();
        all.extend(self.overriding_addresses(dc));
        for server in self.differing_servers(dc) {
            for name in self.names_of(dc, server) {
                all.extend(self.both(server, &name).addresses());
            }
            // A destination takes what stands at the name of the alias itself, too.
            if let Alias::Holds { addresses, .. } = self.alias(dc, server) {
                all.extend(addresses);
            }
        }
        all
    }

    /// The host name of a DC, and the target of its alias at a server.
    pub fn names_of(&self, dc: &Dc, server: &crate::inventory::Server) -> BTreeSet<crate::base::name::DnsName> {
        dc.host.iter().chain(self.single_target(dc, server)).cloned().collect()
    }

    /// What a destination experiences at an address.
    ///
    /// The codes are those of Windows: an RPC client that reaches a machine which holds another key fails at once, one
    /// that reaches an endpoint mapper without DRSUAPI gets 1753, one that reaches nobody 1722.
    pub fn experience(&self, dc: &Dc, address: IpAddr) -> Experience {
        let Some(verdict) = self.machine(dc, address) else { return Experience::Unclear };
        match verdict.identity {
            Identity::Inconclusive => Experience::Unclear,
            _ if self.lost_settings(dc, address).is_some() => Experience::Wrong(WITHOUT_SETTINGS.to_vec()),
            Identity::OwnerProven | Identity::Owner | Identity::OwnerByName if verdict.state.no_replication => {
                Experience::Wrong(vec![ENDPOINT_NOT_REGISTERED])
            }
            Identity::OwnerProven | Identity::Owner | Identity::OwnerByName => Experience::Right,
            Identity::ReinstalledDc => Experience::Wrong(vec![WRONG_PRINCIPAL, WRONG_TARGET_NAME]),
            Identity::OtherDc | Identity::ForeignDc => Experience::Wrong(vec![WRONG_PRINCIPAL]),
            Identity::RightHostNoDirectory | Identity::NotADc => Experience::Wrong(vec![ENDPOINT_NOT_REGISTERED]),
            Identity::NotADcUnnamed if verdict.state.no_replication => Experience::Wrong(vec![ENDPOINT_NOT_REGISTERED]),
            Identity::OtherHost | Identity::NotADcUnnamed | Identity::Silent | Identity::Unreachable => {
                Experience::Wrong(vec![RPC_UNAVAILABLE])
            }
            Identity::NotProbed => Experience::Unclear,
        }
    }

    /// The GUID of the NTDS Settings object without which the DC itself answers at an address that is its own, or of which
    /// nobody says whose it is. A machine that says no name is the DC at an address that the configuration gives to it.
    pub fn lost_settings(&self, dc: &Dc, address: IpAddr) -> Option<Guid> {
        use Identity::{Inconclusive, Owner, OwnerByName, OwnerProven, ReinstalledDc};
        let verdict = self.machine(dc, address)?;
        let lost = verdict.state.lost_settings?;
        let is_dc = match verdict.identity {
            OwnerProven | Owner | OwnerByName | ReinstalledDc => true,
            Inconclusive => dc.owns(address) && verdict.who == Some(lost.to_string()),
            _ => false,
        };
        // Whatever belongs to others, or to nobody, has findings of its own.
        let owned =
            matches!(self.ownership(dc, address), Ownership::Own | Ownership::OwnAndOthers(_) | Ownership::Unknown);
        (is_dc && owned).then_some(lost)
    }

    /// Whether an RPC client goes on to the next address from this one: nothing accepts its connection.
    pub fn moves_on(&self, address: IpAddr) -> bool {
        let machine = self.evidence.machines.get(&address);
        machine.and_then(|machine| machine.replies.rpc_port_open()) == Some(false)
    }

    /// Judges every machine that was asked against every DC to which, or under whose name, its address belongs.
    pub(super) fn judge_machines(&mut self) {
        if self.evidence.machines.is_empty() {
            return;
        }
        let known: Vec<Known> = self
            .inventory
            .dcs
            .iter()
            .map(|dc| Known { host: dc.host.clone(), other_names: dc.other_names.clone(), guid: dc.guid })
            .collect();
        let mut verdicts = std::collections::BTreeMap::new();
        for dc in self.dcs() {
            let expected = self.expected(dc);
            for address in self.addresses_of(dc) {
                if let Some(machine) = self.evidence.machines.get(&address) {
                    verdicts.insert((dc.index, address), machine::identify(&machine.replies, &expected, &known));
                }
            }
        }
        self.machines = verdicts;
    }

    fn expected(&self, dc: &Dc) -> Expected {
        let domains = &self.evidence.config.domains;
        let domain: Option<&Domain> = domains.iter().find(|domain| Some(&domain.name) == dc.domain.as_ref());
        Expected {
            host: dc.host.clone(),
            other_names: dc.other_names.clone(),
            guid: dc.guid,
            domain: dc.domain.clone(),
            domain_guid: domain.and_then(|domain| domain.guid),
            netbios_domain: domain.and_then(|domain| domain.netbios.clone()),
            forest: self.inventory.forest.clone(),
            forest_guid: None,
        }
    }

    /// The known DC, other than this one, that the machine at an address proved to be.
    pub(super) fn proven_other(&self, dc: &Dc, address: IpAddr) -> Option<&'a Dc> {
        let verdict = self.machine(dc, address).filter(|verdict| verdict.identity == Identity::OtherDc)?;
        let who = verdict.who.as_ref()?.to_ascii_lowercase();
        self.dc_named(&who).filter(|other| other.index != dc.index)
    }

    /// Whether the machine at an address proved to be this DC.
    pub fn is_proven(&self, dc: &Dc, address: IpAddr) -> bool {
        is_confirmed(self.identity(dc, address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::probe::{AddressReplies, Failure};
    use crate::inventory;
    use crate::testing::World;
    use crate::testing::machines::{
        GUID1, GUID2, STRANGE, dc, failing, refusing, silent, without_directory, without_settings,
    };

    /// Who answers at the address of dc2, what a destination experiences, and whether it goes on to the next address.
    fn seen(replies: AddressReplies) -> (Identity, Experience, bool) {
        let evidence = World::new().machine("192.0.2.11", replies).observe();
        let inventory = inventory::derive(&evidence);
        let view = View::new(&inventory, &evidence);
        let dc = view.dc_named("dc2.contoso.com").expect("dc2");
        let address = "192.0.2.11".parse().unwrap();
        (view.identity(dc, address), view.experience(dc, address), view.moves_on(address))
    }

    #[test]
    fn each_identity_has_its_experience() {
        let wrong = |codes: &[i64]| Experience::Wrong(codes.to_vec());
        for (replies, identity, experience, moves_on) in [
            (dc("dc2.contoso.com", GUID2), Identity::OwnerProven, Experience::Right, false),
            (dc("dc2.contoso.com", "unreadable"), Identity::Owner, Experience::Right, false),
            (refusing("dc2.contoso.com"), Identity::OwnerByName, Experience::Right, false),
            (dc("dc2.contoso.com", STRANGE), Identity::ReinstalledDc, wrong(&[-2_146_893_022, 1396]), false),
            (dc("dc1.contoso.com", GUID1), Identity::OtherDc, wrong(&[-2_146_893_022]), false),
            (without_directory("dc2.contoso.com"), Identity::RightHostNoDirectory, wrong(&[1753]), false),
            (without_directory("FILES01.contoso.com"), Identity::NotADc, wrong(&[1753]), false),
            (without_settings("dc2.contoso.com", GUID2), Identity::OwnerProven, wrong(&[8, 1722, 8439]), false),
            (without_settings("dc2.contoso.com", STRANGE), Identity::ReinstalledDc, wrong(&[8, 1722, 8439]), false),
            (without_settings("dc1.contoso.com", GUID1), Identity::OtherDc, wrong(&[-2_146_893_022]), false),
            (refusing("pc7.contoso.com"), Identity::OtherHost, wrong(&[1722]), false),
            (failing(&Failure::Refused), Identity::NotADcUnnamed, wrong(&[1722]), true),
            (silent(), Identity::Silent, wrong(&[1722]), true),
            (failing(&Failure::Unreachable), Identity::Unreachable, wrong(&[1722]), true),
            (failing(&Failure::Stalled), Identity::Inconclusive, Experience::Unclear, false),
            (AddressReplies::default(), Identity::NotProbed, Experience::Unclear, false),
        ] {
            let (codes, found) = (sorted(experience), seen(replies));
            assert_eq!((found.0, sorted(found.1), found.2), (identity, codes, moves_on));
        }
    }

    fn sorted(experience: Experience) -> Experience {
        match experience {
            Experience::Wrong(mut codes) => {
                codes.sort_unstable();
                Experience::Wrong(codes)
            }
            other => other,
        }
    }
}
