//! Trying a port: whether a service can be reached at all.
//!
//! Nothing that is sent here can change anything, or even be of use to whoever receives it:
//!
//! - Over TCP a connection is made, once, and closed; no octet is sent on it.
//! - UDP 53: one question for the SOA of the root, opcode QUERY, without recursion. A server answers from what it has, or
//!   refuses; it asks nobody else.
//! - UDP 88: one AS-REQ (RFC 4120 section 5.4.1) for a principal in a realm below `invalid`, which no directory can hold
//!   (RFC 6761 section 6.4), without pre-authentication data: no password takes part, so none can be counted as wrong,
//!   and no account exists that could be locked. The answer is an error; a KDC may log it as an unknown name.
//! - UDP 389: the LDAP ping, a search that needs no bind.
//! - UDP 464: a password change message (RFC 3244 section 2) whose AP-REQ and KRB-PRIV are empty: it names nobody, is
//!   signed by nobody and holds no password, so that there is nothing that a server could do but refuse it.
//!
//! A datagram is sent twice at most.

use std::net::SocketAddr;
use std::time::Duration;

use super::ber::{self, Elements, tag};
use super::cldap;
use super::net::{self, Conversation};
use super::reader::{Malformed, Reader, Rejected};
use crate::evidence::probe::Failure;
use crate::evidence::{Layer, PortState};

/// Where a message of RFC 4120 begins: `[APPLICATION n]`, constructed.
const AS_REQ: u8 = 0x6a;
const AS_REP: u8 = 0x6b;
const KRB_ERROR: u8 = 0x7e;
/// GeneralString, GeneralizedTime and BIT STRING (X.680).
const GENERAL_STRING: u8 = 0x1b;
const GENERALIZED_TIME: u8 = 0x18;
const BIT_STRING: u8 = 0x03;

/// A realm and a client that cannot exist.
const REALM: &str = "GUIDPOST.INVALID";
const CLIENT: &str = "guidpost-port-check";

/// Tries a port once; `port` is the service's own number, wherever the door is.
pub(super) async fn try_port(door: SocketAddr, port: u16, layer: Layer, timeout: Duration) -> PortState {
    match (layer, port) {
        (Layer::Tcp, _) => state(Conversation::open(door, timeout).await),
        (Layer::Udp, 53) => {
            let id = u16::from_be_bytes(net::random());
            state(net::datagram(door, timeout, &dns_question(id), |reply| dns_reply(reply, id)).await)
        }
        (Layer::Udp, 88) => {
            let nonce = u32::from_be_bytes(net::random()) >> 1;
            state(net::datagram(door, timeout, &as_req(nonce), kerberos_reply).await)
        }
        (Layer::Udp, 389) => match cldap::ask(door, timeout).await.failure() {
            None => PortState::Open,
            Some(failure) => state::<()>(Err(failure.clone())),
        },
        (Layer::Udp, 464) => state(net::datagram(door, timeout, &password_change(), any_reply).await),
        (Layer::Udp, other) => PortState::Untried(format!("no harmless question is known for UDP port {other}")),
    }
}

fn state<T>(ended: Result<T, Failure>) -> PortState {
    match ended {
        Ok(_) | Err(Failure::Denied(_)) => PortState::Open,
        Err(Failure::Refused) => PortState::Closed,
        Err(Failure::Unreachable) => PortState::Unreachable,
        Err(Failure::Local(trouble)) => PortState::Untried(trouble),
        // Something answers there; whether it is the service cannot be said.
        Err(Failure::Malformed(what)) => PortState::Untried(format!("what answered is not the service: {what}")),
        Err(Failure::Timeout | Failure::Stalled | Failure::Closed) => PortState::Silent,
    }
}

