//! From the octets of a reply to evidence. No type of the DNS library leaves this file.

use hickory_resolver::proto::op::Message;
use hickory_resolver::proto::rr::{self, DNSClass, Name, RData};
use hickory_resolver::proto::serialize::binary::{BinEncodable, BinEncoder};

use super::wire;
use crate::evidence::{Body, BodyId, Flags, Rdata, Record, RecordType, Soa, Store};
use crate::name::push_label;

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

/// The message does not read as DNS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// Reads replies; keeps its working memory from one to the next.
#[derive(Default)]
pub(in super::super) struct Decoder {
    text: String,
    answers: Vec<Record>,
    authority: Vec<Record>,
}

impl Decoder {
    /// Reads a whole reply and interns what it says.
    pub(super) fn decode(&mut self, reply: &[u8], store: &mut Store) -> Result<Decoded, Malformed> {
        if reply.len() < wire::HEADER {
            return Err(Malformed);
        }
        let message = Message::from_vec(reply).map_err(|_| Malformed)?;
        Ok(self.take(reply, &message, store))
    }

    /// Reads one message of a zone transfer: its response code and its ANSWER section, interned. Nothing may be left out
    /// of a zone, so a record that evidence has no place for makes the message malformed.
    pub(super) fn decode_records(&mut self, message: &[u8], store: &mut Store) -> Result<(u16, &[Record]), Malformed> {
        let message = Message::from_vec(message).map_err(|_| Malformed)?;
        self.answers.clear();
        for record in &message.answers {
            self.answers.push(read_record(record, &mut self.text, store).ok_or(Malformed)?);
        }
        Ok((message.metadata.response_code.into(), &self.answers))
    }

    /// Reads an error that came without a QUESTION section.
    pub(super) fn decode_bare(&mut self, reply: &[u8], store: &mut Store) -> Decoded {
        self.decode(reply, store).unwrap_or_else(|Malformed| Decoded {
            flags: wire::flags(reply),
            rcode: wire::header_rcode(reply),
            body: Some(store.intern_body(Body { answers: &[], authority: &[], edns: None })),
            unusual: true,
        })
    }

    /// Reads a truncated reply as far as it goes: some servers cut in the middle of a record and do not correct the
    /// counts. The header alone is kept if no record can be read.
    pub(super) fn decode_truncated(&mut self, reply: &[u8], store: &mut Store) -> Decoded {
        if let Ok(decoded) = self.decode(reply, store) {
            return decoded;
        }
        // Every record reads or the cut lies before it, so the number of good ones can be searched by halving.
        let mut shorter = reply.to_vec();
        let counted = u16::from_be_bytes([reply[6], reply[7]]);
        shorter[8..12].fill(0);
        let (mut good, mut bad) = (0, counted.saturating_add(1));
        let mut best = None;
        while bad - good > 1 {
            let middle = good + (bad - good) / 2;
            shorter[6..8].copy_from_slice(&middle.to_be_bytes());
            match Message::from_vec(&shorter) {
                Ok(message) => (good, best) = (middle, Some(message)),
                Err(_) => bad = middle,
            }
        }
        match best {
            Some(message) => self.take(reply, &message, store),
            None => Decoded { flags: wire::flags(reply), rcode: wire::header_rcode(reply), body: None, unusual: true },
        }
    }

    fn take(&mut self, reply: &[u8], message: &Message, store: &mut Store) -> Decoded {
        self.answers.clear();
        self.authority.clear();
        let mut unusual = false;
        for (section, records) in [(&message.answers, &mut self.answers), (&message.authorities, &mut self.authority)] {
            for record in section {
                match read_record(record, &mut self.text, store) {
                    Some(record) => records.push(record),
                    None => unusual = true,
                }
            }
        }
        let edns = message.edns.as_ref().map(|edns| edns.max_payload());
        let body = Body { answers: &self.answers, authority: &self.authority, edns };
        let rcode = u16::from(message.metadata.response_code);
        Decoded { flags: wire::flags(reply), rcode, body: Some(store.intern_body(body)), unusual }
    }
}

