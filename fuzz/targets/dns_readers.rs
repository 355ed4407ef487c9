//! A reply of a DNS server, read by both readers: what the own one reads, the library must read alike.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|reply: &[u8]| drop(guidpost::observe::fuzzing::is_common(reply)));
