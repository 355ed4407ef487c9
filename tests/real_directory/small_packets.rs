//! A path of small packets: what Samba sends in one datagram of thousands of octets arrives in many pieces.
//!
//! Packets that are lost, repeated or late are the business of `tests/chaos`, which has them on every system: not every
//! kernel can do that to a network of namespaces (`tc netem`).

use crate::host::Host;
use crate::lab::lab;
use crate::report::Workplace;

/// What every path of IPv4 carries (RFC 791).
const SMALLEST: u32 = 576;
const USUAL: u32 = 1500;

/// Small packets until this is dropped.
struct Narrow<'a>([&'a Host; 2]);

impl<'a> Narrow<'a> {
    fn path(ends: [&'a Host; 2]) -> Self {
        let path = Self(ends);
        path.set(SMALLEST).unwrap_or_else(|e| panic!("{e}"));
        path
    }

    fn set(&self, mtu: u32) -> Result<(), String> {
        self.0.iter().try_for_each(|end| end.shell(&format!("ip link set eth0 mtu {mtu}")).map(drop))
    }
}

impl Drop for Narrow<'_> {
    fn drop(&mut self) {
        // A second panic would end the whole run without a word about the first.
        if let (Err(e), false) = (self.set(USUAL), std::thread::panicking()) {
            panic!("{e}");
        }
    }
}

#[test]
fn long_answers_arrive_through_packets_of_576_octets() {
    let lab = lab();
    let many: Vec<String> = (1..=120).map(|n| format!("10.78.1.{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let _registered = lab.replace(&lab.dc2.host, "A", &many);
    let _narrow = Narrow::path([&lab.dc1.machine, &lab.client]);
    let own = ["10.78.1.0/24"];
    let report = Workplace::new(&lab, &[lab.dc2.described(&own)]).check(&["--no-probe"]);
    assert_eq!(report.findings(), [""; 0], "{:#}", report.json);
    report.expect_verdict("ok", 0);
    assert_eq!(report.forecast(&lab.dc2.described(&own))["addresses"], 120);
}
