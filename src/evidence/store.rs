//! Interned names, records and message bodies: many servers give the same answers, and one copy of each is enough.

use std::hash::{BuildHasher, Hash, Hasher};
use std::net::{Ipv4Addr, Ipv6Addr};

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::base::dns::RecordType;

/// Index of an interned name. Two ids are equal exactly when the names are, case included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(u32);

impl NameId {
    /// Its place among all names.
    pub(super) fn position(self) -> usize {
        self.0 as usize
    }
}

/// Index of interned octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OctetsId(u32);

/// Index of an interned SOA rdata.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SoaId(u32);

/// Index of an interned [`Body`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BodyId(u32);

/// One resource record of class IN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Owner name, as the server spelled it.
    pub owner: NameId,
    /// Seconds; a value with the highest bit set was read as 0 (RFC 2181 section 8).
    pub ttl: u32,
    /// What it says.
    pub data: Rdata,
}

/// By hand: the records of every reply are hashed, and the hasher takes few large numbers faster than many small ones.
impl Hash for Record {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let pair = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
        state.write_u64(pair(self.owner.0, self.ttl));
        // Addresses of both families, and the other data behind its type, keep equal hashes rare enough.
        match self.data {
            Rdata::A(address) => state.write_u64(pair(1, address.to_bits())),
            Rdata::Aaaa(address) => state.write_u128(address.to_bits()),
            Rdata::Cname(name) => state.write_u64(pair(5, name.0)),
            other => other.hash(state),
        }
    }
}

/// The data of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rdata {
    /// IPv4 address.
    A(Ipv4Addr),
    /// IPv6 address.
    Aaaa(Ipv6Addr),
    /// Target of an alias.
    Cname(NameId),
    /// Name server.
    Ns(NameId),
    /// Target of a reverse record.
    Ptr(NameId),
    /// Start of authority.
    Soa(SoaId),
    /// Service location (RFC 2782).
    Srv {
        /// Lower is preferred.
        priority: u16,
        /// Share among equal priorities.
        weight: u16,
        /// TCP or UDP port.
        port: u16,
        /// Host.
        target: NameId,
    },
    /// Anything else, undecoded.
    Other {
        /// Its type.
        rtype: RecordType,
        /// Its rdata as it came.
        octets: OctetsId,
    },
}

/// Rdata of an SOA record (RFC 1035 section 3.3.13); times in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Soa {
    /// Primary server.
    pub mname: NameId,
    /// Mailbox of the responsible person.
    pub rname: NameId,
    /// Version of the zone.
    pub serial: u32,
    /// How often secondaries look.
    pub refresh: u32,
    /// How soon they look again.
    pub retry: u32,
    /// How long they serve without their master.
    pub expire: u32,
    /// TTL of negative answers (RFC 2308).
    pub minimum: u32,
}

/// The sections of a reply that evidence keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Body<'a> {
    /// ANSWER.
    pub answers: &'a [Record],
    /// AUTHORITY.
    pub authority: &'a [Record],
    /// UDP size of the server's OPT record; `None` without EDNS.
    pub edns: Option<u16>,
}

#[derive(Clone, Copy, PartialEq)]
struct Span {
    start: u32,
    len: u32,
}

#[derive(Clone, Copy, PartialEq)]
struct StoredBody {
    start: u32,
    answers: u32,
    authority: u32,
    edns: Option<u16>,
}

/// The interned parts of all replies. Ids are handed out in order of arrival and never change.
#[derive(Default)]
pub struct Store {
    hasher: DefaultHashBuilder,
    text: String,
    names: Vec<NameEntry>,
    name_index: HashTable<u32>,
    octets: Vec<u8>,
    octet_spans: Vec<Span>,
    octet_index: HashTable<u32>,
    soas: Vec<Soa>,
    soa_index: HashTable<u32>,
    records: Vec<Record>,
    bodies: Vec<StoredBody>,
    body_index: HashTable<u32>,
}

#[derive(Clone, Copy, PartialEq)]
struct NameEntry {
    span: Span,
    /// The same name in lower case.
    folded: NameId,
}

