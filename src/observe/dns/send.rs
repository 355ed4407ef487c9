//! Sending questions, first and again, and giving up on them.

use std::io;
use std::time::{Duration, Instant};

use super::flight::Slot;
use super::server::Server;
use super::{Shared, ids::Ids, socket, wire};
use crate::evidence::{Answer, Lost, NotAsked, Outcome, Transport};

/// A server that answered nothing is silent after so many questions that ran out of tries.
const SILENT_AFTER: u32 = 3;
/// A server that did answer has died after so many in a row, if that took [`DEAD_PATIENCE`] times as long as one needs.
const DEAD_AFTER: u32 = 32;
const DEAD_PATIENCE: u32 = 2;

/// So long the first question waits alone. A machine whose port is closed sends only a handful of ICMP messages before it
/// limits their rate; a burst would use them up, and the port would look silent.
const PRELUDE: Duration = Duration::from_millis(20);

/// How an attempt to send ended.
#[derive(PartialEq, Eq)]
enum Attempt {
    Sent,
    /// Not now: the kernel, or the cap on questions per second.
    Later,
    /// The verdict has fallen.
    Never,
}

impl Server {
    /// Sends waiting questions as far as window and cap allow.
    pub(super) fn send_new(&mut self, now: Instant, shared: &mut Shared<'_>) {
        self.held = None;
        while self.verdict.is_none() && !self.refusals.in_doubt() && self.flight.len() < self.pace.window() {
            if let (Some(first), None) = (self.first_sent, self.heard)
                && now < first + PRELUDE
            {
                self.held = Some(first + PRELUDE);
                return;
            }
            let Some(question) = self.queue.pop_front() else { return };
            let slot = self.flight.open(question, self.tries - 1, now);
            let asked = shared.evidence.question(question);
            let name = shared.evidence.store.name(asked.name);
            let query = &mut self.flight.slot_mut(slot).query;
            if !wire::write_query(query, name, asked.rtype, asked.recursion, self.edns) {
                self.trouble.get_or_insert_with(|| format!("`{name}` cannot be asked: it is no name for the wire"));
                self.end(slot, Answer::without_reply(Outcome::NotAsked(NotAsked::Unreachable), 0));
                continue;
            }
            match self.transmit(slot, now, &mut shared.tools.ids) {
                Attempt::Sent => {}
                Attempt::Later => {
                    self.flight.close(slot);
                    self.queue.push_front(question);
                    return;
                }
                Attempt::Never => return,
            }
        }
    }

    /// Looks after the questions in flight: sends again, and gives up.
    pub(super) fn on_time(&mut self, now: Instant, shared: &mut Shared<'_>) {
        self.confirm_refusal(now);
        if self.due.is_none_or(|due| now < due) {
            return;
        }
        let mut held_back = false;
        let mut position = 0;
        while let Some(slot) = self.flight.nth(position) {
            let index = position;
            position += 1;
            let Some(slot) = slot else { continue };
            if self.due_of(slot) > now {
                continue;
            }
            let at_once = slot.again;
            if slot.truncated.is_some() || (slot.left == 0 && !at_once) {
                self.give_up(index, shared);
                continue;
            }
            if held_back {
                continue;
            }
            if !at_once && slot.left == 1 {
                // Some servers and firewalls throw away what has an OPT record, and some paths what is longer than 576
                // octets. The clients of Windows send none, so they are no worse off there.
                wire::remove_edns(&mut self.flight.slot_mut(index).query);
            }
            match self.transmit(index, now, &mut shared.tools.ids) {
                Attempt::Sent if at_once => {}
                Attempt::Sent => {
                    self.pace.loss(now);
                    self.flight.slot_mut(index).left -= 1;
                }
                Attempt::Later => held_back = true,
                Attempt::Never => return,
            }
        }
        self.judge_silence(now);
        let next = self.flight.busy().map(|(_, slot)| self.due_of(slot)).min();
        // What could not be sent is due already, and is tried again soon.
        self.due = next.map(|next| next.max(now + Duration::from_millis(1)));
    }

