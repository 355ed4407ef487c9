//! The few parts of the DNS message format that the server needs (RFC 1035 section 4, RFC 6891), written by hand: a
//! codec that refuses what is wrong could not tell the lies that the scenarios are made of, and one shared with the
//! client would hide the faults of both.

/// Response codes (RFC 1035 section 4.1.1).
pub(super) const NOERROR: u8 = 0;
pub(super) const FORMERR: u8 = 1;
pub(super) const SERVFAIL: u8 = 2;
pub(super) const NXDOMAIN: u8 = 3;
pub(super) const REFUSED: u8 = 5;

/// Record types that the server knows by name.
pub(super) const A: u16 = 1;
pub(super) const NS: u16 = 2;
pub(super) const CNAME: u16 = 5;
pub(super) const SOA: u16 = 6;
pub(super) const PTR: u16 = 12;
pub(super) const TXT: u16 = 16;
pub(super) const AAAA: u16 = 28;
pub(super) const SRV: u16 = 33;
const OPT: u16 = 41;

/// What a client may receive in one datagram when it says nothing else.
const CLASSIC_SIZE: usize = 512;

/// One resource record of class IN, ready for the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rr {
    /// Owner name, uncompressed, in the case of its line.
    pub(super) owner: Vec<u8>,
    pub(super) ttl: u32,
    pub(super) rtype: u16,
    /// Uncompressed.
    pub(super) rdata: Vec<u8>,
}

/// What a client asks.
pub(super) struct Query {
    id: [u8; 2],
    flags: u16,
    /// The question section as it came; replies echo it, its case included.
    question: Vec<u8>,
    /// The asked name, uncompressed.
    pub(super) name: Vec<u8>,
    pub(super) rtype: u16,
    /// The size that the client's OPT record offers.
    pub(super) edns: Option<u16>,
}

impl Query {
    /// Reads a message; `None` for anything but a standard query with one question, which a server may ignore.
    pub(super) fn parse(octets: &[u8]) -> Option<Self> {
        let counts = octets.get(4..12)?;
        if octets[2] & 0xf8 != 0 || counts[..2] != [0, 1] || counts[2..6] != [0; 4] {
            return None;
        }
        let name_end = 12 + name_len(octets.get(12..)?)?;
        let question = octets.get(12..name_end + 4)?;
        let additional = octets.get(name_end + 4..)?;
        Some(Self {
            id: [octets[0], octets[1]],
            flags: u16::from_be_bytes([octets[2], octets[3]]),
            question: question.to_vec(),
            name: octets[12..name_end].to_vec(),
            rtype: u16::from_be_bytes([octets[name_end], octets[name_end + 1]]),
            edns: (counts[7] != 0).then(|| opt_size(additional)).flatten(),
        })
    }

    /// The greatest datagram that this client takes.
    pub(super) fn datagram_size(&self) -> usize {
        self.edns.map_or(CLASSIC_SIZE, |size| usize::from(size).max(CLASSIC_SIZE))
    }

    /// The AD flag, which some servers echo.
    pub(super) fn ad(&self) -> bool {
        self.flags & 0x20 != 0
    }
}

/// The size field of an OPT record that stands first.
fn opt_size(octets: &[u8]) -> Option<u16> {
    let [0, high, low, size_high, size_low, ..] = *octets else { return None };
    (u16::from_be_bytes([high, low]) == OPT).then(|| u16::from_be_bytes([size_high, size_low]))
}

/// Octets of the uncompressed name at the beginning.
pub(super) fn name_len(octets: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let label = usize::from(*octets.get(at)?);
        at += 1 + label;
        if label > 63 || at > 255 {
            return None;
        }
        if label == 0 {
            return Some(at);
        }
    }
}

/// The labels of an uncompressed name, without the root.
pub(super) fn labels(name: &[u8]) -> Vec<&[u8]> {
    let mut labels = Vec::new();
    let mut rest = name;
    while let Some((&len, tail)) = rest.split_first() {
        let len = usize::from(len).min(tail.len());
        if len == 0 {
            break;
        }
        labels.push(&tail[..len]);
        rest = &tail[len..];
    }
    labels
}

/// What the server says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) rcode: u8,
    pub(super) aa: bool,
    pub(super) ra: bool,
    pub(super) ad: bool,
    /// An OPT record goes along.
    pub(super) opt: bool,
    pub(super) answers: Vec<Rr>,
    pub(super) authority: Vec<Rr>,
}

impl Reply {
    /// A header with this code, and nothing else.
    pub(super) fn code(rcode: u8) -> Self {
        Self { rcode, ..Self::default() }
    }

    /// The whole message.
    pub(super) fn encode(&self, query: &Query) -> Vec<u8> {
        self.message(query, false)
    }

    /// The message with TC set and without records (RFC 2181 section 9).
    pub(super) fn encode_truncated(&self, query: &Query) -> Vec<u8> {
        self.message(query, true)
    }

    fn message(&self, query: &Query, truncated: bool) -> Vec<u8> {
        let (answers, authority): (&[Rr], &[Rr]) =
            if truncated { (&[], &[]) } else { (&self.answers, &self.authority) };
        // RD is echoed (RFC 1035 section 4.1.1).
        let mut flags = 0x8000 | (query.flags & 0x0100) | u16::from(self.rcode);
        for (set, bit) in [(self.aa, 0x0400), (truncated, 0x0200), (self.ra, 0x0080), (self.ad, 0x0020)] {
            flags |= if set { bit } else { 0 };
        }
        let mut out = query.id.to_vec();
        out.extend(flags.to_be_bytes());
        for count in [1, answers.len(), authority.len(), usize::from(self.opt)] {
            // No scenario holds 65,536 records at one name.
            out.extend(u16::try_from(count).unwrap_or(u16::MAX).to_be_bytes());
        }
        out.extend(&query.question);
        for record in answers.iter().chain(authority) {
            // The one compression that matters for size: an owner that is the asked name, case included.
            if record.owner == query.name {
                out.extend([0xc0, 12]);
            } else {
                out.extend(&record.owner);
            }
            out.extend(record.rtype.to_be_bytes());
            out.extend([0, 1]);
            out.extend(record.ttl.to_be_bytes());
            out.extend(u16::try_from(record.rdata.len()).unwrap_or(u16::MAX).to_be_bytes());
            out.extend(&record.rdata);
        }
        if self.opt {
            out.extend([0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUESTION: &[u8] =
        b"\x12\x34\x01\x20\0\x01\0\0\0\0\0\x01\x03Dc1\x03com\0\0\x01\0\x01\0\0\x29\x04\xd0\0\0\0\0\0\0";

    #[test]
    fn a_question_is_read_and_echoed() {
        let query = Query::parse(QUESTION).expect("a good question");
        assert_eq!((query.rtype, query.edns, query.ad()), (A, Some(1232), true));
        assert_eq!(labels(&query.name), [&b"Dc1"[..], b"com"]);
        let reply = Reply { aa: true, ..Reply::code(NXDOMAIN) }.encode(&query);
        assert_eq!(reply[..4], [0x12, 0x34, 0x85, 0x03]);
        assert_eq!(reply[12..], QUESTION[12..QUESTION.len() - 11]);
    }

    #[test]
    fn what_is_no_question_is_ignored() {
        for end in 0..QUESTION.len() - 11 {
            assert!(Query::parse(&QUESTION[..end]).is_none(), "{end} octets");
        }
        let mut update = QUESTION.to_vec();
        update[2] = 0x28;
        assert!(Query::parse(&update).is_none(), "opcode UPDATE");
    }
}
