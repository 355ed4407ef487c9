//! Machines on loopback that replay what real ones said.

use std::future::Future;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

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
    udp_at("127.0.0.1:0", answer)
}

pub(crate) fn udp_at(
    address: &str,
    mut answer: impl FnMut(&UdpSocket, &[u8], SocketAddr) + Send + 'static,
) -> SocketAddr {
    let socket = UdpSocket::bind(address).unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 2048];
        while let Ok((len, from)) = socket.recv_from(&mut buffer) {
            answer(&socket, &buffer[..len], from);
        }
    });
    address
}

/// Gives every connection to `serve`; the connection ends when that returns.
pub(crate) fn tcp(serve: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + 'static) -> SocketAddr {
    tcp_at("127.0.0.1:0", serve)
}

pub(crate) fn tcp_at(
    address: &str,
    serve: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind(address).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            // The client may hang up at any time.
            let _ = serve(&mut stream);
        }
    });
    address
}

/// A port on which nothing listens.
pub(crate) fn closed_tcp() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Waits for something from the client and forgets it.
pub(crate) fn hear(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut buffer = [0; 4096];
    let len = stream.read(&mut buffer)?;
    Ok(buffer[..len].to_vec())
}

/// Answers each message of the client with the next of these.
pub(crate) fn replay(messages: Vec<Vec<u8>>) -> impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + 'static {
    move |stream| {
        for message in &messages {
            hear(stream)?;
            stream.write_all(message)?;
        }
        hear(stream).map(drop)
    }
}

/// Answers the first message with these octets, one at a time.
pub(crate) fn drip(octets: Vec<u8>, pause: Duration) -> impl Fn(&mut TcpStream) -> std::io::Result<()> + Send {
    move |stream| {
        hear(stream)?;
        for octet in &octets {
            stream.write_all(&[*octet])?;
            std::thread::sleep(pause);
        }
        Ok(())
    }
}
