//! What is asked about a candidate at every server: where its name, or its addresses, may stand already.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::config::{Retired, Role};
use crate::evidence::probe::{Ping, Reply};
use crate::evidence::{Candidate, Evidence};
use crate::inventory::{Inventory, Server};

/// How many sites are looked at: a machine that names ever new ones must not keep the run busy.
const MOST_SITES: usize = 256;

/// Records of every domain controller of a domain (MS-ADTS 6.3.2.3).
const DOMAIN: [&str; 8] = [
    "_ldap._tcp.dc._msdcs",
    "_kerberos._tcp.dc._msdcs",
    "_ldap._tcp.pdc._msdcs",
    "_ldap._tcp",
    "_kerberos._tcp",
    "_kerberos._udp",
    "_kpasswd._tcp",
    "_kpasswd._udp",
];
/// The same of global catalogs, under the forest.
const FOREST: [&str; 2] = ["_gc._tcp", "_ldap._tcp.gc._msdcs"];
/// The same with a site between the two halves; true where they stand under the forest.
const SITE: [(&str, &str, bool); 6] = [
    ("_ldap._tcp", "_sites.dc._msdcs", false),
    ("_kerberos._tcp", "_sites.dc._msdcs", false),
    ("_ldap._tcp", "_sites", false),
    ("_kerberos._tcp", "_sites", false),
    ("_gc._tcp", "_sites", true),
    ("_ldap._tcp", "_sites.gc._msdcs", true),
];

/// Where the candidate's name, or an alias of it, may stand.
pub fn about_name(inventory: &Inventory, evidence: &Evidence, candidate: &Candidate) -> Vec<(DnsName, RecordType)> {
    let (domain, forest) = (&candidate.domain, &inventory.forest);
    let mut asks: Vec<(DnsName, RecordType)> = Vec::new();
    for rtype in [RecordType::A, RecordType::AAAA, RecordType::CNAME] {
        asks.push((candidate.host.clone(), rtype));
    }
    let mut services: Vec<DnsName> = DOMAIN.iter().map(|name| below(name, domain)).collect();
    services.extend(FOREST.iter().map(|name| below(name, forest)));
    for site in sites(inventory, evidence, candidate) {
        services.extend(SITE.iter().filter_map(|(before, after, of_forest)| {
            at_site(before, &site, after, if *of_forest { forest } else { domain })
        }));
    }
    asks.extend(services.into_iter().map(|name| (name, RecordType::SRV)));
    asks.extend([domain, forest, &inventory.msdcs].map(|zone| (zone.clone(), RecordType::NS)));
    let retired = evidence.config.retired.iter().filter_map(|retired| match retired {
        Retired::Guid(guid) => Some(inventory.msdcs.child(&guid.to_string())),
        Retired::Host(_) => None,
    });
    let own = inventory.dcs.iter().filter(|dc| dc.host.as_ref() == Some(&candidate.host));
    let aliases = retired.chain(own.filter_map(|dc| dc.alias.clone()));
    asks.extend(aliases.map(|alias| (alias, RecordType::CNAME)));
    asks.sort();
    asks.dedup();
    asks
}

/// Where one of the candidate's addresses may stand, reverse names apart: under the names that all DCs share.
pub fn about_address(inventory: &Inventory, candidate: &Candidate) -> Vec<(DnsName, RecordType)> {
    let (domain, forest) = (&candidate.domain, &inventory.forest);
    let shared = [
        domain.clone(),
        forest.clone(),
        below("gc._msdcs", forest),
        below("domaindnszones", domain),
        below("forestdnszones", forest),
    ];
    let names: BTreeSet<DnsName> = shared.into_iter().collect();
    names.into_iter().flat_map(|name| [(name.clone(), RecordType::A), (name, RecordType::AAAA)]).collect()
}

/// The names of the candidate's addresses in the reverse zones.
pub fn reverse_names(candidate: &Candidate) -> impl Iterator<Item = (IpAddr, DnsName)> {
    candidate.addresses.iter().map(|&address| (address, DnsName::reverse(address)))
}

/// The sites at which records of the candidate may stand: its own, those of the configuration, and those that the
/// partners say they stand in.
pub fn sites(inventory: &Inventory, evidence: &Evidence, candidate: &Candidate) -> BTreeSet<String> {
    let configured = inventory.dcs.iter().filter_map(|dc| dc.site.clone());
    let said = evidence.machines.values().filter_map(|machine| match &machine.replies.cldap {
        Some(Reply::Answer(Ping::Netlogon(ping))) => ping.site.clone(),
        _ => None,
    });
    let all = candidate.site.iter().cloned().chain(configured).chain(said);
    all.map(|site| site.to_ascii_lowercase()).take(MOST_SITES).collect()
}

/// The servers of the run that stand on a DC of the candidate's domain: they hold its zones themselves.
pub fn dns_servers_of<'a>(inventory: &'a Inventory, candidate: &Candidate) -> impl Iterator<Item = &'a Server> {
    let partners: Vec<_> = inventory
        .dcs
        .iter()
        .filter(|dc| dc.host.as_ref() != Some(&candidate.host) && dc.domain.as_ref() == Some(&candidate.domain))
        .collect();
    inventory.servers.iter().filter(move |server| {
        let stands_on = |dc: &&crate::inventory::Dc| {
            let by_name = dc.host.is_some() && server.dc == dc.host;
            by_name || server.address.is_some_and(|address| dc.owns_exactly(address.ip()) && address.port() == 53)
        };
        partners.iter().filter(|dc| !dc.roles.contains(&Role::Rodc)).any(stands_on)
    })
}

/// `name` in front of `zone`.
fn below(name: &str, zone: &DnsName) -> DnsName {
    name.rsplit('.').fold(zone.clone(), |name, label| name.child(label))
}

/// A record of a site; `None` where that is no name: the site was said by a machine, or is too long beside the domain.
fn at_site(before: &str, site: &str, after: &str, zone: &DnsName) -> Option<DnsName> {
    let mut labels: Vec<Vec<u8>> = before.split('.').map(|label| label.as_bytes().to_vec()).collect();
    labels.push(site.as_bytes().to_vec());
    labels.extend(after.split('.').map(|label| label.as_bytes().to_vec()));
    labels.extend(zone.labels());
    let fits = labels.iter().all(|label| (1..=63).contains(&label.len()))
        && labels.iter().map(|label| label.len() + 1).sum::<usize>() < 255;
    fits.then(|| DnsName::from_labels(labels.iter().map(Vec::as_slice)))
}
