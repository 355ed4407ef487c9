//! Which questions follow; the only place that knows which names exist.
//!
//! Every function is pure: it looks at what has been seen and names what is still to be asked. A question that ended in
//! any way, "not asked" included, is settled and never named again, so asking comes to an end by itself.
//!
//! What rules need is a file here and a word in the registry below.

mod asks;

use std::cell::OnceCell;
use std::net::SocketAddr;

use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::evidence::{Ask, Candidate, Evidence, Plan};
use crate::findings::Need;
use crate::inventory::{self, Inventory, Server};
use crate::jobs::gone::Former;
use crate::jobs::preflight;
use crate::view::View;
use asks::Asks;

/// How one need is asked for.
struct Asker {
    need: Need,
    /// At one server.
    server: fn(&mut Asks<'_>, &Round, &Server),
    /// Of everybody else.
    beside: fn(&Seen<'_>, &mut Plan),
}

impl Asker {
    /// A need that nothing is asked for yet.
    const fn of(need: Need) -> Self {
        Self { need, server: |_, _, _| {}, beside: |_, _| {} }
    }
}

macro_rules! needs {
    ($($module:ident),+ $(,)?) => {
        $(mod $module;)+
        static ASKERS: &[Asker] = &[$($module::ASKER),+];
    };
}

// In the order of asking: ports are tried only where nobody is left who has to say who it is.
needs! {
    authority,
    canaries,
    alias,
    hosts,
    candidate,
    former,
    zones,
    identity,
    ports,
    local,
    lookups,
}

/// A round of questions: what was known of the forest when it began, and what the rules of the run need.
pub struct Round {
    /// The forest.
    pub inventory: Inventory,
    needs: Vec<Need>,
    candidate: Option<(Candidate, Vec<(DnsName, RecordType)>)>,
}

impl Round {
    /// A round that begins now.
    pub fn new(evidence: &Evidence, needs: Vec<Need>) -> Self {
        let inventory = inventory::derive(evidence);
        let candidate = evidence
            .purpose
            .candidate()
            .map(|candidate| (candidate.clone(), preflight::about_name(&inventory, evidence, candidate)));
        Self { inventory, needs, candidate }
    }

    fn needs(&self, need: Need) -> bool {
        self.needs.contains(&need)
    }

    fn askers(&self) -> impl Iterator<Item = &'static Asker> {
        ASKERS.iter().filter(|asker| self.needs(asker.need))
    }

    fn candidate(&self) -> Option<&Candidate> {
        self.candidate.as_ref().map(|(candidate, _)| candidate)
    }

    /// The former DC that the run is about, unless nobody wants to know.
    fn former(&self, evidence: &Evidence, only: Option<SocketAddr>) -> Option<Former> {
        let wanted = self.needs(Need::Former) || self.needs(Need::Zones);
        wanted.then(|| Former::to_ask(&self.inventory, evidence, only)).flatten()
    }
}

/// All that has been seen when a round begins.
struct Seen<'a> {
    round: &'a Round,
    inventory: &'a Inventory,
    evidence: &'a Evidence,
    former: Option<Former>,
    view: OnceCell<View<'a>>,
}

impl<'a> Seen<'a> {
    /// Built once, and only where somebody looks.
    fn view(&self) -> &View<'a> {
        self.view.get_or_init(|| View::new(self.inventory, self.evidence))
    }
}

/// All that can be asked now.
pub fn next(round: &Round, evidence: &Evidence) -> Plan {
    let mut plan = Plan::default();
    inventory::find_servers(&mut plan, evidence);
    let inventory = &round.inventory;
    let seen = Seen { round, inventory, evidence, former: round.former(evidence, None), view: OnceCell::new() };
    let mut order = Order::default();
    for server in &inventory.servers {
        let Some(address) = server.address else { continue };
        let asks = order.of(ask_server(round, evidence, server, seen.former.as_ref()));
        if !asks.is_empty() {
            plan.dns.push((address, asks));
        }
    }
    for asker in round.askers() {
        (asker.beside)(&seen, &mut plan);
    }
    if round.candidate().is_some_and(|candidate| candidate.here) {
        // A candidate's resolvers and addresses are this machine's, if guidpost runs on it.
        local::read(&seen, &mut plan);
    }
    plan
}

