//! Saved evidence: judged again it gives the same report, and it holds what `dig` sees.

use std::net::{SocketAddr, UdpSocket};
use std::path::Path;

use serde_json::Value;

use crate::daemon::{AUTHORITATIVE, Daemon, Kind, LOCALHOST};
use crate::dig::dig;
use crate::forest::{Records, dcs};
use crate::run::{Workplace, rows, text};

/// One answer of one server, as guidpost saved it or as `dig` printed it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) name: String,
    pub(crate) rtype: String,
    pub(crate) rcode: String,
    /// `aa`, `tc` …, sorted.
    pub(crate) flags: Vec<String>,
    /// `name ttl type data` in lower case without final dots, sorted.
    pub(crate) records: Vec<String>,
    pub(crate) transport: String,
    /// Whether RD was set in the question; the reply echoes it.
    pub(crate) recursion: bool,
}

/// An evidence file.
pub(crate) fn saved(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{} is not JSON: {e}", path.display()))
}

/// All answers of one server in an evidence file. The only place that knows the shape of the file.
pub(crate) fn answers(evidence: &Value, server: SocketAddr) -> Vec<Answer> {
    let column = rows(evidence, "servers")
        .iter()
        .find(|row| row["address"] == server.to_string().as_str())
        .unwrap_or_else(|| panic!("no server {server} in {evidence:#}"));
    rows(column, "answers").iter().map(answer).collect()
}

fn answer(row: &Value) -> Answer {
    let list = |key: &str| row[key].as_array().cloned().unwrap_or_default();
    let mut flags: Vec<String> = list("flags").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    flags.sort();
    let mut records: Vec<String> = list("records")
        .iter()
        .map(|r| record(text(r, "name"), &r["ttl"].to_string(), text(r, "type"), text(r, "data")))
        .collect();
    records.sort();
    Answer {
        name: text(row, "name").to_lowercase(),
        rtype: text(row, "type").to_owned(),
        rcode: text(row, "rcode").to_uppercase(),
        recursion: flags.iter().any(|flag| flag == "rd"),
        flags,
        records,
        transport: text(row, "transport").to_lowercase(),
    }
}

/// A record as one line that compares.
pub(crate) fn record(name: &str, ttl: &str, rtype: &str, data: &str) -> String {
    let data: Vec<&str> = data.split_whitespace().map(|word| word.trim_end_matches('.')).collect();
    format!("{} {ttl} {rtype} {}", name.trim_end_matches('.'), data.join(" ")).to_lowercase()
}

/// A run with findings of several kinds, then the same from its evidence, without any server: the same bytes.
#[test]
fn saved_evidence_gives_the_same_report() {
    let dcs = dcs(3);
    let mut records = Records::healthy(&dcs);
    records.replace(&dcs[1].host, 1200, "A", "192.0.2.99");
    records.remove(&dcs[2].alias(), "CNAME");
    let bind = Daemon::start(Kind::Bind, &records.zones());
    let unbound = Daemon::forwarder(bind.address, "contoso.test");
    let dead = UdpSocket::bind((LOCALHOST, 0)).expect("a socket");
    let servers = [("bind", bind.address), ("unbound", unbound.address), ("dead", dead.local_addr().expect("bound"))];
    let place = Workplace::new(&servers, &dcs);

    let mut live = Vec::new();
    for format in ["table", "json", "nagios"] {
        let file = format!("{format}.evidence");
        let run = place.run(&["check", "-f", format, "--save-evidence", &file]);
        assert_eq!(run.code, 2, "{}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains("stale-address"), "{}", run.stdout);
        live.push((format, file, run));
    }
    // Nobody is there to be asked any more, and nobody reads the configuration file.
    drop((bind, unbound, dead));
    std::fs::remove_file(place.path("guidpost.yaml")).expect("the configuration file");
    for (format, file, run) in live {
        let again = place.run(&["check", "-f", format, "--evidence", &file]);
        assert_eq!((again.stdout, again.code), (run.stdout, run.code), "format {format}");
    }
}

/// `dig` is the oracle: every answer in the evidence is what `dig` prints for the same question at the same server.
#[test]
fn the_evidence_holds_what_dig_prints() {
    let dcs = dcs(3);
    let mut records = Records::healthy(&dcs);
    records.replace(&dcs[1].alias(), 600, "CNAME", "OLD-DC2.contoso.test.");
    records.remove(&dcs[2].host, "AAAA");
    records.add(&dcs[2].host, 1200, "A", "192.0.2.99");
    let running: Vec<Daemon> = AUTHORITATIVE.iter().map(|&kind| Daemon::start(kind, &records.zones())).collect();
    let unbound = Daemon::forwarder(running[0].address, "contoso.test");
    let names = ["bind", "knot", "nsd", "unbound"];
    let addresses: Vec<SocketAddr> = running.iter().map(|daemon| daemon.address).chain([unbound.address]).collect();
    let servers: Vec<_> = names.into_iter().zip(addresses.iter().copied()).collect();
    let place = Workplace::new(&servers, &dcs);
    let run = place.run(&["observe", "-o", "evidence.json"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    let evidence = saved(&place.path("evidence.json"));

    for (server, address) in servers {
        let seen = answers(&evidence, address);
        assert!(seen.len() >= 3 * dcs.len(), "only {} questions at {server}", seen.len());
        for mut answer in seen {
            let mut oracle = dig(address, &answer.name, &answer.rtype, answer.recursion);
            if server == "unbound" {
                // TTLs count down in its cache.
                answer.records.iter_mut().for_each(without_ttl);
                oracle.records.iter_mut().for_each(without_ttl);
            }
            oracle.transport.clone_from(&answer.transport);
            assert_eq!(answer, oracle, "at {server}: guidpost on the left, dig on the right");
        }
    }
}

fn without_ttl(record: &mut String) {
    let words: Vec<&str> = record.split(' ').enumerate().filter(|(i, _)| *i != 1).map(|(_, word)| word).collect();
    *record = words.join(" ");
}
