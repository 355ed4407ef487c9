//! What a server sends on a connection for the rootDSE: messages one behind the other, as the session cuts them.
#![no_main]

use guidpost::observe::probe::rootdse::{Answer, frame_length};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|stream: &[u8]| {
    let mut answer = Answer::default();
    let mut rest = stream;
    while let Ok(Some(length)) = frame_length(rest) {
        assert!(length > 0, "a frame without octets would be read for ever");
        let Some((frame, behind)) = rest.split_at_checked(length) else { break };
        let _ = answer.take(frame, 1, Timestamp::UNIX_EPOCH);
        rest = behind;
    }
});
