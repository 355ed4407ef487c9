//! The two LDAP messages that guidpost reads and the one that it writes: a search of the rootDSE (RFC 4511).
//!
//! Nothing here can write any other operation, a bind included.

use super::ber::{self, Elements, element, number, tag};
use super::reader::{Malformed, text};
use crate::evidence::probe::{Denial, Failure};

/// Protocol operations (RFC 4511 section 4.2 and on).
const SEARCH_REQUEST: u8 = 0x63;
const SEARCH_ENTRY: u8 = 0x64;
const SEARCH_DONE: u8 = 0x65;
const EXTENDED_RESPONSE: u8 = 0x78;

/// Context-specific tags inside messages.
const CONTROLS: u8 = 0xa0;
const FILTER_AND: u8 = 0xa0;
const FILTER_EQUALS: u8 = 0xa3;
const FILTER_PRESENT: u8 = 0x87;

/// Most values of one attribute that are kept.
const MOST_VALUES: usize = 256;
/// Longest diagnostic message that is kept.
const LONGEST_DIAGNOSTIC: usize = 200;

/// `(attribute=value)`.
pub(super) fn equals(attribute: &str, value: &[u8]) -> Vec<u8> {
    let pair = [element(tag::OCTETS, attribute.as_bytes()), element(tag::OCTETS, value)].concat();
    element(FILTER_EQUALS, &pair)
}

/// `(&…)`.
pub(super) fn all_of(filters: &[Vec<u8>]) -> Vec<u8> {
    element(FILTER_AND, &filters.concat())
}

/// `(attribute=*)`.
pub(super) fn present(attribute: &str) -> Vec<u8> {
    element(FILTER_PRESENT, attribute.as_bytes())
}

/// A control that the server may ignore.
pub(super) fn control(oid: &str, value: &[u8]) -> Vec<u8> {
    let content = [element(tag::OCTETS, oid.as_bytes()), element(tag::OCTETS, value)].concat();
    element(tag::SEQUENCE, &content)
}

/// A search of the rootDSE: base object "", no limits.
pub(super) fn search(id: u32, filter: &[u8], attributes: &[&str], controls: &[Vec<u8>]) -> Vec<u8> {
    let names: Vec<u8> = attributes.iter().flat_map(|name| element(tag::OCTETS, name.as_bytes())).collect();
    let operation = [
        element(tag::OCTETS, b""),
        // Scope baseObject, aliases never followed.
        number(tag::ENUMERATED, 0),
        number(tag::ENUMERATED, 0),
        // Neither a limit of entries nor of time; values wanted.
        number(tag::INTEGER, 0),
        number(tag::INTEGER, 0),
        element(tag::BOOLEAN, &[0]),
        filter.to_vec(),
        element(tag::SEQUENCE, &names),
    ]
    .concat();
    let mut message = [number(tag::INTEGER, id), element(SEARCH_REQUEST, &operation)].concat();
    if !controls.is_empty() {
        message.extend(element(CONTROLS, &controls.concat()));
    }
    element(tag::SEQUENCE, &message)
}

/// One message of a server.
#[derive(Debug)]
pub(super) struct Message<'a> {
    /// Which request it answers; 0 for one that answers none.
    pub(super) id: u32,
    pub(super) operation: Operation<'a>,
}

/// What a message is.
#[derive(Debug)]
pub(super) enum Operation<'a> {
    /// The rootDSE.
    Entry(Entry<'a>),
    /// The end of the search, or of the conversation; `Err` for any result but success.
    Done(Result<(), Denial>),
    /// Something else, such as a reference.
    Other,
}

/// The attributes of an entry, in the order of the message.
#[derive(Debug, Default)]
pub(super) struct Entry<'a> {
    attributes: Vec<(&'a [u8], Vec<&'a [u8]>)>,
}

impl<'a> Entry<'a> {
    /// The values of an attribute, whose name has no case.
    pub(super) fn values(&self, name: &str) -> &[&'a [u8]] {
        let found = self.attributes.iter().find(|(have, _)| have.eq_ignore_ascii_case(name.as_bytes()));
        found.map_or(&[], |(_, values)| values)
    }

    /// The first value of an attribute.
    pub(super) fn value(&self, name: &str) -> Option<&'a [u8]> {
        self.values(name).first().copied()
    }
}

