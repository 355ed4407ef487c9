//! The NTLM challenge, which names any Windows or Samba machine (MS-NLMP 2.2.1.2, 2.2.2.1): over RPC on TCP 135, or over
//! SMB2 on TCP 445.
//!
//! A conversation ends with the challenge. No response to it is ever sent: nobody logs on.

use std::net::SocketAddr;
use std::time::Duration;

use jiff::Timestamp;

use super::reader::{Malformed, Reader, filetime, utf16};
use super::{net, rpc, smb2};
use crate::evidence::probe::{Challenge, Clock, Failure, Reply};

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";
const NEGOTIATE: u32 = 1;
const CHALLENGE: u32 = 2;

/// Unicode, target and target information wanted, NTLM with extended session security and signatures, 128 and 56 bits,
/// version (MS-NLMP 2.2.2.5).
const WANTED: u32 = 0xa288_8215;
/// NTLMSSP_NEGOTIATE_TARGET_INFO.
const HAS_TARGET_INFO: u32 = 0x0080_0000;
/// NTLMSSP_NEGOTIATE_VERSION.
const HAS_VERSION: u32 = 0x0200_0000;
/// NTLMSSP_REVISION_W2K3, the only revision there is (MS-NLMP 2.2.2.10).
const REVISION: u8 = 15;

/// NEGOTIATE_MESSAGE without domain and workstation (MS-NLMP 2.2.1.1).
pub fn negotiate() -> Vec<u8> {
    let mut out = SIGNATURE.to_vec();
    out.extend_from_slice(&NEGOTIATE.to_le_bytes());
    out.extend_from_slice(&WANTED.to_le_bytes());
    // Two empty fields.
    out.extend_from_slice(&[0; 16]);
    out.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, REVISION]);
    out
}

/// Reads a CHALLENGE_MESSAGE, bare or wrapped (SPNEGO); `ours` is the time at which it came.
///
/// # Errors
/// What is wrong with it.
pub fn decode(token: &[u8], ours: Timestamp) -> Result<Challenge, Malformed> {
    let start = token.windows(SIGNATURE.len()).position(|window| window == SIGNATURE);
    let message = start.and_then(|start| token.get(start..)).ok_or(Malformed("no NTLM message"))?;
    let mut reader = Reader::new(message);
    reader.take(SIGNATURE.len())?;
    if reader.u32_le()? != CHALLENGE {
        return Err(Malformed("no NTLM challenge"));
    }
    // The target's name says less than the information about it.
    reader.take(8)?;
    let flags = reader.u32_le()?;
    // The challenge itself, and reserved octets.
    reader.take(16)?;
    if flags & HAS_TARGET_INFO == 0 {
        return Ok(Challenge::default());
    }
    let length = usize::from(reader.u16_le()?);
    reader.u16_le()?;
    let offset = usize::try_from(reader.u32_le()?).map_err(|_| Malformed("cut short"))?;
    let version = if flags & HAS_VERSION != 0 { Some(reader.array::<8>()?) } else { None };
    let pairs = message.get(offset..).and_then(|rest| rest.get(..length)).ok_or(Malformed("cut short"))?;
    let mut challenge = target_info(pairs, ours)?;
    if let Some([major, minor, low, high, ..]) = version {
        challenge.version = Some(format!("{major}.{minor}.{}", u16::from_le_bytes([low, high])));
    }
    Ok(challenge)
}

/// The attribute-value pairs about the machine.
fn target_info(pairs: &[u8], ours: Timestamp) -> Result<Challenge, Malformed> {
    let mut challenge = Challenge::default();
    let mut reader = Reader::new(pairs);
    loop {
        let id = reader.u16_le()?;
        let length = usize::from(reader.u16_le()?);
        let value = reader.take(length)?;
        let place = match id {
            0 => return Ok(challenge),
            1 => &mut challenge.netbios_host,
            2 => &mut challenge.netbios_domain,
            3 => &mut challenge.host,
            4 => &mut challenge.domain,
            5 => &mut challenge.forest,
            7 => {
                let ticks =
                    value.try_into().map(u64::from_le_bytes).map_err(|_| Malformed("a time of another size"))?;
                challenge.clock = filetime(ticks).map(|theirs| Clock { theirs, ours });
                continue;
            }
            _ => continue,
        };
        *place = Some(utf16(value)?).filter(|text| !text.is_empty());
    }
}

/// Asks a machine through its endpoint mapper's port, TCP 135.
///
/// The challenge comes before any question of who may call, so machines answer that refuse anonymous calls.
pub async fn ask_rpc(target: SocketAddr, timeout: Duration) -> Reply<Challenge> {
    over_rpc(target, timeout).await.into()
}

async fn over_rpc(target: SocketAddr, timeout: Duration) -> Result<Challenge, Failure> {
    let (_, token) = rpc::connect(target, timeout, Some(&negotiate())).await?;
    Ok(decode(&token, net::now())?)
}

/// Asks a machine through SMB2, TCP 445.
pub async fn ask_smb(target: SocketAddr, timeout: Duration) -> Reply<Challenge> {
    over_smb(target, timeout).await.into()
}

async fn over_smb(target: SocketAddr, timeout: Duration) -> Result<Challenge, Failure> {
    let token = smb2::session_setup(target, timeout, &negotiate()).await?;
    Ok(decode(&token, net::now())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::probe::testing::{hex, noon};

    /// The challenge of MS-NLMP 4.2.4.3.
    const PUBLISHED: &str = "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef00000000000000002400240044\
                             000000060070170000000f53006500720076006500720002000c0044006f006d00610069006e0001000c005300\
                             6500720076006500720000000000";

    fn published() -> Vec<u8> {
        hex(PUBLISHED)
    }

    #[test]
    fn the_published_challenge_is_read() {
        let expected = Challenge {
            netbios_host: Some("Server".into()),
            netbios_domain: Some("Domain".into()),
            version: Some("6.0.6000".into()),
            ..Challenge::default()
        };
        assert_eq!(decode(&published(), noon()), Ok(expected.clone()));
        let wrapped = [&[0xa1, 0x81, 0x99, 0x30][..], &published()].concat();
        assert_eq!(decode(&wrapped, noon()), Ok(expected), "inside SPNEGO");
    }

    #[test]
    fn the_negotiate_message_has_no_names() {
        let message = negotiate();
        assert_eq!(message.len(), 40);
        assert!(message.starts_with(b"NTLMSSP\0\x01\0\0\0\x15\x82\x88\xa2"));
        assert!(decode(&message, noon()).is_err(), "an echo of it is no challenge");
    }

    #[test]
    fn offsets_and_lengths_that_lie_are_refused() {
        for (position, value) in [(40, 0xff), (45, 0xff), (47, 0xff), (70, 0xff), (102, 0x09)] {
            let mut lying = published();
            lying[position] = value;
            assert!(decode(&lying, noon()).is_err(), "{position}");
        }
        assert_eq!(decode(b"", noon()), Err(Malformed("no NTLM message")));
    }

    #[test]
    fn a_challenge_without_information_names_nobody() {
        let mut bare = published();
        bare[22] = 0x0a;
        assert_eq!(decode(&bare, noon()), Ok(Challenge::default()));
    }
}
