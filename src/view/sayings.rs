//! What every server says at the names of every DC, worked out once for all rules.
//!
//! Most servers say the same about a name, so each different saying is kept once, and a table tells which of them a
//! server's is: 4 octets for each DC and server.

use super::{Alias, Both, Standing, View};
use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::evidence::{BodyId, Flags, NameId, Outcome, QuestionId, Rdata};
use crate::inventory::{Dc, Server};

/// What all servers say at one name of each DC.
pub(super) struct Table<T> {
    /// How many servers there are.
    width: usize,
    /// By DC and server: which of `sayings`, or [`NAMELESS`].
    cells: Vec<u32>,
    sayings: Vec<T>,
}

/// The DC has no name of this kind.
const NAMELESS: u32 = u32::MAX;

impl<T> Table<T> {
    /// One without any DC.
    pub(super) fn empty() -> Self {
        Self { width: 0, cells: Vec::new(), sayings: Vec::new() }
    }

    /// What a server says; `None` for a DC without such a name.
    pub(super) fn get(&self, dc: &Dc, server: &Server) -> Option<&T> {
        self.sayings.get(self.cell(dc, server) as usize)
    }

    fn cell(&self, dc: &Dc, server: &Server) -> u32 {
        self.cells.get(dc.index * self.width + server.index).copied().unwrap_or(NAMELESS)
    }
}

/// All of an answer that a look-up at its name rests on, where the reply names no other.
#[derive(Clone, Copy, PartialEq)]
struct Heard {
    outcome: Outcome,
    rcode: u16,
    authoritative: bool,
    body: Option<BodyId>,
}

/// So many different answers about one name are compared; where there are more, hardly any two are the same.
const COMPARED: usize = 8;

impl<'a> View<'a> {
    /// What all servers say at the aliases of all DCs. It rests on the answers about the alias itself alone.
    pub(super) fn hear_aliases(&self) -> Table<Alias> {
        let names = self.inventory.dcs.iter().map(|dc| dc.alias.as_ref());
        let types = [RecordType::CNAME, RecordType::A, RecordType::AAAA];
        self.hear(names, types, |_| true, |server, name| self.hear_alias(server, name))
    }

    /// What all servers say at the host names of all DCs.
    pub(super) fn hear_hosts(&self) -> Table<Both> {
        let names = self.inventory.dcs.iter().map(|dc| dc.host.as_ref());
        // Behind an alias other answers count, too.
        let ends_there = |heard: &[Option<Heard>; 2]| {
            let bodies = heard.iter().flatten().filter_map(|heard| heard.body);
            let mut records = bodies.flat_map(|body| self.evidence.store.body(body).answers);
            !records.any(|record| matches!(record.data, Rdata::Cname(_)))
        };
        let types = [RecordType::A, RecordType::AAAA];
        self.hear(names, types, ends_there, |server, name| self.hear_both(server, self.id(name)))
    }

    fn hear<T, const N: usize>(
        &self,
        names: impl Iterator<Item = Option<&'a DnsName>>,
        types: [RecordType; N],
        ends_there: impl Fn(&[Option<Heard>; N]) -> bool,
        say: impl Fn(&'a Server, &'a DnsName) -> T,
    ) -> Table<T> {
        let servers = &self.inventory.servers;
        let mut table = Table { width: servers.len(), ..Table::empty() };
        for name in names {
            let Some(name) = name else {
                table.cells.extend(servers.iter().map(|_| NAMELESS));
                continue;
            };
            let questions = self.questions(self.id(name), types);
            let mut known: Vec<([Option<Heard>; N], u32)> = Vec::new();
            for server in servers {
                let heard = questions.map(|question| self.heard(server, question?));
                if let Some((_, saying)) = known.iter().find(|(other, _)| *other == heard) {
                    table.cells.push(*saying);
                    continue;
                }
                let saying = u32::try_from(table.sayings.len()).expect("fewer than 2^32 answers fit into memory");
                table.sayings.push(say(server, name));
                table.cells.push(saying);
                if known.len() < COMPARED && ends_there(&heard) {
                    known.push((heard, saying));
                }
            }
        }
        table
    }

