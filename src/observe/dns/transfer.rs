//! Transfer of whole zones (RFC 5936).
//!
//! hickory's own loses messages without a word when they come faster than they are taken, so a transfer has a connection
//! of its own here, and one reader. It is whole only from SOA to SOA; whatever breaks the rules makes it fail, because
//! half a zone proves nothing.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::wire::{self, Kind};
use super::{Shared, socket};
use crate::base::dns::RecordType;
use crate::base::dns::rcode_name;
use crate::base::name::DnsName;
use crate::evidence::{Lost, Rdata, Record, Soa, Store, Transfer};

/// QTYPE of a transfer (RFC 5936 section 2.1.1).
const AXFR: RecordType = RecordType(252);

/// The most that is taken of one zone.
const MOST_RECORDS: usize = 4_000_000;
/// Its octets on the wire.
const MOST_OCTETS: usize = 256 << 20;
/// Its messages: a server may put a single record into each.
const MOST_MESSAGES: usize = MOST_RECORDS + 2;
/// The longest that one transfer may take; each message by itself may take the timeout of a question.
const MOST_TIME: Duration = Duration::from_secs(300);

/// Asks a server for every record of a zone. `patience` is how long each message may take.
pub(in crate::observe) async fn transfer(
    server: SocketAddr,
    zone: &DnsName,
    patience: Duration,
    shared: &RefCell<Shared<'_>>,
) -> Transfer {
    match whole(server, zone, patience, shared).await {
        Ok(records) => Transfer::Whole(records),
        Err(ended) => ended,
    }
}

async fn whole(
    server: SocketAddr,
    zone: &DnsName,
    patience: Duration,
    shared: &RefCell<Shared<'_>>,
) -> Result<Vec<Record>, Transfer> {
    let mut query = Vec::new();
    if !wire::write_query(&mut query, zone.as_str(), AXFR, false, false) {
        return Err(failed("the name of the zone does not fit into a question"));
    }
    query[..2].copy_from_slice(&shared.borrow_mut().tools.ids.next().to_be_bytes());
    let mut connection = Connection::open(server, &query, patience).await?;
    let mut zone = Zone::new(zone);
    let (mut octets, mut messages) = (0, 0);
    loop {
        let message = connection.message().await?;
        (octets, messages) = (octets + message.len(), messages + 1);
        check(message, &query, messages == 1)?;
        let mut shared = shared.borrow_mut();
        let Shared { evidence, tools, .. } = &mut *shared;
        let store = &mut evidence.store;
        let decoded = tools.decoder.decode_records(message, store);
        let (rcode, records) = decoded.map_err(|_| failed("a message does not read as DNS"))?;
        match rcode {
            0 => {}
            rcode if messages == 1 => return Err(Transfer::Refused(rcode)),
            rcode => return Err(failed(&format!("it broke off with {}", rcode_name(rcode)))),
        }
        if zone.take(records, store)? {
            return Ok(zone.records);
        }
        if octets > MOST_OCTETS || messages > MOST_MESSAGES || zone.records.len() > MOST_RECORDS {
            return Err(failed("it has no end: more came than any zone holds"));
        }
    }
}

fn failed(text: &str) -> Transfer {
    Transfer::Failed(text.into())
}

/// Whether a message belongs to this transfer; only the first must repeat the question (RFC 5936 section 2.2.1).
fn check(message: &[u8], query: &[u8], first: bool) -> Result<(), Transfer> {
    if message.len() < wire::HEADER {
        return Err(failed("a message is shorter than a header"));
    }
    let without_question = !first && message[4..6] == [0, 0] && message[2] & 0xf8 == 0x80;
    // Over TCP nothing is truncated, whatever TC says.
    let ours = message[..2] == query[..2] && (without_question || wire::inspect(message, query) != Kind::Alien);
    if ours { Ok(()) } else { Err(failed("a message belongs to another question")) }
}

/// One connection for one transfer.
struct Connection {
    stream: TcpStream,
    patience: Duration,
    end: Instant,
    message: Vec<u8>,
    /// Something came.
    served: bool,
}

