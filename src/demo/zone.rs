//! What an authoritative server makes of its records.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::records::{RecordError, Records};
use super::wire::{self, Rr};
use crate::base::name::DnsName;

fn key(wire: &[u8]) -> DnsName {
    DnsName::from_labels(wire::labels(wire))
}

/// The data of one server.
#[derive(Clone, Debug)]
pub(super) struct Zones {
    /// Each apex with its SOA.
    apexes: BTreeMap<DnsName, Rr>,
    sets: BTreeMap<DnsName, Vec<Rr>>,
    /// Every name that exists, empty non-terminals included.
    existing: BTreeSet<DnsName>,
}

/// What was found for one question.
pub(super) struct Found {
    pub(super) rcode: u8,
    pub(super) answers: Vec<Rr>,
    /// The zone's SOA, for a negative answer.
    pub(super) negative: Option<Rr>,
    /// The SOA of the asked name's zone; `None` outside the zones.
    pub(super) zone: Option<Rr>,
}

impl Zones {
    /// Zones at `apexes` and wherever a SOA record stands; a zone without one gets one that names `primary`.
    pub(super) fn build(records: &Records, apexes: &[DnsName], primary: &str) -> Result<Self, RecordError> {
        let mut zones = Self { apexes: BTreeMap::new(), sets: BTreeMap::new(), existing: BTreeSet::new() };
        for (name, rr) in records.iter() {
            zones.put(name.clone(), rr.clone());
        }
        for apex in apexes {
            if !zones.apexes.contains_key(apex) {
                let line = format!("{apex} 3600 SOA {primary} hostmaster.{apex} 1 900 600 86400 3600");
                for (name, soa) in Records::parse(&line)?.iter() {
                    zones.put(name.clone(), soa.clone());
                }
            }
        }
        Ok(zones)
    }

    fn put(&mut self, name: DnsName, rr: Rr) {
        if rr.rtype == wire::SOA {
            self.apexes.insert(name.clone(), rr.clone());
        }
        let mut above = Some(name.clone());
        while let Some(existing) = above {
            above = existing.parent();
            self.existing.insert(existing);
        }
        self.sets.entry(name).or_default().push(rr);
    }

    /// The SOA of the zone that holds the name.
    fn zone_of(&self, name: &DnsName) -> Option<&Rr> {
        let mut at = Some(name.clone());
        while let Some(name) = at {
            if let Some(soa) = self.apexes.get(&name) {
                return Some(soa);
            }
            at = name.parent();
        }
        None
    }

    /// The records at a name, from a wildcard if need be (RFC 4592); `None` if the name does not exist.
    fn at(&self, wire: &[u8], name: &DnsName) -> Option<Vec<Rr>> {
        if self.existing.contains(name) {
            return Some(self.sets.get(name).cloned().unwrap_or_default());
        }
        let mut encloser = name.parent()?;
        while !self.existing.contains(&encloser) {
            encloser = encloser.parent()?;
        }
        let mut synthesized = self.sets.get(&encloser.child("*"))?.clone();
        for rr in &mut synthesized {
            rr.owner = wire.to_vec();
        }
        Some(synthesized)
    }

