//! Record types and response codes, by number and by name.

use std::fmt;

/// A DNS record type by its number (RFC 1035 section 3.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordType(pub u16);

impl RecordType {
    /// IPv4 address.
    pub const A: Self = Self(1);
    /// Name server.
    pub const NS: Self = Self(2);
    /// Alias.
    pub const CNAME: Self = Self(5);
    /// Start of authority.
    pub const SOA: Self = Self(6);
    /// Reverse name.
    pub const PTR: Self = Self(12);
    /// IPv6 address.
    pub const AAAA: Self = Self(28);
    /// Service location.
    pub const SRV: Self = Self(33);

    /// Reads the form that [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "A" => Self::A,
            "NS" => Self::NS,
            "CNAME" => Self::CNAME,
            "SOA" => Self::SOA,
            "PTR" => Self::PTR,
            "AAAA" => Self::AAAA,
            "SRV" => Self::SRV,
            other => Self(other.strip_prefix("TYPE")?.parse().ok()?),
        })
    }
}

/// The mnemonic, or `TYPE` and the number (RFC 3597 section 5).
impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mnemonic = match *self {
            Self::A => "A",
            Self::NS => "NS",
            Self::CNAME => "CNAME",
            Self::SOA => "SOA",
            Self::PTR => "PTR",
            Self::AAAA => "AAAA",
            Self::SRV => "SRV",
            Self(number) => return write!(f, "TYPE{number}"),
        };
        f.write_str(mnemonic)
    }
}

const RCODES: [(u16, &str); 8] = [
    (0, "NOERROR"),
    (1, "FORMERR"),
    (2, "SERVFAIL"),
    (3, "NXDOMAIN"),
    (4, "NOTIMP"),
    (5, "REFUSED"),
    (9, "NOTAUTH"),
    (16, "BADVERS"),
];

/// The mnemonic of a response code (IANA DNS RCODEs), or `RCODE` and its number.
pub fn rcode_name(rcode: u16) -> String {
    let known = RCODES.iter().find(|(number, _)| *number == rcode);
    known.map_or_else(|| format!("RCODE{rcode}"), |(_, name)| (*name).into())
}

/// The response code of a mnemonic that [`rcode_name`] gave.
pub fn rcode_number(name: &str) -> Option<u16> {
    let known = RCODES.iter().find(|(_, other)| *other == name);
    known.map(|(number, _)| *number).or_else(|| name.strip_prefix("RCODE")?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_types_read_back_what_they_print() {
        for rtype in [RecordType::A, RecordType::AAAA, RecordType::CNAME, RecordType::SOA, RecordType(65281)] {
            assert_eq!(RecordType::parse(&rtype.to_string()), Some(rtype));
        }
        assert_eq!(RecordType::parse("TYPEx"), None);
    }

    #[test]
    fn response_codes_read_back_what_they_print() {
        for rcode in [0, 1, 2, 3, 4, 5, 9, 16, 23, 4095] {
            assert_eq!(rcode_number(&rcode_name(rcode)), Some(rcode));
        }
        assert_eq!(rcode_number("RCODE70000"), None);
    }
}
