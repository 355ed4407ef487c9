//! The only module that asks: DNS servers, and the operating system for addresses of servers.
//!
//! A [`Session`] lives through a run. It puts questions to servers, each by itself, and writes into evidence how every
//! question ended; it concludes nothing.
#![expect(clippy::disallowed_types, reason = "asking is what this module is for")]
#![expect(clippy::disallowed_methods, reason = "it times replies and reads the machine's resolver list")]

mod dns;
mod hosts;
pub mod local;
pub mod probe;
mod scarcity;
mod stop;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::future::{join3, join4};
use futures_util::stream::{self, FuturesUnordered};

use crate::base::name::DnsName;
use crate::config::{self, Query};
use crate::evidence::Incomplete;
use crate::evidence::probe::AddressReplies;
use crate::evidence::{Ask, Plan};
use crate::evidence::{
    Evidence, Family, LocalStage, LocalView, LookedUp, Machine, NotAsked, Port, PortState, Resolved, Stage, Transfer,
};
#[doc(hidden)]
pub use dns::fuzzing;
pub use stop::Interrupter;

/// How many machines are asked at the same time who they are: each takes three sockets at most. A process that may not
/// have so many waits for them.
const MACHINES_AT_ONCE: usize = 256;

/// How many names this machine resolves at the same time: each keeps a thread of the operating system busy.
const LOOKUPS_AT_ONCE: usize = 16;

/// How many ports are tried at the same time.
const PORTS_AT_ONCE: usize = 256;

/// How many zones are transferred at the same time.
const TRANSFERS_AT_ONCE: usize = 8;

/// How a session asks.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    /// Timeouts, window and deadline.
    pub query: Query,
    /// Look up addresses of this family alone for servers that are given by name.
    pub family: Option<Family>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Questions that ended, in whatever way.
    pub settled: usize,
    /// Questions known so far.
    pub planned: usize,
    /// Time since the session began.
    pub elapsed: Duration,
}

/// What stands in for the machine's own configuration and resolution.
#[derive(Clone, Debug, Default)]
pub struct Local {
    /// What would be read.
    pub view: LocalView,
    /// What its own resolution would say; a name that is not here is missing.
    pub lookups: BTreeMap<String, LookedUp>,
}

/// What the machine that guidpost runs on says of itself.
pub fn this_machine() -> LocalView {
    local::read(LocalStage::Configuration)
}

/// All conversations of one run, and what was learned about each server in them.
pub struct Session {
    options: SessionOptions,
    start: Instant,
    servers: BTreeMap<SocketAddr, dns::Server>,
    tools: dns::Tools,
    stop: stop::Stop,
    stopped: Option<Incomplete>,
    resolvers: Option<Vec<SocketAddr>>,
    local: Option<Local>,
    counts: Progress,
}

impl Session {
    /// A session that begins now: the deadline counts from here.
    pub fn new(options: SessionOptions) -> Self {
        Self {
            options,
            start: Instant::now(),
            servers: BTreeMap::new(),
            tools: dns::Tools::new(),
            stop: stop::Stop::default(),
            stopped: None,
            resolvers: None,
            local: None,
            counts: Progress::default(),
        }
    }

    /// Looks up host names at these resolvers instead of the machine's own.
    #[must_use]
    pub fn with_resolvers(mut self, resolvers: Vec<SocketAddr>) -> Self {
        self.resolvers = Some(resolvers);
        self
    }

    /// Takes this for the machine's own configuration and resolution, its resolver list included.
    #[must_use]
    pub fn with_local(mut self, local: Local) -> Self {
        self.local = Some(local);
        self
    }

    /// Ends the run from elsewhere, as Ctrl-C does.
    pub fn interrupter(&self) -> Interrupter {
        self.stop.interrupter()
    }

