//! Replies by hand: right to begin with, and wrong wherever a test wants them to be.

/// The asked name, as a pointer to it.
pub(crate) const ASKED: &[u8] = &[0xc0, 12];
/// Record types (RFC 1035 section 3.2.2).
pub(crate) const A: u16 = 1;
pub(crate) const CNAME: u16 = 5;
pub(crate) const SOA: u16 = 6;
pub(crate) const TXT: u16 = 16;
pub(crate) const OPT: u16 = 41;
/// Classes (RFC 1035 section 3.2.4).
pub(crate) const IN: u16 = 1;
pub(crate) const CH: u16 = 3;

/// QR, AA, RD and RA.
const GOOD_FLAGS: u16 = 0x8580;

/// A reply that is being put together.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) flags: u16,
    pub(crate) question: Vec<u8>,
    pub(crate) answers: Vec<Vec<u8>>,
    pub(crate) authority: Vec<Vec<u8>>,
    pub(crate) additional: Vec<Vec<u8>>,
    /// Instead of the real counts.
    pub(crate) counts: [Option<u16>; 4],
    /// Behind everything.
    pub(crate) tail: Vec<u8>,
}

impl Draft {
    /// A reply with these records in ANSWER.
    pub(crate) fn new(query: &[u8], answers: &[Vec<u8>]) -> Self {
        Self {
            flags: GOOD_FLAGS,
            question: question(query).to_vec(),
            answers: answers.to_vec(),
            authority: Vec::new(),
            additional: Vec::new(),
            counts: [None; 4],
            tail: Vec::new(),
        }
    }

    /// Where ANSWER begins.
    pub(crate) fn answers_at(&self) -> usize {
        12 + self.question.len()
    }

    pub(crate) fn octets(&self, query: &[u8]) -> Vec<u8> {
        let mut message = query[..2].to_vec();
        message.extend(self.flags.to_be_bytes());
        let questions = usize::from(!self.question.is_empty());
        let real = [questions, self.answers.len(), self.authority.len(), self.additional.len()];
        for (told, real) in self.counts.iter().zip(real) {
            message.extend(told.unwrap_or(real as u16).to_be_bytes());
        }
        message.extend(&self.question);
        for record in [&self.answers, &self.authority, &self.additional].into_iter().flatten() {
            message.extend(record);
        }
        message.extend(&self.tail);
        message
    }
}

/// The QUESTION section of a message.
pub(crate) fn question(message: &[u8]) -> &[u8] {
    let mut end = 12;
    while message[end] != 0 {
        end += usize::from(message[end]) + 1;
    }
    &message[12..end + 5]
}

/// A resource record.
pub(crate) fn record(owner: &[u8], rtype: u16, class: u16, ttl: u32, rdata: &[u8]) -> Vec<u8> {
    with_length(owner, rtype, class, ttl, rdata.len() as u16, rdata)
}

/// A resource record that says of its data how long it is.
pub(crate) fn with_length(owner: &[u8], rtype: u16, class: u16, ttl: u32, length: u16, rdata: &[u8]) -> Vec<u8> {
    let numbers = [rtype.to_be_bytes(), class.to_be_bytes()].concat();
    [owner, &numbers, &ttl.to_be_bytes(), &length.to_be_bytes(), rdata].concat()
}

/// An address record of the asked name.
pub(crate) fn a(address: [u8; 4]) -> Vec<u8> {
    record(ASKED, A, IN, 1200, &address)
}

/// A name, each label as it is.
pub(crate) fn name(labels: &[&[u8]]) -> Vec<u8> {
    let mut octets = Vec::new();
    for label in labels {
        octets.push(label.len() as u8);
        octets.extend_from_slice(label);
    }
    octets.push(0);
    octets
}

/// A name with dots between its labels.
pub(crate) fn dotted(text: &str) -> Vec<u8> {
    name(&text.split('.').map(str::as_bytes).collect::<Vec<_>>())
}

/// Data of an SOA record.
pub(crate) fn soa() -> Vec<u8> {
    let numbers = [1u32, 900, 600, 86_400, 3600].map(u32::to_be_bytes).concat();
    [dotted("dc1.contoso.test"), dotted("hostmaster.contoso.test"), numbers].concat()
}
