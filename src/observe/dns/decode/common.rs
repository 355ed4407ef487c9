//! The common replies, read without the library and without allocating: one question, records of the types that locator
//! records are made of, class IN, at most one OPT record without options.
//!
//! What is read here is read exactly as [`super::library`] reads it; whatever is unusual, or wrong, is left to it. That
//! both agree on all that is read here is a property test and a fuzz target.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::{Asked, Decoded};
use crate::base::dns::RecordType;
use crate::base::name::{is_plain_label, push_label};
use crate::evidence::{Body, NameId, Rdata, Record, Soa, Store};
use crate::observe::dns::wire;

/// Pointers in one name; servers write one or two.
const MOST_POINTERS: usize = 8;
/// Longest name on the wire (RFC 1035 section 2.3.4).
const LONGEST_NAME: usize = 255;
/// So many of the names read first are looked up by their place: nearly all pointers go to the question or its zone.
const FIRST_NAMES: usize = 4;

const OPT: u16 = 41;
const IN: u16 = 1;

/// Its working memory.
#[derive(Default)]
pub(super) struct Reader {
    /// The names of the message, in presentation form, one behind the other: ASCII.
    text: Vec<u8>,
    names: Vec<Name>,
    found: Vec<Found>,
    records: Vec<Record>,
}

/// A name of the message.
struct Name {
    /// Where its first label stands.
    place: usize,
    text: Range<usize>,
    /// Known of the name that was asked from the beginning, of the others when they were interned.
    id: Option<NameId>,
}

/// Position of a name in [`Reader::names`].
type Spot = usize;

/// A record whose names were not interned yet: nothing is, before the whole message was read.
struct Found {
    owner: Spot,
    ttl: u32,
    data: Data,
}

enum Data {
    Address(Rdata),
    Name(fn(NameId) -> Rdata, Spot),
    Srv { priority: u16, weight: u16, port: u16, target: Spot },
    Soa { mname: Spot, rname: Spot, numbers: [u32; 5] },
}

/// What an OPT record says.
struct Edns {
    size: u16,
    rcode_high: u8,
}

impl Reader {
    /// Reads a whole reply and interns what it says; `None`, and nothing interned, if it is not one of the common ones.
    pub(super) fn read(&mut self, reply: &[u8], asked: Option<Asked>, store: &mut Store) -> Option<Decoded> {
        self.text.clear();
        self.names.clear();
        self.found.clear();
        let edns = self.find(reply, asked)?;
        let text = std::str::from_utf8(&self.text).ok()?;
        let answers = usize::from(u16::from_be_bytes([reply[6], reply[7]]));
        self.records.clear();
        let names = &mut self.names;
        self.records.extend(self.found.iter().map(|found| {
            let mut name = |spot: Spot| {
                let Name { text: range, id, .. } = &mut names[spot];
                *id.get_or_insert_with(|| store.intern_name(&text[range.clone()]))
            };
            let owner = name(found.owner);
            let data = match found.data {
                Data::Address(address) => address,
                Data::Name(rdata, target) => rdata(name(target)),
                Data::Srv { priority, weight, port, target } => {
                    Rdata::Srv { priority, weight, port, target: name(target) }
                }
                Data::Soa { mname, rname, numbers: [serial, refresh, retry, expire, minimum] } => {
                    let (mname, rname) = (name(mname), name(rname));
                    Rdata::Soa(store.intern_soa(Soa { mname, rname, serial, refresh, retry, expire, minimum }))
                }
            };
            Record { owner, ttl: found.ttl, data }
        }));
        let (answers, authority) = self.records.split_at(answers);
        let high = edns.as_ref().map_or(0, |edns| u16::from(edns.rcode_high));
        let body = Body { answers, authority, edns: edns.map(|edns| edns.size) };
        Some(Decoded {
            flags: wire::flags(reply),
            rcode: high << 4 | wire::header_rcode(reply),
            body: Some(store.intern_body(body)),
            unusual: false,
        })
    }

    /// Finds the records of ANSWER and AUTHORITY. Those of ADDITIONAL must be right, but only EDNS is kept of them.
    fn find(&mut self, reply: &[u8], asked: Option<Asked>) -> Option<Option<Edns>> {
        let mut cursor = Cursor { octets: reply, at: 0 };
        let [_, flags, questions, answers, authority, additional] = cursor.numbers()?;
        // A reply (QR) of opcode QUERY, not truncated.
        if flags & 0xfa00 != 0x8000 || questions != 1 {
            return None;
        }
        if let Some(Asked { name, end }) = asked {
            self.names.push(Name { place: wire::HEADER, text: 0..0, id: Some(name) });
            cursor.at = end;
        } else {
            cursor.name(|_| {})?;
            let [_rtype, class] = cursor.numbers()?;
            if class != IN {
                return None;
            }
        }
        for _ in 0..u32::from(answers) + u32::from(authority) {
            let found = self.record(&mut cursor, None)?;
            self.found.push(found?);
        }
        let mut edns = None;
        for _ in 0..additional {
            self.record(&mut cursor, Some(&mut edns))?;
        }
        (cursor.at == reply.len()).then_some(edns)
    }

