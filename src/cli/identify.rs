//! `guidpost identify`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};

use super::{ListFormat, Reach, values};

/// `guidpost identify`
#[derive(Clone, Debug, Args)]
pub struct Identify {
    /// Address, host name, GUID, or text with GUIDs in it, as of event 1411 or repadmin /showrepl; - reads standard input
    #[arg(required_unless_present = "evidence", value_name = "TARGET", num_args = 1..)]
    pub targets: Vec<String>,

    /// Configuration file [default: guidpost.yaml, if there is one]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,

    /// Format of the answer
    #[arg(short, long, default_value = "table")]
    pub format: ListFormat,

    /// How long to wait for each reply, as 2s or 500ms [default: 2s of DNS servers, 1500ms of machines]
    #[arg(long, value_name = "TIME", value_parser = values::timeout, help_heading = "Asking")]
    pub timeout: Option<Duration>,

    /// Whom to reach, and over what.
    #[command(flatten)]
    pub reach: Reach,

    /// Judge saved evidence instead of asking
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Evidence")]
    #[arg(conflicts_with_all = ["targets", "config", "timeout", "no_probe", "ipv4", "ipv6", "save_evidence"])]
    pub evidence: Option<PathBuf>,

    /// Save what was seen, to be judged again later
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Evidence")]
    pub save_evidence: Option<PathBuf>,
}
