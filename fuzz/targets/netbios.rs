//! A datagram that came for a NetBIOS node status.
#![no_main]

use guidpost::observe::probe::netbios;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|datagram: &[u8]| {
    // The captured replies that the corpus begins with have this id.
    let _ = netbios::decode(datagram, 0x1234);
});
