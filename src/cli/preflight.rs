//! `guidpost preflight`

use std::net::IpAddr;

use clap::Args;

use super::{Reporting, Run};

/// `guidpost preflight`
#[derive(Clone, Debug, Args)]
pub struct Preflight {
    /// Fully qualified host name of the machine that is to become a DC [default: this machine]
    #[arg(long, value_name = "NAME", help_heading = "Candidate")]
    #[arg(conflicts_with = "evidence")]
    pub host: Option<String>,

    /// Its addresses, separated by commas or given several times [default: those of this machine]
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',', help_heading = "Candidate")]
    #[arg(conflicts_with = "evidence")]
    pub address: Vec<IpAddr>,

    /// The site in which it will stand
    #[arg(long, value_name = "SITE", help_heading = "Candidate", conflicts_with = "evidence")]
    pub site: Option<String>,

    /// The domain that it will serve [default: the host name without its first label]
    #[arg(long, value_name = "NAME", help_heading = "Candidate", conflicts_with = "evidence")]
    pub domain: Option<String>,

    /// What to ask, and how.
    #[command(flatten)]
    pub run: Run,

    /// How it is reported.
    #[command(flatten)]
    pub reporting: Reporting,
}
