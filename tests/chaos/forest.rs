//! The forest of these tests, its servers, and what is made of a report.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::SocketAddr;

use guidpost::base::name::DnsName;
use guidpost::config;
use guidpost::demo::{Behaviour, Fleet, Quirks, Records, Spec};
use guidpost::evidence::{Evidence, Purpose, Selection};
use guidpost::observe::Local;
use guidpost::report::{Finding, ForecastOutcome, Outcome, Report, Verdict};
use guidpost::run::{self, Origin};
use guidpost::{judge, rules};

/// DCs `dc1` … of `contoso.test`.
#[derive(Clone, Copy)]
pub(crate) struct Forest {
    pub(crate) dcs: usize,
}

impl Forest {
    pub(crate) fn host(dc: usize) -> String {
        format!("dc{dc}.contoso.test")
    }

    pub(crate) fn alias(dc: usize) -> String {
        format!("{dc:08x}-0000-4000-8000-000000000000._msdcs.contoso.test")
    }

    /// What a healthy server holds.
    pub(crate) fn records(self) -> String {
        (1..=self.dcs).fold(String::new(), |mut text, dc| {
            let (host, alias) = (Self::host(dc), Self::alias(dc));
            let _ = writeln!(text, "{host} 1200 A 203.0.113.{dc}\n{alias} 600 CNAME {host}");
            text
        })
    }

    /// A healthy server without the records that the patterns name, with others on top.
    pub(crate) fn server(self, remove: &[&str], add: &str) -> Spec {
        let mut records = Records::parse(&self.records()).unwrap();
        for pattern in remove {
            records.remove(pattern).unwrap();
        }
        records.extend(Records::parse(add).unwrap());
        Spec {
            name: "server".into(),
            primary: Self::host(1),
            zones: ["contoso.test", "_msdcs.contoso.test"].map(|zone| DnsName::parse(zone).unwrap()).to_vec(),
            records,
            behaviour: Behaviour::Answer,
            quirks: Quirks::default(),
        }
    }

    pub(crate) fn healthy(self) -> Spec {
        self.server(&[], "")
    }

    /// A configuration that asks these servers, called `s0` … .
    pub(crate) fn config(self, servers: &[SocketAddr], query: &str) -> String {
        let mut text = format!(
            "forest: contoso.test\nlocator_records: false\nprobe: {{ enabled: false }}\nquery: {{ {query} }}\ndns_servers:\n"
        );
        for (number, address) in servers.iter().enumerate() {
            let _ = writeln!(text, "  - {{ name: s{number}, address: {}, port: {} }}", address.ip(), address.port());
        }
        text.push_str("domain_controllers:\n");
        for dc in 1..=self.dcs {
            let (host, guid) = (Self::host(dc), &Self::alias(dc)[..36]);
            let _ = writeln!(text, "  - {{ host: {host}, guid: {guid}, addresses: [203.0.113.{dc}] }}");
        }
        text
    }

    /// A whole run.
    pub(crate) fn check(self, servers: &[SocketAddr], query: &str) -> Report {
        judge::judge(&observe(&self.config(servers, query)), false)
    }
}

/// Servers, in order.
pub(crate) fn start(specs: Vec<Spec>) -> Fleet {
    Fleet::start(specs).expect("free ports on loopback")
}

/// Asks everything that a configuration calls for.
pub(crate) fn observe(config: &str) -> Evidence {
    let config = config::parse(config, "chaos.yaml", &rules::names()).unwrap_or_else(|errors| panic!("{errors}"));
    let origin = Origin { started_at: "2026-11-20T10:00:00Z".parse().unwrap(), seed: 42 };
    run::observe(config, Selection::default(), Purpose::Check, origin, Some(Local::default()), &|_| ()).unwrap()
}

/// `rule dc type @server` of all findings with this outcome.
pub(crate) fn rows(report: &Report, outcome: Outcome) -> BTreeSet<String> {
    report.findings.iter().filter(|finding| finding.outcome == outcome).map(row).collect()
}

fn row(finding: &Finding) -> String {
    let server = finding.server.as_ref().map(|server| format!("@{server}"));
    let words = [Some(finding.rule.clone()), finding.dc.clone(), finding.rtype.clone(), server];
    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// All fails.
pub(crate) fn fails(report: &Report) -> BTreeSet<String> {
    rows(report, Outcome::Fail)
}

/// What was seen through faults is what is seen without them, or unknown: no other fail, none vanished without a trace,
/// and no better verdict.
#[track_caller]
pub(crate) fn assert_honest(faulty: &Report, faultless: &Report, what: &str) {
    let (seen, known) = (fails(faulty), fails(faultless));
    let invented: Vec<_> = seen.difference(&known).collect();
    assert!(invented.is_empty(), "{what}: fails that are not there: {invented:?}");
    let unknown = rows(faulty, Outcome::Unknown);
    for lost in known.difference(&seen) {
        // Another rule may say it: where the first link of a chain is unknown, the rest is its business no more.
        let (dc, server) = (lost.split(' ').nth(1).unwrap(), lost.split(' ').next_back().unwrap());
        let told = unknown.iter().any(|row| row.contains(dc) && row.ends_with(server));
        assert!(told, "{what}: {lost} is neither seen nor unknown, but {unknown:?}");
    }
    for row in &faulty.forecast {
        let same = faultless.forecast.iter().find(|other| other.source == row.source && other.server == row.server);
        let same = same.expect("the same rows").outcome;
        let honest = row.outcome == same || row.outcome == ForecastOutcome::Unknown;
        assert!(honest, "{what}: {} @{} is {:?}, and really {same:?}", row.source, row.server, row.outcome);
    }
    match faulty.verdict {
        Verdict::Unknown => assert!(!unknown.is_empty() || faulty.counts.unknown > 0, "{what}: unknown without a word"),
        same => assert_eq!(same, faultless.verdict, "{what}"),
    }
    assert!(faulty.verdict != Verdict::Ok || unknown.is_empty(), "{what}: ok in spite of {unknown:?}");
}
