//! A reply of a DNS server, in all the ways in which the transport may read it.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|reply: &[u8]| guidpost::observe::fuzzing::dns_reply(reply));
