use std::net::IpAddr;

use crate::base::name::DnsName;
use crate::config::Network;
use crate::findings::{Draft, Sink, Subject};
use crate::inventory::{Dc, Server};
use crate::view::View;

rule! {
    /// A DNS server has addresses of a DC, but none on the network that it shares with that DC.
    ///
    /// # What it checks
    /// For each server whose `dc` is known, and each other DC: where both have an address in one of `networks`, at least one
    /// of the DC's addresses in that network should stand under its host name at that server. Applies where the DC has any
    /// right address there; address-unregistered names every single address that is missing, on whatever network.
    ///
    /// # Why it matters
    /// Event 6702 asks for an address on the same network. With another one the partner goes round by a router or a
    /// firewall that may not let it pass, although both stand side by side.
    ///
    /// # How to fix
    /// Add the address at that server, and see that the DC registers it (event 6702; `ipconfig /registerdns`).
    ///
    /// # References
    /// Microsoft's article on DNS event 6702; Microsoft KB 842197.
    "no-address-on-network", Local, Warning, needs: [Hosts, Local], predicts: [EVENT_ADDRESS_NOT_PUSHED]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let networks = &view.evidence.config.networks;
    if networks.is_empty() {
        return sink.not_applicable("the configuration has no `networks`");
    }
    let mut runs_on_a_dc = false;
    for (dc, host, server) in view.hosts() {
        let Some(partner) = &server.dc else { continue };
        runs_on_a_dc = true;
        if dc.is_named(partner.as_str()) {
            continue;
        }
        let at = view.addresses_of_server(server);
        let shared: Vec<&Network> = networks
            .iter()
            .filter(|network| at.iter().any(|&address| network.cidr.contains(address)))
            .filter(|network| dc.single_addresses().any(|own| network.cidr.contains(own)))
            .collect();
        if !shared.is_empty() {
            judge(view, sink, dc, host, server, &shared);
        }
    }
    if !runs_on_a_dc {
        sink.not_applicable("of no DNS server the configuration says on which DC it runs (`dc`)");
    }
}

fn judge(view: &View<'_>, sink: &mut Sink<'_>, dc: &Dc, host: &DnsName, server: &Server, shared: &[&Network]) {
    let subject = Subject { dc: Some(dc), name: Some(host), ..Subject::server(server) };
    let both = view.host(dc, server);
    let seen = both.addresses();
    let missing: Vec<&&Network> =
        shared.iter().filter(|network| !seen.iter().any(|&address| network.cidr.contains(address))).collect();
    if missing.is_empty() {
        return sink.pass(subject);
    }
    let unseen = both.by_type().into_iter().find_map(|(_, look)| match look {
        crate::view::Look::Unknown(why) => Some(*why),
        crate::view::Look::Present(_) | crate::view::Look::Absent(_) => None,
    });
    if let Some(why) = unseen {
        return sink.unknown(subject, format!("its addresses could not be seen: {why}"));
    }
    if !seen.iter().any(|&address| dc.owns(address)) {
        return sink.not_applicable("no right address of the DC stands at the server (told by another rule)");
    }
    let add: Vec<IpAddr> =
        missing.iter().filter_map(|network| dc.single_addresses().find(|own| network.cidr.contains(*own))).collect();
    let names: Vec<String> = missing.iter().map(|network| name(network)).collect();
    sink.fail(
        subject,
        Draft {
            expected: super::texts(&add),
            actual: super::texts(&seen),
            message: format!(
                "no address of the DC on {}, where the DC that the server runs on stands",
                names.join(" and ")
            ),
            predicts: super::codes(&RULE),
            remedy: super::additions(view, dc, server, host, &add),
            ..Draft::default()
        },
    );
}

fn name(network: &Network) -> String {
    match &network.name {
        Some(name) => format!("{name} ({})", network.cidr),
        None => network.cidr.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{CONFIG, Reply, World, local, row, samba};

    /// dc1 has a second address on the network of dc2.
    fn two_networks(servers: &str) -> World {
        let config = CONFIG
            .replace("[192.0.2.10]", "[198.51.100.10, 192.0.2.10]")
            .replace("address: 192.0.2.11}", &format!("address: 192.0.2.11{servers}}}"))
            + "networks: [{name: hq, cidr: 192.0.2.0/24}, 198.51.100.0/24]\n";
        World::with(&config).add("dc2", "dc1.contoso.com 1200 A 198.51.100.10").local(local::dc1())
    }

    const NEAR: &str = "dc1.contoso.com A";

    fn without_near() -> World {
        two_networks(", dc: dc2.contoso.com").reply("dc2", NEAR, Reply::Records("dc1.contoso.com 1200 A 198.51.100.10"))
    }

    #[test]
    fn an_address_on_the_shared_network_is_missing() {
        let finding = without_near().finding("no-address-on-network");
        assert_eq!(row(&finding), "fail warning dc1.contoso.com @dc2");
        assert!(finding.message.contains("hq (192.0.2.0/24)"), "{}", finding.message);
        assert_eq!(samba(&finding), ["add 192.0.2.11 contoso.com dc1 A 192.0.2.10"]);
    }

    #[test]
    fn it_is_there_or_nothing_right_is() {
        assert_eq!(two_networks(", dc: dc2.contoso.com").rows("no-address-on-network"), [""; 0]);
        let wrong = without_near().reply("dc2", NEAR, Reply::Records("dc1.contoso.com 1200 A 203.0.113.1"));
        assert_eq!(wrong.rows("no-address-on-network"), [""; 0]);
        let lost = without_near().reply("dc2", NEAR, Reply::Timeout);
        assert_eq!(lost.rows("no-address-on-network"), ["unknown warning dc1.contoso.com @dc2"]);
    }

    #[test]
    fn the_configuration_must_say_where_servers_run_and_which_networks_there_are() {
        let reason = |world: World| {
            let report = world.report();
            let row = report.not_checked.into_iter().find(|row| row.rule == "no-address-on-network");
            row.map(|row| row.reason).unwrap_or_default()
        };
        assert!(reason(two_networks("")).contains("(`dc`)"));
        assert!(reason(World::new().local(local::dc1())).contains("`networks`"));
        assert!(reason(World::new()).contains("does not run on a machine of the forest"));
    }
}
