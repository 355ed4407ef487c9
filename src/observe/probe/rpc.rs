//! DCE/RPC over TCP: the PDUs that a bind and one call need (C706 section 12.6, MS-RPCE 2.2.2).

use std::net::SocketAddr;
use std::time::Duration;

use super::net::Conversation;
use super::reader::{Malformed, Reader};
use crate::evidence::probe::{Denial, Failure, Status};

/// PDU types.
const REQUEST: u8 = 0;
const RESPONSE: u8 = 2;
const FAULT: u8 = 3;
const BIND: u8 = 11;
const BIND_ACK: u8 = 12;
const BIND_NAK: u8 = 13;

/// First and last fragment.
const FIRST: u8 = 1;
const LAST: u8 = 2;

/// Version 5.0.
const VERSION: [u8; 2] = [5, 0];
/// Little-endian integers, ASCII, IEEE floats (C706 section 14.1).
const LITTLE_ENDIAN: [u8; 4] = [0x10, 0, 0, 0];
const HEADER: usize = 16;
/// Longest fragment that either side may send: what Windows and Samba ask for.
const FRAGMENT: u16 = 0x16d0;

/// Endpoint mapper interface, version 3.0 (C706 appendix O), in packet form.
const ENDPOINT_MAPPER: [u8; 20] =
    [0x08, 0x83, 0xaf, 0xe1, 0x1f, 0x5d, 0xc9, 0x11, 0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa, 3, 0, 0, 0];
/// NDR transfer syntax, version 2.0 (C706 section 14.4), in packet form.
pub(super) const NDR: [u8; 20] =
    [0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60, 2, 0, 0, 0];

/// Security provider NTLM, at level "integrity" (MS-RPCE 2.2.1.1.7 and 2.2.1.1.8); context 1.
const NTLM_TRAILER: [u8; 8] = [10, 5, 0, 0, 1, 0, 0, 0];
/// Length of such a trailer.
const TRAILER: usize = 8;

/// The call ids of the only two PDUs that a conversation sends.
pub(super) const BIND_CALL: u32 = 1;
pub(super) const REQUEST_CALL: u32 = 2;

fn pdu(kind: u8, call: u32, body: &[u8], token: Option<&[u8]>) -> Vec<u8> {
    let auth = token.map_or(0, |token| TRAILER + token.len());
    let length = (HEADER + body.len() + auth) as u16;
    let mut out = VERSION.to_vec();
    out.extend_from_slice(&[kind, FIRST | LAST]);
    out.extend_from_slice(&LITTLE_ENDIAN);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&(token.map_or(0, <[u8]>::len) as u16).to_le_bytes());
    out.extend_from_slice(&call.to_le_bytes());
    out.extend_from_slice(body);
    if let Some(token) = token {
        out.extend_from_slice(&NTLM_TRAILER);
        out.extend_from_slice(token);
    }
    out
}

/// A bind to the endpoint mapper, with an NTLM token if wanted.
pub fn bind(token: Option<&[u8]>) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend_from_slice(&FRAGMENT.to_le_bytes());
    body.extend_from_slice(&FRAGMENT.to_le_bytes());
    // A new association group; one presentation context, number 0, with one transfer syntax.
    body.extend_from_slice(&[0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0]);
    body.extend_from_slice(&ENDPOINT_MAPPER);
    body.extend_from_slice(&NDR);
    pdu(BIND, BIND_CALL, &body, token)
}

/// A call in presentation context 0.
pub(super) fn request(operation: u16, stub: &[u8]) -> Vec<u8> {
    let mut body = (stub.len() as u32).to_le_bytes().to_vec();
    body.extend_from_slice(&[0, 0]);
    body.extend_from_slice(&operation.to_le_bytes());
    body.extend_from_slice(stub);
    pdu(REQUEST, REQUEST_CALL, &body, None)
}

/// How long the PDU at the beginning of `octets` is, as soon as that can be told.
pub fn frame_length(octets: &[u8]) -> Result<Option<usize>, Malformed> {
    if !VERSION.starts_with(octets.get(..2).unwrap_or(octets)) {
        return Err(Malformed("this is no RPC"));
    }
    let Some(head) = octets.get(..HEADER) else { return Ok(None) };
    let mut reader = Reader::new(head);
    reader.take(8)?;
    match usize::from(reader.u16_le()?) {
        short if short < HEADER => Err(Malformed("a PDU that is shorter than its header")),
        length => Ok(Some(length)),
    }
}

struct Pdu<'a> {
    kind: u8,
    flags: u8,
    call: u32,
    body: &'a [u8],
    token: &'a [u8],
}

