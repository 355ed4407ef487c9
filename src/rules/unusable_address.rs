use super::codes;
use crate::base::address::Unusable;
use crate::base::codes::{RPC_UNAVAILABLE, WRONG_PRINCIPAL};
use crate::base::name::DnsName;
use crate::findings::{Draft, Sink, Subject};
use crate::inventory::{Dc, Server};
use crate::report::Severity;
use crate::view::{Ownership, View};

rule! {
    /// The host name of a DC holds an address that no partner can use.
    ///
    /// # What it checks
    /// Link-local addresses (169.254.0.0/16, fe80::/10), loopback, unspecified, multicast, and everything in
    /// `avoid_networks` are critical. Addresses of tunnels (6to4 2002::/16, Teredo 2001::/32, ISATAP) are a warning as long
    /// as another usable address stands beside them.
    ///
    /// # Why it matters
    /// A destination DC that picks such an address waits for nobody (error 1722) or, with a loopback address, talks to
    /// itself (error -2146893022). Clients pick by chance.
    ///
    /// # How to fix
    /// Delete the record, then stop its source: untick "Register this connection's addresses in DNS" on that adapter,
    /// restrict the DNS service to the addresses that partners use, and set PublishAddresses where the DNS service
    /// registers it.
    ///
    /// # References
    /// RFC 6890; Microsoft KB 2023004, KB 292822, KB 272294.
    "unusable-address", Host, Critical, needs: [Hosts], predicts: [RPC_UNAVAILABLE, WRONG_PRINCIPAL],
    owns: [UnusableAddress], items: ["partners-proven"]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (dc, host, server) in view.hosts() {
        judge(view, sink, dc, server, host);
    }
}

fn judge(view: &View<'_>, sink: &mut Sink<'_>, dc: &Dc, server: &Server, host: &DnsName) {
    let both = view.host(dc, server);
    for (rtype, look) in both.by_type() {
        let Some(present) = look.present() else { continue };
        let subject = Subject::record(dc, server, host, rtype);
        let bad: Vec<_> = present
            .list
            .iter()
            .filter_map(|&address| match view.ownership(dc, address) {
                Ownership::Unusable(unusable) => Some((address, unusable)),
                _ => None,
            })
            .collect();
        if bad.is_empty() {
            sink.pass(subject);
            continue;
        }
        let addresses: Vec<_> = bad.iter().map(|(address, _)| *address).collect();
        let kinds: Vec<String> =
            bad.iter().map(|(address, unusable)| format!("{address} ({})", unusable.kind)).collect();
        let usable_remains = both.addresses().iter().any(|&address| view.unusable(address).is_none());
        let grave = !usable_remains || bad.iter().any(|(_, unusable)| unusable.grave);
        let cure = super::mend(view, dc, server, host, rtype, present, &addresses);
        sink.fail(
            subject,
            Draft {
                severity: (!grave).then_some(Severity::Warning),
                expected: super::owned(dc, Some(rtype)),
                actual: super::texts(&present.list),
                message: format!("no partner can use {}{}", kinds.join(", "), cure.note),
                predicts: predicted(&bad.iter().map(|(_, unusable)| *unusable).collect::<Vec<_>>()),
                remedy: cure.remedy,
            },
        );
    }
}

fn predicted(kinds: &[Unusable]) -> Vec<i64> {
    let wanted = |code: &i64| match *code {
        WRONG_PRINCIPAL => kinds.iter().any(|kind| kind.loopback),
        RPC_UNAVAILABLE => kinds.iter().any(|kind| !kind.loopback),
        _ => true,
    };
    codes(&RULE).into_iter().filter(wanted).collect()
}

#[cfg(test)]
mod tests {
    use crate::testing::{CONFIG, World, config_with, row, samba};

    fn beside(config: &str, record: &str) -> World {
        World::with(config).add("dc2", &format!("dc2.contoso.com 1200 {record}"))
    }

    #[test]
    fn deletes_the_bad_address_and_keeps_the_good_one() {
        let finding = beside(CONFIG, "A 169.254.7.7").finding("unusable-address");
        assert_eq!(row(&finding), "fail critical dc2.contoso.com A @dc2");
        assert_eq!(samba(&finding), ["# delete 192.0.2.11 contoso.com dc2 A 169.254.7.7"]);
        assert_eq!(finding.predicts, [1722]);
    }

    #[test]
    fn a_loopback_address_leads_the_destination_to_itself() {
        let finding = beside(CONFIG, "A 127.0.0.1").finding("unusable-address");
        assert_eq!(finding.predicts, [-2_146_893_022]);
    }

    #[test]
    fn a_tunnel_is_a_warning_unless_nothing_else_remains() {
        let world = beside(CONFIG, "AAAA 2002:c000:20b::1");
        assert_eq!(world.rows("unusable-address"), ["fail warning dc2.contoso.com AAAA @dc2"]);
        let world = beside(CONFIG, "AAAA 2002:c000:20b::1").remove("dc2", "dc2.contoso.com A");
        assert_eq!(world.rows("unusable-address"), ["fail critical dc2.contoso.com AAAA @dc2"]);
    }

    #[test]
    fn avoided_networks_are_unusable_and_ula_is_not() {
        let config = format!("{CONFIG}avoid_networks: [10.9.0.0/16]\n");
        let finding = beside(&config, "A 10.9.1.1").finding("unusable-address");
        assert!(finding.message.contains("10.9.1.1 (in a network of avoid_networks)"), "{}", finding.message);
        let config = config_with("addresses: [192.0.2.11, 'fd00::11']");
        assert_eq!(beside(&config, "AAAA fd00::11").rows("unusable-address"), [""; 0]);
    }
}