    /// Asks all of `plan` and, of each server as soon as its own questions have ended, whatever `follow` names next for
    /// it, for at most eight rounds. How each question ended goes into `evidence`.
    ///
    /// Returns when every question has ended, by an answer or by giving up. The deadline, Ctrl-C and SIGTERM end all
    /// that is left as not asked, here and in every later call.
    pub async fn ask(
        &mut self,
        plan: Plan,
        evidence: &mut Evidence,
        follow: &dyn Fn(&Evidence, SocketAddr) -> Vec<Ask>,
        progress: &dyn Fn(Progress),
    ) {
        for name in plan.interfaces {
            let index = local::scope_id(&name);
            evidence.interfaces.insert(name, index);
        }
        if plan.system {
            evidence.system = Some(self.system());
        }
        if let Some(stage) = plan.local {
            evidence.local = Some(match &self.local {
                Some(local) => local.view.up_to(stage),
                None => local::read(stage),
            });
        }
        for (address, asks) in plan.dns {
            if !asks.is_empty() {
                let query = &self.options.query;
                let server = self.servers.entry(address).or_insert_with(|| dns::Server::new(address, query));
                self.counts.planned += server.enqueue(asks, evidence);
            }
        }
        let machines: Vec<(IpAddr, Stage)> = plan.machines;
        let (own_names, ports, transfers) = (plan.lookups, plan.ports, plan.transfers);
        self.counts.planned += machines.len() + own_names.len() + ports.len() + transfers.len();
        let doors = evidence.config.probe.clone();
        let names: Vec<_> = plan.hosts.into_iter().filter(|name| !evidence.hosts.contains_key(name)).collect();
        let lookups = hosts::Lookups::new(&self.options, if names.is_empty() { None } else { Some(self.system()) });
        let tools = &mut self.tools;
        let shared = RefCell::new(dns::Shared {
            evidence,
            tools,
            counts: self.counts,
            follow,
            progress,
            start: self.start,
            told: None,
        });

        if self.stopped.is_none() {
            let conversations: FuturesUnordered<_> = self
                .servers
                .values_mut()
                .filter(|server| server.has_questions())
                .map(|server| dns::converse(server, &shared))
                .collect();
            let lookups: FuturesUnordered<_> = names
                .iter()
                .map(|name| async {
                    let resolved = lookups.resolve(name).await;
                    shared.borrow_mut().evidence.hosts.insert(name.clone(), resolved);
                })
                .collect();
            let probes = stream::iter(&machines).for_each_concurrent(MACHINES_AT_ONCE, |&(address, stage)| {
                ask_machine(&shared, probe::Doors::of(address, 0, &doors), address, stage)
            });
            let round = local::LookUps::new();
            let own_lookups = stream::iter(&own_names)
                .for_each_concurrent(LOOKUPS_AT_ONCE, |name| look_up(&shared, self.local.as_ref(), &round, name));
            let tried =
                stream::iter(&ports).for_each_concurrent(PORTS_AT_ONCE, |&port| try_port(&shared, port, &doors));
            let transferred = stream::iter(&transfers).for_each_concurrent(TRANSFERS_AT_ONCE, |(server, zone)| {
                transfer(&shared, *server, zone, self.options.query.timeout)
            });
            let beside = join4(probes, own_lookups, tried, transferred);
            let all = join3(conversations.collect::<()>(), lookups.collect::<()>(), beside);
            let deadline = self.options.query.deadline.map(|deadline| self.start + deadline);
            self.stopped = until(all, self.stop.wait(deadline)).await;
        }

        let shared = &mut shared.into_inner();
        if let Some(reason) = self.stopped {
            let left = Left { names, machines, own_names, ports, transfers };
            abandon(&mut self.servers, reason, left, shared);
        }
        self.counts = shared.counts;
        let elapsed = self.start.elapsed();
        progress(Progress { elapsed, ..self.counts });
        shared.evidence.elapsed = elapsed;
    }

    fn system(&self) -> Resolved {
        match (&self.resolvers, &self.local) {
            (Some(injected), _) => Resolved::Addresses(injected.clone()),
            (None, Some(local)) => {
                let listed = local.view.resolvers.iter().map(|resolver| resolver.address).collect();
                local::resolved(listed, "the resolver list of this machine names no server".into())
            }
            (None, None) => local::resolvers(),
        }
    }
}

/// All that a plan asked for beside DNS questions.
struct Left {
    names: Vec<DnsName>,
    machines: Vec<(IpAddr, Stage)>,
    own_names: Vec<String>,
    ports: Vec<Port>,
    transfers: Vec<(SocketAddr, DnsName)>,
}