/// What can be asked of one server now, in the fixed order of questions: its later questions follow its own answers.
pub fn follow(round: &Round, evidence: &Evidence, address: SocketAddr) -> Vec<Ask> {
    let Some(server) = round.inventory.servers.iter().find(|server| server.address == Some(address)) else {
        return Vec::new();
    };
    let former = round.former(evidence, Some(address));
    Order::default().of(ask_server(round, evidence, server, former.as_ref()))
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
fn ask_server(round: &Round, evidence: &Evidence, server: &Server, former: Option<&Former>) -> Vec<Ask> {
    let mut asks = Asks::new(evidence, server, former);
    // Whatever is needed: whether it knows the zones at all.
    let zones = [&round.inventory.forest, &round.inventory.msdcs].into_iter();
    for zone in zones.chain(round.candidate().map(|candidate| &candidate.domain)) {
        asks.ask(zone, RecordType::SOA);
    }
    for asker in round.askers() {
        (asker.server)(&mut asks, round, server);
    }
    asks.into_new()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::asks::MAX_TARGETS;
    use super::*;
    use crate::evidence::Column;
    use crate::rules;
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

    /// What is asked next.
    fn of(evidence: &Evidence) -> Plan {
        next(&Round::new(evidence, rules::needs(evidence)), evidence)
    }

    #[test]
    fn every_need_of_a_rule_is_asked_for_in_one_place() {
        for need in rules::all().iter().flat_map(|rule| rule.needs) {
            assert_eq!(ASKERS.iter().filter(|asker| asker.need == *need).count(), 1, "{need:?}");
        }
    }

    #[test]
    fn nothing_but_the_zones_is_asked_where_nobody_needs_more() {
        let evidence = World::new().evidence;
        let plan = next(&Round::new(&evidence, Vec::new()), &evidence);
        let asks: Vec<_> = plan.dns.iter().flat_map(|(_, asks)| asks).collect();
        assert!(!asks.is_empty() && asks.iter().all(|ask| ask.rtype == RecordType::SOA && ask.recursion));
        assert_eq!(plan, Plan { dns: plan.dns.clone(), ..Plan::default() });
    }

    fn only(rules: &[&str]) -> World {
        let mut world = World::new();
        world.evidence.selection.only = rules.iter().map(|&rule| rule.into()).collect();
        world
    }

    #[test]
    fn each_question_is_planned_once_and_the_plan_comes_to_an_end() {
        let world = World::new();
        let first = of(&world.evidence);
        for (_, asks) in &first.dns {
            let sorted: BTreeSet<_> = asks.iter().map(|ask| (&ask.name, ask.rtype, ask.recursion)).collect();
            let planned: Vec<_> = asks.iter().map(|ask| (&ask.name, ask.rtype, ask.recursion)).collect();
            assert_eq!(sorted.into_iter().collect::<Vec<_>>(), planned, "each once, in their fixed order");
        }
        let evidence = world.observe();
        assert!(of(&evidence).is_empty());
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
        assert!(of(&evidence).is_empty());

        let chain = (0..30).fold(World::new(), |world, hop| {
            world.add("dc2", &format!("a{hop}.example 600 CNAME a{}.example", hop + 1))
        });
        let stops = "dc2.contoso.com 600 CNAME a0.example";
        let evidence = chain.reply("dc2", "dc2.contoso.com A", Reply::Records(stops)).observe();
        let followed = asked(&evidence, 11).into_iter().filter(|text| text.contains(".example")).count();
        assert_eq!(followed, 2 * MAX_TARGETS);
        assert!(of(&evidence).is_empty());
    }
}
