//! How a run is reported; taken by every command that judges.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::values::{self, OutputSpec};
use crate::base::exit::FailOn;
use crate::render::{Format, Verbosity};

/// How a run is reported, and what becomes of its evidence.
#[derive(Clone, Debug, Args)]
pub struct Reporting {
    /// Format of the report on standard output
    #[arg(short, long, default_value = "table", help_heading = "Report")]
    pub format: Format,

    /// Write the report into a file too, as json=report.json; may be given several times
    #[arg(long, value_name = "FORMAT=FILE", value_parser = values::output, help_heading = "Report")]
    pub output: Vec<OutputSpec>,

    /// The least verdict that makes the exit code other than 0; the verdict itself stays
    #[arg(long, value_name = "VERDICT", default_value = "unknown", help_heading = "Report")]
    pub fail_on: FailOn,

    /// Only the verdict line
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Report")]
    pub quiet: bool,

    /// List what passed too, and fold nothing
    #[arg(short, long, help_heading = "Report")]
    pub verbose: bool,

    /// Judge saved evidence instead of asking
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Evidence")]
    #[arg(conflicts_with_all = ["forest", "from", "timeout", "tries", "deadline", "ipv4", "ipv6", "save_evidence"])]
    pub evidence: Option<PathBuf>,

    /// Save what was seen, to be judged again later
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Evidence")]
    pub save_evidence: Option<PathBuf>,
}

impl Reporting {
    /// How much to print for people.
    pub fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }
    }
}
