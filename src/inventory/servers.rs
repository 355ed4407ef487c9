//! The list of DNS servers: names resolved, duplicates merged, every server with a unique name.
//!
//! Beside `dns_servers` stand the `resolvers` of the DCs and, at home, this machine's own: what a destination really asks
//! must be seen. They are called by their addresses.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};

use super::{DNS_PORT, is_at_home};
use crate::base::address::is_single;
use crate::base::name::DnsName;
use crate::base::natural;
use crate::config::{Config, DnsServer, DomainController, ServerAddress};
use crate::evidence::{Evidence, Family, Resolved};

/// A DNS server to ask.
#[derive(Clone, Debug, PartialEq)]
pub struct Server {
    /// Its position in the inventory.
    pub index: usize,
    /// Unique: the configured name, else the address.
    pub name: String,
    /// Where it is; `None` where its host name has no address here.
    pub address: Option<SocketAddr>,
    /// Why it has no address.
    pub trouble: Option<String>,
    /// Other names under which the configuration lists the same address and port.
    pub also: Vec<String>,
    /// It should answer with authority for the forest's zones.
    pub authoritative: bool,
    /// It may lag behind its master.
    pub secondary: bool,
    /// The DC that it runs on.
    pub dc: Option<DnsName>,
}

impl Server {
    /// What a command line takes to reach this server: its address without port.
    pub fn command_name(&self) -> String {
        self.address.map_or_else(|| self.name.clone(), |address| address.ip().to_string())
    }
}

/// One configured entry at one address, before duplicates are merged.
struct Candidate<'a> {
    entry: &'a DnsServer,
    name: String,
    named: bool,
}

/// The servers of a run, by name. Entries whose host name is still being resolved are missing.
pub fn derive(evidence: &Evidence) -> Vec<Server> {
    let mut by_address: BTreeMap<SocketAddr, Vec<Candidate<'_>>> = BTreeMap::new();
    let mut unresolved = Vec::new();
    for entry in &evidence.config.dns_servers {
        match addresses(entry, evidence) {
            Some(Resolved::Addresses(addresses)) => {
                let several = addresses.len() > 1;
                for address in addresses {
                    let name = candidate_name(entry, address, several);
                    let candidate = Candidate { entry, name, named: entry.name.is_some() };
                    by_address.entry(address).or_default().push(candidate);
                }
            }
            Some(Resolved::Failed(trouble)) => unresolved.push((entry, trouble)),
            None => {}
        }
    }
    let resolvers: Vec<DnsServer> = resolvers(evidence).into_iter().filter_map(entry).collect();
    for entry in &resolvers {
        let Some(Resolved::Addresses(addresses)) = addresses(entry, evidence) else { continue };
        for address in addresses {
            let alone = || vec![Candidate { entry, name: bare(address), named: false }];
            by_address.entry(address).or_insert_with(alone);
        }
    }
    let mut servers: Vec<Server> = by_address
        .into_iter()
        .map(|(address, candidates)| merge(address, candidates))
        .chain(unresolved.into_iter().map(|(entry, trouble)| unresolved_server(entry, trouble)))
        .collect();
    name_ports(&mut servers);
    servers.sort_by(|a, b| natural::compare(&a.name, &b.name).then(a.address.cmp(&b.address)));
    make_unique(&mut servers);
    servers.retain(|server| is_selected(server, &evidence.selection.servers, evidence.selection.family));
    for (index, server) in servers.iter_mut().enumerate() {
        server.index = index;
    }
    servers
}

/// The resolvers that the DCs and, at home, this machine use.
fn resolvers(evidence: &Evidence) -> Vec<SocketAddr> {
    let config = &evidence.config;
    let configured = config.domain_controllers.iter().flat_map(|dc| &dc.resolvers).copied();
    // A loopback address means another machine, and a link-local IPv6 address without scope nobody can reach.
    let reachable = configured.filter(|address| match address {
        IpAddr::V6(v6) => !v6.is_loopback() && !v6.is_unicast_link_local(),
        IpAddr::V4(v4) => !v4.is_loopback(),
    });
    let mut all: Vec<SocketAddr> = reachable
        .filter(|&address| !is_listed_by_its_dc(config, address))
        .map(|address| (address, DNS_PORT).into())
        .collect();
    if is_at_home(evidence) {
        all.extend(evidence.local.iter().flat_map(|local| &local.resolvers).map(|resolver| resolver.address));
    }
    all.retain(|address| !address.ip().is_unspecified() && !address.ip().is_multicast());
    all
}

