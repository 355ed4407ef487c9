//! Records as text, and what an authoritative server makes of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{Ipv4Addr, Ipv6Addr};

use super::wire::{self, Rr};
use crate::name::DnsName;

/// A line of records that cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record `{line}`: {reason}")]
pub struct RecordError {
    /// The line as written.
    pub line: String,
    /// What is wrong with it.
    pub reason: String,
}

impl RecordError {
    fn new(line: &str, reason: impl Into<String>) -> Self {
        Self { line: line.to_owned(), reason: reason.into() }
    }
}

/// Records in the order of their lines; several servers of a scenario begin with the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records(Vec<(DnsName, Rr)>);

impl Records {
    /// Reads lines of `name ttl TYPE data`. Names are absolute, with or without the final dot, and keep their case.
    /// Types: A, AAAA, CNAME, NS, PTR, SOA, SRV, TXT, and `TYPE65281` with hexadecimal data. `#` begins a comment.
    ///
    /// # Errors
    /// Names the first bad line.
    pub fn parse(text: &str) -> Result<Self, RecordError> {
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
        lines.filter(|line| !line.is_empty()).map(parse_line).collect::<Result<_, _>>().map(Self)
    }

    /// Appends records.
    pub fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    /// Takes away `name TYPE`, `name *` (all types) or `within name` (the name and all below it).
    ///
    /// # Errors
    /// When the pattern is malformed, or nothing is there to take away: then the scenario does not say what it means.
    pub fn remove(&mut self, pattern: &str) -> Result<(), RecordError> {
        let (first, second) = pattern.split_once(' ').ok_or_else(|| RecordError::new(pattern, "expected two words"))?;
        let before = self.0.len();
        if first == "within" {
            let top = DnsName::from_presentation(second).map_err(|e| RecordError::new(pattern, e.to_string()))?;
            self.0.retain(|(name, _)| !name.is_within(&top));
        } else {
            let name = DnsName::from_presentation(first).map_err(|e| RecordError::new(pattern, e.to_string()))?;
            let rtype = match second {
                "*" => None,
                mnemonic => Some(type_number(mnemonic).ok_or_else(|| RecordError::new(pattern, "unknown type"))?),
            };
            self.0.retain(|(owner, rr)| *owner != name || rtype.is_some_and(|rtype| rtype != rr.rtype));
        }
        if self.0.len() == before {
            return Err(RecordError::new(pattern, "there is nothing to remove"));
        }
        Ok(())
    }
}

/// The number of a type's mnemonic.
pub(super) fn type_number(mnemonic: &str) -> Option<u16> {
    crate::evidence::RecordType::parse(mnemonic).map(|rtype| rtype.0).or((mnemonic == "TXT").then_some(wire::TXT))
}

fn parse_line(line: &str) -> Result<(DnsName, Rr), RecordError> {
    let fail = |reason: &str| RecordError::new(line, reason);
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [owner, ttl, mnemonic, data @ ..] = &fields[..] else { return Err(fail("expected name, TTL, type and data")) };
    let name = DnsName::from_presentation(owner).map_err(|e| RecordError::new(line, e.to_string()))?;
    let rtype = type_number(mnemonic).ok_or_else(|| fail("unknown type"))?;
    let mut rdata = Vec::new();
    match (rtype, data) {
        (wire::A, [address]) => {
            rdata.extend(address.parse::<Ipv4Addr>().map_err(|_| fail("bad IPv4 address"))?.octets());
        }
        (wire::AAAA, [address]) => {
            rdata.extend(address.parse::<Ipv6Addr>().map_err(|_| fail("bad IPv6 address"))?.octets());
        }
        (wire::CNAME | wire::NS | wire::PTR, [target]) => rdata = wire_name(target, line)?,
        (wire::SRV, [priority, weight, port, target]) => {
            for number in [priority, weight, port] {
                rdata.extend(number.parse::<u16>().map_err(|_| fail("bad number"))?.to_be_bytes());
            }
            rdata.extend(wire_name(target, line)?);
        }
        (wire::SOA, [primary, mailbox, numbers @ ..]) if numbers.len() == 5 => {
            rdata = wire_name(primary, line)?;
            rdata.extend(wire_name(mailbox, line)?);
            for number in numbers {
                rdata.extend(number.parse::<u32>().map_err(|_| fail("bad number"))?.to_be_bytes());
            }
        }
        (wire::TXT, words) if !words.is_empty() => {
            for word in words {
                rdata.push(u8::try_from(word.len()).map_err(|_| fail("a string is longer than 255 octets"))?);
                rdata.extend(word.bytes());
            }
        }
        (_, [hex]) if mnemonic.starts_with("TYPE") => {
            for pair in hex.as_bytes().chunks(2) {
                let pair = std::str::from_utf8(pair).map_err(|_| fail("bad hexadecimal data"))?;
                rdata.push(u8::from_str_radix(pair, 16).map_err(|_| fail("bad hexadecimal data"))?);
            }
        }
        _ => return Err(fail("the data does not fit the type")),
    }
    let ttl = ttl.parse().map_err(|_| fail("bad TTL"))?;
    Ok((name, Rr { owner: wire_name(owner, line)?, ttl, rtype, rdata }))
}

/// The name for the wire, its case kept.
fn wire_name(text: &str, line: &str) -> Result<Vec<u8>, RecordError> {
    let folded = DnsName::from_presentation(text).map_err(|e| RecordError::new(line, e.to_string()))?;
    let mut labels = folded.labels();
    // The parsed name is in lower case. Without escapes its octets stand in the text one to one.
    if !text.contains('\\') {
        let spelled = text.trim_end_matches('.').split('.').map(|label| label.as_bytes().to_vec());
        labels = spelled.collect();
    }
    let mut out = Vec::new();
    for label in labels {
        out.push(u8::try_from(label.len()).map_err(|_| RecordError::new(line, "long label"))?);
        out.extend(label);
    }
    out.push(0);
    Ok(out)
}

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
        for (name, rr) in &records.0 {
            zones.put(name.clone(), rr.clone());
        }
        for apex in apexes {
            if !zones.apexes.contains_key(apex) {
                let (name, soa) =
                    parse_line(&format!("{apex} 3600 SOA {primary} hostmaster.{apex} 1 900 600 86400 3600"))?;
                zones.put(name, soa);
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

    #[test]
    fn bad_lines_and_idle_removals_are_refused() {
        for bad in ["dc1.contoso.com 600 A", "dc1 x A 192.0.2.1", "dc1 600 A 192.0.2.256", "dc1 600 MX 10 mail"] {
            assert!(Records::parse(bad).is_err(), "{bad}");
        }
        let mut records = Records::parse("dc1.contoso.com 600 A 192.0.2.1 # its only address").expect("records");
        assert!(records.remove("dc1.contoso.com AAAA").is_err());
        assert_eq!(records.remove("dc1.contoso.com A"), Ok(()));
        assert!(records.remove("within contoso.com").is_err());
    }
}
