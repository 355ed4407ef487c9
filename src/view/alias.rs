//! What one server says at the name of an alias.

use std::net::IpAddr;

use super::{Absence, View, Why};
use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::evidence::{Answer, Body, Flags, NameId, Rdata};
use crate::inventory::{Dc, Server};

/// What a server says at the name of an alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alias {
    /// One or more CNAME records.
    Targets {
        /// As the server spelled them, sorted, each spelling once: a doubled record is one (RFC 2181 section 5).
        targets: Vec<NameId>,
        /// The same in lower case, by id, each once.
        folded: Vec<NameId>,
        /// Those of them that can be asked, sorted: all but the root.
        names: Vec<DnsName>,
        /// Addresses that stand at the same name.
        beside: Vec<IpAddr>,
        /// Whether the reply came with AA.
        authoritative: bool,
        /// TTLs in seconds, sorted, each once.
        ttls: Vec<u32>,
    },
    /// Addresses instead of an alias.
    Holds {
        /// Sorted, each once.
        addresses: Vec<IpAddr>,
        /// Whether a reply that shows them came with AA.
        authoritative: bool,
    },
    /// Neither.
    Absent(Absence),
    /// It could not be seen.
    Unknown(Why),
}

impl View<'_> {
    /// What stands at the name of a DC's alias; not known for a DC without one.
    pub fn alias(&self, dc: &Dc, server: &Server) -> &Alias {
        const NOT_KNOWN: &Alias = &Alias::Unknown(Why::NotPlanned);
        self.aliases.get(dc, server).unwrap_or(NOT_KNOWN)
    }

    pub(crate) fn hear_alias(&self, server: &Server, alias: &DnsName) -> Alias {
        let name = self.id(alias);
        let replies = [RecordType::CNAME, RecordType::A, RecordType::AAAA]
            .map(|rtype| self.reply_about(server, name, rtype, true));
        let (beside, beside_authoritative) = self.addresses_at(name, &replies);
        // A server that does not answer the CNAME question may still show the alias when it follows it.
        for (answer, body) in replies.iter().flatten() {
            let mut ttls = Vec::new();
            let mut targets = Vec::new();
            for record in body.answers {
                if let Rdata::Cname(target) = record.data
                    && Some(self.evidence.store.folded(record.owner)) == name
                {
                    targets.push(target);
                    ttls.push(record.ttl);
                }
            }
            if !targets.is_empty() {
                targets.sort_by_key(|&target| self.evidence.store.name(target));
                targets.dedup();
                ttls.sort_unstable();
                ttls.dedup();
                let authoritative = answer.flags.has(Flags::AA);
                let mut folded: Vec<NameId> =
                    targets.iter().map(|&target| self.evidence.store.folded(target)).collect();
                folded.sort_unstable();
                folded.dedup();
                let names = self.askable(&folded);
                return Alias::Targets { targets, folded, names, beside, authoritative, ttls };
            }
        }
        if !beside.is_empty() {
            return Alias::Holds { addresses: beside, authoritative: beside_authoritative };
        }
        let [cname, ..] = replies;
        let absence = match cname {
            Ok((answer, body)) if body.answers.is_empty() => self.absence_in(answer, body).ok_or(Why::Bare),
            Ok(_) => Err(Why::Contradiction),
            Err(why) => Err(why),
        };
        match absence {
            Err(why) => Alias::Unknown(why),
            Ok(absence) if absence.nxdomain => Alias::Absent(absence),
            // The name exists without an alias: only both address questions can say that it is empty.
            Ok(absence) => match self.hear_both(server, name).together() {
                Err(Err(why)) => Alias::Unknown(why),
                _ => Alias::Absent(absence),
            },
        }
    }

    /// Names of the store as names, sorted. Names of DCs, as nearly all are, share one copy.
    fn askable(&self, names: &[NameId]) -> Vec<DnsName> {
        let parse = |name: &NameId| {
            let text = self.evidence.store.name(*name);
            let known = self.dc_named(text).and_then(|dc| dc.names().find(|name| name.as_str() == text));
            known.cloned().or_else(|| DnsName::from_presentation(text).ok())
        };
        let mut names: Vec<DnsName> = names.iter().filter_map(parse).collect();
        names.sort_unstable();
        names
    }

    /// Addresses that stand at the name itself, not behind an alias, and whether a reply says so with AA.
    fn addresses_at(&self, name: Option<NameId>, replies: &[Result<(&Answer, Body<'_>), Why>]) -> (Vec<IpAddr>, bool) {
        let mut found = Vec::new();
        let mut authoritative = false;
        for (answer, body) in replies.iter().flatten() {
            let own = body.answers.iter().filter(|record| Some(self.evidence.store.folded(record.owner)) == name);
            let before = found.len();
            found.extend(own.filter_map(|record| record.data.address()));
            authoritative |= found.len() > before && answer.flags.has(Flags::AA);
        }
        found.sort_unstable();
        found.dedup();
        (found, authoritative)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Lost;
    use crate::inventory;
    use crate::testing::{ALIAS2, Reply, World};

    /// What dc2 says at its own alias, in words.
    fn alias(world: World) -> String {
        let evidence = world.observe();
        let inventory = inventory::derive(&evidence);
        match View::new(&inventory, &evidence).alias(&inventory.dcs[1], &inventory.servers[1]) {
            Alias::Targets { targets, beside, authoritative, .. } => {
                let names: Vec<&str> = targets.iter().map(|&target| evidence.store.name(target)).collect();
                format!("{names:?} {beside:?} {authoritative}")
            }
            other => format!("{other:?}"),
        }
    }

    fn at(rtype: &str) -> String {
        format!("{ALIAS2} {rtype}")
    }

    const CNAME: &str = "22222222-2222-4222-8222-222222222222._msdcs.contoso.com 600 CNAME dc2.contoso.com";

    #[test]
    fn nxdomain_with_an_alias_is_about_its_target() {
        let world = World::new().remove("dc2", "dc2.contoso.com");
        assert_eq!(alias(world), "[\"dc2.contoso.com\"] [] true");
    }

    #[test]
    fn an_alias_is_seen_in_the_answer_to_a_where_cname_fails() {
        let world = World::new().reply("dc2", &at("CNAME"), Reply::Timeout);
        assert_eq!(alias(world), "[\"dc2.contoso.com\"] [] true");
        let world = World::new().reply("dc2", &at("CNAME"), Reply::Timeout).reply("dc2", &at("A"), Reply::Timeout);
        assert_eq!(alias(world), format!("{:?}", Alias::Unknown(Why::Lost(Lost::Timeout))));
        let world = World::new().reply("dc2", &at("CNAME"), Reply::Cached(CNAME));
        assert_eq!(alias(world), "[\"dc2.contoso.com\"] [] false");
    }

    #[test]
    fn the_order_of_the_records_makes_no_difference() {
        let [one, other] = [["a.example", "b.example"], ["b.example", "a.example"]].map(|targets| {
            let add = |world: World, target: &str| world.add("dc2", &format!("{ALIAS2} 600 CNAME {target}"));
            alias(targets.into_iter().fold(World::new(), add))
        });
        assert_eq!(one, other);
    }

    #[test]
    fn an_empty_name_needs_both_families_to_be_absent() {
        let empty = || World::new().remove("dc2", ALIAS2).add("dc2", &format!("_x.{ALIAS2} 600 A 192.0.2.1"));
        assert!(alias(empty()).starts_with("Absent"), "{}", alias(empty()));
        assert!(alias(empty().reply("dc2", &at("AAAA"), Reply::Timeout)).starts_with("Unknown"));
        let holds = empty().add("dc2", &format!("{ALIAS2} 600 AAAA 2001:db8::1"));
        assert!(alias(holds).starts_with("Holds"));
    }
}