/// Whether `dns_servers` says how to reach the server on the DC that owns an address.
fn is_listed_by_its_dc(config: &Config, address: IpAddr) -> bool {
    let owns =
        |dc: &&DomainController| dc.addresses.iter().any(|network| is_single(network) && network.ip() == address);
    let mut names = config.domain_controllers.iter().filter(owns).flat_map(|dc| dc.host.iter().chain(&dc.other_names));
    names.any(|name| config.dns_servers.iter().any(|server| server.dc.as_ref() == Some(name)))
}

/// A resolver as `dns_servers` would list it; `None` where it has no port to be asked at.
fn entry(resolver: SocketAddr) -> Option<DnsServer> {
    let scope = match resolver {
        SocketAddr::V6(v6) if v6.scope_id() != 0 => Some(v6.scope_id().to_string()),
        SocketAddr::V6(_) | SocketAddr::V4(_) => None,
    };
    let address = ServerAddress::Ip { address: resolver.ip(), scope };
    (resolver.port() != 0).then(|| DnsServer::plain(address, Some(resolver.port())))
}

/// Where an entry leads; `None` while that is still to be asked.
fn addresses(entry: &DnsServer, evidence: &Evidence) -> Option<Resolved> {
    match &entry.address {
        ServerAddress::Ip { address, scope: None } => {
            Some(Resolved::Addresses(vec![SocketAddr::new(*address, entry.port)]))
        }
        ServerAddress::Ip { address: IpAddr::V4(address), scope: Some(_) } => {
            Some(Resolved::Addresses(vec![SocketAddr::new((*address).into(), entry.port)]))
        }
        ServerAddress::Ip { address: IpAddr::V6(address), scope: Some(scope) } => {
            let index = match scope.parse() {
                Ok(index) => index,
                Err(_) => match evidence.interfaces.get(scope)? {
                    Some(index) => *index,
                    None => {
                        let trouble = format!("this machine has no network interface called {scope}");
                        return Some(Resolved::Failed(trouble));
                    }
                },
            };
            Some(Resolved::Addresses(vec![SocketAddrV6::new(*address, entry.port, 0, index).into()]))
        }
        ServerAddress::Host(host) => with_port(evidence.hosts.get(host)?, entry.port),
        // Resolvers have ports of their own; the entry's counts where it says another than the usual.
        ServerAddress::System if entry.port == 53 => evidence.system.clone(),
        ServerAddress::System => with_port(evidence.system.as_ref()?, entry.port),
    }
}

fn with_port(resolved: &Resolved, port: u16) -> Option<Resolved> {
    Some(match resolved {
        Resolved::Failed(trouble) => Resolved::Failed(trouble.clone()),
        Resolved::Addresses(addresses) => Resolved::Addresses(
            addresses
                .iter()
                .map(|address| {
                    let mut address = *address;
                    address.set_port(port);
                    address
                })
                .collect(),
        ),
    })
}

fn candidate_name(entry: &DnsServer, address: SocketAddr, several: bool) -> String {
    let written = match &entry.address {
        ServerAddress::Ip { address, scope: Some(scope) } => format!("{address}%{scope}"),
        ServerAddress::Ip { address, scope: None } => address.to_string(),
        ServerAddress::Host(host) => host.to_string(),
        ServerAddress::System => bare(address),
    };
    let is_system = matches!(entry.address, ServerAddress::System);
    match &entry.name {
        Some(name) if several => format!("{name}#{}", bare(address)),
        Some(name) => name.clone(),
        None if several && !is_system => format!("{written}#{}", bare(address)),
        None => written,
    }
}

/// The address without port, with its scope.
fn bare(address: SocketAddr) -> String {
    match address {
        SocketAddr::V6(v6) if v6.scope_id() != 0 => format!("{}%{}", v6.ip(), v6.scope_id()),
        other => other.ip().to_string(),
    }
}

