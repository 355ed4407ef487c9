//! NETLOGON_SAM_LOGON_RESPONSE_EX, what an LDAP ping brings (MS-ADTS 6.3.1.9).

use std::net::{IpAddr, Ipv4Addr};

use super::reader::{Malformed, Reader, text};
use crate::base::guid::Guid;
use crate::evidence::probe::{Flags, Netlogon, PingState};

/// NETLOGON_NT_VERSION_5EX_WITH_IP: the reply has the server's own address (MS-ADTS 6.3.1.1).
const WITH_ADDRESS: u32 = 0x8;
/// NETLOGON_NT_VERSION_WITH_CLOSEST_SITE.
const WITH_CLOSEST_SITE: u32 = 0x10;

/// NtVersion and two tokens of 0xFFFF.
const TAIL: usize = 8;

/// Longest name, in octets of text.
const LONGEST_NAME: usize = 255;
/// Most pointers in one name. A pointer leads backwards only, so names end anyway; this bounds the work.
const MOST_POINTERS: usize = 16;

/// Reads the value of the attribute `netlogon`.
pub(super) fn decode(value: &[u8]) -> Result<Netlogon, Malformed> {
    let mut reader = Reader::new(value);
    let state = match reader.u16_le()? {
        23 => PingState::Ready,
        24 => PingState::Paused,
        25 => PingState::UserUnknown,
        _ => return Err(Malformed("a netlogon reply of another form")),
    };
    reader.u16_le()?;
    let flags = Flags(reader.u32_le()?);
    let domain_guid = Guid::from_packet(reader.array()?);
    let tail = value.len().checked_sub(TAIL).and_then(|start| value.get(start..)).ok_or(Malformed("cut short"))?;
    let mut tail = Reader::new(tail);
    let version = tail.u32_le()?;
    if tail.rest() != [0xff; 4] {
        return Err(Malformed("a netlogon reply without its end"));
    }

    let mut names = Names { whole: value, position: value.len() - reader.rest().len() };
    let forest = names.next()?;
    let domain = names.next()?;
    let host = names.next()?;
    let netbios_domain = names.next()?;
    let netbios_host = names.next()?;
    let _user = names.next()?;
    let site = names.next()?;
    let client_site = names.next()?;
    let own_address = if version & WITH_ADDRESS != 0 { names.address()? } else { None };
    let next_closest_site = if version & WITH_CLOSEST_SITE != 0 { names.next()? } else { None };
    if names.position + TAIL != value.len() {
        return Err(Malformed("a netlogon reply of another form"));
    }
    Ok(Netlogon {
        state,
        flags,
        domain_guid,
        forest,
        domain,
        host,
        netbios_domain,
        netbios_host,
        site,
        client_site,
        next_closest_site,
        own_address,
    })
}

/// The names, compressed as in DNS (RFC 1035 section 4.1.4), their pointers counted from the start of the structure.
struct Names<'a> {
    whole: &'a [u8],
    position: usize,
}

