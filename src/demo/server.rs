//! DNS servers on loopback, UDP and TCP on the same port that the system chooses.
//!
//! A [`Fleet`] runs on one thread of its own and stops when it is dropped.
#![expect(clippy::disallowed_types, reason = "the demo's DNS server is a place that touches the network")]

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::oneshot;

use super::behaviour::{Behaviour, Mind, Spec};
use super::wire::Query;

/// How often another port is tried when one is taken for UDP but not for TCP.
const PORT_TRIES: usize = 50;

/// A question as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Index of the server in its fleet.
    pub server: usize,
    /// The asked name in wire format, its case kept.
    pub name: Vec<u8>,
    /// The number of the asked type.
    pub rtype: u16,
    /// It came over UDP.
    pub udp: bool,
}

/// Running servers.
pub struct Fleet {
    addresses: Vec<SocketAddr>,
    seen: Arc<Mutex<Vec<Seen>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// A fleet of one.
pub struct RunningServer(Fleet);

/// One DNS server by itself.
pub struct Server;

impl Server {
    /// Starts a server.
    ///
    /// # Errors
    /// When no port is to be had, or the records cannot be served.
    pub fn start(spec: Spec) -> io::Result<RunningServer> {
        Fleet::start(vec![spec]).map(RunningServer)
    }
}

impl RunningServer {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.0.addresses[0]
    }

    /// The questions that arrived so far; a silent or closed server sees none.
    pub fn seen(&self) -> Vec<Seen> {
        self.0.seen()
    }
}

/// The sockets of one server, bound before its thread runs so that its address is known and failures are reported.
struct Sockets {
    udp: std::net::UdpSocket,
    tcp: Option<std::net::TcpListener>,
}

impl Fleet {
    /// Starts servers, in order.
    ///
    /// # Errors
    /// When no port is to be had, or records cannot be served.
    pub fn start(specs: Vec<Spec>) -> io::Result<Self> {
        let mut addresses = Vec::new();
        let mut ready = Vec::new();
        for spec in specs {
            let mind = Mind::new(&spec)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, format!("{}: {error}", spec.name)))?;
            let sockets = bind(&spec)?;
            addresses.push(sockets.udp.local_addr()?);
            ready.push((spec, mind, sockets));
        }
        let seen = Arc::default();
        let log = Arc::clone(&seen);
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::Builder::new().name("demo-dns".to_owned()).spawn(move || {
            let local = tokio::task::LocalSet::new();
            runtime.block_on(local.run_until(async move {
                // Sockets of servers that never answer are held until the end: their ports stay theirs.
                let mut held = Vec::new();
                for (index, (spec, mind, sockets)) in ready.into_iter().enumerate() {
                    if matches!(spec.behaviour, Behaviour::Silent | Behaviour::Closed) {
                        held.push(sockets);
                        continue;
                    }
                    let mind = Rc::new(Mutex::new(mind));
                    let desk = Desk { index, no_tcp: spec.quirks.no_tcp, mind, seen: Arc::clone(&log) };
                    // A socket that the runtime does not take serves nobody; its clients see silence.
                    if let Ok(udp) = UdpSocket::from_std(sockets.udp) {
                        tokio::task::spawn_local(serve_udp(desk.clone(), Rc::new(udp)));
                    }
                    if let Some(Ok(tcp)) = sockets.tcp.map(TcpListener::from_std) {
                        tokio::task::spawn_local(serve_tcp(desk, tcp));
                    }
                }
                // Ends when the fleet is dropped, however that happens.
                let _ = stopped.await;
            }));
        })?;
        Ok(Self { addresses, seen, stop: Some(stop), thread: Some(thread) })
    }

    /// Where the servers listen, in the order of their specs.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The questions that arrived so far; silent and closed servers see none.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of that thread has already been printed.
            let _ = thread.join();
        }
    }
}

fn bind(spec: &Spec) -> io::Result<Sockets> {
    let host: IpAddr = if spec.quirks.ipv6 { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() };
    if spec.behaviour == Behaviour::Closed {
        // A connected socket takes datagrams from its peer alone: to everybody else the port is closed, and yet no
        // other server can get it meanwhile.
        let udp = std::net::UdpSocket::bind((host, spec.quirks.port))?;
        udp.connect((host, 1))?;
        return Ok(Sockets { udp, tcp: None });
    }
    let mut tries = 0;
    loop {
        let tcp = std::net::TcpListener::bind((host, spec.quirks.port))?;
        match std::net::UdpSocket::bind((host, tcp.local_addr()?.port())) {
            Ok(udp) => {
                udp.set_nonblocking(true)?;
                tcp.set_nonblocking(true)?;
                return Ok(Sockets { udp, tcp: Some(tcp) });
            }
            Err(error) if tries == PORT_TRIES => return Err(error),
            Err(_) => tries += 1,
        }
    }
}

/// What the tasks of one server share.
#[derive(Clone)]
struct Desk {
    index: usize,
    no_tcp: bool,
    mind: Rc<Mutex<Mind>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Desk {
    async fn respond(&self, packet: &[u8], udp: bool) -> Option<Vec<u8>> {
        if let Some(query) = Query::parse(packet) {
            let seen = Seen { server: self.index, name: query.name, rtype: query.rtype, udp };
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
        }
        let response = self.mind.lock().unwrap_or_else(PoisonError::into_inner).respond(packet, udp)?;
        if !response.delay.is_zero() {
            tokio::time::sleep(response.delay).await;
        }
        Some(response.octets)
    }
}

async fn serve_udp(desk: Desk, socket: Rc<UdpSocket>) {
    let mut buffer = vec![0; usize::from(u16::MAX)];
    loop {
        // An error here is the echo of an earlier reply to a client that is gone; the socket goes on.
        let Ok((len, client)) = socket.recv_from(&mut buffer).await else { continue };
        let packet = buffer[..len].to_vec();
        let (desk, socket) = (desk.clone(), Rc::clone(&socket));
        tokio::task::spawn_local(async move {
            if let Some(reply) = desk.respond(&packet, true).await {
                // What cannot be sent is lost, as on any network.
                let _ = socket.send_to(&reply, client).await;
            }
        });
    }
}

async fn serve_tcp(desk: Desk, listener: TcpListener) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, say: without a pause this would starve the other servers of the thread.
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            continue;
        };
        if !desk.no_tcp {
            tokio::task::spawn_local(serve_stream(desk.clone(), stream));
        }
    }
}

/// Answers until the client hangs up; a failing connection simply ends.
async fn serve_stream(desk: Desk, mut stream: TcpStream) {
    while let Ok(len) = stream.read_u16().await {
        let mut packet = vec![0; usize::from(len)];
        if stream.read_exact(&mut packet).await.is_err() {
            return;
        }
        let Some(reply) = desk.respond(&packet, false).await else { continue };
        let mut framed = u16::try_from(reply.len()).unwrap_or(u16::MAX).to_be_bytes().to_vec();
        framed.extend(reply);
        if stream.write_all(&framed).await.is_err() {
            return;
        }
    }
}
