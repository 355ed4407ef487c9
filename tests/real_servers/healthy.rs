//! A healthy forest is `ok` at every kind of server.

use std::time::{Duration, Instant};

use crate::daemon::{AUTHORITATIVE, Daemon, Kind};
use crate::forest::{Records, dcs};
use crate::run::{Workplace, check, rows};

#[test]
fn a_healthy_forest_is_ok_at_bind_knot_nsd_and_behind_unbound() {
    let dcs = dcs(3);
    let zones = Records::healthy(&dcs).zones();
    let running: Vec<(&str, Daemon)> =
        AUTHORITATIVE.iter().map(|&kind| (kind.name(), Daemon::start(kind, &zones))).collect();
    let unbound = Daemon::forwarder(running[0].1.address, &zones[0].origin);
    let mut servers: Vec<_> = running.iter().map(|(name, daemon)| (*name, daemon.address)).collect();
    servers.push(("unbound", unbound.address));

    let report = check(&servers, &dcs);
    report.expect("ok", &[]);
    assert!(report.json["counts"]["passed"].as_u64() > Some(0), "{:#}", report.json["counts"]);
    assert_eq!(rows(&report.json, "forecast").len(), 3 * 4);
    for (server, _) in servers {
        for source in ["dc1", "dc2", "dc3"] {
            assert_eq!(report.outcome(source, server), "ok []");
        }
        let row = report.server(server);
        assert_eq!((&row["status"], &row["group"]), (&"answering".into(), &"A".into()), "{row}");
        assert_eq!(row["questions"], row["answers"], "{row}");
    }
}

/// A forwarder answers without authority, and its TTLs count down; neither is a defect.
#[test]
fn a_forwarder_is_ok_when_it_answers_from_its_cache() {
    let dcs = dcs(2);
    let zones = Records::healthy(&dcs).zones();
    let nsd = Daemon::start(Kind::Nsd, &zones);
    let unbound = Daemon::forwarder(nsd.address, &zones[0].origin);
    let place = Workplace::new(&[("unbound", unbound.address)], &dcs);
    place.check(&[]).expect("ok", &[]);
    // Whole seconds are what TTLs count in.
    std::thread::sleep(Duration::from_millis(1100));
    place.check(&[]).expect("ok", &[]);
}

/// Prints how long five DCs at three servers take. The time is not judged: it is the machine's.
#[test]
fn five_dcs_at_three_servers() {
    let dcs = dcs(5);
    let zones = Records::healthy(&dcs).zones();
    let running: Vec<Daemon> = (0..3).map(|_| Daemon::start(Kind::Knot, &zones)).collect();
    let servers = [("hq1", running[0].address), ("hq2", running[1].address), ("branch", running[2].address)];
    let place = Workplace::new(&servers, &dcs);
    let start = Instant::now();
    let report = place.check(&[]);
    println!(
        "5 DCs x 3 servers: {:?} in all, {} ms of asking by the report",
        start.elapsed(),
        report.json["elapsed_ms"]
    );
    report.expect("ok", &[]);
    assert_eq!(rows(&report.json, "forecast").len(), 5 * 3);
}
