//! An evidence file: refused, or judged like any other.
#![no_main]

use guidpost::evidence::file;
use guidpost::{rules, judge};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    match file::read(octets, None, &rules::names()) {
        Ok(evidence) => drop(judge::judge(&evidence, true)),
        Err(error) => drop(error.to_string()),
    }
});
