//! Which questions follow; the only place that knows which names exist.
//!
//! Every function is pure: it looks at what has been seen and names what is still to be asked. A question that ended in
//! any way, "not asked" included, is settled and never named again, so asking comes to an end by itself.

mod gone;
mod local;
mod machines;
mod preflight;

use std::net::SocketAddr;

use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::config::ServerAddress;
use crate::evidence::{Answer, Ask, Column, Evidence, NameId, Plan, Rdata, Record};
use crate::findings::Need;
use crate::inventory::{Dc, Inventory, Server};
use crate::jobs::gone::Former;
use crate::rules;

/// All that can be asked now.
pub fn next(inventory: &Inventory, evidence: &Evidence) -> Plan {
    let mut plan = Plan::default();
    find_servers(&mut plan, evidence);
    let former = gone::former(inventory, evidence, None);
    let mut order = Order::default();
    for server in &inventory.servers {
        let Some(address) = server.address else { continue };
        let asks = order.of(ask_server(inventory, evidence, server, former.as_ref()));
        if !asks.is_empty() {
            plan.dns.push((address, asks));
        }
    }
    plan.machines = machines::next(inventory, evidence);
    plan.ports = preflight::ports(inventory, evidence, &plan.machines);
    (plan.local, plan.lookups) = local::next(inventory, evidence);
    plan.transfers = former.map(|former| gone::transfers(inventory, evidence, &former)).unwrap_or_default();
    plan
}

/// What must be known before the servers of the configuration can be asked.
pub fn find_servers(plan: &mut Plan, evidence: &Evidence) {
    for entry in &evidence.config.dns_servers {
        match &entry.address {
            ServerAddress::System => plan.system |= evidence.system.is_none(),
            ServerAddress::Host(host) if !evidence.hosts.contains_key(host) => plan.hosts.push(host.clone()),
            ServerAddress::Ip { scope: Some(scope), .. }
                if scope.parse::<u32>().is_err() && !evidence.interfaces.contains_key(scope) =>
            {
                plan.interfaces.push(scope.clone());
            }
            ServerAddress::Host(_) | ServerAddress::Ip { .. } => {}
        }
    }
}

/// What can be asked of one server now, in the fixed order of questions: its later questions follow its own answers.
pub fn follow(inventory: &Inventory, evidence: &Evidence, address: SocketAddr) -> Vec<Ask> {
    let Some(server) = inventory.servers.iter().find(|server| server.address == Some(address)) else {
        return Vec::new();
    };
    let former = gone::former(inventory, evidence, Some(address));
    Order::default().of(ask_server(inventory, evidence, server, former.as_ref()))
}

/// Brings questions into their order. Most servers are asked the same as the one before, which need not be sorted again.
#[derive(Default)]
struct Order {
    unsorted: Vec<Ask>,
    sorted: Vec<Ask>,
}

impl Order {
    fn of(&mut self, asks: Vec<Ask>) -> Vec<Ask> {
        if asks != self.unsorted {
            self.sorted.clone_from(&asks);
            self.sorted.sort();
            self.sorted.dedup();
            self.unsorted = asks;
        }
        self.sorted.clone()
    }
}

/// In no particular order, and some perhaps more than once.
fn ask_server(inventory: &Inventory, evidence: &Evidence, server: &Server, former: Option<&Former>) -> Vec<Ask> {
    let needs = rules::needs(evidence);
    let column = server.address.and_then(|address| evidence.column(address));
    let mut asks = Asks { evidence, column, new: Vec::new() };
    ask_zones(&mut asks, inventory, server, &needs);
    // Host names are in their order already, which sorting them later makes use of.
    let dcs = || inventory.dcs.iter().filter(|dc| dc.selected);
    dcs().for_each(|dc| ask_alias(&mut asks, dc, &needs));
    dcs().for_each(|dc| ask_host(&mut asks, dc, &needs));
    if let Some(former) = former {
        gone::follow(&mut asks, inventory, former);
    }
    preflight::ask(&mut asks, inventory, server, &needs);
    asks.new
}

fn ask_zones(asks: &mut Asks<'_>, inventory: &Inventory, server: &Server, needs: &[Need]) {
    for zone in [&inventory.forest, &inventory.msdcs] {
        asks.ask(zone, RecordType::SOA);
        if server.authoritative && needs.contains(&Need::Authority) {
            asks.add(zone, RecordType::SOA, false);
        }
    }
    if needs.contains(&Need::Canaries) {
        for canary in &inventory.canaries {
            asks.ask(canary, RecordType::A);
            asks.ask(canary, RecordType::AAAA);
        }
    }
}

