use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::evidence::Flags;
use crate::findings::{Draft, Sink, Subject};
use crate::inventory::Server;
use crate::jobs::preflight;
use crate::report::Severity;
use crate::view::View;

rule! {
    /// A DNS server that should have authority for the forest's zones answers without it.
    ///
    /// # What it checks
    /// For servers listed with `authoritative: true`: asks the SOA of the forest and of `_msdcs.<forest>` without recursion
    /// and expects the AA flag. Plain resolvers and forwarders, which are not listed so, answer without AA rightly. Before a
    /// promotion the servers on domain controllers of the candidate's domain must have authority for its zones, too; there
    /// a fail is a warning.
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
    "server-not-authoritative", Servers, Info, needs: [Authority], predicts: [],
    items: ["zones-authoritative"]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let inventory = view.inventory;
    let listed: Vec<_> = inventory.servers.iter().filter(|server| server.authoritative).collect();
    let candidate = view.evidence.purpose.candidate();
    let partners: Vec<_> =
        candidate.map(|candidate| preflight::dns_servers_of(inventory, candidate).collect()).unwrap_or_default();
    if listed.is_empty() && partners.is_empty() {
        sink.not_applicable("no server is listed with `authoritative: true`");
    }
    for server in listed {
        for zone in [&inventory.forest, &inventory.msdcs] {
            // Inside the forest's zone _msdcs is a plain subtree, which the forest's own SOA speaks for.
            judge(view, sink, server, zone, false);
        }
    }
    for server in partners.into_iter().filter(|server| !server.authoritative) {
        let Some(candidate) = candidate else { continue };
        // A DC of another domain than the root's may forward what belongs to the forest.
        let of_root = candidate.domain == inventory.forest;
        for zone in [Some(&candidate.domain), Some(&inventory.msdcs).filter(|_| of_root)].into_iter().flatten() {
            judge(view, sink, server, zone, true);
        }
    }
}

fn judge(view: &View<'_>, sink: &mut Sink<'_>, server: &Server, zone: &DnsName, partner: bool) {
    if view.standing(server).is_blocked() {
        return;
    }
    let subject = Subject { name: Some(zone), rtype: Some(RecordType::SOA), ..Subject::server(server) };
    match view.reply(server, zone.as_str(), RecordType::SOA, false) {
        Err(why) => return sink.unknown(subject, format!("authority for {zone} could not be seen: {why}")),
        Ok((answer, _)) if answer.flags.has(Flags::AA) => return sink.pass(subject),
        Ok(_) => {}
    }
    let (what, note) = if partner {
        ("runs on a domain controller of the domain that the candidate joins", format!("# load {zone} on this server"))
    } else {
        let note = format!("# load {zone} on this server, or take `authoritative: true` out of the configuration");
        ("is listed as authoritative", note)
    };
    sink.fail(
        subject,
        Draft {
            // A candidate must find the zones that it will register in.
            severity: partner.then_some(Severity::Warning),
            expected: vec!["AA".into()],
            actual: vec!["no AA".into()],
            message: format!("the server {what}, but answers for {zone} without authority"),
            remedy: vec![note, format!("Get-DnsServerZone -ComputerName {}", server.command_name())],
            ..Draft::default()
        },
    );
}

#[cfg(test)]
mod tests {
    use crate::testing::{CONFIG, Reply, World, candidate, row};

    fn listed() -> World {
        World::with(&CONFIG.replace("address: 192.0.2.11}", "address: 192.0.2.11, authoritative: true}"))
    }

    #[test]
    fn fires_where_a_listed_server_answers_without_aa() {
        let finding = listed()
            .reply("dc2", "contoso.com SOA", Reply::Cached("contoso.com 77 SOA dc1.contoso.com"))
            .finding("server-not-authoritative");
        assert_eq!(row(&finding), "fail info SOA @dc2");
        assert_eq!((finding.name.as_deref(), &finding.actual[..]), (Some("contoso.com"), &["no AA".to_owned()][..]));
    }

    #[test]
    fn real_authority_and_plain_resolvers_are_right() {
        assert_eq!(listed().rows("server-not-authoritative"), [""; 0]);
        let report =
            World::new().reply("dc2", "contoso.com SOA", Reply::Cached("contoso.com 77 SOA dc1.contoso.com")).report();
        assert!(!report.findings.iter().any(|finding| finding.rule == "server-not-authoritative"));
        assert!(report.not_checked.iter().any(|row| row.rule == "server-not-authoritative"));
    }

    #[test]
    fn a_lost_answer_is_unknown() {
        let world = listed().reply("dc2", "_msdcs.contoso.com SOA", Reply::Timeout);
        assert_eq!(world.rows("server-not-authoritative"), ["unknown info SOA @dc2"]);
    }

    #[test]
    fn before_a_promotion_the_servers_on_partners_need_authority() {
        let world = || World::new().preflight(candidate("dc3.contoso.com", &["192.0.2.12"]));
        assert_eq!(world().rows("server-not-authoritative"), [""; 0]);
        let finding = world()
            .reply("dc2", "contoso.com SOA", Reply::Cached("contoso.com 77 SOA dc1.contoso.com"))
            .finding("server-not-authoritative");
        assert_eq!(row(&finding), "fail warning SOA @dc2");
        assert!(finding.message.contains("runs on a domain controller"), "{}", finding.message);
        let mut elsewhere = candidate("dc3.contoso.com", &["192.0.2.12"]);
        elsewhere.domain = crate::testing::name("child.contoso.com");
        let forwarder = World::new().preflight(elsewhere).reply(
            "dc2",
            "contoso.com SOA",
            Reply::Cached("contoso.com 77 SOA dc1.contoso.com"),
        );
        assert_eq!(forwarder.rows("server-not-authoritative"), [""; 0], "no partner of the candidate's domain");
    }
}
