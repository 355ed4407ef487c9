//! A relay between guidpost and a server, which keeps every datagram that it carries. UDP only: TCP finds a closed port.

use std::collections::HashMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use guidpost::demo::Port;
use tokio::net::TcpSocket;

use crate::daemon::{Daemon, Kind, LOCALHOST};
use crate::dig::dig;
use crate::forest::{Records, dcs};

/// How long a thread waits for a datagram before it looks whether it is to end.
const TICK: Duration = Duration::from_millis(50);

/// A running relay; ends when dropped.
pub(crate) struct Relay {
    /// Where to send questions.
    pub(crate) address: SocketAddr,
    /// Refuses connections.
    _tcp: TcpSocket,
    questions: Arc<Mutex<Vec<Vec<u8>>>>,
    end: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// Starts a relay in front of `server`.
    pub(crate) fn start(server: SocketAddr) -> Self {
        let port = Port::take(LOCALHOST, 0).expect("a free port");
        let address = port.address();
        let (socket, tcp) = port.into_sockets();
        let questions = Arc::new(Mutex::new(Vec::new()));
        let end = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (questions, end) = (Arc::clone(&questions), Arc::clone(&end));
            move || carry(&socket, server, &questions, &end)
        });
        Self { address, _tcp: tcp, questions, end, thread: Some(thread) }
    }

    /// Every datagram that went to the server.
    pub(crate) fn questions(&self) -> Vec<Vec<u8>> {
        self.questions.lock().expect("the relay goes on").clone()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn carry(socket: &UdpSocket, server: SocketAddr, questions: &Mutex<Vec<Vec<u8>>>, end: &Arc<AtomicBool>) {
    socket.set_read_timeout(Some(TICK)).expect("a timeout");
    // One socket towards the server for each socket of guidpost, so that ids cannot be mixed up.
    let mut upstream: HashMap<SocketAddr, (UdpSocket, JoinHandle<()>)> = HashMap::new();
    let mut buffer = vec![0; 65_535];
    while !end.load(Ordering::Relaxed) {
        let Ok((length, client)) = socket.recv_from(&mut buffer) else { continue };
        questions.lock().expect("nobody panics with the lock").push(buffer[..length].to_vec());
        let (towards_server, _) =
            upstream.entry(client).or_insert_with(|| open(socket, server, client, Arc::clone(end)));
        towards_server.send(&buffer[..length]).expect("loopback carries the datagram");
    }
    for (_, thread) in upstream.into_values() {
        let _ = thread.join();
    }
}

/// A socket towards the server, and the thread that carries the replies back.
fn open(
    socket: &UdpSocket,
    server: SocketAddr,
    client: SocketAddr,
    end: Arc<AtomicBool>,
) -> (UdpSocket, JoinHandle<()>) {
    let upstream = UdpSocket::bind((LOCALHOST, 0)).expect("a socket");
    upstream.connect(server).expect("a loopback address");
    let (replies, back) = (upstream.try_clone().expect("a handle"), socket.try_clone().expect("a handle"));
    let thread = std::thread::spawn(move || {
        replies.set_read_timeout(Some(TICK)).expect("a timeout");
        let mut buffer = vec![0; 65_535];
        while !end.load(Ordering::Relaxed) {
            if let Ok(length) = replies.recv(&mut buffer) {
                let _ = back.send_to(&buffer[..length], client);
            }
        }
    });
    (upstream, thread)
}

#[test]
fn the_relay_carries_questions_and_replies() {
    let dcs = dcs(1);
    let nsd = Daemon::start(Kind::Nsd, &Records::healthy(&dcs).zones());
    let relay = Relay::start(nsd.address);
    let (direct, relayed) = (dig(nsd.address, &dcs[0].host, "A", true), dig(relay.address, &dcs[0].host, "A", true));
    assert_eq!(direct, relayed);
    assert_eq!(relay.questions().len(), 1);
}
