//! Truncated replies in full: one connection per server, all its questions on it at once (RFC 7766 section 6.2.1.1).

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Instant;

use tokio::io::Interest;
use tokio::net::TcpStream;

use super::server::Server;
use super::wire::Kind;
use super::{LONGEST, Shared, socket, wire};
use crate::evidence::{Lost, Transport};
use crate::observe::scarcity;

/// After so many failures in a row without a reply, TCP is given up for this server.
const GIVE_UP_AFTER: u32 = 3;
/// Reads from one connection before other servers have their turn.
const MOST_AT_ONCE: usize = 64;

type Connecting = Pin<Box<dyn Future<Output = io::Result<TcpStream>>>>;

enum State {
    Idle,
    Connecting(Connecting),
    /// The attempt has ended, and nobody has looked yet.
    Ended(io::Result<TcpStream>),
    Open(TcpStream),
}

/// The connection to one server.
pub(super) struct Tcp {
    state: State,
    /// Framed questions that were not written yet.
    out: Vec<u8>,
    /// What was read and is no whole message yet.
    read: Vec<u8>,
    /// Whether this connection brought a reply.
    served: bool,
    failures: u32,
    given_up: Option<Lost>,
    /// When the connection last got further: by a whole reply, or by one more look for a socket while there is none.
    progress: Rc<Cell<Option<Instant>>>,
    /// The process has no socket left for the connection.
    scarce: Rc<Cell<bool>>,
}

impl Tcp {
    pub(super) fn new() -> Self {
        Self {
            state: State::Idle,
            out: Vec::new(),
            read: Vec::new(),
            served: false,
            failures: 0,
            given_up: None,
            progress: Rc::default(),
            scarce: Rc::default(),
        }
    }

    /// When the connection last got further, through no merit of the question that waits.
    pub(super) fn progress(&self) -> Option<Instant> {
        self.progress.get()
    }

    /// Whether the connection waits for a socket that the process does not have yet.
    pub(super) fn is_scarce(&self) -> bool {
        matches!(self.state, State::Connecting(_)) && self.scarce.get()
    }

    /// Drops the connection.
    pub(super) fn close(&mut self) {
        self.state = State::Idle;
        self.out.clear();
        self.read.clear();
        self.served = false;
    }

    fn connect(&mut self, address: SocketAddr) {
        self.close();
        self.scarce.set(false);
        let (progress, scarce) = (Rc::clone(&self.progress), Rc::clone(&self.scarce));
        let waiting = move |now| {
            progress.set(Some(now));
            scarce.set(true);
        };
        self.state = State::Connecting(Box::pin(async move {
            scarcity::patiently(async || TcpStream::connect(address).await, waiting).await
        }));
    }

    /// Waits until there is something to do; for ever if there is no connection.
    pub(super) async fn wait(&mut self) {
        match &mut self.state {
            State::Idle => std::future::pending().await,
            State::Ended(_) => {}
            State::Connecting(connecting) => {
                let ended = connecting.await;
                self.state = State::Ended(ended);
            }
            State::Open(stream) => {
                let interest =
                    if self.out.is_empty() { Interest::READABLE } else { Interest::READABLE | Interest::WRITABLE };
                // An error shows again when reading.
                let _ = stream.ready(interest).await;
            }
        }
    }
}

impl Server {
    /// Puts a question that was truncated on the connection.
    pub(super) fn go_to_tcp(&mut self, slot: usize, reply: Box<[u8]>, now: Instant, shared: &mut Shared<'_>) {
        self.flight.forget_ids(slot);
        self.flight.slot_mut(slot).truncated = Some(reply);
        if let Some(lost) = self.tcp.given_up {
            self.end_truncated(slot, lost, shared);
            return;
        }
        if matches!(self.tcp.state, State::Idle) {
            self.tcp.connect(self.address);
        }
        self.write_frame(slot, now, shared);
    }

    fn write_frame(&mut self, slot: usize, now: Instant, shared: &mut Shared<'_>) {
        let id = self.flight.draw_id(slot, &mut shared.tools.ids);
        self.flight.sent(slot, id, Transport::Tcp, now);
        let query = &self.flight.slot(slot).query;
        // A question has at most 282 octets.
        self.tcp.out.extend_from_slice(&(query.len() as u16).to_be_bytes());
        self.tcp.out.extend_from_slice(query);
        self.pace.sent();
        self.watch(slot);
    }

