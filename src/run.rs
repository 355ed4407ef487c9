//! A run: asks until nothing is left to ask.

use std::io;

use jiff::Timestamp;

use crate::config::Config;
use crate::evidence::{Evidence, Purpose, Selection, Stage};
use crate::identify::{self, Subject};
use crate::observe::{self, Progress, Session, SessionOptions};
use crate::plan::Plan;
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
    purpose: Purpose,
    origin: Origin,
    progress: &dyn Fn(Progress),
) -> io::Result<Evidence> {
    let options = SessionOptions { query: config.query.clone(), family: selection.family };
    let mut evidence = Evidence::new(config, selection, origin.seed, origin.started_at);
    evidence.purpose = purpose;
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
    evidence.trim();
}

/// Asks what `identify` needs: the DCs of the selection like a run, then the addresses that were given, whoever they are.
///
/// # Errors
/// The operating system gives no runtime.
pub fn identify(
    config: Config,
    selection: Selection,
    origin: Origin,
    subjects: &[Subject],
    configured: bool,
    progress: &dyn Fn(Progress),
) -> io::Result<Evidence> {
    let options = SessionOptions { query: config.query.clone(), family: selection.family };
    let about_dcs = configured && !selection.dcs.is_empty();
    let mut evidence = Evidence::new(config, selection, origin.seed, origin.started_at);
    observe::run(async {
        let mut session = Session::new(options);
        if about_dcs {
            collect(&mut session, &mut evidence, progress).await;
        } else if !configured {
            let hosts = identify::hosts(subjects);
            session.ask(Plan { hosts, ..Plan::default() }, &mut evidence, &|_, _| Vec::new(), progress).await;
        }
        for stage in [Stage::Directory, Stage::Name] {
            let machines = identify::machines(&evidence, subjects, configured, stage);
            session.ask(Plan { machines, ..Plan::default() }, &mut evidence, &|_, _| Vec::new(), progress).await;
        }
        evidence
    })
}