/// What 32 bits count is enough for 8 million questions; beyond it the process has no memory left anyway.
fn index(len: usize) -> u32 {
    u32::try_from(len).expect("fewer than 2^32 interned items fit into memory")
}

impl Store {
    /// The id of a name in presentation form without final dot, its case kept.
    pub fn intern_name(&mut self, name: &str) -> NameId {
        let hash = self.hasher.hash_one(name);
        if let Some(id) = self.find_hashed(hash, name) {
            return id;
        }
        let folded =
            name.bytes().any(|octet| octet.is_ascii_uppercase()).then(|| self.intern_name(&name.to_ascii_lowercase()));
        let id = NameId(index(self.names.len()));
        let span = Span { start: index(self.text.len()), len: index(name.len()) };
        self.text.push_str(name);
        self.names.push(NameEntry { span, folded: folded.unwrap_or(id) });
        let (names, text, hasher) = (&self.names, &self.text, &self.hasher);
        self.name_index.insert_unique(hash, id.0, |&other| hasher.hash_one(text_of(text, names, NameId(other))));
        id
    }

    /// The id of a name if it was ever seen, its case as given.
    pub fn find_name(&self, name: &str) -> Option<NameId> {
        self.find_hashed(self.hasher.hash_one(name), name)
    }

    fn find_hashed(&self, hash: u64, name: &str) -> Option<NameId> {
        self.name_index
            .find(hash, |&other| text_of(&self.text, &self.names, NameId(other)) == name)
            .map(|&id| NameId(id))
    }

    /// The name in presentation form, its case as the server spelled it.
    pub fn name(&self, id: NameId) -> &str {
        text_of(&self.text, &self.names, id)
    }

    /// The same name in lower case: equal ids mean equal names for DNS.
    pub fn folded(&self, id: NameId) -> NameId {
        self.names[id.0 as usize].folded
    }

    /// The name in lower case.
    pub fn lower(&self, id: NameId) -> &str {
        self.name(self.folded(id))
    }

    /// The id of undecoded octets.
    pub fn intern_octets(&mut self, octets: &[u8]) -> OctetsId {
        let hash = self.hasher.hash_one(octets);
        let (all, spans, hasher) = (&self.octets, &self.octet_spans, &self.hasher);
        let of = |id: u32| {
            let span = spans[id as usize];
            &all[span.start as usize..(span.start + span.len) as usize]
        };
        if let Some(&id) = self.octet_index.find(hash, |&other| of(other) == octets) {
            return OctetsId(id);
        }
        let id = index(spans.len());
        self.octet_index.insert_unique(hash, id, |&other| hasher.hash_one(of(other)));
        self.octet_spans.push(Span { start: index(self.octets.len()), len: index(octets.len()) });
        self.octets.extend_from_slice(octets);
        OctetsId(id)
    }

    /// The octets behind an id.
    pub fn octets(&self, id: OctetsId) -> &[u8] {
        let span = self.octet_spans[id.0 as usize];
        &self.octets[span.start as usize..(span.start + span.len) as usize]
    }

    /// The id of an SOA rdata.
    pub fn intern_soa(&mut self, soa: Soa) -> SoaId {
        let hash = self.hasher.hash_one(soa);
        if let Some(&id) = self.soa_index.find(hash, |&other| self.soas[other as usize] == soa) {
            return SoaId(id);
        }
        let id = index(self.soas.len());
        let (soas, hasher) = (&self.soas, &self.hasher);
        self.soa_index.insert_unique(hash, id, |&other| hasher.hash_one(soas[other as usize]));
        self.soas.push(soa);
        SoaId(id)
    }

    /// The SOA rdata behind an id.
    pub fn soa(&self, id: SoaId) -> &Soa {
        &self.soas[id.0 as usize]
    }

    /// The id of a body; its records must refer to this store.
    pub fn intern_body(&mut self, body: Body<'_>) -> BodyId {
        let hash = hash_body(&self.hasher, body);
        if let Some(&id) = self.body_index.find(hash, |&other| self.body(BodyId(other)) == body) {
            return BodyId(id);
        }
        let id = index(self.bodies.len());
        let stored = StoredBody {
            start: index(self.records.len()),
            answers: index(body.answers.len()),
            authority: index(body.authority.len()),
            edns: body.edns,
        };
        let (bodies, records, hasher) = (&self.bodies, &self.records, &self.hasher);
        self.body_index.insert_unique(hash, id, |&other| hash_body(hasher, body_of(records, bodies[other as usize])));
        self.records.extend_from_slice(body.answers);
        self.records.extend_from_slice(body.authority);
        self.bodies.push(stored);
        BodyId(id)
    }

