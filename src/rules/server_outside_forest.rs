use crate::base::dns::RecordType;
use crate::findings::{Draft, Sink, Subject};
use crate::inventory::Dc;
use crate::view::{Standing, View};

rule! {
    /// A DNS server does not know the forest: `_msdcs.<forest>` does not exist there.
    ///
    /// # What it checks
    /// Whether the server says NXDOMAIN for `_msdcs.<forest>` and shows no alias of any DC. It does not matter whether it
    /// has authority itself or forwards, nor whether a zone with the forest's name exists there, as in a public zone of
    /// the same name.
    ///
    /// # Why it matters
    /// NXDOMAIN is final for the Windows DNS client: a destination DC that asks this server gives up with error 8524,
    /// even if the next server of its list knows the source.
    ///
    /// # How to fix
    /// Take this server out of the resolver lists of all DCs, or give it a copy of, a delegation to, or a conditional
    /// forwarder for the forest's zones. A DC never uses a provider's DNS server.
    ///
    /// # References
    /// Microsoft KB 825036, KB 2021446.
    "server-outside-forest", Servers, Critical, needs: [Alias], predicts: [DNS_LOOKUP_FAILURE],
    owns: [ServerOutsideForest], items: ["zones-authoritative"], flags: [blocks_server]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let msdcs = &view.inventory.msdcs;
    let forest = &view.inventory.forest;
    let masters = masters(view);
    for server in &view.inventory.servers {
        let subject = Subject { name: Some(msdcs), rtype: Some(RecordType::SOA), ..Subject::server(server) };
        match view.standing(server) {
            Standing::Good => match view.usable(server, msdcs, RecordType::SOA) {
                Ok(_) => sink.pass(subject),
                Err(_) if view.finds_alias(server) => sink.pass(subject),
                Err(why) => sink.unknown(subject, format!("whether the server knows {msdcs} could not be seen: {why}")),
            },
            Standing::OutsideForest { forest_zone } => {
                let zone = match forest_zone {
                    Some(true) => format!("a zone {forest} exists there, but it is not that of the forest"),
                    Some(false) => format!("it does not know {forest} either"),
                    None => format!("whether it knows {forest} could not be seen"),
                };
                sink.fail(
                    subject,
                    Draft {
                        expected: vec!["NOERROR".into()],
                        actual: vec!["NXDOMAIN".into()],
                        message: format!("the server says that {msdcs} does not exist; {zone}"),
                        predicts: super::codes(&RULE),
                        remedy: vec![
                            "# no DC may use this server: take it out of every DC's resolver list; or, if it has no zone of that name \
                             and ought to know the forest, let it forward:"
                                .into(),
                            format!("# Add-DnsServerConditionalForwarderZone -ComputerName {} -Name {forest} -MasterServers {masters}", server.command_name()),
                        ],
                        ..Draft::default()
                    },
                );
            }
            Standing::Silent(_) | Standing::Refusing { .. } | Standing::Unresolved | Standing::NotAsked => {}
        }
    }
}

/// Addresses of servers that know the forest, as a command takes them.
fn masters(view: &View<'_>) -> String {
    let mut known: Vec<String> =
        view.good_servers().filter_map(|server| Some(server.address?.ip().to_string())).collect();
    if known.is_empty() {
        known = view.dcs().flat_map(Dc::single_addresses).map(|address| address.to_string()).collect();
    }
    known.dedup();
    known.truncate(2);
    if known.is_empty() { "ADDRESS-OF-A-DC".into() } else { known.join(",") }
}

#[cfg(test)]
mod tests {
    use crate::testing::{ALIAS2, Reply, World, row};

    /// A server that has never heard of the forest.
    fn outside() -> World {
        World::new().reply("dc2", "", Reply::NxDomain)
    }

    #[test]
    fn fires_alone_where_the_forest_does_not_exist() {
        let report = outside().report();
        assert_eq!(report.findings.iter().map(row).collect::<Vec<_>>(), ["fail critical SOA @dc2"]);
        let finding = &report.findings[0];
        assert_eq!(finding.rule, "server-outside-forest");
        assert_eq!(finding.predicts, [8524]);
        assert!(finding.message.ends_with("it does not know contoso.com either"), "{}", finding.message);
    }

    #[test]
    fn the_remedy_names_a_server_that_knows_the_forest() {
        let finding = outside().finding("server-outside-forest");
        assert!(finding.remedy[1].ends_with("-Name contoso.com -MasterServers 192.0.2.10"), "{}", finding.remedy[1]);
    }

    #[test]
    fn says_that_a_public_zone_of_the_same_name_is_there() {
        let zone = Reply::Records("contoso.com 3600 SOA ns.example.net");
        let finding = outside().reply("dc2", "contoso.com SOA", zone).finding("server-outside-forest");
        assert!(finding.message.contains("a zone contoso.com exists there"), "{}", finding.message);
    }

    #[test]
    fn a_server_that_shows_an_alias_is_inside() {
        let alias = Reply::Cached("22222222-2222-4222-8222-222222222222._msdcs.contoso.com 600 CNAME dc2.contoso.com");
        let world = outside().reply("dc2", &format!("{ALIAS2} CNAME"), alias);
        assert_eq!(world.rows("server-outside-forest"), [""; 0]);
    }

    #[test]
    fn an_odd_failure_of_the_zone_alone_says_nothing() {
        let world = World::new().reply("dc2", "_msdcs.contoso.com SOA", Reply::Rcode(2));
        assert_eq!(world.rows("server-outside-forest"), [""; 0]);
    }
}
