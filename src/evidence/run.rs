//! What made a file, and why a run ended.

use serde::{Deserialize, Serialize};

/// The program that made a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Tool {
    /// `guidpost`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Why a run is incomplete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Incomplete {
    /// The deadline passed.
    Deadline,
    /// Ctrl-C, or the operating system asked the process to end.
    Interrupted,
}
