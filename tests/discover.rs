//! A run without configuration: servers and machines on loopback, found as they are in the field.

#![expect(clippy::disallowed_methods, reason = "how long discovery takes is part of what is tested")]

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use guidpost::config::{self, Config, Role, ServerAddress};
use guidpost::demo::{RunningScenario, Scenario};
use guidpost::discover::{self, Failure, Found, Start};
use guidpost::evidence::probe::{AddressReplies, DirectoryName, Reply, RootDse};
use guidpost::evidence::{DomainHint, Evidence, LocalRecord, LocalView, Selection};
use guidpost::evidence::{Interface, InterfaceAddress, LocalStage, Machine, Resolved, Stage};
use guidpost::guid::Guid;
use guidpost::name::DnsName;
use guidpost::observe::{self, Local, Session, SessionOptions};
use guidpost::report::{Identity, Report};
use guidpost::{rules, run, verdict};
use proptest::prelude::*;

const ONE: &str = "3dab7f9b-92e7-4391-b8db-71df532c1493";
const TWO: &str = "a71c4a0e-5d0f-4b0a-9c53-0e6f1d6c2b58";

/// What a forest of two DCs, both DNS servers, has in DNS.
const RECORDS: &str = "
  dc1.contoso.com 1200 A 192.0.2.10
  dc2.contoso.com 1200 A 192.0.2.11
  3dab7f9b-92e7-4391-b8db-71df532c1493._msdcs.contoso.com 600 CNAME dc1.contoso.com
  a71c4a0e-5d0f-4b0a-9c53-0e6f1d6c2b58._msdcs.contoso.com 600 CNAME dc2.contoso.com
  _ldap._tcp.dc._msdcs.contoso.com 600 SRV 0 100 389 dc1.contoso.com
  _ldap._tcp.dc._msdcs.contoso.com 600 SRV 0 100 389 DC2.contoso.com
  _gc._tcp.contoso.com 600 SRV 0 100 3268 dc1.contoso.com
  contoso.com 3600 NS dc1.contoso.com
  contoso.com 3600 NS dc2.contoso.com
  _msdcs.contoso.com 3600 NS dc1.contoso.com
  _msdcs.contoso.com 3600 NS dc2.contoso.com
";

const SERVERS: &str = "[{ name: dc1, at: 192.0.2.10 }, { name: dc2, at: 192.0.2.11 }]";

const MACHINES: &str = "
  - { address: 192.0.2.10, kind: dc, host: dc1.contoso.com, guid: 3dab7f9b-92e7-4391-b8db-71df532c1493 }
  - { address: 192.0.2.11, kind: dc, host: dc2.contoso.com, guid: a71c4a0e-5d0f-4b0a-9c53-0e6f1d6c2b58 }
";

/// A forest, and the machine that asks.
struct World {
    running: RunningScenario,
    resolvers: Option<Vec<SocketAddr>>,
    view: LocalView,
    start: Start,
}

impl World {
    fn new(records: &str, servers: &str, machines: &str) -> Self {
        let records: String = records.lines().map(|line| format!("  {}\n", line.trim())).collect();
        let text = format!(
            "summary: x\nconfig: {{ forest: contoso.com }}\nquery: {{ timeout: 300ms, tries: 1 }}\n\
             zones: [contoso.com, _msdcs.contoso.com, fabrikam.com, corp.example, provider.example]\n\
             records: |\n{records}\nservers: {servers}\nmachines:\n{machines}\nexit: 0\n"
        );
        let scenario = Scenario::parse(&text).expect("a good scenario");
        let running = scenario.start().expect("free ports on loopback");
        let settings = config::parse(&running.config_yaml(), "test", &rules::names()).expect("a good configuration");
        let mut start = Start::new(None, None).expect("a good start");
        start.base.query = settings.query;
        start.base.probe = settings.probe;
        // The resolvers of the test are at addresses of this machine, which is none of the forest's.
        start.base.probe.redirect.insert(IpAddr::from([127, 0, 0, 1]), None);
        let resolvers = Some(running.server_addresses()[..1].to_vec());
        let world = Self { running, resolvers, view: LocalView::default(), start };
        world.hint("contoso.com", "/etc/krb5.conf")
    }

    fn healthy() -> Self {
        Self::new(RECORDS, SERVERS, MACHINES)
    }

    fn hint(mut self, domain: &str, source: &str) -> Self {
        self.view.domains.push(DomainHint { domain: domain.into(), source: source.into() });
        self
    }

    fn without_hints(mut self) -> Self {
        self.view.domains.clear();
        self
    }

    fn evidence(&self) -> Evidence {
        Evidence::new(self.start.base.clone(), Selection::default(), 7, jiff::Timestamp::UNIX_EPOCH)
    }

    fn session(&self) -> Session {
        let options = SessionOptions { query: self.start.base.query.clone(), family: None };
        let local = Local { view: self.view.clone(), lookups: BTreeMap::new() };
        let session = Session::new(options).with_local(local);
        session.with_resolvers(self.resolvers.clone().unwrap_or_default())
    }

