//! A DNS server on loopback that does what a test tells it to.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use guidpost::base::dns::RecordType;
use guidpost::base::name::DnsName;
use guidpost::config::{Config, Query};
use guidpost::demo::{Port, listen};
use guidpost::evidence::{Answer, Ask, Column, Evidence, Plan, Rdata, Selection};
use guidpost::observe::{self, Session, SessionOptions};
use tokio::net::TcpSocket;

/// What the server does with one datagram.
pub(crate) enum Act {
    /// Sends this back at once.
    Send(Vec<u8>),
    /// Sends this back after a while.
    Later(Duration, Vec<u8>),
    /// Sends this from another port.
    Elsewhere(Vec<u8>),
}

/// A running server; it ends with the test process.
pub(crate) struct Liar {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
    /// Refuses connections until it is taken.
    tcp: Option<TcpSocket>,
}

impl Liar {
    /// A server on 127.0.0.1; `script` gets each datagram with its number, from 0.
    pub(crate) fn new(script: impl FnMut(usize, &[u8]) -> Vec<Act> + Send + 'static) -> Self {
        Self::at(([127, 0, 0, 1], 0).into(), script)
    }

    pub(crate) fn at(address: SocketAddr, mut script: impl FnMut(usize, &[u8]) -> Vec<Act> + Send + 'static) -> Self {
        let port = Port::take(address.ip(), address.port()).unwrap();
        let address = port.address();
        let (socket, tcp) = port.into_sockets();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        thread::spawn(move || {
            let mut buffer = vec![0; 65_535];
            while let Ok((len, from)) = socket.recv_from(&mut buffer) {
                let query = buffer[..len].to_vec();
                let number = {
                    let mut log = log.lock().unwrap();
                    log.push(query.clone());
                    log.len() - 1
                };
                for act in script(number, &query) {
                    match act {
                        Act::Send(reply) => drop(socket.send_to(&reply, from)),
                        Act::Later(after, reply) => {
                            let socket = socket.try_clone().unwrap();
                            thread::spawn(move || {
                                thread::sleep(after);
                                drop(socket.send_to(&reply, from));
                            });
                        }
                        Act::Elsewhere(reply) => {
                            drop(UdpSocket::bind("127.0.0.1:0").unwrap().send_to(&reply, from));
                        }
                    }
                }
            }
        });
        Self { address, seen, tcp: Some(tcp) }
    }

    /// Serves TCP on the same port: `script` gets each connection.
    pub(crate) fn with_tcp(mut self, mut script: impl FnMut(TcpStream) + Send + 'static) -> Self {
        let listener = listen(self.tcp.take().unwrap()).unwrap();
        thread::spawn(move || listener.incoming().flatten().for_each(&mut script));
        self
    }

    /// Every datagram so far.
    pub(crate) fn seen(&self) -> Vec<Vec<u8>> {
        self.seen.lock().unwrap().clone()
    }
}

/// Where the QUESTION section of a message ends.
fn question_end(message: &[u8]) -> usize {
    let mut position = 12;
    while message[position] != 0 {
        position += usize::from(message[position]) + 1;
    }
    position + 5
}

/// A reply with these records, each as its octets behind the owner name; the owner is the name asked for.
pub(crate) fn reply(query: &[u8], rcode: u8, records: &[Vec<u8>]) -> Vec<u8> {
    let mut reply = query[..question_end(query)].to_vec();
    reply[2] |= 0x84;
    reply[3] = 0x80 | rcode;
    reply[6..8].copy_from_slice(&(records.len() as u16).to_be_bytes());
    reply[8..12].fill(0);
    for record in records {
        reply.extend_from_slice(&[0xc0, 12]);
        reply.extend_from_slice(record);
    }
    reply
}

/// A record of type A with TTL 600.
pub(crate) fn a(last: u8) -> Vec<u8> {
    record(1, 600, &[192, 0, 2, last])
}