    /// Everything that can be done on the connection without waiting.
    pub(super) fn exchange_tcp(&mut self, shared: &mut Shared<'_>) {
        if let State::Ended(_) = self.tcp.state {
            match std::mem::replace(&mut self.tcp.state, State::Idle) {
                State::Ended(Ok(stream)) => self.tcp.state = State::Open(stream),
                State::Ended(Err(error)) => return self.connection_lost(socket::meaning(&error).0, shared),
                _ => {}
            }
        }
        for _ in 0..MOST_AT_ONCE {
            let State::Open(stream) = &self.tcp.state else { return };
            if !self.tcp.out.is_empty() {
                match stream.try_write(&self.tcp.out) {
                    Ok(written) => drop(self.tcp.out.drain(..written)),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(_) => return self.connection_lost(Lost::Closed, shared),
                }
            }
            match stream.try_read(&mut shared.tools.buffer) {
                Ok(0) => return self.connection_lost(Lost::Closed, shared),
                Ok(len) => {
                    self.tcp.read.extend_from_slice(&shared.tools.buffer[..len]);
                    self.take_frames(shared);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return self.connection_lost(Lost::Closed, shared),
            }
        }
    }

    /// Takes whole messages out of what was read (RFC 1035 section 4.2.2).
    fn take_frames(&mut self, shared: &mut Shared<'_>) {
        let read = std::mem::take(&mut self.tcp.read);
        let mut rest = &read[..];
        while let Some((len, behind)) = rest.split_first_chunk::<2>() {
            let len = usize::from(u16::from_be_bytes(*len));
            debug_assert!(len <= LONGEST);
            let Some((message, behind)) = behind.split_at_checked(len) else { break };
            rest = behind;
            self.tcp_message(message, shared);
        }
        let taken = read.len() - rest.len();
        self.tcp.read = read;
        self.tcp.read.drain(..taken);
    }

    fn tcp_message(&mut self, message: &[u8], shared: &mut Shared<'_>) {
        let Some(id) = message.first_chunk() else { return };
        let Some(sent) = self.flight.find(u16::from_be_bytes(*id)) else { return };
        if sent.transport != Transport::Tcp {
            return;
        }
        let now = Instant::now();
        let kind = match wire::inspect(message, &self.flight.slot(sent.slot).query) {
            // There is nowhere else to go.
            Kind::Truncated => Kind::Whole,
            kind => kind,
        };
        let rtt = now - sent.at;
        if self.finish(sent, kind, message, rtt, &mut shared.tools.decoder, shared.evidence) {
            (self.heard, self.lost_in_a_row) = (Some(now), 0);
            self.tcp.progress.set(Some(now));
            self.tcp.served = true;
            self.tcp.failures = 0;
        }
    }

    /// The connection could not be made, or ended.
    fn connection_lost(&mut self, lost: Lost, shared: &mut Shared<'_>) {
        let served = self.tcp.served;
        let was_open = matches!(self.tcp.state, State::Open(_));
        self.tcp.close();
        let waiting = self.slots_at_tcp();
        if waiting.is_empty() {
            return;
        }
        if !served {
            self.tcp_failed(lost);
        }
        // Servers may close a connection after some replies (RFC 7766 section 6.2.3). Where more questions wait than
        // the server read, its reset can overtake and destroy the reply that it sent, so an open connection that
        // brought nothing is no proof yet.
        if served || (was_open && waiting.len() > 1 && self.tcp.given_up.is_none()) {
            self.tcp.connect(self.address);
            let now = Instant::now();
            for slot in waiting {
                self.flight.forget_ids(slot);
                self.write_frame(slot, now, shared);
            }
            return;
        }
        for slot in waiting {
            let lost = if self.flight.slot(slot).odd.is_some() { Lost::Malformed } else { lost };
            self.end_truncated(slot, lost, shared);
        }
    }

    /// A question on the connection timed out.
    pub(super) fn tcp_timed_out(&mut self, shared: &mut Shared<'_>) {
        self.tcp_failed(Lost::Timeout);
        if self.tcp.given_up.is_some() {
            self.tcp.close();
            for slot in self.slots_at_tcp() {
                self.end_truncated(slot, Lost::Timeout, shared);
            }
        } else if self.slots_at_tcp().is_empty() {
            // What is left of it would only delay the next question.
            self.tcp.close();
        }
    }

    fn tcp_failed(&mut self, lost: Lost) {
        self.tcp.failures += 1;
        if self.tcp.failures >= GIVE_UP_AFTER {
            self.tcp.given_up = Some(lost);
        }
    }

    pub(super) fn slots_at_tcp(&self) -> Vec<usize> {
        self.flight.busy().filter(|(_, slot)| slot.truncated.is_some()).map(|(index, _)| index).collect()
    }
}