    fn find(&self) -> Result<Found, Failure> {
        let mut evidence = self.evidence();
        observe::run(async { run::discover(&mut self.session(), &mut evidence, &self.start, &|_| ()).await })
            .expect("a runtime")
    }

    fn failure(&self) -> String {
        self.find().map(|found| found.config.forest).expect_err("nothing is to be found").to_string()
    }

    /// Finds the forest and checks it, as `guidpost check` does.
    fn check(&self) -> (Report, Evidence) {
        let mut evidence = self.evidence();
        observe::run(async {
            let mut session = self.session();
            let found = run::discover(&mut session, &mut evidence, &self.start, &|_| ()).await.expect("a forest");
            evidence.config = found.config;
            evidence.assumed = found.assumed;
            run::collect(&mut session, &mut evidence, &|_| ()).await;
        })
        .expect("a runtime");
        (verdict::judge(&evidence, false), evidence)
    }
}

fn name(text: &str) -> DnsName {
    DnsName::parse(text).expect("a good name")
}

/// `host guid`, where a GUID is known.
fn dcs(config: &Config) -> Vec<String> {
    let line = |dc: &config::DomainController| {
        let host = dc.host.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{host} {}", dc.guid.map(|guid| guid.to_string()).unwrap_or_default()).trim().to_owned()
    };
    config.domain_controllers.iter().map(line).collect()
}

/// Where something that was assumed comes from; empty if it was not.
fn from<'a>(found: &'a Found, what: &str, value: &str) -> &'a str {
    let mut all = found.assumed.iter();
    all.find(|assumed| assumed.what == what && assumed.value == value).map_or("", |assumed| &assumed.from)
}

/// What a configuration file made of it says.
fn written(found: &Found) -> (String, Config) {
    let mut out = Vec::new();
    discover::write(found, jiff::Timestamp::UNIX_EPOCH, &mut out).expect("memory");
    let text = String::from_utf8(out).expect("UTF-8");
    let config = config::parse(&text, "written", &rules::names())
        .unwrap_or_else(|errors| panic!("{}\n{text}", errors.render(false, true)));
    (text, config)
}

#[test]
fn a_healthy_forest_is_found_and_checked() {
    let world = World::healthy();
    let found = world.find().unwrap();
    assert_eq!(found.config.forest, name("contoso.com"));
    assert_eq!(dcs(&found.config), [format!("dc1.contoso.com {ONE}"), format!("dc2.contoso.com {TWO}")]);
    let dc = &found.config.domain_controllers[0];
    assert_eq!((dc.site.as_deref(), &dc.roles[..]), (Some("HQ"), &[Role::Gc, Role::Dns][..]));
    assert!(dc.addresses.is_empty(), "what a machine owns beside its proven address is not known");
    let servers: Vec<_> = found.config.dns_servers.iter().map(|server| server.name.as_deref()).collect();
    assert_eq!(servers, [None, Some("dc1"), Some("dc2")]);
    assert_eq!(found.config.dns_servers[0].address, ServerAddress::System);
    assert_eq!(found.config.dns_servers[1].dc, Some(name("dc1.contoso.com")));
    assert!(from(&found, "forest", "contoso.com").starts_with("/etc/krb5.conf; dc1.contoso.com, dc2.contoso.com say"));
    assert!(from(&found, "dc", "dc2.contoso.com").contains("it says so itself at 192.0.2.11"));

    let (report, evidence) = world.check();
    assert_eq!(report.findings, [], "{:#?}", report.findings);
    let servers: Vec<_> = report.servers.iter().map(|row| row.server.as_str()).collect();
    assert_eq!(servers, ["dc1", "dc2"], "the resolver is one of them");
    assert_eq!(report.forecast.len(), 4);
    assert!(report.assumed.iter().any(|assumed| assumed.what == "dc"));
    let mut file = Vec::new();
    guidpost::evidence::file::write(&evidence, &mut file).unwrap();
    let back = guidpost::evidence::file::read(&file, None).unwrap();
    assert_eq!(verdict::judge(&back, false), report, "the evidence file holds what was found");
}

#[test]
fn nothing_is_asked_twice() {
    let world = World::healthy();
    world.check();
    let mut seen: Vec<_> = world.running.seen().into_iter().map(|seen| (seen.server, seen.name, seen.rtype)).collect();
    // Questions without recursion are others; a configuration that was found asks none.
    let all = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), all);
}

