use crate::base::dns::rcode_name;
use crate::findings::{Draft, Sink, Subject};
use crate::view::{Standing, View};

rule! {
    /// A DNS server answers, but refuses or fails every question about the forest.
    ///
    /// # What it checks
    /// Whether all replies of a server carry REFUSED, NOTAUTH, SERVFAIL, FORMERR or NOTIMP. A single name that fails is no
    /// refusal.
    ///
    /// # Why it matters
    /// A destination DC cannot find its sources through this server. Windows moves on to the next server of its list, and
    /// fails with error 8524 where there is none that answers.
    ///
    /// # How to fix
    /// REFUSED: let the server answer the DCs' networks (allow-query, access lists), or load the forest's zones. SERVFAIL:
    /// look for an expired secondary zone, a forwarder that does not answer, or a broken delegation. On a DC that just
    /// started, wait until Active Directory has loaded the zones (event 4013).
    ///
    /// # References
    /// RFC 1035 section 4.1.1, RFC 2136 section 2.2; Microsoft KB 2001093.
    "server-refusing", Servers, Critical, needs: [], predicts: [DNS_LOOKUP_FAILURE],
    owns: [ServerRefusing], items: ["zones-authoritative"], flags: [blocks_server]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for server in &view.inventory.servers {
        let subject = Subject::server(server);
        match view.standing(server) {
            Standing::Good | Standing::OutsideForest { .. } => sink.pass(subject),
            Standing::Refusing { rcodes } => {
                let names: Vec<String> = rcodes.iter().map(|&rcode| rcode_name(rcode)).collect();
                sink.fail(
                    subject,
                    Draft {
                        expected: vec!["NOERROR".into()],
                        message: format!("every question about the forest got {}", names.join(" or ")),
                        actual: names,
                        predicts: super::codes(&RULE),
                        remedy: vec![
                            "# let the server answer this network, or load or forward the forest's zones there".into(),
                            format!("# see it: nslookup -type=SOA {} {}", view.inventory.msdcs, server.command_name()),
                        ],
                        ..Draft::default()
                    },
                );
            }
            // server-silent speaks of the others.
            Standing::Silent(_) | Standing::Unresolved | Standing::NotAsked => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Reply, World, row};

    #[test]
    fn fires_where_every_reply_refuses() {
        let finding = World::new().reply("dc2", "", Reply::Rcode(5)).finding("server-refusing");
        assert_eq!(row(&finding), "fail critical @dc2");
        assert_eq!(finding.actual, ["REFUSED"]);
        assert_eq!(finding.predicts, [8524]);
    }

    #[test]
    fn names_every_code_that_it_got() {
        let world = World::new().reply("dc2", "", Reply::Rcode(5)).reply("dc2", "contoso.com SOA", Reply::Rcode(2));
        let finding = world.finding("server-refusing");
        assert_eq!(finding.actual, ["SERVFAIL", "REFUSED"]);
        assert!(finding.message.contains("SERVFAIL or REFUSED"), "{}", finding.message);
    }

    #[test]
    fn one_odd_name_is_no_refusal() {
        let world = World::new().reply("dc2", "dc1.contoso.com A", Reply::Rcode(2));
        assert_eq!(world.rows("server-refusing"), [""; 0]);
    }
}
