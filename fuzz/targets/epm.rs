//! The stub of a response to `ept_map`.
#![no_main]

use guidpost::observe::probe::epm;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|stub: &[u8]| {
    let _ = epm::decode(stub);
});