    /// Octets that it takes in memory.
    pub fn memory(&self) -> usize {
        let indexes = [&self.name_index, &self.octet_index, &self.soa_index, &self.body_index];
        self.text.capacity()
            + self.names.capacity() * size_of::<NameEntry>()
            + self.octets.capacity()
            + self.octet_spans.capacity() * size_of::<Span>()
            + self.soas.capacity() * size_of::<Soa>()
            + self.records.capacity() * size_of::<Record>()
            + self.bodies.capacity() * size_of::<StoredBody>()
            + indexes.iter().map(|index| index.allocation_size()).sum::<usize>()
    }

    /// Gives back the room that was kept for more.
    pub fn trim(&mut self) {
        self.text.shrink_to_fit();
        self.names.shrink_to_fit();
        self.octets.shrink_to_fit();
        self.octet_spans.shrink_to_fit();
        self.soas.shrink_to_fit();
        self.records.shrink_to_fit();
        self.bodies.shrink_to_fit();
    }

    /// Whether nothing was interned yet.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.octet_spans.is_empty() && self.soas.is_empty() && self.bodies.is_empty()
    }

    /// The body behind an id.
    pub fn body(&self, id: BodyId) -> Body<'_> {
        body_of(&self.records, self.bodies[id.0 as usize])
    }
}

/// The same parts with the same ids.
impl PartialEq for Store {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
            && self.names == other.names
            && self.octets == other.octets
            && self.octet_spans == other.octet_spans
            && self.soas == other.soas
            && self.records == other.records
            && self.bodies == other.bodies
    }
}

fn text_of<'a>(text: &'a str, names: &[NameEntry], id: NameId) -> &'a str {
    let span = names[id.0 as usize].span;
    &text[span.start as usize..(span.start + span.len) as usize]
}

fn body_of(records: &[Record], stored: StoredBody) -> Body<'_> {
    let start = stored.start as usize;
    let middle = start + stored.answers as usize;
    let end = middle + stored.authority as usize;
    Body { answers: &records[start..middle], authority: &records[middle..end], edns: stored.edns }
}

fn hash_body(hasher: &DefaultHashBuilder, body: Body<'_>) -> u64 {
    let mut state = hasher.build_hasher();
    state.write_usize(body.answers.len());
    state.write_u32(body.edns.map_or(u32::MAX, u32::from));
    for record in body.answers.iter().chain(body.authority) {
        record.hash(&mut state);
    }
    state.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_case_and_compare_without_it() {
        let mut store = Store::default();
        let upper = store.intern_name("DC1.contoso.com");
        let lower = store.intern_name("dc1.contoso.com");
        assert_ne!(upper, lower);
        assert_eq!(store.intern_name("DC1.contoso.com"), upper);
        assert_eq!(store.folded(upper), store.folded(lower));
        assert_eq!(store.name(upper), "DC1.contoso.com");
        assert_eq!(store.lower(upper), "dc1.contoso.com");
        assert_eq!(store.find_name("dc2.contoso.com"), None);
    }

    #[test]
    fn equal_bodies_share_one_copy() {
        let mut store = Store::default();
        let owner = store.intern_name("dc1.contoso.com");
        let record = |last| Record { owner, ttl: 600, data: Rdata::A(Ipv4Addr::new(192, 0, 2, last)) };
        let first = store.intern_body(Body { answers: &[record(1)], authority: &[], edns: Some(1232) });
        let same = store.intern_body(Body { answers: &[record(1)], authority: &[], edns: Some(1232) });
        let moved = store.intern_body(Body { answers: &[], authority: &[record(1)], edns: Some(1232) });
        assert_eq!(first, same);
        assert_ne!(first, moved);
        assert_eq!(store.body(first).answers, [record(1)]);
        assert_eq!(store.body(moved).authority, [record(1)]);
    }
}
