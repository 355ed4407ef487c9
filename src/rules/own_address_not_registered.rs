use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::base::address::address_type;
use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::evidence::Flags;
use crate::findings::remedy::Place;
use crate::findings::{Draft, Sink, Subject};
use crate::inventory::{Dc, Server};
use crate::report::Severity;
use crate::view::{Look, Ownership, View};

rule! {
    /// This DC's own address did not reach the DNS server of a partner, as event 6702 says.
    ///
    /// # What it checks
    /// On a DC: whether each partner's DNS server that holds the zone itself (`dc:` of another DC, `authoritative: true`,
    /// or an answer with authority; no secondary) has an address of this machine under its host name, and none that it
    /// does not have. An address that the machine keeps from DNS, or that may move to another member of a cluster, is not
    /// expected, and does no harm. Critical if no partner has a usable address; else a warning, because replication with
    /// the others brings the rest.
    ///
    /// # Why it matters
    /// When the address of a DC changes, its DNS service writes the new one to itself and to the servers of its partners.
    /// A partner that it could not write to keeps the former address, cannot replicate from this DC for that reason, and
    /// therefore never learns the new one.
    ///
    /// # How to fix
    /// Event 6702, step by step: at each partner's server delete what this machine does not have, and add at least one of
    /// its addresses, by preference one on the network of that server; enough partners suffice, replication does the rest.
    ///
    /// # References
    /// Microsoft's article on DNS event 6702; Microsoft KB 275278.
    "own-address-not-registered", Local, Critical, needs: [Hosts, Local], predicts: [EVENT_ADDRESS_NOT_PUSHED]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some((dc, host)) = view.here().and_then(|dc| Some((dc, dc.host.as_ref()?))) else {
        return sink.not_applicable("this machine is no DC of the configuration");
    };
    if view.inventory.dcs.len() < 2 {
        return sink.not_applicable("the forest has no other domain controller");
    }
    let mut registers = view.registered_addresses();
    if registers.is_empty() {
        registers = dc.single_addresses().filter(|&address| view.unusable(address).is_none()).collect();
    }
    if registers.is_empty() {
        return sink.not_applicable("no address is known that this machine registers");
    }
    let partners: Vec<Partner<'_>> =
        partners(view, dc).map(|server| Partner::of(view, dc, server, &registers)).collect();
    if partners.is_empty() {
        return sink
            .not_applicable("no DNS server of a partner holds the zone (`dc:` of the servers, or an answer with AA)");
    }
    let reached = partners.iter().any(|partner| matches!(&partner.seen, Seen::Addresses { usable: true, .. }));
    let unseen = partners.iter().any(|partner| matches!(&partner.seen, Seen::Unknown(_)));
    for partner in &partners {
        let subject = Subject { dc: Some(dc), name: Some(host), ..Subject::server(partner.server) };
        match &partner.seen {
            Seen::Unknown(why) => sink.unknown(subject, format!("its addresses could not be seen: {why}")),
            Seen::Addresses { usable: true, foreign, .. } if foreign.is_empty() => sink.pass(subject),
            Seen::Addresses { list, usable, foreign } => {
                let step = Step { view, dc, host, server: partner.server, registers: &registers };
                sink.fail(
                    subject,
                    Draft {
                        // Where one partner could not be seen, nobody can say that none has an address.
                        severity: (reached || unseen).then_some(Severity::Warning),
                        expected: registers.iter().map(ToString::to_string).collect(),
                        actual: super::texts(list),
                        message: step.message(*usable, foreign, reached),
                        predicts: super::codes(&RULE),
                        remedy: step.remedy(*usable, foreign),
                    },
                );
            }
        }
    }
}

/// Servers of other DCs that hold the zone themselves, each with its own copy.
fn partners<'a>(view: &View<'a>, here: &'a Dc) -> impl Iterator<Item = &'a Server> {
    let authoritative = |server: &Server| {
        let soa = view.usable(server, &view.inventory.forest, RecordType::SOA);
        server.authoritative || soa.is_ok_and(|(answer, _)| answer.flags.has(Flags::AA))
    };
    let own = view.inventory.server_on(here).map(|server| server.index);
    let servers: Vec<&Server> = view
        .good_servers()
        .filter(|server| !server.secondary && Some(server.index) != own)
        .filter(|server| match &server.dc {
            Some(dc) => !here.is_named(dc.as_str()),
            None => authoritative(server) && server.address.is_none_or(|address| !view.is_own_address(address.ip())),
        })
        .collect();
    servers.into_iter()
}

/// A partner's server, and what it has for this machine.
struct Partner<'a> {
    server: &'a Server,
    seen: Seen,
}

enum Seen {
    Addresses {
        list: Vec<IpAddr>,
        /// One of them is an address that this machine has.
        usable: bool,
        /// Those that it does not have.
        foreign: Vec<IpAddr>,
    },
    Unknown(String),
}

