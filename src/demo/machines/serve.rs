//! The sockets of machines, all on 127.0.0.1, each machine at a base of its own.
#![expect(clippy::disallowed_types, reason = "the demo's machines are a place that touches the network")]
#![expect(clippy::disallowed_methods, reason = "machines have clocks")]

use std::any::Any;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};
use tokio::sync::oneshot;

use super::replies::{self, Call};
use super::{Character, Kind, ldap};
use crate::demo::ports;

const LDAP: u16 = 389;
const RPC: u16 = 135;
const SMB: u16 = 445;
const NETBIOS: u16 = 137;
const DNS: u16 = 53;
const KERBEROS: u16 = 88;
const PASSWORD: u16 = 464;
/// What a domain controller offers beside: DNS, Kerberos, password change, LDAP over TLS, global catalog.
const FURTHER_TCP: [u16; 6] = [DNS, KERBEROS, PASSWORD, 636, 3268, 3269];
const FURTHER_UDP: [u16; 3] = [DNS, KERBEROS, PASSWORD];
/// Where a Samba DC has DRSUAPI; base + this must be a port.
const DRSUAPI: u16 = 49_153;

/// How long a connection to a port that swallows them is waited for before its queue counts as full.
const FULL: Duration = Duration::from_millis(40);
/// More connections than any system keeps for a listener that wants none.
const MOST_FILLERS: usize = 64;

/// Machines that answer until this is dropped.
pub(crate) struct Running {
    bases: Vec<SocketAddr>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Starts machines, in order.
    ///
    /// # Errors
    /// When the system gives no ports.
    pub(super) fn start(characters: Vec<Character>) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut bases = Vec::new();
        let mut ready = Vec::new();
        {
            let _context = runtime.enter();
            for character in characters {
                let (base, sockets) = ports::at_base(|base| doors(&character, base))?;
                bases.push(SocketAddr::from((Ipv4Addr::LOCALHOST, base)));
                ready.push((character, sockets));
            }
        }
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("demo-machines".to_owned()).spawn(move || {
            let local = tokio::task::LocalSet::new();
            runtime.block_on(local.run_until(async move {
                // Sockets that only keep their ports are held until the end.
                let mut held = Vec::new();
                for (character, sockets) in ready {
                    held.push(serve(Rc::new(character), sockets));
                }
                // Ends when the machines are dropped, however that happens.
                let _ = stopped.await;
            }));
        })?;
        Ok(Self { bases, stop: Some(stop), thread: Some(thread) })
    }

    /// Where each machine has its ports: address, and base.
    pub(super) fn bases(&self) -> &[SocketAddr] {
        &self.bases
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of that thread has already been printed.
            let _ = thread.join();
        }
    }
}

/// One port of a machine.
enum Door {
    /// Answers datagrams.
    Udp(u16, UdpSocket),
    /// Takes connections.
    Tcp(u16, TcpListener),
    /// Only keeps its port: nobody else gets it meanwhile.
    Held(Box<dyn Any + Send>),
}

/// What one port is to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// Somebody answers.
    Answers,
    /// Takes what comes, and says nothing.
    Deaf,
    /// Takes no connection and refuses none: the queue of the listener is full.
    Full,
    /// Refuses, and nobody else gets the port meanwhile.
    Closed,
}

/// Holds every port of a machine at this base.
fn doors(character: &Character, base: u16) -> io::Result<Vec<Door>> {
    use Wanted::{Answers, Closed, Deaf, Full};
    let kind = character.kind;
    let names = |wanted| if character.names.is_some() { wanted } else { Closed };
    let (ldap_udp, ldap_tcp, rpc, smb, netbios) = match kind {
        Kind::Dc | Kind::DcWithoutReplication | Kind::DcWithoutSettings => (Answers, Answers, Answers, Closed, Answers),
        Kind::DcStopped | Kind::FileServer => (Closed, Closed, Answers, Closed, Answers),
        Kind::Denied => (Deaf, Deaf, Answers, Closed, names(Deaf)),
        Kind::Hangs => (Deaf, Deaf, Deaf, Deaf, Deaf),
        Kind::Silent => (Deaf, Full, Full, Full, Deaf),
        Kind::Closed | Kind::Unprobed => (Closed, Closed, Closed, Closed, Closed),
    };
    let every = |wanted| if character.every_port { wanted } else { Closed };
    let is_closed = |port: u16| character.closed_ports.contains(&port);
    let smb = if kind == Kind::Dc { every(Deaf) } else { smb };
    let (tcp, udp): (&[u16], &[u16]) = if character.every_port { (&FURTHER_TCP, &FURTHER_UDP) } else { (&[], &[]) };
    let mut doors = Vec::new();
    let further = udp.iter().map(|&port| (port, Answers));
    for (port, wanted) in [(LDAP, ldap_udp), (NETBIOS, netbios)].into_iter().chain(further) {
        let wanted = if is_closed(port) { Closed } else { wanted };
        let address = (Ipv4Addr::LOCALHOST, base + port);
        let socket = std::net::UdpSocket::bind(address)?;
        if wanted == Closed {
            ports::close(&socket)?;
        }
        socket.set_nonblocking(true)?;
        let socket = UdpSocket::from_std(socket)?;
        doors.push(match wanted {
            Answers => Door::Udp(port, socket),
            Deaf | Full | Closed => Door::Held(Box::new(socket)),
        });
    }
    let replicates = kind.replicates() && !character.replication_port_closed;
    let drsuapi = if replicates { Deaf } else { Closed };
    let further = tcp.iter().map(|&port| (port, Deaf));
    for (port, wanted) in [(LDAP, ldap_tcp), (RPC, rpc), (SMB, smb), (DRSUAPI, drsuapi)].into_iter().chain(further) {
        doors.push(tcp_door(port, base, if is_closed(port) { Closed } else { wanted })?);
    }
    Ok(doors)
}