#[test]
fn the_file_holds_what_was_found_and_only_what_was_proven() {
    let found = World::healthy().find().unwrap();
    let (text, config) = written(&found);
    assert_eq!(dcs(&config), dcs(&found.config));
    assert_eq!(config.forest, found.config.forest);
    assert_eq!(config.dns_servers, found.config.dns_servers);
    assert_eq!(config.domains, found.config.domains);
    let owned: Vec<_> = config.domain_controllers.iter().map(|dc| dc.addresses[0].ip().to_string()).collect();
    assert_eq!(owned, ["192.0.2.10", "192.0.2.11"]);
    let sites: Vec<_> = config.domain_controllers.iter().map(|dc| dc.site.as_deref()).collect();
    assert_eq!(sites, [Some("HQ"); 2]);
    assert!(
        text.contains("# /etc/krb5.conf; dc1.contoso.com, dc2.contoso.com say that contoso.com is the root"),
        "{text}"
    );
    assert!(text.lines().all(|line| line.len() <= 120), "{text}");
}

#[test]
fn an_address_that_belongs_to_another_machine_is_no_proof_and_no_loss() {
    let records = RECORDS.replace("dc2.contoso.com 1200 A 192.0.2.11", "dc2.contoso.com 1200 A 192.0.2.99");
    let machines = format!("{MACHINES}\n  - {{ address: 192.0.2.99, kind: file-server, host: FILES01.contoso.com }}\n");
    let world = World::new(&records, SERVERS, &machines);
    let found = world.find().unwrap();
    assert_eq!(dcs(&found.config), [format!("dc1.contoso.com {ONE}"), "dc2.contoso.com".into()]);
    let why = from(&found, "dc", "dc2.contoso.com");
    assert!(why.contains("192.0.2.99 answers, but not as a domain controller): its GUID is not known"), "{why}");
    let (text, config) = written(&found);
    assert_eq!(dcs(&config), dcs(&found.config));
    assert!(config.domain_controllers[1].addresses.is_empty());
    assert!(text.contains("# addresses: none was proven to be its own; 192.0.2.99 answers, but not as"), "{text}");

    let (report, _) = world.check();
    assert!(from(&found, "left-out", "dc2.contoso.com").contains("its address leads to another machine"));
    assert!(report.servers.iter().all(|row| row.server == "dc1"), "where dc2's DNS server is, nobody says");
    let row = report.addresses.iter().find(|row| row.dc == "dc2.contoso.com").unwrap();
    assert_eq!((row.address.as_str(), row.identity), ("192.0.2.99", Identity::NotADc));
    let finding = report.findings.iter().find(|finding| finding.rule == "wrong-machine").unwrap();
    assert!(finding.predicts.contains(&1753), "{finding:?}");
}

#[test]
fn a_stale_record_at_one_server_does_not_hide_the_dc() {
    let servers =
        "[{ name: dc1, at: 192.0.2.10, remove: ['dc2.contoso.com A'], add: 'dc2.contoso.com 1200 A 192.0.2.99' },
                    { name: dc2, at: 192.0.2.11 }]";
    let machines = format!("{MACHINES}\n  - {{ address: 192.0.2.99, kind: file-server, host: FILES01.contoso.com }}\n");
    let mut world = World::new(RECORDS, servers, &machines);
    // A resolver that knows better: the other server is found by it alone.
    world.resolvers = Some(world.running.server_addresses().to_vec());
    let found = world.find().unwrap();
    assert_eq!(dcs(&found.config)[1], format!("dc2.contoso.com {TWO}"));
    let (text, config) = written(&found);
    assert!(config.domain_controllers[1].addresses.is_empty(), "a list without 192.0.2.99 would hide the question");
    assert!(text.contains("# addresses: its own are \"192.0.2.11\"; 192.0.2.99 answers, but not as"), "{text}");
}

#[test]
fn a_silent_dc_and_one_without_address_hide_but_are_not_absent() {
    let records = format!("{RECORDS}\n_ldap._tcp.dc._msdcs.contoso.com 600 SRV 0 100 389 dc3.contoso.com\n");
    let machines = MACHINES.replace(
        "192.0.2.11, kind: dc, host: dc2.contoso.com, guid: a71c4a0e-5d0f-4b0a-9c53-0e6f1d6c2b58",
        "192.0.2.11, kind: silent",
    );
    let world = World::new(&records, SERVERS, &machines);
    let found = world.find().unwrap();
    assert_eq!(dcs(&found.config), [&format!("dc1.contoso.com {ONE}"), "dc2.contoso.com", "dc3.contoso.com"]);
    assert!(from(&found, "dc", "dc2.contoso.com").contains("192.0.2.11 does not answer"));
    assert!(from(&found, "dc", "dc3.contoso.com").contains("its name has no address"));
    let (report, _) = world.check();
    assert!(report.findings.iter().any(|finding| finding.rule == "host-missing"), "dc3 has a locator record alone");
}

#[test]
fn a_dc_that_one_server_does_not_name_is_found_at_another() {
    let record = "_ldap._tcp.dc._msdcs.contoso.com 600 SRV 0 100 389 dc3.contoso.com";
    let servers = format!("[{{ name: dc1, at: 192.0.2.10 }}, {{ name: dc2, at: 192.0.2.11, add: '{record}' }}]");
    let found = World::new(RECORDS, &servers, MACHINES).find().unwrap();
    assert_eq!(dcs(&found.config)[2], "dc3.contoso.com", "the resolver is the first of them");
}

