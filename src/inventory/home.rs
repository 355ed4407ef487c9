//! Whether guidpost runs on a machine whose own view of the forest counts.

use crate::config::ServerAddress;
use crate::evidence::Evidence;

use crate::base::address::is_single;

/// The machine's own resolvers are among the servers, no configuration says otherwise, the machine is to become a DC, or
/// it has an address that a configured DC owns.
pub fn is_at_home(evidence: &Evidence) -> bool {
    let config = &evidence.config;
    let system = config.dns_servers.iter().any(|server| server.address == ServerAddress::System);
    let candidate = evidence.purpose.candidate().is_some_and(|candidate| candidate.here);
    let own = || {
        let addresses = evidence.local.iter().flat_map(|local| local.addresses()).filter(|own| !own.is_loopback());
        let owned = config.domain_controllers.iter().flat_map(|dc| &dc.addresses);
        let owned: Vec<_> = owned.filter(|network| is_single(network)).map(|network| network.ip()).collect();
        addresses.into_iter().any(|own| owned.contains(&own))
    };
    system || candidate || !evidence.assumed.is_empty() || own()
}

/// Whether the run is for a machine that is to become a DC, and guidpost runs on another one, whose own view then says
/// nothing of that.
pub fn is_beside_candidate(evidence: &Evidence) -> bool {
    evidence.purpose.candidate().is_some_and(|candidate| !candidate.here)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Assumption, Interface, InterfaceAddress, LocalView};
    use crate::testing::{self, CONFIG};

    fn on(config: &str, address: &str) -> Evidence {
        let address =
            InterfaceAddress { address: address.parse().unwrap(), prefix: 24, eligible: None, transient: false };
        let interface = Interface { addresses: vec![address], ..Interface::default() };
        let mut evidence = testing::evidence(config);
        evidence.local = Some(LocalView { interfaces: vec![interface], ..LocalView::default() });
        evidence
    }

    #[test]
    fn a_machine_is_at_home_by_its_address_its_resolvers_or_its_command() {
        assert!(is_at_home(&on(CONFIG, "192.0.2.10")), "it has the address of dc1");
        let mut stranger = on(CONFIG, "192.0.2.77");
        assert!(!is_at_home(&stranger));
        let text = String::new();
        stranger.assumed.push(Assumption { what: text.clone(), value: text.clone(), from: text });
        assert!(is_at_home(&stranger), "nobody configured anything");
        assert!(is_at_home(&on(&CONFIG.replace("dns_servers: [", "dns_servers: [system, "), "192.0.2.77")));
        let loopback = CONFIG.replace("addresses: [192.0.2.10]", "addresses: [127.0.0.1]");
        assert!(!is_at_home(&on(&loopback, "127.0.0.1")), "every machine has that address");
    }
}
