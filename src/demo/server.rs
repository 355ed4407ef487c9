//! DNS servers on loopback, UDP and TCP on the same port that the system chooses.
//!
//! A [`Fleet`] runs on one thread of its own and stops when it is dropped.
#![expect(clippy::disallowed_types, reason = "the demo's DNS server is a place that touches the network")]

use std::any::Any;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::oneshot;

use super::behaviour::{Behaviour, Mind, Spec};
use super::ports::Port;
use super::wire::Query;

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 128;

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
enum Sockets {
    Open(UdpSocket, TcpListener),
    /// Nobody answers there; they only keep the port.
    Held(Box<dyn Any + Send>),
}

impl Fleet {
    /// Starts servers, in order.
    ///
    /// # Errors
    /// When no port is to be had, or records cannot be served.
    pub fn start(specs: Vec<Spec>) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let context = runtime.enter();
        let mut addresses = Vec::new();
        let mut ready = Vec::new();
        for spec in specs {
            let mind = Mind::new(&spec)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, format!("{}: {error}", spec.name)))?;
            let (address, sockets) = bind(&spec)?;
            addresses.push(address);
            ready.push((spec, mind, sockets));
        }
        drop(context);
        let seen = Arc::default();
        let log = Arc::clone(&seen);
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("demo-dns".to_owned()).spawn(move || {
            let local = tokio::task::LocalSet::new();
            runtime.block_on(local.run_until(async move {
                // Sockets of servers that never answer are held until the end: their ports stay theirs.
                let mut held = Vec::new();
                for (index, (spec, mind, sockets)) in ready.into_iter().enumerate() {
                    let (udp, tcp) = match sockets {
                        Sockets::Open(udp, tcp) => (udp, tcp),
                        Sockets::Held(sockets) => {
                            held.push(sockets);
                            continue;
                        }
                    };
                    let mind = Rc::new(Mutex::new(mind));
                    let desk = Desk { index, no_tcp: spec.quirks.no_tcp, mind, seen: Arc::clone(&log) };
                    tokio::task::spawn_local(serve_udp(desk.clone(), Rc::new(udp)));
                    tokio::task::spawn_local(serve_tcp(desk, tcp));
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

/// Holds a server's port; the sockets are those of the runtime in whose context this is called.
fn bind(spec: &Spec) -> io::Result<(SocketAddr, Sockets)> {
    let host: IpAddr = if spec.quirks.ipv6 { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() };
    let port = Port::take(host, spec.quirks.port)?;
    let address = port.address();
    if spec.behaviour == Behaviour::Closed {
        return Ok((address, Sockets::Held(Box::new(port.close()?))));
    }
    let (udp, tcp) = port.into_sockets();
    let tcp = tcp.listen(BACKLOG)?;
    if spec.behaviour == Behaviour::Silent {
        return Ok((address, Sockets::Held(Box::new((udp, tcp)))));
    }
    udp.set_nonblocking(true)?;
    Ok((address, Sockets::Open(UdpSocket::from_std(udp)?, tcp)))
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