/// Settles everything that is left as not asked.
fn abandon(
    servers: &mut BTreeMap<SocketAddr, dns::Server>,
    reason: Incomplete,
    left: Left,
    shared: &mut dns::Shared<'_>,
) {
    let (not_asked, why) = match reason {
        Incomplete::Deadline => (NotAsked::Deadline, "the deadline passed"),
        Incomplete::Interrupted => (NotAsked::Interrupted, "the run was interrupted"),
    };
    for server in servers.values_mut() {
        server.abandon(not_asked, shared);
    }
    for name in left.names {
        let text = format!("looking up {name}: {why}");
        shared.evidence.hosts.entry(name).or_insert(Resolved::Failed(text));
    }
    for (address, stage) in left.machines {
        // Whoever did not finish is as if nobody had asked, and is not asked again.
        let unasked = Machine { stage, replies: AddressReplies::default() };
        shared.evidence.machines.entry(address).or_insert(unasked).stage = stage;
    }
    for name in left.own_names {
        shared.evidence.lookups.entry(name).or_insert_with(|| LookedUp::Failed(why.into()));
    }
    for port in left.ports {
        shared.evidence.ports.entry(port).or_insert_with(|| PortState::Untried(why.into()));
    }
    for transfer in left.transfers {
        shared.evidence.transfers.entry(transfer).or_insert_with(|| Transfer::Failed(why.into()));
    }
    shared.evidence.incomplete = Some(reason);
}

/// Has this machine resolve a name.
async fn look_up(shared: &RefCell<dns::Shared<'_>>, instead: Option<&Local>, round: &local::LookUps, name: &str) {
    let found = match instead {
        Some(local) => local.lookups.get(name).cloned().unwrap_or(LookedUp::Missing),
        None => round.ask(name).await,
    };
    let mut shared = shared.borrow_mut();
    shared.evidence.lookups.insert(name.to_owned(), found);
    shared.settled();
}

/// Tries one port, through the same doors as a machine's other ports.
async fn try_port(shared: &RefCell<dns::Shared<'_>>, port: Port, options: &config::Probe) {
    let state = match probe::Doors::of(port.address, 0, options) {
        Some(doors) => doors.try_port(port).await,
        None => PortState::Untried("the configuration excludes the address, or asks no machine".into()),
    };
    let mut shared = shared.borrow_mut();
    shared.evidence.ports.insert(port, state);
    shared.settled();
}

/// Transfers one zone; each message may take as long as the reply to a question.
async fn transfer(shared: &RefCell<dns::Shared<'_>>, server: SocketAddr, zone: &DnsName, patience: Duration) {
    let ended = dns::transfer(server, zone, patience, shared).await;
    let mut shared = shared.borrow_mut();
    shared.evidence.transfers.insert((server, zone.clone()), ended);
    shared.settled();
}

/// Asks one machine who it is; without doors it must not be contacted.
async fn ask_machine(shared: &RefCell<dns::Shared<'_>>, doors: Option<probe::Doors>, address: IpAddr, stage: Stage) {
    let before = shared.borrow().evidence.machines.get(&address).cloned();
    let mut replies = before.map(|machine| machine.replies).unwrap_or_default();
    match (doors, stage) {
        (Some(doors), Stage::Directory) => doors.ask_directory(&mut replies).await,
        (Some(doors), Stage::Name) => doors.ask_name(&mut replies).await,
        (None, _) => {}
    }
    let mut shared = shared.borrow_mut();
    shared.evidence.machines.insert(address, Machine { stage, replies });
    shared.settled();
}

/// Runs `work` to its end, or until `stop` says why it must end early.
async fn until(work: impl Future, stop: impl Future<Output = Incomplete>) -> Option<Incomplete> {
    let (mut work, mut stop) = (pin!(work), pin!(stop));
    poll_fn(|context| {
        if let Poll::Ready(reason) = stop.as_mut().poll(context) {
            return Poll::Ready(Some(reason));
        }
        work.as_mut().poll(context).map(|_| None)
    })
    .await
}

/// Makes sure that the process may open the files that the runtime takes for itself: it panics where it gets only some.
fn spare_files() -> io::Result<()> {
    const OF_THE_RUNTIME: usize = 8;
    let sockets = (0..OF_THE_RUNTIME).map(|_| std::net::UdpSocket::bind((std::net::Ipv4Addr::LOCALHOST, 0)));
    sockets.collect::<io::Result<Vec<_>>>().map(drop)
}

/// Runs `future` on the one runtime of the program: one thread, because asking is a matter of waiting.
///
/// # Errors
/// The operating system gives no runtime (no file descriptors are left, for example).
pub fn run<T>(future: impl Future<Output = T>) -> io::Result<T> {
    spare_files()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(future);
    // A look-up that hangs in the operating system must not keep the program.
    runtime.shutdown_timeout(Duration::from_millis(100));
    Ok(result)
}
