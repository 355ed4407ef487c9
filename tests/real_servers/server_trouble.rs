//! Servers that are not of the forest, or do not answer, among good ones.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use guidpost::demo::Port;

use crate::daemon::{AUTHORITATIVE, Daemon, Kind, LOCALHOST};
use crate::forest::{Dc, Records, Zone, dcs};
use crate::run::{Report, check};

const SOURCES: [&str; 3] = ["dc1", "dc2", "dc3"];

/// A healthy forest at Knot and NSD with another server beside them, named `odd`.
fn check_with(odd: SocketAddr, dcs: &[Dc]) -> Report {
    let zones = Records::healthy(dcs).zones();
    let (knot, nsd) = (Daemon::start(Kind::Knot, &zones), Daemon::start(Kind::Nsd, &zones));
    let report = check(&[("knot", knot.address), ("odd", odd), ("nsd", nsd.address)], dcs);
    for source in SOURCES {
        assert_eq!(report.outcome(source, "knot"), "ok []");
        assert_eq!(report.outcome(source, "nsd"), "ok []");
    }
    report
}

/// A server of another zone says REFUSED, whatever program it is: a client moves on to its next server.
#[test]
fn a_server_of_another_zone_refuses() {
    let dcs = dcs(3);
    for kind in AUTHORITATIVE {
        let odd = Daemon::start(kind, &[Zone::empty("fabrikam.test")]);
        let report = check_with(odd.address, &dcs);
        report.expect("critical", &["fail server-refusing - @odd".into()]);
        assert_eq!(report.server("odd")["status"], "refusing");
        for source in SOURCES {
            assert_eq!(report.outcome(source, "odd"), "unknown []");
        }
    }
}

/// A server that knows the parent zone says NXDOMAIN, with authority: for a Windows client that is final.
#[test]
fn a_server_outside_the_forest_denies_it() {
    let dcs = dcs(3);
    for kind in AUTHORITATIVE {
        let odd = Daemon::start(kind, &[Zone::empty("test")]);
        let report = check_with(odd.address, &dcs);
        report.expect("critical", &["fail server-outside-forest - @odd".into()]);
        assert_eq!(report.server("odd")["status"], "answering");
        for source in SOURCES {
            assert_eq!(report.outcome(source, "odd"), "fails [8524]");
        }
    }
}

/// The forest's zone is there, `_msdcs` is not: what a public name server of the same name shows (split horizon).
#[test]
fn a_server_with_the_zone_but_without_msdcs_is_outside_the_forest() {
    let dcs = dcs(3);
    let odd = Daemon::start(Kind::Nsd, &[Zone::empty("contoso.test")]);
    let report = check_with(odd.address, &dcs);
    report.expect("critical", &["fail server-outside-forest - @odd".into()]);
}

/// A forwarder whose upstream refuses says SERVFAIL.
#[test]
fn a_forwarder_to_a_refusing_server_fails() {
    let dcs = dcs(3);
    let other = Daemon::start(Kind::Bind, &[Zone::empty("fabrikam.test")]);
    let odd = Daemon::forwarder(other.address, "fabrikam.test");
    let report = check_with(odd.address, &dcs);
    report.expect("critical", &["fail server-refusing - @odd".into()]);
}

#[test]
fn a_dead_server_and_a_closed_port_among_good_ones() {
    let dcs = dcs(3);
    let zones = Records::healthy(&dcs).zones();
    let (knot, nsd) = (Daemon::start(Kind::Knot, &zones), Daemon::start(Kind::Nsd, &zones));
    // Held and never read: it swallows every question.
    let dead = UdpSocket::bind((LOCALHOST, 0)).expect("a socket");
    let closed = Port::take(LOCALHOST, 0).and_then(Port::close).expect("a closed port");
    let servers = [
        ("knot", knot.address),
        ("dead", dead.local_addr().expect("bound")),
        ("closed", closed.address()),
        ("nsd", nsd.address),
    ];
    let start = Instant::now();
    let report = check(&servers, &dcs);
    // One verdict on the server instead of one timeout per question: those would take at least
    // 7 questions x 2 tries x 2 s.
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    report.expect("critical", &["fail server-silent - @dead".into(), "fail server-silent - @closed".into()]);
    assert_eq!(report.server("dead")["status"], "silent");
    assert_eq!(report.server("closed")["status"], "closed");
    assert_eq!(report.server("dead")["answers"], 0);
    for source in SOURCES {
        assert_eq!(report.outcome(source, "knot"), "ok []");
        assert_eq!(report.outcome(source, "nsd"), "ok []");
        assert_eq!(report.outcome(source, "dead"), "unknown []");
        assert_eq!(report.outcome(source, "closed"), "unknown []");
    }
    assert!(report.json["counts"]["unknown"].as_u64() > Some(0), "{:#}", report.json["counts"]);
}
