//! The conversation with one server.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use hashbrown::HashSet;
use tokio::io::Interest;
use tokio::net::UdpSocket;

use super::ending::Ended;
use super::flight::Flight;
use super::pace::Pace;
use super::receive::Refusals;
use super::tcp::Tcp;
use super::{Shared, socket};
use crate::config::Query;
use crate::evidence::Ask;
use crate::evidence::{Evidence, Lost, NotAsked, QuestionId};
use crate::observe::scarcity;

/// How often a server's answers may lead to further questions.
const MOST_ROUNDS: usize = 8;

/// A timer that nothing waits for.
const FAR: Duration = Duration::from_secs(24 * 3600);

/// Waiting for a socket.
struct Scarce {
    /// Questions of the whole run that had ended when it was last asked for: while they end, sockets will be free.
    settled: usize,
    /// When that number changed.
    since: Instant,
    /// When it is asked for again.
    again: Instant,
}

/// What is known of one server, from the first question of the run to the last.
pub(in super::super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) timeout: Duration,
    pub(super) tries: u8,
    /// Questions that were not sent yet, in the order of the plan.
    pub(super) queue: VecDeque<QuestionId>,
    pub(super) flight: Flight,
    pub(super) pace: Pace,
    /// Open while there is something to ask over it.
    pub(super) socket: Option<UdpSocket>,
    /// The process has no socket left, and this conversation waits for one.
    scarce: Option<Scarce>,
    /// The kernel took no datagram the last time.
    pub(super) blocked: bool,
    pub(super) tcp: Tcp,
    /// Whether to ask with EDNS.
    pub(super) edns: bool,
    /// A question with EDNS had its reply.
    pub(super) knows_edns: bool,
    /// The last reply to a question.
    pub(super) heard: Option<Instant>,
    /// Questions that ran out of tries since then.
    pub(super) lost_in_a_row: u32,
    pub(super) refusals: Refusals,
    /// Why nothing is asked any more.
    pub(super) verdict: Option<(Lost, NotAsked)>,
    pub(super) trouble: Option<String>,
    /// No question in flight needs attention before that.
    pub(super) due: Option<Instant>,
    /// The next question is held back until then.
    pub(super) held: Option<Instant>,
    /// Until then questions are gathered that go out together.
    pub(super) gathering: Option<Instant>,
    /// The slots of questions that go out together; empty between two calls.
    pub(super) outbox: Vec<usize>,
    /// The first datagram ever.
    pub(super) first_sent: Option<Instant>,
    /// Answers that evidence does not have yet.
    pub(super) ended: Vec<Ended>,
}

impl Server {
    pub(in super::super) fn new(address: SocketAddr, query: &Query) -> Self {
        Self {
            address,
            timeout: query.timeout,
            tries: u8::try_from(query.tries.clamp(1, 100)).unwrap_or(100),
            queue: VecDeque::new(),
            flight: Flight::default(),
            pace: Pace::new(query),
            socket: None,
            scarce: None,
            blocked: false,
            tcp: Tcp::new(),
            edns: true,
            knows_edns: false,
            heard: None,
            lost_in_a_row: 0,
            refusals: Refusals::default(),
            verdict: None,
            trouble: None,
            due: None,
            held: None,
            gathering: None,
            outbox: Vec::new(),
            first_sent: None,
            ended: Vec::new(),
        }
    }

    /// Takes on questions; those that this server was asked already are left out. Returns how many are new.
    pub(in super::super) fn enqueue(&mut self, asks: Vec<Ask>, evidence: &mut Evidence) -> usize {
        let before = self.queue.len();
        let mut waiting: HashSet<QuestionId> = self.queue.iter().copied().collect();
        for ask in asks {
            let question = evidence.intern_question(&ask.name, ask.rtype, ask.recursion);
            if waiting.insert(question) {
                self.queue.push_back(question);
            }
        }
        let column = evidence.column_mut(self.address);
        self.queue.retain(|&question| column.answer(question).is_none());
        column.make_room(self.queue.iter().copied());
        self.queue.len() - before
    }

    /// Whether every question has ended.
    fn is_settled(&self) -> bool {
        self.queue.is_empty() && self.flight.len() == 0
    }

