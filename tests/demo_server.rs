//! The demo's DNS server, asked over real sockets with hand-made questions and read back by another codec.
#![expect(clippy::disallowed_types, reason = "these tests are clients of a DNS server")]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use guidpost::base::name::DnsName;
use guidpost::demo::{Behaviour, Quirks, Records, RunningServer, Server, Spec};
use hickory_resolver::proto::op::Message;
use hickory_resolver::proto::rr::RecordType;

const RECORDS: &str = "
    DC1.contoso.com 600 A 192.0.2.10
    dc2.contoso.com 600 AAAA 2001:db8::11
    g1._msdcs.contoso.com 600 CNAME DC1.contoso.com
    g2._msdcs.contoso.com 600 CNAME dc2.contoso.com
    g3._msdcs.contoso.com 600 CNAME gone.contoso.com
    two._msdcs.contoso.com 600 CNAME dc1.contoso.com
    two._msdcs.contoso.com 600 CNAME dc2.contoso.com
    two._msdcs.contoso.com 600 A 192.0.2.99
    _ldap._tcp.contoso.com 600 SRV 0 100 389 DC1.contoso.com
    contoso.com 600 TXT v=1
    odd.contoso.com 600 TYPE65281 c0000201
";

fn start(behaviour: Behaviour, quirks: Quirks) -> RunningServer {
    let mut records = Records::parse(RECORDS).expect("good records");
    let many: String = (1..=99).map(|last| format!("many.contoso.com 600 A 198.51.100.{last}\n")).collect();
    records.extend(Records::parse(&many).expect("good records"));
    let zones = ["contoso.com", "_msdcs.contoso.com"].map(|zone| DnsName::parse(zone).expect("a name")).to_vec();
    let primary = "dc1.contoso.com".to_owned();
    Server::start(Spec { name: "dc1".into(), primary, zones, records, behaviour, quirks }).expect("a free port")
}

fn plain() -> RunningServer {
    start(Behaviour::Answer, Quirks::default())
}

fn question(name: &str, rtype: RecordType, edns: bool) -> Vec<u8> {
    let mut packet = vec![0xbe, 0xef, 0x01, 0x20, 0, 1, 0, 0, 0, 0, 0, u8::from(edns)];
    for label in name.split('.') {
        packet.push(u8::try_from(label.len()).expect("a short label"));
        packet.extend(label.bytes());
    }
    packet.push(0);
    packet.extend(u16::from(rtype).to_be_bytes());
    packet.extend([0, 1]);
    if edns {
        packet.extend([0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]);
    }
    packet
}

fn exchange(to: SocketAddr, packet: &[u8], patience: Duration) -> Result<Message, ErrorKind> {
    let socket = UdpSocket::bind((to.ip(), 0)).expect("a free port");
    socket.connect(to).expect("loopback");
    socket.set_read_timeout(Some(patience)).expect("a timeout");
    socket.send(packet).map_err(|error| error.kind())?;
    let mut buffer = vec![0; 65_535];
    let len = socket.recv(&mut buffer).map_err(|error| error.kind())?;
    Ok(Message::from_vec(&buffer[..len]).expect("a well-formed reply"))
}

fn ask(server: &RunningServer, name: &str, rtype: RecordType) -> Message {
    exchange(server.addr(), &question(name, rtype, true), Duration::from_secs(10)).expect("a reply")
}

fn ask_tcp(server: &RunningServer, name: &str, rtype: RecordType) -> std::io::Result<Message> {
    let mut stream = TcpStream::connect(server.addr())?;
    let packet = question(name, rtype, true);
    stream.write_all(&u16::try_from(packet.len()).expect("short").to_be_bytes())?;
    stream.write_all(&packet)?;
    let mut len = [0; 2];
    stream.read_exact(&mut len)?;
    let mut reply = vec![0; usize::from(u16::from_be_bytes(len))];
    stream.read_exact(&mut reply)?;
    Ok(Message::from_vec(&reply).expect("a well-formed reply"))
}

