use crate::findings::{Draft, Sink, Subject};
use crate::report::ServerStatus;
use crate::view::{Standing, View};

rule! {
    /// A DNS server gives no reply at all.
    ///
    /// # What it checks
    /// Whether at least one question was answered. Says whether the server kept silent, the machine refused the port, or
    /// the network knows no way. A server that answers some questions and loses others is not silent: the lost ones are
    /// reported as unknown where they matter.
    ///
    /// # Why it matters
    /// A destination DC that lists this server waits for it before it asks the next one; where all servers of a
    /// destination are silent, every lookup of a source fails with error 8524. Nothing is known about the records on a
    /// silent server, so its partners cannot be told right or wrong there.
    ///
    /// # How to fix
    /// Start the DNS service on the machine, or open UDP and TCP port 53 on the way to it. If the server is gone, take it
    /// out of the resolver lists of all DCs, then out of this configuration.
    ///
    /// # References
    /// RFC 1035 section 4.2; Microsoft KB 2834226 (time-outs of the DNS client).
    "server-silent", Servers, Critical, needs: [], predicts: [DNS_LOOKUP_FAILURE],
    owns: [ServerSilent], items: ["zones-authoritative"], flags: [blocks_server]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for server in &view.inventory.servers {
        let subject = Subject::server(server);
        match view.standing(server) {
            Standing::Good | Standing::Refusing { .. } | Standing::OutsideForest { .. } => sink.pass(subject),
            Standing::Unresolved => {
                let trouble = server.trouble.as_deref().unwrap_or("its host name has no address here");
                sink.unknown(subject, format!("the server could not be asked: {trouble}"));
            }
            Standing::NotAsked => sink.unknown(subject, view.why_not_asked(server)),
            Standing::Silent(status) => {
                let (what, remedy) = describe(*status);
                let trouble = server.address.and_then(|address| view.evidence.column(address)?.trouble.as_deref());
                let trouble = trouble.map(|trouble| format!(" ({trouble})")).unwrap_or_default();
                let address = server.address.map(|address| address.to_string()).unwrap_or_default();
                sink.fail(
                    subject,
                    Draft {
                        expected: vec!["a reply".into()],
                        actual: vec![what.into()],
                        message: format!("{address}: {what}{trouble}; nothing is known about the records there"),
                        predicts: super::codes(&RULE),
                        remedy: vec![
                            format!("# {remedy}"),
                            format!("# see it: nslookup -type=SOA {} {}", view.inventory.forest, server.command_name()),
                        ],
                        ..Draft::default()
                    },
                );
            }
        }
    }
}

fn describe(status: ServerStatus) -> (&'static str, &'static str) {
    match status {
        ServerStatus::Closed => {
            ("nothing listens on the port", "start the DNS service on that machine, or correct the address and port")
        }
        ServerStatus::Unreachable => {
            ("the network knows no way to it", "mend the route to that address, or correct the address")
        }
        _ => (
            "no reply to any question",
            "see whether the machine is up, its DNS service runs, and UDP and TCP port 53 are open on the way",
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Reply, World, row};

    #[test]
    fn fires_on_a_server_that_says_nothing_and_silences_the_others_there() {
        let report = World::new().reply("dc2", "", Reply::Timeout).report();
        let rows: Vec<String> = report.findings.iter().map(row).collect();
        assert_eq!(rows, ["fail critical @dc2"]);
        let finding = &report.findings[0];
        assert_eq!(finding.rule, "server-silent");
        assert!(finding.message.starts_with("192.0.2.11:53: no reply to any question"), "{}", finding.message);
        assert_eq!(finding.predicts, [8524]);
        assert!(report.counts.unknown > 0, "what could not be seen there counts");
    }

    #[test]
    fn one_reply_is_enough() {
        let world = World::new().reply("dc2", "", Reply::Timeout).reply("dc2", "contoso.com SOA", Reply::Rcode(5));
        assert_eq!(world.rows("server-silent"), [""; 0]);
    }

    #[test]
    fn a_server_that_was_never_reached_in_time_is_unknown() {
        let world = World::new();
        let report = crate::judge::judge(&world.evidence, false);
        let rows: Vec<String> = report.findings.iter().filter(|f| f.rule == "server-silent").map(row).collect();
        assert_eq!(rows, ["unknown critical @dc1", "unknown critical @dc2"]);
    }
}