fn tcp_door(port: u16, base: u16, wanted: Wanted) -> io::Result<Door> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, base + port));
    let socket = TcpSocket::new_v4()?;
    socket.bind(address)?;
    Ok(match wanted {
        // Bound, but it does not listen: connections are refused.
        Wanted::Closed => Door::Held(Box::new(socket)),
        Wanted::Answers => Door::Tcp(port, socket.listen(64)?),
        Wanted::Deaf => Door::Held(Box::new(socket.listen(64)?)),
        Wanted::Full => {
            let listener = socket.listen(1)?;
            let mut fillers = Vec::new();
            while fillers.len() < MOST_FILLERS {
                match std::net::TcpStream::connect_timeout(&address, FULL) {
                    Ok(filler) => fillers.push(filler),
                    // Full: from now on the system drops what comes.
                    Err(_) => break,
                }
            }
            Door::Held(Box::new((listener, fillers)))
        }
    })
}

/// Serves the ports that answer; gives back those that must only be kept.
fn serve(character: Rc<Character>, doors: Vec<Door>) -> Vec<Box<dyn Any + Send>> {
    let mut held = Vec::new();
    for door in doors {
        match door {
            Door::Udp(port, socket) => drop(tokio::task::spawn_local(serve_udp(Rc::clone(&character), port, socket))),
            Door::Tcp(port, listener) => {
                drop(tokio::task::spawn_local(serve_tcp(Rc::clone(&character), port, listener)));
            }
            Door::Held(sockets) => held.push(sockets),
        }
    }
    held
}

async fn serve_udp(character: Rc<Character>, port: u16, socket: UdpSocket) {
    let mut buffer = vec![0; 2048];
    loop {
        // An error here is the echo of an earlier reply to a client that is gone; the socket goes on.
        let Ok((len, client)) = socket.recv_from(&mut buffer).await else { continue };
        let request = &buffer[..len];
        let reply = character.names.as_ref().and_then(|names| match port {
            LDAP => character.ping(request),
            DNS => replies::dns_refusal(request),
            KERBEROS => Some(replies::kerberos_error()),
            // Any answer will do: the request is sent back.
            PASSWORD => Some(request.to_vec()),
            _ => replies::node_status(request, names),
        });
        if let Some(reply) = reply {
            // What cannot be sent is lost, as on any network.
            let _ = socket.send_to(&reply, client).await;
        }
    }
}

async fn serve_tcp(character: Rc<Character>, port: u16, listener: TcpListener) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, say: without a pause this would starve the other machines of the thread.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        tokio::task::spawn_local(converse(Rc::clone(&character), port, stream));
    }
}

/// Answers until the client hangs up, or says what nobody understands.
async fn converse(character: Rc<Character>, port: u16, mut stream: TcpStream) {
    let length = if port == LDAP { ldap::length } else { replies::pdu_length };
    let mut read = Vec::new();
    let mut buffer = [0; 2048];
    loop {
        if let Some(request) = length(&read).and_then(|length| read.get(..length)) {
            let Some(reply) = character.reply(port, request) else { return };
            if stream.write_all(&reply).await.is_err() {
                return;
            }
            read.drain(..request.len());
            continue;
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(len) => read.extend_from_slice(&buffer[..len]),
        }
    }
}

impl Character {
    /// What it says to one whole request on a TCP port.
    fn reply(&self, port: u16, request: &[u8]) -> Option<Vec<u8>> {
        if port == LDAP {
            return self.root_dse(request, Timestamp::now());
        }
        let (call, id) = replies::call(request)?;
        Some(match (call, &self.names) {
            (Call::Bind { token: true }, Some(names)) => replies::bind_ack(id, Some(&replies::challenge(names))),
            (Call::Bind { token: true }, None) => replies::bind_nak(id),
            (Call::Bind { token: false }, _) => replies::bind_ack(id, None),
            (Call::Request, _) if self.kind == Kind::Denied => replies::denied(id),
            (Call::Request, _) => replies::mapping(id, self.kind.replicates().then_some(DRSUAPI)),
        })
    }
}
