//! Machines on loopback that say who they are: what `probe.redirect` leads to.
//!
//! Each stands in for one machine of a scenario and has its ports at a base of its own: LDAP at base + 389, and so on.

mod ldap;
mod replies;
mod serve;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::base::guid::Guid;
use crate::base::name::DnsName;
use replies::Names;
pub(super) use serve::Running;

/// One machine, at one or more addresses of the scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Machine {
    /// The address at which it stands.
    address: IpAddr,
    /// Further addresses of the same machine.
    #[serde(default)]
    also: Vec<IpAddr>,
    kind: Kind,
    /// What it calls itself; its domain is what follows the first dot.
    #[serde(default)]
    host: Option<String>,
    /// GUID of its own NTDS Settings object, also of one that it has lost; without it, the directory keeps it to itself.
    #[serde(default)]
    guid: Option<Guid>,
    /// Its forest, if it is another one.
    #[serde(default)]
    forest: Option<String>,
    /// How many seconds its clock is ahead.
    #[serde(default)]
    clock_ahead: i64,
    /// Its directory refuses the rootDSE: result 1, with this text.
    #[serde(default)]
    refuses: Option<String>,
    /// Nothing listens on the port that its endpoint mapper names for DRSUAPI.
    #[serde(default)]
    replication_port_closed: bool,
    /// It offers every port that a domain controller has; without that, only those at which it says who it is.
    #[serde(default)]
    every_port: bool,
    /// Those of them at which nothing listens.
    #[serde(default)]
    closed_ports: Vec<u16>,
}

/// What kind of machine it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// A domain controller that serves.
    Dc,
    /// A domain controller whose replication interface alone is not registered.
    DcWithoutReplication,
    /// A domain controller whose directory no longer has its NTDS Settings object.
    DcWithoutSettings,
    /// A domain controller whose directory does not run: its endpoint mapper and its name are left.
    DcStopped,
    /// A server with RPC that is no domain controller.
    FileServer,
    /// A machine that refuses anonymous calls; with a host name it says that, as NTLM does before any question of who
    /// may call.
    Denied,
    /// Accepts every connection, and says nothing.
    Hangs,
    /// Nothing comes back, not even a refusal.
    Silent,
    /// Nothing listens on any port.
    Closed,
    /// Nobody may ask it: there is no way to it.
    Unprobed,
}

impl Kind {
    fn has_directory(self) -> bool {
        matches!(self, Self::Dc | Self::DcWithoutReplication | Self::DcWithoutSettings)
    }

    /// Whether its endpoint mapper knows the replication interface.
    fn replicates(self) -> bool {
        matches!(self, Self::Dc | Self::DcWithoutSettings)
    }

    fn needs_name(self) -> bool {
        self.has_directory() || matches!(self, Self::DcStopped | Self::FileServer)
    }
}

/// A machine, checked and complete.
#[derive(Clone, Debug)]
pub(super) struct Character {
    kind: Kind,
    names: Option<Names>,
    refuses: Option<String>,
    clock_ahead: i64,
    replication_port_closed: bool,
    every_port: bool,
    closed_ports: Vec<u16>,
}

impl Machine {
    /// All of its addresses.
    pub(super) fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        std::iter::once(self.address).chain(self.also.iter().copied())
    }

    /// What it is, in a forest.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(super) fn character(&self, forest: &str) -> Result<Character, String> {
        let name = |text: &str| DnsName::parse(text).map_err(|error| format!("machine {}: {error}", self.address));
        if self.kind.needs_name() && self.host.is_none() {
            return Err(format!("machine {}: a machine of this kind has a host name", self.address));
        }
        if self.kind == Kind::DcWithoutSettings && self.guid.is_none() {
            return Err(format!("machine {}: it has lost the object of a GUID", self.address));
        }
        let names = match &self.host {
            None => None,
            Some(host) => Some(Names {
                domain: name(host)?.parent().ok_or_else(|| format!("{host} is no full name"))?,
                host: host.clone(),
                forest: name(self.forest.as_deref().unwrap_or(forest))?,
                site: "HQ".to_owned(),
                guid: self.guid,
            }),
        };
        Ok(Character {
            kind: self.kind,
            names,
            refuses: self.refuses.clone(),
            clock_ahead: self.clock_ahead,
            replication_port_closed: self.replication_port_closed,
            every_port: self.every_port,
            closed_ports: self.closed_ports.clone(),
        })
    }
}

impl Character {
    /// What its directory says to a search of the rootDSE.
    fn root_dse(&self, request: &[u8], now: Timestamp) -> Option<Vec<u8>> {
        let (id, names) = (ldap::message_id(request)?, self.names.as_ref()?);
        if let Some(text) = &self.refuses {
            return Some(ldap::operations_error(id, text));
        }
        if self.kind == Kind::DcWithoutSettings {
            return Some(ldap::without_settings(id, request, names.guid?));
        }
        Some(ldap::root_dse(id, names, now + SignedDuration::from_secs(self.clock_ahead)))
    }

    /// And to an LDAP ping.
    fn ping(&self, request: &[u8]) -> Option<Vec<u8>> {
        let (id, names) = (ldap::message_id(request)?, self.names.as_ref()?);
        let knows_itself = self.kind != Kind::DcWithoutSettings;
        Some(if knows_itself { ldap::ping(id, names) } else { ldap::empty_ping(id) })
    }
}

/// Starts the machines; gives where each address is reached, and what keeps them alive.
///
/// # Errors
/// When the system gives no ports, or a machine makes no sense.
pub(super) fn start(machines: &[Machine], forest: &str) -> io::Result<(BTreeMap<IpAddr, Option<SocketAddr>>, Running)> {
    let invalid = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
    let mut characters = Vec::new();
    let mut reached = Vec::new();
    for machine in machines {
        let place = if machine.kind == Kind::Unprobed {
            None
        } else {
            characters.push(machine.character(forest).map_err(invalid)?);
            Some(characters.len() - 1)
        };
        reached.push((machine, place));
    }
    let running = Running::start(characters)?;
    let mut redirect = BTreeMap::new();
    for (machine, place) in reached {
        let base = place.map(|place| running.bases()[place]);
        redirect.extend(machine.addresses().map(|address| (address, base)));
    }
    Ok((redirect, running))
}

#[cfg(test)]
mod tests;
