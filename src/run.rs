//! A run: asks until nothing is left to ask.

use std::io;

use jiff::Timestamp;

use crate::config::Config;
use crate::discover::{self, Failure, Found, Start};
use crate::evidence::Plan;
use crate::evidence::{Evidence, Family, Purpose, Selection, Stage};
use crate::jobs::identify::{self, Subject};
use crate::observe::{self, Local, Progress, Session, SessionOptions};
use crate::{plan, rules};

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

/// Asks everything that the configuration calls for. `local` stands in for what this machine is configured with and
/// resolves itself; without it, the machine is asked.
///
/// # Errors
/// The operating system gives no runtime. What goes wrong with servers is evidence.
pub fn observe(
    config: Config,
    selection: Selection,
    purpose: Purpose,
    origin: Origin,
    local: Option<Local>,
    progress: &dyn Fn(Progress),
) -> io::Result<Evidence> {
    let options = SessionOptions { query: config.query.clone(), family: selection.family };
    let mut evidence = Evidence::new(config, selection, origin.seed, origin.started_at);
    evidence.purpose = purpose;
    observe::run(async {
        let mut session = Session::new(options);
        if let Some(local) = local {
            session = session.with_local(local);
        }
        collect(&mut session, &mut evidence, progress).await;
        evidence
    })
}

/// Why a run without configuration ended before anything was checked.
#[derive(Debug)]
pub enum Unstarted<E> {
    /// The operating system gives no runtime.
    Runtime(io::Error),
    /// There is no forest to check.
    Discovery(Failure),
    /// The arguments do not go together with what was found.
    Choice(E),
}

/// Finds the forest, and asks everything that follows. `choose` says which part of what was found the run is about, and
/// what it is for.
///
/// # Errors
/// The operating system gives no runtime, there is no forest to check, or `choose` finds no part of it.
pub fn observe_unconfigured<E>(
    start: &Start,
    family: Option<Family>,
    origin: Origin,
    choose: impl FnOnce(&mut Found) -> Result<(Selection, Purpose), E>,
    progress: &dyn Fn(Progress),
) -> Result<Evidence, Unstarted<E>> {
    let (options, mut evidence) = unconfigured(start, family, origin);
    observe::run(async {
        let mut session = Session::new(options);
        let found = discover(&mut session, &mut evidence, start, progress).await;
        let mut found = found.map_err(Unstarted::Discovery)?;
        (evidence.selection, evidence.purpose) = choose(&mut found).map_err(Unstarted::Choice)?;
        evidence.config = found.config;
        evidence.assumed = found.assumed;
        collect(&mut session, &mut evidence, progress).await;
        Ok(evidence)
    })
    .map_err(Unstarted::Runtime)?
}

/// Finds the forest, and asks nothing else.
///
/// # Errors
/// The operating system gives no runtime, or there is no forest.
pub fn find(
    start: &Start,
    family: Option<Family>,
    origin: Origin,
    progress: &dyn Fn(Progress),
) -> Result<Found, Unstarted<std::convert::Infallible>> {
    let (options, mut evidence) = unconfigured(start, family, origin);
    observe::run(async { discover(&mut Session::new(options), &mut evidence, start, progress).await })
        .map_err(Unstarted::Runtime)?
        .map_err(Unstarted::Discovery)
}

fn unconfigured(start: &Start, family: Option<Family>, origin: Origin) -> (SessionOptions, Evidence) {
    let options = SessionOptions { query: start.base.query.clone(), family };
    let selection = Selection { family, ..Selection::default() };
    (options, Evidence::new(start.base.clone(), selection, origin.seed, origin.started_at))
}

/// Asks what leads to the forest, its servers and its domain controllers, until nothing new turns up. The configuration
/// of `evidence` is that of `start`, and stays.
///
/// # Errors
/// There is no forest.
pub async fn discover(
    session: &mut Session,
    evidence: &mut Evidence,
    start: &Start,
    progress: &dyn Fn(Progress),
) -> Result<Found, Failure> {
    for _ in 0..discover::MAX_ROUNDS {
        let plan = discover::next(start, evidence);
        if plan.is_empty() {
            break;
        }
        let follow = |evidence: &Evidence, server| discover::follow(start, evidence, server);
        session.ask(plan, evidence, &follow, progress).await;
    }
    discover::finish(start, evidence)
}

/// Fills evidence: derives the inventory, asks what follows from it, and begins again with what was learned.
///
/// After the deadline, or Ctrl-C, the session settles what is left as "not asked" without sending anything.
pub async fn collect(session: &mut Session, evidence: &mut Evidence, progress: &dyn Fn(Progress)) {
    for _ in 0..MAX_ROUNDS {
        let round = plan::Round::new(evidence, rules::needs(evidence));
        let plan = plan::next(&round, evidence);
        if plan.is_empty() {
            break;
        }
        session.ask(plan, evidence, &|evidence, server| plan::follow(&round, evidence, server), progress).await;
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