fn ask_alias(asks: &mut Asks<'_>, dc: &Dc, needs: &[Need]) {
    let Some(alias) = dc.alias.as_ref().filter(|_| needs.contains(&Need::Alias)) else { return };
    let id = asks.id(alias);
    asks.ask_about(alias, id, RecordType::CNAME);
    asks.ask_about(alias, id, RecordType::A);
    // Where the name holds addresses, or exists without alias, its IPv6 addresses decide too.
    let no_alias = asks.is_there_without(id, RecordType::CNAME);
    let owns_addresses = asks
        .records(id, RecordType::A)
        .iter()
        .any(|record| matches!(record.data, Rdata::A(_)) && Some(asks.evidence.store.folded(record.owner)) == id);
    if no_alias || owns_addresses {
        asks.ask_about(alias, id, RecordType::AAAA);
    }
    asks.ask_targets(id, RecordType::CNAME);
    asks.ask_targets(id, RecordType::A);
}

fn ask_host(asks: &mut Asks<'_>, dc: &Dc, needs: &[Need]) {
    let Some(host) = dc.host.as_ref().filter(|_| needs.contains(&Need::Hosts)) else { return };
    let id = asks.id(host);
    for rtype in [RecordType::A, RecordType::AAAA] {
        asks.ask_about(host, id, rtype);
        asks.ask_targets(id, rtype);
    }
}

/// The questions found so far, and what is already settled at this server.
struct Asks<'a> {
    evidence: &'a Evidence,
    column: Option<&'a Column>,
    new: Vec<Ask>,
}

impl<'a> Asks<'a> {
    fn ask(&mut self, name: &DnsName, rtype: RecordType) {
        self.add(name, rtype, true);
    }

    /// The same where the name's id has been looked up.
    fn ask_about(&mut self, name: &DnsName, id: Option<NameId>, rtype: RecordType) {
        if self.answer(id, rtype, true).is_none() {
            self.new.push(Ask { name: name.clone(), rtype, recursion: true });
        }
    }

    fn add(&mut self, name: &DnsName, rtype: RecordType, recursion: bool) {
        if self.answer(self.id(name), rtype, recursion).is_none() {
            self.new.push(Ask { name: name.clone(), rtype, recursion });
        }
    }

    /// The id of a name; a name that was never seen was never asked.
    fn id(&self, name: &DnsName) -> Option<NameId> {
        self.evidence.store.find_name(name.as_str())
    }

    /// How a question ended.
    fn answer(&self, name: Option<NameId>, rtype: RecordType, recursion: bool) -> Option<&'a Answer> {
        self.column?.answer(self.evidence.question_about(name?, rtype, recursion)?)
    }

    /// The ANSWER section of the reply to a question; empty without a reply.
    fn records(&self, name: Option<NameId>, rtype: RecordType) -> &'a [Record] {
        let body = self.answer(name, rtype, true).and_then(|answer| answer.body);
        body.map_or(&[], |body| self.evidence.store.body(body).answers)
    }

    /// Whether the server replied NOERROR without a record of this type: the name exists, or the reply says nothing.
    fn is_there_without(&self, name: Option<NameId>, rtype: RecordType) -> bool {
        self.answer(name, rtype, true).is_some_and(|answer| answer.replied() && answer.rcode == 0)
            && !self.records(name, rtype).iter().any(|record| record.data.rtype() == rtype)
    }

    /// Asks for the addresses of every alias target that the reply to a question names, at the same server, and of the
    /// targets that those replies name.
    fn ask_targets(&mut self, name: Option<NameId>, rtype: RecordType) {
        let mut found = self.targets(name, rtype);
        let mut followed = 0;
        while let Some(&target) = found.get(followed).filter(|_| followed < MAX_TARGETS) {
            followed += 1;
            for rtype in [RecordType::A, RecordType::AAAA] {
                if self.answer(Some(target), rtype, true).is_none()
                    && let Some(name) = self.parse(target)
                {
                    self.ask_about(&name, Some(target), rtype);
                }
                for next in self.targets(Some(target), rtype) {
                    if !found.contains(&next) {
                        found.push(next);
                    }
                }
            }
        }
    }

    /// The alias targets in the reply to a question, sorted: their order on the wire says nothing.
    fn targets(&self, name: Option<NameId>, rtype: RecordType) -> Vec<NameId> {
        let store = &self.evidence.store;
        let targets = self.records(name, rtype).iter().filter_map(|record| match record.data {
            Rdata::Cname(target) => Some(store.folded(target)),
            _ => None,
        });
        let mut targets: Vec<NameId> = targets.collect();
        targets.sort_unstable_by_key(|&target| store.name(target));
        targets.dedup();
        targets
    }

    /// A name of the store as one that can be asked, which the root is not.
    fn parse(&self, name: NameId) -> Option<DnsName> {
        DnsName::from_presentation(self.evidence.store.name(name)).ok()
    }
}

