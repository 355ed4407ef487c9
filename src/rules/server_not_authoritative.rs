use super::{Draft, Sink, Subject, View};
use crate::evidence::{Flags, RecordType};

rule! {
    /// A DNS server that should have authority for the forest's zones answers without it.
    ///
    /// # What it checks
    /// For servers listed with `authoritative: true`: asks the SOA of the forest and of `_msdcs.<forest>` without recursion
    /// and expects the AA flag. Plain resolvers and forwarders, which are not listed so, answer without AA rightly.
    ///
    /// # Why it matters
    /// A DC's DNS server that does not hold the zone itself answers from its cache or from another server: its records may
    /// be old, and updates sent to it go elsewhere.
    ///
    /// # How to fix
    /// Load the zone on the server (the DC may lack the application partition, or the zone is not replicated to it), or
    /// take `authoritative: true` out of the configuration.
    ///
    /// # References
    /// RFC 1035 section 4.1.1.
    "server-not-authoritative", Servers, Info, needs: [Authority], predicts: []
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let listed: Vec<_> = view.inventory.servers.iter().filter(|server| server.authoritative).collect();
    if listed.is_empty() {
        sink.not_applicable("no server is listed with `authoritative: true`");
    }
    for server in listed.into_iter().filter(|server| !view.standing(server).is_blocked()) {
        let forest = &view.inventory.forest;
        for zone in [forest, &view.inventory.msdcs] {
            // Inside the forest's zone _msdcs is a plain subtree, which the forest's own SOA speaks for.
            let subject = Subject { name: Some(zone), rtype: Some(RecordType::SOA), ..Subject::server(server) };
            match view.reply(server, zone.as_str(), RecordType::SOA, false) {
                Err(why) => sink.unknown(subject, format!("authority for {zone} could not be seen: {why}")),
                Ok((answer, _)) if answer.flags.has(Flags::AA) => sink.pass(subject),
                Ok(_) => sink.fail(
                    subject,
                    Draft {
                        expected: vec!["AA".into()],
                        actual: vec!["no AA".into()],
                        message: format!(
                            "the server is listed as authoritative, but answers for {zone} without authority"
                        ),
                        remedy: vec![
                            format!(
                                "# load {zone} on this server, or take `authoritative: true` out of the configuration"
                            ),
                            format!("Get-DnsServerZone -ComputerName {}", server.command_name()),
                        ],
                        ..Draft::default()
                    },
                ),
            }
        }
    }
}
