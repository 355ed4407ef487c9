//! `guidpost gone`

use clap::Args;

use super::{Reporting, Run};

/// `guidpost gone`
#[derive(Clone, Debug, Args)]
pub struct Gone {
    /// What names the former DC: its GUID, its full host name, its addresses; the more is named, the more can be proven
    #[arg(required_unless_present = "evidence", value_name = "GUID|HOST|ADDRESS", num_args = 1..)]
    pub subjects: Vec<String>,

    /// What to ask, and how.
    #[command(flatten)]
    pub run: Run,

    /// How it is reported.
    #[command(flatten)]
    pub reporting: Reporting,
}