/// How many names behind one name are followed. A locator record has one; a server that makes up more and more of them
/// must not keep the run busy.
const MAX_TARGETS: usize = 16;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::inventory;
    use crate::testing::{ALIAS2, Reply, World};

    /// What was asked of a server in the whole run, as `name TYPE`, without the questions about zones and canaries.
    fn asked(evidence: &Evidence, last: u8) -> Vec<String> {
        let column = evidence.column(SocketAddr::from(([192, 0, 2, last], 53)));
        let questions = column.into_iter().flat_map(Column::answers).map(|(id, _)| evidence.question(id));
        let text = questions.map(|question| format!("{} {}", evidence.store.name(question.name), question.rtype));
        let mut text: Vec<String> = text.filter(|text| !text.ends_with("SOA") && !text.starts_with("gp-")).collect();
        text.sort();
        text
    }

    fn only(rules: &[&str]) -> World {
        let mut world = World::new();
        world.evidence.selection.only = rules.iter().map(|&rule| rule.into()).collect();
        world
    }

    #[test]
    fn each_question_is_planned_once_and_the_plan_comes_to_an_end() {
        let world = World::new();
        let first = next(&inventory::derive(&world.evidence), &world.evidence);
        for (_, asks) in &first.dns {
            let sorted: BTreeSet<_> = asks.iter().map(|ask| (&ask.name, ask.rtype, ask.recursion)).collect();
            let planned: Vec<_> = asks.iter().map(|ask| (&ask.name, ask.rtype, ask.recursion)).collect();
            assert_eq!(sorted.into_iter().collect::<Vec<_>>(), planned, "each once, in their fixed order");
        }
        let evidence = world.observe();
        assert!(next(&inventory::derive(&evidence), &evidence).is_empty());
    }

    #[test]
    fn targets_are_asked_for_at_the_server_that_names_them() {
        let world = World::new().remove("dc2", ALIAS2).add("dc2", &format!("{ALIAS2} 600 CNAME old.example"));
        let evidence = world.observe();
        let about_old = |last| asked(&evidence, last).into_iter().filter(|text| text.starts_with("old.")).count();
        assert_eq!((about_old(10), about_old(11)), (0, 2));
    }

    #[test]
    fn a_name_that_holds_addresses_is_asked_for_aaaa_too() {
        let aaaa = format!("{ALIAS2} AAAA");
        assert!(!asked(&World::new().observe(), 11).contains(&aaaa));
        let holds = World::new().remove("dc2", ALIAS2).add("dc2", &format!("{ALIAS2} 600 A 192.0.2.11"));
        assert!(asked(&holds.observe(), 11).contains(&aaaa));
        let beside = World::new().add("dc2", &format!("{ALIAS2} 600 A 192.0.2.11"));
        assert!(asked(&beside.observe(), 11).contains(&aaaa));
    }

    #[test]
    fn only_what_the_rules_of_the_run_need_is_asked() {
        let evidence = only(&["server-silent"]).observe();
        assert_eq!(asked(&evidence, 11), [""; 0]);
        let all = |evidence: &Evidence| evidence.columns()[0].answers().count();
        assert_eq!(all(&evidence), 2, "the SOA of both zones");
        assert_eq!(all(&only(&["server-answers-anything"]).observe()), 6, "and A and AAAA of two canaries");
        let hosts = ["dc1.contoso.com A", "dc1.contoso.com AAAA", "dc2.contoso.com A", "dc2.contoso.com AAAA"];
        assert_eq!(asked(&only(&["stale-address"]).observe(), 11), hosts);
        let aliases = asked(&only(&["alias-duplicate"]).observe(), 11);
        assert!(aliases.contains(&format!("{ALIAS2} CNAME")) && !aliases.is_empty());
        let mut skipped = World::new();
        skipped.evidence.selection.skip = vec!["server-answers-anything".into()];
        assert_eq!(all(&World::new().observe()) - all(&skipped.observe()), 4);
    }

    #[test]
    fn without_recursion_only_servers_that_should_have_authority_are_asked() {
        let config = crate::testing::CONFIG.replace("192.0.2.11}", "192.0.2.11, authoritative: true}");
        let evidence = World::with(&config).observe();
        let without = |last: u8| {
            let column = evidence.column(SocketAddr::from(([192, 0, 2, last], 53))).expect("it was asked");
            column.answers().filter(|(id, _)| !evidence.question(*id).recursion).count()
        };
        assert_eq!((without(10), without(11)), (0, 2));
    }

    #[test]
    fn aliases_in_a_circle_and_without_end_are_left_alone() {
        let circle = World::new()
            .reply("dc2", "dc2.contoso.com A", Reply::Records("dc2.contoso.com 600 CNAME a.example"))
            .reply("dc2", "a.example A", Reply::Records("a.example 600 CNAME dc2.contoso.com"));
        let evidence = circle.observe();
        assert!(next(&inventory::derive(&evidence), &evidence).is_empty());

        let chain = (0..30).fold(World::new(), |world, hop| {
            world.add("dc2", &format!("a{hop}.example 600 CNAME a{}.example", hop + 1))
        });
        let stops = "dc2.contoso.com 600 CNAME a0.example";
        let evidence = chain.reply("dc2", "dc2.contoso.com A", Reply::Records(stops)).observe();
        let followed = asked(&evidence, 11).into_iter().filter(|text| text.contains(".example")).count();
        assert_eq!(followed, 2 * MAX_TARGETS);
        assert!(next(&inventory::derive(&evidence), &evidence).is_empty());
    }
}
