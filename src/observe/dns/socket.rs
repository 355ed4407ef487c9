//! Sockets, and what their errors mean.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::io::Interest;
use tokio::net::UdpSocket;

use crate::evidence::{Lost, NotAsked};
use crate::observe::scarcity;

/// What wakes a conversation besides data: the ICMP message of a closed port. Elsewhere it makes the socket readable.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(in crate::observe) const INTEREST: Interest = Interest::READABLE.add(Interest::ERROR);
/// What wakes a conversation.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(in crate::observe) const INTEREST: Interest = Interest::READABLE;

/// Why there is no socket.
pub(in crate::observe) struct NotOpened {
    /// What that says about the server.
    pub(in crate::observe) meaning: (Lost, NotAsked),
    /// What the operating system said, and to what.
    pub(in crate::observe) trouble: String,
}

/// A socket that hears this address alone. The operating system picks the port: it does that as randomly as we could,
/// and Windows asks the user about programs that bind a port of their own.
///
/// # Errors
/// The operating system's.
pub(in crate::observe) fn open(address: SocketAddr) -> Result<UdpSocket, NotOpened> {
    let any: SocketAddr =
        if address.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
    let doing = |what: &str| {
        let what = format!("{what} {address}");
        move |error: io::Error| NotOpened { meaning: meaning(&error), trouble: trouble(&what, &error) }
    };
    let socket = std::net::UdpSocket::bind(any).map_err(doing("opening a socket for"))?;
    socket.set_nonblocking(true).map_err(doing("opening a socket for"))?;
    socket.connect(address).map_err(doing("sending to"))?;
    UdpSocket::from_std(socket).map_err(doing("opening a socket for"))
}

/// An error that the kernel keeps for the socket, such as an ICMP message; taken, so that it is seen once.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(in crate::observe) fn pending_error(socket: &UdpSocket) -> Option<io::Error> {
    let taken = socket.try_io(Interest::ERROR, || match socket.take_error()? {
        Some(error) => Ok(error),
        // Tells tokio to wait for the next one.
        None => Err(io::ErrorKind::WouldBlock.into()),
    });
    taken.ok()
}

/// Elsewhere errors come from receiving.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(in crate::observe) fn pending_error(_: &UdpSocket) -> Option<io::Error> {
    None
}

/// What an error of the operating system says about the server.
pub(in crate::observe) fn meaning(error: &io::Error) -> (Lost, NotAsked) {
    match error.kind() {
        // Windows says "reset" where others say "refused".
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => (Lost::Closed, NotAsked::Closed),
        _ if scarcity::is_scarcity(error) => (Lost::NoSocket, NotAsked::NoSocket),
        _ => (Lost::Unreachable, NotAsked::Unreachable),
    }
}

/// Whether sending again is pointless: there is no way to the server, or sending is forbidden. Other errors, such as a
/// full queue of the network card, pass.
pub(in crate::observe) fn is_final(error: &io::Error) -> bool {
    use io::ErrorKind::{
        AddrNotAvailable, HostUnreachable, InvalidInput, NetworkDown, NetworkUnreachable, PermissionDenied,
    };
    matches!(
        error.kind(),
        AddrNotAvailable | HostUnreachable | InvalidInput | NetworkDown | NetworkUnreachable | PermissionDenied
    )
}

/// `sending to 192.0.2.1:53: Network is unreachable`.
pub(in crate::observe) fn trouble(doing: &str, error: &io::Error) -> String {
    let text = error.to_string();
    // The number behind the words differs between systems and tells people nothing more.
    let words = text.split(" (os error").next().unwrap_or(&text);
    format!("{doing}: {words}")
}
