//! What can be said of an address by looking at it alone.

use std::net::{IpAddr, Ipv6Addr};

use ipnetwork::IpNetwork;

use super::dns::RecordType;

/// An address that no partner can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// What kind of address it is.
    pub kind: &'static str,
    /// No partner at all can use it; otherwise some may.
    pub grave: bool,
    /// Whoever connects reaches itself.
    pub loopback: bool,
}

/// Addresses with a special purpose (RFC 6890), as far as they are no address of a server.
pub fn special_address(address: IpAddr) -> Option<Unusable> {
    let grave = |kind| Some(Unusable { kind, grave: true, loopback: false });
    let doubtful = |kind| Some(Unusable { kind, grave: false, loopback: false });
    if address.is_loopback() {
        return Some(Unusable { kind: "loopback", grave: true, loopback: true });
    }
    if address.is_unspecified() {
        return grave("unspecified");
    }
    if address.is_multicast() {
        return grave("multicast");
    }
    match address {
        IpAddr::V4(v4) if v4.is_link_local() => grave("link-local (no DHCP server answered)"),
        IpAddr::V4(v4) if v4.is_broadcast() => grave("broadcast"),
        IpAddr::V6(v6) if v6.is_unicast_link_local() => grave("link-local"),
        IpAddr::V6(v6) if is_isatap(v6) => doubtful("ISATAP tunnel"),
        IpAddr::V6(v6) if v6.segments()[0] == 0x2002 => doubtful("6to4 tunnel"),
        IpAddr::V6(v6) if v6.segments()[..2] == [0x2001, 0] => doubtful("Teredo tunnel"),
        _ => None,
    }
}

/// Interface identifier `[02]00:5efe:a.b.c.d` (RFC 5214 section 6.1).
fn is_isatap(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    matches!(segments[4], 0 | 0x0200) && segments[5] == 0x5efe
}

/// Whether an address may belong to anybody: not this machine's loopback, nor of a private network (RFC 1918, RFC 4193,
/// RFC 6598).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            let shared = first == 100 && (64..128).contains(&second);
            !(v4.is_loopback() || v4.is_private() || v4.is_link_local() || shared)
        }
        IpAddr::V6(v6) => !(v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local()),
    }
}

/// Whether a network holds one address only.
pub fn is_single(network: &IpNetwork) -> bool {
    network.prefix() == if network.is_ipv4() { 32 } else { 128 }
}

/// The record type that holds an address.
pub fn address_type(address: IpAddr) -> RecordType {
    if address.is_ipv4() { RecordType::A } else { RecordType::AAAA }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_addresses_are_told_from_those_of_servers() {
        let grave = |text: &str| special_address(text.parse().unwrap()).map(|unusable| unusable.grave);
        for address in [
            "169.254.7.7",
            "fe80::1",
            "fe90::1",
            "127.0.0.1",
            "127.9.9.9",
            "::1",
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "ff02::1",
        ] {
            assert_eq!(grave(address), Some(true), "{address}");
        }
        for address in ["2002:c000:201::1", "2001:0:1::1", "2001:db8::5efe:c000:201", "2001:db8::200:5efe:c000:201"] {
            assert_eq!(grave(address), Some(false), "{address}");
        }
        for address in ["192.0.2.1", "2001:db8::1", "fd00::1", "10.0.0.1", "2001:4860::1"] {
            assert_eq!(grave(address), None, "{address}");
        }
    }

    #[test]
    fn addresses_of_private_networks_are_told_from_public_ones() {
        for private in ["10.1.2.3", "172.16.0.1", "192.168.7.7", "100.64.0.1", "127.0.0.1", "fd00::1", "fe80::1", "::1"]
        {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in ["192.0.2.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:db8::1", "2a00::1"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }
}
