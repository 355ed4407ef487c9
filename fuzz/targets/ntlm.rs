//! A token that should hold an NTLM challenge.
#![no_main]

use guidpost::observe::probe::ntlm;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|token: &[u8]| {
    let _ = ntlm::decode(token, Timestamp::UNIX_EPOCH);
});