    /// Whether there is something to do for [`converse`].
    pub(in super::super) fn has_questions(&self) -> bool {
        !self.is_settled()
    }

    /// Asks until every question of the queue has ended.
    async fn settle(&mut self, shared: &RefCell<Shared<'_>>) {
        let mut timer = pin!(tokio::time::sleep(FAR));
        loop {
            self.turn(&mut shared.borrow_mut());
            if self.is_settled() {
                return;
            }
            let wake = self.wake_at().unwrap_or_else(|| Instant::now() + FAR).into();
            // An early wake-up is harmless, and moving the timer with every question is not free.
            if wake < timer.deadline() || timer.is_elapsed() {
                timer.as_mut().reset(wake);
            }
            let interest = if self.blocked { socket::INTEREST.add(Interest::WRITABLE) } else { socket::INTEREST };
            let mut ready = pin!(async {
                match &self.socket {
                    Some(udp) => drop(udp.ready(interest).await),
                    None => std::future::pending().await,
                }
            });
            let mut connection = pin!(self.tcp.wait());
            poll_fn(|context| {
                let woken = ready.as_mut().poll(context).is_ready()
                    || connection.as_mut().poll(context).is_ready()
                    || timer.as_mut().poll(context).is_ready();
                if woken { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        }
    }

    /// Everything that can be done without waiting.
    fn turn(&mut self, shared: &mut Shared<'_>) {
        self.open(shared.counts.settled);
        self.blocked = false;
        self.receive(shared);
        self.exchange_tcp(shared);
        let now = Instant::now();
        self.on_time(now, shared);
        if self.tcp.is_scarce() && self.slots_at_tcp().len() == self.flight.len() {
            // For the same reason: the connection comes first.
            self.socket = None;
        }
        if self.socket.is_some() {
            self.send_new(now, shared);
        } else {
            (self.held, self.gathering) = (None, None);
        }
        self.record(now, shared);
    }

    /// Opens the socket; a server that cannot have one is not asked. A socket that only this process lacks is waited for.
    fn open(&mut self, settled: usize) {
        let now = Instant::now();
        let waits = self.tcp.is_scarce() || self.scarce.as_ref().is_some_and(|scarce| now < scarce.again);
        if self.socket.is_none() && self.verdict.is_none() && !self.queue.is_empty() && !waits {
            let scarce = self.scarce.take();
            match socket::open(self.address) {
                Ok(socket) => self.socket = Some(socket),
                Err(lack) if lack.meaning.1 == NotAsked::NoSocket => {
                    let since = scarce.filter(|scarce| scarce.settled == settled).map_or(now, |scarce| scarce.since);
                    if self.slots_at_tcp().is_empty() {
                        // Where every conversation held one socket and waited for a second, none would end.
                        self.tcp.close();
                    }
                    if now < since + scarcity::PATIENCE {
                        self.scarce = Some(Scarce { settled, since, again: now + scarcity::STEP });
                    } else {
                        self.condemn(lack.meaning, Some(lack.trouble));
                    }
                }
                Err(error) => self.condemn(error.meaning, Some(error.trouble)),
            }
        }
        if let Some(verdict) = self.verdict {
            self.condemn(verdict, None);
        }
    }

    /// Gives the sockets back: whoever asks nothing needs none, and others may wait for them.
    fn rest(&mut self) {
        self.socket = None;
        self.tcp.close();
    }

    /// When the conversation must go on although nothing came.
    fn wake_at(&self) -> Option<Instant> {
        let again = self.scarce.as_ref().map(|scarce| scarce.again);
        [self.due, self.held, self.gathering, self.refusals.confirm_at(), again].into_iter().flatten().min()
    }
}

/// Asks a server all that waits for it, and whatever follows from its answers.
pub(in super::super) async fn converse(server: &mut Server, shared: &RefCell<Shared<'_>>) {
    for round in 1..=MOST_ROUNDS {
        server.settle(shared).await;
        if round == MOST_ROUNDS {
            break;
        }
        let shared = &mut *shared.borrow_mut();
        let more = (shared.follow)(shared.evidence, server.address);
        let new = server.enqueue(more, shared.evidence);
        shared.counts.planned += new;
        if new == 0 {
            break;
        }
    }
    server.rest();
}
