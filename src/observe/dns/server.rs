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
use crate::evidence::{Evidence, Lost, NotAsked, QuestionId};
use crate::plan::Ask;

/// How often a server's answers may lead to further questions.
const MOST_ROUNDS: usize = 8;

/// A timer that nothing waits for.
const FAR: Duration = Duration::from_secs(24 * 3600);

/// What is known of one server, from the first question of the run to the last.
pub(in super::super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) timeout: Duration,
    pub(super) tries: u8,
    /// Questions that were not sent yet, in the order of the plan.
    pub(super) queue: VecDeque<QuestionId>,
    pub(super) flight: Flight,
    pub(super) pace: Pace,
    pub(super) socket: Option<UdpSocket>,
    /// The kernel took no datagram the last time.
    pub(super) blocked: bool,
    pub(super) tcp: Tcp,
    /// Whether to ask with EDNS.
    pub(super) edns: bool,
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
            blocked: false,
            tcp: Tcp::new(),
            edns: true,
            heard: None,
            lost_in_a_row: 0,
            refusals: Refusals::default(),
            verdict: None,
            trouble: None,
            due: None,
            held: None,
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
            let Some(udp) = &self.socket else { return };
            let mut ready = pin!(udp.ready(interest));
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
        self.open();
        self.blocked = false;
        self.receive(shared);
        self.exchange_tcp(shared);
        let now = Instant::now();
        self.on_time(now, shared);
        self.send_new(now, shared);
        self.record(now, shared);
    }

    /// Opens the socket, once; a server that cannot have one is not asked.
    fn open(&mut self) {
        if self.socket.is_none() && self.verdict.is_none() {
            match socket::open(self.address) {
                Ok(socket) => self.socket = Some(socket),
                Err(trouble) => self.condemn((Lost::Unreachable, NotAsked::Unreachable), Some(trouble)),
            }
        }
        if let Some(verdict) = self.verdict {
            self.condemn(verdict, None);
        }
    }

    /// When the conversation must go on although nothing came.
    fn wake_at(&self) -> Option<Instant> {
        [self.due, self.held, self.refusals.confirm_at()].into_iter().flatten().min()
    }
}

/// Asks a server all that waits for it, and whatever follows from its answers.
pub(in super::super) async fn converse(server: &mut Server, shared: &RefCell<Shared<'_>>) {
    for round in 1..=MOST_ROUNDS {
        server.settle(shared).await;
        if round == MOST_ROUNDS {
            return;
        }
        let shared = &mut *shared.borrow_mut();
        let more = (shared.follow)(shared.evidence, server.address);
        let new = server.enqueue(more, shared.evidence);
        shared.counts.planned += new;
        if new == 0 {
            return;
        }
    }
}
