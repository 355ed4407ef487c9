//! The octets of a question, and a look at a reply that is cheap enough for every stray datagram.
//!
//! This is the only code that writes DNS messages, and opcode QUERY is the only one that it can write.

use crate::base::dns::RecordType;
use crate::evidence::Flags;

/// Length of a message header (RFC 1035 section 4.1.1).
pub(super) const HEADER: usize = 12;

/// Largest reply by UDP that is asked for: fits into any path's packets (DNS flag day 2020).
const UDP_SIZE: u16 = 1232;

/// An OPT record without options, and where its length counts (RFC 6891 section 6.1.2).
const OPT: [u8; 11] = [0, 0, 41, (UDP_SIZE >> 8) as u8, UDP_SIZE as u8, 0, 0, 0, 0, 0, 0];

/// Response codes by which a server says that it does not know EDNS (RFC 6891 section 7), or does not like the question.
pub(super) mod rcode {
    pub(in super::super) const FORMERR: u16 = 1;
    pub(in super::super) const SERVFAIL: u16 = 2;
    pub(in super::super) const NOTIMP: u16 = 4;
    pub(in super::super) const REFUSED: u16 = 5;
}

/// Writes a question into `query`, with id 0. `name` is in presentation form.
///
/// Returns `false`, and writes nothing of use, if the name is no name on the wire (RFC 1035 section 2.3.4).
pub(super) fn write_query(query: &mut Vec<u8>, name: &str, rtype: RecordType, recursion: bool, edns: bool) -> bool {
    query.clear();
    // Opcode QUERY (0), and RD if wanted; one question.
    query.extend_from_slice(&[0, 0, u8::from(recursion), 0, 0, 1, 0, 0, 0, 0, 0, u8::from(edns)]);
    if !write_name(query, name) {
        return false;
    }
    query.extend_from_slice(&rtype.0.to_be_bytes());
    query.extend_from_slice(&1u16.to_be_bytes());
    if edns {
        query.extend_from_slice(&OPT);
    }
    true
}

/// Takes the OPT record off a question that was written with one.
pub(super) fn remove_edns(query: &mut Vec<u8>) {
    if has_edns(query) {
        query.truncate(query.len() - OPT.len());
        query[11] = 0;
    }
}

/// Whether a question written here has an OPT record.
pub(super) fn has_edns(query: &[u8]) -> bool {
    query[11] != 0
}

/// The octets of the QUESTION section of a question written here.
fn question(query: &[u8]) -> &[u8] {
    let end = if has_edns(query) { query.len() - OPT.len() } else { query.len() };
    &query[HEADER..end]
}

fn write_name(out: &mut Vec<u8>, name: &str) -> bool {
    let start = out.len();
    let whole = if name.as_bytes().contains(&b'\\') { write_escaped(out, name) } else { write_plain(out, name) };
    whole && out.len() - start <= 255
}

/// Without escapes the text is the octets, with the length of a label in the place of the dot before it. From the end a
/// length is known when its place is met.
fn write_plain(out: &mut Vec<u8>, name: &str) -> bool {
    let start = out.len();
    out.push(b'.');
    out.extend_from_slice(name.as_bytes());
    let mut length = 0usize;
    for octet in out[start..].iter_mut().rev() {
        if *octet != b'.' {
            length += 1;
            continue;
        }
        if !(1..=63).contains(&length) {
            return false;
        }
        *octet = length as u8;
        length = 0;
    }
    out.push(0);
    true
}

fn write_escaped(out: &mut Vec<u8>, name: &str) -> bool {
    let mut label = out.len();
    out.push(0);
    let mut octets = name.bytes();
    while let Some(octet) = octets.next() {
        let octet = match octet {
            b'.' => {
                if !close_label(out, label) {
                    return false;
                }
                label = out.len();
                out.push(0);
                continue;
            }
            b'\\' => match escaped(&mut octets) {
                Some(octet) => octet,
                None => return false,
            },
            plain => plain,
        };
        out.push(octet);
    }
    let whole = close_label(out, label);
    out.push(0);
    whole
}

fn close_label(out: &mut [u8], label: usize) -> bool {
    let len = out.len() - label - 1;
    out[label] = len as u8;
    (1..=63).contains(&len)
}

