use std::net::{Ipv4Addr, TcpStream};
use std::sync::Mutex;

use super::*;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn any() -> Port {
    Port::take(LOOPBACK, 0).expect("a free port")
}

#[test]
fn what_is_held_nobody_else_gets() {
    for port in [any(), any().close().expect("a closed port")] {
        let address = port.address();
        assert!(Port::take(LOOPBACK, address.port()).is_err());
        assert!(UdpSocket::bind(address).is_err() && TcpListener::bind(address).is_err());
        let error = TcpStream::connect(address).expect_err("nobody listens");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        let (udp, tcp) = port.into_sockets();
        let _listener = listen(tcp).expect("a listener");
        assert!(TcpStream::connect(address).is_ok());
        assert_eq!(udp.local_addr().expect("it is bound"), address);
    }
    // What is given back is free again, unless somebody else has it at once.
    let given_back = || {
        let address = any().address();
        Port::take(LOOPBACK, address.port()).is_ok()
    };
    assert!((0..10).any(|_| given_back()));
}

// Windows tells of closed ports too, but Wine, where these tests run, does not.
#[cfg(target_os = "linux")]
#[test]
fn only_a_closed_port_refuses_datagrams() {
    let send = |port: &Port| {
        let client = UdpSocket::bind((LOOPBACK, 0)).expect("a socket");
        client.set_read_timeout(Some(std::time::Duration::from_millis(100))).expect("a timeout");
        client.connect(port.address()).expect("loopback");
        client.send(b"?").and_then(|_| client.recv(&mut [0])).expect_err("nobody answers").kind()
    };
    assert_eq!(send(&any()), io::ErrorKind::WouldBlock);
    assert_eq!(send(&any().close().expect("a closed port")), io::ErrorKind::ConnectionRefused);
}

#[test]
fn everybody_has_a_base_of_his_own() {
    let found = Mutex::new(Vec::new());
    // Neighbours share ports: 135 of one base is 53 of another.
    let hold = |base| [53, 88, 135, 389].iter().map(|port| Port::take(LOOPBACK, base + port)).collect();
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                let held: (u16, Vec<Port>) = at_base(hold).expect("a base");
                found.lock().expect("nobody panics").push(held);
            });
        }
    });
    for (base, ports) in found.into_inner().expect("nobody panics") {
        assert_eq!(ports[3].address(), SocketAddr::new(LOOPBACK, base + 389));
    }
}

#[test]
fn a_base_with_a_port_of_another_is_passed_over() {
    let mut tried = Vec::new();
    let taken = any();
    let (base, _) = at_base(|base| {
        tried.push(base);
        // The first three have a port that somebody holds.
        let port = if tried.len() <= 3 { taken.address().port() } else { base + 1 };
        Port::take(LOOPBACK, port)
    })
    .expect("a base");
    assert!(tried.len() >= 4 && tried.last() == Some(&base), "{tried:?}");
    let error = at_base(|_| Port::take(LOOPBACK, taken.address().port()).map(drop)).expect_err("nothing is free");
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
}
