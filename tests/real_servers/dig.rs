//! `dig` as the oracle.

use std::net::SocketAddr;
use std::process::Command;

use crate::daemon::{AUTHORITATIVE, Daemon, LOCALHOST, LOCALHOST_V6, find_program};
use crate::evidence::{Answer, record};
use crate::forest::{Records, dcs};

/// What `dig` prints for one question to one server.
pub(crate) fn dig(server: SocketAddr, name: &str, rtype: &str, recursion: bool) -> Answer {
    let output = Command::new(find_program("dig", "bind9-dnsutils"))
        .arg(format!("@{}", server.ip()))
        .args(["-p", &server.port().to_string(), "-q", name, "-t", rtype])
        // No cookie and no AD flag in the question: guidpost sends none either, and some servers echo them.
        .args(["+nocookie", "+noadflag", "+bufsize=1232", "+tries=2", "+time=3"])
        .arg(if recursion { "+recurse" } else { "+norecurse" })
        .args(["+noall", "+comments", "+answer"])
        .output()
        .expect("dig starts");
    let text = String::from_utf8_lossy(&output.stdout);
    parse(&text, name, rtype, recursion).unwrap_or_else(|| panic!("cannot read what dig printed:\n{text}"))
}

fn parse(text: &str, name: &str, rtype: &str, recursion: bool) -> Option<Answer> {
    let rcode = text.split("status: ").nth(1)?.split(',').next()?.to_owned();
    let flags = text.split(";; flags: ").nth(1)?.split(';').next()?;
    let mut flags: Vec<String> = flags.split_whitespace().filter(|flag| *flag != "qr").map(str::to_owned).collect();
    flags.sort();
    let mut records = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with(';') && !line.trim().is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [owner, ttl, _class, rtype, data @ ..] = words.as_slice() else { return None };
        records.push(record(owner, ttl, rtype, &data.join(" ")));
    }
    records.sort();
    Some(Answer {
        name: name.to_owned(),
        rtype: rtype.to_owned(),
        rcode,
        flags,
        records,
        transport: String::new(),
        recursion,
    })
}

#[test]
fn what_dig_prints_is_read() {
    let text = "\n;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 7\n\
                ;; flags: qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 1, ADDITIONAL: 1\n\n;; OPT PSEUDOSECTION:\n\
                ; EDNS: version: 0, flags:; udp: 1232\n;; ANSWER SECTION:\n\
                a.test.\t\t600\tIN\tCNAME\tDC1.test.\n\n";
    let answer = parse(text, "a.test", "A", true).expect("a whole reply");
    assert_eq!((answer.rcode.as_str(), answer.records), ("NXDOMAIN", vec!["a.test 600 cname dc1.test".to_owned()]));
    assert_eq!(answer.flags, ["aa", "rd"]);
}

/// What the other tests build on: each server answers from the zones that a test wrote, and Unbound passes it on
/// without authority. `dig` looks, so that a defect of guidpost cannot hide one of the tests.
#[test]
fn the_servers_serve_what_the_tests_write() {
    let dcs = dcs(3);
    let mut records = Records::healthy(&dcs);
    for i in 1..=150 {
        records.add(&dcs[1].host, 1200, "A", &format!("10.20.0.{i}"));
    }
    let zones = records.zones();
    let alias = dcs[0].alias();
    let line = record(&alias, "600", "CNAME", &dcs[0].host);
    for kind in AUTHORITATIVE {
        for ip in [LOCALHOST, LOCALHOST_V6] {
            let daemon = Daemon::start_at(kind, &zones, ip);
            let answer = dig(daemon.address, &alias, "CNAME", true);
            assert_eq!(answer.records, std::slice::from_ref(&line), "{kind:?} at {ip}");
            assert_eq!((answer.rcode.as_str(), answer.flags.contains(&"aa".to_owned())), ("NOERROR", true));
            assert_eq!(dig(daemon.address, &dcs[1].host, "A", true).records.len(), 151, "{kind:?} over TCP");
            assert_eq!(dig(daemon.address, "fabrikam.example", "A", true).rcode, "REFUSED", "{kind:?}");
        }
    }
    let nsd = Daemon::start(AUTHORITATIVE[2], &zones);
    let unbound = Daemon::forwarder(nsd.address, &zones[0].origin);
    let answer = dig(unbound.address, &alias, "CNAME", true);
    assert_eq!(answer.records, [line]);
    assert_eq!(answer.flags, ["ra", "rd"]);
}
