//! Any reply, by hickory's codec. No type of that library leaves this file.

use hickory_resolver::proto::op::Message;
use hickory_resolver::proto::rr::{self, DNSClass, Name, RData};
use hickory_resolver::proto::serialize::binary::{BinEncodable, BinEncoder};

use super::{Decoded, Malformed};
use crate::base::dns::RecordType;
use crate::base::name::push_label;
use crate::evidence::{Body, Rdata, Record, Soa, Store};
use crate::observe::dns::wire;

/// Its working memory.
#[derive(Default)]
pub(super) struct Reader {
    text: String,
    answers: Vec<Record>,
    authority: Vec<Record>,
}

impl Reader {
    /// Reads a whole reply and interns what it says.
    pub(super) fn read(&mut self, reply: &[u8], store: &mut Store) -> Result<Decoded, Malformed> {
        if reply.len() < wire::HEADER {
            return Err(Malformed);
        }
        let message = Message::from_vec(reply).map_err(|_| Malformed)?;
        Ok(self.take(reply, &message, store))
    }

    /// Reads as many records of the ANSWER section as are whole; `None` if not even the question is.
    pub(super) fn read_beginning(&mut self, reply: &[u8], store: &mut Store) -> Option<Decoded> {
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
        best.map(|message| self.take(reply, &message, store))
    }

    /// The response code and the ANSWER section of one message of a zone transfer.
    pub(super) fn read_records(&mut self, message: &[u8], store: &mut Store) -> Result<(u16, &[Record]), Malformed> {
        let message = Message::from_vec(message).map_err(|_| Malformed)?;
        self.answers.clear();
        for record in &message.answers {
            self.answers.push(read_record(record, &mut self.text, store).ok_or(Malformed)?);
        }
        Ok((message.metadata.response_code.into(), &self.answers))
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
