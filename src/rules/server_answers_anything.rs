use std::net::{IpAddr, Ipv6Addr};

use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::findings::{Draft, Sink, Subject};
use crate::inventory::Server;
use crate::view::{Look, View};

rule! {
    /// A DNS server gives an address for names that do not exist.
    ///
    /// # What it checks
    /// Asks for a random label under `_msdcs.<forest>` and under every domain of the configured DCs. Nobody has registered
    /// it, so an address or an alias comes from a wildcard record, or from a resolver that rewrites NXDOMAIN. Addresses
    /// that DNS64 alone made from IPv4 are no such sign.
    ///
    /// # Why it matters
    /// A missing alias or host name is not seen as missing: the destination DC connects to whatever the wildcard names and
    /// fails with error 1753 instead of 8524, which sends the search in a wrong direction.
    ///
    /// # How to fix
    /// Remove the wildcard record from the zone, or turn off the rewriting of NXDOMAIN; if the server is a provider's, no
    /// DC should use it.
    ///
    /// # References
    /// RFC 4592; RFC 6147 (DNS64); Microsoft KB 825036.
    "server-answers-anything", Servers, Critical, needs: [Canaries], predicts: [ENDPOINT_NOT_REGISTERED]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    // A server outside the forest may lie as well, so no standing is skipped but those without any reply.
    for server in &view.inventory.servers {
        for canary in &view.inventory.canaries {
            judge(view, sink, server, canary);
        }
    }
}

fn judge(view: &View<'_>, sink: &mut Sink<'_>, server: &Server, canary: &DnsName) {
    let zone = canary.parent().unwrap_or_else(|| canary.clone());
    let both = view.both(server, canary);
    let addresses = both.addresses();
    let mut answers = view.alias_targets(server, canary);
    let made_by_dns64 = answers.is_empty() && addresses.iter().all(is_dns64);
    answers.extend(addresses.iter().map(IpAddr::to_string));
    let rtype = if both.a.present().is_some() || addresses.is_empty() { RecordType::A } else { RecordType::AAAA };
    let subject = Subject { name: Some(canary), rtype: Some(rtype), ..Subject::server(server) };
    if !answers.is_empty() && !made_by_dns64 {
        let at = server.command_name();
        return sink.fail(
            subject,
            Draft {
                expected: vec!["NXDOMAIN".into()],
                message: format!(
                    "the server gives {} for a name that does not exist in {zone}: a wildcard record, or rewriting of \
                     NXDOMAIN",
                    answers.join(", ")
                ),
                actual: answers,
                predicts: super::codes(&RULE),
                remedy: vec![
                    "# see the wildcard, then remove it; if there is none, the server or one it forwards to rewrites NXDOMAIN"
                        .into(),
                    format!("Get-DnsServerResourceRecord -ComputerName {at} -ZoneName {zone} -Name '*'"),
                    format!("samba-tool dns query {at} {zone} '*' ALL -U Administrator"),
                ],
                ..Draft::default()
            },
        );
    }
    match (&both.a, &both.aaaa) {
        // A server without any answer is spoken of by server-silent and server-refusing.
        (Look::Unknown(_), Look::Unknown(_)) if view.standing(server).is_blocked() => {}
        (Look::Unknown(why), Look::Unknown(_)) => {
            sink.unknown(subject, format!("whether the server answers anything in {zone} could not be seen: {why}"));
        }
        _ => sink.pass(subject),
    }
}

/// 64:ff9b::/96, the well-known prefix of NAT64 (RFC 6052 section 2.1).
fn is_dns64(address: &IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.segments()[..6] == Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0).segments()[..6])
}

#[cfg(test)]
mod tests {
    use crate::testing::{Reply, World, row};

    #[test]
    fn fires_once_for_each_zone_that_answers_anything() {
        let finding = World::new().add("dc2", "*.contoso.com 600 A 192.0.2.80").finding("server-answers-anything");
        assert_eq!(row(&finding), "fail critical A @dc2");
        assert_eq!(finding.actual, ["192.0.2.80"]);
        assert!(finding.message.contains("does not exist in contoso.com:"), "{}", finding.message);
        assert!(finding.remedy.iter().any(|line| line.ends_with("-ZoneName contoso.com -Name '*'")));

        let world = World::new().add("dc2", "*._msdcs.contoso.com 600 CNAME park.example.net");
        let finding = world.finding("server-answers-anything");
        assert_eq!(finding.actual, ["park.example.net"], "an alias is an answer, too");
    }

    #[test]
    fn an_ipv6_address_is_named_as_such_and_dns64_is_none() {
        let world = World::new().add("dc2", "*.contoso.com 600 AAAA 2001:db8::80");
        assert_eq!(world.rows("server-answers-anything"), ["fail critical AAAA @dc2"]);
        let world = World::new().add("dc2", "*.contoso.com 600 AAAA 64:ff9b::c000:250");
        assert_eq!(world.rows("server-answers-anything"), [""; 0]);
    }

    #[test]
    fn what_could_not_be_seen_is_unknown() {
        let canary = crate::inventory::derive(&World::new().evidence).canaries[0].clone();
        let lost = |world: World, rtype: &str| world.reply("dc2", &format!("{canary} {rtype}"), Reply::Timeout);
        let world = lost(lost(World::new(), "A"), "AAAA");
        assert_eq!(world.rows("server-answers-anything"), ["unknown critical A @dc2"]);
        assert_eq!(lost(World::new(), "A").rows("server-answers-anything"), [""; 0], "AAAA says NXDOMAIN");
    }
}
