//! What is a scenario, and what is none.

use super::*;
use crate::evidence::LookedUp;

#[test]
fn every_embedded_scenario_can_be_started() {
    for (name, scenario) in scenarios() {
        assert!(!scenario.story.is_empty(), "{name} has no story");
        assert!(scenario.start().is_ok(), "{name}");
    }
}

#[test]
fn the_config_names_the_real_ports() {
    let (_, scenario) = scenarios().swap_remove(0);
    let running = scenario.start().expect("free ports");
    let config: Mapping = serde_yaml::from_str(&running.config_yaml()).expect("a mapping");
    let ports = config["dns_servers"].as_sequence().expect("a list").iter().map(|server| &server["port"]);
    let real: Vec<Value> = running.fleet.addresses().iter().map(|address| address.port().into()).collect();
    assert_eq!(ports.collect::<Vec<_>>(), real.iter().collect::<Vec<_>>());
    assert_eq!(config["probe"]["enabled"], Value::Bool(false));
}

#[test]
fn what_cannot_be_served_is_refused_with_the_server() {
    let text = "{summary: x, config: {forest: a.b}, exit: 0, servers: [{name: one, remove: [x.a.b A]}]}";
    let error = Scenario::parse(text).expect_err("nothing to remove");
    assert_eq!(error.to_string(), "server one: record `x.a.b A`: there is nothing to remove");
    let with = |more: &str| Scenario::parse(&format!("{{summary: x, exit: 0, servers: [{{name: one}}], {more}}}"));
    let records = "records: 'x.a.b 600 A 192.0.2.9'";
    let dc = "{address: 192.0.2.1, kind: closed}";
    for refused in [
        "config: {forest: a.b, probe: {enabled: true}}".to_owned(),
        format!("config: {{forest: a.b}}, {records}, machines: [{dc}]"),
        format!("config: {{forest: a.b, domain_controllers: [{{addresses: [192.0.2.9]}}]}}, machines: [{dc}]"),
        format!("config: {{forest: a.b}}, machines: [{dc}, {dc}]"),
    ] {
        assert!(with(&refused).is_err(), "{refused}");
    }
    assert!(with(&format!("config: {{forest: a.b}}, machines: [{dc}]")).is_ok());
    assert!(Scenario::parse("{summary: x, config: {}, exit: 0, servers: []}").is_err(), "no forest");
    assert!(Scenario::parse("{summary: x, config: {forest: a}, exit: 0, servers: [], expct: []}").is_err());
}

#[test]
fn the_machine_of_a_scenario_is_read_like_a_real_one() {
    let text = r#"
summary: x
exit: 0
config: { forest: a.b, dns_servers: [system] }
servers: [{ name: one }, { name: two }]
local:
  system: windows
  host: dc1.a.b
  domain: a.b
  suffixes: [a.b, c.d]
  interfaces:
    - { name: lan, addresses: [192.0.2.10/24, "2001:db8::10/64"], registers: true }
    - { name: loop, addresses: [127.0.0.1/8] }
  resolvers: [two, one, two]
  hosts: |
    192.0.2.99 dc2.a.b # old
    bad
  lmhosts: "192.0.2.98 DC2 #PRE"
  netlogon_dns: "a.b. 600 IN A 192.0.2.10"
  dns_update_cache: "A dc1.a.b 192.0.2.10"
  smb_conf: "realm = A.B"
  lookups: { dc1.a.b: [192.0.2.10], dc2.a.b: missing, dc3.a.b: "failed: no answer" }
"#;
    let running = Scenario::parse(text).expect("a scenario").start().expect("free ports");
    let Local { view, lookups } = running.local();
    let resolvers: Vec<_> = view.resolvers.iter().map(|resolver| resolver.address).collect();
    let [one, two] = running.fleet.addresses() else { panic!("two servers") };
    assert_eq!(resolvers, [*two, *one, *two]);
    assert_eq!((view.system.as_str(), view.host.as_deref()), ("windows", Some("dc1.a.b")));
    assert_eq!(view.addresses().count(), 3);
    let interfaces = view.interfaces.iter().map(|own| (own.loopback, own.registers, own.addresses[0].prefix));
    assert_eq!(interfaces.collect::<Vec<_>>(), [(false, Some(true), 24), (true, None, 8)]);
    let names: Vec<_> = view.names.iter().map(|line| (line.file.as_str(), line.line, line.names[0].as_str())).collect();
    assert_eq!(names, [("hosts", 1, "dc2.a.b"), ("lmhosts", 1, "DC2")]);
    assert_eq!(view.records.len(), 2);
    assert_eq!(view.troubles, ["hosts: line 2 cannot be read"]);
    let hints: Vec<_> = view.domains.iter().map(|hint| hint.domain.as_str()).collect();
    assert_eq!(hints, ["a.b", "c.d"]);
    let found: Vec<_> = lookups.values().cloned().collect();
    let failed = LookedUp::Failed("no answer".into());
    assert_eq!(found, [LookedUp::Addresses(vec![[192, 0, 2, 10].into()]), LookedUp::Missing, failed]);
    let config: Mapping = serde_yaml::from_str(&running.config_yaml()).expect("a mapping");
    assert_eq!(config["dns_servers"].as_sequence().expect("a list").last(), Some(&Value::from("system")));
}

#[test]
fn a_machine_that_makes_no_sense_is_refused() {
    let with = |config: &str, local: &str| {
        let text =
            format!("{{summary: x, exit: 0, servers: [{{name: one}}], config: {{forest: a.b{config}}}, {local}}}");
        Scenario::parse(&text).map(drop).map_err(|error| error.to_string())
    };
    let system = ", dns_servers: [system]";
    assert_eq!(with(system, "local: {resolvers: [one]}"), Ok(()));
    assert_eq!(with("", "local: {resolvers: [192.0.2.1]}"), Ok(()), "it is never asked");
    for (config, local) in [
        (system, "local: {resolvers: [192.0.2.1]}"),
        ("", "local: {resolvers: [two]}"),
        (", dns_servers: [192.0.2.1]", "local: {}"),
        ("", "local: {interfaces: [{name: x, addresses: [192.0.2.1/33]}]}"),
        ("", "local: {lookups: {a.b: perhaps}}"),
        ("", "local: {resolver: [one]}"),
    ] {
        assert!(with(config, local).is_err(), "{config} {local}");
    }
}
