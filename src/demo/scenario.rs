//! The scenario format.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;
use serde_yaml::{Mapping, Value};

use super::behaviour::{Behaviour, Mind, Quirks, Spec};
use super::expect::{Expected, ExpectedForecast};
use super::machines::{self, Machine, Running};
use super::records::{RecordError, Records};
use super::server::{Fleet, Seen};
use crate::name::DnsName;

/// Long enough for loopback on a busy machine.
const PROBE_TIMEOUT: &str = "1s";

/// A forest with its DNS servers, and what must be reported of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What is broken, in one line.
    pub summary: String,
    /// What an administrator sees, and what to look for in the report.
    #[serde(default)]
    pub story: String,
    /// The configuration without its DNS servers. Locator records are off unless it says otherwise. Machines are asked
    /// who they are only if the scenario has `machines`; what `probe:` says is taken on top of what they need.
    config: Mapping,
    /// `query:` of the configuration.
    #[serde(default)]
    query: Option<Mapping>,
    /// Zone apexes of every server; by default the forest and its `_msdcs`.
    #[serde(default)]
    zones: Vec<String>,
    /// What all servers hold.
    #[serde(default)]
    records: String,
    servers: Vec<ServerEntry>,
    /// Who stands at the addresses; with any of them, machines are asked who they are. Then every address of the
    /// scenario has one, so that nothing ever leaves loopback.
    #[serde(default)]
    machines: Vec<Machine>,
    /// All fails and unknowns.
    #[serde(default)]
    pub expect: Vec<Expected>,
    /// All rows of the forecast that are not ok.
    #[serde(default)]
    pub forecast: Vec<ExpectedForecast>,
    /// Groups of servers with the same content, names separated by spaces; empty when it does not matter.
    #[serde(default)]
    pub groups: Vec<String>,
    /// The status of servers, where it matters.
    #[serde(default)]
    pub status: BTreeMap<String, String>,
    /// What the machines taught, `dc [guid] [addresses]`; not looked at where it is empty.
    #[serde(default)]
    pub learned: Vec<String>,
    /// Exit code.
    pub exit: u8,
}

/// One DNS server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerEntry {
    name: String,
    /// Further keys of its entry in `dns_servers`.
    #[serde(default)]
    config: Mapping,
    /// Instead of the scenario's zones.
    zones: Option<Vec<String>>,
    /// Instead of the common records.
    records: Option<String>,
    /// Patterns of records to take away from them, see [`Records::remove`].
    #[serde(default)]
    remove: Vec<String>,
    /// Records to add.
    #[serde(default)]
    add: String,
    #[serde(default)]
    behaviour: Behaviour,
    #[serde(default)]
    quirks: Quirks,
}

/// Why a text is no scenario.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// It does not have the form.
    #[error("{0}")]
    Form(#[from] serde_yaml::Error),
    /// A server's data is wrong.
    #[error("server {server}: {error}")]
    Records {
        /// The server.
        server: String,
        /// What is wrong.
        error: RecordError,
    },
    /// An expectation is about a server that the scenario does not have.
    #[error("`{0}` names no server of the scenario")]
    NoServer(String),
    /// The configuration has no forest.
    #[error("config: the forest is missing")]
    NoForest,
    /// An address could be asked, and no machine of the scenario stands there.
    #[error("no machine stands at {0}")]
    NoMachine(IpAddr),
    /// A machine makes no sense, or machines are to be asked although there are none.
    #[error("{0}")]
    Machines(String),
}

