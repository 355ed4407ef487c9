//! What is read of the machine that guidpost runs on, and what it is to resolve itself.

use crate::evidence::{Evidence, LocalStage};
use crate::inventory::Inventory;
use crate::preflight;
use crate::rules::{self, Need};

/// So much of its configuration, and these names.
pub(super) fn next(inventory: &Inventory, evidence: &Evidence) -> (Option<LocalStage>, Vec<String>) {
    // A candidate's resolvers and addresses are this machine's, if guidpost runs on it.
    let of_candidate = preflight::of(evidence).is_some_and(|candidate| candidate.here);
    if !of_candidate && !rules::needs(evidence).contains(&Need::Local) {
        return (None, Vec::new());
    }
    let read = evidence.local.as_ref().map(|local| local.stage);
    let wanted = if inventory.at_home { LocalStage::Configuration } else { LocalStage::Addresses };
    (Some(wanted).filter(|_| read < Some(wanted)), Vec::new())
}
