use std::net::IpAddr;

use super::{Draft, Sink, View};
use crate::report::Identity;

rule! {
    /// Nobody answers at an address that a DC owns.
    ///
    /// # What it checks
    /// Whether the machine behind an address of `addresses` answers on any port of a DC: LDAP, endpoint mapper, SMB, NetBIOS.
    ///
    /// # Why it matters
    /// The DC is down, the address is not up, or a firewall stands between it and this machine. In the first two cases every
    /// destination that picks this address sees error 1722. Silence says nothing about the record being right or wrong.
    ///
    /// # How to fix
    /// See whether the DC runs and has the address; look at the firewalls on the way.
    ///
    /// # References
    /// Microsoft KB 179442 (ports of domain controllers).
    "address-silent", Machine, Warning, needs: [Alias, Hosts, Identity], predicts: [RPC_UNAVAILABLE]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    super::machines(view, |subject, dc, addresses, present| {
        let owned: Vec<IpAddr> = addresses.iter().copied().filter(|&address| dc.owns(address)).collect();
        let silent: Vec<IpAddr> =
            owned.iter().copied().filter(|&address| is_silent(view.identity(dc, address))).collect();
        if silent.is_empty() {
            let heard = |address: &IpAddr| view.identity(dc, *address) != Identity::NotProbed;
            return if owned.iter().any(heard) {
                sink.pass(subject)
            } else {
                sink.not_applicable("the machine behind the address was not asked")
            };
        }
        let listed = super::texts(&silent).join(", ");
        sink.fail(
            subject,
            Draft {
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
                ..Draft::default()
            },
        );
    });
}

fn is_silent(identity: Identity) -> bool {
    matches!(identity, Identity::Silent | Identity::Unreachable)
}