/// One server of all entries that lead to one address; a given name is preferred over an address.
fn merge(address: SocketAddr, mut candidates: Vec<Candidate<'_>>) -> Server {
    candidates.sort_by(|a, b| b.named.cmp(&a.named).then_with(|| a.name.cmp(&b.name)));
    let mut names: Vec<String> = candidates.iter().map(|candidate| candidate.name.clone()).collect();
    names.dedup();
    Server {
        index: 0,
        name: names.remove(0),
        address: Some(address),
        trouble: None,
        also: names,
        authoritative: candidates.iter().any(|candidate| candidate.entry.authoritative),
        secondary: candidates.iter().any(|candidate| candidate.entry.secondary),
        dc: candidates.iter().find_map(|candidate| candidate.entry.dc.clone()),
    }
}

fn unresolved_server(entry: &DnsServer, trouble: String) -> Server {
    let written = match &entry.address {
        ServerAddress::Ip { address, scope } => {
            format!("{address}{}", scope.as_ref().map(|scope| format!("%{scope}")).unwrap_or_default())
        }
        ServerAddress::Host(host) => host.to_string(),
        ServerAddress::System => "system".into(),
    };
    Server {
        index: 0,
        name: entry.name.clone().unwrap_or(written),
        address: None,
        trouble: Some(trouble),
        also: Vec::new(),
        authoritative: entry.authoritative,
        secondary: entry.secondary,
        dc: entry.dc.clone(),
    }
}

/// An address that is listed with several ports needs its port in its name.
fn name_ports(servers: &mut [Server]) {
    let mut listed: BTreeMap<String, usize> = BTreeMap::new();
    for server in servers.iter() {
        *listed.entry(server.name.clone()).or_default() += 1;
    }
    for server in servers.iter_mut() {
        if let Some(address) = server.address
            && listed[&server.name] > 1
            && server.name == bare(address)
        {
            server.name = address.to_string();
        }
    }
}

/// The configuration forbids equal names, but a name may look like another server's address.
fn make_unique(servers: &mut [Server]) {
    for position in 1..servers.len() {
        let taken = servers[..position].iter().any(|other| other.name == servers[position].name);
        if taken {
            let address = servers[position].address.map_or_else(|| position.to_string(), |a| a.to_string());
            servers[position].name = format!("{}#{address}", servers[position].name);
        }
    }
}

