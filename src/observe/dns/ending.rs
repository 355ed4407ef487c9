//! How questions end, and how that gets into evidence.

use std::time::{Duration, Instant};

use super::Shared;
use super::server::Server;
use crate::evidence::{Answer, Evidence, Lost, NotAsked, Outcome, QuestionId, Transport};

/// How much is kept of one malformed or unusual reply.
const LONGEST_RAW: usize = 4096;
/// How many such replies are kept of one server.
const MOST_RAW: usize = 64;

/// A question that ended since evidence was last written.
pub(super) struct Ended {
    question: QuestionId,
    answer: Answer,
    raw: Option<Box<[u8]>>,
}

/// What is kept of a reply as it came.
pub(super) fn excerpt(reply: &[u8]) -> Box<[u8]> {
    reply[..reply.len().min(LONGEST_RAW)].into()
}

/// A round trip as evidence has it: 71 minutes at most.
pub(super) fn micros(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)
}

impl Server {
    /// Ends a question.
    pub(super) fn end(&mut self, slot: usize, answer: Answer) {
        self.end_with(slot, answer, None);
    }

    pub(super) fn end_with(&mut self, slot: usize, answer: Answer, raw: Option<Box<[u8]>>) {
        let question = self.flight.slot(slot).question;
        self.flight.close(slot);
        self.ended.push(Ended { question, answer, raw });
    }

    /// Ends a question without a reply. What came instead of one is kept.
    pub(super) fn end_lost(&mut self, slot: usize, lost: Lost) {
        let ending = self.flight.slot_mut(slot);
        let (tries, raw) = (ending.sends, ending.odd.take());
        let lost = if raw.is_some() { Lost::Malformed } else { lost };
        self.end_with(slot, Answer::without_reply(Outcome::Lost(lost), tries), raw);
    }

    /// Ends a question whose truncated reply could not be completed over TCP.
    pub(super) fn end_truncated(&mut self, slot: usize, lost: Lost, shared: &mut Shared<'_>) {
        let ending = self.flight.slot_mut(slot);
        let Some(reply) = ending.truncated.take() else { return };
        let (tries, rtt_us, raw) = (ending.sends, ending.rtt_us, ending.odd.take());
        let decoded = shared.tools.decoder.decode_truncated(&reply, &mut shared.evidence.store);
        let answer = Answer {
            outcome: Outcome::Truncated(lost),
            flags: decoded.flags,
            rcode: decoded.rcode,
            transport: Transport::Udp,
            tries,
            rtt_us,
            body: decoded.body,
        };
        let raw = raw.or_else(|| decoded.unusual.then(|| excerpt(&reply)));
        self.end_with(slot, answer, raw);
    }

    /// Ends everything because of a verdict on the server, which stands for the rest of the run.
    pub(super) fn condemn(&mut self, verdict: (Lost, NotAsked), trouble: Option<String>) {
        self.verdict = Some(verdict);
        self.refusals = Default::default();
        if trouble.is_some() {
            self.trouble = trouble;
        }
        let waiting: Vec<usize> = self.flight.busy().map(|(index, _)| index).collect();
        for slot in waiting {
            let in_flight = self.flight.slot(slot);
            if in_flight.truncated.is_some() {
                // It did answer; the connection has its own time.
                continue;
            }
            if in_flight.sends == 0 {
                self.end(slot, Answer::without_reply(Outcome::NotAsked(verdict.1), 0));
            } else {
                self.end_lost(slot, verdict.0);
            }
        }
        self.refuse_queue(verdict.1);
    }

    fn refuse_queue(&mut self, reason: NotAsked) {
        let answer = Answer::without_reply(Outcome::NotAsked(reason), 0);
        self.ended.extend(self.queue.drain(..).map(|question| Ended { question, answer, raw: None }));
    }

    /// Ends everything because the run ends.
    pub(in super::super) fn abandon(&mut self, reason: NotAsked, shared: &mut Shared<'_>) {
        let waiting: Vec<usize> = self.flight.busy().map(|(index, _)| index).collect();
        for slot in waiting {
            if self.flight.slot(slot).truncated.is_some() {
                self.end_truncated(slot, Lost::Timeout, shared);
            } else {
                let tries = self.flight.slot(slot).sends;
                self.end(slot, Answer::without_reply(Outcome::NotAsked(reason), tries));
            }
        }
        self.tcp.close();
        self.refuse_queue(reason);
        self.record(Instant::now(), shared);
    }

    /// Writes what ended into evidence.
    pub(super) fn record(&mut self, now: Instant, shared: &mut Shared<'_>) {
        if self.ended.is_empty() {
            return;
        }
        shared.counts.settled += self.ended.len();
        write(&mut self.ended, self.address, self.trouble.as_deref(), shared.evidence);
        shared.tell(now);
    }
}

fn write(ended: &mut Vec<Ended>, address: std::net::SocketAddr, trouble: Option<&str>, evidence: &mut Evidence) {
    let column = evidence.column_mut(address);
    for Ended { question, answer, raw } in ended.drain(..) {
        column.settle(question, answer);
        if let Some(raw) = raw
            && column.raw.len() < MOST_RAW
        {
            column.raw.insert(question, raw);
        }
    }
    if column.trouble.is_none() {
        column.trouble = trouble.map(str::to_owned);
    }
}
