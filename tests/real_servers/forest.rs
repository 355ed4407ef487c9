//! The forest of the tests, as zones for the servers and as a configuration for guidpost.

use std::fmt::Write as _;
use std::net::SocketAddr;

/// DNS name of the forest root domain.
pub(crate) const FOREST: &str = "contoso.test";

/// A domain controller as the configuration describes it.
#[derive(Clone)]
pub(crate) struct Dc {
    pub(crate) host: String,
    pub(crate) guid: String,
    /// Addresses and networks that it owns; empty: not stated.
    pub(crate) owns: Vec<String>,
}

/// A record of a zone.
#[derive(Clone)]
struct Record {
    owner: String,
    ttl: u32,
    rtype: String,
    data: String,
}

/// A zone as it goes into a zone file.
pub(crate) struct Zone {
    pub(crate) origin: String,
    records: Vec<Record>,
}

impl Zone {
    /// A zone with its SOA, its name server and nothing else.
    pub(crate) fn empty(origin: &str) -> Self {
        let server = format!("ns.{origin}");
        let mut zone = Self::served_by(&server, origin);
        zone.push(&server, 3600, "A", "192.0.2.53");
        zone
    }

    fn served_by(server: &str, origin: &str) -> Self {
        let mut zone = Self { origin: origin.into(), records: Vec::new() };
        zone.push(origin, 3600, "SOA", &format!("{server}. hostmaster.{FOREST}. 1 900 600 86400 3600"));
        zone.push(origin, 3600, "NS", &format!("{server}."));
        zone
    }

    fn push(&mut self, owner: &str, ttl: u32, rtype: &str, data: &str) {
        self.records.push(Record { owner: owner.into(), ttl, rtype: rtype.into(), data: data.into() });
    }

    /// The zone file.
    pub(crate) fn text(&self) -> String {
        self.records.iter().fold(String::new(), |mut text, r| {
            let _ = writeln!(text, "{}. {} IN {} {}", r.owner, r.ttl, r.rtype, r.data);
            text
        })
    }
}

/// What one DNS server holds of the forest.
#[derive(Clone)]
pub(crate) struct Records(Vec<Record>);

/// The DCs `dc1` … of a forest. Odd ones own an IPv6 address too.
pub(crate) fn dcs(count: usize) -> Vec<Dc> {
    (1..=count)
        .map(|i| Dc {
            host: format!("dc{i}.{FOREST}"),
            guid: format!("3dab7f9b-92e7-4391-b8db-{i:012x}"),
            owns: if i % 2 == 1 {
                vec![format!("192.0.2.{}", 10 + i), format!("2001:db8::{i}")]
            } else {
                vec![format!("192.0.2.{}", 10 + i)]
            },
        })
        .collect()
}

impl Dc {
    /// The owner name of its alias.
    pub(crate) fn alias(&self) -> String {
        format!("{}._msdcs.{FOREST}", self.guid)
    }
}

impl Records {
    /// Everything right. TTLs are those that Netlogon and the DNS client write.
    pub(crate) fn healthy(dcs: &[Dc]) -> Self {
        let mut records = Self(Vec::new());
        for dc in dcs {
            records.add(&dc.alias(), 600, "CNAME", &format!("{}.", dc.host));
            for address in &dc.owns {
                records.add(&dc.host, 1200, if address.contains(':') { "AAAA" } else { "A" }, address);
            }
        }
        records
    }

    /// Adds a record.
    pub(crate) fn add(&mut self, owner: &str, ttl: u32, rtype: &str, data: &str) {
        self.0.push(Record { owner: owner.into(), ttl, rtype: rtype.into(), data: data.into() });
    }

    /// Removes all records of a type at a name; there must be one.
    pub(crate) fn remove(&mut self, owner: &str, rtype: &str) {
        let before = self.0.len();
        self.0.retain(|r| r.owner != owner || r.rtype != rtype);
        assert!(self.0.len() < before, "there is no {owner} {rtype} to remove");
    }

    /// Puts one record in the place of those that are there.
    pub(crate) fn replace(&mut self, owner: &str, ttl: u32, rtype: &str, data: &str) {
        self.remove(owner, rtype);
        self.add(owner, ttl, rtype, data);
    }

    /// The two zones of the forest: the domain and `_msdcs`, as Windows creates them.
    pub(crate) fn zones(&self) -> Vec<Zone> {
        let msdcs = format!("_msdcs.{FOREST}");
        let mut domain = Zone::empty(FOREST);
        // BIND takes no host name with an underscore, so the name server stands in the parent zone.
        let mut locator = Zone::served_by(&format!("ns.{FOREST}"), &msdcs);
        // The delegation of `_msdcs` in its parent zone.
        domain.push(&msdcs, 3600, "NS", &format!("ns.{FOREST}."));
        for r in &self.0 {
            let zone = if r.owner.ends_with(&msdcs) { &mut locator } else { &mut domain };
            zone.records.push(r.clone());
        }
        vec![domain, locator]
    }
}

/// The guidpost configuration for these servers and DCs.
///
/// Probes are off and the other locator records are left out: the zones hold only what these tests are about.
pub(crate) fn config(servers: &[(&str, SocketAddr)], dcs: &[Dc]) -> String {
    let mut text = format!("forest: {FOREST}\nlocator_records: false\nprobe: {{ enabled: false }}\ndns_servers:\n");
    for (name, address) in servers {
        let _ = writeln!(text, "  - {{ name: {name}, address: \"{}\", port: {} }}", address.ip(), address.port());
    }
    text.push_str("domain_controllers:\n");
    for dc in dcs {
        let _ = writeln!(text, "  - host: {}\n    guid: {}", dc.host, dc.guid);
        if !dc.owns.is_empty() {
            let owns: Vec<String> = dc.owns.iter().map(|address| format!("\"{address}\"")).collect();
            let _ = writeln!(text, "    addresses: [{}]", owns.join(", "));
        }
    }
    text
}
