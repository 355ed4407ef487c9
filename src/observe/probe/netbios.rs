//! NetBIOS node status (RFC 1002 sections 4.2.17 and 4.2.18), UDP 137: the names that a machine holds.
//!
//! The unit id behind the names is not read: Samba sends uninitialised memory there.

use std::net::SocketAddr;
use std::time::Duration;

use super::net;
use super::reader::{Malformed, Reader, Rejected};
use crate::evidence::probe::{NetbiosName, NodeStatus, Reply};

/// Resource record type NBSTAT.
const NBSTAT: u16 = 0x0021;
/// Class IN.
const IN: u16 = 1;

/// The question, as one datagram: the status of whoever holds the name `*`.
pub fn request(id: u16) -> Vec<u8> {
    let mut out = id.to_be_bytes().to_vec();
    // No flags; one question, no records.
    out.extend_from_slice(&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    out.extend_from_slice(&wildcard());
    out.extend_from_slice(&NBSTAT.to_be_bytes());
    out.extend_from_slice(&IN.to_be_bytes());
    out
}

/// `*` and 15 zeros, each octet as two letters (RFC 1001 section 14.1).
fn wildcard() -> [u8; 34] {
    let mut name = [b'A'; 34];
    let [length, high, low, .., end] = &mut name;
    (*length, *high, *low, *end) = (32, b'C', b'K', 0);
    name
}

/// Reads one datagram.
///
/// # Errors
/// [`Rejected::Alien`] for an answer to another question; else what is wrong with it.
pub fn decode(datagram: &[u8], id: u16) -> Result<NodeStatus, Rejected> {
    let mut reader = Reader::new(datagram);
    if reader.u16_be()? != id {
        return Err(Rejected::Alien);
    }
    let flags = reader.u16_be()?;
    if flags & 0x8000 == 0 {
        // Our own question, sent back.
        return Err(Rejected::Alien);
    }
    if flags & 0x000f != 0 {
        return Err(Malformed("a node status with an error code").into());
    }
    let counts = reader.array::<8>()?;
    if !matches!(counts, [0, 0, 0, 1, ..]) {
        return Err(Malformed("a node status without its record").into());
    }
    if reader.take(wildcard().len())? != wildcard() || reader.u16_be()? != NBSTAT || reader.u16_be()? != IN {
        return Err(Malformed("a node status of another name").into());
    }
    let _ttl = reader.u32_be()?;
    let len = usize::from(reader.u16_be()?);
    let mut data = Reader::new(reader.take(len)?);
    let count = data.u8()?;
    let mut names = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let name = data.take(15)?;
        let suffix = data.u8()?;
        let group = data.u16_be()? & 0x8000 != 0;
        names.push(NetbiosName { name: shown(name), suffix, group });
    }
    Ok(NodeStatus { names })
}

/// The name without its padding. Its character set is not announced: octets outside ASCII become the characters of
/// the same number.
fn shown(name: &[u8]) -> String {
    let text: String = name.iter().copied().map(char::from).collect();
    text.trim_end_matches([' ', '\0']).to_owned()
}

/// Asks a machine; a lost datagram is sent once more.
pub async fn ask(target: SocketAddr, timeout: Duration) -> Reply<NodeStatus> {
    let id = u16::from_be_bytes(net::random());
    net::datagram(target, timeout, &request(id), |reply| decode(reply, id)).await.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::probe::testing::hex;

    #[test]
    fn the_question_is_the_known_one() {
        let expected = format!("12340000000100000000000020434b{}0000210001", "41".repeat(30));
        assert_eq!(request(0x1234), hex(&expected));
    }

    #[test]
    fn a_lying_count_and_an_echo_are_no_answers() {
        let mut reply = request(7);
        assert_eq!(decode(&reply, 7), Err(Rejected::Alien));
        assert_eq!(decode(&reply, 8), Err(Rejected::Alien));
        reply[2] = 0x84;
        reply[5] = 0;
        reply[7] = 1;
        reply.extend_from_slice(&[0, 0, 0, 0, 0, 1, 255]);
        assert_eq!(decode(&reply, 7), Err(Malformed("cut short").into()));
        let last = reply.len() - 1;
        reply[last] = 0;
        assert_eq!(decode(&reply, 7), Ok(NodeStatus { names: Vec::new() }));
        reply[3] = 3;
        assert!(matches!(decode(&reply, 7), Err(Rejected::Failure(_))));
    }
}
