//! Who is behind an address, a host name or a GUID: what `guidpost identify` says, judged from evidence alone.
//!
//! `guidpost.identify/1` is the serialized form of [`Identification`]. Fields may be added; none is removed or changes
//! its meaning. Text that came from the network stands here unescaped.

mod address;
mod facts;
mod meaning;
mod subject;
mod target;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::Serialize;

use crate::config::{Config, DomainController};
use crate::evidence::{Evidence, Resolved, Stage};
use crate::exit;
use crate::inventory;
use crate::name::DnsName;
use crate::report::{Identity, Incomplete, Tool};
use crate::rules::View;
pub use address::why_not_asked;
pub use facts::{Facts, MachineKind};
pub use subject::{Subject, SubjectError, of_arguments, of_text};

/// The schema identifier of [`Identification`].
pub const SCHEMA: &str = "guidpost.identify/1";

/// The rules whose needs are asked for: alias, host name, and the machines behind them.
pub const RULES: [&str; 3] = ["wrong-machine", "directory-not-running", "guid-mismatch"];

/// Everything that was found out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Identification {
    /// `guidpost.identify/1`.
    pub schema: &'static str,
    /// What made this.
    pub tool: Tool,
    /// DNS name of the forest root domain; absent without configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forest: Option<String>,
    /// When asking began, RFC 3339, UTC.
    pub started_at: String,
    /// How long asking took, in milliseconds.
    pub elapsed_ms: u64,
    /// The worst of all targets.
    pub result: Conclusion,
    /// Why the run ended before everything was asked; absent for a complete run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<Incomplete>,
    /// One for each address, host name or GUID, in the order in which they were given.
    pub targets: Vec<Target>,
}

/// How far somebody was identified, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Conclusion {
    /// Everything leads to the right machine; for a bare address: the machine says who it is.
    Identified,
    /// Silence, contradictions, or a name that leads nowhere.
    Unknown,
    /// Somewhere a wrong machine answers, or the right one without its directory or with another GUID.
    Wrong,
}

impl Conclusion {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Identified => exit::OK,
            Self::Unknown => exit::UNKNOWN,
            Self::Wrong => exit::CRITICAL,
        }
    }
}

/// What a target was given as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetKind {
    /// An address.
    Address,
    /// A host name.
    Host,
    /// A GUID.
    Guid,
}

/// One address, host name or GUID.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Target {
    /// What was given.
    pub input: String,
    /// As what.
    pub kind: TargetKind,
    /// The DC of the configuration that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dc: Option<String>,
    /// The name of the alias, where the GUID is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// How it ended.
    pub result: Conclusion,
    /// What each DNS server says; empty for an address and without configuration.
    pub servers: Vec<ServerSays>,
    /// The machines, one for each address.
    pub addresses: Vec<Machine>,
    /// What follows, in sentences.
    pub meaning: Vec<String>,
    /// Commands that look further, or mend; never run.
    pub commands: Vec<String>,
}

/// What one DNS server says of a target.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServerSays {
    /// Its name.
    pub server: String,
    /// Why its records cannot be judged; absent where they can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// Alias, target of the alias, host name.
    pub records: Vec<Seen>,
}

/// What stands at a name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Seen {
    /// The name.
    pub name: String,
    /// CNAME, or A and AAAA together as `address`.
    #[serde(rename = "type")]
    pub rtype: &'static str,
    /// present, absent or unknown.
    pub state: Presence,
    /// Targets or addresses.
    pub data: Vec<String>,
    /// Why it is unknown, or what is odd about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Whether something stands at a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// It does.
    Present,
    /// It does not.
    Absent,
    /// It could not be seen.
    Unknown,
}

/// The machine behind one address.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Machine {
    /// The address.
    pub address: String,
    /// The DNS servers that lead to it.
    pub servers: Vec<String>,
    /// The verdict against the DC that should be there, in the words of reports; absent for a bare address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// The DC of the configuration that it proved to be, where nobody was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dc: Option<String>,
    /// How it ended.
    pub result: Conclusion,
    /// Why nobody asked it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_asked: Option<String>,
    /// What it says of itself.
    pub machine: Facts,
    /// The errors that a destination logs which connects to it.
    pub errors: Vec<i64>,
    /// What such a destination experiences, in words.
    pub experience: String,
    /// One line per protocol.
    pub evidence: Vec<String>,
}

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
