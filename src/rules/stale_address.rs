use std::net::IpAddr;

use crate::base::codes::{ENDPOINT_NOT_REGISTERED, EVENT_ADDRESS_NOT_PUSHED, RPC_UNAVAILABLE};
use crate::base::name::DnsName;
use crate::findings::{Draft, Sink, Subject};
use crate::inventory::{Dc, Server};
use crate::report::Identity;
use crate::view::{Experience, Ownership, View};

rule! {
    /// The host name of a DC holds an address that the DC does not own.
    ///
    /// # What it checks
    /// Compares the addresses under the host name with those that the DC owns. Addresses of another DC and addresses that
    /// nobody can use have rules of their own. Where it is not known what the DC owns, the result is unknown.
    ///
    /// # Why it matters
    /// The destination DC reaches a machine that is no DC (error 1753, no more endpoints available from the endpoint mapper)
    /// or nobody (error 1722), or a DC that the configuration does not know (error -2146893022). If there are right addresses beside the wrong one, replication fails by chance. On a partner
    /// of a DC that changed its address this is what event 6702 warns of.
    ///
    /// # How to fix
    /// Delete the address on every server that holds it. If it comes back, find its writer: its TTL tells (600 Netlogon,
    /// 1200 the DNS client, 3600 the DNS service, 900 Samba).
    ///
    /// # References
    /// Microsoft's article on replication error 1753; DNS event 6702; KB 2023004.
    "stale-address", Host, Critical, needs: [Hosts, Identity],
    predicts: [ENDPOINT_NOT_REGISTERED, RPC_UNAVAILABLE, WRONG_PRINCIPAL, WRONG_TARGET_NAME, EVENT_ADDRESS_NOT_PUSHED],
    owns: [StaleAddress], items: ["partners-proven"]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (dc, host, server) in view.hosts() {
        judge(view, sink, dc, server, host);
    }
}

fn judge(view: &View<'_>, sink: &mut Sink<'_>, dc: &Dc, server: &Server, host: &DnsName) {
    for (rtype, look) in view.host(dc, server).by_type() {
        let Some(present) = look.present() else { continue };
        let subject = Subject::record(dc, server, host, rtype);
        let of = |wanted: Ownership<'_>| -> Vec<IpAddr> {
            present.list.iter().copied().filter(|&address| view.ownership(dc, address) == wanted).collect()
        };
        let (stale, unknown) = (of(Ownership::Nobody), of(Ownership::Unknown));
        // Who is no DC of this name has told so itself: wrong-machine's finding.
        let unknown: Vec<IpAddr> = unknown
            .into_iter()
            .filter(|&address| view.experience(dc, address) == Experience::Unclear || is_quiet(view, dc, address))
            .collect();
        if !unknown.is_empty() {
            let listed = super::texts(&unknown).join(", ");
            sink.unknown(subject, format!("whether it owns {listed} is not known (addresses: in the configuration)"));
            continue;
        }
        if stale.is_empty() {
            sink.pass(subject);
            continue;
        }
        let cure = super::mend(view, dc, server, host, rtype, present, &stale);
        sink.fail(
            subject,
            Draft {
                expected: super::owned(dc, Some(rtype)),
                actual: super::texts(&present.list),
                message: format!(
                    "{}{}{}",
                    sentence(&stale, present.list.len()),
                    answering(view, dc, &stale),
                    cure.note
                ),
                predicts: predicted(view, dc, &stale),
                remedy: cure.remedy,
                ..Draft::default()
            },
        );
    }
}

/// Silence says nothing about whose the address is.
fn is_quiet(view: &View<'_>, dc: &Dc, address: IpAddr) -> bool {
    matches!(view.identity(dc, address), Identity::Silent | Identity::Unreachable)
}

/// Who answers at the wrong addresses, where that was asked.
fn answering(view: &View<'_>, dc: &Dc, stale: &[IpAddr]) -> String {
    let asked = stale.iter().filter(|&&address| view.identity(dc, address) != Identity::NotProbed);
    asked.map(|&address| format!("; {}", view.who_answers(dc, address))).collect()
}

/// The exact code where the machine was asked, else both that are likely.
fn predicted(view: &View<'_>, dc: &Dc, stale: &[IpAddr]) -> Vec<i64> {
    let mut codes = vec![EVENT_ADDRESS_NOT_PUSHED];
    for &address in stale {
        match view.experience(dc, address) {
            Experience::Wrong(exact) => codes.extend(exact),
            Experience::Right | Experience::Unclear => codes.extend([ENDPOINT_NOT_REGISTERED, RPC_UNAVAILABLE]),
        }
    }
    codes
}

fn sentence(stale: &[IpAddr], total: usize) -> String {
    let verb = if stale.len() == 1 { "is" } else { "are" };
    format!("{} {verb} not its own ({} of {total} wrong)", super::texts(stale).join(", "), stale.len())
}

#[cfg(test)]
mod tests {
    use crate::testing::machines::{STRANGE, dc, silent, without_directory};
    use crate::testing::{CONFIG, Reply, World, config_with, config_without_addresses, row, samba};