    /// Reads a record. An OPT record is none for evidence; it may stand only where `edns` is given, and only once.
    fn record(&mut self, cursor: &mut Cursor<'_>, edns: Option<&mut Option<Edns>>) -> Option<Option<Found>> {
        let owner = self.name(cursor)?;
        let [rtype, class] = cursor.numbers()?;
        let ttl = u32::from_be_bytes(cursor.take()?);
        let [length] = cursor.numbers()?;
        let end = cursor.at + usize::from(length);
        if rtype == OPT {
            let edns = edns.filter(|edns| edns.is_none() && length == 0 && self.is_root(owner))?;
            // RFC 6891 section 6.2.3: smaller sizes count as 512.
            *edns = Some(Edns { size: class.max(512), rcode_high: (ttl >> 24) as u8 });
            return Some(None);
        }
        if class != IN {
            return None;
        }
        let data = match RecordType(rtype) {
            RecordType::A => Data::Address(Rdata::A(Ipv4Addr::from(cursor.take::<4>()?))),
            RecordType::AAAA => Data::Address(Rdata::Aaaa(Ipv6Addr::from(cursor.take::<16>()?))),
            RecordType::CNAME => Data::Name(Rdata::Cname, self.name(cursor)?),
            RecordType::NS => Data::Name(Rdata::Ns, self.name(cursor)?),
            RecordType::PTR => Data::Name(Rdata::Ptr, self.name(cursor)?),
            RecordType::SRV => {
                let [priority, weight, port] = cursor.numbers()?;
                Data::Srv { priority, weight, port, target: self.name(cursor)? }
            }
            RecordType::SOA => {
                let (mname, rname) = (self.name(cursor)?, self.name(cursor)?);
                let mut numbers = [0; 5];
                for number in &mut numbers {
                    *number = u32::from_be_bytes(cursor.take()?);
                }
                Data::Soa { mname, rname, numbers }
            }
            _ => return None,
        };
        // RFC 2181 section 8: a TTL with the highest bit set counts as 0.
        let ttl = if ttl > i32::MAX.cast_unsigned() { 0 } else { ttl };
        (cursor.at == end).then_some(Some(Found { owner, ttl, data }))
    }

    fn name(&mut self, cursor: &mut Cursor<'_>) -> Option<Spot> {
        // Reading goes forward only, so a name that was whole when it was first met is whole for every later pointer.
        if let Some(place) = cursor.pointer()
            && let Some(spot) = self.names.iter().take(FIRST_NAMES).position(|name| name.place == place)
        {
            cursor.at += 2;
            return Some(spot);
        }
        let place = cursor.pointer().unwrap_or(cursor.at);
        let start = self.text.len();
        cursor.name(|label| {
            if self.text.len() > start {
                self.text.push(b'.');
            }
            if is_plain_label(label) {
                self.text.extend_from_slice(label);
            } else {
                let mut escaped = String::new();
                push_label(&mut escaped, label);
                self.text.extend_from_slice(escaped.as_bytes());
            }
        })?;
        if self.text.len() == start {
            self.text.push(b'.');
        }
        self.names.push(Name { place, text: start..self.text.len(), id: None });
        Some(self.names.len() - 1)
    }

    fn is_root(&self, name: Spot) -> bool {
        self.text[self.names[name].text.clone()] == *b"."
    }
}

/// A place in a message.
struct Cursor<'a> {
    octets: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let taken = *self.octets.get(self.at..)?.first_chunk()?;
        self.at += N;
        Some(taken)
    }

    /// So many numbers of 16 bits.
    fn numbers<const N: usize>(&mut self) -> Option<[u16; N]> {
        let mut numbers = [0; N];
        for number in &mut numbers {
            *number = u16::from_be_bytes(self.take()?);
        }
        Some(numbers)
    }

    /// Where the pointer that stands here goes (RFC 1035 section 4.1.4); `None` if a label stands here.
    fn pointer(&self) -> Option<usize> {
        match *self.octets.get(self.at..)?.first_chunk()? {
            [high @ 0xc0..=0xff, low] => Some(usize::from(u16::from_be_bytes([high & 0x3f, low]))),
            _ => None,
        }
    }

    /// Goes behind the name that stands here, and gives its labels to `label`. Pointers must go backwards, to a part of
    /// the message that ends before the part that they stand in begins.
    fn name(&mut self, mut label: impl FnMut(&[u8])) -> Option<()> {
        let (mut part, mut end) = (self.at, self.octets.len());
        let mut behind = None;
        // Pointers so far, and octets of the name with the final 0.
        let (mut pointers, mut length) = (0, 1);
        while self.at < end {
            if let Some(target) = self.pointer() {
                pointers += 1;
                if target < wire::HEADER || target >= part || pointers > MOST_POINTERS {
                    return None;
                }
                behind.get_or_insert(self.at + 2);
                (part, end) = (target, part);
                self.at = target;
                continue;
            }
            let size = usize::from(self.octets[self.at]);
            self.at += 1;
            if size == 0 {
                self.at = behind.unwrap_or(self.at);
                return Some(());
            }
            length += 1 + size;
            // Longer labels are pointers cut in half, and two kinds that nobody uses.
            if size > 63 || length > LONGEST_NAME {
                return None;
            }
            label(self.octets.get(self.at..self.at + size)?);
            self.at += size;
        }
        None
    }
}
