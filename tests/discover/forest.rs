//! Forests that can be found.

use std::net::IpAddr;

use guidpost::config::{Config, Role, ServerAddress};
use guidpost::discover::Start;
use guidpost::evidence::LocalRecord;
use guidpost::jobs::gone;
use guidpost::report::Identity;
use guidpost::verdict;

use crate::world::{MACHINES, ONE, RECORDS, SERVERS, TWO, World, dcs, from, name, written};

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
    let rules: Vec<_> = report.findings.iter().map(|finding| finding.rule.as_str()).collect();
    assert_eq!(rules, ["resolver-list"], "the machine of the tests has no such list: {:#?}", report.findings);
    let servers: Vec<_> = report.servers.iter().map(|row| row.server.as_str()).collect();
    assert_eq!(servers, ["dc1", "dc2"], "the resolver is one of them");
    assert_eq!(report.forecast.len(), 4);
    assert!(report.assumed.iter().any(|assumed| assumed.what == "dc"));
    let mut file = Vec::new();
    guidpost::evidence::file::write(&evidence, &mut file).unwrap();
    let back = guidpost::evidence::file::read(&file, None, &guidpost::rules::names()).unwrap();
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
fn a_former_dc_that_records_still_name_is_no_dc_of_the_forest() {
    let records = format!("{RECORDS}\n_ldap._tcp.dc._msdcs.contoso.com 600 SRV 0 100 389 dc3.contoso.com\n");
    let mut found = World::new(&records, SERVERS, MACHINES).find().unwrap();
    assert_eq!(dcs(&found.config).len(), 3);
    let departed = gone::departed_of(&["DC3.contoso.com".into()], &mut found.config, &mut found.assumed).unwrap();
    assert_eq!(departed.hosts, [name("dc3.contoso.com")]);
    assert_eq!(dcs(&found.config), [format!("dc1.contoso.com {ONE}"), format!("dc2.contoso.com {TWO}")]);
    assert!(from(&found, "dc", "dc3.contoso.com").is_empty());
    assert!(from(&found, "left-out", "dc3.contoso.com").contains("former DC"));
    for living in ["dc2.contoso.com", TWO] {
        let refused = gone::departed_of(&[living.into()], &mut found.config, &mut found.assumed).unwrap_err();
        assert!(refused.to_string().contains("still answers as a domain controller"), "{refused}");
    }
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