    /// Answers a question. With `follow`, aliases are followed as far as the server's own data goes: all of them, where
    /// several stand at one name.
    pub(super) fn lookup(&self, asked: &[u8], rtype: u16, follow: bool) -> Found {
        let zone = self.zone_of(&key(asked)).cloned();
        if zone.is_none() {
            return Found { rcode: wire::REFUSED, answers: Vec::new(), negative: None, zone };
        }
        let mut answers = Vec::new();
        let mut negative = None;
        let mut seen = BTreeSet::new();
        let mut pending = VecDeque::from([asked.to_vec()]);
        while let Some(wire) = pending.pop_front() {
            let name = key(&wire);
            // A target outside the zones is for the client to look up elsewhere.
            let Some(soa) = self.zone_of(&name).filter(|_| seen.insert(name.clone())) else { continue };
            let Some(records) = self.at(&wire, &name) else {
                negative = Some((wire::NXDOMAIN, soa.clone()));
                continue;
            };
            let wanted: Vec<Rr> =
                records.into_iter().filter(|rr| rr.rtype == rtype || rr.rtype == wire::CNAME).collect();
            if wanted.is_empty() {
                negative = Some((wire::NOERROR, soa.clone()));
            }
            if follow && rtype != wire::CNAME {
                let aliases = wanted.iter().filter(|rr| rr.rtype == wire::CNAME);
                pending.extend(aliases.map(|rr| rr.rdata.clone()));
            }
            answers.extend(wanted);
        }
        let negative = negative.filter(|_| !answers.iter().any(|rr| rr.rtype == rtype));
        let rcode = negative.as_ref().map_or(wire::NOERROR, |(rcode, _)| *rcode);
        Found { rcode, answers, negative: negative.map(|(_, soa)| soa), zone }
    }
}

#[cfg(test)]
mod tests {
    use super::super::records::wire_name;
    use super::*;

    fn zones(text: &str) -> Zones {
        let apex = DnsName::parse("contoso.com").expect("a name");
        Zones::build(&Records::parse(text).expect("records"), &[apex], "dc1.contoso.com").expect("zones")
    }

    fn ask(zones: &Zones, name: &str, rtype: u16) -> (u8, Vec<u16>, bool) {
        let found = zones.lookup(&wire_name(name, name).expect("a name"), rtype, true);
        (found.rcode, found.answers.iter().map(|rr| rr.rtype).collect(), found.negative.is_some())
    }

    #[test]
    fn names_types_and_the_space_between_them() {
        let zones = zones("a.b.contoso.com 600 A 192.0.2.1\n*.w.contoso.com 600 A 192.0.2.2");
        assert_eq!(ask(&zones, "A.B.contoso.com", wire::A), (wire::NOERROR, vec![wire::A], false));
        assert_eq!(ask(&zones, "a.b.contoso.com", wire::AAAA), (wire::NOERROR, vec![], true));
        assert_eq!(ask(&zones, "b.contoso.com", wire::A), (wire::NOERROR, vec![], true));
        assert_eq!(ask(&zones, "c.contoso.com", wire::A), (wire::NXDOMAIN, vec![], true));
        assert_eq!(ask(&zones, "x.y.w.contoso.com", wire::A), (wire::NOERROR, vec![wire::A], false));
        assert_eq!(ask(&zones, "fabrikam.com", wire::A), (wire::REFUSED, vec![], false));
    }

    #[test]
    fn aliases_lead_as_far_as_the_data_goes() {
        let zones = zones(
            "good.contoso.com 600 CNAME host.contoso.com
             host.contoso.com 600 A 192.0.2.1
             bad.contoso.com 600 CNAME gone.contoso.com
             away.contoso.com 600 CNAME fabrikam.com
             loop.contoso.com 600 CNAME loop.contoso.com
             two.contoso.com 600 CNAME host.contoso.com
             two.contoso.com 600 CNAME gone.contoso.com",
        );
        let (alias, a) = (wire::CNAME, wire::A);
        assert_eq!(ask(&zones, "good.contoso.com", a), (wire::NOERROR, vec![alias, a], false));
        assert_eq!(ask(&zones, "good.contoso.com", alias), (wire::NOERROR, vec![alias], false));
        assert_eq!(ask(&zones, "bad.contoso.com", a), (wire::NXDOMAIN, vec![alias], true));
        assert_eq!(ask(&zones, "bad.contoso.com", alias), (wire::NOERROR, vec![alias], false));
        assert_eq!(ask(&zones, "away.contoso.com", a), (wire::NOERROR, vec![alias], false));
        assert_eq!(ask(&zones, "loop.contoso.com", a), (wire::NOERROR, vec![alias], false));
        assert_eq!(ask(&zones, "two.contoso.com", a), (wire::NOERROR, vec![alias, alias, a], false));
    }
}
