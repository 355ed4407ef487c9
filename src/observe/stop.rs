//! What ends a run early: the deadline, Ctrl-C, and a request to terminate.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::sync::Notify;

use crate::evidence::Incomplete;

/// Ends the session that it came from.
#[derive(Clone, Debug)]
pub struct Interrupter(Arc<Notify>);

impl Interrupter {
    /// Ends the run, now or as soon as it asks.
    pub fn interrupt(&self) {
        self.0.notify_one();
    }
}

/// The sources of an early end.
#[derive(Default)]
pub(super) struct Stop {
    interrupted: Arc<Notify>,
    signals: Option<Signals>,
}

impl Stop {
    pub(super) fn interrupter(&self) -> Interrupter {
        Interrupter(Arc::clone(&self.interrupted))
    }

    /// Ends when the run must.
    pub(super) async fn wait(&mut self, deadline: Option<Instant>) -> Incomplete {
        // The process hears signals from the first wait on, between two waits too.
        let signals = self.signals.get_or_insert_with(Signals::new);
        let mut interrupted = pin!(self.interrupted.notified());
        let mut deadline = pin!(async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
                None => std::future::pending().await,
            }
        });
        poll_fn(|context| {
            if signals.poll(context) || interrupted.as_mut().poll(context).is_ready() {
                return Poll::Ready(Incomplete::Interrupted);
            }
            deadline.as_mut().poll(context).map(|()| Incomplete::Deadline)
        })
        .await
    }
}

/// SIGINT and SIGTERM. A signal that cannot be listened to keeps its usual effect.
#[cfg(unix)]
struct Signals(Vec<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Signals {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self(
            [SignalKind::interrupt(), SignalKind::terminate()]
                .into_iter()
                .filter_map(|kind| signal(kind).ok())
                .collect(),
        )
    }

    fn poll(&mut self, context: &mut Context<'_>) -> bool {
        self.0.iter_mut().any(|signal| signal.poll_recv(context).is_ready())
    }
}

/// Ctrl-C.
#[cfg(windows)]
struct Signals(Option<tokio::signal::windows::CtrlC>);

#[cfg(windows)]
impl Signals {
    fn new() -> Self {
        Self(tokio::signal::windows::ctrl_c().ok())
    }

    fn poll(&mut self, context: &mut Context<'_>) -> bool {
        self.0.as_mut().is_some_and(|signal| signal.poll_recv(context).is_ready())
    }
}
