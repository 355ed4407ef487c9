//! A run: asks until nothing is left to ask.

use std::io;

use jiff::Timestamp;

use crate::config::Config;
use crate::evidence::{Evidence, Selection};
use crate::observe::{self, Progress, Session, SessionOptions};
use crate::{inventory, plan};

/// How often the inventory is derived anew; each round asks only what the one before taught.
const MAX_ROUNDS: usize = 8;

/// What a run takes from outside and nobody can repeat: read once, by `main`.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// When the run begins.
    pub started_at: Timestamp,
    /// Where the canary labels come from.
    pub seed: u64,
}

/// Asks everything that the configuration calls for.
///
/// # Errors
/// The operating system gives no runtime. What goes wrong with servers is evidence.
pub fn observe(
    config: Config,
    selection: Selection,
    origin: Origin,
    progress: &dyn Fn(Progress),
) -> io::Result<Evidence> {
    let options = SessionOptions { query: config.query.clone(), family: selection.family };
    let mut evidence = Evidence::new(config, selection, origin.seed, origin.started_at);
    observe::run(async {
        collect(&mut Session::new(options), &mut evidence, progress).await;
        evidence
    })
}

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