/// The SOA of the root, without recursion (RFC 1035 section 4.1).
fn dns_question(id: u16) -> Vec<u8> {
    let mut out = id.to_be_bytes().to_vec();
    out.extend_from_slice(&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    // Root, type SOA, class IN.
    out.extend_from_slice(&[0, 0, 6, 0, 1]);
    out
}

/// Any reply to it will do, an error too.
fn dns_reply(datagram: &[u8], id: u16) -> Result<(), Rejected> {
    let mut reader = Reader::new(datagram);
    if reader.u16_be()? != id {
        return Err(Rejected::Alien);
    }
    // Our own question, sent back, is no reply.
    if reader.u16_be()? & 0x8000 == 0 { Err(Rejected::Alien) } else { Ok(()) }
}

/// The request for a ticket (RFC 4120 section 5.4.1).
fn as_req(nonce: u32) -> Vec<u8> {
    let sequence = |parts: &[Vec<u8>]| ber::element(tag::SEQUENCE, &parts.concat());
    let field = |number: u8, content: Vec<u8>| ber::element(0xa0 | number, &content);
    let string = |text: &str| ber::element(GENERAL_STRING, text.as_bytes());
    let number = |value| ber::number(tag::INTEGER, value);
    let principal = |kind, parts: &[&str]| {
        let parts: Vec<Vec<u8>> = parts.iter().map(|part| string(part)).collect();
        sequence(&[field(0, number(kind)), field(1, sequence(&parts))])
    };
    // AES-256, AES-128 and RC4 (RFC 3961 section 8, RFC 4757).
    let encryption = [18, 17, 23].map(number);
    let body = sequence(&[
        // No option at all: four octets of flags behind the count of unused bits.
        field(0, ber::element(BIT_STRING, &[0, 0, 0, 0, 0])),
        // NT-PRINCIPAL and NT-SRV-INST (RFC 4120 section 6.2).
        field(1, principal(1, &[CLIENT])),
        field(2, string(REALM)),
        field(3, principal(2, &["krbtgt", REALM])),
        field(5, ber::element(GENERALIZED_TIME, b"19700101000000Z")),
        field(7, number(nonce)),
        field(8, sequence(&encryption)),
    ]);
    ber::element(AS_REQ, &sequence(&[field(1, number(5)), field(2, number(10)), field(4, body)]))
}

/// An error, or the ticket that cannot be.
fn kerberos_reply(datagram: &[u8]) -> Result<(), Rejected> {
    match Elements::new(datagram).next()? {
        (KRB_ERROR | AS_REP, _) => Ok(()),
        _ => Err(Malformed("no reply of a KDC").into()),
    }
}

/// Length of the message, version, and an AP-REQ of no octets, with nothing behind it.
fn password_change() -> [u8; 6] {
    [0, 6, 0, 1, 0, 0]
}

#[expect(clippy::unnecessary_wraps, reason = "takes the place of a reader of replies")]
fn any_reply(_: &[u8]) -> Result<(), Rejected> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::probe::testing::hex;

    #[test]
    fn the_request_for_a_ticket_is_well_formed_and_holds_no_secret() {
        let request = as_req(0x0102_0304);
        // As `openssl asn1parse -inform DER` reads it, field by field.
        let expected = "\
            6a81a130819ea103020105a20302010aa4819130818ea00703050000000000a120301ea003020101a11730151b1367756964\
            706f73742d706f72742d636865636ba2121b1047554944504f53542e494e56414c4944a3253023a003020102a11c301a1b06\
            6b72627467741b1047554944504f53542e494e56414c4944a511180f31393730303130313030303030305aa7060204010203\
            04a80b3009020112020111020117";
        assert_eq!(request, hex(expected));
        let mut message = Elements::new(&request);
        let mut parts = message.enter(AS_REQ).unwrap().enter(tag::SEQUENCE).unwrap();
        let tags: Vec<u8> = std::iter::from_fn(|| parts.next().ok()).map(|(tag, _)| tag).collect();
        assert_eq!(tags, [0xa1, 0xa2, 0xa4], "version, type, body: no pre-authentication data (0xa3)");
        assert!(message.is_empty());
    }

    #[test]
    fn only_replies_of_the_service_open_a_port() {
        assert_eq!(kerberos_reply(&ber::element(KRB_ERROR, &[])), Ok(()));
        assert_eq!(kerberos_reply(&ber::element(AS_REP, &[])), Ok(()));
        for bad in [&as_req(1)[..], b"", b"\x7e", b"\x7e\x80", b"hello"] {
            assert!(kerberos_reply(bad).is_err(), "{bad:?}");
        }
        let mut reply = dns_question(7);
        assert_eq!(dns_reply(&reply, 7), Err(Rejected::Alien), "an echo");
        reply[2] = 0x80;
        assert_eq!((dns_reply(&reply, 7), dns_reply(&reply, 8)), (Ok(()), Err(Rejected::Alien)));
        assert!(dns_reply(&[0], 0).is_err());
    }

    #[test]
    fn what_ends_a_try_says_so_much_and_no_more() {
        for (failure, expected) in [
            (Failure::Timeout, PortState::Silent),
            (Failure::Refused, PortState::Closed),
            (Failure::Unreachable, PortState::Unreachable),
            (Failure::Local("x".into()), PortState::Untried("x".into())),
            (Failure::Malformed("x".into()), PortState::Untried("what answered is not the service: x".into())),
        ] {
            assert_eq!(state::<()>(Err(failure)), expected);
        }
    }
}
