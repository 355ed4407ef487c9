//! As much of SMB2 as brings an NTLM challenge: NEGOTIATE and one SESSION_SETUP (MS-SMB2 2.2.3 to 2.2.6).

use std::net::SocketAddr;
use std::time::Duration;

use super::net::{self, Conversation};
use super::reader::{Malformed, Reader};
use crate::evidence::probe::{Denial, Failure, Status};

const PROTOCOL: [u8; 4] = [0xfe, b'S', b'M', b'B'];
const HEADER: usize = 64;

/// Commands.
pub const NEGOTIATE: u16 = 0;
/// Commands.
pub const SESSION_SETUP: u16 = 1;

/// STATUS_MORE_PROCESSING_REQUIRED: the challenge is inside.
const MORE_PROCESSING: u32 = 0xc000_0016;
/// STATUS_PENDING: the true answer follows.
const PENDING: u32 = 0x0000_0103;

/// SMB 2.0.2 to 3.0.2; 3.1.1 would need negotiate contexts.
const DIALECTS: [u16; 4] = [0x0202, 0x0210, 0x0300, 0x0302];
/// Messages that may come in front of the awaited one.
const MOST_PENDING: usize = 8;

/// One message with its length in front (MS-SMB2 2.1), so that both leave in one segment.
fn message(command: u16, id: u64, body: &[u8]) -> Vec<u8> {
    let mut out = ((HEADER + body.len()) as u32).to_be_bytes().to_vec();
    out.extend_from_slice(&PROTOCOL);
    out.extend_from_slice(&(HEADER as u16).to_le_bytes());
    // Credit charge, status.
    out.extend_from_slice(&[0; 6]);
    out.extend_from_slice(&command.to_le_bytes());
    // One credit is asked for; no flags, nothing compounded.
    out.extend_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    out.extend_from_slice(&id.to_le_bytes());
    // Process, tree, session, signature.
    out.extend_from_slice(&[0; 32]);
    out.extend_from_slice(body);
    out
}

/// The first message. `client` is any GUID; servers of SMB 2.1 and later want one.
pub fn negotiate(client: [u8; 16]) -> Vec<u8> {
    let mut body = vec![36, 0];
    body.extend_from_slice(&(DIALECTS.len() as u16).to_le_bytes());
    // Signing enabled; no capabilities.
    body.extend_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0]);
    body.extend_from_slice(&client);
    body.extend_from_slice(&[0; 8]);
    body.extend(DIALECTS.iter().flat_map(|dialect| dialect.to_le_bytes()));
    message(NEGOTIATE, 0, &body)
}