    fn questions<const N: usize>(&self, name: Option<NameId>, types: [RecordType; N]) -> [Option<QuestionId>; N] {
        types.map(|rtype| self.evidence.question_about(name?, rtype, true))
    }

    fn heard(&self, server: &Server, question: QuestionId) -> Option<Heard> {
        let answer = self.columns[server.index]?.answer(question)?;
        let authoritative = answer.flags.has(Flags::AA);
        Some(Heard { outcome: answer.outcome, rcode: answer.rcode, authoritative, body: answer.body })
    }

    /// The id of a name; a name that was never seen was never asked.
    pub(crate) fn id(&self, name: &DnsName) -> Option<NameId> {
        self.evidence.store.find_name(name.as_str())
    }

    /// Whether whatever follows from what one good server says about a DC follows from the other's word, too; `false`
    /// where finding out would take as long as following it.
    pub fn says_the_same(&self, dc: &Dc, one: &Server, other: &Server) -> bool {
        let is_good = |server| *self.standing(server) == Standing::Good;
        let leads_home = match (self.aliases.get(dc, one), &dc.host) {
            (Some(Alias::Targets { folded, names, .. }), Some(host)) => {
                folded.len() == 1 && names.first() == Some(host)
            }
            _ => false,
        };
        leads_home
            && is_good(one)
            && is_good(other)
            && self.synthesized[one.index] == self.synthesized[other.index]
            && self.aliases.cell(dc, one) == self.aliases.cell(dc, other)
            && self.hosts.cell(dc, one) == self.hosts.cell(dc, other)
    }
}

#[cfg(test)]
mod tests {
    use crate::inventory;
    use crate::testing::{ALIAS2, Reply, World, name};
    use crate::view::View;

    /// The addresses of dc2's host name at both servers, and whether they say the same about it.
    fn at_both(world: World) -> ([String; 2], bool) {
        let evidence = world.observe();
        let inventory = inventory::derive(&evidence);
        let view = View::new(&inventory, &evidence);
        let [one, other] = &inventory.servers[..] else { panic!("two servers") };
        let host = name("dc2.contoso.com");
        let dc = view.dc_named(host.as_str()).expect("dc2");
        (
            [one, other].map(|server| format!("{:?}", view.both(server, &host).addresses())),
            view.says_the_same(dc, one, other),
        )
    }

    #[test]
    fn what_both_hold_is_the_same() {
        assert_eq!(at_both(World::new()), (["[192.0.2.11]".into(), "[192.0.2.11]".into()], true));
    }

    #[test]
    fn one_answer_that_leads_to_different_ends_is_not_the_same() {
        let stops = Reply::Records("dc2.contoso.com 600 CNAME old.example");
        let leads = |world: World, server: &str, address: &str| {
            world
                .reply(server, "dc2.contoso.com A", stops.clone())
                .reply(server, "dc2.contoso.com AAAA", stops.clone())
                .add(server, &format!("old.example 600 A {address}"))
        };
        let world = leads(leads(World::new(), "dc1", "192.0.2.98"), "dc2", "192.0.2.99");
        assert_eq!(at_both(world), (["[192.0.2.98]".into(), "[192.0.2.99]".into()], false));
    }

    #[test]
    fn whoever_differs_in_anything_that_counts_does_not_say_the_same() {
        let other_alias = World::new().remove("dc2", ALIAS2).add("dc2", &format!("{ALIAS2} 600 CNAME dc1.contoso.com"));
        let other_ttl = World::new().remove("dc2", "dc2.contoso.com").add("dc2", "dc2.contoso.com 77 A 192.0.2.11");
        let wildcard = World::new().add("dc2", "*.contoso.com 600 A 192.0.2.80");
        let silent = World::new().reply("dc2", "", Reply::Timeout);
        for world in [other_alias, other_ttl, wildcard, silent] {
            assert!(!at_both(world).1);
        }
        let wrong_at_both = ["dc1", "dc2"].into_iter().fold(World::new(), |world, server| {
            world.remove(server, ALIAS2).add(server, &format!("{ALIAS2} 600 CNAME old.example"))
        });
        assert!(!at_both(wrong_at_both).1, "what stands at old.example counts, and is not looked at");
    }
}