#[test]
fn other_domains_of_the_forest_are_walked_through() {
    let records = format!(
        "{RECORDS}
        _gc._tcp.contoso.com 600 SRV 0 100 3268 dc3.eu.contoso.com
        _ldap._tcp.gc._msdcs.contoso.com 600 SRV 0 100 3268 dc5.fabrikam.com
        _ldap._tcp.dc._msdcs.eu.contoso.com 600 SRV 0 100 389 dc3.eu.contoso.com
        _ldap._tcp.dc._msdcs.eu.contoso.com 600 SRV 0 100 389 dc4.eu.contoso.com
        _ldap._tcp.dc._msdcs.fabrikam.com 600 SRV 0 100 389 dc5.fabrikam.com
        _ldap._tcp.dc._msdcs.fabrikam.com 600 SRV 0 100 389 dc6.fabrikam.com
        dc3.eu.contoso.com 600 A 192.0.2.13
        dc4.eu.contoso.com 600 A 192.0.2.14
        dc5.fabrikam.com 600 A 192.0.2.15
        dc6.fabrikam.com 600 A 192.0.2.14"
    );
    let machines = format!(
        "{MACHINES}
  - {{ address: 192.0.2.13, kind: dc, host: dc3.eu.contoso.com, guid: 5e8f0c2d-13b4-4c7e-8f6a-b92d40e1a7c3 }}
  - {{ address: 192.0.2.14, kind: closed }}
  - {{ address: 192.0.2.15, kind: dc, host: dc5.fabrikam.com, guid: 6e8f0c2d-13b4-4c7e-8f6a-b92d40e1a7c3 }}"
    );
    let world = World::new(&records, SERVERS, &machines);
    let found = world.find().unwrap();
    let hosts: Vec<_> = found.controllers.iter().map(|dc| dc.host.to_string()).collect();
    let all = ["dc1.contoso.com", "dc2.contoso.com", "dc3.eu.contoso.com", "dc4.eu.contoso.com", "dc5.fabrikam.com"];
    assert_eq!(hosts, [&all[..], &["dc6.fabrikam.com"]].concat());
    let domains: Vec<_> = found.config.domains.iter().map(|domain| domain.name.to_string()).collect();
    assert_eq!(domains, ["contoso.com", "eu.contoso.com", "fabrikam.com"]);
    assert_eq!(found.config.domain_controllers[3].domain, Some(name("eu.contoso.com")));
    written(&found);

    // The same from within the child domain, as its own machines would begin; and named as if it were the forest.
    let child = world.without_hints().hint("eu.contoso.com", "registry");
    let why = from(&child.find().unwrap(), "forest", "contoso.com").to_owned();
    assert!(why.starts_with("registry: eu.contoso.com; dc3.eu.contoso.com says that contoso.com is"), "{why}");
    assert_eq!(dcs(&child.find().unwrap().config), dcs(&found.config));
    let mut named = child;
    named.start.forest = Some(name("eu.contoso.com"));
    assert!(named.failure().contains("use --forest contoso.com"), "{}", named.failure());
}

#[test]
fn a_machine_that_states_another_forest_does_not_lead_there() {
    let machines = MACHINES.replace(&format!("guid: {TWO}"), &format!("guid: {TWO}, forest: evil.example"));
    let world = World::new(RECORDS, SERVERS, &machines);
    let found = world.find().unwrap();
    assert_eq!(found.config.forest, name("contoso.com"));
    assert_eq!(dcs(&found.config), [&format!("dc1.contoso.com {ONE}"), "dc2.contoso.com"]);
    assert!(from(&found, "left-out", "192.0.2.11").contains("its forest is evil.example"));

    // Even alone: DNS knows no such forest.
    let alone = "\n  - { address: 192.0.2.10, kind: dc, host: dc1.contoso.com, forest: evil.example }
  - { address: 192.0.2.11, kind: silent }\n";
    let found = World::new(RECORDS, SERVERS, alone).find().unwrap();
    assert_eq!(found.config.forest, name("contoso.com"));
    assert_eq!(dcs(&found.config), ["dc1.contoso.com", "dc2.contoso.com"]);
    let why = from(&found, "dc", "dc1.contoso.com");
    assert!(why.contains("192.0.2.10 states another forest, evil.example"), "{why}");
}

