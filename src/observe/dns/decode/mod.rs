//! From the octets of a reply to evidence: an own reader for the common replies, hickory's codec for everything else.

mod common;
mod library;
#[cfg(test)]
mod tests;

use super::wire;
use crate::evidence::{Body, BodyId, Flags, NameId, Record, Store};

/// What a reply says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) flags: Flags,
    /// Extended by EDNS (RFC 6891 section 6.1.3).
    pub(super) rcode: u16,
    pub(super) body: Option<BodyId>,
    /// Something in it was left out, so the octets are worth keeping.
    pub(super) unusual: bool,
}

/// The question of a reply that repeats it to the letter: most records are about its name, which evidence has already.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// Its name, spelled as in the reply.
    pub(super) name: NameId,
    /// Where it ends in the reply.
    pub(super) end: usize,
}

/// The message does not read as DNS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// Reads replies; keeps its working memory from one to the next.
#[derive(Default)]
pub(in super::super) struct Decoder {
    common: common::Reader,
    library: library::Reader,
}

impl Decoder {
    /// Reads a whole reply and interns what it says.
    pub(super) fn decode(
        &mut self,
        reply: &[u8],
        asked: Option<Asked>,
        store: &mut Store,
    ) -> Result<Decoded, Malformed> {
        match self.decode_common(reply, asked, store) {
            Some(decoded) => Ok(decoded),
            None => self.decode_any(reply, store),
        }
    }

    /// Reads a reply if it is one of the common ones; leaves nothing in `store` otherwise.
    pub(super) fn decode_common(&mut self, reply: &[u8], asked: Option<Asked>, store: &mut Store) -> Option<Decoded> {
        self.common.read(reply, asked, store)
    }

    /// Reads a whole reply, common or not, to the same result.
    pub(super) fn decode_any(&mut self, reply: &[u8], store: &mut Store) -> Result<Decoded, Malformed> {
        self.library.read(reply, store)
    }

    /// Reads one message of a zone transfer: its response code and its ANSWER section, interned. Nothing may be left out
    /// of a zone, so a record that evidence has no place for makes the message malformed.
    pub(super) fn decode_records(&mut self, message: &[u8], store: &mut Store) -> Result<(u16, &[Record]), Malformed> {
        self.library.read_records(message, store)
    }

    /// Reads an error that came without a QUESTION section.
    pub(super) fn decode_bare(&mut self, reply: &[u8], store: &mut Store) -> Decoded {
        self.decode(reply, None, store).unwrap_or_else(|Malformed| Decoded {
            flags: wire::flags(reply),
            rcode: wire::header_rcode(reply),
            body: Some(store.intern_body(Body { answers: &[], authority: &[], edns: None })),
            unusual: true,
        })
    }

    /// Reads a truncated reply as far as it goes: some servers cut in the middle of a record and do not correct the
    /// counts. The header alone is kept if no record can be read.
    pub(super) fn decode_truncated(&mut self, reply: &[u8], store: &mut Store) -> Decoded {
        if let Ok(decoded) = self.decode(reply, None, store) {
            return decoded;
        }
        self.library.read_beginning(reply, store).unwrap_or_else(|| Decoded {
            flags: wire::flags(reply),
            rcode: wire::header_rcode(reply),
            body: None,
            unusual: true,
        })
    }
}