impl<'a> Partner<'a> {
    fn of(view: &View<'_>, dc: &Dc, server: &'a Server, registers: &BTreeSet<IpAddr>) -> Self {
        let both = view.host(dc, server);
        let unknown = [&both.a, &both.aaaa].into_iter().find_map(|look| match look {
            Look::Unknown(why) => Some(why.to_string()),
            Look::Present(_) | Look::Absent(_) => None,
        });
        let has = |address: IpAddr| {
            !address.is_loopback() && (registers.contains(&address) || view.is_own_address(address) || dc.owns(address))
        };
        let list = both.addresses();
        let foreign: Vec<IpAddr> = list.iter().copied().filter(|&address| !has(address)).collect();
        let usable = list.iter().any(|&address| has(address) && view.unusable(address).is_none());
        // What one family shows to be wrong stays wrong, whatever the other holds.
        let seen = match unknown {
            Some(why) if !usable || foreign.is_empty() => Seen::Unknown(why),
            _ => Seen::Addresses { list, usable, foreign },
        };
        Self { server, seen }
    }
}

/// What is to be done at one server.
struct Step<'a, 'v> {
    view: &'v View<'a>,
    dc: &'a Dc,
    host: &'a DnsName,
    server: &'a Server,
    registers: &'v BTreeSet<IpAddr>,
}

impl Step<'_, '_> {
    fn message(&self, usable: bool, foreign: &[IpAddr], reached: bool) -> String {
        let mut parts = Vec::new();
        if !usable {
            parts.push("the server has no address of this machine".to_owned());
        }
        if !foreign.is_empty() {
            parts.push(format!("it holds {}, which this machine does not have", super::texts(foreign).join(", ")));
        }
        parts.push(if reached {
            "other partners can replicate from here".into()
        } else {
            "no partner is known that can replicate from here".into()
        });
        parts.join("; ")
    }

    /// The steps of event 6702.
    fn remedy(&self, usable: bool, foreign: &[IpAddr]) -> Vec<String> {
        let place = Place::of(self.view, self.server, self.dc, self.host);
        let mut lines = Vec::new();
        if !usable && let Some(&first) = self.registers.first() {
            let near = self.registers.iter().copied().find(|&address| self.is_near(address));
            let what = if near.is_some() { ", on the network of that server" } else { "" };
            lines.push(format!("# add an address of this machine{what}:"));
            let add = near.unwrap_or(first);
            let obstacle = super::obstacle(self.view, self.server, self.host);
            let ownership = self.view.ownership(self.dc, add);
            let undisputed = matches!(ownership, Ownership::Own | Ownership::Unknown);
            if !undisputed {
                lines.push(format!("# look first: the configuration does not give {add} to this machine alone"));
            }
            let (rtype, data) = (address_type(add), add.to_string());
            let runs = undisputed && obstacle.is_none();
            lines.extend(obstacle);
            lines.extend(if runs { place.add(rtype, &data) } else { place.add_after_look(rtype, &data) });
        }
        if !foreign.is_empty() {
            lines.push(format!(
                "# at {}: look first with `ipconfig /all` or `ip address`, then delete what this machine does not have:",
                self.server.name
            ));
            lines.extend(foreign.iter().flat_map(|&old| place.delete(address_type(old), &old.to_string())));
        }
        lines
            .push("# the same at other partners, until enough of them have it; then replicate and check again:".into());
        lines.push("repadmin /syncall /AdeP".into());
        lines
    }

    /// Whether an address lies in a network of the server: by `networks`, else by this machine's own interfaces.
    fn is_near(&self, address: IpAddr) -> bool {
        let at: Vec<IpAddr> = self.view.addresses_of_server(self.server);
        let networks = self.view.evidence.config.networks.iter().map(|network| network.cidr);
        let local = self.view.evidence.local.iter().flat_map(|local| &local.interfaces);
        let own = local.flat_map(|interface| &interface.addresses).filter(|own| own.address == address);
        let own = own.filter_map(|own| ipnetwork::IpNetwork::new(own.address, own.prefix).ok());
        networks.chain(own).any(|network| network.contains(address) && at.iter().any(|&at| network.contains(at)))
    }
}

#[cfg(test)]
mod tests {
    use crate::observe::Local;
    use crate::testing::{CONFIG, Reply, World, config_with, local, row, samba};

    const HOST: &str = "dc1.contoso.com";

    /// Three DCs with a server each, none of which has anything for dc1.
    fn three() -> World {
        let config = CONFIG.replace("192.0.2.11}]", "192.0.2.11}, {name: dc3, address: 192.0.2.12}]")
            + "  - {host: dc3.contoso.com, addresses: [192.0.2.12]}\n";
        World::with(&config).remove("dc2", HOST).remove("dc3", HOST)
    }

