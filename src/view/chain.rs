//! Look-ups along the chain alias → host name → addresses.

use std::net::IpAddr;

use super::{Absence, Alias, Experience, Look, Ownership, View};
use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::evidence::{NameId, Rdata, Store};
use crate::inventory::{Dc, Server};

/// What a server holds at a name. Equal contents are the same records, whatever their order and case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Content<'v> {
    /// No record.
    Nothing,
    /// Targets of aliases in lower case, by id, each once.
    Targets(&'v [NameId]),
    /// Sorted, each once.
    Addresses(&'v [IpAddr]),
}

impl Content<'_> {
    /// The data of the records as text, sorted.
    pub fn texts(&self, store: &Store) -> Vec<String> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Targets(targets) => {
                let mut names: Vec<String> = targets.iter().map(|&target| store.name(target).to_owned()).collect();
                names.sort();
                names
            }
            Self::Addresses(addresses) => addresses.iter().map(ToString::to_string).collect(),
        }
    }
}

impl View<'_> {
    /// The target of a DC's alias that has exactly one, however often and in whatever case it stands there.
    pub fn single_target(&self, dc: &Dc, server: &Server) -> Option<&DnsName> {
        match self.alias(dc, server) {
            Alias::Targets { folded, names, .. } if folded.len() == 1 => names.first(),
            _ => None,
        }
    }

    /// Whether the alias leads to the root alone, which is no host's name and never has an address.
    pub fn leads_to_root(&self, dc: &Dc, server: &Server) -> bool {
        let is_root = |target: &NameId| self.evidence.store.name(*target) == ".";
        matches!(self.alias(dc, server), Alias::Targets { folded, .. } if folded.iter().all(is_root))
    }

    /// Whether the server shows the alias with AA.
    pub fn is_authoritative_alias(&self, dc: &Dc, server: &Server) -> bool {
        matches!(self.alias(dc, server), Alias::Targets { authoritative: true, .. })
    }

    /// Whether the host name of a DC leads to it at this server; `None` where that cannot be said.
    ///
    /// This is where Windows goes on when the alias fails (Microsoft KB 2021446).
    pub fn fallback(&self, dc: &Dc, server: &Server) -> Option<bool> {
        match self.host(dc, server).together() {
            Err(Err(_)) => None,
            Err(Ok(_)) => Some(false),
            Ok(addresses) => {
                let leads: Vec<Option<bool>> = addresses.iter().map(|&address| self.leads_to(dc, address)).collect();
                if leads.iter().all(|leads| *leads == Some(true)) {
                    Some(true)
                } else if leads.iter().all(|leads| *leads == Some(false)) {
                    Some(false)
                } else {
                    None
                }
            }
        }
    }

    /// Whether an address leads to the DC; `None` where that cannot be said.
    fn leads_to(&self, dc: &Dc, address: IpAddr) -> Option<bool> {
        match (self.ownership(dc, address), self.experience(dc, address)) {
            (Ownership::Unusable(_) | Ownership::Others(_) | Ownership::Nobody, _) => Some(false),
            (Ownership::Own | Ownership::OwnAndOthers(_), Experience::Unclear) => Some(true),
            (_, Experience::Right) => Some(true),
            (Ownership::Own | Ownership::OwnAndOthers(_), Experience::Wrong(_)) => Some(false),
            (Ownership::Unknown | Ownership::Contested(_), _) => None,
        }
    }

    /// The targets of all aliases in the replies to A and AAAA of a name.
    pub fn alias_targets(&self, server: &Server, name: &DnsName) -> Vec<String> {
        let store = &self.evidence.store;
        let replies =
            [RecordType::A, RecordType::AAAA].into_iter().filter_map(|rtype| self.usable(server, name, rtype).ok());
        let mut targets: Vec<String> = replies
            .flat_map(|(_, body)| body.answers)
            .filter_map(|record| match record.data {
                Rdata::Cname(target) => Some(store.lower(target).to_owned()),
                _ => None,
            })
            .collect();
        targets.sort();
        targets.dedup();
        targets
    }

    /// Whether the server shows the alias of any DC.
    pub fn finds_alias(&self, server: &Server) -> bool {
        let mut dcs = self.inventory.dcs.iter();
        dcs.any(|dc| matches!(self.alias(dc, server), Alias::Targets { .. } | Alias::Holds { .. }))
    }

    /// What a server holds at the alias (CNAME) or the host name (A, AAAA) of a DC, and whether it says so with
    /// authority; `None` where it was not seen.
    pub fn content(&self, dc: &Dc, server: &Server, rtype: RecordType) -> Option<(Content<'_>, bool)> {
        if rtype != RecordType::CNAME {
            return match self.host(dc, server).of(rtype) {
                Look::Present(addresses) => Some((Content::Addresses(&addresses.list), addresses.authoritative)),
                Look::Absent(absence) => Some((Content::Nothing, absence.authoritative)),
                Look::Unknown(_) => None,
            };
        }
        match self.alias(dc, server) {
            Alias::Targets { folded, authoritative, .. } => Some((Content::Targets(folded), *authoritative)),
            Alias::Holds { addresses, authoritative } => Some((Content::Addresses(addresses), *authoritative)),
            Alias::Absent(absence) => Some((Content::Nothing, absence.authoritative)),
            Alias::Unknown(_) => None,
        }
    }

    /// For how long a cache goes on denying a record that an authoritative server of this run has.
    pub fn cached_note(&self, absence: Absence, has: impl Fn(&Server) -> bool) -> Option<String> {
        let left = absence.seconds_left?;
        self.good_servers()
            .any(has)
            .then(|| format!(" (from a cache: {left} s left; a server with authority has the record)"))
    }
}

#[cfg(test)]
mod tests {
    use crate::inventory;
    use crate::testing::{ALIAS2, Reply, World, config_without_addresses};
    use crate::view::View;

    fn fallback(world: World) -> Option<bool> {
        let evidence = world.observe();
        let inventory = inventory::derive(&evidence);
        let view = View::new(&inventory, &evidence);
        view.fallback(&inventory.dcs[1], &inventory.servers[1])
    }

    #[test]
    fn the_fallback_needs_a_host_record_that_is_right() {
        assert_eq!(fallback(World::new()), Some(true));
        assert_eq!(fallback(World::new().remove("dc2", "dc2.contoso.com")), Some(false));
        let stale = World::new().remove("dc2", "dc2.contoso.com").add("dc2", "dc2.contoso.com 600 A 192.0.2.99");
        assert_eq!(fallback(stale), Some(false));
        assert_eq!(fallback(World::new().add("dc2", "dc2.contoso.com 600 A 192.0.2.99")), None, "by chance");
        assert_eq!(fallback(World::with(&config_without_addresses())), None);
        let lost = World::new().reply("dc2", "dc2.contoso.com A", Reply::Timeout);
        assert_eq!(fallback(lost), None);
    }

    #[test]
    fn one_target_in_two_spellings_is_one() {
        let single = |world: World| {
            let evidence = world.observe();
            let inventory = inventory::derive(&evidence);
            let view = View::new(&inventory, &evidence);
            view.single_target(&inventory.dcs[1], &inventory.servers[1]).map(ToString::to_string)
        };
        let twice = World::new().add("dc2", &format!("{ALIAS2} 600 CNAME DC2.contoso.com"));
        assert_eq!(single(twice).as_deref(), Some("dc2.contoso.com"));
        assert_eq!(single(World::new().add("dc2", &format!("{ALIAS2} 600 CNAME dc1.contoso.com"))), None);
    }
}
