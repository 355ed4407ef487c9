//! Taking what comes back: replies, lies and refusals.

use std::io;
use std::time::{Duration, Instant};

use super::datagrams::BATCH;
use super::decode::{Asked, Decoded, Decoder, Malformed};
use super::flight::Sent;
use super::server::Server;
use super::wire::{Kind, rcode};
use super::{Shared, socket, wire};
use crate::evidence::{Answer, Evidence, Lost, NotAsked, Outcome, Store, Transport};

/// Datagrams that one server may bring before the others have their turn.
const MOST_AT_ONCE: usize = 512;

/// Refusals that make a port closed, and the time between them: a server that is just being restarted is not condemned.
const CLOSED_AFTER: u8 = 3;
const REFUSAL_GAP: Duration = Duration::from_millis(15);
/// A refusal that is not repeated within this time was an accident.
const REFUSAL_WAIT: Duration = Duration::from_millis(200);

/// Refusals since the last reply.
#[derive(Default)]
pub(super) struct Refusals {
    count: u8,
    /// When the last one came, or the question went out that is to confirm it.
    since: Option<Instant>,
    /// Such a question is on its way.
    confirming: bool,
    cause: Option<((Lost, NotAsked), String)>,
}

impl Refusals {
    /// Whether refusals are being confirmed; no further questions are sent meanwhile.
    pub(super) fn in_doubt(&self) -> bool {
        self.count > 0
    }

    /// When the next step of confirming is due.
    pub(super) fn confirm_at(&self) -> Option<Instant> {
        let wait = if self.confirming { REFUSAL_WAIT } else { REFUSAL_GAP };
        self.in_doubt().then_some(self.since? + wait)
    }

    /// Remembers what the operating system said.
    pub(super) fn blame(&mut self, meaning: (Lost, NotAsked), trouble: String) {
        self.cause = Some((meaning, trouble));
    }

    /// What was refused, if anything was since the last reply.
    pub(super) fn cause(&self) -> Option<((Lost, NotAsked), Option<String>)> {
        self.cause.clone().map(|(meaning, trouble)| (meaning, Some(trouble)))
    }
}

impl Server {
    /// Takes everything that the socket holds.
    pub(super) fn receive(&mut self, shared: &mut Shared<'_>) {
        for _ in 0..MOST_AT_ONCE / BATCH {
            let Some(udp) = &self.socket else { return };
            let error = match socket::pending_error(udp) {
                Some(error) => error,
                None => match shared.tools.datagrams.receive(udp) {
                    Ok(count) => {
                        let now = Instant::now();
                        for position in 0..count {
                            self.datagram(position, now, shared);
                        }
                        if count < BATCH {
                            return;
                        }
                        continue;
                    }
                    Err(error) => error,
                },
            };
            match error.kind() {
                io::ErrorKind::WouldBlock => return,
                io::ErrorKind::Interrupted => {}
                _ => {
                    let trouble = socket::trouble(&format!("asking {}", self.address), &error);
                    self.refused(socket::meaning(&error), trouble, Instant::now());
                }
            }
        }
    }

    fn datagram(&mut self, position: usize, now: Instant, shared: &mut Shared<'_>) {
        let reply = shared.tools.datagrams.get(position);
        let Some(id) = reply.first_chunk() else { return };
        let Some(sent) = self.flight.find(u16::from_be_bytes(*id)) else { return };
        if sent.transport != Transport::Udp {
            return;
        }
        let slot = self.flight.slot(sent.slot);
        let kind = wire::inspect(reply, &slot.query);
        let code = if kind == Kind::Alien { 0 } else { wire::header_rcode(reply) };
        let rejected = matches!(code, rcode::FORMERR | rcode::NOTIMP);
        if rejected && sent.edns {
            // RFC 6891 section 7: a server that does not know EDNS says so in this way.
            self.hear(now, now - sent.at);
            if wire::has_edns(&self.flight.slot(sent.slot).query) {
                self.flight.forget_ids(sent.slot);
                wire::remove_edns(&mut self.flight.slot_mut(sent.slot).query);
                self.send_again(sent.slot, now);
            }
            // Else the same question is on its way without EDNS already.
            return;
        }
        if kind == Kind::Truncated {
            self.hear(now, now - sent.at);
            self.knows_edns |= sent.edns;
            let reply = reply.into();
            self.flight.slot_mut(sent.slot).rtt_us = super::ending::micros(now - sent.at);
            self.go_to_tcp(sent.slot, reply, now, shared);
            return;
        }
        let rtt = now - sent.at;
        if self.finish(sent, kind, reply, rtt, &mut shared.tools.decoder, shared.evidence) {
            self.hear(now, now - sent.at);
            if sent.edns {
                self.knows_edns = true;
            } else if !rejected && !self.knows_edns {
                // It was EDNS that the server did not like, or threw away, and not the question.
                self.edns = false;
            }
        }
    }