impl Scenario {
    /// Reads a scenario and makes sure that its servers could be started.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let scenario: Self = serde_yaml::from_str(text)?;
        scenario.check_machines(&scenario.specs()?)?;
        let known = |name: &str| scenario.servers.iter().any(|server| server.name == name);
        let findings = scenario.expect.iter().filter_map(Expected::server);
        let forecast = scenario.forecast.iter().map(ExpectedForecast::server);
        let groups = scenario.groups.iter().flat_map(|group| group.split_whitespace());
        let status = scenario.status.keys().map(String::as_str);
        let mut all = findings.chain(forecast).chain(groups).chain(status);
        match all.find(|name| !known(name)).map(str::to_owned) {
            Some(unknown) => Err(ScenarioError::NoServer(unknown)),
            None => Ok(scenario),
        }
    }

    /// What the servers are made of, in order.
    ///
    /// # Errors
    /// When a record, name or pattern is malformed.
    pub fn specs(&self) -> Result<Vec<Spec>, ScenarioError> {
        let forest = self.forest()?;
        let mut common = self.zones.clone();
        if common.is_empty() {
            common = vec![forest.to_owned(), format!("_msdcs.{forest}")];
        }
        let spec = |server: &ServerEntry| {
            server
                .spec(forest, &common, &self.records)
                .map_err(|error| ScenarioError::Records { server: server.name.clone(), error })
        };
        self.servers.iter().map(spec).collect()
    }

    /// Makes sure that no probe can leave loopback: every address that a record or the configuration holds has a machine.
    fn check_machines(&self, specs: &[Spec]) -> Result<(), ScenarioError> {
        if self.machines.is_empty() {
            let enabled = self.config.get("probe").map(|probe| probe.get("enabled") != Some(&Value::Bool(false)));
            return match enabled {
                Some(true) => Err(ScenarioError::Machines("config: probes need `machines`".to_owned())),
                _ => Ok(()),
            };
        }
        let mut there = BTreeSet::new();
        for machine in &self.machines {
            machine.character(self.forest()?).map_err(ScenarioError::Machines)?;
            for address in machine.addresses() {
                if !there.insert(address) {
                    return Err(ScenarioError::Machines(format!("two machines stand at {address}")));
                }
            }
        }
        let in_records = specs
            .iter()
            .flat_map(|spec| spec.records.addresses().chain(spec.quirks.old_paths.values().copied().map(IpAddr::from)));
        let controllers = self.config.get("domain_controllers").and_then(Value::as_sequence);
        let owned = controllers.into_iter().flatten().filter_map(|dc| dc.get("addresses")?.as_sequence()).flatten();
        // What is no single address is a network, whose addresses nobody knocks at one by one.
        let owned = owned.filter_map(|address| address.as_str()?.parse().ok());
        match in_records.chain(owned).find(|address| !there.contains(address)) {
            Some(address) => Err(ScenarioError::NoMachine(address)),
            None => Ok(()),
        }
    }

    fn forest(&self) -> Result<&str, ScenarioError> {
        self.config.get("forest").and_then(Value::as_str).ok_or(ScenarioError::NoForest)
    }

    /// Starts the servers and machines on loopback.
    ///
    /// # Errors
    /// When the system gives no ports.
    pub fn start(&self) -> io::Result<RunningScenario> {
        let invalid = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
        let fleet = Fleet::start(self.specs().map_err(invalid)?)?;
        let (redirect, machines) = machines::start(&self.machines, self.forest().map_err(invalid)?)?;
        Ok(RunningScenario { config: self.config_yaml(&fleet, &redirect)?, fleet, _machines: machines })
    }

    /// `probe:` of the configuration: off without machines, else with a way to each of them.
    fn probe(&self, redirect: &BTreeMap<IpAddr, Option<SocketAddr>>) -> Mapping {
        let mut probe = Mapping::new();
        probe.insert("enabled".into(), (!self.machines.is_empty()).into());
        probe.insert("timeout".into(), PROBE_TIMEOUT.into());
        if let Some(Value::Mapping(own)) = self.config.get("probe") {
            probe.extend(own.clone());
        }
        let ways = redirect.iter().map(|(address, base)| {
            let way = base.map_or_else(|| String::from("none"), |base| base.to_string());
            (Value::from(address.to_string()), Value::from(way))
        });
        probe.insert("redirect".into(), Value::Mapping(ways.collect()));
        probe
    }

    fn config_yaml(&self, fleet: &Fleet, redirect: &BTreeMap<IpAddr, Option<SocketAddr>>) -> io::Result<String> {
        let mut servers = Vec::new();
        for (server, address) in self.servers.iter().zip(fleet.addresses()) {
            let mut entry = Mapping::new();
            entry.insert("name".into(), server.name.clone().into());
            entry.insert("address".into(), address.ip().to_string().into());
            entry.insert("port".into(), address.port().into());
            entry.extend(server.config.clone());
            servers.push(Value::Mapping(entry));
        }
        let mut config = self.config.clone();
        config.insert("dns_servers".into(), servers.into());
        if let Some(query) = &self.query {
            config.insert("query".into(), Value::Mapping(query.clone()));
        }
        config.insert("probe".into(), Value::Mapping(self.probe(redirect)));
        if !config.contains_key("locator_records") {
            config.insert("locator_records".into(), false.into());
        }
        serde_yaml::to_string(&config).map_err(io::Error::other)
    }
}

impl ServerEntry {
    fn spec(&self, forest: &str, zones: &[String], records: &str) -> Result<Spec, RecordError> {
        let mut records = Records::parse(self.records.as_deref().unwrap_or(records))?;
        for pattern in &self.remove {
            records.remove(pattern)?;
        }
        records.extend(Records::parse(&self.add)?);
        let zone = |text: &String| {
            DnsName::parse(text).map_err(|error| RecordError { line: text.clone(), reason: error.to_string() })
        };
        let spec = Spec {
            name: self.name.clone(),
            primary: format!("{}.{forest}", self.name),
            zones: self.zones.as_deref().unwrap_or(zones).iter().map(zone).collect::<Result<_, _>>()?,
            records,
            behaviour: self.behaviour,
            quirks: self.quirks.clone(),
        };
        Mind::new(&spec)?;
        Ok(spec)
    }
}

/// A scenario whose servers answer, until it is dropped.
pub struct RunningScenario {
    config: String,
    fleet: Fleet,
    _machines: Running,
}

impl RunningScenario {
    /// The whole configuration file, with the real ports.
    pub fn config_yaml(&self) -> String {
        self.config.clone()
    }

    /// The questions that arrived so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.fleet.seen()
    }
}

/// The embedded scenarios with their names, in the order in which they are shown.
pub fn scenarios() -> Vec<(&'static str, Scenario)> {
    let texts = [
        ("healthy", include_str!("forests/healthy.yaml")),
        ("stale-record", include_str!("forests/stale-record.yaml")),
        ("partner-behind", include_str!("forests/partner-behind.yaml")),
        ("duplicate-address", include_str!("forests/duplicate-address.yaml")),
        ("dangling-alias", include_str!("forests/dangling-alias.yaml")),
        ("island", include_str!("forests/island.yaml")),
        ("dead-server", include_str!("forests/dead-server.yaml")),
        ("directory-stopped", include_str!("forests/directory-stopped.yaml")),
        ("outside-forest", include_str!("forests/outside-forest.yaml")),
    ];
    let parse = |text| Scenario::parse(text).expect("a unit test parses every embedded scenario");
    texts.into_iter().map(|(name, text)| (name, parse(text))).collect()
}

#[cfg(test)]
mod tests {
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
}