/// Response code, flags, records of ANSWER and types of AUTHORITY.
fn show(reply: &Message) -> String {
    let mut words = vec![format!("{:?}", reply.metadata.response_code)];
    words.extend(reply.metadata.authoritative.then(|| "aa".into()));
    words.extend(reply.metadata.truncation.then(|| "tc".into()));
    words.extend(reply.answers.iter().map(|rr| format!("{}={}", rr.name, rr.data)));
    words.extend(reply.authorities.iter().map(|rr| format!("/{}", rr.record_type())));
    words.join(" ")
}

#[test]
fn it_answers_like_an_authoritative_server() {
    let server = plain();
    let cases = [
        ("dc1.contoso.com", RecordType::A, "NoError aa DC1.contoso.com.=192.0.2.10"),
        ("dc1.contoso.com", RecordType::AAAA, "NoError aa /SOA"),
        ("_tcp.contoso.com", RecordType::A, "NoError aa /SOA"),
        ("none.contoso.com", RecordType::A, "NXDomain aa /SOA"),
        ("fabrikam.com", RecordType::A, "Refused"),
        ("_ldap._tcp.contoso.com", RecordType::SRV, "NoError aa _ldap._tcp.contoso.com.=0 100 389 DC1.contoso.com."),
        (
            "g1._msdcs.contoso.com",
            RecordType::A,
            "NoError aa g1._msdcs.contoso.com.=DC1.contoso.com. DC1.contoso.com.=192.0.2.10",
        ),
        ("g2._msdcs.contoso.com", RecordType::A, "NoError aa g2._msdcs.contoso.com.=dc2.contoso.com. /SOA"),
        ("g3._msdcs.contoso.com", RecordType::A, "NXDomain aa g3._msdcs.contoso.com.=gone.contoso.com. /SOA"),
        ("g3._msdcs.contoso.com", RecordType::CNAME, "NoError aa g3._msdcs.contoso.com.=gone.contoso.com."),
        (
            "two._msdcs.contoso.com",
            RecordType::CNAME,
            "NoError aa two._msdcs.contoso.com.=dc1.contoso.com. two._msdcs.contoso.com.=dc2.contoso.com.",
        ),
    ];
    for (name, rtype, expected) in cases {
        assert_eq!(show(&ask(&server, name, rtype)), expected, "{name} {rtype}");
    }
    let soa = ask(&server, "none._msdcs.contoso.com", RecordType::A).authorities.remove(0);
    assert_eq!(soa.name.to_string(), "_msdcs.contoso.com.");
    let seen = server.seen();
    assert_eq!(seen.len(), cases.len() + 1);
    assert_eq!((seen[0].name.as_slice(), seen[0].rtype, seen[0].udp), (&b"\x03dc1\x07contoso\x03com\0"[..], 1, true));
}

#[test]
fn what_does_not_fit_goes_over_tcp() {
    let server = plain();
    assert_eq!(show(&ask(&server, "many.contoso.com", RecordType::A)), "NoError aa tc");
    assert_eq!(ask_tcp(&server, "many.contoso.com", RecordType::A).expect("a reply").answers.len(), 99);
    let classic = question("g1._msdcs.contoso.com", RecordType::A, false);
    let reply = exchange(server.addr(), &classic, Duration::from_secs(10)).expect("a reply");
    assert!(reply.edns.is_none() && !reply.metadata.truncation);
    let samba = start(Behaviour::Answer, Quirks { samba: true, ..Quirks::default() });
    let reply = ask(&samba, "many.contoso.com", RecordType::A);
    assert_eq!((reply.answers.len(), reply.edns.is_none(), reply.metadata.authentic_data), (99, true, true));
    let reply = ask(&samba, "g2._msdcs.contoso.com", RecordType::A);
    assert_eq!(show(&reply), "NXDomain aa g2._msdcs.contoso.com.=dc2.contoso.com. /SOA");
}

