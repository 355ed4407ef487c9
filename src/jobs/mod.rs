//! What a run is for beside the check of a forest: one folder for each job, which say what it asks and how it sums up.

pub mod gone;
pub mod identify;
pub mod preflight;
