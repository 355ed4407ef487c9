//! `guidpost identify`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};

use super::{ListFormat, values};
use crate::evidence::Family;

/// `guidpost identify`
#[derive(Clone, Debug, Args)]
pub struct Identify {
    /// Address, host name, GUID, or text with GUIDs in it, as of event 1411 or repadmin /showrepl; - reads standard input
    #[arg(required = true, value_name = "TARGET", num_args = 1..)]
    pub targets: Vec<String>,

    /// Configuration file [default: guidpost.yaml, if there is one]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,

    /// Format of the answer
    #[arg(short, long, default_value = "table")]
    pub format: ListFormat,

    /// How long to wait for each reply, as 2s or 500ms [default: 2s of DNS servers, 1500ms of machines]
    #[arg(long, value_name = "TIME", value_parser = values::duration, help_heading = "Asking")]
    pub timeout: Option<Duration>,

    /// Ask DNS only, no machine who it is
    #[arg(long, help_heading = "Asking")]
    pub no_probe: bool,

    /// Reach servers and machines over IPv4 only; both record types are still asked
    #[arg(short = '4', long, conflicts_with = "ipv6", help_heading = "Asking")]
    pub ipv4: bool,

    /// Reach servers and machines over IPv6 only; both record types are still asked
    #[arg(short = '6', long, help_heading = "Asking")]
    pub ipv6: bool,
}

impl Identify {
    /// The address family that `-4` or `-6` asks for.
    pub fn family(&self) -> Option<Family> {
        match (self.ipv4, self.ipv6) {
            (true, _) => Some(Family::V4),
            (_, true) => Some(Family::V6),
            _ => None,
        }
    }
}
