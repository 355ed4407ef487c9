//! Where the machines of a scenario are reached, and that nothing else ever is.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use serde_yaml::{Mapping, Value};

use super::{Scenario, ScenarioError};
use crate::demo::behaviour::Spec;

/// Long enough for loopback on a busy machine.
const PROBE_TIMEOUT: &str = "1s";

impl Scenario {
    /// Makes sure that no probe can leave loopback: every address that a record or the configuration holds has a machine.
    pub(super) fn check_machines(&self, specs: &[Spec]) -> Result<(), ScenarioError> {
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
        let candidates = self.purpose.candidate().map_or(&[][..], |candidate| &candidate.addresses);
        match in_records.chain(owned).chain(candidates.iter().copied()).find(|address| !there.contains(address)) {
            Some(address) => Err(ScenarioError::NoMachine(address)),
            None => Ok(()),
        }
    }

    /// `probe:` of the configuration: off without machines, else with a way to each of them.
    pub(super) fn probe(&self, redirect: &BTreeMap<IpAddr, Option<SocketAddr>>) -> Mapping {
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
}
