//! What an endpoint mapper sends on a connection: the answer to the bind, then fragments, as the session cuts them.
#![no_main]

use guidpost::observe::probe::{epm, ntlm, rpc};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|stream: &[u8]| {
    let mut answer = rpc::Answer::default();
    let mut rest = stream;
    let mut first = true;
    while let Ok(Some(length)) = rpc::frame_length(rest) {
        assert!(length > 0, "a frame without octets would be read for ever");
        let Some((frame, behind)) = rest.split_at_checked(length) else { break };
        if std::mem::take(&mut first) {
            if let Ok(token) = rpc::bind_answer(frame) {
                let _ = ntlm::decode(&token, Timestamp::UNIX_EPOCH);
            }
        } else if let Ok(Some(stub)) = answer.take(frame) {
            let _ = epm::decode(&stub);
            break;
        }
        rest = behind;
    }
});
