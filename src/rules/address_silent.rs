use std::net::IpAddr;

use crate::findings::{Draft, Sink};
use crate::report::{Identity, Severity};
use crate::view::View;

rule! {
    /// Nobody answers at an address that a DC owns.
    ///
    /// # What it checks
    /// Whether the machine behind an address of `addresses` answers on any port of a DC: LDAP, endpoint mapper, SMB, NetBIOS.
    ///
    /// # Why it matters
    /// The DC is down, the address is not up, or a firewall stands between it and this machine. In the first two cases every
    /// destination that picks this address sees error 1722. Silence says nothing about the record being right or wrong. Where
    /// no other address of the DC answers the finding is critical: replication fails.
    ///
    /// # How to fix
    /// See whether the DC runs and has the address; look at the firewalls on the way.
    ///
    /// # References
    /// Microsoft KB 179442 (ports of domain controllers).
    "address-silent", Machine, Warning, needs: [Alias, Hosts, Identity], predicts: [RPC_UNAVAILABLE],
    owns: [AddressSilent], items: ["partners-proven"]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    super::machines(view, |subject, dc, addresses, present| {
        let broken = subject.server.and_then(|server| sink.broken_walk(dc, server));
        let owned: Vec<IpAddr> = addresses.iter().copied().filter(|&address| dc.owns(address)).collect();
        let silent: Vec<IpAddr> =
            owned.iter().copied().filter(|&address| is_silent(view.identity(dc, address))).collect();
        if silent.is_empty() {
            let heard = |address: &IpAddr| view.identity(dc, *address) != Identity::NotProbed;
            return if owned.iter().any(heard) {
                sink.pass(subject)
            } else if owned.is_empty() {
                sink.not_applicable("no configured address of the DC stands there")
            } else {
                sink.not_applicable("the machine behind the address was not asked")
            };
        }
        let listed = super::texts(&silent).join(", ");
        sink.fail(
            subject,
            Draft {
                severity: broken.map(|_| Severity::Critical),
                expected: vec!["an answer".into()],
                actual: super::texts(present),
                message: format!("nobody answers at {listed}{}", view.grounds(dc, silent[0])),
                predicts: super::codes(&RULE),
                remedy: vec![
                    format!(
                        "# see whether {} runs and has the address, and which firewalls stand on the way",
                        dc.label
                    ),
                    format!("Test-NetConnection {} -Port 389", silent[0]),
                ],
            },
        );
    });
}

fn is_silent(identity: Identity) -> bool {
    matches!(identity, Identity::Silent | Identity::Unreachable)
}

#[cfg(test)]
mod tests {
    use crate::evidence::probe::Failure;
    use crate::testing::machines::{GUID2, dc, failing, inconclusive, silent};
    use crate::testing::{World, config_with, config_without_addresses, row};

    #[test]
    fn silent_and_unreachable_addresses_are_named() {
        for replies in [silent(), failing(&Failure::Unreachable)] {
            let finding = World::new().machine("192.0.2.11", replies).findings("address-silent").remove(0);
            assert_eq!(row(&finding), "fail critical dc2.contoso.com A @dc1");
            assert!(finding.message.starts_with("nobody answers at 192.0.2.11 (cldap: "), "{}", finding.message);
            assert_eq!(finding.predicts, [1722]);
        }
        let world = World::with(&config_with("addresses: [192.0.2.0/24]")).machine("192.0.2.11", silent());
        assert_eq!(world.findings("address-silent").len(), 2, "owned by a network");
    }

    #[test]
    fn only_owned_addresses_and_only_without_any_sign_of_life() {
        for replies in [dc("dc2.contoso.com", GUID2), inconclusive(), failing(&Failure::Refused)] {
            assert_eq!(World::new().machine("192.0.2.11", replies).rows("address-silent"), [""; 0]);
        }
        let unowned = World::with(&config_without_addresses()).machine("192.0.2.11", silent());
        assert_eq!(unowned.rows("address-silent"), [""; 0]);
        let stale = World::new().add("dc2", "dc2.contoso.com 1200 A 192.0.2.99").machine("192.0.2.99", silent());
        let rules: Vec<String> = stale.report().findings.into_iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, ["stale-address"], "a stale record has one finding");
    }
}