    /// Ends a question by a reply, unless that turns out to be none.
    pub(super) fn finish(
        &mut self,
        sent: Sent,
        kind: Kind,
        reply: &[u8],
        rtt: Duration,
        decoder: &mut Decoder,
        evidence: &mut Evidence,
    ) -> bool {
        let slot = sent.slot;
        let in_flight = self.flight.slot(slot);
        let name = evidence.question(in_flight.question).name;
        let store = &mut evidence.store;
        let decoded = match kind {
            Kind::Alien => Err(Malformed),
            Kind::BareError => Ok(decoder.decode_bare(reply, store)),
            Kind::Truncated | Kind::Whole => {
                let asked = wire::same_question(reply, &in_flight.query).map(|end| Asked { name, end });
                decoder.decode(reply, asked, store)
            }
        };
        // Of an ANSWER of which nothing can be kept nobody may say that it was empty.
        let decoded =
            decoded.ok().filter(|decoded| !decoded.unusual || !wire::has_answers(reply) || keeps_any(decoded, store));
        let Some(decoded) = decoded else {
            // A lie does not end a question: the truth may still come. It is remembered in case nothing better does.
            self.flight.slot_mut(slot).odd = Some(super::ending::excerpt(reply));
            return false;
        };
        let answer = Answer {
            outcome: Outcome::Reply,
            flags: decoded.flags,
            rcode: decoded.rcode,
            transport: sent.transport,
            tries: self.flight.slot(slot).sends,
            rtt_us: super::ending::micros(rtt),
            body: decoded.body,
        };
        let raw = decoded.unusual.then(|| super::ending::excerpt(reply));
        self.end_with(slot, answer, raw);
        true
    }

    /// Something came that answers a question.
    fn hear(&mut self, now: Instant, rtt: Duration) {
        self.heard = Some(now);
        self.lost_in_a_row = 0;
        if self.refusals.cause.is_some() {
            self.refusals = Refusals::default();
        }
        self.pace.reply(rtt);
    }

    /// The operating system says that a datagram did not arrive.
    pub(super) fn refused(&mut self, meaning: (Lost, NotAsked), trouble: String, now: Instant) {
        let refusals = &mut self.refusals;
        refusals.blame(meaning, trouble);
        // A server that has answered before is treated as if the datagram were lost.
        if self.heard.is_some() || self.verdict.is_some() {
            return;
        }
        // Further refusals of the same burst say nothing new.
        if refusals.count > 0 && !refusals.confirming {
            return;
        }
        refusals.count += 1;
        refusals.since = Some(now);
        refusals.confirming = false;
        if refusals.count >= CLOSED_AFTER {
            let (_, trouble) = refusals.cause().unwrap_or((meaning, None));
            self.condemn(meaning, trouble);
        }
    }

    /// Asks a server that refused once more, after a while; or believes that it was an accident.
    pub(super) fn confirm_refusal(&mut self, now: Instant) {
        if self.refusals.confirm_at().is_none_or(|at| now < at) {
            return;
        }
        if self.refusals.confirming {
            (self.refusals.count, self.refusals.confirming) = (0, false);
            return;
        }
        let Some(slot) = self.flight.busy().find(|(_, slot)| slot.truncated.is_none()).map(|(index, _)| index) else {
            self.refusals.count = 0;
            return;
        };
        (self.refusals.confirming, self.refusals.since) = (true, Some(now));
        self.send_again(slot, now);
    }
}

/// Whether anything of the ANSWER section was kept.
fn keeps_any(decoded: &Decoded, store: &Store) -> bool {
    decoded.body.is_some_and(|body| !store.body(body).answers.is_empty())
}
