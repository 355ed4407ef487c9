//! A run: asks until nothing is left to ask.

use crate::evidence::Evidence;
use crate::observe::{Progress, Session};
use crate::{inventory, plan};

/// How often the inventory is derived anew; each round asks only what the one before taught.
const MAX_ROUNDS: usize = 8;

/// Fills evidence: derives the inventory, asks what follows from it, and begins again with what was learned.
///
/// After the deadline, or Ctrl-C, the session settles what is left as "not asked" without sending anything.
pub async fn collect(session: &mut Session, evidence: &mut Evidence, progress: &dyn Fn(Progress)) {
    for _ in 0..MAX_ROUNDS {
        let inventory = inventory::derive(evidence);
        let plan = plan::next(&inventory, evidence);
        if plan.is_empty() {
            break;
        }
        session.ask(plan, evidence, &|evidence, server| plan::follow(&inventory, evidence, server), progress).await;
    }
}