impl Connection {
    async fn open(server: SocketAddr, query: &[u8], patience: Duration) -> Result<Self, Transfer> {
        let now = Instant::now();
        let lost = |lost| {
            failed(match lost {
                Lost::Closed => "nothing listens on its TCP port",
                _ => "there is no way to its TCP port",
            })
        };
        let mut stream = match timeout_at(now + patience, TcpStream::connect(server)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(lost(socket::meaning(&error).0)),
            Err(_) => return Err(failed("no connection over TCP in time")),
        };
        // A question has at most 271 octets.
        let framed = [&(query.len() as u16).to_be_bytes()[..], query].concat();
        match timeout_at(now + patience, stream.write_all(&framed)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(failed("it closed the connection")),
            Err(_) => return Err(failed("it takes no question over TCP")),
        }
        Ok(Self { stream, patience, end: now + MOST_TIME, message: Vec::new(), served: false })
    }

    /// The next message (RFC 1035 section 4.2.2).
    async fn message(&mut self) -> Result<&[u8], Transfer> {
        let until = self.end.min(Instant::now() + self.patience);
        let (stream, message) = (&mut self.stream, &mut self.message);
        let read = async {
            let len = stream.read_u16().await?;
            message.resize(usize::from(len), 0);
            stream.read_exact(message).await.map(|_| ())
        };
        let served = std::mem::replace(&mut self.served, true);
        match timeout_at(until, read).await {
            Ok(Ok(())) => Ok(&self.message),
            Ok(Err(_)) if served => Err(failed("it broke off: the server closed the connection")),
            Ok(Err(_)) => Err(failed("the server closed the connection without a reply")),
            Err(_) if until == self.end => Err(failed("it took too long")),
            Err(_) if served => Err(failed("it broke off: no further message in time")),
            Err(_) => Err(failed("no reply in time")),
        }
    }
}

/// A zone as far as it has come.
struct Zone<'a> {
    apex: &'a DnsName,
    soa: Option<Soa>,
    records: Vec<Record>,
}

impl<'a> Zone<'a> {
    fn new(apex: &'a DnsName) -> Self {
        Self { apex, soa: None, records: Vec::new() }
    }

    /// Takes the records of one message; says whether the zone is whole.
    ///
    /// What lies outside the zone is dropped: servers add addresses of name servers elsewhere, which they have no
    /// authority for.
    fn take(&mut self, records: &[Record], store: &Store) -> Result<bool, Transfer> {
        for (position, record) in records.iter().enumerate() {
            let owner = store.lower(record.owner);
            let soa = match record.data {
                Rdata::Soa(id) if owner == self.apex.as_str() => Some(*store.soa(id)),
                _ => None,
            };
            match (&self.soa, soa) {
                (None, Some(first)) => {
                    self.soa = Some(first);
                    self.records.push(*record);
                }
                (None, None) => return Err(failed("it does not begin with the SOA of the zone")),
                (Some(first), Some(last)) if !is_same(first, &last, store) => {
                    return Err(failed("the zone changed meanwhile: another SOA ends it"));
                }
                (Some(_), Some(_)) if position + 1 < records.len() => {
                    return Err(failed("records follow behind its end"));
                }
                (Some(_), Some(_)) => return Ok(true),
                (Some(_), None) => {
                    if DnsName::from_presentation(owner).is_ok_and(|owner| owner.is_within(self.apex)) {
                        self.records.push(*record);
                    }
                }
            }
        }
        // A server that does not know the type says NOERROR without records.
        if self.soa.is_none() { Err(failed("the reply holds no zone")) } else { Ok(false) }
    }
}

/// Whether two SOA records are one, however their names are spelled.
fn is_same(one: &Soa, other: &Soa, store: &Store) -> bool {
    let folded = |soa: &Soa| Soa { mname: store.folded(soa.mname), rname: store.folded(soa.rname), ..*soa };
    folded(one) == folded(other)
}