#[test]
fn targets_outside_the_forest_need_the_word_of_a_machine() {
    let records = format!(
        "{RECORDS}
        _ldap._tcp.dc._msdcs.contoso.com 600 SRV 0 100 389 dc7.corp.example
        _ldap._tcp.dc._msdcs.contoso.com 600 SRV 0 100 389 dc8.corp.example
        _ldap._tcp.dc._msdcs.contoso.com 600 SRV 0 100 389 dc9.corp.example
        _ldap._tcp.dc._msdcs.contoso.com 600 SRV 0 100 389 short
        dc7.corp.example 600 A 192.0.2.17
        dc8.corp.example 600 A 192.0.2.18"
    );
    let machines = format!(
        "{MACHINES}
  - {{ address: 192.0.2.17, kind: dc, host: dc7.corp.example, guid: 5e8f0c2d-13b4-4c7e-8f6a-b92d40e1a7c3 }}
  - {{ address: 192.0.2.18, kind: file-server, host: dc8.corp.example }}"
    );
    let found = World::new(&records, SERVERS, &machines).find().unwrap();
    let hosts: Vec<_> = found.controllers.iter().map(|dc| dc.host.to_string()).collect();
    assert_eq!(hosts, ["dc1.contoso.com", "dc2.contoso.com", "dc7.corp.example"], "a disjoint name is a name");
    assert!(from(&found, "left-out", "dc8.corp.example").contains("no machine there says"));
    assert!(from(&found, "left-out", "dc9.corp.example").contains("has no address"));
    assert!(from(&found, "left-out", "short").contains("not fully qualified"));
}

#[test]
fn odd_targets_are_left_out_and_nothing_else() {
    let long = format!("{0}.{0}.{0}.contoso.com", "a".repeat(60));
    let mut odd: Vec<String> =
        ["a,b.contoso.com", r"\027x.contoso.com", r"a\.b.contoso.com", "x.1", "192.0.2.10"].map(String::from).into();
    let records: String = odd
        .iter()
        .chain([&long])
        .flat_map(|target| {
            [
                format!("\n_ldap._tcp.dc._msdcs.contoso.com 600 SRV 0 100 389 {target}"),
                format!("\n_gc._tcp.contoso.com 600 SRV 0 100 3268 {target}"),
                format!("\ncontoso.com 3600 NS {target}"),
            ]
        })
        .collect();
    let found = World::new(&format!("{RECORDS}{records}"), SERVERS, MACHINES).find().unwrap();
    let hosts: Vec<_> = found.controllers.iter().map(|dc| dc.host.to_string()).collect();
    assert_eq!(hosts, [long.as_str(), "dc1.contoso.com", "dc2.contoso.com"], "a long name is a name");
    let mut left: Vec<&str> = found.assumed.iter().filter(|a| a.what == "left-out").map(|a| a.value.as_str()).collect();
    left.retain(|value| *value != long);
    left.sort_unstable();
    odd.sort();
    assert_eq!(left, odd);
    written(&found);
}

