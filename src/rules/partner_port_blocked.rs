use crate::evidence::{Layer, Port, PortState};
use crate::findings::{Draft, Sink, Subject};
use crate::inventory::Dc;
use crate::jobs::preflight::{self, PortNeed};
use crate::report::Severity;
use crate::view::View;

rule! {
    /// A port that a domain controller needs is closed, or does not answer, at a partner of the candidate.
    ///
    /// # What it checks
    /// Tries at every address of every partner the TCP ports 53, 88, 135, 389, 445, 464, 636, 3268 and 3269 and the UDP
    /// ports 53, 88, 389 and 464, each once: over TCP a connection on which nothing is sent, over UDP a question without
    /// effect. DNS counts only at partners that run it, the global catalog only at those that are one; where that is not
    /// known, a closed port is no fault. Silence over UDP says nothing. The DRSUAPI port is replication-port-blocked's.
    ///
    /// # Why it matters
    /// Promotion and replication need these ports of the partner: without 88, 135, 389 or 445 over TCP nothing works
    /// (error 1722 and failures of Kerberos), without the others part of it. It counts only for the machine that guidpost
    /// runs on: run it on the candidate.
    ///
    /// # How to fix
    /// Open the port in the firewalls between candidate and partner; where the partner says that nothing listens, look at
    /// the service there.
    ///
    /// # References
    /// Microsoft KB 832017 (service overview and network port requirements); Microsoft KB 2089874.
    "partner-port-blocked", Change, Warning, needs: [Alias, Hosts, Identity, Ports], predicts: [RPC_UNAVAILABLE],
    items: ["ports"]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    if view.evidence.purpose.candidate().is_none() {
        return sink.not_applicable(super::NO_CANDIDATE);
    }
    if !view.evidence.config.probe.enabled {
        return sink.not_applicable("ports are not tried (--no-probe, or `probe:` in the configuration)");
    }
    for dc in view.dcs() {
        let subject = Subject { dc: Some(dc), ..Subject::default() };
        let ports = Ports::of(view, dc);
        if !ports.blocked.is_empty() {
            blocked(sink, subject, dc, &ports.blocked);
        }
        match ports.untried.first() {
            Some(reason) => sink.unknown(subject, format!("not every port of {} was tried: {reason}", dc.label)),
            None if ports.blocked.is_empty() && ports.open > 0 => sink.pass(subject),
            None if ports.blocked.is_empty() => sink.not_applicable(super::NOBODY_PROVEN),
            None => {}
        }
    }
}

/// What was seen of the ports of one partner.
#[derive(Default)]
struct Ports {
    open: usize,
    blocked: Vec<(Port, PortState)>,
    untried: Vec<String>,
}

impl Ports {
    fn of(view: &View<'_>, dc: &Dc) -> Self {
        let mut ports = Self::default();
        let all = preflight::port_addresses(view, dc);
        for wanted in all.into_iter().flat_map(|address| preflight::wanted_ports(view, dc, address)) {
            let port = wanted.port;
            match preflight::port_state(view, port) {
                Some(PortState::Open) => ports.open += 1,
                // A service that does not know the question says nothing, as a filter does.
                Some(PortState::Silent) if port.layer == Layer::Udp => {}
                Some(state @ (PortState::Closed | PortState::Silent | PortState::Unreachable)) => {
                    if wanted.need == PortNeed::Sure {
                        ports.blocked.push((port, state));
                    }
                }
                Some(PortState::Untried(reason)) => ports.untried.push(reason),
                None => ports.untried.push(format!("{} was not reached in this run", preflight::service(port))),
            }
        }
        ports
    }
}

fn blocked(sink: &mut Sink<'_>, subject: Subject<'_>, dc: &Dc, ports: &[(Port, PortState)]) {
    let vital = ports.iter().any(|(port, _)| preflight::is_vital(*port));
    let lines: Vec<String> = ports.iter().map(|(port, state)| line(*port, state)).collect();
    let (first, _) = ports.iter().find(|(port, _)| port.layer == Layer::Tcp).unwrap_or(&ports[0]);
    sink.fail(
        subject,
        Draft {
            severity: vital.then_some(Severity::Critical),
            expected: vec!["an answer".into()],
            message: format!(
                "ports of {} that a domain controller needs cannot be reached from this machine",
                dc.label
            ),
            predicts: if vital { super::codes(&RULE) } else { Vec::new() },
            remedy: vec![
                "# open the ports between candidate and partner; see it on Windows:".into(),
                format!("Test-NetConnection {} -Port {}", first.address, first.port),
            ],
            actual: lines,
        },
    );
}