fn escaped(octets: &mut std::str::Bytes<'_>) -> Option<u8> {
    let first = octets.next()?;
    if !first.is_ascii_digit() {
        return Some(first);
    }
    let mut code = u16::from(first - b'0');
    for _ in 0..2 {
        let digit = octets.next().filter(u8::is_ascii_digit)?;
        code = code * 10 + u16::from(digit - b'0');
    }
    u8::try_from(code).ok()
}

/// What a reply is, before its records are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Not a reply to this question, whatever else it may be.
    Alien,
    /// The server says that it holds only a part (TC); nothing behind the question is to be trusted.
    Truncated,
    /// An error without a QUESTION section: all that some servers send.
    BareError,
    /// A reply whose records can be read.
    Whole,
}

/// Looks at a message that came back with the right id, from the right address, for `query`.
pub(super) fn inspect(reply: &[u8], query: &[u8]) -> Kind {
    if reply.len() < HEADER {
        return Kind::Alien;
    }
    let is_reply = reply[2] & 0x80 != 0;
    let opcode = (reply[2] >> 3) & 0x0f;
    if !is_reply || opcode != 0 {
        return Kind::Alien;
    }
    let code = header_rcode(reply);
    match [reply[4], reply[5]] {
        [0, 0] => {
            let error = matches!(code, rcode::FORMERR | rcode::SERVFAIL | rcode::NOTIMP | rcode::REFUSED);
            let no_records = reply[6..10] == [0; 4];
            if error && no_records { Kind::BareError } else { Kind::Alien }
        }
        [0, 1] => {
            let asked = question(query);
            let Some(echoed) = reply.get(HEADER..HEADER + asked.len()) else { return Kind::Alien };
            // Type and class follow the name; letters in them are numbers, so only the name is compared without case.
            let name = asked.len() - 4;
            let same_name = || echoed[..name].eq_ignore_ascii_case(&asked[..name]);
            if echoed != asked && (echoed[name..] != asked[name..] || !same_name()) {
                return Kind::Alien;
            }
            if reply[2] & 0x02 != 0 { Kind::Truncated } else { Kind::Whole }
        }
        _ => Kind::Alien,
    }
}

/// Where the QUESTION section of a reply ends that [`inspect`] found whole, if it is the one of `query` to the letter:
/// servers may change the case of its name.
pub(super) fn same_question(reply: &[u8], query: &[u8]) -> Option<usize> {
    let asked = question(query);
    let end = HEADER + asked.len();
    (reply.get(HEADER..end)? == asked).then_some(end)
}

/// Whether the header counts records in ANSWER.
pub(super) fn has_answers(reply: &[u8]) -> bool {
    reply[6..8] != [0, 0]
}

/// The response code as the header alone has it.
pub(super) fn header_rcode(reply: &[u8]) -> u16 {
    u16::from(reply[3] & 0x0f)
}