#[test]
fn it_lies_as_told() {
    let names = |name: &str| vec![name.to_owned()];
    let quirks = Quirks {
        no_follow: true,
        no_tcp: true,
        aaaa_nxdomain: true,
        bare_names: names("bare.contoso.com"),
        servfail_names: names("fail.contoso.com"),
        nxdomain_names: names("contoso.com"),
        truncate_names: names("dc1.contoso.com"),
        ..Quirks::default()
    };
    let server = start(Behaviour::Answer, quirks);
    assert_eq!(
        show(&ask(&server, "g1._msdcs.contoso.com", RecordType::A)),
        "NoError aa g1._msdcs.contoso.com.=DC1.contoso.com."
    );
    assert_eq!(show(&ask(&server, "many.contoso.com", RecordType::AAAA)), "NXDomain aa /SOA");
    assert_eq!(show(&ask(&server, "dc2.contoso.com", RecordType::AAAA)), "NoError aa dc2.contoso.com.=2001:db8::11");
    assert_eq!(show(&ask(&server, "bare.contoso.com", RecordType::A)), "NoError");
    assert_eq!(show(&ask(&server, "fail.contoso.com", RecordType::A)), "ServFail");
    assert_eq!(show(&ask(&server, "contoso.com", RecordType::A)), "NXDomain aa /SOA");
    assert_eq!(show(&ask(&server, "dc1.contoso.com", RecordType::A)), "NoError aa tc");
    assert!(ask_tcp(&server, "dc1.contoso.com", RecordType::A).is_err());
}

#[test]
fn characters_of_servers() {
    let of = |behaviour| show(&ask(&start(behaviour, Quirks::default()), "dc1.contoso.com", RecordType::A));
    assert_eq!(of(Behaviour::Refuse), "Refused");
    assert_eq!(of(Behaviour::Servfail), "ServFail");
    assert_eq!(of(Behaviour::Nxdomain), "NXDomain /SOA");
    assert_eq!(of(Behaviour::Forwarder), "NoError DC1.contoso.com.=192.0.2.10");
    let no_edns = start(Behaviour::Answer, Quirks { no_edns: true, ..Quirks::default() });
    assert_eq!(show(&ask(&no_edns, "dc1.contoso.com", RecordType::A)), "FormErr");
    // Some machines have no IPv6 at all.
    if UdpSocket::bind("[::1]:0").is_ok() {
        let ipv6 = start(Behaviour::Answer, Quirks { ipv6: true, ..Quirks::default() });
        assert!(ipv6.addr().is_ipv6());
        assert_eq!(show(&ask(&ipv6, "dc1.contoso.com", RecordType::A)), "NoError aa DC1.contoso.com.=192.0.2.10");
    }
}

#[test]
fn silence_and_closed_ports_differ() {
    let packet = question("dc1.contoso.com", RecordType::A, true);
    let silent = start(Behaviour::Silent, Quirks::default());
    let error = exchange(silent.addr(), &packet, Duration::from_millis(100)).expect_err("silence");
    assert!(matches!(error, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
    // Windows tells of closed ports too, but Wine, where these tests run, does not.
    if cfg!(not(windows)) {
        let closed = start(Behaviour::Closed, Quirks::default());
        let error = exchange(closed.addr(), &packet, Duration::from_secs(10)).expect_err("a closed port");
        assert!(matches!(error, ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset), "{error}");
    }
    let dropping = Quirks { drop_types: vec!["AAAA".into()], ..Quirks::default() };
    let dropping = start(Behaviour::Answer, dropping);
    let packet = question("dc1.contoso.com", RecordType::AAAA, true);
    assert!(exchange(dropping.addr(), &packet, Duration::from_millis(100)).is_err());
    assert_eq!(show(&ask(&dropping, "dc1.contoso.com", RecordType::A)), "NoError aa DC1.contoso.com.=192.0.2.10");
}

#[test]
fn a_dropped_server_gives_its_port_back() {
    let given_back = || {
        let address = plain().addr();
        UdpSocket::bind(address).is_ok()
    };
    // Anybody else on the machine may get it first, but not every time.
    assert!((0..10).any(|_| given_back()), "no port is free again");
}