impl Names<'_> {
    /// The next name; `None` for an empty one.
    fn next(&mut self) -> Result<Option<String>, Malformed> {
        let mut octets: Vec<u8> = Vec::new();
        let mut position = self.position;
        // Where the labels that are being read began: a pointer must lead in front of it.
        let mut start = position;
        let mut pointers = 0;
        let end = loop {
            let rest = self.whole.get(position..).ok_or(Malformed("cut short"))?;
            let mut reader = Reader::new(rest);
            match reader.u8()? {
                0 => break position + 1,
                len @ 1..=63 => {
                    let label = reader.take(usize::from(len))?;
                    if !octets.is_empty() {
                        octets.push(b'.');
                    }
                    octets.extend_from_slice(label);
                    if octets.len() > LONGEST_NAME {
                        return Err(Malformed("a name is too long"));
                    }
                    position += 1 + usize::from(len);
                }
                high @ 0xc0..=0xff => {
                    let target = (usize::from(high & 0x3f) << 8) | usize::from(reader.u8()?);
                    if pointers == 0 {
                        self.position = position + 2;
                    }
                    pointers += 1;
                    if target >= start || pointers > MOST_POINTERS {
                        return Err(Malformed("a name that leads to itself"));
                    }
                    position = target;
                    start = target;
                }
                _ => return Err(Malformed("a label of an unknown kind")),
            }
        };
        if pointers == 0 {
            self.position = end;
        }
        Ok(if octets.is_empty() { None } else { Some(text(&octets)?) })
    }

    /// DcSockAddr: a size, then a Windows socket address with family AF_INET.
    fn address(&mut self) -> Result<Option<IpAddr>, Malformed> {
        let mut reader = Reader::new(self.whole.get(self.position..).ok_or(Malformed("cut short"))?);
        let size = usize::from(reader.u8()?);
        let mut structure = Reader::new(reader.take(size)?);
        self.position += 1 + size;
        let family = structure.u16_le()?;
        structure.u16_be()?;
        let address = Ipv4Addr::from(structure.array::<4>()?);
        Ok((family == 2 && !address.is_unspecified()).then_some(IpAddr::V4(address)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reply with these names, written without compression, and this behind them.
    fn reply(opcode: u16, names: &[&str], behind: &[u8], version: u32) -> Vec<u8> {
        let mut out =
            [opcode.to_le_bytes().to_vec(), vec![0, 0], 0x13fdu32.to_le_bytes().to_vec(), vec![7; 16]].concat();
        for name in names {
            for label in name.split('.').filter(|label| !label.is_empty()) {
                out.push(label.len() as u8);
                out.extend_from_slice(label.as_bytes());
            }
            out.push(0);
        }
        out.extend_from_slice(behind);
        out.extend_from_slice(&version.to_le_bytes());
        out.extend_from_slice(&[0xff; 4]);
        out
    }

    const NAMES: [&str; 8] = ["a.test", "a.test", "dc1.a.test", "A", "DC1", "", "HQ", ""];

    #[test]
    fn the_three_states_are_told_apart() {
        for (opcode, state) in [(23, PingState::Ready), (24, PingState::Paused), (25, PingState::UserUnknown)] {
            let read = decode(&reply(opcode, &NAMES, &[], 5)).unwrap();
            assert_eq!((read.state, read.host.as_deref(), read.client_site), (state, Some("dc1.a.test"), None));
        }
        assert!(decode(&reply(19, &NAMES, &[], 1)).is_err(), "the older form");
    }

    #[test]
    fn the_own_address_and_the_next_site_are_read_where_announced() {
        let behind = b"\x10\x02\0\0\0\xc0\0\x02\x0b\0\0\0\0\0\0\0\0\x02LA\0";
        let read = decode(&reply(23, &NAMES, behind, 0x1d)).unwrap();
        assert_eq!(read.own_address, Some("192.0.2.11".parse().unwrap()));
        assert_eq!(read.next_closest_site.as_deref(), Some("LA"));
        assert!(decode(&reply(23, &NAMES, behind, 5)).is_err(), "not announced");
    }

    #[test]
    fn names_that_lead_to_themselves_end() {
        let head = reply(23, &[], &[], 5);
        let start = head.len() - TAIL;
        for pointer in [start, start + 1, start + 2, 0x3fff] {
            let mut value = head.clone();
            value.splice(start..start, [0xc0 | (pointer >> 8) as u8, pointer as u8]);
            assert!(decode(&value).is_err(), "{pointer}");
        }
        // Every pointer leads to the one before it: legal each, but no server writes such a chain.
        let mut chain = vec![1, b'x', 0];
        for link in 0..40usize {
            let target = if link == 0 { start } else { start + 3 + 2 * (link - 1) };
            chain.extend_from_slice(&[0xc0 | (target >> 8) as u8, target as u8]);
        }
        let mut value = head.clone();
        value.splice(start..start, chain);
        assert!(decode(&value).is_err());
    }

    #[test]
    fn a_name_has_at_most_255_octets() {
        let long = ["abcdefghijklmnopqrstuvwxyz"; 10].join(".");
        let mut names = NAMES;
        names[2] = &long;
        assert_eq!(decode(&reply(23, &names, &[], 5)), Err(Malformed("a name is too long")));
    }
}
