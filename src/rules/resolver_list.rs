use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::config::Role;
use crate::evidence::{LocalResolver, LocalView};
use crate::findings::{Draft, Sink, Subject};
use crate::inventory::Dc;
use crate::report::Severity;
use crate::view::{Standing, View};

rule! {
    /// The list of DNS servers that this machine is configured with is not as a DC's should be.
    ///
    /// # What it checks
    /// A warning for an empty list, for one that names a DC itself alone, for a single server, for the same server twice
    /// on one interface, and for a server that does not know the forest. Information on a DC that is a DNS server: the
    /// loopback address stands first, or neither that nor an own address is listed; opinions differ about both. In a forest
    /// with one DC the first and only server is that DC, which is information too. The same server on several interfaces is
    /// no duplicate: Windows keeps a list for each. A single server is information, too, on
    /// a machine that neither is a DC nor is to become one.
    ///
    /// # Why it matters
    /// A DC that asks itself alone finds its partners only while its own copy is good, and waits for the directory at every
    /// start (event 4013); after an address change, or a long failure, it becomes an island. With a single server every
    /// failure of that server is a failure here. NXDOMAIN of a server outside the forest is final: 8524.
    ///
    /// # How to fix
    /// Two servers at least, another DC of the site first, the DC itself last; never a provider's. On Windows
    /// `Set-DnsClientServerAddress`, elsewhere `/etc/resolv.conf` or what writes it.
    ///
    /// # References
    /// Microsoft KB 825036, KB 2001093, KB 275278; Microsoft's best practices analyzer for DNS (ff807362).
    "resolver-list", Local, Warning, needs: [Alias, Local], predicts: [DNS_LOOKUP_FAILURE],
    items: ["resolvers"]
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let here = view.here();
    let subject = Subject { dc: here, ..Subject::default() };
    let Some(local) = view.local() else {
        return sink.unknown(subject, "the list of this machine was not read");
    };
    let found = problems(view, local, here);
    if found.is_empty() {
        sink.pass(subject);
    } else {
        let texts: Vec<&str> = found.iter().map(|(_, text)| text.as_str()).collect();
        sink.fail(
            subject,
            Draft {
                severity: found.iter().map(|(severity, _)| *severity).max(),
                actual: local.resolvers.iter().map(written).collect(),
                message: texts.join("; "),
                remedy: vec![
                    "# on this machine: another DC of the site first, at least two servers, the DC itself last".into(),
                ],
                ..Draft::default()
            },
        );
    }
    outside(view, sink, here);
}

/// What is to be said of the list as a whole.
fn problems(view: &View<'_>, local: &LocalView, here: Option<&Dc>) -> Vec<(Severity, String)> {
    let mut found = Vec::new();
    let servers = distinct(local);
    let is_own = |server: &SocketAddr| view.is_own_resolver(*server);
    // On a machine that is no DC, a server on loopback is one that passes questions on, nobody knows to whom.
    let is_dc = here.is_some() || view.evidence.purpose.candidate().is_some();
    let alone = if view.inventory.dcs.len() == 1 || !is_dc { Severity::Info } else { Severity::Warning };
    match (&servers[..], here) {
        ([], _) => found.push((Severity::Warning, "this machine is configured with no DNS server".into())),
        (own, Some(_)) if own.iter().all(is_own) => found.push((alone, "this DC asks itself alone".into())),
        ([only], None) if is_own(only) => {}
        ([only], _) => found.push((alone, format!("{} is the only DNS server", shown(*only)))),
        _ => {}
    }
    for (server, times) in repeated(local) {
        found.push((Severity::Warning, format!("{} is listed {times} times", shown(server))));
    }
    if let Some(dc) = here.filter(|dc| runs_dns(view, dc)) {
        if servers.len() > 1 && servers[0].ip().is_loopback() && is_own(&servers[0]) {
            found.push((Severity::Info, format!("{} stands first", shown(servers[0]))));
        }
        if !servers.is_empty() && !servers.iter().any(is_own) {
            found.push((Severity::Info, format!("{} is a DNS server and does not list itself", dc.label)));
        }
    }
    found
}

/// Whether a DC is a DNS server, as far as the configuration says.
fn runs_dns(view: &View<'_>, dc: &Dc) -> bool {
    dc.roles.contains(&Role::Dns) || view.inventory.server_on(dc).is_some()
}

/// Every server once, in order.
fn distinct(local: &LocalView) -> Vec<SocketAddr> {
    let mut servers = Vec::new();
    for resolver in &local.resolvers {
        if !servers.contains(&resolver.address) {
            servers.push(resolver.address);
        }
    }
    servers
}

/// Servers that one interface, or a list without interface, names several times.
fn repeated(local: &LocalView) -> BTreeMap<SocketAddr, usize> {
    let mut times: BTreeMap<(SocketAddr, Option<&str>), usize> = BTreeMap::new();
    for resolver in &local.resolvers {
        *times.entry((resolver.address, resolver.interface.as_deref())).or_default() += 1;
    }
    let mut repeated = BTreeMap::new();
    for ((server, _), number) in times.into_iter().filter(|(_, number)| *number > 1) {
        let most = repeated.entry(server).or_insert(number);
        *most = number.max(*most);
    }
    repeated
}

