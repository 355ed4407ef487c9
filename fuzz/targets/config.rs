//! The text of a configuration file: read, or refused with excerpts of it.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    if let Ok(text) = std::str::from_utf8(octets)
        && let Err(errors) = guidpost::config::parse(text, "fuzz.yaml", &["stale-address"])
    {
        let _ = errors.to_string();
    }
});
