//! Machines on loopback that replay what real ones said.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use guidpost::demo::{Port, at_base, listen};

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The port that the captured endpoint mapper of dc1 names for replication.
pub(crate) const DRSUAPI: u16 = 49_153;

/// The ports that a machine may be asked at.
const ASKED: [u16; 5] = [135, 137, 389, 445, DRSUAPI];

/// For machines that keep silent: short enough for tests.
pub(crate) const TIMEOUT: Duration = Duration::from_millis(600);

/// For those that answer, on a machine with much else to do, and for closed ports: Windows tries them for two seconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
}

/// The replies of one capture from a real server.
pub(crate) fn replies(kind: &str, host: &str) -> Vec<Vec<u8>> {
    let lines = include_str!("../fixtures/probe/samba.txt").lines();
    let line = lines.filter_map(|line| line.strip_prefix(&format!("{kind} {host} "))).next().unwrap();
    line.split(' ').skip(1).step_by(2).map(hex).collect()
}

pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    guidpost::observe::run(future).unwrap()
}

/// How `future` ended, and how long that took.
pub(crate) fn timed<T>(future: impl Future<Output = T>) -> (T, Duration) {
    let begun = Instant::now();
    let ended = run(future);
    (ended, begun.elapsed())
}

/// Gives every datagram to `answer`, with the address it came from.
pub(crate) fn udp(answer: impl FnMut(&UdpSocket, &[u8], SocketAddr) + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind((LOCALHOST, 0)).unwrap();
    let address = socket.local_addr().unwrap();
    serve_udp(socket, answer);
    address
}

fn serve_udp(socket: UdpSocket, mut answer: impl FnMut(&UdpSocket, &[u8], SocketAddr) + Send + 'static) {
    std::thread::spawn(move || {
        let mut buffer = [0; 2048];
        while let Ok((len, from)) = socket.recv_from(&mut buffer) {
            answer(&socket, &buffer[..len], from);
        }
    });
}

/// Gives every connection to `serve`; the connection ends when that returns.
pub(crate) fn tcp(serve: impl Fn(&mut TcpStream) -> io::Result<()> + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind((LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    serve_tcp(listener, serve);
    address
}

fn serve_tcp(listener: TcpListener, serve: impl Fn(&mut TcpStream) -> io::Result<()> + Send + 'static) {
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            // The client may hang up at any time.
            let _ = serve(&mut stream);
        }
    });
}

/// A port at which nothing is, as long as this is kept.
pub(crate) fn closed() -> Port {
    Port::take(LOCALHOST, 0).unwrap().close().unwrap()
}

type Serve = Box<dyn Fn(&mut TcpStream) -> io::Result<()> + Send>;
type Answer = Box<dyn FnMut(&UdpSocket, &[u8], SocketAddr) + Send>;

/// A machine of several ports, as a redirection leads to it. It ends with the test process.
#[derive(Default)]
pub(crate) struct Machine {
    tcp: BTreeMap<u16, Serve>,
    udp: BTreeMap<u16, Answer>,
}

impl Machine {
    /// Serves a TCP port, as [`tcp`] does.
    pub(crate) fn tcp(mut self, port: u16, serve: impl Fn(&mut TcpStream) -> io::Result<()> + Send + 'static) -> Self {
        self.tcp.insert(port, Box::new(serve));
        self
    }

    /// Answers at a UDP port, as [`udp`] does.
    pub(crate) fn udp(mut self, port: u16, answer: impl FnMut(&UdpSocket, &[u8], SocketAddr) + Send + 'static) -> Self {
        self.udp.insert(port, Box::new(answer));
        self
    }

    /// Starts it, and gives its base. Of the ports that are ever asked, those that nothing serves are closed.
    pub(crate) fn start(mut self) -> u16 {
        let ports: BTreeSet<u16> = ASKED.iter().chain(self.tcp.keys()).chain(self.udp.keys()).copied().collect();
        let hold = |base, port: &u16| {
            let held = Port::take(LOCALHOST, base + port)?;
            if self.udp.contains_key(port) { Ok(held) } else { held.close() }
        };
        let all = |base| ports.iter().map(|port| hold(base, port)).collect::<io::Result<Vec<Port>>>();
        let (base, held) = at_base(all).unwrap();
        for (port, held) in ports.iter().zip(held) {
            let (udp, tcp) = held.into_sockets();
            // What is closed is held until the end of the process, as what is open by its thread.
            match self.udp.remove(port) {
                Some(answer) => serve_udp(udp, answer),
                None => std::mem::forget(udp),
            }
            match self.tcp.remove(port) {
                Some(serve) => serve_tcp(listen(tcp).unwrap(), serve),
                None => std::mem::forget(tcp),
            }
        }
        base
    }
}

/// Waits for something from the client and forgets it.
pub(crate) fn hear(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut buffer = [0; 4096];
    let len = stream.read(&mut buffer)?;
    Ok(buffer[..len].to_vec())
}

/// Answers each message of the client with the next of these.
pub(crate) fn replay(messages: Vec<Vec<u8>>) -> impl Fn(&mut TcpStream) -> io::Result<()> + Send + 'static {
    move |stream| {
        for message in &messages {
            hear(stream)?;
            stream.write_all(message)?;
        }
        hear(stream).map(drop)
    }
}

/// Answers the first message with these octets, one at a time.
pub(crate) fn drip(octets: Vec<u8>, pause: Duration) -> impl Fn(&mut TcpStream) -> io::Result<()> + Send {
    move |stream| {
        hear(stream)?;
        for octet in &octets {
            stream.write_all(&[*octet])?;
            std::thread::sleep(pause);
        }
        Ok(())
    }
}