/// The second message, with a bare NTLM token.
pub fn setup(token: &[u8]) -> Vec<u8> {
    const BODY: usize = 24;
    let mut body = vec![25, 0];
    // No flags, signing enabled, no capabilities, no channel.
    body.extend_from_slice(&[0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    body.extend_from_slice(&((HEADER + BODY) as u16).to_le_bytes());
    body.extend_from_slice(&(token.len() as u16).to_le_bytes());
    body.extend_from_slice(&[0; 8]);
    body.extend_from_slice(token);
    message(SESSION_SETUP, 1, &body)
}

/// How long the message at the beginning of `octets` is, its length field included.
pub fn frame_length(octets: &[u8]) -> Result<Option<usize>, Malformed> {
    let Some([kind, length @ ..]) = octets.first_chunk::<4>() else { return Ok(None) };
    if *kind != 0 {
        return Err(Malformed("this is no SMB"));
    }
    let [a, b, c] = length.map(usize::from);
    Ok(Some(4 + (a << 16 | b << 8 | c)))
}

/// The status and the whole message behind its length field; `None` for a message that only asks for patience.
fn answer(frame: &[u8], command: u16) -> Result<Option<(u32, &[u8])>, Malformed> {
    let message = frame.get(4..).ok_or(Malformed("cut short"))?;
    let mut reader = Reader::new(message);
    if reader.array()? != PROTOCOL {
        return Err(Malformed("this is no SMB2"));
    }
    // Structure size and credit charge.
    reader.take(4)?;
    let status = reader.u32_le()?;
    if reader.u16_le()? != command {
        return Err(Malformed("an answer to another command"));
    }
    reader.u16_le()?;
    let is_response = reader.u32_le()? & 1 != 0;
    reader.u32_le()?;
    if !is_response || reader.array::<8>()? != u64::from(command).to_le_bytes() {
        return Err(Malformed("an answer to another message"));
    }
    // What is left of the header.
    reader.take(32)?;
    Ok((status != PENDING).then_some((status, message)))
}

/// Reads the answer to [`negotiate`].
///
/// # Errors
/// What is wrong with it, or how it refuses.
pub fn negotiate_answer(frame: &[u8]) -> Result<Option<()>, Failure> {
    match answer(frame, NEGOTIATE)? {
        None => Ok(None),
        Some((0, _)) => Ok(Some(())),
        Some((status, _)) => Err(Failure::Denied(Denial::Smb(Status(status)))),
    }
}

/// Reads the answer to [`setup`]: the token inside.
///
/// # Errors
/// What is wrong with it, or how it refuses.
pub fn setup_answer(frame: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
    let Some((status, message)) = answer(frame, SESSION_SETUP)? else { return Ok(None) };
    if status != MORE_PROCESSING {
        return Err(Failure::Denied(Denial::Smb(Status(status))));
    }
    let mut body = Reader::new(message.get(HEADER..).unwrap_or_default());
    // Structure size and flags.
    body.take(4)?;
    let offset = usize::from(body.u16_le()?);
    let length = usize::from(body.u16_le()?);
    let token = message.get(offset..).and_then(|rest| rest.get(..length)).ok_or(Malformed("cut short"))?;
    Ok(Some(token.to_vec()))
}

/// Begins a session with `token`, and gives the token of the answer. The session is not finished.
pub(super) async fn session_setup(target: SocketAddr, timeout: Duration, token: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut conversation = Conversation::open(target, timeout).await?;
    conversation.send(&negotiate(net::random())).await?;
    awaited(&mut conversation, negotiate_answer).await?;
    conversation.send(&setup(token)).await?;
    awaited(&mut conversation, setup_answer).await
}

async fn awaited<T>(
    conversation: &mut Conversation,
    read: impl Fn(&[u8]) -> Result<Option<T>, Failure>,
) -> Result<T, Failure> {
    for _ in 0..MOST_PENDING {
        let frame = conversation.frame(frame_length).await?;
        if let Some(answer) = read(&frame)? {
            return Ok(answer);
        }
    }
    Err(Malformed("asked for patience too often").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a server sends back.
    fn reply(command: u16, status: u32, body: &[u8]) -> Vec<u8> {
        let mut frame = message(command, u64::from(command), body);
        frame[12..16].copy_from_slice(&status.to_le_bytes());
        frame[20] = 1;
        frame
    }

    #[test]
    fn requests_have_the_lengths_they_say() {
        for request in [negotiate([7; 16]), setup(b"token")] {
            assert_eq!(frame_length(&request), Ok(Some(request.len())));
        }
        assert_eq!(negotiate([7; 16]).len(), 4 + 64 + 36 + 8);
        assert!(setup(b"token").ends_with(b"\x58\0\x05\0\0\0\0\0\0\0\0\0token"));
    }

    #[test]
    fn the_token_is_found_where_the_answer_says() {
        let body = [&[9, 0, 0, 0, 72, 0, 5, 0][..], b"token"].concat();
        assert_eq!(setup_answer(&reply(SESSION_SETUP, MORE_PROCESSING, &body)), Ok(Some(b"token".to_vec())));
        assert_eq!(setup_answer(&reply(SESSION_SETUP, PENDING, &[])), Ok(None));
        let refused = setup_answer(&reply(SESSION_SETUP, 0xc000_00bb, &[9, 0, 0, 0, 0, 0, 0, 0]));
        assert_eq!(refused, Err(Failure::Denied(Denial::Smb(Status(0xc000_00bb)))));
        let lying = [&[9, 0, 0, 0, 72, 0, 6, 0][..], b"token"].concat();
        assert!(setup_answer(&reply(SESSION_SETUP, MORE_PROCESSING, &lying)).is_err());
    }

    #[test]
    fn only_the_awaited_answer_counts() {
        assert_eq!(negotiate_answer(&reply(NEGOTIATE, 0, &[])), Ok(Some(())));
        assert!(negotiate_answer(&reply(SESSION_SETUP, 0, &[])).is_err());
        assert!(negotiate_answer(&negotiate([0; 16])).is_err(), "an echo");
        assert!(frame_length(b"\x81\0\0\x44").is_err());
        assert!(negotiate_answer(b"\0\0\0\x04\xffSMB").is_err(), "SMB1");
    }
}
