//! Asking DNS servers: one conversation per server, each with its own socket, pace and verdict.
//!
//! hickory's own transports hide what must be reported (AA of negative answers, errors of a header alone, closed ports,
//! response times), ask refused questions again, and need several times the CPU; only its codec is used here.

mod datagrams;
mod decode;
mod ending;
mod flight;
pub mod fuzzing;
mod ids;
mod pace;
mod receive;
mod send;
mod server;
pub(super) mod socket;
mod tcp;
mod transfer;
mod wire;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::Progress;
use crate::evidence::Ask;
use crate::evidence::Evidence;
pub(super) use server::{Server, converse};
pub(super) use transfer::transfer;

/// Longest possible datagram and TCP message; servers send long ones without TC.
const LONGEST: usize = 65_535;

/// How often progress is told.
const PROGRESS_GAP: Duration = Duration::from_millis(100);

/// Working memory that all servers use in turn.
pub(super) struct Tools {
    /// For reading from connections.
    buffer: Box<[u8]>,
    datagrams: datagrams::Datagrams,
    ids: ids::Ids,
    decoder: decode::Decoder,
}

impl Tools {
    pub(super) fn new() -> Self {
        Self {
            buffer: vec![0; LONGEST].into(),
            datagrams: datagrams::Datagrams::new(),
            ids: ids::Ids::new(),
            decoder: decode::Decoder::default(),
        }
    }
}

/// What the conversations of one run share.
pub(super) struct Shared<'a> {
    pub(super) evidence: &'a mut Evidence,
    pub(super) tools: &'a mut Tools,
    pub(super) counts: Progress,
    pub(super) follow: &'a dyn Fn(&Evidence, SocketAddr) -> Vec<Ask>,
    pub(super) progress: &'a dyn Fn(Progress),
    pub(super) start: Instant,
    pub(super) told: Option<Instant>,
}

impl Shared<'_> {
    /// Counts one question as ended.
    pub(super) fn settled(&mut self) {
        self.counts.settled += 1;
        self.tell(Instant::now());
    }

    /// Tells how far the run is, now and then.
    fn tell(&mut self, now: Instant) {
        if self.told.is_none_or(|told| now.saturating_duration_since(told) >= PROGRESS_GAP) {
            self.told = Some(now);
            (self.progress)(Progress { elapsed: now.saturating_duration_since(self.start), ..self.counts });
        }
    }
}
