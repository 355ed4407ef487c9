//! The scenario format.

mod local;
mod probe;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;
use serde_yaml::{Mapping, Value};

use super::behaviour::{Behaviour, Mind, Quirks, Spec};
use super::expect::{Expected, ExpectedDestination, ExpectedForecast};
use super::machines::{self, Machine, Running};
use super::records::{RecordError, Records};
use super::server::{Fleet, Seen};
use crate::base::name::DnsName;
use crate::evidence::Purpose;
use crate::observe::Local;

/// A forest with its DNS servers, and what must be reported of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What is broken, in one line.
    pub summary: String,
    /// What an administrator sees, and what to look for in the report.
    #[serde(default)]
    pub story: String,
    /// The configuration without its DNS servers; `system` among them may stand there. Locator records are off unless it says otherwise. Machines are asked
    /// who they are only if the scenario has `machines`; what `probe:` says is taken on top of what they need.
    config: Mapping,
    /// `query:` of the configuration.
    #[serde(default)]
    query: Option<Mapping>,
    /// What the run is for, as the evidence file has it: `check`, `preflight: {…}` or `gone: {…}`.
    #[serde(default, with = "serde_yaml::with::singleton_map")]
    pub purpose: Purpose,
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
    /// The machine that the check runs on; without it, one that has nothing. The real one is never looked at.
    #[serde(default)]
    local: local::Home,
    /// All fails and unknowns.
    #[serde(default)]
    pub expect: Vec<Expected>,
    /// All rows of the forecast that are not ok.
    #[serde(default)]
    pub forecast: Vec<ExpectedForecast>,
    /// All rows of the destinations that are not ok, or ok after a delay.
    #[serde(default)]
    pub destinations: Vec<ExpectedDestination>,
    /// Groups of servers with the same content, names separated by spaces; empty when it does not matter.
    #[serde(default)]
    pub groups: Vec<String>,
    /// The status of servers, where it matters.
    #[serde(default)]
    pub status: BTreeMap<String, String>,
    /// What the machines taught, `dc [guid] [addresses]`; not looked at where it is empty.
    #[serde(default)]
    pub learned: Vec<String>,
    /// All items of the checklist that did not pass, as `fail ITEM` or `not-checked ITEM`; not looked at where it is empty.
    #[serde(default)]
    pub checklist: Vec<String>,
    /// Exit code.
    pub exit: u8,
}

/// One DNS server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerEntry {
    name: String,
    /// It is no entry of `dns_servers`: only the machine's own resolver list may name it.
    #[serde(default)]
    unlisted: bool,
    /// The address at which records of the scenario find it: the DNS port of the machine that stands there.
    at: Option<IpAddr>,
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
    /// The machine that the check runs on makes no sense.
    #[error("{0}")]
    Local(String),
}

impl Scenario {
    /// Reads a scenario and makes sure that its servers could be started.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let scenario: Self = serde_yaml::from_str(text)?;
        scenario.check_machines(&scenario.specs()?)?;
        scenario.check_local()?;
        let known = |name: &str| {
            let system = name == "system" && scenario.asks_system();
            system || scenario.servers.iter().any(|server| server.name == name)
        };
        let findings = scenario.expect.iter().filter_map(Expected::server);
        let forecast = scenario.forecast.iter().map(ExpectedForecast::server);
        let groups = scenario.groups.iter().flat_map(|group| group.split_whitespace());
        let status = scenario.status.keys().map(String::as_str);
        let destinations = scenario.destinations.iter().filter_map(ExpectedDestination::server);
        let mut all = findings.chain(forecast).chain(destinations).chain(groups).chain(status);
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

    fn forest(&self) -> Result<&str, ScenarioError> {
        self.config.get("forest").and_then(Value::as_str).ok_or(ScenarioError::NoForest)
    }

    /// Starts the servers and machines on loopback.
    ///
    /// # Errors
    /// When the system gives no ports.
    pub fn start(&self) -> io::Result<RunningScenario> {
        let invalid = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
        let forest = self.forest().map_err(invalid)?;
        let mut specs = self.specs().map_err(invalid)?;
        let mut tries = 0;
        loop {
            let (redirect, machines) = machines::start(&self.machines, forest)?;
            for (spec, server) in specs.iter_mut().zip(&self.servers) {
                let base = server.at.and_then(|address| redirect.get(&address).copied().flatten());
                spec.quirks.port = base.map_or(0, |base| base.port() + DNS);
            }
            match Fleet::start(specs.clone()) {
                Ok(fleet) => {
                    let config = self.config_yaml(&fleet, &redirect)?;
                    let local = self.machine(fleet.addresses()).map_err(invalid)?;
                    return Ok(RunningScenario { config, local, fleet, _machines: machines });
                }
                // Somebody has the very port that goes with a machine; other machines have other ports.
                Err(_) if tries < BASES && self.servers.iter().any(|server| server.at.is_some()) => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }

    fn config_yaml(&self, fleet: &Fleet, redirect: &BTreeMap<IpAddr, Option<SocketAddr>>) -> io::Result<String> {
        let mut servers = Vec::new();
        for (server, address) in self.servers.iter().zip(fleet.addresses()).filter(|(server, _)| !server.unlisted) {
            let mut entry = Mapping::new();
            entry.insert("name".into(), server.name.clone().into());
            entry.insert("address".into(), address.ip().to_string().into());
            entry.insert("port".into(), address.port().into());
            entry.extend(server.config.clone());
            servers.push(Value::Mapping(entry));
        }
        servers.extend_from_slice(self.further_servers());
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

/// How often other ports are tried for machines that are DNS servers too.
const BASES: usize = 20;

/// The port of a DNS server, behind the base of its machine.
const DNS: u16 = 53;

/// A scenario whose servers answer, until it is dropped.
pub struct RunningScenario {
    config: String,
    local: Local,
    fleet: Fleet,
    _machines: Running,
}

impl RunningScenario {
    /// The whole configuration file, with the real ports.
    pub fn config_yaml(&self) -> String {
        self.config.clone()
    }

    /// What stands in for the machine that the check runs on.
    pub fn local(&self) -> Local {
        self.local.clone()
    }

    /// Where the DNS servers listen, in order.
    pub fn server_addresses(&self) -> &[SocketAddr] {
        self.fleet.addresses()
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
        ("hosts-file", include_str!("forests/hosts-file.yaml")),
        ("outside-forest", include_str!("forests/outside-forest.yaml")),
    ];
    let parse = |text| Scenario::parse(text).expect("a unit test parses every embedded scenario");
    texts.into_iter().map(|(name, text)| (name, parse(text))).collect()
}

#[cfg(test)]
mod tests;
