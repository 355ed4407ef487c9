//! The only module that asks: DNS servers, and the operating system for addresses of servers.
//!
//! A [`Session`] lives through a run. It puts questions to servers, each by itself, and writes into evidence how every
//! question ended; it concludes nothing.
#![expect(clippy::disallowed_types, reason = "asking is what this module is for")]
#![expect(clippy::disallowed_methods, reason = "it times replies and reads the machine's resolver list")]

mod dns;
mod hosts;
mod local;
pub mod probe;
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
use futures_util::future::join3;
use futures_util::stream::{self, FuturesUnordered};

use crate::config::Query;
use crate::evidence::probe::AddressReplies;
use crate::evidence::{Evidence, Family, Machine, NotAsked, Resolved, Stage};
use crate::name::DnsName;
use crate::plan::{Ask, Plan};
use crate::report::Incomplete;
#[doc(hidden)]
pub use dns::fuzzing;
pub use stop::Interrupter;

/// How many machines are asked at the same time who they are: each takes three sockets at most. A process that may not
/// have so many waits for them.
const MACHINES_AT_ONCE: usize = 256;

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

/// All conversations of one run, and what was learned about each server in them.
pub struct Session {
    options: SessionOptions,
    start: Instant,
    servers: BTreeMap<SocketAddr, dns::Server>,
    tools: dns::Tools,
    stop: stop::Stop,
    stopped: Option<Incomplete>,
    resolvers: Option<Vec<SocketAddr>>,
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
            counts: Progress::default(),
        }
    }

    /// Looks up host names at these resolvers instead of the machine's own.
    #[must_use]
    pub fn with_resolvers(mut self, resolvers: Vec<SocketAddr>) -> Self {
        self.resolvers = Some(resolvers);
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
        for (address, asks) in plan.dns {
            if !asks.is_empty() {
                let query = &self.options.query;
                let server = self.servers.entry(address).or_insert_with(|| dns::Server::new(address, query));
                self.counts.planned += server.enqueue(asks, evidence);
            }
        }
        let machines: Vec<(IpAddr, Stage)> = plan.machines;
        self.counts.planned += machines.len();
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
            let all = join3(conversations.collect::<()>(), lookups.collect::<()>(), probes);
            let deadline = self.options.query.deadline.map(|deadline| self.start + deadline);
            self.stopped = until(all, self.stop.wait(deadline)).await;
        }

        let shared = &mut shared.into_inner();
        if let Some(reason) = self.stopped {
            abandon(&mut self.servers, reason, names, machines, shared);
        }
        self.counts = shared.counts;
        let elapsed = self.start.elapsed();
        progress(Progress { elapsed, ..self.counts });
        shared.evidence.elapsed = elapsed;
    }

    fn system(&self) -> Resolved {
        match &self.resolvers {
            Some(injected) => Resolved::Addresses(injected.clone()),
            None => local::resolvers(),
        }
    }
}

/// Settles everything that is left as not asked.
fn abandon(
    servers: &mut BTreeMap<SocketAddr, dns::Server>,
    reason: Incomplete,
    names: Vec<DnsName>,
    machines: Vec<(IpAddr, Stage)>,
    shared: &mut dns::Shared<'_>,
) {
    let (not_asked, why) = match reason {
        Incomplete::Deadline => (NotAsked::Deadline, "the deadline passed"),
        Incomplete::Interrupted => (NotAsked::Interrupted, "the run was interrupted"),
    };
    for server in servers.values_mut() {
        server.abandon(not_asked, shared);
    }
    for name in names {
        let text = format!("looking up {name}: {why}");
        shared.evidence.hosts.entry(name).or_insert(Resolved::Failed(text));
    }
    for (address, stage) in machines {
        // Whoever did not finish is as if nobody had asked, and is not asked again.
        let unasked = Machine { stage, replies: AddressReplies::default() };
        shared.evidence.machines.entry(address).or_insert(unasked).stage = stage;
    }
    shared.evidence.incomplete = Some(reason);
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

/// Runs `future` on the one runtime of the program: one thread, because asking is a matter of waiting.
///
/// # Errors
/// The operating system gives no runtime (no file descriptors are left, for example).
pub fn run<T>(future: impl Future<Output = T>) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(future);
    // A look-up that hangs in the operating system must not keep the program.
    runtime.shutdown_timeout(Duration::from_millis(100));
    Ok(result)
}
