//! Sending questions, first and again, and giving up on them.

use std::io;
use std::time::{Duration, Instant};

use super::datagrams::{BATCH, Datagrams};
use super::flight::Slot;
use super::server::Server;
use super::{Shared, Tools, socket, wire};
use crate::evidence::{Answer, Lost, NotAsked, Outcome, Transport};

/// A server that answered nothing is silent after so many questions that ran out of tries.
const SILENT_AFTER: u32 = 3;
/// A server that did answer has died after so many in a row, if that took [`DEAD_PATIENCE`] times as long as one needs.
const DEAD_AFTER: u32 = 32;
const DEAD_PATIENCE: u32 = 2;

/// So long the first question waits alone. A machine whose port is closed sends only a handful of ICMP messages before it
/// limits their rate; a burst would use them up, and the port would look silent.
const PRELUDE: Duration = Duration::from_millis(20);

/// A datagram that could not be sent so often in a row counts as lost.
const MOST_FAILURES: u32 = 3;

/// Questions go out when so large a part of the window is free, or after so long: what that costs a server far away is
/// small against its round trip.
const GROUPS: usize = 8;
const GATHERING: Duration = Duration::from_millis(1);

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
        if self.gathers(now) {
            return;
        }
        while self.verdict.is_none() && !self.refusals.in_doubt() && self.flight.len() < self.pace.window() {
            if let (Some(first), None) = (self.first_sent, self.heard)
                && now < first + PRELUDE
            {
                self.held = Some(first + PRELUDE);
                return;
            }
            let mut outbox = std::mem::take(&mut self.outbox);
            self.fill(&mut outbox, now, shared);
            let attempt = self.send_filled(&outbox, now, shared);
            let more = !outbox.is_empty() && attempt == Attempt::Sent;
            outbox.clear();
            self.outbox = outbox;
            if !more {
                return;
            }
        }
    }

    /// Whether to wait a moment for more room in the window, so that several questions go out with one call. A server
    /// that is sent several at once answers them at once, too, which saves both sides more than the calls.
    fn gathers(&mut self, now: Instant) -> bool {
        let window = self.pace.window();
        let room = window.saturating_sub(self.flight.len());
        let group = (window / GROUPS).min(BATCH).min(self.queue.len());
        let worth = self.heard.is_some() && (1..group).contains(&room);
        let until = worth.then(|| *self.gathering.get_or_insert(now + GATHERING)).filter(|until| now < *until);
        self.gathering = until;
        until.is_some()
    }

    /// Puts questions into slots that go out together, as far as window and cap allow.
    fn fill(&mut self, outbox: &mut Vec<usize>, now: Instant, shared: &mut Shared<'_>) {
        // Before the first reply each goes out by itself: the refusal of one comes back from sending the next.
        let most = if self.heard.is_some() { BATCH } else { 1 };
        while outbox.len() < most && self.flight.len() < self.pace.window() {
            if let Err(later) = self.pace.may_send(now) {
                self.held = Some(later);
                return;
            }
            let Some(question) = self.queue.pop_front() else { return };
            let slot = self.flight.open(question, self.tries - 1, now);
            let asked = shared.evidence.question(question);
            let name = shared.evidence.store.name(asked.name);
            let query = &mut self.flight.slot_mut(slot).query;
            if !wire::write_query(query, name, asked.rtype, asked.recursion, self.edns) {
                self.trouble.get_or_insert_with(|| format!("{name} cannot be asked: it is no name for the wire"));
                self.end(slot, Answer::without_reply(Outcome::NotAsked(NotAsked::Unreachable), 0));
                continue;
            }
            let id = self.flight.draw_id(slot, &mut shared.tools.ids);
            // Known from now on, so that no other of them gets the same.
            self.flight.sent(slot, id, Transport::Udp, now);
            self.pace.sent();
            outbox.push(slot);
        }
    }

    /// Sends the questions in these slots; those that do not go out wait again, in their old order.
    fn send_filled(&mut self, slots: &[usize], now: Instant, shared: &mut Shared<'_>) -> Attempt {
        let (sent, attempt) = self.transmit(slots, now, &mut shared.tools.datagrams);
        let (out, back) = slots.split_at(sent);
        for &slot in out {
            self.note_sent(slot, now);
        }
        if attempt == Attempt::Later {
            for &slot in back.iter().rev() {
                self.pace.unsent();
                self.queue.push_front(self.flight.slot(slot).question);
                self.flight.close(slot);
            }
        }
        attempt
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
            match self.retransmit(index, now, shared.tools) {
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

    /// Sends the question in a slot once more.
    fn retransmit(&mut self, slot: usize, now: Instant, tools: &mut Tools) -> Attempt {
        if let Err(later) = self.pace.may_send(now) {
            self.held = Some(later);
            return Attempt::Later;
        }
        let id = self.flight.draw_id(slot, &mut tools.ids);
        let (_, attempt) = self.transmit(&[slot], now, &mut tools.datagrams);
        if attempt == Attempt::Sent {
            self.pace.sent();
            self.flight.sent(slot, id, Transport::Udp, now);
            self.note_sent(slot, now);
        }
        attempt
    }

    /// Sends the octets of slots, and says how many went out, and how it ended.
    fn transmit(&mut self, slots: &[usize], now: Instant, datagrams: &mut Datagrams) -> (usize, Attempt) {
        let (mut done, mut failures) = (0, 0);
        while done < slots.len() {
            let Some(udp) = &self.socket else { return (done, Attempt::Later) };
            let queries = slots[done..].iter().map(|&slot| &self.flight.slot(slot).query[..]);
            let error = match datagrams.send(udp, queries) {
                Ok(sent) => {
                    (done, failures) = (done + sent, 0);
                    continue;
                }
                Err(error) => error,
            };
            // The error of an earlier datagram may come back from this call; then nothing was sent.
            failures += 1;
            match error.kind() {
                io::ErrorKind::WouldBlock => {
                    self.blocked = true;
                    return (done, Attempt::Later);
                }
                io::ErrorKind::Interrupted => {}
                _ => {
                    let meaning = socket::meaning(&error);
                    let trouble = socket::trouble(&format!("sending to {}", self.address), &error);
                    if meaning.0 == Lost::Closed {
                        self.refused(meaning, trouble, now);
                        if self.verdict.is_some() {
                            return (done, Attempt::Never);
                        }
                    } else if self.heard.is_none() && socket::is_final(&error) {
                        self.condemn(meaning, Some(trouble));
                        return (done, Attempt::Never);
                    } else {
                        // One error of the network does not condemn a server: the datagram is lost.
                        self.refusals.blame(meaning, trouble);
                        failures = MOST_FAILURES;
                    }
                }
            }
            if failures >= MOST_FAILURES {
                (done, failures) = (done + 1, 0);
            }
        }
        (done, Attempt::Sent)
    }

    /// Keeps account of a datagram that went out.
    fn note_sent(&mut self, slot: usize, now: Instant) {
        self.first_sent.get_or_insert(now);
        let sent = self.flight.slot_mut(slot);
        sent.again = false;
        sent.sends = sent.sends.saturating_add(1);
        self.watch(slot);
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
