//! A run: asks until nothing is left to ask.

use std::io;
use std::net::SocketAddr;

use jiff::Timestamp;

use crate::base::texts::Subject;
use crate::config::Config;
use crate::discover::{self, Failure, Found, Start};
use crate::evidence::{Ask, Evidence, Family, Inquiry, MAX_ROUNDS, Plan, Purpose, Selection, Stage};
use crate::findings::Need;
use crate::jobs::identify;
use crate::observe::{self, Local, Progress, Session, SessionOptions};
use crate::{plan, rules};

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
    until_settled(start, session, evidence, progress).await;
    discover::finish(start, evidence, &rules::names())
}

/// Fills evidence: derives the inventory, asks what follows from it, and begins again with what was learned.
pub async fn collect(session: &mut Session, evidence: &mut Evidence, progress: &dyn Fn(Progress)) {
    until_settled(&Check { needs: rules::needs }, session, evidence, progress).await;
    evidence.trim();
}

/// Says what follows from what has been seen.
trait Planner {
    /// What the questions of a round rest on.
    type Round;

    /// A round that begins now.
    fn begin(&self, evidence: &Evidence) -> Self::Round;

    /// All that can be asked now.
    fn next(&self, round: &Self::Round, evidence: &Evidence) -> Plan;

    /// What one server can be asked as soon as its questions have ended.
    fn follow(&self, _round: &Self::Round, _evidence: &Evidence, _server: SocketAddr) -> Vec<Ask> {
        Vec::new()
    }
}

/// Asks until nothing new turns up.
///
/// After the deadline, or Ctrl-C, the session settles what is left as "not asked" without sending anything.
async fn until_settled<P: Planner>(
    planner: &P,
    session: &mut Session,
    evidence: &mut Evidence,
    progress: &dyn Fn(Progress),
) {
    for _ in 0..MAX_ROUNDS {
        let round = planner.begin(evidence);
        let plan = planner.next(&round, evidence);
        if plan.is_empty() {
            break;
        }
        session.ask(plan, evidence, &|evidence, server| planner.follow(&round, evidence, server), progress).await;
    }
}

/// What a run needs to see of its forest: by the rules that it applies, or by its job.
struct Check {
    needs: fn(&Evidence) -> Vec<Need>,
}

impl Planner for Check {
    type Round = plan::Round;

    fn begin(&self, evidence: &Evidence) -> Self::Round {
        plan::Round::new(evidence, (self.needs)(evidence))
    }

    fn next(&self, round: &Self::Round, evidence: &Evidence) -> Plan {
        plan::next(round, evidence)
    }

    fn follow(&self, round: &Self::Round, evidence: &Evidence, server: SocketAddr) -> Vec<Ask> {
        plan::follow(round, evidence, server)
    }
}

impl Planner for Start {
    type Round = ();

    fn begin(&self, _: &Evidence) {}

    fn next(&self, (): &(), evidence: &Evidence) -> Plan {
        discover::next(self, evidence)
    }

    fn follow(&self, (): &(), evidence: &Evidence, server: SocketAddr) -> Vec<Ask> {
        discover::follow(self, evidence, server)
    }
}

/// The addresses that were given, and without configuration those of the names.
struct Given<'a> {
    subjects: &'a [Subject],
    configured: bool,
}

impl Planner for Given<'_> {
    type Round = ();

    fn begin(&self, _: &Evidence) {}

    fn next(&self, (): &(), evidence: &Evidence) -> Plan {
        let mut hosts = if self.configured { Vec::new() } else { identify::hosts(self.subjects) };
        hosts.retain(|host| !evidence.hosts.contains_key(host));
        if !hosts.is_empty() {
            return Plan { hosts, ..Plan::default() };
        }
        // Everybody says who it is in both ways.
        let at = |stage| identify::machines(evidence, self.subjects, self.configured, stage);
        let machines = [Stage::Directory, Stage::Name].into_iter().map(at).find(|machines| !machines.is_empty());
        Plan { machines: machines.unwrap_or_default(), ..Plan::default() }
    }
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
    evidence.purpose = Inquiry { subjects: subjects.to_vec(), configured }.into();
    observe::run(async {
        let mut session = Session::new(options);
        if about_dcs {
            let about = Check { needs: |_| identify::NEEDS.to_vec() };
            until_settled(&about, &mut session, &mut evidence, progress).await;
            evidence.trim();
        }
        until_settled(&Given { subjects, configured }, &mut session, &mut evidence, progress).await;
        evidence
    })
}
