//! Servers that answer only so many questions in a second, as those on the internet do (response rate limiting).

use std::net::{SocketAddr, UdpSocket};

use crate::daemon::{Daemon, Kind, LOCALHOST};
use crate::evidence::{answers, saved};
use crate::forest::{Dc, Records, dcs};
use crate::run::Workplace;

/// Questions in a second, far below what a run needs: BIND counts all of them, Knot those about one name.
const LIMITED: [(Kind, u32); 2] = [(Kind::Bind, 10), (Kind::Knot, 1)];

/// Asks about every host again and again, as an attacker does who has the answers sent to somebody else.
fn wear_out(kind: Kind, server: SocketAddr, dcs: &[Dc]) {
    if kind == Kind::Bind {
        // It would be silent for a second, whatever is asked, and guidpost right to say so.
        return;
    }
    let socket = UdpSocket::bind((LOCALHOST, 0)).expect("a socket");
    for _ in 0..30 {
        for dc in dcs {
            let mut question = vec![0x47, 0x50, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0];
            for label in dc.host.split('.') {
                question.push(u8::try_from(label.len()).expect("a short label"));
                question.extend_from_slice(label.as_bytes());
            }
            question.extend_from_slice(&[0, 0, 1, 0, 1]);
            socket.send_to(&question, server).expect("loopback carries the datagram");
        }
    }
}

#[test]
fn a_rate_limit_hides_records_and_never_makes_them_wrong() {
    let dcs = dcs(40);
    let zones = Records::healthy(&dcs).zones();
    for (kind, per_second) in LIMITED {
        let (limited, free) = (Daemon::start_limited(kind, &zones, per_second), Daemon::start(kind, &zones));
        let place = Workplace::new(&[("limited", limited.address), ("free", free.address)], &dcs);
        let file = place.path("evidence.json");
        wear_out(kind, limited.address, &dcs);
        let report = place.check(&["--save-evidence", file.to_str().expect("a UTF-8 path")]);

        let name = kind.name();
        let fails: Vec<String> = report.findings().into_iter().filter(|line| line.starts_with("fail")).collect();
        assert_eq!(fails, [""; 0], "{name}");
        assert!(report.findings().iter().all(|line| line.ends_with("@limited")), "{name}: {:?}", report.findings());
        report.expect_verdict(if report.findings().is_empty() { "ok" } else { "unknown" });
        let row = report.server("limited");
        let evidence = saved(&file);
        let over_tcp = answers(&evidence, limited.address).iter().filter(|answer| answer.transport == "tcp").count();
        println!(
            "{name}: {} of {} questions answered, {over_tcp} over TCP, {} unknown",
            row["answers"], row["questions"], report.json["counts"]["unknown"]
        );
        assert!(over_tcp > 0 || row["answers"] != row["questions"], "{name}: the limit was never reached");
        assert!(over_tcp > 0 || kind != Kind::Knot, "{name}: nothing slipped through");
        assert!(answers(&evidence, free.address).iter().all(|answer| answer.transport == "udp"), "{name}");
    }
}

/// A defect beside the limit: it is seen, or unknown, and nothing else fails.
#[test]
fn what_is_wrong_behind_a_rate_limit_is_seen_or_unknown() {
    let dcs = dcs(40);
    let mut records = Records::healthy(&dcs);
    records.replace(&dcs[1].host, 1200, "A", "192.0.2.99");
    for (kind, per_second) in LIMITED {
        let limited = Daemon::start_limited(kind, &records.zones(), per_second);
        wear_out(kind, limited.address, &dcs);
        let report = Workplace::new(&[("limited", limited.address)], &dcs).check(&[]);
        let stale = format!("fail stale-address {} @limited", dcs[1].host);
        let fails: Vec<String> = report.findings().into_iter().filter(|line| line.starts_with("fail")).collect();
        let unknown = report.findings().iter().any(|line| line.starts_with("unknown") && line.contains(&dcs[1].host));
        assert!(fails == [stale.as_str()] || (fails.is_empty() && unknown), "{}: {fails:?}", kind.name());
    }
}