fn is_selected(server: &Server, chosen: &[String], family: Option<Family>) -> bool {
    let family_fits = match (family, server.address) {
        (Some(Family::V4), Some(address)) => address.is_ipv4(),
        (Some(Family::V6), Some(address)) => address.is_ipv6(),
        _ => true,
    };
    let named = |word: &String| {
        std::iter::once(&server.name)
            .chain(&server.also)
            .any(|name| name == word || name.split('#').next() == Some(word.as_str()))
    };
    family_fits && (chosen.is_empty() || chosen.iter().any(named))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn servers(entries: &str) -> Vec<Server> {
        let evidence = testing::evidence(&format!("forest: contoso.com\ndns_servers: {entries}\n"));
        derive(&evidence)
    }

    fn names(entries: &str) -> Vec<String> {
        servers(entries).into_iter().map(|server| server.name).collect()
    }

    #[test]
    fn what_the_dcs_and_this_machine_ask_is_asked_too() {
        let config = "forest: contoso.com\ndns_servers: [{name: one, address: 192.0.2.1}, {name: two, address: 192.0.2.2, \
                      dc: dc2.contoso.com}]\ndomain_controllers:\n  \
                      - {host: dc1.contoso.com, resolvers: [192.0.2.1, 127.0.0.1, 192.0.2.7, 192.0.2.12, 'fe80::1']}\n  \
                      - {host: dc2.contoso.com, addresses: [192.0.2.12], resolvers: [192.0.2.7]}\n";
        let names = |evidence: &Evidence| -> Vec<String> {
            derive(evidence).into_iter().map(|server| format!("{} {:?}", server.name, server.also)).collect()
        };
        let mut evidence = testing::evidence(config);
        assert_eq!(names(&evidence), ["192.0.2.7 []", "one []", "two []"], "192.0.2.12 is the server on dc2");
        let mut own = testing::local::named("dc2.contoso.com", &["192.0.2.12"]);
        testing::local::resolvers(&mut own, &["127.0.0.1:53", "192.0.2.2:53", "0.0.0.0:53"]);
        evidence.local = Some(own.view);
        assert_eq!(names(&evidence), ["127.0.0.1 []", "192.0.2.7 []", "one []", "two []"]);
        evidence.selection.servers = vec!["one".into()];
        assert_eq!(names(&evidence), ["one []"]);
    }

    #[test]
    fn the_order_of_the_entries_makes_no_difference() {
        let one = servers("[192.0.2.1, {name: b, address: 192.0.2.2}, {name: a, address: 192.0.2.3}]");
        let other = servers("[{name: a, address: 192.0.2.3}, {name: b, address: 192.0.2.2}, 192.0.2.1]");
        assert_eq!(one, other);
    }

    #[test]
    fn entries_for_one_address_are_one_server() {
        let merged = servers("[192.0.2.1, {name: dc1, address: 192.0.2.1, authoritative: true}]");
        assert_eq!(merged.len(), 1);
        assert_eq!(merged[0].name, "dc1");
        assert_eq!(merged[0].also, ["192.0.2.1"]);
        assert!(merged[0].authoritative);
    }

    #[test]
    fn an_address_with_several_ports_is_named_with_its_port() {
        let entries = "[{address: 192.0.2.1, port: 5301}, {address: 192.0.2.1, port: 5302}, 192.0.2.2]";
        assert_eq!(names(entries), ["192.0.2.1:5301", "192.0.2.1:5302", "192.0.2.2"]);
    }

    #[test]
    fn a_host_name_gives_a_server_per_address() {
        let mut evidence = testing::evidence("forest: contoso.com\ndns_servers: [ns.contoso.com, gone.contoso.com]\n");
        assert_eq!(derive(&evidence), [], "nothing is known before the names were resolved");
        let addresses = ["192.0.2.1:0", "[2001:db8::1]:0"].map(|address| address.parse().unwrap());
        let host = |name| DnsName::parse(name).unwrap();
        evidence.hosts.insert(host("ns.contoso.com"), Resolved::Addresses(addresses.to_vec()));
        evidence.hosts.insert(host("gone.contoso.com"), Resolved::Failed("no such name".into()));
        let derived = derive(&evidence);
        let names: Vec<_> = derived.iter().map(|server| server.name.as_str()).collect();
        assert_eq!(names, ["gone.contoso.com", "ns.contoso.com#192.0.2.1", "ns.contoso.com#2001:db8::1"]);
        assert_eq!(derived[0].trouble.as_deref(), Some("no such name"));
        assert_eq!(derived[1].address, Some("192.0.2.1:53".parse().unwrap()));

        evidence.selection.family = Some(Family::V6);
        assert_eq!(derive(&evidence).len(), 2, "the IPv6 address, and the server without any");
    }

    #[test]
    fn resolvers_keep_their_ports_unless_the_entry_has_one() {
        let port = |entry: &str| {
            let mut evidence = testing::evidence(&format!("forest: contoso.com\ndns_servers: [{entry}]\n"));
            evidence.system = Some(Resolved::Addresses(vec!["127.0.0.1:5300".parse().unwrap()]));
            derive(&evidence)[0].address.unwrap().port()
        };
        assert_eq!(port("system"), 5300);
        assert_eq!(port("{address: system, port: 5353}"), 5353);
    }

    #[test]
    fn scope_names_wait_for_their_interface() {
        let mut evidence = testing::evidence("forest: contoso.com\ndns_servers: ['fe80::1%eth7']\n");
        assert_eq!(derive(&evidence), []);
        evidence.interfaces.insert("eth7".into(), Some(7));
        let server = derive(&evidence).remove(0);
        assert_eq!(server.name, "fe80::1%eth7");
        assert_eq!(server.address, Some("[fe80::1%7]:53".parse().unwrap()));
    }
}
