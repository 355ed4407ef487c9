//! Ports on loopback, held from the moment they are found: nobody else on the machine can take one in between.
#![expect(clippy::disallowed_types, reason = "ports of the demo are sockets")]

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};

use tokio::net::TcpSocket;

/// How often another port is tried when one is free for TCP but not for UDP.
const PORT_TRIES: usize = 50;

/// Bases from here on, below [`LAST_BASE`], so that no port is privileged or too large.
const FIRST_BASE: u16 = 2_000;
const LAST_BASE: u16 = 16_000;
/// A step that shares no factor with the range: all bases come in turn.
const STEP: u16 = 613;
/// How many bases are tried.
const BASE_TRIES: u32 = 2_000;

/// A port, held for UDP and TCP until this is dropped. Datagrams wait unread, and connections are refused.
pub struct Port {
    address: SocketAddr,
    udp: UdpSocket,
    tcp: TcpSocket,
}

impl Port {
    /// Takes this port; instead of port 0, any that is free for both.
    ///
    /// # Errors
    /// When it is not to be had.
    pub fn take(ip: IpAddr, port: u16) -> io::Result<Self> {
        let mut tries = 0;
        loop {
            match Self::bind(SocketAddr::new(ip, port)) {
                Err(_) if port == 0 && tries < PORT_TRIES => tries += 1,
                taken => return taken,
            }
        }
    }

    fn bind(wanted: SocketAddr) -> io::Result<Self> {
        // Bound, but it does not listen: connections are refused.
        let tcp = if wanted.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        tcp.bind(wanted)?;
        let address = tcp.local_addr()?;
        Ok(Self { address, udp: UdpSocket::bind(address)?, tcp })
    }

    /// Closes it: from now on, datagrams are refused as well.
    ///
    /// # Errors
    /// When the system does not take part.
    pub fn close(self) -> io::Result<Self> {
        close(&self.udp)?;
        Ok(self)
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it consists of. [`listen`] opens the latter.
    pub fn into_sockets(self) -> (UdpSocket, TcpSocket) {
        (self.udp, self.tcp)
    }
}

/// Makes a port refuse datagrams, and keeps it.
pub(super) fn close(udp: &UdpSocket) -> io::Result<()> {
    // A connected socket takes datagrams from its peer alone: to everybody else the port is closed.
    udp.connect((udp.local_addr()?.ip(), 1))
}

/// Takes connections from now on, at a port that has been held.
///
/// # Errors
/// When the system gives no listener.
pub fn listen(tcp: TcpSocket) -> io::Result<TcpListener> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let _context = runtime.enter();
    let listener = tcp.listen(1024)?.into_std()?;
    listener.set_nonblocking(false)?;
    Ok(listener)
}

/// Finds a base for ports at fixed distances from it. `hold` takes all of them, or says that one is not to be had; then
/// another base is tried.
///
/// # Errors
/// When no base will do: the last error of `hold`.
pub fn at_base<T>(mut hold: impl FnMut(u16) -> io::Result<T>) -> io::Result<(u16, T)> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let range = u32::from(LAST_BASE - FIRST_BASE);
    // Several processes look for ports at the same time: each begins elsewhere.
    let salt = std::process::id().wrapping_mul(7);
    let mut last = None;
    for _ in 0..BASE_TRIES {
        let turn = u32::from(NEXT.fetch_add(1, Ordering::Relaxed)).wrapping_mul(u32::from(STEP));
        let base = FIRST_BASE + (salt.wrapping_add(turn) % range) as u16;
        match hold(base) {
            Ok(held) => return Ok((base, held)),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| io::Error::from(io::ErrorKind::AddrInUse)))
}

#[cfg(test)]
mod tests;