/// `None` for a record that evidence has no place for.
fn read_record(record: &rr::Record, text: &mut String, store: &mut Store) -> Option<Record> {
    if record.dns_class != DNSClass::IN {
        return None;
    }
    let mut name = |name: &Name| {
        text.clear();
        if name.is_root() {
            text.push('.');
        }
        for (position, label) in name.iter().enumerate() {
            if position > 0 {
                text.push('.');
            }
            push_label(text, label);
        }
        store.intern_name(text)
    };
    let owner = name(&record.name);
    let data = match &record.data {
        RData::A(address) => Rdata::A(address.0),
        RData::AAAA(address) => Rdata::Aaaa(address.0),
        RData::CNAME(target) => Rdata::Cname(name(&target.0)),
        RData::NS(target) => Rdata::Ns(name(&target.0)),
        RData::PTR(target) => Rdata::Ptr(name(&target.0)),
        RData::SRV(srv) => {
            Rdata::Srv { priority: srv.priority, weight: srv.weight, port: srv.port, target: name(&srv.target) }
        }
        RData::SOA(soa) => {
            let soa = Soa {
                mname: name(&soa.mname),
                rname: name(&soa.rname),
                serial: soa.serial,
                refresh: soa.refresh.cast_unsigned(),
                retry: soa.retry.cast_unsigned(),
                expire: soa.expire.cast_unsigned(),
                minimum: soa.minimum,
            };
            Rdata::Soa(store.intern_soa(soa))
        }
        other => {
            let rtype = RecordType(record.record_type().into());
            // Names inside are written out, because a pointer means nothing outside of its message (RFC 3597 section 4).
            let mut octets = Vec::new();
            match other {
                RData::Unknown { rdata, .. } => octets.extend_from_slice(&rdata.anything),
                known => known.emit(&mut BinEncoder::new(&mut octets)).ok()?,
            }
            Rdata::Other { rtype, octets: store.intern_octets(&octets) }
        }
    };
    // RFC 2181 section 8: a TTL with the highest bit set counts as 0.
    let ttl = if record.ttl > i32::MAX.cast_unsigned() { 0 } else { record.ttl };
    Some(Record { owner, ttl, data })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Type, name, request and reply of each line of the fixture.
    fn captures() -> Vec<(&'static str, &'static str, Vec<u8>, Vec<u8>)> {
        let octets = |hex: &str| {
            let digits = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
            digits.map(|digits| u8::from_str_radix(digits, 16).unwrap()).collect()
        };
        let lines = include_str!("../../../tests/fixtures/samba-replies.txt").lines();
        lines
            .filter(|line| !line.starts_with('#'))
            .map(|line| {
                let fields: Vec<&str> = line.split(' ').collect();
                (fields[0], fields[1], octets(fields[2]), octets(fields[3]))
            })
            .collect()
    }

    #[test]
    fn the_replies_of_a_real_server_are_read() {
        assert_eq!(captures().len(), 9);
        for (rtype, name, mut request, reply) in captures() {
            let rtype = RecordType::parse(rtype).unwrap();
            // The requests were written by other code.
            let mut query = Vec::new();
            assert!(wire::write_query(&mut query, name, rtype, true, true));
            request[..2].fill(0);
            assert_eq!(query, request, "{name}");
            assert_eq!(wire::inspect(&reply, &query), wire::Kind::Whole, "{name}");

            let mut store = Store::default();
            let decoded = Decoder::default().decode(&reply, &mut store).unwrap();
            assert!(!decoded.unusual, "{name}");
            let expected = if name.starts_with("nosuch") { 3 } else { decoded.rcode };
            assert_eq!(decoded.rcode, expected, "{name}");
            let body = store.body(decoded.body.unwrap());
            let counts = [6, 8].map(|at| usize::from(u16::from_be_bytes([reply[at], reply[at + 1]])));
            assert_eq!([body.answers.len(), body.authority.len()], counts, "{name}");
            // A GUID alias comes with the address of its target.
            let typed = |record: &Record| record.data.rtype() == rtype || record.data.rtype() == RecordType::CNAME;
            assert!(body.answers.iter().all(typed), "{name}");
        }
    }

    #[test]
    fn what_can_be_read_of_a_cut_reply_is_kept() {
        for (_, name, _, reply) in captures() {
            let counted = u16::from_be_bytes([reply[6], reply[7]]);
            for end in wire::HEADER..reply.len() {
                let mut store = Store::default();
                let decoded = Decoder::default().decode_truncated(&reply[..end], &mut store);
                let kept = decoded.body.map_or(0, |body| store.body(body).answers.len());
                assert!(kept <= usize::from(counted), "{name}");
            }
            let mut store = Store::default();
            // Without its last octet a reply still has all records but the last.
            let decoded = Decoder::default().decode_truncated(&reply[..reply.len() - 1], &mut store);
            if counted > 1 {
                assert!(store.body(decoded.body.unwrap()).answers.len() >= usize::from(counted) - 1, "{name}");
            }
        }
    }

    fn read_all_ways(reply: &[u8]) {
        let mut store = Store::default();
        let mut decoder = Decoder::default();
        let _ = decoder.decode(reply, &mut store);
        if reply.len() >= wire::HEADER {
            decoder.decode_bare(reply, &mut store);
            decoder.decode_truncated(reply, &mut store);
        }
        for (_, _, query, _) in captures() {
            wire::inspect(reply, &query);
        }
    }

    proptest! {
        #[test]
        fn arbitrary_octets_never_panic(reply in prop::collection::vec(any::<u8>(), 0..600)) {
            read_all_ways(&reply);
        }

        #[test]
        fn mutated_replies_never_panic(
            pick in any::<prop::sample::Index>(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
            cut in any::<prop::sample::Index>(),
            whole in any::<bool>(),
        ) {
            let captures = captures();
            let mut reply = pick.get(&captures).3.clone();
            for (position, value) in changes {
                let position = position.index(reply.len());
                reply[position] = value;
            }
            if !whole {
                reply.truncate(cut.index(reply.len()));
            }
            read_all_ways(&reply);
        }
    }
}
