//! What a run is for beside the check of a forest: one folder for each job, which say what it asks and how it sums up.

pub mod gone;
pub mod identify;
pub mod preflight;

use crate::evidence::Purpose;

/// What a run is for, as far as others need to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    /// The command that asks.
    pub name: &'static str,
    /// It ends in a report on the forest, so that what it saw may be judged for another job of that kind.
    pub judges_forest: bool,
}

/// Of one forest.
pub const CHECK: Job = Job { name: "check", judges_forest: true };
/// Of a machine that is to become a DC.
pub const PREFLIGHT: Job = Job { name: "preflight", judges_forest: true };
/// Of a former DC.
pub const GONE: Job = Job { name: "gone", judges_forest: true };
/// Of whoever is behind an address, a name or a GUID.
pub const IDENTIFY: Job = Job { name: "identify", judges_forest: false };

/// The job of a run.
pub fn of(purpose: &Purpose) -> Job {
    match purpose {
        Purpose::Check => CHECK,
        Purpose::Preflight(_) => PREFLIGHT,
        Purpose::Gone(_) => GONE,
        Purpose::Identify(_) => IDENTIFY,
    }
}
