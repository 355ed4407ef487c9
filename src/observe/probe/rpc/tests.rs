//! Known PDUs, refusals, fragments, and lengths that lie.

use super::*;
use crate::observe::probe::testing::hex;

const ACK: &str = "05000c03100000003c00000001000000d016d0162dcf000004003133350000000100000000000000045d888aeb1cc911\
                   9fe808002b10486002000000";

#[test]
fn the_bind_is_the_known_one() {
    let expected = "05000b03100000004800000001000000d016d0160000000001000000000001000883afe11f5dc91191a408002b14a0\
                    fa03000000045d888aeb1cc9119fe808002b10486002000000";
    assert_eq!(bind(None), hex(expected));
    let with_token = bind(Some(b"NTLMSSP\0"));
    assert_eq!(frame_length(&with_token), Ok(Some(0x48 + 16)));
    assert_eq!(with_token.get(10..12), Some(&[8, 0][..]));
    assert_eq!(read(&with_token).unwrap().token, b"NTLMSSP\0");
}

#[test]
fn a_bind_can_be_accepted_rejected_and_refused() {
    assert_eq!(bind_answer(&hex(ACK)), Ok(Vec::new()));
    let mut rejected = hex(ACK);
    rejected[36] = 2;
    rejected[38] = 1;
    assert_eq!(bind_answer(&rejected), Err(Failure::Denied(Denial::BindRejected(1))));
    let nak = hex("05000d031000000015000000010000000400000000");
    assert_eq!(bind_answer(&nak), Err(Failure::Denied(Denial::BindNak(4))));
    let fault = hex("0500030310000000200000000100000000000000000000000500000000000000");
    assert_eq!(bind_answer(&fault), Err(Failure::Denied(Denial::Fault(Status(5)))));
    let mut other = hex(ACK);
    other[12] = 9;
    assert_eq!(bind_answer(&other), Err(Failure::Malformed("an answer to another call".into())));
}

#[test]
fn the_port_in_a_bind_ack_may_have_any_length() {
    // What stands between the port's length field and the results: the port and the padding.
    for port in 0..12usize {
        let mut body = vec![0; 8];
        body.extend_from_slice(&(port as u16).to_le_bytes());
        body.resize(10 + port, b'9');
        body.resize(body.len().next_multiple_of(4), 0xee);
        body.extend_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0]);
        body.extend_from_slice(&NDR);
        assert_eq!(bind_answer(&pdu(BIND_ACK, 1, &body, None)), Ok(Vec::new()), "{port}");
    }
}

#[test]
fn fragments_are_put_together_in_order() {
    let fragment = |flags: u8, octets: &[u8]| {
        let mut fragment = pdu(RESPONSE, REQUEST_CALL, &[&[0; 8], octets].concat(), None);
        fragment[3] = flags;
        fragment
    };
    let mut answer = Answer::default();
    assert_eq!(answer.take(&fragment(FIRST, b"ab")), Ok(None));
    assert_eq!(answer.take(&fragment(0, b"c")), Ok(None));
    assert_eq!(answer.take(&fragment(LAST, b"d")), Ok(Some(b"abcd".to_vec())));
    assert!(Answer::default().take(&fragment(LAST, b"d")).is_err(), "the first is missing");
    let mut twice = Answer::default();
    assert_eq!(twice.take(&fragment(FIRST, b"ab")), Ok(None));
    assert!(twice.take(&fragment(FIRST | LAST, b"ab")).is_err());
}

#[test]
fn lengths_that_lie_are_refused() {
    assert_eq!(frame_length(b"HT"), Err(Malformed("this is no RPC")));
    assert_eq!(frame_length(&[5]), Ok(None));
    assert!(frame_length(&hex("05000c03100000000f00000001000000")).is_err());
    for (position, value) in [(8, 0xff), (10, 0xff), (10, 0x30), (24, 0xff), (4, 0)] {
        let mut lying = hex(ACK);
        lying[position] = value;
        assert!(bind_answer(&lying).is_err(), "{position}");
    }
}
