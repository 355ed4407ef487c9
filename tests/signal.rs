//! A request to terminate ends asking, and what is left is recorded as not asked. Alone in its process, because signals
//! go to the whole of it.
#![cfg(unix)]
#![expect(clippy::disallowed_types, reason = "a socket that never answers")]
#![expect(clippy::disallowed_methods, reason = "the test measures how long asking takes")]

use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::process::Command;
use std::time::{Duration, Instant};

use guidpost::base::dns::RecordType;
use guidpost::base::name::DnsName;
use guidpost::config::{Config, Probe, Query};
use guidpost::evidence::{Ask, Plan};
use guidpost::evidence::{Evidence, NotAsked, Outcome, Selection};
use guidpost::observe::{self, Session, SessionOptions};
use guidpost::report::Incomplete;

#[test]
fn sigterm_ends_the_run() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let config = Config {
        forest: DnsName::parse("contoso.test").unwrap(),
        dns_servers: Vec::new(),
        domain_controllers: Vec::new(),
        retired: Vec::new(),
        complete: false,
        locator_records: true,
        domains: Vec::new(),
        expected_ttls: Vec::new(),
        networks: Vec::new(),
        avoid_networks: Vec::new(),
        rules: BTreeMap::new(),
        waivers: Vec::new(),
        query: Query::default(),
        probe: Probe::default(),
    };
    let name = config.forest.clone();
    let started_at = "2026-11-20T10:00:00Z".parse().unwrap();
    let mut evidence = Evidence::new(config, Selection::default(), 0, started_at);
    let start = Instant::now();
    observe::run(async {
        let mut session = Session::new(SessionOptions { query: Query::default(), family: None });
        std::thread::spawn(|| {
            std::thread::sleep(Duration::from_millis(200));
            Command::new("kill").args(["-TERM", &std::process::id().to_string()]).status().unwrap();
        });
        let ask = Ask { name, rtype: RecordType::A, recursion: true };
        let plan = Plan { dns: vec![(address, vec![ask])], ..Plan::default() };
        session.ask(plan, &mut evidence, &|_, _| Vec::new(), &|_| ()).await;
    })
    .unwrap();
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(evidence.incomplete, Some(Incomplete::Interrupted));
    let (_, answer) = evidence.column(address).unwrap().answers().next().unwrap();
    assert_eq!((answer.outcome, answer.tries), (Outcome::NotAsked(NotAsked::Interrupted), 1));
}