    fn rows(world: World) -> Vec<String> {
        world.local(local::dc1()).rows("own-address-not-registered")
    }

    #[test]
    fn it_is_critical_while_no_partner_has_a_usable_address() {
        assert_eq!(rows(three()), ["fail critical dc1.contoso.com @dc2", "fail critical dc1.contoso.com @dc3"]);
        let one = three().add("dc3", "dc1.contoso.com 1200 A 192.0.2.10");
        assert_eq!(rows(one), ["fail warning dc1.contoso.com @dc2"]);
        let lost = three().reply("dc3", "dc1.contoso.com A", Reply::Timeout);
        assert_eq!(rows(lost), ["fail warning dc1.contoso.com @dc2", "unknown critical dc1.contoso.com @dc3"]);
    }

    #[test]
    fn the_new_address_is_added_and_the_former_one_deleted_after_a_look() {
        let world = World::new().remove("dc2", HOST).add("dc2", "dc1.contoso.com 1200 A 192.0.2.9");
        let finding = world.local(local::dc1()).finding("own-address-not-registered");
        assert_eq!(row(&finding), "fail critical dc1.contoso.com @dc2");
        assert_eq!(finding.predicts, [6702]);
        assert_eq!(
            samba(&finding),
            ["add 192.0.2.11 contoso.com dc1 A 192.0.2.10", "# delete 192.0.2.11 contoso.com dc1 A 192.0.2.9"]
        );
    }

    #[test]
    fn what_is_in_dispute_or_has_something_in_its_way_is_looked_at_first() {
        let alias = World::new().remove("dc2", HOST).add("dc2", "dc1.contoso.com 600 CNAME a.contoso.com");
        let shared = World::with(&config_with("addresses: [192.0.2.10, 192.0.2.11]")).remove("dc2", HOST);
        for world in [alias, shared] {
            let finding = world.local(local::dc1()).finding("own-address-not-registered");
            assert_eq!(samba(&finding), ["# add 192.0.2.11 contoso.com dc1 A 192.0.2.10"]);
        }
    }

    #[test]
    fn a_former_address_beside_the_right_one_is_a_warning() {
        let world = World::new().add("dc2", "dc1.contoso.com 1200 A 192.0.2.9");
        let finding = world.local(local::dc1()).finding("own-address-not-registered");
        assert_eq!(row(&finding), "fail warning dc1.contoso.com @dc2");
        assert_eq!(samba(&finding), ["# delete 192.0.2.11 contoso.com dc1 A 192.0.2.9"]);
    }

    #[test]
    fn the_address_on_the_servers_network_is_added() {
        let mut own = local::named(HOST, &["10.0.0.1", "192.0.2.10"]);
        local::resolvers(&mut own, &["192.0.2.11:53"]);
        let finding = World::new().remove("dc2", HOST).local(own).finding("own-address-not-registered");
        assert_eq!(samba(&finding), ["add 192.0.2.11 contoso.com dc1 A 192.0.2.10"]);
    }

    #[test]
    fn an_address_that_the_machine_keeps_from_dns_is_no_defect() {
        let with_backup = |registers| -> Local {
            let mut own = local::named(HOST, &["192.0.2.10"]);
            let mut backup = own.view.interfaces[0].clone();
            (backup.registers, backup.addresses) = (registers, vec![local::address("10.9.0.1")]);
            own.view.interfaces.push(backup);
            own
        };
        assert_eq!(World::new().local(with_backup(Some(false))).rows("own-address-not-registered"), [""; 0]);
        let there = World::new().add("dc2", "dc1.contoso.com 1200 A 10.9.0.1");
        assert_eq!(there.local(with_backup(Some(false))).rows("own-address-not-registered"), [""; 0]);
    }

    #[test]
    fn it_needs_a_partner_whose_server_holds_the_zone() {
        let alone = "forest: contoso.com\ndns_servers: [{name: dc1, address: 192.0.2.10}]\ndomain_controllers:\n  \
                     - {host: dc1.contoso.com, addresses: [192.0.2.10]}\n";
        assert_eq!(rows(World::with(alone)), [""; 0]);
        let forwarder = World::new().remove("dc2", HOST);
        let forwarder = forwarder.reply("dc2", "contoso.com SOA", Reply::Cached("contoso.com 60 SOA dc1.contoso.com"));
        assert_eq!(rows(forwarder), [""; 0]);
        let config = CONFIG.replace("192.0.2.11}]", "192.0.2.11, secondary: true}]");
        assert_eq!(rows(World::with(&config).remove("dc2", HOST)), [""; 0]);
    }

    #[test]
    fn elsewhere_it_does_not_apply() {
        let world = World::with(&config_with("addresses: [192.0.2.11]")).remove("dc2", HOST);
        assert_eq!(
            world.local(local::named("pc7.contoso.com", &["192.0.2.77"])).rows("own-address-not-registered"),
            [""; 0]
        );
    }
}