/// A record of class IN.
pub(crate) fn record(rtype: u16, ttl: u32, rdata: &[u8]) -> Vec<u8> {
    let mut octets = [rtype, 1].map(u16::to_be_bytes).concat();
    octets.extend_from_slice(&ttl.to_be_bytes());
    octets.extend_from_slice(&(rdata.len() as u16).to_be_bytes());
    octets.extend_from_slice(rdata);
    octets
}

/// The reply that an honest server gives.
pub(crate) fn honest(query: &[u8]) -> Vec<u8> {
    reply(query, 0, &[a(1)])
}

/// `honest`, truncated: no records and TC.
pub(crate) fn truncated(query: &[u8]) -> Vec<u8> {
    let mut reply = reply(query, 0, &[]);
    reply[2] |= 0x02;
    reply
}

/// Timings short enough for tests, for servers that do not answer: sent again after 300 ms, given up after 600.
pub(crate) fn quick() -> Query {
    Query { timeout: Duration::from_millis(300), ..Query::default() }
}

pub(crate) fn config() -> Config {
    let forest = DnsName::parse("contoso.test").unwrap();
    Config {
        forest,
        dns_servers: Vec::new(),
        domain_controllers: Vec::new(),
        retired: Vec::new(),
        complete: false,
        locator_records: true,
        domains: Vec::new(),
        expected_ttls: Vec::new(),
        networks: Vec::new(),
        avoid_networks: Vec::new(),
        rules: BTreeMap::new(),
        waivers: Vec::new(),
        query: Query::default(),
        probe: guidpost::config::Probe::default(),
    }
}

pub(crate) fn evidence() -> Evidence {
    Evidence::new(config(), Selection::default(), 0, "2026-11-20T10:00:00Z".parse().unwrap())
}

pub(crate) fn question(name: &str) -> Ask {
    Ask { name: DnsName::parse(name).unwrap(), rtype: RecordType::A, recursion: true }
}

/// `h0.contoso.test`, `h1.contoso.test` …
pub(crate) fn questions(count: usize) -> Vec<Ask> {
    (0..count).map(|n| question(&format!("h{n}.contoso.test"))).collect()
}

/// What asking one server gave.
pub(crate) struct Seen {
    pub(crate) evidence: Evidence,
    pub(crate) elapsed: Duration,
    address: SocketAddr,
}

impl Seen {
    pub(crate) fn column(&self) -> &Column {
        self.evidence.column(self.address).unwrap()
    }

    pub(crate) fn answers(&self) -> Vec<Answer> {
        self.column().answers().map(|(_, answer)| *answer).collect()
    }

    /// The answer to the only question.
    pub(crate) fn answer(&self) -> Answer {
        let answers = self.answers();
        assert_eq!(answers.len(), 1);
        answers[0]
    }

    /// Last octets of the addresses that the only question gave.
    pub(crate) fn addresses(&self) -> Vec<u8> {
        let body = self.evidence.store.body(self.answer().body.unwrap());
        let last = |data: &Rdata| match data {
            Rdata::A(address) => address.octets()[3],
            other => panic!("{other:?}"),
        };
        body.answers.iter().map(|record| last(&record.data)).collect()
    }
}

pub(crate) fn ask_all(address: SocketAddr, asks: Vec<Ask>, query: Query) -> Seen {
    let mut evidence = evidence();
    let start = Instant::now();
    observe::run(async {
        let mut session = Session::new(SessionOptions { query, family: None });
        let plan = Plan { dns: vec![(address, asks)], ..Plan::default() };
        session.ask(plan, &mut evidence, &|_, _| Vec::new(), &|_| ()).await;
    })
    .unwrap();
    Seen { evidence, elapsed: start.elapsed(), address }
}

/// Asks for the address of `dc1.contoso.test`, with the usual patience.
pub(crate) fn ask_one(address: SocketAddr) -> Seen {
    ask_all(address, vec![question("dc1.contoso.test")], Query::default())
}

/// The same with little patience, for servers that do not answer.
pub(crate) fn ask_one_quickly(address: SocketAddr) -> Seen {
    ask_all(address, vec![question("dc1.contoso.test")], quick())
}