/// Reads one PDU, which `octets` hold and nothing else.
fn read(octets: &[u8]) -> Result<Pdu<'_>, Malformed> {
    let mut reader = Reader::new(octets);
    if reader.array()? != VERSION {
        return Err(Malformed("this is no RPC"));
    }
    let kind = reader.u8()?;
    let flags = reader.u8()?;
    let [integers, ..] = reader.array::<4>()?;
    if integers & 0xf0 != 0x10 {
        return Err(Malformed("a PDU with big-endian integers"));
    }
    let length = usize::from(reader.u16_le()?);
    let token_length = usize::from(reader.u16_le()?);
    let call = reader.u32_le()?;
    if length != octets.len() {
        return Err(Malformed("a PDU of another length than it says"));
    }
    let rest = reader.rest();
    if token_length == 0 {
        return Ok(Pdu { kind, flags, call, body: rest, token: &[] });
    }
    let verifier = token_length + TRAILER;
    let body_length = rest.len().checked_sub(verifier).ok_or(Malformed("a PDU with a lying token length"))?;
    let mut reader = Reader::new(rest);
    let body = reader.take(body_length)?;
    let [_, _, padding, ..] = reader.array::<TRAILER>()?;
    let body_length =
        body.len().checked_sub(usize::from(padding)).ok_or(Malformed("a PDU with a lying padding length"))?;
    Ok(Pdu { kind, flags, call, body: body.get(..body_length).unwrap_or(body), token: reader.rest() })
}

/// Reads the answer to a bind; gives the token inside, empty if there is none.
///
/// # Errors
/// What is wrong with it, or how it refuses.
pub fn bind_answer(octets: &[u8]) -> Result<Vec<u8>, Failure> {
    let pdu = read(octets)?;
    if pdu.call != BIND_CALL {
        return Err(Malformed("an answer to another call").into());
    }
    let mut body = Reader::new(pdu.body);
    match pdu.kind {
        BIND_ACK => {}
        BIND_NAK => return Err(Failure::Denied(Denial::BindNak(body.u16_le()?))),
        FAULT => return Err(fault(pdu.body)?),
        _ => return Err(Malformed("neither bind_ack nor bind_nak").into()),
    }
    // Fragment lengths and the association group.
    body.take(8)?;
    let port = usize::from(body.u16_le()?);
    body.take(port)?;
    // The results are aligned to four octets; the port's length field begins on such a boundary.
    body.take((2 - (port % 4) as isize).rem_euclid(4) as usize)?;
    let results = body.u8()?;
    body.take(3)?;
    if results == 0 {
        return Err(Malformed("a bind_ack without result").into());
    }
    let result = body.u16_le()?;
    let reason = body.u16_le()?;
    body.take(20)?;
    if result != 0 {
        return Err(Failure::Denied(Denial::BindRejected(reason)));
    }
    Ok(pdu.token.to_vec())
}

fn fault(body: &[u8]) -> Result<Failure, Malformed> {
    let mut body = Reader::new(body);
    // Allocation hint, context, cancel count, flags.
    body.take(8)?;
    Ok(Failure::Denied(Denial::Fault(Status(body.u32_le()?))))
}

/// The answer to the call, put together from its fragments.
#[derive(Debug, Default)]
pub struct Answer {
    stub: Vec<u8>,
    begun: bool,
}

impl Answer {
    /// Takes one PDU; gives the stub when this was the last fragment.
    ///
    /// # Errors
    /// What is wrong with it, or how it refuses.
    pub fn take(&mut self, octets: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
        let pdu = read(octets)?;
        if pdu.call != REQUEST_CALL {
            return Err(Malformed("an answer to another call").into());
        }
        match pdu.kind {
            RESPONSE => {}
            FAULT => return Err(fault(pdu.body)?),
            _ => return Err(Malformed("neither response nor fault").into()),
        }
        if (pdu.flags & FIRST != 0) == self.begun {
            return Err(Malformed("fragments out of order").into());
        }
        self.begun = true;
        let mut body = Reader::new(pdu.body);
        body.take(8)?;
        self.stub.extend_from_slice(body.rest());
        Ok((pdu.flags & LAST != 0).then(|| std::mem::take(&mut self.stub)))
    }
}

/// Binds to the endpoint mapper; gives the conversation and the token of the answer.
pub(super) async fn connect(
    target: SocketAddr,
    timeout: Duration,
    token: Option<&[u8]>,
) -> Result<(Conversation, Vec<u8>), Failure> {
    let mut conversation = Conversation::open(target, timeout).await?;
    conversation.send(&bind(token)).await?;
    let answer = conversation.frame(frame_length).await?;
    let token = bind_answer(&answer)?;
    Ok((conversation, token))
}

#[cfg(test)]
mod tests;
