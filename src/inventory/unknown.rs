//! Servers that have no address yet.

use crate::config::ServerAddress;
use crate::evidence::{Evidence, Plan};

/// What must be known before the servers of the configuration can be asked.
pub fn find_servers(plan: &mut Plan, evidence: &Evidence) {
    for entry in &evidence.config.dns_servers {
        match &entry.address {
            ServerAddress::System => plan.system |= evidence.system.is_none(),
            ServerAddress::Host(host) if !evidence.hosts.contains_key(host) => plan.hosts.push(host.clone()),
            ServerAddress::Ip { scope: Some(scope), .. }
                if scope.parse::<u32>().is_err() && !evidence.interfaces.contains_key(scope) =>
            {
                plan.interfaces.push(scope.clone());
            }
            ServerAddress::Host(_) | ServerAddress::Ip { .. } => {}
        }
    }
}
