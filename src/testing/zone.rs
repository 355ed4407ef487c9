//! How a server with authority answers from its records.

use crate::base::dns::RecordType;
use crate::base::name::DnsName;
use crate::evidence::Ask;
use crate::evidence::{Rdata, Record, Soa, Store};

/// The rcode and the ANSWER section of a server with authority that follows aliases.
pub(super) fn from_zone(store: &mut Store, zone: &[Record], ask: &Ask) -> (u16, Vec<Record>) {
    let mut answers: Vec<Record> = Vec::new();
    let mut at = ask.name.to_string();
    for _ in 0..8 {
        let mut here: Vec<Record> = zone.iter().filter(|record| store.lower(record.owner) == at).copied().collect();
        let below = format!(".{at}");
        let exists = !here.is_empty() || zone.iter().any(|record| store.lower(record.owner).ends_with(&below));
        if !exists {
            here = from_wildcard(store, zone, &at);
        }
        let matching = here.iter().filter(|record| record.data.rtype() == ask.rtype);
        let matching: Vec<Record> = matching.copied().collect();
        if !matching.is_empty() {
            answers.extend(matching);
            return (0, answers);
        }
        let alias = here.iter().find(|record| record.data.rtype() == RecordType::CNAME);
        match alias.map(|record| (record, record.data)) {
            Some((record, Rdata::Cname(target))) => {
                answers.push(*record);
                at = store.lower(target).to_owned();
            }
            _ => return (if exists || !here.is_empty() { 0 } else { 3 }, answers),
        }
    }
    (0, answers)
}

/// What the wildcard beside a name that does not exist makes of it (RFC 4592), if there is one.
fn from_wildcard(store: &mut Store, zone: &[Record], name: &str) -> Vec<Record> {
    let parent = name.split_once('.').map_or("", |(_, parent)| parent);
    let wildcard = format!("*.{parent}");
    let found: Vec<Record> = zone.iter().filter(|record| store.lower(record.owner) == wildcard).copied().collect();
    let owner = store.intern_name(name);
    found.into_iter().map(|record| Record { owner, ..record }).collect()
}

/// The records of one zone; names below the apex of another zone are not its own.
pub(super) fn within(store: &Store, all: &[Record], zone: &DnsName) -> Vec<Record> {
    let name = |record: &Record| DnsName::from_presentation(store.lower(record.owner)).expect("a good name");
    let apexes: Vec<DnsName> = all.iter().filter(|record| matches!(record.data, Rdata::Soa(_))).map(name).collect();
    let own = |record: &&Record| {
        let owner = name(record);
        let nearest = apexes.iter().filter(|apex| owner.is_within(apex)).max_by_key(|apex| apex.as_str().len());
        nearest == Some(zone)
    };
    all.iter().filter(own).copied().collect()
}

pub(super) fn record(store: &mut Store, line: &str) -> Record {
    let words: Vec<&str> = line.split(' ').collect();
    let [owner, ttl, rtype, data] = words[..] else { panic!("not a record: {line}") };
    let data = match rtype {
        "A" => Rdata::A(data.parse().expect("an IPv4 address")),
        "AAAA" => Rdata::Aaaa(data.parse().expect("an IPv6 address")),
        "CNAME" => Rdata::Cname(store.intern_name(data)),
        "NS" => Rdata::Ns(store.intern_name(data)),
        "PTR" => Rdata::Ptr(store.intern_name(data)),
        "SRV" => {
            let parts: Vec<&str> = data.split(',').collect();
            let [priority, weight, port, target] = parts[..] else { panic!("priority,weight,port,target: {data}") };
            let number = |text: &str| text.parse().expect("a number");
            let (priority, weight, port) = (number(priority), number(weight), number(port));
            Rdata::Srv { priority, weight, port, target: store.intern_name(target) }
        }
        "SOA" => {
            let (mname, rname) = (store.intern_name(data), store.intern_name("hostmaster.contoso.com"));
            Rdata::Soa(store.intern_soa(Soa {
                mname,
                rname,
                serial: 1,
                refresh: 900,
                retry: 600,
                expire: 86_400,
                minimum: 3600,
            }))
        }
        other => panic!("type {other} is not known here"),
    };
    Record { owner: store.intern_name(owner), ttl: ttl.parse().expect("a TTL"), data }
}
