//! What misleads, contradicts, is missing, or is too much.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use guidpost::observe::{self};
use guidpost::run;

use crate::world::{MACHINES, ONE, RECORDS, SERVERS, TWO, World, dcs, from, name, written};

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
    // One dead machine after another would be eight minutes.
    assert!(begun.elapsed() < Duration::from_secs(120), "{:?}", begun.elapsed());
    written(&found);
}
