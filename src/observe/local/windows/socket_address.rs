//! Socket addresses as Windows has them in memory (SOCKADDR_IN, SOCKADDR_IN6).

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

const AF_INET: u16 = 2;
const AF_INET6: u16 = 23;

/// The address in `octets`; `None` if it is cut short or of another family.
pub(super) fn read(octets: &[u8]) -> Option<SocketAddr> {
    let (family, rest) = octets.split_first_chunk()?;
    let (port, rest) = rest.split_first_chunk()?;
    let port = u16::from_be_bytes(*port);
    match u16::from_ne_bytes(*family) {
        AF_INET => {
            let address: &[u8; 4] = rest.first_chunk()?;
            Some((Ipv4Addr::from(*address), port).into())
        }
        AF_INET6 => {
            let (flow, rest) = rest.split_first_chunk()?;
            let (address, rest): (&[u8; 16], _) = rest.split_first_chunk()?;
            let scope = rest.first_chunk()?;
            let (flow, scope) = (u32::from_ne_bytes(*flow), u32::from_ne_bytes(*scope));
            Some(SocketAddrV6::new(Ipv6Addr::from(*address), port, flow, scope).into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SOCKADDR_IN6 of [fe80::1%7]:53.
    fn v6() -> Vec<u8> {
        let address = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1).octets();
        [&AF_INET6.to_ne_bytes()[..], &[0, 53], &[0; 4], &address, &7_u32.to_ne_bytes()].concat()
    }

    #[test]
    fn both_families_are_read() {
        let v4 = [&AF_INET.to_ne_bytes()[..], &[0, 0], &[192, 0, 2, 1], &[0; 8]].concat();
        assert_eq!(read(&v4), Some("192.0.2.1:0".parse().unwrap()));
        assert_eq!(read(&v6()), Some("[fe80::1%7]:53".parse().unwrap()));
    }

    #[test]
    fn whatever_is_cut_short_or_of_another_family_is_none() {
        for length in 0..v6().len() {
            assert_eq!(read(&v6()[..length]), None);
        }
        assert_eq!(read(&[1, 0, 0, 53, 192, 0, 2, 1]), None);
    }
}