/// The flags of a message of at least [`HEADER`] octets.
pub(super) fn flags(reply: &[u8]) -> Flags {
    let bits = [
        (reply[2] & 0x04, Flags::AA),
        (reply[2] & 0x02, Flags::TC),
        (reply[2] & 0x01, Flags::RD),
        (reply[3] & 0x80, Flags::RA),
        (reply[3] & 0x20, Flags::AD),
    ];
    bits.iter().filter(|(bit, _)| *bit != 0).fold(Flags::default(), |flags, (_, flag)| flags.with(*flag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(name: &str, rtype: RecordType) -> Vec<u8> {
        let mut query = Vec::new();
        assert!(write_query(&mut query, name, rtype, true, true));
        query
    }

    fn reply_to(query: &[u8]) -> Vec<u8> {
        let mut reply = query.to_vec();
        remove_edns(&mut reply);
        reply[2] |= 0x84;
        reply
    }

    #[test]
    fn a_question_is_written_to_the_letter() {
        let query = query("dc1.contoso.test", RecordType::AAAA);
        let expected =
            b"\0\0\x01\0\0\x01\0\0\0\0\0\x01\x03dc1\x07contoso\x04test\0\0\x1c\0\x01\0\0\x29\x04\xd0\0\0\0\0\0\0";
        assert_eq!(query, expected);
        let mut plain = query.clone();
        remove_edns(&mut plain);
        assert_eq!(plain[..], [&expected[..11], &[0], &expected[12..expected.len() - 11]].concat());
        remove_edns(&mut plain);
        assert_eq!(plain.len(), expected.len() - 11);
    }

    #[test]
    fn escapes_become_octets_and_impossible_names_are_refused() {
        assert!(
            query(r"a\.b\\\032<\027\255.com", RecordType::A)[HEADER..].starts_with(b"\x08a.b\\ <\x1b\xff\x03com\0")
        );
        let mut out = Vec::new();
        for bad in ["", ".", "a..b", "a\\", "a\\2", "a\\999", &"a".repeat(64), &["abcdefg"; 40].join(".")] {
            assert!(!write_query(&mut out, bad, RecordType::A, true, true), "{bad}");
        }
        assert!(write_query(&mut out, &["a".repeat(61).as_str(); 4].join("."), RecordType::A, true, true));
    }

    #[test]
    fn plain_names_are_written_as_the_long_way_writes_them() {
        for name in ["dc1.contoso.test", "x", "*.a", "", ".", "a.", ".a", "a..b", &"a".repeat(63), &"a".repeat(64)] {
            let (mut plain, mut long_way) = (b"head".to_vec(), b"head".to_vec());
            let written = write_plain(&mut plain, name);
            assert_eq!(written, write_escaped(&mut long_way, name), "{name}");
            assert!(!written || plain == long_way, "{name}");
        }
    }

    #[test]
    fn only_a_question_of_the_same_case_is_the_same() {
        let query = query("dc1.contoso.test", RecordType::A);
        let good = reply_to(&query);
        assert_eq!(same_question(&good, &query), Some(good.len()));
        assert_eq!(same_question(&good.to_ascii_uppercase(), &query), None);
        assert_eq!(same_question(&good[..good.len() - 1], &query), None);
        assert_eq!(same_question(&[], &query), None);
    }

    #[test]
    fn replies_are_told_from_what_only_looks_like_one() {
        let query = query("dc1.contoso.test", RecordType::A);
        let good = reply_to(&query);
        assert_eq!(inspect(&good, &query), Kind::Whole);
        assert_eq!(inspect(&good.to_ascii_uppercase(), &query), Kind::Whole);
        assert_eq!(inspect(&query, &query), Kind::Alien, "an echo of the question");
        assert_eq!(inspect(&good[..11], &query), Kind::Alien);
        assert_eq!(inspect(&[], &query), Kind::Alien);
        assert_eq!(inspect(&good[..20], &query), Kind::Alien);
        let change = |position: usize, value: u8| {
            let mut changed = good.clone();
            changed[position] = value;
            inspect(&changed, &query)
        };
        assert_eq!(change(2, 0xac), Kind::Alien, "opcode UPDATE");
        assert_eq!(change(2, 0x86), Kind::Truncated);
        assert_eq!(change(13, b'x'), Kind::Alien, "another name");
        assert_eq!(change(good.len() - 3, 28), Kind::Alien, "another type");
        assert_eq!(change(good.len() - 1, 3), Kind::Alien, "another class");
        assert_eq!(change(5, 2), Kind::Alien, "two questions");
    }

    #[test]
    fn types_are_compared_with_case() {
        // 65 and 97 are the letters A and a.
        let query = query("x.test", RecordType(65));
        let mut reply = reply_to(&query);
        let position = reply.len() - 3;
        reply[position] = 97;
        assert_eq!(inspect(&reply, &query), Kind::Alien);
    }

    #[test]
    fn an_error_may_come_as_a_header_alone() {
        let query = query("x.test", RecordType::A);
        let bare = |code: u8| inspect(&[0, 0, 0x80, code, 0, 0, 0, 0, 0, 0, 0, 0], &query);
        for code in [1, 2, 4, 5] {
            assert_eq!(bare(code), Kind::BareError);
        }
        assert_eq!(bare(0), Kind::Alien);
        assert_eq!(bare(3), Kind::Alien, "NXDOMAIN without a question says nothing of any name");
    }
}
