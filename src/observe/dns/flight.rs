//! The questions that wait for their reply, and which of them an id stands for.

use std::time::Instant;

use hashbrown::HashTable;

use super::{ids::Ids, wire};
use crate::evidence::{QuestionId, Transport};

/// A question on its way.
pub(super) struct Slot {
    pub(super) question: QuestionId,
    /// Its octets; the id is that of the last send.
    pub(super) query: Vec<u8>,
    /// Datagrams sent.
    pub(super) sends: u8,
    /// Sends that are left if no reply comes.
    pub(super) left: u8,
    /// It is to be sent now, whatever is left of its tries.
    pub(super) again: bool,
    /// The last send.
    pub(super) last: Instant,
    /// The truncated reply: the question is on its way over TCP.
    pub(super) truncated: Option<Box<[u8]>>,
    /// Its round trip in microseconds.
    pub(super) rtt_us: u32,
    /// Something that came for this question and was no reply to it.
    pub(super) odd: Option<Box<[u8]>>,
    busy: bool,
    ids: Vec<u16>,
}

/// One send, by its id.
#[derive(Clone, Copy)]
pub(super) struct Sent {
    id: u16,
    pub(super) transport: Transport,
    pub(super) slot: usize,
    pub(super) at: Instant,
    /// The send had an OPT record.
    pub(super) edns: bool,
}

/// All questions on their way to one server. Slots are used again, so their buffers are allocated once.
#[derive(Default)]
pub(super) struct Flight {
    slots: Vec<Slot>,
    free: Vec<usize>,
    sent: HashTable<Sent>,
}

/// Ids are random already; this only spreads them over the bits that the table looks at.
fn hash(id: u16) -> u64 {
    u64::from(id).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Flight {
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub(super) fn slot(&self, slot: usize) -> &Slot {
        &self.slots[slot]
    }

    pub(super) fn slot_mut(&mut self, slot: usize) -> &mut Slot {
        &mut self.slots[slot]
    }

    /// The slots in use.
    pub(super) fn busy(&self) -> impl Iterator<Item = (usize, &Slot)> {
        self.slots.iter().enumerate().filter(|(_, slot)| slot.busy)
    }

    /// The n-th slot if it is in use; for loops that change slots on the way.
    pub(super) fn nth(&self, slot: usize) -> Option<Option<&Slot>> {
        self.slots.get(slot).map(|slot| slot.busy.then_some(slot))
    }

    /// A slot for a question that is about to be sent.
    pub(super) fn open(&mut self, question: QuestionId, left: u8, now: Instant) -> usize {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot {
                question,
                query: Vec::new(),
                sends: 0,
                left,
                again: false,
                last: now,
                truncated: None,
                rtt_us: 0,
                odd: None,
                busy: false,
                ids: Vec::new(),
            });
            self.slots.len() - 1
        });
        let slot = &mut self.slots[index];
        (slot.question, slot.sends, slot.left, slot.last) = (question, 0, left, now);
        (slot.again, slot.busy) = (false, true);
        index
    }

    /// Frees a slot; replies that still come for it are strangers from now on.
    pub(super) fn close(&mut self, slot: usize) {
        self.forget_ids(slot);
        let freed = &mut self.slots[slot];
        (freed.busy, freed.truncated, freed.odd) = (false, None, None);
        self.free.push(slot);
    }

    /// Makes replies to earlier sends strangers.
    pub(super) fn forget_ids(&mut self, slot: usize) {
        for id in self.slots[slot].ids.drain(..) {
            if let Ok(entry) = self.sent.find_entry(hash(id), |sent| sent.id == id) {
                entry.remove();
            }
        }
    }

    /// Draws an id that no other send uses, and writes it into the slot's octets.
    pub(super) fn draw_id(&mut self, slot: usize, ids: &mut Ids) -> u16 {
        let id = loop {
            let id = ids.next();
            if self.find(id).is_none() {
                break id;
            }
        };
        self.slots[slot].query[..2].copy_from_slice(&id.to_be_bytes());
        id
    }

    /// Remembers that the slot's octets went out with `id`.
    pub(super) fn sent(&mut self, slot: usize, id: u16, transport: Transport, at: Instant) {
        let edns = wire::has_edns(&self.slots[slot].query);
        self.slots[slot].ids.push(id);
        self.slots[slot].last = at;
        self.sent.insert_unique(hash(id), Sent { id, transport, slot, at, edns }, |sent| hash(sent.id));
    }

    /// The send with this id.
    pub(super) fn find(&self, id: u16) -> Option<Sent> {
        self.sent.find(hash(id), |sent| sent.id == id).copied()
    }
}
