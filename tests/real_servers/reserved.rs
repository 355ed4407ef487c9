//! Ports for programs that take them themselves.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use guidpost::demo::Port;

/// A loopback address for a program that takes its port itself, so that nobody can hold it until then.
pub(crate) struct Reserved {
    pub(crate) address: SocketAddr,
    /// The same port of an address that nobody else uses: who has that may start a server. Servers allow others of their
    /// kind at the same port (SO_REUSEPORT), so trying the port itself is not enough. benches/lab.py does the same.
    _right: UdpSocket,
}

impl Reserved {
    pub(crate) fn at(ip: IpAddr) -> Self {
        // Below the range from which systems take the ports of outgoing sockets, and above the demo's machines. Each
        // process begins elsewhere.
        let first = std::process::id().wrapping_mul(41) % 10_000;
        let reserve = |port| {
            let right = UdpSocket::bind(("127.0.0.2", port)).ok()?;
            // Free of others, too.
            Port::take(ip, port).ok()?;
            Some(Self { address: SocketAddr::new(ip, port), _right: right })
        };
        (0..10_000)
            .map(|i| u16::try_from(20_000 + (first + i) % 10_000).expect("below 30,000"))
            .find_map(reserve)
            .unwrap_or_else(|| panic!("no free port at {ip}: is there such an address on this machine?"))
    }
}
