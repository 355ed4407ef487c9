//! What is read of the machine that guidpost runs on.

use super::{Asker, Seen};
use crate::evidence::{LocalStage, Plan};
use crate::findings::Need;

pub(super) const ASKER: Asker = Asker { beside: read, ..Asker::of(Need::Local) };

/// So much of its configuration.
pub(super) fn read(seen: &Seen<'_>, plan: &mut Plan) {
    let read = seen.evidence.local.as_ref().map(|local| local.stage);
    let wanted = if seen.inventory.at_home { LocalStage::Configuration } else { LocalStage::Addresses };
    if read < Some(wanted) {
        plan.local = Some(wanted);
    }
}
