//! What is a scenario, and what is none.

use super::*;

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
fn a_scenario_says_what_its_run_is_for() {
    let with = |purpose: &str| {
        let text = format!("{{summary: x, exit: 0, config: {{forest: a.b}}, servers: [{{name: one}}], {purpose}}}");
        Scenario::parse(&text).map(|scenario| scenario.purpose)
    };
    assert_eq!(with("story: x").ok(), Some(Purpose::Check));
    let candidate = "purpose: {preflight: {host: dc3.a.b, domain: a.b, addresses: [192.0.2.12], here: false}}";
    assert!(matches!(with(candidate), Ok(Purpose::Preflight(candidate)) if candidate.host.as_str() == "dc3.a.b"));
    let gone = "purpose: {gone: {guids: [], hosts: [dc3.a.b], addresses: [192.0.2.12]}}";
    assert!(matches!(with(gone), Ok(Purpose::Gone(departed)) if departed.hosts.len() == 1));
    assert!(with("purpose: {promote: {}}").is_err());
}
