//! How bad something is, and what follows for a run.

use serde::{Deserialize, Serialize};

/// How bad a finding is, by what it does to users of the forest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing is broken. Does not change the verdict.
    Info,
    /// Replication works, or may work, but something will break or hides a defect.
    Warning,
    /// Replication with the named DC fails, or fails by chance, for whoever asks this server.
    Critical,
}

/// The conclusion of a run, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Everything was checked and is right.
    Ok,
    /// Something could not be checked; nothing worse is known.
    Unknown,
    /// The worst finding is a warning.
    Warning,
    /// The worst finding is critical.
    Critical,
}