/// Servers that say that the forest does not exist.
fn outside(view: &View<'_>, sink: &mut Sink<'_>, here: Option<&Dc>) {
    let (servers, _) = view.own_resolvers();
    for server in servers {
        let subject = Subject { dc: here, ..Subject::server(server) };
        match view.standing(server) {
            Standing::OutsideForest { .. } => sink.fail(
                subject,
                Draft {
                    message: format!("this machine asks {}, which does not know the forest", server.name),
                    predicts: super::codes(&RULE),
                    remedy: vec![format!("# on this machine, take {} out of its list of DNS servers", server.name)],
                    ..Draft::default()
                },
            ),
            Standing::Good => sink.pass(subject),
            // What silence and refusals hide, the rules about servers say.
            Standing::Silent(_) | Standing::Refusing { .. } | Standing::Unresolved | Standing::NotAsked => {}
        }
    }
}

fn written(resolver: &LocalResolver) -> String {
    let on = resolver.interface.as_ref().map(|interface| format!(" ({interface})")).unwrap_or_default();
    format!("{}{on}", shown(resolver.address))
}

fn shown(server: SocketAddr) -> String {
    if server.port() == 53 { server.ip().to_string() } else { server.to_string() }
}

#[cfg(test)]
mod tests {
    use crate::testing::{CONFIG, Reply, World, candidate, local};

    /// The row about the list of a machine, on a world.
    fn list_on(world: World, host: &str, resolvers: &[&str]) -> Vec<String> {
        let mut own = local::named(host, &["192.0.2.10"]);
        local::resolvers(&mut own, resolvers);
        let findings = world.local(own).findings("resolver-list");
        let text = |finding: &crate::report::Finding| format!("{:?}: {}", finding.severity, finding.message);
        findings.iter().map(text).collect()
    }

    fn list(resolvers: &[&str]) -> Vec<String> {
        list_on(World::new(), "dc1.contoso.com", resolvers)
    }

    #[test]
    fn two_servers_with_itself_last_are_right() {
        assert_eq!(list(&["192.0.2.11:53", "192.0.2.10:53"]), [""; 0]);
        assert_eq!(list(&["192.0.2.11:53", "127.0.0.1:53"]), [""; 0]);
    }

    #[test]
    fn too_few_servers_are_a_warning() {
        assert_eq!(list(&[]), ["Warning: this machine is configured with no DNS server"]);
        assert_eq!(
            list(&["127.0.0.1:53", "192.0.2.10:53"]),
            ["Warning: this DC asks itself alone; 127.0.0.1 stands first"]
        );
        assert_eq!(
            list(&["192.0.2.11:53"]),
            ["Warning: 192.0.2.11 is the only DNS server; dc1.contoso.com is a DNS server and does not list itself"]
        );
    }

    #[test]
    fn the_same_server_thrice_is_a_duplicate_and_on_three_interfaces_it_is_none() {
        let duplicate = list(&["192.0.2.11:53", "192.0.2.10:53", "192.0.2.11:53", "192.0.2.11:53"]);
        assert_eq!(duplicate, ["Warning: 192.0.2.11 is listed 3 times"]);
        let mut own = local::dc1();
        let mut second = own.view.resolvers.clone();
        second.iter_mut().for_each(|resolver| resolver.interface = Some("eth1".into()));
        own.view.resolvers.extend(second);
        assert_eq!(World::new().local(own).rows("resolver-list"), [""; 0]);
    }

    #[test]
    fn loopback_first_or_missing_is_information() {
        assert_eq!(list(&["127.0.0.1:53", "192.0.2.11:53"]), ["Info: 127.0.0.1 stands first"]);
        let config = CONFIG.replace("192.0.2.11}]", "192.0.2.11}, {name: dc3, address: 192.0.2.12}]");
        let missing = list_on(World::with(&config), "dc1.contoso.com", &["192.0.2.11:53", "192.0.2.12:53"]);
        assert_eq!(missing, ["Info: dc1.contoso.com is a DNS server and does not list itself"]);
    }

    #[test]
    fn a_server_outside_the_forest_is_a_warning_of_its_own() {
        let outside = World::new().reply("dc2", "", Reply::NxDomain);
        let rows = list_on(outside, "dc1.contoso.com", &["192.0.2.11:53", "192.0.2.10:53"]);
        assert_eq!(rows, ["Warning: this machine asks dc2, which does not know the forest"]);
    }

    #[test]
    fn a_single_server_of_a_machine_that_is_no_dc_is_information() {
        let config = CONFIG.replace("dns_servers: [", "dns_servers: [system, ");
        let mut own = local::named("pc7.contoso.com", &["192.0.2.77"]);
        local::resolvers(&mut own, &["192.0.2.11:53"]);
        let pc = || World::with(&config).local(own.clone());
        let severities = |world: World| world.rows("resolver-list");
        assert_eq!(severities(pc()), ["fail info"]);
        let mut here = candidate("pc7.contoso.com", &["192.0.2.77"]);
        here.here = true;
        assert_eq!(severities(pc().preflight(here)), ["fail warning"], "it is to become one");
        assert_eq!(severities(pc().preflight(candidate("dc3.contoso.com", &["192.0.2.12"]))), [""; 0], "another is");
    }

    #[test]
    fn the_only_dc_of_a_forest_asks_itself() {
        let alone = "forest: contoso.com\ndns_servers: [{name: dc1, address: 192.0.2.10}]\ndomain_controllers:\n  \
                     - {host: dc1.contoso.com, addresses: [192.0.2.10]}\n";
        assert_eq!(
            list_on(World::with(alone), "dc1.contoso.com", &["192.0.2.10:53"]),
            ["Info: this DC asks itself alone"]
        );
    }
}
