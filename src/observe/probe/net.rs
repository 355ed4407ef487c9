//! The sockets under the probes: one question, one answer, always an end.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{Instant as TokioInstant, timeout_at};

use super::reader::{Malformed, Rejected};
use crate::evidence::probe::Failure;
use crate::observe::dns::socket;
use crate::observe::scarcity::patiently;

/// Most octets that a machine may send on one connection.
const MOST_OCTETS: usize = 1 << 20;
/// Longest datagram.
const LONGEST_DATAGRAM: usize = 65_535;
/// How often a datagram is sent.
const TRIES: u32 = 2;

/// Octets that nobody can guess.
pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut octets = [0; N];
    getrandom::fill(&mut octets).expect("every supported operating system has a random generator");
    octets
}

/// This machine's clock.
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

fn until(timeout: Duration) -> TokioInstant {
    TokioInstant::from_std(Instant::now() + timeout)
}

/// What an error of the operating system says about the machine.
fn meaning(error: &io::Error, doing: &str) -> Failure {
    use io::ErrorKind::{
        AddrNotAvailable, ConnectionRefused, ConnectionReset, HostUnreachable, NetworkDown, NetworkUnreachable,
        TimedOut,
    };
    match error.kind() {
        // Windows says "reset" where others say "refused".
        ConnectionRefused | ConnectionReset => Failure::Refused,
        HostUnreachable | NetworkUnreachable | NetworkDown | AddrNotAvailable => Failure::Unreachable,
        TimedOut => Failure::Timeout,
        _ => Failure::Local(socket::trouble(doing, error)),
    }
}

/// Sends `request`, once more if nothing comes in half the time, and waits for a datagram that `decode` accepts.
///
/// The socket hears this address alone. A datagram that is no answer does not end the question, since anybody may send
/// one; what was wrong with it is told if nothing better comes.
pub(super) async fn datagram<T>(
    target: SocketAddr,
    timeout: Duration,
    request: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, Rejected>,
) -> Result<T, Failure> {
    let socket = patiently(async || open(target), |_| ()).await;
    let socket = socket.map_err(|error| meaning(&error, &format!("sending to {target}")))?;
    // Most silent machines are asked at the same time; only whoever is heard costs memory.
    let mut buffer = Vec::new();
    let mut odd = None;
    for _ in 0..TRIES {
        let deadline = until(timeout / TRIES);
        if let Err(error) = socket.send(request).await {
            return Err(meaning(&error, &format!("sending to {target}")));
        }
        loop {
            let received = match socket::pending_error(&socket) {
                Some(error) => Err(error),
                None if buffer.is_empty() => Err(io::ErrorKind::WouldBlock.into()),
                None => socket.try_recv(&mut buffer),
            };
            match received {
                Ok(len) => match decode(buffer.get(..len).unwrap_or_default()) {
                    Ok(answer) => return Ok(answer),
                    Err(Rejected::Alien) => {}
                    Err(Rejected::Failure(denied @ Failure::Denied(_))) => return Err(denied),
                    Err(Rejected::Failure(failure)) => odd = Some(failure),
                },
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if timeout_at(deadline, socket.ready(socket::INTEREST)).await.is_err() {
                        break;
                    }
                    buffer.resize(LONGEST_DATAGRAM, 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(odd.unwrap_or_else(|| meaning(&error, &format!("asking {target}")))),
            }
            // Whoever sends without end keeps nobody.
            if TokioInstant::now() >= deadline {
                break;
            }
        }
    }
    Err(odd.unwrap_or(Failure::Timeout))
}

/// A socket that hears this address alone.
fn open(target: SocketAddr) -> io::Result<UdpSocket> {
    let any: SocketAddr =
        if target.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
    let socket = std::net::UdpSocket::bind(any)?;
    socket.set_nonblocking(true)?;
    socket.connect(target)?;
    UdpSocket::from_std(socket)
}

#[cfg(windows)]
async fn connect(target: SocketAddr) -> io::Result<TcpStream> {
    use tokio::net::TcpSocket;
    let socket = if target.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    crate::observe::local::believe_refusals(&socket);
    socket.connect(target).await
}

#[cfg(not(windows))]
async fn connect(target: SocketAddr) -> io::Result<TcpStream> {
    TcpStream::connect(target).await
}

/// One TCP connection.
pub(super) struct Conversation {
    stream: TcpStream,
    deadline: TokioInstant,
    /// What was read and is no whole message yet.
    read: Vec<u8>,
    /// All that was ever read.
    total: usize,
}

impl Conversation {
    /// Connects within `timeout`; all that follows has as long once more.
    pub(super) async fn open(target: SocketAddr, timeout: Duration) -> Result<Self, Failure> {
        let doing = format!("connecting to {target}");
        let connect = async || timeout_at(until(timeout), connect(target)).await?;
        let stream = patiently(connect, |_| ()).await.map_err(|error| meaning(&error, &doing))?;
        // Small messages that wait for nothing; without it they are only slower.
        let _ = stream.set_nodelay(true);
        Ok(Self { stream, deadline: until(timeout), read: Vec::new(), total: 0 })
    }

    /// Sends one message in one piece.
    pub(super) async fn send(&mut self, message: &[u8]) -> Result<(), Failure> {
        match timeout_at(self.deadline, self.stream.write_all(message)).await {
            Err(_) => Err(Failure::Stalled),
            Ok(Err(_)) => Err(Failure::Closed),
            Ok(Ok(())) => Ok(()),
        }
    }

    /// The next whole message, whose length `length` tells from its beginning.
    pub(super) async fn frame(
        &mut self,
        length: impl Fn(&[u8]) -> Result<Option<usize>, Malformed>,
    ) -> Result<Vec<u8>, Failure> {
        let mut buffer = [0; 4096];
        loop {
            if let Some(length) = length(&self.read)? {
                if length > MOST_OCTETS {
                    return Err(Malformed("longer than 1 MiB").into());
                }
                if let Some(behind) = self.read.get(length..) {
                    let behind = behind.to_vec();
                    self.read.truncate(length);
                    return Ok(std::mem::replace(&mut self.read, behind));
                }
            }
            let read = timeout_at(self.deadline, self.stream.read(&mut buffer)).await;
            match read.map_err(|_| Failure::Stalled)? {
                Ok(0) | Err(_) if self.read.is_empty() => return Err(Failure::Closed),
                Ok(0) | Err(_) => return Err(Malformed("cut short").into()),
                Ok(len) => {
                    self.total = self.total.saturating_add(len);
                    if self.total > MOST_OCTETS {
                        return Err(Malformed("longer than 1 MiB").into());
                    }
                    self.read.extend_from_slice(buffer.get(..len).unwrap_or_default());
                }
            }
        }
    }
}
