//! Who is behind an address, a host name or a GUID: what `guidpost identify` says, judged from evidence alone.
//!
//! `guidpost.identify/1` is the serialized form of [`Identification`]. Fields may be added; none is removed or changes
//! its meaning. Text that came from the network stands here unescaped.

mod address;
mod facts;
mod meaning;
mod model;
mod target;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::base::name::DnsName;
use crate::base::texts::Subject;
use crate::config::{Config, DomainController};
use crate::evidence::{Evidence, Resolved, Stage};
use crate::findings::Need;
use crate::inventory;
use crate::view::View;
pub use address::why_not_asked;
pub use facts::{Facts, MachineKind};
pub use model::{Conclusion, Identification, Machine, Presence, Seen, ServerSays, Target, TargetKind};

/// The schema identifier of [`Identification`].
pub const SCHEMA: &str = "guidpost.identify/1";

/// What is asked about the DCs that are meant: alias, host name, and the machines behind them.
pub const NEEDS: [Need; 3] = [Need::Alias, Need::Hosts, Need::Identity];

/// The configuration of a run: that of the file, with the DCs that are asked about and that it does not name.
///
/// Gives the words that select these DCs, too.
///
/// # Errors
/// A host name that has only one label and that the configuration does not know, or an alias of another forest.
pub fn prepare(mut config: Config, subjects: &[Subject]) -> Result<(Config, Vec<String>), PrepareError> {
    // Severities that are off must not keep anything from being asked.
    config.rules.clear();
    let mut selected = Vec::new();
    for subject in subjects {
        match subject {
            Subject::Address(_) => {}
            Subject::Guid { guid, forest } => {
                if let Some(forest) = forest.as_ref().filter(|&forest| *forest != config.forest) {
                    return Err(PrepareError::OtherForest(forest.to_string(), config.forest.to_string()));
                }
                if !config.domain_controllers.iter().any(|dc| dc.guid == Some(*guid)) {
                    config.domain_controllers.push(DomainController { guid: Some(*guid), ..Default::default() });
                }
                selected.push(guid.to_string());
            }
            Subject::Host(host) => {
                let by_name = |dc: &&DomainController| dc.host.as_ref() == Some(host) || dc.other_names.contains(host);
                let words = std::slice::from_ref(host).iter().map(ToString::to_string).collect::<Vec<_>>();
                if let Some(dc) = config.domain_controllers.iter().find(by_name) {
                    let guid = dc.guid.map(|guid| guid.to_string());
                    selected.extend(dc.host.as_ref().map(ToString::to_string).or(guid));
                } else if host.parent().is_none() {
                    if !config.domain_controllers.iter().any(|dc| inventory::is_selected(dc, &words)) {
                        return Err(PrepareError::ShortName(host.to_string()));
                    }
                    selected.extend(words);
                } else {
                    let dc = DomainController { host: Some(host.clone()), ..Default::default() };
                    config.domain_controllers.push(dc);
                    selected.extend(words);
                }
            }
        }
    }
    Ok((config, selected))
}

/// Why a subject does not go together with the configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrepareError {
    /// A name of one label.
    #[error("the configuration has no domain controller `{0}`; give the full host name, such as {0}.contoso.com")]
    ShortName(String),
    /// An alias of another forest.
    #[error("the alias belongs to the forest {0}, but the configuration is of {1}; name another one with -c FILE")]
    OtherForest(String, String),
}

/// The host names that are looked up with this machine's resolvers, because there is no configuration.
pub fn hosts(subjects: &[Subject]) -> Vec<DnsName> {
    let hosts = subjects.iter().filter_map(|subject| match subject {
        Subject::Host(host) => Some(host.clone()),
        _ => None,
    });
    hosts.collect()
}

/// The machines to ask beyond those of a plan: addresses that were given, and without configuration those of the names.
pub fn machines(evidence: &Evidence, subjects: &[Subject], configured: bool, stage: Stage) -> Vec<(IpAddr, Stage)> {
    let mut all = BTreeSet::new();
    for subject in subjects {
        match subject {
            Subject::Address(address) => all.extend([*address]),
            Subject::Host(host) if !configured => {
                if let Some(Resolved::Addresses(found)) = evidence.hosts.get(host) {
                    all.extend(found.iter().map(|address| address.ip()).filter(|ip| target::may_be_asked(*ip)));
                }
            }
            Subject::Host(_) | Subject::Guid { .. } => {}
        }
    }
    all.retain(|&address| why_not_asked(evidence, address).is_none());
    all.retain(|address| evidence.machines.get(address).is_none_or(|machine| machine.stage < stage));
    all.into_iter().map(|address| (address, stage)).collect()
}

/// Judges what was seen. Without `configured` only the machines count: no DNS server was asked.
pub fn judge(evidence: &Evidence, subjects: &[Subject], configured: bool) -> Identification {
    let inventory = inventory::derive(evidence);
    let view = View::new(&inventory, evidence);
    let mut targets = Vec::new();
    for subject in subjects {
        match subject {
            Subject::Address(ip) => targets.push(address::target(&view, *ip, configured)),
            Subject::Host(host) if !configured => targets.push(target::without_servers(evidence, host)),
            Subject::Host(_) | Subject::Guid { .. } => targets.extend(target::of(&view, subject)),
        }
    }
    let worst = targets.iter().map(|target| target.result).max().unwrap_or(Conclusion::Unknown);
    let result = if evidence.incomplete.is_some() { worst.max(Conclusion::Unknown) } else { worst };
    Identification {
        schema: SCHEMA,
        tool: evidence.tool.clone(),
        forest: configured.then(|| inventory.forest.to_string()),
        started_at: evidence.started_at.to_string(),
        elapsed_ms: u64::try_from(evidence.elapsed.as_millis()).unwrap_or(u64::MAX),
        result,
        incomplete: evidence.incomplete,
        targets,
    }
}
