//! `guidpost gone`: whole zones, and what a former DC left.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::daemon::{Daemon, Kind, find_program};
use crate::evidence::{record, saved};
use crate::forest::{FOREST, Records, dcs};
use crate::run::{Report, Workplace, rows, text};

const GUID: &str = "99999999-9999-4999-8999-999999999999";
const ADDRESS: &str = "192.0.2.99";

fn host() -> String {
    format!("dc9.{FOREST}")
}

/// Asks about the former DC `dc9`.
fn gone(place: &Workplace, more: &[&str]) -> Report {
    let run = place.run(&[&["gone", GUID, &host(), ADDRESS, "-f", "json"], more].concat());
    assert_eq!(run.stderr, "", "stderr belongs to troubles of the run itself");
    let json = serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("no JSON report ({e})\n{}", run.stdout));
    Report { json, code: run.code }
}

fn item<'a>(report: &'a Report, item: &str) -> &'a Value {
    let found = rows(&report.json, "checklist").iter().find(|row| row["item"] == item);
    found.unwrap_or_else(|| panic!("no item {item} in {:#}", report.json))
}

/// All records that `dig` gets of a zone, each once.
fn axfr(server: SocketAddr, zone: &str) -> BTreeSet<String> {
    let output = Command::new(find_program("dig", "bind9-dnsutils"))
        .arg(format!("@{}", server.ip()))
        .args(["-p", &server.port().to_string(), "-q", zone, "-t", "AXFR", "+noall", "+answer", "+nocrypto"])
        .output()
        .expect("dig starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = text.lines().filter(|line| !line.starts_with(';') && !line.trim().is_empty());
    lines
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            record(words[0], words[1], words[3], &words[4..].join(" "))
        })
        .collect()
}

/// The outcome of a transfer in an evidence file.
fn transfer<'a>(evidence: &'a Value, server: SocketAddr, zone: &str) -> &'a Value {
    let found = rows(evidence, "transfers")
        .iter()
        .find(|row| row["server"] == server.to_string().as_str() && row["zone"] == zone);
    &found.unwrap_or_else(|| panic!("{zone} was not asked of {server}"))["outcome"]
}

fn evidence_of(place: &Workplace) -> (Report, Value) {
    let path = place.path("evidence.json");
    let report = gone(place, &["--save-evidence", path.to_str().expect("a UTF-8 path")]);
    (report, saved(Path::new(&path)))
}

#[test]
fn every_record_of_a_large_zone_arrives() {
    let dcs = dcs(2);
    let mut records = Records::healthy(&dcs);
    for i in 0..10_000 {
        records.add(
            &format!("host{i}.{FOREST}"),
            1200,
            "A",
            &format!("10.{}.{}.{}", i / 65_536, i / 256 % 256, i % 256),
        );
    }
    let zones = records.zones();
    let open = [Kind::Bind, Kind::Knot, Kind::Nsd].map(|kind| Daemon::start_open(kind, &zones));
    let closed = Daemon::start(Kind::Bind, &zones);
    let names = ["bind", "knot", "nsd", "closed"];
    let all: Vec<&Daemon> = open.iter().chain([&closed]).collect();
    let servers: Vec<(&str, SocketAddr)> =
        names.into_iter().zip(&all).map(|(name, daemon)| (name, daemon.address)).collect();
    let (report, evidence) = evidence_of(&Workplace::new(&servers, &dcs));
    for (name, address) in &servers[..3] {
        for zone in [FOREST.to_owned(), format!("_msdcs.{FOREST}")] {
            let oracle = axfr(*address, &zone);
            assert!(zone != FOREST || oracle.len() > 10_000, "{name}: dig got {} records", oracle.len());
            let seen = rows(transfer(&evidence, *address, &zone), "whole");
            let all: BTreeSet<String> = seen
                .iter()
                .map(|row| record(text(row, "name"), &row["ttl"].to_string(), text(row, "type"), text(row, "data")))
                .collect();
            assert_eq!(seen.len(), oracle.len(), "{name} {zone}");
            assert_eq!(all, oracle, "{name} {zone}");
        }
    }
    assert_eq!(transfer(&evidence, closed.address, FOREST)["refused"], "REFUSED");
    let transferred = item(&report, "transfer");
    assert_eq!(transferred["status"], "not-checked", "{transferred:#}");
    assert!(text(transferred, "reason").starts_with("whole zones were seen at 3 of 4 servers"), "{transferred:#}");
    report.expect("ok", &[]);
}

#[test]
fn what_a_former_dc_left_is_found_before_cleaning_and_not_after() {
    let dcs = dcs(2);
    let clean = Records::healthy(&dcs);
    let mut dirty = clean.clone();
    let host = host();
    dirty.add(&format!("{GUID}._msdcs.{FOREST}"), 600, "CNAME", &format!("{host}."));
    dirty.add(&host, 1200, "A", ADDRESS);
    dirty.add(FOREST, 600, "A", ADDRESS);
    dirty.add(&format!("_ldap._tcp.{FOREST}"), 600, "SRV", &format!("0 100 389 {host}."));
    dirty.add(&format!("_gc._tcp.far._sites.{FOREST}"), 600, "SRV", &format!("0 100 3268 {host}."));
    dirty.add(FOREST, 3600, "NS", &format!("{host}."));
    let bind = Daemon::start_open(Kind::Bind, &dirty.zones());
    let knot = Daemon::start(Kind::Knot, &dirty.zones());
    let after = Daemon::start(Kind::Bind, &clean.zones());
    let place = Workplace::new(&[("bind", bind.address), ("knot", knot.address)], &dcs);
    let report = gone(&place, &[]);
    report.expect_verdict("warning");
    let found = |server: &str| -> BTreeSet<String> {
        let findings = rows(&report.json, "findings").iter().filter(|finding| finding["server"] == server);
        findings
            .map(|finding| {
                assert_eq!(
                    (text(finding, "rule"), text(finding, "outcome")),
                    ("leftover-record", "fail"),
                    "{finding:#}"
                );
                format!("{} {}", text(finding, "name"), text(finding, "type"))
            })
            .collect()
    };
    let expected = [
        format!("{GUID}._msdcs.{FOREST} CNAME"),
        format!("{host} A"),
        format!("{FOREST} A"),
        format!("_ldap._tcp.{FOREST} SRV"),
        format!("_gc._tcp.far._sites.{FOREST} SRV"),
        format!("{FOREST} NS"),
    ];
    let expected: BTreeSet<String> = expected.into();
    assert_eq!(found("bind"), expected);
    // The site stands in no configuration: the zone of the other server tells it.
    assert_eq!(found("knot"), expected);
    for kind in ["alias", "host", "apex", "srv", "ns"] {
        assert_eq!(item(&report, kind)["status"], "fail", "{kind}");
    }
    let report = gone(&Workplace::new(&[("after", after.address)], &dcs), &[]);
    report.expect("ok", &[]);
}
