use std::net::IpAddr;

use crate::findings::{Draft, Sink};
use crate::view::View;

rule! {
    /// The port on which a DC offers replication cannot be reached.
    ///
    /// # What it checks
    /// Whether a TCP connection succeeds to the port that the DC's endpoint mapper names for DRSUAPI.
    ///
    /// # Why it matters
    /// Name and machine are right, and replication fails all the same, with error 1722, because a firewall lets port 135
    /// pass and the dynamic RPC ports not. This is what this machine sees; another destination may stand elsewhere.
    ///
    /// # How to fix
    /// Open the dynamic RPC ports (49152 to 65535 by default) between the DCs, or fix the port of the directory service in
    /// the registry of the DC and open that.
    ///
    /// # References
    /// Microsoft KB 832017, KB 224196.
    "replication-port-blocked", Machine, Warning, needs: [Alias, Hosts, Identity], predicts: [RPC_UNAVAILABLE],
    items: ["replication-port"]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    super::machines(view, |subject, dc, addresses, _| {
        let state = |address: &IpAddr| {
            view.machine(dc, *address).filter(|_| view.is_proven(dc, *address)).map(|verdict| verdict.state)
        };
        let blocked: Vec<IpAddr> = addresses
            .iter()
            .copied()
            .filter(|address| state(address).is_some_and(|state| state.port_blocked))
            .collect();
        if blocked.is_empty() {
            let proven = addresses.iter().any(|address| state(address).is_some());
            return if proven { sink.pass(subject) } else { sink.not_applicable(super::NOBODY_PROVEN) };
        }
        let ports: Vec<String> =
            blocked.iter().map(|address| format!("{address} port {}", port(view, *address))).collect();
        sink.fail(
            subject,
            Draft {
                expected: vec!["a connection".into()],
                message: format!(
                    "the endpoint mapper of {} names a port for replication that cannot be reached: {}",
                    dc.label,
                    ports.join(", ")
                ),
                remedy: vec![
                    "# open the dynamic RPC ports between the DCs; see it on Windows:".into(),
                    format!("Test-NetConnection {} -Port {}", blocked[0], port(view, blocked[0])),
                ],
                actual: ports,
                predicts: super::codes(&RULE),
                ..Draft::default()
            },
        );
    });
}

fn port(view: &View<'_>, address: IpAddr) -> u16 {
    use crate::evidence::probe::Mapping;
    let machine = view.evidence.machines.get(&address);
    let mapping = machine.and_then(|machine| machine.replies.epm.as_ref()?.answer());
    match mapping {
        Some(Mapping::Registered(endpoint)) => endpoint.port,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use crate::evidence::probe::{AddressReplies, Failure, Reply};
    use crate::testing::machines::{GUID2, STRANGE, dc};
    use crate::testing::{World, row};

    fn world(host: &str, guid: &str, failure: Failure) -> World {
        let replies = AddressReplies { drsuapi_port: Some(Reply::Failure(failure)), ..dc(host, guid) };
        World::new().machine("192.0.2.11", replies)
    }

    #[test]
    fn names_address_and_port() {
        for failure in [Failure::Timeout, Failure::Refused, Failure::Unreachable] {
            let finding = world("dc2.contoso.com", GUID2, failure).findings("replication-port-blocked").remove(0);
            assert_eq!(row(&finding), "fail warning dc2.contoso.com A @dc1");
            assert_eq!((&finding.actual[0][..], &finding.predicts[..]), ("192.0.2.11 port 49153", &[1722][..]));
        }
    }

    #[test]
    fn an_open_port_anothers_and_one_that_was_not_tried_are_none() {
        let open = World::new().machine("192.0.2.11", dc("dc2.contoso.com", GUID2));
        assert_eq!(open.rows("replication-port-blocked"), [""; 0]);
        assert_eq!(world("dc7.contoso.com", STRANGE, Failure::Timeout).rows("replication-port-blocked"), [""; 0]);
        let not_tried = world("dc2.contoso.com", GUID2, Failure::Local("no sockets".into()));
        assert_eq!(not_tried.rows("replication-port-blocked"), [""; 0]);
    }
}
