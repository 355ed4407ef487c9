//! Event 6702: a DC has changed its address, and not every partner's DNS server knows.

use crate::etc;
use crate::host::Host;
use crate::lab::{FOREST, Lab, lab};
use crate::partner::{self, Make};
use crate::report::{Workplace, text};

/// Where the second DC moves.
const NEW: &str = "10.77.1.22";

/// Moves the second DC, and back when dropped.
struct Moved<'a>(&'a Lab);

impl<'a> Moved<'a> {
    fn begin(lab: &'a Lab) -> Self {
        let moved = Self(lab);
        readdress(&lab.dc2.machine, &lab.dc2.machine.address, NEW).unwrap_or_else(|e| panic!("{e}"));
        moved
    }
}

impl Drop for Moved<'_> {
    fn drop(&mut self) {
        // A second panic would end the whole run without a word about the first.
        let back = readdress(&self.0.dc2.machine, NEW, &self.0.dc2.machine.address);
        if let (Err(e), false) = (back, std::thread::panicking()) {
            panic!("{e}");
        }
    }
}

fn readdress(machine: &Host, from: &str, to: &str) -> Result<(), String> {
    // In this order: with the first address of a network go all others of it.
    machine.shell(&format!("ip address delete {from}/24 dev eth0 && ip address add {to}/24 dev eth0")).map(drop)
}

#[test]
fn a_partner_that_has_not_heard_of_a_new_address_is_named() {
    let lab = lab();
    let old = lab.dc2.machine.address.clone();
    let knows = partner::start(&lab, "p1", 31, Make::Knot, &old, NEW).unwrap_or_else(|e| panic!("{e}"));
    let behind = partner::start(&lab, "p2", 32, Make::Bind, "nothing to replace", "").unwrap_or_else(|e| panic!("{e}"));
    let config = format!(
        "forest: {FOREST}\nlocator_records: false\ndns_servers:\n\
         \x20 - {{ name: p1, address: {}, dc: {} }}\n\
         \x20 - {{ name: p2, address: {}, dc: {} }}\n\
         domain_controllers:\n\
         \x20 - {{ host: {}, guid: {}, addresses: [{}] }}\n\
         \x20 - {{ host: {}, guid: {}, addresses: [{NEW}] }}\n",
        knows.address,
        lab.dc1.host,
        behind.address,
        lab.dc1.host,
        lab.dc1.host,
        lab.dc1.guid,
        lab.dc1.machine.address,
        lab.dc2.host,
        lab.dc2.guid,
    );
    let place = Workplace::with(&lab, &config);
    let resolvers = format!("nameserver {}\nnameserver {}\n", knows.address, behind.address);
    let _resolvers = etc::change(&lab.dc2.machine, "resolv.conf", &resolvers);
    let _moved = Moved::begin(&lab);
    // The directory itself is left alone: it would have to be restarted to listen at its new address.
    let report = place.check_on(&lab.dc2.machine, &["--no-probe"]);
    let own = report.of_rule("own-address-not-registered");
    assert_eq!(own.len(), 1, "{:#}", report.json);
    assert_eq!((text(own[0], "outcome"), text(own[0], "server")), ("fail", "p2"), "{:#}", own[0]);
    assert_eq!(own[0]["severity"], "warning", "one partner knows: {:#}", own[0]);
    assert!(report.findings().contains(&format!("fail stale-address {} @p2", lab.dc2.host)), "{:#}", report.json);
    report.expect_verdict("critical", 2);
}