/// Reads the next message.
pub(super) fn message<'a>(elements: &mut Elements<'a>) -> Result<Message<'a>, Malformed> {
    let mut message = elements.enter(tag::SEQUENCE)?;
    let id = message.number(tag::INTEGER)?;
    let (kind, content) = message.next()?;
    let inside = message.inside(content)?;
    let operation = match kind {
        SEARCH_ENTRY => Operation::Entry(entry(inside)?),
        SEARCH_DONE | EXTENDED_RESPONSE => Operation::Done(result(inside)?),
        _ => Operation::Other,
    };
    Ok(Message { id, operation })
}

fn entry(mut elements: Elements<'_>) -> Result<Entry<'_>, Malformed> {
    elements.expect(tag::OCTETS)?;
    let mut entry = Entry::default();
    // MS-ADTS 6.3.3.3: an entry without attributes may lack even the empty list.
    if elements.is_empty() {
        return Ok(entry);
    }
    let mut attributes = elements.enter(tag::SEQUENCE)?;
    while !attributes.is_empty() {
        let mut attribute = attributes.enter(tag::SEQUENCE)?;
        let name = attribute.expect(tag::OCTETS)?;
        let mut set = attribute.enter(tag::SET)?;
        let mut values = Vec::new();
        while !set.is_empty() {
            let value = set.expect(tag::OCTETS)?;
            if values.len() < MOST_VALUES {
                values.push(value);
            }
        }
        entry.attributes.push((name, values));
    }
    Ok(entry)
}

fn result(mut elements: Elements<'_>) -> Result<Result<(), Denial>, Malformed> {
    let code = elements.number(tag::ENUMERATED)?;
    elements.expect(tag::OCTETS)?;
    let diagnostic = elements.expect(tag::OCTETS)?;
    if code == 0 {
        return Ok(Ok(()));
    }
    let shown = diagnostic.get(..LONGEST_DIAGNOSTIC).unwrap_or(diagnostic);
    // Active Directory ends its texts with a zero octet.
    let text = text(shown)?.trim_end_matches(['\0', '\r', '\n']).to_owned();
    Ok(Err(Denial::Ldap { code, text }))
}

/// A refusal as failure.
pub(super) fn denied(denial: Denial) -> Failure {
    Failure::Denied(denial)
}

/// How long the message at the beginning of `octets` is.
pub(super) fn frame_length(octets: &[u8]) -> Result<Option<usize>, Malformed> {
    if octets.first().is_some_and(|first| *first != tag::SEQUENCE) {
        return Err(Malformed("this is no LDAP message"));
    }
    ber::frame_length(octets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::probe::testing::hex;

    #[test]
    fn requests_are_those_of_a_known_client() {
        // Sent by a client to which Samba gave good answers.
        let filter = all_of(&[equals("DnsDomain", b"contoso.test"), equals("NtVer", &[0x16, 0, 0, 0])]);
        let expected = "304e020101634904000a01000a0100020100020100010100a02aa3190409446e73446f6d61696e040c636f6e746f73\
                        6f2e74657374a30d04054e74566572040416000000300a04084e65746c6f676f6e";
        assert_eq!(search(1, &filter, &["Netlogon"], &[]), hex(expected));
        // The same server gave the GUID of its NTDS Settings object for this one; its control is critical.
        let critical = hex("30220416312e322e3834302e3131333535362e312e342e3532390101ff04053003020101");
        let expected = "3067020101633c04000a01000a0100020100020100010100870b6f626a656374436c617373301c040d647353657276\
                        6963654e616d65040b646e73486f73744e616d65a02430220416312e322e3834302e3131333535362e312e342e3532\
                        390101ff04053003020101";
        assert_eq!(search(1, &present("objectClass"), &["dsServiceName", "dnsHostName"], &[critical]), hex(expected));
    }

    #[test]
    fn a_refusal_keeps_its_text_and_loses_its_zero() {
        let result = [
            number(tag::ENUMERATED, 1),
            element(tag::OCTETS, b""),
            element(tag::OCTETS, b"000004DC: LdapErr: a successful bind must be completed\0"),
        ]
        .concat();
        let octets = element(tag::SEQUENCE, &[number(tag::INTEGER, 7), element(SEARCH_DONE, &result)].concat());
        let message = message(&mut Elements::new(&octets)).unwrap();
        assert_eq!(message.id, 7);
        let Operation::Done(Err(Denial::Ldap { code: 1, text })) = message.operation else { panic!("{message:?}") };
        assert_eq!(text, "000004DC: LdapErr: a successful bind must be completed");
    }

    #[test]
    fn other_protocols_are_no_ldap() {
        assert!(frame_length(b"HTTP/1.1 400").is_err());
        assert!(frame_length(b"SSH-2.0").is_err());
        assert_eq!(frame_length(b""), Ok(None));
    }
}
