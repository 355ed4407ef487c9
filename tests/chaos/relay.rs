//! A relay in front of a DNS server: everything that goes through it can be lost, delayed or changed.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use guidpost::demo::{Port, listen};
use tokio::net::TcpSocket;

/// How long a thread waits before it looks whether it is to end.
const TICK: Duration = Duration::from_millis(20);
/// How long the server behind the relay may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Something to send back, and when.
pub(crate) struct Parcel {
    pub(crate) after: Duration,
    pub(crate) octets: Vec<u8>,
}

/// Sends this at once.
pub(crate) fn now(octets: Vec<u8>) -> Parcel {
    Parcel { after: Duration::ZERO, octets }
}

/// Sends this after a while.
pub(crate) fn later(millis: u64, octets: Vec<u8>) -> Parcel {
    Parcel { after: Duration::from_millis(millis), octets }
}

/// The server behind the relay.
#[derive(Clone, Copy)]
pub(crate) struct Behind(SocketAddr);

impl Behind {
    /// Another server than the relay's own.
    pub(crate) fn at(server: SocketAddr) -> Self {
        Self(server)
    }

    /// What the server says to this, over UDP.
    pub(crate) fn ask(self, query: &[u8]) -> Vec<u8> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.connect(self.0).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.send(query).unwrap();
        let mut reply = vec![0; 65_535];
        let length = socket.recv(&mut reply).expect("the server behind the relay answers");
        reply.truncate(length);
        reply
    }

    /// What the server says to this, over TCP.
    pub(crate) fn ask_tcp(self, query: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(self.0).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(&framed(query)).unwrap();
        frame(&mut stream).expect("the server behind the relay answers")
    }
}

/// A running relay; ends when dropped.
pub(crate) struct Relay {
    /// Where to send questions.
    pub(crate) address: SocketAddr,
    /// Refuses connections until it is taken.
    tcp: Option<TcpSocket>,
    questions: Arc<Mutex<Vec<Vec<u8>>>>,
    end: Arc<AtomicBool>,
}

impl Relay {
    /// A relay in front of `server`; `carry` gets each datagram with its number, from 0, and says what comes back. There
    /// is no TCP.
    pub(crate) fn new(
        server: SocketAddr,
        mut carry: impl FnMut(usize, &[u8], Behind) -> Vec<Parcel> + Send + 'static,
    ) -> Self {
        let port = Port::take(Ipv4Addr::LOCALHOST.into(), 0).unwrap();
        let address = port.address();
        let (socket, tcp) = port.into_sockets();
        let (questions, end) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let relay = Self { address, tcp: Some(tcp), questions, end };
        let (questions, end) = (Arc::clone(&relay.questions), Arc::clone(&relay.end));
        socket.set_read_timeout(Some(TICK)).unwrap();
        let shelf = shelf(socket.try_clone().unwrap());
        thread::spawn(move || {
            let mut buffer = vec![0; 65_535];
            while !end.load(Ordering::Relaxed) {
                let Ok((length, client)) = socket.recv_from(&mut buffer) else { continue };
                let query = buffer[..length].to_vec();
                let number = note(&questions, &query);
                for Parcel { after, octets } in carry(number, &query, Behind(server)) {
                    if after.is_zero() {
                        let _ = socket.send_to(&octets, client);
                    } else {
                        shelf.send((Instant::now() + after, octets, client)).unwrap();
                    }
                }
            }
        });
        relay
    }

    /// A relay that changes nothing of what it carries over UDP.
    pub(crate) fn honest(server: SocketAddr) -> Self {
        Self::new(server, |_, query, behind| vec![now(behind.ask(query))])
    }

    /// Carries TCP too: `carry` gets each question and says which octets come back; `None` ends the connection.
    pub(crate) fn with_tcp(
        mut self,
        server: SocketAddr,
        carry: impl Fn(&[u8], Behind) -> Option<Vec<u8>> + Clone + Send + 'static,
    ) -> Self {
        let listener = listen(self.tcp.take().unwrap()).unwrap();
        listener.set_nonblocking(true).unwrap();
        let (questions, end) = (Arc::clone(&self.questions), Arc::clone(&self.end));
        thread::spawn(move || {
            while !end.load(Ordering::Relaxed) {
                let Ok((mut stream, _)) = listener.accept() else {
                    thread::sleep(TICK / 10);
                    continue;
                };
                let (questions, carry) = (Arc::clone(&questions), carry.clone());
                thread::spawn(move || {
                    stream.set_nonblocking(false).unwrap();
                    while let Ok(query) = frame(&mut stream) {
                        note(&questions, &query);
                        let Some(octets) = carry(&query, Behind(server)) else { return };
                        if stream.write_all(&octets).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        self
    }

    /// The same, unchanged.
    pub(crate) fn with_honest_tcp(self, server: SocketAddr) -> Self {
        self.with_tcp(server, |query, behind| Some(framed(&behind.ask_tcp(query))))
    }

    /// Everything that was sent to the server, over UDP and TCP.
    pub(crate) fn questions(&self) -> Vec<Vec<u8>> {
        self.questions.lock().unwrap().clone()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        if thread::panicking() {
            return;
        }
        // Whatever a test is about: nothing but plain questions may leave, whatever came back before.
        for question in self.questions() {
            assert_eq!(question[2] & 0xf8, 0, "no query: {question:02x?}");
            assert_eq!(question[4..10], [0, 1, 0, 0, 0, 0], "more than one question: {question:02x?}");
            assert!(question[10] == 0 && question[11] <= 1, "more than EDNS: {question:02x?}");
        }
    }
}

/// Takes what is to be sent later, and sends it when it is due. One thread does so for all: hundreds of threads that sleep
/// would be a load of their own.
fn shelf(socket: UdpSocket) -> Sender<(Instant, Vec<u8>, SocketAddr)> {
    let (sender, incoming) = mpsc::channel();
    thread::spawn(move || {
        let mut waiting: Vec<(Instant, Vec<u8>, SocketAddr)> = Vec::new();
        loop {
            let next = waiting.iter().map(|(due, ..)| *due).min();
            let pause = next.map_or(PATIENCE, |due| due.saturating_duration_since(Instant::now()));
            match incoming.recv_timeout(pause) {
                Ok(parcel) => waiting.push(parcel),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let now = Instant::now();
            for (_, octets, client) in waiting.extract_if(.., |(due, ..)| *due <= now) {
                let _ = socket.send_to(&octets, client);
            }
        }
    });
    sender
}

/// Keeps a question; gives its number.
fn note(questions: &Mutex<Vec<Vec<u8>>>, query: &[u8]) -> usize {
    let mut questions = questions.lock().unwrap();
    questions.push(query.to_vec());
    questions.len() - 1
}

/// With its length in front (RFC 1035 section 4.2.2).
pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    [&u16::try_from(message.len()).unwrap().to_be_bytes()[..], message].concat()
}

fn frame(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut message)?;
    Ok(message)
}