    fn dc2_holds(config: &str, address: &str) -> World {
        World::with(config).remove("dc2", "dc2.contoso.com").add("dc2", &format!("dc2.contoso.com 1200 A {address}"))
    }

    #[test]
    fn adds_the_right_address_and_deletes_the_wrong_one_after_a_look() {
        let finding = dc2_holds(CONFIG, "192.0.2.99").finding("stale-address");
        assert_eq!(row(&finding), "fail critical dc2.contoso.com A @dc2");
        assert_eq!(
            (finding.expected.clone(), finding.actual.clone()),
            (vec!["192.0.2.11".into()], vec!["192.0.2.99".into()])
        );
        assert_eq!(finding.message, "192.0.2.99 is not its own (1 of 1 wrong)");
        assert_eq!(finding.predicts, [1722, 1753, 6702]);
        assert_eq!(
            samba(&finding),
            ["add 192.0.2.11 contoso.com dc2 A 192.0.2.11", "# delete 192.0.2.11 contoso.com dc2 A 192.0.2.99"]
        );
    }

    #[test]
    fn adds_nothing_where_a_right_address_remains() {
        let finding = World::new().add("dc2", "dc2.contoso.com 1200 A 192.0.2.99").finding("stale-address");
        assert_eq!(finding.message, "192.0.2.99 is not its own (1 of 2 wrong)");
        assert_eq!(samba(&finding), ["# delete 192.0.2.11 contoso.com dc2 A 192.0.2.99"]);
    }

    #[test]
    fn networks_are_enough_and_without_any_addresses_it_is_unknown() {
        let world = dc2_holds(&config_with("addresses: [192.0.2.0/24]"), "192.0.2.99");
        assert_eq!(world.rows("stale-address"), [""; 0]);
        let rows = World::with(&config_without_addresses()).rows("stale-address");
        assert_eq!(rows, ["unknown critical dc2.contoso.com A @dc1", "unknown critical dc2.contoso.com A @dc2"]);
    }

    #[test]
    fn a_cache_is_cleared_and_a_wildcard_removed() {
        let cached = Reply::Cached("dc2.contoso.com 7 A 192.0.2.99");
        let finding = World::new().reply("dc2", "dc2.contoso.com A", cached).finding("stale-address");
        assert!(finding.message.ends_with("(from a cache or another server: 7 s left)"), "{}", finding.message);
        assert_eq!(samba(&finding), [""; 0]);
        assert!(finding.remedy.iter().any(|line| line.starts_with("Clear-DnsServerCache -ComputerName 192.0.2.11")));

        let wild = World::new().remove("dc2", "dc2.contoso.com").add("dc2", "*.contoso.com 600 A 192.0.2.99");
        let finding = wild.finding("stale-address");
        assert!(finding.message.ends_with("synthesized by a wildcard"), "{}", finding.message);
        assert_eq!(samba(&finding), ["# delete 192.0.2.11 contoso.com '*' A 192.0.2.99"]);
    }

    #[test]
    fn a_record_beside_a_wildcard_with_the_same_address_is_a_record() {
        let world = World::new().add("dc2", "*.contoso.com 600 A 192.0.2.99");
        let finding = world.add("dc2", "dc2.contoso.com 1200 A 192.0.2.99").finding("stale-address");
        assert_eq!(samba(&finding), ["# delete 192.0.2.11 contoso.com dc2 A 192.0.2.99"]);
    }

    #[test]
    fn behind_an_alias_at_the_host_name_the_alias_goes() {
        let world =
            World::new().remove("dc2", "dc2.contoso.com").add("dc2", "dc2.contoso.com 600 CNAME old.contoso.com");
        let finding = world.add("dc2", "old.contoso.com 600 A 192.0.2.99").finding("stale-address");
        assert_eq!(
            samba(&finding),
            [
                "# delete 192.0.2.11 contoso.com dc2 CNAME old.contoso.com.",
                "# add 192.0.2.11 contoso.com dc2 A 192.0.2.11"
            ]
        );
    }

    #[test]
    fn one_finding_says_what_is_wrong_and_who_answers() {
        let with = |replies| dc2_holds(CONFIG, "192.0.2.99").machine("192.0.2.99", replies).finding("stale-address");
        let finding = with(without_directory("FILES01.contoso.com"));
        assert_eq!(
            finding.message,
            "192.0.2.99 is not its own (1 of 1 wrong); 192.0.2.99 leads to FILES01.contoso.com, which is no domain \
             controller"
        );
        assert_eq!(finding.predicts, [1753, 6702]);
        assert_eq!(with(silent()).predicts, [1722, 6702]);
        assert_eq!(with(dc("dc7.contoso.com", STRANGE)).predicts, [-2_146_893_022, 6702]);
        assert_eq!(with(dc("dc2.contoso.com", STRANGE)).predicts, [-2_146_893_022, 1396, 6702]);
    }
}