    /// Has a question sent once more with the next turn of the timer, whatever is left of its tries.
    pub(super) fn send_again(&mut self, slot: usize, now: Instant) {
        self.flight.slot_mut(slot).again = true;
        self.due = Some(now);
    }

    /// When a question in flight needs attention.
    fn due_of(&self, slot: &Slot) -> Instant {
        if slot.truncated.is_some() {
            // A connection that brings reply after reply is only slow, and one that has no socket yet has not begun.
            self.tcp.progress().map_or(slot.last, |progress| progress.max(slot.last)) + self.timeout
        } else if slot.again {
            slot.last
        } else if slot.left > 0 {
            slot.last + self.pace.gap()
        } else {
            slot.last + self.timeout
        }
    }

    /// Brings the timer forward for a slot that was just sent.
    pub(super) fn watch(&mut self, slot: usize) {
        let due = self.due_of(self.flight.slot(slot));
        self.due = Some(self.due.map_or(due, |earlier| earlier.min(due)));
    }

    fn transmit(&mut self, slot: usize, now: Instant, ids: &mut Ids) -> Attempt {
        if let Err(later) = self.pace.may_send(now) {
            self.held = Some(later);
            return Attempt::Later;
        }
        let id = self.flight.draw_id(slot, ids);
        // The error of an earlier datagram may come back from this call; then nothing was sent.
        for _ in 0..3 {
            let Some(udp) = &self.socket else { return Attempt::Later };
            match udp.try_send(&self.flight.slot(slot).query) {
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.blocked = true;
                    return Attempt::Later;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let meaning = socket::meaning(&error);
                    let trouble = socket::trouble(&format!("sending to {}", self.address), &error);
                    if meaning.0 == Lost::Closed {
                        self.refused(meaning, trouble, now);
                        if self.verdict.is_some() {
                            return Attempt::Never;
                        }
                    } else if self.heard.is_none() && socket::is_final(&error) {
                        self.condemn(meaning, Some(trouble));
                        return Attempt::Never;
                    } else {
                        // One error of the network does not condemn a server: the datagram is lost.
                        self.refusals.blame(meaning, trouble);
                        break;
                    }
                }
            }
        }
        self.pace.sent();
        self.flight.sent(slot, id, Transport::Udp, now);
        self.first_sent.get_or_insert(now);
        let sent = self.flight.slot_mut(slot);
        sent.again = false;
        sent.sends = sent.sends.saturating_add(1);
        self.watch(slot);
        Attempt::Sent
    }

    fn give_up(&mut self, slot: usize, shared: &mut Shared<'_>) {
        let given_up = self.flight.slot(slot);
        if given_up.truncated.is_some() {
            let lost = if given_up.odd.is_some() { Lost::Malformed } else { Lost::Timeout };
            self.end_truncated(slot, lost, shared);
            self.tcp_timed_out(shared);
        } else {
            self.lost_in_a_row += 1;
            self.end_lost(slot, Lost::Timeout);
        }
    }

    /// A server that says nothing must not cost one timeout per window of questions.
    fn judge_silence(&mut self, now: Instant) {
        let patience = self.pace.gap() * u32::from(self.tries - 1) + self.timeout;
        let silent = match self.heard {
            None => self.lost_in_a_row >= SILENT_AFTER,
            Some(heard) => self.lost_in_a_row >= DEAD_AFTER && now >= heard + patience * DEAD_PATIENCE,
        };
        if silent && self.verdict.is_none() {
            // Refusals without any reply in between say more than the silence around them.
            let (verdict, trouble) = self.refusals.cause().unwrap_or(((Lost::Timeout, NotAsked::Silent), None));
            self.condemn(verdict, trouble);
        }
    }
}