#[test]
fn addresses_of_strangers_are_not_asked() {
    let records = format!(
        "{RECORDS}
        _ldap._tcp.dc._msdcs.contoso.com 600 SRV 0 100 389 dc3.contoso.com
        _ldap._tcp.dc._msdcs.contoso.com 600 SRV 0 100 389 dc4.contoso.com
        dc3.contoso.com 600 A 198.51.100.7
        dc4.contoso.com 600 A 127.0.0.1
        contoso.com 3600 NS ns1.provider.example
        ns1.provider.example 600 A 198.51.100.53"
    );
    // The scenario wants a machine at every address; without a redirection it is as if none stood there.
    let machines = format!("{MACHINES}
  - {{ address: 198.51.100.7, kind: unprobed }}\n  - {{ address: 127.0.0.1, kind: unprobed }}\n  - {{ address: 198.51.100.53, kind: unprobed }}");
    let mut world = World::new(&records, SERVERS, &machines);
    for address in ["198.51.100.7", "198.51.100.53"] {
        world.start.base.probe.redirect.remove(&address.parse::<IpAddr>().unwrap());
    }
    let mut evidence = world.evidence();
    let found = observe::run(async { run::discover(&mut world.session(), &mut evidence, &world.start, &|_| ()).await })
        .unwrap()
        .unwrap();
    let asked: Vec<_> = evidence.machines.keys().map(ToString::to_string).collect();
    assert_eq!(asked, ["127.0.0.1", "192.0.2.10", "192.0.2.11"], "the first is the resolver, which leads nowhere here");
    assert!(evidence.machines[&IpAddr::from([127, 0, 0, 1])].replies == Default::default());
    assert!(from(&found, "dc", "dc3.contoso.com").contains("198.51.100.7 is a public address and was not asked"));
    assert!(from(&found, "left-out", "ns1.provider.example").contains("no host of the forest"));
    assert!(evidence.columns().iter().all(|column| column.address.ip().is_loopback()));
}

#[test]
fn without_probes_dns_alone_is_believed_and_it_is_said() {
    let mut world = World::healthy();
    world.start.base.probe.enabled = false;
    let found = world.find().unwrap();
    assert_eq!(dcs(&found.config), ["dc1.contoso.com", "dc2.contoso.com"]);
    assert!(from(&found, "forest", "contoso.com").contains("global catalogs under contoso.com"));
    assert!(from(&found, "dc", "dc1.contoso.com").contains("--no-probe"));
    written(&found);
}

#[test]
fn its_own_records_give_a_dc_its_guid() {
    let machines = MACHINES.replace(", guid: 3dab7f9b-92e7-4391-b8db-71df532c1493", "");
    let mut world = World::new(RECORDS, SERVERS, &machines);
    assert_eq!(dcs(&world.find().unwrap().config)[0], "dc1.contoso.com", "the directory keeps it to itself");
    world.view.records.push(LocalRecord {
        file: "netlogon.dns".into(),
        line: 3,
        name: format!("{ONE}._msdcs.contoso.com"),
        rtype: "CNAME".into(),
        ttl: Some(600),
        data: "dc1.contoso.com".into(),
    });
    let found = world.find().unwrap();
    assert_eq!(dcs(&found.config)[0], format!("dc1.contoso.com {ONE}"));
    assert!(from(&found, "dc", "dc1.contoso.com").contains("netlogon.dns has its alias"));
}

#[test]
fn contradictory_guids_are_not_taken() {
    let records = format!("{RECORDS}\ndc1.contoso.com 1200 A 192.0.2.12");
    let machines = format!("{MACHINES}\n  - {{ address: 192.0.2.12, kind: dc, host: dc1.contoso.com, guid: {TWO} }}");
    let found = World::new(&records, SERVERS, &machines).find().unwrap();
    assert_eq!(dcs(&found.config), ["dc1.contoso.com".to_owned(), format!("dc2.contoso.com {TWO}")]);
    assert!(from(&found, "dc", "dc1.contoso.com").contains("two GUIDs are stated"));

    let same = MACHINES.replace(ONE, TWO);
    let found = World::new(RECORDS, SERVERS, &same).find().unwrap();
    assert_eq!(dcs(&found.config), ["dc1.contoso.com", "dc2.contoso.com"], "a copied machine");
    assert!(from(&found, "dc", "dc1.contoso.com").contains("another host states the same GUID"));
    written(&found);
}

#[test]
fn a_host_name_below_the_forest_leads_to_it() {
    let found = World::healthy().without_hints().hint("clients.contoso.com", "its host name").find().unwrap();
    assert_eq!(dcs(&found.config).len(), 2);
    let why = from(&found, "forest", "contoso.com");
    assert!(why.starts_with("its host name; DNS has no domain controllers of clients.contoso.com"), "{why}");
}

#[test]
fn a_resolver_that_is_a_dc_needs_no_hint() {
    let mut world = World::healthy().without_hints();
    let base = world.start.base.probe.redirect[&IpAddr::from([192, 0, 2, 10])];
    world.start.base.probe.redirect.insert(IpAddr::from([127, 0, 0, 1]), base);
    assert_eq!(dcs(&world.find().unwrap().config).len(), 2);
}

#[test]
fn a_server_that_is_named_leads_to_the_forest() {
    let mut world = World::healthy().without_hints();
    let server = world.running.server_addresses()[1];
    let from = ServerAddress::Ip { address: server.ip(), scope: None };
    let named = Start::new(None, Some((from, Some(server.port())))).unwrap();
    let mut probe = world.start.base.probe.clone();
    let base = probe.redirect[&IpAddr::from([192, 0, 2, 11])];
    probe.redirect.insert(IpAddr::from([127, 0, 0, 1]), base);
    world.start = Start { base: Config { probe, query: world.start.base.query.clone(), ..named.base }, ..named };
    // This machine has no resolvers, and is not asked for them.
    world.resolvers = None;
    let found = world.find().unwrap();
    assert_eq!(dcs(&found.config).len(), 2);
    assert!(found.config.dns_servers.iter().all(|server| server.address != ServerAddress::System));
    let (report, _) = world.check();
    assert_eq!(report.servers.len(), 2, "{:?}", report.servers);
}

#[test]
fn where_nothing_is_found_it_is_said_what_was_tried() {
    let mut none = World::healthy();
    none.resolvers = Some(Vec::new());
    let said = none.failure();
    assert!(said.contains("no DNS server") && said.contains("--from ADDRESS") && said.contains("-c FILE"), "{said}");

    let unhinted = World::healthy().without_hints().failure();
    assert!(unhinted.contains("belongs to no domain") && unhinted.contains("--forest NAME"), "{unhinted}");

    let single = World::healthy().without_hints().hint("CORP", "smb.conf: workgroup").failure();
    assert!(single.contains("`corp` (smb.conf: workgroup) is a single label"), "{single}");

    let wrong = World::healthy().without_hints().hint("example.org", "resolv.conf").hint("bad..name", "x").failure();
    assert!(wrong.contains("SRV _ldap._tcp.dc._msdcs.example.org: 127.0.0.1:"), "{wrong}");
    assert!(wrong.contains(" refuses; ") && wrong.contains("bad..name"), "{wrong}");

    let empty = World::new("x.contoso.com 60 A 192.0.2.10", SERVERS, MACHINES).failure();
    assert!(empty.contains("says that there is no such name"), "{empty}");

    let silent = World::new(RECORDS, "[{ name: dc1, behaviour: silent }]", MACHINES).failure();
    assert!(silent.contains("does not answer"), "{silent}");

    let mut named = World::healthy();
    named.start.forest = Some(name("corp"));
    let said = named.failure();
    assert!(said.contains("no domain controller of corp was found") && said.contains("single label"), "{said}");
}

#[test]
fn the_deadline_ends_it_with_a_word() {
    let mut world = World::new(RECORDS, "[{ name: dc1, behaviour: silent }]", MACHINES);
    world.start.base.query.timeout = Duration::from_secs(30);
    world.start.base.query.deadline = Some(Duration::from_millis(200));
    let begun = Instant::now();
    assert!(world.failure().starts_with("the deadline passed before the forest was known"));
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn three_thousand_hosts_half_of_them_dead() {
    // As many as fit into replies of 64 KiB: 1,500 in each of two domains, the second half of them silent.
    let mut records = RECORDS.to_owned();
    let mut silent = Vec::new();
    for (domain, network) in [("contoso.com", 20), ("eu.contoso.com", 21)] {
        records.push_str(&format!("_gc._tcp.contoso.com 600 SRV 0 100 3268 a0.{domain}\n"));
        for number in 0..1500 {
            records.push_str(&format!("_ldap._tcp.dc._msdcs.{domain} 600 SRV 0 100 389 a{number}.{domain}\n"));
            if number >= 750 {
                let address = format!("10.{network}.{}.{}", number / 250, number % 250 + 1);
                records.push_str(&format!("a{number}.{domain} 600 A {address}\n"));
                silent.push(address);
            }
        }
    }
    let machines =
        format!("{MACHINES}\n  - {{ address: {}, also: [{}], kind: silent }}", silent[0], silent[1..].join(", "));
    let mut world = World::new(&records, "[{ name: dc1, at: 192.0.2.10 }]", &machines);
    world.start.base.query.timeout = Duration::from_secs(2);
    world.start.base.probe.timeout = Duration::from_millis(300);
    let begun = Instant::now();
    let found = world.find().unwrap();
    assert_eq!(found.controllers.len(), 3002);
    assert_eq!(found.controllers.iter().filter(|dc| dc.guid.is_some()).count(), 2);
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    written(&found);
}

#[test]
fn hostile_text_stays_text() {
    let mut found = World::healthy().find().unwrap();
    let attack = "x\nforest: evil.example\r\n\u{1b}[2J\u{202e}# ";
    for assumed in &mut found.assumed {
        assumed.from.push_str(attack);
    }
    found.assumed.push(guidpost::evidence::Assumption {
        what: "left-out".into(),
        value: attack.into(),
        from: attack.into(),
    });
    for dc in &mut found.controllers {
        dc.from.push_str(attack);
        dc.addresses.push((IpAddr::from([192, 0, 2, 77]), discover::Address::Doubtful(attack.into())));
    }
    let (text, config) = written(&found);
    assert_eq!(config.forest, name("contoso.com"));
    assert!(!text.contains(['\u{1b}', '\u{202e}', '\r']), "{text}");
}

fn guidpost(arguments: &[&str]) -> std::process::Output {
    let folder = tempfile::tempdir().expect("a folder without guidpost.yaml");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_guidpost"));
    command.current_dir(folder.path()).args(arguments).output().expect("guidpost starts")
}

/// One DNS server, whose forest has DCs that nobody is to knock at.
fn dns_alone() -> (RunningScenario, String) {
    let records: Vec<&str> = RECORDS.lines().filter(|line| !line.contains(" NS ")).collect();
    let world = World::new(&records.join("\n"), "[{ name: dc1 }]", MACHINES);
    let address = world.running.server_addresses()[0].to_string();
    (world.running, address)
}

#[test]
fn the_command_finds_the_forest_without_a_file() {
    let (_running, address) = dns_alone();
    let begin = ["--forest", "contoso.com", "--from", &address, "--no-probe"];
    let output = guidpost(&[&["check", "-f", "json"], &begin[..]].concat());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(report["forest"], "contoso.com");
    let assumed = report["assumed"].as_array().expect("a list");
    assert!(assumed.iter().any(|row| row["what"] == "dc" && row["value"] == "dc2.contoso.com"), "{assumed:?}");
    assert_eq!(output.stderr, b"");

    let output = guidpost(&[&["check"], &begin[..]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\nAssumed, because no configuration says it\n  forest contoso.com: --forest"), "{text}");

    // --dc and --server speak of what is found.
    let output = guidpost(&[&["check", "--dc", "dc1", "-f", "json"], &begin[..]].concat());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a report");
    let findings = report["findings"].as_array().expect("a list");
    assert!(findings.iter().all(|finding| finding["dc"] != "dc2.contoso.com"), "{findings:?}");
    let output = guidpost(&[&["check", "--dc", "dc9"], &begin[..]].concat());
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no domain controller `dc9`"));
}

#[test]
fn the_command_says_what_it_tried() {
    let (_running, address) = dns_alone();
    let output = guidpost(&["check", "--forest", "example.org", "--from", &address, "--no-probe"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), &output.stdout[..]), (Some(3), &b""[..]));
    assert!(said.contains("no domain controller of example.org was found") && said.contains(&address), "{said}");
    let named = guidpost(&["check", "-c", "no-such-file.yaml"]);
    assert_eq!(named.status.code(), Some(3), "a file that is named has to be there");
}

#[test]
fn init_writes_a_file_and_overwrites_none() {
    let (_running, address) = dns_alone();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("guidpost.yaml");
    let path = file.to_str().unwrap();
    let begin = ["--forest", "contoso.com", "--from", &address, "--no-probe"];
    let init = |more: &[&str]| guidpost(&[&["init"], &begin[..], more].concat());
    let output = init(&["-o", path]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("dc1.contoso.com: no GUID"), "{said}");
    assert_eq!(guidpost(&["config", "check", "-c", path]).status.code(), Some(0));

    std::fs::write(&file, "mine").unwrap();
    let output = init(&["-o", path]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("exists already; --force overwrites it"));
    assert_eq!(std::fs::read(&file).unwrap(), b"mine");
    let failed =
        guidpost(&["init", "--force", "-o", path, "--forest", "example.org", "--from", &address, "--no-probe"]);
    assert_eq!(failed.status.code(), Some(3));
    assert_eq!(std::fs::read(&file).unwrap(), b"mine", "a run that finds nothing writes nothing");
    assert_eq!(init(&["-o", path, "--force", "-q"]).stderr, b"");
    assert!(std::fs::read_to_string(&file).unwrap().contains("forest: contoso.com"));
    let printed = init(&["-o", "-"]);
    assert!(String::from_utf8_lossy(&printed.stdout).contains("\ndomain_controllers:\n"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
}

/// Text that a machine may send where a name is expected.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "dc[12]\\.(eu\\.)?contoso\\.com",
        1 => "(CN=[a-z]{1,3},){3}CN=[A-Za-z ,.]{0,8},DC=contoso,DC=com",
        4 => "DC=contoso,DC=com",
        1 => "DC=eu,DC=contoso,DC=com",
        1 => "DC=[a-z0-9.-]{0,70}(,DC=[a-z]{1,63}){0,4}",
        1 => "[a-z0-9._-]{0,80}",
        1 => "\\PC{0,20}",
        1 => "[\\x00-\\x1f\\u{202e}a-c.]{0,20}",
    ]
}

fn directory_name() -> impl Strategy<Value = Option<DirectoryName>> {
    let guid = prop_oneof![Just(ONE), Just(TWO), Just("00000000-0000-0000-0000-000000000000")];
    let name = (text(), proptest::option::of(guid)).prop_map(|(dn, guid)| {
        let guid = guid.map(|text| Guid::parse(text).expect("a GUID"));
        DirectoryName { guid, sid: None, dn }
    });
    proptest::option::weighted(0.9, name)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    /// Whatever machines and hints say, what comes of it is a configuration, as evidence and as a file; or a reason.
    #[test]
    fn whatever_machines_say_makes_a_configuration_or_none(
        machines in proptest::collection::vec(
            (text(), directory_name(), directory_name(), directory_name()), 0..4),
        hints in proptest::collection::vec(text(), 0..3),
    ) {
        let start = Start::new(None, None).expect("a good start");
        let mut evidence =
            Evidence::new(start.base.clone(), Selection::default(), 7, jiff::Timestamp::UNIX_EPOCH);
        evidence.system = Some(Resolved::Addresses(vec![SocketAddr::from(([10, 0, 0, 1], 53))]));
        let mut interface = Interface::default();
        for (number, (host, ntds_settings, domain, root_domain)) in (1..).zip(machines) {
            let address = IpAddr::from([10, 0, 0, number]);
            interface.addresses.push(InterfaceAddress { address, prefix: 24, eligible: None, transient: false });
            let root = RootDse { host: Some(host), ntds_settings, domain, root_domain, ..RootDse::default() };
            let replies = AddressReplies { rootdse: Some(Reply::Answer(root)), ..AddressReplies::default() };
            evidence.machines.insert(address, Machine { stage: Stage::Directory, replies });
        }
        let hints = hints.into_iter().map(|domain| DomainHint { domain, source: "x".into() });
        evidence.local = Some(LocalView {
            stage: LocalStage::Configuration,
            interfaces: vec![interface],
            domains: hints.collect(),
            ..LocalView::default()
        });
        // The plan comes from the same data, and its names go over the wire.
        for ask in discover::next(&start, &evidence).dns.into_iter().flat_map(|(_, asks)| asks) {
            prop_assert!(ask.name.labels().iter().map(|label| label.len() + 1).sum::<usize>() <= 254);
        }
        match discover::finish(&start, &evidence) {
            Ok(found) => {
                let (_, config) = written(&found);
                prop_assert_eq!(dcs(&config), dcs(&found.config));
            }
            Err(failure) => prop_assert!(!matches!(failure, Failure::Unusable(_)), "{}", failure),
        }
    }
}