fn line(port: Port, state: &PortState) -> String {
    let how = match state {
        PortState::Closed => "closed",
        PortState::Unreachable => "no way to it",
        _ => "no answer",
    };
    format!("{} {}: {how}", port.address, preflight::service(port))
}

#[cfg(test)]
mod tests {
    use crate::evidence::{Layer, PortState};
    use crate::testing::machines::{GUID1, GUID2, STRANGE, dc, silent};
    use crate::testing::{CONFIG, World, candidate, row};

    fn world() -> World {
        World::new()
            .preflight(candidate("dc3.contoso.com", &["192.0.2.12"]))
            .machine("192.0.2.10", dc("dc1.contoso.com", GUID1))
            .machine("192.0.2.11", dc("dc2.contoso.com", GUID2))
    }

    fn with(layer: Layer, port: u16, state: PortState) -> World {
        world().port("192.0.2.11", layer, port, state)
    }

    #[test]
    fn closed_and_silent_ports_are_told_by_their_weight() {
        for (layer, port, state, expected) in [
            (Layer::Tcp, 88, PortState::Closed, "fail critical dc2.contoso.com"),
            (Layer::Tcp, 445, PortState::Unreachable, "fail critical dc2.contoso.com"),
            (Layer::Tcp, 53, PortState::Silent, "fail warning dc2.contoso.com"),
            (Layer::Tcp, 636, PortState::Silent, "fail warning dc2.contoso.com"),
            (Layer::Udp, 464, PortState::Closed, "fail warning dc2.contoso.com"),
        ] {
            let finding = with(layer, port, state.clone()).finding("partner-port-blocked");
            assert_eq!(row(&finding), expected, "{port} {state:?}");
        }
        let finding = with(Layer::Tcp, 88, PortState::Closed).finding("partner-port-blocked");
        assert_eq!(finding.actual, ["192.0.2.11 TCP 88 (Kerberos): closed"]);
    }

    #[test]
    fn silence_over_udp_and_what_a_dc_may_lack_are_no_fault() {
        assert_eq!(world().rows("partner-port-blocked"), [""; 0]);
        assert_eq!(with(Layer::Udp, 88, PortState::Silent).rows("partner-port-blocked"), [""; 0]);
        assert_eq!(with(Layer::Tcp, 3268, PortState::Closed).rows("partner-port-blocked"), [""; 0]);
        let gc = CONFIG.replace("addresses: [192.0.2.11]", "addresses: [192.0.2.11], roles: [gc]");
        let gc = World::with(&gc)
            .preflight(candidate("dc3.contoso.com", &["192.0.2.12"]))
            .machine("192.0.2.11", dc("dc2.contoso.com", GUID2))
            .port("192.0.2.11", Layer::Tcp, 3268, PortState::Closed);
        assert_eq!(gc.rows("partner-port-blocked"), ["fail warning dc2.contoso.com"]);
        let untried = with(Layer::Tcp, 88, PortState::Untried("no sockets".into()));
        assert_eq!(untried.rows("partner-port-blocked"), ["unknown warning dc2.contoso.com"]);
    }

    #[test]
    fn ports_of_other_and_of_silent_machines_are_not_tried() {
        let tried = |replies| {
            let evidence = world().machine("192.0.2.11", replies).observe();
            evidence.ports.keys().any(|port| port.address.to_string() == "192.0.2.11")
        };
        assert!(tried(dc("dc2.contoso.com", GUID2)));
        assert!(!tried(dc("dc9.contoso.com", STRANGE)));
        assert!(!tried(silent()));
        assert!(World::new().machine("192.0.2.11", dc("dc2.contoso.com", GUID2)).observe().ports.is_empty());
    }

    #[test]
    fn what_the_machine_said_is_not_tried_again() {
        let evidence = world().observe();
        let tried = |layer, port| evidence.ports.keys().any(|tried| (tried.layer, tried.port) == (layer, port));
        assert!(!tried(Layer::Tcp, 135) && !tried(Layer::Tcp, 389) && !tried(Layer::Udp, 389), "asked who it is");
        assert!(!tried(Layer::Udp, 53), "its DNS server answered");
        assert!(tried(Layer::Tcp, 88) && tried(Layer::Udp, 464) && tried(Layer::Tcp, 53));
    }
}
