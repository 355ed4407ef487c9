//! What the tests of the probes share: captured replies, and ways to spoil them.

use jiff::Timestamp;

pub(super) fn hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks_exact(2).map(|pair| std::str::from_utf8(pair).unwrap());
    digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

pub(super) fn noon() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

/// The requests and replies in turn of one capture from real servers.
pub(super) fn capture(kind: &str, host: &str) -> Vec<Vec<u8>> {
    let lines = include_str!("../../../tests/fixtures/probe/samba.txt").lines();
    let mut found = lines.filter_map(|line| line.strip_prefix(&format!("{kind} {host} ")));
    found.next().expect("captured").split(' ').map(hex).collect()
}

/// Every reply that was captured.
pub(super) fn captured_replies() -> Vec<Vec<u8>> {
    let lines = include_str!("../../../tests/fixtures/probe/samba.txt").lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(|line| line.split(' ').skip(3).step_by(2).map(hex).collect::<Vec<_>>()).collect()
}
