//! The machine that a scenario is checked from: its own configuration, and what its own resolution says.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use ipnetwork::IpNetwork;
use serde::Deserialize;
use serde_yaml::Value;

use super::{Scenario, ScenarioError};
use crate::evidence::{Interface, InterfaceAddress, LocalResolver, LocalView, LookedUp};
use crate::observe::Local;
use crate::observe::local::files;

/// `local:` of a scenario. Files stand in it as text, and are read like those of a real machine.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Home {
    /// `linux` or `windows`.
    system: String,
    host: Option<String>,
    domain: Option<String>,
    suffixes: Vec<String>,
    interfaces: Vec<OwnInterface>,
    /// Names of servers of the scenario: a machine of the forest asks them all.
    resolvers: Vec<String>,
    hosts: String,
    lmhosts: String,
    netlogon_dns: String,
    dns_update_cache: String,
    smb_conf: String,
    krb5_conf: String,
    /// Every other name is missing.
    lookups: BTreeMap<String, Answer>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnInterface {
    name: String,
    /// With the length of their network's prefix.
    #[serde(default)]
    addresses: Vec<String>,
    registers: Option<bool>,
    suffix: Option<String>,
}

/// What the machine's own resolution says of a name: addresses, `missing`, or `failed: text`.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Answer {
    Addresses(Vec<IpAddr>),
    Word(String),
}

impl Home {
    /// Stands in for the machine; `servers` are the scenario's.
    fn local(&self, servers: &BTreeMap<&str, SocketAddr>) -> Result<Local, String> {
        let mut view = LocalView {
            system: self.system.clone(),
            host: self.host.clone(),
            domain: self.domain.clone(),
            suffixes: self.suffixes.clone(),
            ..LocalView::default()
        };
        for interface in &self.interfaces {
            view.interfaces.push(interface.read()?);
        }
        for resolver in &self.resolvers {
            let address = match servers.get(resolver.as_str()) {
                Some(address) => *address,
                None => return Err(format!("`{resolver}` names no server of the scenario")),
            };
            view.resolvers.push(LocalResolver { address, interface: None });
        }
        files::hosts(self.hosts.as_bytes(), "hosts", &mut view);
        files::lmhosts(self.lmhosts.as_bytes(), "lmhosts", &mut view);
        files::netlogon_dns(self.netlogon_dns.as_bytes(), "netlogon.dns", &mut view);
        files::dns_update_cache(self.dns_update_cache.as_bytes(), "dns_update_cache", &mut view);
        files::smb_conf(self.smb_conf.as_bytes(), "smb.conf", &mut view);
        files::krb5_conf(self.krb5_conf.as_bytes(), "krb5.conf", &mut view);
        if let Some(domain) = &self.domain {
            view.hint(domain, "the domain of this machine".into());
        }
        for suffix in &self.suffixes {
            view.hint(suffix, "the suffix list of this machine".into());
        }
        let lookups = self.lookups.iter().map(|(name, answer)| Ok((name.clone(), answer.read(name)?)));
        Ok(Local { view, lookups: lookups.collect::<Result<_, String>>()? })
    }
}

impl OwnInterface {
    fn read(&self) -> Result<Interface, String> {
        let mut interface = Interface {
            name: self.name.clone(),
            registers: self.registers,
            suffix: self.suffix.clone(),
            ..Interface::default()
        };
        for text in &self.addresses {
            let network: IpNetwork = read(text, "an address with its prefix length")?;
            let own =
                InterfaceAddress { address: network.ip(), prefix: network.prefix(), eligible: None, transient: false };
            interface.loopback |= own.address.is_loopback();
            interface.addresses.push(own);
        }
        Ok(interface)
    }
}

impl Answer {
    fn read(&self, name: &str) -> Result<LookedUp, String> {
        match self {
            Self::Addresses(addresses) => Ok(LookedUp::Addresses(addresses.clone())),
            Self::Word(word) if word == "missing" => Ok(LookedUp::Missing),
            Self::Word(word) => match word.strip_prefix("failed: ") {
                Some(text) => Ok(LookedUp::Failed(text.to_owned())),
                None => Err(format!("`{word}` is no answer for {name}: addresses, `missing` or `failed: text`")),
            },
        }
    }
}

fn read<T: std::str::FromStr>(text: &str, what: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("`{text}` is not {what}"))
}

impl Scenario {
    /// What stands in for the machine that the check runs on, with the real addresses of the servers.
    pub(super) fn machine(&self, addresses: &[SocketAddr]) -> Result<Local, ScenarioError> {
        let names = self.servers.iter().map(|server| server.name.as_str());
        let servers = names.zip(addresses.iter().copied()).collect();
        self.local.local(&servers).map_err(ScenarioError::Local)
    }

    /// What the configuration itself lists in `dns_servers`, beside the scenario's servers: nothing, or `system`.
    pub(super) fn further_servers(&self) -> &[Value] {
        self.config.get("dns_servers").and_then(Value::as_sequence).map_or(&[], Vec::as_slice)
    }

    /// Whether the machine's own resolvers are asked.
    pub(super) fn asks_system(&self) -> bool {
        !self.further_servers().is_empty()
    }

    /// Makes sure that the machine can be imagined, and that no question can leave loopback.
    pub(super) fn check_local(&self) -> Result<(), ScenarioError> {
        if let Some(other) = self.further_servers().iter().find(|server| server.as_str() != Some("system")) {
            let text = format!("config: {other:?} in `dns_servers`: only `system` can stand beside the servers");
            return Err(ScenarioError::Local(text));
        }
        let anywhere = vec![SocketAddr::from(([127, 0, 0, 1], 53)); self.servers.len()];
        self.machine(&anywhere)?;
        let is_server = |name: &&String| self.servers.iter().any(|server| server.name == **name);
        if let Some(name) = self.local.resolvers.iter().find(|name| !is_server(name)) {
            return Err(ScenarioError::NoServer(name.clone()));
        }
        match self.resolvers_elsewhere() {
            Some(address) => {
                Err(ScenarioError::Local(format!("config: no server says by `dc` that it is the resolver {address}")))
            }
            None => Ok(()),
        }
    }

    /// A resolver of a DC that would be asked at its own address: no server says that it runs on the DC that owns it.
    fn resolvers_elsewhere(&self) -> Option<IpAddr> {
        let dcs = || self.config.get("domain_controllers").and_then(Value::as_sequence).into_iter().flatten();
        let list = |dc: &Value, key: &str| -> Vec<IpAddr> {
            let values = dc.get(key).and_then(Value::as_sequence).into_iter().flatten();
            values.filter_map(|value| value.as_str()?.parse().ok()).collect()
        };
        let runs_on = |host: &Value| self.servers.iter().any(|server| server.config.get("dc") == Some(host));
        let is_listed = |address: &IpAddr| {
            dcs().any(|dc| list(dc, "addresses").contains(address) && dc.get("host").is_some_and(runs_on))
        };
        let mut resolvers = dcs().flat_map(|dc| list(dc, "resolvers"));
        resolvers.find(|address| !address.is_loopback() && !is_listed(address))
    }
}
