//! Records as text.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::wire::{self, Rr};
use crate::base::name::DnsName;

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

    /// Each record with its owner's name.
    pub(super) fn iter(&self) -> std::slice::Iter<'_, (DnsName, Rr)> {
        self.0.iter()
    }

    /// The addresses in A and AAAA records.
    pub(super) fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.iter().filter_map(|(_, rr)| match rr.rtype {
            wire::A => <[u8; 4]>::try_from(&rr.rdata[..]).ok().map(IpAddr::from),
            wire::AAAA => <[u8; 16]>::try_from(&rr.rdata[..]).ok().map(IpAddr::from),
            _ => None,
        })
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
    crate::base::dns::RecordType::parse(mnemonic).map(|rtype| rtype.0).or((mnemonic == "TXT").then_some(wire::TXT))
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
pub(super) fn wire_name(text: &str, line: &str) -> Result<Vec<u8>, RecordError> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
