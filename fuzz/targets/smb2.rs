//! What an SMB server sends on a connection, as the session cuts it.
#![no_main]

use guidpost::observe::probe::{ntlm, smb2};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|stream: &[u8]| {
    let mut rest = stream;
    while let Ok(Some(length)) = smb2::frame_length(rest) {
        assert!(length > 0, "a frame without octets would be read for ever");
        let Some((frame, behind)) = rest.split_at_checked(length) else { break };
        let _ = smb2::negotiate_answer(frame);
        if let Ok(Some(token)) = smb2::setup_answer(frame) {
            let _ = ntlm::decode(&token, Timestamp::UNIX_EPOCH);
        }
        rest = behind;
    }
});
